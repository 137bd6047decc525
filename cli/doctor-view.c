/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/doctor-view.h"

#include "cli/table.h"
#include "client/text.h"

#include <glib/gi18n.h>

static const char *
word_of(JsonObject *object, const char *key)
{
    return json_object_get_string_member_with_default(object, key, "");
}

static const char *
level_of(const char *word)
{
    if (g_str_equal(word, "fault"))
        return _("fault");
    if (g_str_equal(word, "warning"))
        return _("warning");
    return _("note");
}

static const char *
state_of(const char *word)
{
    if (g_str_equal(word, "ok"))
        return C_("check", "ok");
    if (g_str_equal(word, "not-asked"))
        return C_("check", "not asked for");
    if (g_str_equal(word, "not-tried"))
        return C_("check", "not tried because of");
    return level_of(word);
}

static void
append_value(GString *text, JsonNode *value)
{
    if (!JSON_NODE_HOLDS_VALUE(value))
        return;
    if (json_node_get_value_type(value) == G_TYPE_STRING)
        g_string_append(text, json_node_get_string(value));
    else if (json_node_get_value_type(value) == G_TYPE_BOOLEAN)
        g_string_append(text, json_node_get_boolean(value) ? "yes" : "no");
    else
        g_string_append_printf(text, "%" G_GINT64_FORMAT, json_node_get_int(value));
}

char *
mado_doctor_view_details(JsonObject *details)
{
    g_autoptr(GString) text = g_string_new(NULL);
    GList *names = json_object_get_members(details);

    for (GList *at = names; at != NULL; at = at->next) {
        if (text->len > 0)
            g_string_append(text, ", ");
        g_string_append_printf(text, "%s ", (const char *)at->data);
        append_value(text, json_object_get_member(details, at->data));
    }
    g_list_free(names);
    return mado_text_clean(text->str);
}

static void
show_finding(JsonObject *finding)
{
    g_autofree char *details =
        mado_doctor_view_details(json_object_get_object_member(finding, "details"));

    g_print("%s %s: %s\n", word_of(finding, "number"), level_of(word_of(finding, "level")),
            word_of(finding, "what"));
    if (details[0] != '\0')
        g_print("  %s %s\n", _("Detail:"), details);
    g_print("  %s %s\n", _("Cause:"), word_of(finding, "cause"));
    g_print("  %s %s\n", _("Cure:"), word_of(finding, "cure"));
}

static void
show_findings(JsonObject *result, const char *key)
{
    JsonArray *list = json_object_get_array_member(result, key);

    for (guint i = 0; i < json_array_get_length(list); i++)
        show_finding(json_array_get_object_element(list, i));
}

static void
show_checks(JsonObject *result)
{
    g_autoptr(MadoTable) table = mado_table_new(3);
    JsonArray *list = json_object_get_array_member(result, "checks");

    for (guint i = 0; i < json_array_get_length(list); i++) {
        JsonObject *check = json_array_get_object_element(list, i);
        g_autofree char *state = g_strdup_printf("%s %s", state_of(word_of(check, "state")),
                                                 word_of(check, "because"));
        const char *cells[] = {word_of(check, "number"), word_of(check, "does"),
                               g_strchomp(state)};

        mado_table_add(table, cells);
    }
    mado_table_print(table);
}

void
mado_doctor_view_show(JsonObject *result)
{
    if (!json_object_has_member(result, "findings"))
        return;
    show_findings(result, "findings");
    if (json_array_get_length(json_object_get_array_member(result, "findings")) == 0)
        g_print("%s\n", _("No fault found."));
    if (!json_object_get_boolean_member_with_default(result, "verbose", FALSE))
        return;
    g_print("\n");
    show_findings(result, "notes");
    g_print("\n");
    show_checks(result);
}
