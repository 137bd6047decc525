/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/error.h"
#include "daemon/fleet.h"
#include "daemon/transport-meter.h"
#include "daemon/usb-port.h"
#include "tests/support/test-error.h"
#include "tests/support/test.h"

#include <glib/gstdio.h>

#define DAY_MS (24 * 60 * 60 * G_GINT64_CONSTANT(1000))
#define NAME   "Reader (1) 00 00"
#define PORT   "usb:1-1.2"

typedef struct {
    char *folder;
    char *path;
    gint64 wall_ms; /* read by the fleet's thread between two waits of the test */
    MadoClock clock;
    MadoFleet *fleet;
} World;

static gint64
wall_ms(gpointer data)
{
    return ((World *)data)->wall_ms;
}

static int
set_up(void **state)
{
    World *world = g_new0(World, 1);

    world->folder = g_dir_make_tmp("madoguchi-XXXXXX", NULL);
    world->path = g_build_filename(world->folder, "readers.db", NULL);
    world->wall_ms = 20000 * DAY_MS;
    world->clock = (MadoClock){.wall_ms = wall_ms, .monotonic_ms = wall_ms, .data = world};
    world->fleet = mado_fleet_open(world->path, &world->clock);
    mado_fleet_place(world->fleet, NAME, PORT);
    *state = world;
    return 0;
}

static int
tear_down(void **state)
{
    World *world = *state;
    GDir *dir = g_dir_open(world->folder, 0, NULL);

    mado_fleet_close(world->fleet);
    for (const char *name = g_dir_read_name(dir); name != NULL; name = g_dir_read_name(dir)) {
        g_autofree char *path = g_build_filename(world->folder, name, NULL);

        g_remove(path);
    }
    g_dir_close(dir);
    g_rmdir(world->folder);
    g_free(world->folder);
    g_free(world->path);
    g_free(world);
    return 0;
}

typedef struct {
    GVariant *result;
    MadoErrorCode code;
    gboolean is_done;
} Answer;

static void
on_reply(GVariant *result, const GError *error, gpointer user_data)
{
    Answer *answer = user_data;

    answer->is_done = TRUE;
    if (error != NULL)
        answer->code = mado_error_code(error);
    else
        answer->result = g_variant_ref(result);
}

/* (transfer full): the rows. */
static GVariant *
list(MadoFleet *fleet, guint n_days)
{
    Answer answer = {NULL, 0, FALSE};
    GVariant *rows;

    mado_fleet_list(fleet, n_days, on_reply, &answer);
    while (!answer.is_done)
        g_main_context_iteration(NULL, TRUE);
    assert_non_null(answer.result);
    rows = g_variant_get_child_value(answer.result, 0);
    g_variant_unref(answer.result);
    return rows;
}

static MadoErrorCode
bind(MadoFleet *fleet, const char *role, const char *port)
{
    Answer answer = {NULL, 0, FALSE};

    mado_fleet_bind(fleet, role, port, on_reply, &answer);
    while (!answer.is_done)
        g_main_context_iteration(NULL, TRUE);
    g_clear_pointer(&answer.result, g_variant_unref);
    return answer.code;
}

static guint64
number(GVariant *rows, gsize place, const char *key)
{
    g_autoptr(GVariant) row = g_variant_get_child_value(rows, place);
    guint64 value = G_MAXUINT64;

    assert_true(g_variant_lookup(row, key, "t", &value));
    return value;
}

static void
count_one(World *world)
{
    MadoFleetCounts counts = {.n_inserts = 1,
                              .n_opens = 2,
                              .n_commands = 3,
                              .n_mute = 4,
                              .n_removed = 5,
                              .n_reader = 6,
                              .n_other = 7,
                              .n_retries = 8,
                              .busy_us = 9};

    counts.latency.counts[0] = 10;
    counts.latency.counts[MADO_LATENCY_N_CLASSES - 1] = 11;
    mado_fleet_count(world->fleet, NAME, &counts);
}

static void
counts_of_a_day_are_added_up(void **state)
{
    World *world = *state;
    g_autoptr(GVariant) rows = NULL;
    g_autoptr(GVariant) row = NULL;
    g_autoptr(GVariant) latency = NULL;
    static const char *const keys[] = {"inserts",      "opens",          "commands",
                                       "errors-mute",  "errors-removed", "errors-reader",
                                       "errors-other", "retries",        "busy-us"};
    guint64 last = 0;

    count_one(world);
    count_one(world);
    rows = list(world->fleet, 1);
    assert_int_equal(g_variant_n_children(rows), 1);
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
        assert_int_equal(number(rows, 0, keys[i]), 2 * (i + 1));
    row = g_variant_get_child_value(rows, 0);
    latency = g_variant_lookup_value(row, "latency", G_VARIANT_TYPE("at"));
    assert_int_equal(g_variant_n_children(latency), MADO_LATENCY_N_CLASSES);
    g_variant_get_child(latency, MADO_LATENCY_N_CLASSES - 1, "t", &last);
    assert_int_equal(last, 22);
}

