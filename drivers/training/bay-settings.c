/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/training/bay-settings.h"

#include <string.h>

#define MAX_DELAY_US 10000000U
#define MAX_WORDS    4

void
mado_bay_settings_init_knobs(MadoBayKnobs *ret_knobs)
{
    memset(ret_knobs, 0, sizeof(*ret_knobs));
    ret_knobs->interface = MADO_CARD_CONTACTLESS;
}

static bool
parse_number(const char *text, uint32_t limit, uint32_t *ret_value)
{
    uint64_t value = 0;

    if (*text == '\0') {
        return false;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            return false;
        }
        value = value * 10 + (uint64_t)(*text - '0');
        if (value > limit) {
            return false;
        }
    }
    *ret_value = (uint32_t)value;
    return true;
}

static bool
set_rate(MadoBayKnobs *knobs, const char *value)
{
    uint32_t rate;

    if (!parse_number(value, 848, &rate) ||
        (rate != 0 && rate != 106 && rate != 212 && rate != 424 && rate != 848)) {
        return false;
    }
    knobs->rate_kbps = rate;
    return true;
}

static bool
set_word(const char *value, const char *no, const char *yes, bool *ret_is_yes)
{
    if (strcmp(value, no) != 0 && strcmp(value, yes) != 0) {
        return false;
    }
    *ret_is_yes = strcmp(value, yes) == 0;
    return true;
}

bool
mado_bay_settings_set_knob(MadoBayKnobs *knobs, const char *name, const char *value)
{
    bool contact = false;

    if (strcmp(name, "rate_kbps") == 0) {
        return set_rate(knobs, value);
    }
    if (strcmp(name, "apdu_delay_us") == 0) {
        return parse_number(value, MAX_DELAY_US, &knobs->apdu_delay_us);
    }
    if (strcmp(name, "rsa") == 0) {
        return set_word(value, "fast", "measured", &knobs->rsa_measured);
    }
    if (strcmp(name, "rsa_seed") == 0) {
        return parse_number(value, UINT32_MAX, &knobs->rsa_seed);
    }
    if (strcmp(name, "interface") == 0 && set_word(value, "contactless", "contact", &contact)) {
        knobs->interface = contact ? MADO_CARD_CONTACT : MADO_CARD_CONTACTLESS;
        return true;
    }
    return false;
}

static bool
parse_knob_line(char *line, MadoBayKnobs *knobs)
{
    char *equals = strchr(line, '=');

    if (line[0] == '\0' || line[0] == '#') {
        return true;
    }
    if (equals == NULL) {
        return false;
    }
    *equals = '\0';
    return mado_bay_settings_set_knob(knobs, line, equals + 1);
}

/* A copy that can be cut up; false when it is too long or holds what text does not. */
static bool
copy_text(const char *text, size_t len, char ret_copy[MADO_BAY_SETTINGS_MAX_LEN + 1])
{
    if (len > MADO_BAY_SETTINGS_MAX_LEN || memchr(text, '\0', len) != NULL) {
        return false;
    }
    memcpy(ret_copy, text, len);
    ret_copy[len] = '\0';
    return true;
}

bool
mado_bay_settings_parse_knobs(const char *text, size_t len, MadoBayKnobs *knobs)
{
    char copy[MADO_BAY_SETTINGS_MAX_LEN + 1];
    char *rest = copy;

    if (!copy_text(text, len, copy)) {
        return false;
    }
    while (rest != NULL) {
        char *line = strsep(&rest, "\n");

        if (!parse_knob_line(line, knobs)) {
            return false;
        }
    }
    return true;
}

/* Parts a line at single spaces; the number of words, or 0 when there are too many. */
static size_t
split(char *line, char *ret_words[MAX_WORDS])
{
    size_t n = 0;

    while (line != NULL) {
        if (n == MAX_WORDS) {
            return 0;
        }
        ret_words[n++] = strsep(&line, " ");
    }
    return n;
}

static bool
parse_removal(char *words[MAX_WORDS], MadoBayFault *fault)
{
    static const struct {
        const char *word;
        MadoBayFaultKind kind;
    } places[] = {
        {"before", MADO_BAY_FAULT_REMOVE_BEFORE},
        {"inside", MADO_BAY_FAULT_REMOVE_INSIDE},
        {"after", MADO_BAY_FAULT_REMOVE_AFTER},
    };

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (strcmp(words[1], places[i].word) == 0) {
            fault->kind = places[i].kind;
            return parse_number(words[2], UINT32_MAX, &fault->apdu);
        }
    }
    return false;
}

static bool
parse_words(char *words[MAX_WORDS], size_t n, MadoBayFault *fault)
{
    uint32_t at = 0;

    if (n == 3 && strcmp(words[0], "remove") == 0) {
        return parse_removal(words, fault);
    }
    if (n == 3 && strcmp(words[0], "torn") == 0) {
        fault->kind = MADO_BAY_FAULT_TORN;
        if (!parse_number(words[1], UINT32_MAX, &fault->apdu) ||
            !parse_number(words[2], UINT32_MAX, &at)) {
            return false;
        }
        fault->at = at;
        return true;
    }
    if (n == 2 && strcmp(words[0], "mute") == 0) {
        fault->kind = MADO_BAY_FAULT_MUTE;
        return parse_number(words[1], UINT32_MAX, &fault->apdu);
    }
    if (n == 2 && strcmp(words[0], "reset") == 0) {
        fault->kind = MADO_BAY_FAULT_RESET;
        return parse_number(words[1], UINT32_MAX, &fault->apdu);
    }
    return false;
}

bool
mado_bay_settings_parse_fault(const char *text, size_t len, MadoBayFault *ret_fault)
{
    char copy[MADO_BAY_SETTINGS_MAX_LEN + 1];
    char *words[MAX_WORDS];
    MadoBayFault fault = {0};
    size_t n;

    while (len > 0 && text[len - 1] == '\n') {
        len--;
    }
    if (!copy_text(text, len, copy)) {
        return false;
    }
    n = split(copy, words);
    if (!parse_words(words, n, &fault) || fault.apdu == 0) {
        return false;
    }
    *ret_fault = fault;
    return true;
}
