/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Descriptors with personal data: what goes out cannot be changed, what comes in is read with
 * care. */
#include "config.h"

#include "daemon/sealed.h"
#include "tests/support/test-error.h"

#include <glib-unix.h>

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ALL_SEALS (F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK)

static int
make_memfd(const char *text, int seals)
{
    int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
    return fd;
}

static void
what_goes_out_is_sealed(void **state)
{
    int fd = mado_sealed_new("name", (const guint8 *)"abc", 3, NULL);
    char text[8] = "";

    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_GET_SEALS), ALL_SEALS | F_SEAL_SEAL);
    assert_int_equal(pread(fd, text, sizeof text, 0), 3);
    assert_string_equal(text, "abc");
    assert_int_equal(pwrite(fd, "x", 1, 0), -1);
    (void)close(fd);
}

/* Reads and expects an error; 0: success with @text. Closes @fd. */
static void
expect(int fd, gsize max_len, MadoErrorCode code, const char *text)
{
    g_autoptr(MadoInterrupt) interrupt = mado_interrupt_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(MadoSecret) secret = mado_sealed_read(fd, max_len, interrupt, &error);

    (void)close(fd);
    if (code != 0) {
        assert_null(secret);
        assert_mado_error(error, code);
        return;
    }
    assert_no_mado_error(error);
    assert_int_equal(mado_secret_len(secret), strlen(text));
    assert_memory_equal(mado_secret_peek(secret), text, strlen(text));
}

static void
a_sealed_memfd_is_read_from_its_start(void **state)
{
    expect(make_memfd("12345678901234", ALL_SEALS), 16, 0, "12345678901234");
    expect(make_memfd("", ALL_SEALS), 16, 0, "");
}

static void
a_memfd_that_could_still_change_is_refused(void **state)
{
    expect(make_memfd("1234", 0), 16, MADO_ERROR_BAD_ARGUMENT, NULL);
    expect(make_memfd("1234", F_SEAL_WRITE | F_SEAL_GROW), 16, MADO_ERROR_BAD_ARGUMENT, NULL);
    expect(make_memfd("1234", F_SEAL_GROW | F_SEAL_SHRINK), 16, MADO_ERROR_BAD_ARGUMENT, NULL);
}

static void
anything_else_is_refused(void **state)
{
    expect(open("/dev/null", O_RDONLY | O_CLOEXEC), 16, MADO_ERROR_BAD_ARGUMENT, NULL);
    expect(open("/", O_RDONLY | O_CLOEXEC), 16, MADO_ERROR_BAD_ARGUMENT, NULL);
    expect(open("/proc/self/stat", O_RDONLY | O_CLOEXEC), 16, MADO_ERROR_BAD_ARGUMENT, NULL);
}

static void
more_than_was_asked_for_is_refused(void **state)
{
    expect(make_memfd("12345", ALL_SEALS), 5, 0, "12345");
    expect(make_memfd("123456", ALL_SEALS), 5, MADO_ERROR_LIMIT, NULL);
}

static void
a_pipe_is_read_to_its_end(void **state)
{
    int fds[2];

    assert_true(g_unix_open_pipe(fds, FD_CLOEXEC, NULL));
    assert_int_equal(write(fds[1], "1234", 4), 4);
    (void)close(fds[1]);
    expect(fds[0], 16, 0, "1234");
}

static void
an_interrupt_ends_the_wait_for_a_pipe(void **state)
{
    g_autoptr(MadoInterrupt) interrupt = mado_interrupt_new();
    g_autoptr(GError) error = NULL;
    int fds[2];

    assert_true(g_unix_open_pipe(fds, FD_CLOEXEC, NULL)); /* and nobody closes it */
    mado_interrupt_raise(interrupt, MADO_ERROR_CANCELLED);
    assert_null(mado_sealed_read(fds[0], 16, interrupt, &error));
    assert_mado_error(error, MADO_ERROR_CANCELLED);
    (void)close(fds[0]);
    (void)close(fds[1]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_out_is_sealed),
        cmocka_unit_test(a_sealed_memfd_is_read_from_its_start),
        cmocka_unit_test(a_memfd_that_could_still_change_is_refused),
        cmocka_unit_test(anything_else_is_refused),
        cmocka_unit_test(more_than_was_asked_for_is_refused),
        cmocka_unit_test(a_pipe_is_read_to_its_end),
        cmocka_unit_test(an_interrupt_ends_the_wait_for_a_pipe),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
