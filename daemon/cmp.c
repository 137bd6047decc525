/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/cmp.h"

#include "common/envelope.h"
#include "common/error.h"

#include <openssl/cmp.h>
#include <openssl/x509.h>

#include <madoguchi/limits.h>
#include <string.h>

#define MESSAGE_AT_MOST 32768 /* bytes of one PKIMessage; the whole reply holds several */

/* Who has the word. The client's thread waits in WANT_*, the caller in the others. */
typedef enum {
    TURN_CLIENT,       /* OpenSSL computes */
    TURN_SENT_REQUEST, /* p10cr is in outgoing */
    TURN_GOT_CERT,     /* cp was taken: certificate is set, or fault */
    TURN_SENT_CONFIRM, /* certConf is in outgoing */
    TURN_ENDED,        /* the thread is through */
} Turn;

struct _MadoCmp {
    /* always */
    OSSL_CMP_CTX *context; /* owned */
    MadoCmpSettings settings;
    MadoSlot slot;
    GThread *thread; /* joined by free */
    GMutex mutex;
    GCond changed;
    /* under the mutex */
    Turn turn;
    guint n_sent;      /* messages the client has sent */
    gboolean aborted;  /* free was called */
    GBytes *outgoing;  /* owned */
    GBytes *incoming;  /* owned */
    X509 *certificate; /* owned */
    GError *fault;     /* owned: why the certificate is refused */
    gboolean rejects;  /* the certificate, good as it may be */
    gboolean succeeded;
};

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIO, BIO_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509_REQ, X509_REQ_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(X509_STORE, X509_STORE_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ASN1_OCTET_STRING, ASN1_OCTET_STRING_free)

void
mado_cmp_transaction_id(const guint8 transaction[MADO_TRANSACTION_LEN],
                        MadoSlot slot,
                        guint8 ret_id[16])
{
    guint8 data[MADO_TRANSACTION_LEN + 1];
    guint8 hash[32];

    memcpy(data, transaction, MADO_TRANSACTION_LEN);
    data[MADO_TRANSACTION_LEN] = (guint8)slot;
    mado_envelope_sha256(data, sizeof data, hash);
    memcpy(ret_id, hash, 16);
}

/* ---- the client's thread ---- */

/* Hands the word to the caller and waits until it comes back. FALSE when the object is being
 * freed. */
static gboolean
give_turn(MadoCmp *self, Turn turn)
{
    gboolean goes_on;

    g_mutex_lock(&self->mutex);
    self->turn = turn;
    g_cond_broadcast(&self->changed);
    while (self->turn != TURN_CLIENT && !self->aborted)
        g_cond_wait(&self->changed, &self->mutex);
    goes_on = !self->aborted;
    g_mutex_unlock(&self->mutex);
    return goes_on;
}

static GBytes *
encode_message(const OSSL_CMP_MSG *message)
{
    g_autoptr(BIO) bio = BIO_new(BIO_s_mem());
    char *data = NULL;
    long len;

    if (bio == NULL || i2d_OSSL_CMP_MSG_bio(bio, message) <= 0)
        return NULL;
    len = BIO_get_mem_data(bio, &data);
    return len > 0 && len <= MESSAGE_AT_MOST ? g_bytes_new(data, (gsize)len) : NULL;
}

/* NULL unless the bytes are exactly one message. */
static OSSL_CMP_MSG *
decode_message(GBytes *bytes)
{
    gsize len;
    const void *data = g_bytes_get_data(bytes, &len);
    g_autoptr(BIO) bio = NULL;
    OSSL_CMP_MSG *message;

    if (len == 0 || len > MESSAGE_AT_MOST)
        return NULL;
    bio = BIO_new_mem_buf(data, (int)len);
    message = bio == NULL ? NULL : d2i_OSSL_CMP_MSG_bio(bio, NULL);
    if (message != NULL && BIO_pending(bio) != 0) {
        OSSL_CMP_MSG_free(message);
        return NULL;
    }
    return message;
}

