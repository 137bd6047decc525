/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "doctor/drivers.h"

#include <string.h>

#define BUNDLES      "usr/lib/pcsc/drivers"
#define PROGRAM      "usr/sbin/pcscd"
#define DPKG_STATUS  "var/lib/dpkg/status"
#define CLASS_DRIVER "CCIDCLASSDRIVER" /* pcscd takes it for the last choice */

static const char *const package_names[] = {"pcscd",       "libpcsclite1", "libccid",
                                            "libacsccid1", "polkitd",      NULL};

struct _MadoDrivers {
    gboolean has_pcscd;
    GHashTable *by_id;    /* vendor << 16 | product → name of the bundle, owned */
    GHashTable *versions; /* package → version, owned */
};

/* ---- bundles ---- */

/* Between <string> and </string> of one line, as pcscd's own scanner takes it. (transfer full)
 * (nullable) */
static char *
string_of(const char *line)
{
    const char *start = strstr(line, "<string>");
    const char *end = start == NULL ? NULL : strstr(start, "</string>");

    if (end == NULL)
        return NULL;
    start += strlen("<string>");
    return g_strndup(start, (gsize)(end - start));
}

/* (transfer full) (element-type guint): the numbers of the array that follows @key. */
static GArray *
numbers_after(char *const *lines, const char *key)
{
    g_autofree char *wanted = g_strdup_printf("<key>%s</key>", key);
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(guint));
    gboolean is_inside = FALSE;

    for (char *const *line = lines; *line != NULL; line++) {
        g_autofree char *text = is_inside ? string_of(*line) : NULL;
        guint64 value = 0;
        guint number;

        if (strstr(*line, wanted) != NULL)
            is_inside = TRUE;
        else if (is_inside && strstr(*line, "</array>") != NULL)
            break;
        if (text == NULL || !g_str_has_prefix(text, "0x") ||
            !g_ascii_string_to_unsigned(text + 2, 16, 0, G_MAXUINT16, &value, NULL))
            continue;
        number = (guint)value;
        g_array_append_val(numbers, number);
    }
    return numbers;
}

static void
take_bundle(MadoDrivers *self, const char *name, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autoptr(GArray) vendors = numbers_after(lines, "ifdVendorID");
    g_autoptr(GArray) products = numbers_after(lines, "ifdProductID");
    gboolean is_last_choice = strstr(text, CLASS_DRIVER) != NULL;

    for (guint i = 0; i < MIN(vendors->len, products->len); i++) {
        gpointer id = GUINT_TO_POINTER(g_array_index(vendors, guint, i) << 16 |
                                       g_array_index(products, guint, i));

        if (!is_last_choice || !g_hash_table_contains(self->by_id, id))
            g_hash_table_insert(self->by_id, id, g_strdup(name));
    }
}

/* (transfer full) (nullable). Debian's libccid keeps the file in /etc, by an absolute link. */
static char *
read_list(const char *root, const char *path)
{
    g_autofree char *target = g_file_read_link(path, NULL);
    g_autofree char *real = target != NULL && g_path_is_absolute(target)
                                ? g_build_filename(root, target, NULL)
                                : g_strdup(path);
    char *text = NULL;

    return g_file_get_contents(real, &text, NULL, NULL) ? text : NULL;
}

static void
load_bundles(MadoDrivers *self, const char *root)
{
    g_autofree char *folder = g_build_filename(root, BUNDLES, NULL);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);

    if (dir == NULL)
        return;
    for (const char *name = g_dir_read_name(dir); name != NULL; name = g_dir_read_name(dir)) {
        g_autofree char *path = g_build_filename(folder, name, "Contents", "Info.plist", NULL);
        g_autofree char *text = strstr(name, ".bundle") != NULL ? read_list(root, path) : NULL;

        if (text != NULL)
            take_bundle(self, name, text);
    }
}

/* ---- packages ---- */

/* (transfer full) (nullable): of "Name: value" in one stanza. */
static char *
field_of(const char *stanza, const char *name)
{
    g_auto(GStrv) lines = g_strsplit(stanza, "\n", -1);
    gsize len = strlen(name);

    for (char **line = lines; *line != NULL; line++) {
        if (strncmp(*line, name, len) == 0 && (*line)[len] == ':')
            return g_strstrip(g_strdup(*line + len + 1));
    }
    return NULL;
}

static void
load_packages(MadoDrivers *self, const char *root)
{
    g_autofree char *path = g_build_filename(root, DPKG_STATUS, NULL);
    g_autofree char *text = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return;
    for (guint i = 0; package_names[i] != NULL; i++) {
        g_autofree char *head = g_strdup_printf("\nPackage: %s\n", package_names[i]);
        const char *at = g_str_has_prefix(text, head + 1) ? text : strstr(text, head);
        const char *end = at == NULL ? NULL : strstr(at + 1, "\n\n");
        g_autofree char *stanza =
            at == NULL ? NULL : g_strndup(at, end == NULL ? strlen(at) : (gsize)(end - at));
        g_autofree char *status = stanza == NULL ? NULL : field_of(stanza, "Status");
        char *version = stanza == NULL ? NULL : field_of(stanza, "Version");

        if (version != NULL && status != NULL && g_str_has_suffix(status, " installed"))
            g_hash_table_insert(self->versions, g_strdup(package_names[i]), version);
        else
            g_free(version);
    }
}

/* ---- the object ---- */

MadoDrivers *
mado_drivers_load(const char *root)
{
    MadoDrivers *self = g_new0(MadoDrivers, 1);
    g_autofree char *program = g_build_filename(root, PROGRAM, NULL);

    self->by_id = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    self->versions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    self->has_pcscd = g_file_test(program, G_FILE_TEST_IS_EXECUTABLE);
    load_bundles(self, root);
    load_packages(self, root);
    return self;
}

void
mado_drivers_free(MadoDrivers *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->by_id);
    g_hash_table_unref(self->versions);
    g_free(self);
}

gboolean
mado_drivers_has_pcscd(const MadoDrivers *self)
{
    return self->has_pcscd;
}

const char *
mado_drivers_find(const MadoDrivers *self, guint16 vendor, guint16 product)
{
    return g_hash_table_lookup(self->by_id, GUINT_TO_POINTER((guint)vendor << 16 | product));
}

const char *
mado_drivers_version(const MadoDrivers *self, const char *package)
{
    return g_hash_table_lookup(self->versions, package);
}

const char *const *
mado_drivers_packages(void)
{
    return package_names;
}
