/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "doctor/examination.h"

JsonObject *
mado_examine_describe(const MadoUsbReader *reader)
{
    JsonObject *details = json_object_new();
    g_autofree char *id = g_strdup_printf("%04x:%04x", reader->vendor, reader->product);
    const char *name = reader->row != NULL ? reader->row->name : reader->product_name;

    json_object_set_string_member(details, "reader", name);
    json_object_set_string_member(details, "usb-id", id);
    json_object_set_string_member(details, "usb-path", reader->path);
    return details;
}

static const char *
level_word(const MadoCcidDescriptor *descriptor)
{
    switch (mado_ccid_descriptor_level(descriptor)) {
    case MADO_CCID_LEVEL_TPDU:
        return "tpdu";
    case MADO_CCID_LEVEL_SHORT:
        return "short";
    case MADO_CCID_LEVEL_EXTENDED:
        return "extended";
    case MADO_CCID_LEVEL_CHARACTER:
    default:
        return "character";
    }
}

/* (transfer full) */
static JsonObject *
facts_of(const MadoUsbReader *reader)
{
    JsonObject *facts = mado_examine_describe(reader);
    g_autofree char *firmware =
        g_strdup_printf("%x.%02x", (guint)reader->release >> 8, reader->release & 0xFFU);

    json_object_set_boolean_member(facts, "known", reader->row != NULL);
    json_object_set_string_member(facts, "product", reader->product_name);
    json_object_set_string_member(facts, "firmware", firmware);
    if (reader->row != NULL) {
        json_object_set_string_member(facts, "interface", reader->row->interface);
        json_object_set_string_member(facts, "driver",
                                      mado_reader_table_driver(reader->row->driver));
        json_object_set_string_member(facts, "package",
                                      mado_reader_table_package(reader->row->driver));
    }
    if (reader->kernel_driver != NULL)
        json_object_set_string_member(facts, "kernel-driver", reader->kernel_driver);
    if (!reader->descriptor.is_ccid)
        return facts;
    json_object_set_string_member(facts, "exchange-level", level_word(&reader->descriptor));
    json_object_set_int_member(facts, "slots", reader->descriptor.n_slots);
    json_object_set_int_member(facts, "ccid-features", reader->descriptor.features);
    json_object_set_int_member(facts, "ccid-message-len-max",
                               reader->descriptor.message_len_max);
    return facts;
}

void
mado_examine_usb(MadoExamination *self)
{
    JsonArray *list = json_array_new();

    self->devices = mado_usb_tree_list(self->settings->root);
    for (guint i = 0; i < self->devices->len; i++) {
        const MadoUsbReader *reader = g_ptr_array_index(self->devices, i);

        json_array_add_object_element(list, facts_of(reader));
        if (reader->row == NULL)
            mado_doctor_report_add(self->report, 101, mado_examine_describe(reader));
        else if (reader->row->driver == MADO_READER_DRIVER_NONE)
            mado_doctor_report_add(self->report, 102, mado_examine_describe(reader));
    }
    json_object_set_array_member(self->facts, "usb", list);
}

void
mado_examine_kernel(MadoExamination *self)
{
    for (guint i = 0; i < self->devices->len; i++) {
        const MadoUsbReader *reader = g_ptr_array_index(self->devices, i);
        JsonObject *details;

        if (reader->kernel_driver == NULL ||
            !mado_reader_table_is_in_the_way(reader->kernel_driver))
            continue;
        details = mado_examine_describe(reader);
        json_object_set_string_member(details, "kernel-driver", reader->kernel_driver);
        json_object_set_string_member(details, "interface", reader->interface);
        mado_doctor_report_add(self->report, 111, details);
    }
}

static gboolean
wants_driver(const MadoUsbReader *reader)
{
    return reader->row != NULL && reader->row->driver != MADO_READER_DRIVER_NONE;
}

void
mado_examine_driver(MadoExamination *self)
{
    JsonObject *packages = json_object_new();

    self->drivers = mado_drivers_load(self->settings->root);
    for (guint i = 0; i < self->devices->len; i++) {
        const MadoUsbReader *reader = g_ptr_array_index(self->devices, i);
        JsonObject *details;

        if (!wants_driver(reader) ||
            mado_drivers_find(self->drivers, reader->vendor, reader->product) != NULL)
            continue;
        details = mado_examine_describe(reader);
        json_object_set_string_member(details, "package",
                                      mado_reader_table_package(reader->row->driver));
        mado_doctor_report_add(self->report, 121, details);
    }
    for (const char *const *name = mado_drivers_packages(); *name != NULL; name++) {
        const char *version = mado_drivers_version(self->drivers, *name);

        json_object_set_string_member(packages, *name, version != NULL ? version : "");
    }
    json_object_set_object_member(self->facts, "packages", packages);
}
