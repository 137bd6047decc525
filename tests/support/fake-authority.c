/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/support/fake-authority.h"

static const char xml[] =
    "<node><interface name='org.freedesktop.PolicyKit1.Authority'>"
    "<method name='CheckAuthorization'><arg type='(sa{sv})' direction='in'/>"
    "<arg type='s' direction='in'/><arg type='a{ss}' direction='in'/>"
    "<arg type='u' direction='in'/><arg type='s' direction='in'/>"
    "<arg type='(bba{ss})' direction='out'/></method>"
    "<method name='CancelCheckAuthorization'><arg type='s' direction='in'/></method>"
    "</interface></node>";

struct _FakeAuthority {
    GDBusConnection *connection;
    FakeDeskRule rule;
    GPtrArray *hanging; /* of GDBusMethodInvocation */
    guint n_asked;
    guint n_withdrawn;
};

static void
send_answer(GDBusMethodInvocation *invocation, gboolean is_allowed)
{
    g_dbus_method_invocation_return_value(
        invocation, g_variant_new("((bb@a{ss}))", is_allowed, FALSE,
                                  g_variant_new_array(G_VARIANT_TYPE("{ss}"), NULL, 0)));
}

/* lint: allow parameters: GDBus calls it */
static void
on_method_called(GDBusConnection *connection,
                 const char *sender,
                 const char *path,
                 const char *interface,
                 const char *method,
                 GVariant *parameters,
                 GDBusMethodInvocation *invocation,
                 gpointer user_data)
{
    FakeAuthority *self = user_data;

    if (g_str_equal(method, "CancelCheckAuthorization")) {
        self->n_withdrawn++;
        g_dbus_method_invocation_return_value(invocation, NULL);
        return;
    }
    self->n_asked++;
    switch (self->rule) {
    case FAKE_DESK_ALLOW:
    case FAKE_DESK_DENY:
        send_answer(invocation, self->rule == FAKE_DESK_ALLOW);
        break;
    case FAKE_DESK_HANG:
        g_ptr_array_add(self->hanging, invocation);
        break;
    }
}

FakeAuthority *
fake_authority_new(GDBusConnection *connection)
{
    static const GDBusInterfaceVTable vtable = {.method_call = on_method_called};
    g_autoptr(GDBusNodeInfo) node = g_dbus_node_info_new_for_xml(xml, NULL);
    g_autoptr(GVariant) reply = NULL;
    g_autoptr(GError) error = NULL;
    FakeAuthority *self = g_new0(FakeAuthority, 1);

    self->connection = connection;
    self->hanging = g_ptr_array_new();
    (void)g_dbus_connection_register_object(connection, "/org/freedesktop/PolicyKit1/Authority",
                                            node->interfaces[0], &vtable, self, NULL, NULL);
    reply = g_dbus_connection_call_sync(
        connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
        "RequestName", g_variant_new("(su)", "org.freedesktop.PolicyKit1", 0U), NULL,
        G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
    g_assert_no_error(error);
    return self;
}

void
fake_authority_free(FakeAuthority *self)
{
    if (self == NULL)
        return;
    fake_authority_answer(self, FALSE);
    (void)g_dbus_connection_close_sync(self->connection, NULL, NULL);
    g_object_unref(self->connection);
    g_ptr_array_unref(self->hanging);
    g_free(self);
}

void
fake_authority_set_rule(FakeAuthority *self, FakeDeskRule rule)
{
    self->rule = rule;
}

guint
fake_authority_n_asked(const FakeAuthority *self)
{
    return self->n_asked;
}

guint
fake_authority_n_withdrawn(const FakeAuthority *self)
{
    return self->n_withdrawn;
}

void
fake_authority_answer(FakeAuthority *self, gboolean is_allowed)
{
    for (guint i = 0; i < self->hanging->len; i++)
        send_answer(g_ptr_array_index(self->hanging, i), is_allowed);
    g_ptr_array_set_size(self->hanging, 0);
}
