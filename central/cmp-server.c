/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/cmp-server.h"

#include "central/pki.h"
#include "central/problem.h"
#include "common/envelope.h"
#include "common/error.h"
#include "common/tlv.h"
#include "madoguchi/limits.h"

#include <openssl/cmp.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include <string.h>

/* PKIMessage as TLV (RFC 9810, 5.1). */
#define TAG_SEQUENCE     0x30
#define TAG_OCTETS       0x04
#define TAG_INTEGER      0x02
#define TAG_SENDER_NONCE 0xA5 /* [5] of PKIHeader */
#define TAG_CERT_CONF    0xB8 /* [24] of PKIBody */
#define STATUS_ACCEPTED  0x00

/* Choices of PKIBody; OpenSSL 3.0 keeps its names to itself. */
#define BODY_CP        3
#define BODY_P10CR     4
#define BODY_PKI_CONF  19
#define BODY_CERT_CONF 24

typedef struct {
    MadoCmpServerIssue issue;
    gpointer user_data;
    GError *error; /* of issue */
    X509 *issued;  /* certConf: the certificate it must name */
} Job;

static gboolean
refuse(GError **error, const char *why)
{
    char reason[128] = "";
    unsigned long code = ERR_peek_last_error();

    if (code != 0)
        ERR_error_string_n(code, reason, sizeof reason);
    ERR_clear_error();
    g_set_error(error, MADO_PROBLEM_DOMAIN, MADO_PROBLEM_BAD_MESSAGE, "CMP: %s%s%s", why,
                reason[0] != '\0' ? ": " : "", reason);
    return FALSE;
}

/* ---- the parts of a message that OpenSSL 3.0 does not give out ---- */

/* The first object with @tag in the sequence @data. */
static gboolean
find(const guint8 *data, gsize len, guint32 tag, MadoTlv *ret_tlv)
{
    MadoCursor cursor;

    mado_cursor_init(&cursor, data, len);
    while (mado_tlv_next(&cursor, ret_tlv) == MADO_BYTES_OK)
        if (ret_tlv->tag == tag)
            return TRUE;
    return FALSE;
}

static gboolean
open_message(GBytes *message, MadoTlv *ret_message)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(message, &len);

    return mado_tlv_only(data, len, TAG_SEQUENCE, ret_message) == MADO_BYTES_OK;
}

static GBytes *
read_sender_nonce(GBytes *message)
{
    MadoTlv tlv;

    if (!open_message(message, &tlv) || !find(tlv.value, tlv.len, TAG_SEQUENCE, &tlv) ||
        !find(tlv.value, tlv.len, TAG_SENDER_NONCE, &tlv) ||
        mado_tlv_only(tlv.value, tlv.len, TAG_OCTETS, &tlv) != MADO_BYTES_OK)
        return NULL;
    return g_bytes_new(tlv.value, tlv.len);
}

/* Whether the one CertStatus says accepted; an absent statusInfo does (RFC 9810, 5.3.18). */
static gboolean
is_accepted(GBytes *cert_conf)
{
    MadoTlv tlv;

    if (!open_message(cert_conf, &tlv) || !find(tlv.value, tlv.len, TAG_CERT_CONF, &tlv) ||
        !find(tlv.value, tlv.len, TAG_SEQUENCE, &tlv) ||
        mado_tlv_only(tlv.value, tlv.len, TAG_SEQUENCE, &tlv) != MADO_BYTES_OK)
        return FALSE;
    if (!find(tlv.value, tlv.len, TAG_SEQUENCE, &tlv))
        return TRUE;
    return find(tlv.value, tlv.len, TAG_INTEGER, &tlv) && tlv.len == 1 &&
           tlv.value[0] == STATUS_ACCEPTED;
}

/* ---- OpenSSL's server ---- */

/* lint: allow parameters: OSSL_CMP_SRV_cert_request_cb_t */
static OSSL_CMP_PKISI *
on_request(OSSL_CMP_SRV_CTX *server,
           const OSSL_CMP_MSG *request,
           int request_id,
           const OSSL_CRMF_MSG *crmf,
           const X509_REQ *csr,
           X509 **certificate,
           STACK_OF(X509) * *chain,
           STACK_OF(X509) * *authorities)
{
    Job *job = OSSL_CMP_SRV_CTX_get0_custom_ctx(server);
    X509_REQ *copy = csr != NULL ? X509_REQ_dup(csr) : NULL;

    if (copy == NULL)
        return NULL;
    *certificate = job->issue(copy, job->user_data, &job->error);
    X509_REQ_free(copy);
    if (*certificate == NULL)
        return NULL;
    return OSSL_CMP_STATUSINFO_new(OSSL_CMP_PKISTATUS_accepted, 0, NULL);
}

