/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The journal's process killed, and its machine's power cut, at every sync of a scripted
 * history: what it told durable before is there, the receipts are one chain, and it goes on.
 * The machine is libfault-preload, so the program starts itself again under it.
 */
#include "config.h"

#include "common/envelope.h"
#include "common/error.h"
#include "common/receipt.h"
#include "tests/fault/preload.h"
#include "tests/support/journal-fixture.h"

#include <glib/gstdio.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRANSACTION_LEN 16
#define RECEIPTS_MAX    100U

typedef struct {
    MadoPreloadPage *page;
    const char *folder; /* below it syncs count */
    guint n_cases;
} Machine;

/* ---- the history ---- */

static gboolean
write_entry(JournalFixture *fixture, MadoJournalEntry *entry)
{
    return mado_journal_write(fixture->journal, entry, NULL);
}

static gboolean
write_visit(JournalFixture *fixture, guint8 number, MadoJournalVisitState state)
{
    MadoJournalEntry *entry = mado_journal_entry_new();
    MadoJournalVisit visit = journal_fixture_make_visit(number);

    visit.state = state;
    mado_journal_entry_put_visit(entry, &visit);
    journal_fixture_put_receipt(entry, number);
    return write_entry(fixture, entry);
}

static gboolean
start_journal(JournalFixture *fixture)
{
    fixture->journal = journal_fixture_start_as(fixture, "D001", NULL);
    return fixture->journal != NULL;
}

static gboolean
close_journal(JournalFixture *fixture)
{
    g_clear_pointer(&fixture->journal, mado_journal_close);
    return TRUE;
}

static gboolean
open_first(JournalFixture *fixture)
{
    return write_visit(fixture, 1, MADO_JOURNAL_VISIT_OPEN);
}

static gboolean
intend(JournalFixture *fixture)
{
    MadoJournalEntry *entry = mado_journal_entry_new();
    MadoJournalIntent intent = {.attempt = 1, .seq = 1, .header = {0x84, 0xDA, 0xDF, 0x73}};

    intent.visit[0] = 1;
    mado_journal_entry_put_intent(entry, &intent);
    return write_entry(fixture, entry);
}

static gboolean
keep_csr(JournalFixture *fixture)
{
    MadoJournalEntry *entry = mado_journal_entry_new();
    const guint8 transaction[TRANSACTION_LEN] = {1};
    g_autoptr(GBytes) der = g_bytes_new_static("der", 3);

    mado_journal_entry_put_csr(entry, transaction, MADO_SLOT_AUTH, der);
    return write_entry(fixture, entry);
}

static gboolean
commit_first(JournalFixture *fixture)
{
    return write_visit(fixture, 1, MADO_JOURNAL_VISIT_COMMITTED);
}

static gboolean
open_second(JournalFixture *fixture)
{
    return write_visit(fixture, 2, MADO_JOURNAL_VISIT_OPEN);
}

/* In this order; each is told when it is done. */
static gboolean (*const history[])(JournalFixture *) = {
    start_journal, open_first,    intend,      keep_csr,     commit_first,
    close_journal, start_journal, open_second, close_journal};

enum { TOLD_FIRST = 2, TOLD_CSR = 4, TOLD_COMMIT = 5, TOLD_SECOND = 8 };

static void
live(JournalFixture *fixture, int told)
{
    for (guint8 i = 0; i < G_N_ELEMENTS(history); i++)
        if (!history[i](fixture) || write(told, &i, 1) != 1)
            _exit(1);
    _exit(0);
}

/* ---- what is left of it ---- */

typedef struct {
    GVariant *list; /* (nullable) */
    gboolean is_done;
} Receipts;

static void
take_receipts(GVariant *result, const GError *error, gpointer user_data)
{
    Receipts *receipts = user_data;

    receipts->list = result == NULL ? NULL : g_variant_get_child_value(result, 0);
    receipts->is_done = TRUE;
}

