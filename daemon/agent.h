/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The PIN agent: one registered bus client that lets the resident type (protocol.md 4). Each
 * question gets a pipe of its own, bound to {visit, kind, nonce}; the agent receives the write
 * end, we read at most MADO_LIMIT_PIN_LEN bytes before the deadline. An entry counts only when
 * the agent closed the pipe and its call returned without an error: half a PIN never costs a
 * try. An agent writes what was confirmed in one go: a PIN that comes a byte at a time would
 * lie about in memory, so a short deadline begins with its first byte.
 */
#pragma once

#include "common/secret.h"
#include "daemon/interrupt.h"

#include <gio/gunixfdlist.h>

#include <madoguchi/card.h>

typedef struct _MadoAgent MadoAgent;

typedef enum {
    MADO_AGENT_VERIFY, /* the PIN the card has now */
    MADO_AGENT_OLD,    /* the same, about to be changed */
    MADO_AGENT_NEW,    /* a PIN being chosen; the agent has it typed twice */
} MadoAgentPurpose;

typedef struct {
    MadoPinKind kind;
    MadoAgentPurpose purpose;
    int n_tries;       /* left, shown before typing; -1 when it does not apply */
    const char *visit; /* hex, "" outside a visit */
    guint seat;        /* MadoWork.seat: whose claim asks */
    guint holder_uid;  /* in production the agent must be another Unix user: AGENT_GONE */
    guint timeout_ms;  /* from the prompt to the end; 0: MADO_TIMEOUT_PIN_ENTRY_MS */
    guint write_ms;    /* from the first byte to the end; 0: MADO_TIMEOUT_EXCHANGE_MS */
} MadoAgentQuestion;

/*
 * Worker's thread; blocks. (transfer full): what was typed, 1 to MADO_LIMIT_PIN_LEN bytes, form
 * not checked. Errors: AGENT_GONE, CANCELLED (refused by the resident), TIMED_OUT, PIN_FORM
 * (longer than any PIN, or given up by the resident), BUSY (the screen serves another claim),
 * or the code of @interrupt.
 */
MadoSecret *
mado_agent_ask(MadoAgent *self,
               const MadoAgentQuestion *question,
               MadoInterrupt *interrupt,
               GError **error);

/* ---- main thread ---- */

/* (transfer full): no agent registered. @must_differ: production. */
MadoAgent *
mado_agent_new(gboolean must_differ);
MadoAgent *
mado_agent_ref(MadoAgent *self);
void
mado_agent_unref(MadoAgent *self);

/* BUSY while another is registered. */
gboolean
mado_agent_register(MadoAgent *self,
                    GDBusConnection *connection,
                    const char *bus_name,
                    const char *path,
                    guint uid,
                    GError **error);
/* The client with this bus name unregistered or vanished: pending questions end in AGENT_GONE.
 * FALSE when it was not the agent. */
gboolean
mado_agent_unregister(MadoAgent *self, const char *bus_name);
gboolean
mado_agent_is_present(const MadoAgent *self);
/* Whether the agent may serve a holder of this Unix user. */
gboolean
mado_agent_may_serve(const MadoAgent *self, guint holder_uid);
/* Whether the client with this bus name is the agent. */
gboolean
mado_agent_is_named(const MadoAgent *self, const char *bus_name);
/* PinAgent.Show, not waited for. @details (floating, consumed); @fds (nullable) what its "h"
 * values index. Nothing without an agent. */
void
mado_agent_show(MadoAgent *self, const char *page, GVariant *details, GUnixFDList *fds);

typedef enum {
    MADO_AGENT_ASKED,
    MADO_AGENT_TYPED,
    MADO_AGENT_FAILED,
} MadoAgentEvent;

typedef struct {
    /* An agent came or went. */
    void (*on_presence)(gpointer user_data);
    /* What becomes of a prompt. @why: "mismatch", "weak", "timeout" or "stopped" with FAILED.
     * FALSE to ASKED: the screen is not this seat's, the question ends in BUSY. */
    gboolean (*on_prompt)(guint seat,
                          MadoPinKind kind,
                          MadoAgentEvent event,
                          const char *why,
                          gpointer user_data);
    gpointer user_data;
} MadoAgentWatch;

/* One watcher; NULL takes it away. */
void
mado_agent_set_watch(MadoAgent *self, const MadoAgentWatch *watch);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoAgent, mado_agent_unref)
