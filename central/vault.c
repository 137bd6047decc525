/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/vault.h"

#include "central/private-file.h"
#include "common/cursor.h"
#include "common/error.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include <string.h>

#define KEY_LEN       32
#define NONCE_LEN     12
#define TAG_LEN       16
#define HEAD_LEN      (1 + NONCE_LEN)
#define BLOB_VERSION  0x01
#define MAX_PLAIN_LEN (1024 * 1024)

struct _MadoVault {
    MadoSecret *seal_key;
    MadoSecret *search_key;
    MadoSecret *term_key;
};

static MadoSecret *
derive(const MadoSecret *master, const char *info, GError **error)
{
    g_autoptr(MadoSecret) key = mado_secret_new(KEY_LEN);
    const guint8 *secret = mado_secret_peek(master);
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)(gsize) "SHA256", 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(gsize)secret,
                                          mado_secret_len(master)),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)(gsize)info,
                                          strlen(info)),
        OSSL_PARAM_construct_end(),
    };
    gboolean done = ctx != NULL &&
                    EVP_KDF_derive(ctx, mado_secret_peek_writable(key), KEY_LEN, params) == 1;

    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    if (!done) {
        mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "deriving a key");
        return NULL;
    }
    mado_secret_set_len(key, KEY_LEN);
    return g_steal_pointer(&key);
}

MadoVault *
mado_vault_load(const char *path, GError **error)
{
    g_autoptr(MadoVault) self = g_new0(MadoVault, 1);
    g_autoptr(MadoSecret) master = mado_private_file_read_hex(path, KEY_LEN, error);

    if (master == NULL)
        return NULL;
    self->seal_key = derive(master, "madoguchi centre: at rest", error);
    if (self->seal_key == NULL)
        return NULL;
    self->search_key = derive(master, "madoguchi centre: search by number", error);
    if (self->search_key == NULL)
        return NULL;
    self->term_key = derive(master, "madoguchi centre: search by terms", error);
    return self->term_key != NULL ? g_steal_pointer(&self) : NULL;
}

void
mado_vault_free(MadoVault *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->seal_key, mado_secret_free);
    g_clear_pointer(&self->search_key, mado_secret_free);
    g_clear_pointer(&self->term_key, mado_secret_free);
    g_free(self);
}

static gboolean
encrypt(EVP_CIPHER_CTX *ctx,
        const MadoVault *self,
        const char *context,
        const MadoSecret *plain,
        guint8 *blob)
{
    int len;

    return EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, mado_secret_peek(self->seal_key),
                              blob + 1) == 1 &&
           EVP_EncryptUpdate(ctx, NULL, &len, blob, 1) == 1 &&
           EVP_EncryptUpdate(ctx, NULL, &len, (const guint8 *)context, (int)strlen(context)) ==
               1 &&
           EVP_EncryptUpdate(ctx, blob + HEAD_LEN, &len, mado_secret_peek(plain),
                             (int)mado_secret_len(plain)) == 1 &&
           EVP_EncryptFinal_ex(ctx, blob + HEAD_LEN + mado_secret_len(plain), &len) == 1 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN,
                               blob + HEAD_LEN + mado_secret_len(plain)) == 1;
}

GBytes *
mado_vault_seal(const MadoVault *self,
                const char *context,
                const MadoSecret *plain,
                GError **error)
{
    gsize blob_len = HEAD_LEN + mado_secret_len(plain) + TAG_LEN;
    g_autofree guint8 *blob = NULL;
    EVP_CIPHER_CTX *ctx;
    gboolean done;

    if (mado_secret_len(plain) > MAX_PLAIN_LEN) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_LIMIT, "too long to be sealed");
        return NULL;
    }
    blob = g_malloc(blob_len);
    blob[0] = BLOB_VERSION;
    ctx = EVP_CIPHER_CTX_new();
    done = ctx != NULL && RAND_bytes(blob + 1, NONCE_LEN) == 1 &&
           encrypt(ctx, self, context, plain, blob);
    EVP_CIPHER_CTX_free(ctx);
    if (!done) {
        mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "sealing");
        return NULL;
    }
    return g_bytes_new_take(g_steal_pointer(&blob), blob_len);
}

