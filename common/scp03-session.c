/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/scp03-session.h"

#include "common/wipe.h"

#include <openssl/evp.h>

#include <limits.h>
#include <string.h>

#define LABEL_LEN 12U

enum { CONSTANT_S_ENC = 0x04, CONSTANT_S_MAC = 0x06, CONSTANT_S_RMAC = 0x07 };

bool
mado_scp03_session_is_level(uint8_t level)
{
    static const uint8_t levels[] = {0x00, 0x01, 0x03, 0x11, 0x13, 0x33};

    return memchr(levels, level, sizeof(levels)) != NULL;
}

bool
mado_scp03_session_is_protected(uint16_t sw)
{
    return sw == 0x9000 || (sw & 0xFF00) == 0x6200 || (sw & 0xFF00) == 0x6300;
}

/* The derivation of Amendment D 4.1.5 with the challenges as context. */
static MadoScp03Status
derive(const uint8_t *key,
       size_t key_len,
       uint8_t constant,
       const uint8_t *challenges,
       uint8_t *ret_out,
       size_t out_len)
{
    uint8_t label[LABEL_LEN] = {[LABEL_LEN - 1] = constant};
    MadoScp03Input input = {.label = label,
                            .label_len = sizeof(label),
                            .context = challenges,
                            .context_len = 2 * MADO_SCP03_CHALLENGE_LEN};

    return mado_scp03_key_derive(key, key_len, &input, ret_out, out_len);
}

static void
join_challenges(const uint8_t *host, const uint8_t *card, uint8_t *ret_both)
{
    memcpy(ret_both, host, MADO_SCP03_CHALLENGE_LEN);
    memcpy(ret_both + MADO_SCP03_CHALLENGE_LEN, card, MADO_SCP03_CHALLENGE_LEN);
}

MadoScp03Status
mado_scp03_session_derive(const MadoScp03Keys *keys,
                          const uint8_t host_challenge[MADO_SCP03_CHALLENGE_LEN],
                          const uint8_t card_challenge[MADO_SCP03_CHALLENGE_LEN],
                          MadoScp03Session *ret_session)
{
    uint8_t both[2 * MADO_SCP03_CHALLENGE_LEN];
    MadoScp03Status status;
    size_t len = keys->len;

    mado_wipe(ret_session, sizeof(*ret_session));
    if (len != 16 && len != 24 && len != 32) {
        return MADO_SCP03_BAD_FORM;
    }
    join_challenges(host_challenge, card_challenge, both);
    status = derive(keys->enc, len, CONSTANT_S_ENC, both, ret_session->s_enc, len);
    if (status == MADO_SCP03_OK) {
        status = derive(keys->mac, len, CONSTANT_S_MAC, both, ret_session->s_mac, len);
    }
    if (status == MADO_SCP03_OK) {
        status = derive(keys->mac, len, CONSTANT_S_RMAC, both, ret_session->s_rmac, len);
    }
    if (status != MADO_SCP03_OK) {
        mado_wipe(ret_session, sizeof(*ret_session));
        return status;
    }
    ret_session->key_len = len;
    return MADO_SCP03_OK;
}

MadoScp03Status
mado_scp03_session_cryptogram(const MadoScp03Session *self,
                              MadoScp03CryptogramKind kind,
                              const uint8_t host_challenge[MADO_SCP03_CHALLENGE_LEN],
                              const uint8_t card_challenge[MADO_SCP03_CHALLENGE_LEN],
                              uint8_t ret_cryptogram[MADO_SCP03_CRYPTOGRAM_LEN])
{
    uint8_t both[2 * MADO_SCP03_CHALLENGE_LEN];

    join_challenges(host_challenge, card_challenge, both);
    return derive(self->s_mac, self->key_len, (uint8_t)kind, both, ret_cryptogram,
                  MADO_SCP03_CRYPTOGRAM_LEN);
}

MadoScp03Status
mado_scp03_session_c_mac(const MadoScp03Session *self,
                         const uint8_t header[4],
                         const uint8_t *data,
                         size_t len,
                         bool extended,
                         uint8_t ret_mac[MADO_SCP03_BLOCK_LEN])
{
    size_t lc = len + MADO_SCP03_MAC_LEN;
    uint8_t lc_bytes[3] = {0, (uint8_t)(lc >> 8), (uint8_t)lc};
    MadoScp03Piece pieces[] = {{self->chain, sizeof(self->chain)},
                               {header, 4},
                               {lc_bytes, sizeof(lc_bytes)},
                               {data, len}};

    if (lc > (extended ? 0xFFFFU : 0xFFU)) {
        return MADO_SCP03_FULL;
    }
    if (!extended) {
        pieces[2].data = &lc_bytes[2];
        pieces[2].len = 1;
    }
    return mado_scp03_key_cmac(self->s_mac, self->key_len, pieces, 4, ret_mac);
}

