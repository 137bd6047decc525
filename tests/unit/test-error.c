/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/support/test-error.h"

#include "common/error.h"
#include "madoguchi/names.h"
#include "tests/support/test.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

#include <string.h>

static void
every_row_has_a_nick_a_sentence_and_a_bus_name(void **state)
{
    gsize n_codes;
    const MadoErrorCode *codes = mado_error_all(&n_codes);

    assert_true(n_codes > 40);
    for (gsize i = 0; i < n_codes; i++) {
        const char *nick = mado_error_nick(codes[i]);
        g_autofree char *bus_name = g_strconcat(MADO_ERROR_PREFIX, nick, NULL);
        g_autoptr(GError) error =
            g_error_new_literal(MADO_ERROR, (int)codes[i], mado_error_sentence(codes[i]));
        g_autofree char *encoded = g_dbus_error_encode_gerror(error);
        g_autoptr(GError) decoded = g_dbus_error_new_for_dbus_error(bus_name, "words");
        MadoErrorCode found;

        assert_true(i == 0 || codes[i] > codes[i - 1]);
        assert_true(strlen(mado_error_sentence(codes[i])) > 5);
        assert_true(g_ascii_isupper(nick[0]));
        assert_string_equal(encoded, bus_name);
        assert_int_equal(decoded->domain, MADO_ERROR);
        assert_int_equal(decoded->code, codes[i]);
        assert_true(mado_error_from_nick(nick, &found));
        assert_int_equal(found, codes[i]);
        assert_true(mado_error_from_nick(bus_name, &found));
        assert_int_equal(found, codes[i]);
        for (gsize j = 0; j < i; j++)
            assert_string_not_equal(nick, mado_error_nick(codes[j]));
    }
}

static void
an_unknown_code_or_nick_is_told(void **state)
{
    MadoErrorCode found = MADO_ERROR_BUSY;

    assert_string_equal(mado_error_nick(99), "Internal");
    assert_string_equal(mado_error_sentence(99), mado_error_sentence(MADO_ERROR_INTERNAL));
    assert_false(mado_error_from_nick("Nonsense", &found));
    assert_false(mado_error_from_nick("", &found));
    assert_false(mado_error_from_nick(NULL, &found));
    assert_int_equal(found, MADO_ERROR_BUSY);
    assert_int_equal(mado_error_code(NULL), MADO_ERROR_INTERNAL);
}

static void
foreign_errors_are_converted_by_the_table(void **state)
{
    const struct {
        GQuark domain;
        int foreign;
        MadoErrorCode code;
    } rows[] = {
        {G_IO_ERROR, G_IO_ERROR_NOT_FOUND, MADO_ERROR_NOT_FOUND},
        {G_IO_ERROR, G_IO_ERROR_BUSY, MADO_ERROR_BUSY},
        {G_IO_ERROR, G_IO_ERROR_TIMED_OUT, MADO_ERROR_TIMED_OUT},
        {G_IO_ERROR, G_IO_ERROR_CANCELLED, MADO_ERROR_CANCELLED},
        {G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, MADO_ERROR_NOT_AUTHORIZED},
        {G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, MADO_ERROR_BAD_ARGUMENT},
        {G_IO_ERROR, G_IO_ERROR_INVALID_DATA, MADO_ERROR_BAD_ARGUMENT},
        {G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE, MADO_ERROR_LIMIT},
        {G_IO_ERROR, G_IO_ERROR_FAILED, MADO_ERROR_INTERNAL},
        {G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN, MADO_ERROR_NOT_FOUND},
        {G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER, MADO_ERROR_NOT_FOUND},
        {G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT, MADO_ERROR_NOT_FOUND},
        {G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD, MADO_ERROR_BAD_ARGUMENT},
        {G_DBUS_ERROR, G_DBUS_ERROR_INVALID_ARGS, MADO_ERROR_BAD_ARGUMENT},
        {G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED, MADO_ERROR_NOT_AUTHORIZED},
        {G_DBUS_ERROR, G_DBUS_ERROR_LIMITS_EXCEEDED, MADO_ERROR_LIMIT},
        {G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY, MADO_ERROR_TIMED_OUT},
        {G_DBUS_ERROR, G_DBUS_ERROR_FAILED, MADO_ERROR_INTERNAL},
        {G_FILE_ERROR, G_FILE_ERROR_NOENT, MADO_ERROR_NOT_FOUND},
        {G_FILE_ERROR, G_FILE_ERROR_ACCES, MADO_ERROR_NOT_AUTHORIZED},
        {G_FILE_ERROR, G_FILE_ERROR_IO, MADO_ERROR_INTERNAL},
        {G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_PARSE, MADO_ERROR_CONFIG},
        {G_VARIANT_PARSE_ERROR, 1, MADO_ERROR_INTERNAL},
        {MADO_ERROR, MADO_ERROR_PIN_WRONG, MADO_ERROR_PIN_WRONG},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = g_error_new_literal(rows[i].domain, rows[i].foreign, "words");

        mado_error_convert(&error);
        assert_mado_error_says(error, rows[i].code, "words");
    }
}

