/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/reader-iface.h"

#include "data/mado-dbus.h"

typedef struct {
    MadoDbusReaderSkeleton parent;
} MadoReaderIface;

typedef struct {
    MadoDbusReaderSkeletonClass parent;
} MadoReaderIfaceClass;

GType
mado_reader_iface_get_type(void);

G_DEFINE_TYPE(MadoReaderIface, mado_reader_iface, MADO_DBUS_TYPE_READER_SKELETON)

static void
mado_reader_iface_class_init(MadoReaderIfaceClass *class)
{
    G_DBUS_INTERFACE_SKELETON_CLASS(class)->get_vtable = mado_guard_vtable;
}

static void
mado_reader_iface_init(MadoReaderIface *self)
{
}

GDBusInterfaceSkeleton *
mado_reader_iface_new(MadoGuard *guard, const MadoReader *reader)
{
    MadoReaderIface *self = g_object_new(mado_reader_iface_get_type(), NULL);
    GDBusInterfaceSkeleton *skeleton = G_DBUS_INTERFACE_SKELETON(self);

    mado_dbus_reader_set_name(MADO_DBUS_READER(self), reader->name);
    mado_dbus_reader_set_port(MADO_DBUS_READER(self), reader->port);
    mado_guard_protect(guard, skeleton, NULL);
    mado_reader_iface_refresh(skeleton, reader);
    return skeleton;
}

void
mado_reader_iface_refresh(GDBusInterfaceSkeleton *self, const MadoReader *reader)
{
    MadoDbusReader *object = MADO_DBUS_READER(self);

    mado_dbus_reader_set_card_present(object, reader->card_present);
    mado_dbus_reader_set_card_events(object, reader->card_events);
    mado_dbus_reader_set_claimed(object, reader->is_claimed);
}

void
mado_reader_iface_set_role(GDBusInterfaceSkeleton *self, const char *role)
{
    mado_dbus_reader_set_role(MADO_DBUS_READER(self), role);
}
