/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/fleet.h"

#include "common/error.h"
#include "common/log.h"
#include "daemon/journal-store.h"

#include <string.h>

#define N_VALUES   (12 + MADO_LATENCY_N_CLASSES)
#define LATENCY_AT 12

/* Days are the desk's own, as "YYYY-MM-DD". The classes are those of common/latency.h. */
static const char *const schema_steps[] = {
    "CREATE TABLE days (port TEXT NOT NULL, day TEXT NOT NULL, name TEXT NOT NULL,"
    " inserts INTEGER NOT NULL, opens INTEGER NOT NULL, commands INTEGER NOT NULL,"
    " mute INTEGER NOT NULL, removed INTEGER NOT NULL, reader INTEGER NOT NULL,"
    " other INTEGER NOT NULL, retries INTEGER NOT NULL, busy_us INTEGER NOT NULL,"
    " c0 INTEGER NOT NULL, c1 INTEGER NOT NULL, c2 INTEGER NOT NULL, c3 INTEGER NOT NULL,"
    " c4 INTEGER NOT NULL, c5 INTEGER NOT NULL, c6 INTEGER NOT NULL, c7 INTEGER NOT NULL,"
    " c8 INTEGER NOT NULL, c9 INTEGER NOT NULL, c10 INTEGER NOT NULL, c11 INTEGER NOT NULL,"
    " c12 INTEGER NOT NULL, c13 INTEGER NOT NULL, PRIMARY KEY (port, day)) STRICT,"
    " WITHOUT ROWID;"
    "CREATE TABLE roles (role TEXT PRIMARY KEY, port TEXT NOT NULL UNIQUE) STRICT,"
    " WITHOUT ROWID;",
};
static const MadoJournalSchema schema = {schema_steps, G_N_ELEMENTS(schema_steps)};

static const char add_counts[] =
    "INSERT INTO days VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
    " ON CONFLICT (port, day) DO UPDATE SET name = excluded.name,"
    " inserts = inserts + excluded.inserts, opens = opens + excluded.opens,"
    " commands = commands + excluded.commands, mute = mute + excluded.mute,"
    " removed = removed + excluded.removed, reader = reader + excluded.reader,"
    " other = other + excluded.other, retries = retries + excluded.retries,"
    " busy_us = busy_us + excluded.busy_us, c0 = c0 + excluded.c0, c1 = c1 + excluded.c1,"
    " c2 = c2 + excluded.c2, c3 = c3 + excluded.c3, c4 = c4 + excluded.c4,"
    " c5 = c5 + excluded.c5, c6 = c6 + excluded.c6, c7 = c7 + excluded.c7,"
    " c8 = c8 + excluded.c8, c9 = c9 + excluded.c9, c10 = c10 + excluded.c10,"
    " c11 = c11 + excluded.c11, c12 = c12 + excluded.c12, c13 = c13 + excluded.c13";
G_STATIC_ASSERT(MADO_LATENCY_N_CLASSES == 14); /* the columns above */

struct _MadoFleet {
    gatomicrefcount n_refs;
    const MadoClock *clock;
    GMainContext *context; /* referenced: where replies run */
    GAsyncQueue *queue;    /* of Job */
    GThread *thread;       /* main thread: joined by close */
    /* under lock */
    GMutex lock;
    GHashTable *ports; /* name → port, both owned */
    gboolean is_closed;
    /* main thread */
    GHashTable *roles; /* port → role, both owned */
    /* the fleet's thread */
    MadoJournalStore *store; /* (nullable) */
    char *pruned_day;        /* (nullable): when old days were last deleted */
};

typedef struct _Job Job;
typedef gboolean (*JobRun)(MadoFleet *self, Job *job, GError **error);

/* Made by any thread, run by the fleet's, ended in the main context when it has a reply. */
struct _Job {
    MadoFleet *fleet; /* referenced */
    JobRun run;       /* NULL: the last job */
    char *port;       /* (nullable) */
    char *name;       /* (nullable): of a reader, or a role */
    MadoFleetCounts counts;
    guint n_days;
    MadoFleetReply reply; /* (nullable) */
    gpointer user_data;
    GVariant *result; /* (nullable), sunk */
    GError *error;
};