static OSSL_CMP_MSG *
transfer_cb(OSSL_CMP_CTX *context, const OSSL_CMP_MSG *request)
{
    MadoCmp *self = OSSL_CMP_CTX_get_transfer_cb_arg(context);
    g_autoptr(GBytes) incoming = NULL;
    Turn turn;

    g_mutex_lock(&self->mutex);
    g_clear_pointer(&self->outgoing, g_bytes_unref);
    self->outgoing = encode_message(request);
    turn = self->n_sent++ == 0 ? TURN_SENT_REQUEST : TURN_SENT_CONFIRM;
    g_mutex_unlock(&self->mutex);
    /* A third message would be polling or an error message: neither has a place in a visit. */
    if (self->n_sent > 2 || !give_turn(self, turn))
        return NULL;
    g_mutex_lock(&self->mutex);
    incoming = g_steal_pointer(&self->incoming);
    g_mutex_unlock(&self->mutex);
    return incoming == NULL ? NULL : decode_message(incoming);
}

static gboolean
is_rejecting(MadoCmp *self)
{
    gboolean rejects;

    g_mutex_lock(&self->mutex);
    rejects = self->rejects;
    g_mutex_unlock(&self->mutex);
    return rejects;
}

static int
confirm_cb(OSSL_CMP_CTX *context, X509 *certificate, int fail_info, const char **text)
{
    MadoCmp *self = OSSL_CMP_CTX_get_certConf_cb_arg(context);
    GError *fault = NULL;
    gboolean good;

    if (fail_info != 0)
        g_set_error_literal(&fault, MADO_ERROR, MADO_ERROR_CERTIFICATE,
                            "the certificate does not hold the key that was asked for");
    else if (self->settings.check != NULL)
        self->settings.check(certificate, self->slot, self->settings.user_data, &fault);
    good = fault == NULL;
    g_mutex_lock(&self->mutex);
    self->fault = fault;
    if (good && X509_up_ref(certificate) == 1)
        self->certificate = certificate;
    g_mutex_unlock(&self->mutex);
    if (give_turn(self, TURN_GOT_CERT) && good && !is_rejecting(self))
        return 0;
    *text = "not taken by the desk";
    return fail_info != 0 ? fail_info : 1 << OSSL_CMP_PKIFAILUREINFO_badCertTemplate;
}

static int
drop_log(const char *component,
         const char *file,
         int line,
         OSSL_CMP_severity level,
         const char *text)
{
    return 1;
}

static gpointer
run_client(gpointer data)
{
    MadoCmp *self = data;
    X509 *certificate = OSSL_CMP_exec_certreq(self->context, OSSL_CMP_P10CR, NULL);

    g_mutex_lock(&self->mutex);
    self->succeeded = certificate != NULL;
    if (!self->succeeded && self->fault == NULL)
        mado_error_set_openssl(&self->fault, MADO_ERROR_CENTRE_ANSWER, "CMP");
    self->turn = TURN_ENDED;
    g_cond_broadcast(&self->changed);
    g_mutex_unlock(&self->mutex);
    return NULL;
}

/* ---- the caller's thread ---- */

/* Waits for the client; FALSE, with its reason, when it stopped anywhere else. */
static gboolean
await_turn(MadoCmp *self, Turn turn, GError **error)
{
    gboolean reached;

    g_mutex_lock(&self->mutex);
    while (self->turn == TURN_CLIENT)
        g_cond_wait(&self->changed, &self->mutex);
    reached = self->turn == turn;
    if (!reached && self->fault != NULL)
        g_propagate_error(error, g_error_copy(self->fault));
    else if (!reached)
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CENTRE_ANSWER,
                            "CMP: a message out of its order, or confirmation left out");
    g_mutex_unlock(&self->mutex);
    return reached;
}

