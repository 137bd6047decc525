/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys, requests and certificates of one visit: per (transaction, slot) there is one of each.
 */
#include "config.h"

#include "central/ca.h"
#include "central/cmp-server.h"
#include "central/pki.h"
#include "central/visit-parts.h"
#include "common/envelope.h"
#include "common/error.h"
#include "common/log.h"
#include "common/rsa.h"

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <string.h>

/* As the card's record and the answer to GENERATE have it. */
static gboolean
hash_key(EVP_PKEY *key, guint8 ret_hash[MADO_RECORD_HASH_LEN])
{
    guint8 template[MADO_RSA_TEMPLATE_LEN];

    if (!mado_rsa_template_from_pkey(key, template, NULL))
        return FALSE;
    mado_envelope_sha256(template, sizeof template, ret_hash);
    return TRUE;
}

static X509_REQ *
parse_csr(GBytes *csr)
{
    const guint8 *at = g_bytes_get_data(csr, NULL);

    return d2i_X509_REQ(NULL, &at, (long)g_bytes_get_size(csr));
}

gboolean
mado_visit_parts_hash_csr_key(GBytes *csr, guint8 ret_hash[MADO_RECORD_HASH_LEN])
{
    X509_REQ *parsed = parse_csr(csr);
    EVP_PKEY *key = parsed != NULL ? X509_REQ_get0_pubkey(parsed) : NULL;
    gboolean done = key != NULL && hash_key(key, ret_hash);

    X509_REQ_free(parsed);
    return done;
}

/* The record of a slot, or an empty one. */
static MadoCertificateRecord *
load(MadoVisit *self, MadoSlot slot, GError **error)
{
    MadoStore *store = self->centre->store;
    g_autoptr(GError) lookup_error = NULL;
    MadoCertificateRecord *record =
        store->ops->get_certificate(store, self->transaction->id, slot, &lookup_error);

    if (record != NULL)
        return record;
    if (!g_error_matches(lookup_error, MADO_ERROR, MADO_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&lookup_error));
        return NULL;
    }
    record = g_new0(MadoCertificateRecord, 1);
    memcpy(record->transaction, self->transaction->id, sizeof record->transaction);
    memcpy(record->card_id, self->transaction->card_id, sizeof record->card_id);
    record->slot = slot;
    return record;
}

static gboolean
save(MadoVisit *self, const MadoCertificateRecord *record, GError **error)
{
    MadoStore *store = self->centre->store;

    return store->ops->put_certificate(store, record, error);
}

/* What was issued for the slot dies, and the request it was issued for is forgotten. */
static gboolean
revoke_issued(MadoVisit *self, MadoCertificateRecord *record, GError **error)
{
    MadoStore *store = self->centre->store;

    if (record->der == NULL)
        return TRUE;
    if (!store->ops->add_revoked(store, record, error))
        return FALSE;
    g_clear_pointer(&record->der, g_bytes_unref);
    g_clear_pointer(&record->csr, g_bytes_unref);
    g_clear_pointer(&record->cmp_request, g_bytes_unref);
    g_clear_pointer(&record->cmp_nonce, g_bytes_unref);
    record->serial[0] = '\0';
    record->state = MADO_CERTIFICATE_ASKED;
    record->is_staged = FALSE;
    record->is_confirmed = FALSE;
    return TRUE;
}

/* The key of the slot is @hash from now on. What was issued for another key dies. */
static gboolean
set_key(MadoVisit *self, MadoSlot slot, const guint8 *hash, GError **error)
{
    g_autoptr(MadoCertificateRecord) record = load(self, slot, error);

    if (record == NULL)
        return FALSE;
    if (record->has_key_hash && memcmp(record->key_hash, hash, sizeof record->key_hash) == 0)
        return TRUE;
    if (!revoke_issued(self, record, error))
        return FALSE;
    record->has_key_hash = TRUE;
    memcpy(record->key_hash, hash, sizeof record->key_hash);
    return save(self, record, error);
}

gboolean
mado_visit_parts_keep_keys(MadoVisit *self, const MadoChannelResult *result, GError **error)
{
    for
        MADO_VISIT_EACH_SLOT(slot, self->transaction->slots)
    if (!set_key(self, (MadoSlot)slot, result->key_hashes[slot], error))
        return FALSE;
    return TRUE;
}

/* ---- CMP ---- */

static GBytes *
find_cmp(const MadoBodyStep *step, MadoSlot slot)
{
    for (guint i = 0; i < step->n_cmp; i++)
        if (step->cmp[i].slot == slot)
            return step->cmp[i].der;
    return NULL;
}

static X509 *
parse_certificate(GBytes *der)
{
    const guint8 *at = g_bytes_get_data(der, NULL);

    return d2i_X509(NULL, &at, (long)g_bytes_get_size(der));
}

