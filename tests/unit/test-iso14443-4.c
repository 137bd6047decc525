/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The reader's side of ISO/IEC 14443-4 against the scenarios of the standard's annex B and
 * against what no scenario has.
 *
 * A script is what goes out and what comes back, in turn:
 *
 *   I(1)0 13+13   I-block: chaining, number, then offset + length of the bytes it carries
 *   R(ACK)1  R(NAK)0  S(WTX)3  S(DESELECT)
 *   -             nothing comes back          !         a frame with an error comes back
 *   x F20A..      these bytes come back
 *
 * A number 0 stands for the number that is current when the script begins, 1 for the other:
 * each script is run with both.
 */
#include "config.h"

#include "drivers/pasori/iso14443-4.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_STEPS 12
#define FSC       16 /* 13 bytes in a block */
#define FWI       4

typedef struct {
    const char *clause;
    const char *name;
    size_t command_len; /* 0: S(DESELECT); CHECK: presence check */
    struct {
        const char *out;
        const char *in;
        unsigned wait; /* in units of FWT; 0 is 1 */
    } steps[MAX_STEPS];
    MadoIso14443Do end;
    size_t answer_len;
} Script;

#define CHECK    SIZE_MAX
#define DESELECT 0

static const Script scripts[] = {
    /* ---- annex B.2: without errors */
    {"B.2.1; A, B, 10",
     "exchange of I-blocks",
     2,
     {{"I(0)0 0+2", "I(0)0 0+2", 0}},
     MADO_ISO14443_DONE,
     2},
    {"B.2.2; 7.3, 3, 9",
     "more time is asked for and granted",
     2,
     {{"I(0)0 0+2", "S(WTX)3", 0}, {"S(WTX)3", "I(0)0 0+2", 3}},
     MADO_ISO14443_DONE,
     2},
    {"B.2.2; 7.3",
     "more time, twice: each grant is for one block",
     2,
     {{"I(0)0 0+2", "S(WTX)3", 0}, {"S(WTX)3", "S(WTX)1", 3}, {"S(WTX)1", "I(0)0 0+2", 1}},
     MADO_ISO14443_DONE,
     2},
    {"B.2.3; 8",
     "deselected",
     DESELECT,
     {{"S(DESELECT)", "S(DESELECT)", 0}},
     MADO_ISO14443_DONE,
     0},
    {"B.2.4; 7, B",
     "the reader is chaining",
     30,
     {{"I(1)0 0+13", "R(ACK)0", 0},
      {"I(1)1 13+13", "R(ACK)1", 0},
      {"I(0)0 26+4", "I(0)0 0+2", 0}},
     MADO_ISO14443_DONE,
     2},
    {"B.2.4; 2, 13, B",
     "the card is chaining",
     2,
     {{"I(0)0 0+2", "I(1)0 0+10", 0},
      {"R(ACK)1", "I(1)1 10+10", 0},
      {"R(ACK)0", "I(0)0 20+4", 0}},
     MADO_ISO14443_DONE,
     24},
    {"7.5.2",
     "both are chaining",
     14,
     {{"I(1)0 0+13", "R(ACK)0", 0},
      {"I(0)1 13+1", "I(1)1 0+13", 0},
      {"R(ACK)0", "I(0)0 13+3", 0}},
     MADO_ISO14443_DONE,
     16},
    {"7.5.2",
     "a command that fills its last block",
     26,
     {{"I(1)0 0+13", "R(ACK)0", 0}, {"I(0)1 13+13", "I(0)1 0+2", 0}},
     MADO_ISO14443_DONE,
     2},
    {"7.3, 9",
     "more time in the reader's chain",
     14,
     {{"I(1)0 0+13", "S(WTX)2", 0}, {"S(WTX)2", "R(ACK)0", 2}, {"I(0)1 13+1", "I(0)1 0+2", 0}},
     MADO_ISO14443_DONE,
     2},
    {"7.3, 9",
     "more time in the card's chain",
     2,
     {{"I(0)0 0+2", "I(1)0 0+4", 0}, {"R(ACK)1", "S(WTX)2", 0}, {"S(WTX)2", "I(0)1 4+4", 2}},
     MADO_ISO14443_DONE,
     8},
    {"7.1",
     "an answer without bytes",
     2,
     {{"I(0)0 0+2", "I(0)0 0+0", 0}},
     MADO_ISO14443_DONE,
     0},

    /* ---- annex B.3.1: errors in an exchange of I-blocks */
    {"B.3.1; 4, 12, 6",
     "the command is lost",
     2,
     {{"I(0)0 0+2", "-", 0}, {"R(NAK)0", "R(ACK)1", 0}, {"I(0)0 0+2", "I(0)0 0+2", 0}},
     MADO_ISO14443_DONE,
     2},
    {"B.3.1; 4, 11",
     "the answer is garbled",
     2,
     {{"I(0)0 0+2", "!", 0}, {"R(NAK)0", "I(0)0 0+2", 0}},
     MADO_ISO14443_DONE,
     2},
    {"B.3.1; 4, 11",
     "the answer is garbled, and R(NAK) lost",
     2,
     {{"I(0)0 0+2", "!", 0}, {"R(NAK)0", "-", 0}, {"R(NAK)0", "I(0)0 0+2", 0}},
     MADO_ISO14443_DONE,
     2},
    {"B.3.1; 4, 12, 6",
     "the command is lost, and R(ACK) garbled",
     2,
     {{"I(0)0 0+2", "-", 0},
      {"R(NAK)0", "!", 0},
      {"R(NAK)0", "R(ACK)1", 0},
      {"I(0)0 0+2", "I(0)0 0+2", 0}},
     MADO_ISO14443_DONE,
     2},
    {"B.3.1; 6",
     "the command is lost twice",
     2,
     {{"I(0)0 0+2", "-", 0},
      {"R(NAK)0", "R(ACK)1", 0},
      {"I(0)0 0+2", "-", 0},
      {"R(NAK)0", "R(ACK)1", 0},
      {"I(0)0 0+2", "I(0)0 0+2", 0}},
     MADO_ISO14443_DONE,
     2},

    /* ---- B.3.2: errors while more time is asked for */
    {"B.3.2; 4, 11",
     "S(WTX) is garbled",
     2,
     {{"I(0)0 0+2", "!", 0}, {"R(NAK)0", "S(WTX)2", 0}, {"S(WTX)2", "I(0)0 0+2", 2}},
     MADO_ISO14443_DONE,
     2},
    {"B.3.2; 4, 11",
     "S(WTX) is garbled, and R(NAK) lost",
     2,
     {{"I(0)0 0+2", "!", 0},
      {"R(NAK)0", "-", 0},
      {"R(NAK)0", "S(WTX)2", 0},
      {"S(WTX)2", "I(0)0 0+2", 2}},
     MADO_ISO14443_DONE,
     2},
    {"B.3.2; 4, 11",
     "the grant is lost",
     2,
     {{"I(0)0 0+2", "S(WTX)2", 0},
      {"S(WTX)2", "-", 2},
      {"R(NAK)0", "S(WTX)2", 2},
      {"S(WTX)2", "I(0)0 0+2", 2}},
     MADO_ISO14443_DONE,
     2},
    {"B.3.2; 4, 11",
     "the grant is lost, and R(NAK) too",
     2,
     {{"I(0)0 0+2", "S(WTX)2", 0},
      {"S(WTX)2", "-", 2},
      {"R(NAK)0", "-", 2},
      {"R(NAK)0", "S(WTX)2", 2},
      {"S(WTX)2", "I(0)0 0+2", 2}},
     MADO_ISO14443_DONE,
     2},
    {"B.3.2; 4, 11",
     "the answer after the grant is garbled",
     2,
     {{"I(0)0 0+2", "S(WTX)2", 0}, {"S(WTX)2", "!", 2}, {"R(NAK)0", "I(0)0 0+2", 1}},
     MADO_ISO14443_DONE,
     2},
    {"B.3.2; 4, 11",
     "the answer after the grant is garbled, and R(NAK) lost",
     2,
     {{"I(0)0 0+2", "S(WTX)2", 0},
      {"S(WTX)2", "!", 2},
      {"R(NAK)0", "-", 1},
      {"R(NAK)0", "I(0)0 0+2", 1}},
     MADO_ISO14443_DONE,
     2},

    /* ---- B.3.3 */
    {"B.3.3; 8",
     "the answer to S(DESELECT) is garbled",
     DESELECT,
     {{"S(DESELECT)", "!", 0}, {"S(DESELECT)", "S(DESELECT)", 0}},
     MADO_ISO14443_DONE,
     0},
    {"B.3.3; 8",
     "S(DESELECT) is lost twice: the card is ignored",
     DESELECT,
     {{"S(DESELECT)", "-", 0}, {"S(DESELECT)", "-", 0}},
     MADO_ISO14443_MUTE,
     0},

    /* ---- B.3.4: errors while the reader is chaining */
    {"B.3.4; 4, 11, 7",
     "R(ACK) is garbled",
     14,
     {{"I(1)0 0+13", "!", 0}, {"R(NAK)0", "R(ACK)0", 0}, {"I(0)1 13+1", "I(0)1 0+2", 0}},
     MADO_ISO14443_DONE,
     2},
    {"B.3.4; 4, 12, 6",
     "a part is lost",
     14,
     {{"I(1)0 0+13", "-", 0},
      {"R(NAK)0", "R(ACK)1", 0},
      {"I(1)0 0+13", "R(ACK)0", 0},
      {"I(0)1 13+1", "I(0)1 0+2", 0}},
     MADO_ISO14443_DONE,
     2},
    {"B.3.4; 4, 11",
     "R(ACK) is garbled, and R(NAK) lost",
     14,
     {{"I(1)0 0+13", "!", 0},
      {"R(NAK)0", "-", 0},
      {"R(NAK)0", "R(ACK)0", 0},
      {"I(0)1 13+1", "I(0)1 0+2", 0}},
     MADO_ISO14443_DONE,
     2},
    {"B.3.4; 4, 12, 6",
     "the last part is lost",
     14,
     {{"I(1)0 0+13", "R(ACK)0", 0},
      {"I(0)1 13+1", "-", 0},
      {"R(NAK)1", "R(ACK)0", 0},
      {"I(0)1 13+1", "I(0)1 0+2", 0}},
     MADO_ISO14443_DONE,
     2},

    /* ---- B.3.4: errors while the card is chaining */
    {"B.3.4; 4, 11",
     "the first part is garbled",
     2,
     {{"I(0)0 0+2", "!", 0}, {"R(NAK)0", "I(1)0 0+4", 0}, {"R(ACK)1", "I(0)1 4+4", 0}},
     MADO_ISO14443_DONE,
     8},
    {"B.3.4; 5, 11",
     "the next part is garbled",
     2,
     {{"I(0)0 0+2", "I(1)0 0+4", 0}, {"R(ACK)1", "!", 0}, {"R(ACK)1", "I(0)1 4+4", 0}},
     MADO_ISO14443_DONE,
     8},
    {"B.3.4; 5, 13",
     "R(ACK) is lost",
     2,
     {{"I(0)0 0+2", "I(1)0 0+4", 0}, {"R(ACK)1", "-", 0}, {"R(ACK)1", "I(0)1 4+4", 0}},
     MADO_ISO14443_DONE,
     8},
    {"B.3.4; 5",
     "R(ACK) is lost, and what follows is garbled",
     2,
     {{"I(0)0 0+2", "I(1)0 0+4", 0},
      {"R(ACK)1", "-", 0},
      {"R(ACK)1", "!", 0},
      {"R(ACK)1", "I(0)1 4+4", 0}},
     MADO_ISO14443_DONE,
     8},
    {"7.3; 5",
     "in the card's chain the grant is lost",
     2,
     {{"I(0)0 0+2", "I(1)0 0+4", 0},
      {"R(ACK)1", "S(WTX)2", 0},
      {"S(WTX)2", "-", 2},
      {"R(ACK)1", "S(WTX)2", 2},
      {"S(WTX)2", "I(0)1 4+4", 2}},
     MADO_ISO14443_DONE,
     8},

    /* ---- the ends of patience */
    {"7.5.6.1",
     "silence to the end",
     2,
     {{"I(0)0 0+2", "-", 0}, {"R(NAK)0", "-", 0}, {"R(NAK)0", "-", 0}, {"R(NAK)0", "-", 0}},
     MADO_ISO14443_MUTE,
     0},
    {"7.5.6.1",
     "noise to the end",
     2,
     {{"I(0)0 0+2", "!", 0}, {"R(NAK)0", "!", 0}, {"R(NAK)0", "!", 0}, {"R(NAK)0", "-", 0}},
     MADO_ISO14443_BROKEN,
     0},
    {"7.5.6.1",
     "silence in the card's chain",
     2,
     {{"I(0)0 0+2", "I(1)0 0+4", 0},
      {"R(ACK)1", "-", 0},
      {"R(ACK)1", "-", 0},
      {"R(ACK)1", "-", 0},
      {"R(ACK)1", "-", 0}},
     MADO_ISO14443_MUTE,
     0},
    {"7.5.6.1",
     "errors do not add up over blocks that went well",
     14,
     {{"I(1)0 0+13", "!", 0},
      {"R(NAK)0", "!", 0},
      {"R(NAK)0", "!", 0},
      {"R(NAK)0", "R(ACK)0", 0},
      {"I(0)1 13+1", "!", 0},
      {"R(NAK)1", "!", 0},
      {"R(NAK)1", "!", 0},
      {"R(NAK)1", "I(0)1 0+2", 0}},
     MADO_ISO14443_DONE,
     2},

    /* ---- blocks that may not stand where they come */
    {"7.5.3",
     "an I-block of the other number",
     2,
     {{"I(0)0 0+2", "I(0)1 0+2", 0}, {"R(NAK)0", "I(0)0 0+2", 0}},
     MADO_ISO14443_DONE,
     2},
    {"7.5.3; 5",
     "an I-block of the other number in the card's chain",
     2,
     {{"I(0)0 0+2", "I(1)0 0+4", 0}, {"R(ACK)1", "I(0)0 0+4", 0}, {"R(ACK)1", "I(0)1 4+4", 0}},
     MADO_ISO14443_DONE,
     8},
    {"rule 12",
     "R(ACK) of the other number, unasked, does not send the command again",
     2,
     {{"I(0)0 0+2", "R(ACK)1", 0}, {"R(NAK)0", "I(0)0 0+2", 0}},
     MADO_ISO14443_DONE,
     2},
    {"rule 12",
     "the same in the reader's chain",
     14,
     {{"I(1)0 0+13", "R(ACK)1", 0}, {"R(NAK)0", "R(ACK)0", 0}, {"I(0)1 13+1", "I(0)1 0+2", 0}},
     MADO_ISO14443_DONE,
     2},
    {"7.5.4.2",
     "R(ACK) of our number for a whole command",
     2,
     {{"I(0)0 0+2", "R(ACK)0", 0}, {"R(NAK)0", "I(0)0 0+2", 0}},
     MADO_ISO14443_DONE,
     2},
    {"7.5.4.1",
     "an I-block in the reader's chain",
     14,
     {{"I(1)0 0+13", "I(0)0 0+2", 0},
      {"R(NAK)0", "R(ACK)0", 0},
      {"I(0)1 13+1", "I(0)1 0+2", 0}},
     MADO_ISO14443_DONE,
     2},
    {"7.1.1",
     "R(NAK) from the card",
     2,
     {{"I(0)0 0+2", "R(NAK)0", 0}, {"R(NAK)0", "I(0)0 0+2", 0}},
     MADO_ISO14443_DONE,
     2},
    {"8",
     "S(DESELECT) from the card",
     2,
     {{"I(0)0 0+2", "S(DESELECT)", 0}, {"R(NAK)0", "I(0)0 0+2", 0}},
     MADO_ISO14443_DONE,
     2},
    {"7.3",
     "multiplier 0",
     2,
     {{"I(0)0 0+2", "x F200", 0}, {"R(NAK)0", "I(0)0 0+2", 1}},
     MADO_ISO14443_DONE,
     2},
    {"7.3",
     "multiplier 60",
     2,
     {{"I(0)0 0+2", "x F23C", 0}, {"R(NAK)0", "I(0)0 0+2", 1}},
     MADO_ISO14443_DONE,
     2},
    {"7.3",
     "multiplier 59",
     2,
     {{"I(0)0 0+2", "x F23B", 0}, {"S(WTX)59", "I(0)0 0+2", 59}},
     MADO_ISO14443_DONE,
     2},
    {"7.3",
     "S(WTX) without its byte, and with one too many",
     2,
     {{"I(0)0 0+2", "x F2", 0}, {"R(NAK)0", "x F20101", 0}, {"R(NAK)0", "I(0)0 0+2", 1}},
     MADO_ISO14443_DONE,
     2},
    {"7.4",
     "the power level is not sent back",
     2,
     {{"I(0)0 0+2", "x F2C5", 0}, {"S(WTX)5", "I(0)0 0+2", 5}},
     MADO_ISO14443_DONE,
     2},
    {"7.1.1.2",
     "a CID we did not use",
     2,
     {{"I(0)0 0+2", "x 0A009000", 0}, {"R(NAK)0", "I(0)0 0+2", 0}},
     MADO_ISO14443_DONE,
     2},
    {"7.1.1.3",
     "a NAD we did not use",
     2,
     {{"I(0)0 0+2", "x 06009000", 0}, {"R(NAK)0", "I(0)0 0+2", 0}},
     MADO_ISO14443_DONE,
     2},
    {"7.1",
     "a block without a byte",
     2,
     {{"I(0)0 0+2", "x ", 0}, {"R(NAK)0", "I(0)0 0+2", 0}},
     MADO_ISO14443_DONE,
     2},
    {"7.1.1.1",
     "an R-block with payload",
     2,
     {{"I(0)0 0+2", "x A200", 0}, {"R(NAK)0", "I(0)0 0+2", 0}},
     MADO_ISO14443_DONE,
     2},

    /* ---- presence */
    {"7.5.5, method 2; 12",
     "the card is there",
     CHECK,
     {{"R(NAK)0", "R(ACK)1", 0}},
     MADO_ISO14443_DONE,
     0},
    {"7.5.5",
     "there, after R(NAK) was lost",
     CHECK,
     {{"R(NAK)0", "-", 0}, {"R(NAK)0", "R(ACK)1", 0}},
     MADO_ISO14443_DONE,
     0},
    {"7.5.5", "gone", CHECK, {{"R(NAK)0", "-", 0}, {"R(NAK)0", "-", 0}}, MADO_ISO14443_MUTE, 0},
};

