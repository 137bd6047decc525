/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/setup.h"

#include "central/ca.h"
#include "central/enrol.h"
#include "central/keys.h"
#include "central/pki.h"
#include "central/private-file.h"
#include "central/store-sqlite.h"
#include "common/cvc.h"
#include "common/error.h"
#include "common/realm.h"
#include "common/rsa.h"

#include <glib/gstdio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define AUTHORITY_DAYS      7300
#define LEAF_DAYS           1825
#define TRAINING_PASSPHRASE "training"
#define TRAINING_OPERATOR   "CLERK-1"

static gboolean
refuse(GError **error, const char *why, const char *what)
{
    g_set_error(error, MADO_ERROR, MADO_ERROR_CONFIG, "%s %s", what, why);
    return FALSE;
}

/* ---- pairs of key and certificate ---- */

typedef struct {
    const char *file;
    const char *cn;
    MadoPkiKind kind;
    const char *issuer; /* file of the CA, NULL: self-signed */
} PairRow;

static const PairRow pair_rows[] = {
    {MADO_KEYS_TLS_CA, "relay CA", MADO_PKI_AUTHORITY, NULL},
    {MADO_KEYS_TLS, "centre", MADO_PKI_TLS_SERVER, MADO_KEYS_TLS_CA},
    {MADO_KEYS_MESSAGE_CA, "message CA", MADO_PKI_AUTHORITY, NULL},
    {MADO_KEYS_SIGN, MADO_KEYS_CENTRE_CN, MADO_PKI_SIGNER, MADO_KEYS_MESSAGE_CA},
    {MADO_KEYS_DECRYPT, MADO_KEYS_CENTRE_CN, MADO_PKI_RECIPIENT, MADO_KEYS_MESSAGE_CA},
    {MADO_KEYS_CMP, MADO_KEYS_CMP_CN, MADO_PKI_SIGNER, MADO_KEYS_MESSAGE_CA},
};

static gboolean
make_pair(const char *folder,
          const PairRow *row,
          const char *host,
          gboolean is_training,
          GError **error)
{
    const MadoPkiName names[] = {
        {"O", is_training ? "Madoguchi TRAINING" : "Madoguchi"}, {"CN", row->cn}, {NULL, NULL}};
    g_auto(MadoKeysPair) issuer = {NULL, NULL};
    g_auto(MadoKeysPair) pair = {mado_pki_new_ec_key(error), NULL};
    MadoPkiRequest request = {.kind = row->kind, .names = names, .host = host, .key = pair.key};

    if (pair.key == NULL)
        return FALSE;
    if (row->issuer != NULL && !mado_keys_load_pair(folder, row->issuer, &issuer, error))
        return FALSE;
    request.issuer = issuer.cert;
    request.issuer_key = issuer.key != NULL ? issuer.key : pair.key;
    request.n_days = row->kind == MADO_PKI_AUTHORITY ? AUTHORITY_DAYS : LEAF_DAYS;
    pair.cert = mado_pki_issue(&request, error);
    return pair.cert != NULL && mado_keys_save_pair(folder, row->file, &pair, error);
}

static gboolean
make_root(
    const char *folder, const char *file, MadoSlot slot, MadoRealmCode realm, GError **error)
{
    g_auto(MadoKeysPair) pair = {mado_pki_new_rsa_key(error), NULL};

    if (pair.key == NULL)
        return FALSE;
    pair.cert = mado_ca_new_root(pair.key, slot, realm, error);
    return pair.cert != NULL && mado_keys_save_pair(folder, file, &pair, error);
}

/* ---- card-verifiable certificates, training ---- */

/* 7 digits, 08 05, 3 digits, 4 bytes FF. @digits: the ten, in order. */
static void
set_key_id(guint8 ret_id[MADO_CVC_KEY_ID_LEN], const char *digits)
{
    memset(ret_id, 0xFF, MADO_CVC_KEY_ID_LEN);
    memcpy(ret_id, digits, 7);
    ret_id[7] = 0x08;
    ret_id[8] = 0x05;
    memcpy(ret_id + 9, digits + 7, 3);
}

static gboolean
sign_cvc(
    const char *folder, const char *name, const MadoCvc *cvc, EVP_PKEY *issuer, GError **error)
{
    g_autoptr(GBytes) bytes = mado_cvc_sign(cvc, issuer, error);
    g_autofree char *path = mado_keys_path(folder, name, ".cvc");

    return bytes != NULL && mado_private_file_write_public(path, g_bytes_get_data(bytes, NULL),
                                                           g_bytes_get_size(bytes), error);
}

