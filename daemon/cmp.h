/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One certificate by CMP p10cr (RFC 4210, 9483) without a network: OpenSSL's client runs on a
 * thread of its own, and its messages come out of and go into these calls, which ride in the
 * visit's own messages.
 *
 *     request ──p10cr──►  (STEP)  ──cp──► take ──► [staged on the card] ──► confirm
 * ──certConf──► (STEP) ──pkiConf──► finish
 *
 * Calls come in this order, from one thread at a time, and wait for CPU work alone. A failure
 * or a free in between ends the exchange; the centre answers a new one for the same slot of the
 * same transaction with the same certificate. implicitConfirm is refused.
 */
#pragma once

#include <gio/gio.h>
#include <openssl/types.h>

#include <madoguchi/card.h>

typedef struct _MadoCmp MadoCmp;

/* What a certificate must be, beside holding the key of the request. Returns TRUE or
 * CERTIFICATE. Runs on the thread that calls take. */
typedef gboolean (*MadoCmpCheck)(X509 *certificate,
                                 MadoSlot slot,
                                 gconstpointer user_data,
                                 GError **error);

typedef struct {
    EVP_PKEY *key;       /* borrowed: the desk's signing key, which protects our messages */
    X509 *certificate;   /* borrowed: the desk's signing certificate */
    X509 *centre_anchor; /* borrowed: what the centre's protection must chain to */
    MadoCmpCheck check;  /* nullable */
    gconstpointer user_data;
} MadoCmpSettings;

/* (transfer full): starts the thread. @csr: DER of the PKCS#10. CENTRE_ANSWER when it is none.
 * @settings is copied, what it points to outlives the object. */
MadoCmp *
mado_cmp_new(const MadoCmpSettings *settings,
             const guint8 transaction[MADO_TRANSACTION_LEN],
             MadoSlot slot,
             GBytes *csr,
             GError **error);
void
mado_cmp_free(MadoCmp *self); /* ends and joins the thread; NULL is allowed */

MadoSlot
mado_cmp_slot(const MadoCmp *self);
/* (transfer full): DER of the p10cr. */
GBytes *
mado_cmp_request(MadoCmp *self, GError **error);
/* (transfer full): DER of the certificate in the cp, which is protected, answers our request,
 * holds its key and passed the check. CERTIFICATE, or CENTRE_ANSWER for the message itself. */
GBytes *
mado_cmp_take(MadoCmp *self, GBytes *cp, GError **error);
/* (transfer full): DER of the certConf that accepts; only when the whole set is staged. */
GBytes *
mado_cmp_confirm(MadoCmp *self, GError **error);
/* (transfer full): DER of the certConf that rejects what take was given, whether it was good or
 * not: the set is all or nothing. The exchange ends with it. */
GBytes *
mado_cmp_reject(MadoCmp *self, GError **error);
/* The centre's pkiConf: the exchange is over. */
gboolean
mado_cmp_finish(MadoCmp *self, GBytes *pkiconf, GError **error);

/* transactionID of a slot: the first 16 bytes of SHA-256(@transaction ‖ @slot). */
void
mado_cmp_transaction_id(const guint8 transaction[MADO_TRANSACTION_LEN],
                        MadoSlot slot,
                        guint8 ret_id[16]);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoCmp, mado_cmp_free)
