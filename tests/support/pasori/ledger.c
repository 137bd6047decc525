/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/support/pasori/ledger.h"

#include <inttypes.h>
#include <stdio.h>

void
pasori_ledger_breach(PasoriLedger *self, const char *clause, const char *what)
{
    if (self->n_breaches < PASORI_MAX_BREACHES) {
        self->breaches[self->n_breaches] =
            (PasoriBreach){.clause = clause, .what = what, .block = self->n_blocks};
    }
    self->n_breaches++;
}

void
pasori_ledger_air(PasoriLedger *self, uint64_t us)
{
    self->now_us += us;
    self->air_us += us;
}

void
pasori_ledger_usb(PasoriLedger *self, uint64_t us)
{
    self->now_us += us;
    self->usb_us += us;
}

void
pasori_ledger_card(PasoriLedger *self, uint64_t us)
{
    self->now_us += us;
    self->card_us += us;
}

void
pasori_ledger_answered(PasoriLedger *self, bool valid)
{
    self->n_silent = valid ? 0 : self->n_silent + 1;
    if (self->n_silent > self->most_silent) {
        self->most_silent = self->n_silent;
    }
}

static size_t
clamp(int written, size_t at, size_t cap)
{
    return written < 0 || (size_t)written >= cap - at ? at : at + (size_t)written;
}

size_t
pasori_ledger_format(const PasoriLedger *self, char *ret_text, size_t cap)
{
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {
        {"now-us", self->now_us},         {"air-us", self->air_us},
        {"usb-us", self->usb_us},         {"card-us", self->card_us},
        {"out", self->n_transfers_out},   {"in", self->n_transfers_in},
        {"empty-out", self->n_empty_out}, {"commands", self->n_commands},
        {"aborts", self->n_aborts},       {"frames", self->n_frames},
        {"requests", self->n_requests},   {"attribs", self->n_attribs},
        {"blocks", self->n_blocks},       {"naks", self->n_naks},
        {"wtx", self->n_extensions},      {"apdus", self->n_apdus},
        {"faults", self->n_faults},       {"most-silent", self->most_silent},
        {"breaches", self->n_breaches},
    };
    size_t at = 0;

    if (cap == 0) {
        return 0;
    }
    ret_text[0] = '\0';
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        at = clamp(
            snprintf(ret_text + at, cap - at, "%s %" PRIu64 "\n", rows[i].name, rows[i].value),
            at, cap);
    }
    for (size_t i = 0; i < self->n_breaches && i < PASORI_MAX_BREACHES; i++) {
        at = clamp(snprintf(ret_text + at, cap - at, "breach %" PRIu32 " %s: %s\n",
                            self->breaches[i].block, self->breaches[i].clause,
                            self->breaches[i].what),
                   at, cap);
    }
    ret_text[at] = '\0';
    return at;
}
