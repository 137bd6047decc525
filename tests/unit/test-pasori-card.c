/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The emulated card and the watch over its host, without reader or wire: the scenarios of
 * ISO/IEC 14443-4, annex B as a table, in its notation; activation by ISO/IEC 14443-3; and
 * hosts that break each rule.
 */
#include "config.h"

#include "tests/support/pasori/air.h"
#include "tests/support/pasori/crc-b.h"
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE_US 6000000U
#define MAX_STEPS   8

/* A chip that answers every command with as many bytes as it is told to. */
typedef struct {
    size_t answer_len;
    uint64_t spent_us;
    bool gone;
    char commands[512]; /* those it got, each with a "." behind it */
    size_t len;
} Toy;

typedef struct {
    Toy toy;
    PasoriChip chip;
    PasoriLedger ledger;
    PasoriScript script;
    PasoriPiccProfile profile;
    PasoriAir *air;
    PasoriAirAnswer heard;
} Field;

static bool
is_toy_present(void *user)
{
    const Toy *toy = user;

    return !toy->gone;
}

static bool
power_toy_up(void *user)
{
    (void)user;
    return true;
}

static void
ignore_toy(void *user)
{
    (void)user;
}

static bool
exchange_with_toy(void *user, const uint8_t *command, size_t len, PasoriChipAnswer *ret_answer)
{
    Toy *toy = user;

    assert_true(toy->len + len + 1 < sizeof(toy->commands));
    memcpy(toy->commands + toy->len, command, len);
    toy->len += len;
    toy->commands[toy->len++] = '.';
    for (size_t i = 0; i < toy->answer_len; i++) {
        ret_answer->data[i] = (uint8_t)('a' + i % 26);
    }
    ret_answer->len = toy->answer_len;
    ret_answer->spent_us = toy->spent_us;
    return true;
}

/* ---- the field
 * -------------------------------------------------------------------------------------- */

static void
open_field(Field *field, const PasoriPiccProfile *profile)
{
    memset(field, 0, sizeof(*field));
    field->chip = (PasoriChip){.user = &field->toy,
                               .is_present = is_toy_present,
                               .power_up = power_toy_up,
                               .reset = ignore_toy,
                               .power_down = ignore_toy,
                               .exchange = exchange_with_toy};
    field->toy.answer_len = 1;
    field->profile = *profile;
    field->air = malloc(sizeof(*field->air));
    assert_non_null(field->air);
    pasori_air_init(field->air, &field->ledger, &field->script);
    assert_true(pasori_air_add_card(field->air, &field->profile, &field->chip));
    pasori_air_switch(field->air, true);
    field->ledger.now_us += 5000;
}

static void
close_field(Field *field)
{
    pasori_air_switch(field->air, false);
    free(field->air);
}

static const PasoriPiccProfile *
usual(void)
{
    static const PasoriPiccProfile profile = {.pupi = {1, 2, 3, 4},
                                              .app = {0x00, 0x00, 0x41, 0xE0},
                                              .info = {0xB3, 0x81, 0xA1},
                                              .multiplier = 3};

    return &profile;
}

static void
send_at(Field *field, const uint8_t *data, size_t len, unsigned kbps)
{
    uint8_t bytes[PASORI_MAX_FRAME + PASORI_CRC_LEN];
    PasoriAirFrame frame = {.data = bytes,
                            .len = len + PASORI_CRC_LEN,
                            .kbps_out = kbps,
                            .kbps_in = kbps,
                            .timeout_us = PATIENCE_US,
                            .type_b = true,
                            .checks = true};

    memcpy(bytes, data, len);
    pasori_crc_b_append(bytes, len);
    pasori_air_exchange(field->air, &frame, &field->heard);
}

static void
activate(Field *field)
{
    static const uint8_t wupb[] = {0x05, 0x00, 0x08};
    static const uint8_t attrib[] = {0x1D, 1, 2, 3, 4, 0x00, 0x08, 0x01, 0x00};

    send_at(field, wupb, sizeof(wupb), 106);
    assert_int_equal(field->heard.len, 12);
    send_at(field, attrib, sizeof(attrib), 106);
    assert_int_equal(field->heard.len, 1);
}

