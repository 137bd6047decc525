/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "doctor/validity.h"

#include "common/error.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#define FILE_LEN_MAX 65536

G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509, X509_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIO, BIO_free)

/* (transfer full) (nullable) */
static X509 *
read_certificate(const char *path, GError **error)
{
    g_autoptr(GError) local_error = NULL;
    g_autofree char *text = NULL;
    g_autoptr(BIO) bio = NULL;
    gsize len = 0;
    X509 *certificate;

    if (!g_file_get_contents(path, &text, &len, &local_error)) {
        gboolean is_denied = g_error_matches(local_error, G_FILE_ERROR, G_FILE_ERROR_ACCES);

        g_set_error_literal(error, MADO_ERROR,
                            is_denied ? (gint)MADO_ERROR_NOT_AUTHORIZED
                                      : (gint)MADO_ERROR_CONFIG,
                            local_error->message);
        return NULL;
    }
    bio = len <= FILE_LEN_MAX ? BIO_new_mem_buf(text, (int)len) : NULL;
    certificate = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);
    if (certificate == NULL)
        (void)mado_error_set_openssl(error, MADO_ERROR_CONFIG, "reading a certificate");
    return certificate;
}

/* Days and seconds from 1970: no locale, no time zone. */
static gboolean
to_ms(const ASN1_TIME *time, gint64 *ret_ms)
{
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int days = 0;
    int seconds = 0;
    gboolean ok = epoch != NULL && ASN1_TIME_diff(&days, &seconds, epoch, time) == 1;

    ASN1_TIME_free(epoch);
    if (ok)
        *ret_ms = ((gint64)days * 86400 + seconds) * 1000;
    return ok;
}

static gboolean
is_foreign(X509 *certificate, X509 *authority)
{
    EVP_PKEY *public = X509_get0_pubkey(authority);

    if (X509_NAME_cmp(X509_get_issuer_name(certificate), X509_get_subject_name(authority)) != 0)
        return FALSE;
    return public == NULL || X509_verify(certificate, public) != 1;
}

gboolean
mado_validity_load(const char *path,
                   const char *authority,
                   MadoValidity *ret_validity,
                   GError **error)
{
    g_autoptr(X509) certificate = read_certificate(path, error);
    g_autoptr(X509) issuer = NULL;
    MadoValidity validity = {0};

    if (certificate == NULL)
        return FALSE;
    if (authority != NULL && (issuer = read_certificate(authority, error)) == NULL)
        return FALSE;
    if (!to_ms(X509_get0_notBefore(certificate), &validity.not_before_ms) ||
        !to_ms(X509_get0_notAfter(certificate), &validity.not_after_ms)) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CONFIG, "%s: dates that are none", path);
        return FALSE;
    }
    if (issuer != NULL)
        validity.is_foreign = is_foreign(certificate, issuer);
    *ret_validity = validity;
    return TRUE;
}
