/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "doctor/desk-state.h"

#include <madoguchi/names.h>

#define TIMEOUT_MS    5000
#define SYSTEMD       "org.freedesktop.systemd1"
#define SYSTEMD_PATH  "/org/freedesktop/systemd1"
#define SYSTEMD_IFACE "org.freedesktop.systemd1.Manager"

/* ---- one call ---- */

typedef struct {
    const char *name;
    const char *path;
    const char *iface;
    const char *method;
} Call;

/* (transfer full) (nullable). @arguments floating or NULL. */
static GVariant *
ask(GDBusConnection *bus,
    const Call *call,
    GVariant *arguments,
    const char *type,
    GError **error)
{
    return g_dbus_connection_call_sync(
        bus, call->name, call->path, call->iface, call->method, arguments, G_VARIANT_TYPE(type),
        G_DBUS_CALL_FLAGS_NO_AUTO_START, TIMEOUT_MS, NULL, error);
}

/* ---- the daemon ---- */

static void
reader_free(gpointer data)
{
    MadoDeskReader *reader = data;

    g_free(reader->name);
    g_free(reader->port);
    g_free(reader->role);
    g_free(reader);
}

static char *
text_of(GVariant *properties, const char *key)
{
    const char *text = "";

    (void)g_variant_lookup(properties, key, "&s", &text);
    return g_strdup(text);
}

static gboolean
flag_of(GVariant *properties, const char *key)
{
    gboolean flag = FALSE;

    (void)g_variant_lookup(properties, key, "b", &flag);
    return flag;
}

static void
take_reader(MadoDeskState *self, GVariant *properties)
{
    MadoDeskReader *reader = g_new0(MadoDeskReader, 1);

    reader->name = text_of(properties, "Name");
    reader->port = text_of(properties, "Port");
    reader->role = text_of(properties, "Role");
    reader->is_claimed = flag_of(properties, "Claimed");
    g_ptr_array_add(self->readers, reader);
}

static void
load_readers(MadoDeskState *self, GDBusConnection *bus)
{
    const Call call = {MADO_BUS_NAME, MADO_PATH_MANAGER, "org.freedesktop.DBus.ObjectManager",
                       "GetManagedObjects"};
    g_autoptr(GVariant) reply = ask(bus, &call, NULL, "(a{oa{sa{sv}}})", NULL);
    g_autoptr(GVariant) objects = NULL;

    if (reply == NULL)
        return;
    objects = g_variant_get_child_value(reply, 0);
    for (gsize i = 0; i < g_variant_n_children(objects); i++) {
        g_autoptr(GVariant) entry = g_variant_get_child_value(objects, i);
        g_autoptr(GVariant) interfaces = g_variant_get_child_value(entry, 1);
        g_autoptr(GVariant) properties =
            g_variant_lookup_value(interfaces, MADO_IFACE_READER, G_VARIANT_TYPE_VARDICT);

        if (properties != NULL)
            take_reader(self, properties);
    }
}

static gboolean
load_manager(MadoDeskState *self, GDBusConnection *bus)
{
    const Call call = {MADO_BUS_NAME, MADO_PATH_MANAGER, "org.freedesktop.DBus.Properties",
                       "GetAll"};
    g_autoptr(GVariant) reply =
        ask(bus, &call, g_variant_new("(s)", MADO_IFACE_MANAGER), "(a{sv})", NULL);
    g_autoptr(GVariant) properties = NULL;

    if (reply == NULL)
        return FALSE;
    properties = g_variant_get_child_value(reply, 0);
    self->version = text_of(properties, "Version");
    self->realm = text_of(properties, "Realm");
    self->terminal = text_of(properties, "Terminal");
    self->has_agent = flag_of(properties, "AgentPresent");
    self->has_service = flag_of(properties, "ServicePresent");
    (void)g_variant_lookup(properties, "Backlog", "u", &self->backlog);
    return TRUE;
}

