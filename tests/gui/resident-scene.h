/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every page of the resident's screen, drawn by the real window over the real flow, without a
 * daemon: for pictures and for the tests that walk the widgets. The person is invented. */
#pragma once

#include "gui/resident/flow.h"
#include "gui/resident/window.h"

typedef struct {
    MadoFlow *flow;
    MadoResidentWindow *window;
    guint n_entered;
    guint n_refused;
} Scene;

/* Once per process the resources are loaded. Training's line is shown. */
void
scene_start(Scene *scene, int width, int height);
void
scene_end(Scene *scene);
void
scene_set_language(Scene *scene, const char *code);
void
scene_set_contrast(Scene *scene, gboolean is_high);
guint
scene_n_pages(void);
const char *
scene_page_name(guint number);
/* Shown in every language, not in Japanese alone. */
gboolean
scene_page_is_main(guint number);
/* Leads the flow there, and waits until it is drawn. */
void
scene_show_page(Scene *scene, guint number);
