/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/directory.h"

#include "common/error.h"
#include "common/reading.h"
#include "madoguchi/limits.h"

#include <string.h>

#define FIELD_BIRTH   "birth"
#define FIELD_READING "reading"
/* Of the rows, so that they fit into a message with its envelope. */
#define ROWS_LEN_MAX (MADO_LIMIT_MESSAGE_LEN - 8192)

/* ---- what a request is found by ---- */

/* The first @n_chars characters; NULL when there are fewer. */
static char *
take_prefix(const char *key, glong n_chars)
{
    return g_utf8_strlen(key, -1) >= n_chars ? g_utf8_substring(key, 0, n_chars) : NULL;
}

static gboolean
add_prefixes(const MadoVault *vault,
             const char *place,
             const char *start,
             MadoSearchKeys *keys,
             GError **error)
{
    for (glong n = MADO_LIMIT_LOOK_READING; n <= MADO_DIRECTORY_PREFIX_MAX; n++) {
        g_autofree char *prefix = take_prefix(start, n);

        if (prefix == NULL || keys->n_readings == MADO_SEARCH_READINGS_MAX)
            return TRUE;
        if (!mado_vault_term_key(vault, FIELD_READING, place, prefix,
                                 keys->readings[keys->n_readings], error))
            return FALSE;
        keys->n_readings++;
    }
    return TRUE;
}

gboolean
mado_directory_make_keys(const MadoVault *vault,
                         const char *place,
                         const MadoResident *resident,
                         MadoSearchKeys *ret_keys,
                         GError **error)
{
    g_autoptr(GPtrArray) starts = mado_reading_starts(resident->kana);
    MadoSearchKeys keys = {.n_readings = 0};

    if (!mado_vault_term_key(vault, FIELD_BIRTH, place, resident->birth, keys.birth, error))
        return FALSE;
    for (guint i = 0; i < starts->len; i++)
        if (!add_prefixes(vault, place, g_ptr_array_index(starts, i), &keys, error))
            return FALSE;
    *ret_keys = keys;
    return TRUE;
}

static gboolean
index_one(MadoStore *store,
          const MadoVault *vault,
          const MadoRequestRecord *record,
          GError **error)
{
    g_autoptr(MadoResident) resident =
        mado_resident_open(vault, record->id, record->person, error);
    MadoSearchKeys keys;

    return resident != NULL &&
           mado_directory_make_keys(vault, record->municipality, resident, &keys, error) &&
           store->ops->put_search_keys(store, record->id, &keys, error);
}

static gboolean
index_rest(MadoStore *store, const MadoVault *vault, guint *ret_n, GError **error)
{
    for (guint n = 0;; n++) {
        g_autoptr(GError) found = NULL;
        g_autoptr(MadoRequestRecord) record = store->ops->find_unindexed(store, &found);

        if (record == NULL && g_error_matches(found, MADO_ERROR, MADO_ERROR_NOT_FOUND)) {
            *ret_n = n;
            return TRUE;
        }
        if (record == NULL) {
            g_propagate_error(error, g_steal_pointer(&found));
            return FALSE;
        }
        if (!index_one(store, vault, record, error))
            return FALSE;
    }
}

gboolean
mado_directory_index_all(MadoStore *store, const MadoVault *vault, guint *ret_n, GError **error)
{
    guint n = 0;

    if (!store->ops->begin(store, error))
        return FALSE;
    if (!index_rest(store, vault, &n, error) || !store->ops->commit(store, error)) {
        store->ops->rollback(store);
        return FALSE;
    }
    if (ret_n != NULL)
        *ret_n = n;
    return TRUE;
}

/* ---- what a look finds ---- */

typedef struct {
    const MadoVault *vault;
    const MadoBodyQuery *query;
    const char *reading; /* folded; NULL: any */
    MadoBodyDirectory *directory;
    gsize len; /* of the rows so far */
    guint n_skipped;
    GError *error; /* owned */
} Job;

static gboolean
fits(const Job *job, const MadoRequestRecord *request, const MadoResident *resident)
{
    const MadoBodyQuery *query = job->query;

    return (query->request_id[0] == '\0' || strcmp(query->request_id, request->id) == 0) &&
           (query->birth[0] == '\0' || strcmp(query->birth, resident->birth) == 0) &&
           (job->reading == NULL || mado_reading_matches(resident->kana, job->reading));
}

/* Who has a reservation comes for the card; who has none may not even know of it yet. */
static MadoProcedure
procedure_of(const MadoRequestRecord *request)
{
    if (request->procedure != 0)
        return request->procedure;
    return request->state == MADO_REQUEST_READY && request->reserved_day[0] == '\0'
               ? MADO_PROCEDURE_PREPARE
               : MADO_PROCEDURE_ISSUE;
}

