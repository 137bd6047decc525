/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/card-files.h"
#include "cli/card-view.h"
#include "cli/rows.h"
#include "client/memfd.h"
#include "tests/support/test-error.h"
#include "tests/support/test-keys.h"
#include "tests/support/test.h"

#include <glib/gstdio.h>

#include <madoguchi/message.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
assert_json(JsonObject *object, const char *expected)
{
    g_autoptr(JsonNode) root = json_node_new(JSON_NODE_OBJECT);
    g_autofree char *text = NULL;

    json_node_set_object(root, object);
    text = json_to_string(root, FALSE);
    assert_string_equal(text, expected);
}

static void
a_card_has_stable_keys(void **state)
{
    g_autoptr(GVariant) card = g_variant_ref_sink(g_variant_new_parsed(
        "{'card-id': <'0102'>, 'serial': <'123456789012345'>, 'life-cycle': <'active'>,"
        " 'profile': <uint32 1>, 'auth-certificate': <true>, 'token': <'JPKI'>,"
        " 'tries': <{'auth': 3, 'sign': -1}>, 'unknown': <'x'>}"));
    g_autoptr(JsonObject) object = mado_card_view_to_json(card);

    assert_json(object, "{\"card-id\":\"0102\",\"serial\":\"123456789012345\","
                        "\"life-cycle\":\"active\",\"token\":\"JPKI\",\"profile\":1,"
                        "\"auth-certificate\":true,\"tries\":{\"auth\":3,\"sign\":-1}}");
}

static void
what_a_listing_has_in_another_type_is_left_out(void **state)
{
    static const MadoRowsField fields[] = {{"visit", 's'}, {"held", 'b'}, {"since", 't'}};
    g_autoptr(GVariant) rows = g_variant_ref_sink(g_variant_new_parsed(
        "[{'visit': <'ab'>, 'held': <true>, 'since': <uint64 7>},"
        " {'visit': <7>, 'held': <'yes'>, 'since': <uint64 0xffffffffffffffff>}]"));
    g_autoptr(JsonObject) object = json_object_new();

    json_object_set_array_member(object, "rows", mado_rows_to_json(rows, fields, 3));
    assert_json(object, "{\"rows\":[{\"visit\":\"ab\",\"held\":true,\"since\":7},{}]}");
}

/* a{sh} of two files in @fds. */
static GVariant *
make_files(GUnixFDList *fds)
{
    GVariantBuilder builder;
    int name = mado_memfd_seal((const guint8 *)"山田\033花子", 13, NULL);
    int photo = mado_memfd_seal((const guint8 *)"\x00\x01\x02", 3, NULL);

    g_variant_builder_init(&builder, G_VARIANT_TYPE("a{sh}"));
    g_variant_builder_add(&builder, "{sh}", "name", g_unix_fd_list_append(fds, name, NULL));
    g_variant_builder_add(&builder, "{sh}", "photo", g_unix_fd_list_append(fds, photo, NULL));
    g_variant_builder_add(&builder, "{sh}", "../evil", 0);
    close(name);
    close(photo);
    return g_variant_ref_sink(g_variant_builder_end(&builder));
}

static void
files_are_text_or_described_and_written_only_when_asked(void **state)
{
    g_autoptr(GUnixFDList) fds = g_unix_fd_list_new();
    g_autoptr(GVariant) files = make_files(fds);
    g_autoptr(JsonObject) object = mado_card_files_to_json(files, fds, NULL, NULL);

    assert_non_null(object);
    assert_json(object, "{\"name\":\"山田\uFFFD花子\",\"photo\":{\"length\":3}}");
}

static void
files_are_written_for_the_owner_alone_and_never_over_another(void **state)
{
    g_autofree char *top = mado_test_keys_make_folder();
    g_autofree char *folder = g_build_filename(top, "out", NULL);
    g_autofree char *path = g_build_filename(folder, "photo.jp2", NULL);
    g_autoptr(GUnixFDList) fds = g_unix_fd_list_new();
    g_autoptr(GVariant) files = make_files(fds);
    g_autoptr(JsonObject) object = mado_card_files_to_json(files, fds, folder, NULL);
    g_autoptr(JsonObject) again = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *content = NULL;
    gsize len = 0;
    struct stat st;

    assert_non_null(object);
    assert_int_equal(g_stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(g_stat(folder, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_true(g_file_get_contents(path, &content, &len, NULL));
    assert_int_equal(len, 3);
    assert_string_equal(
        json_object_get_string_member(json_object_get_object_member(object, "photo"), "path"),
        path);
    again = mado_card_files_to_json(files, fds, folder, &error);
    assert_null(again);
    assert_mado_error(error, MADO_ERROR_BAD_ARGUMENT);
    mado_test_keys_remove_folder(top);
}

static void
a_file_without_its_descriptor_is_refused(void **state)
{
    g_autoptr(GVariant) files = g_variant_ref_sink(g_variant_new_parsed("{'name': handle 3}"));
    g_autoptr(GUnixFDList) fds = g_unix_fd_list_new();
    g_autoptr(GError) error = NULL;

    assert_null(mado_card_files_to_json(files, fds, NULL, &error));
    assert_mado_error(error, MADO_ERROR_CARD_DATA);
    assert_null(mado_card_files_to_json(files, NULL, NULL, NULL));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_card_has_stable_keys),
        cmocka_unit_test(what_a_listing_has_in_another_type_is_left_out),
        cmocka_unit_test(files_are_text_or_described_and_written_only_when_asked),
        cmocka_unit_test(files_are_written_for_the_owner_alone_and_never_over_another),
        cmocka_unit_test(a_file_without_its_descriptor_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
