/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* desk and operator: add, list, revoke. */
#include "config.h"

#include "central/command.h"
#include "central/enrol.h"
#include "central/listing.h"
#include "common/error.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    MadoCommandCentre centre; /* owned */
    char *config;             /* owned, as the rest */
    char *folder;
    char *role;
    char *key;
    gboolean is_json;
    int passphrase_fd;
    const char *action; /* borrowed from argv */
    const char *id;     /* (nullable) likewise */
} Options;

static void
clear_options(Options *options)
{
    mado_command_clear(&options->centre);
    g_free(options->config);
    g_free(options->folder);
    g_free(options->role);
    g_free(options->key);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, clear_options)

static gboolean
read_options(const char *usage, int argc, char **argv, Options *options)
{
    const GOptionEntry entries[] = {
        {"config", 0, 0, G_OPTION_ARG_FILENAME, &options->config, NULL, NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options->is_json, NULL, NULL},
        {"folder", 0, 0, G_OPTION_ARG_FILENAME, &options->folder, NULL, NULL},
        {"role", 0, 0, G_OPTION_ARG_STRING, &options->role, NULL, NULL},
        {"key", 0, 0, G_OPTION_ARG_FILENAME, &options->key, NULL, NULL},
        {"passphrase-fd", 0, 0, G_OPTION_ARG_INT, &options->passphrase_fd, NULL, NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL}};

    options->passphrase_fd = -1;
    if (!mado_command_parse(usage, entries, &argc, &argv))
        return FALSE;
    if (argc < 2 || argc > 3 || (argc == 2) != (strcmp(argv[1], "list") == 0)) {
        mado_command_usage(usage);
        return FALSE;
    }
    options->action = argv[1];
    options->id = argc == 3 ? argv[2] : NULL;
    return TRUE;
}

/* Ends the transaction: kept when @done, else undone. */
static gboolean
end_transaction(MadoStore *store, gboolean done, GError **error)
{
    if (done && store->ops->commit(store, error))
        return TRUE;
    store->ops->rollback(store);
    return FALSE;
}

/* ---- desks ---- */

static gboolean
list_desk(gconstpointer item, gpointer user_data)
{
    const MadoTerminalRecord *record = item;
    MadoListing *listing = user_data;

    mado_listing_begin_row(listing);
    mado_listing_text(listing, "id", record->id);
    mado_listing_text(listing, "municipality", record->municipality);
    mado_listing_text(listing, "state", record->is_revoked ? "revoked" : "enrolled");
    mado_listing_time(listing, "enrolled", record->enrolled_ms);
    mado_listing_hex(listing, "certificate", record->tls_hash, sizeof record->tls_hash);
    return TRUE;
}

static gboolean
add_desk(const Options *options, GError **error)
{
    const MadoSettingsCentral *settings = options->centre.settings;
    MadoStore *store = options->centre.store;
    g_autofree char *url = g_strdup_printf(
        strchr(settings->host, ':') != NULL ? "https://[%s]:%u" : "https://%s:%u",
        settings->host, settings->port);
    const MadoEnrolCentre centre = {settings->keys, settings->realm, settings->municipality,
                                    url};
    g_autoptr(MadoTerminalRecord) known = NULL;

    if (options->folder == NULL) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT, "desk add needs --folder");
        return FALSE;
    }
    known = store->ops->get_terminal(store, options->id, NULL);
    if (known != NULL && !known->is_revoked) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_BAD_STATE,
                    "%s is enrolled already: revoke it first", options->id);
        return FALSE;
    }
    return mado_enrol_desk(&centre, store, options->id, options->folder, error);
}

static gboolean
revoke_desk(const Options *options, GError **error)
{
    MadoStore *store = options->centre.store;
    g_autoptr(MadoTerminalRecord) record = store->ops->get_terminal(store, options->id, error);

    if (record == NULL)
        return FALSE;
    record->is_revoked = TRUE;
    return store->ops->put_terminal(store, record, error);
}

/* ---- operators ---- */

static const struct {
    const char *name;
    MadoRole role;
} roles[] = {{"clerk", MADO_ROLE_CLERK},
             {"supervisor", MADO_ROLE_SUPERVISOR},
             {"auditor", MADO_ROLE_AUDITOR}};

/* "clerk,supervisor"; the clerk's role when absent. 0: a role nobody knows. */
static guint8
parse_roles(const char *text)
{
    g_auto(GStrv) names = g_strsplit(text != NULL ? text : "clerk", ",", -1);
    guint8 set = 0;

    for (gsize i = 0; names[i] != NULL; i++) {
        guint8 role = 0;

        for (gsize j = 0; j < G_N_ELEMENTS(roles); j++)
            if (strcmp(names[i], roles[j].name) == 0)
                role = (guint8)roles[j].role;
        if (role == 0)
            return 0;
        set |= role;
    }
    return set;
}