static void
days_stand_apart_and_old_ones_go(void **state)
{
    World *world = *state;
    g_autoptr(GVariant) two = NULL;
    g_autoptr(GVariant) one = NULL;
    g_autoptr(GVariant) late = NULL;

    count_one(world);
    g_variant_unref(list(world->fleet, 1)); /* the clock may be moved now */
    world->wall_ms += DAY_MS;
    count_one(world);
    two = list(world->fleet, 2);
    assert_int_equal(g_variant_n_children(two), 2);
    one = list(world->fleet, 1);
    assert_int_equal(g_variant_n_children(one), 1);
    world->wall_ms += (MADO_FLEET_DAYS - 1) * DAY_MS;
    count_one(world);
    g_variant_unref(list(world->fleet, 1));
    world->wall_ms -= 2 * DAY_MS; /* nothing hides behind the limit of the question */
    late = list(world->fleet, MADO_FLEET_DAYS);
    assert_int_equal(g_variant_n_children(late), 2);
}

static void
counts_and_roles_outlive_the_daemon(void **state)
{
    World *world = *state;
    g_autoptr(GVariant) rows = NULL;

    count_one(world);
    assert_int_equal(bind(world->fleet, "counter", PORT), 0);
    assert_string_equal(mado_fleet_role(world->fleet, PORT), "counter");
    mado_fleet_close(world->fleet);
    world->fleet = mado_fleet_open(world->path, &world->clock);
    assert_string_equal(mado_fleet_role(world->fleet, PORT), "counter");
    rows = list(world->fleet, 1);
    assert_int_equal(g_variant_n_children(rows), 1);
}

static void
a_role_has_one_place_and_a_place_one_role(void **state)
{
    World *world = *state;

    assert_int_equal(bind(world->fleet, "counter", PORT), 0);
    assert_int_equal(bind(world->fleet, "counter", "usb:1-2"), 0);
    assert_string_equal(mado_fleet_role(world->fleet, PORT), "");
    assert_string_equal(mado_fleet_role(world->fleet, "usb:1-2"), "counter");
    assert_int_equal(bind(world->fleet, "spare", "usb:1-2"), 0);
    assert_string_equal(mado_fleet_role(world->fleet, "usb:1-2"), "spare");
    assert_int_equal(bind(world->fleet, "spare", NULL), 0);
    assert_string_equal(mado_fleet_role(world->fleet, "usb:1-2"), "");
}

