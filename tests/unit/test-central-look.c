/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks at the queue as the centre answers them: what is found, who may, and what is noted. */
#include "config.h"

#include "central/directory.h"
#include "central/import.h"
#include "central/look.h"
#include "common/digits.h"
#include "madoguchi/limits.h"
#include "tests/support/central-desk.h"
#include "tests/support/test-error.h"

#include <string.h>

#define HEADER                                                                                 \
    "request_id,number,name,kana,birth,sex,address,reserved,queue_number,procedure,alerts\n"

/* A request of one's own, known by its number alone. */
static void
import_more(CentralDesk *desk, const char *rows)
{
    MadoImport import = {.store = desk->store,
                         .vault = desk->keys->vault,
                         .municipality = "99999",
                         .today = {2026, 11, 23}};
    g_autofree char *table = g_strconcat(HEADER, rows, NULL);
    g_autoptr(MadoImportReport) report = mado_import_run(&import, table, strlen(table), NULL);

    assert_non_null(report);
    if (report->faults->len > 0)
        fail_msg("%s", (const char *)g_ptr_array_index(report->faults, 0));
}

static int
set_up(void **state)
{
    CentralDesk *desk;

    central_desk_set_up(state);
    desk = *state;
    import_more(desk,
                "Q-1,111111111118,山﨑　花子,ヤマザキ　ハナコ,19850714,2,架空県,"
                "2030-01-02 10:30,24,issue,restricted guardian\n"
                "Q-2,222222222225,山崎　華子,ヤマサキ　ハナコ,19850714,2,架空県,"
                "2030-01-02 09:00,30,,\n"
                "Q-3,333333333332,大野　一郎,オオノ　イチロウ,19500301,1,架空県,"
                "2030-01-02,,,\n"
                "Q-4,444444444440,小野　上子,オノ　ウエコ,19500301,2,架空県,,,prepare,\n");
    return 0;
}

/* ---- making looks ---- */

typedef struct {
    MadoBodyQuery query;
    MadoDecision decision;
    MadoMessageHeader header;
    gboolean is_changed; /* the query, after it was signed */
} Look;

static void
init(Look *look, MadoLookKind kind, MadoLookPurpose purpose)
{
    memset(look, 0, sizeof *look);
    mado_body_query_init(&look->query, kind, purpose);
    mado_message_header_init(&look->header, MADO_MESSAGE_DIRECTORY, MADO_REALM_CODE_TRAINING,
                             "D001");
    memcpy(look->header.transaction, look->query.look, sizeof look->query.look);
    look->decision = (MadoDecision){.realm = MADO_REALM_CODE_TRAINING,
                                    .terminal = "D001",
                                    .kind = MADO_DECISION_LOOK,
                                    .operator_id = "CLERK-1",
                                    .time_ms = look->header.time_ms,
                                    .request_id = "-"};
    memcpy(look->decision.transaction, look->query.look, sizeof look->query.look);
}

/* (transfer full): the message, and its key. */
static GBytes *
seal(CentralDesk *desk, Look *look, char **ret_key)
{
    g_autoptr(MadoSecret) query = mado_body_query_format(&look->query, NULL);
    g_autoptr(MadoSecret) body = NULL;
    g_autoptr(MadoSecret) plain = NULL;
    MadoBodyDecision decision;

    assert_non_null(query);
    mado_body_query_hash(mado_secret_peek(query), mado_secret_len(query),
                         look->decision.detail);
    if (look->is_changed)
        look->decision.detail[0] = look->decision.detail[0] == '0' ? '1' : '0';
    decision.bytes = mado_decision_format(&look->decision, NULL);
    decision.signature = mado_decision_sign(desk->operator_key, decision.bytes, NULL);
    body =
        mado_body_query_wrap(mado_secret_peek(query), mado_secret_len(query), &decision, NULL);
    mado_body_parts_clear_decisions(&decision, 1);
    plain =
        mado_message_format(&look->header, mado_secret_peek(body), mado_secret_len(body), NULL);
    assert_non_null(plain);
    *ret_key = mado_message_id_to_hex(look->header.nonce);
    return mado_envelope_seal(desk->identity, desk->peer, plain, NULL);
}

