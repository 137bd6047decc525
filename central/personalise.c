/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/personalise.h"

#include "central/ca.h"
#include "central/pki.h"
#include "central/private-file.h"
#include "central/resident.h"
#include "common/error.h"
#include "common/hex.h"
#include "common/key-file.h"
#include "common/scp03-key.h"
#include "common/wipe.h"

#include <json-glib/json-glib.h>
#include <openssl/rand.h>

#include <string.h>

#define ORDER_VERSION  1
#define ADULT_AGE      18
#define ADULT_YEARS    10
#define CHILD_YEARS    5
#define SERIAL_PREFIX  "9" /* no real card's serial number begins so */
#define CODE_LEN       4
#define LABEL_TRAINING "MADO-TRAINING"
#define CARD_ID_PREFIX "MT" /* readable in a trace; the other eight bytes are random */

typedef struct {
    const MadoSettingsCentral *settings;
    MadoStore *store;
    MadoKeys *keys;             /* owned */
    MadoRequestRecord *request; /* owned */
    MadoResident *resident;     /* owned */
    MadoCardRecord card;
} Order;

static void
clear_order(Order *order)
{
    g_clear_pointer(&order->keys, mado_keys_free);
    g_clear_pointer(&order->request, mado_record_types_free_request);
    g_clear_pointer(&order->resident, mado_resident_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Order, clear_order)

/* ---- the card's numbers ---- */

static gboolean
make_digits(char *ret_text, gsize len, GError **error)
{
    for (gsize i = 0; i < len;) {
        guint8 byte;

        if (RAND_bytes(&byte, 1) != 1)
            return mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "drawing digits");
        if (byte < 250)
            ret_text[i++] = (char)('0' + byte % 10);
    }
    ret_text[len] = '\0';
    return TRUE;
}

/* The tenth birthday after today; the fifth under 18. */
static gboolean
set_expiry(MadoCardRecord *card, const MadoResident *resident, const MadoDate *today)
{
    unsigned years = mado_resident_age(resident, today) < ADULT_AGE ? CHILD_YEARS : ADULT_YEARS;
    MadoDate birth;
    MadoDate this_year;
    MadoDate last;
    g_autofree char *text = NULL;

    if (!mado_date_parse(resident->birth, strlen(resident->birth), &birth) ||
        !mado_date_birthday(&birth, today->year, &this_year))
        return FALSE;
    if (mado_date_compare(&this_year, today) > 0)
        years--;
    if (!mado_date_birthday(&birth, today->year + years, &last))
        return FALSE;
    text = g_strdup_printf("%04u%02u%02u", last.year, last.month, last.day);
    g_strlcpy(card->expiry, text, sizeof card->expiry);
    return TRUE;
}

static gboolean
fill_card(Order *order, gint64 now_ms, GError **error)
{
    MadoCardRecord *card = &order->card;
    MadoDate today = mado_ca_today(now_ms);
    gsize prefix_len = strlen(SERIAL_PREFIX);

    memcpy(card->card_id, CARD_ID_PREFIX, strlen(CARD_ID_PREFIX));
    if (RAND_bytes(card->card_id + strlen(CARD_ID_PREFIX),
                   (int)(sizeof card->card_id - strlen(CARD_ID_PREFIX))) != 1)
        return mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "drawing a card id");
    memcpy(card->serial, SERIAL_PREFIX, prefix_len);
    if (!make_digits(card->serial + prefix_len, MADO_SERIAL_LEN - prefix_len, error))
        return FALSE;
    g_strlcpy(card->municipality, order->request->municipality, sizeof card->municipality);
    g_strlcpy(card->request_id, order->request->id, sizeof card->request_id);
    if (set_expiry(card, order->resident, &today))
        return TRUE;
    g_set_error(error, MADO_ERROR, MADO_ERROR_INTERNAL, "no expiry for this birthday");
    return FALSE;
}

/* ---- the order ---- */

static void
put_text(JsonBuilder *builder, const char *name, const char *value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_string_value(builder, value);
}

static void
put_hex(JsonBuilder *builder, const char *name, const guint8 *data, gsize len)
{
    char text[MADO_HEX_SIZE(MADO_SCP03_KEY_SIZE)];

    if (mado_hex_format(data, len, text, sizeof text) == MADO_BYTES_OK)
        put_text(builder, name, text);
    mado_wipe(text, sizeof text);
}

static void
put_base64(JsonBuilder *builder, const char *name, const guint8 *data, gsize len)
{
    g_autofree char *text = g_base64_encode(data, len);

    put_text(builder, name, text);
}

static gboolean
put_issuer_keys(JsonBuilder *builder, const Order *order, GError **error)
{
    MadoScp03Keys keys;
    MadoScp03Status status = mado_scp03_key_diversify(
        mado_secret_peek(order->keys->master), mado_secret_len(order->keys->master),
        LABEL_TRAINING, order->card.card_id, sizeof order->card.card_id, &keys);

    if (status != MADO_SCP03_OK) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_INTERNAL, "deriving a card's keys");
        return FALSE;
    }
    json_builder_set_member_name(builder, "scp03");
    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "kvn");
    json_builder_add_int_value(builder, MADO_KVN_TRAINING);
    put_hex(builder, "enc", keys.enc, keys.len);
    put_hex(builder, "mac", keys.mac, keys.len);
    put_hex(builder, "dek", keys.dek, keys.len);
    json_builder_end_object(builder);
    mado_wipe(&keys, sizeof keys);
    return TRUE;
}