/* ---- the notation of annex B
 * ------------------------------------------------------------------------ */

/* "I(1)0", "R(ACK)1", "R(NAK)0", "S(WTX)", "S(DESELECT)"; an I-block carries one byte, the "1"
 * of a command's first part or what stands behind a colon. */
static size_t
spell(const char *name, uint8_t multiplier, uint8_t ret_bytes[2])
{
    if (name[0] == 'I') {
        ret_bytes[0] = (uint8_t)(0x02 | (name[2] == '1' ? 0x10 : 0) | (name[4] - '0'));
        ret_bytes[1] = name[5] == ':' ? (uint8_t)name[6] : '1';
        return 2;
    }
    if (name[0] == 'R') {
        ret_bytes[0] = (uint8_t)((name[2] == 'A' ? 0xA2 : 0xB2) | (name[6] - '0'));
        return 1;
    }
    ret_bytes[0] = name[2] == 'W' ? 0xF2 : 0xC2;
    ret_bytes[1] = multiplier;
    return name[2] == 'W' ? 2 : 1;
}

static void
name_of(const PasoriAirAnswer *heard, char ret_name[16])
{
    uint8_t pcb = heard->data[0];

    if (heard->len == 0) {
        snprintf(ret_name, 16, "-");
    } else if ((pcb & 0xE2) == 0x02) {
        snprintf(ret_name, 16, "I(%d)%d", pcb >> 4 & 1, pcb & 1);
    } else if ((pcb & 0xE2) == 0xA2) {
        snprintf(ret_name, 16, "R(%s)%d", (pcb & 0x10) != 0 ? "NAK" : "ACK", pcb & 1);
    } else {
        snprintf(ret_name, 16, "S(%s)", (pcb & 0x30) != 0 ? "WTX" : "DESELECT");
    }
}

typedef enum {
    HEARD = 0,
    LOST_OUT, /* the card does not hear the host */
    BAD_OUT,  /* … hears it with a wrong checksum */
    LOST_IN,  /* the host does not hear the card */
    BAD_IN,
} Fate;

typedef struct {
    const char *host;
    const char *card; /* what the host hears; NULL: nothing */
    Fate fate;
} Step;

typedef struct {
    const char *name;
    const char *clause;
    size_t answer_len; /* of the chip; 1 byte goes in a block */
    unsigned waits;
    const char *commands; /* that the chip must have got */
    Step steps[MAX_STEPS];
} Scene;

