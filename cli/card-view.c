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
    gboolean is_brief; /* said at the end of a visit, too */
} Row;

static const Row texts[] = {
    {"serial", N_("Serial number"), TRUE}, {"municipality", N_("Municipality"), FALSE},
    {"expiry", N_("Valid until"), TRUE},   {"life-cycle", N_("State"), TRUE},
    {"token", N_("Token"), FALSE},         {"transaction", N_("Open transaction"), FALSE},
};

static const Row flags[] = {
    {"auth-certificate", N_("Certificate for user authentication"), TRUE},
    {"sign-certificate", N_("Certificate for the digital signature"), TRUE},
};

static const Row tries[] = {
    {"sign", N_("Tries left: digital signature"), TRUE},
    {"auth", N_("Tries left: user authentication"), TRUE},
    {"juki", N_("Tries left: Basic Resident Register"), TRUE},
    {"common", N_("Tries left: common application"), FALSE},
    {"text", N_("Tries left: card's entries"), TRUE},
    {"text-number-a", N_("Tries left: number A (entries)"), FALSE},
    {"text-number-b", N_("Tries left: number B (entries)"), FALSE},
    {"visual-number-a", N_("Tries left: number A (card face)"), FALSE},
    {"visual-number-b", N_("Tries left: number B (card face)"), FALSE},
};

static const Row life_cycles[] = {
    {"personalised", N_("personalised, not yet prepared"), TRUE},
    {"prepared", N_("prepared for delivery"), TRUE},
    {"active", N_("issued, in use"), TRUE},
    {"suspended", N_("suspended"), TRUE},
    {"terminated", N_("terminated"), TRUE},
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

/* Before delivery no PIN was ever chosen; the card says "locked" for both. */
static gboolean
has_pins(JsonObject *card)
{
    const char *state = json_object_get_string_member_with_default(card, "life-cycle", "");

    return strcmp(state, "personalised") != 0 && strcmp(state, "prepared") != 0;
}

static void
add_tries(MadoTable *table, JsonObject *object, gboolean was_delivered, gboolean is_brief)
{
    for (gsize i = 0; i < G_N_ELEMENTS(tries); i++) {
        g_autofree char *number = NULL;
        gint64 n_tries;

        if (!json_object_has_member(object, tries[i].key) || (is_brief && !tries[i].is_brief))
            continue;
        n_tries = json_object_get_int_member(object, tries[i].key);
        if (n_tries == TRIES_BLOCKED)
            number = g_strdup(was_delivered ? _("locked") : _("not set yet"));
        else if (n_tries == TRIES_UNLIMITED)
            number = g_strdup(_("no limit"));
        else
            number = g_strdup_printf("%" G_GINT64_FORMAT, n_tries);
        add_row(table, _(tries[i].label), number);
    }
}

static void
add_texts(MadoTable *table, JsonObject *card, gboolean is_brief)
{
    MadoDate expiry;

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        const char *value = json_object_get_string_member_with_default(card, texts[i].key, "");

        if (value[0] == '\0' || (is_brief && !texts[i].is_brief))
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
}

static void
print_card(JsonObject *card, gboolean is_brief)
{
    g_autoptr(MadoTable) table = mado_table_new(2);
    gboolean was_delivered = has_pins(card);

    add_texts(table, card, is_brief);
    for (gsize i = 0; i < G_N_ELEMENTS(flags); i++) {
        if (json_object_has_member(card, flags[i].key))
            add_row(table, _(flags[i].label),
                    json_object_get_boolean_member(card, flags[i].key)
                        ? C_("certificate", "yes")
                        : C_("certificate", "no"));
    }
    if (json_object_has_member(card, "tries") && (was_delivered || !is_brief))
        add_tries(table, json_object_get_object_member(card, "tries"), was_delivered, is_brief);
    mado_table_print(table);
}

void
mado_card_view_print(JsonObject *card)
{
    print_card(card, FALSE);
}

void
mado_card_view_print_brief(JsonObject *card)
{
    print_card(card, TRUE);
}
