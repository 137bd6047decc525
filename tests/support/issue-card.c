/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes an ACTIVE card out of one that madoguchi-training made, without desk or centre: both
 * key pairs made on the card, certificates by the CAs that training-order.py left in FOLDER,
 * PINs set through transport PINs. For tests that need an issued card and are not about
 * issuing.
 *
 *     issue-card CARD-FILE FOLDER      PINs: 1234, ABC123 for the signature
 */
#include "config.h"

#include "drivers/training/card-file.h"
#include "drivers/training/card-format.h"
#include "tests/support/test-card.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRANSPORT_PIN "77777777"

typedef struct {
    uint8_t slot;
    const char *ca;
    const char *name;
    const char *usage;
} Wanted;

static void
die(const char *what)
{
    fprintf(stderr, "issue-card: %s\n", what);
    exit(EXIT_FAILURE);
}

static void
expect(uint16_t sw, const char *what)
{
    if (sw != 0x9000) {
        fprintf(stderr, "issue-card: %s: %04X\n", what, sw);
        exit(EXIT_FAILURE);
    }
}

/* ---- profile commands
 * --------------------------------------------------------------------------------- */

static void
start(MadoWriter *writer, uint8_t *data, size_t cap)
{
    static const uint8_t transaction[MADO_TRANSACTION_LEN] = "issue-card test";

    mado_writer_init(writer, data, cap);
    mado_writer_tlv(writer, MADO_TAG_TRANSACTION, transaction, sizeof(transaction));
}

static void
write_number(MadoWriter *writer, uint32_t tag, uint32_t value, size_t len)
{
    uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                        (uint8_t)value};

    mado_writer_tlv(writer, tag, bytes + 4 - len, len);
}

static void
put(TestCard *test, uint16_t object, int slots, int life)
{
    uint8_t data[64];
    MadoWriter writer;

    start(&writer, data, sizeof(data));
    if (object == MADO_OBJECT_BEGIN) {
        write_number(&writer, MADO_TAG_FENCING, 1, 4);
        write_number(&writer, MADO_TAG_SLOTS, (uint32_t)slots, 1);
        write_number(&writer, MADO_TAG_LIFE, (uint32_t)life, 1);
    }
    expect(test_card_issue(test, MADO_INS_PUT_DATA, object, data, mado_writer_len(&writer)),
           object == MADO_OBJECT_BEGIN ? "begin" : "commit");
}

static void
set_transport_pin(TestCard *test, MadoAp ap, uint16_t ef)
{
    uint8_t data[64];
    MadoWriter writer;

    start(&writer, data, sizeof(data));
    write_number(&writer, MADO_TAG_AP, ap, 1);
    write_number(&writer, MADO_TAG_EF, ef, 2);
    mado_writer_tlv(&writer, MADO_TAG_PIN, (const uint8_t *)TRANSPORT_PIN,
                    strlen(TRANSPORT_PIN));
    expect(test_card_issue(test, MADO_INS_RESET_RETRY, 0x0200, data, mado_writer_len(&writer)),
           "transport PIN");
}

static void
change_pin(TestCard *test, MadoAp ap, uint16_t ef, const char *pin)
{
    uint8_t command[64] = {0x00, 0x24, 0x00, 0x80};
    size_t len = strlen(TRANSPORT_PIN) + strlen(pin);

    test_card_select(test, ap);
    test_card_select_ef(test, ef);
    command[4] = (uint8_t)len;
    memcpy(command + 5, TRANSPORT_PIN, strlen(TRANSPORT_PIN));
    memcpy(command + 5 + strlen(TRANSPORT_PIN), pin, strlen(pin));
    expect(test_card_send_bytes(test, command, 5 + len), "change PIN");
}

