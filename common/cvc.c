/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/cvc.h"

#include "common/digits.h"
#include "common/error.h"
#include "common/hex.h"
#include "common/rsa.h"
#include "common/tlv.h"
#include "common/writer.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <string.h>

#define TAG_CVC       0x7F21
#define TAG_BODY      0x5F4E
#define TAG_SIGNATURE 0x5F37
#define MAX_ANCHORS   256
#define ANCHOR_SUFFIX ".pem"

static gboolean
refuse(GError **error, MadoErrorCode code, const char *why)
{
    g_set_error(error, MADO_ERROR, (int)code, "card-verifiable certificate: %s", why);
    return FALSE;
}

/* ---- key ids ---- */

/* 7 digits, 08 05, 3 digits, 4 bytes of any value. */
static gboolean
is_key_id(const guint8 id[MADO_CVC_KEY_ID_LEN])
{
    return mado_digits_are_digits((const char *)id, 7) && id[7] == 0x08 && id[8] == 0x05 &&
           mado_digits_are_digits((const char *)id + 9, 3);
}

gboolean
mado_cvc_is_issuer_of(const guint8 issuer_id[MADO_CVC_KEY_ID_LEN], MadoRealmCode realm)
{
    switch (realm) {
    case MADO_REALM_CODE_PRODUCTION:
        return issuer_id[0] == '5';
    case MADO_REALM_CODE_TRAINING:
        return issuer_id[0] == '9' || issuer_id[0] == '6';
    default:
        return FALSE;
    }
}

/* ---- the certificate ---- */

/* Borrowed from the file. */
typedef struct {
    const guint8 *body; /* MADO_CVC_BODY_LEN: what is signed */
    const guint8 *signature;
} Parts;

static gboolean
split(const guint8 *data, gsize len, Parts *ret_parts)
{
    MadoCursor cursor;
    MadoTlv outer;
    MadoTlv body;
    MadoTlv signature;
    MadoTlv none;

    mado_cursor_init(&cursor, data, len);
    if (mado_tlv_next_filled(&cursor, &outer) != MADO_BYTES_OK || outer.tag != TAG_CVC)
        return FALSE;
    mado_cursor_init(&cursor, outer.value, outer.len);
    if (mado_tlv_next(&cursor, &body) != MADO_BYTES_OK || body.tag != TAG_BODY ||
        body.len != MADO_CVC_BODY_LEN)
        return FALSE;
    if (mado_tlv_next(&cursor, &signature) != MADO_BYTES_OK || signature.tag != TAG_SIGNATURE ||
        signature.len != MADO_CVC_SIGNATURE_LEN)
        return FALSE;
    if (mado_tlv_next(&cursor, &none) != MADO_BYTES_MISSING)
        return FALSE;
    ret_parts->body = body.value;
    ret_parts->signature = signature.value;
    return TRUE;
}

static gboolean
parse_body(const guint8 *data, MadoCvc *ret_cvc)
{
    MadoCvc cvc;

    memcpy(cvc.issuer_id, data, sizeof cvc.issuer_id);
    memcpy(cvc.subject_id, data + sizeof cvc.issuer_id, sizeof cvc.subject_id);
    memcpy(cvc.key, data + 2 * MADO_CVC_KEY_ID_LEN, sizeof cvc.key);
    if (!is_key_id(cvc.issuer_id) || !is_key_id(cvc.subject_id) ||
        !mado_rsa_is_card_key(cvc.key, sizeof cvc.key))
        return FALSE;
    *ret_cvc = cvc;
    return TRUE;
}

gboolean
mado_cvc_parse(const guint8 *data, gsize len, MadoCvc *ret_cvc, GError **error)
{
    Parts parts;

    if (!split(data, len, &parts))
        return refuse(error, MADO_ERROR_CARD_DATA, "not 7F21 {5F4E, 5F37} of RSA-2048");
    if (!parse_body(parts.body, ret_cvc))
        return refuse(error, MADO_ERROR_CARD_DATA, "a key id or the key has not the form");
    return TRUE;
}

GBytes *
mado_cvc_sign(const MadoCvc *self, EVP_PKEY *issuer_key, GError **error)
{
    guint8 body[MADO_CVC_BODY_LEN];
    guint8 data[MADO_CVC_LEN];
    MadoCvc checked;
    MadoWriter writer;
    gsize mark;
    g_autoptr(GBytes) signature = NULL;

    memcpy(body, self->issuer_id, sizeof self->issuer_id);
    memcpy(body + sizeof self->issuer_id, self->subject_id, sizeof self->subject_id);
    memcpy(body + 2 * MADO_CVC_KEY_ID_LEN, self->key, sizeof self->key);
    if (!parse_body(body, &checked)) {
        (void)refuse(error, MADO_ERROR_BAD_ARGUMENT, "a key id or the key has not the form");
        return NULL;
    }
    signature = mado_rsa_sign(issuer_key, body, sizeof body, error);
    if (signature == NULL)
        return NULL;
    mado_writer_init(&writer, data, sizeof data);
    mark = mado_writer_begin(&writer, TAG_CVC);
    mado_writer_tlv(&writer, TAG_BODY, body, sizeof body);
    mado_writer_tlv(&writer, TAG_SIGNATURE, g_bytes_get_data(signature, NULL),
                    g_bytes_get_size(signature));
    mado_writer_end(&writer, mark);
    g_return_val_if_fail(mado_writer_len(&writer) == MADO_CVC_LEN, NULL);
    return g_bytes_new(data, sizeof data);
}

