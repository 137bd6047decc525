/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who may call what. One table; what has no rule is refused. polkit is asked asynchronously, by
 * bus name, and its silence or absence is a refusal. Main thread.
 */
#pragma once

#include <gio/gio.h>

typedef enum {
    MADO_GATE_OPEN,  /* anyone the bus policy lets in; the method refuses for itself */
    MADO_GATE_OWNER, /* the client that claimed the session */
    MADO_GATE_ASK,   /* whom polkit allows the action */
    MADO_GATE_NEVER, /* implemented by clients, not by us */
} MadoGateKind;

typedef struct {
    const char *interface;
    const char *method;
    MadoGateKind kind;
    const char *action; /* polkit's, for ASK */
} MadoGateRule;

/* (transfer none) (nullable): the rule of a method; NULL is a refusal. */
const MadoGateRule *
mado_gate_find(const char *interface, const char *method);
/* All rules, for the test that holds them against the XML. */
const MadoGateRule *
mado_gate_all(gsize *ret_n_rules);

typedef struct _MadoGate MadoGate;

/* (transfer full) */
MadoGate *
mado_gate_new(GDBusConnection *connection);
/* Questions still open are answered with a refusal. */
void
mado_gate_free(MadoGate *self);

/* Runs in the main context, exactly once. @uid: Unix user of the caller, when @error is NULL.
 */
typedef void (*MadoGateAnswered)(guint uid, const GError *error, gpointer user_data);

/*
 * Asks for @action in the name of the caller of @invocation, with interaction only when the
 * caller allowed that. After the answer the caller looks again whether what it wanted still
 * holds. NOT_AUTHORIZED.
 */
void
mado_gate_ask(MadoGate *self,
              GDBusMethodInvocation *invocation,
              const char *action,
              MadoGateAnswered answered,
              gpointer user_data);
/* The client vanished: its open questions are withdrawn and end in a refusal. */
void
mado_gate_forget_client(MadoGate *self, const char *bus_name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoGate, mado_gate_free)
