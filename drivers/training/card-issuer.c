/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/training/card-issuer.h"

#include "common/tlv.h"
#include "common/wipe.h"
#include "drivers/training/card-record.h"
#include "drivers/training/card-rsa.h"

#include <madoguchi/limits.h>
#include <stdlib.h>
#include <string.h>

#define ALL_SLOTS (MADO_SLOT_AUTH | MADO_SLOT_SIGN)
#define ANY_LEN   0U

/* ---- data fields
 * -------------------------------------------------------------------------------------- */

typedef struct {
    uint32_t tag;
    size_t len; /* ANY_LEN: one byte or more */
} Wanted;

/* The data field is these objects, each once, in any order: ret_objects[i] is the one of
 * wanted[i]. */
static bool
take_objects(const MadoCommand *command, const Wanted *wanted, size_t n, MadoTlv *ret_objects)
{
    MadoBytesStatus status;
    MadoCursor cursor;
    unsigned seen = 0;
    MadoTlv tlv;

    mado_cursor_init(&cursor, command->data, command->data_len);
    while ((status = mado_tlv_next(&cursor, &tlv)) == MADO_BYTES_OK) {
        size_t i = 0;

        while (i < n && wanted[i].tag != tlv.tag) {
            i++;
        }
        if (i == n || (seen & 1U << i) != 0 || tlv.len == 0 ||
            (wanted[i].len != ANY_LEN && tlv.len != wanted[i].len)) {
            return false;
        }
        seen |= 1U << i;
        ret_objects[i] = tlv;
    }
    return status == MADO_BYTES_MISSING && seen == (1U << n) - 1;
}

static uint32_t
number(const MadoTlv *tlv)
{
    uint32_t value = 0;

    for (size_t i = 0; i < tlv->len; i++) {
        value = value << 8 | tlv->value[i];
    }
    return value;
}

static bool
is_open_transaction(const MadoCardState *state, const MadoTlv *transaction)
{
    return state->phase == MADO_PHASE_OPEN &&
           memcmp(state->transaction, transaction->value, MADO_TRANSACTION_LEN) == 0;
}

static bool
is_committed_transaction(const MadoCardState *state, const MadoTlv *transaction)
{
    return state->has_committed &&
           memcmp(state->committed, transaction->value, MADO_TRANSACTION_LEN) == 0;
}

/* ---- BEGIN, ROLLBACK, COMMIT
 * -------------------------------------------------------------------------- */

static uint16_t
begin(MadoCard *self, const MadoCommand *command)
{
    static const Wanted wanted[] = {{MADO_TAG_TRANSACTION, MADO_TRANSACTION_LEN},
                                    {MADO_TAG_FENCING, 4},
                                    {MADO_TAG_SLOTS, 1},
                                    {MADO_TAG_LIFE, 1}};
    MadoCardState *state = &self->state;
    uint32_t fencing;
    uint8_t slots;
    uint8_t target;
    MadoTlv o[4];

    if (!take_objects(command, wanted, 4, o)) {
        return 0x6A80;
    }
    fencing = number(&o[1]);
    slots = o[2].value[0];
    target = o[3].value[0];
    if ((slots & ~ALL_SLOTS) != 0) {
        return 0x6A80;
    }
    if (fencing < state->fencing || is_committed_transaction(state, &o[0]) ||
        !mado_card_state_may_become(state->life, target)) {
        return 0x6985;
    }
    if (state->phase == MADO_PHASE_OPEN && (!is_open_transaction(state, &o[0]) ||
                                            slots != state->slots || target != state->target)) {
        return 0x6985;
    }
    memcpy(state->transaction, o[0].value, MADO_TRANSACTION_LEN);
    state->phase = MADO_PHASE_OPEN;
    state->fencing = fencing;
    state->slots = slots;
    state->target = target;
    return mado_card_core_save(self);
}

static void
drop_staged(MadoCardState *state, uint8_t slot)
{
    const MadoCardSlot *where = mado_card_record_slot(slot);

    mado_card_state_drop(state, MADO_CARD_ITEM_KEY, MADO_AP_JPKI, where->staged_key);
    mado_card_state_drop(state, MADO_CARD_ITEM_STAGED_CERT, MADO_AP_JPKI, slot);
}

