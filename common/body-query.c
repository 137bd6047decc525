/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/body-query.h"

#include "common/date.h"
#include "common/envelope.h"
#include "common/fields.h"
#include "common/scratch.h"
#include "common/wipe.h"
#include "madoguchi/limits.h"

#include <openssl/rand.h>

#include <string.h>

#define ROW_TEXT(tag, name, kind, member)                                                      \
    MADO_FIELD_ROW_TEXT(tag, name, kind, MadoBodyQuery, member, FALSE)
#define ROW_NUMBER(tag, name, member, len, max, required)                                      \
    MADO_FIELD_ROW_NUMBER(tag, name, MadoBodyQuery, member, len, max, required)

static const MadoField rows[] = {
    MADO_FIELD_ROW_FIXED(MADO_QRY_LOOK, "LOOK", MadoBodyQuery, look),
    ROW_NUMBER(MADO_QRY_KIND, "KIND", kind, 1, MADO_LOOK_SEARCH, TRUE),
    ROW_NUMBER(MADO_QRY_PURPOSE, "PURPOSE", purpose, 1, MADO_PURPOSE_AUDIT, TRUE),
    ROW_TEXT(MADO_QRY_DAY, "DAY", MADO_FIELD_DIGITS, day),
    ROW_TEXT(MADO_QRY_READING, "READING", MADO_FIELD_TEXT, reading),
    ROW_TEXT(MADO_QRY_BIRTH, "BIRTH", MADO_FIELD_DIGITS, birth),
    ROW_TEXT(MADO_QRY_REQUEST_ID, "REQUEST_ID", MADO_FIELD_ID, request_id),
    ROW_NUMBER(MADO_QRY_SKIP, "SKIP", skip, 2, G_MAXUINT16, FALSE),
};

static const MadoFields fields = {"query", MADO_ERROR_BAD_ARGUMENT, rows, G_N_ELEMENTS(rows)};

static gboolean
refuse(const char *why, GError **error)
{
    g_set_error(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT, "query: %s", why);
    return FALSE;
}

static gboolean
is_day_or_empty(const char *text)
{
    MadoDate date;

    return text[0] == '\0' || mado_date_parse(text, strlen(text), &date);
}

/* What the table cannot say. */
static gboolean
check(const MadoBodyQuery *self, GError **error)
{
    gboolean is_search = self->kind == MADO_LOOK_SEARCH;
    gboolean has_terms =
        self->reading[0] != '\0' || self->birth[0] != '\0' || self->request_id[0] != '\0';

    if (self->kind == 0 || self->purpose == 0)
        return refuse("KIND or PURPOSE is unknown", error);
    if (!is_day_or_empty(self->day) || !is_day_or_empty(self->birth))
        return refuse("a day that does not exist", error);
    if (is_search != has_terms)
        return refuse(is_search ? "a search for nothing" : "a day's queue is not searched",
                      error);
    if (is_search && self->day[0] != '\0')
        return refuse("a search is not of one day", error);
    return TRUE;
}

void
mado_body_query_init(MadoBodyQuery *self, MadoLookKind kind, MadoLookPurpose purpose)
{
    memset(self, 0, sizeof *self);
    self->kind = kind;
    self->purpose = purpose;
    if (RAND_bytes(self->look, sizeof self->look) != 1)
        /* lint: allow banned-calls: a look's name that is not random would be used twice */
        g_error("no random numbers can be had");
}

void
mado_body_query_clear(MadoBodyQuery *self)
{
    mado_wipe(self, sizeof *self);
}

MadoSecret *
mado_body_query_format(const MadoBodyQuery *self, GError **error)
{
    MadoWriter writer;
    g_autoptr(MadoSecret) scratch = mado_scratch_new(&writer);

    if (!check(self, error) || !mado_fields_format(&fields, self, &writer, error))
        return NULL;
    return mado_scratch_finish(scratch, &writer, fields.what, error);
}

