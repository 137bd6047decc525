/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Thousands of calls with arguments by chance, reaching every method of the API, half of them
 * from the holder of the claim with a card in. Run by tests/daemon/random-calls.py on a whole
 * desk.
 *
 *   random-calls READER-NAME N-CALLS SEED
 *
 * Prints one line per method, "INTERFACE.METHOD calls answered refused-as-stranger", and fails
 * when the daemon went away, left a call unanswered or never let the holder through to a
 * method.
 */
#include "config.h"

#include <gio/gio.h>
#include <gio/gunixfdlist.h>
#include <glib-unix.h>

#include <madoguchi/names.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define N_CLIENTS     2U /* 0 holds the claim, 1 is the stranger */
#define MAX_IN_FLIGHT 6U
#define TIMEOUT_MS    90000

typedef struct {
    const char *interface; /* of the parsed XML */
    const GDBusMethodInfo *info;
    guint n_calls;
    guint n_answered;
    guint n_strange; /* NotClaimed to the stranger */
    guint n_reached; /* by the holder, past the gate */
} Method;

typedef struct {
    GDBusConnection *clients[N_CLIENTS];
    GDBusNodeInfo *api;
    GArray *methods; /* of Method */
    GRand *random;
    const char *reader_name;
    char *reader;  /* (nullable) object path */
    char *session; /* (nullable) of client 0 */
    guint n_in_flight;
    gboolean is_broken;
} World;

typedef struct {
    World *world;
    Method *method;
    guint client;
} Call;

static void
fail(World *world, const char *what, const char *detail)
{
    g_printerr("random-calls: %s: %s\n", what, detail);
    world->is_broken = TRUE;
}

/* ---- arguments ---- */

static const char *const words[] = {
    "",
    "prepare",
    "issue",
    "pin",
    "number-a",
    "number-b",
    "sign",
    "auth",
    "juki",
    "text",
    "face",
    "number",
    "certificates",
    "attributes",
    "R-1",
    "R-9999",
    "no such",
    "\xE7\xAA\x93",
    "urn:madoguchi:problem:busy",
    "%s%n",
};

static char *
random_text(World *world)
{
    guint kind = (guint)g_rand_int_range(world->random, 0, 8);

    if (kind == 0) /* sixteen bytes in hex: a visit, a key */
        return g_strdup_printf("%08x%08x%08x%08x", g_rand_int(world->random),
                               g_rand_int(world->random), g_rand_int(world->random),
                               g_rand_int(world->random));
    if (kind == 1)
        return g_strnfill((gsize)g_rand_int_range(world->random, 0, 3000), 'x');
    return g_strdup(words[g_rand_int_range(world->random, 0, (gint32)G_N_ELEMENTS(words))]);
}

static GVariant *
random_bytes(World *world)
{
    gsize len = (gsize)g_rand_int_range(world->random, 0, 400);
    g_autofree guint8 *data = g_malloc(len + 1);

    for (gsize i = 0; i < len; i++)
        data[i] = (guint8)g_rand_int(world->random);
    return g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, data, len, 1);
}

static char *
random_path(World *world)
{
    switch (g_rand_int_range(world->random, 0, 4)) {
    case 0:
        return g_strdup(world->reader == NULL ? "/" : world->reader);
    case 1:
        return g_strdup(world->session == NULL ? "/a" : world->session);
    case 2:
        return g_strdup(MADO_PATH_READERS "/r99");
    default:
        return g_strdup_printf("/p%u", g_rand_int(world->random));
    }
}

static int
make_memfd(World *world, gboolean is_sealed)
{
    static const char *const numbers[] = {
        "", "1", "123456789018", "02040120351234", "00000000000000", "1234567890123456789"};
    const char *text = numbers[g_rand_int_range(world->random, 0, G_N_ELEMENTS(numbers))];
    int fd = memfd_create("number", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    (void)!write(fd, text, strlen(text));
    if (is_sealed)
        (void)fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK);
    return fd;
}

/* Sealed, not sealed, a pipe that is closed, a pipe whose writer stays, or something else. */
static int
random_fd(World *world)
{
    int fds[2];

    switch (g_rand_int_range(world->random, 0, 8)) {
    case 0:
        return make_memfd(world, FALSE);
    case 1:
        (void)g_unix_open_pipe(fds, FD_CLOEXEC, NULL);
        (void)!write(fds[1], "12345678901234", 14);
        (void)close(fds[1]);
        return fds[0];
    case 2:
        return open("/dev/null", O_RDONLY | O_CLOEXEC);
    case 3:
        return open("/", O_RDONLY | O_CLOEXEC);
    default:
        return make_memfd(world, TRUE);
    }
}

static GVariant *
random_handle(World *world, GUnixFDList *fds)
{
    int fd;

    if (g_rand_int_range(world->random, 0, 12) == 0) /* an index of nothing */
        return g_variant_new_handle((gint32)g_rand_int_range(world->random, 0, 100) - 50);
    fd = random_fd(world);
    (void)g_unix_fd_list_append(fds, fd, NULL);
    (void)close(fd);
    return g_variant_new_handle(g_unix_fd_list_get_length(fds) - 1);
}