static int
on_confirmed(OSSL_CMP_SRV_CTX *server,
             const OSSL_CMP_MSG *request,
             int request_id,
             const ASN1_OCTET_STRING *hash,
             const OSSL_CMP_PKISI *status)
{
    const Job *job = OSSL_CMP_SRV_CTX_get0_custom_ctx(server);
    guint8 expected[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    return hash != NULL && job->issued != NULL &&
           X509_digest(job->issued, EVP_sha256(), expected, &len) == 1 &&
           (unsigned)ASN1_STRING_length(hash) == len &&
           memcmp(ASN1_STRING_get0_data(hash), expected, len) == 0;
}

/* What it has to say is in the error that is returned. */
static int
ignore_log(const char *function,
           const char *file,
           int line,
           OSSL_CMP_severity level,
           const char *message)
{
    return 1;
}

static OSSL_CMP_SRV_CTX *
new_server(const MadoCmpServer *self, Job *job)
{
    OSSL_CMP_SRV_CTX *server = OSSL_CMP_SRV_CTX_new(NULL, NULL);
    OSSL_CMP_CTX *ctx;

    if (server == NULL)
        return NULL;
    ctx = OSSL_CMP_SRV_CTX_get0_cmp_ctx(server);
    OSSL_CMP_CTX_set_log_cb(ctx, ignore_log);
    if (OSSL_CMP_SRV_CTX_init(server, job, on_request, NULL, NULL, NULL, on_confirmed, NULL) ==
            1 &&
        OSSL_CMP_CTX_set1_cert(ctx, self->cert) == 1 &&
        OSSL_CMP_CTX_set1_pkey(ctx, self->key) == 1 &&
        OSSL_CMP_CTX_set1_srvCert(ctx, self->peer) == 1 &&
        OSSL_CMP_SRV_CTX_set_grant_implicit_confirm(server, 0) == 1 &&
        OSSL_CMP_SRV_CTX_set_accept_unprotected(server, 0) == 1)
        return server;
    OSSL_CMP_SRV_CTX_free(server);
    return NULL;
}

/* A message of the kind we serve, and nothing behind it. */
static OSSL_CMP_MSG *
parse(GBytes *message, int kind, GError **error)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(message, &len);
    const guint8 *at = data;
    OSSL_CMP_MSG *parsed = NULL;

    if (len > 0 && len <= MADO_LIMIT_MESSAGE_LEN)
        parsed = d2i_OSSL_CMP_MSG(NULL, &at, (long)len);
    if (parsed != NULL && at == data + len && OSSL_CMP_MSG_get_bodytype(parsed) == kind)
        return parsed;
    OSSL_CMP_MSG_free(parsed);
    refuse(error, "not a message that is served here");
    return NULL;
}

static GBytes *
encode(const OSSL_CMP_MSG *message)
{
    guint8 *der = NULL;
    int len = i2d_OSSL_CMP_MSG(message, &der);
    GBytes *bytes = len > 0 ? g_bytes_new(der, (gsize)len) : NULL;

    OPENSSL_free(der);
    return bytes;
}

/* One message through the server: its answer when it is of the kind wanted. */
static GBytes *
process(OSSL_CMP_SRV_CTX *server, GBytes *message, int kind, int wanted, GError **error)
{
    OSSL_CMP_MSG *request = parse(message, kind, error);
    OSSL_CMP_MSG *answer;
    GBytes *bytes = NULL;

    if (request == NULL)
        return NULL;
    answer = OSSL_CMP_SRV_process_request(server, request);
    if (answer != NULL && OSSL_CMP_MSG_get_bodytype(answer) == wanted)
        bytes = encode(answer);
    if (bytes == NULL)
        refuse(error, "refused");
    ERR_clear_error();
    OSSL_CMP_MSG_free(answer);
    OSSL_CMP_MSG_free(request);
    return bytes;
}

