/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/enrol.h"

#include "central/keys.h"
#include "central/pki.h"
#include "central/private-file.h"
#include "common/cvc.h"
#include "common/envelope.h"
#include "common/error.h"
#include "common/hex.h"
#include "common/key-file.h"
#include "common/realm.h"
#include "madoguchi/names.h"

#include <glib/gstdio.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define DESK_CERT_DAYS 1825

static gboolean
is_made_of(const char *text, const char *others, gboolean lower)
{
    gsize len = strlen(text);

    if (len == 0 || len > MADO_RECORD_ID_MAX)
        return FALSE;
    for (; *text != '\0'; text++)
        if (!g_ascii_isupper(*text) && !g_ascii_isdigit(*text) &&
            !(lower && g_ascii_islower(*text)) && strchr(others, *text) == NULL)
            return FALSE;
    return TRUE;
}

gboolean
mado_enrol_is_terminal(const char *text)
{
    return is_made_of(text, "-", FALSE);
}

gboolean
mado_enrol_is_id(const char *text)
{
    return is_made_of(text, "._-", TRUE);
}

static gboolean
make_folders(const char *folder, GError **error)
{
    static const char *const parts[] = {"",       "/keys",     "/anchors", "/anchors/face",
                                        "/relay", "/operators"};

    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        g_autofree char *path = g_strconcat(folder, parts[i], NULL);

        if (g_mkdir(path, 0700) != 0) {
            g_set_error(error, MADO_ERROR, MADO_ERROR_CONFIG, "making '%s': %s", path,
                        g_strerror(errno));
            return FALSE;
        }
    }
    return TRUE;
}

/* A key of the desk and its certificate under @ca, both written to FOLDER/NAME.*. */
static X509 *
issue_pair(const MadoKeysPair *ca,
           const MadoEnrolCentre *centre,
           const char *terminal,
           MadoPkiKind kind,
           const char *path,
           GError **error)
{
    const MadoPkiName names[] = {
        {"O", centre->realm == MADO_REALM_CODE_TRAINING ? "Madoguchi TRAINING" : "Madoguchi"},
        {"OU", centre->municipality},
        {"CN", terminal},
        {NULL, NULL}};
    g_auto(MadoKeysPair) pair = {mado_pki_new_ec_key(error), NULL};
    MadoPkiRequest request = {.kind = kind,
                              .names = names,
                              .key = pair.key,
                              .issuer = ca->cert,
                              .issuer_key = ca->key,
                              .n_days = DESK_CERT_DAYS};
    g_autofree char *folder = g_path_get_dirname(path);
    g_autofree char *name = g_path_get_basename(path);

    if (pair.key == NULL)
        return NULL;
    pair.cert = mado_pki_issue(&request, error);
    if (pair.cert == NULL || !mado_keys_save_pair(folder, name, &pair, error))
        return NULL;
    return g_steal_pointer(&pair.cert);
}

static gboolean
make_message_pairs(const MadoEnrolCentre *centre,
                   const char *folder,
                   MadoTerminalRecord *record,
                   GError **error)
{
    g_auto(MadoKeysPair) ca = {NULL, NULL};
    g_autofree char *sign_path = g_strconcat(folder, "/keys/sign", NULL);
    g_autofree char *decrypt_path = g_strconcat(folder, "/keys/decrypt", NULL);
    X509 *sign = NULL;
    X509 *decrypt = NULL;

    if (!mado_keys_load_pair(centre->keys, MADO_KEYS_MESSAGE_CA, &ca, error))
        return FALSE;
    sign = issue_pair(&ca, centre, record->id, MADO_PKI_SIGNER, sign_path, error);
    if (sign != NULL)
        decrypt = issue_pair(&ca, centre, record->id, MADO_PKI_RECIPIENT, decrypt_path, error);
    if (decrypt != NULL) {
        record->sign_cert = mado_pki_certificate_to_der(sign);
        record->encrypt_cert = mado_pki_certificate_to_der(decrypt);
    }
    X509_free(sign);
    X509_free(decrypt);
    return record->encrypt_cert != NULL;
}

