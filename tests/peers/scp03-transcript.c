/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Prints SCP03 sessions made by our two ends, or checks sessions made by someone else. One line
 * per item, fields parted by one space, bytes in hexadecimal, "-" for no bytes:
 *
 *     div MASTER LABEL CARD_ID ENC MAC DEK                     label as text
 *     case LEVEL ENC MAC HOST_CHALLENGE INITIALIZE_ANSWER AUTHENTICATE_APDU
 *     command PLAIN_HEADER PLAIN_DATA WRAPPED_APDU             belongs to the case above it
 *     answer PLAIN_DATA SW PROTECTED_DATA                      belongs to the command above it
 *
 * scp03-transcript make N     prints N sessions of each key length and level
 * scp03-transcript check      reads lines from standard input; the exit status is 1 at the
 * first difference
 */
#include "config.h"

#include "common/hex.h"
#include "common/scp03-card.h"
#include "common/scp03-host.h"

#include <openssl/rand.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FIELDS 8
#define MAX_BYTES  600

typedef struct {
    uint8_t data[MAX_BYTES];
    size_t len;
} Bytes;

typedef struct {
    MadoScp03Keys keys;
    MadoScp03Host host;
    MadoScp03Card card;
    MadoScp03Expected expected;
} Session;

static void
print_bytes(const uint8_t *data, size_t len)
{
    char text[MADO_HEX_SIZE(MAX_BYTES)];

    if (len == 0 || mado_hex_format(data, len, text, sizeof(text)) != MADO_BYTES_OK) {
        memcpy(text, "-", 2);
    }
    printf(" %s", text);
}

static size_t
random_below(size_t limit)
{
    uint16_t value = 0;

    (void)RAND_bytes((uint8_t *)&value, sizeof(value));
    return value % limit;
}

static Bytes
random_bytes(size_t len)
{
    Bytes bytes = {.len = len};

    (void)RAND_bytes(bytes.data, (int)len);
    return bytes;
}

/* Both ends up to the wrapped EXTERNAL AUTHENTICATE, from the answer's first 21 bytes on. */
static bool
begin(Session *session,
      uint8_t level,
      const uint8_t *host_challenge,
      const uint8_t *answer_bytes,
      Bytes *ret_answer,
      Bytes *ret_authenticate)
{
    MadoScp03HostAnswer answer;
    MadoCommand command;
    MadoWriter writer;

    memcpy(ret_answer->data, answer_bytes, 21);
    ret_answer->len = MADO_SCP03_HOST_ANSWER_LEN;
    if (mado_scp03_card_begin(&session->card, &session->keys, host_challenge,
                              ret_answer->data + 13, ret_answer->data + 21) != MADO_SCP03_OK ||
        mado_scp03_host_parse(ret_answer->data, ret_answer->len, &answer) != MADO_SCP03_OK ||
        mado_scp03_host_begin(&session->keys, host_challenge, &answer, &session->host) !=
            MADO_SCP03_OK) {
        return false;
    }
    mado_writer_init(&writer, ret_authenticate->data, MAX_BYTES);
    if (mado_scp03_host_authenticate(&session->host, level, &writer) != MADO_SCP03_OK) {
        return false;
    }
    ret_authenticate->len = mado_writer_len(&writer);
    return mado_apdu_decode(ret_authenticate->data, ret_authenticate->len, &command) ==
               MADO_BYTES_OK &&
           mado_scp03_card_authenticate(&session->card, &command) == MADO_SCP03_OK;
}

/* The host wraps, the card opens; false unless the card finds what the host put in. */
static bool
wrap(Session *session, const Bytes *header, const Bytes *data, Bytes *ret_apdu)
{
    MadoCommand command = {.cla = header->data[0],
                           .ins = header->data[1],
                           .p1 = header->data[2],
                           .p2 = header->data[3],
                           .data = data->data,
                           .data_len = data->len};
    uint8_t opened[MAX_BYTES];
    MadoCommand received;
    MadoCommand plain;
    MadoWriter writer;

    mado_writer_init(&writer, ret_apdu->data, MAX_BYTES);
    if (mado_scp03_host_wrap(&session->host, &command, &writer, &session->expected) !=
        MADO_SCP03_OK) {
        return false;
    }
    ret_apdu->len = mado_writer_len(&writer);
    return mado_apdu_decode(ret_apdu->data, ret_apdu->len, &received) == MADO_BYTES_OK &&
           mado_scp03_card_unwrap(&session->card, &received, opened, &plain) == MADO_SCP03_OK &&
           plain.cla == command.cla && plain.data_len == data->len &&
           memcmp(opened, data->data, data->len) == 0;
}