static const Scene scenes[] = {
    {"I-blocks both ways",
     "B.2.1; rules 1, 10, A to D",
     1,
     0,
     "1.1.",
     {{"I(0)0", "I(0)0", HEARD}, {"I(0)1", "I(0)1", HEARD}}},
    {"more time, once",
     "B.2.2; rules 3, 9",
     1,
     1,
     "1.",
     {{"I(0)0", "S(WTX)", HEARD}, {"S(WTX)", "I(0)0", HEARD}}},
    {"more time, twice",
     "B.2.2; rules 3, 9",
     1,
     2,
     "1.",
     {{"I(0)0", "S(WTX)", HEARD}, {"S(WTX)", "S(WTX)", HEARD}, {"S(WTX)", "I(0)0", HEARD}}},
    {"deselected",
     "B.2.3; 8",
     1,
     0,
     "1.",
     {{"I(0)0", "I(0)0", HEARD}, {"S(DESELECT)", "S(DESELECT)", HEARD}}},
    {"the host chains",
     "B.2.4; rules 2, 7",
     1,
     0,
     "123.1.",
     {{"I(1)0", "R(ACK)0", HEARD},
      {"I(1)1:2", "R(ACK)1", HEARD},
      {"I(0)0:3", "I(0)0", HEARD},
      {"I(0)1", "I(0)1", HEARD}}},
    {"the card chains",
     "B.2.4; rules 2, 13, E",
     3,
     0,
     "1.1.",
     {{"I(0)0", "I(1)0", HEARD},
      {"R(ACK)1", "I(1)1", HEARD},
      {"R(ACK)0", "I(0)0", HEARD},
      {"I(0)1", "I(1)1", HEARD}}},
    {"the first block is lost",
     "B.3.1; rules 4, 6, 12",
     1,
     0,
     "1.",
     {{"I(0)0", NULL, LOST_OUT}, {"R(NAK)0", "R(ACK)1", HEARD}, {"I(0)0", "I(0)0", HEARD}}},
    {"a later block is spoilt",
     "B.3.1; rules 4, 6, 12",
     1,
     0,
     "1.1.",
     {{"I(0)0", "I(0)0", HEARD},
      {"I(0)1", NULL, BAD_OUT},
      {"R(NAK)1", "R(ACK)0", HEARD},
      {"I(0)1", "I(0)1", HEARD}}},
    {"an answer is lost",
     "B.3.1; rules 4, 11",
     1,
     0,
     "1.1.",
     {{"I(0)0", NULL, LOST_IN}, {"R(NAK)0", "I(0)0", HEARD}, {"I(0)1", "I(0)1", HEARD}}},
    {"an answer is spoilt, then lost",
     "B.3.1; rules 4, 11",
     1,
     0,
     "1.",
     {{"I(0)0", NULL, BAD_IN}, {"R(NAK)0", NULL, LOST_IN}, {"R(NAK)0", "I(0)0", HEARD}}},
    {"an answer and R(NAK) are lost",
     "B.3.1; rules 4, 11",
     1,
     0,
     "1.",
     {{"I(0)0", NULL, LOST_IN}, {"R(NAK)0", NULL, LOST_OUT}, {"R(NAK)0", "I(0)0", HEARD}}},
    {"a block and R(ACK) are lost",
     "B.3.1; rules 4, 6, 12",
     1,
     0,
     "1.",
     {{"I(0)0", NULL, LOST_OUT},
      {"R(NAK)0", NULL, BAD_IN},
      {"R(NAK)0", "R(ACK)1", HEARD},
      {"I(0)0", "I(0)0", HEARD}}},
    {"the request for time is lost",
     "B.3.2; rules 4, 11",
     1,
     1,
     "1.",
     {{"I(0)0", NULL, LOST_IN}, {"R(NAK)0", "S(WTX)", HEARD}, {"S(WTX)", "I(0)0", HEARD}}},
    {"the request for time is spoilt twice",
     "B.3.2; rules 4, 11",
     1,
     1,
     "1.",
     {{"I(0)0", NULL, BAD_IN},
      {"R(NAK)0", NULL, BAD_IN},
      {"R(NAK)0", "S(WTX)", HEARD},
      {"S(WTX)", "I(0)0", HEARD}}},
    {"the grant of time is lost",
     "B.3.2; rules 3, 4, 11",
     1,
     1,
     "1.",
     {{"I(0)0", "S(WTX)", HEARD},
      {"S(WTX)", NULL, LOST_OUT},
      {"R(NAK)0", "S(WTX)", HEARD},
      {"S(WTX)", "I(0)0", HEARD}}},
    {"the answer after it is lost",
     "B.3.2; rules 4, 11",
     1,
     1,
     "1.",
     {{"I(0)0", "S(WTX)", HEARD}, {"S(WTX)", NULL, LOST_IN}, {"R(NAK)0", "I(0)0", HEARD}}},
    {"S(DESELECT) is lost",
     "B.3.3; rule 8",
     1,
     0,
     "1.",
     {{"I(0)0", "I(0)0", HEARD},
      {"S(DESELECT)", NULL, LOST_OUT},
      {"S(DESELECT)", "S(DESELECT)", HEARD}}},
    {"the host chains, its block is lost",
     "B.3.4; rules 4, 6, 12",
     1,
     0,
     "12.",
     {{"I(1)0", NULL, LOST_OUT},
      {"R(NAK)0", "R(ACK)1", HEARD},
      {"I(1)0", "R(ACK)0", HEARD},
      {"I(0)1:2", "I(0)1", HEARD}}},
    {"the host chains, R(ACK) is lost",
     "B.3.4; rules 4, 7, 11",
     1,
     0,
     "12.",
     {{"I(1)0", NULL, LOST_IN}, {"R(NAK)0", "R(ACK)0", HEARD}, {"I(0)1:2", "I(0)1", HEARD}}},
    {"the host chains, its last block is lost",
     "B.3.4; rules 4, 6, 12",
     1,
     0,
     "12.",
     {{"I(1)0", "R(ACK)0", HEARD},
      {"I(0)1:2", NULL, BAD_OUT},
      {"R(NAK)1", "R(ACK)0", HEARD},
      {"I(0)1:2", "I(0)1", HEARD}}},
    {"the card chains, its first block is lost",
     "B.3.4; rules 4, 11",
     2,
     0,
     "1.",
     {{"I(0)0", NULL, LOST_IN}, {"R(NAK)0", "I(1)0", HEARD}, {"R(ACK)1", "I(0)1", HEARD}}},
    {"the card chains, R(ACK) is lost",
     "B.3.4; rules 5, 13",
     2,
     0,
     "1.1.",
     {{"I(0)0", "I(1)0", HEARD},
      {"R(ACK)1", NULL, LOST_OUT},
      {"R(ACK)1", "I(0)1", HEARD},
      {"I(0)0", "I(1)0", HEARD}}},
    {"the card chains, a later block is lost",
     "B.3.4; rules 5, 11",
     3,
     0,
     "1.",
     {{"I(0)0", "I(1)0", HEARD},
      {"R(ACK)1", NULL, BAD_IN},
      {"R(ACK)1", "I(1)1", HEARD},
      {"R(ACK)0", "I(0)0", HEARD}}},
    {"is it there: R(NAK)",
     "7.5.5, method 2; rule 12",
     1,
     0,
     "1.1.",
     {{"I(0)0", "I(0)0", HEARD}, {"R(NAK)1", "R(ACK)0", HEARD}, {"I(0)1", "I(0)1", HEARD}}},
};

