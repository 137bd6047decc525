/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An operator's key: EC P-256, PKCS#8 PEM encrypted with a passphrase (training; PKCS#11 and
 * FIDO2 come later behind these calls). The key stays inside an OpenSSL object.
 */
#pragma once

#include "common/key-file.h"

typedef struct _MadoOperatorKey MadoOperatorKey;

/* (transfer full): @ask reads the passphrase, so that it never is an argument; NULL for an
 * unencrypted file (which the caller refuses in production). CONFIG. */
MadoOperatorKey *
mado_operator_key_load(const char *path,
                       MadoAskPassphrase ask,
                       gpointer user_data,
                       GError **error);
void
mado_operator_key_free(MadoOperatorKey *self); /* NULL is allowed */

/* (transfer none): for decision.c. */
EVP_PKEY *
mado_operator_key_peek(const MadoOperatorKey *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoOperatorKey, mado_operator_key_free)
