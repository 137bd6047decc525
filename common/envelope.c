/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/envelope.h"

#include "common/cms-form.h"
#include "common/ecdsa-form.h"
#include "common/error.h"
#include "common/wipe.h"
#include "madoguchi/limits.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <string.h>
#include <time.h>

/* What SignedData adds to its content: certificate, attributes, signature. */
#define SIGNED_OVERHEAD 4096

/* OpenSSL frees the content of a CMS structure without wiping it. */
static void
cms_free(CMS_ContentInfo *cms)
{
    ASN1_OCTET_STRING **content = cms != NULL ? CMS_get0_content(cms) : NULL;
    const guint8 *data = content != NULL ? ASN1_STRING_get0_data(*content) : NULL;

    if (data != NULL)
        mado_wipe((gpointer)(guintptr)data, (gsize)ASN1_STRING_length(*content));
    CMS_ContentInfo_free(cms);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CMS_ContentInfo, cms_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIO, BIO_free_all)

/* ---- writing ---- */

/* Streams the content through the digest or cipher that `cms` names. */
static gboolean
write_content(CMS_ContentInfo *cms, const guint8 *data, gsize len)
{
    g_autoptr(BIO) bio = CMS_dataInit(cms, NULL);
    size_t n_written = 0;

    return bio != NULL && (len == 0 || BIO_write_ex(bio, data, len, &n_written) == 1) &&
           n_written == len && BIO_flush(bio) == 1 && CMS_dataFinal(cms, bio) == 1;
}

/* See ecdsa-form.h. */
static gboolean
lower_signature(CMS_SignerInfo *signer)
{
    ASN1_OCTET_STRING *signature = CMS_SignerInfo_get0_signature(signer);
    g_autoptr(GBytes) low = mado_ecdsa_form_lower(ASN1_STRING_get0_data(signature),
                                                  (gsize)ASN1_STRING_length(signature));

    return low != NULL && ASN1_OCTET_STRING_set(signature, g_bytes_get_data(low, NULL),
                                                (int)g_bytes_get_size(low)) == 1;
}

static CMS_ContentInfo *
sign(const MadoIdentity *self, const guint8 *data, gsize len)
{
    const unsigned flags = CMS_BINARY | CMS_NOSMIMECAP | CMS_PARTIAL;
    g_autoptr(CMS_ContentInfo) cms = CMS_sign(NULL, NULL, NULL, NULL, flags);
    CMS_SignerInfo *signer;

    if (cms == NULL)
        return NULL;
    signer = CMS_add1_signer(cms, mado_identity_peek_sign_cert(self),
                             mado_identity_peek_sign_key(self), EVP_sha256(),
                             flags & ~(unsigned)CMS_PARTIAL);
    if (signer == NULL || !write_content(cms, data, len) || !lower_signature(signer))
        return NULL;
    return g_steal_pointer(&cms);
}

/* One recipient; the key encryption key by ECDH with SHA-256 (OpenSSL's default is SHA-1). */
static gboolean
add_recipient(CMS_ContentInfo *cms, X509 *certificate)
{
    CMS_RecipientInfo *recipient =
        CMS_add1_recipient_cert(cms, certificate, CMS_KEY_PARAM | CMS_BINARY);
    EVP_PKEY_CTX *context =
        recipient != NULL ? CMS_RecipientInfo_get0_pkey_ctx(recipient) : NULL;

    /* The KDF's type stays unset: OpenSSL 3.0 puts X9.63 there itself and refuses any other. */
    return context != NULL && EVP_PKEY_CTX_set_ecdh_kdf_md(context, EVP_sha256()) > 0;
}

static CMS_ContentInfo *
encrypt(const MadoPeer *to, const guint8 *data, gsize len)
{
    X509 *certificate = mado_peer_peek_encrypt_cert(to);
    g_autoptr(CMS_ContentInfo) cms =
        CMS_encrypt(NULL, NULL, EVP_aes_256_gcm(), CMS_BINARY | CMS_PARTIAL);

    if (cms == NULL || certificate == NULL || !add_recipient(cms, certificate) ||
        !write_content(cms, data, len))
        return NULL;
    return g_steal_pointer(&cms);
}

static int
encoded_len(CMS_ContentInfo *cms, int limit, GError **error)
{
    const int len = i2d_CMS_ContentInfo(cms, NULL);

    if (len <= 0)
        return mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "encoding CMS");
    if (len > limit) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_LIMIT,
                    "envelope: %d bytes are more than a message may have", len);
        return 0;
    }
    return len;
}

