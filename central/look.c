/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/look.h"

#include "central/ca.h"
#include "central/directory.h"
#include "central/operators.h"
#include "central/problem.h"
#include "common/decision.h"
#include "common/error.h"
#include "common/log.h"
#include "madoguchi/limits.h"

#include <string.h>

#define NO_REQUEST "-"

static gboolean
refuse(GError **error, MadoProblem problem, const char *why)
{
    g_set_error_literal(error, MADO_PROBLEM_DOMAIN, (int)problem, why);
    return FALSE;
}

/* ---- may they ---- */

static gboolean
is_for_this(const MadoLook *self, const MadoDecision *decision)
{
    static const guint8 zeros[sizeof decision->nonce] = {0};
    char hash[MADO_BODY_QUERY_HASH_SIZE];

    mado_body_query_hash(mado_secret_peek(self->query), mado_secret_len(self->query), hash);
    return decision->kind == MADO_DECISION_LOOK && decision->realm == self->header->realm &&
           strcmp(decision->terminal, self->header->terminal) == 0 &&
           memcmp(decision->transaction, self->header->transaction, MADO_TRANSACTION_LEN) ==
               0 &&
           memcmp(decision->nonce, zeros, sizeof zeros) == 0 &&
           strcmp(decision->request_id, NO_REQUEST) == 0 && strcmp(decision->detail, hash) == 0;
}

static guint8
roles_for(MadoLookPurpose purpose)
{
    return purpose == MADO_PURPOSE_AUDIT ? MADO_ROLE_SUPERVISOR | MADO_ROLE_AUDITOR
                                         : MADO_ROLE_CLERK | MADO_ROLE_SUPERVISOR;
}

static gboolean
check_clocks(const MadoCentre *centre,
             const MadoLook *self,
             const MadoDecision *decision,
             GError **error)
{
    gint64 skew_ms = ABS(mado_clock_wall_ms(centre->clock) - self->header->time_ms);
    gint64 age_ms = ABS(self->header->time_ms - decision->time_ms);

    if (skew_ms / 1000 > MADO_LIMIT_SKEW_BLOCK_S)
        return refuse(error, MADO_PROBLEM_CLOCK,
                      "more than a day between the terminal's clock and ours");
    if (age_ms / 1000 > MADO_LIMIT_SKEW_WARN_S)
        return refuse(error, MADO_PROBLEM_OPERATOR, "the decision was not signed just now");
    return TRUE;
}

static gboolean
check_decision(const MadoCentre *centre,
               const MadoLook *self,
               const MadoBodyQuery *query,
               MadoDecision *ret_decision,
               GError **error)
{
    gsize len;
    const guint8 *data = g_bytes_get_data(self->decision->bytes, &len);

    if (memcmp(query->look, self->header->transaction, sizeof query->look) != 0)
        return refuse(error, MADO_PROBLEM_BAD_MESSAGE, "the query is of another message");
    if (!mado_decision_parse(data, len, ret_decision, NULL))
        return refuse(error, MADO_PROBLEM_OPERATOR, "malformed decision");
    if (!is_for_this(self, ret_decision))
        return refuse(error, MADO_PROBLEM_OPERATOR, "the decision is about another query");
    return check_clocks(centre, self, ret_decision, error) &&
           mado_operators_check(centre->store, self->decision, ret_decision->operator_id,
                                roles_for(query->purpose), error);
}

/* ---- that it was ---- */

/* *ret_known: this very message was noted before. */
static gboolean
find_note(const MadoCentre *centre, const MadoLook *self, gboolean *ret_known, GError **error)
{
    MadoStore *store = centre->store;
    g_autoptr(GError) found = NULL;
    g_autoptr(MadoLookRecord) note =
        store->ops->get_look(store, self->terminal->id, self->key, &found);
    gboolean is_used;

    if (note == NULL && !g_error_matches(found, MADO_ERROR, MADO_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&found));
        return FALSE;
    }
    *ret_known = note != NULL;
    if (note != NULL)
        return memcmp(note->body_hash, self->body_hash, sizeof note->body_hash) == 0 ||
               refuse(error, MADO_PROBLEM_KEY_REUSED, "this key came with another body");
    if (!store->ops->has_look(store, self->header->transaction, &is_used, error))
        return FALSE;
    return !is_used || refuse(error, MADO_PROBLEM_OPERATOR, "the decision was used before");
}

