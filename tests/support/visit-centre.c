/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/support/visit-centre.h"

#include "common/error.h"
#include "tests/support/test-error.h"
#include "tests/support/visit-card.h"

#include <openssl/x509v3.h>

#include <madoguchi/names.h>
#include <string.h>

#define DAY_S 86400L

static gint64
fake_time(gpointer data)
{
    return ((VisitCentre *)data)->now_ms;
}

static MadoIdentity *
load_identity(VisitCentre *self, guint first, const char *const *names)
{
    g_autofree char *sign_key =
        mado_test_keys_write_key(self->keys[first], self->folder, names[0], NULL);
    g_autofree char *sign_cert =
        mado_test_keys_write_certificate(self->keys[first], self->folder, names[0]);
    g_autofree char *key =
        mado_test_keys_write_key(self->keys[first + 1], self->folder, names[1], NULL);
    g_autofree char *cert =
        mado_test_keys_write_certificate(self->keys[first + 1], self->folder, names[1]);
    g_autoptr(GError) error = NULL;
    MadoIdentity *identity = mado_identity_load(sign_key, sign_cert, key, cert, &error);

    assert_no_mado_error(error);
    return identity;
}

static void
make_keys(VisitCentre *self)
{
    static const char *const centre_names[] = {"centre-sign", "centre-decrypt"};
    static const char *const desk_names[] = {"desk-sign", "desk-decrypt"};
    g_autofree char *root = NULL;

    self->folder = mado_test_keys_make_folder();
    self->ca = mado_test_keys_new(MADO_TEST_KEYS_CA, "Training CA", NULL, -DAY_S, DAY_S);
    self->root = mado_test_keys_new(MADO_TEST_KEYS_CA, "Training root", NULL, -DAY_S, DAY_S);
    self->keys[0] =
        mado_test_keys_new(MADO_TEST_KEYS_SIGNER, "centre", self->ca, -DAY_S, DAY_S);
    self->keys[1] =
        mado_test_keys_new(MADO_TEST_KEYS_RECIPIENT, "centre", self->ca, -DAY_S, DAY_S);
    self->keys[2] = mado_test_keys_new(MADO_TEST_KEYS_SIGNER, "D001", self->ca, -DAY_S, DAY_S);
    self->keys[3] =
        mado_test_keys_new(MADO_TEST_KEYS_RECIPIENT, "D001", self->ca, -DAY_S, DAY_S);
    self->identity = load_identity(self, 0, centre_names);
    self->desk.identity = load_identity(self, 2, desk_names);
    self->desk_peer =
        mado_peer_new(self->keys[3]->certificate, self->ca->certificate, "D001", NULL);
    self->desk.centre =
        mado_peer_new(self->keys[1]->certificate, self->ca->certificate, "centre", NULL);
    root = mado_test_keys_write_certificate(self->root, self->folder, "root");
    self->desk.jpki_auth = mado_chain_anchors_load(root, NULL);
    self->desk.jpki_sign = mado_chain_anchors_load(root, NULL);
}

VisitCentre *
visit_centre_new(void)
{
    VisitCentre *self = g_new0(VisitCentre, 1);

    make_keys(self);
    self->now_ms = g_get_real_time() / 1000;
    self->clock = (MadoClock){fake_time, fake_time, self};
    self->desk.realm = MADO_REALM_CODE_TRAINING;
    self->desk.terminal = g_strdup("D001");
    self->desk.clock = &self->clock;
    self->desk.journal_path = g_build_filename(self->folder, "journal", "journal.db", NULL);
    self->policy[0] = MADO_POLICY_TRAINING_AUTH;
    self->policy[1] = MADO_POLICY_TRAINING_SIGN;
    self->procedure = MADO_PROCEDURE_ISSUE;
    return self;
}

