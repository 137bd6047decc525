/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A slot of the training reader: cards coming and going, faults on order, time as on a real
 * link. */
#include "config.h"

#include "drivers/training/bay-settings.h"
#include "drivers/training/bay-timing.h"
#include "drivers/training/bay.h"
#include "drivers/training/card-file.h"
#include "drivers/training/card-format.h"
#include "tests/support/test-card.h"
#include "tests/support/test.h"

#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    char folder[64];
    char card_file[128];
    MadoBay *bay;
} Reader;

static void
log_nothing(const char *line)
{
}

static void
path_in(const Reader *reader, const char *name, char ret_path[128])
{
    snprintf(ret_path, 128, "%s/%s", reader->folder, name);
}

static void
insert(const Reader *reader)
{
    char fresh[128];
    char card[128];

    path_in(reader, ".new", fresh);
    path_in(reader, "card", card);
    assert_int_equal(symlink(reader->card_file, fresh), 0);
    assert_int_equal(rename(fresh, card), 0);
}

static void
write_text(const Reader *reader, const char *name, const char *text)
{
    char path[128];
    FILE *file;

    path_in(reader, name, path);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static bool
exists(const Reader *reader, const char *name)
{
    char path[128];
    struct stat info;

    path_in(reader, name, path);
    return lstat(path, &info) == 0;
}

static int
make_reader(void **ret)
{
    static Reader reader;
    MadoCardState state;
    uint8_t *data = NULL;
    size_t len = 0;

    memcpy(reader.folder, "/tmp/mado-bay.XXXXXX", sizeof("/tmp/mado-bay.XXXXXX"));
    if (mkdtemp(reader.folder) == NULL) {
        return -1;
    }
    path_in(&reader, "card-file", reader.card_file);
    test_card_fill(&state, MADO_LIFE_ACTIVE);
    if (!mado_card_format_write(&state, &data, &len) ||
        !mado_card_file_create(reader.card_file, data, len)) {
        return -1;
    }
    free(data);
    mado_card_state_clear(&state);
    reader.bay = mado_bay_new(reader.folder, log_nothing);
    *ret = &reader;
    return reader.bay == NULL ? -1 : 0;
}

static int
drop_reader(void **ret)
{
    static const char *const names[] = {"card",  "card-file", "card-file.new", "knobs",
                                        "fault", "trace",     ".new"};
    Reader *reader = *ret;
    char path[128];

    mado_bay_stop(reader->bay);
    mado_bay_unref(reader->bay);
    for (size_t i = 0; i < MADO_N_ELEMENTS(names); i++) {
        path_in(reader, names[i], path);
        (void)unlink(path);
    }
    return rmdir(reader->folder);
}

/* One exchange; the status word, or 0 with *ret_status telling why there is none. */
static uint16_t
send_bytes(Reader *reader, const uint8_t *command, size_t len, MadoBayStatus *ret_status)
{
    uint8_t answer[300];
    size_t answer_len = 0;

    *ret_status =
        mado_bay_transmit(reader->bay, command, len, answer, sizeof(answer), &answer_len);
    if (*ret_status != MADO_BAY_OK) {
        return 0;
    }
    return (uint16_t)(answer[answer_len - 2] << 8 | answer[answer_len - 1]);
}

static uint16_t
select_jpki(Reader *reader, MadoBayStatus *ret_status)
{
    static const uint8_t select[] = {0x00, 0xA4, 0x04, 0x0C, 0x0A, 0xD3, 0x92, 0xF0,
                                     0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01};

    return send_bytes(reader, select, sizeof(select), ret_status);
}

/* A wrong PIN: a command that writes. */
static uint16_t
spend_a_try(Reader *reader, MadoBayStatus *ret_status)
{
    static const uint8_t verify[] = {0x00, 0x20, 0x00, 0x98, 0x04, '9', '9', '9', '9'};

    return send_bytes(reader, verify, sizeof(verify), ret_status);
}

static void
power_up(Reader *reader)
{
    MadoBayStatus status;

    insert(reader);
    (void)mado_bay_is_present(reader->bay);
    assert_int_equal(mado_bay_power_up(reader->bay), MADO_BAY_OK);
    assert_int_equal(select_jpki(reader, &status), 0x6F00);
    assert_int_equal(select_jpki(reader, &status), 0x9000);
}

static unsigned
tries_on_file(const Reader *reader)
{
    MadoCardState state;
    MadoCardFile file;
    uint8_t *data = NULL;
    unsigned tries;
    size_t len = 0;

    assert_true(mado_card_file_init(&file, reader->card_file));
    assert_true(mado_card_file_load(&file, &data, &len));
    assert_int_equal(mado_card_format_parse(data, len, &state, NULL), MADO_CARD_FORMAT_OK);
    tries = mado_card_state_pin(&state, MADO_AP_JPKI, 0x0018)->tries;
    mado_card_state_clear(&state);
    free(data);
    return tries;
}

/* ---- coming and going
 * --------------------------------------------------------------------------------- */

static void
a_swapped_card_is_gone_first_and_there_at_the_next_look(void **state)
{
    Reader *reader = *state;
    MadoBayStatus status;

    assert_false(mado_bay_is_present(reader->bay));
    assert_int_equal(mado_bay_power_up(reader->bay), MADO_BAY_ABSENT);
    power_up(reader);
    assert_true(mado_bay_is_present(reader->bay));
    insert(reader);
    assert_int_equal(select_jpki(reader, &status), 0);
    assert_int_equal(status, MADO_BAY_ABSENT);
    assert_false(mado_bay_is_present(reader->bay));
    assert_true(mado_bay_is_present(reader->bay));
    assert_int_equal(mado_bay_power_up(reader->bay), MADO_BAY_OK);
}

static void *
insert_from_outside(void *user)
{
    insert(user);
    return NULL;
}

static void
waiting_ends_when_a_card_comes_when_it_is_woken_and_when_it_is_stopped(void **state)
{
    Reader *reader = *state;
    pthread_t thread;

    assert_false(mado_bay_is_present(reader->bay));
    assert_int_equal(pthread_create(&thread, NULL, insert_from_outside, reader), 0);
    mado_bay_wait(reader->bay, 60000);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(mado_bay_is_present(reader->bay));
    mado_bay_wake(reader->bay);
    mado_bay_wait(reader->bay, 60000);
    mado_bay_stop(reader->bay);
    mado_bay_wait(reader->bay, 60000);
}

static void *
ask_for_presence(void *user)
{
    const Reader *reader = user;

    (void)mado_bay_is_present(reader->bay);
    return NULL;
}

static void
what_another_thread_was_told_does_not_keep_the_waiting_one_asleep(void **state)
{
    Reader *reader = *state;
    pthread_t thread;

    assert_false(mado_bay_is_present(reader->bay));
    mado_bay_wake(reader->bay);
    mado_bay_wait(reader->bay, 60000);
    insert(reader);
    assert_int_equal(pthread_create(&thread, NULL, ask_for_presence, reader), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    alarm(60); /* a wait that overslept would not end */
    mado_bay_wait(reader->bay, INT_MAX);
    alarm(0);
    assert_true(mado_bay_is_present(reader->bay));
}

static void *
transmit_slowly(void *user)
{
    static MadoBayStatus status;

    (void)select_jpki(user, &status);
    return &status;
}

static void
stopping_ends_an_exchange_that_is_under_way(void **state)
{
    Reader *reader = *state;
    pthread_t thread;
    void *status = NULL;

    write_text(reader, "knobs", "apdu_delay_us=10000000\n");
    insert(reader);
    assert_int_equal(mado_bay_power_up(reader->bay), MADO_BAY_OK);
    write_text(reader, "fault", "remove after 99\n");
    assert_int_equal(pthread_create(&thread, NULL, transmit_slowly, reader), 0);
    while (exists(reader, "fault")) { /* taken when the exchange begins */
        sched_yield();
    }
    mado_bay_stop(reader->bay);
    assert_int_equal(pthread_join(thread, &status), 0);
    assert_int_equal(*(MadoBayStatus *)status, MADO_BAY_CLOSED);
}

static void
the_interface_knob_chooses_the_answer_to_reset(void **state)
{
    Reader *reader = *state;
    uint8_t atr[MADO_CARD_MAX_ATR];
    size_t len = 1;

    mado_bay_atr(reader->bay, atr, &len);
    assert_int_equal(len, 0);
    power_up(reader);
    mado_bay_atr(reader->bay, atr, &len);
    assert_int_equal(len, 13);
    write_text(reader, "knobs", "# a desk reader\ninterface=contact\n");
    assert_int_equal(mado_bay_power_up(reader->bay), MADO_BAY_OK);
    mado_bay_atr(reader->bay, atr, &len);
    assert_int_equal(len, 9);
}

/* ---- faults
 * -------------------------------------------------------------------------------------------
 */

static void
removed_before_inside_and_after_differ_in_what_the_card_remembers(void **state)
{
    static const struct {
        const char *fault;
        unsigned tries_after;
    } rows[] = {
        {"remove before 1\n", 3}, {"remove inside 1\n", 3}, {"remove after 1\n", 2},
        {"torn 1 10\n", 2},       {"torn 1 99999\n", 1},
    };
    Reader *reader = *state;

    for (size_t i = 0; i < MADO_N_ELEMENTS(rows); i++) {
        MadoBayStatus status;

        power_up(reader);
        write_text(reader, "fault", rows[i].fault);
        assert_int_equal(spend_a_try(reader, &status), 0);
        assert_int_equal(status, MADO_BAY_ABSENT);
        assert_false(exists(reader, "fault"));
        assert_false(exists(reader, "card"));
        assert_false(mado_bay_is_present(reader->bay));
        assert_int_equal(tries_on_file(reader), rows[i].tries_after);
    }
}

static void
a_fault_strikes_at_its_apdu_and_once(void **state)
{
    Reader *reader = *state;
    MadoBayStatus status;

    power_up(reader);
    write_text(reader, "fault", "mute 2");
    assert_int_equal(select_jpki(reader, &status), 0x9000);
    assert_int_equal(select_jpki(reader, &status), 0);
    assert_int_equal(status, MADO_BAY_MUTE);
    assert_int_equal(select_jpki(reader, &status), 0);
    assert_int_equal(mado_bay_reset(reader->bay),
                     MADO_BAY_OK); /* a mute card needs its power back */
    assert_int_equal(select_jpki(reader, &status), 0x6F00);
    assert_int_equal(select_jpki(reader, &status), 0x9000);
}

static void
a_reset_under_way_takes_the_selection_but_not_the_power(void **state)
{
    static const uint8_t select_ef[] = {0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, 0x0A};
    Reader *reader = *state;
    MadoBayStatus status;

    power_up(reader);
    assert_int_equal(send_bytes(reader, select_ef, sizeof(select_ef), &status), 0x9000);
    write_text(reader, "fault", "reset 1");
    assert_int_equal(send_bytes(reader, select_ef, sizeof(select_ef), &status), 0x6A82);
    assert_int_equal(select_jpki(reader, &status), 0x9000);
}

static void
a_link_that_leads_to_no_card_gives_no_power(void **state)
{
    Reader *reader = *state;
    char path[128];

    path_in(reader, "card", path);
    assert_int_equal(symlink("/dev/null", path), 0);
    assert_true(mado_bay_is_present(reader->bay));
    assert_int_equal(mado_bay_power_up(reader->bay), MADO_BAY_BAD);
}

static void
the_trace_shows_headers_and_lengths_and_no_data(void **state)
{
    Reader *reader = *state;
    MadoBayStatus status;
    char path[128];
    char line[256];
    unsigned took;
    FILE *file;

    power_up(reader);
    write_text(reader, "trace", "");
    assert_int_equal(spend_a_try(reader, &status), 0x63C2);
    path_in(reader, "trace", path);
    file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof(line), file));
    assert_int_equal(sscanf(line, "00 20 00 98 4 0 63C2 9 2 %u", &took), 1);
    assert_null(fgets(line, sizeof(line), file));
    fclose(file);
}

