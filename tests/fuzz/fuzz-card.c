/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Commands for a personalised card, as a hostile reader would send them. Input: one byte (bit
 * 0: issued card or prepared one; bit 1: the commands go through the issuer's channel; bit 2:
 * after VERIFY with the text number), then commands, each with two bytes of length before it.
 */
#include "config.h"

#include "common/cursor.h"
#include "tests/fuzz/target.h"
#include "tests/support/test-card.h"

#include <stdlib.h>
#include <string.h>

#define INS_GENERATE_SLOW MADO_INS_GENERATE /* a tenth of a second each: too slow here */

/* Whatever is asked, the issuer's keys never leave, unless the asker put in what looks like
 * one. */
static void
check_answer(const TestCard *test, const uint8_t *input, size_t input_len)
{
    static const uint8_t fills[] = {0x11, 0x22, 0x33};

    for (size_t i = 0; i < sizeof(fills); i++) {
        uint8_t key[16];

        memset(key, fills[i], sizeof(key));
        if (memmem(test->answer, test->answer_len, key, sizeof(key)) != NULL &&
            memmem(input, input_len, key, sizeof(key)) == NULL) {
            abort();
        }
    }
}

static void
run(TestCard *test, const uint8_t *data, size_t len, bool through_channel)
{
    MadoCommand command;

    if (through_channel) {
        if (mado_apdu_decode(data, len, &command) != MADO_BYTES_OK ||
            command.data_len > MADO_SCP03_MAX_ENCRYPTED || command.ins == INS_GENERATE_SLOW) {
            return;
        }
        (void)test_card_issue(test, command.ins, (uint16_t)(command.p1 << 8 | command.p2),
                              command.data, command.data_len);
    } else {
        (void)test_card_send_bytes(test, data, len);
    }
}

static void
open_session(TestCard *test)
{
    const uint8_t message[36] = {0xA0, 34, 0x80, 32};

    test_card_select(test, MADO_AP_TEXT);
    test_card_select_ef(test, MADO_EF_TEXT_PIN);
    (void)test_card_verify(test, TEST_CARD_AUTH_PIN);
    (void)test_card_deliver(test, message, sizeof(message));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static TestCard test;
    MadoCursor cursor;
    const uint8_t *command;
    uint16_t len;
    uint8_t mode;

    mado_cursor_init(&cursor, data, size);
    if (!mado_cursor_u8(&cursor, &mode)) {
        return 0;
    }
    test_card_open(&test, (mode & 1) != 0 ? MADO_LIFE_ACTIVE : MADO_LIFE_PREPARED);
    if ((mode & 2) != 0) {
        test_card_open_channel(&test, MADO_SCP03_LEVEL);
    } else if ((mode & 4) != 0) {
        test_card_select(&test, MADO_AP_TEXT);
        test_card_select_ef(&test, MADO_EF_TEXT_NUMBER_A);
        (void)test_card_verify(&test, TEST_CARD_NUMBER);
    }
    if ((mode & 8) != 0 && (mode & 1) != 0) {
        open_session(&test);
    }
    while (mado_cursor_u16(&cursor, &len) && mado_cursor_take(&cursor, len, &command)) {
        run(&test, command, len, (mode & 2) != 0 && test.host.session.key_len != 0);
        check_answer(&test, data, size);
    }
    test_card_close(&test);
    return 0;
}
