/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The resident's window: draws the flow, keeps the three fixed places (stop, staff, language),
 * and keeps the time. Everything shown is computed from the flow in one function. Main thread.
 */
#pragma once

#include "gui/resident/flow.h"
#include "gui/resident/languages.h"

#include <gtk/gtk.h>

#define MADO_TYPE_RESIDENT_WINDOW (mado_resident_window_get_type())
G_DECLARE_FINAL_TYPE(
    MadoResidentWindow, mado_resident_window, MADO, RESIDENT_WINDOW, GtkApplicationWindow)

typedef struct {
    const MadoLanguages *language; /* a new resident begins with */
    guint idle_s;         /* without a touch, until it asks whether somebody is there */
    guint countdown_s;    /* for the answer to that */
    gboolean is_training; /* says so on every page */
} MadoResidentWindowSettings;

/* @flow is borrowed: it outlives the window. */
MadoResidentWindow *
mado_resident_window_new(GtkApplication *application,
                         MadoFlow *flow,
                         const MadoResidentWindowSettings *settings);
/* The flow changed: draws it, and starts its time anew. */
void
mado_resident_window_update(MadoResidentWindow *self);
/* The next resident: language, size and contrast as in the beginning. */
void
mado_resident_window_restart(MadoResidentWindow *self);
/* As if the resident had chosen it. */
void
mado_resident_window_set_language(MadoResidentWindow *self, const MadoLanguages *language);
/* 100, 150 or 200 per cent. */
void
mado_resident_window_set_scale(MadoResidentWindow *self, guint scale);
/* The desk says what it is for. */
void
mado_resident_window_set_training(MadoResidentWindow *self, gboolean is_training);