MadoScp03Status
mado_scp03_session_r_mac(const MadoScp03Session *self,
                         const uint8_t chain[MADO_SCP03_BLOCK_LEN],
                         const uint8_t *data,
                         size_t len,
                         uint16_t sw,
                         uint8_t ret_mac[MADO_SCP03_MAC_LEN])
{
    const uint8_t sw_bytes[2] = {(uint8_t)(sw >> 8), (uint8_t)sw};
    const MadoScp03Piece pieces[] = {
        {chain, MADO_SCP03_BLOCK_LEN}, {data, len}, {sw_bytes, sizeof(sw_bytes)}};
    uint8_t mac[MADO_SCP03_BLOCK_LEN];
    MadoScp03Status status;

    status = mado_scp03_key_cmac(self->s_rmac, self->key_len, pieces, 3, mac);
    if (status == MADO_SCP03_OK) {
        memcpy(ret_mac, mac, MADO_SCP03_MAC_LEN);
    }
    return status;
}

static const EVP_CIPHER *
ecb(size_t key_len)
{
    return key_len == 16   ? EVP_aes_128_ecb()
           : key_len == 24 ? EVP_aes_192_ecb()
                           : EVP_aes_256_ecb();
}

static const EVP_CIPHER *
cbc(size_t key_len)
{
    return key_len == 16   ? EVP_aes_128_cbc()
           : key_len == 24 ? EVP_aes_192_cbc()
                           : EVP_aes_256_cbc();
}

/* Whole blocks through a cipher, no padding. */
static bool
run_cipher(const EVP_CIPHER *cipher,
           const uint8_t *key,
           const uint8_t *iv,
           bool encrypt,
           const MadoScp03Piece *in,
           uint8_t *ret_out)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int out_len = 0;
    bool ok = false;

    ok = context != NULL && in->len <= INT_MAX &&
         EVP_CipherInit_ex(context, cipher, NULL, key, iv, encrypt ? 1 : 0) == 1 &&
         EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
         EVP_CipherUpdate(context, ret_out, &out_len, in->data, (int)in->len) == 1 &&
         (size_t)out_len == in->len;
    EVP_CIPHER_CTX_free(context);
    return ok;
}

static bool
make_icv(const MadoScp03Session *self, uint32_t counter, bool is_answer, uint8_t *ret_icv)
{
    uint8_t block[MADO_SCP03_BLOCK_LEN] = {[12] = (uint8_t)(counter >> 24),
                                           [13] = (uint8_t)(counter >> 16),
                                           [14] = (uint8_t)(counter >> 8),
                                           [15] = (uint8_t)counter};
    MadoScp03Piece in = {block, sizeof(block)};

    if (is_answer) {
        block[0] = 0x80;
    }
    return run_cipher(ecb(self->key_len), self->s_enc, NULL, true, &in, ret_icv);
}

MadoScp03Status
mado_scp03_session_encrypt(const MadoScp03Session *self,
                           uint32_t counter,
                           bool is_answer,
                           const MadoScp03Piece *data,
                           uint8_t *ret_out,
                           size_t *ret_len)
{
    uint8_t icv[MADO_SCP03_BLOCK_LEN];
    size_t padded_len = (data->len / MADO_SCP03_BLOCK_LEN + 1) * MADO_SCP03_BLOCK_LEN;
    MadoScp03Piece in = {ret_out, padded_len};

    memcpy(ret_out, data->data, data->len);
    ret_out[data->len] = 0x80;
    memset(ret_out + data->len + 1, 0, padded_len - data->len - 1);
    if (!make_icv(self, counter, is_answer, icv) ||
        !run_cipher(cbc(self->key_len), self->s_enc, icv, true, &in, ret_out)) {
        mado_wipe(ret_out, padded_len);
        return MADO_SCP03_CRYPTO;
    }
    *ret_len = padded_len;
    return MADO_SCP03_OK;
}

/* The length before the padding; false when there is none. The MAC has been checked: no oracle
 * here. */
static bool
unpad(const uint8_t *data, size_t len, size_t *ret_len)
{
    while (len > 0 && data[len - 1] == 0) {
        len--;
    }
    if (len == 0 || data[len - 1] != 0x80) {
        return false;
    }
    *ret_len = len - 1;
    return true;
}

MadoScp03Status
mado_scp03_session_decrypt(const MadoScp03Session *self,
                           uint32_t counter,
                           bool is_answer,
                           const MadoScp03Piece *data,
                           uint8_t *ret_out,
                           size_t *ret_len)
{
    uint8_t icv[MADO_SCP03_BLOCK_LEN];

    if (data->len == 0 || data->len % MADO_SCP03_BLOCK_LEN != 0) {
        return MADO_SCP03_BAD_FORM;
    }
    if (!make_icv(self, counter, is_answer, icv) ||
        !run_cipher(cbc(self->key_len), self->s_enc, icv, false, data, ret_out)) {
        mado_wipe(ret_out, data->len);
        return MADO_SCP03_CRYPTO;
    }
    if (!unpad(ret_out, data->len, ret_len)) {
        mado_wipe(ret_out, data->len);
        return MADO_SCP03_BAD_FORM;
    }
    return MADO_SCP03_OK;
}
