/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/bus.h"

#include "daemon/reader-iface.h"
#include "daemon/session-iface.h"

#include <madoguchi/names.h>

struct _MadoBus {
    GDBusConnection *connection;
    MadoGuard *guard; /* borrowed */
    GDBusObjectManagerServer *objects;
    GDBusInterfaceSkeleton *manager; /* (nullable) */
    GHashTable *by_path;             /* of GDBusInterfaceSkeleton: readers and sessions */
    guint name;
    void (*on_lost)(gpointer user_data);
    gpointer user_data;
};

MadoBus *
mado_bus_new(GDBusConnection *connection, MadoGuard *guard)
{
    MadoBus *self = g_new0(MadoBus, 1);

    self->connection = g_object_ref(connection);
    self->guard = guard;
    self->by_path = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_object_unref);
    self->objects = g_dbus_object_manager_server_new(MADO_PATH_MANAGER);
    g_dbus_object_manager_server_set_connection(self->objects, connection);
    return self;
}

void
mado_bus_free(MadoBus *self)
{
    if (self == NULL)
        return;
    mado_bus_release_name(self);
    g_dbus_object_manager_server_set_connection(self->objects, NULL);
    if (self->manager != NULL)
        g_dbus_interface_skeleton_unexport(self->manager);
    g_clear_object(&self->manager);
    g_object_unref(self->objects);
    g_hash_table_unref(self->by_path);
    g_object_unref(self->connection);
    g_free(self);
}

gboolean
mado_bus_export_manager(MadoBus *self, const MadoManagerIfaceSettings *settings, GError **error)
{
    g_return_val_if_fail(self->manager == NULL, FALSE);
    self->manager = mado_manager_iface_new(settings);
    return g_dbus_interface_skeleton_export(self->manager, self->connection, MADO_PATH_MANAGER,
                                            error);
}

static void
on_name_lost(GDBusConnection *connection, const char *name, gpointer user_data)
{
    MadoBus *self = user_data;

    self->on_lost(self->user_data);
}

void
mado_bus_own_name(MadoBus *self, void (*on_lost)(gpointer user_data), gpointer user_data)
{
    self->on_lost = on_lost;
    self->user_data = user_data;
    self->name = g_bus_own_name_on_connection(self->connection, MADO_BUS_NAME,
                                              G_BUS_NAME_OWNER_FLAGS_DO_NOT_QUEUE, NULL,
                                              on_name_lost, self, NULL);
}

void
mado_bus_release_name(MadoBus *self)
{
    g_clear_handle_id(&self->name, g_bus_unown_name);
}

GDBusInterfaceSkeleton *
mado_bus_manager(const MadoBus *self)
{
    return self->manager;
}

/* @interface (transfer full) */
static void
add_object(MadoBus *self, const char *path, GDBusInterfaceSkeleton *interface)
{
    g_autoptr(GDBusObjectSkeleton) object = g_dbus_object_skeleton_new(path);

    g_dbus_object_skeleton_add_interface(object, interface);
    g_dbus_object_manager_server_export(self->objects, object);
    g_hash_table_insert(self->by_path, g_strdup(path), interface);
}

static void
remove_object(MadoBus *self, const char *path)
{
    (void)g_dbus_object_manager_server_unexport(self->objects, path);
    (void)g_hash_table_remove(self->by_path, path);
}

void
mado_bus_add_reader(MadoBus *self, const MadoReader *reader)
{
    add_object(self, reader->path, mado_reader_iface_new(self->guard, reader));
}

void
mado_bus_change_reader(MadoBus *self, const MadoReader *reader)
{
    GDBusInterfaceSkeleton *interface = g_hash_table_lookup(self->by_path, reader->path);

    g_return_if_fail(interface != NULL);
    mado_reader_iface_refresh(interface, reader);
}

void
mado_bus_set_reader_role(MadoBus *self, const MadoReader *reader, const char *role)
{
    GDBusInterfaceSkeleton *interface = g_hash_table_lookup(self->by_path, reader->path);

    g_return_if_fail(interface != NULL);
    mado_reader_iface_set_role(interface, role);
}

void
mado_bus_remove_reader(MadoBus *self, const MadoReader *reader)
{
    remove_object(self, reader->path);
}

void
mado_bus_add_session(MadoBus *self,
                     MadoSession *session,
                     const char *path,
                     const char *reader_path,
                     const char *owner)
{
    add_object(self, path, mado_session_iface_new(self->guard, session, reader_path, owner));
}

void
mado_bus_change_session(MadoBus *self, const char *path)
{
    GDBusInterfaceSkeleton *interface = g_hash_table_lookup(self->by_path, path);

    g_return_if_fail(interface != NULL);
    mado_session_iface_refresh(interface);
}

void
mado_bus_tell_answer(MadoBus *self, const char *path, const char *page, const char *answer)
{
    GDBusInterfaceSkeleton *interface = g_hash_table_lookup(self->by_path, path);

    g_return_if_fail(interface != NULL);
    mado_session_iface_answered(interface, page, answer);
}

void
mado_bus_remove_session(MadoBus *self, const char *path)
{
    GDBusInterfaceSkeleton *interface = g_hash_table_lookup(self->by_path, path);

    g_return_if_fail(interface != NULL);
    mado_session_iface_detach(interface);
    remove_object(self, path);
}