static uint8_t
pattern(size_t at)
{
    return (uint8_t)(at * 7 + 1);
}

static uint8_t
number_of(char digit, uint8_t first)
{
    return (uint8_t)((digit - '0') ^ first);
}

static size_t
write_i_block(const char *text, uint8_t first, uint8_t *ret_block)
{
    char chaining = 0, number = 0;
    size_t offset = 0, len = 0;

    assert_int_equal(sscanf(text, "I(%c)%c %zu+%zu", &chaining, &number, &offset, &len), 4);
    ret_block[0] = (uint8_t)(0x02 | (chaining == '1' ? 0x10 : 0) | number_of(number, first));
    for (size_t i = 0; i < len; i++) {
        ret_block[1 + i] = pattern(offset + i);
    }
    return 1 + len;
}

static size_t
write_bytes(const char *hex, uint8_t *ret_block)
{
    size_t len = 0;
    unsigned byte;

    while (sscanf(hex + 2 * len, "%2x", &byte) == 1) {
        ret_block[len++] = (uint8_t)byte;
    }
    return len;
}

static size_t
write_block(const char *text, uint8_t first, uint8_t *ret_block)
{
    unsigned multiplier = 0;
    char number = 0;

    if (text[0] == 'I') {
        return write_i_block(text, first, ret_block);
    }
    if (text[0] == 'x') {
        return write_bytes(text + 2, ret_block);
    }
    if (sscanf(text, "R(ACK)%c", &number) == 1) {
        ret_block[0] = (uint8_t)(0xA2 | number_of(number, first));
        return 1;
    }
    if (sscanf(text, "R(NAK)%c", &number) == 1) {
        ret_block[0] = (uint8_t)(0xB2 | number_of(number, first));
        return 1;
    }
    if (sscanf(text, "S(WTX)%u", &multiplier) == 1) {
        ret_block[0] = 0xF2;
        ret_block[1] = (uint8_t)multiplier;
        return 2;
    }
    assert_string_equal(text, "S(DESELECT)");
    ret_block[0] = 0xC2;
    return 1;
}

