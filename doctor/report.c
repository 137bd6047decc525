/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "doctor/report.h"

#include <glib/gi18n.h>

typedef struct {
    MadoDoctorReportState state;
    guint because; /* not tried: a finding's number */
    guint
        stopped_by; /* a finding that stops what needs this check, or the one that stopped it */
} State;

struct _MadoDoctorReport {
    GPtrArray *findings; /* of MadoDoctorFinding */
    State states[MADO_N_CHECKS];
    JsonObject *facts;
};

static void
finding_free(gpointer data)
{
    MadoDoctorFinding *finding = data;

    json_object_unref(finding->details);
    g_free(finding);
}

MadoDoctorReport *
mado_doctor_report_new(void)
{
    MadoDoctorReport *self = g_new0(MadoDoctorReport, 1);

    self->findings = g_ptr_array_new_with_free_func(finding_free);
    self->facts = json_object_new();
    return self;
}

void
mado_doctor_report_free(MadoDoctorReport *self)
{
    if (self == NULL)
        return;
    g_ptr_array_unref(self->findings);
    json_object_unref(self->facts);
    g_free(self);
}

void
mado_doctor_report_add(MadoDoctorReport *self, guint number, JsonObject *details)
{
    const MadoFindingRow *row = mado_findings_find(number);
    MadoDoctorFinding *finding;

    g_return_if_fail(row != NULL);
    finding = g_new0(MadoDoctorFinding, 1);
    finding->row = row;
    finding->details = details != NULL ? details : json_object_new();
    g_ptr_array_add(self->findings, finding);
    if (row->stops && self->states[row->check].stopped_by == 0)
        self->states[row->check].stopped_by = number;
}

gboolean
mado_doctor_report_begin(MadoDoctorReport *self, MadoCheck check)
{
    State *state = &self->states[check];
    guint needs = mado_findings_checks()[check].needs;

    for (guint i = 0; i < MADO_N_CHECKS; i++) {
        if ((needs & MADO_CHECK_BIT(i)) == 0 || self->states[i].stopped_by == 0)
            continue;
        state->state = MADO_REPORT_NOT_TRIED;
        state->because = self->states[i].stopped_by;
        state->stopped_by = self->states[i].stopped_by;
        return FALSE;
    }
    state->state = MADO_REPORT_DONE;
    return TRUE;
}

JsonObject *
mado_doctor_report_facts(MadoDoctorReport *self)
{
    return self->facts;
}

guint
mado_doctor_report_n_findings(const MadoDoctorReport *self)
{
    return self->findings->len;
}

const MadoDoctorFinding *
mado_doctor_report_finding(const MadoDoctorReport *self, guint place)
{
    return g_ptr_array_index(self->findings, place);
}

MadoDoctorReportState
mado_doctor_report_state(const MadoDoctorReport *self, MadoCheck check, guint *ret_because)
{
    *ret_because = self->states[check].because;
    return self->states[check].state;
}

int
mado_doctor_report_verdict(const MadoDoctorReport *self)
{
    int verdict = 0;

    for (guint i = 0; i < self->findings->len; i++) {
        const MadoDoctorFinding *finding = g_ptr_array_index(self->findings, i);

        verdict = MAX(verdict, (int)finding->row->level);
    }
    return verdict;
}

/* ---- JSON ---- */

static void
set_number(JsonObject *object, const char *key, guint number)
{
    g_autofree char *text = g_strdup_printf("D-%u", number);

    json_object_set_string_member(object, key, text);
}

static JsonObject *
finding_to_json(const MadoDoctorFinding *finding)
{
    const MadoFindingRow *row = finding->row;
    JsonObject *object = json_object_new();

    set_number(object, "number", row->number);
    json_object_set_string_member(object, "level", mado_findings_level(row->level));
    json_object_set_string_member(object, "check", mado_findings_checks()[row->check].name);
    json_object_set_string_member(object, "what", _(row->what));
    json_object_set_string_member(object, "cause", _(row->cause));
    json_object_set_string_member(object, "cure", _(row->cure));
    json_object_set_object_member(object, "details", json_object_ref(finding->details));
    return object;
}

static const char *
state_word(const MadoDoctorReport *self, MadoCheck check)
{
    int worst = -1;

    if (self->states[check].state == MADO_REPORT_NOT_ASKED)
        return "not-asked";
    if (self->states[check].state == MADO_REPORT_NOT_TRIED)
        return "not-tried";
    for (guint i = 0; i < self->findings->len; i++) {
        const MadoDoctorFinding *finding = g_ptr_array_index(self->findings, i);

        if (finding->row->check == check)
            worst = MAX(worst, (int)finding->row->level);
    }
    return worst < 0 ? "ok" : mado_findings_level((MadoFindingLevel)worst);
}

static JsonArray *
checks_to_json(const MadoDoctorReport *self)
{
    const MadoCheckRow *rows = mado_findings_checks();
    JsonArray *array = json_array_new();

    for (guint i = 0; i < MADO_N_CHECKS; i++) {
        JsonObject *object = json_object_new();

        set_number(object, "number", rows[i].number);
        json_object_set_string_member(object, "name", rows[i].name);
        json_object_set_string_member(object, "does", _(rows[i].does));
        json_object_set_string_member(object, "state", state_word(self, rows[i].check));
        if (self->states[i].because != 0)
            set_number(object, "because", self->states[i].because);
        json_array_add_object_element(array, object);
    }
    return array;
}

void
mado_doctor_report_to_json(const MadoDoctorReport *self, JsonObject *object)
{
    JsonArray *findings = json_array_new();
    JsonArray *notes = json_array_new();

    for (guint i = 0; i < self->findings->len; i++) {
        const MadoDoctorFinding *finding = g_ptr_array_index(self->findings, i);

        json_array_add_object_element(finding->row->level == MADO_FINDING_NOTE ? notes
                                                                               : findings,
                                      finding_to_json(finding));
    }
    json_object_set_int_member(object, "verdict", mado_doctor_report_verdict(self));
    json_object_set_array_member(object, "findings", findings);
    json_object_set_array_member(object, "notes", notes);
    json_object_set_array_member(object, "checks", checks_to_json(self));
    json_object_set_object_member(object, "facts", json_object_ref(self->facts));
}
