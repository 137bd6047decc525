/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/hardening.h"
#include "common/secret.h"
#include "tests/support/test.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the program's last munmap() saw; this definition stands before the C library's. */
typedef struct {
    const guint8 *watched; /* a secret's bytes, NULL: not watching */
    gsize len;
    gboolean was_zero;
    gboolean was_called;
} Watch;

static Watch *
watch(void)
{
    static Watch state;

    return &state;
}

int
munmap(void *map, size_t len)
{
    Watch *state = watch();

    if (state->watched != NULL && state->watched >= (guint8 *)map &&
        state->watched < (guint8 *)map + len) {
        state->was_called = TRUE;
        state->was_zero = TRUE;
        for (gsize i = 0; i < state->len; i++)
            if (state->watched[i] != 0)
                state->was_zero = FALSE;
    }
    return (int)syscall(SYS_munmap, map, len);
}

/* These sanitizers answer mlock() themselves, with yes, and lock nothing. */
static gboolean
locks_are_faked(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return TRUE;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    return TRUE;
#endif
#endif
    return FALSE;
}

/* The VmFlags line of the mapping that holds `address`. */
static void
read_flags(const void *address, char *ret_flags, size_t cap)
{
    FILE *maps = fopen("/proc/self/smaps", "r");
    char line[512];
    gboolean is_here = FALSE;

    assert_non_null(maps);
    ret_flags[0] = '\0';
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long from;
        unsigned long to;

        if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
            is_here = (gulong)address >= from && (gulong)address < to;
        else if (is_here && g_str_has_prefix(line, "VmFlags:"))
            g_strlcpy(ret_flags, line, cap);
    }
    fclose(maps);
}

static void
all_of_it_is_zero_when_its_memory_goes(void **state)
{
    MadoSecret *secret = mado_secret_new(64);

    memset(mado_secret_peek_writable(secret), 0x5A, 64);
    /* Shortened before: what was behind the end must go too. */
    mado_secret_set_len(secret, 64);
    memset(mado_secret_peek_writable(secret) + 16, 0x5A, 48);
    *watch() = (Watch){mado_secret_peek(secret), 64, FALSE, FALSE};
    mado_secret_free(secret);
    assert_true(watch()->was_called);
    assert_true(watch()->was_zero);
    *watch() = (Watch){NULL, 0, FALSE, FALSE};
}

static void
its_memory_is_locked_and_left_out_of_core_files_and_children(void **state)
{
    g_autoptr(MadoSecret) secret = mado_secret_new(32);
    char flags[512];

    read_flags(mado_secret_peek(secret), flags, sizeof flags);
    assert_non_null(strstr(flags, " dd"));
    assert_non_null(strstr(flags, " wf"));
    if (locks_are_faked())
        return;
    if (mado_secret_is_locked(secret))
        assert_non_null(strstr(flags, " lo"));
    else
        assert_null(strstr(flags, " lo"));
}

static void
a_refused_lock_is_survived_and_told(void **state)
{
    int status;
    pid_t child;

    if (locks_are_faked())
        return;
    child = fork();
    if (child == 0) {
        const struct rlimit none = {0, 0};
        MadoSecret *secret;

        /* Root may lock regardless of the limit. */
        (void)setrlimit(RLIMIT_MEMLOCK, &none);
        if (geteuid() == 0 && setuid(65534) != 0)
            _exit(3);
        secret = mado_secret_new(32);
        mado_secret_peek_writable(secret)[31] = 1;
        _exit(mado_secret_is_locked(secret) ? 1 : 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void
one_byte_too_many_is_a_fault(void **state)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        MadoSecret *secret = mado_secret_new(17);
        volatile guint8 *data = mado_secret_peek_writable(secret);
        const struct rlimit none = {0, 0};

        (void)setrlimit(RLIMIT_CORE, &none);
        (void)signal(SIGSEGV, SIG_DFL);
        data[16] = 1;
        data[17] = 1;
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void
a_hardened_program_leaves_no_core_and_takes_no_debugger(void **state)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        struct rlimit core;

        mado_hardening_apply();
        _exit(prctl(PR_GET_DUMPABLE) == 0 && getrlimit(RLIMIT_CORE, &core) == 0 &&
                      core.rlim_cur == 0 && core.rlim_max == 0
                  ? 0
                  : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void
a_new_one_is_empty_and_zero(void **state)
{
    g_autoptr(MadoSecret) secret = mado_secret_new(5000);

    assert_int_equal(mado_secret_len(secret), 0);
    assert_int_equal(mado_secret_capacity(secret), 5000);
    for (gsize i = 0; i < 5000; i++)
        assert_int_equal(mado_secret_peek(secret)[i], 0);
}

static void
append_takes_all_or_nothing(void **state)
{
    g_autoptr(MadoSecret) secret = mado_secret_new(4);

    assert_true(mado_secret_append(secret, (const guint8 *)"123", 3));
    assert_false(mado_secret_append(secret, (const guint8 *)"45", 2));
    assert_int_equal(mado_secret_len(secret), 3);
    assert_true(mado_secret_append(secret, (const guint8 *)"4", 1));
    assert_memory_equal(mado_secret_peek(secret), "1234", 4);
    assert_true(mado_secret_append(secret, NULL, 0));
}

static void
shortening_wipes_the_rest(void **state)
{
    g_autoptr(MadoSecret) secret = mado_secret_new_from((const guint8 *)"123456", 6);

    mado_secret_set_len(secret, 2);
    assert_int_equal(mado_secret_len(secret), 2);
    assert_memory_equal(mado_secret_peek(secret), "12\0\0\0\0", 6);
}

static void
equal_looks_at_length_and_bytes(void **state)
{
    g_autoptr(MadoSecret) a = mado_secret_new_from((const guint8 *)"1234", 4);
    g_autoptr(MadoSecret) b = mado_secret_dup(a);
    g_autoptr(MadoSecret) c = mado_secret_new_from((const guint8 *)"1235", 4);
    g_autoptr(MadoSecret) d = mado_secret_new_from((const guint8 *)"123", 3);

    assert_true(mado_secret_equal(a, b));
    assert_ptr_not_equal(mado_secret_peek(a), mado_secret_peek(b));
    assert_false(mado_secret_equal(a, c));
    assert_false(mado_secret_equal(a, d));
}

static void
nothing_is_a_secret_too(void **state)
{
    g_autoptr(MadoSecret) secret = mado_secret_new_from(NULL, 0);

    assert_int_equal(mado_secret_len(secret), 0);
    mado_secret_free(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_it_is_zero_when_its_memory_goes),
        cmocka_unit_test(its_memory_is_locked_and_left_out_of_core_files_and_children),
        cmocka_unit_test(a_refused_lock_is_survived_and_told),
        cmocka_unit_test(one_byte_too_many_is_a_fault),
        cmocka_unit_test(a_hardened_program_leaves_no_core_and_takes_no_debugger),
        cmocka_unit_test(a_new_one_is_empty_and_zero),
        cmocka_unit_test(append_takes_all_or_nothing),
        cmocka_unit_test(shortening_wipes_the_rest),
        cmocka_unit_test(equal_looks_at_length_and_bytes),
        cmocka_unit_test(nothing_is_a_secret_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