static void
load_uid(MadoDeskState *self, GDBusConnection *bus)
{
    const Call call = {"org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                       "GetConnectionUnixUser"};
    g_autoptr(GVariant) reply =
        ask(bus, &call, g_variant_new("(s)", MADO_BUS_NAME), "(u)", NULL);

    if (reply != NULL)
        g_variant_get(reply, "(u)", &self->uid);
}

static void
load_statistics(MadoDeskState *self, GDBusConnection *bus, guint n_days)
{
    const Call call = {MADO_BUS_NAME, MADO_PATH_MANAGER, MADO_IFACE_MANAGER,
                       "ListReaderStatistics"};
    g_autoptr(GVariant) reply = ask(bus, &call, g_variant_new("(u)", n_days), "(aa{sv})", NULL);

    if (reply != NULL)
        self->statistics = g_variant_get_child_value(reply, 0);
}

MadoDeskState *
mado_desk_state_load(guint n_days)
{
    MadoDeskState *self = g_new0(MadoDeskState, 1);
    g_autoptr(GDBusConnection) bus = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, NULL);

    self->readers = g_ptr_array_new_with_free_func(reader_free);
    self->has_bus = bus != NULL;
    if (bus == NULL || !load_manager(self, bus))
        return self;
    self->is_running = TRUE;
    load_uid(self, bus);
    load_readers(self, bus);
    load_statistics(self, bus, n_days);
    return self;
}

void
mado_desk_state_free(MadoDeskState *self)
{
    if (self == NULL)
        return;
    g_free(self->version);
    g_free(self->realm);
    g_free(self->terminal);
    g_ptr_array_unref(self->readers);
    g_clear_pointer(&self->statistics, g_variant_unref);
    g_free(self);
}

const MadoDeskReader *
mado_desk_state_find(const MadoDeskState *self, const char *reader_name)
{
    for (guint i = 0; i < self->readers->len; i++) {
        const MadoDeskReader *reader = g_ptr_array_index(self->readers, i);

        if (g_str_equal(reader->name, reader_name))
            return reader;
    }
    return NULL;
}

/* ---- systemd ---- */

char *
mado_desk_state_unit(const char *unit)
{
    const Call load = {SYSTEMD, SYSTEMD_PATH, SYSTEMD_IFACE, "LoadUnit"};
    g_autoptr(GDBusConnection) bus = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, NULL);
    g_autoptr(GVariant) path =
        bus == NULL ? NULL : ask(bus, &load, g_variant_new("(s)", unit), "(o)", NULL);
    g_autoptr(GVariant) state = NULL;
    g_autoptr(GVariant) value = NULL;
    Call get = {SYSTEMD, NULL, "org.freedesktop.DBus.Properties", "Get"};

    if (path == NULL)
        return g_strdup("unknown");
    g_variant_get(path, "(&o)", &get.path);
    state = ask(bus, &get, g_variant_new("(ss)", SYSTEMD ".Unit", "ActiveState"), "(v)", NULL);
    if (state == NULL)
        return g_strdup("unknown");
    g_variant_get(state, "(v)", &value);
    return g_variant_is_of_type(value, G_VARIANT_TYPE_STRING)
               ? g_variant_dup_string(value, NULL)
               : g_strdup("unknown");
}

gboolean
mado_desk_state_start_unit(const char *unit, GError **error)
{
    const Call enable = {SYSTEMD, SYSTEMD_PATH, SYSTEMD_IFACE, "EnableUnitFiles"};
    const Call start = {SYSTEMD, SYSTEMD_PATH, SYSTEMD_IFACE, "StartUnit"};
    const char *const units[] = {unit, NULL};
    g_autoptr(GDBusConnection) bus = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, error);
    g_autoptr(GVariant) enabled = NULL;
    g_autoptr(GVariant) started = NULL;

    if (bus == NULL)
        return FALSE;
    enabled =
        ask(bus, &enable, g_variant_new("(^asbb)", units, FALSE, FALSE), "(ba(sss))", error);
    if (enabled == NULL)
        return FALSE;
    started = ask(bus, &start, g_variant_new("(ss)", unit, "replace"), "(o)", error);
    return started != NULL;
}
