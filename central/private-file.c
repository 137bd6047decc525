/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/private-file.h"

#include "common/error.h"
#include "common/hex.h"
#include "common/key-file.h"
#include "common/wipe.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_HEX_BYTES 64

static gboolean
set_errno(GError **error, const char *doing, const char *path)
{
    int saved = errno;

    g_set_error(error, MADO_ERROR, MADO_ERROR_CONFIG, "%s '%s': %s", doing, path,
                g_strerror(saved));
    return FALSE;
}

static gboolean
write_all(int fd, const guint8 *data, gsize len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return FALSE;
        data += n;
        len -= (gsize)n;
    }
    return fsync(fd) == 0;
}

static gboolean
write_new(const char *path, const guint8 *data, gsize len, mode_t mode, GError **error)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    gboolean done;

    if (fd < 0)
        return set_errno(error, "creating", path);
    done = write_all(fd, data, len);
    if (!done)
        set_errno(error, "writing", path);
    close(fd);
    return done;
}

gboolean
mado_private_file_write(const char *path, const guint8 *data, gsize len, GError **error)
{
    return write_new(path, data, len, 0600, error);
}

gboolean
mado_private_file_write_public(const char *path, const guint8 *data, gsize len, GError **error)
{
    return write_new(path, data, len, 0644, error);
}

/* A key file never asks for a passphrase at a service's start. */
static int
refuse_passphrase(char *buffer, int size, int for_writing, void *user_data)
{
    return -1;
}

EVP_PKEY *
mado_private_file_read_key(const char *path, GError **error)
{
    g_autoptr(MadoSecret) pem = mado_key_file_read(path, error);
    EVP_PKEY *key;
    BIO *bio;

    if (pem == NULL)
        return NULL;
    bio = BIO_new_mem_buf(mado_secret_peek(pem), (int)mado_secret_len(pem));
    key = PEM_read_bio_PrivateKey(bio, NULL, refuse_passphrase, NULL);
    BIO_free(bio);
    if (key == NULL) {
        mado_error_set_openssl(error, MADO_ERROR_CONFIG, "reading a private key");
        g_prefix_error(error, "%s: ", path);
    }
    return key;
}

gboolean
mado_private_file_write_key(const char *path, EVP_PKEY *key, GError **error)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    gboolean done = FALSE;
    char *data;
    long len;

    if (bio == NULL || !PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL)) {
        mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "writing a private key");
    } else {
        len = BIO_get_mem_data(bio, &data);
        done = mado_private_file_write(path, (const guint8 *)data, (gsize)len, error);
    }
    BIO_free(bio);
    return done;
}

gboolean
mado_private_file_write_certificate(const char *path, X509 *certificate, GError **error)
{
    BIO *bio = BIO_new(BIO_s_mem());
    gboolean done = FALSE;
    char *data;
    long len;

    if (bio == NULL || !PEM_write_bio_X509(bio, certificate)) {
        mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "writing a certificate");
    } else {
        len = BIO_get_mem_data(bio, &data);
        done = mado_private_file_write_public(path, (const guint8 *)data, (gsize)len, error);
    }
    BIO_free(bio);
    return done;
}

gboolean
mado_private_file_write_random(const char *path, gsize n_bytes, GError **error)
{
    guint8 bytes[MAX_HEX_BYTES];
    char text[MADO_HEX_SIZE(MAX_HEX_BYTES) + 1];
    gboolean done = FALSE;

    g_return_val_if_fail(n_bytes <= sizeof bytes, FALSE);
    if (RAND_priv_bytes(bytes, (int)n_bytes) != 1 ||
        mado_hex_format(bytes, n_bytes, text, sizeof text) != MADO_BYTES_OK) {
        mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "making a random key");
    } else {
        text[2 * n_bytes] = '\n';
        done = mado_private_file_write(path, (const guint8 *)text, 2 * n_bytes + 1, error);
    }
    mado_wipe(bytes, sizeof bytes);
    mado_wipe(text, sizeof text);
    return done;
}

MadoSecret *
mado_private_file_read_hex(const char *path, gsize n_bytes, GError **error)
{
    g_autoptr(MadoSecret) text = mado_key_file_read(path, error);
    g_autoptr(MadoSecret) key = NULL;
    gsize text_len;
    gsize len = 0;

    if (text == NULL)
        return NULL;
    text_len = mado_secret_len(text);
    while (text_len > 0 && g_ascii_isspace(mado_secret_peek(text)[text_len - 1]))
        text_len--;
    key = mado_secret_new(n_bytes);
    if (mado_hex_parse((const char *)mado_secret_peek(text), text_len,
                       mado_secret_peek_writable(key), n_bytes, &len) != MADO_BYTES_OK ||
        len != n_bytes) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CONFIG,
                    "'%s' does not hold %" G_GSIZE_FORMAT " bytes in hexadecimal", path,
                    n_bytes);
        return NULL;
    }
    mado_secret_set_len(key, len);
    return g_steal_pointer(&key);
}
