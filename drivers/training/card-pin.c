/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/training/card-pin.h"

#include "common/wipe.h"

#include <string.h>

#define DIGITS_LEN       4U
#define PASSWORD_MIN_LEN 6U
#define PASSWORD_MAX_LEN 16U

/* The references whose value the holder may choose; 照合番号 and the birth date never change.
 */
static bool
is_holders(const MadoCardPin *pin)
{
    switch (pin->ap) {
    case MADO_AP_JPKI:
        return true;
    case MADO_AP_TEXT:
        return pin->ef == MADO_EF_TEXT_PIN;
    case MADO_AP_JUKI:
    case MADO_AP_COMMON:
        return pin->ef == MADO_EF_JUKI_PIN;
    default:
        return false;
    }
}

/* The form the card itself checks: not that a password has both letters and digits, which is
 * the desk's rule. */
static bool
has_form(const MadoCardPin *pin, const uint8_t *value, size_t len)
{
    bool password = pin->ap == MADO_AP_JPKI && pin->ef == MADO_EF_JPKI_SIGN_PIN;

    if (password ? len < PASSWORD_MIN_LEN || len > PASSWORD_MAX_LEN : len != DIGITS_LEN) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        bool digit = value[i] >= '0' && value[i] <= '9';
        bool letter = value[i] >= 'A' && value[i] <= 'Z';

        if (!digit && !(password && letter)) {
            return false;
        }
    }
    return true;
}

static uint32_t
bit_of(const MadoCard *self, const MadoCardPin *pin)
{
    return 1U << (unsigned)(pin - self->state.pins);
}

/* The reference that P2 names. */
static uint16_t
find(MadoCard *self, const MadoCommand *command, MadoCardPin **ret_pin)
{
    const MadoCardEf *ef = NULL;
    uint16_t sw = mado_card_core_named_ef(self, command->p2, &ef);

    if (sw != 0x9000) {
        return sw;
    }
    if (ef->kind != MADO_CARD_EF_PIN) {
        return 0x6981;
    }
    *ret_pin = mado_card_state_pin(&self->state, self->ap, ef->ef);
    return *ret_pin == NULL ? 0x6A88 : 0x9000;
}

static bool
matches(const MadoCardPin *pin, const uint8_t *value, size_t len)
{
    return len == pin->len && mado_wipe_equal(value, pin->value, len);
}

/* A wrong value: one try less, durable before the answer. 63C0 for the last, 6984 from then on.
 */
static uint16_t
count_wrong(MadoCard *self, MadoCardPin *pin)
{
    uint8_t left;

    pin->tries--;
    left = pin->tries;
    self->verified &= ~bit_of(self, pin);
    if (mado_card_core_save(self) == MADO_CARD_CORE_MUTE) {
        return MADO_CARD_CORE_MUTE;
    }
    return (uint16_t)(0x63C0 | left);
}

/*
 * The tries are told of a verified reference too. ISO/IEC 7816-4 would allow 9000 there, but
 * OpenSC's driver, written on real cards, gives its session up on that answer.
 */
static uint16_t
tell_tries(const MadoCardPin *pin)
{
    return (pin->flags & MADO_PIN_FLAG_UNSET) != 0 ? 0x6984 : (uint16_t)(0x63C0 | pin->tries);
}

static uint16_t
verify(MadoCard *self, MadoCardPin *pin, const MadoCommand *command)
{
    bool full = pin->tries == pin->max_tries;

    if (mado_card_core_is_stopped(self) || (pin->flags & MADO_PIN_FLAG_TRANSPORT) != 0) {
        return 0x6985;
    }
    if (pin->tries == 0 || (pin->flags & MADO_PIN_FLAG_UNSET) != 0) {
        return 0x6984;
    }
    if (!matches(pin, command->data, command->data_len)) {
        return count_wrong(self, pin);
    }
    pin->tries = pin->max_tries;
    if (!full && mado_card_core_save(self) == MADO_CARD_CORE_MUTE) {
        return MADO_CARD_CORE_MUTE;
    }
    self->verified_ap = self->ap;
    self->verified |= bit_of(self, pin);
    return 0x9000;
}

