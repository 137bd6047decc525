/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/training/maker-card.h"

#include "common/digits.h"
#include "common/tlv.h"
#include "common/wipe.h"
#include "drivers/training/card-layout.h"
#include "drivers/training/card.h"
#include "drivers/training/maker-file.h"
#include "drivers/training/maker-paint.h"

#include <gio/gio.h>

#include <stdlib.h>
#include <string.h>

#define FILLER_LEN      16U
#define EF_COMMON_KEY   0x0019
#define EF_TEXT_KEY     0x0013
#define EF_TEXT_SESSION 0x0006
#define CVC_LEN         568U
#define CVC_BODY_LEN    297U

/* One card being made. */
typedef struct {
    const MadoMakerOrder *order;
    MadoMakerDefect defect;
    MadoCardState *state;
    GBytes *visual_key; /* owned: the card's own */
    GBytes *text_key;
} Maker;

static const char *const defect_names[] = {
    [MADO_MAKER_DEFECT_NONE] = "none",
    [MADO_MAKER_DEFECT_FACE_SIGNATURE] = "face-signature",
    [MADO_MAKER_DEFECT_TEXT_SIGNATURE] = "text-signature",
    [MADO_MAKER_DEFECT_CVC] = "cvc",
    [MADO_MAKER_DEFECT_CLONE] = "clone",
    [MADO_MAKER_DEFECT_TRUNCATED] = "truncated",
    [MADO_MAKER_DEFECT_LENGTH] = "length",
    [MADO_MAKER_DEFECT_FOREIGN] = "foreign",
};

const char *
mado_maker_card_defect_name(MadoMakerDefect defect)
{
    return (size_t)defect < G_N_ELEMENTS(defect_names) ? defect_names[defect] : NULL;
}

