/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/card/common-juki.h"

#include "common/digits.h"
#include "common/error.h"

#include <string.h>

#define INS_READ_RECORD 0xB2U
#define P2_SFI_1        0x0CU /* record number in P1, SFI 1 */
/* Simple-TLV, not BER: 01 1C, then serial, municipality and expiry as digits. */
#define RECORD_TAG    0x01U
#define RECORD_DIGITS (MADO_SERIAL_LEN + MADO_MUNICIPALITY_LEN + MADO_DATE_LEN)

static void
take_digits(MadoCursor *cursor, char *ret_text, gsize len)
{
    const guint8 *data = NULL;

    if (mado_cursor_take(cursor, len, &data))
        memcpy(ret_text, data, len);
    ret_text[len] = '\0';
}

static gboolean
parse_record(const MadoResponse *response, MadoCommonJukiRecord *ret_record)
{
    MadoCursor cursor;
    MadoCursor digits;
    guint8 tag;
    guint8 len;

    mado_cursor_init(&cursor, response->data, response->data_len);
    if (!mado_cursor_u8(&cursor, &tag) || tag != RECORD_TAG || !mado_cursor_u8(&cursor, &len) ||
        len != RECORD_DIGITS || !mado_cursor_sub(&cursor, len, &digits) ||
        !mado_digits_are_digits((const char *)digits.data, digits.len))
        return FALSE;
    take_digits(&digits, ret_record->serial, MADO_SERIAL_LEN);
    take_digits(&digits, ret_record->municipality, MADO_MUNICIPALITY_LEN);
    take_digits(&digits, ret_record->expiry, MADO_DATE_LEN);
    return TRUE;
}

gboolean
mado_common_juki_record(MadoCard *card, MadoCommonJukiRecord *ret_record, GError **error)
{
    MadoCommand command = {.ins = INS_READ_RECORD, .p1 = 1, .p2 = P2_SFI_1, .ne = 256};
    MadoResponse response;

    if (!mado_card_select(card, MADO_AP_COMMON, error) ||
        !mado_card_exchange(card, &command, &response, error) ||
        !mado_card_expect_ok(&response, "reading record 1", error))
        return FALSE;
    if (parse_record(&response, ret_record))
        return TRUE;
    g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CARD_DATA,
                        "record 1 of the common application is malformed");
    return FALSE;
}
