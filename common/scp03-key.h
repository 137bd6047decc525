/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keys of GlobalPlatform SCP03 (Card Specification, Amendment D) and the one derivation that
 * all of them come from: SP 800-108 in counter mode with AES-CMAC. For the issuer's side and
 * the card's side alike.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define MADO_SCP03_KEY_SIZE  32U /* room for the longest key */
#define MADO_SCP03_BLOCK_LEN 16U

typedef enum {
    MADO_SCP03_OK = 0,
    MADO_SCP03_BAD_FORM,       /* a length or field that may not stand here */
    MADO_SCP03_BAD_CRYPTOGRAM, /* the other end does not know the keys */
    MADO_SCP03_BAD_MAC,        /* altered, repeated or out of order */
    MADO_SCP03_BAD_LEVEL,      /* a security level outside Amendment D, table 7-5 */
    MADO_SCP03_UNPROTECTED, /* the answer carries an error status word, which is never protected
                             */
    MADO_SCP03_FULL,        /* the caller's buffer is too small, or the command too long */
    MADO_SCP03_CRYPTO /* libcrypto refused: out of memory, or AES not allowed by its policy */
} MadoScp03Status;

/* Secret; wipe with mado_wipe(). The first len bytes of each are used; len is 16, 24 or 32. */
typedef struct {
    uint8_t enc[MADO_SCP03_KEY_SIZE];
    uint8_t mac[MADO_SCP03_KEY_SIZE];
    uint8_t dek[MADO_SCP03_KEY_SIZE];
    size_t len;
} MadoScp03Keys;

/* What a derivation is over. Every pointer is borrowed. */
typedef struct {
    const uint8_t *label;
    size_t label_len;
    const uint8_t *context;
    size_t context_len; /* label and context together at most MADO_SCP03_KEY_MAX_INPUT */
} MadoScp03Input;

#define MADO_SCP03_KEY_MAX_INPUT 64U

/* A short English name for logs; never NULL. */
const char *
mado_scp03_key_status_name(MadoScp03Status status);

/* A run of bytes, borrowed; data may be NULL when len is 0. */
typedef struct {
    const uint8_t *data;
    size_t len;
} MadoScp03Piece;

/* AES-CMAC (SP 800-38B) over the pieces in order, with a key of 16, 24 or 32 bytes. */
MadoScp03Status
mado_scp03_key_cmac(const uint8_t *key,
                    size_t key_len,
                    const MadoScp03Piece *pieces,
                    size_t n_pieces,
                    uint8_t ret_mac[MADO_SCP03_BLOCK_LEN]);

/*
 * The derivation in the order of Amendment D 4.1.5: label ‖ 00 ‖ L (2 bytes, in bits) ‖ i (1
 * byte) ‖ context. out_len is 1 … 32 bytes. On failure ret_out is wiped.
 */
MadoScp03Status
mado_scp03_key_derive(const uint8_t *key,
                      size_t key_len,
                      const MadoScp03Input *input,
                      uint8_t *ret_out,
                      size_t out_len);

/*
 * The keys of one card under the issuer's master key (doc/card-profile.md 2). The label is
 * MADO-TRAINING or MADO-PRODUCTION, as text; the card's keys have the length of the master key.
 * On failure *ret_keys is wiped.
 */
MadoScp03Status
mado_scp03_key_diversify(const uint8_t *master,
                         size_t master_len,
                         const char *label,
                         const uint8_t *card_id,
                         size_t card_id_len,
                         MadoScp03Keys *ret_keys);
