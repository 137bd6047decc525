/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls that may never return (PC/SC) behind a bound. */
#pragma once

#include <glib.h>

/*
 * Runs @run with @data on a thread of its own and waits. TRUE: it has returned, and @data is
 * the caller's again. FALSE after @timeout_ms: @data now belongs to the lost thread, which is
 * never joined and frees it with @free_data should it ever come back. Any thread.
 */
gboolean
mado_deadline_run(void (*run)(gpointer data),
                  gpointer data,
                  GDestroyNotify free_data,
                  guint timeout_ms);
