/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a call of a visit ends in: data/org.madoguchi.Counter1.xml, Session.Begin. */
#pragma once

#include <gio/gio.h>
#include <gio/gunixfdlist.h>

typedef enum {
    MADO_STEP_IDLE = 0, /* no visit */
    MADO_STEP_RELAY,
    MADO_STEP_DECIDE,
    MADO_STEP_PINS,
    MADO_STEP_WORK,
    MADO_STEP_DONE,
    MADO_STEP_HOLD,
} MadoStepKind;

typedef struct {
    MadoStepKind kind;
    GVariant *details;  /* a{sv}, sunk; NULL = empty */
    GUnixFDList *fds;   /* (nullable): what the "h" values of details index */
    char procedure[16]; /* "prepare", "issue", … for the property */
    char visit[33];     /* hex */
} MadoStep;

/* "idle", "relay", "decide", "pins", "work", "done", "hold". */
const char *
mado_step_name(MadoStepKind kind);
/* Frees what it holds and makes it MADO_STEP_IDLE. */
void
mado_step_clear(MadoStep *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MadoStep, mado_step_clear)
