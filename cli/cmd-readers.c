/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/cmd-readers.h"

#include "cli/client.h"
#include "cli/table.h"
#include "doctor/wear.h"

#include <glib/gi18n.h>

#define STATISTICS_DAYS 30

static void
put_desk(MadoClient *client, JsonObject *result)
{
    g_auto(MadoClientDesk) desk = {0};

    mado_client_get_desk(client, &desk);
    json_object_set_string_member(result, "version", desk.version);
    json_object_set_string_member(result, "realm", desk.realm);
    json_object_set_string_member(result, "terminal", desk.terminal);
    json_object_set_boolean_member(result, "service", desk.has_service);
    json_object_set_boolean_member(result, "agent", desk.has_agent);
    json_object_set_int_member(result, "backlog", desk.backlog);
}

/* Gives the place of a reader its role, or takes the role from where it was. */
static gboolean
bind(MadoClient *client, const char *role, const char *name, GError **error)
{
    g_autofree char *path = NULL;

    if (name == NULL)
        return mado_client_bind_reader(client, role, "/", error);
    path = mado_client_choose_reader(client, name, error);
    return path != NULL && mado_client_bind_reader(client, role, path, error);
}

/* (transfer full): the readers that stand out, by name (a set); empty before enrolment. */
static GHashTable *
find_worn(MadoClient *client)
{
    g_autoptr(GVariant) statistics =
        mado_client_list_reader_statistics(client, STATISTICS_DAYS, NULL);
    g_autoptr(GPtrArray) wears = mado_wear_collect(statistics);
    GHashTable *worn = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 0; i < wears->len; i++) {
        const MadoWear *wear = g_ptr_array_index(wears, i);

        if (mado_wear_judge(wears, i) != 0)
            (void)g_hash_table_add(worn, g_strdup(wear->port));
    }
    return worn;
}

gboolean
mado_cmd_readers_run(const MadoArguments *arguments, JsonObject *result, GError **error)
{
    g_autoptr(MadoClient) client = mado_client_new(error);
    const char *role = mado_arguments_value(arguments, MADO_OPTION_BIND);
    g_autoptr(GPtrArray) readers = NULL;
    g_autoptr(GHashTable) worn = NULL;
    JsonArray *list;

    if (client == NULL)
        return FALSE;
    if (role == NULL && mado_arguments_n_words(arguments) > 0) {
        g_set_error(error, MADO_ARGUMENTS_ERROR, 0, "%s: %s", _("Too much on the line"),
                    mado_arguments_word(arguments, 0));
        return FALSE;
    }
    if (role != NULL) {
        if (!bind(client, role, mado_arguments_word(arguments, 0), error))
            return FALSE;
        mado_client_free(g_steal_pointer(&client)); /* what it knows was true before */
        client = mado_client_new(error);
        if (client == NULL)
            return FALSE;
    }
    worn = find_worn(client);
    put_desk(client, result);
    readers = mado_client_list_readers(client);
    list = json_array_new();
    for (guint i = 0; i < readers->len; i++) {
        const MadoClientReader *reader = g_ptr_array_index(readers, i);
        JsonObject *object = json_object_new();

        json_object_set_string_member(object, "name", reader->name);
        json_object_set_string_member(object, "port", reader->port);
        json_object_set_string_member(object, "role", reader->role);
        json_object_set_boolean_member(object, "worn",
                                       g_hash_table_contains(worn, reader->port));
        json_object_set_boolean_member(object, "card", reader->has_card);
        json_object_set_int_member(object, "events", reader->n_events);
        json_object_set_boolean_member(object, "claimed", reader->is_claimed);
        json_array_add_object_element(list, object);
    }
    json_object_set_array_member(result, "readers", list);
    return TRUE;
}

static const char *
state_of(JsonObject *reader)
{
    if (json_object_get_boolean_member(reader, "claimed"))
        return _("in use");
    return json_object_get_boolean_member(reader, "card") ? _("card") : _("no card");
}

void
mado_cmd_readers_show(JsonObject *result)
{
    g_autoptr(MadoTable) table = mado_table_new(4);
    JsonArray *list;

    if (!json_object_has_member(result, "readers"))
        return;
    list = json_object_get_array_member(result, "readers");
    if (!json_object_get_boolean_member(result, "service"))
        g_print("%s\n", _("The smart card service (pcscd) is not running."));
    else if (json_array_get_length(list) == 0)
        g_print("%s\n", _("No card reader found. Check the USB cable."));
    for (guint i = 0; i < json_array_get_length(list); i++) {
        JsonObject *reader = json_array_get_object_element(list, i);
        const char *cells[] = {json_object_get_string_member(reader, "name"), state_of(reader),
                               json_object_get_string_member(reader, "role"),
                               json_object_get_boolean_member(reader, "worn")
                                   ? _("Clean or replace this reader.")
                                   : ""};

        mado_table_add(table, cells);
    }
    mado_table_print(table);
}