static GBytes *
seal_query(const MadoCentre *centre, const MadoLook *self, GError **error)
{
    g_autofree char *look = mado_message_id_to_hex(self->header->transaction);
    g_autofree char *context = g_strconcat("look:", look, NULL);

    return mado_vault_seal(centre->keys->vault, context, self->query, error);
}

static gboolean
note(const MadoCentre *centre,
     const MadoLook *self,
     const MadoBodyQuery *query,
     const char *operator_id,
     GError **error)
{
    g_autoptr(GBytes) sealed = seal_query(centre, self, error);
    MadoLookRecord record = {.kind = query->kind,
                             .purpose = query->purpose,
                             .decision = self->decision->bytes,
                             .signature = self->decision->signature,
                             .query = sealed,
                             .at_ms = mado_clock_wall_ms(centre->clock)};

    if (sealed == NULL)
        return FALSE;
    memcpy(record.look, query->look, sizeof record.look);
    memcpy(record.body_hash, self->body_hash, sizeof record.body_hash);
    g_strlcpy(record.terminal, self->terminal->id, sizeof record.terminal);
    g_strlcpy(record.key, self->key, sizeof record.key);
    g_strlcpy(record.operator_id, operator_id, sizeof record.operator_id);
    return centre->store->ops->add_look(centre->store, &record, error);
}

static gboolean
note_rows(const MadoCentre *centre,
          const MadoBodyQuery *query,
          const MadoBodyDirectory *directory,
          GError **error)
{
    MadoStore *store = centre->store;

    for (guint i = 0; i < directory->rows->len; i++) {
        const MadoBodyRow *row = g_ptr_array_index(directory->rows, i);

        if (!store->ops->add_shown(store, query->look, row->request_id, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- the whole ---- */

static MadoBodyDirectory *
find(const MadoCentre *centre, const MadoLook *self, const MadoBodyQuery *query, GError **error)
{
    MadoDate today = mado_ca_today(mado_clock_wall_ms(centre->clock));
    g_autoptr(GError) fault = NULL;
    MadoBodyDirectory *directory =
        mado_directory_find(centre->store, centre->keys->vault, self->terminal->municipality,
                            query, &today, &fault);

    if (g_error_matches(fault, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT))
        refuse(error, MADO_PROBLEM_BAD_MESSAGE, fault->message);
    else if (fault != NULL)
        g_propagate_error(error, g_steal_pointer(&fault));
    return directory;
}

MadoBodyDirectory *
mado_look_run(const MadoCentre *centre, const MadoLook *self, GError **error)
{
    g_auto(MadoBodyQuery) query = {0};
    g_autoptr(MadoBodyDirectory) directory = NULL;
    MadoDecision decision;
    gboolean is_known;

    if (!mado_body_query_parse(mado_secret_peek(self->query), mado_secret_len(self->query),
                               &query, NULL)) {
        refuse(error, MADO_PROBLEM_BAD_MESSAGE, "malformed query");
        return NULL;
    }
    if (!check_decision(centre, self, &query, &decision, error) ||
        !find_note(centre, self, &is_known, error) ||
        (!is_known && !note(centre, self, &query, decision.operator_id, error)))
        return NULL;
    directory = find(centre, self, &query, error);
    if (directory == NULL || !note_rows(centre, &query, directory, error))
        return NULL;
    mado_log(G_LOG_LEVEL_INFO, MADO_LOG_VISIT, self->terminal->id,
             "look of %s: %s, purpose %s, %u rows%s", decision.operator_id,
             mado_look_kind_name(query.kind), mado_look_purpose_name(query.purpose),
             directory->rows->len, directory->more ? " and more" : "");
    return g_steal_pointer(&directory);
}

const char *
mado_look_kind_name(MadoLookKind kind)
{
    switch (kind) {
    case MADO_LOOK_DAY:
        return "day";
    case MADO_LOOK_SEARCH:
        return "search";
    }
    return "unknown";
}

const char *
mado_look_purpose_name(MadoLookPurpose purpose)
{
    switch (purpose) {
    case MADO_PURPOSE_COUNTER:
        return "counter";
    case MADO_PURPOSE_PREPARE:
        return "prepare";
    case MADO_PURPOSE_CONTACT:
        return "contact";
    case MADO_PURPOSE_AUDIT:
        return "audit";
    }
    return "unknown";
}
