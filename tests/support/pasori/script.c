/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/support/pasori/script.h"

#include <string.h>

#define MAX_WORDS 4U
#define MAX_WORD  24U

const char *
pasori_script_name(PasoriFaultKind kind)
{
    static const char *const names[PASORI_FAULT_N_KINDS] = {
        [PASORI_FAULT_NONE] = "none",
        [PASORI_FAULT_LOST_TO_CARD] = "lost-to-card",
        [PASORI_FAULT_LOST_FROM_CARD] = "lost-from-card",
        [PASORI_FAULT_CRC_TO_CARD] = "crc-to-card",
        [PASORI_FAULT_CRC_FROM_CARD] = "crc-from-card",
        [PASORI_FAULT_STATUS] = "status",
        [PASORI_FAULT_WRONG_NUMBER] = "wrong-number",
        [PASORI_FAULT_GARBLED] = "garbled",
        [PASORI_FAULT_SHORT] = "short",
        [PASORI_FAULT_STALE] = "stale",
        [PASORI_FAULT_WTX] = "wtx",
        [PASORI_FAULT_WTX_MULTIPLIER] = "wtx-multiplier",
        [PASORI_FAULT_PULLED] = "pulled",
        [PASORI_FAULT_PULLED_AFTER] = "pulled-after",
        [PASORI_FAULT_MUTE] = "mute",
        [PASORI_FAULT_RATE] = "rate",
        [PASORI_FAULT_ATTRIB_REFUSED] = "attrib-refused",
        [PASORI_FAULT_ATTRIB_LOST] = "attrib-lost",
        [PASORI_FAULT_REQUEST_REFUSED] = "request-refused",
        [PASORI_FAULT_USB_NO_ACK] = "usb-no-ack",
        [PASORI_FAULT_USB_STALE] = "usb-stale",
        [PASORI_FAULT_USB_STALE_AFTER] = "usb-stale-after",
        [PASORI_FAULT_USB_GARBLED] = "usb-garbled",
        [PASORI_FAULT_USB_LENGTH] = "usb-length",
        [PASORI_FAULT_USB_SHORT] = "usb-short",
        [PASORI_FAULT_USB_ERROR] = "usb-error",
        [PASORI_FAULT_USB_OTHER] = "usb-other",
        [PASORI_FAULT_USB_OPEN] = "usb-open",
        [PASORI_FAULT_USB_STALL] = "usb-stall",
        [PASORI_FAULT_USB_HANG] = "usb-hang",
        [PASORI_FAULT_USB_DEAF] = "usb-deaf",
        [PASORI_FAULT_USB_DEAD] = "usb-dead",
        [PASORI_FAULT_USB_UNPLUG] = "usb-unplug",
        [PASORI_FAULT_USB_UNPLUG_ACK] = "usb-unplug-ack",
    };

    return kind > PASORI_FAULT_NONE && kind < PASORI_FAULT_N_KINDS ? names[kind] : names[0];
}

bool
pasori_script_add(PasoriScript *self, PasoriFault fault)
{
    if (self->n_faults == PASORI_MAX_FAULTS) {
        return false;
    }
    self->faults[self->n_faults++] = fault;
    return true;
}

/* ---- text
 * -------------------------------------------------------------------------------------------
 */

typedef struct {
    char words[MAX_WORDS][MAX_WORD];
    size_t n_words;
} Line;

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Up to four words of less than MAX_WORD characters. */
static bool
split(const char *text, size_t len, Line *ret_line)
{
    size_t at = 0;

    ret_line->n_words = 0;
    while (at < len && text[at] != '#') {
        size_t n = 0;

        if (is_blank(text[at])) {
            at++;
            continue;
        }
        if (ret_line->n_words == MAX_WORDS) {
            return false;
        }
        while (at < len && !is_blank(text[at]) && text[at] != '#' && n < MAX_WORD - 1) {
            ret_line->words[ret_line->n_words][n++] = text[at++];
        }
        if (at < len && !is_blank(text[at]) && text[at] != '#') {
            return false;
        }
        ret_line->words[ret_line->n_words++][n] = '\0';
    }
    return true;
}

static bool
read_number(const char *word, uint32_t *ret_value)
{
    uint64_t value = 0;

    if (*word == '\0') {
        return false;
    }
    for (; *word != '\0'; word++) {
        if (*word < '0' || *word > '9') {
            return false;
        }
        value = value * 10 + (uint64_t)(*word - '0');
        if (value > UINT32_MAX) {
            return false;
        }
    }
    *ret_value = (uint32_t)value;
    return true;
}

static PasoriFaultKind
kind_of(const char *word)
{
    for (PasoriFaultKind kind = PASORI_FAULT_NONE + 1; kind < PASORI_FAULT_N_KINDS; kind++) {
        if (strcmp(word, pasori_script_name(kind)) == 0) {
            return kind;
        }
    }
    return PASORI_FAULT_NONE;
}

/* True with kind NONE for a line that says nothing. */
static bool
read_line(const char *text, size_t len, PasoriFault *ret_fault)
{
    PasoriFault fault = {.times = 1};
    uint32_t *const values[] = {&fault.at, &fault.times, &fault.value};
    Line line;

    if (!split(text, len, &line)) {
        return false;
    }
    if (line.n_words > 0) {
        fault.kind = kind_of(line.words[0]);
        if (fault.kind == PASORI_FAULT_NONE || line.n_words < 2) {
            return false;
        }
    }
    for (size_t i = 1; i < line.n_words; i++) {
        if (!read_number(line.words[i], values[i - 1])) {
            return false;
        }
    }
    *ret_fault = fault;
    return true;
}

bool
pasori_script_parse(PasoriScript *self, const char *text, size_t len)
{
    PasoriScript grown = *self;

    while (len > 0) {
        const char *end = memchr(text, '\n', len);
        size_t line_len = end == NULL ? len : (size_t)(end - text);
        PasoriFault fault;

        if (!read_line(text, line_len, &fault) ||
            (fault.kind != PASORI_FAULT_NONE && !pasori_script_add(&grown, fault))) {
            return false;
        }
        line_len += end == NULL ? 0 : 1;
        text += line_len;
        len -= line_len;
    }
    *self = grown;
    return true;
}

bool
pasori_script_strikes(const PasoriScript *self,
                      PasoriFaultKind kind,
                      uint32_t at,
                      uint32_t *ret_value)
{
    for (size_t i = 0; i < self->n_faults; i++) {
        const PasoriFault *fault = &self->faults[i];

        if (fault->kind == kind && at >= fault->at &&
            (fault->times == 0 || at - fault->at < fault->times)) {
            *ret_value = fault->value;
            return true;
        }
    }
    return false;
}