static void
converting_nothing_is_nothing(void **state)
{
    GError *error = NULL;

    mado_error_convert(NULL);
    mado_error_convert(&error);
    assert_null(error);
}

static void
an_error_from_the_bus_loses_its_prefix(void **state)
{
    g_autoptr(GError) ours =
        g_dbus_error_new_for_dbus_error(MADO_ERROR_PREFIX "PinWrong", "wrong PIN: tries=2");
    g_autoptr(GError) other = g_dbus_error_new_for_dbus_error("com.example.Odd", "words");

    mado_error_convert(&ours);
    assert_mado_error(ours, MADO_ERROR_PIN_WRONG);
    assert_string_equal(ours->message, "wrong PIN: tries=2");
    mado_error_convert(&other);
    assert_mado_error(other, MADO_ERROR_INTERNAL);
}

static void
openssls_queue_is_told_and_emptied(void **state)
{
    g_autoptr(GError) error = NULL;

    ERR_raise_data(ERR_LIB_RSA, RSA_R_BAD_SIGNATURE, "data that may be secret");
    ERR_raise(ERR_LIB_RSA, RSA_R_KEY_SIZE_TOO_SMALL);
    assert_false(mado_error_set_openssl(&error, MADO_ERROR_CARD_FORGED, "verifying"));
    assert_mado_error_says(error, MADO_ERROR_CARD_FORGED, "verifying: bad signature; key size");
    assert_null(strstr(error->message, "secret"));
    assert_int_equal(ERR_peek_error(), 0);
}

static void
the_tries_left_are_told_and_read(void **state)
{
    for (guint n_tries = 0; n_tries < 12; n_tries++) {
        g_autoptr(GError) error = NULL;

        assert_false(mado_error_set_pin_wrong(&error, n_tries));
        assert_int_equal(mado_error_code(error),
                         n_tries == 0 ? MADO_ERROR_PIN_BLOCKED : MADO_ERROR_PIN_WRONG);
        assert_int_equal(mado_error_tries_left(error), n_tries);
    }
}

static void
tries_are_read_of_nothing_else(void **state)
{
    static const struct {
        MadoErrorCode code;
        const char *message;
    } rows[] = {
        {MADO_ERROR_PIN_WRONG, "wrong PIN"}, {MADO_ERROR_PIN_WRONG, "tries="},
        {MADO_ERROR_PIN_WRONG, "tries=-1"},  {MADO_ERROR_PIN_WRONG, "tries=2 and words"},
        {MADO_ERROR_PIN_WRONG, "tries=256"}, {MADO_ERROR_INTERNAL, "tries=2"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error =
            g_error_new_literal(MADO_ERROR, (int)rows[i].code, rows[i].message);

        assert_int_equal(mado_error_tries_left(error), -1);
    }
    assert_int_equal(mado_error_tries_left(NULL), -1);
}

static void
a_held_visit_is_told_and_read_of_nothing_else(void **state)
{
    const char *id = "00112233445566778899aabbccddeeff";
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) other = NULL;
    g_autoptr(GError) cut = NULL;

    assert_false(mado_error_set_held_visit(&error, id));
    assert_string_equal(mado_error_held_visit(error), id);
    g_set_error(&other, MADO_ERROR, MADO_ERROR_BUSY, "visit=%s", id);
    assert_null(mado_error_held_visit(other));
    g_set_error(&cut, MADO_ERROR, MADO_ERROR_HELD, "visit=%.31s", id);
    assert_null(mado_error_held_visit(cut));
    assert_null(mado_error_held_visit(NULL));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_has_a_nick_a_sentence_and_a_bus_name),
        cmocka_unit_test(an_unknown_code_or_nick_is_told),
        cmocka_unit_test(foreign_errors_are_converted_by_the_table),
        cmocka_unit_test(converting_nothing_is_nothing),
        cmocka_unit_test(an_error_from_the_bus_loses_its_prefix),
        cmocka_unit_test(openssls_queue_is_told_and_emptied),
        cmocka_unit_test(the_tries_left_are_told_and_read),
        cmocka_unit_test(tries_are_read_of_nothing_else),
        cmocka_unit_test(a_held_visit_is_told_and_read_of_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