void
visit_centre_free(VisitCentre *self)
{
    for (guint i = 0; i < 2; i++) {
        OSSL_CMP_SRV_CTX_free(self->cmp[i]);
        g_clear_pointer(&self->csrs[i], g_bytes_unref);
    }
    mado_identity_free(self->identity);
    mado_identity_free(self->desk.identity);
    mado_peer_free(self->desk_peer);
    mado_peer_free(self->desk.centre);
    mado_chain_anchors_free(self->desk.jpki_auth);
    mado_chain_anchors_free(self->desk.jpki_sign);
    for (guint i = 0; i < G_N_ELEMENTS(self->keys); i++)
        mado_test_keys_free(self->keys[i]);
    mado_test_keys_free(self->ca);
    mado_test_keys_free(self->root);
    mado_test_keys_remove_folder(self->folder);
    g_free(self->desk.terminal);
    g_free(self->desk.journal_path);
    g_free(self->folder);
    g_free(self);
}

/* ---- certificates ---- */

static void
add_extension(X509 *certificate, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;
    CONF *none = NCONF_new(NULL); /* policies are not parsed without one */

    X509V3_set_ctx(&context, NULL, certificate, NULL, NULL, 0);
    X509V3_set_nconf(&context, none);
    extension = X509V3_EXT_nconf_nid(none, &context, nid, value);
    assert_non_null(extension);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    NCONF_free(none);
}

static X509 *
issue(VisitCentre *self, const X509_REQ *request, guint index)
{
    X509 *certificate = X509_new();
    EVP_PKEY *key = self->wrong_key != NULL
                        ? self->wrong_key
                        : X509_REQ_get0_pubkey((X509_REQ *)(guintptr)request);

    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1 + (long)index);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), DAY_S / 2);
    X509_set_subject_name(certificate, X509_REQ_get_subject_name(request));
    X509_set_issuer_name(certificate, X509_get_subject_name(self->root->certificate));
    X509_set_pubkey(certificate, key);
    add_extension(certificate, NID_key_usage, "critical,digitalSignature");
    add_extension(certificate, NID_certificate_policies, self->policy[index]);
    assert_true(X509_sign(certificate, self->root->key, EVP_sha256()) > 0);
    return certificate;
}

/* lint: allow parameters: the signature is OpenSSL's */
static OSSL_CMP_PKISI *
on_request(OSSL_CMP_SRV_CTX *server,
           const OSSL_CMP_MSG *request,
           int request_id,
           const OSSL_CRMF_MSG *crmf,
           const X509_REQ *p10cr,
           X509 **ret_certificate,
           STACK_OF(X509) * *ret_chain,
           STACK_OF(X509) * *ret_ca)
{
    VisitCentre *self = OSSL_CMP_SRV_CTX_get0_custom_ctx(server);
    guint index = server == self->cmp[1] ? 1 : 0;
    unsigned char *der = NULL;
    int len = i2d_X509_REQ(p10cr, &der);

    g_clear_pointer(&self->csrs[index], g_bytes_unref);
    self->csrs[index] = g_bytes_new(der, (gsize)len);
    OPENSSL_free(der);
    *ret_certificate = issue(self, p10cr, index);
    return OSSL_CMP_STATUSINFO_new(OSSL_CMP_PKISTATUS_accepted, 0, NULL);
}

static int
on_confirm(OSSL_CMP_SRV_CTX *server,
           const OSSL_CMP_MSG *request,
           int request_id,
           const ASN1_OCTET_STRING *hash,
           const OSSL_CMP_PKISI *status)
{
    VisitCentre *self = OSSL_CMP_SRV_CTX_get0_custom_ctx(server);

    char text[256] = "";

    /* "PKIStatus: rejection; …" is how OpenSSL tells a status to others. */
    if (status != NULL)
        (void)OSSL_CMP_snprint_PKIStatusInfo(status, text, sizeof text);
    if (strstr(text, "rejection") != NULL)
        self->n_rejected++;
    else
        self->n_confirmed++;
    return 1;
}

