/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/client.h"
#include "cli/descriptor.h"
#include "cli/pin-entry.h"
#include "client/memfd.h"
#include "tests/support/test-error.h"
#include "tests/support/test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The reading end of a pipe that holds @text and is closed at the other end. */
static int
pipe_with(const char *text)
{
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], text, strlen(text)), strlen(text));
    close(ends[1]);
    return ends[0];
}

static void
assert_holds(const MadoSecret *secret, const char *text)
{
    assert_non_null(secret);
    assert_int_equal(mado_secret_len(secret), strlen(text));
    assert_memory_equal(mado_secret_peek(secret), text, strlen(text));
}

static void
a_descriptor_is_read_to_its_end_without_the_line_feed(void **state)
{
    g_autoptr(MadoSecret) secret = mado_descriptor_read(pipe_with("training\n"), 20, NULL);
    g_autoptr(MadoSecret) bare = mado_descriptor_read(pipe_with("training"), 8, NULL);

    assert_holds(secret, "training");
    assert_holds(bare, "training");
}

static void
a_descriptor_with_nothing_or_too_much_is_refused(void **state)
{
    static const char *const bad[] = {"", "\n", "123456789"};

    for (gsize i = 0; i < MADO_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;

        assert_null(mado_descriptor_read(pipe_with(bad[i]), 8, &error));
        assert_mado_error(error, MADO_ERROR_BAD_ARGUMENT);
    }
}

static void
a_sealed_memfd_reads_back_and_cannot_be_changed(void **state)
{
    int fd = mado_memfd_seal((const guint8 *)"12345678901234", 14, NULL);
    g_autoptr(MadoSecret) content = NULL;

    assert_true(fd >= 0);
    content = mado_memfd_read(fd, 14, NULL);
    assert_holds(content, "12345678901234");
    assert_int_equal(write(fd, "x", 1), -1);
    assert_int_equal(ftruncate(fd, 0), -1);
    close(fd);
}

static void
a_memfd_that_is_not_sealed_or_too_long_is_refused(void **state)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) error_long = NULL;
    int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    int sealed = mado_memfd_seal((const guint8 *)"12345", 5, NULL);
    int ends[2];

    assert_null(mado_memfd_read(fd, 100, &error));
    assert_mado_error(error, MADO_ERROR_CARD_DATA);
    assert_null(mado_memfd_read(sealed, 4, &error_long));
    assert_mado_error(error_long, MADO_ERROR_CARD_DATA);
    assert_int_equal(pipe(ends), 0);
    assert_null(mado_memfd_read(ends[0], 100, NULL)); /* no memfd at all */
    close(fd);
    close(sealed);
    close(ends[0]);
    close(ends[1]);
}

static MadoSecret *
ask(MadoPinEntry *entry, MadoPinKind kind, MadoPinEntryPurpose purpose, GError **error)
{
    MadoPinEntryPrompt prompt = {.kind = kind, .purpose = purpose, .n_tries = 3};
    GAsyncResult *slot = NULL;
    g_autoptr(GAsyncResult) result = NULL;

    mado_pin_entry_ask_async(entry, &prompt, NULL, mado_client_on_ready, &slot);
    result = mado_client_wait(&slot);
    return mado_pin_entry_ask_finish(entry, result, error);
}

static void
pins_come_from_lines_by_kind(void **state)
{
    g_autoptr(MadoPinEntry) entry =
        mado_pin_entry_new_from_fd(pipe_with("sign=abc9x7\nauth=4649\nold-auth=9517\n"), NULL);
    g_autoptr(MadoSecret) sign = ask(entry, MADO_PIN_SIGN, MADO_PIN_ENTRY_NEW, NULL);
    g_autoptr(MadoSecret) verify = ask(entry, MADO_PIN_AUTH, MADO_PIN_ENTRY_VERIFY, NULL);
    g_autoptr(MadoSecret) old = ask(entry, MADO_PIN_AUTH, MADO_PIN_ENTRY_OLD, NULL);
    g_autoptr(GError) error = NULL;

    assert_holds(sign, "ABC9X7"); /* the card knows capitals only */
    assert_holds(verify, "4649");
    assert_holds(old, "9517");
    assert_null(ask(entry, MADO_PIN_TEXT, MADO_PIN_ENTRY_NEW, &error));
    assert_mado_error(error, MADO_ERROR_BAD_ARGUMENT);
}

static void
a_new_pin_is_checked_for_form_and_weakness(void **state)
{
    static const struct {
        const char *line;
        MadoPinKind kind;
    } bad[] = {
        {"auth=123\n", MADO_PIN_AUTH},    {"auth=12345\n", MADO_PIN_AUTH},
        {"auth=1111\n", MADO_PIN_AUTH},   {"auth=1234\n", MADO_PIN_AUTH},
        {"auth=12a4\n", MADO_PIN_AUTH},   {"sign=ABCDEF\n", MADO_PIN_SIGN},
        {"sign=938471\n", MADO_PIN_SIGN}, {"sign=A1\n", MADO_PIN_SIGN},
        {"sign=AB!9X7\n", MADO_PIN_SIGN}, {"sign=ABCDEFGH12345678Z\n", MADO_PIN_SIGN},
    };

    for (gsize i = 0; i < MADO_N_ELEMENTS(bad); i++) {
        g_autoptr(MadoPinEntry) entry =
            mado_pin_entry_new_from_fd(pipe_with(bad[i].line), NULL);
        g_autoptr(GError) error = NULL;

        assert_null(ask(entry, bad[i].kind, MADO_PIN_ENTRY_NEW, &error));
        assert_mado_error(error, MADO_ERROR_PIN_FORM);
    }
}

static void
a_pin_that_exists_may_be_weak(void **state)
{
    g_autoptr(MadoPinEntry) entry = mado_pin_entry_new_from_fd(pipe_with("auth=1111\n"), NULL);
    g_autoptr(MadoSecret) pin = ask(entry, MADO_PIN_AUTH, MADO_PIN_ENTRY_VERIFY, NULL);

    assert_holds(pin, "1111");
}

static void
the_birthday_is_no_new_pin(void **state)
{
    g_autoptr(MadoPinEntry) entry = mado_pin_entry_new_from_fd(pipe_with("auth=0723\n"), NULL);
    MadoDate birth = {1990, 7, 23};
    g_autoptr(MadoSecret) before = ask(entry, MADO_PIN_AUTH, MADO_PIN_ENTRY_NEW, NULL);
    g_autoptr(GError) error = NULL;

    assert_holds(before, "0723");
    mado_pin_entry_set_birth(entry, &birth);
    assert_null(ask(entry, MADO_PIN_AUTH, MADO_PIN_ENTRY_NEW, &error));
    assert_mado_error(error, MADO_ERROR_PIN_FORM);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_descriptor_is_read_to_its_end_without_the_line_feed),
        cmocka_unit_test(a_descriptor_with_nothing_or_too_much_is_refused),
        cmocka_unit_test(a_sealed_memfd_reads_back_and_cannot_be_changed),
        cmocka_unit_test(a_memfd_that_is_not_sealed_or_too_long_is_refused),
        cmocka_unit_test(pins_come_from_lines_by_kind),
        cmocka_unit_test(a_new_pin_is_checked_for_form_and_weakness),
        cmocka_unit_test(a_pin_that_exists_may_be_weak),
        cmocka_unit_test(the_birthday_is_no_new_pin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