/* The server with the desk's certificate pinned; clear with X509_free(peer). */
static gboolean
begin_server(MadoVisit *self, MadoCmpServer *ret_server, GError **error)
{
    X509 *peer = parse_certificate(self->terminal->sign_cert);

    if (peer == NULL)
        return mado_error_set_openssl(error, MADO_ERROR_INTERNAL,
                                      "reading a terminal's certificate");
    *ret_server =
        (MadoCmpServer){self->centre->keys->cmp.cert, self->centre->keys->cmp.key, peer};
    return TRUE;
}

gboolean
mado_visit_parts_keep_requests(MadoVisit *self, const MadoBodyStep *step, GError **error)
{
    MadoCmpServer server;
    gboolean done = TRUE;

    if (step->n_cmp == 0)
        return TRUE;
    if (!begin_server(self, &server, error))
        return FALSE;
    for (guint i = 0; done && i < step->n_cmp; i++) {
        g_autoptr(GBytes) csr = mado_cmp_server_read(&server, step->cmp[i].der, NULL);
        g_autoptr(MadoCertificateRecord) record = NULL;

        if (csr == NULL || (step->cmp[i].slot & self->transaction->slots) == 0)
            continue;
        record = load(self, step->cmp[i].slot, error);
        done = record != NULL;
        if (done && record->der == NULL) {
            g_clear_pointer(&record->csr, g_bytes_unref);
            record->csr = g_steal_pointer(&csr);
            done = save(self, record, error);
        }
    }
    X509_free(server.peer);
    return done;
}

typedef struct {
    MadoVisit *visit;
    MadoCertificateRecord *record;
} IssueJob;

static MadoResident *
open_resident(MadoVisit *self, GError **error)
{
    MadoStore *store = self->centre->store;
    const char *id = self->transaction->request_id;
    g_autoptr(MadoRequestRecord) request = store->ops->get_request(store, id, error);

    return request != NULL
               ? mado_resident_open(self->centre->keys->vault, id, request->person, error)
               : NULL;
}

static X509 *
make_certificate(MadoVisit *self, MadoSlot slot, EVP_PKEY *key, GError **error)
{
    const MadoKeys *keys = self->centre->keys;
    const MadoKeysPair *root = slot == MADO_SLOT_SIGN ? &keys->jpki_sign : &keys->jpki_auth;
    g_autoptr(MadoResident) resident = open_resident(self, error);
    MadoCaRequest request = {.realm = self->centre->settings->realm,
                             .slot = slot,
                             .issuer = root->cert,
                             .issuer_key = root->key,
                             .key = key,
                             .resident = resident,
                             .prefecture = self->centre->settings->prefecture,
                             .city = self->centre->settings->city,
                             .card_expiry = self->card->expiry,
                             .now_ms = mado_clock_wall_ms(self->centre->clock)};

    return resident != NULL ? mado_ca_issue(&request, error) : NULL;
}

static gboolean
keep_certificate(MadoCertificateRecord *record, X509 *certificate, GError **error)
{
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
    char *hex = number != NULL ? BN_bn2hex(number) : NULL;

    BN_free(number);
    if (hex == NULL)
        return mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "reading a serial number");
    g_strlcpy(record->serial, hex, sizeof record->serial);
    OPENSSL_free(hex);
    g_clear_pointer(&record->der, g_bytes_unref);
    record->der = mado_pki_certificate_to_der(certificate);
    record->state = MADO_CERTIFICATE_HELD;
    return TRUE;
}

/* The same certificate for the same key, however often it is asked for. */
static X509 *
issue_once(X509_REQ *csr, gpointer user_data, GError **error)
{
    IssueJob *job = user_data;
    MadoCertificateRecord *record = job->record;
    EVP_PKEY *key = X509_REQ_get0_pubkey(csr);
    guint8 hash[MADO_RECORD_HASH_LEN];
    X509 *certificate;

    if (key == NULL || !hash_key(key, hash) ||
        memcmp(hash, record->key_hash, sizeof hash) != 0) {
        mado_visit_parts_refuse(error, MADO_PROBLEM_REQUEST_MISMATCH,
                                "the key of the PKCS#10 is not the one the card made");
        return NULL;
    }
    if (record->der != NULL)
        return parse_certificate(record->der);
    certificate = make_certificate(job->visit, record->slot, key, error);
    if (certificate != NULL && !keep_certificate(record, certificate, error))
        g_clear_pointer(&certificate, X509_free);
    return certificate;
}

