/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The daemon and its system, asked over D-Bus: what is on the bus, what systemd says of pcscd.
 * Starts nothing. Blocks for at most a few seconds; any thread.
 */
#pragma once

#include <gio/gio.h>

typedef struct {
    char *name;
    gboolean is_claimed;
    char *port; /* its place: "usb:1-1.2", "conf:NAME"; "" from a daemon that does not say */
    char *role; /* "" without one */
} MadoDeskReader;

typedef struct {
    gboolean has_bus;
    gboolean is_running; /* the rest is empty without it */
    guint uid;           /* of the daemon */
    char *version;
    char *realm;
    char *terminal;
    guint backlog;
    gboolean has_agent;
    gboolean has_service;
    GPtrArray *readers; /* of MadoDeskReader */
    GVariant
        *statistics; /* (nullable): of ListReaderStatistics, data/org.madoguchi.Counter1.xml */
} MadoDeskState;

/* (transfer full). @n_days: of statistics. */
MadoDeskState *
mado_desk_state_load(guint n_days);
void
mado_desk_state_free(MadoDeskState *self); /* NULL is allowed */
/* (transfer none) (nullable). */
const MadoDeskReader *
mado_desk_state_find(const MadoDeskState *self, const char *reader_name);

/* (transfer full): systemd's word for a unit: "active", "inactive", "failed" …; "unknown" where
 * there is no systemd. */
char *
mado_desk_state_unit(const char *unit);
/* Enables and starts a unit, as systemctl enable --now does. */
gboolean
mado_desk_state_start_unit(const char *unit, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoDeskState, mado_desk_state_free)
