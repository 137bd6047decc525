/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/message.h"

#include "common/clock.h"
#include "common/error.h"
#include "common/fields.h"
#include "common/hex.h"
#include "common/scratch.h"
#include "madoguchi/limits.h"

#include <openssl/rand.h>

#include <string.h>

/* The header as it stands on the wire: the version is no part of MadoMessageHeader. */
typedef struct {
    guint8 version;
    MadoMessageHeader header;
} WireHeader;

#define ROW_NUMBER(tag, name, member, len, max)                                                \
    MADO_FIELD_ROW_NUMBER(tag, name, WireHeader, header.member, len, max, TRUE)
#define ROW_FIXED(tag, name, member) MADO_FIELD_ROW_FIXED(tag, name, WireHeader, header.member)

static const MadoField header_rows[] = {
    MADO_FIELD_ROW_NUMBER(
        MADO_MSG_VERSION, "VERSION", WireHeader, version, 1, G_MAXUINT8, TRUE),
    ROW_NUMBER(MADO_MSG_REALM, "REALM", realm, 1, MADO_REALM_CODE_PRODUCTION),
    ROW_NUMBER(MADO_MSG_TYPE, "TYPE", type, 1, G_MAXUINT8),
    MADO_FIELD_ROW_TEXT(
        MADO_MSG_TERMINAL, "TERMINAL", MADO_FIELD_TERMINAL, WireHeader, header.terminal, TRUE),
    ROW_FIXED(MADO_MSG_VISIT, "VISIT", visit),
    ROW_FIXED(MADO_MSG_TRANSACTION, "TRANSACTION", transaction),
    ROW_NUMBER(MADO_MSG_STEP_NUMBER, "STEP_NUMBER", step_number, 2, G_MAXUINT16),
    ROW_NUMBER(MADO_MSG_ATTEMPT, "ATTEMPT", attempt, 4, G_MAXUINT32),
    ROW_NUMBER(MADO_MSG_FENCING, "FENCING", fencing, 4, G_MAXUINT32),
    MADO_FIELD_ROW_FIXED_IF(
        MADO_MSG_CARD_ID, "CARD_ID", WireHeader, header.card_id, header.has_card, TRUE),
    ROW_FIXED(MADO_MSG_NONCE, "NONCE", nonce),
    ROW_NUMBER(MADO_MSG_TIME, "TIME", time_ms, 8, G_MAXINT64),
    MADO_FIELD_ROW_FIXED_IF(MADO_MSG_REQUEST_HASH,
                            "REQUEST_HASH",
                            WireHeader,
                            header.request_hash,
                            header.has_request_hash,
                            FALSE),
};

static const MadoFields header_fields = {"message header", MADO_ERROR_CENTRE_ANSWER,
                                         header_rows, G_N_ELEMENTS(header_rows)};

static gboolean
is_reply(MadoMessageType type)
{
    return type == MADO_MESSAGE_REPLY || type == MADO_MESSAGE_RECEIPT_ACK ||
           type == MADO_MESSAGE_DIRECTORY_ROWS;
}

static gboolean
refuse(MadoErrorCode code, const char *why, GError **error)
{
    g_set_error(error, MADO_ERROR, (int)code, "message: %s", why);
    return FALSE;
}

/* What the table cannot say. */
static gboolean
check_header(const MadoMessageHeader *header, MadoErrorCode code, GError **error)
{
    switch (header->type) {
    case MADO_MESSAGE_LOOKUP:
    case MADO_MESSAGE_STEP:
    case MADO_MESSAGE_REPLY:
    case MADO_MESSAGE_RECEIPT:
    case MADO_MESSAGE_RECEIPT_ACK:
    case MADO_MESSAGE_DIRECTORY:
    case MADO_MESSAGE_DIRECTORY_ROWS:
        break;
    default:
        return refuse(code, "TYPE is unknown", error);
    }
    if (header->realm == 0)
        return refuse(code, "REALM is unknown", error);
    if (is_reply(header->type) && !header->has_request_hash)
        return refuse(code, "REQUEST_HASH is missing in a reply", error);
    if (!is_reply(header->type) && header->has_request_hash)
        return refuse(code, "REQUEST_HASH stands in a request", error);
    return TRUE;
}

