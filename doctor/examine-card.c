/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "doctor/card-test.h"
#include "doctor/deadline.h"
#include "doctor/examination.h"

#include <string.h>

#define REPETITION_MS 10000

/* ---- the test, bounded ---- */

typedef struct {
    char *reader;
    guint n_repetitions;
    MadoCardTest *test; /* (nullable) */
} Testing;

static void
test(gpointer data)
{
    Testing *self = data;

    self->test = mado_card_test_run(self->reader, self->n_repetitions);
}

static void
testing_free(gpointer data)
{
    Testing *self = data;

    mado_card_test_free(self->test);
    g_free(self->reader);
    g_free(self);
}

/* (transfer full) (nullable): NULL: no answer in time. */
static MadoCardTest *
test_card(const MadoExamination *self, const char *reader)
{
    Testing *task = g_new0(Testing, 1);
    guint timeout_ms =
        self->settings->timeout_ms + self->settings->n_repetitions * REPETITION_MS;
    MadoCardTest *done;

    task->reader = g_strdup(reader);
    task->n_repetitions = self->settings->n_repetitions;
    if (!mado_deadline_run(test, task, testing_free, timeout_ms))
        return NULL;
    done = g_steal_pointer(&task->test);
    testing_free(task);
    return done;
}

/* ---- which reader ---- */

/* (transfer none) (nullable): the one that was named, or the one with a card, or the only one.
 */
static const MadoPcscReader *
choose(const MadoExamination *self)
{
    const char *wanted = self->settings->reader;
    const MadoPcscReader *chosen = NULL;

    for (guint i = 0; i < self->readers->len; i++) {
        const MadoPcscReader *reader = g_ptr_array_index(self->readers, i);

        if (wanted != NULL && strstr(reader->name, wanted) == NULL)
            continue;
        if (chosen == NULL || (reader->has_card && !chosen->has_card))
            chosen = reader;
    }
    return chosen;
}

/* ---- telling ---- */

/* (transfer full): no byte of what the card said. */
static JsonArray *
steps_to_json(const MadoCardTest *done)
{
    JsonArray *array = json_array_new();

    for (guint i = 0; i < done->steps->len; i++) {
        const MadoCardTestStep *step = &g_array_index(done->steps, MadoCardTestStep, i);
        JsonObject *object = json_object_new();
        g_autofree char *word = g_strdup_printf("%04X", step->status_word);

        json_object_set_string_member(object, "step", step->step);
        json_object_set_int_member(object, "command-len", step->command_len);
        json_object_set_int_member(object, "response-len", step->response_len);
        json_object_set_string_member(object, "status-word", step->has_answer ? word : "");
        json_object_set_int_member(object, "us", (gint64)step->us);
        json_array_add_object_element(array, object);
    }
    return array;
}

static void
add_facts(MadoExamination *self, const MadoPcscReader *reader, const MadoCardTest *done)
{
    JsonObject *facts = json_object_new();
    /* The first three bytes say contact or contactless; the rest may tell cards apart. */
    g_autofree char *atr =
        g_strdup_printf("%02X%02X%02X", done->atr[0], done->atr[1], done->atr[2]);

    json_object_set_string_member(facts, "reader", reader->name);
    json_object_set_string_member(facts, "atr-begins", atr);
    json_object_set_int_member(facts, "atr-len", (gint64)done->atr_len);
    json_object_set_int_member(facts, "repetitions", done->n_repetitions);
    json_object_set_int_member(facts, "failed", done->n_failed);
    json_object_set_int_member(
        facts, "p50-up-to-us",
        (gint64)mado_latency_bound_us(mado_latency_class_at(&done->latency, 50)));
    json_object_set_int_member(
        facts, "p90-up-to-us",
        (gint64)mado_latency_bound_us(mado_latency_class_at(&done->latency, 90)));
    json_object_set_array_member(facts, "steps", steps_to_json(done));
    json_object_set_object_member(self->facts, "card", facts);
}

/* 0: nothing to say. */
static guint
number_for(const MadoCardTest *done)
{
    switch (done->state) {
    case MADO_PCSC_CARD_ABSENT:
    case MADO_PCSC_CARD_NO_READER:
        return 431;
    case MADO_PCSC_CARD_HELD:
        return 435;
    case MADO_PCSC_CARD_MUTE:
        return 432;
    case MADO_PCSC_CARD_OPEN:
    default:
        break;
    }
    if (!done->is_ours)
        return 433;
    if (done->n_failed == done->n_repetitions)
        return 432;
    return done->n_failed > 0 ? 434 : 0;
}

void
mado_examine_card(MadoExamination *self)
{
    const MadoPcscReader *reader = choose(self);
    const MadoDeskReader *known;
    g_autoptr(MadoCardTest) done = NULL;
    JsonObject *details = json_object_new();
    guint number = 431;

    if (reader != NULL) {
        g_autoptr(MadoDeskState) now = mado_desk_state_load(1); /* it may have claimed since */

        json_object_set_string_member(details, "reader", reader->name);
        known = mado_desk_state_find(now, reader->name);
        if (known != NULL && known->is_claimed)
            number = 435;
        else if ((done = test_card(self, reader->name)) == NULL)
            number = 432;
        else
            number = number_for(done);
    }
    if (done != NULL && done->state == MADO_PCSC_CARD_OPEN) {
        add_facts(self, reader, done);
        json_object_set_int_member(details, "failed", done->n_failed);
        json_object_set_int_member(details, "repetitions", done->n_repetitions);
    }
    if (number != 0)
        mado_doctor_report_add(self->report, number, details);
    else
        json_object_unref(details);
}