/* The card protects, the host opens. */
static bool
protect(Session *session, const Bytes *data, uint16_t sw, Bytes *ret_protected)
{
    MadoResponse response = {.data = ret_protected->data, .sw = sw};
    uint8_t opened[MAX_BYTES];
    size_t len = 0;

    if (mado_scp03_card_protect(&session->card, data->data, data->len, sw, ret_protected->data,
                                &ret_protected->len) != MADO_SCP03_OK) {
        return false;
    }
    response.data_len = ret_protected->len;
    if (!mado_scp03_session_is_protected(sw)) {
        return ret_protected->len == 0;
    }
    return mado_scp03_host_open(&session->host, &session->expected, &response, opened, &len) ==
               MADO_SCP03_OK &&
           len == data->len && memcmp(opened, data->data, len) == 0;
}

/* ---- make
 * ---------------------------------------------------------------------------------------------
 */

static bool
make_diversification(size_t key_len)
{
    Bytes master = random_bytes(key_len);
    Bytes id = random_bytes(10);
    MadoScp03Keys keys;

    if (mado_scp03_key_diversify(master.data, key_len, "MADO-TRAINING", id.data, id.len,
                                 &keys) != MADO_SCP03_OK) {
        return false;
    }
    printf("div");
    print_bytes(master.data, master.len);
    printf(" MADO-TRAINING");
    print_bytes(id.data, id.len);
    print_bytes(keys.enc, keys.len);
    print_bytes(keys.mac, keys.len);
    print_bytes(keys.dek, keys.len);
    printf("\n");
    return true;
}

static bool
make_exchange(Session *session)
{
    static const uint16_t words[] = {0x9000, 0x9000, 0x9000, 0x6310, 0x6282, 0x6985};
    uint16_t sw = words[random_below(sizeof(words) / sizeof(words[0]))];
    Bytes header = random_bytes(4);
    Bytes data = random_bytes(random_below(MADO_SCP03_MAX_ENCRYPTED + 1));
    Bytes answer = random_bytes(random_below(300));
    Bytes wrapped;
    Bytes protected;

    header.data[0] = 0x80;
    if (!mado_scp03_session_is_protected(sw)) {
        answer.len = 0;
    }
    if (!wrap(session, &header, &data, &wrapped) ||
        !protect(session, &answer, sw, &protected)) {
        return false;
    }
    printf("command");
    print_bytes(header.data, 4);
    print_bytes(data.data, data.len);
    print_bytes(wrapped.data, wrapped.len);
    printf("\nanswer");
    print_bytes(answer.data, answer.len);
    printf(" %04X", sw);
    print_bytes(protected.data, protected.len);
    printf("\n");
    return true;
}

static bool
make_case(size_t key_len, uint8_t level)
{
    Bytes enc = random_bytes(key_len);
    Bytes mac = random_bytes(key_len);
    Bytes host_challenge = random_bytes(MADO_SCP03_CHALLENGE_LEN);
    Bytes head = random_bytes(21);
    Bytes answer;
    Bytes authenticate;
    Session session = {.keys = {.len = key_len}};

    head.data[11] = 0x03;
    head.data[12] = 0x60;
    memcpy(session.keys.enc, enc.data, key_len);
    memcpy(session.keys.mac, mac.data, key_len);
    if (!begin(&session, level, host_challenge.data, head.data, &answer, &authenticate)) {
        return false;
    }
    printf("case %02X", level);
    print_bytes(enc.data, enc.len);
    print_bytes(mac.data, mac.len);
    print_bytes(host_challenge.data, host_challenge.len);
    print_bytes(answer.data, answer.len);
    print_bytes(authenticate.data, authenticate.len);
    printf("\n");
    for (int i = 0; i < 6; i++) {
        if (!make_exchange(&session)) {
            return false;
        }
    }
    return true;
}

