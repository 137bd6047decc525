/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "doctor/deadline.h"
#include "doctor/examination.h"

#include <string.h>

#define RULE         "usr/share/polkit-1/rules.d/49-madoguchi-pcscd.rules"
#define TESTED_MAJOR 1
#define TESTED_MINOR 9 /* of Debian 12 */

/* ---- asking, bounded ---- */

typedef struct {
    MadoPcscState state;
    GPtrArray *readers; /* (nullable) */
} Look;

static void
look(gpointer data)
{
    Look *self = data;

    self->state = mado_pcsc_list(&self->readers);
}

static void
look_free(gpointer data)
{
    Look *self = data;

    g_clear_pointer(&self->readers, g_ptr_array_unref);
    g_free(self);
}

static void
list_readers(MadoExamination *self)
{
    Look *task = g_new0(Look, 1);

    if (!mado_deadline_run(look, task, look_free, self->settings->timeout_ms)) {
        self->pcscd = MADO_PCSC_SILENT; /* the task is the lost thread's */
        return;
    }
    self->pcscd = task->state;
    self->readers = g_steal_pointer(&task->readers);
    look_free(task);
}

/* ---- the checks ---- */

static const char *
state_word(MadoPcscState state)
{
    switch (state) {
    case MADO_PCSC_ANSWERS:
        return "answers";
    case MADO_PCSC_ABSENT:
        return "absent";
    case MADO_PCSC_REFUSES:
        return "refuses";
    case MADO_PCSC_HANGS_UP:
        return "hangs-up";
    case MADO_PCSC_SILENT:
    default:
        return "silent";
    }
}

/* (transfer full) */
static JsonObject *
unit_details(void)
{
    JsonObject *details = json_object_new();
    g_autofree char *unit = mado_desk_state_unit("pcscd.socket");

    json_object_set_string_member(details, "pcscd.socket", unit);
    return details;
}

void
mado_examine_pcscd(MadoExamination *self)
{
    g_autoptr(MadoDrivers) live = NULL;
    JsonObject *facts = json_object_new();
    g_autofree char *rule = g_build_filename(self->settings->root, RULE, NULL);

    list_readers(self);
    json_object_set_string_member(facts, "state", state_word(self->pcscd));
    json_object_set_boolean_member(facts, "polkit-rule", g_file_test(rule, G_FILE_TEST_EXISTS));
    json_object_set_object_member(self->facts, "pcscd", facts);
    if (self->pcscd == MADO_PCSC_SILENT)
        mado_doctor_report_add(self->report, 203, NULL);
    if (self->pcscd != MADO_PCSC_ABSENT)
        return;
    live = mado_drivers_load(self->settings->root);
    mado_doctor_report_add(self->report, mado_drivers_has_pcscd(live) ? 202 : 201,
                           unit_details());
}

void
mado_examine_access(MadoExamination *self)
{
    if (self->pcscd == MADO_PCSC_REFUSES)
        mado_doctor_report_add(self->report, 211, NULL);
    else if (self->pcscd == MADO_PCSC_HANGS_UP)
        mado_doctor_report_add(self->report, 212, NULL);
}

static gboolean
is_older(const char *version, guint major, guint minor)
{
    g_auto(GStrv) parts = g_strsplit(version, ".", 3);
    guint64 first = 0;
    guint64 second = 0;

    if (g_strv_length(parts) < 2 ||
        !g_ascii_string_to_unsigned(parts[0], 10, 0, 1000, &first, NULL) ||
        !g_ascii_string_to_unsigned(parts[1], 10, 0, 1000, &second, NULL))
        return FALSE;
    return first < major || (first == major && second < minor);
}

void
mado_examine_version(MadoExamination *self)
{
    const char *version = mado_drivers_version(self->drivers, "pcscd");
    JsonObject *details;

    if (version == NULL || !is_older(version, TESTED_MAJOR, TESTED_MINOR))
        return;
    details = json_object_new();
    json_object_set_string_member(details, "version", version);
    mado_doctor_report_add(self->report, 221, details);
}