static void
arm(Field *field, Fate fate)
{
    static const PasoriFaultKind kinds[] = {
        [LOST_OUT] = PASORI_FAULT_LOST_TO_CARD,
        [BAD_OUT] = PASORI_FAULT_CRC_TO_CARD,
        [LOST_IN] = PASORI_FAULT_LOST_FROM_CARD,
        [BAD_IN] = PASORI_FAULT_CRC_FROM_CARD,
    };

    if (fate != HEARD) {
        assert_true(pasori_script_add(
            &field->script,
            (PasoriFault){.kind = kinds[fate], .at = field->ledger.n_blocks + 1, .times = 1}));
    }
}

static void
play(const Scene *scene)
{
    PasoriPiccProfile profile = *usual();
    Field field;

    profile.max_inf = 1;
    profile.extra_waits = (uint8_t)scene->waits;
    open_field(&field, &profile);
    field.toy.answer_len = scene->answer_len;
    activate(&field);
    for (size_t i = 0; i < MAX_STEPS && scene->steps[i].host != NULL; i++) {
        const Step *step = &scene->steps[i];
        uint8_t block[2];
        char name[16];

        arm(&field, step->fate);
        send_at(&field, block, spell(step->host, profile.multiplier, block), 106);
        name_of(&field.heard, name);
        if (strcmp(name, step->card == NULL ? "-" : step->card) != 0) {
            fail_msg("%s: step %zu: %s", scene->name, i + 1, name);
        }
    }
    if (strcmp(field.toy.commands, scene->commands) != 0) {
        fail_msg("%s: the chip got %s", scene->name, field.toy.commands);
    }
    if (field.ledger.n_breaches != 0) {
        fail_msg("%s: %s: %s", scene->name, field.ledger.breaches[0].clause,
                 field.ledger.breaches[0].what);
    }
    close_field(&field);
}

static void
scenarios_of_the_standard_go_as_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < MADO_N_ELEMENTS(scenes); i++) {
        print_message("# %s (%s)\n", scenes[i].name, scenes[i].clause);
        play(&scenes[i]);
    }
}

/* ---- hosts that break rules
 * ------------------------------------------------------------------------- */

typedef struct {
    const char *clause; /* of the one breach */
    const char *what;   /* the beginning of it */
    size_t answer_len;
    unsigned waits;
    Step steps[MAX_STEPS];
} Offence;