static void
a_role_is_a_short_word(void **state)
{
    static const char *const bad[] = {"",       "Counter",           "a b",
                                      "role_1", "12345678901234567", "役"};

    assert_true(mado_fleet_check_role("resident", NULL));
    assert_true(mado_fleet_check_role("counter-2", NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;

        assert_false(mado_fleet_check_role(bad[i], &error));
        assert_mado_error(error, MADO_ERROR_BAD_ARGUMENT);
    }
}

static void
without_a_file_nothing_is_kept_and_nothing_fails(void **state)
{
    World *world = *state;
    MadoFleet *fleet = mado_fleet_open(NULL, &world->clock);
    const MadoFleetCounts counts = {.n_opens = 1};
    Answer answer = {NULL, 0, FALSE};

    mado_fleet_place(fleet, NAME, PORT);
    mado_fleet_count(fleet, NAME, &counts);
    mado_fleet_list(fleet, 1, on_reply, &answer);
    while (!answer.is_done)
        g_main_context_iteration(NULL, TRUE);
    assert_int_equal(answer.code, MADO_ERROR_ENROLMENT);
    assert_int_equal(bind(fleet, "counter", PORT), MADO_ERROR_ENROLMENT);
    mado_fleet_close(fleet);
}

static void
counts_told_after_the_end_are_dropped(void **state)
{
    World *world = *state;
    MadoFleet *lost = mado_fleet_ref(world->fleet);
    const MadoFleetCounts counts = {.n_opens = 1};

    mado_fleet_close(world->fleet);
    mado_fleet_count(lost, NAME, &counts); /* a worker that comes back late */
    mado_fleet_unref(lost);
    world->fleet = mado_fleet_open(world->path, &world->clock);
    g_variant_unref(list(world->fleet, 1));
}

/* ---- the meter ---- */

typedef struct {
    MadoTransport parent;
    MadoErrorCode *next; /* 0: succeed; borrowed */
} Scripted;

static gboolean
act(MadoTransport *transport, GError **error)
{
    MadoErrorCode code = *((Scripted *)transport)->next;

    if (code == 0)
        return TRUE;
    g_set_error_literal(error, MADO_ERROR, (gint)code, "as told");
    return FALSE;
}

static gboolean
scripted_open(MadoTransport *transport, const char *reader, GError **error)
{
    return act(transport, error);
}

static gboolean
scripted_exchange(MadoTransport *transport,
                  const MadoSecret *command,
                  MadoSecret *response,
                  GError **error)
{
    return act(transport, error);
}

static void
scripted_close(MadoTransport *transport)
{
}

static void
scripted_free(MadoTransport *transport)
{
    g_free(transport);
}

static const MadoTransportOps scripted_ops = {
    .name = "scripted",
    .open = scripted_open,
    .exchange = scripted_exchange,
    .close = scripted_close,
    .free = scripted_free,
};

static MadoTransport *
scripted_new(gpointer data)
{
    Scripted *self = g_new0(Scripted, 1);

    self->parent.ops = &scripted_ops;
    self->next = data;
    return &self->parent;
}

static void
open_and_exchange(MadoTransport *meter, MadoErrorCode *next, MadoErrorCode on_exchange)
{
    GError *error = NULL;

    *next = 0;
    assert_true(meter->ops->open(meter, NAME, NULL));
    *next = on_exchange;
    if (meter->ops->exchange(meter, NULL, NULL, &error) != (on_exchange == 0))
        fail_msg("the meter changed what the transport said");
    if (on_exchange != 0)
        assert_mado_error(error, on_exchange);
    g_clear_error(&error);
    meter->ops->close(meter);
}

static void
the_meter_counts_what_passes(void **state)
{
    World *world = *state;
    MadoErrorCode next = 0;
    MadoTransportMeterSettings settings = {scripted_new, &next, world->fleet};
    MadoTransport *meter = mado_transport_meter_new(&settings);
    g_autoptr(GVariant) rows = NULL;

    open_and_exchange(meter, &next, 0);
    open_and_exchange(meter, &next, MADO_ERROR_CARD_MUTE);
    open_and_exchange(meter, &next, 0); /* the retry */
    open_and_exchange(meter, &next, MADO_ERROR_CARD_REMOVED);
    open_and_exchange(meter, &next, MADO_ERROR_LIMIT);
    open_and_exchange(meter, &next, MADO_ERROR_READER_GONE);
    next = MADO_ERROR_BUSY;
    assert_false(meter->ops->open(meter, NAME, NULL));
    meter->ops->free(meter);
    rows = list(world->fleet, 1);
    assert_int_equal(number(rows, 0, "opens"), 6);
    assert_int_equal(number(rows, 0, "commands"), 2);
    assert_int_equal(number(rows, 0, "errors-mute"), 1);
    assert_int_equal(number(rows, 0, "errors-removed"), 1);
    assert_int_equal(number(rows, 0, "errors-reader"), 1);
    assert_int_equal(number(rows, 0, "errors-other"), 0);
    assert_int_equal(number(rows, 0, "retries"), 1);
}

/* ---- the port ---- */

static void
the_port_is_found_by_bus_and_address(void **state)
{
    World *world = *state;
    static const char *const names[] = {"1-1", "1-1:1.0", "2-1.4", NULL};
    g_autofree char *devices = g_build_filename(world->folder, "devices", NULL);
    g_autofree char *port = NULL;

    for (guint i = 0; names[i] != NULL; i++) {
        g_autofree char *folder = g_build_filename(devices, names[i], NULL);
        g_autofree char *bus = g_build_filename(folder, "busnum", NULL);
        g_autofree char *address = g_build_filename(folder, "devnum", NULL);

        assert_int_equal(g_mkdir_with_parents(folder, 0700), 0);
        assert_true(g_file_set_contents(bus, i < 2 ? "1\n" : "2\n", -1, NULL));
        assert_true(g_file_set_contents(address, i < 2 ? "4\n" : "5\n", -1, NULL));
    }
    port = mado_usb_port_find(devices, 2, 5);
    assert_string_equal(port, "2-1.4");
    assert_null(mado_usb_port_find(devices, 1, 5));
    assert_null(mado_usb_port_find("/nowhere", 1, 4));
    for (guint i = 0; names[i] != NULL; i++) {
        g_autofree char *folder = g_build_filename(devices, names[i], NULL);
        g_autofree char *bus = g_build_filename(folder, "busnum", NULL);
        g_autofree char *address = g_build_filename(folder, "devnum", NULL);

        g_remove(bus);
        g_remove(address);
        g_rmdir(folder);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(counts_of_a_day_are_added_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(days_stand_apart_and_old_ones_go, set_up, tear_down),
        cmocka_unit_test_setup_teardown(counts_and_roles_outlive_the_daemon, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_role_has_one_place_and_a_place_one_role, set_up,
                                        tear_down),
        cmocka_unit_test(a_role_is_a_short_word),
        cmocka_unit_test_setup_teardown(without_a_file_nothing_is_kept_and_nothing_fails,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(counts_told_after_the_end_are_dropped, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_meter_counts_what_passes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_port_is_found_by_bus_and_address, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
