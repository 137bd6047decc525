/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The card-verifiable certificate of the key that signed a card's data: EF 0004 of both face
 * applications, 7F21 {5F4E, 5F37}. RSA-2048 throughout, PKCS#1 v1.5 over SHA-256. Pure CPU, any
 * thread; an anchor set does not change once loaded.
 *
 * A key id is 7 digits, 08 05, 3 digits and 4 other bytes. Its first digit names the hierarchy
 * of an ISSUER: 5 production, 6 the card system's own test cards, 9 ours for training.
 * Production takes 5 alone, training 9 and 6; a subject's digits are its municipality's and say
 * nothing.
 */
#pragma once

#include "common/rsa.h"
#include "madoguchi/message.h"

#include <gio/gio.h>
#include <openssl/types.h>

#define MADO_CVC_KEY_ID_LEN    16
#define MADO_CVC_SIGNATURE_LEN MADO_RSA_SIGNATURE_LEN
#define MADO_CVC_KEY_LEN       MADO_RSA_CARD_KEY_LEN
#define MADO_CVC_BODY_LEN      297 /* two key ids and a key */
#define MADO_CVC_LEN           568 /* the whole 7F21 object */

typedef struct {
    guint8 issuer_id[MADO_CVC_KEY_ID_LEN];
    guint8 subject_id[MADO_CVC_KEY_ID_LEN];
    guint8 key[MADO_CVC_KEY_LEN]; /* the subject's */
} MadoCvc;

/* Public keys of issuers, by key id. */
typedef struct _MadoCvcAnchors MadoCvcAnchors;

/* (transfer full): every <32 hex digits>.pem (SubjectPublicKeyInfo, RSA-2048) of @folder.
 * CONFIG: unreadable, another name ending in .pem, another kind of key, none at all; REALM: an
 * id whose first digit the realm does not take. */
MadoCvcAnchors *
mado_cvc_anchors_load(const char *folder, MadoRealmCode realm, GError **error);
void
mado_cvc_anchors_free(MadoCvcAnchors *self); /* NULL is allowed */

/* Whether @realm takes an issuer of this id. */
gboolean
mado_cvc_is_issuer_of(const guint8 issuer_id[MADO_CVC_KEY_ID_LEN], MadoRealmCode realm);

/* Shape alone; @data is EF 0004 with any filler behind it. CARD_DATA. */
gboolean
mado_cvc_parse(const guint8 *data, gsize len, MadoCvc *ret_cvc, GError **error);
/* Shape, issuer and signature. CARD_DATA; REALM: an issuer of another realm; CARD_FORGED: an
 * issuer that is no anchor, or a signature that does not verify. */
gboolean
mado_cvc_verify(const MadoCvcAnchors *anchors,
                const guint8 *data,
                gsize len,
                MadoCvc *ret_cvc,
                GError **error);
/* (transfer full): the 7F21 object with the issuer's signature over @self. BAD_ARGUMENT when
 * @issuer_key is not RSA-2048 or an id has not the form. */
GBytes *
mado_cvc_sign(const MadoCvc *self, EVP_PKEY *issuer_key, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoCvcAnchors, mado_cvc_anchors_free)
