/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "doctor/ccid-descriptor.h"
#include "doctor/deadline.h"
#include "doctor/findings.h"
#include "doctor/reader-table.h"
#include "doctor/report.h"
#include "tests/support/test.h"

#include <string.h>

static void
every_finding_belongs_to_the_check_before_it(void **state)
{
    gsize n_rows = 0;
    const MadoFindingRow *rows = mado_findings_all(&n_rows);
    const MadoCheckRow *checks = mado_findings_checks();

    assert_true(n_rows > 20);
    for (gsize i = 0; i < n_rows; i++) {
        assert_true(i == 0 || rows[i].number > rows[i - 1].number);
        assert_int_equal(rows[i].number / 10 * 10, checks[rows[i].check].number);
        assert_true(rows[i].what[0] != '\0' && rows[i].cause[0] != '\0' &&
                    rows[i].cure[0] != '\0');
    }
}

static void
a_check_needs_only_checks_before_it(void **state)
{
    const MadoCheckRow *checks = mado_findings_checks();

    for (guint i = 0; i < MADO_N_CHECKS; i++) {
        assert_int_equal(checks[i].check, i);
        assert_true(checks[i].needs < MADO_CHECK_BIT(i));
        assert_true(i == 0 || checks[i].number > checks[i - 1].number);
    }
}

static void
readers_are_sorted_and_named_once(void **state)
{
    gsize n_rows = 0;
    const MadoReaderRow *rows = mado_reader_table_all(&n_rows);

    for (gsize i = 1; i < n_rows; i++)
        assert_true(
            rows[i - 1].vendor < rows[i].vendor ||
            (rows[i - 1].vendor == rows[i].vendor && rows[i - 1].product < rows[i].product));
    assert_int_equal(mado_reader_table_find(0x054c, 0x06c3)->driver, MADO_READER_DRIVER_PASORI);
    assert_null(mado_reader_table_find(0x1234, 0x5678));
}

