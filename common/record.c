/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/record.h"

#include "common/tlv.h"

#include <string.h>

/* What was seen of the objects that may stand once. */
typedef struct {
    bool profile;
    bool life;
    bool phase;
    bool fencing;
} Seen;

typedef struct {
    MadoRecord record;
    Seen seen;
} Parsed;

/* ---- values ---- */

static MadoBytesStatus
read_number(const MadoTlv *tlv, size_t len, uint32_t *ret_value)
{
    MadoCursor cursor;
    uint32_t value = 0;
    uint8_t byte;

    if (tlv->len != len)
        return MADO_BYTES_BAD_LENGTH;
    mado_cursor_init(&cursor, tlv->value, tlv->len);
    while (mado_cursor_u8(&cursor, &byte))
        value = value << 8 | byte;
    *ret_value = value;
    return MADO_BYTES_OK;
}

static MadoBytesStatus
read_bytes(const MadoTlv *tlv, uint8_t *ret_data, size_t len)
{
    if (tlv->len != len)
        return MADO_BYTES_BAD_LENGTH;
    memcpy(ret_data, tlv->value, len);
    return MADO_BYTES_OK;
}

/* A number that may stand once. */
static MadoBytesStatus
read_once(const MadoTlv *tlv, size_t len, bool *seen, uint32_t *ret_value)
{
    if (*seen)
        return MADO_BYTES_BAD_TAG;
    *seen = true;
    return read_number(tlv, len, ret_value);
}

static MadoBytesStatus
read_bytes_once(const MadoTlv *tlv, bool *seen, uint8_t *ret_data, size_t len)
{
    if (*seen)
        return MADO_BYTES_BAD_TAG;
    *seen = true;
    return read_bytes(tlv, ret_data, len);
}

static bool
is_life(uint32_t value)
{
    return value == MADO_LIFE_PERSONALISED || value == MADO_LIFE_PREPARED ||
           value == MADO_LIFE_ACTIVE || value == MADO_LIFE_SUSPENDED ||
           value == MADO_LIFE_TERMINATED;
}

/* ---- STAGED and LIVE ---- */

static MadoBytesStatus
parse_slot(const MadoTlv *outer, MadoRecordSlot *ret_slot)
{
    MadoRecordSlot slot = {0};
    bool has_key_hash = false;
    bool has_slot = false;
    uint32_t number = 0;
    MadoCursor cursor;
    MadoTlv tlv;
    MadoBytesStatus status;

    mado_cursor_init(&cursor, outer->value, outer->len);
    while ((status = mado_tlv_next(&cursor, &tlv)) == MADO_BYTES_OK) {
        if (tlv.tag == MADO_TAG_SLOT)
            status = read_once(&tlv, 1, &has_slot, &number);
        else if (tlv.tag == MADO_TAG_KEY_HASH)
            status = read_bytes_once(&tlv, &has_key_hash, slot.key_hash, sizeof slot.key_hash);
        else if (tlv.tag == MADO_TAG_CERT_HASH)
            status = read_bytes_once(&tlv, &slot.has_cert_hash, slot.cert_hash,
                                     sizeof slot.cert_hash);
        else
            status = MADO_BYTES_BAD_TAG;
        if (status != MADO_BYTES_OK)
            return status;
    }
    if (status != MADO_BYTES_MISSING)
        return status;
    if (!has_slot || !has_key_hash)
        return MADO_BYTES_MISSING;
    if (number != MADO_SLOT_AUTH && number != MADO_SLOT_SIGN)
        return MADO_BYTES_BAD_VALUE;
    slot.slot = (MadoSlot)number;
    *ret_slot = slot;
    return MADO_BYTES_OK;
}

static const MadoRecordSlot *
find_slot(const MadoRecordSlot *slots, size_t n_slots, MadoSlot slot)
{
    for (size_t i = 0; i < n_slots; i++)
        if (slots[i].slot == slot)
            return &slots[i];
    return NULL;
}