typedef struct {
    const guint8 *head; /* version and nonce */
    const guint8 *text;
    gsize text_len;
    const guint8 *tag;
} Blob;

static gboolean
split_blob(GBytes *sealed, Blob *ret_blob)
{
    MadoCursor cursor;
    gsize len;
    const guint8 *data = g_bytes_get_data(sealed, &len);
    Blob blob;

    mado_cursor_init(&cursor, data, len);
    if (len < HEAD_LEN + TAG_LEN || len > HEAD_LEN + MAX_PLAIN_LEN + TAG_LEN)
        return FALSE;
    blob.text_len = len - HEAD_LEN - TAG_LEN;
    if (!mado_cursor_take(&cursor, HEAD_LEN, &blob.head) || blob.head[0] != BLOB_VERSION ||
        !mado_cursor_take(&cursor, blob.text_len, &blob.text) ||
        !mado_cursor_take(&cursor, TAG_LEN, &blob.tag))
        return FALSE;
    *ret_blob = blob;
    return TRUE;
}

static gboolean
decrypt(EVP_CIPHER_CTX *ctx,
        const MadoVault *self,
        const char *context,
        const Blob *blob,
        MadoSecret *plain)
{
    int len;

    return EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, mado_secret_peek(self->seal_key),
                              blob->head + 1) == 1 &&
           EVP_DecryptUpdate(ctx, NULL, &len, blob->head, 1) == 1 &&
           EVP_DecryptUpdate(ctx, NULL, &len, (const guint8 *)context, (int)strlen(context)) ==
               1 &&
           EVP_DecryptUpdate(ctx, mado_secret_peek_writable(plain), &len, blob->text,
                             (int)blob->text_len) == 1 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, (void *)(gsize)blob->tag) ==
               1 &&
           EVP_DecryptFinal_ex(ctx, mado_secret_peek_writable(plain) + blob->text_len, &len) ==
               1;
}

MadoSecret *
mado_vault_open(const MadoVault *self, const char *context, GBytes *sealed, GError **error)
{
    g_autoptr(MadoSecret) plain = NULL;
    EVP_CIPHER_CTX *ctx;
    Blob blob;
    gboolean done;

    if (!split_blob(sealed, &blob)) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_JOURNAL, "sealed data: not a blob");
        return NULL;
    }
    plain = mado_secret_new(blob.text_len + 1);
    ctx = EVP_CIPHER_CTX_new();
    done = ctx != NULL && decrypt(ctx, self, context, &blob, plain);
    EVP_CIPHER_CTX_free(ctx);
    if (!done) {
        mado_error_set_openssl(error, MADO_ERROR_JOURNAL,
                               "sealed data: altered, or under another key");
        return NULL;
    }
    mado_secret_set_len(plain, blob.text_len);
    return g_steal_pointer(&plain);
}

gboolean
mado_vault_search_key(const MadoVault *self,
                      const char *number,
                      guint8 ret_key[32],
                      GError **error)
{
    unsigned len = 32;

    if (HMAC(EVP_sha256(), mado_secret_peek(self->search_key), KEY_LEN, (const guint8 *)number,
             strlen(number), ret_key, &len) == NULL)
        return mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "hashing");
    return TRUE;
}

gboolean
mado_vault_term_key(const MadoVault *self,
                    const char *field,
                    const char *place,
                    const char *text,
                    guint8 ret_key[MADO_VAULT_TERM_LEN],
                    GError **error)
{
    g_autoptr(MadoSecret) message =
        mado_secret_new(strlen(field) + strlen(place) + strlen(text) + 2);
    guint8 hash[32];
    unsigned len = sizeof hash;

    /* The end marks part them: none of the three holds one. */
    mado_secret_append(message, (const guint8 *)field, strlen(field) + 1);
    mado_secret_append(message, (const guint8 *)place, strlen(place) + 1);
    mado_secret_append(message, (const guint8 *)text, strlen(text));
    if (HMAC(EVP_sha256(), mado_secret_peek(self->term_key), KEY_LEN, mado_secret_peek(message),
             mado_secret_len(message), hash, &len) == NULL)
        return mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "hashing");
    memcpy(ret_key, hash, MADO_VAULT_TERM_LEN);
    return TRUE;
}
