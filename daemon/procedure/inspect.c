/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/procedure/inspect.h"

#include "common/error.h"
#include "common/record.h"
#include "daemon/card/common-juki.h"
#include "daemon/card/isd.h"
#include "daemon/card/jpki.h"
#include "daemon/card/pin.h"

typedef struct {
    const char *name;
    MadoPin pin;
} TriesRow;

/* In the order of the applications, so that each is selected once. */
static const TriesRow tries_rows[] = {
    {"common", {MADO_AP_COMMON, MADO_EF_JUKI_PIN}},
    {"juki", {MADO_AP_JUKI, MADO_EF_JUKI_PIN}},
    {"sign", {MADO_AP_JPKI, MADO_EF_JPKI_SIGN_PIN}},
    {"auth", {MADO_AP_JPKI, MADO_EF_JPKI_AUTH_PIN}},
    {"text", {MADO_AP_TEXT, MADO_EF_TEXT_PIN}},
    {"text-number-a", {MADO_AP_TEXT, MADO_EF_TEXT_NUMBER_A}},
    {"text-number-b", {MADO_AP_TEXT, MADO_EF_TEXT_NUMBER_B}},
    {"visual-number-a", {MADO_AP_VISUAL, MADO_EF_VISUAL_NUMBER_A}},
    {"visual-number-b", {MADO_AP_VISUAL, MADO_EF_VISUAL_NUMBER_B}},
};

static void
add_text(GVariantDict *card, const char *key, const char *text)
{
    g_variant_dict_insert(card, key, "s", text);
}

static void
add_hex(GVariantDict *card, const char *key, const guint8 *data, gsize len)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (gsize i = 0; i < len; i++)
        g_string_append_printf(text, "%02x", data[i]);
    add_text(card, key, text->str);
}

static const char *
life_name(MadoLifeCycle life)
{
    switch (life) {
    case MADO_LIFE_PERSONALISED:
        return "personalised";
    case MADO_LIFE_PREPARED:
        return "prepared";
    case MADO_LIFE_ACTIVE:
        return "active";
    case MADO_LIFE_SUSPENDED:
        return "suspended";
    case MADO_LIFE_TERMINATED:
        return "terminated";
    }
    return "";
}

static gboolean
add_record(MadoCard *self, GVariantDict *card, GError **error)
{
    g_autoptr(GBytes) data = mado_isd_record(self, error);
    MadoRecord record;
    gsize len = 0;
    const guint8 *bytes;

    if (data == NULL)
        return FALSE;
    bytes = g_bytes_get_data(data, &len);
    if (mado_record_parse(bytes, len, &record) != MADO_BYTES_OK) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CARD_DATA,
                            "the admin record is malformed");
        return FALSE;
    }
    add_text(card, "life-cycle", life_name(record.life));
    g_variant_dict_insert(card, "profile", "u", (guint32)record.profile);
    if (record.has_transaction)
        add_hex(card, "transaction", record.transaction, sizeof record.transaction);
    return TRUE;
}

/* A card of another issuer has no profile of ours; that is told by empty values. */
static gboolean
add_profile(MadoCard *self, GVariantDict *card, GError **error)
{
    g_autoptr(GError) local_error = NULL;
    guint8 id[MADO_CARD_ID_LEN];

    add_text(card, "card-id", "");
    add_text(card, "life-cycle", "");
    add_text(card, "transaction", "");
    g_variant_dict_insert(card, "profile", "u", 0U);
    if (mado_isd_card_id(self, id, &local_error)) {
        add_hex(card, "card-id", id, sizeof id);
        return add_record(self, card, error);
    }
    if (g_error_matches(local_error, MADO_ERROR, MADO_ERROR_CARD_UNKNOWN))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&local_error));
    return FALSE;
}

static gboolean
add_common(MadoCard *self, GVariantDict *card, GError **error)
{
    MadoCommonJukiRecord record;

    if (!mado_common_juki_record(self, &record, error))
        return FALSE;
    add_text(card, "serial", record.serial);
    add_text(card, "municipality", record.municipality);
    add_text(card, "expiry", record.expiry);
    return TRUE;
}

static gboolean
add_jpki(MadoCard *self, GVariantDict *card, GError **error)
{
    g_autofree char *label = mado_jpki_token_label(self, error);
    gboolean auth = FALSE;
    gboolean sign = FALSE;

    if (label == NULL || !mado_jpki_presence(self, &auth, &sign, error))
        return FALSE;
    add_text(card, "token", label);
    g_variant_dict_insert(card, "auth-certificate", "b", auth);
    g_variant_dict_insert(card, "sign-certificate", "b", sign);
    return TRUE;
}

static gboolean
add_tries(MadoCard *self, MadoAp ap, GVariantBuilder *tries, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(tries_rows); i++) {
        int n_tries;

        if (tries_rows[i].pin.ap != ap)
            continue;
        if (!mado_pin_tries(self, &tries_rows[i].pin, &n_tries, error))
            return FALSE;
        g_variant_builder_add(tries, "{si}", tries_rows[i].name, n_tries);
    }
    return TRUE;
}

static gboolean
inspect(MadoCard *self, GVariantDict *card, GError **error)
{
    g_auto(GVariantBuilder) tries = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("a{si}"));

    if (!mado_card_power_on(self, error) || !add_profile(self, card, error) ||
        !add_common(self, card, error) || !add_tries(self, MADO_AP_COMMON, &tries, error) ||
        !add_tries(self, MADO_AP_JUKI, &tries, error) || !add_jpki(self, card, error) ||
        !add_tries(self, MADO_AP_JPKI, &tries, error) ||
        !add_tries(self, MADO_AP_TEXT, &tries, error) ||
        !add_tries(self, MADO_AP_VISUAL, &tries, error))
        return FALSE;
    g_variant_dict_insert_value(card, "tries", g_variant_builder_end(&tries));
    return TRUE;
}

gboolean
mado_inspect_run(MadoWork *work, gpointer job, GError **error)
{
    MadoInspect *self = job;
    g_auto(GVariantDict) card = G_VARIANT_DICT_INIT(NULL);
    gboolean ok = inspect(work->card, &card, error);

    mado_card_power_off(work->card);
    if (ok)
        self->card = g_variant_ref_sink(g_variant_dict_end(&card));
    return ok;
}

void
mado_inspect_free(gpointer job)
{
    MadoInspect *self = job;

    g_clear_pointer(&self->card, g_variant_unref);
    g_free(self);
}
