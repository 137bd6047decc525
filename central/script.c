/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/script.h"

#include "common/error.h"
#include "common/writer.h"

#include <openssl/rand.h>

#define TRANSPORT_PIN_LEN 8
#define MAX_DATA_LEN      255

#define COMMAND_BEGIN      MADO_CHANNEL_COMMAND(0xDA, MADO_OBJECT_BEGIN)
#define COMMAND_COMMIT     MADO_CHANNEL_COMMAND(0xDA, MADO_OBJECT_COMMIT)
#define COMMAND_ROLLBACK   MADO_CHANNEL_COMMAND(0xDA, MADO_OBJECT_ROLLBACK)
#define COMMAND_GET_RECORD MADO_CHANNEL_COMMAND(MADO_INS_GET_DATA, MADO_OBJECT_RECORD)
#define COMMAND_SET_PIN    MADO_CHANNEL_COMMAND(MADO_INS_RESET_RETRY, 0x0200)
#define COMMAND_GENERATE   MADO_CHANNEL_COMMAND(MADO_INS_GENERATE, 0x8000)
#define COMMAND_STAGE      MADO_CHANNEL_COMMAND(MADO_INS_UPDATE_STAGED, 0x0000)

/* What a procedure needs of the card. */
typedef struct {
    MadoLifeCycle before;
    MadoLifeCycle after;
} LifeRow;

static const LifeRow life_rows[] = {
    [MADO_PROCEDURE_PREPARE] = {MADO_LIFE_PERSONALISED, MADO_LIFE_PREPARED},
    [MADO_PROCEDURE_ISSUE] = {MADO_LIFE_PREPARED, MADO_LIFE_ACTIVE},
};

MadoLifeCycle
mado_script_life_before(MadoProcedure procedure)
{
    return (gsize)procedure < G_N_ELEMENTS(life_rows) ? life_rows[procedure].before : 0;
}

MadoLifeCycle
mado_script_life_after(MadoProcedure procedure)
{
    return (gsize)procedure < G_N_ELEMENTS(life_rows) ? life_rows[procedure].after : 0;
}

/* ---- the data field of a command ---- */

typedef struct {
    MadoSecret *secret;
    MadoWriter writer;
} Field;

static Field
begin_field(const guint8 transaction[MADO_TRANSACTION_LEN])
{
    Field field = {.secret = mado_secret_new(MAX_DATA_LEN)};

    mado_writer_init(&field.writer, mado_secret_peek_writable(field.secret), MAX_DATA_LEN);
    mado_writer_tlv(&field.writer, MADO_TAG_TRANSACTION, transaction, MADO_TRANSACTION_LEN);
    return field;
}

static void
put_u8(Field *field, guint32 tag, guint8 value)
{
    mado_writer_tlv(&field->writer, tag, &value, sizeof value);
}

static void
put_u16(Field *field, guint32 tag, guint16 value)
{
    guint8 bytes[2] = {(guint8)(value >> 8), (guint8)value};

    mado_writer_tlv(&field->writer, tag, bytes, sizeof bytes);
}

static void
put_u32(Field *field, guint32 tag, guint32 value)
{
    guint8 bytes[4] = {(guint8)(value >> 24), (guint8)(value >> 16), (guint8)(value >> 8),
                       (guint8)value};

    mado_writer_tlv(&field->writer, tag, bytes, sizeof bytes);
}

/* Adds the command with the field's bytes and frees the field. */
static gboolean
add_field(MadoChannel *channel,
          MadoBodyReply *reply,
          Field *field,
          guint32 command,
          MadoSlot slot,
          GError **error)
{
    g_autoptr(MadoSecret) data = g_steal_pointer(&field->secret);

    g_return_val_if_fail(mado_writer_ok(&field->writer), FALSE);
    mado_secret_set_len(data, mado_writer_len(&field->writer));
    return mado_channel_add(channel, reply, data, command, slot, error);
}

static gboolean
add_get_record(MadoChannel *channel, MadoBodyReply *reply, GError **error)
{
    return mado_channel_add(channel, reply, NULL, COMMAND_GET_RECORD, 0, error);
}