static void
job_free(gpointer data)
{
    Job *job = data;

    g_free(job->port);
    g_free(job->name);
    g_clear_pointer(&job->result, g_variant_unref);
    g_clear_error(&job->error);
    mado_fleet_unref(job->fleet);
    g_free(job);
}

static Job *
job_new(MadoFleet *self, JobRun run)
{
    Job *job = g_new0(Job, 1);

    job->fleet = mado_fleet_ref(self);
    job->run = run;
    return job;
}

/* ---- the fleet's thread ---- */

/* (transfer full): @n_back days before today. */
static char *
day_of(const MadoFleet *self, guint n_back)
{
    g_autoptr(GDateTime) now =
        g_date_time_new_from_unix_local(mado_clock_wall_ms(self->clock) / 1000);
    g_autoptr(GDateTime) day = now == NULL ? NULL : g_date_time_add_days(now, -(gint)n_back);

    return day == NULL ? g_strdup("1970-01-01") : g_date_time_format(day, "%Y-%m-%d");
}

static gboolean
prune(MadoFleet *self, const char *today, GError **error)
{
    g_autofree char *oldest = day_of(self, MADO_FLEET_DAYS - 1);
    const MadoJournalValue value = mado_journal_store_text(oldest);

    if (self->pruned_day != NULL && g_str_equal(self->pruned_day, today))
        return TRUE;
    g_free(self->pruned_day);
    self->pruned_day = g_strdup(today);
    return mado_journal_store_run(self->store, "DELETE FROM days WHERE day < ?", &value, 1,
                                  error);
}

static gboolean
run_count(MadoFleet *self, Job *job, GError **error)
{
    const MadoFleetCounts *counts = &job->counts;
    const guint64 numbers[] = {counts->n_inserts, counts->n_opens,   counts->n_commands,
                               counts->n_mute,    counts->n_removed, counts->n_reader,
                               counts->n_other,   counts->n_retries, counts->busy_us};
    g_autofree char *today = day_of(self, 0);
    MadoJournalValue values[N_VALUES];

    values[0] = mado_journal_store_text(job->port);
    values[1] = mado_journal_store_text(today);
    values[2] = mado_journal_store_text(job->name);
    for (guint i = 0; i < G_N_ELEMENTS(numbers); i++)
        values[3 + i] = mado_journal_store_integer((gint64)numbers[i]);
    for (guint i = 0; i < MADO_LATENCY_N_CLASSES; i++)
        values[LATENCY_AT + i] = mado_journal_store_integer((gint64)counts->latency.counts[i]);
    return prune(self, today, error) &&
           mado_journal_store_run(self->store, add_counts, values, N_VALUES, error);
}

static gboolean
run_bind(MadoFleet *self, Job *job, GError **error)
{
    const MadoJournalValue values[] = {mado_journal_store_text(job->name),
                                       mado_journal_store_text(job->port)};

    if (!mado_journal_store_begin(self->store, error))
        return FALSE;
    if (!mado_journal_store_run(self->store, "DELETE FROM roles WHERE role = ? OR port = ?",
                                values, 2, error) ||
        (job->port != NULL &&
         !mado_journal_store_run(self->store, "INSERT INTO roles VALUES (?, ?)", values, 2,
                                 error))) {
        mado_journal_store_rollback(self->store);
        return FALSE;
    }
    return mado_journal_store_commit(self->store, error);
}

