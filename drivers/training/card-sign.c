/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/training/card-sign.h"

#include "drivers/training/card-rsa.h"

#define EF_COMMON_KEY 0x0019

static uint16_t
sign_with(MadoCard *self,
          uint16_t ef,
          MadoCardRsaScheme scheme,
          const MadoCommand *command,
          MadoWriter *answer)
{
    const MadoCardItem *key =
        mado_card_state_item(&self->state, MADO_CARD_ITEM_KEY, self->ap, ef);
    uint8_t signature[MADO_CARD_RSA_LEN];

    if (key == NULL) {
        return 0x6A88;
    }
    if (!mado_card_rsa_sign(key->data, key->len, scheme, command->data, command->data_len,
                            signature)) {
        return 0x6F00;
    }
    mado_writer_bytes(answer, signature, sizeof(signature));
    return 0x9000;
}

/* The key that P2 names, and whether it may be used now. */
static uint16_t
find_key(const MadoCard *self, uint8_t p2, uint16_t *ret_ef)
{
    const MadoCardEf *ef = NULL;
    uint16_t sw;

    if (p2 == 0x00) {
        return mado_card_layout_default_key(self->ap, ret_ef) ? 0x9000 : 0x6A86;
    }
    sw = mado_card_core_named_ef(self, p2, &ef);
    if (sw != 0x9000) {
        return sw;
    }
    if (ef->kind != MADO_CARD_EF_KEY) {
        return 0x6981;
    }
    *ret_ef = ef->ef;
    return mado_card_core_is_open(self, ef) ? 0x9000 : 0x6982;
}

uint16_t
mado_card_sign_data(MadoCard *self, const MadoCommand *command, MadoWriter *answer)
{
    uint16_t ef = 0;
    uint16_t sw;

    if (command->p1 > MADO_CARD_RSA_PSS_HASH) {
        return 0x6A86;
    }
    if (mado_card_core_is_stopped(self)) {
        return 0x6985;
    }
    sw = find_key(self, command->p2, &ef);
    if (sw != 0x9000) {
        return sw;
    }
    if (!mado_card_rsa_takes(command->p1, command->data_len)) {
        return 0x6700;
    }
    return sign_with(self, ef, (MadoCardRsaScheme)command->p1, command, answer);
}

uint16_t
mado_card_sign_challenge(MadoCard *self, const MadoCommand *command, MadoWriter *answer)
{
    if (self->ap != MADO_AP_COMMON) {
        return self->ap == MADO_AP_JUKI || self->ap == MADO_AP_JPKI ? 0x6982 : 0x6985;
    }
    if (command->p1 != 0x00 || command->p2 != (0x80 | EF_COMMON_KEY)) {
        return 0x6A86;
    }
    if (mado_card_core_is_stopped(self)) {
        return 0x6985;
    }
    if (!mado_card_rsa_takes(MADO_CARD_RSA_HASH, command->data_len)) {
        return 0x6700;
    }
    return sign_with(self, EF_COMMON_KEY, MADO_CARD_RSA_HASH, command, answer);
}
