/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SCP03 against published vectors, and both ends of ours against each other where no vector
 * exists. */
#include "config.h"

#include "common/hex.h"
#include "common/scp03-card.h"
#include "common/scp03-host.h"
#include "common/wipe.h"
#include "tests/support/test.h"

#include <string.h>

static size_t
from_hex(const char *text, uint8_t *ret_data, size_t cap)
{
    size_t len = 0;

    assert_int_equal(mado_hex_parse(text, strlen(text), ret_data, cap, &len), MADO_BYTES_OK);
    return len;
}

static void
assert_hex(const uint8_t *data, size_t len, const char *expected)
{
    uint8_t bytes[512];

    assert_int_equal(from_hex(expected, bytes, sizeof(bytes)), len);
    assert_memory_equal(data, bytes, len);
}

/* The vector of the GlobalPlatform library's test suite (mutual authentication, AES-128). */
static void
vector_keys(MadoScp03Keys *ret_keys, uint8_t *ret_host, uint8_t *ret_card)
{
    memset(ret_keys, 0, sizeof(*ret_keys));
    ret_keys->len = from_hex("F995D0A069335C7DF42E590317FFEA6D", ret_keys->enc, 32);
    from_hex("58563362EC5A4541ABCD32B34B1EAE7D", ret_keys->mac, 32);
    from_hex("B2BDE1A2DC66BD56", ret_host, 8);
    from_hex("C40932A6FEFEAEB2", ret_card, 8);
}

static void
cmac_gives_the_values_of_sp_800_38b(void **state)
{
    static const struct {
        const char *key;
        const char *message;
        const char *mac;
    } rows[] = {
        {"2B7E151628AED2A6ABF7158809CF4F3C", "", "BB1D6929E95937287FA37D129B756746"},
        {"2B7E151628AED2A6ABF7158809CF4F3C", "6BC1BEE22E409F96E93D7E117393172A",
         "070A16B46B4D4144F79BDD9DD04A287C"},
        {"8E73B0F7DA0E6452C810F32B809079E562F8EAD2522C6B7B", "",
         "D17DDF46ADAACDE531CAC483DE7A9367"},
        {"603DEB1015CA71BE2B73AEF0857D77811F352C073B6108D72D9810A30914DFF4", "",
         "028962F61B7BF89EFC6B551F4667D983"},
    };

    for (size_t i = 0; i < MADO_N_ELEMENTS(rows); i++) {
        uint8_t key[32];
        uint8_t message[64];
        uint8_t mac[16];
        size_t key_len = from_hex(rows[i].key, key, sizeof(key));
        MadoScp03Piece piece = {message, from_hex(rows[i].message, message, sizeof(message))};

        assert_int_equal(mado_scp03_key_cmac(key, key_len, &piece, 1, mac), MADO_SCP03_OK);
        assert_hex(mac, sizeof(mac), rows[i].mac);
    }
}

static void
session_keys_and_cryptograms_are_those_of_the_published_vector(void **state)
{
    MadoScp03Keys keys;
    MadoScp03Session session;
    uint8_t host[8];
    uint8_t card[8];
    uint8_t cryptogram[8];

    vector_keys(&keys, host, card);
    assert_int_equal(mado_scp03_session_derive(&keys, host, card, &session), MADO_SCP03_OK);
    assert_hex(session.s_enc, 16, "9B841BB63D1087484FF7F16802017243");
    assert_hex(session.s_mac, 16, "8117FE5ADED74AC0DAABE9FB81DBDB67");
    assert_hex(session.s_rmac, 16, "4521D75E4D6F60DBFB8AB4EE254EF6F1");
    assert_int_equal(mado_scp03_session_cryptogram(&session, MADO_SCP03_CRYPTOGRAM_CARD, host,
                                                   card, cryptogram),
                     MADO_SCP03_OK);
    assert_hex(cryptogram, 8, "E127185170F45FCA");
    assert_int_equal(mado_scp03_session_cryptogram(&session, MADO_SCP03_CRYPTOGRAM_HOST, host,
                                                   card, cryptogram),
                     MADO_SCP03_OK);
    assert_hex(cryptogram, 8, "59D54D932423D29F");
}

