/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/service.h"

#include "central/look.h"
#include "central/receipt-book.h"
#include "central/visit.h"
#include "common/body-receipt.h"
#include "common/envelope.h"
#include "common/error.h"
#include "common/log.h"
#include "common/realm.h"
#include "madoguchi/names.h"

#include <json-glib/json-glib.h>

#include <string.h>

#define HTTP_OK    200
#define MEDIA_JSON "application/json"

struct _MadoServiceRequest {
    MadoServiceKind kind;
    MadoTerminalRecord *terminal; /* owned copy */
    MadoPeer *peer;               /* owned: of that terminal */
    char *key;                    /* owned */
    GBytes *body;                 /* owned: CMS as received */
    guint8 body_hash[32];
    /* visits */
    MadoSecret *plain; /* owned; what header and body lie in */
    MadoMessageHeader header;
    MadoBodyLookup *lookup; /* owned, one of the two */
    MadoBodyStep *step;
    /* looks */
    MadoSecret *query; /* owned */
    MadoBodyDecision decision;
    /* receipts */
    MadoReceipt receipt;
};

void
mado_service_free(MadoServiceRequest *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->terminal, mado_record_types_free_terminal);
    g_clear_pointer(&self->peer, mado_peer_free);
    g_clear_pointer(&self->key, g_free);
    g_clear_pointer(&self->body, g_bytes_unref);
    g_clear_pointer(&self->plain, mado_secret_free);
    g_clear_pointer(&self->lookup, mado_body_lookup_free);
    g_clear_pointer(&self->step, mado_body_step_free);
    g_clear_pointer(&self->query, mado_secret_free);
    mado_body_parts_clear_decisions(&self->decision, 1);
    g_free(self);
}

static gboolean
refuse(GError **error, MadoProblem problem, const char *why)
{
    g_set_error_literal(error, MADO_PROBLEM_DOMAIN, (int)problem, why);
    return FALSE;
}

/* What a parser of base said: the message is bad, whoever sent it. */
static gboolean
refuse_parsed(GError **error, GError *fault)
{
    g_set_error_literal(error, MADO_PROBLEM_DOMAIN, MADO_PROBLEM_BAD_MESSAGE, fault->message);
    g_error_free(fault);
    return FALSE;
}

/* ---- opening ---- */

static gboolean
check_header(const MadoCentre *centre, const MadoServiceRequest *self, GError **error)
{
    g_autofree char *nonce = mado_message_id_to_hex(self->header.nonce);

    if (self->header.realm != centre->settings->realm)
        return refuse(error, MADO_PROBLEM_REALM, "the message is of another realm");
    if (strcmp(self->header.terminal, self->terminal->id) != 0)
        return refuse(error, MADO_PROBLEM_TERMINAL, "the message names another terminal");
    if (strcmp(nonce, self->key) != 0)
        return refuse(error, MADO_PROBLEM_BAD_MESSAGE,
                      "the idempotency key is not the message's nonce");
    return TRUE;
}

static gboolean
parse_body(MadoServiceRequest *self, const guint8 *body, gsize len, GError **error)
{
    GError *fault = NULL;

    if (self->kind == MADO_SERVICE_DIRECTORY) {
        if (self->header.type != MADO_MESSAGE_DIRECTORY)
            return refuse(error, MADO_PROBLEM_BAD_MESSAGE, "not a look");
        mado_body_query_unwrap(body, len, &self->query, &self->decision, &fault);
    } else if (self->header.type == MADO_MESSAGE_LOOKUP)
        self->lookup = mado_body_lookup_parse(body, len, &fault);
    else if (self->header.type == MADO_MESSAGE_STEP)
        self->step = mado_body_step_parse(body, len, &fault);
    else
        return refuse(error, MADO_PROBLEM_BAD_MESSAGE, "not a message of a visit");
    return fault == NULL || refuse_parsed(error, fault);
}

