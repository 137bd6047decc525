/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/journal.h"

#include "common/body-receipt.h"
#include "common/envelope.h"
#include "common/error.h"
#include "common/log.h"
#include "daemon/journal-meta.h"
#include "daemon/journal-query.h"

#include <string.h>

#define BATCH_AT_MOST 64 /* entries in one commit */

struct _MadoJournal {
    /* always; read-only after start */
    MadoJournalSettings settings; /* its strings are the two below */
    char *path;                   /* owned */
    char *terminal;               /* owned */
    guint8 key_id[32];
    guint8 boot_id[16];
    GMainContext *context; /* referenced: where replies run */
    GAsyncQueue *queue;    /* owned, of Job borrowed */
    GThread *thread;       /* joined by close */
    GMutex mutex;          /* guards `done` of every blocking job */
    GCond finished;
    guint n_writers; /* main thread */
    /* the journal's thread alone */
    MadoJournalStore *store; /* owned */
    GHashTable *left;        /* owned: GBytes of visits that stopped, unwritten yet, to why */
    GHashTable *lost;        /* owned, of writers' numbers */
    guint n_backlog;
};

/* What the thread is asked to do: write an entry, or run a function. */
typedef struct _Job Job;
typedef gboolean (*JobRun)(MadoJournal *self, Job *job, GError **error);

struct _Job {
    MadoJournalEntry *entry; /* owned; NULL: run */
    JobRun run;
    gboolean stops; /* the last job */
    GError *error;  /* owned */
    gboolean done;  /* under the mutex */
    /* of run: what it needs and gives */
    const guint8 *id;
    guint8 owned_id[MADO_MESSAGE_ID_LEN];
    MadoSlot slot;
    gboolean flag;
    gint64 number;
    guint limit;
    guint writer;
    char *key;     /* owned */
    GBytes *bytes; /* owned; in or out */
    MadoJournalVisit visit;
    GVariant *result; /* owned, sunk */
    /* asynchronous when set; the job then frees itself */
    MadoJournalReply reply;
    gpointer user_data;
};

static void
job_clear(Job *job)
{
    mado_journal_entry_free(job->entry);
    g_clear_error(&job->error);
    g_clear_pointer(&job->key, g_free);
    g_clear_pointer(&job->bytes, g_bytes_unref);
    g_clear_pointer(&job->result, g_variant_unref);
}

static void
job_free(gpointer data)
{
    job_clear(data);
    g_free(data);
}

/* ---- the journal's thread ---- */

typedef struct {
    void (*on_backlog)(guint n_receipts, gpointer user_data);
    gpointer user_data;
    guint n_receipts;
} BacklogNews;

static gboolean
tell_backlog(gpointer data)
{
    const BacklogNews *news = data;

    news->on_backlog(news->n_receipts, news->user_data);
    return G_SOURCE_REMOVE;
}

static void
update_backlog(MadoJournal *self)
{
    guint n_receipts = self->n_backlog;
    BacklogNews *news;

    if (!mado_journal_query_backlog(self->store, &n_receipts, NULL) ||
        n_receipts == self->n_backlog)
        return;
    self->n_backlog = n_receipts;
    if (self->settings.on_backlog == NULL)
        return;
    news = g_new0(BacklogNews, 1);
    news->on_backlog = self->settings.on_backlog;
    news->user_data = self->settings.user_data;
    news->n_receipts = n_receipts;
    g_main_context_invoke_full(self->context, G_PRIORITY_DEFAULT, tell_backlog, news, g_free);
}

static gboolean
run_reply(gpointer data)
{
    Job *job = data;

    job->reply(job->result, job->error, job->user_data);
    return G_SOURCE_REMOVE;
}

static void
finish_job(MadoJournal *self, Job *job)
{
    if (job->reply != NULL) {
        g_main_context_invoke_full(self->context, G_PRIORITY_DEFAULT, run_reply, job, job_free);
        return;
    }
    g_mutex_lock(&self->mutex);
    job->done = TRUE;
    g_cond_broadcast(&self->finished);
    g_mutex_unlock(&self->mutex);
}

