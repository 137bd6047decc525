/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/card/jpki.h"

#include "common/error.h"
#include "common/rsa.h"
#include "common/sw.h"
#include "common/tlv.h"
#include "daemon/card/file.h"

#include <string.h>

#define TAG_SEQUENCE  0x30U
#define LABEL_LEN     32U
#define PRESENCE_LEN  3U
#define CLA_PSO       0x80U
#define INS_PSO       0x2AU
#define P2_CURRENT_EF 0x80U
#define SIGNATURE_LEN 256U

GBytes *
mado_jpki_certificate(MadoCard *card, guint16 ef, GError **error)
{
    g_autoptr(MadoSecret) file = mado_file_read(card, MADO_AP_JPKI, ef, error);
    MadoCursor cursor;
    MadoBytesStatus status;
    MadoTlv tlv;

    if (file == NULL)
        return NULL;
    mado_cursor_init(&cursor, mado_secret_peek(file), mado_secret_len(file));
    status = mado_tlv_next_filled(&cursor, &tlv);
    if (status == MADO_BYTES_MISSING) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_NOT_FOUND, "file %04X holds no certificate",
                    ef);
        return NULL;
    }
    if (status != MADO_BYTES_OK || tlv.tag != TAG_SEQUENCE ||
        tlv.raw_len > MADO_LIMIT_CERTIFICATE_LEN) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CARD_DATA, "file %04X is no certificate", ef);
        return NULL;
    }
    return g_bytes_new(tlv.raw, tlv.raw_len);
}

gboolean
mado_jpki_presence(MadoCard *card, gboolean *ret_auth, gboolean *ret_sign, GError **error)
{
    guint8 data[PRESENCE_LEN];

    if (!mado_file_read_head(card, MADO_AP_JPKI, MADO_EF_JPKI_PRESENCE, data, sizeof data,
                             error))
        return FALSE;
    *ret_sign = data[0] != 0; /* 8F when there is one */
    *ret_auth = data[1] != 0;
    return TRUE;
}

char *
mado_jpki_token_label(MadoCard *card, GError **error)
{
    guint8 label[LABEL_LEN];
    char *text;

    if (!mado_file_read_head(card, MADO_AP_JPKI, MADO_EF_JPKI_TOKEN_INFO, label, sizeof label,
                             error))
        return NULL;
    text = g_strndup((const char *)label, sizeof label);
    for (char *at = text; *at != '\0'; at++) {
        if (!g_ascii_isprint(*at))
            *at = '?';
    }
    return g_strchomp(text);
}

static gboolean
select_staged(MadoCard *card, MadoSlot slot, GError **error)
{
    guint16 ef =
        slot == MADO_SLOT_AUTH ? MADO_EF_JPKI_STAGED_AUTH_KEY : MADO_EF_JPKI_STAGED_SIGN_KEY;
    g_autoptr(GError) local_error = NULL;

    if (!mado_card_select(card, MADO_AP_JPKI, error))
        return FALSE;
    if (mado_card_select_file(card, ef, &local_error))
        return TRUE;
    if (g_error_matches(local_error, MADO_ERROR, MADO_ERROR_CARD_REFUSED)) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CARD_STATE, "no key is staged in slot %d",
                    (int)slot);
        return FALSE;
    }
    g_propagate_error(error, g_steal_pointer(&local_error));
    return FALSE;
}

GBytes *
mado_jpki_sign_staged(MadoCard *card, MadoSlot slot, const guint8 digest[32], GError **error)
{
    guint8 data[MADO_RSA_DIGEST_INFO_LEN];
    MadoCommand command = {.cla = CLA_PSO,
                           .ins = INS_PSO,
                           .p2 = P2_CURRENT_EF,
                           .data = data,
                           .data_len = sizeof data,
                           .ne = 256};
    MadoResponse response;

    g_return_val_if_fail(slot == MADO_SLOT_AUTH || slot == MADO_SLOT_SIGN, NULL);
    mado_rsa_digest_info(digest, data);
    if (!select_staged(card, slot, error) ||
        !mado_card_exchange(card, &command, &response, error) ||
        !mado_card_expect_ok(&response, "signing", error))
        return NULL;
    if (response.data_len != SIGNATURE_LEN) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CARD_DATA,
                            "signing: the answer has a wrong length");
        return NULL;
    }
    return g_bytes_new(response.data, response.data_len);
}