static gboolean
make_tls_pair(const MadoEnrolCentre *centre,
              const char *folder,
              MadoTerminalRecord *record,
              GError **error)
{
    g_auto(MadoKeysPair) ca = {NULL, NULL};
    g_autofree char *path = g_strconcat(folder, "/relay/tls", NULL);
    g_autoptr(GBytes) der = NULL;
    X509 *certificate;

    if (!mado_keys_load_pair(centre->keys, MADO_KEYS_TLS_CA, &ca, error))
        return FALSE;
    certificate = issue_pair(&ca, centre, record->id, MADO_PKI_TLS_CLIENT, path, error);
    if (certificate == NULL)
        return FALSE;
    der = mado_pki_certificate_to_der(certificate);
    mado_envelope_sha256(g_bytes_get_data(der, NULL), g_bytes_get_size(der), record->tls_hash);
    X509_free(certificate);
    return TRUE;
}

static gboolean
copy_certificate(
    const char *keys, const char *name, const char *folder, const char *target, GError **error)
{
    g_autofree char *from = mado_keys_path(keys, name, ".crt");
    g_autofree char *to = mado_keys_path(folder, target, "");
    X509 *certificate = mado_key_file_load_certificate(from, error);
    gboolean done;

    if (certificate == NULL)
        return FALSE;
    done = mado_private_file_write_certificate(to, certificate, error);
    X509_free(certificate);
    return done;
}

static gboolean
write_public_key(const char *path, EVP_PKEY *key, GError **error)
{
    BIO *bio = BIO_new(BIO_s_mem());
    gboolean done = FALSE;
    char *data;
    long len;

    if (bio != NULL && PEM_write_bio_PUBKEY(bio, key) == 1) {
        len = BIO_get_mem_data(bio, &data);
        done = mado_private_file_write_public(path, (const guint8 *)data, (gsize)len, error);
    } else {
        mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "writing a public key");
    }
    BIO_free(bio);
    return done;
}

/* The public half of one CVC issuer, named by its key id as the daemon looks for it. */
static gboolean
copy_face_anchor(const char *keys, const char *name, const char *folder, GError **error)
{
    g_autofree char *key_path = mado_keys_path(keys, name, ".key");
    g_autofree char *cvc_path = mado_keys_path(
        keys, strcmp(name, MADO_KEYS_CVC_TEXT) == 0 ? MADO_KEYS_TEXT : MADO_KEYS_VISUAL,
        ".cvc");
    g_autofree char *cvc_data = NULL;
    g_autofree char *path = NULL;
    char hex[MADO_HEX_SIZE(MADO_CVC_KEY_ID_LEN)];
    gsize cvc_len;
    EVP_PKEY *key;
    MadoCvc cvc;
    gboolean done;

    if (!g_file_get_contents(cvc_path, &cvc_data, &cvc_len, error) ||
        !mado_cvc_parse((const guint8 *)cvc_data, cvc_len, &cvc, error))
        return FALSE;
    if (mado_hex_format(cvc.issuer_id, sizeof cvc.issuer_id, hex, sizeof hex) != MADO_BYTES_OK)
        return FALSE;
    path = g_strconcat(folder, "/anchors/face/", hex, ".pem", NULL);
    key = mado_private_file_read_key(key_path, error);
    if (key == NULL)
        return FALSE;
    done = write_public_key(path, key, error);
    EVP_PKEY_free(key);
    return done;
}

static gboolean
copy_anchors(const MadoEnrolCentre *centre, const char *folder, GError **error)
{
    const char *keys = centre->keys;

    if (!copy_certificate(keys, MADO_KEYS_DECRYPT, folder, "keys/centre-encrypt.crt", error) ||
        !copy_certificate(keys, MADO_KEYS_MESSAGE_CA, folder, "keys/centre-anchor.crt",
                          error) ||
        !copy_certificate(keys, MADO_KEYS_TLS_CA, folder, "relay/centre-ca.crt", error) ||
        !copy_certificate(keys, MADO_KEYS_JPKI_AUTH, folder, "anchors/jpki-auth.pem", error) ||
        !copy_certificate(keys, MADO_KEYS_JPKI_SIGN, folder, "anchors/jpki-sign.pem", error))
        return FALSE;
    /* In production the anchors of card data come from the card's own authority. */
    if (centre->realm != MADO_REALM_CODE_TRAINING)
        return TRUE;
    return copy_face_anchor(keys, MADO_KEYS_CVC_VISUAL, folder, error) &&
           copy_face_anchor(keys, MADO_KEYS_CVC_TEXT, folder, error);
}

