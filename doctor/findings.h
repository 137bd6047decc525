/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The two tables of the doctor: what it looks at (checks) and what it can find. A number is
 * what a technician reads out on the telephone: it never changes and is never used again. A
 * check's number ends in 0, its findings follow it. doc/technician.md lists them all; a test
 * compares.
 */
#pragma once

#include <glib.h>

typedef enum {
    MADO_FINDING_NOTE,    /* worth knowing; nothing to do */
    MADO_FINDING_WARNING, /* works, but not for long or not well */
    MADO_FINDING_FAULT,   /* does not work */
} MadoFindingLevel;

/* In the order they are done. */
typedef enum {
    MADO_CHECK_USB,
    MADO_CHECK_KERNEL,
    MADO_CHECK_DRIVER,
    MADO_CHECK_PCSCD,
    MADO_CHECK_ACCESS,
    MADO_CHECK_VERSION,
    MADO_CHECK_DAEMON,
    MADO_CHECK_LINK,
    MADO_CHECK_READERS,
    MADO_CHECK_ABILITIES,
    MADO_CHECK_WEAR,
    MADO_CHECK_CARD,
    MADO_CHECK_CONFIG,
    MADO_CHECK_JOURNAL,
    MADO_CHECK_CERTIFICATES,
    MADO_CHECK_CENTRE,
    MADO_CHECK_CLOCK,
    MADO_N_CHECKS
} MadoCheck;

#define MADO_CHECK_BIT(check) (1U << (check))

typedef struct {
    MadoCheck check;
    guint number;
    const char *name; /* the word of the JSON output */
    const char *does; /* translated when shown */
    guint needs;      /* set of MADO_CHECK_BIT: not tried when one of these has stopped */
} MadoCheckRow;

typedef struct {
    guint number;
    MadoCheck check;
    MadoFindingLevel level;
    gboolean stops;   /* checks that need this one are then not tried */
    const char *what; /* translated when shown, like the next two */
    const char *cause;
    const char *cure;
} MadoFindingRow;

/* (transfer none): MADO_N_CHECKS rows. */
const MadoCheckRow *
mado_findings_checks(void);
/* (transfer none): *ret_n_rows rows, by number. */
const MadoFindingRow *
mado_findings_all(gsize *ret_n_rows);
/* (transfer none) (nullable). */
const MadoFindingRow *
mado_findings_find(guint number);
/* (transfer none): the word of the JSON output. */
const char *
mado_findings_level(MadoFindingLevel level);
