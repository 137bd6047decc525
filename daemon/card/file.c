/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/card/file.h"

#include "common/error.h"
#include "common/sw.h"
#include "common/tlv.h"

#include <string.h>

#define INS_READ_BINARY 0xB0U
#define P1_SFI          0x80U
#define SFI_MAX         0x1EU
#define PIECE_LEN       256U
/* 15-bit offsets (7816-4, 11.2.3). */
#define OFFSET_MAX 0x7FFFU
/* The text application signs its number file with two bytes of filler behind the object. */
#define SIGNED_FILLER_LEN 2U

typedef enum {
    READ_DONE,
    READ_FAILED,
    READ_AGAIN, /* the reader or card does not take extended length */
} ReadResult;

static gboolean
is_data(const MadoResponse *response)
{
    /* 6282: the end of the file came before Ne bytes (7816-4, 7.2.2). */
    return response->sw == MADO_SW_OK || response->sw == 0x6282U;
}

/* The words by which a card that knows no extended length, or less than 65536, refuses it. */
static gboolean
is_length_refused(const MadoResponse *response)
{
    switch (mado_sw_meaning(response->sw)) {
    case MADO_SW_MEANING_LENGTH:
    case MADO_SW_MEANING_WRONG_LE:
    case MADO_SW_MEANING_NOT_SUPPORTED:
        return TRUE;
    case MADO_SW_MEANING_OK:
    case MADO_SW_MEANING_MORE:
    case MADO_SW_MEANING_WARNING:
    case MADO_SW_MEANING_PIN_WRONG:
    case MADO_SW_MEANING_PIN_BLOCKED:
    case MADO_SW_MEANING_CARD_FAULT:
    case MADO_SW_MEANING_SECURE_MESSAGING:
    case MADO_SW_MEANING_NOT_ALLOWED:
    case MADO_SW_MEANING_CONDITIONS:
    case MADO_SW_MEANING_NO_CURRENT_FILE:
    case MADO_SW_MEANING_BAD_DATA:
    case MADO_SW_MEANING_NOT_FOUND:
    case MADO_SW_MEANING_NO_SPACE:
    case MADO_SW_MEANING_BAD_PARAMETERS:
    case MADO_SW_MEANING_END_OF_FILE:
    case MADO_SW_MEANING_PROTOCOL:
    case MADO_SW_N_MEANINGS:
        return FALSE;
    }
    return FALSE;
}

/* The whole file in one command. */
static ReadResult
read_at_once(MadoCard *card, guint16 ef, MadoSecret **ret_file, GError **error)
{
    MadoCommand command = {.ins = INS_READ_BINARY,
                           .p1 = (guint8)(P1_SFI | ef),
                           .ne = MADO_APDU_MAX_NE,
                           .extended = true};
    g_autoptr(GError) local_error = NULL;
    MadoResponse response;

    if (!mado_card_exchange(card, &command, &response, &local_error)) {
        gboolean may_be_length = g_error_matches(local_error, MADO_ERROR, MADO_ERROR_LIMIT) ||
                                 g_error_matches(local_error, MADO_ERROR, MADO_ERROR_CARD_MUTE);

        /* A reader that cannot carry it says so by failing; then it never worked before. */
        if (may_be_length && !mado_card_took_extended(card))
            return READ_AGAIN;
        g_propagate_error(error, g_steal_pointer(&local_error));
        return READ_FAILED;
    }
    if (is_length_refused(&response))
        return READ_AGAIN;
    if (!is_data(&response)) {
        (void)mado_card_expect_ok(&response, "reading a file", error);
        return READ_FAILED;
    }
    mado_card_note_extended(card);
    *ret_file = mado_secret_new_from(response.data, response.data_len);
    return READ_DONE;
}

/* How long the file is that begins with these bytes: its outer object and the filler that is
 * signed with it. Filler only, or no object: what there is. */
static gsize
told_len(const guint8 *data, gsize len)
{
    MadoCursor cursor;
    guint8 byte;
    guint8 n_bytes;
    gsize value_len = 0;

    mado_cursor_init(&cursor, data, len);
    if (!mado_cursor_u8(&cursor, &byte))
        return len;
    if ((byte & 0x1FU) == 0x1FU && !mado_cursor_skip(&cursor, 1)) /* two-byte tag */
        return len;
    if (!mado_cursor_u8(&cursor, &byte))
        return len;
    if (byte < 0x80U)
        return cursor.at + byte + SIGNED_FILLER_LEN;
    n_bytes = byte & 0x7FU;
    if (n_bytes == 0 || n_bytes > 2) /* filler (FF FF), or more than a file can be */
        return len;
    for (; n_bytes > 0; n_bytes--) {
        if (!mado_cursor_u8(&cursor, &byte))
            return len;
        value_len = value_len << 8 | byte;
    }
    return cursor.at + value_len + SIGNED_FILLER_LEN;
}

