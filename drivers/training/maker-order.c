/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/training/maker-order.h"

#include "common/date.h"
#include "common/digits.h"
#include "common/hex.h"
#include "common/wipe.h"

#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <string.h>

#define ORDER_VERSION        1
#define DEFAULT_NUMBER_TRIES 10
#define MAX_TEXT_LEN         300U
#define MAX_BLOB_LEN         65000U

static gboolean
fail(GError **error, const char *member, const char *why)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "order: %s: %s", member, why);
    return FALSE;
}

/* The member as text, or NULL. Borrowed from the object. */
static const char *
text(JsonObject *object, const char *member)
{
    JsonNode *node = json_object_get_member(object, member);

    if (node == NULL || !JSON_NODE_HOLDS_VALUE(node) ||
        json_node_get_value_type(node) != G_TYPE_STRING) {
        return NULL;
    }
    return json_node_get_string(node);
}

static JsonObject *
object(JsonObject *parent, const char *member)
{
    JsonNode *node = json_object_get_member(parent, member);

    return node != NULL && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static gboolean
take_text(JsonObject *from, const char *member, char **ret_text, GError **error)
{
    const char *value = text(from, member);

    if (value == NULL || *value == '\0' || strlen(value) > MAX_TEXT_LEN) {
        return fail(error, member, "text of 1 to 300 bytes is needed");
    }
    *ret_text = g_strdup(value);
    return TRUE;
}

static gboolean
take_digits(JsonObject *from, const char *member, size_t len, char **ret_text, GError **error)
{
    const char *value = text(from, member);

    if (value == NULL || strlen(value) != len || !mado_digits_are_digits(value, len)) {
        return fail(error, member, "the wrong number of digits");
    }
    *ret_text = g_strdup(value);
    return TRUE;
}

static gboolean
take_date(JsonObject *from, const char *member, char **ret_text, GError **error)
{
    const char *value = text(from, member);
    MadoDate date;

    if (value == NULL || !mado_date_parse(value, strlen(value), &date)) {
        return fail(error, member, "a day YYYYMMDD is needed");
    }
    *ret_text = g_strdup(value);
    return TRUE;
}

static gboolean
take_hex(JsonObject *from, const char *member, uint8_t *ret_data, size_t cap, size_t *ret_len)
{
    const char *value = text(from, member);

    return value != NULL &&
           mado_hex_parse(value, strlen(value), ret_data, cap, ret_len) == MADO_BYTES_OK;
}

/* Base64; absent is allowed when it is not needed. */
static gboolean
take_bytes(
    JsonObject *from, const char *member, gboolean needed, GBytes **ret_bytes, GError **error)
{
    const char *value = text(from, member);
    g_autofree guchar *data = NULL;
    gsize len = 0;

    if (value == NULL && !needed) {
        return TRUE;
    }
    if (value != NULL && *value != '\0') {
        data = g_base64_decode(value, &len);
    }
    if (len == 0 || len > MAX_BLOB_LEN) {
        return fail(error, member, "base64 of 1 to 65000 bytes is needed");
    }
    *ret_bytes = g_bytes_new_take(g_steal_pointer(&data), len);
    return TRUE;
}

/* A private RSA key as PEM, kept as DER. */
static gboolean
take_key(JsonObject *from, const char *member, GBytes **ret_der, GError **error)
{
    const char *pem = text(from, member);
    BIO *bio = pem == NULL ? NULL : BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    unsigned char *der = NULL;
    int len = 0;

    if (key != NULL && EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) == 2048) {
        len = i2d_PrivateKey(key, &der);
    }
    EVP_PKEY_free(key);
    BIO_free(bio);
    if (len <= 0) {
        return fail(error, member, "a private RSA-2048 key in PEM is needed");
    }
    *ret_der = g_bytes_new(der, (gsize)len);
    OPENSSL_clear_free(der, (size_t)len);
    return TRUE;
}

static gboolean
take_signer(
    JsonObject *root, const char *member, GBytes **ret_key, GBytes **ret_cvc, GError **error)
{
    JsonObject *signer = object(root, member);

    if (signer == NULL) {
        return fail(error, member, "an object with key and cvc is needed");
    }
    return take_key(signer, "key", ret_key, error) &&
           take_bytes(signer, "cvc", TRUE, ret_cvc, error);
}

static gboolean
take_issuer_keys(JsonObject *root, MadoMakerOrder *order, GError **error)
{
    JsonObject *scp03 = object(root, "scp03");
    MadoScp03Keys *keys = &order->issuer_keys;
    size_t enc = 0;
    size_t mac = 0;
    size_t dek = 0;
    gint64 kvn;

    if (scp03 == NULL || !take_hex(scp03, "enc", keys->enc, sizeof(keys->enc), &enc) ||
        !take_hex(scp03, "mac", keys->mac, sizeof(keys->mac), &mac) ||
        !take_hex(scp03, "dek", keys->dek, sizeof(keys->dek), &dek) || enc != mac ||
        enc != dek || (enc != 16 && enc != 24 && enc != 32)) {
        return fail(error, "scp03", "enc, mac and dek of 16, 24 or 32 bytes each are needed");
    }
    keys->len = enc;
    kvn = json_object_get_int_member_with_default(scp03, "kvn", 0);
    if (kvn != MADO_KVN_TRAINING) {
        return fail(error, "scp03.kvn",
                    "a training card has the training realm's key version, 63");
    }
    order->key_version = (uint8_t)kvn;
    return TRUE;
}

