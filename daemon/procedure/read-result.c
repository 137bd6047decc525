/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/procedure/read-result.h"

#include "common/date.h"
#include "common/digits.h"
#include "common/error.h"
#include "common/tlv.h"
#include "daemon/photo-run.h"
#include "daemon/sealed.h"

#include <madoguchi/card.h>
#include <madoguchi/limits.h>
#include <unistd.h>

#define TAG_NUMBER     0xFF10U
#define TAG_ATTRIBUTES 0xFF20U
#define TAG_FACE       0xFF20U
#define TAG_PHOTO      0xDF27U
#define TAG_EXPIRY     0xDF29U

struct _MadoReadResult {
    GUnixFDList *fds;
    GVariantDict files;
    GVariantDict checks;
};

/* One object inside a file and the name it goes by. */
typedef struct {
    guint32 tag;
    const char *name;
    gsize max_len;
    gboolean is_text; /* UTF-8 */
} PartRow;

/* card.md: by tag, since the two applications differ in order. */
static const PartRow attribute_parts[] = {
    {0xDF22, "name", 1024, TRUE},
    {0xDF23, "address", 2048, TRUE},
    {0xDF24, "birth", MADO_DATE_LEN, TRUE},
    {0xDF25, "sex", 4, TRUE},
};

static const PartRow face_parts[] = {
    {0xDF22, "face-birth", MADO_DATE_LEN, TRUE},
    {0xDF25, "name-image", MADO_LIMIT_EF_LEN, FALSE},
    {0xDF26, "address-image", MADO_LIMIT_EF_LEN, FALSE},
    {TAG_PHOTO, "photo", MADO_LIMIT_PHOTO_LEN, FALSE},
};

static const char *const all_checks[] = {"text-signature", "face-signature", "number-signature",
                                         "clone",          "auth-chain",     "sign-chain",
                                         "picture"};

MadoReadResult *
mado_read_result_new(void)
{
    MadoReadResult *self = g_new0(MadoReadResult, 1);

    self->fds = g_unix_fd_list_new();
    g_variant_dict_init(&self->files, NULL);
    g_variant_dict_init(&self->checks, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(all_checks); i++)
        g_variant_dict_insert(&self->checks, all_checks[i], "s", "not-read");
    return self;
}

void
mado_read_result_free(MadoReadResult *self)
{
    if (self == NULL)
        return;
    g_clear_object(&self->fds);
    g_variant_dict_clear(&self->files);
    g_variant_dict_clear(&self->checks);
    g_free(self);
}

/* Takes @fd; -1: @error is set already. */
static gboolean
add_descriptor(MadoReadResult *self, const char *name, int fd, GError **error)
{
    gint index;

    if (fd < 0)
        return FALSE;
    index = g_unix_fd_list_append(self->fds, fd, NULL); /* a duplicate */
    (void)close(fd);
    if (index < 0) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_INTERNAL, "too many open files");
        return FALSE;
    }
    g_variant_dict_insert(&self->files, name, "h", index);
    return TRUE;
}

gboolean
mado_read_result_file(
    MadoReadResult *self, const char *name, const guint8 *data, gsize len, GError **error)
{
    return add_descriptor(self, name, mado_sealed_new(name, data, len, error), error);
}

void
mado_read_result_check(MadoReadResult *self, const char *check, const GError *error)
{
    g_variant_dict_insert(&self->checks, check, "s",
                          error == NULL ? "verified"
                                        : mado_error_nick((MadoErrorCode)error->code));
}

gboolean
mado_read_result_has_anchors(const MadoDesk *desk, GError **error)
{
    if (desk->face != NULL)
        return TRUE;
    g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CONFIG,
                        "no anchors for the face data are configured");
    return FALSE;
}

static gboolean
refuse_file(const char *what, GError **error)
{
    g_set_error(error, MADO_ERROR, MADO_ERROR_CARD_DATA, "the card's %s is malformed", what);
    return FALSE;
}

/* The outer object at the start of a file; filler may follow it. */
static gboolean
open_file(const MadoSecret *file, guint32 tag, MadoTlv *ret_tlv)
{
    MadoCursor cursor;

    mado_cursor_init(&cursor, mado_secret_peek(file), mado_secret_len(file));
    return mado_tlv_next_filled(&cursor, ret_tlv) == MADO_BYTES_OK && ret_tlv->tag == tag;
}

/* Exactly one object with this tag, of a length and form it may have. */
static gboolean
find_part(const MadoTlv *outer, const PartRow *row, MadoTlv *ret_part)
{
    MadoTlv part;

    if (mado_tlv_find(outer->value, outer->len, row->tag, &part) != MADO_BYTES_OK ||
        part.len == 0 || part.len > row->max_len ||
        (row->is_text && !g_utf8_validate((const char *)part.value, (gssize)part.len, NULL)))
        return FALSE;
    *ret_part = part;
    return TRUE;
}

#define MAX_PARTS 4U

