/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/cmd-visits.h"

#include "cli/client.h"
#include "cli/rows.h"
#include "cli/table.h"
#include "client/sentences.h"

#include <glib/gi18n.h>

static const MadoRowsField fields[] = {
    {"visit", 's'}, {"transaction", 's'}, {"request", 's'}, {"procedure", 's'}, {"step", 's'},
    {"held", 'b'},  {"error", 's'},       {"reason", 's'},  {"since", 't'},
};

gboolean
mado_cmd_visits_run(const MadoArguments *arguments, JsonObject *result, GError **error)
{
    g_autoptr(MadoClient) client = mado_client_new(error);
    g_autoptr(GVariant) visits = NULL;

    if (client == NULL)
        return FALSE;
    visits = mado_client_list_visits(client, error);
    if (visits == NULL)
        return FALSE;
    json_object_set_array_member(result, "visits",
                                 mado_rows_to_json(visits, fields, G_N_ELEMENTS(fields)));
    return TRUE;
}

void
mado_cmd_visits_show(JsonObject *result)
{
    g_autoptr(MadoTable) table = mado_table_new(5);
    const char *heads[] = {_("Visit"), _("Procedure"), _("Request"), _("Step"), _("Reason")};
    JsonArray *list;

    if (!json_object_has_member(result, "visits"))
        return;
    list = json_object_get_array_member(result, "visits");
    if (json_array_get_length(list) == 0) {
        g_print("%s\n", _("No visit is open or on hold."));
        return;
    }
    mado_table_add(table, heads);
    for (guint i = 0; i < json_array_get_length(list); i++) {
        JsonObject *visit = json_array_get_object_element(list, i);
        const char *why = mado_sentences_what(mado_rows_text(visit, "error"),
                                              mado_rows_text(visit, "reason"));
        const char *cells[] = {
            mado_rows_text(visit, "visit"), mado_rows_text(visit, "procedure"),
            mado_rows_text(visit, "request"), mado_rows_text(visit, "step"), why};

        mado_table_add(table, cells);
    }
    mado_table_print(table);
}
