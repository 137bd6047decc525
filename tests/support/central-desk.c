/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/support/central-desk.h"

#include "central/import.h"
#include "central/setup.h"
#include "central/store-sqlite.h"
#include "common/digits.h"
#include "common/envelope.h"
#include "common/key-file.h"
#include "tests/support/test.h"

#include <glib/gstdio.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <string.h>

#define TODAY_BIRTH "19900401"

/* ---- the centre ---- */

static gint64
wall_ms(gpointer data)
{
    const CentralDesk *desk = data;

    return g_get_real_time() / 1000 + desk->skew_ms;
}

static gboolean
give_passphrase(guint8 *buffer, gsize capacity, gsize *ret_len, gpointer user_data)
{
    memcpy(buffer, "training", 8);
    *ret_len = 8;
    return TRUE;
}

static char *
path_of(const CentralDesk *desk, const char *rest)
{
    return g_strconcat(desk->folder, "/", rest, NULL);
}

static void
load_desk(CentralDesk *desk)
{
    g_autofree char *sign_key = path_of(desk, "d/keys/sign.key");
    g_autofree char *sign_cert = path_of(desk, "d/keys/sign.crt");
    g_autofree char *decrypt_key = path_of(desk, "d/keys/decrypt.key");
    g_autofree char *decrypt_cert = path_of(desk, "d/keys/decrypt.crt");
    g_autofree char *encrypt = path_of(desk, "d/keys/centre-encrypt.crt");
    g_autofree char *anchor = path_of(desk, "d/keys/centre-anchor.crt");
    g_autofree char *operator_key = path_of(desk, "d/operators/clerk.key");

    desk->identity = mado_identity_load(sign_key, sign_cert, decrypt_key, decrypt_cert, NULL);
    assert_non_null(desk->identity);
    desk->peer = mado_peer_load(encrypt, anchor, "centre", NULL);
    assert_non_null(desk->peer);
    desk->operator_key = mado_operator_key_load(operator_key, give_passphrase, NULL, NULL);
    assert_non_null(desk->operator_key);
}

static void
open_centre(CentralDesk *desk)
{
    desk->store = mado_store_sqlite_open(desk->settings->database, FALSE, NULL);
    assert_non_null(desk->store);
    desk->centre = mado_centre_new(desk->settings, desk->keys, desk->store, &desk->clock);
}

void
central_desk_open(CentralDesk *desk)
{
    g_autofree char *centre = NULL;
    g_autofree char *desk_folder = NULL;
    g_autofree char *config = NULL;
    MadoSetupOptions options = {.realm = MADO_REALM_CODE_TRAINING,
                                .municipality = "99999",
                                .listen = "127.0.0.1:0",
                                .terminal = "D001"};

    memset(desk, 0, sizeof *desk);
    desk->folder = g_dir_make_tmp("mado-central-XXXXXX", NULL);
    assert_non_null(desk->folder);
    centre = path_of(desk, "c");
    desk_folder = path_of(desk, "d");
    options.folder = centre;
    options.desk = desk_folder;
    assert_true(mado_setup_run(&options, NULL));
    config = path_of(desk, "c/central.conf");
    desk->settings = mado_settings_central_load(config, NULL);
    assert_non_null(desk->settings);
    desk->keys = mado_keys_load(desk->settings->keys, NULL);
    assert_non_null(desk->keys);
    desk->clock = (MadoClock){wall_ms, wall_ms, desk};
    load_desk(desk);
    open_centre(desk);
}

void
central_desk_restart_centre(CentralDesk *desk)
{
    g_clear_pointer(&desk->centre, mado_centre_free);
    g_clear_pointer(&desk->store, mado_store_close);
    open_centre(desk);
}

static char *
saved_path(const CentralDesk *desk)
{
    return g_build_filename(desk->folder, "saved.db", NULL);
}

void
central_desk_save_centre(CentralDesk *desk)
{
    g_autofree char *saved = saved_path(desk);

    g_remove(saved);
    assert_true(desk->store->ops->backup(desk->store, saved, NULL));
}

