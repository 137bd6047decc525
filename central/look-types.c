/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/look-types.h"

void
mado_look_types_free_directory(MadoDirectoryRecord *record)
{
    if (record == NULL)
        return;
    g_clear_pointer(&record->request, mado_record_types_free_request);
    g_free(record);
}

void
mado_look_types_free_look(MadoLookRecord *record)
{
    if (record == NULL)
        return;
    g_clear_pointer(&record->decision, g_bytes_unref);
    g_clear_pointer(&record->signature, g_bytes_unref);
    g_clear_pointer(&record->query, g_bytes_unref);
    g_free(record);
}
