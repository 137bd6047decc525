/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/keys.h"

#include "central/private-file.h"
#include "common/key-file.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

char *
mado_keys_path(const char *folder, const char *name, const char *suffix)
{
    return g_strconcat(folder, G_DIR_SEPARATOR_S, name, suffix, NULL);
}

gboolean
mado_keys_load_pair(const char *folder,
                    const char *name,
                    MadoKeysPair *ret_pair,
                    GError **error)
{
    g_autofree char *key_path = mado_keys_path(folder, name, ".key");
    g_autofree char *cert_path = mado_keys_path(folder, name, ".crt");
    g_auto(MadoKeysPair) pair = {NULL, NULL};

    pair.key = mado_private_file_read_key(key_path, error);
    if (pair.key == NULL)
        return FALSE;
    pair.cert = mado_key_file_load_certificate(cert_path, error);
    if (pair.cert == NULL)
        return FALSE;
    *ret_pair = pair;
    pair = (MadoKeysPair){NULL, NULL};
    return TRUE;
}

gboolean
mado_keys_save_pair(const char *folder,
                    const char *name,
                    const MadoKeysPair *pair,
                    GError **error)
{
    g_autofree char *key_path = mado_keys_path(folder, name, ".key");
    g_autofree char *cert_path = mado_keys_path(folder, name, ".crt");

    return mado_private_file_write_key(key_path, pair->key, error) &&
           mado_private_file_write_certificate(cert_path, pair->cert, error);
}

void
mado_keys_clear_pair(MadoKeysPair *pair)
{
    g_clear_pointer(&pair->key, EVP_PKEY_free);
    g_clear_pointer(&pair->cert, X509_free);
}

static MadoIdentity *
load_identity(const char *folder, GError **error)
{
    g_autofree char *sign_key = mado_keys_path(folder, MADO_KEYS_SIGN, ".key");
    g_autofree char *sign_cert = mado_keys_path(folder, MADO_KEYS_SIGN, ".crt");
    g_autofree char *decrypt_key = mado_keys_path(folder, MADO_KEYS_DECRYPT, ".key");
    g_autofree char *decrypt_cert = mado_keys_path(folder, MADO_KEYS_DECRYPT, ".crt");

    return mado_identity_load(sign_key, sign_cert, decrypt_key, decrypt_cert, error);
}

static gboolean
load_symmetric(MadoKeys *self, const char *folder, GError **error)
{
    g_autofree char *master = mado_keys_path(folder, MADO_KEYS_MASTER, "");
    g_autofree char *at_rest = mado_keys_path(folder, MADO_KEYS_AT_REST, "");

    self->master = mado_private_file_read_hex(master, MADO_KEYS_MASTER_LEN, error);
    if (self->master == NULL)
        return FALSE;
    self->vault = mado_vault_load(at_rest, error);
    return self->vault != NULL;
}

MadoKeys *
mado_keys_load(const char *folder, GError **error)
{
    g_autoptr(MadoKeys) self = g_new0(MadoKeys, 1);
    g_autofree char *message_ca = mado_keys_path(folder, MADO_KEYS_MESSAGE_CA, ".crt");

    self->identity = load_identity(folder, error);
    if (self->identity == NULL || !load_symmetric(self, folder, error))
        return NULL;
    self->message_ca = mado_key_file_load_certificate(message_ca, error);
    if (self->message_ca == NULL ||
        !mado_keys_load_pair(folder, MADO_KEYS_CMP, &self->cmp, error) ||
        !mado_keys_load_pair(folder, MADO_KEYS_JPKI_AUTH, &self->jpki_auth, error) ||
        !mado_keys_load_pair(folder, MADO_KEYS_JPKI_SIGN, &self->jpki_sign, error))
        return NULL;
    return g_steal_pointer(&self);
}

void
mado_keys_free(MadoKeys *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->identity, mado_identity_free);
    g_clear_pointer(&self->vault, mado_vault_free);
    g_clear_pointer(&self->master, mado_secret_free);
    g_clear_pointer(&self->message_ca, X509_free);
    mado_keys_clear_pair(&self->cmp);
    mado_keys_clear_pair(&self->jpki_auth);
    mado_keys_clear_pair(&self->jpki_sign);
    g_free(self);
}
