/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/operator-key.h"

#include <openssl/evp.h>

struct _MadoOperatorKey {
    EVP_PKEY *pkey; /* owned */
};

MadoOperatorKey *
mado_operator_key_load(const char *path,
                       MadoAskPassphrase ask,
                       gpointer user_data,
                       GError **error)
{
    EVP_PKEY *pkey = mado_key_file_load_private(path, ask, user_data, error);
    MadoOperatorKey *self;

    if (pkey == NULL)
        return NULL;
    self = g_new0(MadoOperatorKey, 1);
    self->pkey = pkey;
    return self;
}

void
mado_operator_key_free(MadoOperatorKey *self)
{
    if (self == NULL)
        return;
    EVP_PKEY_free(self->pkey);
    g_free(self);
}

EVP_PKEY *
mado_operator_key_peek(const MadoOperatorKey *self)
{
    return self->pkey;
}