static MadoIso14443Do
answer(MadoIso14443 *link, const char *text, uint8_t first)
{
    uint8_t block[64];

    if (strcmp(text, "-") == 0) {
        return mado_iso14443_step(link, MADO_ISO14443_SILENCE, NULL, 0);
    }
    if (strcmp(text, "!") == 0) {
        return mado_iso14443_step(link, MADO_ISO14443_GARBLED, NULL, 0);
    }
    return mado_iso14443_step(link, MADO_ISO14443_BLOCK, block,
                              write_block(text, first, block));
}

/* One plain exchange, so that the next begins with number 1. */
static void
exchange_once(MadoIso14443 *link)
{
    uint8_t command[1] = {0}, reply[4];

    assert_int_equal(mado_iso14443_begin(link, command, 1, reply, sizeof(reply)),
                     MADO_ISO14443_SEND);
    assert_int_equal(answer(link, "I(0)0 0+2", 0), MADO_ISO14443_DONE);
}

static MadoIso14443Do
begin(MadoIso14443 *link, const Script *script, const uint8_t *command, uint8_t *reply)
{
    if (script->command_len == CHECK) {
        return mado_iso14443_check(link);
    }
    if (script->command_len == DESELECT) {
        return mado_iso14443_deselect(link);
    }
    return mado_iso14443_begin(link, command, script->command_len, reply, 64);
}

