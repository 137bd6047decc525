/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A flat sequence of TLV objects and the C struct it stands for, joined by one table: the same
 * rows parse and format, so the two ends of a message cannot disagree. A row is one object and
 * the struct member it fills. Objects that repeat or hold others have a pair of functions
 * instead of a member.
 *
 * Parsing refuses, naming set and object: unknown objects, repeated single ones, missing
 * required ones, lengths and values outside the row. Any thread.
 */
#pragma once

#include "common/error.h"
#include "common/tlv.h"
#include "common/writer.h"

typedef enum {
    MADO_FIELD_NUMBER,   /* big-endian; member of 1, 2, 4 or 8 bytes */
    MADO_FIELD_FIXED,    /* guint8[] of exactly `len` */
    MADO_FIELD_TERMINAL, /* char[]: A-Z 0-9 - */
    MADO_FIELD_ID,       /* char[]: A-Z a-z 0-9 . _ - */
    MADO_FIELD_DIGITS,   /* char[]: exactly `len` of 0-9 */
    MADO_FIELD_TEXT,     /* char[]: UTF-8 without control characters */
    MADO_FIELD_BYTES,    /* GBytes *, 1 to `len` bytes */
    MADO_FIELD_ITEM,     /* `item` */
} MadoFieldKind;

typedef struct {
    guint max_times; /* how often the object may stand there */
    /* Adds one object to the struct. */
    gboolean (*parse)(gpointer self, const MadoTlv *tlv, GError **error);
    /* Writes all of the struct's objects of this kind. */
    gboolean (*format)(gconstpointer self, MadoWriter *writer, GError **error);
} MadoFieldItem;

typedef struct {
    guint32 tag;
    const char *name;
    MadoFieldKind kind;
    gboolean is_required;
    gsize at;    /* of the member in the struct */
    gsize size;  /* of the member */
    gsize len;   /* bytes of value: all of them, or at most for ID, TERMINAL, TEXT and BYTES */
    guint64 max; /* NUMBER: largest value */
    gssize has_at; /* FIXED: a gboolean that says whether there is a value; -1: none. A required
                    * object without a value is written empty. */
    const MadoFieldItem *item;
} MadoField;

/* Rows. An optional number is absent when 0, an optional text when empty, bytes when NULL. */
#define MADO_FIELD_ROW_NUMBER(tag, name, type, member, len, max, required)                     \
    {                                                                                          \
        tag, name, MADO_FIELD_NUMBER, required, offsetof(type, member),                        \
            sizeof(((type *)0)->member), len, max, -1, NULL                                    \
    }
#define MADO_FIELD_ROW_FIXED(tag, name, type, member)                                          \
    {                                                                                          \
        tag, name, MADO_FIELD_FIXED, TRUE, offsetof(type, member),                             \
            sizeof(((type *)0)->member), sizeof(((type *)0)->member), 0, -1, NULL              \
    }
#define MADO_FIELD_ROW_FIXED_IF(tag, name, type, member, has, required)                        \
    {                                                                                          \
        tag, name, MADO_FIELD_FIXED, required, offsetof(type, member),                         \
            sizeof(((type *)0)->member), sizeof(((type *)0)->member), 0,                       \
            (gssize)offsetof(type, has), NULL                                                  \
    }
#define MADO_FIELD_ROW_TEXT(tag, name, text_kind, type, member, required)                      \
    {                                                                                          \
        tag, name, text_kind, required, offsetof(type, member), sizeof(((type *)0)->member),   \
            sizeof(((type *)0)->member) - 1, 0, -1, NULL                                       \
    }
#define MADO_FIELD_ROW_BYTES(tag, name, type, member, len, required)                           \
    {                                                                                          \
        tag, name, MADO_FIELD_BYTES, required, offsetof(type, member), sizeof(GBytes *), len,  \
            0, -1, NULL                                                                        \
    }
#define MADO_FIELD_ROW_ITEM(tag, name, item, required)                                         \
    {                                                                                          \
        tag, name, MADO_FIELD_ITEM, required, 0, 0, 0, 0, -1, item                             \
    }

#define MADO_FIELDS_MAX 32 /* rows in one set */

typedef struct {
    const char *what;         /* begins every message: "reply", "header" */
    MadoErrorCode parse_code; /* of a refusal */
    const MadoField *rows;
    gsize n_rows;
} MadoFields;

/* Fills @self, a struct that is all zero. After FALSE it is filled in part: the caller frees it
 * (and so leaves its own ret_ values untouched). */
gboolean
mado_fields_parse(
    const MadoFields *fields, const guint8 *data, gsize len, gpointer self, GError **error);

/* Writes the objects in the order of the rows. BAD_ARGUMENT for a member that could not be
 * parsed back; a full writer is the caller's to notice. */
gboolean
mado_fields_format(const MadoFields *fields,
                   gconstpointer self,
                   MadoWriter *writer,
                   GError **error);