void
central_desk_set_centre_back(CentralDesk *desk)
{
    g_autofree char *saved = saved_path(desk);

    g_clear_pointer(&desk->centre, mado_centre_free);
    g_clear_pointer(&desk->store, mado_store_close);
    assert_int_equal(g_rename(saved, desk->settings->database), 0);
    open_centre(desk);
}

static void
remove_tree(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);

        remove_tree(child);
    }
    g_remove(path);
}

void
central_desk_close(CentralDesk *desk)
{
    central_desk_drop_cmp(desk);
    if (desk->card.card != NULL)
        test_card_close(&desk->card);
    mado_body_reply_free(desk->reply);
    mado_body_step_free(desk->step);
    g_clear_pointer(&desk->sent, g_bytes_unref);
    g_clear_pointer(&desk->sent_key, g_free);
    g_clear_pointer(&desk->answer, g_bytes_unref);
    EVP_PKEY_free(desk->other_key);
    mado_centre_free(desk->centre);
    mado_store_close(desk->store);
    mado_operator_key_free(desk->operator_key);
    mado_peer_free(desk->peer);
    mado_identity_free(desk->identity);
    mado_keys_free(desk->keys);
    mado_settings_central_free(desk->settings);
    remove_tree(desk->folder);
    g_free(desk->folder);
}

/* ---- a card ---- */

static void
import_request(CentralDesk *desk, guint8 slots)
{
    g_autofree char *digits = g_strdup_printf("999000000%02u", desk->n_cards);
    MadoImport import = {.store = desk->store,
                         .vault = desk->keys->vault,
                         .municipality = "99999",
                         .today = {2026, 11, 1}};
    g_autoptr(MadoImportReport) report = NULL;
    g_autofree char *table = NULL;
    char check;

    assert_true(mado_digits_check_digit(digits, 11, &check));
    g_snprintf(desk->request_id, sizeof desk->request_id, "R-%03u", desk->n_cards);
    table = g_strdup_printf(
        "request_id,number,name,kana,birth,sex,address,certificates\n"
        "%s,%s%c,試験　花子,シケン　ハナコ," TODAY_BIRTH ",2,架空県見本市１丁目,%s\n",
        desk->request_id, digits, check, slots == MADO_SLOT_AUTH ? "auth" : "both");
    report = mado_import_run(&import, table, strlen(table), NULL);
    assert_non_null(report);
    assert_int_equal(report->faults->len, 0);
}

static void
make_card(CentralDesk *desk)
{
    MadoCardState state;
    MadoCardRecord record = {.municipality = "99999", .expiry = "20360401"};

    test_card_fill(&state, MADO_LIFE_PERSONALISED);
    state.card_id[9] = (guint8)desk->n_cards;
    memcpy(desk->card_id, state.card_id, sizeof desk->card_id);
    assert_int_equal(mado_scp03_key_diversify(mado_secret_peek(desk->keys->master),
                                              mado_secret_len(desk->keys->master),
                                              "MADO-TRAINING", state.card_id,
                                              sizeof state.card_id, &state.issuer_keys),
                     MADO_SCP03_OK);
    memcpy(record.card_id, state.card_id, sizeof record.card_id);
    g_snprintf(desk->serial, sizeof desk->serial, "9000000000000%02u", desk->n_cards);
    g_strlcpy(record.serial, desk->serial, sizeof record.serial);
    g_strlcpy(record.request_id, desk->request_id, sizeof record.request_id);
    memset(record.face_key, 0xFA, sizeof record.face_key);
    if (desk->card.card != NULL)
        test_card_close(&desk->card);
    test_card_open_state(&desk->card, &state);
    assert_true(desk->store->ops->begin(desk->store, NULL));
    assert_true(desk->store->ops->put_card(desk->store, &record, NULL));
    assert_true(desk->store->ops->commit(desk->store, NULL));
}

void
central_desk_new_card(CentralDesk *desk, guint8 slots)
{
    desk->n_cards++;
    g_clear_pointer(&desk->other_key, EVP_PKEY_free);
    desk->skew_ms = 0;
    import_request(desk, slots);
    make_card(desk);
    central_desk_new_visit(desk);
}

