/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "doctor/deadline.h"
#include "doctor/examination.h"

#include <string.h>

#define SHORT_DATA_LEN_MAX 256
#define USB_PORT           "usb:"

/* ---- asking the drivers, bounded ---- */

typedef struct {
    GPtrArray *readers;
    GHashTable *claimed; /* set of names */
} Asking;

static void
ask(gpointer data)
{
    Asking *self = data;

    mado_pcsc_ask(self->readers, self->claimed);
}

static void
asking_free(gpointer data)
{
    Asking *self = data;

    g_ptr_array_unref(self->readers);
    g_hash_table_unref(self->claimed);
    g_free(self);
}

/* The daemon is asked first which readers it holds; those are left alone. FALSE: no answer. */
static gboolean
ask_drivers(MadoExamination *self)
{
    Asking *task = g_new0(Asking, 1);

    task->readers = g_ptr_array_ref(self->readers);
    task->claimed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < self->desk->readers->len; i++) {
        const MadoDeskReader *reader = g_ptr_array_index(self->desk->readers, i);

        if (reader->is_claimed)
            (void)g_hash_table_add(task->claimed, g_strdup(reader->name));
    }
    if (mado_deadline_run(ask, task, asking_free, self->settings->timeout_ms)) {
        asking_free(task);
        return TRUE;
    }
    g_ptr_array_unref(self->readers); /* the lost thread may still write into that list */
    self->readers = g_ptr_array_new();
    return FALSE;
}

/* ---- which is which ---- */

/* (transfer none) (nullable): the device behind a reader of the service. */
static const MadoUsbReader *
device_of(const MadoExamination *self, const MadoPcscReader *reader)
{
    const MadoDeskReader *known = mado_desk_state_find(self->desk, reader->name);

    if (reader->bus != 0)
        return mado_usb_tree_find(self->devices, reader->bus, reader->address);
    if (known == NULL || !g_str_has_prefix(known->port, USB_PORT))
        return NULL;
    for (guint i = 0; i < self->devices->len; i++) {
        const MadoUsbReader *device = g_ptr_array_index(self->devices, i);

        if (g_str_equal(device->path, known->port + strlen(USB_PORT)))
            return device;
    }
    return NULL;
}

static gboolean
has_reader(const MadoExamination *self, const MadoUsbReader *device)
{
    for (guint i = 0; i < self->readers->len; i++) {
        if (device_of(self, g_ptr_array_index(self->readers, i)) == device)
            return TRUE;
    }
    return FALSE;
}

/* Readers that nobody could ask, any of which may be any device. */
static guint
n_unplaced(const MadoExamination *self)
{
    guint n = 0;

    for (guint i = 0; i < self->readers->len; i++) {
        const MadoPcscReader *reader = g_ptr_array_index(self->readers, i);

        if (!reader->is_asked && device_of(self, reader) == NULL)
            n++;
    }
    return n;
}

static void
find_strangers(MadoExamination *self)
{
    guint n_spare = n_unplaced(self);

    for (guint i = 0; i < self->devices->len; i++) {
        const MadoUsbReader *device = g_ptr_array_index(self->devices, i);

        if (device->row == NULL || device->row->driver == MADO_READER_DRIVER_NONE ||
            has_reader(self, device))
            continue;
        if (n_spare > 0)
            n_spare--;
        else
            mado_doctor_report_add(self->report, 402, mado_examine_describe(device));
    }
}

/* ---- facts ---- */

/* In the order of include/madoguchi/reader-statistics.h; its histogram stands apart. */
static const char *const counter_names[] = {
    "firmware",      "kbits",        "fsc",     "fwt-us",          "max-apdu",   "max-wait-ms",
    "apdus",         "apdus-failed", "apdu-ms", "apdu-max-ms",     "inserts",    "activations",
    "not-activated", "lost",         "removed", "slowed",          "blocks",     "silences",
    "garbled",       "strays",       "retries", "retransmissions", "extensions", "collisions",
    "transfers",     "usb-errors",   "stale",   "no-answers",      "aborts",     "resets",
    "unended",
};
G_STATIC_ASSERT(G_N_ELEMENTS(counter_names) == MADO_READER_HISTOGRAM);