static OSSL_CMP_SRV_CTX *
new_server(VisitCentre *self)
{
    OSSL_CMP_SRV_CTX *server = OSSL_CMP_SRV_CTX_new(NULL, NULL);
    OSSL_CMP_CTX *context = OSSL_CMP_SRV_CTX_get0_cmp_ctx(server);
    X509_STORE *store = X509_STORE_new();

    OSSL_CMP_SRV_CTX_init(server, self, on_request, NULL, NULL, NULL, on_confirm, NULL);
    OSSL_CMP_CTX_set1_cert(context, self->keys[0]->certificate);
    OSSL_CMP_CTX_set1_pkey(context, self->keys[0]->key);
    X509_STORE_add_cert(store, self->ca->certificate);
    OSSL_CMP_CTX_set0_trustedStore(context, store);
    return server;
}

static void
answer_cmp(VisitCentre *self, const MadoBodyStep *step, MadoBodyReply *reply, gboolean is_new)
{
    for (guint i = 0; i < step->n_cmp; i++) {
        guint index = step->cmp[i].slot == MADO_SLOT_SIGN ? 1 : 0;
        BIO *in = BIO_new_mem_buf(g_bytes_get_data(step->cmp[i].der, NULL),
                                  (int)g_bytes_get_size(step->cmp[i].der));
        BIO *out = BIO_new(BIO_s_mem());
        OSSL_CMP_MSG *request = d2i_OSSL_CMP_MSG_bio(in, NULL);
        OSSL_CMP_MSG *answer;
        char *data = NULL;
        long len;
        g_autoptr(GBytes) der = NULL;

        if (is_new) {
            OSSL_CMP_SRV_CTX_free(self->cmp[index]);
            self->cmp[index] = new_server(self);
        }
        assert_non_null(request);
        answer = OSSL_CMP_SRV_process_request(self->cmp[index], request);
        assert_non_null(answer);
        i2d_OSSL_CMP_MSG_bio(out, answer);
        len = BIO_get_mem_data(out, &data);
        der = g_bytes_new(data, (gsize)len);
        assert_true(mado_body_reply_add_cmp(reply, step->cmp[i].slot, der));
        OSSL_CMP_MSG_free(request);
        OSSL_CMP_MSG_free(answer);
        BIO_free(in);
        BIO_free(out);
    }
}

/* ---- scripts ---- */

static void
add_command(MadoBodyReply *reply, guint8 ins, guint16 p1p2, const void *data, gsize len)
{
    static const guint16 ok = 0x9000;
    guint8 bytes[64] = {0x84, ins, (guint8)(p1p2 >> 8), (guint8)p1p2, (guint8)len};
    g_autoptr(GBytes) apdu = NULL;

    memcpy(bytes + 5, data, len);
    apdu = g_bytes_new(bytes, len > 0 ? 5 + len : 4);
    assert_true(mado_body_reply_add_command(reply, apdu, &ok, 1));
}

static void
add_transport_pin(MadoBodyReply *reply, guint8 place)
{
    guint8 data[1 + sizeof VISIT_CARD_TRANSPORT_PIN] = {place};

    memcpy(data + 1, VISIT_CARD_TRANSPORT_PIN, strlen(VISIT_CARD_TRANSPORT_PIN));
    add_command(reply, MADO_INS_RESET_RETRY, 0x0200, data,
                1 + strlen(VISIT_CARD_TRANSPORT_PIN));
}

static void
set_challenge(MadoBodyReply *reply)
{
    reply->has_host_challenge = TRUE;
    memset(reply->host_challenge, 0x11, sizeof reply->host_challenge);
}

static MadoBodyReply *
new_script(MadoScriptPhase phase, gboolean is_fresh)
{
    MadoBodyReply *reply = mado_body_reply_new(MADO_NEXT_SCRIPT);

    reply->phase = phase;
    reply->has_script = TRUE;
    if (is_fresh)
        reply->authenticate = g_bytes_new_static("\x84\x82\x33\x00", 4);
    return reply;
}