static MadoJournalPen
take_pen(MadoJournal *self)
{
    return (MadoJournalPen){
        .store = self->store,
        .now_ms = mado_clock_wall_ms(self->settings.clock),
        .monotonic_ms = mado_clock_monotonic_ms(self->settings.clock),
        .realm = self->settings.realm,
        .terminal = self->settings.terminal,
        .boot_id = self->boot_id,
        .key_id = self->key_id,
        .seal = self->settings.seal,
        .seal_data = self->settings.data,
    };
}

static gboolean
is_lost(MadoJournal *self, guint writer)
{
    return g_hash_table_contains(self->lost, GUINT_TO_POINTER(writer));
}

/* One entry inside the batch's transaction: its failure undoes it alone. */
static gboolean
apply_entry(MadoJournal *self, const MadoJournalPen *pen, Job *job)
{
    g_clear_error(&job->error);
    if (is_lost(self, mado_journal_entry_writer(job->entry))) {
        g_set_error_literal(&job->error, MADO_ERROR, MADO_ERROR_JOURNAL,
                            "a worker that was given up writes no more");
        return FALSE;
    }
    if (!mado_journal_store_save(self->store, &job->error))
        return FALSE;
    if (mado_journal_entry_apply(job->entry, pen, &job->error)) {
        mado_journal_store_keep(self->store);
        return TRUE;
    }
    mado_journal_store_undo(self->store);
    return FALSE;
}

/* FALSE with @error: nothing of the batch is in the journal. Else each job has its own result.
 */
static gboolean
write_once(MadoJournal *self, GPtrArray *batch, GError **error)
{
    const MadoJournalPen pen = take_pen(self);

    if (!mado_journal_store_begin(self->store, error))
        return FALSE;
    for (guint i = 0; i < batch->len; i++) {
        Job *job = g_ptr_array_index(batch, i);

        if (apply_entry(self, &pen, job) || !mado_journal_store_was_full(self->store))
            continue;
        /* A full disk may have undone more than this entry. */
        mado_journal_store_rollback(self->store);
        g_propagate_error(error, g_steal_pointer(&job->error));
        return FALSE;
    }
    return mado_journal_store_commit(self->store, error);
}

static void
write_batch(MadoJournal *self, GPtrArray *batch)
{
    g_autoptr(GError) error = NULL;
    gboolean ok = write_once(self, batch, &error);

    if (!ok && mado_journal_store_was_full(self->store)) {
        mado_log(G_LOG_LEVEL_MESSAGE, MADO_LOG_STORE, NULL,
                 "the disk is full: using the reserve to finish what has begun");
        mado_journal_store_release_reserve(self->store);
        g_clear_error(&error);
        ok = write_once(self, batch, &error);
    }
    for (guint i = 0; i < batch->len; i++) {
        Job *job = g_ptr_array_index(batch, i);

        if (!ok) {
            g_clear_error(&job->error);
            job->error = g_error_copy(error);
        }
        finish_job(self, job);
    }
    update_backlog(self);
}

/* Takes what waits behind the first entry; a job of another kind ends the batch and comes
 * after it. */
static Job *
collect_batch(MadoJournal *self, GPtrArray *batch)
{
    Job *job = NULL;

    while (batch->len < BATCH_AT_MOST) {
        job = g_async_queue_try_pop(self->queue);
        if (job == NULL || job->entry == NULL)
            return job;
        g_ptr_array_add(batch, job);
    }
    return NULL;
}

static gpointer
run_thread(gpointer data)
{
    MadoJournal *self = data;
    g_autoptr(GPtrArray) batch = g_ptr_array_new();
    Job *job = NULL;
    gboolean stop = FALSE;

    while (!stop) {
        if (job == NULL)
            job = g_async_queue_pop(self->queue);
        if (job->entry != NULL) {
            g_ptr_array_set_size(batch, 0);
            g_ptr_array_add(batch, job);
            job = collect_batch(self, batch);
            write_batch(self, batch);
            continue;
        }
        stop = job->stops;
        if (!stop)
            job->run(self, job, &job->error);
        finish_job(self, job);
        job = NULL;
    }
    return NULL;
}

/* ---- asking it ---- */