static gboolean
append_row(const MadoJournalRow *row, gpointer user_data, GError **error)
{
    static const char *const keys[] = {"inserts",      "opens",          "commands",
                                       "errors-mute",  "errors-removed", "errors-reader",
                                       "errors-other", "retries",        "busy-us"};
    GVariantBuilder *builder = user_data;
    GVariantBuilder latency;
    GVariantDict dict;

    g_variant_dict_init(&dict, NULL);
    g_variant_dict_insert(&dict, "port", "s", mado_journal_row_text(row, 0));
    g_variant_dict_insert(&dict, "day", "s", mado_journal_row_text(row, 1));
    g_variant_dict_insert(&dict, "name", "s", mado_journal_row_text(row, 2));
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
        g_variant_dict_insert(&dict, keys[i], "t",
                              (guint64)mado_journal_row_integer(row, 3 + (int)i));
    g_variant_builder_init(&latency, G_VARIANT_TYPE("at"));
    for (int i = 0; i < MADO_LATENCY_N_CLASSES; i++)
        g_variant_builder_add(&latency, "t",
                              (guint64)mado_journal_row_integer(row, LATENCY_AT + i));
    g_variant_dict_insert_value(&dict, "latency", g_variant_builder_end(&latency));
    g_variant_dict_insert(&dict, "role", "s", mado_journal_row_text(row, N_VALUES));
    g_variant_builder_add_value(builder, g_variant_dict_end(&dict));
    return TRUE;
}

static gboolean
run_list(MadoFleet *self, Job *job, GError **error)
{
    static const char query[] =
        "SELECT days.*, roles.role FROM days LEFT JOIN roles USING (port)"
        " WHERE day > ? ORDER BY day, port";
    g_autofree char *after = day_of(self, job->n_days);
    const MadoJournalValue value = mado_journal_store_text(after);
    GVariantBuilder builder;

    g_variant_builder_init(&builder, G_VARIANT_TYPE("aa{sv}"));
    if (!mado_journal_store_query(self->store, query, &value, 1, append_row, &builder, error)) {
        g_variant_builder_clear(&builder);
        return FALSE;
    }
    job->result = g_variant_ref_sink(g_variant_new("(aa{sv})", &builder));
    return TRUE;
}

static gboolean
reply_cb(gpointer data)
{
    Job *job = data;
    MadoFleet *self = job->fleet;

    if (job->error == NULL && job->run == run_bind) {
        GHashTableIter iter;
        gpointer role;

        g_hash_table_iter_init(&iter, self->roles);
        while (g_hash_table_iter_next(&iter, NULL, &role)) {
            if (g_str_equal(role, job->name))
                g_hash_table_iter_remove(&iter);
        }
        if (job->port != NULL)
            g_hash_table_insert(self->roles, g_strdup(job->port), g_strdup(job->name));
    }
    job->reply(job->result, job->error, job->user_data);
    return G_SOURCE_REMOVE;
}

static void
finish(MadoFleet *self, Job *job)
{
    g_autoptr(GSource) source = NULL;

    if (job->reply == NULL) {
        if (job->error != NULL && self->store != NULL)
            mado_log(G_LOG_LEVEL_MESSAGE, MADO_LOG_READER, job->port, "counts are lost: %s",
                     job->error->message);
        job_free(job);
        return;
    }
    if (job->error == NULL && job->result == NULL)
        job->result = g_variant_ref_sink(g_variant_new("()"));
    source = g_idle_source_new();
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, reply_cb, job, job_free);
    (void)g_source_attach(source, self->context);
}

static gpointer
run_thread(gpointer data)
{
    MadoFleet *self = data;

    for (;;) {
        Job *job = g_async_queue_pop(self->queue);

        if (job->run == NULL) {
            job_free(job);
            return NULL;
        }
        if (self->store == NULL)
            g_set_error_literal(&job->error, MADO_ERROR, MADO_ERROR_ENROLMENT,
                                "no file for the readers' counts");
        else
            (void)job->run(self, job, &job->error);
        finish(self, job);
    }
}

/* ---- the object ---- */

static gboolean
take_role(const MadoJournalRow *row, gpointer user_data, GError **error)
{
    MadoFleet *self = user_data;

    g_hash_table_insert(self->roles, g_strdup(mado_journal_row_text(row, 1)),
                        g_strdup(mado_journal_row_text(row, 0)));
    return TRUE;
}

