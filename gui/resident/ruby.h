/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A text with readings above its characters: "{暗証番号|あんしょうばんごう}を決めます". Wraps
 * as Pango would, but never inside a reading; a text with spaces between its phrases
 * (分かち書き) wraps at these alone. Its accessible name is the text without readings. Main
 * thread.
 */
#pragma once

#include <gtk/gtk.h>

#define MADO_TYPE_RUBY (mado_ruby_get_type())
G_DECLARE_FINAL_TYPE(MadoRuby, mado_ruby, MADO, RUBY, GtkWidget)

GtkWidget *
mado_ruby_new(const char *text);
void
mado_ruby_set_text(MadoRuby *self, const char *text);
/* 0: at the left, 0.5: in the middle. */
void
mado_ruby_set_xalign(MadoRuby *self, float xalign);
/* (transfer full): @text without its readings. */
char *
mado_ruby_plain(const char *text);
/* A button that says @text: its child and its accessible name. */
void
mado_ruby_set_button(GtkButton *button, const char *text);
