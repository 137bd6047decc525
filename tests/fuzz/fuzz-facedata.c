/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signed files of a card: the certificate of the signer, the card face, the text file. The
 * input plays each of them in turn; no signature of it can be good. */
#include "config.h"

#include "common/facedata.h"
#include "tests/fuzz/target.h"

#include <openssl/err.h>

#include <stdlib.h>
#include <string.h>

/* A key of the right form; nobody knows its private half, nor whether there is one. */
static void
fill_signer(MadoCvc *ret_signer)
{
    static const guint8 head[] = {0x90, 0x03, 0x01, 0x00, 0x01, 0x91, 0x82, 0x01, 0x00};

    memset(ret_signer, 0xC5, sizeof *ret_signer);
    memcpy(ret_signer->key, head, sizeof head);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    g_autoptr(GBytes) bytes = g_bytes_new(data, len);
    guint8 key[MADO_CVC_KEY_LEN];
    MadoCvc signer;
    MadoCvc parsed;

    fill_signer(&signer);
    if (mado_cvc_parse(data, len, &parsed, NULL) &&
        !mado_rsa_is_card_key(parsed.key, sizeof parsed.key))
        abort();
    if (mado_facedata_verify_visual(data, len, &signer, key, NULL))
        abort();
    if (mado_facedata_verify_text(bytes, bytes, bytes, &signer, NULL))
        abort();
    if (mado_facedata_verify_file(data, len, 0xFF50, 0xDF52, &signer, NULL))
        abort();
    if (mado_facedata_verify_challenge((const guint8 *)"n", 1, data, len, signer.key, NULL))
        abort();
    ERR_clear_error();
    return 0;
}
