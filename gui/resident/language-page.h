/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* R01: the languages, each in its own words. Main thread. */
#pragma once

#include "gui/resident/flow.h"
#include "gui/resident/languages.h"

#include <gtk/gtk.h>

#define MADO_TYPE_LANGUAGE_PAGE (mado_language_page_get_type())
G_DECLARE_FINAL_TYPE(MadoLanguagePage, mado_language_page, MADO, LANGUAGE_PAGE, GtkBox)

/* @on_chosen is told before the page is drawn anew. */
void
mado_language_page_set_chosen(MadoLanguagePage *self,
                              void (*on_chosen)(const MadoLanguages *language,
                                                gpointer user_data),
                              gpointer user_data);
void
mado_language_page_update(MadoLanguagePage *self,
                          const MadoFlow *flow,
                          const MadoLanguages *current);
GtkWidget *
mado_language_page_focus(MadoLanguagePage *self);