static const Offence offences[] = {
    {"14443-4 7.5.3.1", "rule B", 1, 0, {{"I(0)1", "I(0)0", HEARD}}},
    {"14443-4 7.5.3.1", "rule B", 1, 0, {{"I(0)0", "I(0)0", HEARD}, {"I(0)0", "I(0)1", HEARD}}},
    {"14443-4 7.5.4.1", "rule 2", 2, 0, {{"I(0)0", "I(1)0", HEARD}, {"I(0)1", "I(1)1", HEARD}}},
    {"14443-4 7.5.4.1",
     "rule 3",
     1,
     1,
     {{"I(0)0", "S(WTX)", HEARD}, {"R(NAK)0", "S(WTX)", HEARD}}},
    {"14443-4 7.5.4.1", "rule 3", 1, 0, {{"S(WTX)", NULL, HEARD}}},
    {"14443-4 7.5.4.2", "rule 4", 1, 0, {{"I(0)0", NULL, LOST_OUT}, {"I(0)0", "I(0)0", HEARD}}},
    {"14443-4 7.5.4.2",
     "rule 5",
     2,
     0,
     {{"I(0)0", "I(1)0", HEARD}, {"R(ACK)1", NULL, LOST_IN}, {"R(NAK)1", "I(0)1", HEARD}}},
    {"14443-4 7.5.4.2",
     "rule 6",
     1,
     0,
     {{"I(0)0", NULL, LOST_OUT}, {"R(NAK)0", "R(ACK)1", HEARD}, {"I(0)0:9", "I(0)0", HEARD}}},
    {"14443-4 7.5.4.2",
     "R(ACK) although",
     1,
     0,
     {{"I(0)0", "I(0)0", HEARD}, {"R(ACK)1", NULL, HEARD}}},
};

static void
every_offence_of_a_host_is_seen(void **state)
{
    (void)state;
    for (size_t i = 0; i < MADO_N_ELEMENTS(offences); i++) {
        const Offence *offence = &offences[i];
        PasoriPiccProfile profile = *usual();
        Field field;

        profile.max_inf = 1;
        profile.extra_waits = (uint8_t)offence->waits;
        open_field(&field, &profile);
        field.toy.answer_len = offence->answer_len;
        activate(&field);
        for (size_t j = 0; j < MAX_STEPS && offence->steps[j].host != NULL; j++) {
            uint8_t block[2];
            char name[16];

            arm(&field, offence->steps[j].fate);
            send_at(&field, block, spell(offence->steps[j].host, profile.multiplier, block),
                    106);
            name_of(&field.heard, name);
            assert_string_equal(name,
                                offence->steps[j].card == NULL ? "-" : offence->steps[j].card);
        }
        assert_int_equal(field.ledger.n_breaches, 1);
        assert_string_equal(field.ledger.breaches[0].clause, offence->clause);
        assert_memory_equal(field.ledger.breaches[0].what, offence->what,
                            strlen(offence->what));
        close_field(&field);
    }
}

static void
impatience_is_seen(void **state)
{
    static const uint8_t block[] = {0x02, '1', 0, 0};
    uint8_t bytes[sizeof(block)];
    PasoriAirFrame frame = {.data = bytes,
                            .len = sizeof(bytes),
                            .kbps_out = 106,
                            .kbps_in = 106,
                            .timeout_us = 309300, /* FWI 10: 309.3 ms and a bit */
                            .type_b = true,
                            .checks = true};
    Field field;

    (void)state;
    memcpy(bytes, block, sizeof(block));
    pasori_crc_b_append(bytes, 2);
    open_field(&field, usual());
    activate(&field);
    pasori_air_exchange(field.air, &frame, &field.heard);
    assert_int_equal(field.ledger.n_breaches, 1);
    assert_string_equal(field.ledger.breaches[0].clause, "14443-4 7.2");
    close_field(&field);
}

/* ---- activation
 * ------------------------------------------------------------------------------------- */

