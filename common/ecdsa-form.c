/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/ecdsa-form.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>

#include <string.h>

/* The order n of the group (FIPS 186-4, D.1.2.3). */
static const guint8 order_p256[] = {
    0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17,
    0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
};

#define MAX_SIGNATURE_LEN 128

/* *s becomes n - s when that is smaller. */
static gboolean
lower_s(BIGNUM *s)
{
    BIGNUM *order = BN_bin2bn(order_p256, sizeof order_p256, NULL);
    BIGNUM *other = BN_new();
    gboolean done = order != NULL && other != NULL && !BN_is_negative(s) && !BN_is_zero(s) &&
                    BN_sub(other, order, s) == 1 && !BN_is_negative(other);

    if (done && BN_cmp(other, s) < 0)
        done = BN_copy(s, other) != NULL;
    BN_free(order);
    BN_free(other);
    return done;
}

static GBytes *
encode(const ECDSA_SIG *signature)
{
    guint8 *der = NULL;
    const int len = i2d_ECDSA_SIG(signature, &der);
    GBytes *bytes = len > 0 ? g_bytes_new(der, (gsize)len) : NULL;

    OPENSSL_free(der);
    return bytes;
}

static GBytes *
rebuild(const BIGNUM *r, const BIGNUM *s)
{
    ECDSA_SIG *signature = ECDSA_SIG_new();
    BIGNUM *own_r = BN_dup(r);
    BIGNUM *own_s = BN_dup(s);
    GBytes *bytes = NULL;

    if (signature == NULL || own_r == NULL || own_s == NULL || !lower_s(own_s)) {
        BN_free(own_r);
        BN_free(own_s);
    } else if (ECDSA_SIG_set0(signature, own_r, own_s) == 1) {
        bytes = encode(signature);
    }
    ECDSA_SIG_free(signature);
    return bytes;
}

GBytes *
mado_ecdsa_form_lower(const guint8 *der, gsize len)
{
    const guint8 *at = der;
    ECDSA_SIG *signature =
        len > 0 && len <= MAX_SIGNATURE_LEN ? d2i_ECDSA_SIG(NULL, &at, (long)len) : NULL;
    GBytes *bytes = NULL;

    if (signature != NULL && at == der + len)
        bytes = rebuild(ECDSA_SIG_get0_r(signature), ECDSA_SIG_get0_s(signature));
    ECDSA_SIG_free(signature);
    return bytes;
}

gboolean
mado_ecdsa_form_is_low(const guint8 *der, gsize len)
{
    g_autoptr(GBytes) low = mado_ecdsa_form_lower(der, len);

    return low != NULL && g_bytes_get_size(low) == len &&
           memcmp(g_bytes_get_data(low, NULL), der, len) == 0;
}
