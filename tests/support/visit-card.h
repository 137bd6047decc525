/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A card for tests of visits, at the border of transport.h: application selection, admin
 * record, PIN references and keys as doc/card-profile.md has them, the secure channel without
 * its cryptography (a command of the centre's script is understood by its header and the bytes
 * behind it). Knobs say what goes wrong and when.
 */
#pragma once

#include "common/record.h"
#include "daemon/transport.h"

#include <openssl/evp.h>

/* Where the card is torn out, in exchanges that would change it, from 1. */
typedef enum {
    VISIT_CARD_STAYS,
    VISIT_CARD_GONE_BEFORE, /* the command does not reach it */
    VISIT_CARD_GONE_AFTER,  /* it acts, the answer is lost */
} VisitCardFault;

typedef struct {
    /* what it remembers */
    guint8 card_id[MADO_CARD_ID_LEN];
    MadoRecord record;
    EVP_PKEY *staged[2];                        /* borrowed from the test */
    char pin_values[5][MADO_LIMIT_PIN_LEN + 1]; /* by place in record.pins */
    /* of one power-up */
    gboolean is_powered;
    gboolean has_channel; /* INITIALIZE UPDATE and EXTERNAL AUTHENTICATE were sent */
    gboolean is_initialized;
    MadoAp ap;
    guint16 ef;
    guint verified; /* set of 1 << place in record.pins */
    /* knobs */
    gboolean is_absent;
    VisitCardFault fault;
    guint fault_at;     /* among n_changes */
    guint16 change_sw;  /* answered to a CHANGE that took effect; 0: 9000 */
    guint16 refuse_ins; /* a scripted command with this INS answers 6985; 0: none */
    /* counts */
    guint n_changes;
    guint n_verifies;
    guint n_signatures;
} VisitCard;

/* PREPARED, idle, all PINs unset, with this first byte of its id. */
void
visit_card_init(VisitCard *self, guint8 id, EVP_PKEY *auth_key, EVP_PKEY *sign_key);
/* (transfer full): a connection to it; many may follow one another. */
MadoTransport *
visit_card_connect(VisitCard *self);
/* (transfer full): the 7F49 template of a key. */
GBytes *
visit_card_template(EVP_PKEY *key);
/* Bytes of the script command that sets a transport PIN: place in record.pins, then the PIN. */
#define VISIT_CARD_TRANSPORT_PIN "12345678"
