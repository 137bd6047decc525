/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/cmd-doctor.h"

#include "doctor/doctor.h"

#include <glib/gi18n.h>

#define REPEAT_DEFAULT  5
#define REPEAT_MAX      1000
#define PCSC_TIMEOUT_MS 10000

static gboolean
take_repeat(const MadoArguments *arguments, guint *ret_n, GError **error)
{
    const char *value = mado_arguments_value(arguments, MADO_OPTION_REPEAT);
    guint64 n = REPEAT_DEFAULT;

    if (value != NULL && !g_ascii_string_to_unsigned(value, 10, 1, REPEAT_MAX, &n, NULL)) {
        g_set_error(error, MADO_ARGUMENTS_ERROR, 0, "%s: --repeat %s (1…%d)",
                    _("This option does not take that value"), value, REPEAT_MAX);
        return FALSE;
    }
    *ret_n = (guint)n;
    return TRUE;
}

gboolean
mado_cmd_doctor_run(const MadoArguments *arguments, JsonObject *result, GError **error)
{
    const char *root = mado_arguments_value(arguments, MADO_OPTION_ROOT);
    MadoDoctorSettings settings = {
        .root = root != NULL ? root : "/",
        .relay_config = mado_arguments_config(arguments),
        .reader = mado_arguments_value(arguments, MADO_OPTION_READER),
        .tests_card = mado_arguments_has(arguments, MADO_OPTION_CARD),
        .timeout_ms = PCSC_TIMEOUT_MS,
    };
    g_autoptr(MadoDoctorReport) report = NULL;

    if (!take_repeat(arguments, &settings.n_repetitions, error))
        return FALSE;
    report = mado_doctor_examine(&settings);
    mado_doctor_report_to_json(report, result);
    json_object_set_boolean_member(result, "verbose",
                                   mado_arguments_has(arguments, MADO_OPTION_VERBOSE));
    return TRUE;
}

int
mado_cmd_doctor_exit(JsonObject *result)
{
    return (int)json_object_get_int_member_with_default(result, "verdict", 0);
}
