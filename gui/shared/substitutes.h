/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Characters of a name that a certificate cannot hold (it has JIS X 0208 and JIS X 0212), and
 * the characters to be written instead, for the resident to agree to. The card's face and the
 * register keep the name as it is. Pure; any thread.
 */
#pragma once

#include "gui/shared/name-text.h"

typedef struct {
    MadoNamePart part;
    gunichar proposed;     /* 0: there is no proposal, the clerk must choose */
    gboolean is_form_only; /* the same character, but the form chosen by its selector is lost */
} MadoSubstitute;

/* (transfer full) (element-type MadoSubstitute): in the order of the name; empty when the
 * certificate can hold it as it is. */
GArray *
mado_substitutes_find(const char *name);
/* (transfer full): the name as the certificate would have it; 〓 where there is no proposal. */
char *
mado_substitutes_apply(const char *name);
/* Whether a certificate can hold @letter. */
gboolean
mado_substitutes_is_allowed(gunichar letter);