gboolean
mado_maker_card_defect_parse(const char *name, MadoMakerDefect *ret_defect)
{
    for (size_t i = 0; i < G_N_ELEMENTS(defect_names); i++) {
        if (strcmp(name, defect_names[i]) == 0) {
            *ret_defect = (MadoMakerDefect)i;
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean
fail(GError **error, const char *what)
{
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "card: %s", what);
    return FALSE;
}

/* ---- storing
 * ------------------------------------------------------------------------------------------ */

static gboolean
put(Maker *maker, MadoCardItemKind kind, guint8 ap, guint16 id, const void *data, gsize len)
{
    g_autofree guint8 *copy = g_memdup2(data, len);
    MadoCardItem item = {.kind = (guint8)kind, .ap = ap, .id = id, .data = copy, .len = len};
    gboolean ok = mado_card_state_put(maker->state, &item);

    mado_wipe(copy, len);
    return ok;
}

/* A data file, cut or bent when that is the defect asked for. */
static gboolean
put_file(Maker *maker, guint8 ap, guint16 ef, const GByteArray *bytes)
{
    g_autoptr(GByteArray) copy = g_byte_array_new();
    gboolean holds_data = ap == MADO_AP_TEXT || ap == MADO_AP_VISUAL;

    g_byte_array_append(copy, bytes->data, bytes->len);
    if (holds_data && maker->defect == MADO_MAKER_DEFECT_TRUNCATED && copy->len > 64) {
        g_byte_array_set_size(copy, copy->len / 2);
    }
    if (holds_data && maker->defect == MADO_MAKER_DEFECT_LENGTH && copy->len > 64) {
        gsize header = copy->data[2] == 0x82 ? 5 : 3;

        copy->data[header + 2] = 0x7F; /* the first object inside: 127 bytes, whatever it has */
    }
    return put(maker, MADO_CARD_ITEM_FILE, ap, ef, copy->data, copy->len);
}

static gboolean
put_bytes(Maker *maker, guint8 ap, guint16 ef, GBytes *bytes)
{
    gsize len = 0;
    const void *data = g_bytes_get_data(bytes, &len);

    return put(maker, MADO_CARD_ITEM_FILE, ap, ef, data, len);
}

static gboolean
put_filler(Maker *maker, guint8 ap, guint16 ef)
{
    guint8 filler[FILLER_LEN];

    memset(filler, 0xFF, sizeof(filler));
    return put(maker, MADO_CARD_ITEM_FILE, ap, ef, filler, sizeof(filler));
}

static void
put_pin(Maker *maker, guint8 ap, guint16 ef, const char *value, unsigned max_tries)
{
    MadoCardPin *pin = &maker->state->pins[maker->state->n_pins++];

    memset(pin, 0, sizeof(*pin));
    pin->ap = ap;
    pin->ef = ef;
    pin->max_tries = (guint8)max_tries;
    if (value == NULL) {
        pin->flags = MADO_PIN_FLAG_UNSET;
    } else {
        pin->len = (guint8)strlen(value);
        memcpy(pin->value, value, pin->len);
        pin->tries = pin->len == 0 ? 0 : pin->max_tries;
    }
}

static GBytes *
make_key(void)
{
    guint8 *der = NULL;
    size_t len = 0;
    GBytes *key;

    if (!mado_card_rsa_generate(&der, &len)) {
        return NULL;
    }
    key = g_bytes_new(der, len);
    mado_wipe(der, len);
    free(der);
    return key;
}

static gboolean
put_key(Maker *maker, guint8 ap, guint16 ef, GBytes *key)
{
    gsize len = 0;
    const void *data = g_bytes_get_data(key, &len);

    return put(maker, MADO_CARD_ITEM_KEY, ap, ef, data, len);
}

static gboolean
put_new_key(Maker *maker, guint8 ap, guint16 ef)
{
    g_autoptr(GBytes) key = make_key();

    return key != NULL && put_key(maker, ap, ef, key);
}

static gboolean
append_public_key(GByteArray *into, guint tag, GBytes *key)
{
    g_autoptr(GByteArray) value = g_byte_array_new();
    gsize len = 0;
    const guint8 *der = g_bytes_get_data(key, &len);

    if (!mado_maker_file_public_key(value, der, len)) {
        return FALSE;
    }
    mado_maker_file_object(into, tag, value->data, value->len);
    return TRUE;
}

static void
append_text(GByteArray *into, guint tag, const char *text)
{
    mado_maker_file_object(into, tag, text, strlen(text));
}

static gboolean
append_picture(
    GByteArray *into, guint tag, const char *text, int width, int height, GError **error)
{
    g_autoptr(GBytes) png = mado_maker_paint_text(text, width, height, error);

    if (png == NULL) {
        return FALSE;
    }
    mado_maker_file_object(into, tag, g_bytes_get_data(png, NULL), g_bytes_get_size(png));
    return TRUE;
}

/* A key id as seen on cards: 7 digits, 08 05, 3 digits, 4 pad bytes; 6 = test hierarchy. */
static void
format_key_id(const char *digits, guint8 ret_id[MADO_MAKER_FILE_KEY_ID_LEN])
{
    memset(ret_id, 0xFF, MADO_MAKER_FILE_KEY_ID_LEN);
    memcpy(ret_id, digits, 7);
    ret_id[7] = 0x08;
    ret_id[8] = 0x05;
    memcpy(ret_id + 9, "001", 3);
}

/* ---- CVCs
 * ---------------------------------------------------------------------------------------------
 */

/* The CVC has the right form and certifies the key that will sign this card's data. */
static gboolean
cvc_fits(GBytes *cvc, GBytes *key)
{
    guint8 modulus[MADO_CARD_RSA_LEN];
    MadoTlv outer;
    MadoTlv body;
    gsize len = 0;
    const guint8 *data = g_bytes_get_data(cvc, &len);
    gsize key_len = 0;
    const guint8 *der = g_bytes_get_data(key, &key_len);

    return len == CVC_LEN && mado_tlv_only(data, len, 0x7F21, &outer) == MADO_BYTES_OK &&
           mado_tlv_find(outer.value, outer.len, 0x5F4E, &body) == MADO_BYTES_OK &&
           body.len == CVC_BODY_LEN && mado_card_rsa_modulus(der, key_len, modulus) &&
           memcmp(body.value + CVC_BODY_LEN - sizeof(modulus), modulus, sizeof(modulus)) == 0;
}

static gboolean
put_cvc(Maker *maker, guint8 ap, guint16 ef, GBytes *cvc, GBytes *key, GError **error)
{
    g_autofree guint8 *copy = NULL;
    gsize len = 0;

    if (!cvc_fits(cvc, key)) {
        return fail(error, "a CVC is malformed or certifies another key");
    }
    copy = g_memdup2(g_bytes_get_data(cvc, &len), g_bytes_get_size(cvc));
    if (maker->defect == MADO_MAKER_DEFECT_CVC) {
        copy[len - 1] ^= 0x01;
    }
    return put(maker, MADO_CARD_ITEM_FILE, ap, ef, copy, len) || fail(error, "no room");
}

/* ---- text AP
 * ------------------------------------------------------------------------------------------ */

static gboolean
hash_into(GByteArray *into, guint tag, const guint8 *data, gsize len)
{
    guint8 hash[MADO_CARD_RSA_HASH_LEN];

    if (!mado_card_rsa_hash(data, len, hash)) {
        return FALSE;
    }
    mado_maker_file_object(into, tag, hash, sizeof(hash));
    return TRUE;
}

static gboolean
make_text_data(Maker *maker)
{
    static const guint8 filler[] = {0xFF, 0xFF};
    const MadoMakerOrder *order = maker->order;
    g_autoptr(GByteArray) number = g_byte_array_new();
    g_autoptr(GByteArray) attributes = g_byte_array_new();
    g_autoptr(GByteArray) signature = g_byte_array_new();

    append_text(number, 0xFF10, order->number);
    g_byte_array_append(number, filler, sizeof(filler));
    append_text(attributes, 0xDF22, order->name);
    append_text(attributes, 0xDF23, order->address);
    append_text(attributes, 0xDF24, order->birth);
    append_text(attributes, 0xDF25, order->sex);

    /* DF31 covers the whole physical file, filler too; DF32 all but the table of offsets. */
    if (!hash_into(signature, 0xDF31, number->data, number->len) ||
        !hash_into(signature, 0xDF32, attributes->data, attributes->len) ||
        !mado_maker_file_sign(signature, 0xDF33, order->text_key)) {
        return FALSE;
    }
    if (maker->defect == MADO_MAKER_DEFECT_TEXT_SIGNATURE) {
        signature->data[signature->len - 1] ^= 0x01;
    }
    mado_maker_file_offsets(attributes, 0xDF21);
    mado_maker_file_wrap(attributes, 0xFF20);
    mado_maker_file_wrap(signature, 0xFF30);
    return put_file(maker, MADO_AP_TEXT, MADO_EF_TEXT_NUMBER, number) &&
           put_file(maker, MADO_AP_TEXT, MADO_EF_TEXT_ATTRIBUTES, attributes) &&
           put_file(maker, MADO_AP_TEXT, MADO_EF_TEXT_SIGNATURE, signature);
}

static gboolean
make_text_keys(Maker *maker)
{
    static const guint8 information[] = {0x06, 0x03, 0x0E, 0x01};
    guint8 key_id[MADO_MAKER_FILE_KEY_ID_LEN];
    guint8 unknown[128] = {0};
    g_autoptr(GByteArray) info = g_byte_array_new();
    g_autoptr(GByteArray) session = g_byte_array_new();
    g_autoptr(GByteArray) card_key = g_byte_array_new();
    g_autoptr(GBytes) session_key = make_key();
    gsize len = 0;
    const guint8 *der = session_key == NULL ? NULL : g_bytes_get_data(session_key, &len);

    format_key_id("6000034", key_id);
    mado_maker_file_object(info, 0xDF41, information, sizeof(information));
    mado_maker_file_object(info, 0xDF42, key_id, sizeof(key_id));
    mado_maker_file_object(info, 0xDF43, unknown, sizeof(unknown));
    mado_maker_file_wrap(info, 0xFF40);
    if (session_key == NULL || !mado_maker_file_public_key(session, der, len) ||
        !append_public_key(card_key, 0xDF51, maker->text_key) ||
        !mado_maker_file_sign(card_key, 0xDF52, maker->order->text_key)) {
        return FALSE;
    }
    mado_maker_file_wrap(session, 0xA1);
    mado_maker_file_wrap(card_key, 0xFF50);
    return put_file(maker, MADO_AP_TEXT, MADO_EF_TEXT_INFO, info) &&
           put_key(maker, MADO_AP_TEXT, EF_TEXT_SESSION, session_key) &&
           put_file(maker, MADO_AP_TEXT, MADO_EF_TEXT_SESSION_KEY, session) &&
           put_file(maker, MADO_AP_TEXT, MADO_EF_TEXT_CARD_KEY, card_key) &&
           put_filler(maker, MADO_AP_TEXT, 0x0008);
}

/* ---- visual AP
 * ---------------------------------------------------------------------------------------- */

static gboolean
make_birth_record(Maker *maker)
{
    g_autoptr(GByteArray) record = g_byte_array_new();

    append_text(record, 0xDF11, maker->order->birth);
    if (!append_public_key(record, 0xDF12, maker->visual_key) ||
        !mado_maker_file_sign(record, 0xDF13, maker->order->visual_key)) {
        return FALSE;
    }
    mado_maker_file_wrap(record, 0xFF10);
    return put_file(maker, MADO_AP_VISUAL, MADO_EF_VISUAL_BIRTH, record);
}

static GBytes *
photo_of(const MadoMakerOrder *order, GError **error)
{
    guint32 seed = 0;

    if (order->photo != NULL) {
        return g_bytes_ref(order->photo);
    }
    memcpy(&seed, order->card_id + sizeof(order->card_id) - sizeof(seed), sizeof(seed));
    return mado_maker_paint_face(seed, error);
}

/* The face's three signed groups: what is known, what is printed, the photo. */
static gboolean
make_face(Maker *maker, GError **error)
{
    const MadoMakerOrder *order = maker->order;
    g_autoptr(GByteArray) face = g_byte_array_new();
    g_autoptr(GBytes) photo = photo_of(order, error);
    guint8 hashes[3 * MADO_CARD_RSA_HASH_LEN];
    guint after_key;
    guint after_pictures;
    guint after_photo;

    if (photo == NULL) {
        return FALSE;
    }
    append_text(face, 0xDF22, order->birth);
    append_text(face, 0xDF23, order->sex);
    if (!append_public_key(face, 0xDF24, maker->visual_key)) {
        return fail(error, "the card's own key");
    }
    after_key = face->len;
    if (!append_picture(face, 0xDF25, order->name, 304, 28, error) ||
        !append_picture(face, 0xDF26, order->address, 384, 52, error)) {
        return FALSE;
    }
    after_pictures = face->len;
    mado_maker_file_object(face, 0xDF27, g_bytes_get_data(photo, NULL),
                           g_bytes_get_size(photo));
    after_photo = face->len;
    if (!mado_card_rsa_hash(face->data, after_key, hashes) ||
        !mado_card_rsa_hash(face->data + after_key, after_pictures - after_key,
                            hashes + MADO_CARD_RSA_HASH_LEN) ||
        !mado_card_rsa_hash(face->data + after_pictures, after_photo - after_pictures,
                            hashes + 2 * MADO_CARD_RSA_HASH_LEN) ||
        !mado_maker_file_sign_hashes(face, 0xDF28, order->visual_key, hashes)) {
        return fail(error, "the face's signature");
    }
    if (maker->defect == MADO_MAKER_DEFECT_FACE_SIGNATURE) {
        face->data[face->len - 1] ^= 0x01;
    }
    append_text(face, 0xDF29, order->expiry);
    if (!append_picture(face, 0xDF2A, order->security_code, 24, 12, error)) {
        return FALSE;
    }
    mado_maker_file_offsets(face, 0xDF21);
    mado_maker_file_wrap(face, 0xFF20);
    return put_file(maker, MADO_AP_VISUAL, MADO_EF_VISUAL_FACE, face) || fail(error, "no room");
}

static gboolean
make_number_picture(Maker *maker, GError **error)
{
    g_autoptr(GByteArray) record = g_byte_array_new();

    if (!append_picture(record, 0xDF41, maker->order->number, 72, 12, error)) {
        return FALSE;
    }
    if (!append_public_key(record, 0xDF42, maker->visual_key) ||
        !mado_maker_file_sign(record, 0xDF43, maker->order->visual_key)) {
        return fail(error, "the number's signature");
    }
    mado_maker_file_wrap(record, 0xFF40);
    return put_file(maker, MADO_AP_VISUAL, MADO_EF_VISUAL_NUMBER, record) ||
           fail(error, "no room");
}

static gboolean
make_visual_info(Maker *maker)
{
    static const guint8 identification[] = {0x06, 0x03, 0x0E, 0x01};
    static const guint8 version[] = {0x01};
    guint8 key_id[MADO_MAKER_FILE_KEY_ID_LEN];
    guint8 opaque[MADO_MAKER_FILE_KEY_ID_LEN + 256] = {0};
    g_autoptr(GByteArray) info = g_byte_array_new();

    format_key_id("6000024", key_id);
    memcpy(opaque, key_id, sizeof(key_id));
    mado_maker_file_object(info, 0xDF31, identification, sizeof(identification));
    mado_maker_file_object(info, 0xDF32, key_id, sizeof(key_id));
    mado_maker_file_object(info, 0xDF33, version, sizeof(version));
    append_text(info, 0xDF34, maker->order->municipality);
    mado_maker_file_object(info, 0xDF35, opaque, sizeof(opaque));
    mado_maker_file_wrap(info, 0xFF30);
    return put_file(maker, MADO_AP_VISUAL, MADO_EF_VISUAL_INFO, info) &&
           put_filler(maker, MADO_AP_VISUAL, 0x0006);
}

/* ---- JPKI, common, juki, card manager
 * ----------------------------------------------------------------- */

/* EF 0006: an image of PKCS#11's CK_TOKEN_INFO, 32-bit numbers, big-endian. */
static gboolean
make_token_info(Maker *maker)
{
    static const guint8 tail[] = {
        0x00, 0x00, 0x04, 0x0D,                         /* flags, as on a real card */
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, /* sessions */
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10, /* longest PIN
                                                                                 */
        0x00, 0x00, 0x00, 0x06, /* shortest PIN */
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xFF, 0xFF, 0xFF,      /* memory: not told */
        '0',  '3',  '0',  '1', /* versions */
    };
    guint8 info[MADO_TOKEN_INFO_LEN];

    memset(info, ' ', sizeof(info));
    memcpy(info, "JPKIAPICCTOKEN2", 15);
    memcpy(info + 32, "Madoguchi training card", 23);
    memcpy(info + 64, "training", 8);
    memcpy(info + 96, tail, sizeof(tail));
    return put(maker, MADO_CARD_ITEM_FILE, MADO_AP_JPKI, MADO_EF_JPKI_TOKEN_INFO, info,
               sizeof(info));
}

static gboolean
make_jpki(Maker *maker)
{
    static const guint8 nothing[3] = {0x00, 0x00, 0x00};

    return put_filler(maker, MADO_AP_JPKI, MADO_EF_JPKI_SIGN_CERT) &&
           put_filler(maker, MADO_AP_JPKI, MADO_EF_JPKI_AUTH_CERT) &&
           put_filler(maker, MADO_AP_JPKI, 0x0009) && make_token_info(maker) &&
           put(maker, MADO_CARD_ITEM_FILE, MADO_AP_JPKI, MADO_EF_JPKI_PRESENCE, nothing,
               sizeof(nothing)) &&
           put_bytes(maker, MADO_AP_JPKI, MADO_EF_JPKI_SIGN_CA, maker->order->sign_ca) &&
           put_bytes(maker, MADO_AP_JPKI, MADO_EF_JPKI_AUTH_CA, maker->order->auth_ca);
}

static gboolean
make_records(Maker *maker)
{
    const MadoMakerOrder *order = maker->order;
    g_autofree char *digits =
        g_strconcat(order->serial, order->municipality, order->expiry, NULL);
    guint8 key_id[MADO_MAKER_FILE_KEY_ID_LEN];
    g_autoptr(GByteArray) identity = g_byte_array_new();
    g_autoptr(GByteArray) reference = g_byte_array_new();

    /* Simple-TLV, not BER; for these lengths the bytes are the same. */
    format_key_id("6000013", key_id);
    append_text(identity, 0x01, digits);
    mado_maker_file_object(reference, 0x02, key_id, sizeof(key_id));
    return put_file(maker, MADO_AP_COMMON, MADO_EF_COMMON_RECORD, identity) &&
           put_file(maker, MADO_AP_COMMON, MADO_EF_COMMON_KEY_REFERENCE, reference) &&
           put_file(maker, MADO_AP_JUKI, MADO_EF_COMMON_KEY_REFERENCE, reference);
}

/* A CVC as GET DATA gives it: the content without the 7F21 header. */
static gboolean
put_chain(Maker *maker, guint16 tag, GBytes *cvc)
{
    MadoTlv outer;
    gsize len = 0;
    const guint8 *data;

    if (cvc == NULL) {
        return TRUE;
    }
    data = g_bytes_get_data(cvc, &len);
    return mado_tlv_only(data, len, 0x7F21, &outer) == MADO_BYTES_OK &&
           put(maker, MADO_CARD_ITEM_OBJECT, MADO_AP_ISD, tag, outer.value, outer.len);
}

static gboolean
make_objects(Maker *maker)
{
    /* GlobalPlatform card recognition data: GP 2.2 card, SCP03 with i = 60. */
    static const guint8 recognition[] = {
        0x73, 0x26, 0x06, 0x07, 0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B, 0x01, 0x60, 0x0C, 0x06,
        0x0A, 0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B, 0x02, 0x02, 0x02, 0x00, 0x64, 0x0D, 0x06,
        0x0B, 0x2A, 0x86, 0x48, 0x86, 0xFC, 0x6B, 0x04, 0x03, 0x60, 0x00, 0x00,
    };
    const MadoMakerOrder *order = maker->order;
    guint8 key_id[MADO_MAKER_FILE_KEY_ID_LEN];
    const uint8_t *atr;
    size_t atr_len;

    format_key_id("6000003", key_id);
    mado_card_atr(MADO_CARD_CONTACT, &atr, &atr_len);
    return put(maker, MADO_CARD_ITEM_OBJECT, MADO_AP_ISD, 0x0042, key_id, sizeof(key_id)) &&
           put(maker, MADO_CARD_ITEM_OBJECT, MADO_AP_ISD, 0x0066, recognition,
               sizeof(recognition)) &&
           put(maker, MADO_CARD_ITEM_OBJECT, MADO_AP_ISD, 0x00F0, order->municipality,
               MADO_MUNICIPALITY_LEN) &&
           put(maker, MADO_CARD_ITEM_OBJECT, MADO_AP_ISD, 0x00F2, order->expiry,
               MADO_DATE_LEN) &&
           put(maker, MADO_CARD_ITEM_OBJECT, MADO_AP_ISD, 0x00F7, key_id, sizeof(key_id)) &&
           put(maker, MADO_CARD_ITEM_OBJECT, MADO_AP_ISD, 0x5F51, atr + 1, atr_len - 1) &&
           put_chain(maker, 0x00F8, order->chain_upper) &&
           put_chain(maker, 0x7F21, order->chain_lower);
}

/* ---- the whole
 * ---------------------------------------------------------------------------------------- */

static gboolean
make_pins(Maker *maker, GError **error)
{
    const MadoMakerOrder *order = maker->order;
    unsigned tries = order->number_tries;
    char number_b[MADO_DIGITS_NUMBER_B_SIZE];
    char birth[MADO_DATE_ERA_SIZE];
    MadoDate born;
    MadoDate expiry;

    if (!mado_date_parse(order->birth, strlen(order->birth), &born) ||
        !mado_date_parse(order->expiry, strlen(order->expiry), &expiry) ||
        !mado_date_format_era(&born, birth) ||
        !mado_digits_number_b(&born, expiry.year, order->security_code, 4, number_b)) {
        return fail(error, "dates");
    }
    put_pin(maker, MADO_AP_JPKI, MADO_EF_JPKI_AUTH_PIN, NULL, 3);
    put_pin(maker, MADO_AP_JPKI, MADO_EF_JPKI_SIGN_PIN, NULL, 5);
    put_pin(maker, MADO_AP_TEXT, MADO_EF_TEXT_PIN, NULL, 3);
    put_pin(maker, MADO_AP_JUKI, MADO_EF_JUKI_PIN, NULL, 3);
    put_pin(maker, MADO_AP_COMMON, MADO_EF_JUKI_PIN, NULL, 3);
    put_pin(maker, MADO_AP_TEXT, MADO_EF_TEXT_BLOCKED, "", 3);
    put_pin(maker, MADO_AP_TEXT, MADO_EF_TEXT_NUMBER_A, order->number, tries);
    put_pin(maker, MADO_AP_TEXT, MADO_EF_TEXT_NUMBER_B, number_b, tries);
    put_pin(maker, MADO_AP_VISUAL, MADO_EF_VISUAL_BIRTH_KEY, birth, tries);
    put_pin(maker, MADO_AP_VISUAL, MADO_EF_VISUAL_NUMBER_B, number_b, tries);
    put_pin(maker, MADO_AP_VISUAL, MADO_EF_VISUAL_NUMBER_A, order->number, tries);
    mado_wipe(number_b, sizeof(number_b));
    mado_wipe(birth, sizeof(birth));
    return TRUE;
}

static gboolean
make_keys(Maker *maker)
{
    gboolean clone = maker->defect == MADO_MAKER_DEFECT_CLONE;
    guint16 visual_ef = 0;
    g_autoptr(GBytes) other = clone ? make_key() : NULL;

    if (clone && other == NULL) {
        return FALSE;
    }
    return mado_card_layout_default_key(MADO_AP_VISUAL, &visual_ef) &&
           put_key(maker, MADO_AP_VISUAL, visual_ef, clone ? other : maker->visual_key) &&
           put_key(maker, MADO_AP_TEXT, EF_TEXT_KEY, clone ? other : maker->text_key) &&
           put_new_key(maker, MADO_AP_COMMON, EF_COMMON_KEY);
}

static gboolean
make_applications(Maker *maker, GError **error)
{
    const MadoMakerOrder *order = maker->order;

    if (!make_pins(maker, error) ||
        !put_cvc(maker, MADO_AP_VISUAL, MADO_EF_VISUAL_CVC, order->visual_cvc,
                 order->visual_key, error) ||
        !put_cvc(maker, MADO_AP_TEXT, MADO_EF_TEXT_CVC, order->text_cvc, order->text_key,
                 error) ||
        !make_face(maker, error) || !make_number_picture(maker, error)) {
        return FALSE;
    }
    if (!make_keys(maker) || !make_text_data(maker) || !make_text_keys(maker) ||
        !make_birth_record(maker) || !make_visual_info(maker) || !make_jpki(maker) ||
        !make_records(maker)) {
        return fail(error, "libcrypto refused, or no room");
    }
    return TRUE;
}

gboolean
mado_maker_card_fill(const MadoMakerOrder *order,
                     MadoMakerDefect defect,
                     MadoCardState *state,
                     GError **error)
{
    g_autoptr(GBytes) visual_key = make_key();
    g_autoptr(GBytes) text_key = make_key();
    Maker maker = {order, defect, state, visual_key, text_key};

    memcpy(state->card_id, order->card_id, sizeof(state->card_id));
    state->key_version = order->key_version;
    state->issuer_keys = order->issuer_keys;
    if (visual_key == NULL || text_key == NULL || !make_objects(&maker)) {
        return fail(error, "libcrypto refused, or a chain CVC is malformed");
    }
    return defect == MADO_MAKER_DEFECT_FOREIGN || make_applications(&maker, error);
}