/* The municipality's key and its CVC for one application. */
static gboolean
put_signer(JsonBuilder *builder,
           const Order *order,
           const char *member,
           const char *name,
           GError **error)
{
    g_autofree char *key_path = mado_keys_path(order->settings->keys, name, ".key");
    g_autofree char *cvc_path = mado_keys_path(order->settings->keys, name, ".cvc");
    g_autoptr(MadoSecret) key = mado_key_file_read(key_path, error);
    g_autofree char *pem = NULL;
    g_autofree char *cvc = NULL;
    gsize cvc_len;

    if (key == NULL || !g_file_get_contents(cvc_path, &cvc, &cvc_len, error))
        return FALSE;
    pem = g_strndup((const char *)mado_secret_peek(key), mado_secret_len(key));
    json_builder_set_member_name(builder, member);
    json_builder_begin_object(builder);
    put_text(builder, "key", pem);
    put_base64(builder, "cvc", (const guint8 *)cvc, cvc_len);
    json_builder_end_object(builder);
    mado_wipe(pem, strlen(pem));
    return TRUE;
}

static void
put_root(JsonBuilder *builder, const char *name, X509 *root)
{
    g_autoptr(GBytes) der = mado_pki_certificate_to_der(root);

    put_base64(builder, name, g_bytes_get_data(der, NULL), g_bytes_get_size(der));
}

static gboolean
put_photo(JsonBuilder *builder, const Order *order, GError **error)
{
    g_autofree char *context = g_strconcat("photo:", order->request->id, NULL);
    g_autoptr(MadoSecret) photo = NULL;

    if (order->request->photo == NULL)
        return TRUE;
    photo = mado_vault_open(order->keys->vault, context, order->request->photo, error);
    if (photo == NULL)
        return FALSE;
    put_base64(builder, "photo", mado_secret_peek(photo), mado_secret_len(photo));
    return TRUE;
}

static gboolean
put_person(JsonBuilder *builder, const Order *order, GError **error)
{
    const MadoResident *resident = order->resident;
    char code[CODE_LEN + 1];

    if (!make_digits(code, CODE_LEN, error))
        return FALSE;
    put_text(builder, "name", resident->name);
    put_text(builder, "kana", resident->kana);
    put_text(builder, "birth", resident->birth);
    put_text(builder, "sex", resident->sex);
    put_text(builder, "address", resident->address);
    put_text(builder, "number", resident->number);
    put_text(builder, "security_code", code);
    return put_photo(builder, order, error);
}

static gboolean
put_order(JsonBuilder *builder, const Order *order, GError **error)
{
    const MadoCardRecord *card = &order->card;

    json_builder_begin_object(builder);
    json_builder_set_member_name(builder, "version");
    json_builder_add_int_value(builder, ORDER_VERSION);
    put_hex(builder, "card_id", card->card_id, sizeof card->card_id);
    put_text(builder, "serial", card->serial);
    put_text(builder, "municipality", card->municipality);
    put_text(builder, "expiry", card->expiry);
    if (!put_person(builder, order, error) || !put_issuer_keys(builder, order, error) ||
        !put_signer(builder, order, "visual", MADO_KEYS_VISUAL, error) ||
        !put_signer(builder, order, "text", MADO_KEYS_TEXT, error))
        return FALSE;
    json_builder_set_member_name(builder, "jpki");
    json_builder_begin_object(builder);
    put_root(builder, "sign_ca", order->keys->jpki_sign.cert);
    put_root(builder, "auth_ca", order->keys->jpki_auth.cert);
    json_builder_end_object(builder);
    json_builder_end_object(builder);
    return TRUE;
}

static MadoSecret *
format_order(const Order *order, GError **error)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autoptr(JsonNode) root = NULL;
    g_autofree char *text = NULL;
    MadoSecret *secret;

    if (!put_order(builder, order, error))
        return NULL;
    root = json_builder_get_root(builder);
    text = json_to_string(root, TRUE);
    secret = mado_secret_new_from((const guint8 *)text, strlen(text));
    mado_wipe(text, strlen(text));
    return secret;
}

/* ---- the whole ---- */

static gboolean
load_order(Order *order, const char *request_id, GError **error)
{
    MadoStore *store = order->store;
    g_autoptr(MadoCardRecord) known = NULL;

    order->keys = mado_keys_load(order->settings->keys, error);
    if (order->keys == NULL)
        return FALSE;
    order->request = store->ops->get_request(store, request_id, error);
    if (order->request == NULL)
        return FALSE;
    known = store->ops->get_card_of(store, request_id, NULL);
    if (known != NULL || order->request->state != MADO_REQUEST_READY) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_BAD_STATE,
                    "request '%s' has its card already", request_id);
        return FALSE;
    }
    order->resident =
        mado_resident_open(order->keys->vault, request_id, order->request->person, error);
    return order->resident != NULL;
}

static MadoSecret *
register_and_format(Order *order, const char *request_id, gint64 now_ms, GError **error)
{
    MadoStore *store = order->store;
    g_autoptr(MadoSecret) text = NULL;

    if (!load_order(order, request_id, error) || !fill_card(order, now_ms, error))
        return NULL;
    text = format_order(order, error);
    if (text == NULL || !store->ops->put_card(store, &order->card, error))
        return NULL;
    return g_steal_pointer(&text);
}

MadoSecret *
mado_personalise_run(const MadoSettingsCentral *settings,
                     MadoStore *store,
                     const char *request_id,
                     gint64 now_ms,
                     GError **error)
{
    g_auto(Order) order = {.settings = settings, .store = store};
    g_autoptr(MadoSecret) text = NULL;

    if (settings->realm != MADO_REALM_CODE_TRAINING) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_REALM, "only training cards are made here");
        return NULL;
    }
    if (!store->ops->begin(store, error))
        return NULL;
    text = register_and_format(&order, request_id, now_ms, error);
    if (text != NULL && store->ops->commit(store, error))
        return g_steal_pointer(&text);
    store->ops->rollback(store);
    return NULL;
}
