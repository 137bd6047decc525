/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/peer.h"

#include "common/error.h"
#include "common/key-file.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <string.h>

struct _MadoPeer {
    X509 *encrypt_cert; /* owned, nullable */
    X509 *anchor;       /* owned */
    X509_STORE *store;  /* owned: the anchor alone; NULL when pinned */
    X509 *pinned;       /* owned, nullable: the only signer */
    char *signer_cn;    /* owned, nullable */
};

static X509_STORE *
store_new(X509 *anchor)
{
    X509_STORE *store = X509_STORE_new();
    X509_VERIFY_PARAM *param = store != NULL ? X509_STORE_get0_param(store) : NULL;

    if (param == NULL || X509_STORE_add_cert(store, anchor) != 1 ||
        X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SMIME_SIGN) != 1) {
        X509_STORE_free(store);
        return NULL;
    }
    X509_VERIFY_PARAM_set_depth(param, 0); /* the anchor signs the signer: nothing between */
    X509_VERIFY_PARAM_set_auth_level(param, 2); /* 112 bits: no SHA-1, no short key */
    return store;
}

MadoPeer *
mado_peer_new(X509 *encrypt_cert, X509 *anchor, const char *signer_cn, GError **error)
{
    g_autoptr(MadoPeer) self = g_new0(MadoPeer, 1);

    if (encrypt_cert != NULL) {
        const EVP_PKEY *pkey = X509_get0_pubkey(encrypt_cert);
        const guint32 usages = X509_get_key_usage(encrypt_cert);

        if (pkey == NULL || !mado_key_file_is_p256(pkey) || usages == UINT32_MAX ||
            (usages & KU_KEY_AGREEMENT) == 0) {
            g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CONFIG,
                                "not an EC P-256 certificate for key agreement");
            return NULL;
        }
        X509_up_ref(encrypt_cert);
        self->encrypt_cert = encrypt_cert;
    }
    self->signer_cn = g_strdup(signer_cn);
    X509_up_ref(anchor);
    self->anchor = anchor;
    self->store = store_new(anchor);
    if (self->store == NULL || X509_check_ca(anchor) != 1) {
        (void)mado_error_set_openssl(error, MADO_ERROR_CONFIG,
                                     "not a CA certificate to trust in");
        return NULL;
    }
    return g_steal_pointer(&self);
}

MadoPeer *
mado_peer_new_pinned(X509 *signer)
{
    MadoPeer *self = g_new0(MadoPeer, 1);

    X509_up_ref(signer);
    self->pinned = signer;
    return self;
}

MadoPeer *
mado_peer_load(const char *encrypt_cert,
               const char *anchor,
               const char *signer_cn,
               GError **error)
{
    X509 *encrypt = mado_key_file_load_certificate(encrypt_cert, error);
    X509 *ca = encrypt != NULL ? mado_key_file_load_certificate(anchor, error) : NULL;
    MadoPeer *self = NULL;

    if (ca != NULL) {
        self = mado_peer_new(encrypt, ca, signer_cn, error);
        if (self == NULL)
            g_prefix_error(error, "%s or %s: ", encrypt_cert, anchor);
    }
    X509_free(encrypt);
    X509_free(ca);
    return self;
}

void
mado_peer_free(MadoPeer *self)
{
    if (self == NULL)
        return;
    X509_free(self->encrypt_cert);
    X509_free(self->anchor);
    X509_STORE_free(self->store);
    X509_free(self->pinned);
    g_free(self->signer_cn);
    g_free(self);
}

X509 *
mado_peer_peek_encrypt_cert(const MadoPeer *self)
{
    return self->encrypt_cert;
}

X509 *
mado_peer_peek_anchor(const MadoPeer *self)
{
    return self->anchor;
}

/* The sentence says it all; what OpenSSL has queued must not turn up in another error. */
static gboolean
refuse(const char *why, GError **error)
{
    ERR_clear_error();
    g_set_error(error, MADO_ERROR, MADO_ERROR_CENTRE_ANSWER, "signer: %s", why);
    return FALSE;
}

static gboolean
check_pinned(const MadoPeer *self, X509 *signer, time_t at, GError **error)
{
    if (X509_cmp(signer, self->pinned) != 0)
        return refuse("another certificate than the one that is known", error);
    if (X509_cmp_time(X509_get0_notBefore(signer), &at) > 0 ||
        X509_cmp_time(X509_get0_notAfter(signer), &at) < 0)
        return refuse("its certificate was not valid then", error);
    return TRUE;
}

static gboolean
check_chain(const MadoPeer *self, X509 *signer, time_t at, GError **error)
{
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    gboolean done =
        context != NULL && X509_STORE_CTX_init(context, self->store, signer, NULL) == 1;

    if (done) {
        X509_STORE_CTX_set_time(context, 0, at);
        done = X509_verify_cert(context) == 1;
    }
    if (!done)
        (void)refuse(context != NULL
                         ? X509_verify_cert_error_string(X509_STORE_CTX_get_error(context))
                         : "no memory",
                     error);
    X509_STORE_CTX_free(context);
    return done;
}

gboolean
mado_peer_check_signer(
    const MadoPeer *self, X509 *signer, time_t at, char **ret_cn, GError **error)
{
    const guint32 usages = X509_get_key_usage(signer);
    const EVP_PKEY *pkey = X509_get0_pubkey(signer);
    g_autofree char *cn = mado_peer_common_name(signer);

    if (!(self->pinned != NULL ? check_pinned(self, signer, at, error)
                               : check_chain(self, signer, at, error)))
        return FALSE;
    if (X509_check_ca(signer) != 0)
        return refuse("its certificate is a CA's", error);
    if (usages == UINT32_MAX || (usages & KU_DIGITAL_SIGNATURE) == 0)
        return refuse("key usage is not digitalSignature", error);
    if (pkey == NULL || !mado_key_file_is_p256(pkey))
        return refuse("its key is not EC P-256", error);
    if (cn == NULL)
        return refuse("its certificate has no single CN", error);
    if (self->signer_cn != NULL && !g_str_equal(cn, self->signer_cn))
        return refuse("another CN than expected", error);
    if (ret_cn != NULL)
        *ret_cn = g_steal_pointer(&cn);
    return TRUE;
}

char *
mado_peer_common_name(const X509 *certificate)
{
    const X509_NAME *subject = X509_get_subject_name(certificate);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    const ASN1_STRING *value;
    guint8 *utf8 = NULL;
    char *cn = NULL;
    int len;

    if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0)
        return NULL;
    value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
    len = ASN1_STRING_to_UTF8(&utf8, value);
    if (len > 0 && memchr(utf8, '\0', (gsize)len) == NULL && g_str_is_ascii((const char *)utf8))
        cn = g_strndup((const char *)utf8, (gsize)len);
    OPENSSL_free(utf8);
    return cn;
}