MadoSecret *
mado_message_format(const MadoMessageHeader *header,
                    const guint8 *body,
                    gsize body_len,
                    GError **error)
{
    const WireHeader wire = {MADO_MESSAGE_VERSION, *header};
    g_autoptr(MadoSecret) scratch = NULL;
    MadoWriter writer;
    gsize message;
    gsize mark;

    if (!check_header(header, MADO_ERROR_BAD_ARGUMENT, error))
        return NULL;
    scratch = mado_scratch_new(&writer);
    message = mado_writer_begin(&writer, MADO_MSG_MESSAGE);
    mark = mado_writer_begin(&writer, MADO_MSG_HEADER);
    if (!mado_fields_format(&header_fields, &wire, &writer, error))
        return NULL;
    mado_writer_end(&writer, mark);
    mado_writer_tlv(&writer, MADO_MSG_BODY, body, body_len);
    mado_writer_end(&writer, message);
    return mado_scratch_finish(scratch, &writer, "message", error);
}

/* {HEADER, BODY} and nothing else, in this order. */
static gboolean
split(const MadoSecret *plain, MadoTlv *ret_header, MadoTlv *ret_body, GError **error)
{
    MadoCursor cursor;
    MadoTlv message;
    MadoTlv none;

    if (mado_tlv_only(mado_secret_peek(plain), mado_secret_len(plain), MADO_MSG_MESSAGE,
                      &message) != MADO_BYTES_OK)
        return refuse(MADO_ERROR_CENTRE_ANSWER, "not one MESSAGE object", error);
    mado_cursor_init(&cursor, message.value, message.len);
    if (mado_tlv_next(&cursor, ret_header) != MADO_BYTES_OK ||
        ret_header->tag != MADO_MSG_HEADER)
        return refuse(MADO_ERROR_CENTRE_ANSWER, "no HEADER", error);
    if (mado_tlv_next(&cursor, ret_body) != MADO_BYTES_OK || ret_body->tag != MADO_MSG_BODY)
        return refuse(MADO_ERROR_CENTRE_ANSWER, "no BODY", error);
    if (mado_tlv_next(&cursor, &none) != MADO_BYTES_MISSING)
        return refuse(MADO_ERROR_CENTRE_ANSWER, "something follows BODY", error);
    return TRUE;
}

gboolean
mado_message_parse(const MadoSecret *plain,
                   MadoMessageHeader *ret_header,
                   const guint8 **ret_body,
                   gsize *ret_body_len,
                   GError **error)
{
    WireHeader wire = {0};
    MadoTlv header;
    MadoTlv body;

    if (!split(plain, &header, &body, error) ||
        !mado_fields_parse(&header_fields, header.value, header.len, &wire, error))
        return FALSE;
    if (wire.version != MADO_MESSAGE_VERSION)
        return refuse(MADO_ERROR_CENTRE_ANSWER, "VERSION is not ours", error);
    if (!check_header(&wire.header, MADO_ERROR_CENTRE_ANSWER, error))
        return FALSE;
    *ret_header = wire.header;
    *ret_body = body.value;
    *ret_body_len = body.len;
    return TRUE;
}

void
mado_message_header_init(MadoMessageHeader *self,
                         MadoMessageType type,
                         MadoRealmCode realm,
                         const char *terminal)
{
    memset(self, 0, sizeof *self);
    self->type = type;
    self->realm = realm;
    g_strlcpy(self->terminal, terminal, sizeof self->terminal);
    /* A nonce that is not random would be an idempotency key used twice. */
    if (RAND_bytes(self->nonce, sizeof self->nonce) != 1)
        /* lint: allow banned-calls: nothing may be sent without random numbers */
        g_error("no random numbers can be had");
    self->time_ms = mado_clock_wall_ms(mado_clock_system());
}

char *
mado_message_id_to_hex(const guint8 *id)
{
    char text[MADO_HEX_SIZE(MADO_MESSAGE_ID_LEN)];

    if (mado_hex_format(id, MADO_MESSAGE_ID_LEN, text, sizeof text) != MADO_BYTES_OK)
        return NULL;
    return g_ascii_strdown(text, -1);
}

gboolean
mado_message_id_from_hex(const char *hex, guint8 *ret_id)
{
    guint8 id[MADO_MESSAGE_ID_LEN];
    size_t len;

    if (hex == NULL || strlen(hex) != 2 * sizeof id ||
        mado_hex_parse(hex, 2 * sizeof id, id, sizeof id, &len) != MADO_BYTES_OK)
        return FALSE;
    memcpy(ret_id, id, sizeof id);
    return TRUE;
}
