/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/card-files.h"

#include "cli/certificate.h"
#include "cli/table.h"
#include "client/memfd.h"
#include "client/text.h"
#include "common/date.h"
#include "common/error.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>

#include <errno.h>
#include <fcntl.h>
#include <madoguchi/limits.h>
#include <string.h>
#include <unistd.h>

typedef enum {
    KIND_TEXT,
    KIND_DATE, /* YYYYMMDD */
    KIND_SEX,  /* ISO/IEC 5218, as on the card */
    KIND_BINARY,
    KIND_CERTIFICATE,
} Kind;

typedef struct {
    const char *name;
    const char *label;
    const char *suffix; /* of the file written */
    Kind kind;
} Row;

/* As in data/org.madoguchi.Counter1.xml, in the order people read them. */
static const Row rows[] = {
    {"name", N_("Name"), "txt", KIND_TEXT},
    {"kana", N_("Name in kana"), "txt", KIND_TEXT},
    {"birth", N_("Birth date"), "txt", KIND_DATE},
    {"sex", N_("Sex"), "txt", KIND_SEX},
    {"address", N_("Address"), "txt", KIND_TEXT},
    {"number", N_("Individual number"), "txt", KIND_TEXT},
    {"face-birth", N_("Birth date (card face)"), "txt", KIND_DATE},
    {"photo", N_("Photo"), "jp2", KIND_BINARY},
    {"name-image", N_("Name (picture)"), "png", KIND_BINARY},
    {"address-image", N_("Address (picture)"), "png", KIND_BINARY},
    {"auth-certificate", N_("Certificate for user authentication"), "der", KIND_CERTIFICATE},
    {"auth-ca", N_("Its issuer"), "der", KIND_CERTIFICATE},
    {"sign-certificate", N_("Certificate for the digital signature"), "der", KIND_CERTIFICATE},
    {"sign-ca", N_("Its issuer"), "der", KIND_CERTIFICATE},
};

static gboolean
is_text(const Row *row)
{
    return row->kind == KIND_TEXT || row->kind == KIND_DATE || row->kind == KIND_SEX;
}

/* ---- on disk -------------------------------------------------------------------------- */

static gboolean
write_content(int fd, const MadoSecret *content)
{
    gsize at = 0;

    while (at < mado_secret_len(content)) {
        gssize n = write(fd, mado_secret_peek(content) + at, mado_secret_len(content) - at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return FALSE;
        at += (gsize)n;
    }
    return TRUE;
}

/* (transfer full) (nullable): the path of the new file. */
static char *
write_file(const char *folder, const Row *row, const MadoSecret *content, GError **error)
{
    g_autofree char *name = g_strconcat(row->name, ".", row->suffix, NULL);
    g_autofree char *path = g_build_filename(folder, name, NULL);
    int fd;

    if (g_mkdir_with_parents(folder, 0700) != 0) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT, "'%s': %s", folder,
                    g_strerror(errno));
        return NULL;
    }
    fd = g_open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 || !write_content(fd, content)) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT, "'%s': %s", path,
                    g_strerror(errno));
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    close(fd);
    return g_steal_pointer(&path);
}

/* ---- as JSON -------------------------------------------------------------------------- */

static JsonObject *
describe(const Row *row, const MadoSecret *content)
{
    JsonObject *object = json_object_new();

    json_object_set_int_member(object, "length", (gint64)mado_secret_len(content));
    if (row->kind == KIND_CERTIFICATE)
        mado_certificate_describe(mado_secret_peek(content), mado_secret_len(content), object);
    return object;
}

static gboolean
put_file(JsonObject *object,
         const Row *row,
         const MadoSecret *content,
         const char *folder,
         GError **error)
{
    g_autofree char *path = NULL;

    if (folder != NULL) {
        path = write_file(folder, row, content, error);
        if (path == NULL)
            return FALSE;
    }
    if (is_text(row)) {
        g_autofree char *text =
            mado_text_clean_bytes(mado_secret_peek(content), mado_secret_len(content));

        json_object_set_string_member(object, row->name, text);
    } else {
        JsonObject *description = describe(row, content);

        if (path != NULL)
            json_object_set_string_member(description, "path", path);
        json_object_set_object_member(object, row->name, description);
    }
    return TRUE;
}

static MadoSecret *
take_content(GUnixFDList *fds, gint32 handle, GError **error)
{
    MadoSecret *content;
    int fd = -1;

    if (fds != NULL && handle >= 0 && handle < g_unix_fd_list_get_length(fds))
        fd = g_unix_fd_list_get(fds, handle, NULL);
    if (fd < 0) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CARD_DATA, "a file came without descriptor");
        return NULL;
    }
    content = mado_memfd_read(fd, MADO_LIMIT_EF_LEN, error);
    close(fd);
    return content;
}

JsonObject *
mado_card_files_to_json(GVariant *files, GUnixFDList *fds, const char *folder, GError **error)
{
    g_autoptr(JsonObject) object = json_object_new();

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(MadoSecret) content = NULL;
        gint32 handle = -1;

        if (!g_variant_lookup(files, rows[i].name, "h", &handle))
            continue;
        content = take_content(fds, handle, error);
        if (content == NULL || !put_file(object, &rows[i], content, folder, error))
            return NULL;
    }
    return g_steal_pointer(&object);
}

/* ---- for people ----------------------------------------------------------------------- */

/* (transfer full): a text as people write it; as it is when it has not the usual form. */
static char *
present(const Row *row, const char *text)
{
    MadoDate date;

    if (row->kind == KIND_DATE && mado_date_parse(text, strlen(text), &date))
        return g_strdup_printf("%04u-%02u-%02u", date.year, date.month, date.day);
    if (row->kind == KIND_SEX && strcmp(text, "1") == 0)
        return g_strdup(_("male"));
    if (row->kind == KIND_SEX && strcmp(text, "2") == 0)
        return g_strdup(_("female"));
    return g_strdup(text);
}

/* (transfer full): one cell for a picture or certificate. */
static char *
summarise(JsonObject *file)
{
    g_autoptr(GString) text = g_string_new(NULL);
    const char *subject = json_object_get_string_member_with_default(file, "subject", "");
    const char *until = json_object_get_string_member_with_default(file, "not-after", "");
    const char *path = json_object_get_string_member_with_default(file, "path", "");

    g_string_append_printf(text, _("%d bytes"),
                           (int)json_object_get_int_member(file, "length"));
    if (subject[0] != '\0')
        g_string_append_printf(text, ", %s", subject);
    if (until[0] != '\0')
        g_string_append_printf(text, _(", valid until %s"), until);
    if (path[0] != '\0')
        g_string_append_printf(text, " → %s", path);
    return g_strdup(text->str);
}

void
mado_card_files_print(JsonObject *files)
{
    g_autoptr(MadoTable) table = mado_table_new(2);

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *cells[] = {_(rows[i].label), NULL};
        g_autofree char *summary = NULL;

        if (!json_object_has_member(files, rows[i].name))
            continue;
        if (is_text(&rows[i]))
            summary = present(&rows[i], json_object_get_string_member(files, rows[i].name));
        else
            summary = summarise(json_object_get_object_member(files, rows[i].name));
        cells[1] = summary;
        mado_table_add(table, cells);
    }
    mado_table_print(table);
}