static GBytes *
encode(CMS_ContentInfo *cms, GError **error)
{
    const int len = encoded_len(cms, MADO_LIMIT_MESSAGE_LEN, error);
    g_autofree guint8 *der = NULL;
    guint8 *at;

    if (len == 0)
        return NULL;
    der = at = g_malloc((gsize)len);
    if (i2d_CMS_ContentInfo(cms, &at) != len) {
        (void)mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "encoding CMS");
        return NULL;
    }
    return g_bytes_new_take(g_steal_pointer(&der), (gsize)len);
}

static MadoSecret *
encode_secret(CMS_ContentInfo *cms, GError **error)
{
    const int len = encoded_len(cms, MADO_LIMIT_MESSAGE_LEN + SIGNED_OVERHEAD, error);
    g_autoptr(MadoSecret) der = NULL;
    guint8 *at;

    if (len == 0)
        return NULL;
    der = mado_secret_new((gsize)len);
    at = mado_secret_peek_writable(der);
    if (i2d_CMS_ContentInfo(cms, &at) != len) {
        (void)mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "encoding CMS");
        return NULL;
    }
    mado_secret_set_len(der, (gsize)len);
    return g_steal_pointer(&der);
}

GBytes *
mado_envelope_sign(const MadoIdentity *self, const guint8 *data, gsize len, GError **error)
{
    g_autoptr(CMS_ContentInfo) cms = sign(self, data, len);

    if (cms == NULL) {
        (void)mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "signing");
        return NULL;
    }
    return encode(cms, error);
}

GBytes *
mado_envelope_encrypt(const MadoPeer *to, const MadoSecret *plain, GError **error)
{
    g_autoptr(CMS_ContentInfo) cms =
        encrypt(to, mado_secret_peek(plain), mado_secret_len(plain));

    if (cms == NULL) {
        (void)mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "encrypting");
        return NULL;
    }
    return encode(cms, error);
}

GBytes *
mado_envelope_seal(const MadoIdentity *self,
                   const MadoPeer *to,
                   const MadoSecret *plain,
                   GError **error)
{
    g_autoptr(CMS_ContentInfo) cms =
        sign(self, mado_secret_peek(plain), mado_secret_len(plain));
    g_autoptr(MadoSecret) der = NULL;

    if (cms == NULL) {
        (void)mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "signing");
        return NULL;
    }
    der = encode_secret(cms, error);
    return der != NULL ? mado_envelope_encrypt(to, der, error) : NULL;
}

/* ---- reading ---- */

static gboolean
check_size(gsize len, GError **error)
{
    if (len > 0 && len <= MADO_LIMIT_MESSAGE_LEN)
        return TRUE;
    g_set_error(error, MADO_ERROR, MADO_ERROR_CENTRE_ANSWER,
                "envelope: size %" G_GSIZE_FORMAT " is none of a message", len);
    return FALSE;
}

/* Whether the structure is written back to the very same bytes: DER, and all of it understood.
 */
static gboolean
is_canonical(CMS_ContentInfo *cms, const guint8 *der, gsize len)
{
    g_autoptr(MadoSecret) again = encode_secret(cms, NULL);

    return again != NULL && mado_secret_len(again) == len &&
           memcmp(mado_secret_peek(again), der, len) == 0;
}

/* Whether `name` is the certificate's {issuer, serialNumber}, byte for byte. */
static gboolean
is_name_of(const MadoTlv *name, X509 *certificate)
{
    guint8 *issuer = NULL;
    guint8 *serial = NULL;
    const int issuer_len = i2d_X509_NAME(X509_get_issuer_name(certificate), &issuer);
    const int serial_len = i2d_ASN1_INTEGER(X509_get0_serialNumber(certificate), &serial);
    gboolean is_same;

    is_same = issuer_len > 0 && serial_len > 0 &&
              name->len == (gsize)issuer_len + (gsize)serial_len &&
              memcmp(name->value, issuer, (gsize)issuer_len) == 0 &&
              memcmp(name->value + issuer_len, serial, (gsize)serial_len) == 0;
    OPENSSL_free(issuer);
    OPENSSL_free(serial);
    return is_same;
}