/* All parts are found before the first is added. */
static gboolean
add_parts(MadoReadResult *self,
          const MadoTlv *outer,
          const PartRow rows[MAX_PARTS],
          const char *what,
          GError **error)
{
    MadoTlv parts[MAX_PARTS];

    for (gsize i = 0; i < MAX_PARTS; i++) {
        if (!find_part(outer, &rows[i], &parts[i]))
            return refuse_file(what, error);
    }
    for (gsize i = 0; i < MAX_PARTS; i++) {
        if (!mado_read_result_file(self, rows[i].name, parts[i].value, parts[i].len, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
mado_read_result_attributes(MadoReadResult *self, const MadoSecret *file, GError **error)
{
    MadoTlv outer;

    G_STATIC_ASSERT(G_N_ELEMENTS(attribute_parts) == MAX_PARTS);
    if (!open_file(file, TAG_ATTRIBUTES, &outer))
        return refuse_file("attributes file", error);
    return add_parts(self, &outer, attribute_parts, "attributes file", error);
}

gboolean
mado_read_result_number(MadoReadResult *self,
                        const MadoSecret *file,
                        gboolean is_wanted,
                        MadoSecret **ret_number,
                        GError **error)
{
    MadoTlv outer;

    if (!open_file(file, TAG_NUMBER, &outer) || outer.len != MADO_NUMBER_LEN ||
        !mado_digits_are_digits((const char *)outer.value, outer.len))
        return refuse_file("number file", error);
    if (is_wanted && !mado_read_result_file(self, "number", outer.value, outer.len, error))
        return FALSE;
    if (ret_number != NULL)
        *ret_number = mado_secret_new_from(outer.value, outer.len);
    return TRUE;
}

gboolean
mado_read_result_face(MadoReadResult *self, const MadoSecret *file, GError **error)
{
    char expiry[MADO_DATE_LEN + 1] = "";
    MadoDate date;
    MadoTlv outer;
    MadoTlv part;

    G_STATIC_ASSERT(G_N_ELEMENTS(face_parts) == MAX_PARTS);
    if (!open_file(file, TAG_FACE, &outer) ||
        mado_tlv_find(outer.value, outer.len, TAG_EXPIRY, &part) != MADO_BYTES_OK ||
        part.len != MADO_DATE_LEN ||
        !mado_date_parse((const char *)part.value, part.len, &date))
        return refuse_file("face file", error);
    if (!add_parts(self, &outer, face_parts, "face file", error))
        return FALSE;
    (void)g_snprintf(expiry, sizeof expiry, "%04u%02u%02u", date.year, date.month, date.day);
    g_variant_dict_insert(&self->checks, "expiry", "s", expiry);
    return TRUE;
}

static void
add_quality(MadoReadResult *self, const MadoQuality *quality)
{
    GVariantBuilder measures;

    g_variant_builder_init(&measures, G_VARIANT_TYPE("a{sd}"));
    for (guint i = 0; i < MADO_QUALITY_N_MEASURES; i++)
        g_variant_builder_add(&measures, "{sd}", mado_quality_name((MadoQualityMeasure)i),
                              quality->value[i] / 1000.0);
    g_variant_dict_insert_value(&self->checks, "quality", g_variant_builder_end(&measures));
}

void
mado_read_result_picture(MadoReadResult *self, const MadoSecret *file)
{
    g_autofree char *program = mado_photo_run_program();
    g_autoptr(GError) error = NULL;
    MadoQuality quality;
    MadoTlv outer;
    MadoTlv photo;

    if (!open_file(file, TAG_FACE, &outer) ||
        mado_tlv_find(outer.value, outer.len, TAG_PHOTO, &photo) != MADO_BYTES_OK)
        (void)refuse_file("face file", &error);
    else if (add_descriptor(
                 self, "picture",
                 mado_photo_run_decode(program, photo.value, photo.len, &quality, &error),
                 &error))
        add_quality(self, &quality);
    g_variant_dict_insert(&self->checks, "picture", "s",
                          error == NULL ? "decoded"
                                        : mado_error_nick((MadoErrorCode)error->code));
}

void
mado_read_result_end(MadoReadResult *self,
                     GVariant **ret_files,
                     GVariant **ret_checks,
                     GUnixFDList **ret_fds)
{
    GVariantIter iter;
    GVariantBuilder files;
    g_autoptr(GVariant) dict = g_variant_ref_sink(g_variant_dict_end(&self->files));
    const char *name;
    GVariant *value;

    g_variant_builder_init(&files, G_VARIANT_TYPE("a{sh}"));
    g_variant_iter_init(&iter, dict);
    while (g_variant_iter_next(&iter, "{&sv}", &name, &value)) {
        g_variant_builder_add(&files, "{sh}", name, g_variant_get_handle(value));
        g_variant_unref(value);
    }
    *ret_files = g_variant_ref_sink(g_variant_builder_end(&files));
    *ret_checks = g_variant_ref_sink(g_variant_dict_end(&self->checks));
    *ret_fds = g_steal_pointer(&self->fds);
}
