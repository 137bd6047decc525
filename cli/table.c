/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/table.h"

#include "client/text.h"

#define GAP 2

struct _MadoTable {
    guint n_columns;
    GPtrArray *cells; /* of char *, row after row (owned) */
    guint *widths;    /* n_columns */
};

MadoTable *
mado_table_new(guint n_columns)
{
    MadoTable *self = g_new0(MadoTable, 1);

    self->n_columns = n_columns;
    self->cells = g_ptr_array_new_with_free_func(g_free);
    self->widths = g_new0(guint, n_columns);
    return self;
}

void
mado_table_free(MadoTable *self)
{
    if (self == NULL)
        return;
    g_ptr_array_unref(self->cells);
    g_free(self->widths);
    g_free(self);
}

void
mado_table_add(MadoTable *self, const char *const *cells)
{
    for (guint i = 0; i < self->n_columns; i++) {
        char *cell = mado_text_clean(cells[i]);

        self->widths[i] = MAX(self->widths[i], mado_text_width(cell));
        g_ptr_array_add(self->cells, cell);
    }
}

char *
mado_table_format(const MadoTable *self)
{
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < self->cells->len; i++) {
        const char *cell = g_ptr_array_index(self->cells, i);
        guint column = i % self->n_columns;

        g_string_append(text, cell);
        if (column + 1 == self->n_columns) {
            g_string_append_c(text, '\n');
            continue;
        }
        for (guint n = mado_text_width(cell); n < self->widths[column] + GAP; n++)
            g_string_append_c(text, ' ');
    }
    return g_string_free(text, FALSE);
}

void
mado_table_print(const MadoTable *self)
{
    g_autofree char *text = mado_table_format(self);

    g_print("%s", text);
}
