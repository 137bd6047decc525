/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/sw.h"

typedef struct {
    uint16_t sw;
    uint16_t mask;
    MadoSwMeaning meaning;
    const char *text;
} Row;

/* The first row that fits counts, so whole numbers stand before their families. */
static const Row rows[] = {
    {0x9000, 0xFFFF, MADO_SW_MEANING_OK, "done"},
    {0x6100, 0xFF00, MADO_SW_MEANING_MORE, "more data to fetch"},
    {0x6281, 0xFFFF, MADO_SW_MEANING_WARNING, "data may be damaged"},
    {0x6283, 0xFFFF, MADO_SW_MEANING_WARNING, "file or application locked"},
    {0x6300, 0xFFFF, MADO_SW_MEANING_PIN_WRONG, "verification failed"},
    {0x6381, 0xFFFF, MADO_SW_MEANING_WARNING, "file filled up by the last write"},
    {0x63C0, 0xFFFF, MADO_SW_MEANING_PIN_BLOCKED, "verification failed, no tries left"},
    {0x63C0, 0xFFF0, MADO_SW_MEANING_PIN_WRONG, "verification failed, tries left"},
    {0x6400, 0xFFFF, MADO_SW_MEANING_CARD_FAULT, "execution error, nothing changed"},
    {0x6581, 0xFFFF, MADO_SW_MEANING_CARD_FAULT, "memory failure"},
    {0x66F1, 0xFFFF, MADO_SW_MEANING_SECURE_MESSAGING, "secure messaging not available here"},
    {0x6700, 0xFFFF, MADO_SW_MEANING_LENGTH, "wrong length"},
    {0x6881, 0xFFFF, MADO_SW_MEANING_NOT_SUPPORTED, "logical channel not supported"},
    {0x6882, 0xFFFF, MADO_SW_MEANING_SECURE_MESSAGING, "secure messaging not supported"},
    {0x6981, 0xFFFF, MADO_SW_MEANING_NOT_ALLOWED, "command does not fit the file's structure"},
    {0x6982, 0xFFFF, MADO_SW_MEANING_NOT_ALLOWED, "security status not satisfied"},
    {0x6983, 0xFFFF, MADO_SW_MEANING_PIN_BLOCKED, "authentication method blocked"},
    {0x6984, 0xFFFF, MADO_SW_MEANING_PIN_BLOCKED, "key locked"},
    {0x6985, 0xFFFF, MADO_SW_MEANING_CONDITIONS, "conditions of use not satisfied"},
    {0x6986, 0xFFFF, MADO_SW_MEANING_NO_CURRENT_FILE, "no current file"},
    {0x6987, 0xFFFF, MADO_SW_MEANING_SECURE_MESSAGING, "secure messaging object missing"},
    {0x6988, 0xFFFF, MADO_SW_MEANING_SECURE_MESSAGING, "secure messaging object wrong"},
    {0x69FC, 0xFFFF, MADO_SW_MEANING_SECURE_MESSAGING, "secure messaging out of step"},
    {0x6A80, 0xFFFF, MADO_SW_MEANING_BAD_DATA, "wrong data"},
    {0x6A81, 0xFFFF, MADO_SW_MEANING_NOT_SUPPORTED, "function not supported"},
    {0x6A82, 0xFFFF, MADO_SW_MEANING_NOT_FOUND, "no such file or application"},
    {0x6A83, 0xFFFF, MADO_SW_MEANING_NOT_FOUND, "no such record"},
    {0x6A84, 0xFFFF, MADO_SW_MEANING_NO_SPACE, "not enough memory in the file"},
    {0x6A86, 0xFFFF, MADO_SW_MEANING_BAD_PARAMETERS, "wrong p1 or p2"},
    {0x6A87, 0xFFFF, MADO_SW_MEANING_BAD_PARAMETERS, "lc does not fit p1 and p2"},
    {0x6A88, 0xFFFF, MADO_SW_MEANING_NOT_FOUND, "no such key or object"},
    {0x6B00, 0xFFFF, MADO_SW_MEANING_END_OF_FILE, "offset past the end"},
    {0x6C00, 0xFF00, MADO_SW_MEANING_WRONG_LE, "wrong le"},
    {0x6D00, 0xFFFF, MADO_SW_MEANING_NOT_SUPPORTED, "instruction not supported"},
    {0x6E00, 0xFFFF, MADO_SW_MEANING_NOT_SUPPORTED, "class not supported"},
    {0x6F00, 0xFFFF, MADO_SW_MEANING_CARD_FAULT, "no precise diagnosis"},
};

static const Row unknown_row = {0, 0, MADO_SW_MEANING_PROTOCOL, "unknown status word"};

static const Row *
find_row(uint16_t sw)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if ((sw & rows[i].mask) == rows[i].sw)
            return &rows[i];
    }
    return &unknown_row;
}

MadoSwMeaning
mado_sw_meaning(uint16_t sw)
{
    return find_row(sw)->meaning;
}

const char *
mado_sw_text(uint16_t sw)
{
    return find_row(sw)->text;
}

bool
mado_sw_tries_left(uint16_t sw, unsigned *ret_n_tries)
{
    if ((sw & 0xFFF0U) == 0x63C0U) {
        *ret_n_tries = sw & 0x000FU;
        return true;
    }
    if (mado_sw_meaning(sw) == MADO_SW_MEANING_PIN_BLOCKED) {
        *ret_n_tries = 0;
        return true;
    }
    return false;
}

bool
mado_sw_told_len(uint16_t sw, size_t *ret_len)
{
    MadoSwMeaning meaning = mado_sw_meaning(sw);

    if (meaning != MADO_SW_MEANING_MORE && meaning != MADO_SW_MEANING_WRONG_LE)
        return false;
    *ret_len = (sw & 0x00FFU) == 0 ? 256U : (sw & 0x00FFU);
    return true;
}