/* ---- anchors ---- */

typedef struct {
    guint8 id[MADO_CVC_KEY_ID_LEN];
    guint8 key[MADO_CVC_KEY_LEN];
} Anchor;

struct _MadoCvcAnchors {
    MadoRealmCode realm;
    GArray *anchors; /* owned; of Anchor */
};

static gboolean
refuse_anchor(GError **error, MadoErrorCode code, const char *path, const char *why)
{
    g_set_error(error, MADO_ERROR, (int)code, "%s: %s", path, why);
    return FALSE;
}

/* The 32 hex digits of the file's name. */
static gboolean
parse_anchor_name(const char *name, guint8 ret_id[MADO_CVC_KEY_ID_LEN])
{
    const gsize len = strlen(name) - strlen(ANCHOR_SUFFIX);
    size_t n_bytes;

    return mado_hex_parse(name, len, ret_id, MADO_CVC_KEY_ID_LEN, &n_bytes) == MADO_BYTES_OK &&
           n_bytes == MADO_CVC_KEY_ID_LEN && is_key_id(ret_id);
}

static gboolean
load_key(const char *path, guint8 ret_key[MADO_CVC_KEY_LEN], GError **error)
{
    BIO *bio = BIO_new_file(path, "r");
    EVP_PKEY *pkey = bio != NULL ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
    gboolean done;

    BIO_free(bio);
    done = pkey != NULL && mado_rsa_key_from_pkey(pkey, ret_key, NULL);
    EVP_PKEY_free(pkey);
    return done || mado_error_set_openssl(error, MADO_ERROR_CONFIG, path);
}

static gboolean
add_anchor(MadoCvcAnchors *self, const char *folder, const char *name, GError **error)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    Anchor anchor;

    if (!parse_anchor_name(name, anchor.id))
        return refuse_anchor(error, MADO_ERROR_CONFIG, path,
                             "not named by an issuer's id, 32 hex digits");
    if (!mado_cvc_is_issuer_of(anchor.id, self->realm))
        return refuse_anchor(error, MADO_ERROR_REALM, path,
                             "an issuer of another realm than this desk's");
    if (self->anchors->len == MAX_ANCHORS)
        return refuse_anchor(error, MADO_ERROR_CONFIG, path, "too many issuers");
    if (!load_key(path, anchor.key, error))
        return FALSE;
    g_array_append_val(self->anchors, anchor);
    return TRUE;
}

static gboolean
add_folder(MadoCvcAnchors *self, GDir *dir, const char *folder, GError **error)
{
    const char *name;

    while ((name = g_dir_read_name(dir)) != NULL)
        if (g_str_has_suffix(name, ANCHOR_SUFFIX) && !add_anchor(self, folder, name, error))
            return FALSE;
    if (self->anchors->len == 0)
        return refuse_anchor(error, MADO_ERROR_CONFIG, folder,
                             "holds no issuer key (<id>" ANCHOR_SUFFIX ")");
    return TRUE;
}

MadoCvcAnchors *
mado_cvc_anchors_load(const char *folder, MadoRealmCode realm, GError **error)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, error);
    g_autoptr(MadoCvcAnchors) self = NULL;

    if (dir == NULL) {
        mado_error_convert(error);
        if (error != NULL && *error != NULL)
            (*error)->code = MADO_ERROR_CONFIG;
        return NULL;
    }
    self = g_new0(MadoCvcAnchors, 1);
    self->realm = realm;
    self->anchors = g_array_new(FALSE, FALSE, sizeof(Anchor));
    return add_folder(self, dir, folder, error) ? g_steal_pointer(&self) : NULL;
}

void
mado_cvc_anchors_free(MadoCvcAnchors *self)
{
    if (self == NULL)
        return;
    g_array_unref(self->anchors);
    g_free(self);
}

static const Anchor *
find_anchor(const MadoCvcAnchors *self, const guint8 *id)
{
    for (guint i = 0; i < self->anchors->len; i++) {
        const Anchor *anchor = &g_array_index(self->anchors, Anchor, i);

        if (memcmp(anchor->id, id, sizeof anchor->id) == 0)
            return anchor;
    }
    return NULL;
}

gboolean
mado_cvc_verify(const MadoCvcAnchors *anchors,
                const guint8 *data,
                gsize len,
                MadoCvc *ret_cvc,
                GError **error)
{
    const Anchor *anchor;
    MadoCvc cvc;
    Parts parts;

    if (!mado_cvc_parse(data, len, &cvc, error))
        return FALSE;
    if (!mado_cvc_is_issuer_of(cvc.issuer_id, anchors->realm))
        return refuse(error, MADO_ERROR_REALM, "its issuer belongs to another realm");
    anchor = find_anchor(anchors, cvc.issuer_id);
    if (anchor == NULL)
        return refuse(error, MADO_ERROR_CARD_FORGED, "its issuer is none that this desk knows");
    if (!split(data, len, &parts) ||
        !mado_rsa_verify(anchor->key, parts.body, MADO_CVC_BODY_LEN, parts.signature, NULL))
        return refuse(error, MADO_ERROR_CARD_FORGED, "its signature does not verify");
    *ret_cvc = cvc;
    return TRUE;
}
