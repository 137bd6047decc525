/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The card over a scripted transport: exchange, selection, files, PINs. */
#include "config.h"

#include "daemon/card/common-juki.h"
#include "daemon/card/file.h"
#include "daemon/card/isd.h"
#include "daemon/card/jpki.h"
#include "daemon/card/pin.h"
#include "tests/support/test-error.h"

#include <string.h>

#define MAX_STEPS 16

/* What must be sent, and what is answered: hexadecimal, spaces allowed. NULL answer: mute. */
typedef struct {
    const char *command;
    const char *answer;
} Step;

typedef struct {
    MadoTransport parent;
    const Step *steps;
    guint n_steps;
    guint at;
    guint n_opened;
    gboolean is_open;
} Script;

typedef struct {
    Script *script;
    MadoInterrupt *interrupt;
    MadoCard *card;
} Scene;

static void
append_hex(GByteArray *bytes, const char *hex)
{
    for (; *hex != '\0'; hex++) {
        guint8 byte;

        if (*hex == ' ')
            continue;
        byte = (guint8)(g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1]));
        g_byte_array_append(bytes, &byte, 1);
        hex++;
    }
}

static gboolean
script_open(MadoTransport *transport, const char *reader, GError **error)
{
    Script *self = (Script *)transport;

    self->is_open = TRUE;
    self->n_opened++;
    return TRUE;
}

static gboolean
script_exchange(MadoTransport *transport,
                const MadoSecret *command,
                MadoSecret *response,
                GError **error)
{
    Script *self = (Script *)transport;
    g_autoptr(GByteArray) expected = g_byte_array_new();
    g_autoptr(GByteArray) answer = g_byte_array_new();

    assert_true(self->is_open);
    if (self->at >= self->n_steps)
        fail_msg("one command too many: ins %02X", mado_secret_peek(command)[1]);
    append_hex(expected, self->steps[self->at].command);
    assert_int_equal(mado_secret_len(command), expected->len);
    assert_memory_equal(mado_secret_peek(command), expected->data, expected->len);
    if (self->steps[self->at].answer == NULL) {
        self->at++;
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CARD_MUTE, "mute");
        return FALSE;
    }
    append_hex(answer, self->steps[self->at++].answer);
    mado_secret_set_len(response, 0);
    return mado_secret_append(response, answer->data, answer->len);
}

static void
script_close(MadoTransport *transport)
{
    Script *self = (Script *)transport;

    self->is_open = FALSE;
}

static void
script_free(MadoTransport *transport)
{
}

static const MadoTransportOps script_ops = {
    .name = "script",
    .open = script_open,
    .exchange = script_exchange,
    .close = script_close,
    .free = script_free,
};

static void
scene_start(Scene *scene, Script *script)
{
    script->parent.ops = &script_ops;
    scene->script = script;
    scene->interrupt = mado_interrupt_new();
    scene->card = mado_card_new("Reader", &script->parent, scene->interrupt);
    assert_true(mado_card_power_on(scene->card, NULL));
}

/* Every step was taken. */
static void
scene_end(Scene *scene)
{
    assert_int_equal(scene->script->at, scene->script->n_steps);
    mado_card_free(scene->card);
    mado_interrupt_unref(scene->interrupt);
}