static void
check_step(const MadoIso14443 *link, const char *out, unsigned wait, uint8_t first)
{
    const uint32_t tolerance = 3625;
    const uint32_t fwt = mado_iso14443_fwt_us(FWI) + tolerance;
    uint8_t expected[64];
    size_t len = write_block(out, first, expected);

    assert_int_equal(link->out_len, len);
    assert_memory_equal(link->out, expected, len);
    if (out[0] != 'S' || out[2] != 'D') {
        assert_int_equal(link->wait_us, fwt * (wait == 0 ? 1 : wait));
    }
}

static void
run_script(const Script *script, uint8_t first)
{
    uint8_t command[64], reply[64], expected[64];
    MadoIso14443 link = {0};
    MadoIso14443Do next;
    size_t i = 0;

    if (first == 0) {
        print_message("# %s: %s\n", script->clause, script->name);
    }
    for (size_t at = 0; at < sizeof(command); at++) {
        command[at] = expected[at] = pattern(at);
    }
    mado_iso14443_init(&link, FSC, FWI);
    if (first == 1) {
        exchange_once(&link);
    }
    for (next = begin(&link, script, command, reply); next == MADO_ISO14443_SEND; i++) {
        assert_true(i < MAX_STEPS && script->steps[i].out != NULL);
        check_step(&link, script->steps[i].out, script->steps[i].wait, first);
        next = answer(&link, script->steps[i].in, first);
    }
    assert_true(i == MAX_STEPS || script->steps[i].out == NULL);
    assert_int_equal(next, script->end);
    if (next == MADO_ISO14443_DONE && script->answer_len > 0) {
        assert_int_equal(link.answer_len, script->answer_len);
        assert_memory_equal(reply, expected, script->answer_len);
    }
    assert_int_equal(mado_iso14443_is_usable(&link),
                     script->end == MADO_ISO14443_DONE && script->command_len != DESELECT);
}

