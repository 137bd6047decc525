/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/support/test-card.h"

#include "common/hex.h"
#include "drivers/training/card-format.h"
#include "drivers/training/card-layout.h"
#include "drivers/training/card-rsa.h"
#include "tests/support/test.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <stdlib.h>
#include <string.h>

/* ---- ports
 * --------------------------------------------------------------------------------------------
 */

static bool
load(void *user, uint8_t **ret_data, size_t *ret_len)
{
    const TestStore *store = user;

    *ret_data = malloc(store->len > 0 ? store->len : 1);
    if (*ret_data == NULL) {
        return false;
    }
    memcpy(*ret_data, store->data, store->len);
    *ret_len = store->len;
    return true;
}

static bool
save(void *user, const uint8_t *data, size_t len)
{
    TestStore *store = user;

    if (store->refuse) {
        store->refuse = false;
        return false;
    }
    free(store->data);
    store->data = malloc(len);
    if (store->data == NULL) {
        return false;
    }
    memcpy(store->data, data, len);
    store->len = len;
    store->n_saves++;
    return true;
}

/* Bytes that count up: a test must not depend on chance. */
static bool
fill_random(void *user, uint8_t *ret_data, size_t len)
{
    (void)user;
    for (size_t i = 0; i < len; i++) {
        ret_data[i] = (uint8_t)(0xC0 + i);
    }
    return true;
}

static void
spend(void *user, MadoCardWork work)
{
    unsigned *n_generated = user;

    if (work == MADO_CARD_WORK_GENERATE) {
        (*n_generated)++;
    }
}

/* ---- a state with known contents
 * ---------------------------------------------------------------------- */

static void
put(MadoCardState *state, MadoCardItemKind kind, MadoAp ap, uint16_t id, const char *hex)
{
    uint8_t bytes[512];
    MadoCardItem item = {.kind = (uint8_t)kind, .ap = (uint8_t)ap, .id = id, .data = bytes};

    assert_int_equal(mado_hex_parse(hex, strlen(hex), bytes, sizeof(bytes), &item.len),
                     MADO_BYTES_OK);
    assert_true(mado_card_state_put(state, &item));
}

static void
put_pin(MadoCardState *state, MadoAp ap, uint16_t ef, const char *value, uint8_t max_tries)
{
    MadoCardPin *pin = &state->pins[state->n_pins++];

    memset(pin, 0, sizeof(*pin));
    pin->ap = (uint8_t)ap;
    pin->ef = ef;
    pin->max_tries = max_tries;
    if (value == NULL) {
        pin->flags = MADO_PIN_FLAG_UNSET;
        return;
    }
    pin->len = (uint8_t)strlen(value);
    memcpy(pin->value, value, pin->len);
    pin->tries = pin->len == 0 ? 0 : max_tries;
}

/* A key that all fake cards of this program share. */
static void
put_key(MadoCardState *state, MadoAp ap, uint16_t ef)
{
    static uint8_t *der;
    static size_t len;
    MadoCardItem item = {.kind = MADO_CARD_ITEM_KEY, .ap = (uint8_t)ap, .id = ef};

    if (der == NULL) {
        assert_true(mado_card_rsa_generate(&der, &len));
    }
    item.data = der;
    item.len = len;
    assert_true(mado_card_state_put(state, &item));
}

