/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "doctor/wear.h"
#include "tests/support/test.h"

typedef struct {
    const char *name;
    guint64 n_opens;
    guint64 n_failures;
    guint64 n_removed;
    guint64 n_commands;
    guint class; /* in which all its commands are */
} Row;

static GVariant *
row_of(const Row *row, const char *port)
{
    GVariantDict dict;
    GVariantBuilder latency;

    g_variant_builder_init(&latency, G_VARIANT_TYPE("at"));
    for (guint i = 0; i < MADO_LATENCY_N_CLASSES; i++)
        g_variant_builder_add(&latency, "t", i == row->class ? row->n_commands : 0);
    g_variant_dict_init(&dict, NULL);
    g_variant_dict_insert(&dict, "port", "s", port);
    g_variant_dict_insert(&dict, "name", "s", row->name);
    g_variant_dict_insert(&dict, "opens", "t", row->n_opens);
    g_variant_dict_insert(&dict, "commands", "t", row->n_commands);
    g_variant_dict_insert(&dict, "errors-mute", "t", row->n_failures);
    g_variant_dict_insert(&dict, "errors-removed", "t", row->n_removed);
    g_variant_dict_insert_value(&dict, "latency", g_variant_builder_end(&latency));
    return g_variant_dict_end(&dict);
}

/* Each row its own port. */
static GPtrArray *
collect(const Row *rows, guint n_rows)
{
    GVariantBuilder builder;
    g_autoptr(GVariant) statistics = NULL;

    g_variant_builder_init(&builder, G_VARIANT_TYPE("aa{sv}"));
    for (guint i = 0; i < n_rows; i++) {
        g_autofree char *port = g_strdup_printf("usb:1-%u", i);

        g_variant_builder_add_value(&builder, row_of(&rows[i], port));
    }
    statistics = g_variant_ref_sink(g_variant_builder_end(&builder));
    return mado_wear_collect(statistics);
}

static void
a_reader_that_fails_more_than_its_siblings_stands_out(void **state)
{
    const Row rows[] = {{"A (1) 00 00", 1000, 40, 0, 0, 0},
                        {"A (2) 01 00", 1000, 8, 0, 0, 0},
                        {"A (3) 02 00", 1000, 10, 0, 0, 0}};
    g_autoptr(GPtrArray) readers = collect(rows, G_N_ELEMENTS(rows));

    assert_int_equal(mado_wear_judge(readers, 0), MADO_WEAR_FAILS_MORE);
    assert_int_equal(mado_wear_judge(readers, 1), 0);
    assert_int_equal(mado_wear_judge(readers, 2), 0);
}

static void
chance_does_not_stand_out(void **state)
{
    const Row alike[] = {{"A 00 00", 200, 6, 0, 0, 0}, {"A 01 00", 200, 3, 0, 0, 0}};
    const Row few[] = {{"A 00 00", 40, 20, 0, 0, 0}, {"A 01 00", 200, 3, 0, 0, 0}};
    const Row alone[] = {{"A 00 00", 1000, 500, 0, 0, 0}};
    const Row spotless[] = {{"A 00 00", 60, 4, 0, 0, 0}, {"A 01 00", 60000, 0, 0, 0, 0}};
    g_autoptr(GPtrArray) a = collect(alike, G_N_ELEMENTS(alike));
    g_autoptr(GPtrArray) b = collect(few, G_N_ELEMENTS(few));
    g_autoptr(GPtrArray) c = collect(alone, G_N_ELEMENTS(alone));
    g_autoptr(GPtrArray) d = collect(spotless, G_N_ELEMENTS(spotless));

    assert_int_equal(mado_wear_judge(a, 0), 0);
    assert_int_equal(mado_wear_judge(b, 0), 0);
    assert_int_equal(mado_wear_judge(c, 0), 0);
    assert_int_equal(mado_wear_judge(d, 0), 0);
}

static void
cards_pulled_out_are_not_the_readers_fault(void **state)
{
    const Row rows[] = {{"A 00 00", 1000, 8, 900, 0, 0}, {"A 01 00", 1000, 8, 0, 0, 0}};
    g_autoptr(GPtrArray) readers = collect(rows, G_N_ELEMENTS(rows));

    assert_int_equal(mado_wear_judge(readers, 0), 0);
}

static void
a_slow_reader_is_compared_with_its_own_model(void **state)
{
    const Row rows[] = {{"A (1) 00 00", 0, 0, 0, 1000, 6},
                        {"A (2) 01 00", 0, 0, 0, 1000, 4},
                        {"B (3) 02 00", 0, 0, 0, 1000, 1}};
    g_autoptr(GPtrArray) readers = collect(rows, G_N_ELEMENTS(rows));

    assert_int_equal(mado_wear_judge(readers, 0), MADO_WEAR_IS_SLOWER);
    assert_int_equal(mado_wear_judge(readers, 1), 0);
    assert_int_equal(mado_wear_judge(readers, 2), 0);
}

static void
days_of_one_port_are_added_up(void **state)
{
    const Row one = {"A 00 00", 10, 1, 0, 5, 2};
    GVariantBuilder builder;
    g_autoptr(GVariant) statistics = NULL;
    g_autoptr(GPtrArray) readers = NULL;
    const MadoWear *wear;

    g_variant_builder_init(&builder, G_VARIANT_TYPE("aa{sv}"));
    for (guint i = 0; i < 3; i++)
        g_variant_builder_add_value(&builder, row_of(&one, "usb:1-1"));
    statistics = g_variant_ref_sink(g_variant_builder_end(&builder));
    readers = mado_wear_collect(statistics);
    assert_int_equal(readers->len, 1);
    wear = g_ptr_array_index(readers, 0);
    assert_int_equal(wear->n_days, 3);
    assert_int_equal(wear->n_opens, 30);
    assert_int_equal(wear->n_failures, 3);
    assert_int_equal(wear->latency.counts[2], 15);
}

static void
a_model_is_the_name_without_serial_and_place(void **state)
{
    static const struct {
        const char *name;
        const char *model;
    } rows[] = {
        {"SONY FeliCa RC-S300/P (1234567) 01 00", "SONY FeliCa RC-S300/P"},
        {"Madoguchi Training 0 00 00", "Madoguchi Training 0"},
        {"(odd) 00 00", "(odd)"},
        {"x", "x"},
        {"", ""},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *model = mado_wear_model(rows[i].name);

        assert_string_equal(model, rows[i].model);
    }
}

static void
times_fall_into_their_class(void **state)
{
    MadoLatency latency = {0};

    for (guint i = 0; i < 9; i++)
        mado_latency_add(&latency, 400);
    mado_latency_add(&latency, 1001);
    assert_int_equal(latency.counts[0], 9);
    assert_int_equal(latency.counts[2], 1);
    assert_int_equal(mado_latency_class_at(&latency, 90), 0);
    assert_int_equal(mado_latency_class_at(&latency, 91), 2);
    mado_latency_add(&latency, G_MAXUINT64);
    assert_int_equal(latency.counts[MADO_LATENCY_N_CLASSES - 1], 1);
    assert_int_equal(mado_latency_n(&latency), 11);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reader_that_fails_more_than_its_siblings_stands_out),
        cmocka_unit_test(chance_does_not_stand_out),
        cmocka_unit_test(cards_pulled_out_are_not_the_readers_fault),
        cmocka_unit_test(a_slow_reader_is_compared_with_its_own_model),
        cmocka_unit_test(days_of_one_port_are_added_up),
        cmocka_unit_test(a_model_is_the_name_without_serial_and_place),
        cmocka_unit_test(times_fall_into_their_class),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
