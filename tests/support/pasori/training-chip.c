/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/support/pasori/training-chip.h"

#include "madoguchi/card.h"

#define INS_SIGN_DATA      0x2AU
#define INS_SIGN_CHALLENGE 0x88U

#define WORK_US     2000U
#define SIGN_US     700000U /* longer than the card's FWT, so that it has to ask for more time */
#define GENERATE_US 4600000U /* drivers/training/README.md: the mean of real cards */

uint64_t
pasori_training_chip_spent_us(const uint8_t *command, size_t len)
{
    uint8_t ins = len > 1 ? command[1] : 0;

    if (ins == MADO_INS_GENERATE) {
        return GENERATE_US;
    }
    return ins == INS_SIGN_DATA || ins == INS_SIGN_CHALLENGE ? SIGN_US : WORK_US;
}

/* ---- a slot
 * -------------------------------------------------------------------------------------------
 */

static bool
is_bay_present(void *user)
{
    return mado_bay_is_present(user);
}

static bool
power_bay_up(void *user)
{
    return mado_bay_power_up(user) == MADO_BAY_OK;
}

static void
reset_bay(void *user)
{
    (void)mado_bay_reset(user);
}

static void
power_bay_down(void *user)
{
    mado_bay_power_down(user);
}

static bool
exchange_with_bay(void *user, const uint8_t *command, size_t len, PasoriChipAnswer *ret_answer)
{
    ret_answer->spent_us = pasori_training_chip_spent_us(command, len);
    return mado_bay_transmit(user, command, len, ret_answer->data, ret_answer->cap,
                             &ret_answer->len) == MADO_BAY_OK;
}

PasoriChip
pasori_training_chip_of_bay(MadoBay *bay)
{
    return (PasoriChip){.user = bay,
                        .is_present = is_bay_present,
                        .power_up = power_bay_up,
                        .reset = reset_bay,
                        .power_down = power_bay_down,
                        .exchange = exchange_with_bay};
}

/* ---- the core
 * ----------------------------------------------------------------------------------------- */

static bool
is_card_present(void *user)
{
    (void)user;
    return true;
}

static bool
power_card_up(void *user)
{
    return mado_card_power_up(user) == MADO_CARD_OK;
}

static void
reset_card(void *user)
{
    mado_card_reset(user);
}

static void
power_card_down(void *user)
{
    mado_card_power_down(user);
}

static bool
exchange_with_card(void *user, const uint8_t *command, size_t len, PasoriChipAnswer *ret_answer)
{
    ret_answer->spent_us = pasori_training_chip_spent_us(command, len);
    return mado_card_exchange(user, command, len, ret_answer->data, ret_answer->cap,
                              &ret_answer->len) == MADO_CARD_OK;
}

PasoriChip
pasori_training_chip_of_card(MadoCard *card)
{
    return (PasoriChip){.user = card,
                        .is_present = is_card_present,
                        .power_up = power_card_up,
                        .reset = reset_card,
                        .power_down = power_card_down,
                        .exchange = exchange_with_card};
}
