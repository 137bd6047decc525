/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/apdu.h"

#include <stddef.h>

#define SHORT_MAX_DATA 255U
#define SHORT_MAX_NE   256U

static bool
needs_extended(const MadoCommand *command)
{
    return command->extended || command->data_len > SHORT_MAX_DATA ||
           command->ne > SHORT_MAX_NE;
}

/* In both forms the greatest Le is written as zeros, which the cast to fewer bits does. */
static void
write_body(const MadoCommand *command, MadoWriter *writer)
{
    bool extended = needs_extended(command) && (command->data_len > 0 || command->ne > 0);

    if (extended)
        mado_writer_u8(writer, 0);
    if (command->data_len > 0) {
        if (extended)
            mado_writer_u16(writer, (uint16_t)command->data_len);
        else
            mado_writer_u8(writer, (uint8_t)command->data_len);
        mado_writer_bytes(writer, command->data, command->data_len);
    }
    if (command->ne > 0) {
        if (extended)
            mado_writer_u16(writer, (uint16_t)command->ne);
        else
            mado_writer_u8(writer, (uint8_t)command->ne);
    }
}

MadoBytesStatus
mado_apdu_encode(const MadoCommand *command, MadoWriter *writer)
{
    if (command->data_len > MADO_APDU_MAX_DATA || command->ne > MADO_APDU_MAX_NE) {
        writer->failed = true;
        return MADO_BYTES_BAD_LENGTH;
    }
    mado_writer_u8(writer, command->cla);
    mado_writer_u8(writer, command->ins);
    mado_writer_u8(writer, command->p1);
    mado_writer_u8(writer, command->p2);
    write_body(command, writer);
    return mado_writer_ok(writer) ? MADO_BYTES_OK : MADO_BYTES_FULL;
}

/* What is left after the length byte (two or none when extended): [data] [Le]. */
static MadoBytesStatus
decode_short(MadoCursor *cursor, MadoCommand *command)
{
    uint8_t number;

    if (!mado_cursor_u8(cursor, &number))
        return MADO_BYTES_OK; /* case 1 */
    if (mado_cursor_left(cursor) == 0) {
        command->ne = number == 0 ? SHORT_MAX_NE : number; /* case 2S */
        return MADO_BYTES_OK;
    }
    command->data_len = number;
    if (!mado_cursor_take(cursor, command->data_len, &command->data))
        return MADO_BYTES_SHORT;
    if (mado_cursor_u8(cursor, &number))
        command->ne = number == 0 ? SHORT_MAX_NE : number; /* case 4S */
    return MADO_BYTES_OK;
}

static MadoBytesStatus
decode_extended(MadoCursor *cursor, MadoCommand *command)
{
    uint16_t number;

    command->extended = true;
    if (!mado_cursor_skip(cursor, 1) || !mado_cursor_u16(cursor, &number))
        return MADO_BYTES_SHORT;
    if (mado_cursor_left(cursor) == 0) {
        command->ne = number == 0 ? MADO_APDU_MAX_NE : number; /* case 2E */
        return MADO_BYTES_OK;
    }
    if (number == 0)
        return MADO_BYTES_BAD_LENGTH;
    command->data_len = number;
    if (!mado_cursor_take(cursor, command->data_len, &command->data))
        return MADO_BYTES_SHORT;
    if (mado_cursor_left(cursor) == 0)
        return MADO_BYTES_OK;
    if (!mado_cursor_u16(cursor, &number))
        return MADO_BYTES_SHORT;
    command->ne = number == 0 ? MADO_APDU_MAX_NE : number; /* case 4E */
    return MADO_BYTES_OK;
}

MadoBytesStatus
mado_apdu_decode(const uint8_t *data, size_t len, MadoCommand *ret_command)
{
    MadoCursor cursor;
    MadoCommand command = {0};
    MadoBytesStatus status;
    uint8_t first;

    mado_cursor_init(&cursor, data, len);
    if (!mado_cursor_u8(&cursor, &command.cla) || !mado_cursor_u8(&cursor, &command.ins) ||
        !mado_cursor_u8(&cursor, &command.p1) || !mado_cursor_u8(&cursor, &command.p2))
        return MADO_BYTES_SHORT;
    /* A single 00 is a short Le of 256; 00 with more behind it announces extended lengths. */
    if (mado_cursor_left(&cursor) > 1 && mado_cursor_peek_u8(&cursor, 0, &first) && first == 0)
        status = decode_extended(&cursor, &command);
    else
        status = decode_short(&cursor, &command);
    if (status != MADO_BYTES_OK)
        return status;
    if (mado_cursor_left(&cursor) > 0)
        return MADO_BYTES_TRAILING;
    *ret_command = command;
    return MADO_BYTES_OK;
}

MadoBytesStatus
mado_apdu_split(const uint8_t *data, size_t len, MadoResponse *ret_response)
{
    MadoCursor cursor;
    MadoResponse response;

    if (len < 2)
        return MADO_BYTES_SHORT;
    if (len > MADO_APDU_MAX_RESPONSE)
        return MADO_BYTES_BAD_LENGTH;
    mado_cursor_init(&cursor, data, len);
    response.data_len = len - 2;
    if (!mado_cursor_take(&cursor, response.data_len, &response.data) ||
        !mado_cursor_u16(&cursor, &response.sw))
        return MADO_BYTES_SHORT;
    *ret_response = response;
    return MADO_BYTES_OK;
}

/* ISO/IEC 7816-4, 5.1.1: further interindustry classes tell secure messaging in bit 6, others
 * in bits 3 and 4. */
static bool
has_secure_messaging(uint8_t cla)
{
    if ((cla & 0x40U) != 0)
        return (cla & 0x20U) != 0;
    return (cla & 0x0CU) != 0;
}

bool
mado_apdu_is_sensitive(const MadoCommand *command)
{
    if (has_secure_messaging(command->cla))
        return true;
    if (command->cla != 0x00)
        return !(command->cla == 0x80 &&
                 command->ins == 0x50); /* INITIALIZE UPDATE: a challenge */
    switch (command->ins) {
    case 0x84: /* GET CHALLENGE */
    case 0x88: /* INTERNAL AUTHENTICATE: a challenge */
    case 0xA4: /* SELECT */
    case 0xB0: /* READ BINARY */
    case 0xB2: /* READ RECORD */
    case 0xC0: /* GET RESPONSE */
    case 0xCA: /* GET DATA */
        return false;
    default:
        return true;
    }
}
