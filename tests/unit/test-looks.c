/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The daemon's part of a look: what it seals, what it lets through, and to whom. */
#include "config.h"

#include "common/body-directory.h"
#include "common/body-query.h"
#include "common/decision.h"
#include "daemon/looks.h"
#include "daemon/sealed.h"
#include "tests/support/test-error.h"
#include "tests/support/visit-centre.h"

#include <madoguchi/limits.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    VisitCentre *centre;
    MadoLooks *looks;
} Fixture;

static int
set_up(void **state)
{
    Fixture *fixture = g_new0(Fixture, 1);

    fixture->centre = visit_centre_new();
    fixture->looks = mado_looks_new(&fixture->centre->desk);
    *state = fixture;
    return 0;
}

static int
tear_down(void **state)
{
    Fixture *fixture = *state;

    mado_looks_free(fixture->looks);
    visit_centre_free(fixture->centre);
    g_free(fixture);
    return 0;
}

/* The daemon does not know the operators: any bytes will do for a signature. */
static MadoBodyDecision
decide(const MadoBodyQuery *query, const MadoSecret *bytes, MadoDecisionKind kind)
{
    MadoDecision decision = {.realm = MADO_REALM_CODE_TRAINING,
                             .terminal = "D001",
                             .kind = kind,
                             .operator_id = "CLERK-1",
                             .time_ms = 1,
                             .request_id = "-"};

    memcpy(decision.transaction, query->look, sizeof decision.transaction);
    mado_body_query_hash(mado_secret_peek(bytes), mado_secret_len(bytes), decision.detail);
    return (MadoBodyDecision){mado_decision_format(&decision, NULL),
                              g_bytes_new_static("signature", 9)};
}

static gboolean
begin_with(Fixture *fixture,
           const char *owner,
           const MadoSecret *bytes,
           const MadoBodyDecision *decision,
           MadoLooksMessage *ret_message,
           GError **error)
{
    int fd = mado_sealed_new("query", mado_secret_peek(bytes), mado_secret_len(bytes), NULL);
    gboolean done;

    assert_true(fd >= 0);
    done = mado_looks_begin(fixture->looks, owner, fd, decision, ret_message, error);
    close(fd);
    return done;
}

static void
begin(Fixture *fixture, const char *owner, MadoLooksMessage *ret_message)
{
    g_auto(MadoBodyQuery) query = {0};
    g_autoptr(MadoSecret) bytes = NULL;
    g_autoptr(GError) error = NULL;
    MadoBodyDecision decision;

    mado_body_query_init(&query, MADO_LOOK_DAY, MADO_PURPOSE_COUNTER);
    bytes = mado_body_query_format(&query, NULL);
    decision = decide(&query, bytes, MADO_DECISION_LOOK);
    (void)begin_with(fixture, owner, bytes, &decision, ret_message, &error);
    assert_no_mado_error(error);
    mado_body_parts_clear_decisions(&decision, 1);
}

/* What the centre makes of a message: its header, and the answer to it with these changes. */
typedef struct {
    MadoRealmCode realm;
    MadoMessageType type;
    const char *terminal;
    gboolean other_look;
    gboolean other_message;
    const char *body; /* instead of one row */
} Twist;

static const Twist honest = {
    MADO_REALM_CODE_TRAINING, MADO_MESSAGE_DIRECTORY_ROWS, "D001", FALSE, FALSE, NULL};

static MadoSecret *
make_rows(void)
{
    g_autoptr(MadoBodyDirectory) directory = mado_body_directory_new();
    MadoBodyRow *row = mado_body_directory_new_row();

    g_strlcpy(directory->day, "20261123", sizeof directory->day);
    g_strlcpy(row->request_id, "R-1", sizeof row->request_id);
    g_strlcpy(row->name, "試験　花子", sizeof row->name);
    g_strlcpy(row->kana, "シケン　ハナコ", sizeof row->kana);
    g_strlcpy(row->birth, "19900401", sizeof row->birth);
    row->procedure = MADO_PROCEDURE_ISSUE;
    row->state = MADO_REQUEST_SET_UP;
    g_ptr_array_add(directory->rows, row);
    return mado_body_directory_format(directory, NULL);
}

static void
open_message(Fixture *fixture, GBytes *message, MadoMessageHeader *ret_header)
{
    g_autoptr(MadoSecret) plain = mado_envelope_open(
        fixture->centre->identity, fixture->centre->desk_peer, message, NULL, NULL);
    g_autoptr(MadoSecret) query = NULL;
    MadoBodyDecision decision;
    const guint8 *body;
    gsize len;

    assert_non_null(plain);
    assert_true(mado_message_parse(plain, ret_header, &body, &len, NULL));
    assert_int_equal(ret_header->type, MADO_MESSAGE_DIRECTORY);
    assert_true(mado_body_query_unwrap(body, len, &query, &decision, NULL));
    mado_body_parts_clear_decisions(&decision, 1);
}

