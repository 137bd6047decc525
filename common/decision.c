/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/decision.h"

#include "common/error.h"
#include "common/fields.h"
#include "common/key-file.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#define DECISION_LEN 1024 /* longest form, and room to spare */

#define ROW_NUMBER(tag, name, member, len, max)                                                \
    MADO_FIELD_ROW_NUMBER(tag, name, MadoDecision, member, len, max, TRUE)
#define ROW_TEXT(tag, name, kind, member, required)                                            \
    MADO_FIELD_ROW_TEXT(tag, name, kind, MadoDecision, member, required)

static const MadoField rows[] = {
    ROW_NUMBER(MADO_DEC_REALM, "REALM", realm, 1, MADO_REALM_CODE_PRODUCTION),
    ROW_TEXT(MADO_DEC_TERMINAL, "TERMINAL", MADO_FIELD_TERMINAL, terminal, TRUE),
    MADO_FIELD_ROW_FIXED(MADO_DEC_TRANSACTION, "TRANSACTION", MadoDecision, transaction),
    ROW_NUMBER(MADO_DEC_KIND, "KIND", kind, 1, MADO_DECISION_LOOK),
    ROW_TEXT(MADO_DEC_OPERATOR, "OPERATOR", MADO_FIELD_ID, operator_id, TRUE),
    MADO_FIELD_ROW_FIXED(MADO_DEC_NONCE, "NONCE", MadoDecision, nonce),
    ROW_NUMBER(MADO_DEC_TIME, "TIME", time_ms, 8, G_MAXINT64),
    ROW_TEXT(MADO_DEC_REQUEST_ID, "REQUEST_ID", MADO_FIELD_ID, request_id, TRUE),
    ROW_TEXT(MADO_DEC_DETAIL, "DETAIL", MADO_FIELD_TEXT, detail, FALSE),
};

static const MadoFields fields = {"decision", MADO_ERROR_BAD_ARGUMENT, rows,
                                  G_N_ELEMENTS(rows)};

static gboolean
check_numbers(const MadoDecision *self, GError **error)
{
    if (self->realm != 0 && self->kind != 0)
        return TRUE;
    g_set_error_literal(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT,
                        "decision: REALM or KIND is unknown");
    return FALSE;
}

GBytes *
mado_decision_format(const MadoDecision *self, GError **error)
{
    guint8 data[DECISION_LEN];
    MadoWriter writer;

    mado_writer_init(&writer, data, sizeof data);
    if (!check_numbers(self, error) || !mado_fields_format(&fields, self, &writer, error))
        return NULL;
    g_return_val_if_fail(mado_writer_ok(&writer), NULL); /* the rows' lengths fit by far */
    return g_bytes_new(data, mado_writer_len(&writer));
}

gboolean
mado_decision_parse(const guint8 *data, gsize len, MadoDecision *ret_decision, GError **error)
{
    MadoDecision parsed = {0};

    if (!mado_fields_parse(&fields, data, len, &parsed, error) ||
        !check_numbers(&parsed, error))
        return FALSE;
    *ret_decision = parsed;
    return TRUE;
}

/* ---- kinds ---- */

static const char *const kind_names[] = {
    [MADO_DECISION_OPEN] = "open",           [MADO_DECISION_DOCUMENTS] = "documents",
    [MADO_DECISION_FACE] = "face",           [MADO_DECISION_RESUME] = "resume",
    [MADO_DECISION_INSPECTED] = "inspected", [MADO_DECISION_LOOK] = "look",
};

const char *
mado_decision_kind_name(MadoDecisionKind kind)
{
    if (kind < MADO_DECISION_OPEN || kind > MADO_DECISION_LOOK)
        return "unknown";
    return kind_names[kind];
}

gboolean
mado_decision_kind_from_name(const char *name, MadoDecisionKind *ret_kind)
{
    for (MadoDecisionKind kind = MADO_DECISION_OPEN; kind <= MADO_DECISION_LOOK; kind++) {
        if (g_strcmp0(kind_names[kind], name) == 0) {
            *ret_kind = kind;
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- signatures ---- */

GBytes *
mado_decision_sign(const MadoOperatorKey *key, GBytes *decision, GError **error)
{
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    guint8 signature[MADO_DECISION_SIGNATURE_MAX];
    size_t len = sizeof signature;
    gsize data_len;
    const guint8 *data = g_bytes_get_data(decision, &data_len);
    gboolean done;

    done = digest != NULL &&
           EVP_DigestSignInit(digest, NULL, EVP_sha256(), NULL, mado_operator_key_peek(key)) ==
               1 &&
           EVP_DigestSign(digest, signature, &len, data, data_len) == 1;
    EVP_MD_CTX_free(digest);
    if (!done) {
        (void)mado_error_set_openssl(error, MADO_ERROR_OPERATOR, "signing a decision");
        return NULL;
    }
    return g_bytes_new(signature, len);
}

static gboolean
verify(EVP_PKEY *pkey, GBytes *decision, GBytes *signature)
{
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    gsize data_len;
    gsize signature_len;
    const guint8 *data = g_bytes_get_data(decision, &data_len);
    const guint8 *value = g_bytes_get_data(signature, &signature_len);
    gboolean done;

    done = digest != NULL &&
           EVP_DigestVerifyInit(digest, NULL, EVP_sha256(), NULL, pkey) == 1 &&
           EVP_DigestVerify(digest, value, signature_len, data, data_len) == 1;
    EVP_MD_CTX_free(digest);
    return done;
}

gboolean
mado_decision_verify(const guint8 *public_key_der,
                     gsize key_len,
                     GBytes *decision,
                     GBytes *signature,
                     GError **error)
{
    const guint8 *at = public_key_der;
    EVP_PKEY *pkey =
        key_len > 0 && key_len <= G_MAXINT16 ? d2i_PUBKEY(NULL, &at, (long)key_len) : NULL;
    gboolean done = pkey != NULL && at == public_key_der + key_len &&
                    mado_key_file_is_p256(pkey) && verify(pkey, decision, signature);

    EVP_PKEY_free(pkey);
    if (!done)
        return mado_error_set_openssl(error, MADO_ERROR_OPERATOR,
                                      "the signature on a decision does not verify");
    return TRUE;
}
