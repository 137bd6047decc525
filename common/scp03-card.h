/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The card's end of SCP03 with i = 60 (Amendment D): linked by the training card alone. Every
 * byte it is given is hostile until its MAC is checked. Any failure of unwrap or authenticate
 * ends the session: the caller wipes it.
 */
#pragma once

#include "common/apdu.h"
#include "common/scp03-session.h"

/* Secret; wipe with mado_wipe(), which also ends the session. */
typedef struct {
    MadoScp03Session session;
    uint8_t
        host_cryptogram[MADO_SCP03_CRYPTOGRAM_LEN]; /* what EXTERNAL AUTHENTICATE must bring */
    bool begun;                                     /* INITIALIZE UPDATE answered */
    bool open;                                      /* EXTERNAL AUTHENTICATE accepted */
} MadoScp03Card;

/* Answers INITIALIZE UPDATE: derives the session and gives the card's cryptogram. Wiped on
 * failure. */
MadoScp03Status
mado_scp03_card_begin(MadoScp03Card *self,
                      const MadoScp03Keys *keys,
                      const uint8_t host_challenge[MADO_SCP03_CHALLENGE_LEN],
                      const uint8_t card_challenge[MADO_SCP03_CHALLENGE_LEN],
                      uint8_t ret_cryptogram[MADO_SCP03_CRYPTOGRAM_LEN]) MADO_MUST_CHECK;

/* Takes EXTERNAL AUTHENTICATE as received: MAC first, then cryptogram, then level (P1). */
MadoScp03Status
mado_scp03_card_authenticate(MadoScp03Card *self, const MadoCommand *command) MADO_MUST_CHECK;

/*
 * Checks and opens a command of an open session. ret_data has room for command->data_len bytes
 * and must not overlap it; *ret_plain is the command with the secure messaging bit cleared and
 * its data in ret_data.
 */
MadoScp03Status
mado_scp03_card_unwrap(MadoScp03Card *self,
                       const MadoCommand *command,
                       uint8_t *ret_data,
                       MadoCommand *ret_plain) MADO_MUST_CHECK;

/*
 * Protects the answer to the command unwrapped last. ret_data has room for len + 24 bytes and
 * must not overlap data. An answer with an error status word is left as it is: nothing is
 * written and *ret_len is 0.
 */
MadoScp03Status
mado_scp03_card_protect(const MadoScp03Card *self,
                        const uint8_t *data,
                        size_t len,
                        uint16_t sw,
                        uint8_t *ret_data,
                        size_t *ret_len) MADO_MUST_CHECK;
