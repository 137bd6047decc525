/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a desk does with its card: scripts, PINs, requests for certificates. */
#include "config.h"

#include "common/envelope.h"
#include "common/key-file.h"
#include "common/rsa.h"
#include "tests/support/central-desk.h"
#include "tests/support/test.h"

#include <openssl/cmp.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <string.h>

/* ---- certificates: OpenSSL's client on a thread of its own ---- */

struct _CentralDeskCmp {
    CentralDesk *desk;
    MadoSlot slot;
    GBytes *csr;
    GThread *thread;
    GAsyncQueue *out; /* GBytes: messages to the centre; an empty one when it ended */
    GAsyncQueue *in;  /* GBytes: answers; an empty one gives up */
    gboolean accepted;
};

static OSSL_CMP_MSG *
transfer(OSSL_CMP_CTX *ctx, const OSSL_CMP_MSG *request)
{
    CentralDeskCmp *cmp = OSSL_CMP_CTX_get_transfer_cb_arg(ctx);
    g_autoptr(GBytes) answer = NULL;
    const guint8 *at;
    guint8 *der = NULL;
    int len = i2d_OSSL_CMP_MSG(request, &der);

    g_async_queue_push(cmp->out, g_bytes_new(der, (gsize)len));
    OPENSSL_free(der);
    answer = g_async_queue_pop(cmp->in);
    at = g_bytes_get_data(answer, NULL);
    return at != NULL ? d2i_OSSL_CMP_MSG(NULL, &at, (long)g_bytes_get_size(answer)) : NULL;
}

static int
ignore_log(const char *function,
           const char *file,
           int line,
           OSSL_CMP_severity level,
           const char *message)
{
    return 1;
}

static int
confirm(OSSL_CMP_CTX *ctx, X509 *certificate, int fail_info, const char **text)
{
    const CentralDeskCmp *cmp = OSSL_CMP_CTX_get_certConf_cb_arg(ctx);

    return cmp->desk->rejects ? 1 << OSSL_CMP_PKIFAILUREINFO_badCertTemplate : fail_info;
}

static gpointer
run_cmp(gpointer data)
{
    CentralDeskCmp *cmp = data;
    const guint8 *at = g_bytes_get_data(cmp->csr, NULL);
    X509_REQ *csr = d2i_X509_REQ(NULL, &at, (long)g_bytes_get_size(cmp->csr));
    g_autofree char *anchor_path =
        g_strconcat(cmp->desk->folder, "/d/keys/centre-anchor.crt", NULL);
    X509 *anchor = mado_key_file_load_certificate(anchor_path, NULL);
    X509_STORE *store = X509_STORE_new();
    OSSL_CMP_CTX *ctx = OSSL_CMP_CTX_new(NULL, NULL);
    X509_NAME *recipient = X509_NAME_new();

    X509_STORE_add_cert(store, anchor);
    OSSL_CMP_CTX_set_log_cb(ctx, ignore_log);
    OSSL_CMP_CTX_set0_trustedStore(ctx, store);
    OSSL_CMP_CTX_set1_cert(ctx, mado_identity_peek_sign_cert(cmp->desk->identity));
    OSSL_CMP_CTX_set1_pkey(ctx, mado_identity_peek_sign_key(cmp->desk->identity));
    OSSL_CMP_CTX_set1_recipient(ctx, recipient);
    OSSL_CMP_CTX_set1_p10CSR(ctx, csr);
    OSSL_CMP_CTX_set_transfer_cb(ctx, transfer);
    OSSL_CMP_CTX_set_transfer_cb_arg(ctx, cmp);
    OSSL_CMP_CTX_set_certConf_cb(ctx, confirm);
    OSSL_CMP_CTX_set_certConf_cb_arg(ctx, cmp);
    cmp->accepted = OSSL_CMP_exec_certreq(ctx, OSSL_CMP_P10CR, NULL) != NULL;
    OSSL_CMP_CTX_free(ctx);
    X509_NAME_free(recipient);
    X509_free(anchor);
    X509_REQ_free(csr);
    g_async_queue_push(cmp->out, g_bytes_new(NULL, 0));
    return NULL;
}

static CentralDeskCmp *
begin_cmp(CentralDesk *desk, MadoSlot slot, GBytes *csr)
{
    CentralDeskCmp *cmp = g_new0(CentralDeskCmp, 1);

    cmp->desk = desk;
    cmp->slot = slot;
    cmp->csr = g_bytes_ref(csr);
    cmp->out = g_async_queue_new_full((GDestroyNotify)g_bytes_unref);
    cmp->in = g_async_queue_new_full((GDestroyNotify)g_bytes_unref);
    cmp->thread = g_thread_new("cmp", run_cmp, cmp);
    return cmp;
}

