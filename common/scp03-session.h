/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What both ends of an SCP03 session share: its keys, the MAC chaining value and the encryption
 * counter. The ends themselves are scp03-host.h and scp03-card.h; nothing else needs this
 * header.
 */
#pragma once

#include "common/scp03-key.h"

#include <stdbool.h>

#define MADO_SCP03_CHALLENGE_LEN                                                               \
    8U /* S8 mode: challenges, cryptograms and MACs are 8 bytes                                \
        */
#define MADO_SCP03_CRYPTOGRAM_LEN 8U
#define MADO_SCP03_MAC_LEN        8U

/* The bits of a security level (P1 of EXTERNAL AUTHENTICATE). */
#define MADO_SCP03_LEVEL_C_MAC 0x01U
#define MADO_SCP03_LEVEL_C_DEC 0x02U
#define MADO_SCP03_LEVEL_R_MAC 0x10U
#define MADO_SCP03_LEVEL_R_ENC 0x20U

/* A command protected by this library is a short one: Lc is one byte and counts the MAC. */
#define MADO_SCP03_MAX_DATA      247U /* of a command that is only MACed */
#define MADO_SCP03_MAX_ENCRYPTED 239U /* of a command that is encrypted too */
#define MADO_SCP03_MAX_WRAPPED   (5U + 255U + 1U)

/* Secret; wipe with mado_wipe(). Plain bytes without pointers: may be copied. */
typedef struct {
    uint8_t s_enc[MADO_SCP03_KEY_SIZE];
    uint8_t s_mac[MADO_SCP03_KEY_SIZE];
    uint8_t s_rmac[MADO_SCP03_KEY_SIZE];
    size_t key_len;
    uint8_t chain[MADO_SCP03_BLOCK_LEN]; /* MAC chaining value: the full C-MAC of the last
                                            command */
    uint32_t counter; /* encryption counter of the last command; 0 before the first */
    uint8_t level;
} MadoScp03Session;

typedef enum {
    MADO_SCP03_CRYPTOGRAM_CARD = 0x00,
    MADO_SCP03_CRYPTOGRAM_HOST = 0x01,
} MadoScp03CryptogramKind;

/* One of the levels 00, 01, 03, 11, 13, 33. */
bool
mado_scp03_session_is_level(uint8_t level);

/* The session keys (Amendment D 6.2.1). On failure *ret_session is wiped. */
MadoScp03Status
mado_scp03_session_derive(const MadoScp03Keys *keys,
                          const uint8_t host_challenge[MADO_SCP03_CHALLENGE_LEN],
                          const uint8_t card_challenge[MADO_SCP03_CHALLENGE_LEN],
                          MadoScp03Session *ret_session);

/* 6.2.2.2 and 6.2.2.3 */
MadoScp03Status
mado_scp03_session_cryptogram(const MadoScp03Session *self,
                              MadoScp03CryptogramKind kind,
                              const uint8_t host_challenge[MADO_SCP03_CHALLENGE_LEN],
                              const uint8_t card_challenge[MADO_SCP03_CHALLENGE_LEN],
                              uint8_t ret_cryptogram[MADO_SCP03_CRYPTOGRAM_LEN]);

/*
 * The full C-MAC over header (CLA INS P1 P2, CLA already 84), Lc and data (6.2.4). Lc counts
 * the MAC and is written as one byte, or as three where the command was an extended one. Does
 * not move the chain.
 */
MadoScp03Status
mado_scp03_session_c_mac(const MadoScp03Session *self,
                         const uint8_t header[4],
                         const uint8_t *data,
                         size_t len,
                         bool extended,
                         uint8_t ret_mac[MADO_SCP03_BLOCK_LEN]);

/* The R-MAC over the chaining value of the command, the answer's data and its status word
 * (6.2.5). */
MadoScp03Status
mado_scp03_session_r_mac(const MadoScp03Session *self,
                         const uint8_t chain[MADO_SCP03_BLOCK_LEN],
                         const uint8_t *data,
                         size_t len,
                         uint16_t sw,
                         uint8_t ret_mac[MADO_SCP03_MAC_LEN]);

/*
 * Pads (80 00 …) and encrypts in CBC under S-ENC, or the reverse; the ICV is the encrypted
 * counter, for answers with its highest bit set (6.2.6, 6.2.7). ret_out has room for len + 16
 * bytes and must not overlap data.
 */
MadoScp03Status
mado_scp03_session_encrypt(const MadoScp03Session *self,
                           uint32_t counter,
                           bool is_answer,
                           const MadoScp03Piece *data,
                           uint8_t *ret_out,
                           size_t *ret_len);
MadoScp03Status
mado_scp03_session_decrypt(const MadoScp03Session *self,
                           uint32_t counter,
                           bool is_answer,
                           const MadoScp03Piece *data,
                           uint8_t *ret_out,
                           size_t *ret_len);

/* Whether an answer with this status word is protected: 9000 and the warnings 62xx and 63xx. */
bool
mado_scp03_session_is_protected(uint16_t sw);