static MadoBodyDirectory *
open_answer(CentralDesk *desk, const Look *look)
{
    g_autoptr(MadoSecret) plain =
        mado_envelope_open(desk->identity, desk->peer, desk->answer, NULL, NULL);
    MadoMessageHeader header;
    const guint8 *body;
    gsize len;

    assert_non_null(plain);
    assert_true(mado_message_parse(plain, &header, &body, &len, NULL));
    assert_int_equal(header.type, MADO_MESSAGE_DIRECTORY_ROWS);
    assert_memory_equal(header.transaction, look->query.look, sizeof look->query.look);
    return mado_body_directory_parse(body, len, NULL);
}

/* (transfer full). */
static MadoBodyDirectory *
ask(CentralDesk *desk, Look *look)
{
    g_autofree char *key = NULL;
    g_autoptr(GBytes) message = seal(desk, look, &key);

    assert_int_equal(central_desk_post(desk, MADO_SERVICE_DIRECTORY, key, message), 200);
    return open_answer(desk, look);
}

static void
assert_refused(CentralDesk *desk, Look *look, const char *slug)
{
    g_autofree char *key = NULL;
    g_autoptr(GBytes) message = seal(desk, look, &key);
    g_autofree char *wanted = g_strconcat("urn:madoguchi:problem:", slug, "\"", NULL);
    gsize len;

    assert_int_not_equal(central_desk_post(desk, MADO_SERVICE_DIRECTORY, key, message), 200);
    if (g_strstr_len(g_bytes_get_data(desk->answer, &len), -1, wanted) == NULL)
        fail_msg("not %s: %.*s", slug, (int)g_bytes_get_size(desk->answer),
                 (const char *)g_bytes_get_data(desk->answer, NULL));
}

/* The ids of the rows, in order, each with a space behind it. */
static char *
ids_of(const MadoBodyDirectory *directory)
{
    GString *ids = g_string_new(NULL);

    assert_non_null(directory);
    for (guint i = 0; i < directory->rows->len; i++)
        g_string_append_printf(
            ids, "%s ", ((MadoBodyRow *)g_ptr_array_index(directory->rows, i))->request_id);
    return g_string_free(ids, FALSE);
}

static void
assert_found(CentralDesk *desk, const char *reading, const char *birth, const char *wanted)
{
    g_autoptr(MadoBodyDirectory) directory = NULL;
    g_autofree char *ids = NULL;
    Look look;

    init(&look, MADO_LOOK_SEARCH, MADO_PURPOSE_COUNTER);
    g_strlcpy(look.query.reading, reading, sizeof look.query.reading);
    g_strlcpy(look.query.birth, birth, sizeof look.query.birth);
    directory = ask(desk, &look);
    ids = ids_of(directory);
    assert_string_equal(ids, wanted);
}

/* ---- what is found ---- */

static void
a_day_comes_in_the_order_of_its_queue(void **state)
{
    g_autoptr(MadoBodyDirectory) directory = NULL;
    g_autofree char *ids = NULL;
    const MadoBodyRow *row;
    Look look;

    init(&look, MADO_LOOK_DAY, MADO_PURPOSE_PREPARE);
    g_strlcpy(look.query.day, "20300102", sizeof look.query.day);
    directory = ask(*state, &look);
    ids = ids_of(directory);
    assert_string_equal(ids, "Q-2 Q-1 Q-3 ");
    assert_string_equal(directory->day, "20300102");
    row = g_ptr_array_index(directory->rows, 1);
    assert_string_equal(row->name, "山﨑　花子");
    assert_string_equal(row->reserved_time, "1030");
    assert_int_equal(row->number, 24);
    assert_int_equal(row->alerts, MADO_ALERT_RESTRICTED | MADO_ALERT_GUARDIAN);
    assert_int_equal(row->procedure, MADO_PROCEDURE_ISSUE);
    assert_int_equal(row->state, MADO_REQUEST_READY);
    assert_int_equal(row->transaction, 0);
}

