/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/support/test-keys.h"

#include <glib/gstdio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void
require(gboolean condition)
{
    if (!condition)
        abort();
}

static void
add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;

    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    require(extension != NULL && X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

static void
add_extensions(X509 *certificate, X509 *issuer, MadoTestKeysUse use)
{
    const gboolean is_ca = use == MADO_TEST_KEYS_CA;

    add_extension(certificate, issuer, NID_basic_constraints,
                  is_ca ? "critical,CA:TRUE" : "CA:FALSE");
    if (is_ca)
        add_extension(certificate, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
    else if (use == MADO_TEST_KEYS_RECIPIENT)
        add_extension(certificate, issuer, NID_key_usage, "critical,keyAgreement");
    else
        add_extension(certificate, issuer, NID_key_usage, "critical,digitalSignature");
    if (use == MADO_TEST_KEYS_TLS)
        add_extension(certificate, issuer, NID_ext_key_usage, "clientAuth");
    if (use == MADO_TEST_KEYS_SERVER)
        add_extension(certificate, issuer, NID_ext_key_usage, "serverAuth");
    add_extension(certificate, issuer, NID_subject_key_identifier, "hash");
    if (!is_ca)
        add_extension(certificate, issuer, NID_authority_key_identifier, "keyid");
}

static void
set_names(X509 *certificate, const char *cn, X509 *issuer)
{
    X509_NAME *name = X509_NAME_new();
    guint8 serial[8];
    BIGNUM *number;

    require(name != NULL && X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                                       (const guint8 *)cn, -1, -1, 0) == 1);
    require(X509_set_subject_name(certificate, name) == 1);
    require(X509_set_issuer_name(certificate,
                                 issuer != NULL ? X509_get_subject_name(issuer) : name) == 1);
    X509_NAME_free(name);
    require(RAND_bytes(serial, sizeof serial) == 1);
    serial[0] &= 0x7F;
    number = BN_bin2bn(serial, sizeof serial, NULL);
    require(number != NULL &&
            BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL);
    BN_free(number);
}

MadoTestKeys *
mado_test_keys_new(
    MadoTestKeysUse use, const char *cn, const MadoTestKeys *issuer, long from_s, long to_s)
{
    MadoTestKeys *self = g_new0(MadoTestKeys, 1);
    X509 *issuer_cert;

    self->key = EVP_EC_gen("P-256");
    self->certificate = X509_new();
    require(self->key != NULL && self->certificate != NULL);
    issuer_cert = issuer != NULL ? issuer->certificate : self->certificate;
    require(X509_set_version(self->certificate, X509_VERSION_3) == 1);
    require(X509_gmtime_adj(X509_getm_notBefore(self->certificate), from_s) != NULL);
    require(X509_gmtime_adj(X509_getm_notAfter(self->certificate), to_s) != NULL);
    require(X509_set_pubkey(self->certificate, self->key) == 1);
    set_names(self->certificate, cn, issuer != NULL ? issuer_cert : NULL);
    add_extensions(self->certificate, issuer_cert, use);
    if (use == MADO_TEST_KEYS_SERVER) {
        g_autofree char *name = g_strconcat("DNS:", cn, NULL);

        add_extension(self->certificate, issuer_cert, NID_subject_alt_name, name);
    }
    require(X509_sign(self->certificate, issuer != NULL ? issuer->key : self->key,
                      EVP_sha256()) > 0);
    return self;
}

void
mado_test_keys_free(MadoTestKeys *self)
{
    if (self == NULL)
        return;
    EVP_PKEY_free(self->key);
    X509_free(self->certificate);
    g_free(self);
}

static BIO *
open_file(const char *folder, const char *name, const char *suffix, char **ret_path)
{
    g_autofree char *file = g_strconcat(name, suffix, NULL);
    char *path = g_build_filename(folder, file, NULL);
    mode_t mask = umask(0077);
    BIO *bio = BIO_new_file(path, "w");

    (void)umask(mask);
    require(bio != NULL);
    *ret_path = path;
    return bio;
}

char *
mado_test_keys_write_key(const MadoTestKeys *self,
                         const char *folder,
                         const char *name,
                         const char *passphrase)
{
    char *path;
    BIO *bio = open_file(folder, name, ".key", &path);

    require(PEM_write_bio_PKCS8PrivateKey(
                bio, self->key, passphrase != NULL ? EVP_aes_256_cbc() : NULL, passphrase,
                passphrase != NULL ? (int)strlen(passphrase) : 0, NULL, NULL) == 1);
    BIO_free(bio);
    return path;
}

char *
mado_test_keys_write_certificate(const MadoTestKeys *self, const char *folder, const char *name)
{
    char *path;
    BIO *bio = open_file(folder, name, ".crt", &path);

    require(PEM_write_bio_X509(bio, self->certificate) == 1);
    BIO_free(bio);
    return path;
}

char *
mado_test_keys_make_folder(void)
{
    char *folder = g_dir_make_tmp("madoguchi-test-XXXXXX", NULL);

    require(folder != NULL);
    return folder;
}

void
mado_test_keys_remove_folder(const char *folder)
{
    GDir *dir = g_dir_open(folder, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);

        if (g_remove(path) != 0)
            mado_test_keys_remove_folder(path);
    }
    g_clear_pointer(&dir, g_dir_close);
    (void)g_rmdir(folder);
}