static gboolean
issue_slot(
    MadoVisit *self, const MadoCmpServer *server, MadoSlot slot, GBytes *p10cr, GError **error)
{
    g_autoptr(MadoCertificateRecord) record = load(self, slot, error);
    IssueJob job = {self, record};
    MadoCmpServerAnswer answer;
    gboolean added;

    if (record == NULL)
        return FALSE;
    if (p10cr == NULL || !record->has_key_hash)
        return mado_visit_parts_refuse(error, MADO_PROBLEM_BAD_MESSAGE,
                                       "a slot has no p10cr, or no key");
    if (!mado_cmp_server_answer(server, p10cr, issue_once, &job, &answer, error))
        return FALSE;
    added = mado_body_reply_add_cmp(self->reply, slot, answer.answer);
    g_bytes_unref(answer.answer);
    g_clear_pointer(&record->csr, g_bytes_unref);
    record->csr = mado_cmp_server_read(server, p10cr, NULL);
    g_clear_pointer(&record->cmp_request, g_bytes_unref);
    record->cmp_request = g_bytes_ref(p10cr);
    g_clear_pointer(&record->cmp_nonce, g_bytes_unref);
    record->cmp_nonce = answer.nonce;
    record->is_staged = FALSE;
    return added && save(self, record, error);
}

gboolean
mado_visit_parts_issue(MadoVisit *self, const MadoBodyStep *step, GError **error)
{
    MadoCmpServer server;
    gboolean done = TRUE;

    if (!begin_server(self, &server, error))
        return FALSE;
    for
        MADO_VISIT_EACH_SLOT(slot, self->transaction->slots)
    done = done &&
           issue_slot(self, &server, (MadoSlot)slot, find_cmp(step, (MadoSlot)slot), error);
    X509_free(server.peer);
    return done;
}

static gboolean
confirm_slot(MadoVisit *self,
             const MadoCmpServer *server,
             MadoSlot slot,
             GBytes *cert_conf,
             GError **error)
{
    g_autoptr(MadoCertificateRecord) record = load(self, slot, error);
    g_autoptr(GBytes) answer = NULL;
    MadoCmpServerIssued issued;

    if (record == NULL)
        return FALSE;
    if (record->der == NULL || record->cmp_request == NULL || record->cmp_nonce == NULL ||
        !record->is_staged)
        return mado_visit_parts_refuse(error, MADO_PROBLEM_BAD_MESSAGE,
                                       "certConf for what was not issued and staged");
    issued = (MadoCmpServerIssued){record->cmp_request, record->cmp_nonce,
                                   parse_certificate(record->der)};
    answer = mado_cmp_server_confirm(server, &issued, cert_conf, error);
    X509_free(issued.certificate);
    if (answer == NULL)
        return FALSE;
    record->is_confirmed = TRUE;
    return mado_body_reply_add_cmp(self->reply, slot, answer) && save(self, record, error);
}

/* A slot without a certConf, or one that rejects, is not an error: the card is looked at again.
 */
static gboolean
confirm_or_note(MadoVisit *self,
                const MadoCmpServer *server,
                MadoSlot slot,
                GBytes *cert_conf,
                gboolean *ret_confirmed,
                GError **error)
{
    g_autoptr(GError) confirm_error = NULL;

    if (cert_conf == NULL) {
        *ret_confirmed = FALSE;
        return TRUE;
    }
    if (confirm_slot(self, server, slot, cert_conf, &confirm_error))
        return TRUE;
    if (!g_error_matches(confirm_error, MADO_ERROR, MADO_ERROR_CERTIFICATE)) {
        g_propagate_error(error, g_steal_pointer(&confirm_error));
        return FALSE;
    }
    *ret_confirmed = FALSE;
    return TRUE;
}

gboolean
mado_visit_parts_confirm(MadoVisit *self,
                         const MadoBodyStep *step,
                         gboolean *ret_confirmed,
                         GError **error)
{
    MadoCmpServer server;
    gboolean confirmed = TRUE;
    gboolean done = TRUE;

    if (!begin_server(self, &server, error))
        return FALSE;
    for
        MADO_VISIT_EACH_SLOT(slot, self->transaction->slots)
    done = done && confirm_or_note(self, &server, (MadoSlot)slot,
                                   find_cmp(step, (MadoSlot)slot), &confirmed, error);
    X509_free(server.peer);
    if (done)
        *ret_confirmed = confirmed;
    return done;
}

/* Only the desk's own protected word counts. */
static gboolean
is_rejected(const MadoCmpServer *server, const MadoCertificateRecord *record, GBytes *cert_conf)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) answer = NULL;
    MadoCmpServerIssued issued;

    if (cert_conf == NULL || record->der == NULL || record->cmp_request == NULL ||
        record->cmp_nonce == NULL)
        return FALSE;
    issued = (MadoCmpServerIssued){record->cmp_request, record->cmp_nonce,
                                   parse_certificate(record->der)};
    answer = mado_cmp_server_confirm(server, &issued, cert_conf, &error);
    X509_free(issued.certificate);
    return g_error_matches(error, MADO_ERROR, MADO_ERROR_CERTIFICATE);
}

