/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* madoguchictl: language, command line, command, exit code. */
#include "config.h"

#include "cli/output.h"
#include "client/language.h"
#include "common/hardening.h"
#include "common/log.h"
#include "relay/relay-config.h"

#include <glib/gi18n.h>

#include <signal.h>

static int
check_config(const MadoArguments *arguments)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MadoRelayConfig) config =
        mado_relay_config_load(mado_arguments_config(arguments), &error);

    if (config == NULL) {
        g_printerr("%s\n", error->message);
        return MADO_EXIT_DESK;
    }
    g_print("ok\n");
    return MADO_EXIT_OK;
}

static int
run(const MadoArguments *arguments)
{
    const MadoCommand *command = mado_arguments_command(arguments);
    g_autoptr(JsonObject) result = json_object_new();
    g_autoptr(GError) error = NULL;
    MadoExit code;

    (void)command->run(arguments, result, &error); /* a failure is in error */
    code = mado_output_finish(arguments, result, error);
    return (int)code;
}

int
main(int argc, char **argv)
{
    g_autoptr(MadoArguments) arguments = NULL;
    g_autoptr(GError) error = NULL;
    const MadoCommand *command;

    mado_hardening_apply();
    mado_language_init(mado_language_named(argc, argv));
    mado_log_init("madoguchictl", "warning");
    signal(SIGPIPE, SIG_IGN); /* a pipe that nobody reads is an error of write() */
    arguments = mado_arguments_parse(argc, argv, &error);
    if (arguments == NULL) {
        g_printerr("%s\n%s\n", error->message, _("Try: madoguchictl --help"));
        return MADO_EXIT_USAGE;
    }
    command = mado_arguments_command(arguments);
    if (mado_arguments_has(arguments, MADO_OPTION_VERSION)) {
        g_print("madoguchictl %s\n", PACKAGE_VERSION);
        return MADO_EXIT_OK;
    }
    if (mado_arguments_has(arguments, MADO_OPTION_HELP)) {
        mado_commands_print_help(command);
        return MADO_EXIT_OK;
    }
    if (mado_arguments_has(arguments, MADO_OPTION_CHECK_CONFIG))
        return check_config(arguments);
    if (command == NULL) {
        mado_commands_print_help(NULL);
        return MADO_EXIT_USAGE;
    }
    return run(arguments);
}
