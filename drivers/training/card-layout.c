/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/training/card-layout.h"

#include <madoguchi/card.h>
#include <string.h>

#define N_ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))

/* The visual AP's key has no file that can be selected: P2 = 00 is the one way to it. */
#define EF_VISUAL_KEY 0x0000
#define EF_TEXT_KEY   0x0013

static const uint8_t aid_isd[] = {MADO_AID_ISD};
static const uint8_t aid_jpki[] = {MADO_AID_JPKI};
static const uint8_t aid_visual[] = {MADO_AID_VISUAL};
static const uint8_t aid_text[] = {MADO_AID_TEXT};
static const uint8_t aid_juki[] = {MADO_AID_JUKI};
static const uint8_t aid_common[] = {MADO_AID_COMMON};

static const struct {
    uint8_t ap;
    const uint8_t *aid;
    size_t len;
} applications[] = {
    {MADO_AP_ISD, aid_isd, sizeof(aid_isd)},
    {MADO_AP_JPKI, aid_jpki, sizeof(aid_jpki)},
    {MADO_AP_COMMON, aid_common, sizeof(aid_common)},
    {MADO_AP_JUKI, aid_juki, sizeof(aid_juki)},
    {MADO_AP_VISUAL, aid_visual, sizeof(aid_visual)},
    {MADO_AP_TEXT, aid_text, sizeof(aid_text)},
};

#define FREE                                                                                   \
    {                                                                                          \
        0                                                                                      \
    }

