/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/card/isd.h"

#include "common/error.h"
#include "common/record.h"
#include "common/sw.h"
#include "common/tlv.h"

#include <string.h>

#define TAG_CARD_ID           0x45U
#define OBJECT_CARD_ID        0x0045U
#define INS_INITIALIZE_UPDATE 0x50U
/* Amendment D, 7.1.1.6: diversification 10, key information 3, challenge 8, cryptogram 8. */
#define INITIALIZE_LEN 29U

/* GET DATA with the ISD selected; ret_response as the card says it. */
static gboolean
get_data(MadoCard *card, guint16 object, MadoResponse *ret_response, GError **error)
{
    MadoCommand command = {.ins = MADO_INS_GET_DATA,
                           .p1 = (guint8)(object >> 8),
                           .p2 = (guint8)(object & 0xFFU),
                           .ne = 256};

    return mado_card_select(card, MADO_AP_ISD, error) &&
           mado_card_exchange(card, &command, ret_response, error);
}

static gboolean
expect_profile(const MadoResponse *response, GError **error)
{
    if (response->sw == MADO_SW_OK)
        return TRUE;
    g_set_error(error, MADO_ERROR, MADO_ERROR_CARD_UNKNOWN,
                "the card has no issuer profile of ours (%04X)", response->sw);
    return FALSE;
}

gboolean
mado_isd_card_id(MadoCard *card, guint8 ret_id[MADO_CARD_ID_LEN], GError **error)
{
    MadoResponse response;
    MadoTlv tlv;

    if (!get_data(card, OBJECT_CARD_ID, &response, error) || !expect_profile(&response, error))
        return FALSE;
    if (mado_tlv_only(response.data, response.data_len, TAG_CARD_ID, &tlv) != MADO_BYTES_OK ||
        tlv.len != MADO_CARD_ID_LEN) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CARD_UNKNOWN,
                            "the card id has not the form of our profile");
        return FALSE;
    }
    memcpy(ret_id, tlv.value, MADO_CARD_ID_LEN);
    return TRUE;
}

/* A record that is no record is its reader's to refuse. */
static gboolean
expect_version(const MadoResponse *response, GError **error)
{
    unsigned profile = 0;

    if (mado_record_profile(response->data, response->data_len, &profile) != MADO_BYTES_OK ||
        profile <= MADO_PROFILE_VERSION)
        return TRUE;
    g_set_error(error, MADO_ERROR, MADO_ERROR_CARD_DATA,
                "the card's issuer profile %u is newer than this program's, %d", profile,
                MADO_PROFILE_VERSION);
    return FALSE;
}

GBytes *
mado_isd_record(MadoCard *card, GError **error)
{
    MadoResponse response;

    if (!get_data(card, MADO_OBJECT_RECORD, &response, error) ||
        !expect_profile(&response, error) || !expect_version(&response, error))
        return NULL;
    return g_bytes_new(response.data, response.data_len);
}

GBytes *
mado_isd_staged_key(MadoCard *card, MadoSlot slot, GError **error)
{
    guint16 object = slot == MADO_SLOT_AUTH ? MADO_OBJECT_STAGED_AUTH : MADO_OBJECT_STAGED_SIGN;
    MadoResponse response;

    g_return_val_if_fail(slot == MADO_SLOT_AUTH || slot == MADO_SLOT_SIGN, NULL);
    if (!get_data(card, object, &response, error))
        return NULL;
    if (mado_sw_meaning(response.sw) == MADO_SW_MEANING_NOT_FOUND) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_NOT_FOUND, "no key is staged in slot %d",
                    (int)slot);
        return NULL;
    }
    if (!mado_card_expect_ok(&response, "reading a staged key", error))
        return NULL;
    return g_bytes_new(response.data, response.data_len);
}

GBytes *
mado_isd_initialize_update(MadoCard *card,
                           guint8 key_version,
                           const guint8 host_challenge[MADO_CHALLENGE_LEN],
                           GError **error)
{
    MadoCommand command = {.cla = 0x80,
                           .ins = INS_INITIALIZE_UPDATE,
                           .p1 = key_version,
                           .data = host_challenge,
                           .data_len = MADO_CHALLENGE_LEN,
                           .ne = 256};
    MadoResponse response;

    if (!mado_card_select(card, MADO_AP_ISD, error) ||
        !mado_card_exchange(card, &command, &response, error) ||
        !mado_card_expect_ok(&response, "opening the issuer's channel", error))
        return NULL;
    if (response.data_len != INITIALIZE_LEN) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CARD_DATA,
                            "opening the issuer's channel: the answer has a wrong length");
        return NULL;
    }
    return g_bytes_new(response.data, response.data_len);
}