static void
external_authenticate_is_that_of_the_published_vector(void **state)
{
    MadoScp03HostAnswer answer = {0};
    MadoScp03Keys keys;
    MadoScp03Host session;
    MadoWriter writer;
    uint8_t host[8];
    uint8_t card[8];
    uint8_t cryptogram[8];
    uint8_t apdu[64];

    vector_keys(&keys, host, card);
    from_hex("E127185170F45FCA", cryptogram, sizeof(cryptogram));
    answer.card_challenge = card;
    answer.card_cryptogram = cryptogram;
    mado_writer_init(&writer, apdu, sizeof(apdu));
    assert_int_equal(mado_scp03_host_begin(&keys, host, &answer, &session), MADO_SCP03_OK);
    assert_int_equal(mado_scp03_host_authenticate(&session, 0x03, &writer), MADO_SCP03_OK);
    assert_hex(apdu, mado_writer_len(&writer), "848203001059D54D932423D29F6313C970875F8C2F");
}

/* ---- both ends, all key lengths and levels
 * ------------------------------------------------------------ */

typedef struct {
    MadoScp03Keys keys;
    MadoScp03Host host;
    MadoScp03Card card;
} Pair;

static void
init_pair(Pair *pair, size_t key_len)
{
    static const uint8_t host_challenge[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    uint8_t bytes[29] = {9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 0x3F, 0x03, 0x60, 11, 12, 13, 14};
    MadoScp03HostAnswer answer;

    memset(pair, 0, sizeof(*pair));
    memset(pair->keys.enc, 0xE0, key_len);
    memset(pair->keys.mac, 0xA0, key_len);
    pair->keys.len = key_len;
    assert_int_equal(
        mado_scp03_card_begin(&pair->card, &pair->keys, host_challenge, bytes + 13, bytes + 21),
        MADO_SCP03_OK);
    assert_int_equal(mado_scp03_host_parse(bytes, sizeof(bytes), &answer), MADO_SCP03_OK);
    assert_int_equal(answer.key_version, 0x3F);
    assert_int_equal(answer.i, 0x60);
    assert_int_equal(mado_scp03_host_begin(&pair->keys, host_challenge, &answer, &pair->host),
                     MADO_SCP03_OK);
}

static void
open_pair(Pair *pair, size_t key_len, uint8_t level)
{
    uint8_t apdu[64];
    MadoCommand command;
    MadoWriter writer;

    init_pair(pair, key_len);
    mado_writer_init(&writer, apdu, sizeof(apdu));
    assert_int_equal(mado_scp03_host_authenticate(&pair->host, level, &writer), MADO_SCP03_OK);
    assert_int_equal(mado_apdu_decode(apdu, mado_writer_len(&writer), &command), MADO_BYTES_OK);
    assert_int_equal(mado_scp03_card_authenticate(&pair->card, &command), MADO_SCP03_OK);
}

/* Sends data_len bytes and answers with answer_len bytes, through both ends. */
static void
exchange(Pair *pair, size_t data_len, size_t answer_len, uint16_t sw)
{
    uint8_t data[256];
    uint8_t apdu[MADO_SCP03_MAX_WRAPPED];
    uint8_t plain[256];
    uint8_t protected[512];
    uint8_t opened[512];
    MadoCommand command = {.cla = 0x80, .ins = 0xDA, .data = data, .data_len = data_len};
    MadoCommand received;
    MadoCommand unwrapped;
    MadoScp03Expected expected;
    MadoResponse response = {.data = protected, .sw = sw};
    MadoWriter writer;
    size_t len = 0;

    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (uint8_t)i;
    }
    mado_writer_init(&writer, apdu, sizeof(apdu));
    assert_int_equal(mado_scp03_host_wrap(&pair->host, &command, &writer, &expected),
                     MADO_SCP03_OK);
    assert_int_equal(mado_apdu_decode(apdu, mado_writer_len(&writer), &received),
                     MADO_BYTES_OK);
    assert_int_equal(mado_scp03_card_unwrap(&pair->card, &received, plain, &unwrapped),
                     MADO_SCP03_OK);
    assert_int_equal(unwrapped.cla, 0x80);
    assert_int_equal(unwrapped.data_len, data_len);
    assert_memory_equal(unwrapped.data, data, data_len);
    assert_int_equal(mado_scp03_card_protect(&pair->card, data, answer_len, sw, protected,
                                             &response.data_len),
                     MADO_SCP03_OK);
    assert_int_equal(mado_scp03_host_open(&pair->host, &expected, &response, opened, &len),
                     MADO_SCP03_OK);
    assert_int_equal(len, answer_len);
    assert_memory_equal(opened, data, len);
}

