/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The doctor: does the checks of findings.h in order and says what it found. Changes nothing,
 * opens no card unless it was asked to, and never one that the daemon holds.
 */
#pragma once

#include "doctor/report.h"

typedef struct {
    const char *root;         /* before /sys, /usr/lib/pcsc, /etc …: "/" */
    const char *relay_config; /* relay.conf; madoguchid.conf is looked for beside it */
    const char
        *reader; /* (nullable): whose card; a part of its name, NULL: the one with a card */
    gboolean tests_card;
    guint n_repetitions; /* of the card's test */
    guint timeout_ms;    /* for the smart card service to answer */
    /* (nullable): before each check, on the caller's thread */
    void (*on_check)(MadoCheck check, gpointer user_data);
    gpointer user_data;
} MadoDoctorSettings;

/* Blocks for some seconds at most, half a minute when everything hangs; runs a main context of
 * its own, so a program with windows calls it on a thread of its own. (transfer full) */
MadoDoctorReport *
mado_doctor_examine(const MadoDoctorSettings *settings);
