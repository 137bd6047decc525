/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/training/card-read.h"

#include "drivers/training/card-channel.h"
#include "drivers/training/card-issuer.h"
#include "drivers/training/card-session.h"

#define TAG_CARD_ID     0x0045
#define TAG_CONTACT_ATR 0x5F51
#define TAG_FCI         0x6F
#define TAG_DF_NAME     0x84
#define MAX_SFI         0x1E

/* ---- SELECT
 * -------------------------------------------------------------------------------------------
 */

/* Which applications this card was made with; a card of another scheme has none but the ISD. */
static unsigned
present_applications(const MadoCardState *state)
{
    unsigned present = 1U << MADO_AP_ISD;

    for (size_t i = 0; i < state->n_items; i++) {
        if (state->items[i].ap <= MADO_AP_COMMON) {
            present |= 1U << state->items[i].ap;
        }
    }
    return present;
}

static uint16_t
select_application(MadoCard *self, const MadoCommand *command, MadoWriter *answer)
{
    const uint8_t *aid;
    size_t aid_len;
    uint8_t ap;

    if (command->data_len == 0 || command->data_len > 16) {
        return 0x6700;
    }
    if (!mado_card_layout_select(present_applications(&self->state), command->data,
                                 command->data_len, &ap)) {
        return 0x6A82;
    }
    if (ap != self->verified_ap) {
        self->verified = 0; /* of another application; the same one again keeps it */
        self->verified_ap = ap;
    }
    mado_card_session_close(self);
    self->ap = ap;
    self->has_ef = false;
    if (command->p2 == 0x00) {
        size_t mark = mado_writer_begin(answer, TAG_FCI);

        mado_card_layout_aid(ap, &aid, &aid_len);
        mado_writer_tlv(answer, TAG_DF_NAME, aid, aid_len);
        mado_writer_end(answer, mark);
    }
    return 0x9000;
}

static uint16_t
select_file(MadoCard *self, const MadoCommand *command)
{
    uint16_t ef;

    if (command->data_len != 2) {
        return 0x6700;
    }
    ef = (uint16_t)(command->data[0] << 8 | command->data[1]);
    if (mado_card_core_find_ef(self, ef) == NULL) {
        return 0x6A82;
    }
    self->ef = ef;
    self->has_ef = true;
    return 0x9000;
}

/* The real card cannot select its master file; what it answers depends on where it is. */
static uint16_t
select_master_file(const MadoCard *self, const MadoCommand *command)
{
    if (command->data_len != 0) {
        return 0x6A82;
    }
    return self->ap == MADO_AP_ISD ? 0x6A86 : 0x9000;
}

uint16_t
mado_card_read_select(MadoCard *self, const MadoCommand *command, MadoWriter *answer)
{
    if (command->p1 == 0x00 && command->p2 == 0x00) {
        return select_master_file(self, command);
    }
    if (command->p2 != 0x0C && command->p2 != 0x00) {
        return 0x6A86;
    }
    switch (command->p1) {
    case 0x00:
        return select_master_file(self, command);
    case 0x02:
        return select_file(self, command);
    case 0x04:
        return select_application(self, command, answer);
    default:
        return 0x6A86;
    }
}

/* ---- READ BINARY, READ RECORD
 * ------------------------------------------------------------------------- */

/* The file that P1P2 names and where in it; makes a file named by its short identifier the
 * current one. */
static uint16_t
locate(MadoCard *self, const MadoCommand *command, const MadoCardEf **ret_ef, size_t *ret_at)
{
    if ((command->p1 & 0x80) == 0) {
        if (!self->has_ef) {
            return 0x6986;
        }
        *ret_ef = mado_card_core_find_ef(self, self->ef);
        *ret_at = (size_t)(command->p1 << 8 | command->p2);
        return *ret_ef == NULL ? 0x6986 : 0x9000;
    }
    if ((command->p1 & 0x60) != 0 || (command->p1 & 0x1F) == 0 ||
        (command->p1 & 0x1F) > MAX_SFI) {
        return 0x6A86;
    }
    *ret_ef = mado_card_core_find_ef(self, command->p1 & 0x1F);
    if (*ret_ef == NULL) {
        return 0x6A82;
    }
    self->ef = (*ret_ef)->ef;
    self->has_ef = true;
    *ret_at = command->p2;
    return 0x9000;
}

