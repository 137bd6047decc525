/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A personalisation order: what a training card is made from, as JSON
 * (drivers/training/README.md). */
#pragma once

#include "common/scp03-key.h"

#include <glib.h>

#include <madoguchi/card.h>

/* Owned; secret in parts: free with mado_maker_order_free(), which wipes. */
typedef struct {
    uint8_t card_id[MADO_CARD_ID_LEN];
    char *serial;
    char *municipality;
    char *expiry;
    char *name;
    char *kana;
    char *birth;
    char *sex;
    char *address;
    char *number;
    char *security_code;
    unsigned number_tries;
    GBytes *photo; /* (nullable) JP2; drawn when absent */
    uint8_t key_version;
    MadoScp03Keys issuer_keys;
    GBytes *visual_key; /* PKCS#1 or PKCS#8 DER of the municipality's signing key */
    GBytes *visual_cvc; /* 7F21 */
    GBytes *text_key;
    GBytes *text_cvc;
    GBytes *sign_ca; /* X.509 DER */
    GBytes *auth_ca;
    GBytes *chain_upper; /* (nullable) 7F21 */
    GBytes *chain_lower; /* (nullable) 7F21 */
} MadoMakerOrder;

#define MADO_MAKER_ORDER_MAX_LEN (512U * 1024U)

/* NULL with an error that names the member at fault, and nothing of what it holds. */
MadoMakerOrder *
mado_maker_order_parse(const char *json, gssize len, GError **error);

void
mado_maker_order_free(MadoMakerOrder *order);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoMakerOrder, mado_maker_order_free)