static gboolean
write_configuration(const MadoEnrolCentre *centre,
                    const char *terminal,
                    const char *folder,
                    GError **error)
{
    g_autofree char *daemon_path = g_strconcat(folder, "/madoguchid.conf", NULL);
    g_autofree char *relay_path = g_strconcat(folder, "/relay.conf", NULL);
    g_autofree char *daemon = g_strdup_printf("[desk]\n"
                                              "realm=%s\n"
                                              "terminal=%s\n"
                                              "journal=journal/journal.db\n\n"
                                              "[keys]\n"
                                              "sign-key=keys/sign.key\n"
                                              "sign-cert=keys/sign.crt\n"
                                              "decrypt-key=keys/decrypt.key\n"
                                              "decrypt-cert=keys/decrypt.crt\n\n"
                                              "[centre]\n"
                                              "encrypt-cert=keys/centre-encrypt.crt\n"
                                              "anchor=keys/centre-anchor.crt\n"
                                              "signer-cn=" MADO_KEYS_CENTRE_CN "\n\n"
                                              "[anchors]\n"
                                              "face=anchors/face\n"
                                              "jpki-auth=anchors/jpki-auth.pem\n"
                                              "jpki-sign=anchors/jpki-sign.pem\n\n"
                                              "[log]\n"
                                              "level=info\n",
                                              mado_realm_name(centre->realm), terminal);
    g_autofree char *relay = g_strdup_printf("[centre]\n"
                                             "url=%s\n"
                                             "ca=relay/centre-ca.crt\n\n"
                                             "[client]\n"
                                             "terminal=%s\n"
                                             "certificate=relay/tls.crt\n"
                                             "key=relay/tls.key\n\n"
                                             "[operator]\n"
                                             "id=CLERK-1\n"
                                             "key=operators/clerk.key\n\n"
                                             "[limits]\n"
                                             "budget-ms=60000\n",
                                             centre->url, terminal);

    return mado_private_file_write_public(daemon_path, (const guint8 *)daemon, strlen(daemon),
                                          error) &&
           mado_private_file_write_public(relay_path, (const guint8 *)relay, strlen(relay),
                                          error);
}

gboolean
mado_enrol_desk(const MadoEnrolCentre *centre,
                MadoStore *store,
                const char *terminal,
                const char *folder,
                GError **error)
{
    g_autoptr(MadoTerminalRecord) record = g_new0(MadoTerminalRecord, 1);

    if (!mado_enrol_is_terminal(terminal)) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CONFIG, "terminal '%s': not A-Z 0-9 -",
                    terminal);
        return FALSE;
    }
    g_strlcpy(record->id, terminal, sizeof record->id);
    g_strlcpy(record->municipality, centre->municipality, sizeof record->municipality);
    record->enrolled_ms = g_get_real_time() / 1000;
    return make_folders(folder, error) && make_message_pairs(centre, folder, record, error) &&
           make_tls_pair(centre, folder, record, error) &&
           copy_anchors(centre, folder, error) &&
           write_configuration(centre, terminal, folder, error) &&
           store->ops->put_terminal(store, record, error);
}

static gboolean
write_operator_key(const char *path,
                   EVP_PKEY *key,
                   const MadoSecret *passphrase,
                   GError **error)
{
    BIO *bio = BIO_new(BIO_s_mem());
    gboolean done = FALSE;
    char *data;
    long len;

    if (bio == NULL ||
        PEM_write_bio_PKCS8PrivateKey(bio, key, EVP_aes_256_cbc(),
                                      (const char *)mado_secret_peek(passphrase),
                                      (int)mado_secret_len(passphrase), NULL, NULL) != 1) {
        mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "writing an operator's key");
    } else {
        len = BIO_get_mem_data(bio, &data);
        done = mado_private_file_write(path, (const guint8 *)data, (gsize)len, error);
    }
    BIO_free(bio);
    return done;
}

gboolean
mado_enrol_operator(MadoStore *store,
                    const char *id,
                    guint8 roles,
                    const char *key_path,
                    const MadoSecret *passphrase,
                    GError **error)
{
    g_autoptr(MadoOperatorRecord) record = g_new0(MadoOperatorRecord, 1);
    EVP_PKEY *key;
    gboolean done;

    if (!mado_enrol_is_id(id)) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CONFIG,
                    "operator '%s': not A-Z a-z 0-9 . _ -", id);
        return FALSE;
    }
    key = mado_pki_new_ec_key(error);
    if (key == NULL)
        return FALSE;
    g_strlcpy(record->id, id, sizeof record->id);
    record->roles = roles;
    record->public_key = mado_pki_public_key_to_der(key);
    done = write_operator_key(key_path, key, passphrase, error) &&
           store->ops->put_operator(store, record, error);
    EVP_PKEY_free(key);
    return done;
}