static void
fill_files(MadoCardState *state)
{
    static const char filler[] = "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF";
    uint8_t face[1000];
    MadoCardItem long_file = {
        .kind = MADO_CARD_ITEM_FILE, .ap = MADO_AP_VISUAL, .id = 0x0002, .data = face};

    for (size_t i = 0; i < sizeof(face); i++) {
        face[i] = (uint8_t)(i / 4);
    }
    long_file.len = sizeof(face);
    assert_true(mado_card_state_put(state, &long_file));
    put(state, MADO_CARD_ITEM_FILE, MADO_AP_VISUAL, 0x0005, "FF400101");
    put(state, MADO_CARD_ITEM_FILE, MADO_AP_VISUAL, 0x0001, "FF100101");
    put(state, MADO_CARD_ITEM_FILE, MADO_AP_VISUAL, 0x0004, "7F210104");
    put(state, MADO_CARD_ITEM_FILE, MADO_AP_TEXT, 0x0001, "FF100C313233343536373839303138FFFF");
    put(state, MADO_CARD_ITEM_FILE, MADO_AP_TEXT, 0x0002, "FF200102");
    put(state, MADO_CARD_ITEM_FILE, MADO_AP_TEXT, 0x0003, "FF300103");
    put(state, MADO_CARD_ITEM_FILE, MADO_AP_TEXT, 0x0004, "7F210105");
    put(state, MADO_CARD_ITEM_FILE, MADO_AP_COMMON, 0x0001,
        "011C3930303030303030303030303030313939393939"
        "3230333530343031");
    put(state, MADO_CARD_ITEM_FILE, MADO_AP_COMMON, 0x0002, "02020A0B");
    put(state, MADO_CARD_ITEM_FILE, MADO_AP_JUKI, 0x0002, "02020A0B");
    put(state, MADO_CARD_ITEM_FILE, MADO_AP_JPKI, 0x0001, filler);
    put(state, MADO_CARD_ITEM_FILE, MADO_AP_JPKI, 0x0002, "30020500");
    put(state, MADO_CARD_ITEM_FILE, MADO_AP_JPKI, 0x0008, "000000");
    put(state, MADO_CARD_ITEM_FILE, MADO_AP_JPKI, 0x0009, filler);
    put(state, MADO_CARD_ITEM_FILE, MADO_AP_JPKI, 0x000A, filler);
    put(state, MADO_CARD_ITEM_OBJECT, MADO_AP_ISD, 0x00F0, "3939393939");
    put(state, MADO_CARD_ITEM_OBJECT, MADO_AP_ISD, 0x5F51, "E000FF8131FE4514");
    long_file.kind = MADO_CARD_ITEM_OBJECT;
    long_file.ap = MADO_AP_ISD;
    long_file.id = 0x00F8;
    assert_true(mado_card_state_put(state, &long_file));
}

void
test_card_fill(MadoCardState *state, MadoLifeCycle life)
{
    bool active = life != MADO_LIFE_PERSONALISED && life != MADO_LIFE_PREPARED;
    const char *digits = active ? TEST_CARD_AUTH_PIN : NULL;

    mado_card_state_init(state);
    memset(state->card_id, 0x4D, sizeof(state->card_id));
    memset(state->issuer_keys.enc, 0x11, 16);
    memset(state->issuer_keys.mac, 0x22, 16);
    memset(state->issuer_keys.dek, 0x33, 16);
    state->issuer_keys.len = 16;
    state->key_version = MADO_KVN_TRAINING;
    state->life = (uint8_t)life;
    fill_files(state);
    put_pin(state, MADO_AP_JPKI, 0x0018, digits, 3);
    put_pin(state, MADO_AP_JPKI, 0x001B, active ? TEST_CARD_SIGN_PIN : NULL, 5);
    put_pin(state, MADO_AP_TEXT, 0x0011, digits, 3);
    put_pin(state, MADO_AP_JUKI, 0x001C, digits, 3);
    put_pin(state, MADO_AP_COMMON, 0x001C, digits, 3);
    put_pin(state, MADO_AP_TEXT, 0x0012, "", 3);
    put_pin(state, MADO_AP_TEXT, 0x0014, TEST_CARD_NUMBER, 10);
    put_pin(state, MADO_AP_TEXT, 0x0015, TEST_CARD_NUMBER_B, 10);
    put_pin(state, MADO_AP_VISUAL, 0x0011, "020401", 10);
    put_pin(state, MADO_AP_VISUAL, 0x0012, TEST_CARD_NUMBER_B, 10);
    put_pin(state, MADO_AP_VISUAL, 0x0013, TEST_CARD_NUMBER, 10);
    put_key(state, MADO_AP_TEXT, 0x0013);
    put_key(state, MADO_AP_TEXT, 0x0006);
    put_key(state, MADO_AP_VISUAL, 0x0000);
    put_key(state, MADO_AP_COMMON, 0x0019);
    if (active) {
        put_key(state, MADO_AP_JPKI, 0x0017);
        put_key(state, MADO_AP_JPKI, 0x001A);
        put(state, MADO_CARD_ITEM_FILE, MADO_AP_JPKI, 0x0001, "30020101");
        put(state, MADO_CARD_ITEM_FILE, MADO_AP_JPKI, 0x000A, "30020102");
        put(state, MADO_CARD_ITEM_FILE, MADO_AP_JPKI, 0x0008, "8F8F00");
    }
}