static gboolean
find_rejection(MadoVisit *self,
               const MadoBodyStep *step,
               gboolean *ret_rejected,
               GError **error)
{
    MadoCmpServer server;
    gboolean rejected = FALSE;
    gboolean done = TRUE;

    if (!begin_server(self, &server, error))
        return FALSE;
    for
        MADO_VISIT_EACH_SLOT(slot, self->transaction->slots)
        {
            g_autoptr(MadoCertificateRecord) record = load(self, (MadoSlot)slot, error);

            done = done && record != NULL;
            rejected = rejected ||
                       (done && is_rejected(&server, record, find_cmp(step, (MadoSlot)slot)));
        }
    X509_free(server.peer);
    *ret_rejected = rejected;
    return done;
}

gboolean
mado_visit_parts_take_rejection(MadoVisit *self,
                                const MadoBodyStep *step,
                                gboolean *ret_rejected,
                                GError **error)
{
    gboolean rejected;

    if (!find_rejection(self, step, &rejected, error))
        return FALSE;
    for
        MADO_VISIT_EACH_SLOT(slot, rejected ? self->transaction->slots : 0U)
        {
            g_autoptr(MadoCertificateRecord) record = load(self, (MadoSlot)slot, error);

            if (record == NULL || !revoke_issued(self, record, error) ||
                !save(self, record, error))
                return FALSE;
        }
    *ret_rejected = rejected;
    return TRUE;
}

/* ---- against the card's record ---- */

static gboolean
is_staged(const MadoRecord *record, const MadoCertificateRecord *certificate)
{
    const MadoRecordSlot *staged = mado_record_staged(record, certificate->slot);
    guint8 hash[MADO_RECORD_HASH_LEN];

    if (staged == NULL || !staged->has_cert_hash || certificate->der == NULL)
        return FALSE;
    mado_envelope_sha256(g_bytes_get_data(certificate->der, NULL),
                         g_bytes_get_size(certificate->der), hash);
    return memcmp(staged->key_hash, certificate->key_hash, sizeof hash) == 0 &&
           memcmp(staged->cert_hash, hash, sizeof hash) == 0;
}

gboolean
mado_visit_parts_check_staged(MadoVisit *self,
                              const MadoRecord *record,
                              gboolean *ret_staged,
                              GError **error)
{
    gboolean staged = mado_record_is_open(record, self->transaction->id);

    for
        MADO_VISIT_EACH_SLOT(slot, self->transaction->slots)
        {
            g_autoptr(MadoCertificateRecord) certificate = load(self, (MadoSlot)slot, error);

            if (certificate == NULL)
                return FALSE;
            certificate->is_staged = staged && is_staged(record, certificate);
            staged = certificate->is_staged;
            if (!save(self, certificate, error))
                return FALSE;
        }
    *ret_staged = staged;
    return TRUE;
}

gboolean
mado_visit_parts_has_requests(MadoVisit *self,
                              const MadoRecord *record,
                              gboolean *ret_has,
                              GError **error)
{
    gboolean has = self->transaction->slots != 0;

    for
        MADO_VISIT_EACH_SLOT(slot, self->transaction->slots)
        {
            g_autoptr(MadoCertificateRecord) certificate = load(self, (MadoSlot)slot, error);
            const MadoRecordSlot *staged = mado_record_staged(record, (MadoSlot)slot);
            guint8 hash[MADO_RECORD_HASH_LEN];

            if (certificate == NULL)
                return FALSE;
            has = has && staged != NULL && certificate->csr != NULL &&
                  mado_visit_parts_hash_csr_key(certificate->csr, hash) &&
                  memcmp(hash, staged->key_hash, sizeof hash) == 0;
        }
    *ret_has = has;
    return TRUE;
}

gboolean
mado_visit_parts_give_requests(MadoVisit *self, GError **error)
{
    for
        MADO_VISIT_EACH_SLOT(slot, self->transaction->slots)
        {
            g_autoptr(MadoCertificateRecord) certificate = load(self, (MadoSlot)slot, error);
            guint8 hash[MADO_RECORD_HASH_LEN];

            if (certificate == NULL)
                return FALSE;
            if (!mado_visit_parts_hash_csr_key(certificate->csr, hash) ||
                !set_key(self, (MadoSlot)slot, hash, error) ||
                !mado_body_reply_add_csr(self->reply, (MadoSlot)slot, certificate->csr))
                return FALSE;
        }
    return TRUE;
}
