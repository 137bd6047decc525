/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The card file: its schema, and what is left of it when power fails at any byte of a write.
 *
 * tests/fixtures/card-v1.hex is a file of schema 1 for ever. "test-card-format --print" prints
 * what this program would write today, which is how the fixture of the next schema is made.
 */
#include "config.h"

#include "common/hex.h"
#include "drivers/training/card-file.h"
#include "drivers/training/card-format.h"
#include "drivers/training/card-rsa.h"
#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* A small card in the middle of a transaction: every kind of object once. */
static void
fill(MadoCardState *state)
{
    uint8_t bytes[] = {0xDE, 0xAD};
    MadoCardItem item = {
        .kind = MADO_CARD_ITEM_FILE, .ap = MADO_AP_JPKI, .id = 0x000A, .data = bytes, .len = 2};
    MadoCardItem cert = {.kind = MADO_CARD_ITEM_STAGED_CERT,
                         .ap = MADO_AP_JPKI,
                         .id = MADO_SLOT_SIGN,
                         .total = 700,
                         .data = bytes,
                         .len = 1};

    mado_card_state_init(state);
    memset(state->card_id, 0x4D, sizeof(state->card_id));
    state->key_version = MADO_KVN_TRAINING;
    memset(state->issuer_keys.enc, 1, 32);
    memset(state->issuer_keys.mac, 2, 32);
    memset(state->issuer_keys.dek, 3, 32);
    state->issuer_keys.len = 32;
    state->life = MADO_LIFE_PREPARED;
    state->fencing = 0x01020304;
    state->has_committed = true;
    memset(state->committed, 0xC0, sizeof(state->committed));
    state->phase = MADO_PHASE_OPEN;
    memset(state->transaction, 0xA5, sizeof(state->transaction));
    state->slots = MADO_SLOT_AUTH | MADO_SLOT_SIGN;
    state->target = MADO_LIFE_ACTIVE;
    state->pins[0] = (MadoCardPin){.ap = MADO_AP_JPKI,
                                   .ef = 0x0018,
                                   .value = "1234",
                                   .len = 4,
                                   .tries = 2,
                                   .max_tries = 3,
                                   .flags = MADO_PIN_FLAG_TRANSPORT,
                                   .changes = 258};
    state->n_pins = 1;
    if (!mado_card_state_put(state, &item) || !mado_card_state_put(state, &cert)) {
        abort();
    }
}

static uint8_t *
write_state(const MadoCardState *state, size_t *ret_len)
{
    uint8_t *data = NULL;

    assert_true(mado_card_format_write(state, &data, ret_len));
    return data;
}

static void
assert_is_filled(const MadoCardState *state)
{
    MadoCardState expected;
    uint8_t *a;
    uint8_t *b;
    size_t a_len;
    size_t b_len;

    fill(&expected);
    a = write_state(&expected, &a_len);
    b = write_state(state, &b_len);
    assert_int_equal(a_len, b_len);
    assert_memory_equal(a, b, a_len);
    assert_int_equal(state->pins[0].changes, 258);
    assert_int_equal(state->fencing, 0x01020304);
    assert_int_equal(state->items[1].total, 700);
    free(a);
    free(b);
    mado_card_state_clear(&expected);
}

/* ---- schema
 * -------------------------------------------------------------------------------------------
 */

static void
what_is_written_is_read_back(void **unused)
{
    MadoCardState state;
    MadoCardState loaded;
    unsigned schema = 0;
    uint8_t *data;
    size_t len;

    fill(&state);
    data = write_state(&state, &len);
    assert_int_equal(mado_card_format_parse(data, len, &loaded, &schema), MADO_CARD_FORMAT_OK);
    assert_int_equal(schema, MADO_CARD_FORMAT_SCHEMA);
    assert_is_filled(&loaded);
    free(data);
    mado_card_state_clear(&state);
    mado_card_state_clear(&loaded);
}

