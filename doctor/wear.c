/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "doctor/wear.h"

#include <math.h>
#include <string.h>

#define OPENS_MIN     50
#define COMMANDS_MIN  500
#define FAILURES_MIN  5
#define Z_MIN         3.0
#define RATIO_MIN     2.0
#define CLASSES_APART 2
#define PERCENTILE    90
#define PLACE_LEN     6 /* " 00 00": pcscd's own numbers of reader and slot */

static void
wear_free(gpointer data)
{
    MadoWear *wear = data;

    g_free(wear->port);
    g_free(wear->name);
    g_free(wear->role);
    g_free(wear->model);
    g_free(wear);
}

char *
mado_wear_model(const char *name)
{
    g_autofree char *model = g_strdup(name);
    gsize len = strlen(model);
    char *serial;

    if (len > PLACE_LEN && model[len - 3] == ' ' && model[len - 6] == ' ')
        model[len - PLACE_LEN] = '\0';
    serial = strrchr(model, '(');
    if (serial != NULL && serial > model && g_str_has_suffix(model, ")"))
        *serial = '\0';
    return g_strdup(g_strchomp(model));
}

static guint64
count_of(GVariant *row, const char *key)
{
    guint64 value = 0;

    (void)g_variant_lookup(row, key, "t", &value);
    return value;
}

static char *
text_of(GVariant *row, const char *key)
{
    const char *text = "";

    (void)g_variant_lookup(row, key, "&s", &text);
    return g_strdup(text);
}

static MadoWear *
ensure_wear(GPtrArray *readers, GVariant *row)
{
    g_autofree char *port = text_of(row, "port");
    MadoWear *wear;

    for (guint i = 0; i < readers->len; i++) {
        wear = g_ptr_array_index(readers, i);
        if (g_str_equal(wear->port, port))
            return wear;
    }
    wear = g_new0(MadoWear, 1);
    wear->port = g_steal_pointer(&port);
    wear->name = text_of(row, "name");
    wear->role = text_of(row, "role");
    wear->model = mado_wear_model(wear->name);
    g_ptr_array_add(readers, wear);
    return wear;
}

static void
take_latency(MadoWear *wear, GVariant *row)
{
    g_autoptr(GVariant) value = g_variant_lookup_value(row, "latency", G_VARIANT_TYPE("at"));

    if (value == NULL || g_variant_n_children(value) != MADO_LATENCY_N_CLASSES)
        return;
    for (guint i = 0; i < MADO_LATENCY_N_CLASSES; i++) {
        guint64 count = 0;

        g_variant_get_child(value, i, "t", &count);
        wear->latency.counts[i] += count;
    }
}

GPtrArray *
mado_wear_collect(GVariant *statistics)
{
    GPtrArray *readers = g_ptr_array_new_with_free_func(wear_free);

    for (gsize i = 0; statistics != NULL && i < g_variant_n_children(statistics); i++) {
        g_autoptr(GVariant) row = g_variant_get_child_value(statistics, i);
        MadoWear *wear = ensure_wear(readers, row);

        wear->n_days++;
        wear->n_inserts += count_of(row, "inserts");
        wear->n_opens += count_of(row, "opens");
        wear->n_commands += count_of(row, "commands");
        wear->n_failures += count_of(row, "errors-mute") + count_of(row, "errors-reader") +
                            count_of(row, "errors-other");
        wear->n_removed += count_of(row, "errors-removed");
        wear->n_retries += count_of(row, "retries");
        wear->busy_us += count_of(row, "busy-us");
        take_latency(wear, row);
    }
    return readers;
}

static gboolean
fails_more(guint64 n_opens, guint64 n_failures, guint64 other_opens, guint64 other_failures)
{
    double own;
    double others;
    double both;
    double spread;

    if (n_opens < OPENS_MIN || other_opens < OPENS_MIN || n_failures < FAILURES_MIN)
        return FALSE;
    /* One power-up may fail in more than one way; a part is at most all of them. */
    own = MIN(1.0, (double)n_failures / (double)n_opens);
    others = MIN(1.0, (double)other_failures / (double)other_opens);
    both = MIN(1.0, (double)(n_failures + other_failures) / (double)(n_opens + other_opens));
    spread = sqrt(both * (1.0 - both) * (1.0 / (double)n_opens + 1.0 / (double)other_opens));
    if (own < RATIO_MIN * others)
        return FALSE;
    return spread > 0.0 ? (own - others) / spread > Z_MIN : own > others;
}

guint
mado_wear_judge(GPtrArray *readers, guint place)
{
    const MadoWear *self = g_ptr_array_index(readers, place);
    guint64 other_opens = 0;
    guint64 other_failures = 0;
    MadoLatency siblings = {0};
    guint verdict = 0;

    for (guint i = 0; i < readers->len; i++) {
        const MadoWear *other = g_ptr_array_index(readers, i);

        if (i == place)
            continue;
        other_opens += other->n_opens;
        other_failures += other->n_failures;
        if (g_str_equal(other->model, self->model))
            mado_latency_merge(&siblings, &other->latency);
    }
    if (fails_more(self->n_opens, self->n_failures, other_opens, other_failures))
        verdict |= MADO_WEAR_FAILS_MORE;
    if (mado_latency_n(&self->latency) >= COMMANDS_MIN &&
        mado_latency_n(&siblings) >= COMMANDS_MIN &&
        mado_latency_class_at(&self->latency, PERCENTILE) >=
            mado_latency_class_at(&siblings, PERCENTILE) + CLASSES_APART)
        verdict |= MADO_WEAR_IS_SLOWER;
    return verdict;
}
