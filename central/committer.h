/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The writing thread: the only one that writes to the store. Jobs from any thread are done in
 * the order they came, up to MADO_COMMITTER_BATCH of them in one transaction, so that many
 * requests share one fdatasync; each job is told of its end only after that commit. A job that
 * refuses is undone alone; a commit that fails undoes the batch and is told to all of it.
 */
#pragma once

#include "central/store.h"

#define MADO_COMMITTER_BATCH 256
#define MADO_COMMITTER_QUEUE 4096 /* jobs waiting; more are refused */

typedef struct {
    /* Writing thread, inside the transaction. FALSE: undo what this job wrote. */
    gboolean (*run)(gpointer user_data);
    /* Writing thread, after the commit. @is_durable FALSE: nothing was written. */
    void (*done)(gpointer user_data, gboolean is_durable);
    gpointer user_data;
} MadoCommitterJob;

typedef struct _MadoCommitter MadoCommitter;

/* (transfer full): starts the thread. @store is its own from now until free. */
MadoCommitter *
mado_committer_new(MadoStore *store);
/* Any thread. FALSE, with the job untouched: stopping, or the queue is full. */
gboolean
mado_committer_submit(MadoCommitter *self, const MadoCommitterJob *job);
/* Does what is queued and joins the thread; from now on submit refuses. */
void
mado_committer_stop(MadoCommitter *self);
void
mado_committer_free(MadoCommitter *self); /* NULL is allowed; stops first */

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoCommitter, mado_committer_free)