static gboolean
run_job(MadoJournal *self, Job *job, GError **error)
{
    g_async_queue_push(self->queue, job);
    g_mutex_lock(&self->mutex);
    while (!job->done)
        g_cond_wait(&self->finished, &self->mutex);
    g_mutex_unlock(&self->mutex);
    if (job->error == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&job->error));
    return FALSE;
}

static void
post_job(MadoJournal *self, Job *job, MadoJournalReply reply, gpointer user_data)
{
    job->reply = reply;
    job->user_data = user_data;
    g_async_queue_push(self->queue, job);
}

gboolean
mado_journal_write(MadoJournal *self, MadoJournalEntry *entry, GError **error)
{
    Job job = {.entry = entry};
    gboolean ok;

    g_return_val_if_fail(!g_main_context_is_owner(self->context), FALSE);
    ok = run_job(self, &job, error);
    job_clear(&job);
    return ok;
}

/* Adds a receipt to @entry, its body encrypted to the centre. */
static gboolean
add_receipt(MadoJournal *self,
            MadoJournalEntry *entry,
            const MadoReceipt *draft,
            const MadoBodyReceipt *body,
            GError **error)
{
    g_autoptr(MadoSecret) plain = mado_body_receipt_format(body, error);
    g_autoptr(GBytes) sealed = NULL;

    sealed = plain == NULL ? NULL : self->settings.encrypt(plain, self->settings.data, error);
    if (sealed == NULL)
        return FALSE;
    mado_journal_entry_put_receipt(entry, draft, sealed);
    return TRUE;
}

/* A visit that no session ended: its daemon was killed, or the disk was full when it stopped.
 */
static gboolean
put_held(MadoJournal *self,
         MadoJournalEntry *entry,
         const MadoJournalVisit *open_visit,
         const char *reason,
         GError **error)
{
    MadoJournalVisit visit = *open_visit;
    MadoReceipt draft = {.kind = MADO_RECEIPT_HELD, .has_card = TRUE};
    MadoBodyReceipt body = {.procedure = visit.procedure, .outcome = MADO_ERROR_HELD};

    visit.state = MADO_JOURNAL_VISIT_HELD;
    visit.error = MADO_ERROR_HELD;
    g_strlcpy(visit.reason, reason, sizeof visit.reason);
    mado_journal_entry_put_visit(entry, &visit);
    memcpy(draft.visit, visit.visit, sizeof draft.visit);
    memcpy(draft.transaction, visit.transaction, sizeof draft.transaction);
    memcpy(draft.card_id, visit.card_id, sizeof draft.card_id);
    g_strlcpy(draft.operator_id, visit.operator_id, sizeof draft.operator_id);
    g_strlcpy(body.request_id, visit.request_id, sizeof body.request_id);
    return add_receipt(self, entry, &draft, &body, error);
}

/* Those of @visits that are in @only, all when it is NULL: on hold, durably. */
static gboolean
hold_visits(MadoJournal *self, GArray *visits, GHashTable *only, GError **error)
{
    g_autoptr(MadoJournalEntry) entry = mado_journal_entry_new();
    const MadoJournalPen pen = take_pen(self);

    for (guint i = 0; i < visits->len; i++) {
        const MadoJournalVisit *visit = &g_array_index(visits, MadoJournalVisit, i);
        g_autoptr(GBytes) id = g_bytes_new_static(visit->visit, sizeof visit->visit);

        const char *reason = only == NULL ? "the daemon ended" : g_hash_table_lookup(only, id);

        if (reason != NULL && !put_held(self, entry, visit, reason, error))
            return FALSE;
    }
    if (!mado_journal_store_begin(self->store, error))
        return FALSE;
    if (mado_journal_entry_apply(entry, &pen, error))
        return mado_journal_store_commit(self->store, error);
    mado_journal_store_rollback(self->store);
    return FALSE;
}

static gboolean
hold_open_visits(MadoJournal *self, GError **error)
{
    g_autoptr(GArray) visits = mado_journal_query_open(self->store, error);

    if (visits == NULL || visits->len == 0)
        return visits != NULL;
    return hold_visits(self, visits, NULL, error);
}