static void
a_file_of_schema_1_is_read_for_ever(void **unused)
{
    const char *top = getenv("MADO_TOP_SRCDIR");
    char path[4096];
    char text[4096];
    uint8_t data[2048];
    MadoCardState loaded;
    size_t text_len;
    size_t len = 0;
    FILE *file;

    snprintf(path, sizeof(path), "%s/tests/fixtures/card-v1.hex", top != NULL ? top : ".");
    file = fopen(path, "r");
    assert_non_null(file);
    text_len = fread(text, 1, sizeof(text), file);
    fclose(file);
    assert_true(text_len > 1 && text_len < sizeof(text));
    assert_int_equal(mado_hex_parse(text, text_len - 1, data, sizeof(data), &len),
                     MADO_BYTES_OK);
    assert_int_equal(mado_card_format_parse(data, len, &loaded, NULL), MADO_CARD_FORMAT_OK);
    assert_is_filled(&loaded);
    mado_card_state_clear(&loaded);
}

static void
a_newer_schema_is_refused_by_name(void **unused)
{
    MadoCardState state;
    MadoCardState loaded;
    unsigned schema = 0;
    uint8_t *data;
    size_t len;
    size_t at;

    fill(&state);
    data = write_state(&state, &len);
    at = data[1] == 0x82 ? 4 : 3; /* behind the outer header */
    assert_memory_equal(data + at, "\x80\x01\x01", 3);
    data[at + 2] = MADO_CARD_FORMAT_SCHEMA + 1;
    assert_int_equal(mado_card_format_parse(data, len, &loaded, &schema),
                     MADO_CARD_FORMAT_NEWER);
    assert_int_equal(schema, MADO_CARD_FORMAT_SCHEMA + 1);
    assert_int_equal(loaded.n_items, 0);
    free(data);
    mado_card_state_clear(&state);
}

static void
a_flipped_bit_or_a_missing_end_is_noticed(void **unused)
{
    MadoCardState state;
    MadoCardState loaded;
    uint8_t *data;
    size_t len;

    fill(&state);
    data = write_state(&state, &len);
    for (size_t i = 0; i < len; i++) {
        data[i] ^= 0x10;
        assert_int_not_equal(mado_card_format_parse(data, len, &loaded, NULL),
                             MADO_CARD_FORMAT_OK);
        assert_int_equal(loaded.n_items, 0);
        data[i] ^= 0x10;
        assert_int_equal(mado_card_format_parse(data, i, &loaded, NULL), MADO_CARD_FORMAT_BAD);
    }
    free(data);
    mado_card_state_clear(&state);
}

/* ---- the file
 * ----------------------------------------------------------------------------------------- */

typedef struct {
    char folder[64];
    MadoCardFile file;
    uint8_t *before;
    size_t before_len;
    uint8_t *after;
    size_t after_len;
} Disk;

static int
make_disk(void **ret)
{
    static Disk disk;
    MadoCardState state;
    char path[128];

    memcpy(disk.folder, "/tmp/mado-card.XXXXXX", sizeof("/tmp/mado-card.XXXXXX"));
    if (mkdtemp(disk.folder) == NULL) {
        return -1;
    }
    fill(&state);
    disk.before = write_state(&state, &disk.before_len);
    state.fencing++;
    state.pins[0].tries = 1;
    disk.after = write_state(&state, &disk.after_len);
    mado_card_state_clear(&state);
    snprintf(path, sizeof(path), "%s/card", disk.folder);
    if (!mado_card_file_create(path, disk.before, disk.before_len) ||
        !mado_card_file_init(&disk.file, path)) {
        return -1;
    }
    *ret = &disk;
    return 0;
}

static int
drop_disk(void **ret)
{
    Disk *disk = *ret;
    char path[PATH_MAX + 8];

    snprintf(path, sizeof(path), "%s.new", disk->file.path);
    (void)unlink(path);
    (void)unlink(disk->file.path);
    (void)rmdir(disk->folder);
    free(disk->before);
    free(disk->after);
    return 0;
}

