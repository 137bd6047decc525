/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A table for a terminal: left-aligned columns, two spaces between, no line on the right. */
#pragma once

#include <glib.h>

typedef struct _MadoTable MadoTable;

MadoTable *
mado_table_new(guint n_columns);
void
mado_table_free(MadoTable *self); /* NULL is allowed */

/* @cells: n_columns texts, cleaned and copied. */
void
mado_table_add(MadoTable *self, const char *const *cells);
/* (transfer full): every row ends in a line feed. */
char *
mado_table_format(const MadoTable *self);
void
mado_table_print(const MadoTable *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoTable, mado_table_free)
