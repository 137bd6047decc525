/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "relay/backoff.h"
#include "relay/header.h"
#include "relay/problem.h"
#include "relay/relay-config.h"
#include "tests/support/test-error.h"
#include "tests/support/test.h"

#include <string.h>

#define DATE    "Mon, 23 Nov 2026 05:46:22 GMT"
#define DATE_MS (1795412782 * G_GINT64_CONSTANT(1000))

static void
a_header_line_is_split(void **state)
{
    static const char line[] = "Retry-After:  30 \r\n";
    MadoHeader header;

    assert_true(mado_header_parse_line(line, strlen(line), &header));
    assert_string_equal(header.name, "retry-after");
    assert_int_equal(header.value_len, 2);
    assert_memory_equal(header.value, "30", 2);
}

static void
what_is_no_header_is_refused(void **state)
{
    static const char *const bad[] = {
        "", "\r\n", ":x", "Date", "Da te: x", "Date: a\tb\x01", "HTTP/1.1 200 OK"};
    char longer[200];
    MadoHeader header = {.name = "untouched"};

    for (gsize i = 0; i < MADO_N_ELEMENTS(bad); i++)
        assert_false(mado_header_parse_line(bad[i], strlen(bad[i]), &header));
    memset(longer, 'a', sizeof longer);
    longer[150] = ':';
    assert_false(mado_header_parse_line(longer, sizeof longer, &header));
    assert_string_equal(header.name, "untouched");
}

static void
a_date_is_read_and_nothing_but_a_date(void **state)
{
    static const char *const bad[] = {
        "",
        "Mon, 23 Nov 2026 05:46:22 JST",
        "Tue, 23 Nov 2026 05:46:22 GMT",
        "Mon, 33 Nov 2026 05:46:22 GMT",
        "Mon, 23 Nov 2026 25:46:22 GMT",
        "Mon, 23 Nov 2026 05:46:22 GMT ",
        "Mon, 23 Nov 2026",
        "23 Nov 2026 05:46:22 GMT",
    };
    gint64 wall_ms = -7;

    for (gsize i = 0; i < MADO_N_ELEMENTS(bad); i++)
        assert_false(mado_header_parse_date(bad[i], strlen(bad[i]), &wall_ms));
    assert_int_equal(wall_ms, -7);
    assert_true(mado_header_parse_date(DATE, strlen(DATE), &wall_ms));
    assert_int_equal(wall_ms, DATE_MS);
}

static void
retry_after_is_seconds_or_a_date(void **state)
{
    gint64 delay_ms = -7;

    assert_true(mado_header_parse_delay("120", 3, 0, &delay_ms));
    assert_int_equal(delay_ms, 120000);
    assert_true(mado_header_parse_delay(DATE, strlen(DATE), DATE_MS - 5000, &delay_ms));
    assert_int_equal(delay_ms, 5000);
    assert_true(mado_header_parse_delay(DATE, strlen(DATE), DATE_MS + 5000, &delay_ms));
    assert_int_equal(delay_ms, 0);
    assert_true(mado_header_parse_delay("99999999999999999999999", 23, 0, &delay_ms));
    assert_int_equal(delay_ms, MADO_HEADER_DELAY_MAX_MS);
    delay_ms = -7;
    assert_false(mado_header_parse_delay("", 0, 0, &delay_ms));
    assert_false(mado_header_parse_delay("-1", 2, 0, &delay_ms));
    assert_false(mado_header_parse_delay("soon", 4, 0, &delay_ms));
    assert_int_equal(delay_ms, -7);
}

static void
a_media_type_is_compared_whole(void **state)
{
    static const char exact[] = "application/pkcs7-mime";
    static const char with[] = "Application/PKCS7-mime; name=x";
    static const char longer[] = "application/pkcs7-mimex";

    assert_true(mado_header_is_media_type(exact, strlen(exact), exact));
    assert_true(mado_header_is_media_type(with, strlen(with), exact));
    assert_false(mado_header_is_media_type(longer, strlen(longer), exact));
    assert_false(mado_header_is_media_type(exact, 5, exact));
}

static MadoProblem *
parse_problem(const char *text)
{
    return mado_problem_parse((const guint8 *)text, strlen(text));
}

static void
a_problem_has_type_title_and_detail(void **state)
{
    g_autoptr(MadoProblem) problem =
        parse_problem("{\"type\":\"urn:madoguchi:problem:busy\",\"title\":\"busy\\u001b[2J\","
                      "\"status\":503,\"detail\":7}");

    assert_non_null(problem);
    assert_string_equal(mado_problem_slug(problem->type), "busy");
    assert_string_equal(problem->title, "busy [2J");
    assert_string_equal(problem->detail, "");
}

static void
a_type_that_is_no_plain_uri_is_dropped(void **state)
{
    g_autoptr(MadoProblem) spaced = parse_problem("{\"type\":\"urn:madoguchi:problem:a b\"}");
    g_autoptr(MadoProblem) other = parse_problem("{\"type\":\"about:blank\"}");

    assert_string_equal(spaced->type, "");
    assert_null(mado_problem_slug(other->type));
    assert_null(mado_problem_slug(""));
    assert_null(mado_problem_slug(NULL));
}

