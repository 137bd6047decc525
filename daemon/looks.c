/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/looks.h"

#include "common/body-directory.h"
#include "common/body-query.h"
#include "common/decision.h"
#include "common/error.h"
#include "common/message.h"
#include "daemon/sealed.h"

#include <madoguchi/limits.h>
#include <madoguchi/names.h>
#include <string.h>

#define NO_REQUEST "-"

/* One message that was given out. */
typedef struct {
    char *owner; /* owned */
    char *key;   /* owned */
    guint8 look[MADO_BODY_QUERY_LOOK_LEN];
    guint8 hash[MADO_MESSAGE_HASH_LEN];
    gint64 begun_ms; /* monotonic */
} Look;

struct _MadoLooks {
    const MadoDesk *desk;
    GPtrArray *open; /* of Look, the oldest first */
};

static void
free_look(gpointer data)
{
    Look *look = data;

    g_free(look->owner);
    g_free(look->key);
    g_free(look);
}

MadoLooks *
mado_looks_new(const MadoDesk *desk)
{
    MadoLooks *self = g_new0(MadoLooks, 1);

    self->desk = desk;
    self->open = g_ptr_array_new_with_free_func(free_look);
    return self;
}

void
mado_looks_free(MadoLooks *self)
{
    if (self == NULL)
        return;
    g_ptr_array_unref(self->open);
    g_free(self);
}

void
mado_looks_clear_message(MadoLooksMessage *message)
{
    g_clear_pointer(&message->endpoint, g_free);
    g_clear_pointer(&message->key, g_free);
    g_clear_pointer(&message->body, g_bytes_unref);
}

/* ---- out ---- */

static gboolean
is_about(const MadoLooks *self,
         const MadoDecision *decision,
         const MadoSecret *query,
         const MadoBodyQuery *parsed)
{
    static const guint8 zeros[sizeof decision->nonce] = {0};
    char hash[MADO_BODY_QUERY_HASH_SIZE];

    mado_body_query_hash(mado_secret_peek(query), mado_secret_len(query), hash);
    return decision->kind == MADO_DECISION_LOOK && decision->realm == self->desk->realm &&
           strcmp(decision->terminal, self->desk->terminal) == 0 &&
           memcmp(decision->transaction, parsed->look, sizeof parsed->look) == 0 &&
           memcmp(decision->nonce, zeros, sizeof zeros) == 0 &&
           strcmp(decision->request_id, NO_REQUEST) == 0 && strcmp(decision->detail, hash) == 0;
}

/* (transfer full): the query's bytes. */
static MadoSecret *
take_query(const MadoLooks *self,
           int fd,
           const MadoBodyDecision *decision,
           MadoBodyQuery *ret_query,
           GError **error)
{
    g_autoptr(MadoSecret) query = mado_sealed_read_memfd(fd, MADO_LIMIT_LOOK_QUERY, error);
    MadoDecision parsed;
    gsize len;
    const guint8 *data = g_bytes_get_data(decision->bytes, &len);

    if (query == NULL ||
        !mado_body_query_parse(mado_secret_peek(query), mado_secret_len(query), ret_query,
                               error) ||
        !mado_decision_parse(data, len, &parsed, error))
        return NULL;
    if (is_about(self, &parsed, query, ret_query))
        return g_steal_pointer(&query);
    g_set_error_literal(error, MADO_ERROR, MADO_ERROR_OPERATOR,
                        "the decision is not about this query at this desk");
    return NULL;
}

static GBytes *
seal(const MadoLooks *self,
     const MadoMessageHeader *header,
     const MadoSecret *query,
     const MadoBodyDecision *decision,
     GError **error)
{
    g_autoptr(MadoSecret) body =
        mado_body_query_wrap(mado_secret_peek(query), mado_secret_len(query), decision, error);
    g_autoptr(MadoSecret) plain =
        body != NULL
            ? mado_message_format(header, mado_secret_peek(body), mado_secret_len(body), error)
            : NULL;

    return plain != NULL
               ? mado_envelope_seal(self->desk->identity, self->desk->centre, plain, error)
               : NULL;
}

static void
forget_one(MadoLooks *self, const char *owner)
{
    guint oldest = 0;

    for (guint i = self->open->len; i > 0; i--) {
        const Look *look = g_ptr_array_index(self->open, i - 1);

        if (strcmp(look->owner, owner) == 0)
            oldest = i - 1;
    }
    g_ptr_array_remove_index(self->open, oldest);
}