/* A visit's message, or a look. */
static gboolean
open_message(const MadoCentre *centre, MadoServiceRequest *self, GError **error)
{
    GError *fault = NULL;
    const guint8 *body;
    gsize len;

    self->plain =
        mado_envelope_open(centre->keys->identity, self->peer, self->body, NULL, &fault);
    if (self->plain == NULL ||
        !mado_message_parse(self->plain, &self->header, &body, &len, &fault))
        return refuse_parsed(error, fault);
    return check_header(centre, self, error) && parse_body(self, body, len, error);
}

static gboolean
check_receipt(const MadoCentre *centre, const MadoServiceRequest *self, GError **error)
{
    g_autofree char *key =
        g_strdup_printf("r-%u-%" G_GUINT64_FORMAT, self->receipt.epoch, self->receipt.number);

    if (self->receipt.realm != centre->settings->realm)
        return refuse(error, MADO_PROBLEM_REALM, "the receipt is of another realm");
    if (strcmp(self->receipt.terminal, self->terminal->id) != 0)
        return refuse(error, MADO_PROBLEM_TERMINAL, "the receipt names another terminal");
    if (strcmp(key, self->key) != 0)
        return refuse(error, MADO_PROBLEM_BAD_MESSAGE,
                      "the idempotency key is not the receipt's number");
    return TRUE;
}

static gboolean
open_receipt(const MadoCentre *centre, MadoServiceRequest *self, GError **error)
{
    GError *fault = NULL;

    if (!mado_receipt_open(self->peer, self->body, &self->receipt, NULL, &fault))
        return refuse_parsed(error, fault);
    return check_receipt(centre, self, error);
}

static MadoTerminalRecord *
copy_terminal(const MadoTerminalRecord *terminal)
{
    MadoTerminalRecord *copy = g_memdup2(terminal, sizeof *terminal);

    copy->sign_cert = g_bytes_ref(terminal->sign_cert);
    copy->encrypt_cert = g_bytes_ref(terminal->encrypt_cert);
    return copy;
}

MadoServiceRequest *
mado_service_open(const MadoCentre *centre,
                  MadoServiceKind kind,
                  const MadoTerminalRecord *terminal,
                  const char *key,
                  GBytes *body,
                  GError **error)
{
    g_autoptr(MadoServiceRequest) self = g_new0(MadoServiceRequest, 1);
    gboolean opened;

    self->kind = kind;
    self->terminal = copy_terminal(terminal);
    self->key = g_strdup(key);
    self->body = g_bytes_ref(body);
    mado_envelope_sha256(g_bytes_get_data(body, NULL), g_bytes_get_size(body), self->body_hash);
    self->peer = mado_receipt_book_new_peer(centre->keys, terminal, error);
    if (self->peer == NULL)
        return NULL;
    opened = kind == MADO_SERVICE_RECEIPT ? open_receipt(centre, self, error)
                                          : open_message(centre, self, error);
    return opened ? g_steal_pointer(&self) : NULL;
}

/* ---- running: visits ---- */

/* *ret_answer stays NULL when this key was never answered. */
static gboolean
find_answer(MadoStore *store,
            const MadoServiceRequest *request,
            GBytes **ret_answer,
            GError **error)
{
    g_autoptr(GError) found = NULL;
    g_autoptr(MadoAnswerRecord) record =
        store->ops->get_answer(store, request->terminal->id, request->key, &found);

    if (record == NULL) {
        if (g_error_matches(found, MADO_ERROR, MADO_ERROR_NOT_FOUND))
            return TRUE;
        g_propagate_error(error, g_steal_pointer(&found));
        return FALSE;
    }
    if (memcmp(record->body_hash, request->body_hash, sizeof record->body_hash) != 0)
        return refuse(error, MADO_PROBLEM_KEY_REUSED, "this key came with another body");
    *ret_answer = g_bytes_ref(record->answer);
    return TRUE;
}