/* clang-format off */
static const MadoCardEf files[] = {
    { MADO_AP_JPKI, 0x0001, MADO_CARD_EF_FILE, false, { 0x001B } },
    { MADO_AP_JPKI, 0x0002, MADO_CARD_EF_FILE, false, FREE },
    { MADO_AP_JPKI, 0x0005, MADO_CARD_EF_OPAQUE, true, FREE },
    { MADO_AP_JPKI, 0x0006, MADO_CARD_EF_FILE, false, FREE },
    { MADO_AP_JPKI, 0x0008, MADO_CARD_EF_FILE, false, FREE },
    { MADO_AP_JPKI, 0x0009, MADO_CARD_EF_FILE, true, FREE },
    { MADO_AP_JPKI, 0x000A, MADO_CARD_EF_FILE, false, FREE },
    { MADO_AP_JPKI, 0x000B, MADO_CARD_EF_FILE, false, FREE },
    { MADO_AP_JPKI, 0x0010, MADO_CARD_EF_OPAQUE, true, FREE },
    { MADO_AP_JPKI, 0x0016, MADO_CARD_EF_OPAQUE, true, FREE },
    { MADO_AP_JPKI, 0x0017, MADO_CARD_EF_KEY, false, { 0x0018 } },
    { MADO_AP_JPKI, 0x0018, MADO_CARD_EF_PIN, true, FREE },
    { MADO_AP_JPKI, 0x0019, MADO_CARD_EF_OPAQUE, true, FREE },
    { MADO_AP_JPKI, 0x001A, MADO_CARD_EF_KEY, false, { 0x001B } },
    { MADO_AP_JPKI, 0x001B, MADO_CARD_EF_PIN, true, FREE },
    { MADO_AP_JPKI, 0x001C, MADO_CARD_EF_OPAQUE, true, FREE },
    { MADO_AP_JPKI, 0x001E, MADO_CARD_EF_OPAQUE, true, FREE },
    { MADO_AP_JPKI, 0x0117, MADO_CARD_EF_KEY, false, { 0x0018 } },
    { MADO_AP_JPKI, 0x011A, MADO_CARD_EF_KEY, false, { 0x001B } },

    { MADO_AP_VISUAL, 0x0001, MADO_CARD_EF_FILE, false, { 0x0011 } },
    { MADO_AP_VISUAL, 0x0002, MADO_CARD_EF_FILE, false, { 0x0012, 0x0013 } },
    { MADO_AP_VISUAL, 0x0003, MADO_CARD_EF_FILE, false, FREE },
    { MADO_AP_VISUAL, 0x0004, MADO_CARD_EF_FILE, false, FREE },
    { MADO_AP_VISUAL, 0x0005, MADO_CARD_EF_FILE, false, { 0x0013 } },
    { MADO_AP_VISUAL, 0x0006, MADO_CARD_EF_FILE, false, { 0x0012, 0x0013 } },
    { MADO_AP_VISUAL, 0x0011, MADO_CARD_EF_PIN, true, FREE },
    { MADO_AP_VISUAL, 0x0012, MADO_CARD_EF_PIN, true, FREE },
    { MADO_AP_VISUAL, 0x0013, MADO_CARD_EF_PIN, true, FREE },

    { MADO_AP_TEXT, 0x0001, MADO_CARD_EF_FILE, false, { 0x0011, 0x0014 } },
    { MADO_AP_TEXT, 0x0002, MADO_CARD_EF_FILE, false, { 0x0011, 0x0015 } },
    { MADO_AP_TEXT, 0x0003, MADO_CARD_EF_FILE, false, { 0x0011, 0x0014, 0x0015 } },
    { MADO_AP_TEXT, 0x0004, MADO_CARD_EF_FILE, false, FREE },
    { MADO_AP_TEXT, 0x0005, MADO_CARD_EF_FILE, false, FREE },
    { MADO_AP_TEXT, 0x0006, MADO_CARD_EF_FILE, false, { 0x0011, 0x0014, 0x0015 } },
    { MADO_AP_TEXT, 0x0007, MADO_CARD_EF_FILE, false, { 0x0011, 0x0014, 0x0015 } },
    { MADO_AP_TEXT, 0x0008, MADO_CARD_EF_FILE, false, { 0x0011, 0x0014, 0x0015 } },
    { MADO_AP_TEXT, 0x0011, MADO_CARD_EF_PIN, true, FREE },
    { MADO_AP_TEXT, 0x0012, MADO_CARD_EF_PIN, true, FREE },
    { MADO_AP_TEXT, 0x0013, MADO_CARD_EF_KEY, false, FREE },
    { MADO_AP_TEXT, 0x0014, MADO_CARD_EF_PIN, true, FREE },
    { MADO_AP_TEXT, 0x0015, MADO_CARD_EF_PIN, true, FREE },

    { MADO_AP_JUKI, 0x0002, MADO_CARD_EF_RECORD, false, FREE },
    { MADO_AP_JUKI, 0x001C, MADO_CARD_EF_PIN, true, FREE },

    { MADO_AP_COMMON, 0x0001, MADO_CARD_EF_RECORD, false, FREE },
    { MADO_AP_COMMON, 0x0002, MADO_CARD_EF_RECORD, false, FREE },
    { MADO_AP_COMMON, 0x0019, MADO_CARD_EF_OPAQUE, true, FREE },
    { MADO_AP_COMMON, 0x001C, MADO_CARD_EF_PIN, true, FREE },
};
/* clang-format on */

const MadoCardEf *
mado_card_layout_ef(uint8_t ap, uint16_t ef)
{
    for (size_t i = 0; i < N_ELEMENTS(files); i++) {
        if (files[i].ap == ap && files[i].ef == ef) {
            return &files[i];
        }
    }
    return NULL;
}

bool
mado_card_layout_select(unsigned present, const uint8_t *aid, size_t len, uint8_t *ret_ap)
{
    for (size_t i = 0; i < N_ELEMENTS(applications); i++) {
        if ((present & 1U << applications[i].ap) != 0 && len > 0 &&
            len <= applications[i].len && memcmp(aid, applications[i].aid, len) == 0) {
            *ret_ap = applications[i].ap;
            return true;
        }
    }
    return false;
}

void
mado_card_layout_aid(uint8_t ap, const uint8_t **ret_aid, size_t *ret_len)
{
    size_t i = 0;

    while (i < N_ELEMENTS(applications) - 1 && applications[i].ap != ap) {
        i++;
    }
    *ret_aid = applications[i].aid;
    *ret_len = applications[i].len;
}

bool
mado_card_layout_default_key(uint8_t ap, uint16_t *ret_ef)
{
    if (ap != MADO_AP_TEXT && ap != MADO_AP_VISUAL) {
        return false;
    }
    *ret_ef = ap == MADO_AP_TEXT ? EF_TEXT_KEY : EF_VISUAL_KEY;
    return true;
}