/* One issuer, and the municipality's signing key under it. */
static gboolean
make_cvc(const char *folder, gboolean is_text, const char *municipality, GError **error)
{
    const char *issuer_name = is_text ? MADO_KEYS_CVC_TEXT : MADO_KEYS_CVC_VISUAL;
    const char *signer_name = is_text ? MADO_KEYS_TEXT : MADO_KEYS_VISUAL;
    g_autofree char *issuer_path = mado_keys_path(folder, issuer_name, ".key");
    g_autofree char *signer_path = mado_keys_path(folder, signer_name, ".key");
    g_autofree char *subject = g_strconcat("90", municipality, is_text ? "033" : "023", NULL);
    g_auto(MadoKeysPair) issuer = {mado_pki_new_rsa_key(error), NULL};
    g_auto(MadoKeysPair) signer = {NULL, NULL};
    MadoCvc cvc;

    if (issuer.key == NULL)
        return FALSE;
    signer.key = mado_pki_new_rsa_key(error);
    if (signer.key == NULL)
        return FALSE;
    set_key_id(cvc.issuer_id, is_text ? "9000033001" : "9000023001");
    set_key_id(cvc.subject_id, subject);
    return mado_rsa_key_from_pkey(signer.key, cvc.key, error) &&
           mado_private_file_write_key(issuer_path, issuer.key, error) &&
           mado_private_file_write_key(signer_path, signer.key, error) &&
           sign_cvc(folder, signer_name, &cvc, issuer.key, error);
}

/* ---- the folder ---- */

static gboolean
make_keys(const char *folder, const MadoSetupOptions *options, const char *host, GError **error)
{
    gboolean is_training = options->realm == MADO_REALM_CODE_TRAINING;
    g_autofree char *master = mado_keys_path(folder, MADO_KEYS_MASTER, "");
    g_autofree char *at_rest = mado_keys_path(folder, MADO_KEYS_AT_REST, "");

    for (gsize i = 0; i < G_N_ELEMENTS(pair_rows); i++)
        if (!make_pair(folder, &pair_rows[i], host, is_training, error))
            return FALSE;
    if (!make_root(folder, MADO_KEYS_JPKI_AUTH, MADO_SLOT_AUTH, options->realm, error) ||
        !make_root(folder, MADO_KEYS_JPKI_SIGN, MADO_SLOT_SIGN, options->realm, error) ||
        !mado_private_file_write_random(master, MADO_KEYS_MASTER_LEN, error) ||
        !mado_private_file_write_random(at_rest, MADO_KEYS_MASTER_LEN, error))
        return FALSE;
    if (!is_training)
        return TRUE;
    return make_cvc(folder, FALSE, options->municipality, error) &&
           make_cvc(folder, TRUE, options->municipality, error);
}

static gboolean
write_configuration(const char *folder, const MadoSetupOptions *options, GError **error)
{
    g_autofree char *path = g_strconcat(folder, "/central.conf", NULL);
    g_autofree char *text = g_strdup_printf(
        "[centre]\n"
        "realm=%s\n"
        "municipality=%s\n"
        "prefecture=%s\n"
        "city=%s\n"
        "listen=%s\n"
        "database=central.db\n\n"
        "[keys]\n"
        "folder=keys\n\n"
        "[log]\n"
        "level=info\n",
        mado_realm_name(options->realm), options->municipality,
        options->realm == MADO_REALM_CODE_TRAINING ? "研修県" : "-",
        options->realm == MADO_REALM_CODE_TRAINING ? "窓口市" : "-", options->listen);

    return mado_private_file_write_public(path, (const guint8 *)text, strlen(text), error);
}

static gboolean
enrol_training(const char *desk,
               MadoStore *store,
               const MadoEnrolCentre *centre,
               const char *terminal,
               GError **error)
{
    g_autoptr(MadoSecret) passphrase =
        mado_secret_new_from((const guint8 *)TRAINING_PASSPHRASE, strlen(TRAINING_PASSPHRASE));
    g_autofree char *key_path = g_strconcat(desk, "/operators/clerk.key", NULL);

    return mado_enrol_desk(centre, store, terminal, desk, error) &&
           mado_enrol_operator(store, TRAINING_OPERATOR,
                               MADO_ROLE_CLERK | MADO_ROLE_SUPERVISOR | MADO_ROLE_AUDITOR,
                               key_path, passphrase, error);
}

