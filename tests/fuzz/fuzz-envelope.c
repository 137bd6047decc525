/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * CMS from the wire, under keys made when the target starts. The first byte chooses: 0, the
 * rest is the CMS; 1, the rest changes a good sealed message; 2, a good signed receipt. A
 * change is three bytes, where (two) and what to turn. Nothing that was changed may be opened.
 */
#include "config.h"

#include "common/envelope.h"
#include "tests/fuzz/target.h"
#include "tests/support/test-keys.h"

#include <openssl/err.h>

#include <stdlib.h>
#include <string.h>

typedef struct {
    MadoIdentity *identity;
    MadoPeer *peer;
    GBytes *sealed;
    GBytes *signed_;
} World;

static World *
world_new(void)
{
    World *self = g_new0(World, 1);
    g_autofree char *folder = mado_test_keys_make_folder();
    g_autoptr(MadoTestKeys) ca = mado_test_keys_new(MADO_TEST_KEYS_CA, "CA", NULL, -60, 86400);
    g_autoptr(MadoTestKeys) sign =
        mado_test_keys_new(MADO_TEST_KEYS_SIGNER, "D001", ca, -60, 86400);
    g_autoptr(MadoTestKeys) decrypt =
        mado_test_keys_new(MADO_TEST_KEYS_RECIPIENT, "D001", ca, -60, 86400);
    g_autofree char *sign_key = mado_test_keys_write_key(sign, folder, "sign", NULL);
    g_autofree char *sign_cert = mado_test_keys_write_certificate(sign, folder, "sign");
    g_autofree char *key = mado_test_keys_write_key(decrypt, folder, "decrypt", NULL);
    g_autofree char *cert = mado_test_keys_write_certificate(decrypt, folder, "decrypt");
    g_autoptr(MadoSecret) plain = mado_secret_new_from((const guint8 *)"message", 7);

    self->identity = mado_identity_load(sign_key, sign_cert, key, cert, NULL);
    self->peer = mado_peer_new(decrypt->certificate, ca->certificate, NULL, NULL);
    mado_test_keys_remove_folder(folder);
    if (self->identity == NULL || self->peer == NULL)
        abort();
    self->sealed = mado_envelope_seal(self->identity, self->peer, plain, NULL);
    self->signed_ = mado_envelope_sign(self->identity, (const guint8 *)"receipt", 7, NULL);
    if (self->sealed == NULL || self->signed_ == NULL)
        abort();
    return self;
}

static const World *
world(void)
{
    static World *self;

    if (self == NULL)
        self = world_new();
    return self;
}

static GBytes *
change(GBytes *good, const uint8_t *data, size_t len)
{
    gsize good_len = g_bytes_get_size(good);
    guint8 *copy = g_memdup2(g_bytes_get_data(good, NULL), good_len);

    for (size_t i = 0; i + 3 <= len; i += 3)
        copy[((size_t)data[i] << 8 | data[i + 1]) % good_len] ^= data[i + 2];
    return g_bytes_new_take(copy, good_len);
}

static void
open_all(const World *self, GBytes *cms, GBytes *good_sealed, GBytes *good_signed)
{
    g_autofree char *cn = NULL;
    g_autoptr(MadoSecret) opened =
        mado_envelope_open(self->identity, self->peer, cms, &cn, NULL);
    g_autoptr(MadoSecret) decrypted = mado_envelope_decrypt(self->identity, cms, NULL);
    g_autoptr(GBytes) verified = mado_envelope_verify(self->peer, cms, NULL, NULL);

    if ((opened != NULL || decrypted != NULL) && !g_bytes_equal(cms, good_sealed))
        abort();
    if (verified != NULL && !g_bytes_equal(cms, good_signed))
        abort();
    if (ERR_peek_error() != 0)
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const World *self = world();
    g_autoptr(GBytes) cms = NULL;

    if (len == 0)
        return 0;
    if (data[0] == 1)
        cms = change(self->sealed, data + 1, len - 1);
    else if (data[0] == 2)
        cms = change(self->signed_, data + 1, len - 1);
    else
        cms = g_bytes_new(data + 1, len - 1);
    open_all(self, cms, self->sealed, self->signed_);
    return 0;
}