static GVariant *
random_words(World *world)
{
    GVariantBuilder builder;

    g_variant_builder_init(&builder, G_VARIANT_TYPE("as"));
    for (gint i = g_rand_int_range(world->random, 0, 4); i > 0; i--) {
        g_autofree char *text = random_text(world);

        g_variant_builder_add(&builder, "s", text);
    }
    return g_variant_builder_end(&builder);
}

static GVariant *
random_argument(World *world, const char *signature, GUnixFDList *fds)
{
    if (g_str_equal(signature, "s"))
        return g_variant_new_take_string(random_text(world));
    if (g_str_equal(signature, "o")) {
        g_autofree char *path = random_path(world);

        return g_variant_new_object_path(path);
    }
    if (g_str_equal(signature, "ay"))
        return random_bytes(world);
    if (g_str_equal(signature, "as"))
        return random_words(world);
    if (g_str_equal(signature, "h"))
        return random_handle(world, fds);
    if (g_str_equal(signature, "u"))
        return g_variant_new_uint32(g_rand_int(world->random) >>
                                    g_rand_int_range(world->random, 0, 32));
    if (g_str_equal(signature, "t"))
        return g_variant_new_uint64(g_rand_int(world->random));
    if (g_str_equal(signature, "b"))
        return g_variant_new_boolean(g_rand_boolean(world->random));
    if (g_str_equal(signature, "a{sv}"))
        return g_variant_new_array(G_VARIANT_TYPE("{sv}"), NULL, 0);
    g_assert_not_reached();
}

static GVariant *
random_arguments(World *world, const GDBusMethodInfo *info, GUnixFDList *fds)
{
    GVariantBuilder builder;

    g_variant_builder_init(&builder, G_VARIANT_TYPE_TUPLE);
    for (gsize i = 0; info->in_args != NULL && info->in_args[i] != NULL; i++)
        g_variant_builder_add_value(&builder,
                                    random_argument(world, info->in_args[i]->signature, fds));
    return g_variant_builder_end(&builder);
}

/* ---- calls ---- */

static gboolean
is_named(const GError *error, const char *nick)
{
    g_autofree char *name = error == NULL ? NULL : g_dbus_error_get_remote_error(error);
    g_autofree char *wanted = g_strconcat(MADO_ERROR_PREFIX, nick, NULL);

    return g_strcmp0(name, wanted) == 0;
}

/* A Claim by chance that succeeded would keep the holder out. */
static void
give_back(World *world, guint client, GVariant *reply)
{
    const char *session;

    g_variant_get(reply, "(&o)", &session);
    g_dbus_connection_call(world->clients[client], MADO_BUS_NAME, session, MADO_IFACE_SESSION,
                           "Release", NULL, NULL, G_DBUS_CALL_FLAGS_NONE, TIMEOUT_MS, NULL,
                           NULL, NULL);
}

static void
on_replied_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
    Call *call = user_data;
    World *world = call->world;
    g_autoptr(GError) error = NULL;
    g_autoptr(GUnixFDList) fds = NULL;
    g_autoptr(GVariant) reply = g_dbus_connection_call_with_unix_fd_list_finish(
        G_DBUS_CONNECTION(source), &fds, result, &error);

    world->n_in_flight--;
    if (error != NULL && (!g_dbus_error_is_remote_error(error) || is_named(error, "Internal") ||
                          g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY) ||
                          g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN)))
        fail(world, call->method->info->name, error->message);
    else
        call->method->n_answered++;
    if (reply != NULL && g_str_equal(call->method->info->name, "Claim"))
        give_back(world, call->client, reply);
    if (is_named(error, "NotClaimed"))
        call->method->n_strange++;
    else if (call->client == 0)
        call->method->n_reached++;
    g_free(call);
}

static const char *
object_of(World *world, const Method *method)
{
    if (g_str_equal(method->interface, MADO_IFACE_SESSION))
        return world->session;
    if (g_str_equal(method->interface, MADO_IFACE_MANAGER))
        return MADO_PATH_MANAGER;
    return world->reader; /* PinAgent is nowhere of ours */
}

static void
call_method(World *world, Method *method, guint client)
{
    g_autoptr(GUnixFDList) fds = g_unix_fd_list_new();
    const char *path = object_of(world, method);
    Call *call;

    if (path == NULL)
        return;
    call = g_new0(Call, 1);
    call->world = world;
    call->method = method;
    call->client = client;
    method->n_calls++;
    world->n_in_flight++;
    g_dbus_connection_call_with_unix_fd_list(
        world->clients[client], MADO_BUS_NAME, path, method->interface, method->info->name,
        random_arguments(world, method->info, fds), NULL, G_DBUS_CALL_FLAGS_NONE, TIMEOUT_MS,
        fds, NULL, on_replied_cb, call);
}

static void
drain(World *world, guint n_left)
{
    while (world->n_in_flight > n_left)
        (void)g_main_context_iteration(NULL, TRUE);
}

/* ---- the claim ---- */