static gboolean
keep_answer(MadoStore *store, const MadoServiceRequest *request, GBytes *answer, GError **error)
{
    MadoAnswerRecord record = {.answer = answer};

    g_strlcpy(record.terminal, request->terminal->id, sizeof record.terminal);
    g_strlcpy(record.key, request->key, sizeof record.key);
    memcpy(record.body_hash, request->body_hash, sizeof record.body_hash);
    return store->ops->put_answer(store, &record, error);
}

/* The reply's header: the request's, with what the centre has set. */
static void
fill_header(const MadoCentre *centre,
            const MadoServiceRequest *request,
            const MadoTransactionRecord *transaction,
            MadoMessageHeader *header)
{
    const MadoMessageHeader *asked = &request->header;

    mado_message_header_init(header,
                             request->kind == MADO_SERVICE_DIRECTORY
                                 ? MADO_MESSAGE_DIRECTORY_ROWS
                                 : MADO_MESSAGE_REPLY,
                             centre->settings->realm, request->terminal->id);
    header->time_ms = mado_clock_wall_ms(centre->clock);
    memcpy(header->visit, asked->visit, sizeof header->visit);
    header->step_number = asked->step_number;
    header->has_card = asked->has_card;
    memcpy(header->card_id, asked->card_id, sizeof header->card_id);
    header->has_request_hash = TRUE;
    memcpy(header->request_hash, request->body_hash, sizeof header->request_hash);
    /* The desk counts its attempts; how the card is fenced, the centre says. */
    header->attempt = asked->attempt;
    header->fencing = asked->fencing;
    memcpy(header->transaction, asked->transaction, sizeof header->transaction);
    if (transaction == NULL)
        return;
    memcpy(header->transaction, transaction->id, sizeof header->transaction);
    header->fencing = MAX(asked->fencing, transaction->fencing);
}

static GBytes *
seal(const MadoCentre *centre,
     const MadoServiceRequest *request,
     const MadoMessageHeader *header,
     const MadoSecret *body,
     GError **error)
{
    g_autoptr(MadoSecret) plain =
        body != NULL
            ? mado_message_format(header, mado_secret_peek(body), mado_secret_len(body), error)
            : NULL;

    return plain != NULL
               ? mado_envelope_seal(centre->keys->identity, request->peer, plain, error)
               : NULL;
}

static void
log_visit(const MadoServiceRequest *request, const MadoVisit *visit)
{
    g_autofree char *id = mado_message_id_to_hex(request->header.visit);

    mado_log(G_LOG_LEVEL_INFO, MADO_LOG_VISIT, id,
             "%s step %u attempt %u: next %d phase %d, stage %s%s%s",
             request->lookup != NULL ? "lookup" : "step", request->header.step_number,
             request->header.attempt, (int)visit->reply->next, (int)visit->reply->phase,
             visit->transaction != NULL ? mado_visit_table_stage_name(visit->transaction->stage)
                                        : "none",
             visit->reply->detail[0] != '\0' ? ": " : "", visit->reply->detail);
}

static GBytes *
run_visit(MadoCentre *centre, MadoServiceRequest *request, GError **error)
{
    g_auto(MadoVisit)
        visit = {.centre = centre, .header = &request->header, .terminal = request->terminal};
    g_autoptr(MadoSecret) body = NULL;
    g_autoptr(GBytes) answer = NULL;
    MadoMessageHeader header;
    gboolean done;

    if (!find_answer(centre->store, request, &answer, error))
        return NULL;
    if (answer != NULL)
        return g_steal_pointer(&answer);
    done = request->lookup != NULL ? mado_visit_lookup(&visit, request->lookup, error)
                                   : mado_visit_step(&visit, request->step, error);
    if (!done)
        return NULL;
    fill_header(centre, request, visit.transaction, &header);
    body = mado_body_reply_format(visit.reply, error);
    answer = seal(centre, request, &header, body, error);
    if (answer == NULL || !keep_answer(centre->store, request, answer, error))
        return NULL;
    log_visit(request, &visit);
    return g_steal_pointer(&answer);
}