/* A command that names the transaction alone, then GET RECORD. */
static gboolean
add_and_look(MadoChannel *channel,
             MadoBodyReply *reply,
             const guint8 transaction[MADO_TRANSACTION_LEN],
             guint32 command,
             GError **error)
{
    Field field = begin_field(transaction);

    return add_field(channel, reply, &field, command, 0, error) &&
           add_get_record(channel, reply, error);
}

/* ---- transport PINs ---- */

typedef struct {
    MadoPinKind kind;
    MadoAp ap;
    guint16 ef;
    guint8 slot; /* needed for this slot; 0: always */
} PinRow;

/* In the order a desk asks; the juki PIN is one to the resident and two on the card. */
static const PinRow pin_rows[] = {
    {MADO_PIN_SIGN, MADO_AP_JPKI, MADO_EF_JPKI_SIGN_PIN, MADO_SLOT_SIGN},
    {MADO_PIN_AUTH, MADO_AP_JPKI, MADO_EF_JPKI_AUTH_PIN, 0},
    {MADO_PIN_JUKI, MADO_AP_COMMON, MADO_EF_JUKI_PIN, 0},
    {MADO_PIN_JUKI, MADO_AP_JUKI, MADO_EF_JUKI_PIN, 0},
    {MADO_PIN_TEXT, MADO_AP_TEXT, MADO_EF_TEXT_PIN, 0},
};

static MadoSecret *
new_pin(GError **error)
{
    g_autoptr(MadoSecret) pin = mado_secret_new(TRANSPORT_PIN_LEN);
    guint8 *digits = mado_secret_peek_writable(pin);

    for (gsize i = 0; i < TRANSPORT_PIN_LEN;) {
        guint8 byte;

        if (RAND_priv_bytes(&byte, 1) != 1) {
            mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "making a transport PIN");
            return NULL;
        }
        if (byte < 250) /* the highest multiple of ten: every digit is as likely */
            digits[i++] = (guint8)('0' + byte % 10);
    }
    mado_secret_set_len(pin, TRANSPORT_PIN_LEN);
    return g_steal_pointer(&pin);
}

static gboolean
add_pin(MadoChannel *channel,
        MadoBodyReply *reply,
        const guint8 transaction[MADO_TRANSACTION_LEN],
        const PinRow *row,
        const MadoSecret *pin,
        GError **error)
{
    Field field = begin_field(transaction);

    put_u8(&field, MADO_TAG_AP, (guint8)row->ap);
    put_u16(&field, MADO_TAG_EF, row->ef);
    mado_writer_tlv(&field.writer, MADO_TAG_PIN, mado_secret_peek(pin), mado_secret_len(pin));
    return add_field(channel, reply, &field, COMMAND_SET_PIN, 0, error);
}

