/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/claims.h"

#include "common/error.h"
#include "common/log.h"

#include <madoguchi/names.h>

struct _MadoClaims {
    MadoClaimsSettings settings;
    GPtrArray *claims; /* of Claim; borrowed, each lives until its thread is gone */
    guint n_made;
};

typedef struct {
    MadoClaims *claims;   /* NULL once that is gone */
    MadoSession *session; /* NULL once it is closed; frees itself */
    char *id;
    char *path;
    char *reader_path;
    char *owner;
} Claim;

MadoClaims *
mado_claims_new(const MadoClaimsSettings *settings)
{
    MadoClaims *self = g_new0(MadoClaims, 1);

    self->settings = *settings;
    self->claims = g_ptr_array_new();
    return self;
}

void
mado_claims_free(MadoClaims *self)
{
    if (self == NULL)
        return;
    for (guint i = 0; i < self->claims->len; i++) {
        Claim *claim = g_ptr_array_index(self->claims, i);

        claim->claims = NULL;
    }
    g_ptr_array_unref(self->claims);
    g_free(self);
}

static void
on_session_changed(MadoSession *session, gpointer user_data)
{
    Claim *claim = user_data;
    MadoClaims *self = claim->claims;

    if (self != NULL)
        self->settings.on_changed(session, claim->path, self->settings.user_data);
}

static void
on_session_answered(MadoSession *session,
                    const char *page,
                    const char *answer,
                    gpointer user_data)
{
    Claim *claim = user_data;
    MadoClaims *self = claim->claims;

    if (self != NULL)
        self->settings.on_answered(claim->path, page, answer, self->settings.user_data);
}

static void
on_session_closed(MadoSession *session, gpointer user_data)
{
    Claim *claim = user_data;
    MadoClaims *self = claim->claims;

    claim->session = NULL;
    if (self == NULL)
        return;
    self->settings.on_removed(session, claim->path, self->settings.user_data);
    mado_clients_remove_session(self->settings.clients, claim->owner);
    mado_log(G_LOG_LEVEL_INFO, MADO_LOG_CLAIM, claim->id, "released");
}

static void
on_session_returned(gpointer user_data)
{
    Claim *claim = user_data;
    MadoClaims *self = claim->claims;

    if (self != NULL) {
        (void)g_ptr_array_remove_fast(self->claims, claim);
        mado_registry_set_claimed(self->settings.registry, claim->reader_path, FALSE);
        if (self->claims->len == 0)
            self->settings.on_idle(self->settings.user_data);
    }
    g_free(claim->id);
    g_free(claim->path);
    g_free(claim->reader_path);
    g_free(claim->owner);
    g_free(claim);
}

static Claim *
make_claim(MadoClaims *self, const MadoReader *reader, const char *owner, guint uid)
{
    Claim *claim = g_new0(Claim, 1);
    MadoSessionSettings settings = {
        .reader = reader->name,
        .holder_uid = uid,
        .desk = self->settings.desk,
        .journal = self->settings.journal,
        .agent = self->settings.agent,
        .screen = self->settings.screen,
        .new_transport = self->settings.new_transport,
        .transport_data = self->settings.transport_data,
        .on_changed = on_session_changed,
        .on_answered = on_session_answered,
        .on_closed = on_session_closed,
        .user_data = claim,
        .on_returned = on_session_returned,
    };

    claim->claims = self;
    claim->id = g_strdup_printf("s%u", ++self->n_made);
    claim->path = g_strdup_printf(MADO_PATH_SESSIONS "/%s", claim->id);
    claim->reader_path = g_strdup(reader->path);
    claim->owner = g_strdup(owner);
    settings.id = claim->id;
    claim->session = mado_session_new(&settings);
    g_ptr_array_add(self->claims, claim);
    return claim;
}

char *
mado_claims_claim(
    MadoClaims *self, const char *reader_path, const char *owner, guint uid, GError **error)
{
    const MadoReader *reader = mado_registry_find(self->settings.registry, reader_path);
    Claim *claim;

    if (reader == NULL) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_NOT_FOUND, "no such reader");
        return NULL;
    }
    if (reader->is_claimed) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_BUSY, "reader '%s' is in use", reader->name);
        return NULL;
    }
    if (self->settings.desk->realm == MADO_REALM_CODE_PRODUCTION &&
        g_str_has_prefix(reader->name, MADO_TRAINING_READER)) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_REALM,
                    "reader '%s' is for training, this desk is not", reader->name);
        return NULL;
    }
    if (!mado_clients_add_session(self->settings.clients, owner, error))
        return NULL;
    claim = make_claim(self, reader, owner, uid);
    mado_log(G_LOG_LEVEL_INFO, MADO_LOG_CLAIM, claim->id, "reader '%s' claimed by %s, user %u",
             reader->name, owner, uid);
    mado_registry_set_claimed(self->settings.registry, reader_path, TRUE);
    self->settings.on_added(claim->session, claim->path, reader_path, owner,
                            self->settings.user_data);
    return g_strdup(claim->path);
}

/* Tells all sessions that match; NULL matches all. */
static void
tell(MadoClaims *self, const char *owner, const char *reader_path, MadoSessionEvent event)
{
    for (guint i = 0; i < self->claims->len; i++) {
        Claim *claim = g_ptr_array_index(self->claims, i);

        if (claim->session == NULL || (owner != NULL && !g_str_equal(claim->owner, owner)) ||
            (reader_path != NULL && !g_str_equal(claim->reader_path, reader_path)))
            continue;
        mado_session_tell(claim->session, event);
    }
}

void
mado_claims_owner_gone(MadoClaims *self, const char *owner)
{
    tell(self, owner, NULL, MADO_SESSION_ON_OWNER_GONE);
}

void
mado_claims_reader_event(MadoClaims *self, const char *reader_path, MadoSessionEvent event)
{
    tell(self, NULL, reader_path, event);
}

void
mado_claims_shutdown(MadoClaims *self)
{
    tell(self, NULL, NULL, MADO_SESSION_ON_SHUTDOWN);
}

guint
mado_claims_n_threads(const MadoClaims *self)
{
    return self->claims->len;
}
