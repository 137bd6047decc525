/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Keys and certificates made while a test runs: EC P-256, nothing of them is kept. Any failure
 * ends the test. Not for programs.
 */
#pragma once

#include <glib.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

typedef enum {
    MADO_TEST_KEYS_CA,
    MADO_TEST_KEYS_SIGNER,    /* digitalSignature */
    MADO_TEST_KEYS_RECIPIENT, /* keyAgreement */
    MADO_TEST_KEYS_TLS,       /* digitalSignature, clientAuth: may sign no message */
    MADO_TEST_KEYS_SERVER,    /* digitalSignature, serverAuth; @cn is also its DNS name */
} MadoTestKeysUse;

typedef struct {
    EVP_PKEY *key;
    X509 *certificate;
} MadoTestKeys;

/* (transfer full): @issuer NULL makes a self-signed one. Valid from @from_s to @to_s seconds
 * from now. */
MadoTestKeys *
mado_test_keys_new(
    MadoTestKeysUse use, const char *cn, const MadoTestKeys *issuer, long from_s, long to_s);
void
mado_test_keys_free(MadoTestKeys *self);

/* (transfer full) path: @folder/@name.key (mode 0600, PKCS#8; encrypted when @passphrase is not
 * NULL) and .crt. */
char *
mado_test_keys_write_key(const MadoTestKeys *self,
                         const char *folder,
                         const char *name,
                         const char *passphrase);
char *
mado_test_keys_write_certificate(const MadoTestKeys *self,
                                 const char *folder,
                                 const char *name);

/* (transfer full): a new folder below the build's temporary one; and its end with all in it. */
char *
mado_test_keys_make_folder(void);
void
mado_test_keys_remove_folder(const char *folder);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoTestKeys, mado_test_keys_free)
