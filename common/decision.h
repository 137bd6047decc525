/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An operator's signed decision (protocol.md: operator; doc/messages.md). The client formats
 * and signs, the daemon checks that it belongs to its visit, the centre checks signature and
 * role.
 */
#pragma once

#include "common/operator-key.h"
#include "madoguchi/message.h"

#include <gio/gio.h>

typedef struct {
    MadoRealmCode realm;
    char terminal[33];
    guint8 transaction[16];
    MadoDecisionKind kind;
    char operator_id[33];
    guint8 nonce[16]; /* the centre's; zeros for OPEN, RESUME and LOOK */
    gint64 time_ms;
    char request_id[33];
    char detail[201]; /* UTF-8, NUL-terminated */
} MadoDecision;

/* (transfer full): the bytes to sign. BAD_ARGUMENT when a member does not fit its object. */
GBytes *
mado_decision_format(const MadoDecision *self, GError **error);
/* BAD_ARGUMENT, naming the object, for anything unknown, repeated, missing or badly sized. */
gboolean
mado_decision_parse(const guint8 *data, gsize len, MadoDecision *ret_decision, GError **error);

#define MADO_DECISION_SIGNATURE_MAX 80 /* bytes; P-256 needs 72 at most */
/* (transfer full): DER ECDSA-Sig-Value over SHA-256 of @decision. OPERATOR. */
GBytes *
mado_decision_sign(const MadoOperatorKey *key, GBytes *decision, GError **error);
/* @public_key_der: SubjectPublicKeyInfo (EC P-256) from the centre's register. OPERATOR. */
gboolean
mado_decision_verify(const guint8 *public_key_der,
                     gsize key_len,
                     GBytes *decision,
                     GBytes *signature,
                     GError **error);

/* (transfer none): "open", "documents", "face", "resume", "inspected", "look", or
 * "unknown". */
const char *
mado_decision_kind_name(MadoDecisionKind kind);
gboolean
mado_decision_kind_from_name(const char *name, MadoDecisionKind *ret_kind);
