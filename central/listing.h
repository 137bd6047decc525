/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows of named values, printed as columns for people or as one JSON array for programs. */
#pragma once

#include <gio/gio.h>

typedef struct _MadoListing MadoListing;

/* (transfer full) */
MadoListing *
mado_listing_new(gboolean is_json);
void
mado_listing_begin_row(MadoListing *self);
/* Values of a row, in the same order in every row. */
void
mado_listing_text(MadoListing *self, const char *name, const char *value);
void
mado_listing_int(MadoListing *self, const char *name, gint64 value);
void
mado_listing_hex(MadoListing *self, const char *name, const guint8 *data, gsize len);
/* ISO 8601, UTC; from ms since 1970. */
void
mado_listing_time(MadoListing *self, const char *name, gint64 at_ms);
/* Prints to stdout and frees. */
void
mado_listing_finish(MadoListing *self);
