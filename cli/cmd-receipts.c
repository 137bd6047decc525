/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/cmd-receipts.h"

#include "cli/client.h"
#include "cli/rows.h"
#include "cli/table.h"
#include "client/receipt-check.h"
#include "common/error.h"

#include <glib/gi18n.h>

#define PAGE_LEN 100

static const MadoRowsField fields[] = {
    {"number", 't'},   {"kind", 's'},         {"visit", 's'}, {"time", 't'},
    {"operator", 's'}, {"acknowledged", 'b'}, {"hash", 's'},  {"verified", 'b'},
};

/* Our own verdict, on the receipt's bytes. */
static gboolean
verify_bytes(GVariant *row, guint64 number, MadoReceiptCheck *check, GError **error)
{
    g_autoptr(GVariant) cms = g_variant_lookup_value(row, "cms", G_VARIANT_TYPE_BYTESTRING);
    g_autoptr(GBytes) bytes = NULL;

    if (cms == NULL) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_RECEIPT,
                    "receipt %" G_GUINT64_FORMAT " came without its bytes", number);
        return FALSE;
    }
    bytes = g_variant_get_data_as_bytes(cms);
    if (mado_receipt_check_next(check, bytes, error))
        return TRUE;
    g_prefix_error(error, "receipt %" G_GUINT64_FORMAT ": ", number);
    return FALSE;
}

/* With a certificate: our own verdict. Without: the daemon's, which signed them. */
static gboolean
verify_row(GVariant *row, MadoReceiptCheck *check, GError **error)
{
    guint64 number = 0;
    gboolean is_verified = FALSE;

    g_variant_lookup(row, "number", "t", &number);
    if (check != NULL)
        return verify_bytes(row, number, check, error);
    if (g_variant_lookup(row, "verified", "b", &is_verified) && is_verified)
        return TRUE;
    g_set_error(error, MADO_ERROR, MADO_ERROR_RECEIPT,
                "receipt %" G_GUINT64_FORMAT " does not verify", number);
    return FALSE;
}

static gboolean
verify_page(GVariant *page, MadoReceiptCheck *check, guint64 after, GError **error)
{
    for (gsize i = 0; i < g_variant_n_children(page); i++) {
        g_autoptr(GVariant) row = g_variant_get_child_value(page, i);
        guint64 number = 0;

        g_variant_lookup(row, "number", "t", &number);
        if (number != after + i + 1) {
            g_set_error(error, MADO_ERROR, MADO_ERROR_RECEIPT,
                        "receipt %" G_GUINT64_FORMAT " is missing", after + i + 1);
            return FALSE;
        }
        if (!verify_row(row, check, error))
            return FALSE;
    }
    return TRUE;
}

static void
append_page(JsonArray *list, GVariant *page)
{
    JsonArray *rows = mado_rows_to_json(page, fields, G_N_ELEMENTS(fields));

    for (guint i = 0; i < json_array_get_length(rows); i++)
        json_array_add_element(list, json_array_dup_element(rows, i));
    json_array_unref(rows);
}

/* All pages into @list; verified from number 1 on when @verify. */
static gboolean
take_pages(MadoClient *client,
           JsonArray *list,
           gboolean verify,
           MadoReceiptCheck *check,
           GError **error)
{
    guint64 after = 0;

    for (;;) {
        g_autoptr(GVariant) page = mado_client_list_receipts(client, after, PAGE_LEN, error);
        gsize n_rows;

        if (page == NULL)
            return FALSE;
        n_rows = g_variant_n_children(page);
        append_page(list, page);
        if (verify && !verify_page(page, check, after, error))
            return FALSE;
        if (n_rows < PAGE_LEN)
            return TRUE;
        after += n_rows;
    }
}

gboolean
mado_cmd_receipts_run(const MadoArguments *arguments, JsonObject *result, GError **error)
{
    const char *certificate = mado_arguments_value(arguments, MADO_OPTION_CERTIFICATE);
    gboolean verify = certificate != NULL || mado_arguments_has(arguments, MADO_OPTION_VERIFY);
    g_autoptr(MadoReceiptCheck) check = NULL;
    g_autoptr(MadoClient) client = NULL;
    JsonArray *list;
    gboolean ok;

    if (certificate != NULL) {
        check = mado_receipt_check_new(certificate, error);
        if (check == NULL)
            return FALSE;
    }
    client = mado_client_new(error);
    if (client == NULL)
        return FALSE;
    list = json_array_new();
    ok = take_pages(client, list, verify, check, error);
    if (!ok && json_array_get_length(list) == 0) {
        json_array_unref(list);
        return FALSE;
    }
    json_object_set_array_member(result, "receipts", list);
    if (verify) {
        json_object_set_boolean_member(result, "verified", ok);
        json_object_set_string_member(result, "verified-by",
                                      check != NULL ? "certificate" : "daemon");
    }
    return ok;
}

void
mado_cmd_receipts_show(JsonObject *result)
{
    g_autoptr(MadoTable) table = mado_table_new(5);
    const char *heads[] = {_("Number"), _("Kind"), _("Operator"), _("Centre has it"),
                           _("Visit")};
    JsonArray *list;

    if (!json_object_has_member(result, "receipts"))
        return;
    list = json_object_get_array_member(result, "receipts");
    if (json_array_get_length(list) == 0) {
        g_print("%s\n", _("No records yet."));
        return;
    }
    mado_table_add(table, heads);
    for (guint i = 0; i < json_array_get_length(list); i++) {
        JsonObject *row = json_array_get_object_element(list, i);
        g_autofree char *number = g_strdup_printf(
            "%" G_GINT64_FORMAT, json_object_get_int_member_with_default(row, "number", 0));
        gboolean has = json_object_get_boolean_member_with_default(row, "acknowledged", FALSE);
        const char *cells[] = {
            number, mado_rows_text(row, "kind"), mado_rows_text(row, "operator"),
            has ? C_("received", "yes") : C_("received", "no"), mado_rows_text(row, "visit")};

        mado_table_add(table, cells);
    }
    mado_table_print(table);
    if (json_object_get_boolean_member_with_default(result, "verified", FALSE))
        g_print("%s\n", _("All signatures and the chain are right."));
}
