/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/training/card-format.h"

#include "common/cursor.h"
#include "common/tlv.h"
#include "common/wipe.h"
#include "common/writer.h"

#include <openssl/evp.h>

#include <stdlib.h>
#include <string.h>

#define HASH_LEN  32U
#define ITEM_ROOM 64U  /* framing of one item or PIN */
#define HEAD_ROOM 512U /* everything else */

enum {
    TAG_CARD = 0xE1,
    TAG_SCHEMA = 0x80,
    TAG_CARD_ID = 0x81,
    TAG_KEY_VERSION = 0x82,
    TAG_ENC = 0x83,
    TAG_MAC = 0x84,
    TAG_DEK = 0x85,
    TAG_LIFE = 0x86,
    TAG_FENCING = 0x87,
    TAG_COMMITTED = 0x88,
    TAG_OPEN = 0xA0,
    TAG_PIN = 0xA1,
    TAG_ITEM = 0xA2,
    TAG_CHECKSUM = 0x9E,
    /* inside OPEN */
    TAG_TRANSACTION = 0x80,
    TAG_SLOTS = 0x81,
    TAG_TARGET = 0x82,
    /* inside PIN and ITEM */
    TAG_HEAD = 0x80,
    TAG_VALUE = 0x81,
};

/* ---- reading
 * ------------------------------------------------------------------------------------------ */

static bool
copy_exact(const MadoTlv *tlv, uint8_t *ret_data, size_t len)
{
    if (tlv->len != len) {
        return false;
    }
    memcpy(ret_data, tlv->value, len);
    return true;
}

static bool
copy_key(const MadoTlv *tlv, uint8_t *ret_key, size_t *ret_len)
{
    if ((tlv->len != 16 && tlv->len != 24 && tlv->len != 32) ||
        (*ret_len != 0 && *ret_len != tlv->len)) {
        return false;
    }
    memcpy(ret_key, tlv->value, tlv->len);
    *ret_len = tlv->len;
    return true;
}

/* HEAD: ap 1, ef 2, tries 1, max 1, flags 1, changes 2; VALUE: the PIN. */
static bool
parse_pin(MadoCardState *state, const MadoTlv *pin_tlv)
{
    MadoCardPin pin = {0};
    MadoCursor cursor;
    MadoTlv head;
    MadoTlv value;

    if (state->n_pins == MADO_CARD_STATE_MAX_PINS ||
        mado_tlv_find(pin_tlv->value, pin_tlv->len, TAG_HEAD, &head) != MADO_BYTES_OK ||
        mado_tlv_find(pin_tlv->value, pin_tlv->len, TAG_VALUE, &value) != MADO_BYTES_OK ||
        value.len > sizeof(pin.value)) {
        return false;
    }
    mado_cursor_init(&cursor, head.value, head.len);
    if (!mado_cursor_u8(&cursor, &pin.ap) || !mado_cursor_u16(&cursor, &pin.ef) ||
        !mado_cursor_u8(&cursor, &pin.tries) || !mado_cursor_u8(&cursor, &pin.max_tries) ||
        !mado_cursor_u8(&cursor, &pin.flags) || !mado_cursor_u16(&cursor, &pin.changes) ||
        mado_cursor_left(&cursor) != 0 || pin.tries > pin.max_tries || pin.max_tries > 15) {
        return false;
    }
    memcpy(pin.value, value.value, value.len);
    pin.len = (uint8_t)value.len;
    state->pins[state->n_pins++] = pin;
    return true;
}

/* HEAD: kind 1, ap 1, id 2, total 2; VALUE: the bytes. */
static bool
parse_item(MadoCardState *state, const MadoTlv *item_tlv)
{
    MadoCardItem item = {0};
    MadoCursor cursor;
    MadoTlv head;
    MadoTlv value;
    uint8_t *copy;
    bool put;

    if (mado_tlv_find(item_tlv->value, item_tlv->len, TAG_HEAD, &head) != MADO_BYTES_OK ||
        mado_tlv_find(item_tlv->value, item_tlv->len, TAG_VALUE, &value) != MADO_BYTES_OK) {
        return false;
    }
    mado_cursor_init(&cursor, head.value, head.len);
    if (!mado_cursor_u8(&cursor, &item.kind) || !mado_cursor_u8(&cursor, &item.ap) ||
        !mado_cursor_u16(&cursor, &item.id) || !mado_cursor_u16(&cursor, &item.total) ||
        mado_cursor_left(&cursor) != 0) {
        return false;
    }
    copy = malloc(value.len > 0 ? value.len : 1);
    if (copy == NULL) {
        return false;
    }
    memcpy(copy, value.value, value.len);
    item.data = copy;
    item.len = value.len;
    put = mado_card_state_put(state, &item);
    mado_wipe(copy, value.len);
    free(copy);
    return put;
}

