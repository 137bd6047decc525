/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the checks of one run share; inside doctor/ only. One thread. */
#pragma once

#include "doctor/desk-state.h"
#include "doctor/doctor.h"
#include "doctor/drivers.h"
#include "doctor/pcsc.h"
#include "doctor/usb-tree.h"
#include "relay/relay-config.h"

/* In the order of filling; a field is NULL until its check has run. */
typedef struct {
    const MadoDoctorSettings *settings;
    MadoDoctorReport *report;
    JsonObject *facts;       /* borrowed from the report */
    GPtrArray *devices;      /* of MadoUsbReader: after USB */
    MadoDrivers *drivers;    /* after DRIVER */
    MadoPcscState pcscd;     /* after PCSCD */
    GPtrArray *readers;      /* of MadoPcscReader: after PCSCD, when it answered */
    MadoDeskState *desk;     /* after DAEMON */
    MadoRelayConfig *relay;  /* after CONFIG, when it can be used */
    GKeyFile *daemon_config; /* after CONFIG, when it can be read */
    char *daemon_config_folder;
    gboolean has_skew; /* after CENTRE */
    gint64 skew_s;
} MadoExamination;

typedef void (*MadoExamine)(MadoExamination *self);

void
mado_examine_usb(MadoExamination *self);
void
mado_examine_kernel(MadoExamination *self);
void
mado_examine_driver(MadoExamination *self);
void
mado_examine_pcscd(MadoExamination *self);
void
mado_examine_access(MadoExamination *self);
void
mado_examine_version(MadoExamination *self);
void
mado_examine_daemon(MadoExamination *self);
void
mado_examine_link(MadoExamination *self);
void
mado_examine_readers(MadoExamination *self);
void
mado_examine_abilities(MadoExamination *self);
void
mado_examine_wear(MadoExamination *self);
void
mado_examine_card(MadoExamination *self);
void
mado_examine_config(MadoExamination *self);
void
mado_examine_journal(MadoExamination *self);
void
mado_examine_certificates(MadoExamination *self);
void
mado_examine_centre(MadoExamination *self);
void
mado_examine_clock(MadoExamination *self);

/* (transfer full): details that say which USB reader. */
JsonObject *
mado_examine_describe(const MadoUsbReader *reader);
