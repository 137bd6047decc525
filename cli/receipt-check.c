/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/receipt-check.h"

#include "common/envelope.h"
#include "common/error.h"
#include "common/key-file.h"
#include "common/receipt.h"

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/x509.h>

#include <madoguchi/limits.h>
#include <string.h>

struct _MadoReceiptCheck {
    STACK_OF(X509) * certificates; /* the desk's, alone */
    guint64 n_verified;
    guint8 head[32]; /* hash of the last one that passed; zeros before the first */
};

MadoReceiptCheck *
mado_receipt_check_new(const char *certificate, GError **error)
{
    X509 *loaded = mado_key_file_load_certificate(certificate, error);
    MadoReceiptCheck *self;

    if (loaded == NULL)
        return NULL;
    self = g_new0(MadoReceiptCheck, 1);
    self->certificates = sk_X509_new_null();
    if (self->certificates == NULL || sk_X509_push(self->certificates, loaded) <= 0) {
        X509_free(loaded);
        mado_receipt_check_free(self);
        g_set_error(error, MADO_ERROR, MADO_ERROR_INTERNAL, "no memory");
        return NULL;
    }
    return self;
}

void
mado_receipt_check_free(MadoReceiptCheck *self)
{
    if (self == NULL)
        return;
    sk_X509_pop_free(self->certificates, X509_free);
    g_free(self);
}

/* (transfer full) (nullable): what was signed. The signer is our certificate or nobody: those
 * that the CMS brings are not looked at. */
static GBytes *
take_content(const MadoReceiptCheck *self, GBytes *cms)
{
    gsize len = 0;
    const guint8 *der = g_bytes_get_data(cms, &len);
    CMS_ContentInfo *parsed = NULL;
    BIO *out = BIO_new(BIO_s_mem());
    GBytes *content = NULL;
    char *data = NULL;
    long n = 0;

    if (out != NULL && len > 0 && len <= MADO_LIMIT_MESSAGE_LEN)
        parsed = d2i_CMS_ContentInfo(NULL, &der, (long)len);
    if (parsed != NULL &&
        CMS_verify(parsed, self->certificates, NULL, NULL, out,
                   CMS_NOINTERN | CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY) == 1 &&
        (n = BIO_get_mem_data(out, &data)) > 0)
        content = g_bytes_new(data, (gsize)n);
    CMS_ContentInfo_free(parsed);
    BIO_free(out);
    return content;
}

gboolean
mado_receipt_check_next(MadoReceiptCheck *self, GBytes *cms, GError **error)
{
    g_autoptr(GBytes) content = take_content(self, cms);
    g_autoptr(GError) failure = NULL;
    MadoReceipt receipt;
    gsize len = 0;
    const guint8 *data;

    if (content == NULL)
        return mado_error_set_openssl(error, MADO_ERROR_RECEIPT,
                                      "the signature is not this desk's");
    data = g_bytes_get_data(content, &len);
    if (!mado_receipt_parse(data, len, &receipt, NULL, &failure) ||
        !mado_receipt_check_link(&receipt, self->n_verified, self->head, &failure)) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_RECEIPT, "%s", failure->message);
        return FALSE;
    }
    data = g_bytes_get_data(cms, &len);
    mado_envelope_sha256(data, len, self->head);
    self->n_verified = receipt.number;
    return TRUE;
}

guint64
mado_receipt_check_n_verified(const MadoReceiptCheck *self)
{
    return self->n_verified;
}
