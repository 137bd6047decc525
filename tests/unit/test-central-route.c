/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Paths, keys and problems: the edge of HTTP that needs no server. */
#include "config.h"

#include "central/answer.h"
#include "central/enrol.h"
#include "central/route.h"
#include "tests/support/test-error.h"

#include <json-glib/json-glib.h>

#include <string.h>

static void
assert_problem(GError *error, MadoProblem problem)
{
    assert_non_null(error);
    assert_true(error->domain == MADO_PROBLEM_DOMAIN);
    assert_int_equal(error->code, problem);
    g_error_free(error);
}

static void
every_resource_of_the_contract_is_found(void **state)
{
    static const struct {
        const char *method;
        const char *path;
        MadoRouteKind kind;
    } rows[] = {{"GET", "/v1/health", MADO_ROUTE_HEALTH},
                {"POST", "/v1/terminals/D001/visits", MADO_ROUTE_VISITS},
                {"POST", "/v1/terminals/D001/receipts", MADO_ROUTE_RECEIPTS},
                {"GET", "/v1/terminals/D-01/head", MADO_ROUTE_HEAD},
                {"GET", "/v1/terminals/0/requests", MADO_ROUTE_REQUESTS}};

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *other = strcmp(rows[i].method, "GET") == 0 ? "POST" : "GET";
        GError *error = NULL;
        MadoRoute route;

        assert_true(mado_route_find(rows[i].method, rows[i].path, &route, NULL));
        assert_int_equal(route.kind, rows[i].kind);
        assert_false(mado_route_find(other, rows[i].path, &route, &error));
        assert_problem(error, MADO_PROBLEM_METHOD);
    }
}

static void
anything_else_is_not_found(void **state)
{
    static const char *const paths[] = {
        "",
        "/",
        "/v1",
        "/v1/health/",
        "/v2/health",
        "/v1/terminals/D001",
        "/v1/terminals/D001/",
        "/v1/terminals//head",
        "/v1/terminals/d001/head",
        "/v1/terminals/D001/head/",
        "/v1/terminals/D001/../D002/head",
        "/v1/terminals/012345678901234567890123456789012/head",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
        GError *error = NULL;
        MadoRoute route = {.kind = MADO_ROUTE_HEAD};

        assert_false(mado_route_find("GET", paths[i], &route, &error));
        assert_problem(error, MADO_PROBLEM_NOT_FOUND);
        assert_int_equal(route.kind, MADO_ROUTE_HEAD);
    }
}

static void
a_key_is_a_quoted_string_of_its_characters(void **state)
{
    static const char *const bad[] = {"",        "\"",  "\"\"", "a",       "\"A\"",
                                      "\"a b\"", "\"a", "a\"",  "\"a\"b\""};
    g_autofree char *long_key = g_strnfill(65, 'a');
    g_autofree char *quoted = g_strconcat("\"", long_key, "\"", NULL);
    g_autofree char *key = mado_route_parse_key("\"r-1-17\"", NULL);
    GError *error = NULL;

    assert_string_equal(key, "r-1-17");
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        error = NULL;
        assert_null(mado_route_parse_key(bad[i], &error));
        assert_problem(error, MADO_PROBLEM_BAD_MESSAGE);
    }
    error = NULL;
    assert_null(mado_route_parse_key(NULL, &error));
    assert_problem(error, MADO_PROBLEM_BAD_MESSAGE);
    error = NULL;
    assert_null(mado_route_parse_key(quoted, &error));
    assert_problem(error, MADO_PROBLEM_BAD_MESSAGE);
}

static void
every_problem_is_a_document_of_rfc_9457(void **state)
{
    for (int i = 0; i < MADO_PROBLEM_N; i++) {
        g_autoptr(GBytes) body = mado_problem_format((MadoProblem)i, "why \"it\" is");
        g_autoptr(JsonParser) parser = json_parser_new();
        JsonObject *object;

        assert_true(json_parser_load_from_data(parser, g_bytes_get_data(body, NULL),
                                               (gssize)g_bytes_get_size(body), NULL));
        object = json_node_get_object(json_parser_get_root(parser));
        assert_true(g_str_has_prefix(json_object_get_string_member(object, "type"),
                                     "urn:madoguchi:problem:"));
        assert_int_equal(json_object_get_int_member(object, "status"),
                         mado_problem_status((MadoProblem)i));
        assert_string_equal(json_object_get_string_member(object, "detail"), "why \"it\" is");
        assert_true(json_object_has_member(object, "title"));
    }
}

/* What went wrong inside says so in the log alone. */
static void
a_defect_tells_no_details(void **state)
{
    g_autoptr(GError) full =
        g_error_new(MADO_ERROR, MADO_ERROR_JOURNAL, "disk is full at this path");
    g_autoptr(MadoAnswer) answer = mado_answer_new_error("D001", full);
    g_autofree char *text =
        g_strndup(g_bytes_get_data(answer->body, NULL), g_bytes_get_size(answer->body));

    assert_int_equal(answer->status, 503);
    assert_null(strstr(text, "disk"));
}

static void
ids_have_their_characters(void **state)
{
    assert_true(mado_enrol_is_terminal("D-001"));
    assert_false(mado_enrol_is_terminal("d001"));
    assert_false(mado_enrol_is_terminal(""));
    assert_true(mado_enrol_is_id("clerk.1_A-2"));
    assert_false(mado_enrol_is_id("clerk 1"));
    assert_false(mado_enrol_is_id("clerk/1"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_resource_of_the_contract_is_found),
        cmocka_unit_test(anything_else_is_not_found),
        cmocka_unit_test(a_key_is_a_quoted_string_of_its_characters),
        cmocka_unit_test(every_problem_is_a_document_of_rfc_9457),
        cmocka_unit_test(a_defect_tells_no_details),
        cmocka_unit_test(ids_have_their_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
