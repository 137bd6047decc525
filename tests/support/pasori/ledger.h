/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the emulator counted, and what the host did against a rule. Every layer writes in one
 * ledger; tests read it and assert that no rule was broken. The clock is the emulator's own: it
 * moves by what the air, the wires and the card would have taken, and never waits.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PASORI_MAX_BREACHES 64U

typedef struct {
    const char *clause; /* static: of which standard, or "Port-100" */
    const char *what;   /* static */
    uint32_t block;     /* how many blocks the host had sent */
} PasoriBreach;

typedef struct {
    uint64_t now_us;
    uint64_t air_us;  /* of which frames were on the air or waited for */
    uint64_t usb_us;  /* of which transfers were on the wires */
    uint64_t card_us; /* of which the card worked */

    uint32_t n_transfers_out; /* those of no bytes too */
    uint32_t n_transfers_in;
    uint32_t n_empty_out;
    uint32_t n_commands; /* to the reader */
    uint32_t n_aborts;   /* ACK frames from the host */
    uint32_t n_frames;   /* the host's, on the air */
    uint32_t n_requests; /* of these REQB and WUPB */
    uint32_t n_attribs;
    uint32_t n_blocks; /* of these in the state PROTOCOL: what faults are numbered by */
    uint32_t n_naks;
    uint32_t n_extensions; /* S(WTX) answered */
    uint32_t n_apdus;      /* that reached the card whole */
    uint32_t n_faults;     /* that struck */
    uint32_t n_silent;     /* exchanges without a valid answer, in a row */
    uint32_t most_silent;  /* the longest such row */

    PasoriBreach breaches[PASORI_MAX_BREACHES];
    uint32_t n_breaches; /* may be more than are kept */
} PasoriLedger;

/* Notes that the host broke a rule. Both texts are static. */
void
pasori_ledger_breach(PasoriLedger *self, const char *clause, const char *what);

void
pasori_ledger_air(PasoriLedger *self, uint64_t us);
void
pasori_ledger_usb(PasoriLedger *self, uint64_t us);
void
pasori_ledger_card(PasoriLedger *self, uint64_t us);

/* An exchange on the air ended with a valid answer or without. */
void
pasori_ledger_answered(PasoriLedger *self, bool valid);

/* Lines "name value", then "breach BLOCK CLAUSE: WHAT"; what does not fit is left out. The
 * length written, without the NUL. */
size_t
pasori_ledger_format(const PasoriLedger *self, char *ret_text, size_t cap);
