/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "doctor/examination.h"
#include "doctor/wear.h"

/* In thousandths, so that a whole number will do. */
static gint64
per_mille(guint64 part, guint64 whole)
{
    return whole == 0 ? 0 : (gint64)(part * 1000 / whole);
}

/* (transfer full): upper bounds in µs and counts, the empty classes left out. */
static JsonArray *
latency_to_json(const MadoLatency *latency)
{
    JsonArray *array = json_array_new();

    for (guint i = 0; i < MADO_LATENCY_N_CLASSES; i++) {
        JsonObject *object;

        if (latency->counts[i] == 0)
            continue;
        object = json_object_new();
        if (i + 1 < MADO_LATENCY_N_CLASSES)
            json_object_set_int_member(object, "up-to-us", (gint64)mado_latency_bound_us(i));
        json_object_set_int_member(object, "n", (gint64)latency->counts[i]);
        json_array_add_object_element(array, object);
    }
    return array;
}

/* (transfer full) */
static JsonObject *
facts_of(const MadoWear *wear)
{
    JsonObject *facts = json_object_new();

    json_object_set_string_member(facts, "name", wear->name);
    json_object_set_string_member(facts, "port", wear->port);
    json_object_set_string_member(facts, "role", wear->role);
    json_object_set_int_member(facts, "days", (gint64)wear->n_days);
    json_object_set_int_member(facts, "inserts", (gint64)wear->n_inserts);
    json_object_set_int_member(facts, "power-ups", (gint64)wear->n_opens);
    json_object_set_int_member(facts, "commands", (gint64)wear->n_commands);
    json_object_set_int_member(facts, "failures", (gint64)wear->n_failures);
    json_object_set_int_member(facts, "removed", (gint64)wear->n_removed);
    json_object_set_int_member(facts, "retries", (gint64)wear->n_retries);
    json_object_set_int_member(
        facts, "us-per-command",
        wear->n_commands == 0 ? 0 : (gint64)(wear->busy_us / wear->n_commands));
    json_object_set_array_member(facts, "latency", latency_to_json(&wear->latency));
    return facts;
}

static void
report(MadoExamination *self, const MadoWear *wear, guint verdict)
{
    JsonObject *details = json_object_new();

    json_object_set_string_member(details, "reader", wear->name);
    if (wear->role[0] != '\0')
        json_object_set_string_member(details, "role", wear->role);
    json_object_set_string_member(details, "port", wear->port);
    json_object_set_boolean_member(details, "fails-more",
                                   (verdict & MADO_WEAR_FAILS_MORE) != 0);
    json_object_set_boolean_member(details, "slower", (verdict & MADO_WEAR_IS_SLOWER) != 0);
    json_object_set_int_member(details, "failures-per-mille",
                               per_mille(wear->n_failures, wear->n_opens));
    mado_doctor_report_add(self->report, 421, details);
}

void
mado_examine_wear(MadoExamination *self)
{
    g_autoptr(GPtrArray) readers = mado_wear_collect(self->desk->statistics);
    JsonArray *list = json_array_new();

    for (guint i = 0; i < readers->len; i++) {
        const MadoWear *wear = g_ptr_array_index(readers, i);
        guint verdict = mado_wear_judge(readers, i);

        json_array_add_object_element(list, facts_of(wear));
        if (verdict != 0)
            report(self, wear, verdict);
    }
    json_object_set_array_member(self->facts, "wear", list);
}