static char *
manual(void)
{
    g_autofree char *path =
        g_build_filename(g_getenv("MADO_TOP_SRCDIR"), "doc", "technician.md", NULL);
    char *text = NULL;

    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

static void
the_manual_has_every_number_and_no_other(void **state)
{
    gsize n_rows = 0;
    const MadoFindingRow *rows = mado_findings_all(&n_rows);
    g_autofree char *text = manual();
    gsize n_told = 0;

    for (gsize i = 0; i < n_rows; i++) {
        g_autofree char *line =
            g_strdup_printf("\n| D-%u | %s | %s |", rows[i].number,
                            mado_findings_level(rows[i].level), rows[i].what);

        if (strstr(text, line) == NULL)
            fail_msg("doc/technician.md lacks:%s", line);
    }
    for (const char *at = text; (at = strstr(at, "\n| D-")) != NULL; at++)
        n_told++;
    assert_int_equal(n_told, n_rows);
}

static void
the_manual_has_every_reader(void **state)
{
    gsize n_rows = 0;
    const MadoReaderRow *rows = mado_reader_table_all(&n_rows);
    g_autofree char *text = manual();

    for (gsize i = 0; i < n_rows; i++) {
        const char *package = mado_reader_table_package(rows[i].driver);
        g_autofree char *line = g_strdup_printf(
            "\n| %s | %04x:%04x | %s | %s |", rows[i].name, rows[i].vendor, rows[i].product,
            rows[i].interface, package[0] != '\0' ? package : "not on Linux");

        if (strstr(text, line) == NULL)
            fail_msg("doc/technician.md lacks:%s", line);
    }
}

static void
what_needs_a_stopped_check_is_not_tried(void **state)
{
    g_autoptr(MadoDoctorReport) report = mado_doctor_report_new();
    guint because = 0;

    assert_true(mado_doctor_report_begin(report, MADO_CHECK_PCSCD));
    mado_doctor_report_add(report, 202, NULL);
    assert_false(mado_doctor_report_begin(report, MADO_CHECK_ACCESS));
    assert_int_equal(mado_doctor_report_state(report, MADO_CHECK_ACCESS, &because),
                     MADO_REPORT_NOT_TRIED);
    assert_int_equal(because, 202);
    assert_false(mado_doctor_report_begin(report, MADO_CHECK_READERS));
    assert_false(mado_doctor_report_begin(report, MADO_CHECK_CARD));
    (void)mado_doctor_report_state(report, MADO_CHECK_CARD, &because);
    assert_int_equal(because, 202); /* the cause, not what stood between */
    assert_true(mado_doctor_report_begin(report, MADO_CHECK_DAEMON));
    assert_int_equal(mado_doctor_report_verdict(report), 2);
}

static void
notes_alone_are_no_verdict(void **state)
{
    g_autoptr(MadoDoctorReport) report = mado_doctor_report_new();

    mado_doctor_report_add(report, 303, NULL);
    assert_int_equal(mado_doctor_report_verdict(report), 0);
    mado_doctor_report_add(report, 521, NULL);
    assert_int_equal(mado_doctor_report_verdict(report), 1);
}

/* Interface and class descriptor of a reader with two slots. */
static void
the_class_descriptor_is_read(void **state)
{
    guint8 bytes[9 + 54] = {9, 4, 0, 0, 3, 0x0B};
    MadoCcidDescriptor descriptor;

    bytes[9] = 54;
    bytes[10] = 0x21;
    bytes[9 + 4] = 1;     /* bMaxSlotIndex */
    bytes[9 + 42] = 0x04; /* dwFeatures, third byte */
    bytes[9 + 44] = 0x0A; /* dwMaxCCIDMessageLength */
    bytes[9 + 45] = 0x02;
    assert_true(mado_ccid_descriptor_parse(bytes, sizeof bytes, &descriptor));
    assert_true(descriptor.is_ccid);
    assert_int_equal(descriptor.n_slots, 2);
    assert_int_equal(descriptor.message_len_max, 522);
    assert_int_equal(mado_ccid_descriptor_level(&descriptor), MADO_CCID_LEVEL_EXTENDED);
    assert_false(mado_ccid_descriptor_parse(bytes, sizeof bytes - 1, &descriptor));
}

typedef struct {
    GMutex lock;
    GCond changed;
    gboolean may_end;
    gboolean is_freed;
} Stuck;

static void
wait_until_allowed(gpointer data)
{
    Stuck *stuck = data;

    g_mutex_lock(&stuck->lock);
    while (!stuck->may_end)
        g_cond_wait(&stuck->changed, &stuck->lock);
    g_mutex_unlock(&stuck->lock);
}

static void
say_freed(gpointer data)
{
    Stuck *stuck = data;

    g_mutex_lock(&stuck->lock);
    stuck->is_freed = TRUE;
    g_cond_signal(&stuck->changed);
    g_mutex_unlock(&stuck->lock);
}

static void
a_call_that_does_not_return_is_given_up(void **state)
{
    Stuck stuck = {.may_end = FALSE};

    g_mutex_init(&stuck.lock);
    g_cond_init(&stuck.changed);
    assert_false(mado_deadline_run(wait_until_allowed, &stuck, say_freed, 1));
    g_mutex_lock(&stuck.lock);
    assert_false(stuck.is_freed);
    stuck.may_end = TRUE;
    g_cond_signal(&stuck.changed);
    while (!stuck.is_freed) /* by the lost thread */
        g_cond_wait(&stuck.changed, &stuck.lock);
    g_mutex_unlock(&stuck.lock);
}

static void
a_call_that_returns_keeps_its_data(void **state)
{
    Stuck stuck = {.may_end = TRUE};

    g_mutex_init(&stuck.lock);
    g_cond_init(&stuck.changed);
    assert_true(mado_deadline_run(wait_until_allowed, &stuck, say_freed, 60000));
    assert_false(stuck.is_freed);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_finding_belongs_to_the_check_before_it),
        cmocka_unit_test(a_check_needs_only_checks_before_it),
        cmocka_unit_test(readers_are_sorted_and_named_once),
        cmocka_unit_test(the_manual_has_every_number_and_no_other),
        cmocka_unit_test(the_manual_has_every_reader),
        cmocka_unit_test(what_needs_a_stopped_check_is_not_tried),
        cmocka_unit_test(notes_alone_are_no_verdict),
        cmocka_unit_test(the_class_descriptor_is_read),
        cmocka_unit_test(a_call_that_does_not_return_is_given_up),
        cmocka_unit_test(a_call_that_returns_keeps_its_data),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