/* ---- settings and timing
 * ------------------------------------------------------------------------------ */

static void
knobs_and_faults_of_unknown_form_are_refused(void **state)
{
    static const char *const bad_knobs[] = {
        "rate_kbps=100",       "rate_kbps=",       "rsa=slow", "colour=red",
        "rsa_seed=4294967296", "apdu_delay_us=-1", "x"};
    static const char *const bad_faults[] = {"",         "remove",        "remove during 1",
                                             "torn 1",   "torn 1 2 3",    "mute 0",
                                             "mute one", "remove after ", "reset 99999999999"};
    MadoBayFault fault = {MADO_BAY_FAULT_MUTE, 7, 0};
    MadoBayKnobs knobs;

    for (size_t i = 0; i < MADO_N_ELEMENTS(bad_knobs); i++) {
        mado_bay_settings_init_knobs(&knobs);
        assert_false(mado_bay_settings_parse_knobs(bad_knobs[i], strlen(bad_knobs[i]), &knobs));
    }
    for (size_t i = 0; i < MADO_N_ELEMENTS(bad_faults); i++) {
        assert_false(
            mado_bay_settings_parse_fault(bad_faults[i], strlen(bad_faults[i]), &fault));
        assert_int_equal(fault.apdu, 7);
    }
    assert_true(mado_bay_settings_parse_fault("torn 3 4096\n", 12, &fault));
    assert_int_equal(fault.kind, MADO_BAY_FAULT_TORN);
    assert_int_equal(fault.apdu, 3);
    assert_int_equal(fault.at, 4096);
}