static void
close_transaction(MadoCardState *state)
{
    drop_staged(state, MADO_SLOT_AUTH);
    drop_staged(state, MADO_SLOT_SIGN);
    state->phase = MADO_PHASE_IDLE;
    memset(state->transaction, 0, sizeof(state->transaction));
    state->slots = 0;
    state->target = 0;
}

/* Every holder's PIN as the factory left it. */
static void
unset_pins(MadoCard *self)
{
    const MadoCardReference *reference;

    for (size_t i = 0; (reference = mado_card_record_reference(i)) != NULL; i++) {
        MadoCardPin *pin = mado_card_state_pin(&self->state, reference->ap, reference->ef);

        if (pin == NULL) {
            continue;
        }
        mado_wipe(pin->value, sizeof(pin->value));
        pin->len = 0;
        pin->tries = 0;
        pin->flags = MADO_PIN_FLAG_UNSET;
    }
    self->verified = 0;
}

static uint16_t
rollback(MadoCard *self, const MadoCommand *command)
{
    static const Wanted wanted[] = {{MADO_TAG_TRANSACTION, MADO_TRANSACTION_LEN}};
    MadoCardState *state = &self->state;
    MadoTlv transaction;

    if (!take_objects(command, wanted, 1, &transaction)) {
        return 0x6A80;
    }
    if (state->phase != MADO_PHASE_OPEN) {
        return 0x9000;
    }
    if (!is_open_transaction(state, &transaction)) {
        return 0x6985;
    }
    close_transaction(state);
    if (state->life == MADO_LIFE_PERSONALISED || state->life == MADO_LIFE_PREPARED) {
        unset_pins(self);
    }
    return mado_card_core_save(self);
}

static bool
is_complete(const MadoCardState *state)
{
    for (uint8_t slot = MADO_SLOT_AUTH; slot <= MADO_SLOT_SIGN; slot++) {
        const MadoCardSlot *where = mado_card_record_slot(slot);

        if ((state->slots & slot) == 0) {
            continue;
        }
        if (mado_card_state_item(state, MADO_CARD_ITEM_KEY, MADO_AP_JPKI, where->staged_key) ==
                NULL ||
            !mado_card_record_is_whole(state, slot)) {
            return false;
        }
    }
    for (size_t i = 0; i < state->n_pins; i++) {
        if ((state->pins[i].flags & MADO_PIN_FLAG_TRANSPORT) != 0) {
            return false;
        }
    }
    return true;
}

/* Staged to live, and EF 0008 with it. False when there is no room; the caller gives the card
 * up then. */
static bool
go_live(MadoCardState *state, uint8_t slot)
{
    const MadoCardSlot *where = mado_card_record_slot(slot);
    const MadoCardItem *presence =
        mado_card_state_item(state, MADO_CARD_ITEM_FILE, MADO_AP_JPKI, MADO_EF_JPKI_PRESENCE);
    MadoCardItem key =
        *mado_card_state_item(state, MADO_CARD_ITEM_KEY, MADO_AP_JPKI, where->staged_key);
    MadoCardItem cert =
        *mado_card_state_item(state, MADO_CARD_ITEM_STAGED_CERT, MADO_AP_JPKI, slot);

    if (presence == NULL || presence->len != 3) {
        return false;
    }
    presence->data[where->present] = 0x8F;
    key.id = where->live_key;
    cert.kind = MADO_CARD_ITEM_FILE;
    cert.id = where->live_cert;
    cert.total = 0;
    return mado_card_state_put(state, &key) && mado_card_state_put(state, &cert);
}

static uint16_t
commit(MadoCard *self, const MadoCommand *command)
{
    static const Wanted wanted[] = {{MADO_TAG_TRANSACTION, MADO_TRANSACTION_LEN}};
    MadoCardState *state = &self->state;
    MadoTlv transaction;

    if (!take_objects(command, wanted, 1, &transaction)) {
        return 0x6A80;
    }
    if (state->phase == MADO_PHASE_IDLE && is_committed_transaction(state, &transaction)) {
        return 0x9000;
    }
    if (!is_open_transaction(state, &transaction) || !is_complete(state)) {
        return 0x6985;
    }
    for (uint8_t slot = MADO_SLOT_AUTH; slot <= MADO_SLOT_SIGN; slot++) {
        if ((state->slots & slot) != 0 && !go_live(state, slot)) {
            mado_card_power_down(
                self); /* what is in memory is half of it; the store has the state before */
            return MADO_CARD_CORE_MUTE;
        }
    }
    memcpy(state->committed, state->transaction, sizeof(state->committed));
    state->has_committed = true;
    state->life = state->target;
    close_transaction(state);
    return mado_card_core_save(self);
}

