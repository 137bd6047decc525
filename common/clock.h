/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Time behind a struct of functions, so that tests own it. Times in ms. */
#pragma once

#include <glib.h>

typedef struct {
    gint64 (*wall_ms)(gpointer data);      /* since 1970 UTC; may jump */
    gint64 (*monotonic_ms)(gpointer data); /* since boot */
    gpointer data;
} MadoClock;

const MadoClock *
mado_clock_system(void); /* (transfer none), static */
gint64
mado_clock_wall_ms(const MadoClock *self);
gint64
mado_clock_monotonic_ms(const MadoClock *self);
/* 16 bytes of /proc/sys/kernel/random/boot_id; zeros when unreadable. */
void
mado_clock_boot_id(guint8 ret_id[16]);
