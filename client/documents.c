/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/documents.h"

#include "common/error.h"

#include <glib/gi18n.h>

#include <string.h>

static const MadoDocument documents[] = {
    {"A1", N_("driving licence")},
    {"A2", N_("passport")},
    {"A3", N_("residence card")},
    {"A4", N_("special permanent resident certificate")},
    {"A5", N_("disability certificate")},
    {"A6", N_("driving record certificate")},
    {"B1", N_("health insurance eligibility certificate")},
    {"B2", N_("pension book or pension number notice")},
    {"B3", N_("medical care certificate")},
    {"B4", N_("employee or student card")},
    {"B5", N_("mother and child handbook")},
    {"B6", N_("bank book or other document with name and birth date")},
};

const MadoDocument *
mado_documents_all(gsize *ret_n_documents)
{
    *ret_n_documents = G_N_ELEMENTS(documents);
    return documents;
}

/* Marks one code in @seen; FALSE with @error when it is unknown or there already. */
static gboolean
mark(const char *code, gboolean seen[G_N_ELEMENTS(documents)], GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(documents); i++) {
        if (g_ascii_strcasecmp(documents[i].code, code) != 0)
            continue;
        if (seen[i]) {
            g_set_error(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT,
                        "document %s is named twice", documents[i].code);
            return FALSE;
        }
        seen[i] = TRUE;
        return TRUE;
    }
    g_set_error(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT, "no document has that code");
    return FALSE;
}

static gboolean
suffices(const gboolean seen[G_N_ELEMENTS(documents)])
{
    guint n_a = 0;
    guint n_b = 0;

    for (gsize i = 0; i < G_N_ELEMENTS(documents); i++) {
        if (seen[i] && documents[i].code[0] == 'A')
            n_a++;
        else if (seen[i])
            n_b++;
    }
    return n_a >= 1 || n_b >= 2;
}

char *
mado_documents_check(const char *text, GError **error)
{
    g_auto(GStrv) codes = g_strsplit_set(text, "+, ", -1);
    gboolean seen[G_N_ELEMENTS(documents)] = {FALSE};
    GString *joined;

    for (guint i = 0; codes[i] != NULL; i++) {
        if (codes[i][0] != '\0' && !mark(codes[i], seen, error))
            return NULL;
    }
    if (!suffices(seen)) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT,
                    "one document of group A, or two of group B, are needed");
        return NULL;
    }
    joined = g_string_new(NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(documents); i++) {
        if (seen[i])
            g_string_append_printf(joined, "%s%s", joined->len > 0 ? "+" : "",
                                   documents[i].code);
    }
    return g_string_free(joined, FALSE);
}