static void
what_is_no_problem_is_refused(void **state)
{
    static const char *const bad[] = {"", "[]", "7", "{", "{\"a\":", "\xff\xfe", "null"};
    g_autofree char *deep = g_strnfill(4000, '[');
    g_autofree char *hidden = g_strconcat("{\"a\":", deep, NULL);
    g_autofree char *filler = g_strnfill(MADO_PROBLEM_LEN_MAX, ' ');
    g_autofree char *longer = g_strconcat("{}", filler, NULL);

    for (gsize i = 0; i < MADO_N_ELEMENTS(bad); i++)
        assert_null(parse_problem(bad[i]));
    assert_null(parse_problem(hidden));
    assert_null(parse_problem(longer));
}

static void
brackets_in_strings_have_no_depth(void **state)
{
    static const char text[] = "{\"a\":\"[[[[\\\"[[[[\",\"b\":[1]}";

    assert_true(mado_problem_is_shallow((const guint8 *)text, strlen(text), 2));
    assert_false(mado_problem_is_shallow((const guint8 *)text, strlen(text), 1));
}

static void
only_what_may_change_is_tried_again(void **state)
{
    static const guint again[] = {0, 408, 425, 429, 500, 502, 503, 504, 599};
    static const guint never[] = {200, 201, 301, 400, 401, 403, 404, 409, 413, 422, 600};

    for (gsize i = 0; i < MADO_N_ELEMENTS(again); i++)
        assert_true(mado_backoff_may_retry(again[i], NULL));
    for (gsize i = 0; i < MADO_N_ELEMENTS(never); i++)
        assert_false(mado_backoff_may_retry(never[i], "busy"));
    assert_true(mado_backoff_may_retry(409, "running"));
    assert_false(mado_backoff_may_retry(409, "fork"));
    assert_false(mado_backoff_may_retry(422, "running"));
}

static void
waits_are_drawn_from_a_doubling_range_with_a_cap(void **state)
{
    MadoBackoff backoff;
    guint wait_ms = 0;
    guint expected_ms = MADO_BACKOFF_BASE_MS;

    mado_backoff_init(&backoff, 0, G_MAXINT);
    for (guint i = 0; i < 10; i++) {
        MadoBackoff least = backoff;

        assert_true(mado_backoff_next(&least, 0, 0, -1, &wait_ms));
        assert_int_equal(wait_ms, 0);
        assert_true(mado_backoff_next(&backoff, 0, G_MAXUINT32, -1, &wait_ms));
        assert_int_equal(wait_ms, expected_ms);
        expected_ms = MIN(expected_ms * 2, MADO_BACKOFF_CAP_MS);
    }
}

static void
retry_after_is_honoured_or_the_budget_ends(void **state)
{
    MadoBackoff backoff;
    guint wait_ms = 77;

    mado_backoff_init(&backoff, 1000, 10000);
    assert_true(mado_backoff_next(&backoff, 1000, 0, 3000, &wait_ms));
    assert_int_equal(wait_ms, 3000);
    assert_false(mado_backoff_next(&backoff, 4000, 0, 7000, &wait_ms));
    assert_int_equal(wait_ms, 3000);
    assert_false(mado_backoff_next(&backoff, 11000, 0, -1, &wait_ms));
    assert_int_equal(mado_backoff_try_ms(&backoff, 4000, 30000), 7000);
    assert_int_equal(mado_backoff_try_ms(&backoff, 4000, 5000), 5000);
    assert_int_equal(mado_backoff_try_ms(&backoff, 99000, 5000), 1);
}

static void
the_address_is_https_and_a_host(void **state)
{
    static const char *const good[] = {"https://centre.example", "https://127.0.0.1:8443",
                                       "https://[::1]:8443"};
    static const char *const bad[] = {
        "http://centre.example", "https://",    "centre.example", "https://centre.example/",
        "https://a@b",           "https://a b", "file:///x"};

    for (gsize i = 0; i < MADO_N_ELEMENTS(good); i++)
        assert_true(mado_relay_config_check_url(good[i], NULL));
    for (gsize i = 0; i < MADO_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;

        assert_false(mado_relay_config_check_url(bad[i], &error));
        assert_mado_error(error, MADO_ERROR_CONFIG);
    }
}

static void
the_manual_knows_every_setting(void **state)
{
    g_autofree char *path =
        g_build_filename(g_getenv("MADO_TOP_SRCDIR"), "doc", "relay.conf.5", NULL);
    g_autofree char *text = NULL;
    const MadoSettingRow *rows = mado_relay_config_rows();

    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    for (gsize i = 0; rows[i].group != NULL; i++) {
        g_autofree char *group = g_strdup_printf(".SS [%s]\n", rows[i].group);
        g_autofree char *name = g_strdup_printf("\n.B %s\n", rows[i].key);
        const char *section = strstr(text, group);

        assert_non_null(section);
        assert_non_null(strstr(section, name));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_line_is_split),
        cmocka_unit_test(what_is_no_header_is_refused),
        cmocka_unit_test(a_date_is_read_and_nothing_but_a_date),
        cmocka_unit_test(retry_after_is_seconds_or_a_date),
        cmocka_unit_test(a_media_type_is_compared_whole),
        cmocka_unit_test(a_problem_has_type_title_and_detail),
        cmocka_unit_test(a_type_that_is_no_plain_uri_is_dropped),
        cmocka_unit_test(what_is_no_problem_is_refused),
        cmocka_unit_test(brackets_in_strings_have_no_depth),
        cmocka_unit_test(only_what_may_change_is_tried_again),
        cmocka_unit_test(waits_are_drawn_from_a_doubling_range_with_a_cap),
        cmocka_unit_test(retry_after_is_honoured_or_the_budget_ends),
        cmocka_unit_test(the_address_is_https_and_a_host),
        cmocka_unit_test(the_manual_knows_every_setting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
