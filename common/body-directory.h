/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the centre answers to a look (doc/messages.md 6): rows of personal data. Formatted by
 * the centre, checked by the daemon, read by the clerk's program out of a sealed memfd: the
 * same bytes all the way. Any thread.
 */
#pragma once

#include "common/body-parts.h"
#include "madoguchi/directory.h"

#define MADO_BODY_ROW_NAME_MAX 512 /* bytes of UTF-8 */

typedef struct {
    char request_id[MADO_BODY_ID_MAX + 1];
    char reserved_day[MADO_DATE_LEN + 1]; /* empty, with the next two: no reservation */
    char reserved_time[5];                /* HHMM */
    guint16 number;                       /* 受付番号; 0: none */
    char name[MADO_BODY_ROW_NAME_MAX + 1];
    char kana[MADO_BODY_ROW_NAME_MAX + 1];
    char birth[MADO_DATE_LEN + 1];
    MadoProcedure procedure;
    MadoRequestState state;
    MadoTransactionState transaction; /* 0: there was no visit */
    guint8 alerts;                    /* set of MadoAlert */
    gint64 since_ms;                  /* of that visit; 0: none */
    char terminal[MADO_BODY_ID_MAX + 1];
    char reason[MADO_BODY_DETAIL_MAX + 1];
} MadoBodyRow;

typedef struct {
    char day[MADO_DATE_LEN + 1];
    gboolean more;   /* there are rows beyond these */
    GPtrArray *rows; /* owned; MadoBodyRow, wiped when freed */
} MadoBodyDirectory;

/* (transfer full): no rows. */
MadoBodyDirectory *
mado_body_directory_new(void);
void
mado_body_directory_free(MadoBodyDirectory *self); /* NULL is allowed; wipes */

/* (transfer full): all empty. Becomes the directory's when put into its rows. */
MadoBodyRow *
mado_body_directory_new_row(void);
void
mado_body_directory_free_row(MadoBodyRow *row); /* NULL is allowed; wipes */
/* Bytes a row takes in the answer, at most. */
gsize
mado_body_directory_row_len(const MadoBodyRow *row);

/* (transfer full). BAD_ARGUMENT: a member does not fit its object. LIMIT: too long for a
 * message. */
MadoSecret *
mado_body_directory_format(const MadoBodyDirectory *self, GError **error);
/* (transfer full). CENTRE_ANSWER, naming the object: unknown, repeated, missing or badly sized;
 * more than MADO_LIMIT_LOOK_ROWS rows; days and times that do not exist. */
MadoBodyDirectory *
mado_body_directory_parse(const guint8 *data, gsize len, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoBodyDirectory, mado_body_directory_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoBodyRow, mado_body_directory_free_row)
