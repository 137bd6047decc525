/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/cmd-pin.h"

#include "cli/agent.h"
#include "cli/card-view.h"
#include "cli/session-client.h"
#include "common/error.h"

#include <glib/gi18n.h>

#include <string.h>

/* Tries and state, out of what Inspect says. */
static gboolean
run_status(MadoSessionClient *session, JsonObject *result, GError **error)
{
    g_autoptr(GVariant) card = mado_session_client_inspect(session, error);
    g_autoptr(JsonObject) view = NULL;

    if (card == NULL)
        return FALSE;
    view = mado_card_view_to_json(card);
    if (json_object_has_member(view, "life-cycle"))
        json_object_set_string_member(result, "life-cycle",
                                      json_object_get_string_member(view, "life-cycle"));
    json_object_set_object_member(
        result, "tries", json_object_ref(json_object_get_object_member(view, "tries")));
    return TRUE;
}

static gboolean
run_change(MadoSessionClient *session, const char *kind, JsonObject *result, GError **error)
{
    g_autofree char *state = NULL;

    json_object_set_string_member(result, "kind", kind);
    if (!mado_session_client_change_pin(session, kind, &state, error))
        return FALSE;
    json_object_set_string_member(result, "state", state);
    return TRUE;
}

gboolean
mado_cmd_pin_run(const MadoArguments *arguments, JsonObject *result, GError **error)
{
    const char *what = mado_arguments_word(arguments, 0);
    const char *kind = mado_arguments_word(arguments, 1);
    gboolean is_change = strcmp(what, "change") == 0;
    MadoPinKind parsed;
    g_autoptr(MadoClient) client = NULL;
    g_autoptr(MadoAgent) agent = NULL;
    g_autoptr(MadoSessionClient) session = NULL;

    if (is_change ? kind == NULL || !mado_pin_entry_kind_from_name(kind, &parsed)
                  : strcmp(what, "status") != 0 || kind != NULL) {
        g_set_error(error, MADO_ARGUMENTS_ERROR, 0, "%s",
                    _("Write “pin status”, or “pin change” with sign, auth, juki or text."));
        return FALSE;
    }
    client = mado_client_new(error);
    if (client == NULL ||
        (is_change &&
         !mado_agent_ensure(client, mado_arguments_fd(arguments, MADO_OPTION_PINS_FD), &agent,
                            error)))
        return FALSE;
    session = mado_session_client_new(
        client, mado_arguments_value(arguments, MADO_OPTION_READER), error);
    if (session == NULL)
        return FALSE;
    if (!is_change)
        return run_status(session, result, error);
    if (run_change(session, kind, result, error))
        return TRUE;
    mado_agent_explain(agent, error);
    return FALSE;
}

void
mado_cmd_pin_show(JsonObject *result)
{
    const char *state = json_object_get_string_member_with_default(result, "state", "");

    if (json_object_has_member(result, "tries"))
        mado_card_view_print(result);
    if (strcmp(state, "changed") == 0)
        g_print("%s\n", _("The PIN is changed."));
    else if (strcmp(state, "half") == 0)
        g_print("%s\n",
                _("Only one of its two places on the card took the new PIN. Change it once "
                  "more to mend that."));
}
