/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/training/card-session.h"

#include "common/tlv.h"
#include "common/wipe.h"
#include "drivers/training/card-rsa.h"

#include <openssl/evp.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_LEN       16U
#define SEED_LEN        32U
#define TAG_DELIVERY    0xA0
#define TAG_KEY         0x80
#define TAG_CRYPTOGRAM  0x86
#define TAG_LE          0x96
#define PADDING_ISO     0x01
#define INS_READ_BINARY 0xB0
#define INS_SELECT      0xA4
#define INS_VERIFY      0x20

void
mado_card_session_close(MadoCard *self)
{
    mado_wipe(&self->session, sizeof(self->session));
}

/* ---- SET SESSION KEY
 * ---------------------------------------------------------------------------------- */

/* The other applications know the instruction and refuse it, each in its own way. */
static uint16_t
refuse_elsewhere(const MadoCard *self)
{
    return self->ap == MADO_AP_JPKI || self->ap == MADO_AP_JUKI ? 0x6982 : 0x66F1;
}

static bool
take_seed(const uint8_t *message, size_t len, uint8_t ret_key[BLOCK_LEN])
{
    MadoTlv delivery;
    MadoTlv seed;

    if (mado_tlv_only(message, len, TAG_DELIVERY, &delivery) != MADO_BYTES_OK ||
        mado_tlv_only(delivery.value, delivery.len, TAG_KEY, &seed) != MADO_BYTES_OK ||
        seed.len != SEED_LEN) {
        return false;
    }
    memcpy(ret_key, seed.value, BLOCK_LEN); /* AES-128 takes the first half */
    return true;
}

uint16_t
mado_card_session_open(MadoCard *self, const MadoCommand *command, MadoWriter *answer)
{
    const MadoCardEf pin_only = {.opened_by = {MADO_EF_TEXT_PIN}};
    uint8_t message[MADO_CARD_RSA_LEN];
    const MadoCardItem *key;
    size_t len = 0;
    bool ok;

    (void)answer;
    if (self->ap != MADO_AP_TEXT) {
        return refuse_elsewhere(self);
    }
    if (!mado_card_core_is_open(self, &pin_only)) {
        return 0x6982; /* 照合番号 will not do */
    }
    key = mado_card_state_item(&self->state, MADO_CARD_ITEM_KEY, MADO_AP_TEXT,
                               MADO_EF_TEXT_SESSION_KEY);
    if (command->p1 != 0 || command->p2 != 0) {
        return 0x6A86;
    }
    if (key == NULL || command->data_len != MADO_CARD_RSA_LEN) {
        return 0x6A80;
    }
    mado_card_session_close(self);
    ok = mado_card_rsa_decrypt(key->data, key->len, command->data, message, &len) &&
         take_seed(message, len, self->session.key);
    mado_wipe(message, sizeof(message));
    if (!ok) {
        return 0x6A80;
    }
    self->session.is_open = true;
    self->session.counter = 1;
    return 0x9000;
}

/* ---- messages
 * ----------------------------------------------------------------------------------------- */

/* AES-128-CBC over whole blocks. */
static bool
run_cipher(const uint8_t key[BLOCK_LEN],
           const uint8_t iv[BLOCK_LEN],
           bool encrypt,
           const MadoScp03Piece *in,
           uint8_t *ret_out)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int len = 0;
    bool ok;

    ok = context != NULL && in->len <= INT_MAX &&
         EVP_CipherInit_ex(context, EVP_aes_128_cbc(), NULL, key, iv, encrypt ? 1 : 0) == 1 &&
         EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
         EVP_CipherUpdate(context, ret_out, &len, in->data, (int)in->len) == 1;
    EVP_CIPHER_CTX_free(context);
    return ok;
}

