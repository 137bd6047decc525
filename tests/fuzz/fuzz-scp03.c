/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Both ends of SCP03 against bytes from outside: the issuer's end takes the answer to
 * INITIALIZE UPDATE and an answer; the card's end takes commands. Without the keys nothing may
 * be accepted.
 */
#include "config.h"

#include "common/scp03-card.h"
#include "common/scp03-host.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t challenge[MADO_SCP03_CHALLENGE_LEN] = {1, 2, 3, 4, 5, 6, 7, 8};

static void
issuer_end(const MadoScp03Keys *keys, const uint8_t *data, size_t size)
{
    uint8_t opened[4096];
    uint8_t apdu[64];
    MadoScp03Expected expected = {{0}, 1};
    MadoScp03HostAnswer answer;
    MadoResponse response;
    MadoScp03Host host;
    MadoWriter writer;
    size_t len = 0;

    if (mado_scp03_host_parse(data, size, &answer) == MADO_SCP03_OK &&
        mado_scp03_host_begin(keys, challenge, &answer, &host) == MADO_SCP03_OK) {
        abort(); /* 2^-64, or a defect */
    }
    memset(&host, 0, sizeof(host));
    if (size > sizeof(opened) || mado_apdu_split(data, size, &response) != MADO_BYTES_OK ||
        mado_scp03_session_derive(keys, challenge, challenge, &host.session) != MADO_SCP03_OK) {
        return;
    }
    mado_writer_init(&writer, apdu, sizeof(apdu));
    if (mado_scp03_host_authenticate(&host, 0x33, &writer) != MADO_SCP03_OK ||
        mado_scp03_host_open(&host, &expected, &response, opened, &len) == MADO_SCP03_OK) {
        abort();
    }
}

static void
card_end(const MadoScp03Keys *keys, const uint8_t *data, size_t size)
{
    uint8_t cryptogram[MADO_SCP03_CRYPTOGRAM_LEN];
    uint8_t *opened;
    MadoCommand command;
    MadoCommand plain;
    MadoScp03Card card;

    if (mado_apdu_decode(data, size, &command) != MADO_BYTES_OK ||
        mado_scp03_card_begin(&card, keys, challenge, challenge, cryptogram) != MADO_SCP03_OK) {
        return;
    }
    if (mado_scp03_card_authenticate(&card, &command) == MADO_SCP03_OK) {
        abort();
    }
    card.open = true;
    card.session.level = 0x33;
    opened = malloc(command.data_len + 1);
    if (opened != NULL &&
        mado_scp03_card_unwrap(&card, &command, opened, &plain) == MADO_SCP03_OK) {
        abort();
    }
    free(opened);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MadoScp03Keys keys = {.enc = {0xE0}, .mac = {0xA0}, .len = 16};

    issuer_end(&keys, data, size);
    card_end(&keys, data, size);
    return 0;
}
