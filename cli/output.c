/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/output.h"

#include "common/error.h"

#include <glib/gi18n.h>

/* (transfer full) */
static JsonObject *
error_to_json(const GError *error)
{
    JsonObject *object = json_object_new();
    MadoErrorCode code = mado_error_code(error);
    const MadoSentence *row = mado_sentences_find(code);

    json_object_set_int_member(object, "code", (gint64)code);
    json_object_set_string_member(object, "nick", mado_error_nick(code));
    json_object_set_string_member(object, "what", _(row->what));
    json_object_set_string_member(object, "cause", _(row->cause));
    json_object_set_string_member(object, "cure", _(row->cure));
    json_object_set_string_member(object, "detail", error->message);
    if (mado_error_tries_left(error) >= 0)
        json_object_set_int_member(object, "tries", mado_error_tries_left(error));
    return object;
}

static void
print_json(JsonObject *result)
{
    g_autoptr(JsonNode) root = json_node_new(JSON_NODE_OBJECT);
    g_autofree char *text = NULL;

    json_node_set_object(root, result);
    text = json_to_string(root, TRUE);
    g_print("%s\n", text);
}

/* Whatever ended it, a visit that can be resumed, or that was undone, is what the caller must
 * know: nobody has the card to take home. */
static MadoExit
exit_of(JsonObject *result, const GError *error)
{
    const char *outcome = json_object_get_string_member_with_default(result, "outcome", "");

    if (g_str_equal(outcome, "held"))
        return MADO_EXIT_HOLD;
    if (g_str_equal(outcome, "aborted"))
        return MADO_EXIT_UNDONE;
    return error == NULL ? MADO_EXIT_OK : mado_sentences_exit(error);
}

MadoExit
mado_output_finish(const MadoArguments *arguments, JsonObject *result, const GError *error)
{
    const MadoCommand *command = mado_arguments_command(arguments);
    g_autofree char *sentences = NULL;
    gboolean is_usage = error != NULL && error->domain == MADO_ARGUMENTS_ERROR;

    if (error != NULL && !is_usage)
        json_object_set_object_member(result, "error", error_to_json(error));
    if (is_usage)
        ; /* nothing was done: nothing is printed but the reason */
    else if (mado_arguments_has(arguments, MADO_OPTION_JSON))
        print_json(result);
    else if (command->show != NULL)
        command->show(result);
    if (error == NULL) {
        int code = command->exit != NULL ? command->exit(result) : MADO_EXIT_OK;

        return command->exit != NULL ? (MadoExit)code : exit_of(result, NULL);
    }
    sentences = is_usage ? g_strdup(error->message) : mado_sentences_format(error);
    g_printerr("%s\n", sentences);
    if (is_usage)
        return MADO_EXIT_USAGE;
    return exit_of(result, error);
}