static void
the_link_takes_as_long_as_the_frame_model_says(void **state)
{
    /* 62 reads of 250 bytes, 15,360 bytes of photo: 1.57, 0.78, 0.39 and 0.20 s. */
    static const struct {
        unsigned rate_kbps;
        uint64_t ms;
    } rows[] = {{106, 1567}, {212, 783}, {424, 391}, {848, 195}, {0, 0}};

    for (size_t i = 0; i < MADO_N_ELEMENTS(rows); i++) {
        uint64_t us = 62 * mado_bay_timing_link_us(rows[i].rate_kbps, 5, 252);

        assert_int_equal(us / 1000, rows[i].ms);
    }
    /* Two frames each way cost two acknowledgements. */
    assert_true(mado_bay_timing_link_us(106, 5, 254) - mado_bay_timing_link_us(106, 5, 253) >
                9 * (10 * 6 + 48));
}

static void
key_generation_takes_the_time_measured_on_cards(void **state)
{
    const unsigned n = 20000;
    unsigned n_above = 0;
    uint64_t total = 0;
    uint64_t most = 0;
    uint32_t seed = 1;

    for (unsigned i = 0; i < n; i++) {
        uint64_t us = mado_bay_timing_generate_us(&seed);

        total += us;
        n_above += us > 9200000;
        most = us > most ? us : most;
    }
    assert_in_range(total / n, 4300000, 4800000);
    assert_in_range(n_above, n * 35 / 1000, n * 65 / 1000);
    assert_int_equal(most, 11200000);
}

