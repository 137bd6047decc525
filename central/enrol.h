/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Desks and operators: their keys and certificates are made, and they enter the register.
 * Keys that a desk makes itself (TPM, PKCS#11) come with a later version; these are files.
 */
#pragma once

#include "central/settings-central.h"
#include "central/store.h"
#include "common/secret.h"

typedef struct {
    const char *keys; /* the centre's key folder, with the CA keys */
    MadoRealmCode realm;
    const char *municipality;
    const char *url; /* of the service, for relay.conf */
} MadoEnrolCentre;

/* Makes @folder (which must not exist) with everything the desk's configuration files name, and
 * puts the terminal into @store, inside the caller's transaction. */
gboolean
mado_enrol_desk(const MadoEnrolCentre *centre,
                MadoStore *store,
                const char *terminal,
                const char *folder,
                GError **error);
/* Makes an operator's key file, encrypted with @passphrase, and enters the operator. */
gboolean
mado_enrol_operator(MadoStore *store,
                    const char *id,
                    guint8 roles,
                    const char *key_path,
                    const MadoSecret *passphrase,
                    GError **error);

gboolean
mado_enrol_is_terminal(const char *text); /* [A-Z0-9-]{1,32} */
gboolean
mado_enrol_is_id(const char *text); /* [A-Za-z0-9._-]{1,32} */
