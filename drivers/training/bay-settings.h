/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The text files by which a slot is steered from outside: knobs and faults
 * (drivers/training/README.md). */
#pragma once

#include "drivers/training/card.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MADO_BAY_SETTINGS_MAX_LEN 4096U

typedef struct {
    unsigned rate_kbps; /* 106, 212, 424, 848; 0: the link takes no time */
    unsigned apdu_delay_us;
    bool rsa_measured; /* key generation takes as long as on real cards */
    uint32_t rsa_seed;
    MadoCardInterface interface;
} MadoBayKnobs;

void
mado_bay_settings_init_knobs(MadoBayKnobs *ret_knobs);

/* Sets one knob. False, with nothing changed, for an unknown name or value. */
bool
mado_bay_settings_set_knob(MadoBayKnobs *knobs, const char *name, const char *value);

/*
 * Reads lines name=value, "#" comments and empty lines into knobs that were initialised. False
 * at the first line that is none of these; the lines before it have been taken.
 */
bool
mado_bay_settings_parse_knobs(const char *text, size_t len, MadoBayKnobs *knobs);

typedef enum {
    MADO_BAY_FAULT_NONE = 0,
    MADO_BAY_FAULT_REMOVE_BEFORE, /* the command does not reach the card */
    MADO_BAY_FAULT_REMOVE_INSIDE, /* power fails while it runs: what it would write is lost, no
                                      answer */
    MADO_BAY_FAULT_REMOVE_AFTER,  /* it ran, its effect is durable, the answer is lost */
    MADO_BAY_FAULT_TORN,          /* power fails inside the card's own write, at byte `at` */
    MADO_BAY_FAULT_MUTE,          /* the card does not answer, until its next power-up */
    MADO_BAY_FAULT_RESET,         /* the card has been reset before the command */
} MadoBayFaultKind;

typedef struct {
    MadoBayFaultKind kind;
    uint32_t apdu; /* which one, from 1 on, counted from when the slot took the fault */
    size_t at;     /* TORN */
} MadoBayFault;

/*
 * "remove before N", "remove inside N", "remove after N", "torn N BYTE", "mute N" or "reset N",
 * with or without an end of line. False for anything else; *ret_fault is then untouched.
 */
bool
mado_bay_settings_parse_fault(const char *text, size_t len, MadoBayFault *ret_fault);