static MadoBytesStatus
add_slot(const MadoTlv *tlv, MadoRecordSlot *slots, size_t *n_slots)
{
    MadoRecordSlot slot;
    MadoBytesStatus status = parse_slot(tlv, &slot);

    if (status != MADO_BYTES_OK)
        return status;
    if (*n_slots == MADO_LIMIT_SLOTS)
        return MADO_BYTES_FULL;
    if (find_slot(slots, *n_slots, slot.slot) != NULL)
        return MADO_BYTES_BAD_VALUE;
    slots[(*n_slots)++] = slot;
    return MADO_BYTES_OK;
}

/* ---- PIN_STATE ---- */

typedef struct {
    bool is_there[5];
    uint32_t value[5];
} PinValues;

static const struct {
    uint32_t tag;
    size_t len;
} pin_objects[5] = {
    {MADO_TAG_AP, 1},          {MADO_TAG_EF, 2},        {MADO_TAG_PIN_FLAGS, 1},
    {MADO_TAG_PIN_CHANGES, 2}, {MADO_TAG_PIN_TRIES, 1},
};

static MadoBytesStatus
read_pin_object(const MadoTlv *tlv, PinValues *values)
{
    for (size_t i = 0; i < 5; i++)
        if (tlv->tag == pin_objects[i].tag)
            return read_once(tlv, pin_objects[i].len, &values->is_there[i], &values->value[i]);
    return MADO_BYTES_BAD_TAG;
}

static MadoBytesStatus
parse_pin(const MadoTlv *outer, MadoRecordPin *ret_pin)
{
    PinValues values = {0};
    MadoCursor cursor;
    MadoTlv tlv;
    MadoBytesStatus status;

    mado_cursor_init(&cursor, outer->value, outer->len);
    while ((status = mado_tlv_next(&cursor, &tlv)) == MADO_BYTES_OK) {
        status = read_pin_object(&tlv, &values);
        if (status != MADO_BYTES_OK)
            return status;
    }
    if (status != MADO_BYTES_MISSING)
        return status;
    for (size_t i = 0; i < 5; i++)
        if (!values.is_there[i])
            return MADO_BYTES_MISSING;
    if (values.value[0] > MADO_AP_COMMON ||
        values.value[2] > (MADO_PIN_FLAG_TRANSPORT | MADO_PIN_FLAG_UNSET))
        return MADO_BYTES_BAD_VALUE;
    ret_pin->ap = (MadoAp)values.value[0];
    ret_pin->ef = (uint16_t)values.value[1];
    ret_pin->flags = (uint8_t)values.value[2];
    ret_pin->changes = (uint16_t)values.value[3];
    ret_pin->tries = (uint8_t)values.value[4];
    return MADO_BYTES_OK;
}

static MadoBytesStatus
add_pin(const MadoTlv *tlv, MadoRecord *record)
{
    MadoRecordPin pin;
    MadoBytesStatus status = parse_pin(tlv, &pin);

    if (status != MADO_BYTES_OK)
        return status;
    if (record->n_pins == MADO_RECORD_MAX_PINS)
        return MADO_BYTES_FULL;
    if (mado_record_pin(record, pin.ap, pin.ef) != NULL)
        return MADO_BYTES_BAD_VALUE;
    record->pins[record->n_pins++] = pin;
    return MADO_BYTES_OK;
}

/* ---- the record ---- */

/* The objects that are one number each. */
static MadoBytesStatus
take_number(Parsed *self, const MadoTlv *tlv)
{
    uint32_t value = 0;
    MadoBytesStatus status;

    switch (tlv->tag) {
    case MADO_TAG_PROFILE:
        status = read_once(tlv, 1, &self->seen.profile, &value);
        self->record.profile = (uint8_t)value;
        return status == MADO_BYTES_OK && value != MADO_PROFILE_VERSION ? MADO_BYTES_BAD_VALUE
                                                                        : status;
    case MADO_TAG_LIFE:
        status = read_once(tlv, 1, &self->seen.life, &value);
        self->record.life = (MadoLifeCycle)value;
        return status == MADO_BYTES_OK && !is_life(value) ? MADO_BYTES_BAD_VALUE : status;
    case MADO_TAG_PHASE:
        status = read_once(tlv, 1, &self->seen.phase, &value);
        self->record.phase = (MadoPhase)value;
        return status == MADO_BYTES_OK && value > MADO_PHASE_OPEN ? MADO_BYTES_BAD_VALUE
                                                                  : status;
    case MADO_TAG_FENCING:
        status = read_once(tlv, 4, &self->seen.fencing, &value);
        self->record.fencing = value;
        return status;
    default:
        return MADO_BYTES_BAD_TAG;
    }
}

