/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/training/maker-show.h"

#include "common/hex.h"
#include "drivers/training/card-record.h"
#include "drivers/training/card-rsa.h"

#include <json-glib/json-glib.h>

#include <string.h>

static const char *
life_name(guint8 life)
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
    default:
        return "unknown";
    }
}

static const char *
pin_state(const MadoCardPin *pin)
{
    if ((pin->flags & MADO_PIN_FLAG_UNSET) != 0) {
        return "unset";
    }
    if (pin->tries == 0) {
        return "blocked";
    }
    return (pin->flags & MADO_PIN_FLAG_TRANSPORT) != 0 ? "transport" : "set";
}

static const char *
ap_name(guint8 ap)
{
    static const char *const names[] = {"isd", "jpki", "visual", "text", "juki", "common"};

    return ap < G_N_ELEMENTS(names) ? names[ap] : "unknown";
}

static char *
to_hex(const guint8 *data, gsize len)
{
    char *text = g_malloc(MADO_HEX_SIZE(len));

    if (mado_hex_format(data, len, text, MADO_HEX_SIZE(len)) != MADO_BYTES_OK) {
        text[0] = '\0';
    }
    return text;
}

static void
add_hex(JsonBuilder *builder, const char *name, const guint8 *data, gsize len)
{
    g_autofree char *text = to_hex(data, len);

    json_builder_set_member_name(builder, name);
    json_builder_add_string_value(builder, text);
}

static void
add_text(JsonBuilder *builder, const char *name, const char *value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_string_value(builder, value);
}

static void
add_number(JsonBuilder *builder, const char *name, gint64 value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_int_value(builder, value);
}

static void
add_hash(JsonBuilder *builder, const char *name, const MadoCardItem *item)
{
    guint8 hash[MADO_CARD_RSA_HASH_LEN];

    if (item != NULL && mado_card_rsa_hash(item->data, item->len, hash)) {
        add_hex(builder, name, hash, sizeof(hash));
    }
}

static void
add_certificates(JsonBuilder *builder, const MadoCardState *state)
{
    static const struct {
        guint8 slot;
        const char *name;
    } rows[] = {{MADO_SLOT_AUTH, "auth"}, {MADO_SLOT_SIGN, "sign"}};

    json_builder_set_member_name(builder, "slots");
    json_builder_begin_array(builder);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const MadoCardSlot *slot = mado_card_record_slot(rows[i].slot);
        gboolean live = mado_card_state_item(state, MADO_CARD_ITEM_KEY, MADO_AP_JPKI,
                                             slot->live_key) != NULL;
        gboolean staged = mado_card_state_item(state, MADO_CARD_ITEM_KEY, MADO_AP_JPKI,
                                               slot->staged_key) != NULL;

        json_builder_begin_object(builder);
        add_text(builder, "slot", rows[i].name);
        json_builder_set_member_name(builder, "live");
        json_builder_add_boolean_value(builder, live);
        json_builder_set_member_name(builder, "staged");
        json_builder_add_boolean_value(builder, staged);
        if (live) {
            add_hash(builder, "certificate_sha256",
                     mado_card_state_item(state, MADO_CARD_ITEM_FILE, MADO_AP_JPKI,
                                          slot->live_cert));
        }
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

static void
add_pins(JsonBuilder *builder, const MadoCardState *state)
{
    json_builder_set_member_name(builder, "pins");
    json_builder_begin_array(builder);
    for (gsize i = 0; i < state->n_pins; i++) {
        const MadoCardPin *pin = &state->pins[i];
        g_autofree char *ef = g_strdup_printf("%04X", pin->ef);

        json_builder_begin_object(builder);
        add_text(builder, "application", ap_name(pin->ap));
        add_text(builder, "ef", ef);
        add_text(builder, "state", pin_state(pin));
        add_number(builder, "tries", pin->tries);
        add_number(builder, "max_tries", pin->max_tries);
        add_number(builder, "changes", pin->changes);
        json_builder_end_object(builder);
    }
    json_builder_end_array(builder);
}

char *
mado_maker_show_json(const MadoCardState *state)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autoptr(JsonNode) root = NULL;
    guint8 record[MADO_CARD_RECORD_MAX_LEN];
    MadoWriter writer;

    mado_writer_init(&writer, record, sizeof(record));
    json_builder_begin_object(builder);
    add_hex(builder, "card_id", state->card_id, sizeof(state->card_id));
    add_number(builder, "key_version", state->key_version);
    add_number(builder, "key_length", (gint64)state->issuer_keys.len);
    add_text(builder, "life", life_name(state->life));
    add_text(builder, "phase", state->phase == MADO_PHASE_OPEN ? "open" : "idle");
    add_number(builder, "fencing", state->fencing);
    if (state->phase == MADO_PHASE_OPEN) {
        add_hex(builder, "transaction", state->transaction, sizeof(state->transaction));
    }
    if (state->has_committed) {
        add_hex(builder, "committed", state->committed, sizeof(state->committed));
    }
    if (mado_card_record_write(state, &writer) && mado_writer_ok(&writer)) {
        add_hex(builder, "admin_record", record, mado_writer_len(&writer));
    }
    add_certificates(builder, state);
    add_pins(builder, state);
    json_builder_end_object(builder);
    root = json_builder_get_root(builder);
    return json_to_string(root, TRUE);
}

char *
mado_maker_show_text(const MadoCardState *state)
{
    GString *text = g_string_new(NULL);
    g_autofree char *id = to_hex(state->card_id, sizeof(state->card_id));
    g_autofree char *committed = to_hex(state->committed, sizeof(state->committed));

    g_string_append_printf(text, "card id      %s\n", id);
    g_string_append_printf(text, "issuer keys  version %02X, AES-%zu\n", state->key_version,
                           state->issuer_keys.len * 8);
    g_string_append_printf(text, "life cycle   %s\n", life_name(state->life));
    g_string_append_printf(text, "transaction  %s, fencing %u\n",
                           state->phase == MADO_PHASE_OPEN ? "open" : "none open",
                           state->fencing);
    g_string_append_printf(text, "committed    %s\n",
                           state->has_committed ? committed : "never");
    for (gsize i = 0; i < state->n_pins; i++) {
        const MadoCardPin *pin = &state->pins[i];

        g_string_append_printf(
            text, "PIN          %-6s %04X  %-9s  %u of %u tries, changed %u times\n",
            ap_name(pin->ap), pin->ef, pin_state(pin), pin->tries, pin->max_tries,
            pin->changes);
    }
    return g_string_free(text, FALSE);
}
