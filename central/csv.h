/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Comma-separated values by RFC 4180, strictly: fields in double quotes may hold commas, line
 * ends and doubled quotes; a quote anywhere else is an error. Lines end in LF or CRLF. Cells
 * may hold personal data and are wiped when freed.
 */
#pragma once

#include <gio/gio.h>

typedef struct {
    guint line;       /* where it begins, from 1 */
    GPtrArray *cells; /* owned; char *, UTF-8 */
} MadoCsvRow;

#define MADO_CSV_MAX_CELLS 64

/* (transfer full): MadoCsvRow; empty lines are left out. A byte order mark is skipped. CONFIG
 * with the line for anything else than UTF-8 CSV. */
GPtrArray *
mado_csv_parse(const char *data, gsize len, GError **error);