void
central_desk_new_visit(CentralDesk *desk)
{
    mado_message_header_init(&desk->header, MADO_MESSAGE_LOOKUP, MADO_REALM_CODE_TRAINING,
                             "D001");
    RAND_bytes(desk->header.visit, sizeof desk->header.visit);
    RAND_bytes(desk->header.transaction, sizeof desk->header.transaction);
    desk->header.attempt = 1;
    desk->header.has_card = TRUE;
    memcpy(desk->header.card_id, desk->card_id, sizeof desk->card_id);
    desk->n_exchanges = 0;
    central_desk_drop_cmp(desk);
    g_clear_pointer(&desk->step, mado_body_step_free);
}

void
central_desk_next_attempt(CentralDesk *desk)
{
    desk->header.attempt++;
    desk->header.fencing++;
    central_desk_drop_cmp(desk);
    g_clear_pointer(&desk->step, mado_body_step_free);
    test_card_power_cycle(&desk->card);
}

/* ---- messages ---- */

guint
central_desk_post(CentralDesk *desk, MadoServiceKind kind, const char *key, GBytes *body)
{
    MadoStore *store = desk->store;
    g_autoptr(MadoTerminalRecord) terminal = store->ops->get_terminal(store, "D001", NULL);
    g_autoptr(MadoServiceRequest) request = NULL;
    g_autoptr(MadoAnswer) answer = NULL;
    g_autoptr(GError) error = NULL;
    gboolean keep = FALSE;

    request = mado_service_open(desk->centre, kind, terminal, key, body, &error);
    if (request == NULL) {
        answer = mado_answer_new_error("D001", error);
    } else {
        assert_true(store->ops->begin(store, NULL));
        assert_true(store->ops->mark(store, NULL));
        answer = mado_service_run(desk->centre, request, &keep);
        assert_true(store->ops->release(store, keep, NULL));
        assert_true(store->ops->commit(store, NULL));
    }
    g_clear_pointer(&desk->answer, g_bytes_unref);
    desk->answer = g_bytes_ref(answer->body);
    return answer->status;
}

static void
take_problem(CentralDesk *desk)
{
    gsize len;
    const char *text = g_bytes_get_data(desk->answer, &len);
    const char *slug = g_strstr_len(text, (gssize)len, "urn:madoguchi:problem:");
    gsize i = 0;

    assert_non_null(slug);
    slug += strlen("urn:madoguchi:problem:");
    for (; slug[i] != '"' && i + 1 < sizeof desk->problem; i++)
        desk->problem[i] = slug[i];
    desk->problem[i] = '\0';
}

static void
take_reply(CentralDesk *desk)
{
    g_autoptr(MadoSecret) plain =
        mado_envelope_open(desk->identity, desk->peer, desk->answer, NULL, NULL);
    MadoMessageHeader header;
    const guint8 *body;
    guint8 hash[32];
    gsize len;

    assert_non_null(plain);
    assert_true(mado_message_parse(plain, &header, &body, &len, NULL));
    mado_envelope_sha256(g_bytes_get_data(desk->sent, NULL), g_bytes_get_size(desk->sent),
                         hash);
    assert_memory_equal(header.request_hash, hash, sizeof hash);
    assert_memory_equal(header.visit, desk->header.visit, sizeof header.visit);
    assert_int_equal(header.step_number, desk->header.step_number);
    memcpy(desk->header.transaction, header.transaction, sizeof header.transaction);
    desk->header.fencing = header.fencing;
    assert_int_equal(header.attempt, desk->header.attempt);
    mado_body_reply_free(desk->reply);
    desk->reply = mado_body_reply_parse(body, len, NULL);
    assert_non_null(desk->reply);
    desk->problem[0] = '\0';
}

