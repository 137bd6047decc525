/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/problem.h"

#include "common/error.h"
#include "madoguchi/names.h"

#include <json-glib/json-glib.h>

typedef struct {
    const char *slug;
    guint status;
    const char *title;
} Row;

static const Row rows[] = {
#define MADO_PROBLEM_ROW(name, slug, status, title) {slug, status, title},
    MADO_PROBLEM_LIST(MADO_PROBLEM_ROW)
#undef MADO_PROBLEM_ROW
};

GQuark
mado_problem_quark(void)
{
    return g_quark_from_static_string("mado-problem");
}

static const Row *
find_row(MadoProblem problem)
{
    return &rows[(guint)problem < (guint)MADO_PROBLEM_N ? problem : MADO_PROBLEM_INTERNAL];
}

const char *
mado_problem_slug(MadoProblem problem)
{
    return find_row(problem)->slug;
}

guint
mado_problem_status(MadoProblem problem)
{
    return find_row(problem)->status;
}

MadoProblem
mado_problem_from_error(const GError *error)
{
    if (error == NULL)
        return MADO_PROBLEM_INTERNAL;
    if (error->domain == MADO_PROBLEM_DOMAIN && error->code >= 0 &&
        error->code < (int)MADO_PROBLEM_N)
        return (MadoProblem)error->code;
    if (g_error_matches(error, MADO_ERROR, MADO_ERROR_JOURNAL) ||
        g_error_matches(error, MADO_ERROR, MADO_ERROR_BUSY))
        return MADO_PROBLEM_BUSY;
    return MADO_PROBLEM_INTERNAL;
}

GBytes *
mado_problem_format(MadoProblem problem, const char *detail)
{
    const Row *row = find_row(problem);
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autoptr(JsonNode) root = NULL;
    g_autofree char *type = g_strconcat(MADO_PROBLEM_BASE, row->slug, NULL);
    char *text;

    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "type");
    json_builder_add_string_value(builder, type);
    json_builder_set_member_name(builder, "title");
    json_builder_add_string_value(builder, row->title);
    json_builder_set_member_name(builder, "status");
    json_builder_add_int_value(builder, row->status);
    if (detail != NULL) {
        json_builder_set_member_name(builder, "detail");
        json_builder_add_string_value(builder, detail);
    }
    json_builder_end_object(builder);
    root = json_builder_get_root(builder);
    text = json_to_string(root, FALSE);
    return g_bytes_new_take(text, strlen(text));
}