static void
a_halted_card_answers_only_wupb(void **state)
{
    static const uint8_t reqb[] = {0x05, 0x00, 0x00};
    static const uint8_t wupb[] = {0x05, 0x00, 0x08};
    static const uint8_t hltb[] = {0x50, 1, 2, 3, 4};
    static const uint8_t atqb[] = {0x50, 1, 2, 3, 4, 0x00, 0x00, 0x41, 0xE0, 0xB3, 0x81, 0xA1};
    Field field;

    (void)state;
    open_field(&field, usual());
    send_at(&field, reqb, sizeof(reqb), 106);
    assert_int_equal(field.heard.len, sizeof(atqb));
    assert_memory_equal(field.heard.data, atqb, sizeof(atqb));
    send_at(&field, hltb, sizeof(hltb), 106);
    assert_int_equal(field.heard.len, 1);
    assert_int_equal(field.heard.data[0], 0);
    send_at(&field, reqb, sizeof(reqb), 106);
    assert_int_equal(field.heard.status, PASORI_AIR_TIMEOUT);
    send_at(&field, wupb, sizeof(wupb), 106);
    assert_int_equal(field.heard.len, sizeof(atqb));
    close_field(&field);
}

typedef struct {
    uint8_t p1;
    uint8_t p2;
    uint8_t p3;
    uint8_t p4;
    bool accepted;
} Attrib;

static void
attrib_may_ask_only_for_what_atqb_offers(void **state)
{
    static const Attrib cases[] = {
        {0x00, 0x08, 0x01, 0x00, true},  /* 106, 256 bytes */
        {0x00, 0x58, 0x01, 0x00, true},  /* 212 both ways */
        {0x00, 0xA8, 0x01, 0x00, true},  /* 424 */
        {0x00, 0xA0, 0x01, 0x05, true},  /* frames of 16 bytes, CID 5 */
        {0x00, 0xF8, 0x01, 0x00, false}, /* 848 was not offered */
        {0x00, 0x48, 0x01, 0x00, false}, /* not the same both ways */
        {0x01, 0x08, 0x01, 0x00, false}, /* reserved bits */
        {0x00, 0x09, 0x01, 0x00, false}, /* no such frame size */
        {0x00, 0x08, 0x00, 0x00, false}, /* not 14443-4 */
        {0x00, 0x08, 0x11, 0x00, false}, {0x00, 0x08, 0x01, 0x0F, false},
        {0x00, 0x08, 0x01, 0x10, false},
    };

    (void)state;
    for (size_t i = 0; i < MADO_N_ELEMENTS(cases); i++) {
        static const uint8_t wupb[] = {0x05, 0x00, 0x08};
        const uint8_t attrib[] = {0x1D,        1,           2,           3,          4,
                                  cases[i].p1, cases[i].p2, cases[i].p3, cases[i].p4};
        Field field;

        open_field(&field, usual());
        send_at(&field, wupb, sizeof(wupb), 106);
        send_at(&field, attrib, sizeof(attrib), 106);
        assert_int_equal(field.heard.len > 0, cases[i].accepted);
        assert_int_equal(field.ledger.n_breaches, cases[i].accepted ? 0 : 1);
        if (cases[i].accepted) {
            assert_int_equal(field.heard.data[0], cases[i].p4);
        }
        close_field(&field);
    }
}

static void
after_attrib_the_card_hears_only_the_rate_that_was_agreed(void **state)
{
    static const uint8_t wupb[] = {0x05, 0x00, 0x08};
    static const uint8_t attrib[] = {0x1D, 1, 2, 3, 4, 0x00, 0xA8, 0x01, 0x00};
    static const uint8_t block[] = {0x02, '1'};
    Field field;

    (void)state;
    open_field(&field, usual());
    send_at(&field, wupb, sizeof(wupb), 106);
    send_at(&field, attrib, sizeof(attrib), 106);
    send_at(&field, block, sizeof(block), 106);
    assert_int_equal(field.heard.status, PASORI_AIR_TIMEOUT);
    send_at(&field, (const uint8_t[]){0xB2}, 1, 424);
    assert_int_equal(field.heard.data[0], 0xA3);
    send_at(&field, block, sizeof(block), 424);
    assert_int_equal(field.heard.data[0], 0x02);
    close_field(&field);
}