static void
every_scenario_goes_as_the_standard_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < MADO_N_ELEMENTS(scripts); i++) {
        run_script(&scripts[i], 0);
        run_script(&scripts[i], 1);
    }
}

/* ---- what scripts cannot say
 * ---------------------------------------------------------------------------- */

static MadoIso14443Do
begin_plain(MadoIso14443 *link, uint8_t *reply, size_t cap)
{
    static const uint8_t command[] = {0x00, 0xA4};

    return mado_iso14443_begin(link, command, sizeof(command), reply, cap);
}

static void
a_command_of_every_length_arrives_whole(void **state)
{
    static uint8_t command[600], received[600];
    uint8_t reply[4], ack[1], last[3] = {0, 0x90, 0x00};

    (void)state;
    for (size_t i = 0; i < sizeof(command); i++) {
        command[i] = pattern(i);
    }
    for (size_t len = 1; len <= sizeof(command); len++) {
        MadoIso14443 link = {0};
        MadoIso14443Do next;
        size_t n = 0;

        mado_iso14443_init(&link, len % 2 == 0 ? 256 : 24, 10);
        next = mado_iso14443_begin(&link, command, len, reply, sizeof(reply));
        while (next == MADO_ISO14443_SEND) {
            memcpy(received + n, link.out + 1, link.out_len - 1);
            n += link.out_len - 1;
            assert_true(link.out_len + 2 <= (len % 2 == 0 ? 256U : 24U));
            ack[0] = (uint8_t)(0xA2 | (link.out[0] & 1));
            last[0] = (uint8_t)(0x02 | (link.out[0] & 1));
            next = (link.out[0] & 0x10) != 0
                       ? mado_iso14443_step(&link, MADO_ISO14443_BLOCK, ack, 1)
                       : mado_iso14443_step(&link, MADO_ISO14443_BLOCK, last, 3);
        }
        assert_int_equal(next, MADO_ISO14443_DONE);
        assert_int_equal(n, len);
        assert_memory_equal(received, command, len);
    }
}

