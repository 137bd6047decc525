/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The resident's screen as a program: options, flow, window, place and agent. Main thread. */
#pragma once

#include <gtk/gtk.h>

#define MADO_TYPE_RESIDENT_APPLICATION (mado_resident_application_get_type())
G_DECLARE_FINAL_TYPE(MadoResidentApplication,
                     mado_resident_application,
                     MADO,
                     RESIDENT_APPLICATION,
                     GtkApplication)

MadoResidentApplication *
mado_resident_application_new(void);
/* Whether --training stands on the line: looked for before GTK is opened. */
gboolean
mado_resident_application_is_training(int argc, char *const *argv);
/* For sysexits: 0, or why it ended by itself. */
int
mado_resident_application_status(MadoResidentApplication *self);
