/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/certificate.h"

#include "client/text.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/x509.h>

#include <madoguchi/limits.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509, X509_free)

/* RFC 2253 with UTF-8 as it is, cleaned for printing. */
static void
put_name(JsonObject *object, const char *member, const X509_NAME *name)
{
    BIO *out = BIO_new(BIO_s_mem());
    char *text = NULL;
    long len = 0;

    if (out != NULL &&
        X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0)
        len = BIO_get_mem_data(out, &text);
    if (len > 0) {
        g_autofree char *clean = mado_text_clean_bytes((const guint8 *)text, (gsize)len);

        json_object_set_string_member(object, member, clean);
    }
    BIO_free(out);
}

static void
put_date(JsonObject *object, const char *member, const ASN1_TIME *time)
{
    struct tm tm;
    g_autofree char *text = NULL;

    if (ASN1_TIME_to_tm(time, &tm) != 1)
        return;
    text = g_strdup_printf("%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
    json_object_set_string_member(object, member, text);
}

static void
put_serial(JsonObject *object, const X509 *certificate)
{
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
    char *hex = number != NULL ? BN_bn2hex(number) : NULL;

    if (hex != NULL)
        json_object_set_string_member(object, "serial", hex);
    OPENSSL_free(hex);
    BN_free(number);
}

void
mado_certificate_describe(const guint8 *data, gsize len, JsonObject *object)
{
    g_autoptr(X509) certificate = NULL;

    if (len > MADO_LIMIT_CERTIFICATE_LEN)
        return;
    certificate = d2i_X509(NULL, &data, (long)len);
    if (certificate == NULL)
        return;
    put_name(object, "subject", X509_get_subject_name(certificate));
    put_name(object, "issuer", X509_get_issuer_name(certificate));
    put_serial(object, certificate);
    put_date(object, "not-before", X509_get0_notBefore(certificate));
    put_date(object, "not-after", X509_get0_notAfter(certificate));
}