static MadoBodyReply *
make_open(VisitCentre *self, gboolean is_fresh)
{
    static const MadoPinKind kinds[] = {MADO_PIN_SIGN, MADO_PIN_AUTH, MADO_PIN_JUKI,
                                        MADO_PIN_TEXT};
    MadoBodyReply *reply = new_script(MADO_SCRIPT_OPEN, is_fresh);
    g_autoptr(MadoSecret) pin =
        mado_secret_new_from((const guint8 *)VISIT_CARD_TRANSPORT_PIN, 8);
    const guint8 slots[] = {MADO_SLOT_AUTH, MADO_SLOT_SIGN};

    self->stage = VISIT_CENTRE_OPEN;
    add_command(reply, MADO_INS_PUT_DATA, MADO_OBJECT_BEGIN, self->transaction, 16);
    if (self->procedure == MADO_PROCEDURE_PREPARE)
        return reply;
    for (guint8 place = 0; place < 5; place++)
        add_transport_pin(reply, place);
    add_command(reply, MADO_INS_GENERATE, 0x8000, &slots[0], 1);
    add_command(reply, MADO_INS_GENERATE, 0x8000, &slots[1], 1);
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
        mado_body_reply_add_pin(reply, kinds[i], pin);
    reply->sign_slots = MADO_SLOT_AUTH | MADO_SLOT_SIGN;
    set_challenge(reply);
    return reply;
}

static MadoBodyReply *
make_stage(VisitCentre *self, const MadoBodyStep *step)
{
    MadoBodyReply *reply = new_script(MADO_SCRIPT_STAGE, step->has_initialize);
    const guint8 slots[] = {MADO_SLOT_AUTH, MADO_SLOT_SIGN};

    self->stage = VISIT_CENTRE_STAGE;
    answer_cmp(self, step, reply, TRUE);
    add_command(reply, MADO_INS_UPDATE_STAGED, 0, &slots[0], 1);
    add_command(reply, MADO_INS_UPDATE_STAGED, 0, &slots[1], 1);
    add_command(reply, MADO_INS_GET_DATA, MADO_OBJECT_RECORD, "", 0);
    return reply;
}

static MadoBodyReply *
make_commit(VisitCentre *self, const MadoBodyStep *step)
{
    MadoBodyReply *reply = new_script(MADO_SCRIPT_COMMIT, FALSE);

    self->stage = VISIT_CENTRE_COMMIT;
    answer_cmp(self, step, reply, FALSE);
    add_command(reply, MADO_INS_PUT_DATA, MADO_OBJECT_COMMIT, self->transaction, 16);
    return reply;
}

static MadoBodyReply *
make_decide(VisitCentre *self, gboolean wants)
{
    MadoBodyReply *reply = mado_body_reply_new(MADO_NEXT_DECIDE);

    self->stage = VISIT_CENTRE_DECIDE;
    reply->key_version = MADO_KVN_TRAINING;
    set_challenge(reply);
    reply->has_centre_nonce = TRUE;
    memset(reply->centre_nonce, 0x22, sizeof reply->centre_nonce);
    reply->has_person = TRUE;
    g_strlcpy(reply->person.name, "試験 花子", sizeof reply->person.name);
    g_strlcpy(reply->person.birth, "19900412", sizeof reply->person.birth);
    if (wants && self->procedure == MADO_PROCEDURE_ISSUE) {
        reply->wanted[reply->n_wanted++] = MADO_DECISION_DOCUMENTS;
        reply->wanted[reply->n_wanted++] = MADO_DECISION_FACE;
    } else if (wants) {
        reply->wanted[reply->n_wanted++] = MADO_DECISION_INSPECTED;
    }
    return reply;
}