/* ---- life
 * ---------------------------------------------------------------------------------------------
 */

void
test_card_open_state(TestCard *test, MadoCardState *state)
{
    MadoCardPorts ports = {.store = {&test->store, load, save},
                           .random = {NULL, fill_random},
                           .clock = {&test->n_generated, spend}};

    memset(test, 0, sizeof(*test));
    assert_true(mado_card_format_write(state, &test->store.data, &test->store.len));
    mado_card_state_clear(state);
    assert_int_equal(mado_card_open(&ports, &test->card), MADO_CARD_OK);
    test_card_power_cycle(test);
}

void
test_card_open(TestCard *test, MadoLifeCycle life)
{
    MadoCardState state;

    test_card_fill(&state, life);
    test_card_open_state(test, &state);
}

void
test_card_close(TestCard *test)
{
    mado_card_close(test->card);
    free(test->store.data);
    memset(test, 0, sizeof(*test));
}

void
test_card_power_cycle(TestCard *test)
{
    mado_card_power_down(test->card);
    assert_int_equal(mado_card_power_up(test->card), MADO_CARD_OK);
    assert_int_equal(test_card_send(test, "00A4040C07A0000001510000"), 0x6F00);
}

/* ---- commands
 * ----------------------------------------------------------------------------------------- */

uint16_t
test_card_send_bytes(TestCard *test, const uint8_t *command, size_t len)
{
    static uint8_t answer[MADO_APDU_MAX_RESPONSE];
    size_t answer_len = 0;

    test->answer_len = 0;
    if (mado_card_exchange(test->card, command, len, answer, sizeof(answer), &answer_len) !=
        MADO_CARD_OK) {
        return 0;
    }
    assert_true(answer_len >= 2);
    test->answer_len = answer_len - 2;
    memcpy(test->answer, answer, test->answer_len);
    return (uint16_t)(answer[answer_len - 2] << 8 | answer[answer_len - 1]);
}

uint16_t
test_card_send(TestCard *test, const char *hex)
{
    uint8_t command[600];
    char digits[1200];
    size_t n = 0;
    size_t len = 0;

    for (; *hex != '\0'; hex++) {
        if (*hex != ' ') {
            assert_true(n < sizeof(digits));
            digits[n++] = *hex;
        }
    }
    assert_int_equal(mado_hex_parse(digits, n, command, sizeof(command), &len), MADO_BYTES_OK);
    return test_card_send_bytes(test, command, len);
}

void
test_card_select(TestCard *test, MadoAp ap)
{
    uint8_t command[32] = {0x00, 0xA4, 0x04, 0x0C};
    const uint8_t *aid;
    size_t len;

    mado_card_layout_aid((uint8_t)ap, &aid, &len);
    command[4] = (uint8_t)len;
    memcpy(command + 5, aid, len);
    assert_int_equal(test_card_send_bytes(test, command, 5 + len), 0x9000);
}

void
test_card_select_ef(TestCard *test, uint16_t ef)
{
    const uint8_t command[] = {0x00, 0xA4, 0x02, 0x0C, 0x02, (uint8_t)(ef >> 8), (uint8_t)ef};

    assert_int_equal(test_card_send_bytes(test, command, sizeof(command)), 0x9000);
}

uint16_t
test_card_verify(TestCard *test, const char *pin)
{
    uint8_t command[5 + 16] = {0x00, 0x20, 0x00, 0x80, (uint8_t)strlen(pin)};

    memcpy(command + 5, pin, strlen(pin));
    return test_card_send_bytes(test, command, 5 + strlen(pin));
}

