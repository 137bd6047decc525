/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/training/card-record.h"

#include "drivers/training/card-rsa.h"

#define N_ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))
#define TEMPLATE_CAP      512U

static const MadoCardSlot slots[] = {
    {MADO_SLOT_AUTH, MADO_EF_JPKI_AUTH_KEY, MADO_EF_JPKI_AUTH_CERT,
     MADO_EF_JPKI_STAGED_AUTH_KEY, MADO_EF_JPKI_AUTH_PIN, 1},
    {MADO_SLOT_SIGN, MADO_EF_JPKI_SIGN_KEY, MADO_EF_JPKI_SIGN_CERT,
     MADO_EF_JPKI_STAGED_SIGN_KEY, MADO_EF_JPKI_SIGN_PIN, 0},
};

static const MadoCardReference references[] = {
    {MADO_AP_JPKI, MADO_EF_JPKI_AUTH_PIN}, {MADO_AP_JPKI, MADO_EF_JPKI_SIGN_PIN},
    {MADO_AP_TEXT, MADO_EF_TEXT_PIN},      {MADO_AP_JUKI, MADO_EF_JUKI_PIN},
    {MADO_AP_COMMON, MADO_EF_JUKI_PIN},
};

const MadoCardSlot *
mado_card_record_slot(uint8_t slot)
{
    for (size_t i = 0; i < N_ELEMENTS(slots); i++) {
        if (slots[i].slot == slot) {
            return &slots[i];
        }
    }
    return NULL;
}

const MadoCardReference *
mado_card_record_reference(size_t i)
{
    return i < N_ELEMENTS(references) ? &references[i] : NULL;
}

bool
mado_card_record_is_whole(const MadoCardState *state, uint8_t slot)
{
    const MadoCardItem *cert =
        mado_card_state_item(state, MADO_CARD_ITEM_STAGED_CERT, MADO_AP_JPKI, slot);

    return cert != NULL && cert->len > 0 && cert->len == cert->total;
}

static bool
write_hash(MadoWriter *writer, uint32_t tag, const uint8_t *data, size_t len)
{
    uint8_t hash[MADO_CARD_RSA_HASH_LEN];

    if (!mado_card_rsa_hash(data, len, hash)) {
        return false;
    }
    mado_writer_tlv(writer, tag, hash, sizeof(hash));
    return true;
}

/* {SLOT, KEY_HASH, [CERT_HASH]}; cert NULL when it is not whole. */
static bool
write_slot(MadoWriter *writer,
           uint32_t tag,
           uint8_t slot,
           const MadoCardItem *key,
           const MadoCardItem *cert)
{
    uint8_t template[TEMPLATE_CAP];
    MadoWriter public_key;
    size_t mark = mado_writer_begin(writer, tag);

    mado_writer_init(&public_key, template, sizeof(template));
    if (!mado_card_rsa_write_public(key->data, key->len, &public_key)) {
        return false;
    }
    mado_writer_tlv(writer, MADO_TAG_SLOT, &slot, 1);
    if (!write_hash(writer, MADO_TAG_KEY_HASH, template, mado_writer_len(&public_key)) ||
        (cert != NULL && !write_hash(writer, MADO_TAG_CERT_HASH, cert->data, cert->len))) {
        return false;
    }
    mado_writer_end(writer, mark);
    return true;
}

static bool
write_slots(const MadoCardState *state, MadoWriter *writer, bool staged)
{
    for (size_t i = 0; i < N_ELEMENTS(slots); i++) {
        const MadoCardSlot *slot = &slots[i];
        const MadoCardItem *key =
            mado_card_state_item(state, MADO_CARD_ITEM_KEY, MADO_AP_JPKI,
                                 staged ? slot->staged_key : slot->live_key);
        const MadoCardItem *cert = staged
                                       ? mado_card_state_item(state, MADO_CARD_ITEM_STAGED_CERT,
                                                              MADO_AP_JPKI, slot->slot)
                                       : mado_card_state_item(state, MADO_CARD_ITEM_FILE,
                                                              MADO_AP_JPKI, slot->live_cert);

        if (key == NULL) {
            continue;
        }
        if (staged && !mado_card_record_is_whole(state, slot->slot)) {
            cert = NULL;
        }
        if (!write_slot(writer, staged ? MADO_TAG_STAGED : MADO_TAG_LIVE, slot->slot, key,
                        cert)) {
            return false;
        }
    }
    return true;
}

static void
write_number(MadoWriter *writer, uint32_t tag, uint32_t value, size_t len)
{
    uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                        (uint8_t)value};

    mado_writer_tlv(writer, tag, bytes + sizeof(bytes) - len, len);
}

static void
write_pins(const MadoCardState *state, MadoWriter *writer)
{
    for (size_t i = 0; i < state->n_pins; i++) {
        const MadoCardPin *pin = &state->pins[i];
        bool told = false;
        size_t mark;

        for (size_t j = 0; j < N_ELEMENTS(references); j++) {
            told = told || (references[j].ap == pin->ap && references[j].ef == pin->ef);
        }
        if (!told) {
            continue;
        }
        mark = mado_writer_begin(writer, MADO_TAG_PIN_STATE);
        write_number(writer, MADO_TAG_AP, pin->ap, 1);
        write_number(writer, MADO_TAG_EF, pin->ef, 2);
        write_number(writer, MADO_TAG_PIN_FLAGS, pin->flags, 1);
        write_number(writer, MADO_TAG_PIN_CHANGES, pin->changes, 2);
        write_number(writer, MADO_TAG_PIN_TRIES, pin->tries, 1);
        mado_writer_end(writer, mark);
    }
}

bool
mado_card_record_write(const MadoCardState *state, MadoWriter *writer)
{
    size_t mark = mado_writer_begin(writer, MADO_OBJECT_RECORD);

    write_number(writer, MADO_TAG_PROFILE, MADO_PROFILE_VERSION, 1);
    write_number(writer, MADO_TAG_LIFE, state->life, 1);
    write_number(writer, MADO_TAG_PHASE, state->phase, 1);
    write_number(writer, MADO_TAG_FENCING, state->fencing, 4);
    if (state->phase == MADO_PHASE_OPEN) {
        mado_writer_tlv(writer, MADO_TAG_TRANSACTION, state->transaction,
                        sizeof(state->transaction));
    }
    if (state->has_committed) {
        mado_writer_tlv(writer, MADO_TAG_COMMITTED, state->committed, sizeof(state->committed));
    }
    if (!write_slots(state, writer, true) || !write_slots(state, writer, false)) {
        return false;
    }
    write_pins(state, writer);
    mado_writer_end(writer, mark);
    return true;
}
