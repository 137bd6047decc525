/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/registry.h"

#include "daemon/transport.h"

#include <madoguchi/names.h>

struct _MadoRegistry {
    GPtrArray *readers; /* of MadoReader, owned */
    guint n_added;
    MadoRegistryChanged on_changed;
    gpointer user_data;
};

static void
free_reader(gpointer data)
{
    MadoReader *reader = data;

    g_free(reader->name);
    g_free(reader->path);
    g_free(reader->port);
    g_free(reader);
}

MadoRegistry *
mado_registry_new(MadoRegistryChanged on_changed, gpointer user_data)
{
    MadoRegistry *self = g_new0(MadoRegistry, 1);

    self->readers = g_ptr_array_new_with_free_func(free_reader);
    self->on_changed = on_changed;
    self->user_data = user_data;
    return self;
}

void
mado_registry_free(MadoRegistry *self)
{
    if (self == NULL)
        return;
    g_ptr_array_unref(self->readers);
    g_free(self);
}

static MadoReader *
find_by_name(const MadoRegistry *self, const char *name)
{
    for (guint i = 0; i < self->readers->len; i++) {
        MadoReader *reader = g_ptr_array_index(self->readers, i);

        if (g_str_equal(reader->name, name))
            return reader;
    }
    return NULL;
}

static MadoReader *
find_by_path(const MadoRegistry *self, const char *path)
{
    for (guint i = 0; i < self->readers->len; i++) {
        MadoReader *reader = g_ptr_array_index(self->readers, i);

        if (g_str_equal(reader->path, path))
            return reader;
    }
    return NULL;
}

static gboolean
is_listed(GPtrArray *readers, const char *name)
{
    for (guint i = 0; readers != NULL && i < readers->len; i++) {
        const MadoSensorReader *told = g_ptr_array_index(readers, i);

        if (g_str_equal(told->name, name))
            return TRUE;
    }
    return FALSE;
}

static void
remove_absent(MadoRegistry *self, GPtrArray *readers)
{
    for (guint i = self->readers->len; i > 0; i--) {
        MadoReader *reader = g_ptr_array_index(self->readers, i - 1);

        if (is_listed(readers, reader->name))
            continue;
        reader = g_ptr_array_steal_index(self->readers, i - 1);
        self->on_changed(reader, MADO_REGISTRY_REMOVED, self->user_data);
        free_reader(reader);
    }
}

static void
add(MadoRegistry *self, const MadoSensorReader *told)
{
    MadoReader *reader = g_new0(MadoReader, 1);

    reader->name = g_strdup(told->name);
    reader->path = g_strdup_printf(MADO_PATH_READERS "/r%u", ++self->n_added);
    reader->port =
        told->port != NULL ? g_strdup(told->port) : g_strdup_printf("conf:%s", told->name);
    reader->card_present = told->card_present;
    reader->card_events = told->card_events;
    g_ptr_array_add(self->readers, reader);
    self->on_changed(reader, MADO_REGISTRY_ADDED, self->user_data);
}

static void
change(MadoRegistry *self, MadoReader *reader, const MadoSensorReader *told)
{
    gboolean was_present = reader->card_present;
    guint32 n_events = told->card_events - reader->card_events;

    if (reader->card_present == told->card_present && reader->card_events == told->card_events)
        return;
    reader->card_present = told->card_present;
    reader->card_events = told->card_events;
    /* Cards come and go in turn. */
    reader->n_inserted =
        (n_events + (told->card_present ? 1U : 0U) - (was_present ? 1U : 0U)) / 2;
    /* Whatever happened to a card that was in, it has been out since. */
    self->on_changed(reader, was_present ? MADO_REGISTRY_CARD_GONE : MADO_REGISTRY_CHANGED,
                     self->user_data);
    reader->n_inserted = 0;
}

void
mado_registry_update(MadoRegistry *self, GPtrArray *readers)
{
    remove_absent(self, readers);
    for (guint i = 0; readers != NULL && i < readers->len; i++) {
        const MadoSensorReader *told = g_ptr_array_index(readers, i);
        MadoReader *reader = find_by_name(self, told->name);

        if (reader == NULL)
            add(self, told);
        else
            change(self, reader, told);
    }
}

void
mado_registry_foreach(const MadoRegistry *self,
                      void (*each)(const MadoReader *reader, gpointer user_data),
                      gpointer user_data)
{
    for (guint i = 0; i < self->readers->len; i++)
        each(g_ptr_array_index(self->readers, i), user_data);
}

const MadoReader *
mado_registry_find(const MadoRegistry *self, const char *path)
{
    return find_by_path(self, path);
}

void
mado_registry_set_claimed(MadoRegistry *self, const char *path, gboolean is_claimed)
{
    MadoReader *reader = find_by_path(self, path);

    if (reader == NULL || reader->is_claimed == is_claimed)
        return;
    reader->is_claimed = is_claimed;
    self->on_changed(reader, MADO_REGISTRY_CHANGED, self->user_data);
}
