/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Making a centre: its folder with configuration, keys and an empty database, and in training
 * an enrolled desk beside it. Everything is made under a temporary name and moved into place in
 * the end, so that a folder is either whole or not there. An existing one is never changed.
 */
#pragma once

#include "madoguchi/message.h"

#include <gio/gio.h>

typedef struct {
    const char *folder; /* of the centre */
    MadoRealmCode realm;
    const char *municipality;
    const char *listen;   /* ADDRESS:PORT */
    const char *desk;     /* (nullable): folder of a desk to enrol; training only */
    const char *terminal; /* its id */
} MadoSetupOptions;

/* CONFIG, with nothing made: a folder that is there, a malformed option. */
gboolean
mado_setup_run(const MadoSetupOptions *options, GError **error);
