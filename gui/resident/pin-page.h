/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* R05, R06, R07: one PIN is typed. Main thread. */
#pragma once

#include "gui/resident/flow.h"

#include <gtk/gtk.h>

#define MADO_TYPE_PIN_PAGE (mado_pin_page_get_type())
G_DECLARE_FINAL_TYPE(MadoPinPage, mado_pin_page, MADO, PIN_PAGE, GtkBox)

/* @flow is borrowed: it outlives the page. */
void
mado_pin_page_set_flow(MadoPinPage *self, MadoFlow *flow);
void
mado_pin_page_update(MadoPinPage *self);
/* What takes the focus when the page is shown. */
GtkWidget *
mado_pin_page_focus(MadoPinPage *self);