static void
an_answer_longer_than_the_buffer_ends_the_session(void **state)
{
    const uint8_t block[] = {0x02, 1, 2, 3, 4, 5};
    MadoIso14443 link = {0};
    uint8_t reply[4] = {9, 9, 9, 9};

    (void)state;
    mado_iso14443_init(&link, FSC, FWI);
    assert_int_equal(begin_plain(&link, reply, sizeof(reply)), MADO_ISO14443_SEND);
    assert_int_equal(mado_iso14443_step(&link, MADO_ISO14443_BLOCK, block, sizeof(block)),
                     MADO_ISO14443_FULL);
    assert_int_equal(reply[0], 9);
    assert_int_equal(begin_plain(&link, reply, sizeof(reply)), MADO_ISO14443_BROKEN);
    assert_int_equal(mado_iso14443_check(&link), MADO_ISO14443_BROKEN);
    assert_int_equal(mado_iso14443_deselect(&link), MADO_ISO14443_SEND);
}

static void
requests_for_more_time_come_to_an_end(void **state)
{
    const uint8_t request[] = {0xF2, 0x01};
    MadoIso14443 link = {0};
    MadoIso14443Do next;
    uint8_t reply[4];
    unsigned n = 0;

    (void)state;
    mado_iso14443_init(&link, FSC, FWI);
    for (next = begin_plain(&link, reply, sizeof(reply)); next == MADO_ISO14443_SEND; n++) {
        next = mado_iso14443_step(&link, MADO_ISO14443_BLOCK, request, sizeof(request));
    }
    assert_int_equal(next, MADO_ISO14443_BROKEN);
    assert_int_equal(n, MADO_ISO14443_MAX_WTX + 1);
    assert_int_equal(link.counts.extensions, MADO_ISO14443_MAX_WTX);
}