static void
end_cmp(CentralDeskCmp *cmp)
{
    if (cmp == NULL)
        return;
    g_async_queue_push(cmp->in, g_bytes_new(NULL, 0));
    g_thread_join(cmp->thread);
    g_async_queue_unref(cmp->in);
    g_async_queue_unref(cmp->out);
    g_bytes_unref(cmp->csr);
    g_free(cmp);
}

void
central_desk_drop_cmp(CentralDesk *desk)
{
    for (gsize slot = 0; slot < G_N_ELEMENTS(desk->cmp); slot++)
        g_clear_pointer(&desk->cmp[slot], end_cmp);
}

GBytes *
central_desk_exchange(CentralDesk *desk, GBytes *apdu, guint16 *ret_sw)
{
    g_autoptr(GByteArray) answer = g_byte_array_new();
    guint16 sw =
        test_card_send_bytes(&desk->card, g_bytes_get_data(apdu, NULL), g_bytes_get_size(apdu));
    guint8 word[2];

    g_byte_array_append(answer, desk->card.answer, (guint)desk->card.answer_len);
    while ((sw & 0xFF00) == 0x6100) {
        sw = test_card_send(&desk->card, "00C0000000");
        g_byte_array_append(answer, desk->card.answer, (guint)desk->card.answer_len);
    }
    word[0] = (guint8)(sw >> 8);
    word[1] = (guint8)sw;
    g_byte_array_append(answer, word, sizeof word);
    *ret_sw = sw;
    return g_byte_array_free_to_bytes(g_steal_pointer(&answer));
}

/* ---- the card's part ---- */

static void
initialize(CentralDesk *desk)
{
    guint8 command[14] = {0x80, 0x50, MADO_KVN_TRAINING, 0x00, MADO_CHALLENGE_LEN};

    assert_true(desk->reply->has_host_challenge);
    memcpy(command + 5, desk->reply->host_challenge, MADO_CHALLENGE_LEN);
    test_card_select(&desk->card, MADO_AP_ISD);
    assert_int_equal(test_card_send_bytes(&desk->card, command, sizeof command), 0x9000);
    assert_int_equal(desk->card.answer_len, MADO_BODY_INITIALIZE_LEN);
    desk->step->has_initialize = TRUE;
    memcpy(desk->step->initialize, desk->card.answer, MADO_BODY_INITIALIZE_LEN);
}

static gboolean
run_script(CentralDesk *desk)
{
    const MadoBodyReply *reply = desk->reply;
    guint16 sw = 0x9000;

    if (reply->authenticate != NULL) {
        g_autoptr(GBytes) answer G_GNUC_UNUSED =
            central_desk_exchange(desk, reply->authenticate, &sw);
    }
    desk->step->has_answers = TRUE;
    for (guint i = 0; i < reply->n_commands && sw == 0x9000; i++) {
        g_autoptr(GBytes) answer = central_desk_exchange(desk, reply->commands[i].apdu, &sw);

        assert_true(mado_body_step_add_answer(desk->step, answer));
    }
    return sw == 0x9000;
}

static void
change(CentralDesk *desk, MadoAp ap, guint16 ef, const MadoSecret *old, const char *value)
{
    guint8 command[64] = {0x00, 0x24, 0x00, 0x80};
    gsize len = mado_secret_len(old) + strlen(value);

    command[4] = (guint8)len;
    memcpy(command + 5, mado_secret_peek(old), mado_secret_len(old));
    memcpy(command + 5 + mado_secret_len(old), value, strlen(value));
    test_card_select(&desk->card, ap);
    test_card_select_ef(&desk->card, ef);
    assert_int_equal(test_card_send_bytes(&desk->card, command, 5 + len), 0x9000);
}

static void
change_pins(CentralDesk *desk)
{
    for (guint i = 0; i < desk->reply->n_pins; i++) {
        const MadoBodyPin *pin = &desk->reply->pins[i];

        switch (pin->kind) {
        case MADO_PIN_SIGN:
            change(desk, MADO_AP_JPKI, 0x001B, pin->pin, CENTRAL_DESK_PASSWORD);
            break;
        case MADO_PIN_AUTH:
            change(desk, MADO_AP_JPKI, 0x0018, pin->pin, CENTRAL_DESK_PIN);
            break;
        case MADO_PIN_JUKI:
            change(desk, MADO_AP_COMMON, 0x001C, pin->pin, CENTRAL_DESK_PIN);
            change(desk, MADO_AP_JUKI, 0x001C, pin->pin, CENTRAL_DESK_PIN);
            break;
        case MADO_PIN_TEXT:
            change(desk, MADO_AP_TEXT, 0x0011, pin->pin, CENTRAL_DESK_PIN);
            break;
        }
    }
}