/* ---- running: looks ---- */

static GBytes *
run_look(const MadoCentre *centre, const MadoServiceRequest *request, GError **error)
{
    const MadoLook look = {.header = &request->header,
                           .terminal = request->terminal,
                           .key = request->key,
                           .body_hash = request->body_hash,
                           .query = request->query,
                           .decision = &request->decision};
    g_autoptr(MadoBodyDirectory) directory = mado_look_run(centre, &look, error);
    g_autoptr(MadoSecret) body = NULL;
    MadoMessageHeader header;

    if (directory == NULL)
        return NULL;
    fill_header(centre, request, NULL, &header);
    body = mado_body_directory_format(directory, error);
    return seal(centre, request, &header, body, error);
}

/* ---- running: receipts ---- */

static GBytes *
acknowledge(const MadoCentre *centre,
            const MadoServiceRequest *request,
            const MadoReceiptRecord *head,
            GError **error)
{
    const MadoReceipt *receipt = &request->receipt;
    MadoBodyReceiptAck ack = {.epoch = head->epoch, .head_number = head->number};
    g_autoptr(MadoSecret) body = NULL;
    MadoMessageHeader header;

    memcpy(ack.head_hash, head->hash, sizeof ack.head_hash);
    mado_message_header_init(&header, MADO_MESSAGE_RECEIPT_ACK, centre->settings->realm,
                             request->terminal->id);
    header.time_ms = mado_clock_wall_ms(centre->clock);
    memcpy(header.visit, receipt->visit, sizeof header.visit);
    memcpy(header.transaction, receipt->transaction, sizeof header.transaction);
    header.has_card = receipt->has_card;
    memcpy(header.card_id, receipt->card_id, sizeof header.card_id);
    header.has_request_hash = TRUE;
    memcpy(header.request_hash, request->body_hash, sizeof header.request_hash);
    body = mado_body_receipt_format_ack(&ack, error);
    return seal(centre, request, &header, body, error);
}

static GBytes *
run_receipt(MadoCentre *centre,
            const MadoServiceRequest *request,
            gboolean *ret_keep,
            GError **error)
{
    const MadoReceiptBookEntry entry = {request->receipt, request->body};
    g_autoptr(MadoReceiptRecord) head = NULL;
    g_autoptr(GError) fault = NULL;

    if (!mado_receipt_book_take(centre->store, &entry, mado_clock_wall_ms(centre->clock), &head,
                                &fault)) {
        /* A fork is evidence: it stays although it is refused. */
        *ret_keep = g_error_matches(fault, MADO_PROBLEM_DOMAIN, MADO_PROBLEM_FORK);
        g_propagate_error(error, g_steal_pointer(&fault));
        return NULL;
    }
    return acknowledge(centre, request, head, error);
}

static GBytes *
run(MadoCentre *centre, MadoServiceRequest *request, gboolean *ret_keep, GError **error)
{
    switch (request->kind) {
    case MADO_SERVICE_VISIT:
        return run_visit(centre, request, error);
    case MADO_SERVICE_RECEIPT:
        return run_receipt(centre, request, ret_keep, error);
    case MADO_SERVICE_DIRECTORY:
        return run_look(centre, request, error);
    }
    g_return_val_if_reached(NULL);
}

MadoAnswer *
mado_service_run(MadoCentre *centre, MadoServiceRequest *request, gboolean *ret_keep)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) answer = NULL;
    gboolean keep = FALSE;

    answer = run(centre, request, &keep, &error);
    *ret_keep = answer != NULL || keep;
    if (answer == NULL)
        return mado_answer_new_error(request->terminal->id, error);
    return mado_answer_new(HTTP_OK, MADO_MEDIA_MESSAGE, answer);
}

/* ---- the GETs ---- */

