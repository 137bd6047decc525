/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* R02: the resident checks what is known of them. Shown as it was sent, code point for code
 * point; emptied when it is left. Main thread. */
#pragma once

#include "gui/resident/flow.h"

#include <gtk/gtk.h>

#define MADO_TYPE_PERSON_PAGE (mado_person_page_get_type())
G_DECLARE_FINAL_TYPE(MadoPersonPage, mado_person_page, MADO, PERSON_PAGE, GtkBox)

/* @flow is borrowed: it outlives the page. */
void
mado_person_page_set_flow(MadoPersonPage *self, MadoFlow *flow);
/* @in_eras: days of birth as the Japanese calendar has them. */
void
mado_person_page_update(MadoPersonPage *self, gboolean in_eras);
/* Shows nobody. */
void
mado_person_page_clear(MadoPersonPage *self);
GtkWidget *
mado_person_page_focus(MadoPersonPage *self);
