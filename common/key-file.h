/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * PEM files with keys and certificates. A private key's file must be a regular file (no
 * symbolic link), of mode 0600 or stricter, and belong to us or to root; what was read of it is
 * wiped. Every fault is CONFIG and names the file. Blocking; any thread.
 */
#pragma once

#include "common/secret.h"

#include <gio/gio.h>
#include <openssl/types.h>

/* Fills @buffer with a passphrase and returns TRUE; FALSE: given up. It runs in the caller's
 * thread; the buffer is wiped after use. */
typedef gboolean (*MadoAskPassphrase)(guint8 *buffer,
                                      gsize capacity,
                                      gsize *ret_len,
                                      gpointer user_data);

/* (transfer full): the bytes of a file that only its owner can read, at most 64 KiB. */
MadoSecret *
mado_key_file_read(const char *path, GError **error);

/* (transfer full), free with EVP_PKEY_free: an EC P-256 private key. @ask: for an encrypted
 * file; NULL refuses those. Errors: CONFIG; BAD_ARGUMENT when a passphrase was asked for and is
 * wrong or absent. */
EVP_PKEY *
mado_key_file_load_private(const char *path,
                           MadoAskPassphrase ask,
                           gpointer user_data,
                           GError **error);
/* (transfer full), free with X509_free: the one certificate of a PEM file. */
X509 *
mado_key_file_load_certificate(const char *path, GError **error);

gboolean
mado_key_file_is_p256(const EVP_PKEY *pkey);