uint16_t
mado_card_issuer_put(MadoCard *self, const MadoCommand *command, MadoWriter *answer)
{
    (void)answer;
    switch (command->p1 << 8 | command->p2) {
    case MADO_OBJECT_BEGIN:
        return begin(self, command);
    case MADO_OBJECT_COMMIT:
        return commit(self, command);
    case MADO_OBJECT_ROLLBACK:
        return rollback(self, command);
    default:
        return 0x6A88;
    }
}

/* ---- SET TRANSPORT PIN
 * -------------------------------------------------------------------------------- */

static bool
is_reference(const MadoTlv *ap, const MadoTlv *ef)
{
    const MadoCardReference *reference;

    for (size_t i = 0; (reference = mado_card_record_reference(i)) != NULL; i++) {
        if (reference->ap == number(ap) && reference->ef == number(ef)) {
            return true;
        }
    }
    return false;
}

uint16_t
mado_card_issuer_set_pin(MadoCard *self, const MadoCommand *command, MadoWriter *answer)
{
    static const Wanted wanted[] = {{MADO_TAG_TRANSACTION, MADO_TRANSACTION_LEN},
                                    {MADO_TAG_AP, 1},
                                    {MADO_TAG_EF, 2},
                                    {MADO_TAG_PIN, ANY_LEN}};
    MadoCardPin *pin;
    MadoTlv o[4];

    (void)answer;
    if (command->p1 != 0x02 || command->p2 != 0x00) {
        return 0x6A86;
    }
    if (!take_objects(command, wanted, 4, o) || o[3].len > sizeof(pin->value)) {
        return 0x6A80;
    }
    if (!is_open_transaction(&self->state, &o[0])) {
        return 0x6985;
    }
    pin = mado_card_state_pin(&self->state, (uint8_t)number(&o[1]), (uint16_t)number(&o[2]));
    if (pin == NULL || !is_reference(&o[1], &o[2])) {
        return 0x6A88;
    }
    mado_wipe(pin->value, sizeof(pin->value));
    memcpy(pin->value, o[3].value, o[3].len);
    pin->len = (uint8_t)o[3].len;
    pin->tries = pin->max_tries;
    pin->flags = MADO_PIN_FLAG_TRANSPORT;
    self->verified = 0;
    return mado_card_core_save(self);
}

/* ---- GENERATE, STAGE CERTIFICATE
 * ---------------------------------------------------------------------- */

static bool
make_key(MadoCard *self, uint16_t ef)
{
    MadoCardItem item = {.kind = MADO_CARD_ITEM_KEY, .ap = MADO_AP_JPKI, .id = ef};
    bool ok = mado_card_rsa_generate(&item.data, &item.len);

    self->ports.clock.spend(self->ports.clock.user, MADO_CARD_WORK_GENERATE);
    if (ok) {
        ok = mado_card_state_put(&self->state, &item);
        mado_wipe(item.data, item.len);
        free(item.data);
    }
    return ok;
}

uint16_t
mado_card_issuer_generate(MadoCard *self, const MadoCommand *command, MadoWriter *answer)
{
    static const Wanted wanted[] = {{MADO_TAG_TRANSACTION, MADO_TRANSACTION_LEN},
                                    {MADO_TAG_SLOT, 1}};
    const MadoCardSlot *slot;
    const MadoCardItem *key;
    MadoTlv o[2];

    if (command->p1 != 0x80 || command->p2 != 0x00) {
        return 0x6A86;
    }
    if (!take_objects(command, wanted, 2, o)) {
        return 0x6A80;
    }
    slot = mado_card_record_slot(o[1].value[0]);
    if (slot == NULL) {
        return 0x6A80;
    }
    if (!is_open_transaction(&self->state, &o[0]) || (self->state.slots & slot->slot) == 0) {
        return 0x6985;
    }
    key =
        mado_card_state_item(&self->state, MADO_CARD_ITEM_KEY, MADO_AP_JPKI, slot->staged_key);
    if (key == NULL) {
        if (!make_key(self, slot->staged_key)) {
            return 0x6F00;
        }
        if (mado_card_core_save(self) == MADO_CARD_CORE_MUTE) {
            return MADO_CARD_CORE_MUTE;
        }
        key = mado_card_state_item(&self->state, MADO_CARD_ITEM_KEY, MADO_AP_JPKI,
                                   slot->staged_key);
    }
    return mado_card_rsa_write_public(key->data, key->len, answer) ? 0x9000 : 0x6F00;
}