gboolean
mado_cmp_server_answer(const MadoCmpServer *self,
                       GBytes *p10cr,
                       MadoCmpServerIssue issue,
                       gpointer user_data,
                       MadoCmpServerAnswer *ret_answer,
                       GError **error)
{
    Job job = {.issue = issue, .user_data = user_data};
    OSSL_CMP_SRV_CTX *server = new_server(self, &job);
    g_autoptr(GBytes) answer = NULL;
    g_autoptr(GBytes) nonce = NULL;

    if (server == NULL)
        return mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "making a CMP server");
    answer = process(server, p10cr, BODY_P10CR, BODY_CP, error);
    OSSL_CMP_SRV_CTX_free(server);
    if (job.error != NULL) {
        g_clear_error(error);
        g_propagate_error(error, job.error);
        return FALSE;
    }
    if (answer == NULL)
        return FALSE;
    nonce = read_sender_nonce(answer);
    if (nonce == NULL)
        return refuse(error, "our own answer has no nonce");
    ret_answer->answer = g_steal_pointer(&answer);
    ret_answer->nonce = g_steal_pointer(&nonce);
    return TRUE;
}

/* Issues nothing: keeps the PKCS#10 and ends the exchange with an error of its own. */
static X509 *
keep_csr(X509_REQ *csr, gpointer user_data, GError **error)
{
    GBytes **ret_csr = user_data;
    guint8 *der = NULL;
    int len = i2d_X509_REQ(csr, &der);

    if (len > 0)
        *ret_csr = g_bytes_new(der, (gsize)len);
    OPENSSL_free(der);
    g_set_error(error, MADO_ERROR, MADO_ERROR_CANCELLED, "only read");
    return NULL;
}

GBytes *
mado_cmp_server_read(const MadoCmpServer *self, GBytes *p10cr, GError **error)
{
    g_autoptr(GError) ended = NULL;
    MadoCmpServerAnswer answer;
    GBytes *csr = NULL;

    mado_cmp_server_answer(self, p10cr, keep_csr, &csr, &answer, &ended);
    if (csr == NULL)
        g_propagate_error(error, g_steal_pointer(&ended));
    return csr;
}

static X509 *
give_again(X509_REQ *csr, gpointer user_data, GError **error)
{
    X509 *certificate = user_data;

    X509_up_ref(certificate);
    return certificate;
}

/* OpenSSL takes a certConf only inside the transaction that its own object opened: open it
 * again, then put back the nonce that the desk saw the first time. */
static gboolean
reopen(OSSL_CMP_SRV_CTX *server, const MadoCmpServerIssued *issued, GError **error)
{
    ASN1_OCTET_STRING *nonce = ASN1_OCTET_STRING_new();
    g_autoptr(GBytes) again = process(server, issued->p10cr, BODY_P10CR, BODY_CP, error);
    gboolean done =
        again != NULL && nonce != NULL &&
        ASN1_OCTET_STRING_set(nonce, g_bytes_get_data(issued->nonce, NULL),
                              (int)g_bytes_get_size(issued->nonce)) == 1 &&
        OSSL_CMP_CTX_set1_senderNonce(OSSL_CMP_SRV_CTX_get0_cmp_ctx(server), nonce) == 1;

    ASN1_OCTET_STRING_free(nonce);
    if (!done && again != NULL)
        return refuse(error, "opening the transaction again");
    return done;
}

GBytes *
mado_cmp_server_confirm(const MadoCmpServer *self,
                        const MadoCmpServerIssued *issued,
                        GBytes *cert_conf,
                        GError **error)
{
    Job job = {
        .issue = give_again, .user_data = issued->certificate, .issued = issued->certificate};
    OSSL_CMP_SRV_CTX *server = new_server(self, &job);
    g_autoptr(GBytes) answer = NULL;

    if (server == NULL) {
        mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "making a CMP server");
        return NULL;
    }
    if (reopen(server, issued, error))
        answer = process(server, cert_conf, BODY_CERT_CONF, BODY_PKI_CONF, error);
    OSSL_CMP_SRV_CTX_free(server);
    if (answer == NULL)
        return NULL;
    if (!is_accepted(cert_conf)) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CERTIFICATE,
                    "the desk rejects the certificate");
        return NULL;
    }
    return g_steal_pointer(&answer);
}
