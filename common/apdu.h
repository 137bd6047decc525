/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Command and response APDUs (ISO/IEC 7816-4, 5.1), short and extended, for both ends. */
#pragma once

#include "common/cursor.h"
#include "common/writer.h"

#define MADO_APDU_MAX_DATA     65535U
#define MADO_APDU_MAX_NE       65536U
#define MADO_APDU_MAX_COMMAND  (4U + 3U + MADO_APDU_MAX_DATA + 2U)
#define MADO_APDU_MAX_RESPONSE (MADO_APDU_MAX_NE + 2U)

typedef struct {
    uint8_t cla;
    uint8_t ins;
    uint8_t p1;
    uint8_t p2;
    const uint8_t *data; /* (borrowed) (nullable when data_len is 0) */
    size_t data_len;     /* 0: no command data; at most MADO_APDU_MAX_DATA */
    size_t
        ne; /* bytes expected at most: 0 none (no Le), 256 short "00", 65536 extended "0000" */
    bool extended; /* encode: extended even where short would do; decode: what was received */
} MadoCommand;

typedef struct {
    const uint8_t *data; /* (borrowed) */
    size_t data_len;
    uint16_t sw;
} MadoResponse;

/*
 * Appends the command to the writer: short when data_len ≤ 255 and ne ≤ 256 and extended is not
 * asked for. BAD_LENGTH when data_len or ne is beyond its limit, FULL when the writer has no
 * room or had failed before; the writer has then failed.
 */
MadoBytesStatus
mado_apdu_encode(const MadoCommand *command, MadoWriter *writer) MADO_MUST_CHECK;

/* Takes a command apart, all four cases; data points into the bytes given. SHORT, BAD_LENGTH or
 * TRAILING. */
MadoBytesStatus
mado_apdu_decode(const uint8_t *data, size_t len, MadoCommand *ret_command) MADO_MUST_CHECK;

/* Takes a response apart. SHORT below two bytes, BAD_LENGTH above MADO_APDU_MAX_RESPONSE. */
MadoBytesStatus
mado_apdu_split(const uint8_t *data, size_t len, MadoResponse *ret_response) MADO_MUST_CHECK;

/*
 * Whether a log may show only the four header bytes of this command. Only commands known to
 * carry nothing about the resident are not sensitive; VERIFY, CHANGE REFERENCE DATA, RESET
 * RETRY COUNTER, GENERATE, signing, everything under secure messaging and every unknown
 * instruction are. Says nothing of answers: a log shows no answer but its status word.
 */
bool
mado_apdu_is_sensitive(const MadoCommand *command);
