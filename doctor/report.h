/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the doctor found, check by check, and the facts it saw on the way. Facts and details are
 * system data by construction: whoever adds one decides that it may leave the desk in a support
 * bundle (doctor/bundle.h). One thread.
 */
#pragma once

#include "doctor/findings.h"

#include <json-glib/json-glib.h>

typedef struct _MadoDoctorReport MadoDoctorReport;

typedef struct {
    const MadoFindingRow *row; /* static */
    JsonObject *details;       /* owned; its members are texts, numbers and booleans */
} MadoDoctorFinding;

typedef enum {
    MADO_REPORT_NOT_ASKED, /* nobody wanted this check */
    MADO_REPORT_NOT_TRIED, /* what it needs has stopped */
    MADO_REPORT_DONE,
} MadoDoctorReportState;

MadoDoctorReport *
mado_doctor_report_new(void);
void
mado_doctor_report_free(MadoDoctorReport *self); /* NULL is allowed */

/* ---- filling ---- */

/* @details (transfer full) (nullable). @number: of a row of findings.h. */
void
mado_doctor_report_add(MadoDoctorReport *self, guint number, JsonObject *details);
/* Marks the check as done, or as not tried because of a finding it needs the absence of; FALSE:
 * not tried. */
gboolean
mado_doctor_report_begin(MadoDoctorReport *self, MadoCheck check);
/* (transfer none): to be filled: what was seen, by name of the check. */
JsonObject *
mado_doctor_report_facts(MadoDoctorReport *self);

/* ---- asking ---- */

guint
mado_doctor_report_n_findings(const MadoDoctorReport *self);
/* (transfer none) */
const MadoDoctorFinding *
mado_doctor_report_finding(const MadoDoctorReport *self, guint place);
/* *ret_because: number of the finding that kept it from being tried, else 0. */
MadoDoctorReportState
mado_doctor_report_state(const MadoDoctorReport *self, MadoCheck check, guint *ret_because);
/* 0 nothing, or notes alone; 1 warnings; 2 faults: the exit code of madoguchictl doctor. */
int
mado_doctor_report_verdict(const MadoDoctorReport *self);

/*
 * Adds to @object: verdict (0, 1, 2); findings and notes [number "D-111", level, check, what,
 * cause, cure, details]; checks [number, name, state, because?]; facts. Texts in the user's
 * language.
 */
void
mado_doctor_report_to_json(const MadoDoctorReport *self, JsonObject *object);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoDoctorReport, mado_doctor_report_free)