static void
both_ends_agree_at_every_level_and_key_length(void **state)
{
    static const uint8_t levels[] = {0x01, 0x03, 0x11, 0x13, 0x33};
    static const size_t sizes[] = {0, 1, 15, 16, 17, 200, 239};

    for (size_t key_len = 16; key_len <= 32; key_len += 8) {
        for (size_t i = 0; i < sizeof(levels); i++) {
            Pair pair;

            open_pair(&pair, key_len, levels[i]);
            for (size_t j = 0; j < MADO_N_ELEMENTS(sizes); j++) {
                exchange(&pair, sizes[j], sizes[MADO_N_ELEMENTS(sizes) - 1 - j], 0x9000);
                exchange(&pair, sizes[j], sizes[j], 0x6310);
            }
        }
    }
}

static void
an_error_answer_is_neither_protected_nor_believed(void **state)
{
    Pair pair;
    uint8_t out[64] = {0};
    size_t len = 77;
    MadoScp03Expected expected = {0};
    MadoResponse response = {.sw = 0x6985};

    open_pair(&pair, 16, 0x33);
    assert_int_equal(mado_scp03_card_protect(&pair.card, NULL, 0, 0x6985, out, &len),
                     MADO_SCP03_OK);
    assert_int_equal(len, 0);
    len = 77;
    assert_int_equal(mado_scp03_host_open(&pair.host, &expected, &response, out, &len),
                     MADO_SCP03_UNPROTECTED);
    assert_int_equal(len, 77);
}

static void
a_command_altered_in_any_byte_is_refused(void **state)
{
    const uint8_t data[] = {1, 2, 3};
    MadoCommand command = {.cla = 0x80, .ins = 0xDA, .data = data, .data_len = 3};
    uint8_t apdu[MADO_SCP03_MAX_WRAPPED];
    MadoScp03Expected expected;
    MadoWriter writer;
    Pair pair;

    open_pair(&pair, 16, 0x33);
    mado_writer_init(&writer, apdu, sizeof(apdu));
    assert_int_equal(mado_scp03_host_wrap(&pair.host, &command, &writer, &expected),
                     MADO_SCP03_OK);
    for (size_t i = 1; i < mado_writer_len(&writer) - 1; i++) {
        uint8_t plain[256];
        MadoScp03Card card = pair.card;
        MadoCommand received;
        MadoCommand unwrapped;

        apdu[i] ^= 0x01;
        if (mado_apdu_decode(apdu, mado_writer_len(&writer), &received) == MADO_BYTES_OK) {
            assert_int_equal(mado_scp03_card_unwrap(&card, &received, plain, &unwrapped),
                             MADO_SCP03_BAD_MAC);
        }
        apdu[i] ^= 0x01;
    }
}

static void
a_repeated_command_is_refused(void **state)
{
    MadoCommand command = {.cla = 0x80, .ins = 0xCA, .ne = 256};
    uint8_t apdu[MADO_SCP03_MAX_WRAPPED];
    uint8_t plain[256];
    MadoScp03Expected expected;
    MadoCommand received;
    MadoCommand unwrapped;
    MadoWriter writer;
    Pair pair;

    open_pair(&pair, 16, 0x33);
    mado_writer_init(&writer, apdu, sizeof(apdu));
    assert_int_equal(mado_scp03_host_wrap(&pair.host, &command, &writer, &expected),
                     MADO_SCP03_OK);
    assert_int_equal(mado_apdu_decode(apdu, mado_writer_len(&writer), &received),
                     MADO_BYTES_OK);
    assert_int_equal(mado_scp03_card_unwrap(&pair.card, &received, plain, &unwrapped),
                     MADO_SCP03_OK);
    assert_int_equal(mado_scp03_card_unwrap(&pair.card, &received, plain, &unwrapped),
                     MADO_SCP03_BAD_MAC);
}