static MadoBodyRow *
make_row(const MadoDirectoryRecord *record, const MadoResident *resident)
{
    const MadoRequestRecord *request = record->request;
    MadoBodyRow *row = mado_body_directory_new_row();

    g_strlcpy(row->request_id, request->id, sizeof row->request_id);
    g_strlcpy(row->reserved_day, request->reserved_day, sizeof row->reserved_day);
    g_strlcpy(row->reserved_time, request->reserved_time, sizeof row->reserved_time);
    row->number = request->queue_number;
    g_strlcpy(row->name, resident->name, sizeof row->name);
    g_strlcpy(row->kana, resident->kana, sizeof row->kana);
    g_strlcpy(row->birth, resident->birth, sizeof row->birth);
    row->procedure = procedure_of(request);
    row->state = request->state;
    row->transaction = request->last_transaction;
    row->alerts = request->alerts & MADO_ALERT_ALL;
    row->since_ms = record->since_ms;
    g_strlcpy(row->terminal, record->terminal, sizeof row->terminal);
    g_strlcpy(row->reason, record->reason, sizeof row->reason);
    return row;
}

/* FALSE: the answer is full. */
static gboolean
add_row(Job *job, MadoBodyRow *taken)
{
    g_autoptr(MadoBodyRow) row = taken;
    MadoBodyDirectory *directory = job->directory;

    if (job->n_skipped < job->query->skip) {
        job->n_skipped++;
        return TRUE;
    }
    job->len += mado_body_directory_row_len(row);
    if (directory->rows->len == MADO_LIMIT_LOOK_ROWS || job->len > ROWS_LEN_MAX) {
        directory->more = TRUE;
        return FALSE;
    }
    g_ptr_array_add(directory->rows, g_steal_pointer(&row));
    return TRUE;
}

static gboolean
on_record(gconstpointer item, gpointer user_data)
{
    const MadoDirectoryRecord *record = item;
    Job *job = user_data;
    g_autoptr(MadoResident) resident = mado_resident_open(job->vault, record->request->id,
                                                          record->request->person, &job->error);

    if (resident == NULL)
        return FALSE;
    return !fits(job, record->request, resident) || add_row(job, make_row(record, resident));
}

static gboolean
run(MadoStore *store, Job *job, const MadoDirectoryFilter *filter, GError **error)
{
    if (!store->ops->list_directory(store, filter, on_record, job, error)) {
        g_clear_error(&job->error);
        return FALSE;
    }
    if (job->error == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&job->error));
    return FALSE;
}

/* The keys of the search, the longest beginning that is kept. FALSE without error: the reading
 * alone is too short to choose by. */
static gboolean
choose(const Job *job,
       const char *place,
       MadoSearchKeys *keys,
       MadoDirectoryFilter *filter,
       GError **error)
{
    const MadoBodyQuery *query = job->query;
    glong n_chars = job->reading != NULL ? g_utf8_strlen(job->reading, -1) : 0;
    g_autofree char *prefix = NULL;

    if (query->kind == MADO_LOOK_DAY)
        filter->day = job->directory->day;
    else if (query->request_id[0] != '\0')
        filter->request_id = query->request_id;
    else if (n_chars >= MADO_LIMIT_LOOK_READING) {
        prefix = take_prefix(job->reading, MIN(n_chars, MADO_DIRECTORY_PREFIX_MAX));
        filter->reading = keys->readings[0];
        return mado_vault_term_key(job->vault, FIELD_READING, place, prefix, keys->readings[0],
                                   error);
    } else if (query->birth[0] != '\0') {
        filter->birth = keys->birth;
        return mado_vault_term_key(job->vault, FIELD_BIRTH, place, query->birth, keys->birth,
                                   error);
    } else {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT,
                            "the reading is too short to search by");
        return FALSE;
    }
    return TRUE;
}

MadoBodyDirectory *
mado_directory_find(MadoStore *store,
                    const MadoVault *vault,
                    const char *place,
                    const MadoBodyQuery *query,
                    const MadoDate *today,
                    GError **error)
{
    g_autoptr(MadoBodyDirectory) directory = mado_body_directory_new();
    g_autofree char *reading =
        query->reading[0] != '\0' ? mado_reading_fold(query->reading) : NULL;
    g_autofree char *day =
        g_strdup_printf("%04u%02u%02u", today->year, today->month, today->day);
    Job job = {.vault = vault, .query = query, .reading = reading, .directory = directory};
    MadoDirectoryFilter filter = {.municipality = place};
    MadoSearchKeys keys;

    filter.with_unfinished = query->day[0] == '\0' || strcmp(query->day, day) == 0;
    g_strlcpy(directory->day, query->day[0] != '\0' ? query->day : day, sizeof directory->day);
    if (!choose(&job, place, &keys, &filter, error) || !run(store, &job, &filter, error))
        return NULL;
    return g_steal_pointer(&directory);
}
