/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Carries opaque messages to the centre (design.md 2: the relay carries, it does not decide).
 * The exact bytes, endpoint and idempotency key come from the daemon; a lost answer is asked
 * for again with the same key inside the budget of relay.conf (backoff.h). One thread of its
 * own and one connection; results come back on the thread-default main context of the caller.
 */
#pragma once

#include "common/clock.h"
#include "relay/relay-config.h"

#include <gio/gio.h>

typedef struct _MadoRelay MadoRelay;

/* Time and chance, so that tests own them. @wait returns FALSE when it was cut short. Called on
 * the relay's thread. */
typedef struct {
    const MadoClock *clock;
    gboolean (*wait)(gpointer data, guint wait_ms); /* (nullable): really waits */
    guint32 (*random)(gpointer data);               /* (nullable): really random */
    gpointer data;
} MadoRelayChance;

/* The centre's answer: anything it said in HTTP, refusals as well. */
typedef struct {
    guint status;
    GBytes *body;  /* the reply's bytes when status is 200, empty otherwise */
    char *problem; /* type URI; "" when there is none */
    char *title;   /* the server's words for the log, "" when there are none */
    guint n_tries;
    gboolean has_skew;
    gint64 skew_s; /* this clock minus the centre's */
} MadoRelayAnswer;

/* (transfer full). @chance NULL: the system's clock; else it must outlive the relay.
 * Error: CONFIG. */
MadoRelay *
mado_relay_new(const MadoRelayConfig *config, const MadoRelayChance *chance, GError **error);
/* Ends a running exchange; what is pending finishes with CANCELLED. Joins the thread. NULL is
 * allowed. */
void
mado_relay_free(MadoRelay *self);

/* What to send; as the daemon gave it. */
typedef struct {
    const char *endpoint; /* absolute path on the centre */
    const char *key;      /* (nullable) idempotency key */
    GBytes *body;         /* (nullable): NULL asks by GET */
} MadoRelayMessage;

/* @message is copied, its body referenced. */
void
mado_relay_send_async(MadoRelay *self,
                      const MadoRelayMessage *message,
                      GCancellable *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer user_data);
/* (transfer full). Errors: CENTRE_UNREACHABLE (the budget is used up and nothing was ever
 * answered), CENTRE_ANSWER, CONFIG, CANCELLED, BAD_ARGUMENT. */
MadoRelayAnswer *
mado_relay_finish(MadoRelay *self, GAsyncResult *result, GError **error);
void
mado_relay_answer_free(MadoRelayAnswer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoRelay, mado_relay_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoRelayAnswer, mado_relay_answer_free)