static bool
make(int n)
{
    static const uint8_t levels[] = {0x01, 0x03, 0x11, 0x13, 0x33};

    for (size_t key_len = 16; key_len <= 32; key_len += 8) {
        if (!make_diversification(key_len)) {
            return false;
        }
        for (size_t i = 0; i < (size_t)n * sizeof(levels); i++) {
            if (!make_case(key_len, levels[i % sizeof(levels)])) {
                return false;
            }
        }
    }
    return true;
}

/* ---- check
 * --------------------------------------------------------------------------------------------
 */

static bool
same(const Bytes *a, const Bytes *b)
{
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static bool
check_diversification(const Bytes *fields, const char *label)
{
    MadoScp03Keys keys;

    return mado_scp03_key_diversify(fields[1].data, fields[1].len, label, fields[3].data,
                                    fields[3].len, &keys) == MADO_SCP03_OK &&
           memcmp(keys.enc, fields[4].data, keys.len) == 0 &&
           memcmp(keys.mac, fields[5].data, keys.len) == 0 &&
           memcmp(keys.dek, fields[6].data, keys.len) == 0;
}

static bool
check_case(Session *session, const Bytes *fields)
{
    Bytes answer;
    Bytes authenticate;

    memset(session, 0, sizeof(*session));
    session->keys.len = fields[2].len;
    memcpy(session->keys.enc, fields[2].data, fields[2].len);
    memcpy(session->keys.mac, fields[3].data, fields[3].len);
    return fields[5].len == MADO_SCP03_HOST_ANSWER_LEN &&
           begin(session, fields[1].data[0], fields[4].data, fields[5].data, &answer,
                 &authenticate) &&
           same(&answer, &fields[5]) && same(&authenticate, &fields[6]);
}

static bool
check_line(Session *session, char *line)
{
    Bytes fields[MAX_FIELDS] = {0};
    const char *texts[MAX_FIELDS] = {""};
    size_t n = 0;
    char *rest = NULL;

    for (char *text = strtok_r(line, " \n", &rest); text != NULL && n < MAX_FIELDS;
         text = strtok_r(NULL, " \n", &rest)) {
        texts[n] = text;
        if (mado_hex_parse(text, strlen(text), fields[n].data, MAX_BYTES, &fields[n].len) !=
            MADO_BYTES_OK) {
            fields[n].len = 0; /* the word at the start, the label, or "-" */
        }
        n++;
    }
    if (n == 7 && strcmp(texts[0], "div") == 0) {
        return check_diversification(fields, texts[2]);
    }
    if (n == 7 && strcmp(texts[0], "case") == 0) {
        return check_case(session, fields);
    }
    if (n == 4 && strcmp(texts[0], "command") == 0) {
        Bytes wrapped;

        return wrap(session, &fields[1], &fields[2], &wrapped) && same(&wrapped, &fields[3]);
    }
    if (n == 4 && strcmp(texts[0], "answer") == 0) {
        uint16_t sw = (uint16_t)(fields[2].data[0] << 8 | fields[2].data[1]);
        Bytes protected;

        return protect(session, &fields[1], sw, &protected) && same(&protected, &fields[3]);
    }
    return false;
}

static bool
check(void)
{
    Session session = {0};
    char line[8192];
    unsigned n_lines = 0;

    while (fgets(line, sizeof(line), stdin) != NULL) {
        n_lines++;
        if (!check_line(&session, line)) {
            fprintf(stderr, "line %u differs\n", n_lines);
            return false;
        }
    }
    printf("%u lines agree\n", n_lines);
    return n_lines > 0;
}

int
main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "make") == 0) {
        return make((int)strtol(argv[2], NULL, 10)) ? 0 : 1;
    }
    if (argc == 2 && strcmp(argv[1], "check") == 0) {
        return check() ? 0 : 1;
    }
    fprintf(stderr, "usage: scp03-transcript make N | check\n");
    return 2;
}