/* ---- the order ---- */

/* Recovery, on what the card's record says: here the plain one of the LOOKUP. */
static MadoBodyReply *
choose_way(VisitCentre *self)
{
    MadoBodyReply *reply;

    if (self->committed) {
        self->stage = VISIT_CENTRE_DONE;
        return mado_body_reply_new(MADO_NEXT_COMMITTED);
    }
    if (self->may_start)
        return make_open(self, FALSE);
    if (self->csrs[0] != NULL && self->csrs[1] != NULL) {
        self->stage = VISIT_CENTRE_CSR;
        reply = mado_body_reply_new(MADO_NEXT_CSR);
        mado_body_reply_add_csr(reply, MADO_SLOT_AUTH, self->csrs[0]);
        mado_body_reply_add_csr(reply, MADO_SLOT_SIGN, self->csrs[1]);
        return reply;
    }
    self->stage = VISIT_CENTRE_UNDO;
    reply = new_script(MADO_SCRIPT_UNDO, FALSE);
    add_command(reply, MADO_INS_PUT_DATA, MADO_OBJECT_ROLLBACK, self->transaction, 16);
    return reply;
}

/* Instead of the script's answers: nothing of the set is to live. */
static MadoBodyReply *
take_rejection(VisitCentre *self, const MadoBodyStep *step)
{
    g_autoptr(MadoBodyReply) ignored = mado_body_reply_new(MADO_NEXT_HOLD);

    answer_cmp(self, step, ignored, FALSE);
    assert_int_equal(self->n_rejected, 2);
    assert_string_not_equal(step->damage, "");
    self->may_start = FALSE;
    g_clear_pointer(&self->csrs[0], g_bytes_unref);
    g_clear_pointer(&self->csrs[1], g_bytes_unref);
    return make_decide(self, FALSE);
}

static MadoBodyReply *
after_script(VisitCentre *self, const MadoBodyStep *step)
{
    if (!step->has_answers && step->n_cmp == 0) /* the session was lost: a fresh one */
        return make_decide(self, FALSE);
    switch (self->stage) {
    case VISIT_CENTRE_RECORD:
        return choose_way(self);
    case VISIT_CENTRE_OPEN:
        return self->procedure == MADO_PROCEDURE_PREPARE ? make_commit(self, step)
                                                         : make_stage(self, step);
    case VISIT_CENTRE_CSR:
        return make_stage(self, step);
    case VISIT_CENTRE_STAGE:
        return step->has_answers ? make_commit(self, step) : take_rejection(self, step);
    case VISIT_CENTRE_COMMIT:
        self->stage = VISIT_CENTRE_DONE;
        return mado_body_reply_new(MADO_NEXT_COMMITTED);
    case VISIT_CENTRE_UNDO:
        self->stage = VISIT_CENTRE_DONE;
        return mado_body_reply_new(MADO_NEXT_ABORTED);
    case VISIT_CENTRE_NEW:
    case VISIT_CENTRE_DECIDE:
    case VISIT_CENTRE_DONE:
        break;
    }
    return mado_body_reply_new(MADO_NEXT_HOLD);
}

static MadoBodyReply *
take_lookup(VisitCentre *self, const guint8 *body, gsize len)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MadoBodyLookup) lookup = mado_body_lookup_parse(body, len, &error);
    MadoRecord record;

    assert_no_mado_error(error);
    assert_int_equal(mado_record_parse(g_bytes_get_data(lookup->record, NULL),
                                       g_bytes_get_size(lookup->record), &record),
                     MADO_BYTES_OK);
    if (self->stage == VISIT_CENTRE_NEW) {
        memcpy(self->transaction, self->header.transaction, sizeof self->transaction);
        self->committed = FALSE;
        self->may_start = TRUE;
        return make_decide(self, TRUE);
    }
    self->committed = mado_record_is_committed(&record, self->transaction);
    self->may_start = lookup->resident;
    return make_decide(self, FALSE);
}

