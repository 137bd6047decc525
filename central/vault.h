/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Personal data at rest: AES-256-GCM under a key that is never in the database, and a keyed
 * hash by which a 個人番号 is found again. A sealed blob is bound to a context (whose and
 * which), so that one row's blob does not open in another's place.
 *
 * Blob: 01 ‖ nonce 12 ‖ ciphertext ‖ tag 16. A nonce is random; at 2^32 blobs under one key it
 * would have to be changed, which a country's residents do not reach.
 */
#pragma once

#include "common/secret.h"

#include <gio/gio.h>

typedef struct _MadoVault MadoVault;

/* (transfer full): derives its keys from the file's 32 bytes. CONFIG. */
MadoVault *
mado_vault_load(const char *path, GError **error);
void
mado_vault_free(MadoVault *self); /* NULL is allowed */

/* (transfer full). @context: UTF-8, for example "person:REQUEST". */
GBytes *
mado_vault_seal(const MadoVault *self,
                const char *context,
                const MadoSecret *plain,
                GError **error);
/* (transfer full). JOURNAL when the blob is not ours, altered or from another context. */
MadoSecret *
mado_vault_open(const MadoVault *self, const char *context, GBytes *sealed, GError **error);
gboolean
mado_vault_search_key(const MadoVault *self,
                      const char *number,
                      guint8 ret_key[32],
                      GError **error);

/* A keyed hash of @text by which somebody is searched for, cut to MADO_VAULT_TERM_LEN bytes:
 * enough to tell terms apart. @field and @place keep equal texts of different fields and
 * municipalities from looking equal. */
#define MADO_VAULT_TERM_LEN 16
gboolean
mado_vault_term_key(const MadoVault *self,
                    const char *field,
                    const char *place,
                    const char *text,
                    guint8 ret_key[MADO_VAULT_TERM_LEN],
                    GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoVault, mado_vault_free)