/* (transfer full) */
static JsonObject *
counters_to_json(const MadoReaderCounters *counters)
{
    JsonObject *object = json_object_new();
    JsonArray *histogram = json_array_new();

    for (gsize i = 0; i < counters->n; i++) {
        /* JSON's whole numbers end there; no counter comes near. */
        gint64 value = (gint64)MIN(counters->values[i], (guint64)G_MAXINT64);

        if (i < G_N_ELEMENTS(counter_names))
            json_object_set_int_member(object, counter_names[i], value);
        else
            json_array_add_int_element(histogram, value);
    }
    json_object_set_array_member(object, "apdus-by-time", histogram);
    return object;
}

/* (transfer full) */
static JsonObject *
facts_of(const MadoExamination *self, const MadoPcscReader *reader)
{
    const MadoUsbReader *device = device_of(self, reader);
    const MadoDeskReader *known = mado_desk_state_find(self->desk, reader->name);
    JsonObject *facts = json_object_new();

    json_object_set_string_member(facts, "name", reader->name);
    json_object_set_boolean_member(facts, "card", reader->has_card);
    json_object_set_boolean_member(facts, "asked", reader->is_asked);
    if (known != NULL) {
        json_object_set_boolean_member(facts, "claimed", known->is_claimed);
        json_object_set_string_member(facts, "port", known->port);
        json_object_set_string_member(facts, "role", known->role);
    }
    if (device != NULL)
        json_object_set_string_member(facts, "usb-path", device->path);
    if (reader->properties.has_apdu_data_len_max)
        json_object_set_int_member(facts, "apdu-data-len-max",
                                   reader->properties.apdu_data_len_max);
    if (reader->properties.firmware[0] != '\0')
        json_object_set_string_member(facts, "firmware-id", reader->properties.firmware);
    if (reader->counters.n > 0)
        json_object_set_object_member(facts, "counters", counters_to_json(&reader->counters));
    if (reader->driver_version != 0) {
        g_autofree char *version = g_strdup_printf("%u.%u.%u", reader->driver_version >> 24,
                                                   reader->driver_version >> 16 & 0xFF,
                                                   reader->driver_version & 0xFFFF);

        json_object_set_string_member(facts, "driver-version", version);
    }
    return facts;
}

void
mado_examine_readers(MadoExamination *self)
{
    JsonArray *list = json_array_new();

    if (!ask_drivers(self)) {
        json_array_unref(list);
        mado_doctor_report_add(self->report, 203, NULL);
        return;
    }
    for (guint i = 0; i < self->readers->len; i++)
        json_array_add_object_element(list,
                                      facts_of(self, g_ptr_array_index(self->readers, i)));
    json_object_set_array_member(self->facts, "readers", list);
    find_strangers(self);
    if (self->readers->len == 0 && self->devices->len == 0)
        mado_doctor_report_add(self->report, 401, NULL);
}

/* ---- abilities ---- */

static gboolean
is_short_only(const MadoUsbReader *device, const MadoPcscReader *reader)
{
    if (reader != NULL && reader->properties.has_apdu_data_len_max)
        return reader->properties.apdu_data_len_max <= SHORT_DATA_LEN_MAX;
    return device->descriptor.is_ccid &&
           mado_ccid_descriptor_level(&device->descriptor) == MADO_CCID_LEVEL_SHORT;
}

void
mado_examine_abilities(MadoExamination *self)
{
    for (guint i = 0; i < self->devices->len; i++) {
        const MadoUsbReader *device = g_ptr_array_index(self->devices, i);
        const MadoPcscReader *reader = NULL;

        for (guint k = 0; k < self->readers->len; k++) {
            if (device_of(self, g_ptr_array_index(self->readers, k)) == device)
                reader = g_ptr_array_index(self->readers, k);
        }
        if (is_short_only(device, reader))
            mado_doctor_report_add(self->report, 411, mado_examine_describe(device));
        if (device->row != NULL && (device->row->quirks & MADO_READER_NO_TIME_EXTENSION) != 0)
            mado_doctor_report_add(self->report, 412, mado_examine_describe(device));
    }
}