static MadoBodyReply *
take_step(VisitCentre *self, const guint8 *body, gsize len)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MadoBodyStep) step = mado_body_step_parse(body, len, &error);
    MadoBodyReply *reply;

    assert_no_mado_error(error);
    if (self->stage != VISIT_CENTRE_DECIDE)
        return after_script(self, step);
    assert_true(step->has_initialize);
    if (step->n_decisions > 0)
        return make_open(self, TRUE);
    self->stage = VISIT_CENTRE_RECORD;
    reply = new_script(MADO_SCRIPT_RECORD, TRUE);
    add_command(reply, MADO_INS_GET_DATA, MADO_OBJECT_RECORD, "", 0);
    return reply;
}

static MadoMessageHeader
make_header(VisitCentre *self, GBytes *message)
{
    MadoMessageHeader header;

    mado_message_header_init(&header, MADO_MESSAGE_REPLY, MADO_REALM_CODE_TRAINING, "D001");
    memcpy(header.visit, self->header.visit, sizeof header.visit);
    memcpy(header.transaction, self->transaction, sizeof header.transaction);
    memcpy(header.card_id, self->header.card_id, sizeof header.card_id);
    header.has_card = TRUE;
    header.step_number = self->header.step_number;
    header.attempt = self->header.attempt;
    header.fencing = self->header.fencing;
    header.time_ms = self->now_ms;
    header.has_request_hash = TRUE;
    mado_envelope_sha256(g_bytes_get_data(message, NULL), g_bytes_get_size(message),
                         header.request_hash);
    return header;
}

static GBytes *
seal_reply(VisitCentre *self, MadoBodyReply *reply, GBytes *message)
{
    MadoMessageHeader header = make_header(self, message);
    g_autoptr(GError) error = NULL;
    g_autoptr(MadoSecret) body = NULL;
    g_autoptr(MadoSecret) plain = NULL;
    GBytes *cms;

    if (self->twist != NULL)
        self->twist(self, &header, reply);
    body = mado_body_reply_format(reply, &error);
    assert_no_mado_error(error);
    plain = mado_message_format(&header, mado_secret_peek(body), mado_secret_len(body), &error);
    assert_no_mado_error(error);
    cms = mado_envelope_seal(self->identity, self->desk_peer, plain, &error);
    assert_no_mado_error(error);
    return cms;
}

GBytes *
visit_centre_answer(VisitCentre *self, GBytes *message)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MadoSecret) plain =
        mado_envelope_open(self->identity, self->desk_peer, message, NULL, &error);
    g_autoptr(MadoBodyReply) reply = NULL;
    const guint8 *body;
    gsize len;

    assert_no_mado_error(error);
    assert_true(mado_message_parse(plain, &self->header, &body, &len, &error));
    self->n_messages++;
    reply = self->header.type == MADO_MESSAGE_LOOKUP ? take_lookup(self, body, len)
                                                     : take_step(self, body, len);
    return seal_reply(self, reply, message);
}

GBytes *
visit_centre_answer_with(VisitCentre *self, GBytes *message, GBytes *body)
{
    g_autoptr(MadoSecret) plain =
        mado_envelope_open(self->identity, self->desk_peer, message, NULL, NULL);
    g_autoptr(MadoSecret) answer = NULL;
    MadoMessageHeader header;
    const guint8 *bytes;
    gsize len;

    assert_non_null(plain);
    assert_true(mado_message_parse(plain, &self->header, &bytes, &len, NULL));
    memcpy(self->transaction, self->header.transaction, sizeof self->transaction);
    header = make_header(self, message);
    answer = mado_message_format(&header, g_bytes_get_data(body, NULL), g_bytes_get_size(body),
                                 NULL);
    return answer == NULL ? NULL
                          : mado_envelope_seal(self->identity, self->desk_peer, answer, NULL);
}
