/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/support/fake-desk.h"

#include "common/error.h"
#include "tests/support/fake-authority.h"
#include "tests/support/fake-service.h"

#include <gio/gunixfdlist.h>

#include <madoguchi/names.h>
#include <unistd.h>

#define WATCHDOG_S 60

struct _FakeDesk {
    GTestDBus *bus;
    FakeAuthority *authority;
    FakeService *service;
    MadoDesk desk;
    GDBusConnection *connection; /* the daemon's */
    GDBusConnection *clients[FAKE_DESK_N_CLIENTS];
    MadoDaemon *daemon; /* (nullable) */
    gboolean has_ended;
};

static GDBusConnection *
connect_to(FakeDesk *self)
{
    g_autoptr(GError) error = NULL;
    GDBusConnection *connection = g_dbus_connection_new_for_address_sync(
        g_test_dbus_get_bus_address(self->bus),
        G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
            G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
        NULL, NULL, &error);

    g_assert_no_error(error);
    return connection;
}

static void
on_ended(gboolean is_failure, gpointer user_data)
{
    FakeDesk *self = user_data;

    self->has_ended = TRUE;
}

static gboolean
has_owner(gpointer data)
{
    FakeDesk *self = data;
    g_autoptr(GVariant) reply = g_dbus_connection_call_sync(
        self->clients[0], "org.freedesktop.DBus", "/org/freedesktop/DBus",
        "org.freedesktop.DBus", "NameHasOwner", g_variant_new("(s)", MADO_BUS_NAME),
        G_VARIANT_TYPE("(b)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
    gboolean is_owned = FALSE;

    if (reply != NULL)
        g_variant_get(reply, "(b)", &is_owned);
    return is_owned;
}

static void
ask_until(gboolean (*is_true)(gpointer data), gpointer data);

static void
start(FakeDesk *self)
{
    g_autoptr(GError) error = NULL;
    MadoDaemonSettings settings = {
        .desk = &self->desk,
        .connection = self->connection,
        .new_transport = fake_service_new_transport,
        .transport_data = self->service,
        .sensor = fake_service_new_sensor(self->service),
        .on_ended = on_ended,
        .user_data = self,
    };

    self->daemon = mado_daemon_start(&settings, &error);
    g_assert_no_error(error);
    ask_until(has_owner, self);
}

FakeDesk *
fake_desk_new(MadoRealmCode realm)
{
    FakeDesk *self = g_new0(FakeDesk, 1);

    self->bus = g_test_dbus_new(G_TEST_DBUS_NONE);
    g_test_dbus_up(self->bus);
    self->connection = connect_to(self);
    for (guint i = 0; i < FAKE_DESK_N_CLIENTS; i++)
        self->clients[i] = connect_to(self);
    self->authority = fake_authority_new(connect_to(self));
    self->service = fake_service_new();
    self->desk.realm = realm;
    self->desk.terminal = g_strdup("");
    self->desk.unpower_after_ms = 60000;
    self->desk.clock = mado_clock_system();
    start(self);
    return self;
}

static gboolean
has_ended(gpointer data)
{
    FakeDesk *self = data;

    return self->has_ended;
}

void
fake_desk_stop(FakeDesk *self)
{
    mado_daemon_stop(self->daemon);
    fake_desk_wait_until(self, has_ended, self);
    g_clear_pointer(&self->daemon, mado_daemon_free);
}

static void
close_connection(GDBusConnection *connection)
{
    (void)g_dbus_connection_close_sync(connection, NULL, NULL);
    g_object_unref(connection);
}

void
fake_desk_free(FakeDesk *self)
{
    if (self->daemon != NULL)
        fake_desk_stop(self);
    fake_authority_free(self->authority);
    for (guint i = 0; i < FAKE_DESK_N_CLIENTS; i++)
        g_clear_pointer(&self->clients[i], close_connection);
    close_connection(self->connection);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    fake_service_free(self->service);
    g_test_dbus_down(self->bus);
    g_object_unref(self->bus);
    g_free(self->desk.terminal);
    g_free(self);
}

/* ---- waiting ---- */

void
fake_desk_wait_until(FakeDesk *self, gboolean (*is_true)(gpointer data), gpointer data)
{
    (void)alarm(WATCHDOG_S);
    while (!is_true(data))
        (void)g_main_context_iteration(NULL, TRUE);
    (void)alarm(0);
}

/* For questions that go over the bus: each iterates for its own answer, so an event that was
 * taken up meanwhile would be waited for in vain by the above. */
static void
ask_until(gboolean (*is_true)(gpointer data), gpointer data)
{
    (void)alarm(WATCHDOG_S);
    while (!is_true(data))
        (void)g_main_context_iteration(NULL, FALSE);
    (void)alarm(0);
}

/* ---- what the test plays ---- */

void
fake_desk_set_rule(FakeDesk *self, FakeDeskRule rule)
{
    fake_authority_set_rule(self->authority, rule);
}

void
fake_desk_remove_authority(FakeDesk *self)
{
    g_clear_pointer(&self->authority, fake_authority_free);
}

typedef struct {
    FakeDesk *desk;
    guint n;
} Wanted;

static gboolean
is_asked(gpointer data)
{
    const Wanted *wanted = data;

    return fake_authority_n_asked(wanted->desk->authority) >= wanted->n;
}

void
fake_desk_wait_asked(FakeDesk *self, guint n_questions)
{
    Wanted wanted = {self, n_questions};

    fake_desk_wait_until(self, is_asked, &wanted);
}

void
fake_desk_answer_authority(FakeDesk *self, gboolean is_allowed)
{
    fake_authority_answer(self->authority, is_allowed);
}

guint
fake_desk_n_withdrawn(const FakeDesk *self)
{
    return fake_authority_n_withdrawn(self->authority);
}

/* The sensor tells from its own thread; a round through the main loop and back sees it. */
typedef struct {
    FakeDesk *desk;
    guint number;
    const char *property;
    gboolean value;
} Seen;

static char *
reader_path(FakeDesk *self, guint number)
{
    return g_strdup_printf("/readers/r%u", fake_service_nth(self->service, number));
}

static gboolean
is_seen(gpointer data)
{
    const Seen *seen = data;
    g_autofree char *path = reader_path(seen->desk, seen->number);
    g_autoptr(GVariant) value = NULL;

    if (seen->property == NULL)
        return fake_desk_has_object(seen->desk, path) == seen->value;
    if (!fake_desk_has_object(seen->desk, path))
        return FALSE;
    value = fake_desk_property(seen->desk, path, MADO_IFACE_READER, seen->property);
    return g_variant_get_boolean(value) == seen->value;
}

static void
wait_seen(FakeDesk *self, guint number, const char *property, gboolean value)
{
    Seen seen = {self, number, property, value};

    ask_until(is_seen, &seen);
}

void
fake_desk_add_reader(FakeDesk *self, guint number)
{
    fake_service_add_reader(self->service, number);
    wait_seen(self, number, NULL, TRUE);
}

void
fake_desk_remove_reader(FakeDesk *self, guint number)
{
    fake_service_remove_reader(self->service, number);
    wait_seen(self, number, NULL, FALSE);
}

void
fake_desk_insert_card(FakeDesk *self, guint number)
{
    fake_service_set_card_present(self->service, number, TRUE);
    wait_seen(self, number, "CardPresent", TRUE);
}

void
fake_desk_remove_card(FakeDesk *self, guint number)
{
    fake_service_set_card_present(self->service, number, FALSE);
    wait_seen(self, number, "CardPresent", FALSE);
}

typedef struct {
    FakeDesk *desk;
    gboolean is_there;
} Service;

static gboolean
is_service_seen(gpointer data)
{
    const Service *service = data;
    g_autoptr(GVariant) value =
        fake_desk_property(service->desk, "", MADO_IFACE_MANAGER, "ServicePresent");

    return g_variant_get_boolean(value) == service->is_there;
}

void
fake_desk_set_service(FakeDesk *self, gboolean is_there)
{
    Service service = {self, is_there};

    fake_service_set_there(self->service, is_there);
    ask_until(is_service_seen, &service);
}

void
fake_desk_set_card(FakeDesk *self, FakeDeskCard card, gpointer data)
{
    fake_service_set_card(self->service, card, data);
}

void
fake_desk_block_at(FakeDesk *self, guint8 ins)
{
    fake_service_block_at(self->service, ins);
}

static gboolean
is_blocked(gpointer data)
{
    return fake_service_is_blocked(data);
}

void
fake_desk_wait_blocked(FakeDesk *self)
{
    fake_desk_wait_until(self, is_blocked, self->service);
}

void
fake_desk_unblock(FakeDesk *self)
{
    fake_service_unblock(self->service);
}

guint
fake_desk_n_opened(FakeDesk *self)
{
    return fake_service_n_opened(self->service);
}

gboolean
fake_desk_is_open(FakeDesk *self)
{
    return fake_service_is_open(self->service);
}

/* ---- the clients ---- */

GDBusConnection *
fake_desk_client(FakeDesk *self, guint client)
{
    return self->clients[client];
}

void
fake_desk_close_client(FakeDesk *self, guint client)
{
    g_clear_pointer(&self->clients[client], close_connection);
}

static void
on_replied_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
    FakeDeskCall *call = user_data;
    g_autofree char *name = NULL;
    MadoErrorCode code;

    call->reply = g_dbus_connection_call_with_unix_fd_list_finish(
        G_DBUS_CONNECTION(source), &call->fds, result, &call->error);
    call->is_done = TRUE;
    if (call->error == NULL || !g_dbus_error_is_remote_error(call->error))
        return;
    name = g_dbus_error_get_remote_error(call->error);
    if (mado_error_from_nick(name, &code)) {
        call->error->domain = MADO_ERROR;
        call->error->code = (gint)code;
    }
}

static FakeDeskCall *
send_call(FakeDesk *self,
          guint client,
          const char *path,
          const char *interface_and_method,
          GVariant *parameters,
          GUnixFDList *fds)
{
    FakeDeskCall *call = g_new0(FakeDeskCall, 1);
    g_autofree char *full_path = g_strconcat(MADO_PATH_MANAGER, path, NULL);
    g_autofree char *interface = g_strdup(interface_and_method);
    char *dot = strrchr(interface, '.');

    *dot = '\0';
    g_dbus_connection_call_with_unix_fd_list(
        self->clients[client], MADO_BUS_NAME, full_path, interface, dot + 1, parameters, NULL,
        G_DBUS_CALL_FLAGS_NONE, G_MAXINT, fds, NULL, on_replied_cb, call);
    return call;
}

FakeDeskCall *
fake_desk_call(FakeDesk *self,
               guint client,
               const char *path,
               const char *interface,
               const char *method,
               GVariant *parameters)
{
    g_autofree char *name = g_strconcat(interface, ".", method, NULL);

    return send_call(self, client, path, name, parameters, NULL);
}

FakeDeskCall *
fake_desk_call_with_fd(FakeDesk *self,
                       guint client,
                       const char *path,
                       const char *method,
                       GVariant *parameters,
                       int fd)
{
    g_autoptr(GUnixFDList) fds = g_unix_fd_list_new();
    g_autofree char *name = g_strconcat(MADO_IFACE_SESSION ".", method, NULL);

    (void)g_unix_fd_list_append(fds, fd, NULL);
    return send_call(self, client, path, name, parameters, fds);
}

static gboolean
is_done(gpointer data)
{
    const FakeDeskCall *call = data;

    return call->is_done;
}

void
fake_desk_wait(FakeDesk *self, FakeDeskCall *call)
{
    fake_desk_wait_until(self, is_done, call);
}

void
fake_desk_call_free(FakeDeskCall *call)
{
    g_assert_true(call->is_done);
    g_clear_pointer(&call->reply, g_variant_unref);
    g_clear_object(&call->fds);
    g_clear_error(&call->error);
    g_free(call);
}

char *
fake_desk_claim(FakeDesk *self, guint client, const char *path)
{
    g_autofree char *full_path = g_strconcat(MADO_PATH_MANAGER, path, NULL);
    g_autoptr(FakeDeskCall) call = fake_desk_call(self, client, "", MADO_IFACE_MANAGER, "Claim",
                                                  g_variant_new("(o)", full_path));
    const char *session;

    fake_desk_wait(self, call);
    g_assert_no_error(call->error);
    g_variant_get(call->reply, "(&o)", &session);
    g_assert_true(g_str_has_prefix(session, MADO_PATH_MANAGER));
    return g_strdup(session + strlen(MADO_PATH_MANAGER));
}

gboolean
fake_desk_has_object(FakeDesk *self, const char *path)
{
    g_autoptr(FakeDeskCall) call =
        fake_desk_call(self, FAKE_DESK_N_CLIENTS - 1, "", "org.freedesktop.DBus.ObjectManager",
                       "GetManagedObjects", NULL);
    g_autofree char *full_path = g_strconcat(MADO_PATH_MANAGER, path, NULL);
    g_autoptr(GVariant) objects = NULL;
    g_autoptr(GVariant) object = NULL;

    while (!call->is_done)
        (void)g_main_context_iteration(NULL, TRUE);
    g_assert_no_error(call->error);
    objects = g_variant_get_child_value(call->reply, 0);
    object = g_variant_lookup_value(objects, full_path, NULL);
    return object != NULL;
}

typedef struct {
    FakeDesk *desk;
    const char *path;
} Object;

static gboolean
is_object_gone(gpointer data)
{
    const Object *object = data;

    return !fake_desk_has_object(object->desk, object->path);
}

void
fake_desk_wait_no_object(FakeDesk *self, const char *path)
{
    Object object = {self, path};

    ask_until(is_object_gone, &object);
}

GVariant *
fake_desk_property(FakeDesk *self, const char *path, const char *interface, const char *name)
{
    g_autoptr(FakeDeskCall) call =
        fake_desk_call(self, FAKE_DESK_N_CLIENTS - 1, path, "org.freedesktop.DBus.Properties",
                       "Get", g_variant_new("(ss)", interface, name));
    g_autoptr(GVariant) value = NULL;

    while (!call->is_done)
        (void)g_main_context_iteration(NULL, TRUE);
    g_assert_no_error(call->error);
    g_variant_get(call->reply, "(v)", &value);
    return g_steal_pointer(&value);
}

static gboolean
is_reader_free(gpointer data)
{
    const Object *object = data;
    g_autoptr(GVariant) value =
        fake_desk_property(object->desk, object->path, MADO_IFACE_READER, "Claimed");

    return !g_variant_get_boolean(value);
}

void
fake_desk_wait_free_reader(FakeDesk *self, const char *path)
{
    Object object = {self, path};

    ask_until(is_reader_free, &object);
}
