/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* central.conf as a struct (central/settings-central.c has the table of its keys). */
#pragma once

#include "common/settings.h"
#include "madoguchi/card.h"
#include "madoguchi/message.h"

typedef struct {
    MadoRealmCode realm;
    char municipality[MADO_MUNICIPALITY_LEN + 1];
    char *prefecture; /* owned; names of the place in certificates */
    char *city;       /* owned */
    char *host;       /* owned; where "serve" listens */
    guint16 port;
    char *database;  /* owned; path */
    char *keys;      /* owned; folder */
    char *log_level; /* owned */
} MadoSettingsCentral;

/* (transfer full): CONFIG with the first fault. */
MadoSettingsCentral *
mado_settings_central_load(const char *path, GError **error);
void
mado_settings_central_free(MadoSettingsCentral *self); /* NULL is allowed */

/* HOST:PORT or [IPv6]:PORT. */
gboolean
mado_settings_central_parse_listen(const char *text,
                                   char **ret_host,
                                   guint16 *ret_port,
                                   GError **error);
gboolean
mado_settings_central_is_municipality(const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoSettingsCentral, mado_settings_central_free)