static void
a_chain_of_empty_blocks_comes_to_an_end(void **state)
{
    MadoIso14443 link = {0};
    MadoIso14443Do next;
    uint8_t reply[4], block[1];
    unsigned n = 0;

    (void)state;
    mado_iso14443_init(&link, FSC, FWI);
    next = begin_plain(&link, reply, sizeof(reply));
    while (next == MADO_ISO14443_SEND && n++ < 100) {
        block[0] = (uint8_t)(0x12 | link.block_number);
        next = mado_iso14443_step(&link, MADO_ISO14443_BLOCK, block, 1);
    }
    assert_int_equal(next, MADO_ISO14443_BROKEN);
}

static void
the_time_granted_is_never_above_the_standards_own_limit(void **state)
{
    const uint8_t request[] = {0xF2, 59};
    MadoIso14443 link = {0};
    uint8_t reply[4];

    (void)state;
    assert_int_equal(mado_iso14443_fwt_us(0), 303); /* 302 µs */
    assert_in_range(mado_iso14443_fwt_us(10), 309000, 310000);
    assert_in_range(mado_iso14443_fwt_us(14), 4940000, 4960000);
    mado_iso14443_init(&link, FSC, 14);
    (void)begin_plain(&link, reply, sizeof(reply));
    assert_int_equal(mado_iso14443_step(&link, MADO_ISO14443_BLOCK, request, 2),
                     MADO_ISO14443_SEND);
    assert_in_range(link.wait_us, 4940000, 4960000);
}

