/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests from a table: CSV with a header line, or JSON (an array of flat objects with the
 * same names). Strict: an unknown or repeated column, a malformed value, a request or number
 * that is there already is a fault with its line, and one fault keeps the whole table out.
 *
 * Columns: request_id number name kana birth sex address, and optionally certificates ("both",
 * "auth", or empty: by age), photo (a JP2 file's name in the photo folder), and what the queue
 * shows: reserved ("YYYY-MM-DD HH:MM", a day alone, or a time alone for the day of the import),
 * queue_number, procedure ("prepare" or "issue"), alerts (of "restricted", "stopped" and
 * "guardian", a space between). Digits of ids, numbers and dates of birth may be full width.
 */
#pragma once

#include "central/store.h"
#include "central/vault.h"
#include "common/date.h"

typedef struct {
    MadoStore *store; /* borrowed, as everything here */
    const MadoVault *vault;
    const char *municipality;
    const char *photos; /* (nullable): folder */
    MadoDate today;
    gint64 now_ms;
    gboolean is_json;
    gboolean dry_run; /* check all, write nothing */
} MadoImport;

typedef struct {
    guint n_requests;
    GPtrArray *faults; /* owned; char *: "line 3: birth: not a day". No personal data */
} MadoImportReport;

/* (transfer full): what was read; when there are faults, nothing was written. Begins and ends a
 * transaction of the store. NULL: the store failed, or the file is no table at all. */
MadoImportReport *
mado_import_run(const MadoImport *self, const char *data, gsize len, GError **error);
void
mado_import_free_report(MadoImportReport *report); /* NULL is allowed */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoImportReport, mado_import_free_report)