/* One structure of our own form, and nothing behind it. */
static CMS_ContentInfo *
decode(const guint8 *der, gsize len, MadoBytesStatus form, GError **error)
{
    g_autoptr(CMS_ContentInfo) cms = NULL;
    const guint8 *at = der;

    if (form != MADO_BYTES_OK) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CENTRE_ANSWER,
                    "envelope: not our form of CMS (%s)", mado_bytes_status_name(form));
        return NULL;
    }
    cms = d2i_CMS_ContentInfo(NULL, &at, (long)len);
    if (cms == NULL || !is_canonical(cms, der, len)) {
        (void)mado_error_set_openssl(error, MADO_ERROR_CENTRE_ANSWER,
                                     "envelope: not canonical CMS");
        return NULL;
    }
    return g_steal_pointer(&cms);
}

/* All of the content, through the digest or cipher at the head of `bio`. */
static MadoSecret *
read_content(BIO *bio, gsize max_len)
{
    g_autoptr(MadoSecret) content = mado_secret_new(max_len + 1);
    gsize at = 0;
    size_t n_read = 0;

    while (at <= max_len && BIO_read_ex(bio, mado_secret_peek_writable(content) + at,
                                        max_len + 1 - at, &n_read) == 1)
        at += n_read;
    /* GCM's tag is checked when the end is reached, and only this tells. */
    if (at > max_len ||
        (BIO_method_type(bio) == BIO_TYPE_CIPHER && BIO_get_cipher_status(bio) != 1))
        return NULL;
    mado_secret_set_len(content, at);
    return g_steal_pointer(&content);
}

MadoSecret *
mado_envelope_decrypt(const MadoIdentity *self, GBytes *cms_bytes, GError **error)
{
    gsize len;
    const guint8 *der = g_bytes_get_data(cms_bytes, &len);
    g_autoptr(CMS_ContentInfo) cms = NULL;
    g_autoptr(MadoSecret) plain = NULL;
    g_autoptr(BIO) bio = NULL;
    MadoTlv name = {0};

    if (!check_size(len, error))
        return NULL;
    cms = decode(der, len, mado_cms_form_check_encrypted(der, len, &name), error);
    if (cms == NULL)
        return NULL;
    if (is_name_of(&name, mado_identity_peek_decrypt_cert(self)) &&
        CMS_decrypt_set1_pkey(cms, mado_identity_peek_decrypt_key(self),
                              mado_identity_peek_decrypt_cert(self)) == 1)
        bio = CMS_dataInit(cms, NULL);
    plain = bio != NULL ? read_content(bio, len) : NULL;
    if (plain == NULL)
        (void)mado_error_set_openssl(error, MADO_ERROR_CENTRE_ANSWER, "envelope: decryption");
    return g_steal_pointer(&plain);
}

/* (transfer none, from cms) (nullable): the only signer and its certificate. The form holds one
 * of each; whether they belong together is found here. */
static CMS_SignerInfo *
find_signer(CMS_ContentInfo *cms, X509 **ret_certificate)
{
    STACK_OF(CMS_SignerInfo) *signers = CMS_get0_SignerInfos(cms);

    if (sk_CMS_SignerInfo_num(signers) != 1 || CMS_set1_signers_certs(cms, NULL, 0) != 1)
        return NULL;
    CMS_SignerInfo_get0_algs(sk_CMS_SignerInfo_value(signers, 0), NULL, ret_certificate, NULL,
                             NULL);
    return sk_CMS_SignerInfo_value(signers, 0);
}

/* The signed time of signing; FALSE when there is none. */
static gboolean
signing_time(CMS_SignerInfo *signer, time_t *ret_time)
{
    const ASN1_OBJECT *name = OBJ_nid2obj(NID_pkcs9_signingTime);
    const ASN1_TIME *value = CMS_signed_get0_data_by_OBJ(signer, name, -3, V_ASN1_UTCTIME);
    struct tm parts;

    if (value == NULL)
        value = CMS_signed_get0_data_by_OBJ(signer, name, -3, V_ASN1_GENERALIZEDTIME);
    ERR_clear_error();
    if (value == NULL || ASN1_TIME_to_tm(value, &parts) != 1)
        return FALSE;
    *ret_time = timegm(&parts);
    return TRUE;
}

/* What was signed, by whom and when. */
typedef struct {
    MadoSecret *content; /* owned */
    char *cn;            /* owned */
    guint8 key_id[32];   /* SHA-256 of the signer's certificate */
} Verified;

static void
verified_clear(Verified *self)
{
    mado_secret_free(self->content);
    g_free(self->cn);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Verified, verified_clear)

