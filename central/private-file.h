/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing key files, and reading those that common/key-file.h does not: RSA keys and symmetric
 * ones. Blocking; errors are CONFIG and name the file. */
#pragma once

#include "common/secret.h"

#include <gio/gio.h>
#include <openssl/types.h>

/* Writes and syncs a new file of mode 0600; an existing one is never touched. */
gboolean
mado_private_file_write(const char *path, const guint8 *data, gsize len, GError **error);
/* The same for what anyone may read (0644): certificates. */
gboolean
mado_private_file_write_public(const char *path, const guint8 *data, gsize len, GError **error);

/* (transfer full), EVP_PKEY_free: a PEM private key of any kind, without passphrase. */
EVP_PKEY *
mado_private_file_read_key(const char *path, GError **error);
gboolean
mado_private_file_write_key(const char *path, EVP_PKEY *key, GError **error);
gboolean
mado_private_file_write_certificate(const char *path, X509 *certificate, GError **error);

/* @n_bytes random bytes as hexadecimal text, and back. */
gboolean
mado_private_file_write_random(const char *path, gsize n_bytes, GError **error);
/* (transfer full): exactly @n_bytes bytes. */
MadoSecret *
mado_private_file_read_hex(const char *path, gsize n_bytes, GError **error);