/* The database, and in training the desk; one transaction. */
static gboolean
make_register(const char *folder,
              const char *desk,
              const MadoSetupOptions *options,
              GError **error)
{
    g_autofree char *path = g_strconcat(folder, "/central.db", NULL);
    g_autofree char *keys = g_strconcat(folder, "/keys", NULL);
    g_autofree char *url = g_strconcat("https://", options->listen, NULL);
    const MadoEnrolCentre centre = {keys, options->realm, options->municipality, url};
    g_autoptr(MadoStore) store = mado_store_sqlite_open(path, TRUE, error);

    return store != NULL && store->ops->begin(store, error) &&
           store->ops->put_meta(store, "realm", mado_realm_name(options->realm), error) &&
           store->ops->put_meta(store, "restores", "0", error) &&
           (desk == NULL || enrol_training(desk, store, &centre, options->terminal, error)) &&
           store->ops->commit(store, error);
}

static gboolean
check_options(const MadoSetupOptions *options, GError **error)
{
    if (!mado_settings_central_is_municipality(options->municipality))
        return refuse(error, "is not a municipality code of five digits",
                      options->municipality);
    if (options->desk != NULL && options->realm != MADO_REALM_CODE_TRAINING)
        return refuse(error, "a desk's keys are made on the desk in production", "--desk:");
    if (options->desk != NULL && !mado_enrol_is_terminal(options->terminal))
        return refuse(error, "is not a terminal id (A-Z 0-9 -)", options->terminal);
    return TRUE;
}

/* An empty folder is as good as none: rename() replaces it. */
static gboolean
check_free(const char *folder, GError **error)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);

    if (dir == NULL && !g_file_test(folder, G_FILE_TEST_EXISTS))
        return TRUE;
    if (dir != NULL && g_dir_read_name(dir) == NULL)
        return TRUE;
    return refuse(error, "is there already; nothing was changed", folder);
}

static char *
new_draft(const char *folder, GError **error)
{
    g_autofree char *draft = g_strconcat(folder, ".new-XXXXXX", NULL);

    if (g_mkdtemp_full(draft, 0700) == NULL) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CONFIG, "making a folder beside '%s': %s",
                    folder, g_strerror(errno));
        return NULL;
    }
    return g_steal_pointer(&draft);
}

static gboolean
move_into_place(const char *draft, const char *folder, GError **error)
{
    if (rename(draft, folder) == 0)
        return TRUE;
    g_set_error(error, MADO_ERROR, MADO_ERROR_CONFIG, "moving '%s' to '%s': %s", draft, folder,
                g_strerror(errno));
    return FALSE;
}

static gboolean
make_centre(const char *draft,
            const char *desk_draft,
            const MadoSetupOptions *options,
            GError **error)
{
    g_autofree char *keys = g_strconcat(draft, "/keys", NULL);
    g_autofree char *host = NULL;
    guint16 port;

    if (!mado_settings_central_parse_listen(options->listen, &host, &port, error))
        return FALSE;
    if (g_mkdir(keys, 0700) != 0)
        return refuse(error, g_strerror(errno), keys);
    return make_keys(keys, options, host, error) &&
           write_configuration(draft, options, error) &&
           make_register(draft, desk_draft, options, error);
}

gboolean
mado_setup_run(const MadoSetupOptions *options, GError **error)
{
    g_autofree char *draft = NULL;
    g_autofree char *desk_parent = NULL;
    g_autofree char *desk_draft = NULL;

    if (!check_options(options, error) || !check_free(options->folder, error) ||
        (options->desk != NULL && !check_free(options->desk, error)))
        return FALSE;
    draft = new_draft(options->folder, error);
    if (draft == NULL)
        return FALSE;
    if (options->desk != NULL) {
        desk_parent = new_draft(options->desk, error);
        if (desk_parent == NULL)
            return FALSE;
        desk_draft = g_strconcat(desk_parent, "/desk", NULL);
    }
    if (!make_centre(draft, desk_draft, options, error)) {
        g_prefix_error(error, "what was made so far is in '%s': ", draft);
        return FALSE;
    }
    if (options->desk != NULL && !move_into_place(desk_draft, options->desk, error))
        return FALSE;
    if (desk_parent != NULL)
        g_rmdir(desk_parent);
    return move_into_place(draft, options->folder, error);
}