void
test_card_open_channel(TestCard *test, uint8_t level)
{
    static const uint8_t initialize[] = {0x80, 0x50, 0x3F, 0x00, 0x08, 1, 2,
                                         3,    4,    5,    6,    7,    8, 0x00};
    const MadoCardState *state = mado_card_peek_state(test->card);
    MadoScp03HostAnswer answer;
    MadoWriter writer;
    uint8_t apdu[64];

    test_card_select(test, MADO_AP_ISD);
    assert_int_equal(test_card_send_bytes(test, initialize, sizeof(initialize)), 0x9000);
    assert_int_equal(mado_scp03_host_parse(test->answer, test->answer_len, &answer),
                     MADO_SCP03_OK);
    assert_memory_equal(answer.card_id, state->card_id, sizeof(state->card_id));
    assert_int_equal(answer.i, MADO_SCP03_I);
    assert_int_equal(
        mado_scp03_host_begin(&state->issuer_keys, initialize + 5, &answer, &test->host),
        MADO_SCP03_OK);
    mado_writer_init(&writer, apdu, sizeof(apdu));
    assert_int_equal(mado_scp03_host_authenticate(&test->host, level, &writer), MADO_SCP03_OK);
    assert_int_equal(test_card_send_bytes(test, apdu, mado_writer_len(&writer)), 0x9000);
}

/* The whole of a chained answer, in `ret_bytes`. */
static uint16_t
fetch(TestCard *test, uint16_t sw, uint8_t *ret_bytes, size_t *ret_len)
{
    size_t len = test->answer_len;

    memcpy(ret_bytes, test->answer, len);
    while ((sw & 0xFF00) == 0x6100) {
        sw = test_card_send(test, "00C0000000");
        memcpy(ret_bytes + len, test->answer, test->answer_len);
        len += test->answer_len;
    }
    *ret_len = len;
    return sw;
}

uint16_t
test_card_issue(TestCard *test, uint8_t ins, uint16_t p1p2, const uint8_t *data, size_t len)
{
    MadoCommand command = {.cla = 0x80,
                           .ins = ins,
                           .p1 = (uint8_t)(p1p2 >> 8),
                           .p2 = (uint8_t)p1p2,
                           .data = data,
                           .data_len = len};
    uint8_t apdu[MADO_SCP03_MAX_WRAPPED];
    uint8_t bytes[4096];
    MadoScp03Expected expected;
    MadoResponse response = {.data = bytes};
    MadoScp03Status status;
    MadoWriter writer;

    mado_writer_init(&writer, apdu, sizeof(apdu));
    assert_int_equal(mado_scp03_host_wrap(&test->host, &command, &writer, &expected),
                     MADO_SCP03_OK);
    response.sw = test_card_send_bytes(test, apdu, mado_writer_len(&writer));
    response.sw = fetch(test, response.sw, bytes, &response.data_len);
    test->answer_len = 0;
    if (response.sw == 0) {
        return 0;
    }
    status = mado_scp03_host_open(&test->host, &expected, &response, test->answer,
                                  &test->answer_len);
    if (mado_scp03_session_is_protected(response.sw)) {
        assert_int_equal(status, MADO_SCP03_OK);
    } else {
        assert_int_equal(status, MADO_SCP03_UNPROTECTED);
        assert_int_equal(response.data_len, 0);
    }
    return response.sw;
}

uint16_t
test_card_deliver(TestCard *test, const uint8_t *message, size_t len)
{
    const MadoCardItem *item = mado_card_state_item(mado_card_peek_state(test->card),
                                                    MADO_CARD_ITEM_KEY, MADO_AP_TEXT, 0x0006);
    const unsigned char *at = item->data;
    EVP_PKEY *key = d2i_PrivateKey(EVP_PKEY_RSA, NULL, &at, (long)item->len);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    uint8_t command[7 + 256] = {0x80, 0xAE, 0x00, 0x00, 0x00, 0x01, 0x00};
    size_t out_len = 256;

    assert_int_equal(EVP_PKEY_encrypt_init(context), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()), 1);
    assert_int_equal(EVP_PKEY_encrypt(context, command + 7, &out_len, message, len), 1);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    return test_card_send_bytes(test, command, sizeof(command));
}
