/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/identity.h"

#include "common/error.h"
#include "common/key-file.h"
#include "common/peer.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <string.h>

struct _MadoIdentity {
    EVP_PKEY *sign_key;    /* owned */
    X509 *sign_cert;       /* owned */
    EVP_PKEY *decrypt_key; /* owned */
    X509 *decrypt_cert;    /* owned */
    guint8 key_id[32];
};

static gboolean
load_pair(const char *key_path,
          const char *cert_path,
          EVP_PKEY **ret_key,
          X509 **ret_cert,
          GError **error)
{
    *ret_key = mado_key_file_load_private(key_path, NULL, NULL, error);
    if (*ret_key == NULL)
        return FALSE;
    *ret_cert = mado_key_file_load_certificate(cert_path, error);
    if (*ret_cert == NULL)
        return FALSE;
    if (X509_check_private_key(*ret_cert, *ret_key) != 1) {
        g_autofree char *doing =
            g_strdup_printf("%s: not the certificate of %s", cert_path, key_path);

        return mado_error_set_openssl(error, MADO_ERROR_CONFIG, doing);
    }
    return TRUE;
}

static gboolean
check_usage(const X509 *certificate, guint32 usage, const char *path, GError **error)
{
    /* UINT32_MAX: no such extension. We are stricter: without one a key could serve both ends.
     */
    const guint32 usages = X509_get_key_usage((X509 *)(guintptr)certificate);

    if (usages != UINT32_MAX && (usages & usage) != 0)
        return TRUE;
    g_set_error(error, MADO_ERROR, MADO_ERROR_CONFIG, "%s: its key usage does not allow %s",
                path, usage == KU_KEY_AGREEMENT ? "key agreement" : "digital signatures");
    return FALSE;
}

MadoIdentity *
mado_identity_load(const char *sign_key,
                   const char *sign_cert,
                   const char *decrypt_key,
                   const char *decrypt_cert,
                   GError **error)
{
    g_autoptr(MadoIdentity) self = g_new0(MadoIdentity, 1);

    if (!load_pair(sign_key, sign_cert, &self->sign_key, &self->sign_cert, error) ||
        !check_usage(self->sign_cert, KU_DIGITAL_SIGNATURE, sign_cert, error) ||
        !load_pair(decrypt_key, decrypt_cert, &self->decrypt_key, &self->decrypt_cert, error) ||
        !check_usage(self->decrypt_cert, KU_KEY_AGREEMENT, decrypt_cert, error))
        return NULL;
    if (X509_digest(self->sign_cert, EVP_sha256(), self->key_id, NULL) != 1) {
        (void)mado_error_set_openssl(error, MADO_ERROR_CONFIG, sign_cert);
        return NULL;
    }
    return g_steal_pointer(&self);
}

void
mado_identity_free(MadoIdentity *self)
{
    if (self == NULL)
        return;
    EVP_PKEY_free(self->sign_key);
    X509_free(self->sign_cert);
    EVP_PKEY_free(self->decrypt_key);
    X509_free(self->decrypt_cert);
    g_free(self);
}

void
mado_identity_key_id(const MadoIdentity *self, guint8 ret_hash[32])
{
    memcpy(ret_hash, self->key_id, sizeof self->key_id);
}

char *
mado_identity_name(const MadoIdentity *self)
{
    return mado_peer_common_name(self->sign_cert);
}

EVP_PKEY *
mado_identity_peek_sign_key(const MadoIdentity *self)
{
    return self->sign_key;
}

X509 *
mado_identity_peek_sign_cert(const MadoIdentity *self)
{
    return self->sign_cert;
}

EVP_PKEY *
mado_identity_peek_decrypt_key(const MadoIdentity *self)
{
    return self->decrypt_key;
}

X509 *
mado_identity_peek_decrypt_cert(const MadoIdentity *self)
{
    return self->decrypt_cert;
}