static MadoAnswer *
answer_json(JsonBuilder *builder)
{
    g_autoptr(JsonNode) root = json_builder_get_root(builder);
    char *text = json_to_string(root, FALSE);
    g_autoptr(GBytes) body = g_bytes_new_take(text, strlen(text));

    return mado_answer_new(HTTP_OK, MEDIA_JSON, body);
}

static void
put_text(JsonBuilder *builder, const char *name, const char *value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_string_value(builder, value);
}

static void
put_int(JsonBuilder *builder, const char *name, gint64 value)
{
    json_builder_set_member_name(builder, name);
    json_builder_add_int_value(builder, value);
}

MadoAnswer *
mado_service_health(const MadoSettingsCentral *settings, MadoStore *store)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autoptr(GError) error = NULL;
    guint64 n_forks;

    if (!store->ops->count_forks(store, &n_forks, &error))
        return mado_answer_new_error("health", error);
    json_builder_begin_object(builder);
    put_text(builder, "status", "ok");
    put_text(builder, "realm", mado_realm_name(settings->realm));
    put_int(builder, "time", g_get_real_time() / 1000);
    put_int(builder, "forks", (gint64)n_forks);
    json_builder_end_object(builder);
    return answer_json(builder);
}

MadoAnswer *
mado_service_head(MadoStore *store, const char *terminal)
{
    static const guint8 none[16] = {0};
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(MadoReceiptRecord) head = store->ops->get_head(store, terminal, &error);
    g_autofree char *first = NULL;
    g_autofree char *second = NULL;
    g_autofree char *hash = NULL;

    if (head == NULL && !g_error_matches(error, MADO_ERROR, MADO_ERROR_NOT_FOUND))
        return mado_answer_new_error(terminal, error);
    first = mado_message_id_to_hex(head != NULL ? head->hash : none);
    second = mado_message_id_to_hex(head != NULL ? head->hash + 16 : none);
    hash = g_strconcat(first, second, NULL);
    json_builder_begin_object(builder);
    put_int(builder, "epoch", head != NULL ? head->epoch : 0);
    put_int(builder, "number", head != NULL ? (gint64)head->number : 0);
    put_text(builder, "hash", hash);
    json_builder_end_object(builder);
    return answer_json(builder);
}

const char *
mado_service_request_state_name(MadoRequestState state)
{
    switch (state) {
    case MADO_REQUEST_READY:
        return "ready";
    case MADO_REQUEST_SET_UP:
        return "set-up";
    case MADO_REQUEST_DELIVERED:
        return "delivered";
    case MADO_REQUEST_VOID:
        return "void";
    }
    return "unknown";
}

const char *
mado_service_transaction_state_name(MadoTransactionState state)
{
    switch (state) {
    case MADO_TRANSACTION_PREPARED:
        return "prepared";
    case MADO_TRANSACTION_WRITTEN:
        return "written";
    case MADO_TRANSACTION_COMMITTED:
        return "committed";
    case MADO_TRANSACTION_ABORTED:
        return "aborted";
    case MADO_TRANSACTION_UNKNOWN:
        return "unknown";
    }
    return "none";
}

static gboolean
add_request(gconstpointer item, gpointer user_data)
{
    const MadoRequestRecord *record = item;
    JsonBuilder *builder = user_data;

    json_builder_begin_object(builder);
    put_text(builder, "id", record->id);
    put_text(builder, "state", mado_service_request_state_name(record->state));
    put_text(builder, "transaction",
             mado_service_transaction_state_name(record->last_transaction));
    json_builder_end_object(builder);
    return TRUE;
}

MadoAnswer *
mado_service_requests(MadoStore *store, const char *municipality)
{
    g_autoptr(JsonBuilder) builder = json_builder_new();
    g_autoptr(GError) error = NULL;

    json_builder_begin_array(builder);
    if (!store->ops->list_requests(store, municipality, add_request, builder, &error))
        return mado_answer_new_error(municipality, error);
    json_builder_end_array(builder);
    return answer_json(builder);
}