gboolean
mado_body_query_parse(const guint8 *data, gsize len, MadoBodyQuery *ret_query, GError **error)
{
    g_auto(MadoBodyQuery) parsed = {0};

    if (len > MADO_LIMIT_LOOK_QUERY)
        return refuse("too long", error);
    if (!mado_fields_parse(&fields, data, len, &parsed, error) || !check(&parsed, error))
        return FALSE;
    *ret_query = parsed;
    return TRUE;
}

void
mado_body_query_hash(const guint8 *data, gsize len, char ret_hex[MADO_BODY_QUERY_HASH_SIZE])
{
    guint8 hash[32];

    mado_envelope_sha256(data, len, hash);
    for (gsize i = 0; i < sizeof hash; i++)
        g_snprintf(ret_hex + 2 * i, 3, "%02x", hash[i]);
}

/* ---- the body of DIRECTORY ---- */

typedef struct {
    MadoSecret *query; /* owned */
    MadoBodyDecision decision;
    guint n_decisions;
} Body;

static gboolean
parse_query(gpointer self, const MadoTlv *tlv, GError **error)
{
    Body *body = self;

    if (tlv->len == 0 || tlv->len > MADO_LIMIT_LOOK_QUERY)
        return refuse("empty or too long", error);
    body->query = mado_secret_new_from(tlv->value, tlv->len);
    return TRUE;
}

static gboolean
format_query(gconstpointer self, MadoWriter *writer, GError **error)
{
    const Body *body = self;

    mado_writer_tlv(writer, MADO_QRY_QUERY, mado_secret_peek(body->query),
                    mado_secret_len(body->query));
    return TRUE;
}

static gboolean
parse_decision(gpointer self, const MadoTlv *tlv, GError **error)
{
    Body *body = self;

    return mado_body_parts_parse_decision(
        (MadoBodyDecisions){&body->decision, &body->n_decisions, 1}, tlv, error);
}

static gboolean
format_decision(gconstpointer self, MadoWriter *writer, GError **error)
{
    const Body *body = self;

    return mado_body_parts_format_decisions(&body->decision, 1, writer, error);
}

static const MadoFieldItem query_item = {1, parse_query, format_query};
static const MadoFieldItem decision_item = {1, parse_decision, format_decision};

static const MadoField body_rows[] = {
    MADO_FIELD_ROW_ITEM(MADO_QRY_QUERY, "QUERY", &query_item, TRUE),
    MADO_FIELD_ROW_ITEM(MADO_MSG_DECISION, "DECISION", &decision_item, TRUE),
};

static const MadoFields body_fields = {"DIRECTORY", MADO_ERROR_BAD_ARGUMENT, body_rows,
                                       G_N_ELEMENTS(body_rows)};

MadoSecret *
mado_body_query_wrap(const guint8 *query,
                     gsize len,
                     const MadoBodyDecision *decision,
                     GError **error)
{
    g_autoptr(MadoSecret) copy = mado_secret_new_from(query, len);
    const Body body = {copy, *decision, 1};
    MadoWriter writer;
    g_autoptr(MadoSecret) scratch = mado_scratch_new(&writer);

    if (!mado_fields_format(&body_fields, &body, &writer, error))
        return NULL;
    return mado_scratch_finish(scratch, &writer, body_fields.what, error);
}

gboolean
mado_body_query_unwrap(const guint8 *body,
                       gsize len,
                       MadoSecret **ret_query,
                       MadoBodyDecision *ret_decision,
                       GError **error)
{
    Body parsed = {0};

    if (!mado_fields_parse(&body_fields, body, len, &parsed, error)) {
        mado_secret_free(parsed.query);
        mado_body_parts_clear_decisions(&parsed.decision, 1);
        return FALSE;
    }
    *ret_query = parsed.query;
    *ret_decision = parsed.decision;
    return TRUE;
}