static void
what_happened_is_counted(void **state)
{
    const uint8_t wrong[] = {0x03, 0x90, 0x00}, more[] = {0xF2, 0x01},
                  good[] = {0x02, 0x90, 0x00};
    const uint8_t other[] = {0xA3};
    MadoIso14443 link = {0};
    uint8_t reply[4];

    (void)state;
    mado_iso14443_init(&link, FSC, FWI);
    (void)begin_plain(&link, reply, sizeof(reply));
    (void)mado_iso14443_step(&link, MADO_ISO14443_SILENCE, NULL, 0);
    (void)mado_iso14443_step(&link, MADO_ISO14443_BLOCK, other, 1);
    (void)mado_iso14443_step(&link, MADO_ISO14443_GARBLED, NULL, 0);
    (void)mado_iso14443_step(&link, MADO_ISO14443_BLOCK, wrong, 3);
    (void)mado_iso14443_step(&link, MADO_ISO14443_BLOCK, more, 2);
    assert_int_equal(mado_iso14443_step(&link, MADO_ISO14443_BLOCK, good, 3),
                     MADO_ISO14443_DONE);
    assert_int_equal(link.counts.silences, 1);
    assert_int_equal(link.counts.garbled, 1);
    assert_int_equal(link.counts.strays, 1);
    assert_int_equal(link.counts.retries, 3);
    assert_int_equal(link.counts.retransmissions, 1);
    assert_int_equal(link.counts.extensions, 1);
    assert_int_equal(link.counts.blocks, 6);
}

static void
a_step_that_nobody_asked_for_does_nothing(void **state)
{
    const uint8_t block[] = {0x02, 0x90, 0x00};
    MadoIso14443 link = {0};
    uint8_t reply[4];

    (void)state;
    mado_iso14443_init(&link, FSC, FWI);
    assert_int_equal(mado_iso14443_step(&link, MADO_ISO14443_BLOCK, block, 3),
                     MADO_ISO14443_BROKEN);
    assert_true(mado_iso14443_is_usable(&link));
    assert_int_equal(mado_iso14443_begin(&link, block, 0, reply, 4), MADO_ISO14443_BROKEN);
    (void)begin_plain(&link, reply, sizeof(reply));
    assert_int_equal(begin_plain(&link, reply, sizeof(reply)), MADO_ISO14443_BROKEN);
    mado_iso14443_abandon(&link);
    assert_false(mado_iso14443_is_usable(&link));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scenario_goes_as_the_standard_says),
        cmocka_unit_test(a_command_of_every_length_arrives_whole),
        cmocka_unit_test(an_answer_longer_than_the_buffer_ends_the_session),
        cmocka_unit_test(requests_for_more_time_come_to_an_end),
        cmocka_unit_test(a_chain_of_empty_blocks_comes_to_an_end),
        cmocka_unit_test(the_time_granted_is_never_above_the_standards_own_limit),
        cmocka_unit_test(what_happened_is_counted),
        cmocka_unit_test(a_step_that_nobody_asked_for_does_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