static gboolean
hold_left_visits(MadoJournal *self, GError **error)
{
    g_autoptr(GArray) visits = NULL;

    if (g_hash_table_size(self->left) == 0)
        return TRUE;
    visits = mado_journal_query_open(self->store, error);
    if (visits == NULL || !hold_visits(self, visits, self->left, error))
        return FALSE;
    g_hash_table_remove_all(self->left);
    update_backlog(self);
    return TRUE;
}

static gboolean
run_check(MadoJournal *self, Job *job, GError **error)
{
    gboolean forked = FALSE;

    if (!mado_journal_store_ensure_reserve(self->store, MADO_LIMIT_JOURNAL_RESERVE_KIB,
                                           error) ||
        !mado_journal_meta_probe(self->store, error) || !hold_left_visits(self, error) ||
        !mado_journal_meta_is_forked(self->store, &forked, error))
        return FALSE;
    if (forked) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_JOURNAL,
                            "the centre holds other receipts than this journal: a restored "
                            "desk needs a new epoch");
        return FALSE;
    }
    if (job->flag && self->n_backlog >= MADO_LIMIT_RECEIPT_BACKLOG) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_LIMIT, "%u receipts wait for the centre",
                    self->n_backlog);
        return FALSE;
    }
    return TRUE;
}

static void
leave_visit(MadoJournal *self, const guint8 *visit, const char *reason)
{
    g_hash_table_insert(self->left, g_bytes_new(visit, MADO_MESSAGE_ID_LEN), g_strdup(reason));
}

static gboolean
run_leave(MadoJournal *self, Job *job, GError **error)
{
    if (!is_lost(self, job->writer))
        leave_visit(self, job->id, "the journal could not be written");
    return TRUE;
}

void
mado_journal_leave(MadoJournal *self, guint writer, const guint8 visit[MADO_MESSAGE_ID_LEN])
{
    Job job = {.run = run_leave, .id = visit, .writer = writer};

    run_job(self, &job, NULL);
}

static gboolean
run_abandon(MadoJournal *self, Job *job, GError **error)
{
    g_hash_table_add(self->lost, GUINT_TO_POINTER(job->writer));
    leave_visit(self, job->owned_id, "a command to the card did not return");
    return hold_left_visits(self, error);
}

static void
on_abandoned(GVariant *result, const GError *error, gpointer user_data)
{
    if (error != NULL)
        mado_log(G_LOG_LEVEL_MESSAGE, MADO_LOG_STORE, NULL,
                 "a visit that was given up is not yet written as held: %s", error->message);
}

void
mado_journal_abandon(MadoJournal *self, guint writer, const guint8 visit[MADO_MESSAGE_ID_LEN])
{
    Job *job = g_new0(Job, 1);

    job->run = run_abandon;
    job->writer = writer;
    memcpy(job->owned_id, visit, MADO_MESSAGE_ID_LEN);
    post_job(self, job, on_abandoned, NULL);
}

guint
mado_journal_add_writer(MadoJournal *self)
{
    return ++self->n_writers;
}

gboolean
mado_journal_check_ready(MadoJournal *self, gboolean is_new, GError **error)
{
    Job job = {.run = run_check, .flag = is_new};

    return run_job(self, &job, error);
}

static gboolean
run_find_visit(MadoJournal *self, Job *job, GError **error)
{
    return mado_journal_query_visit(self->store, job->id, &job->visit, error);
}

gboolean
mado_journal_find_visit(MadoJournal *self,
                        const guint8 visit[MADO_MESSAGE_ID_LEN],
                        MadoJournalVisit *ret_visit,
                        GError **error)
{
    Job job = {.run = run_find_visit, .id = visit};

    if (!run_job(self, &job, error))
        return FALSE;
    *ret_visit = job.visit;
    return TRUE;
}

static gboolean
run_find_card(MadoJournal *self, Job *job, GError **error)
{
    return mado_journal_query_card(self->store, job->id, &job->visit, error);
}

gboolean
mado_journal_find_card(MadoJournal *self,
                       const guint8 card_id[MADO_CARD_ID_LEN],
                       MadoJournalVisit *ret_visit,
                       GError **error)
{
    Job job = {.run = run_find_card, .id = card_id};

    if (!run_job(self, &job, error))
        return FALSE;
    *ret_visit = job.visit;
    return TRUE;
}