static void
today_shows_a_visit_that_is_not_over(void **state)
{
    CentralDesk *desk = *state;
    g_autoptr(MadoBodyDirectory) before = NULL;
    g_autoptr(MadoBodyDirectory) directory = NULL;
    const MadoBodyRow *row;
    Look look;

    central_desk_new_card(desk, MADO_SLOT_AUTH);
    init(&look, MADO_LOOK_DAY, MADO_PURPOSE_COUNTER);
    before = ask(desk, &look);
    assert_int_equal(before->rows->len, 0);
    assert_true(central_desk_lookup(desk, MADO_PROCEDURE_PREPARE, MADO_DECISION_OPEN, FALSE));
    init(&look, MADO_LOOK_DAY, MADO_PURPOSE_COUNTER);
    directory = ask(desk, &look);
    assert_int_equal(directory->rows->len, 1);
    row = g_ptr_array_index(directory->rows, 0);
    assert_string_equal(row->request_id, desk->request_id);
    assert_int_equal(row->transaction, MADO_TRANSACTION_PREPARED);
    assert_string_equal(row->terminal, "D001");
    assert_true(row->since_ms > 0);
    assert_int_equal(row->procedure, MADO_PROCEDURE_PREPARE);
}

static void
readings_and_births_find(void **state)
{
    CentralDesk *desk = *state;

    assert_found(desk, "やま", "", "Q-2 Q-1 ");
    assert_found(desk, "ヤマザキハナコ", "", "Q-2 Q-1 ");
    assert_found(desk, "ヤマザキハナエ", "", "");       /* longer than the keys that are kept */
    assert_found(desk, "はな", "19850714", "Q-2 Q-1 "); /* a given name */
    assert_found(desk, "うえこ", "", "Q-4 ");
    assert_found(desk, "", "19500301", "Q-3 Q-4 ");
    assert_found(desk, "オーノ", "19500301", "Q-3 ");
    assert_found(desk, "オ", "19500301", "Q-3 Q-4 "); /* too short to choose, not to compare */
    assert_found(desk, "ヤマ", "19500301", "");
    assert_found(desk, "", "19500302", "");
}

static void
one_character_does_not_search(void **state)
{
    Look look;

    init(&look, MADO_LOOK_SEARCH, MADO_PURPOSE_COUNTER);
    g_strlcpy(look.query.reading, "ヤ", sizeof look.query.reading);
    assert_refused(*state, &look, "bad-message");
}

static void
rows_beyond_the_limit_are_said_and_had_with_skip(void **state)
{
    CentralDesk *desk = *state;
    g_autoptr(GString) rows = g_string_new(NULL);
    g_autoptr(MadoBodyDirectory) first = NULL;
    g_autoptr(MadoBodyDirectory) rest = NULL;
    g_autofree char *ids = NULL;
    Look look;

    for (guint i = 0; i <= MADO_LIMIT_LOOK_ROWS; i++) {
        g_autofree char *digits = g_strdup_printf("9990001%04u", i);
        char check;

        assert_true(mado_digits_check_digit(digits, 11, &check));
        g_string_append_printf(rows,
                               "M-%03u,%s%c,多数　太郎,タスウ　タロウ,19700101,1,架空県,,,,\n",
                               i, digits, check);
    }
    import_more(desk, rows->str);
    init(&look, MADO_LOOK_SEARCH, MADO_PURPOSE_COUNTER);
    g_strlcpy(look.query.reading, "タスウ", sizeof look.query.reading);
    first = ask(desk, &look);
    assert_int_equal(first->rows->len, MADO_LIMIT_LOOK_ROWS);
    assert_true(first->more);
    init(&look, MADO_LOOK_SEARCH, MADO_PURPOSE_COUNTER);
    g_strlcpy(look.query.reading, "タスウ", sizeof look.query.reading);
    look.query.skip = MADO_LIMIT_LOOK_ROWS;
    rest = ask(desk, &look);
    ids = ids_of(rest);
    assert_string_equal(ids, "M-200 ");
    assert_false(rest->more);
}

