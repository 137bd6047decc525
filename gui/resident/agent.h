/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The resident's screen on the bus: finds the daemon, registers as its PIN agent, hands pages
 * and prompts to the flow and what came of them back. What was typed goes into the daemon's
 * pipe and nowhere else. Comes back by itself after the daemon, and goes while there is no
 * monitor to show anything on. Never waits. Main thread.
 */
#pragma once

#include "gui/resident/flow.h"

#include <gio/gio.h>

typedef struct _MadoResidentAgent MadoResidentAgent;

typedef struct {
    MadoFlow *flow; /* borrowed: it outlives the agent */
    /* Shares the clerk's user or display: serves no production desk. */
    gboolean is_training_only;
    /* What the desk is for, each time a daemon was found. */
    void (*on_realm)(gboolean is_training, gpointer user_data);
    /* Cannot serve this desk, ever: NOT_AUTHORIZED or REALM. */
    void (*on_refused)(const GError *error, gpointer user_data);
    gpointer user_data;
} MadoResidentAgentSettings;

/* (transfer full): looks for the daemon from now on, but registers only when it is shown. */
MadoResidentAgent *
mado_resident_agent_new(const MadoResidentAgentSettings *settings);
/* A prompt is ended as CANCELLED. NULL is allowed. */
void
mado_resident_agent_free(MadoResidentAgent *self);

/* There is a monitor to show pages on, or there is none. */
void
mado_resident_agent_set_shown(MadoResidentAgent *self, gboolean is_shown);

/* ---- what the flow tells ---- */

void
mado_resident_agent_give(MadoResidentAgent *self, const MadoSecret *pin);
/* @why: "mismatch" or "weak" with PIN_FORM, else NULL. */
void
mado_resident_agent_refuse(MadoResidentAgent *self, MadoErrorCode code, const char *why);
void
mado_resident_agent_answer(MadoResidentAgent *self, const char *page, const char *answer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoResidentAgent, mado_resident_agent_free)
