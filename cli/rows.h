/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Listings of the bus (aa{sv}) as JSON arrays with stable keys. */
#pragma once

#include <json-glib/json-glib.h>

typedef struct {
    const char *key;
    char kind; /* 's', 'b' or 't', as on the bus */
} MadoRowsField;

/* (transfer full): one object per row; what has another type than documented is left out. */
JsonArray *
mado_rows_to_json(GVariant *rows, const MadoRowsField *fields, gsize n_fields);
/* (transfer none): "" when absent. */
const char *
mado_rows_text(JsonObject *row, const char *key);
