/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/journal-meta.h"

#include "common/error.h"
#include "common/realm.h"

#include <string.h>

static gboolean
take_text(const MadoJournalRow *row, gpointer user_data, GError **error)
{
    char **text = user_data;

    g_free(*text);
    *text = g_strdup(mado_journal_row_text(row, 0));
    return TRUE;
}

static gboolean
take_integer(const MadoJournalRow *row, gpointer user_data, GError **error)
{
    *(gint64 *)user_data = mado_journal_row_integer(row, 0);
    return TRUE;
}

static gboolean
get(MadoJournalStore *store,
    const char *name,
    MadoJournalEach take,
    gpointer ret_value,
    GError **error)
{
    const MadoJournalValue value = mado_journal_store_text(name);

    return mado_journal_store_query(store, "SELECT value FROM meta WHERE name = ?1", &value, 1,
                                    take, ret_value, error);
}

static gboolean
set(MadoJournalStore *store, const char *name, MadoJournalValue value, GError **error)
{
    const MadoJournalValue values[] = {mado_journal_store_text(name), value};

    return mado_journal_store_run(store,
                                  "INSERT INTO meta VALUES (?1, ?2)"
                                  " ON CONFLICT (name) DO UPDATE SET value = ?2",
                                  values, G_N_ELEMENTS(values), error);
}

static gboolean
stamp_owner(MadoJournalStore *store, const char *owner, GError **error)
{
    if (!mado_journal_store_begin(store, error))
        return FALSE;
    if (set(store, "owner", mado_journal_store_text(owner), error) &&
        set(store, "epoch", mado_journal_store_integer(1), error))
        return mado_journal_store_commit(store, error);
    mado_journal_store_rollback(store);
    return FALSE;
}

gboolean
mado_journal_meta_ensure_owner(MadoJournalStore *store,
                               MadoRealmCode realm,
                               const char *terminal,
                               GError **error)
{
    g_autofree char *ours = g_strdup_printf("%s/%s", mado_realm_name(realm), terminal);
    g_autofree char *found = NULL;

    if (!get(store, "owner", take_text, &found, error))
        return FALSE;
    if (found == NULL)
        return stamp_owner(store, ours, error);
    if (strcmp(found, ours) == 0)
        return TRUE;
    g_set_error(error, MADO_ERROR, MADO_ERROR_CONFIG,
                "the journal belongs to desk '%s', this is '%s'", found, ours);
    return FALSE;
}

static gboolean
take_head(const MadoJournalRow *row, gpointer user_data, GError **error)
{
    MadoJournalHead *head = user_data;

    head->number = (guint64)mado_journal_row_integer(row, 0);
    if (mado_journal_row_copy(row, 1, head->hash, sizeof head->hash))
        return TRUE;
    g_set_error_literal(error, MADO_ERROR, MADO_ERROR_JOURNAL,
                        "journal: a receipt without its hash");
    return FALSE;
}

gboolean
mado_journal_meta_head(MadoJournalStore *store, MadoJournalHead *ret_head, GError **error)
{
    MadoJournalHead head = {0};
    gint64 epoch = 1;
    MadoJournalValue value;

    if (!get(store, "epoch", take_integer, &epoch, error))
        return FALSE;
    head.epoch = (guint32)epoch;
    value = mado_journal_store_integer(epoch);
    if (!mado_journal_store_query(store,
                                  "SELECT number, hash FROM receipts WHERE epoch = ?1"
                                  " ORDER BY number DESC LIMIT 1",
                                  &value, 1, take_head, &head, error))
        return FALSE;
    *ret_head = head;
    return TRUE;
}

gboolean
mado_journal_meta_centre_time(MadoJournalStore *store, gint64 *ret_centre_ms, GError **error)
{
    gint64 centre_ms = 0;

    if (!get(store, "centre-time", take_integer, &centre_ms, error))
        return FALSE;
    *ret_centre_ms = centre_ms;
    return TRUE;
}

gboolean
mado_journal_meta_set_centre_time(MadoJournalStore *store, gint64 centre_ms, GError **error)
{
    return set(store, "centre-time", mado_journal_store_integer(centre_ms), error);
}

gboolean
mado_journal_meta_is_forked(MadoJournalStore *store, gboolean *ret_forked, GError **error)
{
    gint64 forked = 0;

    if (!get(store, "forked", take_integer, &forked, error))
        return FALSE;
    *ret_forked = forked != 0;
    return TRUE;
}

gboolean
mado_journal_meta_set_forked(MadoJournalStore *store, GError **error)
{
    return set(store, "forked", mado_journal_store_integer(1), error);
}

gboolean
mado_journal_meta_probe(MadoJournalStore *store, GError **error)
{
    if (!mado_journal_store_begin(store, error))
        return FALSE;
    /* Always another value: SQLite does not write a page that stays the same. */
    if (mado_journal_store_run(store,
                               "INSERT INTO meta VALUES ('probe', 1)"
                               " ON CONFLICT (name) DO UPDATE SET value = value + 1",
                               NULL, 0, error))
        return mado_journal_store_commit(store, error);
    mado_journal_store_rollback(store);
    return FALSE;
}