static void
expect_link(GVariant *row, gsize place, guint8 previous[32])
{
    g_autoptr(GVariant) cms = g_variant_lookup_value(row, "cms", G_VARIANT_TYPE("ay"));
    g_autoptr(GBytes) bytes = g_variant_get_data_as_bytes(cms);
    gsize len = 0;
    const guint8 *data = g_bytes_get_data(bytes, &len);
    MadoReceipt receipt;

    assert_true(mado_receipt_parse(data, len, &receipt, NULL, NULL));
    assert_true(mado_receipt_check_link(&receipt, place, previous, NULL));
    mado_envelope_sha256(data, len, previous);
}

static void
expect_chain(JournalFixture *fixture, gsize n_at_least)
{
    Receipts receipts = {NULL, FALSE};
    guint8 previous[32] = {0};
    g_autoptr(GVariant) list = NULL;

    mado_journal_list_receipts(fixture->journal, 0, RECEIPTS_MAX, take_receipts, &receipts);
    while (!receipts.is_done)
        (void)g_main_context_iteration(NULL, TRUE);
    list = receipts.list;
    assert_non_null(list);
    assert_true(g_variant_n_children(list) >= n_at_least);
    for (gsize i = 0; i < g_variant_n_children(list); i++) {
        g_autoptr(GVariant) row = g_variant_get_child_value(list, i);

        expect_link(row, i, previous);
    }
}

static void
expect_what_was_told(JournalFixture *fixture, guint n_told)
{
    const guint8 transaction[TRANSACTION_LEN] = {1};
    const MadoJournalVisit first = journal_fixture_make_visit(1);
    const MadoJournalVisit second = journal_fixture_make_visit(2);
    MadoJournalVisit found;

    if (n_told >= TOLD_FIRST)
        assert_true(mado_journal_find_visit(fixture->journal, first.visit, &found, NULL));
    if (n_told >= TOLD_COMMIT)
        assert_int_equal(found.state, MADO_JOURNAL_VISIT_COMMITTED);
    if (n_told >= TOLD_SECOND)
        assert_true(mado_journal_find_visit(fixture->journal, second.visit, &found, NULL));
    if (n_told >= TOLD_CSR) {
        g_autoptr(GBytes) csr =
            mado_journal_find_csr(fixture->journal, transaction, MADO_SLOT_AUTH, NULL);

        assert_non_null(csr);
    }
    expect_chain(fixture, n_told >= TOLD_SECOND   ? 3
                          : n_told >= TOLD_COMMIT ? 2
                          : n_told >= TOLD_FIRST  ? 1
                                                  : 0);
}

/* ---- one case ---- */

/* A folder of its own: what one case's machine forgot must not touch the next one's files. */
static void
make_fixture(Machine *machine, JournalFixture *fixture)
{
    machine->n_cases++;
    fixture->folder = g_strdup_printf("%s/%u", machine->folder, machine->n_cases);
    fixture->path = g_build_filename(fixture->folder, "journal", "journal.db", NULL);
    journal_fixture_set_clock(fixture);
    assert_int_equal(g_mkdir(fixture->folder, 0700), 0);
}

static void
drop_fixture(JournalFixture *fixture)
{
    (void)close_journal(fixture);
    journal_fixture_remove_tree(fixture->folder);
    g_free(fixture->folder);
    g_free(fixture->path);
}

/* Runs the history in a process that @action strikes at its sync number @place (0: never); how
 * far it told. */
