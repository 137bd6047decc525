/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The clerk's window: the frame around all pages. */
#pragma once

#include "gui/clerk/application.h"

#define MADO_TYPE_WINDOW (mado_window_get_type())
G_DECLARE_FINAL_TYPE(MadoWindow, mado_window, MADO, WINDOW, GtkApplicationWindow)

/* (transfer floating). */
MadoWindow *
mado_window_new(MadoApplication *application);