static void
remember(MadoLooks *self, const char *owner, const MadoMessageHeader *header, GBytes *body)
{
    Look *look = g_new0(Look, 1);

    if (self->open->len >= MADO_LOOKS_MAX)
        forget_one(self, owner);
    look->owner = g_strdup(owner);
    look->key = mado_message_id_to_hex(header->nonce);
    memcpy(look->look, header->transaction, sizeof look->look);
    mado_envelope_sha256(g_bytes_get_data(body, NULL), g_bytes_get_size(body), look->hash);
    look->begun_ms = mado_clock_monotonic_ms(self->desk->clock);
    g_ptr_array_add(self->open, look);
}

gboolean
mado_looks_begin(MadoLooks *self,
                 const char *owner,
                 int query_fd,
                 const MadoBodyDecision *decision,
                 MadoLooksMessage *ret_message,
                 GError **error)
{
    g_auto(MadoBodyQuery) query = {0};
    g_autoptr(MadoSecret) bytes = NULL;
    g_autoptr(GBytes) body = NULL;
    MadoMessageHeader header;

    if (!mado_desk_is_enrolled(self->desk)) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_ENROLMENT,
                            mado_error_sentence(MADO_ERROR_ENROLMENT));
        return FALSE;
    }
    bytes = take_query(self, query_fd, decision, &query, error);
    if (bytes == NULL)
        return FALSE;
    mado_message_header_init(&header, MADO_MESSAGE_DIRECTORY, self->desk->realm,
                             self->desk->terminal);
    memcpy(header.transaction, query.look, sizeof header.transaction);
    header.time_ms = mado_clock_wall_ms(self->desk->clock);
    body = seal(self, &header, bytes, decision, error);
    if (body == NULL)
        return FALSE;
    remember(self, owner, &header, body);
    ret_message->endpoint = g_strdup_printf(MADO_ENDPOINT_DIRECTORY, self->desk->terminal);
    ret_message->key = mado_message_id_to_hex(header.nonce);
    ret_message->body = g_steal_pointer(&body);
    return TRUE;
}

/* ---- in ---- */

/* (transfer full): no longer among the open ones. */
static Look *
take_look(MadoLooks *self, const char *owner, const char *key)
{
    gint64 now_ms = mado_clock_monotonic_ms(self->desk->clock);

    for (guint i = 0; i < self->open->len; i++) {
        Look *look = g_ptr_array_index(self->open, i);

        if (strcmp(look->owner, owner) != 0 || strcmp(look->key, key) != 0)
            continue;
        look = g_ptr_array_steal_index(self->open, i);
        if (now_ms - look->begun_ms <= MADO_LIMIT_LOOK_AGE_MS)
            return look;
        free_look(look);
        return NULL;
    }
    return NULL;
}

static gboolean
check_header(const MadoLooks *self,
             const MadoMessageHeader *header,
             const Look *look,
             GError **error)
{
    MadoErrorCode code = MADO_ERROR_CENTRE_ANSWER;
    const char *fault = NULL;

    if (header->realm != self->desk->realm) {
        code = MADO_ERROR_REALM;
        fault = "of another realm";
    } else if (header->type != MADO_MESSAGE_DIRECTORY_ROWS) {
        fault = "no answer to a look";
    } else if (strcmp(header->terminal, self->desk->terminal) != 0) {
        fault = "for another desk";
    } else if (memcmp(header->request_hash, look->hash, sizeof look->hash) != 0 ||
               memcmp(header->transaction, look->look, sizeof look->look) != 0) {
        fault = "to another look";
    }
    if (fault == NULL)
        return TRUE;
    g_set_error(error, MADO_ERROR, (gint)code, "the centre's answer is %s", fault);
    return FALSE;
}

static MadoSecret *
open_rows(const MadoLooks *self, const Look *look, GBytes *reply, GError **error)
{
    g_autoptr(MadoSecret) plain = NULL;
    g_autoptr(MadoBodyDirectory) directory = NULL;
    MadoMessageHeader header;
    const guint8 *body;
    gsize len;

    if (g_bytes_get_size(reply) > MADO_LIMIT_MESSAGE_LEN) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CENTRE_ANSWER,
                            "the centre's answer is too long");
        return NULL;
    }
    plain = mado_envelope_open(self->desk->identity, self->desk->centre, reply, NULL, error);
    if (plain == NULL || !mado_message_parse(plain, &header, &body, &len, error) ||
        !check_header(self, &header, look, error))
        return NULL;
    directory = mado_body_directory_parse(body, len, error);
    return directory != NULL ? mado_secret_new_from(body, len) : NULL;
}

MadoSecret *
mado_looks_finish(
    MadoLooks *self, const char *owner, const char *key, GBytes *reply, GError **error)
{
    Look *look = take_look(self, owner, key);
    MadoSecret *rows;

    if (look == NULL) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_NOT_FOUND,
                            "no look of this client waits under this name");
        return NULL;
    }
    rows = open_rows(self, look, reply, error);
    free_look(look);
    return rows;
}