static GVariant *
call_sync(World *world, const char *interface, const char *method, GVariant *arguments)
{
    return g_dbus_connection_call_sync(world->clients[0], MADO_BUS_NAME, MADO_PATH_MANAGER,
                                       interface, method, arguments, NULL,
                                       G_DBUS_CALL_FLAGS_NONE, TIMEOUT_MS, NULL, NULL);
}

static void
find_reader(World *world)
{
    g_autoptr(GVariant) reply =
        call_sync(world, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", NULL);
    g_autoptr(GVariantIter) objects = NULL;
    const char *path;
    GVariant *interfaces;

    g_clear_pointer(&world->reader, g_free);
    if (reply == NULL)
        return;
    g_variant_get(reply, "(a{oa{sa{sv}}})", &objects);
    while (g_variant_iter_next(objects, "{&o@a{sa{sv}}}", &path, &interfaces)) {
        g_autoptr(GVariant) owned = interfaces;
        g_autoptr(GVariant) reader = g_variant_lookup_value(owned, MADO_IFACE_READER, NULL);
        const char *name = NULL;

        if (reader != NULL && g_variant_lookup(reader, "Name", "&s", &name) &&
            g_str_equal(name, world->reader_name)) {
            g_free(world->reader);
            world->reader = g_strdup(path);
        }
    }
}

/* A Release among the calls, or a wrong Claim, may have changed it. */
static void
ensure_claim(World *world)
{
    g_autoptr(GVariant) alive = NULL;
    g_autoptr(GVariant) reply = NULL;

    if (world->session != NULL)
        alive = g_dbus_connection_call_sync(
            world->clients[0], MADO_BUS_NAME, world->session, "org.freedesktop.DBus.Properties",
            "Get", g_variant_new("(ss)", MADO_IFACE_SESSION, "Step"), NULL,
            G_DBUS_CALL_FLAGS_NONE, TIMEOUT_MS, NULL, NULL);
    if (alive != NULL)
        return;
    g_clear_pointer(&world->session, g_free);
    if (world->reader == NULL)
        find_reader(world);
    if (world->reader != NULL)
        reply =
            call_sync(world, MADO_IFACE_MANAGER, "Claim", g_variant_new("(o)", world->reader));
    if (reply != NULL)
        g_variant_get(reply, "(o)", &world->session);
}

/* ---- the world ---- */

static gboolean
load_api(World *world)
{
    g_autofree char *path = g_build_filename(g_getenv("MADO_TOP_SRCDIR"), "data",
                                             "org.madoguchi.Counter1.xml", NULL);
    g_autofree char *text = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return FALSE;
    world->api = g_dbus_node_info_new_for_xml(text, NULL);
    world->methods = g_array_new(FALSE, TRUE, sizeof(Method));
    for (GDBusInterfaceInfo **i = world->api->interfaces; *i != NULL; i++) {
        for (GDBusMethodInfo **m = (*i)->methods; m != NULL && *m != NULL; m++) {
            Method method = {.interface = (*i)->name, .info = *m};

            g_array_append_val(world->methods, method);
        }
    }
    return TRUE;
}

static gboolean
connect_clients(World *world)
{
    const char *address = g_getenv("DBUS_SYSTEM_BUS_ADDRESS");

    for (guint i = 0; i < N_CLIENTS; i++) {
        world->clients[i] = g_dbus_connection_new_for_address_sync(
            address,
            G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
            NULL, NULL, NULL);
        if (world->clients[i] == NULL)
            return FALSE;
    }
    return TRUE;
}

static void
report(World *world)
{
    for (guint i = 0; i < world->methods->len; i++) {
        const Method *method = &g_array_index(world->methods, Method, i);
        gboolean is_ours = !g_str_equal(method->interface, MADO_IFACE_PIN_AGENT);

        g_print("%s.%s %u %u %u\n", method->interface, method->info->name, method->n_calls,
                method->n_answered, method->n_strange);
        if (is_ours && (method->n_calls == 0 || method->n_reached == 0))
            fail(world, method->info->name, "the holder never reached it");
    }
}

static void
run(World *world, guint n_calls)
{
    for (guint n = 0; n < n_calls && !world->is_broken; n++) {
        guint index = (guint)g_rand_int_range(world->random, 0, (gint32)world->methods->len);

        if (n % 16 == 0) {
            drain(world, 0);
            ensure_claim(world);
        }
        call_method(world, &g_array_index(world->methods, Method, index), n % N_CLIENTS);
        drain(world, MAX_IN_FLIGHT);
    }
    drain(world, 0);
    report(world);
}

int
main(int argc, char **argv)
{
    World world = {0};

    if (argc != 4) {
        g_printerr("usage: random-calls READER-NAME N-CALLS SEED\n");
        return 2;
    }
    world.reader_name = argv[1];
    world.random = g_rand_new_with_seed((guint32)g_ascii_strtoull(argv[3], NULL, 10));
    if (!load_api(&world) || !connect_clients(&world)) {
        g_printerr("random-calls: no API or no bus\n");
        return 2;
    }
    run(&world, (guint)g_ascii_strtoull(argv[2], NULL, 10));
    return world.is_broken ? 1 : 0;
}
