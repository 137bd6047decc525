/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The centre's key folder: names of the files, and the keys a running service holds. Files are
 * made by central/setup.h; private ones have mode 0600. What only enrolment or personalisation
 * needs (CA keys of TLS and messages, CVC keys) is not loaded by "serve".
 */
#pragma once

#include "central/vault.h"
#include "common/envelope.h"
#include "madoguchi/card.h"

#include <openssl/types.h>

#define MADO_KEYS_TLS_CA     "tls-ca"     /* signs TLS certificates of desks and server */
#define MADO_KEYS_TLS        "tls"        /* the server's */
#define MADO_KEYS_MESSAGE_CA "message-ca" /* signs the certificates behind messages */
#define MADO_KEYS_SIGN       "sign"       /* CN=centre: signs messages */
#define MADO_KEYS_DECRYPT    "decrypt"    /* messages to us */
#define MADO_KEYS_CMP        "cmp"        /* CN=centre-cmp: protects CMP */
#define MADO_KEYS_JPKI_AUTH  "jpki-auth-ca"
#define MADO_KEYS_JPKI_SIGN  "jpki-sign-ca"
#define MADO_KEYS_CVC_VISUAL "cvc-visual-issuer" /* training only, as the next three */
#define MADO_KEYS_CVC_TEXT   "cvc-text-issuer"
#define MADO_KEYS_VISUAL     "visual-signer" /* the municipality's: signs card data */
#define MADO_KEYS_TEXT       "text-signer"
#define MADO_KEYS_MASTER     "issuer-master.key" /* 32 bytes, hexadecimal */
#define MADO_KEYS_AT_REST    "at-rest.key"
#define MADO_KEYS_CENTRE_CN  "centre"
#define MADO_KEYS_CMP_CN     "centre-cmp"
#define MADO_KEYS_MASTER_LEN 32

typedef struct {
    EVP_PKEY *key; /* owned */
    X509 *cert;    /* owned */
} MadoKeysPair;

typedef struct {
    MadoIdentity *identity; /* owned, as everything here */
    MadoVault *vault;
    MadoSecret *master; /* issuer master key */
    MadoKeysPair cmp;
    X509 *message_ca;
    MadoKeysPair jpki_auth;
    MadoKeysPair jpki_sign;
} MadoKeys;

/* (transfer full): CONFIG naming the first file that is missing or unsafe. */
MadoKeys *
mado_keys_load(const char *folder, GError **error);
void
mado_keys_free(MadoKeys *self); /* NULL is allowed */

/* (transfer full): FOLDER/NAME.key and FOLDER/NAME.crt. */
gboolean
mado_keys_load_pair(const char *folder,
                    const char *name,
                    MadoKeysPair *ret_pair,
                    GError **error);
gboolean
mado_keys_save_pair(const char *folder,
                    const char *name,
                    const MadoKeysPair *pair,
                    GError **error);
void
mado_keys_clear_pair(MadoKeysPair *pair);
/* (transfer full): FOLDER/NAME + @suffix. */
char *
mado_keys_path(const char *folder, const char *name, const char *suffix);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoKeys, mado_keys_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MadoKeysPair, mado_keys_clear_pair)
