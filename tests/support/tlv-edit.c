/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/support/tlv-edit.h"

#include "common/tlv.h"
#include "common/writer.h"

#include <stdlib.h>

#define UNKNOWN_TAG 0x9F7A

typedef enum { EDIT_LEAVE_OUT, EDIT_DOUBLE, EDIT_LENGTHEN, EDIT_SHORTEN, N_EDITS } Edit;

static void
edit_free(gpointer data)
{
    MadoTlvEdit *self = data;

    g_byte_array_unref(self->bytes);
    g_free(self->what);
    g_free(self);
}

static void
append_object(GByteArray *bytes, guint32 tag, const guint8 *value, gsize len)
{
    g_autofree guint8 *object = g_malloc(len + 16);
    MadoWriter writer;

    mado_writer_init(&writer, object, len + 16);
    mado_writer_tlv(&writer, tag, value, len);
    if (!mado_writer_ok(&writer))
        abort();
    g_byte_array_append(bytes, object, (guint)mado_writer_len(&writer));
}

static void
append_edited(GByteArray *bytes, const MadoTlv *tlv, Edit edit)
{
    g_autofree guint8 *value = g_malloc0(tlv->len + 1);

    for (gsize i = 0; i < tlv->len; i++)
        value[i] = tlv->value[i];
    value[tlv->len] = tlv->len > 0 ? tlv->value[tlv->len - 1] : 0;
    switch (edit) {
    case EDIT_LEAVE_OUT:
        return;
    case EDIT_DOUBLE:
        append_object(bytes, tlv->tag, value, tlv->len);
        append_object(bytes, tlv->tag, value, tlv->len);
        return;
    case EDIT_LENGTHEN:
        append_object(bytes, tlv->tag, value, tlv->len + 1);
        return;
    case EDIT_SHORTEN:
        append_object(bytes, tlv->tag, value, tlv->len > 0 ? tlv->len - 1 : 0);
        return;
    case N_EDITS:
        break;
    }
    abort();
}

static void
add(GPtrArray *edits, GByteArray *bytes, guint32 tag, char *what)
{
    MadoTlvEdit *edit = g_new0(MadoTlvEdit, 1);

    edit->bytes = bytes;
    edit->what = what;
    edit->tag = tag;
    g_ptr_array_add(edits, edit);
}

static void
add_edits_of(GPtrArray *edits, const guint8 *data, gsize len, const MadoTlv *tlv)
{
    static const char *const names[N_EDITS] = {"left out", "doubled", "lengthened",
                                               "shortened"};
    const gsize at = (gsize)(tlv->raw - data);

    for (Edit edit = EDIT_LEAVE_OUT; edit < N_EDITS; edit++) {
        GByteArray *bytes = g_byte_array_new();

        g_byte_array_append(bytes, data, (guint)at);
        append_edited(bytes, tlv, edit);
        g_byte_array_append(bytes, data + at + tlv->raw_len, (guint)(len - at - tlv->raw_len));
        add(edits, bytes, tlv->tag, g_strdup_printf("object %X %s", tlv->tag, names[edit]));
    }
}

GPtrArray *
mado_tlv_edit_all(const guint8 *data, gsize len)
{
    GPtrArray *edits = g_ptr_array_new_with_free_func(edit_free);
    GByteArray *bytes;
    MadoCursor cursor;
    MadoTlv tlv;

    mado_cursor_init(&cursor, data, len);
    while (mado_tlv_next(&cursor, &tlv) == MADO_BYTES_OK)
        add_edits_of(edits, data, len, &tlv);
    bytes = g_byte_array_new();
    g_byte_array_append(bytes, data, (guint)len);
    append_object(bytes, UNKNOWN_TAG, NULL, 0);
    add(edits, bytes, 0, g_strdup("an unknown object behind"));
    bytes = g_byte_array_new();
    g_byte_array_append(bytes, data, (guint)len - 1);
    add(edits, bytes, 0, g_strdup("the last byte cut off"));
    return edits;
}