/* ---- who may ---- */

static void
what_was_not_signed_is_refused(void **state)
{
    CentralDesk *desk = *state;
    Look look;

    init(&look, MADO_LOOK_DAY, MADO_PURPOSE_COUNTER);
    look.is_changed = TRUE;
    assert_refused(desk, &look, "operator");
    init(&look, MADO_LOOK_DAY, MADO_PURPOSE_COUNTER);
    look.decision.kind = MADO_DECISION_OPEN;
    assert_refused(desk, &look, "operator");
    init(&look, MADO_LOOK_DAY, MADO_PURPOSE_COUNTER);
    g_strlcpy(look.decision.terminal, "D002", sizeof look.decision.terminal);
    assert_refused(desk, &look, "operator");
    init(&look, MADO_LOOK_DAY, MADO_PURPOSE_COUNTER);
    g_strlcpy(look.decision.operator_id, "CLERK-2", sizeof look.decision.operator_id);
    assert_refused(desk, &look, "operator");
    init(&look, MADO_LOOK_DAY, MADO_PURPOSE_COUNTER);
    look.decision.time_ms -= (MADO_LIMIT_SKEW_WARN_S + 2) * 1000;
    assert_refused(desk, &look, "operator");
    init(&look, MADO_LOOK_DAY, MADO_PURPOSE_COUNTER);
    look.header.transaction[0] ^= 1;
    assert_refused(desk, &look, "bad-message");
    init(&look, MADO_LOOK_DAY, MADO_PURPOSE_COUNTER);
    look.header.realm = MADO_REALM_CODE_PRODUCTION;
    assert_refused(desk, &look, "realm");
}

static void
set_roles(CentralDesk *desk, guint8 roles, gboolean is_revoked)
{
    MadoStore *store = desk->store;
    g_autoptr(MadoOperatorRecord) record = store->ops->get_operator(store, "CLERK-1", NULL);

    record->roles = roles;
    record->is_revoked = is_revoked;
    assert_true(store->ops->begin(store, NULL));
    assert_true(store->ops->put_operator(store, record, NULL));
    assert_true(store->ops->commit(store, NULL));
}

static void
a_purpose_needs_its_role(void **state)
{
    CentralDesk *desk = *state;
    g_autoptr(MadoBodyDirectory) directory = NULL;
    Look look;

    set_roles(desk, MADO_ROLE_CLERK, FALSE);
    init(&look, MADO_LOOK_DAY, MADO_PURPOSE_AUDIT);
    assert_refused(desk, &look, "operator");
    set_roles(desk, MADO_ROLE_AUDITOR, FALSE);
    init(&look, MADO_LOOK_DAY, MADO_PURPOSE_COUNTER);
    assert_refused(desk, &look, "operator");
    init(&look, MADO_LOOK_DAY, MADO_PURPOSE_AUDIT);
    directory = ask(desk, &look);
    assert_non_null(directory);
    set_roles(desk, MADO_ROLE_CLERK, TRUE);
    init(&look, MADO_LOOK_DAY, MADO_PURPOSE_COUNTER);
    assert_refused(desk, &look, "operator");
    set_roles(desk, MADO_ROLE_CLERK, FALSE);
}

static void
a_decision_looks_once(void **state)
{
    CentralDesk *desk = *state;
    g_autoptr(MadoBodyDirectory) directory = NULL;
    Look look;

    init(&look, MADO_LOOK_DAY, MADO_PURPOSE_COUNTER);
    directory = ask(desk, &look);
    look.header.nonce[0] ^= 1;
    assert_refused(desk, &look, "operator");
}

