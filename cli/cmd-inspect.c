/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/cmd-inspect.h"

#include "cli/card-view.h"
#include "cli/session-client.h"

gboolean
mado_cmd_inspect_run(const MadoArguments *arguments, JsonObject *result, GError **error)
{
    g_autoptr(MadoClient) client = mado_client_new(error);
    g_autoptr(MadoSessionClient) session = NULL;
    g_autoptr(GVariant) card = NULL;

    if (client == NULL)
        return FALSE;
    session = mado_session_client_new(
        client, mado_arguments_value(arguments, MADO_OPTION_READER), error);
    if (session == NULL)
        return FALSE;
    card = mado_session_client_inspect(session, error);
    if (card == NULL)
        return FALSE;
    json_object_set_object_member(result, "card", mado_card_view_to_json(card));
    return TRUE;
}

void
mado_cmd_inspect_show(JsonObject *result)
{
    if (json_object_has_member(result, "card"))
        mado_card_view_print(json_object_get_object_member(result, "card"));
}
