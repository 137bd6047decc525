/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/card-view.h"

#include "cli/table.h"
#include "common/date.h"

#include <glib/gi18n.h>

#include <string.h>

#define TRIES_BLOCKED   (-1)
#define TRIES_UNLIMITED (-2)

typedef struct {
    const char *key;
    const char *label;
} Row;

static const Row texts[] = {
    {"serial", N_("Serial number")}, {"municipality", N_("Municipality")},
    {"expiry", N_("Valid until")},   {"life-cycle", N_("State")},
    {"token", N_("Token")},          {"transaction", N_("Open transaction")},
};

static const Row flags[] = {
    {"auth-certificate", N_("Certificate for user authentication")},
    {"sign-certificate", N_("Certificate for the digital signature")},
};

static const Row tries[] = {
    {"sign", N_("Tries left: digital signature")},
    {"auth", N_("Tries left: user authentication")},
    {"juki", N_("Tries left: Basic Resident Register")},
    {"common", N_("Tries left: common application")},
    {"text", N_("Tries left: card's entries")},
    {"text-number-a", N_("Tries left: number A (entries)")},
    {"text-number-b", N_("Tries left: number B (entries)")},
    {"visual-number-a", N_("Tries left: number A (card face)")},
    {"visual-number-b", N_("Tries left: number B (card face)")},
};

static const Row life_cycles[] = {
    {"personalised", N_("personalised, not yet prepared")},
    {"prepared", N_("prepared for delivery")},
    {"active", N_("issued, in use")},
    {"suspended", N_("suspended")},
    {"terminated", N_("terminated")},
};

const char *
mado_card_view_life_cycle(const char *life_cycle)
{
    for (gsize i = 0; i < G_N_ELEMENTS(life_cycles); i++) {
        if (strcmp(life_cycles[i].key, life_cycle) == 0)
            return _(life_cycles[i].label);
    }
    return life_cycle;
}

static JsonObject *
tries_to_json(GVariant *card)
{
    JsonObject *object = json_object_new();
    g_autoptr(GVariant) table = g_variant_lookup_value(card, "tries", G_VARIANT_TYPE("a{si}"));
    GVariantIter iter;
    const char *kind = NULL;
    int n_tries = 0;

    if (table == NULL)
        return object;
    g_variant_iter_init(&iter, table);
    while (g_variant_iter_next(&iter, "{&si}", &kind, &n_tries))
        json_object_set_int_member(object, kind, n_tries);
    return object;
}

JsonObject *
mado_card_view_to_json(GVariant *card)
{
    JsonObject *object = json_object_new();
    const char *text = NULL;
    guint profile = 0;
    gboolean flag = FALSE;

    if (g_variant_lookup(card, "card-id", "&s", &text))
        json_object_set_string_member(object, "card-id", text);
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        if (g_variant_lookup(card, texts[i].key, "&s", &text))
            json_object_set_string_member(object, texts[i].key, text);
    }
    if (g_variant_lookup(card, "profile", "u", &profile))
        json_object_set_int_member(object, "profile", profile);
    for (gsize i = 0; i < G_N_ELEMENTS(flags); i++) {
        if (g_variant_lookup(card, flags[i].key, "b", &flag))
            json_object_set_boolean_member(object, flags[i].key, flag);
    }
    json_object_set_object_member(object, "tries", tries_to_json(card));
    return object;
}

static void
add_row(MadoTable *table, const char *label, const char *value)
{
    const char *cells[] = {label, value};

    mado_table_add(table, cells);
}

static void
add_tries(MadoTable *table, JsonObject *object)
{
    for (gsize i = 0; i < G_N_ELEMENTS(tries); i++) {
        g_autofree char *number = NULL;
        gint64 n_tries;

        if (!json_object_has_member(object, tries[i].key))
            continue;
        n_tries = json_object_get_int_member(object, tries[i].key);
        if (n_tries == TRIES_BLOCKED)
            number = g_strdup(_("locked"));
        else if (n_tries == TRIES_UNLIMITED)
            number = g_strdup(_("no limit"));
        else
            number = g_strdup_printf("%" G_GINT64_FORMAT, n_tries);
        add_row(table, _(tries[i].label), number);
    }
}

void
mado_card_view_print(JsonObject *card)
{
    g_autoptr(MadoTable) table = mado_table_new(2);
    MadoDate expiry;

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        const char *value = json_object_get_string_member_with_default(card, texts[i].key, "");

        if (value[0] == '\0')
            continue;
        if (strcmp(texts[i].key, "life-cycle") == 0)
            value = mado_card_view_life_cycle(value);
        if (strcmp(texts[i].key, "expiry") == 0 &&
            mado_date_parse(value, strlen(value), &expiry)) {
            g_autofree char *day =
                g_strdup_printf("%04u-%02u-%02u", expiry.year, expiry.month, expiry.day);

            add_row(table, _(texts[i].label), day);
            continue;
        }
        add_row(table, _(texts[i].label), value);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(flags); i++) {
        if (json_object_has_member(card, flags[i].key))
            add_row(table, _(flags[i].label),
                    json_object_get_boolean_member(card, flags[i].key) ? _("yes") : _("no"));
    }
    if (json_object_has_member(card, "tries"))
        add_tries(table, json_object_get_object_member(card, "tries"));
    mado_table_print(table);
}