static GBytes *
answer(Fixture *fixture, GBytes *message, const Twist *twist)
{
    g_autoptr(MadoSecret) rows = make_rows();
    g_autoptr(MadoSecret) plain = NULL;
    const guint8 *body =
        twist->body != NULL ? (const guint8 *)twist->body : mado_secret_peek(rows);
    gsize len = twist->body != NULL ? strlen(twist->body) : mado_secret_len(rows);
    MadoMessageHeader asked;
    MadoMessageHeader header;

    open_message(fixture, message, &asked);
    mado_message_header_init(&header, twist->type, twist->realm, twist->terminal);
    memcpy(header.transaction, asked.transaction, sizeof header.transaction);
    header.transaction[0] ^= twist->other_look ? 1 : 0;
    header.has_request_hash = TRUE;
    mado_envelope_sha256(g_bytes_get_data(message, NULL), g_bytes_get_size(message),
                         header.request_hash);
    header.request_hash[0] ^= twist->other_message ? 1 : 0;
    plain = mado_message_format(&header, body, len, NULL);
    assert_non_null(plain);
    return mado_envelope_seal(fixture->centre->identity, fixture->centre->desk_peer, plain,
                              NULL);
}

static void
rows_reach_the_client_that_looked(void **state)
{
    Fixture *fixture = *state;
    g_auto(MadoLooksMessage) message = {0};
    g_autoptr(GBytes) reply = NULL;
    g_autoptr(MadoSecret) rows = NULL;
    g_autoptr(MadoBodyDirectory) directory = NULL;
    const MadoBodyRow *row;

    begin(fixture, ":1.1", &message);
    assert_string_equal(message.endpoint, "/v1/terminals/D001/directory");
    assert_int_equal(strlen(message.key), 32);
    reply = answer(fixture, message.body, &honest);
    rows = mado_looks_finish(fixture->looks, ":1.1", message.key, reply, NULL);
    assert_non_null(rows);
    directory = mado_body_directory_parse(mado_secret_peek(rows), mado_secret_len(rows), NULL);
    assert_non_null(directory);
    row = g_ptr_array_index(directory->rows, 0);
    assert_string_equal(row->name, "試験　花子");
}

static void
assert_lost(Fixture *fixture, const char *owner, const char *key, GBytes *reply)
{
    g_autoptr(GError) error = NULL;

    assert_null(mado_looks_finish(fixture->looks, owner, key, reply, &error));
    assert_mado_error(error, MADO_ERROR_NOT_FOUND);
}

static void
another_client_does_not_get_them(void **state)
{
    Fixture *fixture = *state;
    g_auto(MadoLooksMessage) message = {0};
    g_autoptr(GBytes) reply = NULL;
    g_autoptr(MadoSecret) rows = NULL;

    begin(fixture, ":1.1", &message);
    reply = answer(fixture, message.body, &honest);
    assert_lost(fixture, ":1.2", message.key, reply);
    rows = mado_looks_finish(fixture->looks, ":1.1", message.key, reply, NULL);
    assert_non_null(rows);
}

static void
a_look_is_answered_once(void **state)
{
    Fixture *fixture = *state;
    g_auto(MadoLooksMessage) message = {0};
    g_autoptr(GBytes) reply = NULL;
    g_autoptr(MadoSecret) rows = NULL;

    begin(fixture, ":1.1", &message);
    reply = answer(fixture, message.body, &honest);
    rows = mado_looks_finish(fixture->looks, ":1.1", message.key, reply, NULL);
    assert_non_null(rows);
    assert_lost(fixture, ":1.1", message.key, reply);
}

static void
an_old_look_is_over(void **state)
{
    Fixture *fixture = *state;
    g_auto(MadoLooksMessage) message = {0};
    g_autoptr(GBytes) reply = NULL;

    begin(fixture, ":1.1", &message);
    reply = answer(fixture, message.body, &honest);
    fixture->centre->now_ms += MADO_LIMIT_LOOK_AGE_MS + 1;
    assert_lost(fixture, ":1.1", message.key, reply);
}