static gboolean
send_body(CentralDesk *desk, MadoMessageType type, const MadoSecret *body)
{
    g_autoptr(MadoSecret) plain = NULL;
    MadoMessageHeader fresh;

    assert_non_null(body);
    mado_message_header_init(&fresh, type, MADO_REALM_CODE_TRAINING, "D001");
    desk->header.type = type;
    memcpy(desk->header.nonce, fresh.nonce, sizeof fresh.nonce);
    desk->header.time_ms = fresh.time_ms;
    desk->header.step_number++;
    plain =
        mado_message_format(&desk->header, mado_secret_peek(body), mado_secret_len(body), NULL);
    assert_non_null(plain);
    g_clear_pointer(&desk->sent, g_bytes_unref);
    g_clear_pointer(&desk->sent_key, g_free);
    desk->sent = mado_envelope_seal(desk->identity, desk->peer, plain, NULL);
    assert_non_null(desk->sent);
    desk->sent_key = mado_message_id_to_hex(desk->header.nonce);
    desk->n_exchanges++;
    if (central_desk_post(desk, MADO_SERVICE_VISIT, desk->sent_key, desk->sent) == 200) {
        take_reply(desk);
        return TRUE;
    }
    take_problem(desk);
    return FALSE;
}

MadoBodyDecision
central_desk_decide(CentralDesk *desk, MadoDecisionKind kind, const char *detail)
{
    MadoDecision decision = {.realm = MADO_REALM_CODE_TRAINING,
                             .terminal = "D001",
                             .kind = kind,
                             .operator_id = "CLERK-1",
                             .time_ms = g_get_real_time() / 1000 - desk->decision_age_ms};
    MadoBodyDecision signed_decision;

    memcpy(decision.transaction, desk->header.transaction, sizeof decision.transaction);
    g_strlcpy(decision.request_id, desk->request_id, sizeof decision.request_id);
    g_strlcpy(decision.detail, detail, sizeof decision.detail);
    if (kind != MADO_DECISION_OPEN && kind != MADO_DECISION_RESUME)
        memcpy(decision.nonce, desk->reply->centre_nonce, sizeof decision.nonce);
    signed_decision.bytes = mado_decision_format(&decision, NULL);
    assert_non_null(signed_decision.bytes);
    signed_decision.signature =
        mado_decision_sign(desk->operator_key, signed_decision.bytes, NULL);
    assert_non_null(signed_decision.signature);
    return signed_decision;
}

static GBytes *
read_record(CentralDesk *desk)
{
    static const guint8 command[] = {0x80, 0xCA, 0xDF, 0x70, 0x00};
    g_autoptr(GBytes) apdu = g_bytes_new(command, sizeof command);
    g_autoptr(GBytes) answer = NULL;
    guint16 sw;

    test_card_select(&desk->card, MADO_AP_ISD);
    answer = central_desk_exchange(desk, apdu, &sw);
    assert_int_equal(sw, 0x9000);
    return g_bytes_new(g_bytes_get_data(answer, NULL), g_bytes_get_size(answer) - 2);
}

MadoBodyLookup *
central_desk_make_lookup(CentralDesk *desk, MadoProcedure procedure, MadoDecisionKind kind)
{
    MadoBodyLookup *lookup = mado_body_lookup_new();

    lookup->procedure = procedure;
    g_strlcpy(lookup->request_id, desk->request_id, sizeof lookup->request_id);
    g_strlcpy(lookup->serial, desk->serial, sizeof lookup->serial);
    g_strlcpy(lookup->municipality, "99999", sizeof lookup->municipality);
    g_strlcpy(lookup->expiry, "20360401", sizeof lookup->expiry);
    memset(lookup->face_key, 0xFA, sizeof lookup->face_key);
    lookup->record = read_record(desk);
    lookup->decision =
        central_desk_decide(desk, kind, kind == MADO_DECISION_RESUME ? "finish" : "");
    return lookup;
}

gboolean
central_desk_send_lookup(CentralDesk *desk, const MadoBodyLookup *lookup)
{
    g_autoptr(MadoSecret) body = mado_body_lookup_format(lookup, NULL);

    return send_body(desk, MADO_MESSAGE_LOOKUP, body);
}