#define START(scene, ...)                                                                      \
    Scene scene;                                                                               \
    const Step scene##_steps[] = {__VA_ARGS__};                                                \
    Script scene##_script = {.steps = scene##_steps,                                           \
                             .n_steps = MADO_N_ELEMENTS(scene##_steps)};                       \
    scene_start(&scene, &scene##_script)

#define SELECT_JPKI   "00A4040C 0A D392F000260100000001"
#define SELECT_TEXT   "00A4040C 0A D3921000310001010408"
#define SELECT_COMMON "00A4040C 0A D3921000310001010100"
#define SELECT_JUKI   "00A4040C 0A D3921000310001010401"
#define SELECT_ISD    "00A4040C 07 A0000001510000"

/* ---- exchange ---- */

static void
an_application_is_selected_once(void **state)
{
    START(scene, {SELECT_JPKI, "9000"});
    assert_true(mado_card_select(scene.card, MADO_AP_JPKI, NULL));
    assert_true(mado_card_select(scene.card, MADO_AP_JPKI, NULL));
    scene_end(&scene);
}

static void
the_first_command_is_repeated_after_6F00_and_no_other(void **state)
{
    g_autoptr(GError) error = NULL;

    START(scene, {SELECT_JPKI, "6F00"}, {SELECT_JPKI, "9000"}, {SELECT_TEXT, "6F00"});
    assert_true(mado_card_select(scene.card, MADO_AP_JPKI, NULL));
    assert_false(mado_card_select(scene.card, MADO_AP_TEXT, &error));
    assert_mado_error(error, MADO_ERROR_CARD_REFUSED);
    scene_end(&scene);
}

static void
an_application_that_is_not_there_makes_the_card_unknown(void **state)
{
    g_autoptr(GError) error = NULL;

    START(scene, {SELECT_JPKI, "6A82"});
    assert_false(mado_card_select(scene.card, MADO_AP_JPKI, &error));
    assert_mado_error(error, MADO_ERROR_CARD_UNKNOWN);
    scene_end(&scene);
}

static void
pieces_announced_by_61xx_are_put_together(void **state)
{
    const MadoCommand command = {.ins = 0xCA, .p1 = 0xDF, .p2 = 0x70, .ne = 256};
    MadoResponse response;

    START(scene, {"00CADF70 00", "0102 6102"}, {"00C00000 02", "0304 6101"},
          {"00C00000 01", "05 9000"});
    assert_true(mado_card_exchange(scene.card, &command, &response, NULL));
    assert_int_equal(response.sw, 0x9000);
    assert_int_equal(response.data_len, 5);
    assert_memory_equal(response.data, "\1\2\3\4\5", 5);
    scene_end(&scene);
}

static void
a_told_length_is_obeyed_once(void **state)
{
    const MadoCommand command = {.ins = 0xB0, .ne = 256};
    MadoResponse response;

    START(scene, {"00B00000 00", "6C03"}, {"00B00000 03", "6C03"});
    assert_true(mado_card_exchange(scene.card, &command, &response, NULL));
    assert_int_equal(response.sw, 0x6C03);
    scene_end(&scene);
}

/* A card that lies about a length would have a PIN sent, and counted, once more. */
static void
what_asked_for_nothing_is_not_repeated(void **state)
{
    static const guint8 value[] = {0x31, 0x32, 0x33, 0x34};
    const MadoCommand command = {
        .ins = 0x20, .p2 = 0x98, .data = value, .data_len = sizeof value};
    MadoResponse response;

    START(scene, {"00200098 04 31323334", "6C03"});
    assert_true(mado_card_exchange(scene.card, &command, &response, NULL));
    assert_int_equal(response.sw, 0x6C03);
    scene_end(&scene);
}

static void
under_secure_messaging_nothing_is_repeated(void **state)
{
    const MadoCommand command = {.cla = 0x84, .ins = 0xCA, .ne = 256};
    MadoResponse response;

    START(scene, {"84CA0000 00", "6C03"});
    assert_true(mado_card_exchange(scene.card, &command, &response, NULL));
    assert_int_equal(response.sw, 0x6C03);
    scene_end(&scene);
}

static Step endless[400];

static void
an_answer_without_end_ends(void **state)
{
    const MadoCommand command = {.ins = 0xCA, .ne = 256};
    g_autoptr(GError) error = NULL;
    MadoResponse response = {.sw = 0x1234};
    Script script = {.steps = endless, .n_steps = MADO_N_ELEMENTS(endless)};
    Scene scene;

    for (gsize i = 0; i < MADO_N_ELEMENTS(endless); i++)
        endless[i] = (Step){i == 0 ? "00CA0000 00" : "00C00000 01", "6101"};
    scene_start(&scene, &script);
    assert_false(mado_card_exchange(scene.card, &command, &response, &error));
    assert_mado_error(error, MADO_ERROR_CARD_DATA);
    assert_int_equal(response.sw, 0x1234);
    assert_false(mado_card_is_powered(scene.card));
    script.at = script.n_steps;
    scene_end(&scene);
}

static void
an_answer_without_status_word_powers_down(void **state)
{
    g_autoptr(GError) error = NULL;

    START(scene, {SELECT_JPKI, "90"});
    assert_false(mado_card_select(scene.card, MADO_AP_JPKI, &error));
    assert_mado_error(error, MADO_ERROR_CARD_MUTE);
    assert_false(mado_card_is_powered(scene.card));
    scene_end(&scene);
}

static void
an_interrupt_stops_before_the_next_command(void **state)
{
    g_autoptr(GError) error = NULL;

    START(scene, {SELECT_JPKI, "9000"});
    assert_true(mado_card_select(scene.card, MADO_AP_JPKI, NULL));
    mado_interrupt_raise(scene.interrupt, MADO_ERROR_CARD_REMOVED);
    mado_interrupt_raise(scene.interrupt, MADO_ERROR_CANCELLED);
    assert_false(mado_card_select(scene.card, MADO_AP_TEXT, &error));
    assert_mado_error(error, MADO_ERROR_CARD_REMOVED);
    scene_end(&scene);
}

static void
another_card_after_a_power_down_is_noticed(void **state)
{
    const guint8 id[MADO_CARD_ID_LEN] = "TEST000001";
    g_autoptr(GError) error = NULL;

    START(scene, {SELECT_ISD, "9000"}, {"00CA0045 00", "450A 54455354303030303032 9000"});
    mado_card_bind(scene.card, id);
    mado_card_power_off(scene.card);
    assert_false(mado_card_power_on(scene.card, &error));
    assert_mado_error(error, MADO_ERROR_CARD_CHANGED);
    assert_false(mado_card_is_powered(scene.card));
    scene_end(&scene);
}

/* ---- files ---- */

static void
a_file_is_read_in_one_command(void **state)
{
    g_autoptr(MadoSecret) file = NULL;

    START(scene, {SELECT_TEXT, "9000"}, {"00B08100 000000", "FF1001 31 FFFF 9000"});
    file = mado_file_read(scene.card, MADO_AP_TEXT, MADO_EF_TEXT_NUMBER, NULL);
    assert_non_null(file);
    assert_int_equal(mado_secret_len(file), 6);
    scene_end(&scene);
}

static void
after_a_refused_length_files_are_read_in_pieces(void **state)
{
    g_autofree char *first = NULL;
    g_autofree char *body = g_strnfill(2 * 251, '0');
    g_autoptr(MadoSecret) file = NULL;
    g_autoptr(MadoSecret) again = NULL;

    first = g_strconcat("FF20 82 0104", body, "9000", NULL); /* 5 + 260 + 2 bytes in all */
    START(scene, {SELECT_TEXT, "9000"}, {"00B08200 000000", "6700"}, {"00B08200 00", first},
          {"00A4020C 02 0002", "9000"}, {"00B00100 0B", "000000000000000000 FFFF 9000"},
          {"00B08300 00", "FF300100 9000"});
    file = mado_file_read(scene.card, MADO_AP_TEXT, MADO_EF_TEXT_ATTRIBUTES, NULL);
    assert_non_null(file);
    assert_int_equal(mado_secret_len(file), 267);
    again = mado_file_read(scene.card, MADO_AP_TEXT, MADO_EF_TEXT_SIGNATURE, NULL);
    assert_non_null(again);
    scene_end(&scene);
}

static void
a_reader_that_fails_at_extended_length_is_used_without(void **state)
{
    g_autoptr(MadoSecret) file = NULL;

    START(scene, {SELECT_TEXT, "9000"}, {"00B08400 000000", NULL}, {SELECT_TEXT, "9000"},
          {"00B08400 00", "7F210101 9000"});
    file = mado_file_read(scene.card, MADO_AP_TEXT, MADO_EF_TEXT_CVC, NULL);
    assert_non_null(file);
    assert_int_equal(scene.script->n_opened, 2);
    scene_end(&scene);
}

static void
a_failure_after_extended_length_worked_is_a_failure(void **state)
{
    g_autoptr(MadoSecret) file = NULL;
    g_autoptr(GError) error = NULL;

    START(scene, {SELECT_TEXT, "9000"}, {"00B08400 000000", "7F210101 9000"},
          {"00B08100 000000", NULL});
    file = mado_file_read(scene.card, MADO_AP_TEXT, MADO_EF_TEXT_CVC, NULL);
    assert_non_null(file);
    assert_null(mado_file_read(scene.card, MADO_AP_TEXT, MADO_EF_TEXT_NUMBER, &error));
    assert_mado_error(error, MADO_ERROR_CARD_MUTE);
    scene_end(&scene);
}

static void
a_file_that_may_not_be_read_is_refused(void **state)
{
    g_autoptr(GError) error = NULL;

    START(scene, {SELECT_TEXT, "9000"}, {"00B08100 000000", "6982"});
    assert_null(mado_file_read(scene.card, MADO_AP_TEXT, MADO_EF_TEXT_NUMBER, &error));
    assert_mado_error(error, MADO_ERROR_CARD_REFUSED);
    scene_end(&scene);
}

static void
a_certificate_ends_where_it_says(void **state)
{
    g_autoptr(GBytes) certificate = NULL;

    START(scene, {SELECT_JPKI, "9000"}, {"00B08A00 000000", "3002 0500 FFFFFF 9000"});
    certificate = mado_jpki_certificate(scene.card, MADO_EF_JPKI_AUTH_CERT, NULL);
    assert_non_null(certificate);
    assert_int_equal(g_bytes_get_size(certificate), 4);
    scene_end(&scene);
}

static void
filler_is_no_certificate_and_a_lie_is_an_error(void **state)
{
    g_autoptr(GError) missing = NULL;
    g_autoptr(GError) lie = NULL;

    START(scene, {SELECT_JPKI, "9000"}, {"00B08A00 000000", "FFFFFFFF 9000"},
          {"00B08B00 000000", "3082 1000 0500 9000"});
    assert_null(mado_jpki_certificate(scene.card, MADO_EF_JPKI_AUTH_CERT, &missing));
    assert_mado_error(missing, MADO_ERROR_NOT_FOUND);
    assert_null(mado_jpki_certificate(scene.card, MADO_EF_JPKI_AUTH_CA, &lie));
    assert_mado_error(lie, MADO_ERROR_CARD_DATA);
    scene_end(&scene);
}

static void
the_common_record_is_28_digits_or_nothing(void **state)
{
    static const char *const wrong[] = {
        "011B 393030303030303030303030303031393939393932303335303430 9000",
        "021C 39303030303030303030303030303139393939393230333530343031 9000",
        "011C 41303030303030303030303030303139393939393230333530343031 9000",
        "01 9000",
        "9000",
    };
    MadoCommonJukiRecord record = {.serial = "untouched"};

    for (gsize i = 0; i < MADO_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;

        START(scene, {SELECT_COMMON, "9000"}, {"00B2010C 00", wrong[i]});
        assert_false(mado_common_juki_record(scene.card, &record, &error));
        assert_mado_error(error, MADO_ERROR_CARD_DATA);
        assert_string_equal(record.serial, "untouched");
        scene_end(&scene);
    }
}

/* ---- PINs ---- */

typedef struct {
    const char *answer;
    int n_tries;
} TriesRow;

static void
the_empty_verify_tells_the_tries(void **state)
{
    static const TriesRow rows[] = {
        {"63C3", 3},
        {"63CA", 10},
        {"63C0", MADO_PIN_TRIES_BLOCKED},
        {"6984", MADO_PIN_TRIES_BLOCKED},
        {"6983", MADO_PIN_TRIES_BLOCKED},
        {"6300", MADO_PIN_TRIES_UNLIMITED},
    };
    const MadoPin pin = {MADO_AP_JPKI, MADO_EF_JPKI_AUTH_PIN};

    for (gsize i = 0; i < MADO_N_ELEMENTS(rows); i++) {
        int n_tries = 99;

        START(scene, {SELECT_JPKI, "9000"}, {"00200098", rows[i].answer});
        assert_true(mado_pin_tries(scene.card, &pin, &n_tries, NULL));
        assert_int_equal(n_tries, rows[i].n_tries);
        scene_end(&scene);
    }
}

typedef struct {
    const char *answer;
    MadoErrorCode code;
    int n_tries;
} VerifyRow;

static void
a_pin_is_sent_once_whatever_is_answered(void **state)
{
    static const VerifyRow rows[] = {
        {"63C2", MADO_ERROR_PIN_WRONG, 2},     {"63C1", MADO_ERROR_PIN_WRONG, 1},
        {"63C0", MADO_ERROR_PIN_BLOCKED, -1},  {"6984", MADO_ERROR_PIN_BLOCKED, -1},
        {"6985", MADO_ERROR_CARD_STATE, -1},   {"6F00", MADO_ERROR_CARD_REFUSED, -1},
        {"6700", MADO_ERROR_CARD_REFUSED, -1}, {NULL, MADO_ERROR_CARD_MUTE, -1},
    };
    const MadoPin pin = {MADO_AP_TEXT, MADO_EF_TEXT_PIN};

    for (gsize i = 0; i < MADO_N_ELEMENTS(rows); i++) {
        g_autoptr(MadoSecret) value = mado_secret_new_from((const guint8 *)"1234", 4);
        g_autoptr(GError) error = NULL;

        START(scene, {SELECT_TEXT, "9000"}, {"00200091 04 31323334", rows[i].answer});
        assert_false(mado_pin_verify(scene.card, &pin, value, &error));
        assert_mado_error(error, rows[i].code);
        assert_int_equal(mado_error_tries_left(error), rows[i].n_tries);
        scene_end(&scene);
    }
}

static void
each_application_has_its_own_change(void **state)
{
    g_autoptr(MadoSecret) value = mado_secret_new_from((const guint8 *)"5678", 4);
    MadoPin pin;

    START(scene, {SELECT_TEXT, "9000"}, {"00A4020C 02 0011", "9000"},
          {"00240180 04 35363738", "9000"}, {SELECT_COMMON, "9000"},
          {"00A4020C 02 001C", "9000"}, {"80320080 04 35363738", "9000"}, {SELECT_JUKI, "9000"},
          {"00A4020C 02 001C", "9000"}, {"80320080 04 35363738", "9000"});
    assert_true(mado_pin_reference(MADO_PIN_TEXT, 0, &pin));
    assert_true(mado_pin_change(scene.card, &pin, value, NULL));
    assert_true(mado_pin_reference(MADO_PIN_JUKI, 0, &pin));
    assert_true(mado_pin_change(scene.card, &pin, value, NULL));
    assert_true(mado_pin_reference(MADO_PIN_JUKI, 1, &pin));
    assert_true(mado_pin_change(scene.card, &pin, value, NULL));
    assert_false(mado_pin_reference(MADO_PIN_JUKI, 2, &pin));
    assert_false(mado_pin_reference(MADO_PIN_TEXT, 1, &pin));
    scene_end(&scene);
}

static void
a_transport_pin_is_replaced_in_one_command(void **state)
{
    g_autoptr(MadoSecret) transport = mado_secret_new_from((const guint8 *)"77777777", 8);
    g_autoptr(MadoSecret) value = mado_secret_new_from((const guint8 *)"1234", 4);
    const MadoPin pin = {MADO_AP_JPKI, MADO_EF_JPKI_AUTH_PIN};

    START(scene, {SELECT_JPKI, "9000"}, {"00A4020C 02 0018", "9000"},
          {"00240080 0C 373737373737373731323334", "9000"});
    assert_true(mado_pin_replace_transport(scene.card, &pin, transport, value, NULL));
    scene_end(&scene);
}

static void
a_signature_password_is_typed_in_any_case(void **state)
{
    g_autoptr(MadoSecret) good = mado_secret_new_from((const guint8 *)"abc123", 6);
    g_autoptr(MadoSecret) letters = mado_secret_new_from((const guint8 *)"ABCDEF", 6);
    g_autoptr(MadoSecret) digits = mado_secret_new_from((const guint8 *)"12345", 5);
    g_autoptr(GError) error = NULL;

    assert_true(mado_pin_normalise(MADO_PIN_SIGN, good, NULL));
    assert_memory_equal(mado_secret_peek(good), "ABC123", 6);
    assert_true(mado_pin_normalise(MADO_PIN_SIGN, letters, NULL));
    assert_false(mado_pin_normalise_new(MADO_PIN_SIGN, letters, &error));
    assert_mado_error(error, MADO_ERROR_PIN_FORM);
    assert_false(mado_pin_normalise(MADO_PIN_AUTH, digits, NULL));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_application_is_selected_once),
        cmocka_unit_test(the_first_command_is_repeated_after_6F00_and_no_other),
        cmocka_unit_test(an_application_that_is_not_there_makes_the_card_unknown),
        cmocka_unit_test(pieces_announced_by_61xx_are_put_together),
        cmocka_unit_test(a_told_length_is_obeyed_once),
        cmocka_unit_test(what_asked_for_nothing_is_not_repeated),
        cmocka_unit_test(under_secure_messaging_nothing_is_repeated),
        cmocka_unit_test(an_answer_without_end_ends),
        cmocka_unit_test(an_answer_without_status_word_powers_down),
        cmocka_unit_test(an_interrupt_stops_before_the_next_command),
        cmocka_unit_test(another_card_after_a_power_down_is_noticed),
        cmocka_unit_test(a_file_is_read_in_one_command),
        cmocka_unit_test(after_a_refused_length_files_are_read_in_pieces),
        cmocka_unit_test(a_reader_that_fails_at_extended_length_is_used_without),
        cmocka_unit_test(a_failure_after_extended_length_worked_is_a_failure),
        cmocka_unit_test(a_file_that_may_not_be_read_is_refused),
        cmocka_unit_test(a_certificate_ends_where_it_says),
        cmocka_unit_test(filler_is_no_certificate_and_a_lie_is_an_error),
        cmocka_unit_test(the_common_record_is_28_digits_or_nothing),
        cmocka_unit_test(the_empty_verify_tells_the_tries),
        cmocka_unit_test(a_pin_is_sent_once_whatever_is_answered),
        cmocka_unit_test(each_application_has_its_own_change),
        cmocka_unit_test(a_transport_pin_is_replaced_in_one_command),
        cmocka_unit_test(a_signature_password_is_typed_in_any_case),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
