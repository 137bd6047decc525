/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/centre.h"
#include "central/command.h"
#include "central/directory.h"
#include "central/http-server.h"
#include "central/store-lock.h"
#include "central/store-sqlite.h"
#include "common/error.h"
#include "common/log.h"
#include "common/realm.h"

#include <glib-unix.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>

static gboolean
on_signal(gpointer user_data)
{
    g_main_loop_quit(user_data);
    return G_SOURCE_REMOVE;
}

/* Keys of one realm over a database of the other would make cards nobody can use. */
static gboolean
check_realm(const MadoCommandCentre *opened, GError **error)
{
    MadoStore *store = opened->store;
    g_autofree char *realm = store->ops->get_meta(store, "realm", error);

    if (g_strcmp0(realm, mado_realm_name(opened->settings->realm)) == 0)
        return TRUE;
    g_clear_error(error);
    g_set_error(error, MADO_ERROR, MADO_ERROR_REALM,
                "the database is of realm '%s', the configuration is not",
                realm != NULL ? realm : "none");
    return FALSE;
}

static gboolean
wait_for_end(MadoHttpServer *server, MadoCommitter *committer, const char *host)
{
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    gboolean is_ipv6 = strchr(host, ':') != NULL;
    guint term = g_unix_signal_add(SIGTERM, on_signal, loop);
    guint interrupt = g_unix_signal_add(SIGINT, on_signal, loop);

    printf("listening on https://%s%s%s:%u\n", is_ipv6 ? "[" : "", host, is_ipv6 ? "]" : "",
           mado_http_server_port(server));
    fflush(stdout);
    mado_log(G_LOG_LEVEL_INFO, MADO_LOG_STARTED, NULL, "serving");
    g_main_loop_run(loop);
    /* The one that came has removed itself. */
    if (g_main_context_find_source_by_id(NULL, term) != NULL)
        g_source_remove(term);
    if (g_main_context_find_source_by_id(NULL, interrupt) != NULL)
        g_source_remove(interrupt);
    mado_http_server_stop_listening(server);
    mado_committer_stop(committer);
    mado_log(G_LOG_LEVEL_INFO, MADO_LOG_STOPPED, NULL, "stopped");
    return TRUE;
}

/* A database of an older version has requests that cannot be searched for yet. */
static gboolean
index_requests(MadoStore *store, const MadoKeys *keys, GError **error)
{
    guint n;

    if (!mado_directory_index_all(store, keys->vault, &n, error))
        return FALSE;
    if (n > 0)
        mado_log(G_LOG_LEVEL_MESSAGE, MADO_LOG_STARTED, NULL,
                 "%u requests of an older database can be searched for now", n);
    return TRUE;
}

static gboolean
serve(const MadoCommandCentre *opened, const MadoKeys *keys, GError **error)
{
    const MadoSettingsCentral *settings = opened->settings;
    g_autoptr(MadoCentre) centre = NULL;
    g_autoptr(MadoCommitter) committer = NULL;
    g_autoptr(MadoHttpServer) server = NULL;
    g_autoptr(MadoStoreLock) lock = NULL;
    MadoStore *reader;
    gboolean done;

    lock = mado_store_lock_take(settings->database, error);
    if (lock == NULL)
        return FALSE;
    if (!index_requests(opened->store, keys, error))
        return FALSE;
    reader = mado_store_sqlite_open(settings->database, FALSE, error);
    if (reader == NULL)
        return FALSE;
    centre = mado_centre_new(settings, keys, opened->store, mado_clock_system());
    committer = mado_committer_new(opened->store);
    server = mado_http_server_new(centre, committer, reader, error);
    done = server != NULL && wait_for_end(server, committer, settings->host);
    /* Connections first: an answer may still be on its way out. */
    g_clear_pointer(&server, mado_http_server_free);
    g_clear_pointer(&committer, mado_committer_free);
    return done;
}

int
mado_command_serve(const char *usage, int argc, char **argv)
{
    g_autofree char *config = NULL;
    gboolean check_only = FALSE;
    const GOptionEntry entries[] = {
        {"config", 0, 0, G_OPTION_ARG_FILENAME, &config, NULL, NULL},
        {"check-config", 0, 0, G_OPTION_ARG_NONE, &check_only, NULL, NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL}};
    g_auto(MadoCommandCentre) centre = {NULL, NULL};
    g_autoptr(MadoKeys) keys = NULL;
    g_autoptr(GError) error = NULL;

    if (!mado_command_parse(usage, entries, &argc, &argv))
        return MADO_COMMAND_USAGE;
    if (argc != 1)
        return mado_command_usage(usage);
    if (!mado_command_open(config, &centre, &error))
        return mado_command_fail(error);
    mado_log_init("madoguchi-central", centre.settings->log_level);
    keys = mado_keys_load(centre.settings->keys, &error);
    if (keys == NULL || !check_realm(&centre, &error))
        return mado_command_fail(error);
    if (check_only) {
        printf("ok\n");
        return MADO_COMMAND_DONE;
    }
    return serve(&centre, keys, &error) ? MADO_COMMAND_DONE : mado_command_fail(error);
}