static void
a_wrong_card_or_host_cryptogram_ends_the_session_before_it_begins(void **state)
{
    uint8_t bytes[29] = {[10] = 0x3F, 0x03, 0x60};
    const uint8_t challenge[8] = {0};
    MadoScp03HostAnswer answer;
    MadoScp03Host host;
    MadoScp03Host nothing;
    Pair pair;
    uint8_t apdu[64];
    MadoCommand command;
    MadoWriter writer;

    memset(&nothing, 0, sizeof(nothing));
    init_pair(&pair, 16);
    assert_int_equal(mado_scp03_host_parse(bytes, sizeof(bytes), &answer), MADO_SCP03_OK);
    assert_int_equal(mado_scp03_host_begin(&pair.keys, challenge, &answer, &host),
                     MADO_SCP03_BAD_CRYPTOGRAM);
    assert_memory_equal(&host, &nothing, sizeof(host));

    pair.host.host_cryptogram[0] ^= 1;
    mado_writer_init(&writer, apdu, sizeof(apdu));
    assert_int_equal(mado_scp03_host_authenticate(&pair.host, 0x33, &writer), MADO_SCP03_OK);
    assert_int_equal(mado_apdu_decode(apdu, mado_writer_len(&writer), &command), MADO_BYTES_OK);
    assert_int_equal(mado_scp03_card_authenticate(&pair.card, &command),
                     MADO_SCP03_BAD_CRYPTOGRAM);
}

static void
an_answer_to_initialize_update_of_another_protocol_or_length_is_refused(void **state)
{
    uint8_t bytes[30] = {[10] = 0x3F, 0x03, 0x60};
    MadoScp03HostAnswer answer;

    assert_int_equal(mado_scp03_host_parse(bytes, 28, &answer), MADO_SCP03_BAD_FORM);
    assert_int_equal(mado_scp03_host_parse(bytes, 30, &answer), MADO_SCP03_BAD_FORM);
    bytes[11] = 0x02;
    assert_int_equal(mado_scp03_host_parse(bytes, 29, &answer), MADO_SCP03_BAD_FORM);
}

static void
a_command_too_long_to_wrap_leaves_the_session_as_it_was(void **state)
{
    uint8_t data[256] = {0};
    MadoCommand command = {.cla = 0x80, .ins = 0xDA, .data = data, .data_len = 240};
    uint8_t apdu[MADO_SCP03_MAX_WRAPPED];
    MadoScp03Expected expected;
    MadoScp03Host before;
    MadoWriter writer;
    Pair pair;

    open_pair(&pair, 16, 0x33);
    before = pair.host;
    mado_writer_init(&writer, apdu, sizeof(apdu));
    assert_int_equal(mado_scp03_host_wrap(&pair.host, &command, &writer, &expected),
                     MADO_SCP03_FULL);
    command.data_len = 200;
    mado_writer_init(&writer, apdu, 100);
    assert_int_equal(mado_scp03_host_wrap(&pair.host, &command, &writer, &expected),
                     MADO_SCP03_FULL);
    assert_memory_equal(&before, &pair.host, sizeof(before));
}

static void
every_card_and_realm_gets_keys_of_its_own(void **state)
{
    const uint8_t master[32] = {1};
    const uint8_t id[10] = {2};
    MadoScp03Keys a;
    MadoScp03Keys b;

    assert_int_equal(mado_scp03_key_diversify(master, 32, "MADO-TRAINING", id, 10, &a),
                     MADO_SCP03_OK);
    assert_int_equal(mado_scp03_key_diversify(master, 32, "MADO-PRODUCTION", id, 10, &b),
                     MADO_SCP03_OK);
    assert_int_equal(a.len, 32);
    assert_memory_not_equal(a.enc, b.enc, 32);
    assert_memory_not_equal(a.enc, a.mac, 32);
    assert_memory_not_equal(a.mac, a.dek, 32);
    assert_int_equal(mado_scp03_key_diversify(master, 15, "MADO-TRAINING", id, 10, &a),
                     MADO_SCP03_BAD_FORM);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cmac_gives_the_values_of_sp_800_38b),
        cmocka_unit_test(session_keys_and_cryptograms_are_those_of_the_published_vector),
        cmocka_unit_test(external_authenticate_is_that_of_the_published_vector),
        cmocka_unit_test(both_ends_agree_at_every_level_and_key_length),
        cmocka_unit_test(an_error_answer_is_neither_protected_nor_believed),
        cmocka_unit_test(a_command_altered_in_any_byte_is_refused),
        cmocka_unit_test(a_repeated_command_is_refused),
        cmocka_unit_test(a_wrong_card_or_host_cryptogram_ends_the_session_before_it_begins),
        cmocka_unit_test(
            an_answer_to_initialize_update_of_another_protocol_or_length_is_refused),
        cmocka_unit_test(a_command_too_long_to_wrap_leaves_the_session_as_it_was),
        cmocka_unit_test(every_card_and_realm_gets_keys_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