/* The staged public key. */
static EVP_PKEY *
generate(TestCard *test, uint8_t slot)
{
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    OSSL_PARAM *parameters;
    EVP_PKEY *key = NULL;
    uint8_t data[64];
    MadoWriter writer;
    BIGNUM *n;
    BIGNUM *e = BN_new();

    start(&writer, data, sizeof(data));
    write_number(&writer, MADO_TAG_SLOT, slot, 1);
    expect(test_card_issue(test, MADO_INS_GENERATE, 0x8000, data, mado_writer_len(&writer)),
           "generate");
    n = BN_bin2bn(test->answer + 9, 256, NULL); /* 7F49 82 0109 81 82 0100 */
    BN_set_word(e, 65537);
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n);
    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e);
    parameters = OSSL_PARAM_BLD_to_param(builder);
    if (EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1) {
        die("public key");
    }
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(context);
    BN_free(n);
    BN_free(e);
    return key;
}

static void
stage(TestCard *test, uint8_t slot, const uint8_t *cert, size_t len)
{
    for (size_t at = 0; at < len; at += MADO_CHUNK_LEN) {
        size_t n = len - at < MADO_CHUNK_LEN ? len - at : MADO_CHUNK_LEN;
        uint8_t data[256];
        MadoWriter writer;

        start(&writer, data, sizeof(data));
        write_number(&writer, MADO_TAG_SLOT, slot, 1);
        write_number(&writer, MADO_TAG_OFFSET, (uint32_t)at, 2);
        write_number(&writer, MADO_TAG_TOTAL, (uint32_t)len, 2);
        mado_writer_tlv(&writer, MADO_TAG_CHUNK, cert + at, n);
        expect(test_card_issue(test, MADO_INS_UPDATE_STAGED, 0x0000, data,
                               mado_writer_len(&writer)),
               "stage");
    }
}

/* ---- certificates
 * ------------------------------------------------------------------------------------- */

static void
add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    if (extension == NULL || X509_add_ext(certificate, extension, -1) != 1) {
        die("extension");
    }
    X509_EXTENSION_free(extension);
}

static FILE *
open_in(const char *folder, const char *name, const char *suffix)
{
    char path[4096];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s%s", folder, name, suffix);
    file = fopen(path, "r");
    if (file == NULL) {
        die(path);
    }
    return file;
}

static uint8_t *
certify(const char *folder, const Wanted *wanted, EVP_PKEY *key, size_t *ret_len)
{
    FILE *key_file = open_in(folder, wanted->ca, ".key");
    FILE *cert_file = open_in(folder, wanted->ca, ".pem");
    EVP_PKEY *ca_key = PEM_read_PrivateKey(key_file, NULL, NULL, NULL);
    X509 *ca = PEM_read_X509(cert_file, NULL, NULL, NULL);
    X509 *certificate = X509_new();
    X509_NAME *subject = X509_get_subject_name(certificate);
    uint8_t *der = NULL;
    int len;

    fclose(key_file);
    fclose(cert_file);
    if (ca_key == NULL || ca == NULL) {
        die("CA");
    }
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1000 + wanted->slot);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 5L * 365 * 86400);
    X509_NAME_add_entry_by_txt(subject, "C", MBSTRING_ASC, (const unsigned char *)"JP", -1, -1,
                               0);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)wanted->name,
                               -1, -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(ca));
    X509_set_pubkey(certificate, key);
    add_extension(certificate, NID_key_usage, wanted->usage);
    if (X509_sign(certificate, ca_key, EVP_sha256()) == 0) {
        die("signature");
    }
    len = i2d_X509(certificate, &der);
    if (len <= 0) {
        die("certificate");
    }
    X509_free(certificate);
    X509_free(ca);
    EVP_PKEY_free(ca_key);
    *ret_len = (size_t)len;
    return der;
}

/* ---- the whole
 * ---------------------------------------------------------------------------------------- */