static gboolean
is_signature_good(CMS_SignerInfo *signer, BIO *bio)
{
    const ASN1_OCTET_STRING *signature = CMS_SignerInfo_get0_signature(signer);

    return mado_ecdsa_form_is_low(ASN1_STRING_get0_data(signature),
                                  (gsize)ASN1_STRING_length(signature)) &&
           CMS_SignerInfo_verify(signer) == 1 &&
           CMS_SignerInfo_verify_content(signer, bio) == 1;
}

/* When the signer's certificate must have been valid. */
typedef enum { VALID_NOW, VALID_WHEN_SIGNED } Validity;

static gboolean
check_signer(const MadoPeer *from,
             CMS_SignerInfo *signer,
             Validity validity,
             Verified *verified,
             GError **error)
{
    X509 *certificate = NULL;
    time_t at = 0;

    CMS_SignerInfo_get0_algs(signer, NULL, &certificate, NULL, NULL);
    if (validity == VALID_NOW)
        at = time(NULL);
    else if (!signing_time(signer, &at))
        return mado_error_set_openssl(error, MADO_ERROR_CENTRE_ANSWER,
                                      "envelope: no time of signing");
    if (X509_digest(certificate, EVP_sha256(), verified->key_id, NULL) != 1)
        return mado_error_set_openssl(error, MADO_ERROR_CENTRE_ANSWER, "envelope: signer");
    return mado_peer_check_signer(from, certificate, at, &verified->cn, error);
}

static gboolean
verify(const MadoPeer *from,
       GBytes *der_bytes,
       Validity validity,
       Verified *ret_verified,
       GError **error)
{
    gsize len;
    const guint8 *der = g_bytes_get_data(der_bytes, &len);
    g_auto(Verified) verified = {0};
    MadoTlv name = {0};
    g_autoptr(CMS_ContentInfo) cms =
        decode(der, len, mado_cms_form_check_signed(der, len, &name), error);
    g_autoptr(BIO) bio = NULL;
    X509 *certificate = NULL;
    CMS_SignerInfo *signer;

    if (cms == NULL)
        return FALSE;
    signer = find_signer(cms, &certificate);
    if (signer != NULL && is_name_of(&name, certificate))
        bio = CMS_dataInit(cms, NULL);
    verified.content = bio != NULL ? read_content(bio, len) : NULL;
    if (verified.content == NULL || !is_signature_good(signer, bio))
        return mado_error_set_openssl(error, MADO_ERROR_CENTRE_ANSWER, "envelope: signature");
    if (!check_signer(from, signer, validity, &verified, error))
        return FALSE;
    *ret_verified = verified;
    verified = (Verified){0};
    return TRUE;
}

GBytes *
mado_envelope_verify(const MadoPeer *from, GBytes *cms, char **ret_signer_cn, GError **error)
{
    return mado_envelope_verify_signer(from, cms, ret_signer_cn, NULL, error);
}

GBytes *
mado_envelope_verify_signer(
    const MadoPeer *from, GBytes *cms, char **ret_signer_cn, guint8 *ret_key_id, GError **error)
{
    g_auto(Verified) verified = {0};

    if (!check_size(g_bytes_get_size(cms), error) ||
        !verify(from, cms, VALID_WHEN_SIGNED, &verified, error))
        return NULL;
    if (ret_signer_cn != NULL)
        *ret_signer_cn = g_steal_pointer(&verified.cn);
    if (ret_key_id != NULL)
        memcpy(ret_key_id, verified.key_id, sizeof verified.key_id);
    return g_bytes_new(mado_secret_peek(verified.content), mado_secret_len(verified.content));
}

MadoSecret *
mado_envelope_open(const MadoIdentity *self,
                   const MadoPeer *from,
                   GBytes *cms,
                   char **ret_signer_cn,
                   GError **error)
{
    g_autoptr(MadoSecret) der = mado_envelope_decrypt(self, cms, error);
    g_autoptr(GBytes) borrowed = NULL;
    g_auto(Verified) verified = {0};

    if (der == NULL)
        return NULL;
    borrowed = g_bytes_new_static(mado_secret_peek(der), mado_secret_len(der));
    if (!verify(from, borrowed, VALID_NOW, &verified, error))
        return NULL;
    if (ret_signer_cn != NULL)
        *ret_signer_cn = g_steal_pointer(&verified.cn);
    return g_steal_pointer(&verified.content);
}

void
mado_envelope_sha256(const guint8 *data, gsize len, guint8 ret_hash[32])
{
    (void)SHA256(data, len, ret_hash);
}