/* What is staged already and the chunk behind it, as one item. */
static bool
append_chunk(
    MadoCardState *state, uint8_t slot, size_t from, const MadoTlv *chunk, uint16_t total)
{
    const MadoCardItem *old =
        mado_card_state_item(state, MADO_CARD_ITEM_STAGED_CERT, MADO_AP_JPKI, slot);
    uint8_t bytes[MADO_LIMIT_CERTIFICATE_LEN];
    MadoCardItem item = {.kind = MADO_CARD_ITEM_STAGED_CERT,
                         .ap = MADO_AP_JPKI,
                         .id = slot,
                         .total = total,
                         .data = bytes,
                         .len = from + chunk->len};

    if (from > 0) {
        memcpy(bytes, old->data, from);
    }
    memcpy(bytes + from, chunk->value, chunk->len);
    return mado_card_state_put(state, &item);
}

uint16_t
mado_card_issuer_stage(MadoCard *self, const MadoCommand *command, MadoWriter *answer)
{
    static const Wanted wanted[] = {{MADO_TAG_TRANSACTION, MADO_TRANSACTION_LEN},
                                    {MADO_TAG_SLOT, 1},
                                    {MADO_TAG_OFFSET, 2},
                                    {MADO_TAG_TOTAL, 2},
                                    {MADO_TAG_CHUNK, ANY_LEN}};
    MadoCardState *state = &self->state;
    const MadoCardSlot *slot;
    const MadoCardItem *cert;
    uint32_t offset;
    uint32_t total;
    MadoTlv o[5];

    (void)answer;
    if (command->p1 != 0x00 || command->p2 != 0x00) {
        return 0x6A86;
    }
    if (!take_objects(command, wanted, 5, o)) {
        return 0x6A80;
    }
    slot = mado_card_record_slot(o[1].value[0]);
    offset = number(&o[2]);
    total = number(&o[3]);
    if (slot == NULL || offset + o[4].len > total) {
        return 0x6A80;
    }
    if (total > MADO_LIMIT_CERTIFICATE_LEN) {
        return 0x6A84;
    }
    if (!is_open_transaction(state, &o[0]) ||
        mado_card_state_item(state, MADO_CARD_ITEM_KEY, MADO_AP_JPKI, slot->staged_key) ==
            NULL) {
        return 0x6985;
    }
    cert = mado_card_state_item(state, MADO_CARD_ITEM_STAGED_CERT, MADO_AP_JPKI, slot->slot);
    if (offset != 0 && (cert == NULL || cert->len != offset || cert->total != total)) {
        return 0x6985;
    }
    if (!append_chunk(state, slot->slot, offset, &o[4], (uint16_t)total)) {
        return 0x6A84;
    }
    return mado_card_core_save(self);
}

/* ---- GET DATA
 * ----------------------------------------------------------------------------------------- */

bool
mado_card_issuer_is_object(uint16_t tag)
{
    return tag == MADO_OBJECT_RECORD || tag == MADO_OBJECT_STAGED_AUTH ||
           tag == MADO_OBJECT_STAGED_SIGN;
}

uint16_t
mado_card_issuer_get(MadoCard *self, uint16_t tag, MadoWriter *answer)
{
    uint8_t slot = tag == MADO_OBJECT_STAGED_AUTH ? MADO_SLOT_AUTH : MADO_SLOT_SIGN;
    const MadoCardItem *key;

    if (tag == MADO_OBJECT_RECORD) {
        if (self->is_protected && self->channel.session.level != MADO_SCP03_LEVEL) {
            return 0x6982;
        }
        return mado_card_record_write(&self->state, answer) ? 0x9000 : 0x6F00;
    }
    key = mado_card_state_item(&self->state, MADO_CARD_ITEM_KEY, MADO_AP_JPKI,
                               mado_card_record_slot(slot)->staged_key);
    if (key == NULL) {
        return 0x6A88;
    }
    return mado_card_rsa_write_public(key->data, key->len, answer) ? 0x9000 : 0x6F00;
}
