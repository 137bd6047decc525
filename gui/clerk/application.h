/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* madoguchi as a GtkApplication: one instance for a user, everything it can do is a GAction. */
#pragma once

#include <gtk/gtk.h>

#define MADO_CLERK_APPLICATION_ID "org.madoguchi.Clerk"

#define MADO_TYPE_APPLICATION (mado_application_get_type())
G_DECLARE_FINAL_TYPE(MadoApplication, mado_application, MADO, APPLICATION, GtkApplication)

/* (transfer full). */
MadoApplication *
mado_application_new(void);
