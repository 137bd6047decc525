/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Identity documents a clerk has seen, as the codes that go into the signed decision
 * (include/madoguchi/message.h, MADO_DECISION_DOCUMENTS): one of group A (official, with a
 * photo), or two different ones of group B.
 */
#pragma once

#include <glib.h>

typedef struct {
    const char *code;  /* "A1" */
    const char *label; /* English, marked for translation */
} MadoDocument;

/* (transfer none): *ret_n_documents rows, A before B. */
const MadoDocument *
mado_documents_all(gsize *ret_n_documents);

/*
 * (transfer full) (nullable): @text ("b1, A1", "A1+B1") as sorted codes joined by "+". Errors:
 * BAD_ARGUMENT for an unknown or repeated code, or when what was seen does not suffice.
 */
char *
mado_documents_check(const char *text, GError **error);