/* ---- PKCS#10, signed by the card ---- */

/* From the staged template, 7F49 82 0109 {81 82 0100 n, 82 03 e}, by way of the card's own
 * form. */
static EVP_PKEY *
read_staged_key(CentralDesk *desk, MadoSlot slot)
{
    static const guint8 head[] = {0x90, 0x03, 0x01, 0x00, 0x01, 0x91, 0x82, 0x01, 0x00};
    const guint8 command[] = {0x80, 0xCA, 0xDF, slot == MADO_SLOT_AUTH ? 0x71 : 0x72, 0x00};
    g_autoptr(GBytes) apdu = g_bytes_new(command, sizeof command);
    g_autoptr(GBytes) answer = NULL;
    guint8 form[sizeof head + 256];
    EVP_PKEY *key;
    guint16 sw;

    test_card_select(&desk->card, MADO_AP_ISD);
    answer = central_desk_exchange(desk, apdu, &sw);
    assert_int_equal(sw, 0x9000);
    assert_int_equal(g_bytes_get_size(answer), 5 + 0x0109 + 2);
    memcpy(form, head, sizeof head);
    memcpy(form + sizeof head, (const guint8 *)g_bytes_get_data(answer, NULL) + 9, 256);
    key = mado_rsa_key_to_pkey(form, sizeof form, NULL);
    assert_non_null(key);
    return key;
}

static GBytes *
sign_on_card(CentralDesk *desk, MadoSlot slot, const guint8 *data, gsize len)
{
    static const guint8 head[] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                  0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
    guint8 command[5 + sizeof head + 32 + 1] = {0x80, 0x2A, 0x00, 0x80, sizeof head + 32};
    gboolean is_auth = slot == MADO_SLOT_AUTH;
    g_autoptr(GBytes) apdu = NULL;
    g_autoptr(GBytes) answer = NULL;
    guint16 sw;

    test_card_select(&desk->card, MADO_AP_JPKI);
    test_card_select_ef(&desk->card, is_auth ? 0x0018 : 0x001B);
    assert_int_equal(
        test_card_verify(&desk->card, is_auth ? CENTRAL_DESK_PIN : CENTRAL_DESK_PASSWORD),
        0x9000);
    test_card_select_ef(&desk->card, is_auth ? 0x0117 : 0x011A);
    memcpy(command + 5, head, sizeof head);
    mado_envelope_sha256(data, len, command + 5 + sizeof head);
    apdu = g_bytes_new(command, sizeof command);
    answer = central_desk_exchange(desk, apdu, &sw);
    assert_int_equal(sw, 0x9000);
    return g_bytes_new(g_bytes_get_data(answer, NULL), g_bytes_get_size(answer) - 2);
}

/* A PKCS#10 by hand; with other_key it is well formed but for a key the card does not have. */
static GBytes *
make_csr(CentralDesk *desk, MadoSlot slot)
{
    X509_REQ *csr = X509_REQ_new();
    X509_ALGOR *algorithm = X509_ALGOR_new();
    EVP_PKEY *key = desk->other_key != NULL ? desk->other_key : read_staged_key(desk, slot);
    g_autoptr(GBytes) signature = NULL;
    ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();
    guint8 *der = NULL;
    GBytes *bytes;
    int len;

    X509_REQ_set_version(csr, 0);
    X509_REQ_set_pubkey(csr, key);
    if (desk->other_key != NULL) {
        assert_true(X509_REQ_sign(csr, key, EVP_sha256()) > 0);
    } else {
        X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256WithRSAEncryption), V_ASN1_NULL, NULL);
        X509_REQ_set1_signature_algo(csr, algorithm);
        len = i2d_re_X509_REQ_tbs(csr, &der);
        assert_true(len > 0);
        signature = sign_on_card(desk, slot, der, (gsize)len);
        OPENSSL_free(der);
        der = NULL;
        ASN1_BIT_STRING_set(bits, (guint8 *)(gsize)g_bytes_get_data(signature, NULL),
                            (int)g_bytes_get_size(signature));
        bits->flags &= ~(ASN1_STRING_FLAG_BITS_LEFT | 0x07);
        bits->flags |= ASN1_STRING_FLAG_BITS_LEFT;
        X509_REQ_set0_signature(csr, bits);
        bits = NULL;
        EVP_PKEY_free(key);
    }
    ASN1_BIT_STRING_free(bits);
    X509_ALGOR_free(algorithm);
    len = i2d_X509_REQ(csr, &der);
    bytes = g_bytes_new(der, (gsize)len);
    OPENSSL_free(der);
    X509_REQ_free(csr);
    return bytes;
}

