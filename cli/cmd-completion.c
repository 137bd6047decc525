/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/cmd-completion.h"

#include <string.h>

static void
append_options(GString *text, guint64 options)
{
    const MadoOptionRow *rows = mado_commands_options();

    for (guint i = 0; i < MADO_N_OPTIONS; i++) {
        if ((options & MADO_OPTION_BIT(i)) != 0)
            g_string_append_printf(text, " --%s", rows[i].name);
    }
}

/* What completes an option's value: its words, a file name, or nothing. */
static void
append_values(GString *text)
{
    const MadoOptionRow *rows = mado_commands_options();

    g_string_append(text, "    case $previous in\n");
    for (guint i = 0; i < MADO_N_OPTIONS; i++) {
        if (rows[i].value == NULL)
            continue;
        g_string_append_printf(text, "        --%s) ", rows[i].name);
        if (rows[i].words != NULL)
            g_string_append_printf(text, "COMPREPLY=($(compgen -W '%s' -- \"$word\"))",
                                   rows[i].words);
        else if (strcmp(rows[i].value, "FILE") == 0)
            g_string_append(text, "COMPREPLY=($(compgen -f -- \"$word\"))");
        else if (strcmp(rows[i].value, "DIR") == 0)
            g_string_append(text, "COMPREPLY=($(compgen -d -- \"$word\"))");
        else
            g_string_append(text, ":");
        g_string_append(text, "; return ;;\n");
    }
    g_string_append(text, "    esac\n");
}

static void
append_commands(GString *text)
{
    gsize n_commands = 0;
    const MadoCommand *commands = mado_commands_all(&n_commands);

    g_string_append(text, "    case $command in\n");
    for (gsize i = 0; i < n_commands; i++) {
        g_string_append_printf(text, "        %s) words='%s%s", commands[i].name,
                               commands[i].words != NULL ? commands[i].words : "",
                               commands[i].words != NULL ? " " : "");
        if (!commands[i].passes_on)
            append_options(text, commands[i].options | mado_commands_global_options());
        g_string_append(text, "' ;;\n");
    }
    g_string_append(text, "        *) words='");
    for (gsize i = 0; i < n_commands; i++)
        g_string_append_printf(text, "%s ", commands[i].name);
    append_options(text, mado_commands_global_options());
    g_string_append(text, "' ;;\n    esac\n");
}

gboolean
mado_cmd_completion_run(const MadoArguments *arguments, JsonObject *result, GError **error)
{
    g_autoptr(GString) text = g_string_new("# bash completion for madoguchictl\n"
                                           "_madoguchictl()\n{\n"
                                           "    local word=${COMP_WORDS[COMP_CWORD]}\n"
                                           "    local previous=${COMP_WORDS[COMP_CWORD-1]}\n"
                                           "    local command='' words='' i\n"
                                           "    COMPREPLY=()\n");
    gsize n_commands = 0;
    const MadoCommand *commands = mado_commands_all(&n_commands);

    append_values(text);
    g_string_append(text, "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                          "        case ${COMP_WORDS[i]} in\n            ");
    for (gsize i = 0; i < n_commands; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? "|" : "", commands[i].name);
    g_string_append(text, ") command=${COMP_WORDS[i]}; break ;;\n        esac\n    done\n");
    append_commands(text);
    g_string_append(text, "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}\n"
                          "complete -F _madoguchictl madoguchictl\n");
    json_object_set_string_member(result, "bash", text->str);
    return TRUE;
}

void
mado_cmd_completion_show(JsonObject *result)
{
    g_print("%s", json_object_get_string_member_with_default(result, "bash", ""));
}
