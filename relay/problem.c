/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "relay/problem.h"

#include "common/cursor.h"

#include <json-glib/json-glib.h>

#include <madoguchi/names.h>
#include <string.h>

gboolean
mado_problem_is_shallow(const guint8 *data, gsize len, guint depth_max)
{
    MadoCursor cursor;
    gboolean in_string = FALSE;
    guint depth = 0;
    guint8 c = 0;

    mado_cursor_init(&cursor, data, len);
    while (mado_cursor_u8(&cursor, &c)) {
        if (in_string && c == '\\') {
            if (!mado_cursor_skip(&cursor, 1))
                return TRUE; /* ends inside a string: the parser will refuse it */
        } else if (c == '"') {
            in_string = !in_string;
        } else if (!in_string && (c == '{' || c == '[')) {
            if (++depth > depth_max)
                return FALSE;
        } else if (!in_string && (c == '}' || c == ']') && depth > 0) {
            depth--;
        }
    }
    return TRUE;
}

/* (transfer full): the member's text, cut, with control characters made spaces. */
static char *
dup_text(JsonObject *object, const char *member)
{
    JsonNode *node = json_object_get_member(object, member);
    const char *text = "";
    g_autofree char *cut = NULL;

    if (node != NULL && JSON_NODE_HOLDS_VALUE(node) &&
        json_node_get_value_type(node) == G_TYPE_STRING)
        text = json_node_get_string(node);
    cut = g_strndup(text, MADO_PROBLEM_TEXT_MAX);
    for (char *c = cut; *c != '\0'; c++) {
        if (g_ascii_iscntrl(*c))
            *c = ' ';
    }
    return g_utf8_make_valid(cut, -1);
}

/* The daemon takes the type as a D-Bus string and logs it: plain printable ASCII or nothing. */
static void
blank_unless_uri(char *type)
{
    for (const char *c = type; *c != '\0'; c++) {
        if (!g_ascii_isgraph(*c)) {
            *type = '\0';
            return;
        }
    }
}

MadoProblem *
mado_problem_parse(const guint8 *data, gsize len)
{
    g_autoptr(JsonParser) parser = NULL;
    JsonNode *root;
    JsonObject *object;
    MadoProblem *self;

    if (len == 0 || len > MADO_PROBLEM_LEN_MAX ||
        !g_utf8_validate_len((const char *)data, len, NULL) ||
        !mado_problem_is_shallow(data, len, MADO_PROBLEM_DEPTH_MAX))
        return NULL;
    parser = json_parser_new_immutable();
    if (!json_parser_load_from_data(parser, (const char *)data, (gssize)len, NULL))
        return NULL;
    root = json_parser_get_root(parser);
    if (root == NULL || !JSON_NODE_HOLDS_OBJECT(root))
        return NULL;
    object = json_node_get_object(root);
    self = g_new0(MadoProblem, 1);
    self->type = dup_text(object, "type");
    self->title = dup_text(object, "title");
    self->detail = dup_text(object, "detail");
    blank_unless_uri(self->type);
    return self;
}

void
mado_problem_free(MadoProblem *self)
{
    if (self == NULL)
        return;
    g_free(self->type);
    g_free(self->title);
    g_free(self->detail);
    g_free(self);
}

const char *
mado_problem_slug(const char *type)
{
    if (type == NULL || !g_str_has_prefix(type, MADO_PROBLEM_BASE))
        return NULL;
    return type + strlen(MADO_PROBLEM_BASE);
}