gboolean
central_desk_lookup(CentralDesk *desk,
                    MadoProcedure procedure,
                    MadoDecisionKind kind,
                    gboolean resident)
{
    g_autoptr(MadoBodyLookup) lookup = central_desk_make_lookup(desk, procedure, kind);

    lookup->resident = resident;
    return central_desk_send_lookup(desk, lookup);
}

gboolean
central_desk_send_step(CentralDesk *desk)
{
    g_autoptr(MadoBodyStep) step = g_steal_pointer(&desk->step);
    g_autoptr(MadoSecret) body = mado_body_step_format(step, NULL);

    return send_body(desk, MADO_MESSAGE_STEP, body);
}

/* ---- what the centre has ---- */

MadoRequestState
central_desk_request_state(CentralDesk *desk)
{
    g_autoptr(MadoRequestRecord) record =
        desk->store->ops->get_request(desk->store, desk->request_id, NULL);

    assert_non_null(record);
    return record->state;
}

MadoTransactionState
central_desk_transaction_state(CentralDesk *desk)
{
    g_autoptr(MadoTransactionRecord) record =
        desk->store->ops->get_transaction(desk->store, desk->header.transaction, NULL);

    return record != NULL ? record->state : 0;
}

guint
central_desk_count(CentralDesk *desk, MadoCertificateState state)
{
    guint n = 0;

    for (guint slot = MADO_SLOT_AUTH; slot <= MADO_SLOT_SIGN; slot <<= 1) {
        g_autoptr(MadoCertificateRecord) record = desk->store->ops->get_certificate(
            desk->store, desk->header.transaction, (MadoSlot)slot, NULL);

        n += record != NULL && record->der != NULL && record->state == state ? 1 : 0;
    }
    return n;
}

/* ---- what many tests do ---- */

int
central_desk_set_up(void **state)
{
    CentralDesk *desk = g_new0(CentralDesk, 1);

    central_desk_open(desk);
    *state = desk;
    return 0;
}

int
central_desk_tear_down(void **state)
{
    central_desk_close(*state);
    g_free(*state);
    return 0;
}

void
central_desk_prepare(CentralDesk *desk)
{
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_PREPARE, MADO_DECISION_OPEN, FALSE));
    central_desk_run(desk);
    assert_string_equal(desk->problem, "");
    assert_int_equal(desk->reply->next, MADO_NEXT_COMMITTED);
}

/* A prepared card whose next visit is the delivery. */
void
central_desk_new_prepared_card(CentralDesk *desk, guint8 slots)
{
    central_desk_new_card(desk, slots);
    central_desk_prepare(desk);
    central_desk_new_visit(desk);
}

void
central_desk_assert_issued(CentralDesk *desk, guint n_certificates)
{
    const MadoCardState *card = mado_card_peek_state(desk->card.card);

    assert_string_equal(desk->problem, "");
    assert_int_equal(desk->reply->next, MADO_NEXT_COMMITTED);
    assert_int_equal(central_desk_request_state(desk), MADO_REQUEST_DELIVERED);
    assert_int_equal(central_desk_transaction_state(desk), MADO_TRANSACTION_COMMITTED);
    assert_int_equal(central_desk_count(desk, MADO_CERTIFICATE_LIVE), n_certificates);
    assert_int_equal(card->life, MADO_LIFE_ACTIVE);
    assert_true(card->has_committed);
    assert_memory_equal(card->committed, desk->header.transaction, MADO_TRANSACTION_LEN);
}

void
central_desk_assert_undone(CentralDesk *desk)
{
    const MadoCardState *card = mado_card_peek_state(desk->card.card);

    assert_int_equal(desk->reply->next, MADO_NEXT_ABORTED);
    assert_int_equal(central_desk_request_state(desk), MADO_REQUEST_SET_UP);
    assert_int_equal(central_desk_count(desk, MADO_CERTIFICATE_HELD), 0);
    assert_int_equal(central_desk_count(desk, MADO_CERTIFICATE_LIVE), 0);
    assert_int_equal(card->life, MADO_LIFE_PREPARED);
    assert_int_equal(card->phase, MADO_PHASE_IDLE);
}