/* The message of a slot's CMP client that is to be sent now. */
static void
add_cmp_message(CentralDesk *desk, MadoSlot slot)
{
    g_autoptr(GBytes) message = g_async_queue_pop(desk->cmp[slot]->out);

    assert_true(g_bytes_get_size(message) > 0);
    assert_true(mado_body_step_add_cmp(desk->step, slot, message));
}

static void
ask_certificate(CentralDesk *desk, MadoSlot slot, GBytes *csr)
{
    g_clear_pointer(&desk->cmp[slot], end_cmp);
    desk->cmp[slot] = begin_cmp(desk, slot, csr);
    add_cmp_message(desk, slot);
}

static void
take_cmp_answers(CentralDesk *desk)
{
    for (guint i = 0; i < desk->reply->n_cmp; i++)
        g_async_queue_push(desk->cmp[desk->reply->cmp[i].slot]->in,
                           g_bytes_ref(desk->reply->cmp[i].der));
}

/* ---- what a reply asks for ---- */

static void
work_on_decide(CentralDesk *desk)
{
    for (guint i = 0; i < desk->reply->n_wanted; i++) {
        MadoDecisionKind kind = desk->reply->wanted[i];
        MadoBodyDecision decision =
            central_desk_decide(desk, kind, kind == MADO_DECISION_FACE ? "same" : "A1");

        assert_true(
            mado_body_step_add_decision(desk->step, decision.bytes, decision.signature));
        g_bytes_unref(decision.bytes);
        g_bytes_unref(decision.signature);
    }
    initialize(desk);
}

static void
work_on_open(CentralDesk *desk)
{
    if (!run_script(desk) || desk->reply->sign_slots == 0)
        return;
    change_pins(desk);
    for (guint slot = MADO_SLOT_AUTH; slot <= MADO_SLOT_SIGN; slot <<= 1) {
        g_autoptr(GBytes) csr = NULL;

        if ((desk->reply->sign_slots & slot) == 0)
            continue;
        csr = make_csr(desk, (MadoSlot)slot);
        ask_certificate(desk, (MadoSlot)slot, csr);
    }
    initialize(desk);
}

static void
work_on_stage(CentralDesk *desk)
{
    take_cmp_answers(desk);
    if (!desk->rejects && !run_script(desk))
        return;
    for (guint i = 0; i < desk->reply->n_cmp; i++)
        add_cmp_message(desk, desk->reply->cmp[i].slot);
}

static void
work_on_script(CentralDesk *desk)
{
    switch (desk->reply->phase) {
    case MADO_SCRIPT_OPEN:
        work_on_open(desk);
        break;
    case MADO_SCRIPT_STAGE:
        work_on_stage(desk);
        break;
    case MADO_SCRIPT_COMMIT:
        take_cmp_answers(desk);
        run_script(desk);
        break;
    case MADO_SCRIPT_RECORD:
    case MADO_SCRIPT_UNDO:
        run_script(desk);
        break;
    }
}

gboolean
central_desk_work(CentralDesk *desk)
{
    g_clear_pointer(&desk->step, mado_body_step_free);
    desk->step = mado_body_step_new();
    switch (desk->reply->next) {
    case MADO_NEXT_DECIDE:
        work_on_decide(desk);
        return TRUE;
    case MADO_NEXT_SCRIPT:
        work_on_script(desk);
        return TRUE;
    case MADO_NEXT_CSR:
        for (guint i = 0; i < desk->reply->n_csrs; i++)
            ask_certificate(desk, desk->reply->csrs[i].slot, desk->reply->csrs[i].der);
        return TRUE;
    case MADO_NEXT_COMMITTED:
    case MADO_NEXT_ABORTED:
    case MADO_NEXT_HOLD:
        break;
    }
    return FALSE;
}

void
central_desk_run(CentralDesk *desk)
{
    while (central_desk_work(desk))
        if (!central_desk_send_step(desk))
            return;
}