static void
hand_over(MadoCmp *self, GBytes *incoming)
{
    g_mutex_lock(&self->mutex);
    g_clear_pointer(&self->incoming, g_bytes_unref);
    self->incoming = incoming == NULL ? NULL : g_bytes_ref(incoming);
    self->turn = TURN_CLIENT;
    g_cond_broadcast(&self->changed);
    g_mutex_unlock(&self->mutex);
}

static GBytes *
take_outgoing(MadoCmp *self, GError **error)
{
    g_autoptr(GBytes) outgoing = NULL;

    g_mutex_lock(&self->mutex);
    outgoing = g_steal_pointer(&self->outgoing);
    g_mutex_unlock(&self->mutex);
    if (outgoing == NULL)
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_INTERNAL,
                            "CMP: a message could not be encoded");
    return g_steal_pointer(&outgoing);
}

MadoSlot
mado_cmp_slot(const MadoCmp *self)
{
    return self->slot;
}

GBytes *
mado_cmp_request(MadoCmp *self, GError **error)
{
    if (!await_turn(self, TURN_SENT_REQUEST, error))
        return NULL;
    return take_outgoing(self, error);
}

static GBytes *
encode_certificate(const X509 *certificate, GError **error)
{
    unsigned char *der = NULL;
    int len = i2d_X509(certificate, &der);
    GBytes *bytes = NULL;

    if (len > 0 && len <= MADO_LIMIT_CERTIFICATE_LEN)
        bytes = g_bytes_new(der, (gsize)len);
    else
        mado_error_set_openssl(error, MADO_ERROR_CERTIFICATE, "encoding the certificate");
    OPENSSL_free(der);
    return bytes;
}

GBytes *
mado_cmp_take(MadoCmp *self, GBytes *cp, GError **error)
{
    GBytes *der = NULL;

    if (!await_turn(self, TURN_SENT_REQUEST, error))
        return NULL;
    hand_over(self, cp);
    if (!await_turn(self, TURN_GOT_CERT, error))
        return NULL;
    g_mutex_lock(&self->mutex);
    if (self->certificate != NULL)
        der = encode_certificate(self->certificate, error);
    else if (self->fault != NULL)
        g_propagate_error(error, g_error_copy(self->fault));
    g_mutex_unlock(&self->mutex);
    return der;
}

/* A certificate that was refused is not confirmed afterwards. */
static gboolean
check_taken(MadoCmp *self, GError **error)
{
    gboolean taken;

    g_mutex_lock(&self->mutex);
    taken = self->certificate != NULL;
    if (!taken)
        g_propagate_error(error, g_error_copy(self->fault));
    g_mutex_unlock(&self->mutex);
    return taken;
}

GBytes *
mado_cmp_confirm(MadoCmp *self, GError **error)
{
    if (!await_turn(self, TURN_GOT_CERT, error) || !check_taken(self, error))
        return NULL;
    hand_over(self, NULL);
    if (!await_turn(self, TURN_SENT_CONFIRM, error))
        return NULL;
    return take_outgoing(self, error);
}

GBytes *
mado_cmp_reject(MadoCmp *self, GError **error)
{
    if (!await_turn(self, TURN_GOT_CERT, error))
        return NULL;
    g_mutex_lock(&self->mutex);
    self->rejects = TRUE;
    g_mutex_unlock(&self->mutex);
    hand_over(self, NULL);
    if (!await_turn(self, TURN_SENT_CONFIRM, error))
        return NULL;
    return take_outgoing(self, error);
}

gboolean
mado_cmp_finish(MadoCmp *self, GBytes *pkiconf, GError **error)
{
    if (!await_turn(self, TURN_SENT_CONFIRM, error))
        return FALSE;
    hand_over(self, pkiconf);
    if (!await_turn(self, TURN_ENDED, error))
        return FALSE;
    if (self->succeeded)
        return TRUE;
    g_propagate_error(error, g_error_copy(self->fault));
    return FALSE;
}

