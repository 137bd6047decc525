/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What more than one message body holds (include/madoguchi/message.h). */
#pragma once

#include "common/secret.h"
#include "madoguchi/card.h"
#include "madoguchi/limits.h"
#include "madoguchi/message.h"

#define MADO_BODY_ID_MAX        32  /* characters of [A-Za-z0-9._-]: request and operator ids */
#define MADO_BODY_DETAIL_MAX    200 /* bytes of UTF-8 without control characters */
#define MADO_BODY_DECISIONS_MAX 8

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