static void
too_many_looks_cost_the_client_its_own_oldest(void **state)
{
    Fixture *fixture = *state;
    g_auto(MadoLooksMessage) first = {0};
    g_auto(MadoLooksMessage) others = {0};
    g_autoptr(GBytes) first_reply = NULL;
    g_autoptr(GBytes) other_reply = NULL;
    g_autoptr(MadoSecret) rows = NULL;

    begin(fixture, ":1.2", &others);
    begin(fixture, ":1.1", &first);
    for (guint i = 0; i < MADO_LOOKS_MAX; i++) {
        g_auto(MadoLooksMessage) message = {0};

        begin(fixture, ":1.1", &message);
    }
    first_reply = answer(fixture, first.body, &honest);
    other_reply = answer(fixture, others.body, &honest);
    assert_lost(fixture, ":1.1", first.key, first_reply);
    rows = mado_looks_finish(fixture->looks, ":1.2", others.key, other_reply, NULL);
    assert_non_null(rows);
}

static void
answers_that_are_not_to_this_look_are_refused(void **state)
{
    static const struct {
        Twist twist;
        MadoErrorCode code;
    } bad[] = {
        {{MADO_REALM_CODE_PRODUCTION, MADO_MESSAGE_DIRECTORY_ROWS, "D001", FALSE, FALSE, NULL},
         MADO_ERROR_REALM},
        {{MADO_REALM_CODE_TRAINING, MADO_MESSAGE_REPLY, "D001", FALSE, FALSE, NULL},
         MADO_ERROR_CENTRE_ANSWER},
        {{MADO_REALM_CODE_TRAINING, MADO_MESSAGE_DIRECTORY_ROWS, "D002", FALSE, FALSE, NULL},
         MADO_ERROR_CENTRE_ANSWER},
        {{MADO_REALM_CODE_TRAINING, MADO_MESSAGE_DIRECTORY_ROWS, "D001", TRUE, FALSE, NULL},
         MADO_ERROR_CENTRE_ANSWER},
        {{MADO_REALM_CODE_TRAINING, MADO_MESSAGE_DIRECTORY_ROWS, "D001", FALSE, TRUE, NULL},
         MADO_ERROR_CENTRE_ANSWER},
        {{MADO_REALM_CODE_TRAINING, MADO_MESSAGE_DIRECTORY_ROWS, "D001", FALSE, FALSE, "\xC0"},
         MADO_ERROR_CENTRE_ANSWER},
    };
    Fixture *fixture = *state;

    for (gsize i = 0; i < MADO_N_ELEMENTS(bad); i++) {
        g_auto(MadoLooksMessage) message = {0};
        g_autoptr(GBytes) reply = NULL;
        g_autoptr(GError) error = NULL;

        begin(fixture, ":1.1", &message);
        reply = answer(fixture, message.body, &bad[i].twist);
        assert_null(mado_looks_finish(fixture->looks, ":1.1", message.key, reply, &error));
        assert_mado_error(error, bad[i].code);
    }
}

static void
a_decision_about_something_else_is_refused(void **state)
{
    Fixture *fixture = *state;
    g_auto(MadoBodyQuery) query = {0};
    g_auto(MadoBodyQuery) other = {0};
    g_autoptr(MadoSecret) bytes = NULL;
    g_autoptr(MadoSecret) other_bytes = NULL;

    mado_body_query_init(&query, MADO_LOOK_DAY, MADO_PURPOSE_COUNTER);
    mado_body_query_init(&other, MADO_LOOK_DAY, MADO_PURPOSE_COUNTER);
    bytes = mado_body_query_format(&query, NULL);
    other_bytes = mado_body_query_format(&other, NULL);
    for (guint i = 0; i < 3; i++) {
        MadoBodyDecision decision = i == 0   ? decide(&query, bytes, MADO_DECISION_OPEN)
                                    : i == 1 ? decide(&query, other_bytes, MADO_DECISION_LOOK)
                                             : decide(&other, bytes, MADO_DECISION_LOOK);
        g_auto(MadoLooksMessage) message = {0};
        g_autoptr(GError) error = NULL;

        assert_false(begin_with(fixture, ":1.1", bytes, &decision, &message, &error));
        assert_mado_error(error, MADO_ERROR_OPERATOR);
        assert_null(message.body);
        mado_body_parts_clear_decisions(&decision, 1);
    }
}

static void
a_query_that_could_still_change_is_refused(void **state)
{
    Fixture *fixture = *state;
    g_auto(MadoLooksMessage) message = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) none = g_bytes_new_static("x", 1);
    const MadoBodyDecision decision = {none, none};
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    assert_false(
        mado_looks_begin(fixture->looks, ":1.1", ends[0], &decision, &message, &error));
    assert_mado_error(error, MADO_ERROR_BAD_ARGUMENT);
    close(ends[0]);
    close(ends[1]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rows_reach_the_client_that_looked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(another_client_does_not_get_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_look_is_answered_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_old_look_is_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(too_many_looks_cost_the_client_its_own_oldest, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(answers_that_are_not_to_this_look_are_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_decision_about_something_else_is_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_query_that_could_still_change_is_refused, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