static gboolean
run_find_csr(MadoJournal *self, Job *job, GError **error)
{
    job->bytes = mado_journal_query_csr(self->store, job->id, job->slot, error);
    return job->bytes != NULL;
}

GBytes *
mado_journal_find_csr(MadoJournal *self,
                      const guint8 transaction[MADO_MESSAGE_ID_LEN],
                      MadoSlot slot,
                      GError **error)
{
    Job job = {.run = run_find_csr, .id = transaction, .slot = slot};

    return run_job(self, &job, error) ? job.bytes : NULL;
}

static gboolean
run_centre_time(MadoJournal *self, Job *job, GError **error)
{
    return mado_journal_meta_centre_time(self->store, &job->number, error);
}

gboolean
mado_journal_centre_time(MadoJournal *self, gint64 *ret_centre_ms, GError **error)
{
    Job job = {.run = run_centre_time};

    if (!run_job(self, &job, error))
        return FALSE;
    *ret_centre_ms = job.number;
    return TRUE;
}

gboolean
mado_journal_pin_changed(MadoJournal *self,
                         const guint8 *card_id,
                         MadoPinKind kind,
                         MadoErrorCode outcome,
                         GError **error)
{
    MadoReceipt draft = {.kind = MADO_RECEIPT_PIN_CHANGED, .has_card = TRUE};
    MadoBodyReceipt body = {.outcome = outcome};
    g_autoptr(MadoJournalEntry) entry = mado_journal_entry_new();

    memcpy(draft.card_id, card_id, sizeof draft.card_id);
    g_snprintf(body.detail, sizeof body.detail, "pin %u", (guint)kind);
    return add_receipt(self, entry, &draft, &body, error) &&
           mado_journal_write(self, g_steal_pointer(&entry), error);
}

/* ---- for interface Manager ---- */

static gboolean
take_result(Job *job, GVariant *result)
{
    job->result = result == NULL ? NULL : g_variant_ref_sink(result);
    return result != NULL;
}

static gboolean
run_list_visits(MadoJournal *self, Job *job, GError **error)
{
    return take_result(job, mado_journal_query_visits(self->store, error));
}

void
mado_journal_list_visits(MadoJournal *self, MadoJournalReply reply, gpointer user_data)
{
    Job *job = g_new0(Job, 1);

    job->run = run_list_visits;
    post_job(self, job, reply, user_data);
}

static gboolean
run_list_receipts(MadoJournal *self, Job *job, GError **error)
{
    return take_result(
        job, mado_journal_query_receipts(self->store, (guint64)job->number, job->limit, error));
}

void
mado_journal_list_receipts(
    MadoJournal *self, guint64 after, guint limit, MadoJournalReply reply, gpointer user_data)
{
    Job *job = g_new0(Job, 1);

    job->run = run_list_receipts;
    job->number = (gint64)MIN(after, (guint64)G_MAXINT64);
    job->limit = limit;
    post_job(self, job, reply, user_data);
}

static gboolean
run_next_delivery(MadoJournal *self, Job *job, GError **error)
{
    return take_result(
        job, mado_journal_query_delivery(self->store, self->settings.terminal, error));
}

void
mado_journal_next_delivery(MadoJournal *self, MadoJournalReply reply, gpointer user_data)
{
    Job *job = g_new0(Job, 1);

    job->run = run_next_delivery;
    post_job(self, job, reply, user_data);
}

/* A reply is taken only when it says whose, to what and from the same realm it is. */
static gboolean
check_ack_header(MadoJournal *self,
                 const MadoMessageHeader *header,
                 const guint8 request_hash[32],
                 GError **error)
{
    const char *fault = NULL;

    if (header->type != MADO_MESSAGE_RECEIPT_ACK)
        fault = "not an acknowledgement";
    else if (header->realm != self->settings.realm)
        fault = "of another realm";
    else if (strcmp(header->terminal, self->settings.terminal) != 0)
        fault = "for another desk";
    else if (!header->has_request_hash ||
             memcmp(header->request_hash, request_hash, MADO_MESSAGE_HASH_LEN) != 0)
        fault = "to another receipt";
    if (fault == NULL)
        return TRUE;
    g_set_error(error, MADO_ERROR, MADO_ERROR_CENTRE_ANSWER, "the centre's answer is %s",
                fault);
    return FALSE;
}