static void
two_cards_are_told_apart_by_slots_alone(void **state)
{
    static const uint8_t one_slot[] = {0x05, 0x00, 0x08};
    static const uint8_t four_slots[] = {0x05, 0x00, 0x0A};
    PasoriPiccProfile other = *usual();
    Field field;

    (void)state;
    other.pupi[0] = 9;
    other.slot = 2;
    open_field(&field, usual());
    assert_true(pasori_air_add_card(field.air, &other, &field.chip));
    send_at(&field, one_slot, sizeof(one_slot), 106);
    assert_int_equal(field.heard.status, PASORI_AIR_CRC);
    send_at(&field, four_slots, sizeof(four_slots), 106);
    assert_int_equal(field.heard.data[1], 1);
    send_at(&field, (const uint8_t[]){0x25}, 1, 106);
    assert_int_equal(field.heard.data[1], 9);
    close_field(&field);
}

/* ---- blocks of every size
 * --------------------------------------------------------------------------- */

/* The whole of an answer, put together by a host that keeps the rules. */
static size_t
fetch(Field *field, uint8_t *ret_data)
{
    uint8_t number = 0;
    size_t len = 0;

    send_at(field, (const uint8_t[]){0x02, '1'}, 2, 106);
    for (;;) {
        assert_true(field->heard.len > 0);
        assert_int_equal(field->heard.data[0] & 0x01, number);
        memcpy(ret_data + len, field->heard.data + 1, field->heard.len - 1);
        len += field->heard.len - 1;
        if ((field->heard.data[0] & 0x10) == 0) {
            return len;
        }
        number ^= 1;
        send_at(field, (const uint8_t[]){(uint8_t)(0xA2 | number)}, 1, 106);
    }
}

static void
answers_of_every_length_come_whole_at_every_frame_size(void **state)
{
    static const uint8_t wupb[] = {0x05, 0x00, 0x08};
    static const size_t sizes[] = {16, 24, 32, 40, 48, 64, 96, 128, 256};

    (void)state;
    for (uint8_t fsdi = 0; fsdi < MADO_N_ELEMENTS(sizes); fsdi++) {
        const uint8_t attrib[] = {0x1D, 1, 2, 3, 4, 0x00, fsdi, 0x01, 0x00};

        for (size_t len = 0; len < 3 * sizes[fsdi]; len += 1 + len / 40) {
            uint8_t data[1024];
            Field field;

            open_field(&field, usual());
            field.toy.answer_len = len;
            send_at(&field, wupb, sizeof(wupb), 106);
            send_at(&field, attrib, sizeof(attrib), 106);
            assert_int_equal(fetch(&field, data), len);
            for (size_t i = 0; i < len; i++) {
                assert_int_equal(data[i], 'a' + i % 26);
            }
            assert_int_equal(field.ledger.n_breaches, 0);
            close_field(&field);
        }
    }
}

/* ISO/IEC 14443-3, annex B has these three. */
static void
the_checksum_is_that_of_the_standard(void **state)
{
    uint8_t zeros[] = {0x00, 0x00, 0x00, 0, 0};
    uint8_t mixed[] = {0x0F, 0xAA, 0xFF, 0, 0};
    uint8_t hltb[] = {0x0A, 0x12, 0x34, 0x56, 0, 0};

    (void)state;
    pasori_crc_b_append(zeros, 3);
    assert_int_equal(zeros[3] << 8 | zeros[4], 0xCCC6);
    pasori_crc_b_append(mixed, 3);
    assert_int_equal(mixed[3] << 8 | mixed[4], 0xFCD1);
    pasori_crc_b_append(hltb, 4);
    assert_int_equal(hltb[4] << 8 | hltb[5], 0x2CF6);
    assert_true(pasori_crc_b_is_right(hltb, sizeof(hltb)));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_checksum_is_that_of_the_standard),
        cmocka_unit_test(scenarios_of_the_standard_go_as_written),
        cmocka_unit_test(every_offence_of_a_host_is_seen),
        cmocka_unit_test(impatience_is_seen),
        cmocka_unit_test(a_halted_card_answers_only_wupb),
        cmocka_unit_test(attrib_may_ask_only_for_what_atqb_offers),
        cmocka_unit_test(after_attrib_the_card_hears_only_the_rate_that_was_agreed),
        cmocka_unit_test(two_cards_are_told_apart_by_slots_alone),
        cmocka_unit_test(answers_of_every_length_come_whole_at_every_frame_size),
    };

    return cmocka_run_group_tests_name("pasori-card", tests, NULL, NULL);
}