static void
open_store(MadoFleet *self, const char *path)
{
    g_autoptr(GError) error = NULL;

    self->store = mado_journal_store_open(path, &schema, &error);
    if (self->store != NULL &&
        mado_journal_store_query(self->store, "SELECT role, port FROM roles", NULL, 0,
                                 take_role, self, &error))
        return;
    g_clear_pointer(&self->store, mado_journal_store_close);
    mado_log(G_LOG_LEVEL_MESSAGE, MADO_LOG_READER, NULL, "readers are not counted: %s",
             error->message);
}

MadoFleet *
mado_fleet_open(const char *path, const MadoClock *clock)
{
    MadoFleet *self = g_new0(MadoFleet, 1);

    g_atomic_ref_count_init(&self->n_refs);
    g_mutex_init(&self->lock);
    self->clock = clock;
    self->context = g_main_context_ref_thread_default();
    self->queue = g_async_queue_new_full(job_free);
    self->ports = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    self->roles = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    if (path != NULL)
        open_store(self, path);
    self->thread = g_thread_new("fleet", run_thread, self);
    return self;
}

MadoFleet *
mado_fleet_ref(MadoFleet *self)
{
    g_atomic_ref_count_inc(&self->n_refs);
    return self;
}

void
mado_fleet_unref(MadoFleet *self)
{
    if (!g_atomic_ref_count_dec(&self->n_refs))
        return;
    g_async_queue_unref(self->queue);
    g_hash_table_unref(self->ports);
    g_hash_table_unref(self->roles);
    g_main_context_unref(self->context);
    g_mutex_clear(&self->lock);
    g_free(self->pruned_day);
    g_free(self);
}

/* Takes the job, also when it comes too late. */
static void
push(MadoFleet *self, Job *job)
{
    gboolean is_closed;

    {
        g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

        is_closed = self->is_closed;
        if (!is_closed)
            g_async_queue_push(self->queue, job);
    }
    if (is_closed)
        job_free(job);
}

void
mado_fleet_close(MadoFleet *self)
{
    {
        g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

        g_async_queue_push(self->queue, job_new(self, NULL));
        self->is_closed = TRUE;
    }
    (void)g_thread_join(self->thread);
    g_clear_pointer(&self->store, mado_journal_store_close);
    mado_fleet_unref(self);
}

/* ---- any thread ---- */

void
mado_fleet_place(MadoFleet *self, const char *name, const char *port)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    g_hash_table_insert(self->ports, g_strdup(name), g_strdup(port));
}

/* (transfer full) (nullable) */
static char *
port_of(MadoFleet *self, const char *name)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    return g_strdup(g_hash_table_lookup(self->ports, name));
}

void
mado_fleet_count(MadoFleet *self, const char *name, const MadoFleetCounts *counts)
{
    g_autofree char *port = port_of(self, name);
    Job *job;

    if (port == NULL)
        return;
    job = job_new(self, run_count);
    job->port = g_steal_pointer(&port);
    job->name = g_strdup(name);
    job->counts = *counts;
    push(self, job);
}

/* ---- main thread ---- */

const char *
mado_fleet_role(const MadoFleet *self, const char *port)
{
    const char *role = g_hash_table_lookup(self->roles, port);

    return role != NULL ? role : "";
}

gboolean
mado_fleet_check_role(const char *role, GError **error)
{
    gsize len = strlen(role);

    if (len > 0 && len <= MADO_FLEET_ROLE_LEN &&
        strspn(role, "abcdefghijklmnopqrstuvwxyz0123456789-") == len)
        return TRUE;
    g_set_error_literal(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT,
                        "a role is 1 to 16 lower-case letters, digits and hyphens");
    return FALSE;
}

void
mado_fleet_bind(MadoFleet *self,
                const char *role,
                const char *port,
                MadoFleetReply reply,
                gpointer user_data)
{
    Job *job = job_new(self, run_bind);

    job->name = g_strdup(role);
    job->port = g_strdup(port);
    job->reply = reply;
    job->user_data = user_data;
    push(self, job);
}

void
mado_fleet_list(MadoFleet *self, guint n_days, MadoFleetReply reply, gpointer user_data)
{
    Job *job = job_new(self, run_list);

    job->n_days = n_days;
    job->reply = reply;
    job->user_data = user_data;
    push(self, job);
}
