/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "doctor/usb-tree.h"

#include <string.h>

#define DEVICES             "sys/bus/usb/devices"
#define ATTRIBUTE_LEN_MAX   256
#define DESCRIPTORS_LEN_MAX 65536
#define SMARTCARD_CLASS     0x0B

static void
reader_free(gpointer data)
{
    MadoUsbReader *reader = data;

    g_free(reader->path);
    g_free(reader->product_name);
    g_free(reader->kernel_driver);
    g_free(reader->interface);
    g_free(reader);
}

/* (transfer full) (nullable): one line, without its end. */
static char *
read_attribute(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autofree char *text = NULL;
    gsize len = 0;

    if (!g_file_get_contents(path, &text, &len, NULL) || len > ATTRIBUTE_LEN_MAX)
        return NULL;
    g_strchomp(text);
    return g_utf8_make_valid(text, -1);
}

/* 0 when it is not there or not a number. */
static guint
read_number(const char *folder, const char *name, guint base)
{
    g_autofree char *text = read_attribute(folder, name);
    guint64 value = 0;

    if (text == NULL || !g_ascii_string_to_unsigned(text, base, 0, G_MAXUINT, &value, NULL))
        return 0;
    return (guint)value;
}

/* (transfer full) (nullable) */
static char *
driver_of(const char *folder)
{
    g_autofree char *link = g_build_filename(folder, "driver", NULL);
    g_autofree char *target = g_file_read_link(link, NULL);

    return target == NULL ? NULL : g_path_get_basename(target);
}

static void
take_interface(MadoUsbReader *reader, const char *devices, const char *name)
{
    g_autofree char *folder = g_build_filename(devices, name, NULL);
    g_autofree char *driver = driver_of(folder);

    if (read_number(folder, "bInterfaceClass", 16) == SMARTCARD_CLASS)
        reader->is_smartcard_class = TRUE;
    if (driver == NULL || g_str_equal(driver, "usbfs") || reader->kernel_driver != NULL)
        return;
    reader->kernel_driver = g_steal_pointer(&driver);
    reader->interface = g_strdup(name);
}

/* The interfaces of 1-2 are 1-2:1.0, 1-2:1.1 … in the same folder. */
static void
take_interfaces(MadoUsbReader *reader, const char *devices)
{
    g_autoptr(GDir) dir = g_dir_open(devices, 0, NULL);
    g_autofree char *prefix = g_strconcat(reader->path, ":", NULL);

    if (dir == NULL)
        return;
    for (const char *name = g_dir_read_name(dir); name != NULL; name = g_dir_read_name(dir)) {
        if (g_str_has_prefix(name, prefix))
            take_interface(reader, devices, name);
    }
}

static void
take_descriptors(MadoUsbReader *reader, const char *folder)
{
    g_autofree char *path = g_build_filename(folder, "descriptors", NULL);
    g_autofree char *data = NULL;
    gsize len = 0;

    if (g_file_get_contents(path, &data, &len, NULL) && len <= DESCRIPTORS_LEN_MAX)
        (void)mado_ccid_descriptor_parse((const guint8 *)data, len, &reader->descriptor);
}

/* (transfer full) (nullable): NULL when it is no reader. */
static MadoUsbReader *
look_at(const char *devices, const char *name)
{
    g_autofree char *folder = g_build_filename(devices, name, NULL);
    MadoUsbReader *reader = g_new0(MadoUsbReader, 1);

    reader->path = g_strdup(name);
    reader->vendor = (guint16)read_number(folder, "idVendor", 16);
    reader->product = (guint16)read_number(folder, "idProduct", 16);
    reader->release = (guint16)read_number(folder, "bcdDevice", 16);
    reader->bus = read_number(folder, "busnum", 10);
    reader->address = read_number(folder, "devnum", 10);
    reader->product_name = read_attribute(folder, "product");
    if (reader->product_name == NULL)
        reader->product_name = g_strdup("");
    reader->row = mado_reader_table_find(reader->vendor, reader->product);
    take_interfaces(reader, devices);
    take_descriptors(reader, folder);
    if (reader->vendor == 0 || (reader->row == NULL && !reader->is_smartcard_class)) {
        reader_free(reader);
        return NULL;
    }
    return reader;
}

static int
compare(gconstpointer a, gconstpointer b)
{
    const MadoUsbReader *const *one = a;
    const MadoUsbReader *const *other = b;

    return strcmp((*one)->path, (*other)->path);
}

GPtrArray *
mado_usb_tree_list(const char *root)
{
    g_autofree char *devices = g_build_filename(root, DEVICES, NULL);
    g_autoptr(GDir) dir = g_dir_open(devices, 0, NULL);
    GPtrArray *readers = g_ptr_array_new_with_free_func(reader_free);

    if (dir == NULL)
        return readers;
    for (const char *name = g_dir_read_name(dir); name != NULL; name = g_dir_read_name(dir)) {
        MadoUsbReader *reader = strchr(name, ':') == NULL ? look_at(devices, name) : NULL;

        if (reader != NULL)
            g_ptr_array_add(readers, reader);
    }
    g_ptr_array_sort(readers, compare);
    return readers;
}

const MadoUsbReader *
mado_usb_tree_find(GPtrArray *readers, guint bus, guint address)
{
    for (guint i = 0; i < readers->len; i++) {
        const MadoUsbReader *reader = g_ptr_array_index(readers, i);

        if (reader->bus == bus && reader->address == address)
            return reader;
    }
    return NULL;
}
