/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One HTTPS connection to the centre: the only file that knows libcurl. Mutual TLS, the
 * private authority alone, no proxy, no redirect, no cookie; the connection is kept between
 * exchanges. Blocking; one thread at a time, except mado_channel_interrupt().
 */
#pragma once

#include "common/clock.h"
#include "relay/relay-config.h"

typedef struct _MadoChannel MadoChannel;

typedef struct {
    const char *path; /* absolute path on the centre */
    const char *key;  /* (nullable) Idempotency-Key, without its quotes */
    GBytes *body;     /* (nullable): NULL asks by GET */
    guint timeout_ms; /* connecting and everything else */
} MadoChannelRequest;

typedef struct {
    guint status;
    GBytes *body;          /* at most MADO_LIMIT_MESSAGE_LEN */
    gboolean is_message;   /* media type MADO_MEDIA_MESSAGE */
    gboolean is_problem;   /* media type MADO_MEDIA_PROBLEM */
    gint64 retry_after_ms; /* -1: not said */
    gboolean has_date;
    gint64 date_ms; /* the server's clock */
} MadoChannelAnswer;

/* (transfer full). @config and @clock are not kept. Error: CONFIG (unsafe key file). */
MadoChannel *
mado_channel_new(const MadoRelayConfig *config, GError **error);
void
mado_channel_free(MadoChannel *self); /* NULL is allowed */

/*
 * Sends @request and reads the answer. Errors: CENTRE_UNREACHABLE (asking again may help),
 * CENTRE_ANSWER (the server is not the centre, or answers what is not HTTP, or too much),
 * CONFIG (files), CANCELLED, BAD_ARGUMENT (path or key).
 */
gboolean
mado_channel_exchange(MadoChannel *self,
                      const MadoChannelRequest *request,
                      const MadoClock *clock,
                      MadoChannelAnswer *ret_answer,
                      GError **error);
void
mado_channel_answer_clear(MadoChannelAnswer *self);

/* Waits; FALSE as soon as the channel is interrupted. */
gboolean
mado_channel_wait(MadoChannel *self, guint wait_ms);

/* Any thread: ends a running exchange or wait, and each later one until _rearm(). */
void
mado_channel_interrupt(MadoChannel *self);
void
mado_channel_rearm(MadoChannel *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoChannel, mado_channel_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MadoChannelAnswer, mado_channel_answer_clear)
