/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The card's files taken apart: every malformed one is refused and adds nothing. */
#include "config.h"

#include "daemon/procedure/read-result.h"
#include "tests/support/test-error.h"

#include <string.h>
#include <unistd.h>

#define ATTRIBUTES                                                                             \
    "\xFF\x20\x82\x00\x27"                                                                     \
    "\xDF\x22\x03"                                                                             \
    "ABC"                                                                                      \
    "\xDF\x23\x0F"                                                                             \
    "SOMEWHERE 1-2-3"                                                                          \
    "\xDF\x24\x08"                                                                             \
    "19900401"                                                                                 \
    "\xDF\x25\x01"                                                                             \
    "2"

static MadoSecret *
secret_of(const char *data, gsize len)
{
    return mado_secret_new_from((const guint8 *)data, len);
}

/* (transfer full): what the file of this name holds; NULL when there is none. */
static char *
file_text(GVariant *files, GUnixFDList *fds, const char *name)
{
    gint32 handle;
    char text[128] = "";
    int fd;

    if (!g_variant_lookup(files, name, "h", &handle))
        return NULL;
    fd = g_unix_fd_list_get(fds, handle, NULL);
    assert_true(pread(fd, text, sizeof text - 1, 0) >= 0);
    (void)close(fd);
    return g_strdup(text);
}

static void
attributes_are_found_by_tag_and_filler_is_left(void **state)
{
    g_autoptr(MadoReadResult) result = mado_read_result_new();
    g_autoptr(MadoSecret) file =
        secret_of(ATTRIBUTES "\xFF\xFF\xFF", sizeof(ATTRIBUTES "\xFF\xFF\xFF") - 1);
    g_autoptr(GVariant) files = NULL;
    g_autoptr(GVariant) checks = NULL;
    g_autoptr(GUnixFDList) fds = NULL;
    g_autofree char *name = NULL;
    g_autofree char *birth = NULL;
    const char *check = NULL;

    assert_true(mado_read_result_attributes(result, file, NULL));
    mado_read_result_end(result, &files, &checks, &fds);
    name = file_text(files, fds, "name");
    birth = file_text(files, fds, "birth");
    assert_string_equal(name, "ABC");
    assert_string_equal(birth, "19900401");
    assert_int_equal(g_variant_n_children(files), 4);
    assert_true(g_variant_lookup(checks, "text-signature", "&s", &check));
    assert_string_equal(check, "not-read");
}

/* Refused, and nothing was added. */
static void
expect_refused(const char *data, gsize len)
{
    g_autoptr(MadoReadResult) result = mado_read_result_new();
    g_autoptr(MadoSecret) file = secret_of(data, len);
    g_autoptr(GVariant) files = NULL;
    g_autoptr(GVariant) checks = NULL;
    g_autoptr(GUnixFDList) fds = NULL;
    g_autoptr(GError) error = NULL;

    assert_false(mado_read_result_attributes(result, file, &error));
    assert_mado_error(error, MADO_ERROR_CARD_DATA);
    mado_read_result_end(result, &files, &checks, &fds);
    assert_int_equal(g_variant_n_children(files), 0);
    assert_int_equal(g_unix_fd_list_get_length(fds), 0);
}

static void
a_file_cut_anywhere_is_refused(void **state)
{
    for (gsize len = 0; len < sizeof ATTRIBUTES - 1; len++)
        expect_refused(ATTRIBUTES, len);
}

static void
a_missing_or_misshapen_part_is_refused(void **state)
{
    char data[sizeof ATTRIBUTES];

    memcpy(data, ATTRIBUTES, sizeof data);
    data[6] = '\x26'; /* no name */
    expect_refused(data, sizeof data - 1);
    memcpy(data, ATTRIBUTES, sizeof data);
    data[8] = '\xFF'; /* not UTF-8 */
    expect_refused(data, sizeof data - 1);
    memcpy(data, ATTRIBUTES, sizeof data);
    data[1] = '\x10'; /* another file */
    expect_refused(data, sizeof data - 1);
}

static void
a_number_is_twelve_digits(void **state)
{
    static const char good[] = "\xFF\x10\x0C"
                               "123456789018\xFF\xFF";
    g_autoptr(MadoReadResult) result = mado_read_result_new();
    g_autoptr(MadoSecret) file = secret_of(good, sizeof good - 1);
    g_autoptr(MadoSecret) letter = secret_of(good, sizeof good - 1);
    g_autoptr(MadoSecret) shorter = secret_of("\xFF\x10\x0B"
                                              "12345678901",
                                              14);
    g_autoptr(MadoSecret) number = NULL;

    assert_true(mado_read_result_number(result, file, FALSE, &number, NULL));
    assert_int_equal(mado_secret_len(number), 12);
    mado_secret_peek_writable(letter)[5] = 'x';
    assert_false(mado_read_result_number(result, letter, TRUE, NULL, NULL));
    assert_false(mado_read_result_number(result, shorter, TRUE, NULL, NULL));
}

static void
a_check_is_verified_or_a_nick(void **state)
{
    g_autoptr(MadoReadResult) result = mado_read_result_new();
    g_autoptr(GError) forged = g_error_new_literal(MADO_ERROR, MADO_ERROR_CARD_FORGED, "x");
    g_autoptr(GVariant) files = NULL;
    g_autoptr(GVariant) checks = NULL;
    g_autoptr(GUnixFDList) fds = NULL;
    const char *text = NULL;

    mado_read_result_check(result, "clone", NULL);
    mado_read_result_check(result, "face-signature", forged);
    mado_read_result_end(result, &files, &checks, &fds);
    assert_true(g_variant_lookup(checks, "clone", "&s", &text));
    assert_string_equal(text, "verified");
    assert_true(g_variant_lookup(checks, "face-signature", "&s", &text));
    assert_string_equal(text, "CardForged");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attributes_are_found_by_tag_and_filler_is_left),
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
        cmocka_unit_test(a_missing_or_misshapen_part_is_refused),
        cmocka_unit_test(a_number_is_twelve_digits),
        cmocka_unit_test(a_check_is_verified_or_a_nick),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