static MadoBytesStatus
take_object(Parsed *self, const MadoTlv *tlv)
{
    MadoRecord *record = &self->record;

    switch (tlv->tag) {
    case MADO_TAG_TRANSACTION:
        return read_bytes_once(tlv, &record->has_transaction, record->transaction,
                               sizeof record->transaction);
    case MADO_TAG_COMMITTED:
        return read_bytes_once(tlv, &record->has_committed, record->committed,
                               sizeof record->committed);
    case MADO_TAG_STAGED:
        return add_slot(tlv, record->staged, &record->n_staged);
    case MADO_TAG_LIVE:
        return add_slot(tlv, record->live, &record->n_live);
    case MADO_TAG_PIN_STATE:
        return add_pin(tlv, record);
    default:
        return take_number(self, tlv);
    }
}

/* What the objects say together. */
static MadoBytesStatus
check_whole(const Parsed *self)
{
    const MadoRecord *record = &self->record;

    if (!self->seen.profile || !self->seen.life || !self->seen.phase || !self->seen.fencing)
        return MADO_BYTES_MISSING;
    if ((record->phase == MADO_PHASE_OPEN) != record->has_transaction)
        return MADO_BYTES_BAD_VALUE;
    if (record->phase == MADO_PHASE_IDLE && record->n_staged > 0)
        return MADO_BYTES_BAD_VALUE;
    for (size_t i = 0; i < record->n_live; i++)
        if (!record->live[i].has_cert_hash)
            return MADO_BYTES_MISSING;
    return MADO_BYTES_OK;
}

MadoBytesStatus
mado_record_parse(const uint8_t *data, size_t len, MadoRecord *ret_record)
{
    Parsed parsed = {0};
    MadoCursor cursor;
    MadoTlv tlv;
    MadoBytesStatus status;

    if (len > MADO_RECORD_MAX_LEN)
        return MADO_BYTES_BAD_LENGTH;
    status = mado_tlv_only(data, len, MADO_OBJECT_RECORD, &tlv);
    if (status != MADO_BYTES_OK)
        return status;
    mado_cursor_init(&cursor, tlv.value, tlv.len);
    while ((status = mado_tlv_next(&cursor, &tlv)) == MADO_BYTES_OK) {
        status = take_object(&parsed, &tlv);
        if (status != MADO_BYTES_OK)
            return status;
    }
    if (status == MADO_BYTES_MISSING)
        status = check_whole(&parsed);
    if (status == MADO_BYTES_OK)
        *ret_record = parsed.record;
    return status;
}

MadoBytesStatus
mado_record_profile(const uint8_t *data, size_t len, unsigned *ret_profile)
{
    MadoTlv record;
    MadoTlv profile;
    MadoBytesStatus status = mado_tlv_only(data, len, MADO_OBJECT_RECORD, &record);

    if (status == MADO_BYTES_OK)
        status = mado_tlv_find(record.value, record.len, MADO_TAG_PROFILE, &profile);
    if (status != MADO_BYTES_OK)
        return status;
    if (profile.len != 1)
        return MADO_BYTES_BAD_LENGTH;
    *ret_profile = profile.value[0];
    return MADO_BYTES_OK;
}

/* ---- writing ---- */

static void
write_u8(MadoWriter *writer, uint32_t tag, unsigned value)
{
    const uint8_t byte = (uint8_t)value;

    mado_writer_tlv(writer, tag, &byte, 1);
}

static void
write_u16(MadoWriter *writer, uint32_t tag, uint16_t value)
{
    const size_t mark = mado_writer_begin(writer, tag);

    mado_writer_u16(writer, value);
    mado_writer_end(writer, mark);
}

