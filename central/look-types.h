/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records of the queue: by what a request is found, what a look shows, and that it was looked.
 * Free releases everything owned. */
#pragma once

#include "central/record-types.h"
#include "central/vault.h"

#include <madoguchi/directory.h>

#define MADO_LOOK_LEN            16
#define MADO_SEARCH_READINGS_MAX 64

/* Keyed hashes, so that the database tells nothing without the vault's key (doc/adr/0006). */
typedef struct {
    guint8 birth[MADO_VAULT_TERM_LEN];
    guint n_readings;
    guint8 readings[MADO_SEARCH_READINGS_MAX][MADO_VAULT_TERM_LEN];
} MadoSearchKeys;

/* Which requests a look is for: exactly one of the last four chooses, the most telling one; the
 * rest are the caller's to compare. In the order of the queue: day, time, number, id. */
typedef struct {
    const char *municipality;
    const char *request_id;   /* (nullable) */
    const guint8 *reading;    /* (nullable); MADO_VAULT_TERM_LEN */
    const guint8 *birth;      /* (nullable); MADO_VAULT_TERM_LEN */
    const char *day;          /* (nullable) */
    gboolean with_unfinished; /* day: also those whose last visit is not over */
} MadoDirectoryFilter;

/* One request of the queue, with what its last visit left. */
typedef struct {
    MadoRequestRecord *request; /* owned */
    gint64 since_ms;            /* 0: no visit */
    char terminal[MADO_RECORD_ID_MAX + 1];
    char reason[201];
} MadoDirectoryRecord;

/* Somebody looked. */
typedef struct {
    guint8 look[MADO_LOOK_LEN];
    char terminal[MADO_RECORD_ID_MAX + 1];
    char key[65];
    char operator_id[MADO_RECORD_ID_MAX + 1];
    MadoLookKind kind;
    MadoLookPurpose purpose;
    guint8 body_hash[32];
    GBytes *decision;  /* owned */
    GBytes *signature; /* owned */
    GBytes *query;     /* owned (nullable); sealed */
    gint64 at_ms;
    guint n_shown; /* list_looks only: requests whose rows were answered */
} MadoLookRecord;

void
mado_look_types_free_directory(MadoDirectoryRecord *record); /* NULL is allowed */
void
mado_look_types_free_look(MadoLookRecord *record); /* NULL is allowed */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoDirectoryRecord, mado_look_types_free_directory)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoLookRecord, mado_look_types_free_look)