/* From offset self->len on until @len bytes are there or the file ends. */
static gboolean
read_rest(MadoCard *card, guint16 ef, gsize len, MadoSecret *file, GError **error)
{
    if (!mado_card_select_file(card, ef, error))
        return FALSE;
    while (mado_secret_len(file) < len) {
        gsize offset = mado_secret_len(file);
        MadoCommand command = {.ins = INS_READ_BINARY,
                               .p1 = (guint8)(offset >> 8),
                               .p2 = (guint8)(offset & 0xFFU),
                               .ne = MIN(len - offset, PIECE_LEN)};
        MadoResponse response;

        if (offset > OFFSET_MAX)
            break;
        if (!mado_card_exchange(card, &command, &response, error))
            return FALSE;
        if (mado_sw_meaning(response.sw) == MADO_SW_MEANING_END_OF_FILE)
            return TRUE;
        if (!is_data(&response))
            return mado_card_expect_ok(&response, "reading a file", error);
        if (response.data_len == 0)
            return TRUE;
        if (!mado_secret_append(file, response.data, response.data_len))
            break;
        if (response.data_len < command.ne)
            return TRUE;
    }
    if (mado_secret_len(file) >= len)
        return TRUE;
    g_set_error(error, MADO_ERROR, MADO_ERROR_CARD_DATA, "file %04X: longer than can be read",
                ef);
    return FALSE;
}

static gboolean
read_in_pieces(MadoCard *card, guint16 ef, MadoSecret **ret_file, GError **error)
{
    MadoCommand command = {
        .ins = INS_READ_BINARY, .p1 = (guint8)(P1_SFI | ef), .ne = PIECE_LEN};
    g_autoptr(MadoSecret) file = NULL;
    MadoResponse response;
    gsize len;

    if (!mado_card_exchange(card, &command, &response, error))
        return FALSE;
    if (!is_data(&response))
        return mado_card_expect_ok(&response, "reading a file", error);
    len = MIN(told_len(response.data, response.data_len), MADO_LIMIT_EF_LEN);
    /* Room for what the card gives beyond what it was asked for. */
    file = mado_secret_new(MAX(len, response.data_len) + PIECE_LEN);
    (void)mado_secret_append(file, response.data, response.data_len);
    if (response.data_len == PIECE_LEN && len > PIECE_LEN &&
        !read_rest(card, ef, len, file, error))
        return FALSE;
    *ret_file = g_steal_pointer(&file);
    return TRUE;
}

MadoSecret *
mado_file_read(MadoCard *card, MadoAp ap, guint16 ef, GError **error)
{
    MadoSecret *file = NULL;

    g_return_val_if_fail(ef > 0 && ef <= SFI_MAX, NULL);
    if (!mado_card_select(card, ap, error))
        return NULL;
    if (mado_card_has_extended(card)) {
        switch (read_at_once(card, ef, &file, error)) {
        case READ_DONE:
            return file;
        case READ_FAILED:
            return NULL;
        case READ_AGAIN:
            mado_card_refuse_extended(card);
            /* A failure in the reader has powered the card down. */
            if (!mado_card_power_on(card, error) || !mado_card_select(card, ap, error))
                return NULL;
            break;
        }
    }
    return read_in_pieces(card, ef, &file, error) ? file : NULL;
}

gboolean
mado_file_read_head(
    MadoCard *card, MadoAp ap, guint16 ef, guint8 *data, gsize len, GError **error)
{
    MadoCommand command = {.ins = INS_READ_BINARY, .p1 = (guint8)(P1_SFI | ef), .ne = len};
    MadoResponse response;

    g_return_val_if_fail(ef > 0 && ef <= SFI_MAX && len > 0 && len <= PIECE_LEN, FALSE);
    if (!mado_card_select(card, ap, error) ||
        !mado_card_exchange(card, &command, &response, error))
        return FALSE;
    if (!is_data(&response))
        return mado_card_expect_ok(&response, "reading a file", error);
    if (response.data_len < len) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CARD_DATA, "file %04X is too short", ef);
        return FALSE;
    }
    memcpy(data, response.data, len);
    return TRUE;
}