uint16_t
mado_card_read_binary(MadoCard *self, const MadoCommand *command, MadoWriter *answer)
{
    const MadoCardEf *ef = NULL;
    const MadoCardItem *file;
    size_t at = 0;
    size_t left;
    uint16_t sw = locate(self, command, &ef, &at);

    if (sw != 0x9000) {
        return sw;
    }
    if (command->data_len != 0 || command->ne == 0) {
        return 0x6700;
    }
    if (ef->kind != MADO_CARD_EF_FILE) {
        return 0x6981;
    }
    if (!mado_card_core_is_open(self, ef)) {
        return 0x6982;
    }
    file = mado_card_state_item(&self->state, MADO_CARD_ITEM_FILE, self->ap, ef->ef);
    if (file == NULL || at >= file->len) {
        return 0x6B00;
    }
    left = file->len - at;
    mado_writer_bytes(answer, file->data + at, left < command->ne ? left : command->ne);
    return 0x9000;
}

uint16_t
mado_card_read_record(MadoCard *self, const MadoCommand *command, MadoWriter *answer)
{
    uint8_t sfi = command->p2 >> 3;
    const MadoCardItem *record;
    const MadoCardEf *ef;

    if ((command->p2 & 0x07) != 0x04 || sfi > MAX_SFI) {
        return 0x6A86;
    }
    if (sfi == 0 && !self->has_ef) {
        return 0x6986;
    }
    ef = mado_card_core_find_ef(self, sfi == 0 ? self->ef : sfi);
    if (ef == NULL) {
        return 0x6A82;
    }
    self->ef = ef->ef;
    self->has_ef = true;
    if (ef->kind != MADO_CARD_EF_RECORD) {
        return 0x6981;
    }
    record = mado_card_state_item(&self->state, MADO_CARD_ITEM_FILE, self->ap, ef->ef);
    if (command->p1 != 1 || record == NULL) {
        return 0x6A83;
    }
    if (command->data_len != 0 || command->ne == 0) {
        return 0x6700;
    }
    if (command->ne < record->len) {
        return (uint16_t)(0x6C00 | (record->len & 0xFF));
    }
    mado_writer_bytes(answer, record->data, record->len);
    return 0x9000;
}

/* ---- GET DATA, GET CHALLENGE
 * -------------------------------------------------------------------------- */

/* Objects of the real card: exactly their bytes, no chaining. */
static uint16_t
real_object(const MadoCard *self, const MadoCommand *command, MadoWriter *answer)
{
    uint16_t tag = (uint16_t)(command->p1 << 8 | command->p2);
    const MadoCardItem *object;

    if (self->ap != MADO_AP_ISD && tag != TAG_CONTACT_ATR) {
        return 0x6A88;
    }
    object = mado_card_state_item(&self->state, MADO_CARD_ITEM_OBJECT, MADO_AP_ISD, tag);
    if (object == NULL) {
        return 0x6A88;
    }
    if (object->len > 256 && command->ne <= 256) {
        return 0x6700;
    }
    if (command->ne < object->len) {
        return (uint16_t)(0x6C00 | (object->len & 0xFF));
    }
    mado_writer_bytes(answer, object->data, object->len);
    return 0x9000;
}

uint16_t
mado_card_read_data(MadoCard *self, const MadoCommand *command, MadoWriter *answer)
{
    uint16_t tag = (uint16_t)(command->p1 << 8 | command->p2);
    bool plain_form = command->cla == 0x80 || command->cla == 0x00;

    if (command->data_len != 0 || !plain_form) {
        return 0x6700;
    }
    if (self->ap == MADO_AP_ISD && tag == TAG_CARD_ID) {
        mado_writer_tlv(answer, TAG_CARD_ID, self->state.card_id, sizeof(self->state.card_id));
        return 0x9000;
    }
    if (self->ap == MADO_AP_ISD && mado_card_issuer_is_object(tag)) {
        return mado_card_issuer_get(self, tag, answer);
    }
    return real_object(self, command, answer);
}

uint16_t
mado_card_read_challenge(MadoCard *self, const MadoCommand *command, MadoWriter *answer)
{
    uint8_t challenge[256];

    if (command->p1 != 0 || command->p2 != 0) {
        return 0x6A86;
    }
    if (command->extended) {
        return 0x6985; /* as measured */
    }
    if (command->data_len != 0 || command->ne == 0) {
        return 0x6700;
    }
    if (!self->ports.random.fill(self->ports.random.user, challenge, command->ne)) {
        return 0x6F00;
    }
    mado_writer_bytes(answer, challenge, command->ne);
    return 0x9000;
}
