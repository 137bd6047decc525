/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * When to try again, and when not: full jitter inside one budget of time. Pure arithmetic; the
 * caller brings the clock, the random number and the waiting.
 *
 * Tried again: no answer at all, 408, 409 of type "running", 425, 429 and 5xx. Everything else
 * is an answer, and asking again would not change it.
 */
#pragma once

#include <glib.h>

typedef struct {
    guint base_ms;      /* the first wait is drawn from 0 … base */
    guint cap_ms;       /* no drawn wait is longer */
    gint64 deadline_ms; /* monotonic: nothing begins after it */
    guint n_tries;      /* tries that have failed so far */
} MadoBackoff;

/* 250 ms doubling up to 8 s: a person waits at the desk, and a restarted centre is back in
 * seconds. */
#define MADO_BACKOFF_BASE_MS 250
#define MADO_BACKOFF_CAP_MS  8000

void
mado_backoff_init(MadoBackoff *self, gint64 now_ms, guint budget_ms);

/* @status: HTTP status, 0 for none. @slug: the problem's slug or NULL. */
gboolean
mado_backoff_may_retry(guint status, const char *slug);

/*
 * A try failed. TRUE: wait *ret_wait_ms, then try again. FALSE: the budget does not hold
 * another try. @random: uniform over 32 bits. @retry_after_ms: what the server asked for, -1
 * for nothing; the drawn wait comes on top, so that desks told the same do not come back
 * together.
 */
gboolean
mado_backoff_next(MadoBackoff *self,
                  gint64 now_ms,
                  guint32 random,
                  gint64 retry_after_ms,
                  guint *ret_wait_ms);

/* What is left for one try: at most @limit_ms, at least 1. */
guint
mado_backoff_try_ms(const MadoBackoff *self, gint64 now_ms, guint limit_ms);