static gboolean
open_ack(MadoJournal *self, Job *job, MadoJournalAck *ret_ack, GError **error)
{
    g_autoptr(MadoSecret) plain = NULL;
    MadoMessageHeader header;
    MadoBodyReceiptAck ack;
    const guint8 *body;
    gsize body_len;
    guint8 hash[32];

    if (!mado_journal_query_receipt_hash(self->store, job->key, hash, error))
        return FALSE;
    plain = self->settings.open(job->bytes, self->settings.data, error);
    if (plain == NULL || !mado_message_parse(plain, &header, &body, &body_len, error) ||
        !check_ack_header(self, &header, hash, error) ||
        !mado_body_receipt_parse_ack(body, body_len, &ack, error))
        return FALSE;
    ret_ack->epoch = ack.epoch;
    ret_ack->head_number = ack.head_number;
    memcpy(ret_ack->head_hash, ack.head_hash, sizeof ret_ack->head_hash);
    return TRUE;
}

static gboolean
run_finish_delivery(MadoJournal *self, Job *job, GError **error)
{
    MadoJournalAck ack;

    if (!open_ack(self, job, &ack, error) ||
        !mado_journal_query_acknowledge(self->store, &ack, error))
        return FALSE;
    update_backlog(self);
    return take_result(job, g_variant_new("(u)", self->n_backlog));
}

void
mado_journal_finish_delivery(MadoJournal *self,
                             const char *key,
                             GBytes *answer,
                             MadoJournalReply reply,
                             gpointer user_data)
{
    Job *job = g_new0(Job, 1);

    job->run = run_finish_delivery;
    job->key = g_strdup(key);
    job->bytes = g_bytes_ref(answer);
    post_job(self, job, reply, user_data);
}

/* ---- life ---- */

static gboolean
open_store(MadoJournal *self, GError **error)
{
    const MadoJournalSettings *settings = &self->settings;

    self->store = mado_journal_store_open(settings->path, mado_journal_store_schema(), error);
    return self->store != NULL &&
           mado_journal_meta_ensure_owner(self->store, settings->realm, settings->terminal,
                                          error) &&
           hold_open_visits(self, error) &&
           mado_journal_query_backlog(self->store, &self->n_backlog, error);
}

static void
free_journal(MadoJournal *self)
{
    mado_journal_store_close(self->store);
    g_async_queue_unref(self->queue);
    g_hash_table_unref(self->left);
    g_hash_table_unref(self->lost);
    g_main_context_unref(self->context);
    g_mutex_clear(&self->mutex);
    g_cond_clear(&self->finished);
    g_free(self->path);
    g_free(self->terminal);
    g_free(self);
}

MadoJournal *
mado_journal_start(const MadoJournalSettings *settings, GError **error)
{
    MadoJournal *self = g_new0(MadoJournal, 1);
    guint n_backlog;

    self->settings = *settings;
    self->path = g_strdup(settings->path);
    self->terminal = g_strdup(settings->terminal);
    self->settings.path = self->path;
    self->settings.terminal = self->terminal;
    memcpy(self->key_id, settings->key_id, sizeof self->key_id);
    mado_clock_boot_id(self->boot_id);
    self->context = g_main_context_ref_thread_default();
    self->queue = g_async_queue_new();
    self->left = g_hash_table_new_full(g_bytes_hash, g_bytes_equal,
                                       (GDestroyNotify)g_bytes_unref, g_free);
    self->lost = g_hash_table_new(NULL, NULL);
    g_mutex_init(&self->mutex);
    g_cond_init(&self->finished);
    if (!open_store(self, error)) {
        free_journal(self);
        return NULL;
    }
    n_backlog = self->n_backlog;
    self->thread = g_thread_new("journal", run_thread, self);
    if (settings->on_backlog != NULL && n_backlog > 0)
        settings->on_backlog(n_backlog, settings->user_data);
    return self;
}

void
mado_journal_close(MadoJournal *self)
{
    Job job = {.stops = TRUE};

    if (self == NULL)
        return;
    g_async_queue_push(self->queue, &job);
    g_thread_join(self->thread);
    free_journal(self);
}
