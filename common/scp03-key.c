/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/scp03-key.h"

#include "common/wipe.h"
#include "common/writer.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <stdbool.h>
#include <string.h>

const char *
mado_scp03_key_status_name(MadoScp03Status status)
{
    static const char *const names[] = {
        [MADO_SCP03_OK] = "ok",
        [MADO_SCP03_BAD_FORM] = "malformed",
        [MADO_SCP03_BAD_CRYPTOGRAM] = "wrong cryptogram",
        [MADO_SCP03_BAD_MAC] = "wrong MAC",
        [MADO_SCP03_BAD_LEVEL] = "no such security level",
        [MADO_SCP03_UNPROTECTED] = "unprotected error",
        [MADO_SCP03_FULL] = "does not fit",
        [MADO_SCP03_CRYPTO] = "libcrypto refused",
    };

    if ((size_t)status >= sizeof(names) / sizeof(names[0])) {
        return "unknown";
    }
    return names[status];
}

static const char *
cipher_name(size_t key_len)
{
    switch (key_len) {
    case 16:
        return "AES-128-CBC";
    case 24:
        return "AES-192-CBC";
    case 32:
        return "AES-256-CBC";
    default:
        return NULL;
    }
}

MadoScp03Status
mado_scp03_key_cmac(const uint8_t *key,
                    size_t key_len,
                    const MadoScp03Piece *pieces,
                    size_t n_pieces,
                    uint8_t ret_mac[MADO_SCP03_BLOCK_LEN])
{
    MadoScp03Status status = MADO_SCP03_CRYPTO;
    bool fed = false;
    uint8_t mac[MADO_SCP03_BLOCK_LEN];
    size_t mac_len = 0;
    char cipher[16] = "";
    OSSL_PARAM params[2];
    EVP_MAC *algorithm = NULL;
    EVP_MAC_CTX *context = NULL;

    if (cipher_name(key_len) == NULL) {
        return MADO_SCP03_BAD_FORM;
    }
    memcpy(cipher, cipher_name(key_len), strlen(cipher_name(key_len)) + 1);
    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, cipher, 0);
    params[1] = OSSL_PARAM_construct_end();

    algorithm = EVP_MAC_fetch(NULL, "CMAC", NULL);
    context = algorithm == NULL ? NULL : EVP_MAC_CTX_new(algorithm);
    fed = context != NULL && EVP_MAC_init(context, key, key_len, params) == 1;
    for (size_t i = 0; i < n_pieces && fed; i++) {
        if (pieces[i].len > 0) {
            fed = EVP_MAC_update(context, pieces[i].data, pieces[i].len) == 1;
        }
    }
    if (fed && EVP_MAC_final(context, mac, &mac_len, sizeof(mac)) == 1 &&
        mac_len == sizeof(mac)) {
        memcpy(ret_mac, mac, sizeof(mac));
        status = MADO_SCP03_OK;
    }
    EVP_MAC_CTX_free(context);
    EVP_MAC_free(algorithm);
    mado_wipe(mac, sizeof(mac));
    return status;
}

/* One block of the derivation, number 1 or 2. */
static MadoScp03Status
derive_block(const uint8_t *key,
             size_t key_len,
             const MadoScp03Input *input,
             size_t out_len,
             uint8_t number,
             uint8_t ret_block[MADO_SCP03_BLOCK_LEN])
{
    uint8_t data[MADO_SCP03_KEY_MAX_INPUT + 4];
    MadoScp03Piece piece;
    MadoWriter writer;

    mado_writer_init(&writer, data, sizeof(data));
    mado_writer_bytes(&writer, input->label, input->label_len);
    mado_writer_u8(&writer, 0x00);
    mado_writer_u16(&writer, (uint16_t)(out_len * 8));
    mado_writer_u8(&writer, number);
    mado_writer_bytes(&writer, input->context, input->context_len);
    if (!mado_writer_ok(&writer)) {
        return MADO_SCP03_BAD_FORM;
    }
    piece.data = data;
    piece.len = mado_writer_len(&writer);
    return mado_scp03_key_cmac(key, key_len, &piece, 1, ret_block);
}

MadoScp03Status
mado_scp03_key_derive(const uint8_t *key,
                      size_t key_len,
                      const MadoScp03Input *input,
                      uint8_t *ret_out,
                      size_t out_len)
{
    uint8_t blocks[2 * MADO_SCP03_BLOCK_LEN];
    MadoScp03Status status;

    if (out_len == 0 || out_len > sizeof(blocks)) {
        return MADO_SCP03_BAD_FORM;
    }
    status = derive_block(key, key_len, input, out_len, 1, blocks);
    if (status == MADO_SCP03_OK && out_len > MADO_SCP03_BLOCK_LEN) {
        status = derive_block(key, key_len, input, out_len, 2, blocks + MADO_SCP03_BLOCK_LEN);
    }
    if (status == MADO_SCP03_OK) {
        memcpy(ret_out, blocks, out_len);
    } else {
        mado_wipe(ret_out, out_len);
    }
    mado_wipe(blocks, sizeof(blocks));
    return status;
}

MadoScp03Status
mado_scp03_key_diversify(const uint8_t *master,
                         size_t master_len,
                         const char *label,
                         const uint8_t *card_id,
                         size_t card_id_len,
                         MadoScp03Keys *ret_keys)
{
    uint8_t *const keys[] = {ret_keys->enc, ret_keys->mac, ret_keys->dek};
    uint8_t context[MADO_SCP03_KEY_MAX_INPUT];
    MadoScp03Input input = {.label = (const uint8_t *)label,
                            .label_len = strlen(label),
                            .context = context,
                            .context_len = card_id_len + 1};
    MadoScp03Status status = MADO_SCP03_OK;

    mado_wipe(ret_keys, sizeof(*ret_keys));
    if (card_id_len >= sizeof(context)) {
        return MADO_SCP03_BAD_FORM;
    }
    memcpy(context + 1, card_id, card_id_len);
    for (size_t i = 0; i < 3 && status == MADO_SCP03_OK; i++) {
        context[0] = (uint8_t)(i + 1); /* purpose: 1 ENC, 2 MAC, 3 DEK */
        status = mado_scp03_key_derive(master, master_len, &input, keys[i], master_len);
    }
    if (status != MADO_SCP03_OK) {
        mado_wipe(ret_keys, sizeof(*ret_keys));
        return status;
    }
    ret_keys->len = master_len;
    return MADO_SCP03_OK;
}