uint16_t
mado_card_pin_verify(MadoCard *self, const MadoCommand *command, MadoWriter *answer)
{
    MadoCardPin *pin = NULL;
    uint16_t sw;

    (void)answer;
    if (command->p1 != 0x00) {
        return 0x6A86;
    }
    sw = find(self, command, &pin);
    if (sw != 0x9000) {
        return sw;
    }
    return command->data_len == 0 ? tell_tries(pin) : verify(self, pin, command);
}

/* ---- changing
 * ----------------------------------------------------------------------------------------- */

static uint16_t
store_value(MadoCard *self, MadoCardPin *pin, const uint8_t *value, size_t len)
{
    mado_wipe(pin->value, sizeof(pin->value));
    memcpy(pin->value, value, len);
    pin->len = (uint8_t)len;
    pin->tries = pin->max_tries;
    pin->flags = 0;
    pin->changes++;
    return mado_card_core_save(self);
}

/* A new value alone, by whoever has verified the old one. */
static uint16_t
change_verified(MadoCard *self, MadoCardPin *pin, const MadoCommand *command)
{
    if (mado_card_core_is_stopped(self) || (pin->flags & MADO_PIN_FLAG_TRANSPORT) != 0) {
        return 0x6985;
    }
    if (pin->tries == 0 || (pin->flags & MADO_PIN_FLAG_UNSET) != 0) {
        return 0x6984;
    }
    if (!is_holders(pin) || self->verified_ap != self->ap ||
        (self->verified & bit_of(self, pin)) == 0) {
        return 0x6982;
    }
    if (!has_form(pin, command->data, command->data_len)) {
        return 0x6A80;
    }
    return store_value(self, pin, command->data, command->data_len);
}

/* Old and new in one command: the only thing a transport PIN is good for. */
static uint16_t
change_transport(MadoCard *self, MadoCardPin *pin, const MadoCommand *command)
{
    const uint8_t *new_value;
    size_t new_len;

    if (pin->tries == 0) {
        return 0x6984;
    }
    if (command->data_len <= pin->len) {
        return 0x6A80;
    }
    new_value = command->data + pin->len;
    new_len = command->data_len - pin->len;
    if (!has_form(pin, new_value, new_len)) {
        return 0x6A80;
    }
    if (!matches(pin, command->data, pin->len)) {
        return count_wrong(self, pin);
    }
    return store_value(self, pin, new_value, new_len);
}

uint16_t
mado_card_pin_change(MadoCard *self, const MadoCommand *command, MadoWriter *answer)
{
    MadoCardPin *pin = NULL;
    uint16_t sw;

    (void)answer;
    if (command->p1 > 0x01) {
        return 0x6A86;
    }
    sw = find(self, command, &pin);
    if (sw != 0x9000) {
        return sw;
    }
    if (command->data_len == 0) {
        return 0x6700;
    }
    if (command->p1 == 0x00) {
        if ((pin->flags & MADO_PIN_FLAG_TRANSPORT) == 0) {
            return 0x6A86;
        }
        return mado_card_core_is_stopped(self) ? 0x6985 : change_transport(self, pin, command);
    }
    if (self->ap == MADO_AP_JUKI || self->ap == MADO_AP_COMMON) {
        return (pin->flags & MADO_PIN_FLAG_TRANSPORT) != 0 ? 0x6985
                                                           : 0x6A86; /* theirs is 80 32 */
    }
    return change_verified(self, pin, command);
}

uint16_t
mado_card_pin_change_key(MadoCard *self, const MadoCommand *command, MadoWriter *answer)
{
    MadoCardPin *pin = NULL;
    uint16_t sw;

    (void)answer;
    if (self->ap != MADO_AP_JUKI && self->ap != MADO_AP_COMMON) {
        return 0x6D00;
    }
    if (command->p1 != 0x00) {
        return 0x6A86;
    }
    sw = find(self, command, &pin);
    if (sw != 0x9000) {
        return sw;
    }
    return command->data_len == 0 ? 0x6700 : change_verified(self, pin, command);
}
