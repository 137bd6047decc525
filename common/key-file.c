/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/key-file.h"

#include "common/error.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_FILE_LEN 65536

static gboolean
refuse(const char *path, const char *why, GError **error)
{
    g_set_error(error, MADO_ERROR, MADO_ERROR_CONFIG, "%s: %s", path, why);
    return FALSE;
}

static gboolean
check_private(const char *path, const struct stat *status, GError **error)
{
    if (!S_ISREG(status->st_mode))
        return refuse(path, "a key must be a regular file", error);
    if ((status->st_mode & 0077) != 0)
        return refuse(path, "others may read or write this key; chmod 0600 it", error);
    if (status->st_uid != geteuid() && status->st_uid != 0)
        return refuse(path, "this key belongs to another user; chown it", error);
    if (status->st_size <= 0 || status->st_size > MAX_FILE_LEN)
        return refuse(path, "empty or too long for a key", error);
    return TRUE;
}

static MadoSecret *
read_open_file(int fd, const char *path, GError **error)
{
    g_autoptr(MadoSecret) secret = NULL;
    struct stat status;
    gsize at = 0;
    gssize n_read;

    if (fstat(fd, &status) != 0) {
        (void)refuse(path, g_strerror(errno), error);
        return NULL;
    }
    if (!check_private(path, &status, error))
        return NULL;
    secret = mado_secret_new((gsize)status.st_size);
    while (at < mado_secret_capacity(secret)) {
        n_read =
            read(fd, mado_secret_peek_writable(secret) + at, mado_secret_capacity(secret) - at);
        if (n_read < 0 && errno == EINTR)
            continue;
        if (n_read <= 0)
            break;
        at += (gsize)n_read;
    }
    if (at != mado_secret_capacity(secret)) {
        (void)refuse(path, "cannot be read whole", error);
        return NULL;
    }
    mado_secret_set_len(secret, at);
    return g_steal_pointer(&secret);
}

MadoSecret *
mado_key_file_read(const char *path, GError **error)
{
    MadoSecret *secret;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0) {
        (void)refuse(path,
                     errno == ELOOP ? "is a symbolic link; name the key itself"
                                    : g_strerror(errno),
                     error);
        return NULL;
    }
    secret = read_open_file(fd, path, error);
    (void)close(fd);
    return secret;
}

typedef struct {
    MadoAskPassphrase ask; /* NULL once it was asked */
    gpointer user_data;
    MadoSecret *passphrase; /* owned; NULL: not asked, or given up */
} Asker;

#define MAX_PASSPHRASE_LEN 1024

/* A person is asked once, however often OpenSSL tries. */
static void
ask_once(Asker *self)
{
    MadoAskPassphrase ask = g_steal_pointer(&self->ask);
    g_autoptr(MadoSecret) typed = NULL;
    gsize len = 0;

    if (ask == NULL)
        return;
    typed = mado_secret_new(MAX_PASSPHRASE_LEN);
    if (!ask(mado_secret_peek_writable(typed), MAX_PASSPHRASE_LEN, &len, self->user_data) ||
        len > MAX_PASSPHRASE_LEN)
        return;
    mado_secret_set_len(typed, len);
    self->passphrase = g_steal_pointer(&typed);
}

/* pem_password_cb; a negative answer is "none". */
static int
on_passphrase_wanted(char *buffer, int size, int is_writing, void *user_data)
{
    Asker *asker = user_data;
    gsize len;

    ask_once(asker);
    len = asker->passphrase != NULL ? mado_secret_len(asker->passphrase) : 0;
    if (asker->passphrase == NULL || is_writing != 0 || size <= 0 || len > (gsize)size)
        return -1;
    memcpy(buffer, mado_secret_peek(asker->passphrase), len);
    return (int)len;
}

/* Why OpenSSL made no key of the file. */
static void
set_why(const char *path, const Asker *asker, gboolean was_asked, GError **error)
{
    g_autofree char *doing =
        g_strdup_printf("%s: no private key, or one that needs a passphrase", path);
    gboolean was_given;

    if (!was_asked) {
        (void)mado_error_set_openssl(error, MADO_ERROR_CONFIG, doing);
        return;
    }
    ERR_clear_error();
    was_given = asker->passphrase != NULL;
    g_set_error(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT, "%s: the passphrase %s", path,
                was_given ? "is wrong" : "was not given");
}

EVP_PKEY *
mado_key_file_load_private(const char *path,
                           MadoAskPassphrase ask,
                           gpointer user_data,
                           GError **error)
{
    g_autoptr(MadoSecret) pem = mado_key_file_read(path, error);
    Asker asker = {ask, user_data, NULL};
    EVP_PKEY *pkey;
    BIO *bio;

    if (pem == NULL)
        return NULL;
    bio = BIO_new_mem_buf(mado_secret_peek(pem), (int)mado_secret_len(pem));
    pkey =
        bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, on_passphrase_wanted, &asker) : NULL;
    BIO_free(bio);
    if (pkey == NULL)
        set_why(path, &asker, ask != NULL && asker.ask == NULL, error);
    mado_secret_free(asker.passphrase);
    if (pkey == NULL)
        return NULL;
    if (!mado_key_file_is_p256(pkey)) {
        EVP_PKEY_free(pkey);
        (void)refuse(path, "not an EC P-256 key", error);
        return NULL;
    }
    return pkey;
}

X509 *
mado_key_file_load_certificate(const char *path, GError **error)
{
    BIO *bio = BIO_new_file(path, "r");
    X509 *certificate = bio != NULL ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;

    BIO_free(bio);
    if (certificate == NULL) {
        g_autofree char *doing = g_strdup_printf("%s: no certificate", path);

        (void)mado_error_set_openssl(error, MADO_ERROR_CONFIG, doing);
    }
    return certificate;
}

gboolean
mado_key_file_is_p256(const EVP_PKEY *pkey)
{
    char group[32] = "";

    return EVP_PKEY_is_a(pkey, "EC") == 1 &&
           EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL) == 1 &&
           g_str_equal(group, "prime256v1");
}