static bool
parse_open(MadoCardState *state, const MadoTlv *open)
{
    MadoTlv transaction;
    MadoTlv slots;
    MadoTlv target;

    if (mado_tlv_find(open->value, open->len, TAG_TRANSACTION, &transaction) != MADO_BYTES_OK ||
        mado_tlv_find(open->value, open->len, TAG_SLOTS, &slots) != MADO_BYTES_OK ||
        mado_tlv_find(open->value, open->len, TAG_TARGET, &target) != MADO_BYTES_OK) {
        return false;
    }
    state->phase = MADO_PHASE_OPEN;
    return copy_exact(&transaction, state->transaction, sizeof(state->transaction)) &&
           copy_exact(&slots, &state->slots, 1) && copy_exact(&target, &state->target, 1);
}

static bool
parse_fencing(MadoCardState *state, const MadoTlv *tlv)
{
    MadoCursor cursor;

    mado_cursor_init(&cursor, tlv->value, tlv->len);
    return mado_cursor_u32(&cursor, &state->fencing) && mado_cursor_left(&cursor) == 0;
}

static bool
parse_object(MadoCardState *state, const MadoTlv *tlv)
{
    MadoScp03Keys *keys = &state->issuer_keys;

    switch (tlv->tag) {
    case TAG_SCHEMA:
    case TAG_CHECKSUM:
        return true; /* looked at before */
    case TAG_CARD_ID:
        return copy_exact(tlv, state->card_id, sizeof(state->card_id));
    case TAG_KEY_VERSION:
        return copy_exact(tlv, &state->key_version, 1);
    case TAG_ENC:
        return copy_key(tlv, keys->enc, &keys->len);
    case TAG_MAC:
        return copy_key(tlv, keys->mac, &keys->len);
    case TAG_DEK:
        return copy_key(tlv, keys->dek, &keys->len);
    case TAG_LIFE:
        return copy_exact(tlv, &state->life, 1);
    case TAG_FENCING:
        return parse_fencing(state, tlv);
    case TAG_COMMITTED:
        state->has_committed = true;
        return copy_exact(tlv, state->committed, sizeof(state->committed));
    case TAG_OPEN:
        return parse_open(state, tlv);
    case TAG_PIN:
        return parse_pin(state, tlv);
    case TAG_ITEM:
        return parse_item(state, tlv);
    default:
        return false;
    }
}

static bool
hash(const uint8_t *data, size_t len, uint8_t ret_hash[HASH_LEN])
{
    unsigned n = 0;

    return EVP_Digest(data, len, ret_hash, &n, EVP_sha256(), NULL) == 1 && n == HASH_LEN;
}

/* The checksum is the last object and covers every byte before it. */
static bool
checksum_is_right(const MadoTlv *card)
{
    const size_t object_len = 2 + HASH_LEN;
    uint8_t expected[HASH_LEN];
    const uint8_t *object;

    if (card->len < object_len) {
        return false;
    }
    object = card->value + card->len - object_len;
    return hash(card->value, card->len - object_len, expected) && object[0] == TAG_CHECKSUM &&
           object[1] == HASH_LEN && mado_wipe_equal(object + 2, expected, HASH_LEN);
}

static MadoCardFormatStatus
parse_objects(const MadoTlv *card, MadoCardState *state)
{
    MadoBytesStatus status;
    MadoCursor cursor;
    MadoTlv tlv;

    mado_cursor_init(&cursor, card->value, card->len);
    while ((status = mado_tlv_next(&cursor, &tlv)) == MADO_BYTES_OK) {
        if (!parse_object(state, &tlv)) {
            return MADO_CARD_FORMAT_BAD;
        }
    }
    if (status != MADO_BYTES_MISSING || state->issuer_keys.len == 0) {
        return MADO_CARD_FORMAT_BAD;
    }
    return MADO_CARD_FORMAT_OK;
}

MadoCardFormatStatus
mado_card_format_parse(const uint8_t *data,
                       size_t len,
                       MadoCardState *ret_state,
                       unsigned *ret_schema)
{
    MadoCardFormatStatus status;
    MadoTlv card;
    MadoTlv schema;

    mado_card_state_init(ret_state);
    if (mado_tlv_only(data, len, TAG_CARD, &card) != MADO_BYTES_OK ||
        mado_tlv_find(card.value, card.len, TAG_SCHEMA, &schema) != MADO_BYTES_OK ||
        schema.len != 1 || schema.value[0] == 0) {
        return MADO_CARD_FORMAT_BAD;
    }
    if (ret_schema != NULL) {
        *ret_schema = schema.value[0];
    }
    if (schema.value[0] > MADO_CARD_FORMAT_SCHEMA) {
        return MADO_CARD_FORMAT_NEWER;
    }
    if (!checksum_is_right(&card)) {
        return MADO_CARD_FORMAT_BAD;
    }
    status = parse_objects(&card, ret_state);
    if (status != MADO_CARD_FORMAT_OK) {
        mado_card_state_clear(ret_state);
    }
    return status;
}

