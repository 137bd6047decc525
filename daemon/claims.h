/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which client holds which reader: makes sessions, tells them what happens, forgets them. Main
 * thread. */
#pragma once

#include "daemon/clients.h"
#include "daemon/registry.h"
#include "daemon/session.h"

typedef struct _MadoClaims MadoClaims;

typedef struct {
    MadoRegistry *registry; /* all borrowed; they outlive us because the daemon owns them */
    MadoClients *clients;
    const MadoDesk *desk;
    MadoJournal *journal; /* (nullable) */
    MadoAgent *agent;
    MadoScreen *screen;
    MadoTransportNew new_transport;
    gpointer transport_data;
    void (*on_added)(MadoSession *session,
                     const char *path,
                     const char *reader_path,
                     const char *owner,
                     gpointer user_data);
    void (*on_changed)(MadoSession *session, const char *path, gpointer user_data);
    void (*on_answered)(const char *path,
                        const char *page,
                        const char *answer,
                        gpointer user_data);
    void (*on_removed)(MadoSession *session, const char *path, gpointer user_data);
    /* The last worker's thread was joined. */
    void (*on_idle)(gpointer user_data);
    gpointer user_data;
} MadoClaimsSettings;

/* (transfer full): keeps what @settings point to, not the struct. */
MadoClaims *
mado_claims_new(const MadoClaimsSettings *settings);
/* Only when none is left (mado_claims_n_threads); a lost thread keeps its own memory. */
void
mado_claims_free(MadoClaims *self);

/* (transfer full): path of the new session, which on_added was told already. NOT_FOUND, BUSY,
 * LIMIT; REALM: a training reader at a production desk. */
char *
mado_claims_claim(
    MadoClaims *self, const char *reader_path, const char *owner, guint uid, GError **error);
void
mado_claims_owner_gone(MadoClaims *self, const char *owner);
/* CARD_GONE or READER_GONE */
void
mado_claims_reader_event(MadoClaims *self, const char *reader_path, MadoSessionEvent event);
void
mado_claims_shutdown(MadoClaims *self);
/* Workers not yet joined, lost ones included. */
guint
mado_claims_n_threads(const MadoClaims *self);