static gboolean
add_pins(MadoChannel *channel,
         const MadoTransactionRecord *transaction,
         MadoBodyReply *reply,
         GError **error)
{
    g_autoptr(MadoSecret) pin = NULL;
    MadoPinKind kind = 0;

    for (gsize i = 0; i < G_N_ELEMENTS(pin_rows); i++) {
        const PinRow *row = &pin_rows[i];

        if (row->slot != 0 && (row->slot & transaction->slots) == 0)
            continue;
        if (row->kind != kind) {
            g_clear_pointer(&pin, mado_secret_free);
            pin = new_pin(error);
            if (pin == NULL)
                return FALSE;
            g_return_val_if_fail(mado_body_reply_add_pin(reply, row->kind, pin), FALSE);
            kind = row->kind;
        }
        if (!add_pin(channel, reply, transaction->id, row, pin, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
add_keys(MadoChannel *channel,
         const MadoTransactionRecord *transaction,
         MadoBodyReply *reply,
         GError **error)
{
    for (guint slot = MADO_SLOT_AUTH; slot <= MADO_SLOT_SIGN; slot <<= 1) {
        Field field;

        if ((transaction->slots & slot) == 0)
            continue;
        field = begin_field(transaction->id);
        put_u8(&field, MADO_TAG_SLOT, (guint8)slot);
        if (!add_field(channel, reply, &field, COMMAND_GENERATE, (MadoSlot)slot, error))
            return FALSE;
    }
    reply->sign_slots = transaction->slots;
    return TRUE;
}

/* ---- the scripts ---- */

gboolean
mado_script_record(MadoChannel *channel, MadoBodyReply *reply, GError **error)
{
    return mado_channel_begin_script(channel, MADO_SCRIPT_RECORD, reply, error) &&
           add_get_record(channel, reply, error);
}

gboolean
mado_script_open(MadoChannel *channel,
                 const MadoTransactionRecord *transaction,
                 MadoBodyReply *reply,
                 GError **error)
{
    MadoLifeCycle target = mado_script_life_after(transaction->procedure);
    Field field = begin_field(transaction->id);

    put_u32(&field, MADO_TAG_FENCING, transaction->fencing);
    put_u8(&field, MADO_TAG_SLOTS, transaction->slots);
    put_u8(&field, MADO_TAG_LIFE, (guint8)target);
    if (!mado_channel_begin_script(channel, MADO_SCRIPT_OPEN, reply, error)) {
        mado_secret_free(field.secret);
        return FALSE;
    }
    if (!add_field(channel, reply, &field, COMMAND_BEGIN, 0, error) ||
        !add_get_record(channel, reply, error))
        return FALSE;
    return transaction->slots == 0 || (add_pins(channel, transaction, reply, error) &&
                                       add_keys(channel, transaction, reply, error));
}

static gboolean
add_certificate(MadoChannel *channel,
                const guint8 transaction[MADO_TRANSACTION_LEN],
                const MadoScriptCertificate *certificate,
                MadoBodyReply *reply,
                GError **error)
{
    gsize len;
    const guint8 *der = g_bytes_get_data(certificate->der, &len);

    if (len > MADO_LIMIT_CERTIFICATE_LEN) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_INTERNAL, "certificate too long");
        return FALSE;
    }
    for (gsize offset = 0; offset < len; offset += MADO_CHUNK_LEN) {
        Field field = begin_field(transaction);

        put_u8(&field, MADO_TAG_SLOT, (guint8)certificate->slot);
        put_u16(&field, MADO_TAG_OFFSET, (guint16)offset);
        put_u16(&field, MADO_TAG_TOTAL, (guint16)len);
        mado_writer_tlv(&field.writer, MADO_TAG_CHUNK, der + offset,
                        MIN(len - offset, MADO_CHUNK_LEN));
        if (!add_field(channel, reply, &field, COMMAND_STAGE, 0, error))
            return FALSE;
    }
    return TRUE;
}

gboolean
mado_script_stage(MadoChannel *channel,
                  const guint8 transaction[MADO_TRANSACTION_LEN],
                  const MadoScriptCertificate *certificates,
                  guint n_certificates,
                  MadoBodyReply *reply,
                  GError **error)
{
    if (!mado_channel_begin_script(channel, MADO_SCRIPT_STAGE, reply, error))
        return FALSE;
    for (guint i = 0; i < n_certificates; i++)
        if (!add_certificate(channel, transaction, &certificates[i], reply, error))
            return FALSE;
    return add_get_record(channel, reply, error);
}

gboolean
mado_script_commit(MadoChannel *channel,
                   const guint8 transaction[MADO_TRANSACTION_LEN],
                   MadoBodyReply *reply,
                   GError **error)
{
    return mado_channel_begin_script(channel, MADO_SCRIPT_COMMIT, reply, error) &&
           add_and_look(channel, reply, transaction, COMMAND_COMMIT, error);
}

gboolean
mado_script_undo(MadoChannel *channel,
                 const guint8 transaction[MADO_TRANSACTION_LEN],
                 MadoBodyReply *reply,
                 GError **error)
{
    return mado_channel_begin_script(channel, MADO_SCRIPT_UNDO, reply, error) &&
           add_and_look(channel, reply, transaction, COMMAND_ROLLBACK, error);
}