/* ---- writing
 * ------------------------------------------------------------------------------------------ */

static void
write_pin(MadoWriter *writer, const MadoCardPin *pin)
{
    size_t mark = mado_writer_begin(writer, TAG_PIN);
    size_t head = mado_writer_begin(writer, TAG_HEAD);

    mado_writer_u8(writer, pin->ap);
    mado_writer_u16(writer, pin->ef);
    mado_writer_u8(writer, pin->tries);
    mado_writer_u8(writer, pin->max_tries);
    mado_writer_u8(writer, pin->flags);
    mado_writer_u16(writer, pin->changes);
    mado_writer_end(writer, head);
    mado_writer_tlv(writer, TAG_VALUE, pin->value, pin->len);
    mado_writer_end(writer, mark);
}

static void
write_item(MadoWriter *writer, const MadoCardItem *item)
{
    size_t mark = mado_writer_begin(writer, TAG_ITEM);
    size_t head = mado_writer_begin(writer, TAG_HEAD);

    mado_writer_u8(writer, item->kind);
    mado_writer_u8(writer, item->ap);
    mado_writer_u16(writer, item->id);
    mado_writer_u16(writer, item->total);
    mado_writer_end(writer, head);
    mado_writer_tlv(writer, TAG_VALUE, item->data, item->len);
    mado_writer_end(writer, mark);
}

static void
write_head(MadoWriter *writer, const MadoCardState *state)
{
    const MadoScp03Keys *keys = &state->issuer_keys;
    const uint8_t schema = MADO_CARD_FORMAT_SCHEMA;
    size_t mark;

    mado_writer_tlv(writer, TAG_SCHEMA, &schema, 1);
    mado_writer_tlv(writer, TAG_CARD_ID, state->card_id, sizeof(state->card_id));
    mado_writer_tlv(writer, TAG_KEY_VERSION, &state->key_version, 1);
    mado_writer_tlv(writer, TAG_ENC, keys->enc, keys->len);
    mado_writer_tlv(writer, TAG_MAC, keys->mac, keys->len);
    mado_writer_tlv(writer, TAG_DEK, keys->dek, keys->len);
    mado_writer_tlv(writer, TAG_LIFE, &state->life, 1);
    mark = mado_writer_begin(writer, TAG_FENCING);
    mado_writer_u32(writer, state->fencing);
    mado_writer_end(writer, mark);
    if (state->has_committed) {
        mado_writer_tlv(writer, TAG_COMMITTED, state->committed, sizeof(state->committed));
    }
    if (state->phase == MADO_PHASE_OPEN) {
        mark = mado_writer_begin(writer, TAG_OPEN);
        mado_writer_tlv(writer, TAG_TRANSACTION, state->transaction,
                        sizeof(state->transaction));
        mado_writer_tlv(writer, TAG_SLOTS, &state->slots, 1);
        mado_writer_tlv(writer, TAG_TARGET, &state->target, 1);
        mado_writer_end(writer, mark);
    }
}

static bool
write_checksum(MadoWriter *writer)
{
    uint8_t sum[HASH_LEN];

    if (!mado_writer_ok(writer) || !hash(writer->data, mado_writer_len(writer), sum)) {
        return false;
    }
    mado_writer_tlv(writer, TAG_CHECKSUM, sum, sizeof(sum));
    return true;
}

bool
mado_card_format_write(const MadoCardState *state, uint8_t **ret_data, size_t *ret_len)
{
    size_t cap = HEAD_ROOM + ITEM_ROOM * (state->n_pins + state->n_items);
    MadoWriter inner;
    MadoWriter outer;
    uint8_t *buffer;
    uint8_t *data;
    bool ok;

    for (size_t i = 0; i < state->n_items; i++) {
        cap += state->items[i].len;
    }
    buffer = malloc(cap);
    data = malloc(cap + 8);
    if (buffer == NULL || data == NULL) {
        free(buffer);
        free(data);
        return false;
    }
    mado_writer_init(&inner, buffer, cap);
    write_head(&inner, state);
    for (size_t i = 0; i < state->n_pins; i++) {
        write_pin(&inner, &state->pins[i]);
    }
    for (size_t i = 0; i < state->n_items; i++) {
        write_item(&inner, &state->items[i]);
    }
    ok = write_checksum(&inner);
    mado_writer_init(&outer, data, cap + 8);
    mado_writer_tlv(&outer, TAG_CARD, buffer, mado_writer_len(&inner));
    ok = ok && mado_writer_ok(&inner) && mado_writer_ok(&outer);
    mado_wipe(buffer, cap);
    free(buffer);
    if (!ok) {
        mado_wipe(data, cap + 8);
        free(data);
        return false;
    }
    *ret_data = data;
    *ret_len = mado_writer_len(&outer);
    return true;
}