static guint
run_history(Machine *machine, JournalFixture *fixture, MadoPreloadAction action, gint64 place)
{
    int told[2];
    guint n_told = 0;
    guint8 step;
    int status;
    pid_t child;

    *machine->page = (MadoPreloadPage){.countdown = place, .action = action};
    assert_int_equal(pipe(told), 0);
    child = fork();
    if (child == 0) {
        close(told[0]);
        live(fixture, told[1]);
    }
    assert_true(child > 0);
    close(told[1]);
    while (read(told[0], &step, 1) == 1)
        n_told = step + 1U;
    close(told[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (place == 0) {
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    } else {
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGKILL);
        assert_int_equal(machine->page->n_fired, 1);
    }
    return n_told;
}

static guint
count_syncs(Machine *machine)
{
    JournalFixture fixture = {0};
    guint n_syncs;

    make_fixture(machine, &fixture);
    assert_int_equal(run_history(machine, &fixture, MADO_PRELOAD_NOTHING, 0),
                     G_N_ELEMENTS(history));
    n_syncs = (guint)machine->page->n_syncs;
    drop_fixture(&fixture);
    return n_syncs;
}

static void
strike_everywhere(Machine *machine, MadoPreloadAction action)
{
    guint n_syncs = count_syncs(machine);

    assert_true(n_syncs >= G_N_ELEMENTS(history)); /* else the machine is not under it */
    for (guint place = 1; place <= n_syncs; place++) {
        JournalFixture fixture = {0};
        guint n_told;

        make_fixture(machine, &fixture);
        n_told = run_history(machine, &fixture, action, place);
        assert_true(n_told < G_N_ELEMENTS(history));
        journal_fixture_start(&fixture);
        expect_what_was_told(&fixture, n_told);
        journal_fixture_write_visit(&fixture, 9, TRUE);
        drop_fixture(&fixture);
    }
    printf("# %u syncs\n", n_syncs);
}

static void
killed_before_any_sync(void **state)
{
    strike_everywhere(*state, MADO_PRELOAD_KILL_BEFORE);
}

static void
killed_after_any_sync(void **state)
{
    strike_everywhere(*state, MADO_PRELOAD_KILL_AFTER);
}

static void
power_cut_before_any_sync(void **state)
{
    strike_everywhere(*state, MADO_PRELOAD_CUT_BEFORE);
}

static void
power_cut_after_any_sync(void **state)
{
    strike_everywhere(*state, MADO_PRELOAD_CUT_AFTER);
}

/* ---- under the library ---- */

/* Does not return. */
static void
start_under_preload(char **argv)
{
    const char *build = g_getenv("MADO_TOP_BUILDDIR");
    const char *others = g_getenv("LD_PRELOAD");
    g_autofree char *library = NULL;
    g_autofree char *preload = NULL;
    g_autofree char *folder = g_dir_make_tmp("journal-XXXXXX", NULL);
    g_autofree char *page = NULL;

    if (build == NULL || folder == NULL)
        exit(99);
    library = g_build_filename(build, "tests", "fault", ".libs", "libfault-preload.so", NULL);
    page = g_strconcat(folder, ".page", NULL);
    preload = g_strjoin(":", library, others, NULL); /* ends at the first that is not there */
    if (!g_file_set_contents(page, (const char[sizeof(MadoPreloadPage)]){0},
                             sizeof(MadoPreloadPage), NULL))
        exit(99);
    g_setenv(MADO_PRELOAD_PAGE, page, TRUE);
    g_setenv(MADO_PRELOAD_WATCH, folder, TRUE);
    g_setenv("LD_PRELOAD", preload, TRUE);
    (void)execv("/proc/self/exe", argv);
    exit(99);
}

static void
map_page(Machine *machine, const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);

    machine->page =
        mmap(NULL, sizeof *machine->page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    (void)close(fd);
    if (machine->page == MAP_FAILED)
        exit(99);
}

int
main(int argc, char **argv)
{
    const char *page = g_getenv(MADO_PRELOAD_PAGE);
    Machine machine = {.folder = g_getenv(MADO_PRELOAD_WATCH)};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(killed_before_any_sync, &machine),
        cmocka_unit_test_prestate(killed_after_any_sync, &machine),
        cmocka_unit_test_prestate(power_cut_before_any_sync, &machine),
        cmocka_unit_test_prestate(power_cut_after_any_sync, &machine),
    };
    int result;

    if (page == NULL || machine.folder == NULL)
        start_under_preload(argv);
    map_page(&machine, page);
    result = cmocka_run_group_tests(tests, NULL, NULL);
    journal_fixture_remove_tree(machine.folder);
    (void)g_remove(page);
    return result;
}
