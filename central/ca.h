/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Residents' certificates, in the profile of the public ones (reference: JPKI certificate
 * profile): two self-signed roots that issue directly, RSA-2048 and SHA-256. Subject, names,
 * validity and policy come from the register and the slot, never from a request. In the
 * training realm names and policies are our own and say TRAINING. Pure CPU.
 */
#pragma once

#include "central/resident.h"
#include "common/date.h"
#include "madoguchi/card.h"
#include "madoguchi/message.h"

#include <openssl/types.h>

typedef struct {
    MadoRealmCode realm;
    MadoSlot slot;
    X509 *issuer; /* borrowed, as everything here */
    EVP_PKEY *issuer_key;
    EVP_PKEY *key; /* the card's public key */
    const MadoResident *resident;
    const char *prefecture;
    const char *city;
    const char *card_expiry; /* YYYYMMDD */
    gint64 now_ms;
} MadoCaRequest;

/* (transfer full): INTERNAL; CERTIFICATE when the card expires before the certificate begins.
 */
X509 *
mado_ca_issue(const MadoCaRequest *request, GError **error);

/* (transfer full): the self-signed root of a slot. */
X509 *
mado_ca_new_root(EVP_PKEY *key, MadoSlot slot, MadoRealmCode realm, GError **error);

/* The last day: the fifth birthday after @today, or the card's last day if that is earlier. */
gboolean
mado_ca_last_day(const MadoDate *birth,
                 const MadoDate *today,
                 const MadoDate *card_expiry,
                 MadoDate *ret_day);
/* The calendar day in Japan. */
MadoDate
mado_ca_today(gint64 now_ms);
