/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The cell in which hostile pictures are decoded: no new files, no sockets, no threads, no
 * other process, bounded memory and time. What is open stays readable and writable.
 * Irreversible, and never half: a caller that gets false ends.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef struct {
    size_t memory;    /* bytes of address space, libraries included */
    unsigned cpu_s;   /* then killed */
    unsigned alarm_s; /* by the wall clock, then killed */
} MadoSandboxLimits;

/* A system call outside the list kills the process (SIGSYS). */
bool
mado_sandbox_enter(const MadoSandboxLimits *limits);