static void
the_same_message_is_answered_again_under_one_note(void **state)
{
    CentralDesk *desk = *state;
    g_autofree char *key = NULL;
    g_autoptr(GBytes) message = NULL;
    g_autoptr(GBytes) other = NULL;
    g_autoptr(MadoBodyDirectory) again = NULL;
    g_autofree char *other_key = NULL;
    Look look;

    init(&look, MADO_LOOK_DAY, MADO_PURPOSE_COUNTER);
    message = seal(desk, &look, &key);
    assert_int_equal(central_desk_post(desk, MADO_SERVICE_DIRECTORY, key, message), 200);
    assert_int_equal(central_desk_post(desk, MADO_SERVICE_DIRECTORY, key, message), 200);
    again = open_answer(desk, &look);
    assert_non_null(again);
    other = seal(desk, &look, &other_key); /* other random numbers of the envelope */
    assert_int_equal(central_desk_post(desk, MADO_SERVICE_DIRECTORY, key, other), 422);
}

static void
a_visit_does_not_go_through_this_door(void **state)
{
    CentralDesk *desk = *state;
    g_autofree char *key = NULL;
    g_autoptr(GBytes) message = NULL;
    Look look;

    init(&look, MADO_LOOK_DAY, MADO_PURPOSE_COUNTER);
    message = seal(desk, &look, &key);
    assert_int_equal(central_desk_post(desk, MADO_SERVICE_VISIT, key, message), 400);
}

/* ---- what is noted ---- */

typedef struct {
    guint n;
    guint n_shown;
    MadoLookPurpose purpose;
    char operator_id[33];
} Notes;

static gboolean
take_note(gconstpointer item, gpointer user_data)
{
    const MadoLookRecord *record = item;
    Notes *notes = user_data;

    notes->n++;
    notes->n_shown = record->n_shown;
    notes->purpose = record->purpose;
    g_strlcpy(notes->operator_id, record->operator_id, sizeof notes->operator_id);
    return TRUE;
}

static Notes
read_notes(CentralDesk *desk, const char *request_id)
{
    Notes notes = {0};

    assert_true(desk->store->ops->list_looks(desk->store, request_id, take_note, &notes, NULL));
    return notes;
}

static void
every_look_is_noted_with_what_it_showed(void **state)
{
    CentralDesk *desk = *state;
    guint before = read_notes(desk, NULL).n;
    guint at_one = read_notes(desk, "Q-4").n;
    g_autoptr(MadoBodyDirectory) directory = NULL;
    Notes notes;
    Look look;

    init(&look, MADO_LOOK_SEARCH, MADO_PURPOSE_CONTACT);
    g_strlcpy(look.query.request_id, "Q-4", sizeof look.query.request_id);
    directory = ask(desk, &look);
    assert_int_equal(read_notes(desk, NULL).n, before + 1);
    notes = read_notes(desk, "Q-4");
    assert_int_equal(notes.n, at_one + 1);
    assert_int_equal(notes.n_shown, 1);
    assert_int_equal(notes.purpose, MADO_PURPOSE_CONTACT);
    assert_string_equal(notes.operator_id, "CLERK-1");
    look.is_changed = TRUE; /* refused: nothing was shown, nothing is noted */
    look.header.nonce[0] ^= 1;
    assert_refused(desk, &look, "operator");
    assert_int_equal(read_notes(desk, NULL).n, before + 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_comes_in_the_order_of_its_queue),
        cmocka_unit_test(today_shows_a_visit_that_is_not_over),
        cmocka_unit_test(readings_and_births_find),
        cmocka_unit_test(one_character_does_not_search),
        cmocka_unit_test(rows_beyond_the_limit_are_said_and_had_with_skip),
        cmocka_unit_test(what_was_not_signed_is_refused),
        cmocka_unit_test(a_purpose_needs_its_role),
        cmocka_unit_test(a_decision_looks_once),
        cmocka_unit_test(the_same_message_is_answered_again_under_one_note),
        cmocka_unit_test(a_visit_does_not_go_through_this_door),
        cmocka_unit_test(every_look_is_noted_with_what_it_showed),
    };

    return cmocka_run_group_tests(tests, set_up, central_desk_tear_down);
}
