/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An operator's signed decision (protocol.md: operator; doc/messages.md). The client formats
 * and signs, the daemon checks that it belongs to its visit, the centre checks signature and
 * role.
 */
#pragma once

#include "madoguchi/message.h"

#include <gio/gio.h>

typedef struct {
    MadoRealmCode realm;
    char terminal[33];
    guint8 transaction[16];
    MadoDecisionKind kind;
    char operator_id[33];
    guint8 nonce[16]; /* the centre's; zeros for OPEN and RESUME */
    gint64 time_ms;
    char request_id[33];
    char detail[201]; /* UTF-8, NUL-terminated */
} MadoDecision;

/* (transfer full): the bytes to sign. */
GBytes *
mado_decision_format(const MadoDecision *self, GError **error);
gboolean
mado_decision_parse(const guint8 *data, gsize len, MadoDecision *ret_decision, GError **error);

/* An operator's key: EC P-256, PKCS#8 PEM encrypted with a passphrase (training; PKCS#11 and
 * FIDO2 come later behind these calls). */
typedef struct _MadoOperatorKey MadoOperatorKey;
/* @passphrase: read through @ask so that it never is an argument; ask may be NULL for an
 * unencrypted file (refused in production). */
typedef gboolean (*MadoAskPassphrase)(guint8 *buffer,
                                      gsize capacity,
                                      gsize *ret_len,
                                      gpointer user_data);
MadoOperatorKey *
mado_operator_key_load(const char *path,
                       MadoAskPassphrase ask,
                       gpointer user_data,
                       GError **error);
void
mado_operator_key_free(MadoOperatorKey *self);
GBytes *
mado_decision_sign(const MadoOperatorKey *key,
                   GBytes *decision,
                   GError **error); /* DER ECDSA-Sig-Value */
/* @public_key_der: SubjectPublicKeyInfo from the centre's register. */
gboolean
mado_decision_verify(const guint8 *public_key_der,
                     gsize key_len,
                     GBytes *decision,
                     GBytes *signature,
                     GError **error);

const char *
mado_decision_kind_name(
    MadoDecisionKind kind); /* "open", "documents", "face", "resume", "inspected" */
gboolean
mado_decision_kind_from_name(const char *name, MadoDecisionKind *ret_kind);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoOperatorKey, mado_operator_key_free)
