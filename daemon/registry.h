/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The readers there are, with their slots' state and their place on the bus. Main thread. */
#pragma once

#include <glib.h>

typedef struct {
    char *name; /* at the card service */
    char *path; /* object path; never used again for another reader */
    char *port; /* its place (daemon/fleet.h) */
    gboolean card_present;
    guint32 card_events;
    guint32 n_inserted;  /* cards that came with the event that is being told */
    gboolean is_claimed; /* until the worker's thread is gone */
} MadoReader;

typedef enum {
    MADO_REGISTRY_ADDED,
    MADO_REGISTRY_CHANGED,   /* card inserted, claimed or free */
    MADO_REGISTRY_CARD_GONE, /* changed, and the card that was in is not in any more */
    MADO_REGISTRY_REMOVED,   /* freed when the callback returns */
} MadoRegistryEvent;

typedef void (*MadoRegistryChanged)(const MadoReader *reader,
                                    MadoRegistryEvent event,
                                    gpointer user_data);

typedef struct _MadoRegistry MadoRegistry;

MadoRegistry *
mado_registry_new(MadoRegistryChanged on_changed, gpointer user_data);
void
mado_registry_free(MadoRegistry *self); /* says nothing */

/* The monitor's list (of MadoSensorReader); NULL: the card service is gone, and all readers. */
void
mado_registry_update(MadoRegistry *self, GPtrArray *readers);
/* @each may not change the registry. */
void
mado_registry_foreach(const MadoRegistry *self,
                      void (*each)(const MadoReader *reader, gpointer user_data),
                      gpointer user_data);
/* (transfer none) (nullable) */
const MadoReader *
mado_registry_find(const MadoRegistry *self, const char *path);
/* Nothing when it is no longer there. */
void
mado_registry_set_claimed(MadoRegistry *self, const char *path, gboolean is_claimed);