/* ---- life ---- */

static gboolean
set_request(MadoCmp *self, GBytes *csr)
{
    gsize len;
    const unsigned char *data = g_bytes_get_data(csr, &len);
    const unsigned char *at = data;
    g_autoptr(X509_REQ) request = NULL;

    if (len > MESSAGE_AT_MOST)
        return FALSE;
    request = d2i_X509_REQ(NULL, &at, (long)len);
    return request != NULL && at == data + len &&
           OSSL_CMP_CTX_set1_p10CSR(self->context, request) == 1;
}

static gboolean
set_transaction(MadoCmp *self, const guint8 *transaction)
{
    g_autoptr(ASN1_OCTET_STRING) id = ASN1_OCTET_STRING_new();
    guint8 bytes[16];

    mado_cmp_transaction_id(transaction, self->slot, bytes);
    return id != NULL && ASN1_OCTET_STRING_set(id, bytes, sizeof bytes) == 1 &&
           OSSL_CMP_CTX_set1_transactionID(self->context, id) == 1;
}

static gboolean
set_trust(MadoCmp *self)
{
    const MadoCmpSettings *settings = &self->settings;
    g_autoptr(X509_STORE) store = X509_STORE_new();

    if (store == NULL || X509_STORE_add_cert(store, settings->centre_anchor) != 1 ||
        OSSL_CMP_CTX_set1_cert(self->context, settings->certificate) != 1 ||
        OSSL_CMP_CTX_set1_pkey(self->context, settings->key) != 1 ||
        OSSL_CMP_CTX_set0_trustedStore(self->context, store) != 1)
        return FALSE;
    g_steal_pointer(&store);
    return TRUE;
}

static gboolean
set_callbacks(MadoCmp *self)
{
    return OSSL_CMP_CTX_set_log_cb(self->context, drop_log) == 1 &&
           OSSL_CMP_CTX_set_transfer_cb(self->context, transfer_cb) == 1 &&
           OSSL_CMP_CTX_set_transfer_cb_arg(self->context, self) == 1 &&
           OSSL_CMP_CTX_set_certConf_cb(self->context, confirm_cb) == 1 &&
           OSSL_CMP_CTX_set_certConf_cb_arg(self->context, self) == 1;
}

MadoCmp *
mado_cmp_new(const MadoCmpSettings *settings,
             const guint8 transaction[MADO_TRANSACTION_LEN],
             MadoSlot slot,
             GBytes *csr,
             GError **error)
{
    g_autoptr(MadoCmp) self = g_new0(MadoCmp, 1);

    g_mutex_init(&self->mutex);
    g_cond_init(&self->changed);
    self->settings = *settings;
    self->slot = slot;
    self->context = OSSL_CMP_CTX_new(NULL, NULL);
    if (self->context == NULL || !set_callbacks(self) || !set_trust(self) ||
        !set_transaction(self, transaction) || !set_request(self, csr)) {
        mado_error_set_openssl(error, MADO_ERROR_CENTRE_ANSWER, "setting up CMP");
        return NULL;
    }
    self->thread = g_thread_new("cmp", run_client, self);
    return g_steal_pointer(&self);
}

void
mado_cmp_free(MadoCmp *self)
{
    if (self == NULL)
        return;
    g_mutex_lock(&self->mutex);
    self->aborted = TRUE;
    g_cond_broadcast(&self->changed);
    g_mutex_unlock(&self->mutex);
    if (self->thread != NULL)
        g_thread_join(self->thread);
    OSSL_CMP_CTX_free(self->context);
    X509_free(self->certificate);
    g_clear_pointer(&self->outgoing, g_bytes_unref);
    g_clear_pointer(&self->incoming, g_bytes_unref);
    g_clear_error(&self->fault);
    g_mutex_clear(&self->mutex);
    g_cond_clear(&self->changed);
    g_free(self);
}