int
main(void)
{
#define IN_A_READER(test) cmocka_unit_test_setup_teardown(test, make_reader, drop_reader)
    const struct CMUnitTest tests[] = {
        IN_A_READER(a_swapped_card_is_gone_first_and_there_at_the_next_look),
        IN_A_READER(waiting_ends_when_a_card_comes_when_it_is_woken_and_when_it_is_stopped),
        IN_A_READER(what_another_thread_was_told_does_not_keep_the_waiting_one_asleep),
        IN_A_READER(stopping_ends_an_exchange_that_is_under_way),
        IN_A_READER(the_interface_knob_chooses_the_answer_to_reset),
        IN_A_READER(removed_before_inside_and_after_differ_in_what_the_card_remembers),
        IN_A_READER(a_fault_strikes_at_its_apdu_and_once),
        IN_A_READER(a_reset_under_way_takes_the_selection_but_not_the_power),
        IN_A_READER(a_link_that_leads_to_no_card_gives_no_power),
        IN_A_READER(the_trace_shows_headers_and_lengths_and_no_data),
        cmocka_unit_test(knobs_and_faults_of_unknown_form_are_refused),
        cmocka_unit_test(the_link_takes_as_long_as_the_frame_model_says),
        cmocka_unit_test(key_generation_takes_the_time_measured_on_cards),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
