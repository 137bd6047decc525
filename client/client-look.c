/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/client-look.h"

#include "client/memfd.h"
#include "common/error.h"
#include "madoguchi/limits.h"
#include "madoguchi/names.h"

#include <string.h>
#include <unistd.h>

#define NO_REQUEST "-"

static gboolean
fill(const MadoBodyQuery *query,
     const char *realm,
     const char *terminal,
     const MadoSecret *bytes,
     MadoDecision *decision)
{
    char hash[MADO_BODY_QUERY_HASH_SIZE];

    if (strcmp(realm, MADO_REALM_TRAINING) == 0)
        decision->realm = MADO_REALM_CODE_TRAINING;
    else if (strcmp(realm, MADO_REALM_PRODUCTION) == 0)
        decision->realm = MADO_REALM_CODE_PRODUCTION;
    else
        return FALSE;
    decision->kind = MADO_DECISION_LOOK;
    mado_body_query_hash(mado_secret_peek(bytes), mado_secret_len(bytes), hash);
    g_strlcpy(decision->terminal, terminal, sizeof decision->terminal);
    memcpy(decision->transaction, query->look, sizeof decision->transaction);
    g_strlcpy(decision->request_id, NO_REQUEST, sizeof decision->request_id);
    g_strlcpy(decision->detail, hash, sizeof decision->detail);
    return TRUE;
}

gboolean
mado_client_look_sign(const MadoBodyQuery *query,
                      const char *realm,
                      const char *terminal,
                      MadoSigner *signer,
                      MadoClientLook *ret_look,
                      GError **error)
{
    g_autoptr(MadoSecret) bytes = mado_body_query_format(query, error);
    g_auto(MadoClientLook) look = {.query_fd = -1};
    MadoDecision decision = {0};

    if (bytes == NULL)
        return FALSE;
    if (!fill(query, realm, terminal, bytes, &decision)) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_REALM, "the desk is of no known realm");
        return FALSE;
    }
    if (!mado_signer_sign(signer, &decision, &look.decision, &look.signature, error))
        return FALSE;
    look.query_fd = mado_memfd_seal(mado_secret_peek(bytes), mado_secret_len(bytes), error);
    if (look.query_fd < 0)
        return FALSE;
    *ret_look = look;
    look = (MadoClientLook){.query_fd = -1};
    return TRUE;
}

void
mado_client_look_clear(MadoClientLook *self)
{
    if (self->query_fd >= 0)
        (void)close(self->query_fd);
    self->query_fd = -1;
    g_clear_pointer(&self->decision, g_bytes_unref);
    g_clear_pointer(&self->signature, g_bytes_unref);
}

MadoBodyDirectory *
mado_client_look_read(int rows_fd, GError **error)
{
    g_autoptr(MadoSecret) rows = mado_memfd_read(rows_fd, MADO_LIMIT_MESSAGE_LEN, error);

    return rows != NULL
               ? mado_body_directory_parse(mado_secret_peek(rows), mado_secret_len(rows), error)
               : NULL;
}

gboolean
mado_client_look_refused(guint status, const char *problem, GError **error)
{
    static const struct {
        const char *slug;
        MadoErrorCode code;
    } rows[] = {
        {"operator", MADO_ERROR_OPERATOR},
        {"clock", MADO_ERROR_CLOCK},
        {"realm", MADO_ERROR_REALM},
        {"terminal", MADO_ERROR_ENROLMENT},
        {"bad-message", MADO_ERROR_BAD_ARGUMENT},
    };
    const char *slug = g_str_has_prefix(problem, MADO_PROBLEM_BASE)
                           ? problem + strlen(MADO_PROBLEM_BASE)
                           : problem;
    MadoErrorCode code =
        status >= 500 ? MADO_ERROR_CENTRE_UNREACHABLE : MADO_ERROR_CENTRE_REFUSED;

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (strcmp(rows[i].slug, slug) == 0)
            code = rows[i].code;
    g_set_error(error, MADO_ERROR, (gint)code, "look: status %u %s", status, problem);
    return FALSE;
}