/* Which of the two states the file holds; it must be one, and readable as a card. */
static bool
holds_after(Disk *disk)
{
    MadoCardState state;
    uint8_t *data = NULL;
    size_t len = 0;
    bool is_after;

    assert_true(mado_card_file_load(&disk->file, &data, &len));
    assert_int_equal(mado_card_format_parse(data, len, &state, NULL), MADO_CARD_FORMAT_OK);
    mado_card_state_clear(&state);
    is_after = len == disk->after_len && memcmp(data, disk->after, len) == 0;
    if (!is_after) {
        assert_int_equal(len, disk->before_len);
        assert_memory_equal(data, disk->before, len);
    }
    free(data);
    return is_after;
}

static void
power_failing_at_any_byte_leaves_the_old_state_or_the_new(void **state)
{
    Disk *disk = *state;

    for (size_t at = 0; at <= disk->after_len; at++) {
        disk->file.torn = true;
        disk->file.torn_at = at;
        assert_false(mado_card_file_save(&disk->file, disk->after, disk->after_len));
        assert_false(holds_after(disk));
    }
    disk->file.torn = true;
    disk->file.torn_at = disk->after_len + 1;
    assert_false(mado_card_file_save(&disk->file, disk->after, disk->after_len));
    assert_true(holds_after(disk));
    assert_true(mado_card_file_save(&disk->file, disk->before, disk->before_len));
    assert_false(holds_after(disk));
}

/* The kernel kills the writer when its file would pass n bytes: no code of ours is asked. */
static void
write_and_be_killed_at(Disk *disk, size_t at)
{
    const struct rlimit limit = {at, at};
    const struct rlimit no_core = {0, 0};
    int status = 0;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        signal(SIGXFSZ, SIG_DFL);
        setrlimit(RLIMIT_CORE, &no_core);
        setrlimit(RLIMIT_FSIZE, &limit);
        (void)mado_card_file_save(&disk->file, disk->after, disk->after_len);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
}

static void
a_writer_killed_at_any_byte_leaves_the_old_state(void **state)
{
    Disk *disk = *state;

    for (size_t at = 0; at < disk->after_len; at += 7) {
        write_and_be_killed_at(disk, at);
        assert_false(holds_after(disk));
    }
    write_and_be_killed_at(disk, disk->after_len);
    assert_true(holds_after(disk));
}

static void
only_its_owner_may_read_a_card_file(void **state)
{
    Disk *disk = *state;
    struct stat info;

    assert_true(mado_card_file_save(&disk->file, disk->after, disk->after_len));
    assert_int_equal(stat(disk->file.path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_false(mado_card_file_create(disk->file.path, disk->before, disk->before_len));
    assert_true(holds_after(disk));
}

static int
print(void)
{
    char text[4096];
    MadoCardState state;
    uint8_t *data = NULL;
    size_t len = 0;

    fill(&state);
    if (!mado_card_format_write(&state, &data, &len) ||
        mado_hex_format(data, len, text, sizeof(text)) != MADO_BYTES_OK) {
        return 1;
    }
    printf("%s\n", text);
    free(data);
    mado_card_state_clear(&state);
    return 0;
}

int
main(int argc, char **argv)
{
#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, make_disk, drop_disk)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(a_file_of_schema_1_is_read_for_ever),
        cmocka_unit_test(a_newer_schema_is_refused_by_name),
        cmocka_unit_test(a_flipped_bit_or_a_missing_end_is_noticed),
        ON_DISK(power_failing_at_any_byte_leaves_the_old_state_or_the_new),
        ON_DISK(a_writer_killed_at_any_byte_leaves_the_old_state),
        ON_DISK(only_its_owner_may_read_a_card_file),
    };

    if (argc == 2 && strcmp(argv[1], "--print") == 0) {
        return print();
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