static void
write_slot(MadoWriter *writer, uint32_t tag, const MadoRecordSlot *slot)
{
    const size_t mark = mado_writer_begin(writer, tag);

    write_u8(writer, MADO_TAG_SLOT, slot->slot);
    mado_writer_tlv(writer, MADO_TAG_KEY_HASH, slot->key_hash, sizeof slot->key_hash);
    if (slot->has_cert_hash)
        mado_writer_tlv(writer, MADO_TAG_CERT_HASH, slot->cert_hash, sizeof slot->cert_hash);
    mado_writer_end(writer, mark);
}

static void
write_pin(MadoWriter *writer, const MadoRecordPin *pin)
{
    const size_t mark = mado_writer_begin(writer, MADO_TAG_PIN_STATE);

    write_u8(writer, MADO_TAG_AP, pin->ap);
    write_u16(writer, MADO_TAG_EF, pin->ef);
    write_u8(writer, MADO_TAG_PIN_FLAGS, pin->flags);
    write_u16(writer, MADO_TAG_PIN_CHANGES, pin->changes);
    write_u8(writer, MADO_TAG_PIN_TRIES, pin->tries);
    mado_writer_end(writer, mark);
}

void
mado_record_format(const MadoRecord *self, MadoWriter *writer)
{
    const size_t mark = mado_writer_begin(writer, MADO_OBJECT_RECORD);
    size_t fencing;

    write_u8(writer, MADO_TAG_PROFILE, self->profile);
    write_u8(writer, MADO_TAG_LIFE, self->life);
    write_u8(writer, MADO_TAG_PHASE, self->phase);
    fencing = mado_writer_begin(writer, MADO_TAG_FENCING);
    mado_writer_u32(writer, self->fencing);
    mado_writer_end(writer, fencing);
    if (self->has_transaction)
        mado_writer_tlv(writer, MADO_TAG_TRANSACTION, self->transaction,
                        sizeof self->transaction);
    if (self->has_committed)
        mado_writer_tlv(writer, MADO_TAG_COMMITTED, self->committed, sizeof self->committed);
    for (size_t i = 0; i < self->n_staged && i < MADO_LIMIT_SLOTS; i++)
        write_slot(writer, MADO_TAG_STAGED, &self->staged[i]);
    for (size_t i = 0; i < self->n_live && i < MADO_LIMIT_SLOTS; i++)
        write_slot(writer, MADO_TAG_LIVE, &self->live[i]);
    for (size_t i = 0; i < self->n_pins && i < MADO_RECORD_MAX_PINS; i++)
        write_pin(writer, &self->pins[i]);
    mado_writer_end(writer, mark);
}

/* ---- questions ---- */

const MadoRecordSlot *
mado_record_staged(const MadoRecord *self, MadoSlot slot)
{
    return find_slot(self->staged, self->n_staged, slot);
}

const MadoRecordSlot *
mado_record_live(const MadoRecord *self, MadoSlot slot)
{
    return find_slot(self->live, self->n_live, slot);
}

const MadoRecordPin *
mado_record_pin(const MadoRecord *self, MadoAp ap, uint16_t ef)
{
    for (size_t i = 0; i < self->n_pins; i++)
        if (self->pins[i].ap == ap && self->pins[i].ef == ef)
            return &self->pins[i];
    return NULL;
}

bool
mado_record_has_transport(const MadoRecord *self)
{
    for (size_t i = 0; i < self->n_pins; i++)
        if ((self->pins[i].flags & MADO_PIN_FLAG_TRANSPORT) != 0)
            return true;
    return false;
}

bool
mado_record_is_committed(const MadoRecord *self,
                         const uint8_t transaction[MADO_TRANSACTION_LEN])
{
    return self->has_committed &&
           memcmp(self->committed, transaction, MADO_TRANSACTION_LEN) == 0;
}

bool
mado_record_is_open(const MadoRecord *self, const uint8_t transaction[MADO_TRANSACTION_LEN])
{
    return self->phase == MADO_PHASE_OPEN && self->has_transaction &&
           memcmp(self->transaction, transaction, MADO_TRANSACTION_LEN) == 0;
}
