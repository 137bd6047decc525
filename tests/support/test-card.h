/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A training card in memory with known contents, and the issuer's end of its channel. Keys of
 * fake cards are made once per program. Nothing here fails softly: what goes wrong fails the
 * test that runs.
 */
#pragma once

#include "common/scp03-host.h"
#include "drivers/training/card.h"

/* What a fake card's store holds, and how it misbehaves. */
typedef struct {
    uint8_t *data; /* owned */
    size_t len;
    unsigned n_saves;
    bool refuse; /* the next save fails and changes nothing */
} TestStore;

typedef struct {
    TestStore store;
    unsigned n_generated;
    MadoCard *card;
    /* the issuer's channel, while one is open */
    MadoScp03Host host;
    /* the last answer, without status word */
    uint8_t answer[65536];
    size_t answer_len;
} TestCard;

#define TEST_CARD_AUTH_PIN "1234"
#define TEST_CARD_SIGN_PIN "ABC123"
#define TEST_CARD_NUMBER   "123456789018"
#define TEST_CARD_NUMBER_B "02040120351234"

/* A card in the life cycle given; PERSONALISED has no PINs, ACTIVE has them all, and live keys.
 * Powered, past 6F00. */
void
test_card_open(TestCard *test, MadoLifeCycle life);

/* The same around a state that the caller filled; the state is taken over and cleared. */
void
test_card_open_state(TestCard *test, MadoCardState *state);

void
test_card_close(TestCard *test);

/* Power off and on; the first command's 6F00 is taken. */
void
test_card_power_cycle(TestCard *test);

/* Fills a state as test_card_open() would. */
void
test_card_fill(MadoCardState *state, MadoLifeCycle life);

/* Sends a command given as hexadecimal, spaces allowed; the status word. 0: mute. */
uint16_t
test_card_send(TestCard *test, const char *hex);

uint16_t
test_card_send_bytes(TestCard *test, const uint8_t *command, size_t len);

/* SELECT of an application by number, of one of its EFs, VERIFY of the EF's value: each must
 * answer 9000. */
void
test_card_select(TestCard *test, MadoAp ap);
void
test_card_select_ef(TestCard *test, uint16_t ef);
uint16_t
test_card_verify(TestCard *test, const char *pin);

/* INITIALIZE UPDATE and EXTERNAL AUTHENTICATE at this level; selects the ISD first. */
void
test_card_open_channel(TestCard *test, uint8_t level);

/* One command through the channel, its answer fetched and opened into test->answer. */
uint16_t
test_card_issue(TestCard *test, uint8_t ins, uint16_t p1p2, const uint8_t *data, size_t len);

/* SET SESSION KEY with this message (A0 { 80 seed }) under the text application's public key.
 */
uint16_t
test_card_deliver(TestCard *test, const uint8_t *message, size_t len);
