/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The page that a test shares with a process that runs under libfault-preload. */
#pragma once

#include <stdint.h>

#define MADO_PRELOAD_PAGE  "MADO_FAULT_PAGE"  /* environment: the page's file, 64 bytes */
#define MADO_PRELOAD_WATCH "MADO_FAULT_WATCH" /* environment: files below this folder count */

typedef enum {
    MADO_PRELOAD_NOTHING = 0,
    MADO_PRELOAD_KILL_BEFORE = 1, /* SIGKILL just before the sync */
    MADO_PRELOAD_KILL_AFTER = 2,  /* SIGKILL just after it */
    MADO_PRELOAD_CUT_BEFORE = 3,  /* as KILL_BEFORE, and every write not yet synced is undone */
    MADO_PRELOAD_CUT_AFTER = 4,
    MADO_PRELOAD_EIO = 5,    /* this sync fails with EIO */
    MADO_PRELOAD_ENOSPC = 6, /* from this sync on every write fails with ENOSPC */
    MADO_PRELOAD_EROFS = 7,  /* from this sync on every write and open for writing fails */
} MadoPreloadAction;

#define MADO_PRELOAD_FLAG_LAZY 1 /* a seeded defect: a sync says done and does nothing */

/* All little-endian on disk as in memory; the test writes, the process reads and counts. */
typedef struct {
    int64_t n_syncs;   /* syncs of watched files so far; counted by the process */
    int64_t countdown; /* the action falls on this many-th sync from now; 0: never */
    int64_t action;    /* MadoPreloadAction */
    int64_t shift_s;   /* added to the wall clock */
    int64_t flags;     /* MADO_PRELOAD_FLAG_ */
    int64_t n_fired;   /* actions that happened */
    int64_t reserved[2];
} MadoPreloadPage;