/* The IV of both directions: the counter as one block, encrypted. */
static bool
make_iv(const MadoCard *self, uint8_t ret_iv[BLOCK_LEN])
{
    static const uint8_t zero[BLOCK_LEN] = {0};
    uint32_t n = self->session.counter;
    const uint8_t block[BLOCK_LEN] = {
        [12] = (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
    const MadoScp03Piece in = {block, sizeof(block)};

    return run_cipher(self->session.key, zero, true, &in, ret_iv);
}

/* A message that cannot be understood ends the session: nobody knows the counter any more. */
static uint16_t
destroy(MadoCard *self)
{
    mado_card_session_close(self);
    return 0x6988;
}

static bool
decrypt(MadoCard *self, const MadoTlv *cryptogram, size_t *ret_len)
{
    const MadoScp03Piece in = {cryptogram->value + 1, cryptogram->len - 1};
    uint8_t iv[BLOCK_LEN];
    size_t len = in.len;

    if (cryptogram->value[0] != PADDING_ISO || len == 0 || len % BLOCK_LEN != 0 ||
        !make_iv(self, iv) || !run_cipher(self->session.key, iv, false, &in, self->plain)) {
        return false;
    }
    while (len > 0 && self->plain[len - 1] == 0) {
        len--;
    }
    if (len == 0 || self->plain[len - 1] != 0x80) {
        return false;
    }
    *ret_len = len - 1;
    return true;
}

/* READ BINARY names its length in an object; 0 is the whole file. */
static bool
take_le(const MadoTlv *le, MadoCommand *plain)
{
    size_t ne;

    if (le->len != 3 || le->value[0] != 0) {
        return false;
    }
    ne = (size_t)(le->value[1] << 8 | le->value[2]);
    plain->ne = ne == 0 ? MADO_APDU_MAX_NE : ne;
    return true;
}

uint16_t
mado_card_session_enter(MadoCard *self, const MadoCommand *command, MadoCommand *ret_plain)
{
    bool reads = command->ins == INS_READ_BINARY;
    MadoCommand plain = *command;
    MadoTlv object;

    if (self->ap != MADO_AP_TEXT) {
        return 0x6882;
    }
    if (!self->session.is_open) {
        return 0x69FC;
    }
    if (!reads && command->ins != INS_SELECT && command->ins != INS_VERIFY) {
        return destroy(self);
    }
    plain.cla = 0x00;
    plain.data = NULL;
    plain.data_len = 0;
    if (mado_tlv_only(command->data, command->data_len, reads ? TAG_LE : TAG_CRYPTOGRAM,
                      &object) != MADO_BYTES_OK ||
        object.len == 0) {
        return destroy(self);
    }
    if (reads ? !take_le(&object, &plain) : !decrypt(self, &object, &plain.data_len)) {
        return destroy(self);
    }
    if (!reads) {
        plain.data = self->plain;
        plain.ne = 0;
    }
    *ret_plain = plain;
    return 0x9000;
}

/* The answer so far becomes 86 { 01, cryptogram }. */
static bool
encrypt(MadoCard *self, MadoWriter *answer)
{
    size_t len = mado_writer_len(answer);
    size_t padded_len = (len / BLOCK_LEN + 1) * BLOCK_LEN;
    uint8_t *padded = calloc(2, padded_len + 1);
    uint8_t *object = padded == NULL ? NULL : padded + padded_len;
    MadoScp03Piece in = {padded, padded_len};
    uint8_t iv[BLOCK_LEN];
    bool ok;

    if (padded == NULL) {
        return false;
    }
    memcpy(padded, answer->data, len);
    padded[len] = 0x80;
    object[0] = PADDING_ISO;
    ok = make_iv(self, iv) && run_cipher(self->session.key, iv, true, &in, object + 1);
    if (ok) {
        mado_writer_init(answer, answer->data, answer->cap);
        mado_writer_tlv(answer, TAG_CRYPTOGRAM, object, padded_len + 1);
    }
    mado_wipe(padded, padded_len);
    free(padded);
    return ok;
}

uint16_t
mado_card_session_leave(MadoCard *self, MadoWriter *answer, uint16_t sw)
{
    bool has_data = sw == 0x9000 && mado_writer_len(answer) > 0;

    if (!self->session.is_open) {
        return sw; /* the command itself ended it: SELECT of an application, loss of power */
    }
    if (has_data && !encrypt(self, answer)) {
        return destroy(self);
    }
    self->session.counter++;
    return sw;
}