static void
prepare(TestCard *test)
{
    uint8_t data[64];
    MadoWriter writer;

    start(&writer, data, sizeof(data));
    data[2] ^= 0xFF; /* another transaction than the issue's */
    write_number(&writer, MADO_TAG_FENCING, 1, 4);
    write_number(&writer, MADO_TAG_SLOTS, 0, 1);
    write_number(&writer, MADO_TAG_LIFE, MADO_LIFE_PREPARED, 1);
    test_card_open_channel(test, MADO_SCP03_LEVEL);
    expect(test_card_issue(test, MADO_INS_PUT_DATA, MADO_OBJECT_BEGIN, data,
                           mado_writer_len(&writer)),
           "begin of prepare");
    expect(test_card_issue(test, MADO_INS_PUT_DATA, MADO_OBJECT_COMMIT, data,
                           2 + MADO_TRANSACTION_LEN),
           "commit of prepare");
}

static void
issue(TestCard *test, const char *folder)
{
    static const Wanted wanted[] = {
        {MADO_SLOT_AUTH, "auth-ca", "TEST USER AUTHENTICATION", "critical,digitalSignature"},
        {MADO_SLOT_SIGN, "sign-ca", "TEST DIGITAL SIGNATURE",
         "critical,digitalSignature,nonRepudiation"},
    };
    static const struct {
        MadoAp ap;
        uint16_t ef;
        const char *pin;
    } pins[] = {
        {MADO_AP_JPKI, MADO_EF_JPKI_AUTH_PIN, TEST_CARD_AUTH_PIN},
        {MADO_AP_JPKI, MADO_EF_JPKI_SIGN_PIN, TEST_CARD_SIGN_PIN},
        {MADO_AP_TEXT, MADO_EF_TEXT_PIN, TEST_CARD_AUTH_PIN},
        {MADO_AP_JUKI, MADO_EF_JUKI_PIN, TEST_CARD_AUTH_PIN},
        {MADO_AP_COMMON, MADO_EF_JUKI_PIN, TEST_CARD_AUTH_PIN},
    };
    EVP_PKEY *keys[2];

    test_card_open_channel(test, MADO_SCP03_LEVEL);
    put(test, MADO_OBJECT_BEGIN, MADO_SLOT_AUTH | MADO_SLOT_SIGN, MADO_LIFE_ACTIVE);
    for (size_t i = 0; i < sizeof(pins) / sizeof(pins[0]); i++) {
        set_transport_pin(test, pins[i].ap, pins[i].ef);
    }
    keys[0] = generate(test, MADO_SLOT_AUTH);
    keys[1] = generate(test, MADO_SLOT_SIGN);
    for (size_t i = 0; i < sizeof(pins) / sizeof(pins[0]); i++) {
        change_pin(test, pins[i].ap, pins[i].ef, pins[i].pin);
    }
    test_card_open_channel(test, MADO_SCP03_LEVEL);
    for (size_t i = 0; i < 2; i++) {
        size_t len = 0;
        uint8_t *der = certify(folder, &wanted[i], keys[i], &len);

        stage(test, wanted[i].slot, der, len);
        OPENSSL_free(der);
        EVP_PKEY_free(keys[i]);
    }
    put(test, MADO_OBJECT_COMMIT, 0, 0);
}

int
main(int argc, char **argv)
{
    static TestCard test;
    MadoCardState state;
    MadoCardFile file;
    uint8_t *data = NULL;
    size_t len = 0;

    if (argc != 3) {
        die("usage: issue-card CARD-FILE FOLDER");
    }
    if (!mado_card_file_init(&file, argv[1]) || !mado_card_file_load(&file, &data, &len) ||
        mado_card_format_parse(data, len, &state, NULL) != MADO_CARD_FORMAT_OK) {
        die(argv[1]);
    }
    free(data);
    test_card_open_state(&test, &state);
    if (mado_card_peek_state(test.card)->life == MADO_LIFE_PERSONALISED) {
        prepare(&test);
    }
    issue(&test, argv[2]);
    if (!mado_card_file_save(&file, test.store.data, test.store.len)) {
        die("card file");
    }
    test_card_close(&test);
    return EXIT_SUCCESS;
}