static gboolean
take_person(JsonObject *root, MadoMakerOrder *order, GError **error)
{
    if (!take_text(root, "name", &order->name, error) ||
        !take_text(root, "kana", &order->kana, error) ||
        !take_text(root, "address", &order->address, error) ||
        !take_date(root, "birth", &order->birth, error) ||
        !take_digits(root, "sex", 1, &order->sex, error) ||
        !take_digits(root, "number", MADO_NUMBER_LEN, &order->number, error) ||
        !take_digits(root, "security_code", 4, &order->security_code, error)) {
        return FALSE;
    }
    if (!mado_digits_number_is_valid(order->number, MADO_NUMBER_LEN)) {
        return fail(error, "number", "the check digit is wrong");
    }
    return TRUE;
}

static gboolean
take_card(JsonObject *root, MadoMakerOrder *order, GError **error)
{
    gint64 tries =
        json_object_get_int_member_with_default(root, "number_tries", DEFAULT_NUMBER_TRIES);
    size_t id_len = 0;

    if (!take_hex(root, "card_id", order->card_id, sizeof(order->card_id), &id_len) ||
        id_len != sizeof(order->card_id)) {
        return fail(error, "card_id", "10 bytes in hexadecimal are needed");
    }
    if (tries < 1 || tries > 15) {
        return fail(error, "number_tries", "1 to 15");
    }
    order->number_tries = (unsigned)tries;
    return take_digits(root, "serial", MADO_SERIAL_LEN, &order->serial, error) &&
           take_digits(root, "municipality", MADO_MUNICIPALITY_LEN, &order->municipality,
                       error) &&
           take_date(root, "expiry", &order->expiry, error);
}

static gboolean
take_trust(JsonObject *root, MadoMakerOrder *order, GError **error)
{
    JsonObject *jpki = object(root, "jpki");
    JsonObject *chain = object(root, "chain");

    if (jpki == NULL) {
        return fail(error, "jpki", "an object with sign_ca and auth_ca is needed");
    }
    if (chain != NULL && (!take_bytes(chain, "upper", TRUE, &order->chain_upper, error) ||
                          !take_bytes(chain, "lower", FALSE, &order->chain_lower, error))) {
        return FALSE;
    }
    return take_bytes(jpki, "sign_ca", TRUE, &order->sign_ca, error) &&
           take_bytes(jpki, "auth_ca", TRUE, &order->auth_ca, error) &&
           take_signer(root, "visual", &order->visual_key, &order->visual_cvc, error) &&
           take_signer(root, "text", &order->text_key, &order->text_cvc, error);
}

/* What a typing mistake would otherwise make silent. */
static gboolean
check_members(JsonObject *root, GError **error)
{
    static const char *const known[] = {"version",      "card_id", "serial", "municipality",
                                        "expiry",       "name",    "kana",   "birth",
                                        "sex",          "address", "number", "security_code",
                                        "number_tries", "photo",   "scp03",  "visual",
                                        "text",         "jpki",    "chain",  NULL};
    g_autoptr(GList) members = json_object_get_members(root);

    for (GList *at = members; at != NULL; at = at->next) {
        if (!g_strv_contains(known, at->data)) {
            return fail(error, at->data, "no such member");
        }
    }
    if (json_object_get_int_member_with_default(root, "version", 0) != ORDER_VERSION) {
        return fail(error, "version", "only version 1 is known");
    }
    return TRUE;
}

MadoMakerOrder *
mado_maker_order_parse(const char *json, gssize len, GError **error)
{
    g_autoptr(MadoMakerOrder) order = g_new0(MadoMakerOrder, 1);
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonNode *root_node;
    JsonObject *root;

    /* The parser's own message may quote the text, and with it a secret. */
    if (!json_parser_load_from_data(parser, json, len, NULL)) {
        fail(error, "text", "not JSON");
        return NULL;
    }
    root_node = json_parser_get_root(parser);
    if (root_node == NULL || !JSON_NODE_HOLDS_OBJECT(root_node)) {
        fail(error, "text", "not a JSON object");
        return NULL;
    }
    root = json_node_get_object(root_node);
    if (!check_members(root, error) || !take_card(root, order, error) ||
        !take_person(root, order, error) ||
        !take_bytes(root, "photo", FALSE, &order->photo, error) ||
        !take_issuer_keys(root, order, error) || !take_trust(root, order, error)) {
        return NULL;
    }
    return g_steal_pointer(&order);
}

static void
wipe_text(char *value)
{
    if (value != NULL) {
        mado_wipe(value, strlen(value));
        g_free(value);
    }
}

void
mado_maker_order_free(MadoMakerOrder *order)
{
    GBytes *blobs[8];

    if (order == NULL) {
        return;
    }
    wipe_text(order->serial);
    wipe_text(order->municipality);
    wipe_text(order->expiry);
    wipe_text(order->name);
    wipe_text(order->kana);
    wipe_text(order->birth);
    wipe_text(order->sex);
    wipe_text(order->address);
    wipe_text(order->number);
    wipe_text(order->security_code);
    blobs[0] = order->photo;
    blobs[1] = order->visual_key;
    blobs[2] = order->visual_cvc;
    blobs[3] = order->text_key;
    blobs[4] = order->text_cvc;
    blobs[5] = order->sign_ca;
    blobs[6] = order->auth_ca;
    blobs[7] = order->chain_upper;
    for (size_t i = 0; i < G_N_ELEMENTS(blobs); i++) {
        g_clear_pointer(&blobs[i], g_bytes_unref);
    }
    g_clear_pointer(&order->chain_lower, g_bytes_unref);
    mado_wipe(order, sizeof(*order));
    g_free(order);
}