static gboolean
list_operator(gconstpointer item, gpointer user_data)
{
    const MadoOperatorRecord *record = item;
    MadoListing *listing = user_data;
    g_autoptr(GString) text = g_string_new(NULL);

    for (gsize i = 0; i < G_N_ELEMENTS(roles); i++)
        if ((record->roles & roles[i].role) != 0)
            g_string_append_printf(text, "%s%s", text->len > 0 ? "," : "", roles[i].name);
    mado_listing_begin_row(listing);
    mado_listing_text(listing, "id", record->id);
    mado_listing_text(listing, "roles", text->str);
    mado_listing_text(listing, "state", record->is_revoked ? "revoked" : "active");
    return TRUE;
}

static gboolean
add_operator(const Options *options, GError **error)
{
    MadoStore *store = options->centre.store;
    guint8 set = parse_roles(options->role);
    g_autoptr(MadoOperatorRecord) known = store->ops->get_operator(store, options->id, NULL);
    g_autoptr(MadoSecret) passphrase = NULL;

    if (options->key == NULL || set == 0) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT,
                    "operator add needs --key FILE; roles are clerk, supervisor, auditor");
        return FALSE;
    }
    if (known != NULL && !known->is_revoked) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_BAD_STATE,
                    "%s is there already: revoke it first", options->id);
        return FALSE;
    }
    passphrase =
        mado_command_ask_secret("Passphrase of the new key", options->passphrase_fd, error);
    return passphrase != NULL &&
           mado_enrol_operator(store, options->id, set, options->key, passphrase, error);
}

static gboolean
revoke_operator(const Options *options, GError **error)
{
    MadoStore *store = options->centre.store;
    g_autoptr(MadoOperatorRecord) record = store->ops->get_operator(store, options->id, error);

    if (record == NULL)
        return FALSE;
    record->is_revoked = TRUE;
    return store->ops->put_operator(store, record, error);
}

/* ---- both ---- */

typedef struct {
    gboolean (*list)(MadoStore *store, MadoStoreEach each, gpointer user_data, GError **error);
    MadoStoreEach list_one;
    gboolean (*add)(const Options *options, GError **error);
    gboolean (*revoke)(const Options *options, GError **error);
} Actions;

static int
run(const char *usage, const Options *options, const Actions *actions)
{
    MadoStore *store = options->centre.store;
    gboolean is_add = strcmp(options->action, "add") == 0;
    g_autoptr(GError) error = NULL;
    gboolean done;

    if (strcmp(options->action, "list") == 0) {
        MadoListing *listing = mado_listing_new(options->is_json);

        done = actions->list(store, actions->list_one, listing, &error);
        mado_listing_finish(listing);
        return done ? MADO_COMMAND_DONE : mado_command_fail(error);
    }
    if (!is_add && strcmp(options->action, "revoke") != 0)
        return mado_command_usage(usage);
    if (!store->ops->begin(store, &error))
        return mado_command_fail(error);
    done = is_add ? actions->add(options, &error) : actions->revoke(options, &error);
    if (!end_transaction(store, done, &error))
        return mado_command_fail(error);
    printf("%s %s\n", options->id, is_add ? "added" : "revoked");
    return MADO_COMMAND_DONE;
}

int
mado_command_desk(const char *usage, int argc, char **argv)
{
    g_auto(Options) options = {.passphrase_fd = -1};
    g_autoptr(GError) error = NULL;
    Actions actions = {NULL, list_desk, add_desk, revoke_desk};

    if (!read_options(usage, argc, argv, &options))
        return MADO_COMMAND_USAGE;
    if (!mado_command_open(options.config, &options.centre, &error))
        return mado_command_fail(error);
    actions.list = options.centre.store->ops->list_terminals;
    return run(usage, &options, &actions);
}

int
mado_command_operator(const char *usage, int argc, char **argv)
{
    g_auto(Options) options = {.passphrase_fd = -1};
    g_autoptr(GError) error = NULL;
    Actions actions = {NULL, list_operator, add_operator, revoke_operator};

    if (!read_options(usage, argc, argv, &options))
        return MADO_COMMAND_USAGE;
    if (!mado_command_open(options.config, &options.centre, &error))
        return mado_command_fail(error);
    actions.list = options.centre.store->ops->list_operators;
    return run(usage, &options, &actions);
}
