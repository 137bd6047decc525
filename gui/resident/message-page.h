/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every page that says something and asks at most one question. Main thread. */
#pragma once

#include "gui/resident/flow.h"

#include <gtk/gtk.h>

#define MADO_TYPE_MESSAGE_PAGE (mado_message_page_get_type())
G_DECLARE_FINAL_TYPE(MadoMessagePage, mado_message_page, MADO, MESSAGE_PAGE, GtkBox)

/* @flow is borrowed: it outlives the page. */
void
mado_message_page_set_flow(MadoMessagePage *self, MadoFlow *flow);
/* @body (nullable): instead of the flow's. */
void
mado_message_page_update(MadoMessagePage *self, const char *body);
/* (nullable): what takes the focus when the page is shown. */
GtkWidget *
mado_message_page_focus(MadoMessagePage *self);
