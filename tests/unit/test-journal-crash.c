/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The journal: what is left of it when the disk is full or its process is killed. */
#include "config.h"

#include "common/error.h"
#include "tests/support/journal-fixture.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- full disks ---- */

/* Runs in a child, because a file size limit is the process's. */
static int
in_child(void (*run)(JournalFixture *), JournalFixture *fixture)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        run(fixture);
        _exit(0);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void
limit_files(rlim_t bytes)
{
    const struct rlimit limit = {bytes, RLIM_INFINITY};

    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        _exit(10);
}

static gboolean
try_write(JournalFixture *fixture, guint8 number)
{
    MadoJournalEntry *entry = mado_journal_entry_new();
    MadoJournalVisit visit = journal_fixture_make_visit(number);

    mado_journal_entry_put_visit(entry, &visit);
    return mado_journal_write(fixture->journal, entry, NULL);
}

static void
run_full(JournalFixture *fixture)
{
    g_autoptr(GError) error = NULL;
    MadoJournalVisit visit = journal_fixture_make_visit(1);
    MadoJournalVisit found;

    journal_fixture_start(fixture);
    if (!try_write(fixture, 1) || !mado_journal_check_ready(fixture->journal, TRUE, NULL))
        _exit(1);
    limit_files(4096); /* the log is longer than that already */
    if (mado_journal_check_ready(fixture->journal, TRUE, &error) ||
        error->code != MADO_ERROR_JOURNAL)
        _exit(2);
    if (try_write(fixture, 2))
        _exit(3);
    /* Reading goes on. */
    if (!mado_journal_find_visit(fixture->journal, visit.visit, &found, NULL))
        _exit(4);
    limit_files(RLIM_INFINITY);
    if (!mado_journal_check_ready(fixture->journal, TRUE, NULL) || !try_write(fixture, 3))
        _exit(5);
}

static void
a_full_disk_refuses_new_visits_and_heals(void **state)
{
    JournalFixture *fixture = *state;

    g_clear_pointer(&fixture->journal, mado_journal_close);
    assert_int_equal(in_child(run_full, fixture), 0);
    journal_fixture_start(fixture);
    journal_fixture_write_visit(fixture, 4, TRUE);
}

/* ---- killed ---- */

static void
run_and_tell(JournalFixture *fixture)
{
    journal_fixture_start(fixture);
    for (guint8 i = 1; i < 200; i++) {
        MadoJournalEntry *entry = mado_journal_entry_new();
        MadoJournalVisit visit = journal_fixture_make_visit(i);

        mado_journal_entry_put_visit(entry, &visit);
        journal_fixture_put_receipt(entry, i);
        if (!mado_journal_write(fixture->journal, entry, NULL) ||
            write(STDOUT_FILENO, &i, 1) != 1)
            _exit(1);
    }
    _exit(0);
}

/* Kills the writer after it has told `until` entries durable; what it told must be there, and
 * the chain whole. */
static void
kill_after(JournalFixture *fixture, guint8 until)
{
    int told[2];
    guint8 last = 0;
    pid_t child;
    MadoJournalVisit found;
    g_autoptr(GError) error = NULL;

    assert_int_equal(pipe(told), 0);
    child = fork();
    if (child == 0) {
        dup2(told[1], STDOUT_FILENO);
        close(told[0]);
        close(told[1]);
        run_and_tell(fixture);
    }
    close(told[1]);
    while (last < until && read(told[0], &last, 1) == 1)
        ;
    kill(child, SIGKILL);
    while (read(told[0], &last, 1) == 1)
        ;
    waitpid(child, NULL, 0);
    close(told[0]);
    journal_fixture_start(fixture);
    for (guint8 i = 1; i <= last; i++) {
        MadoJournalVisit visit = journal_fixture_make_visit(i);

        assert_true(mado_journal_find_visit(fixture->journal, visit.visit, &found, &error));
    }
}

static void
what_was_told_durable_is_there_after_a_kill(void **state)
{
    JournalFixture *fixture = *state;

    for (guint8 until = 1; until <= 40; until = (guint8)(until + 13)) {
        g_autofree char *folder = g_path_get_dirname(fixture->path);

        g_clear_pointer(&fixture->journal, mado_journal_close);
        journal_fixture_remove_tree(folder);
        kill_after(fixture, until);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_full_disk_refuses_new_visits_and_heals,
                                        journal_fixture_set_up, journal_fixture_tear_down),
        cmocka_unit_test_setup_teardown(what_was_told_durable_is_there_after_a_kill,
                                        journal_fixture_set_up, journal_fixture_tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
