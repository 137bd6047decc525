/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The issuer's end of SCP03 with i = 60 (Amendment D): linked by central/ alone. A session is
 * begun from the card's answer to INITIALIZE UPDATE, then any number of commands is wrapped
 * ahead of their answers; what is needed to open an answer is kept per command in a
 * MadoScp03Expected, so answers may come back much later.
 *
 *     begin  →  authenticate  →  wrap, wrap, wrap …          (one script)
 *                                open, open, open …          (its answers, in order)
 */
#pragma once

#include "common/apdu.h"
#include "common/scp03-session.h"

#define MADO_SCP03_HOST_ID_LEN       10U
#define MADO_SCP03_HOST_ANSWER_LEN   29U /* of INITIALIZE UPDATE, without status word */
#define MADO_SCP03_HOST_MAX_OVERHEAD (MADO_SCP03_BLOCK_LEN + MADO_SCP03_MAC_LEN)

/* Secret; wipe with mado_wipe(). Plain bytes without pointers: may be stored and loaded again.
 */
typedef struct {
    MadoScp03Session session;
    uint8_t host_cryptogram[MADO_SCP03_CRYPTOGRAM_LEN];
} MadoScp03Host;

/* What opens the answer to one command. Not secret. */
typedef struct {
    uint8_t chain[MADO_SCP03_BLOCK_LEN];
    uint32_t counter;
} MadoScp03Expected;

/* The card's answer to INITIALIZE UPDATE, taken apart; points into the bytes given. */
typedef struct {
    const uint8_t *card_id; /* diversification data, MADO_SCP03_HOST_ID_LEN */
    uint8_t key_version;
    uint8_t i;
    const uint8_t *card_challenge;
    const uint8_t *card_cryptogram;
} MadoScp03HostAnswer;

/* BAD_FORM unless it is 29 bytes that name SCP 03. Which key version and i may stand there, the
 * caller knows. */
MadoScp03Status
mado_scp03_host_parse(const uint8_t *answer,
                      size_t len,
                      MadoScp03HostAnswer *ret_answer) MADO_MUST_CHECK;

/* Derives the session and checks the card's cryptogram. On failure *ret_host is wiped. */
MadoScp03Status
mado_scp03_host_begin(const MadoScp03Keys *keys,
                      const uint8_t host_challenge[MADO_SCP03_CHALLENGE_LEN],
                      const MadoScp03HostAnswer *answer,
                      MadoScp03Host *ret_host) MADO_MUST_CHECK;

/* Writes EXTERNAL AUTHENTICATE for this level; once per session, before the first wrap. */
MadoScp03Status
mado_scp03_host_authenticate(MadoScp03Host *self,
                             uint8_t level,
                             MadoWriter *writer) MADO_MUST_CHECK;

/*
 * Writes the command protected at the session's level, with a Le of 00 where the level protects
 * answers. The command's CLA gets the secure messaging bit. FULL when its data do not fit a
 * short command: the session has not moved then.
 */
MadoScp03Status
mado_scp03_host_wrap(MadoScp03Host *self,
                     const MadoCommand *command,
                     MadoWriter *writer,
                     MadoScp03Expected *ret_expected) MADO_MUST_CHECK;

/*
 * Opens an answer. ret_data has room for response->data_len bytes and must not overlap it.
 * UNPROTECTED, with nothing written, for an error status word: it may come from anyone, so it
 * proves nothing.
 */
MadoScp03Status
mado_scp03_host_open(const MadoScp03Host *self,
                     const MadoScp03Expected *expected,
                     const MadoResponse *response,
                     uint8_t *ret_data,
                     size_t *ret_len) MADO_MUST_CHECK;
