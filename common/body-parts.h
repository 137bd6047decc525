/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What more than one message body holds (include/madoguchi/message.h). */
#pragma once

#include "common/secret.h"
#include "common/tlv.h"
#include "common/writer.h"
#include "madoguchi/card.h"
#include "madoguchi/limits.h"
#include "madoguchi/message.h"

#define MADO_BODY_ID_MAX        32  /* characters of [A-Za-z0-9._-]: request and operator ids */
#define MADO_BODY_DETAIL_MAX    200 /* bytes of UTF-8 without control characters */
#define MADO_BODY_DECISIONS_MAX 8
#define MADO_BODY_DECISION_LEN  1024 /* bytes of one decision */
#define MADO_BODY_SIGNATURE_LEN 128  /* bytes of its signature */

/* CMP and CSR objects: one DER structure for one slot. */
typedef struct {
    MadoSlot slot;
    GBytes *der; /* owned */
} MadoBodySlotDer;

/* A decision as signed by an operator; common/decision.h reads and checks both parts. */
typedef struct {
    GBytes *bytes;     /* owned */
    GBytes *signature; /* owned; DER ECDSA-Sig-Value */
} MadoBodyDecision;

/* For the body-*.c files. A list is an array of `max` and its count. Adding refuses (FALSE, no
 * error) a full list and a slot that is there already; parsing an object into a list and
 * writing a list set an error. */
typedef struct {
    MadoBodySlotDer *items; /* (borrowed) */
    guint *n_items;         /* (borrowed) */
} MadoBodySlotDers;

typedef struct {
    MadoBodyDecision *items; /* (borrowed) */
    guint *n_items;          /* (borrowed) */
    guint max;
} MadoBodyDecisions;

gboolean
mado_body_parts_add_slot_der(MadoBodySlotDers list, MadoSlot slot, GBytes *der);
gboolean
mado_body_parts_parse_slot_der(MadoBodySlotDers list, const MadoTlv *tlv, GError **error);
gboolean
mado_body_parts_format_slot_ders(const MadoBodySlotDer *items,
                                 guint n_items,
                                 guint32 tag,
                                 MadoWriter *writer,
                                 GError **error);
void
mado_body_parts_clear_slot_ders(MadoBodySlotDer *items, guint n_items);

gboolean
mado_body_parts_add_decision(MadoBodyDecisions list, GBytes *bytes, GBytes *signature);
gboolean
mado_body_parts_parse_decision(MadoBodyDecisions list, const MadoTlv *tlv, GError **error);
gboolean
mado_body_parts_format_decisions(const MadoBodyDecision *items,
                                 guint n_items,
                                 MadoWriter *writer,
                                 GError **error);
void
mado_body_parts_clear_decisions(MadoBodyDecision *items, guint n_items);
