/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a training card needs from outside: memory that survives, chance, and time to spend. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    void *user; /* borrowed; outlives the card */
    /* The whole card file. *ret_data (transfer full) is secret: wipe and free(). */
    bool (*load)(void *user, uint8_t **ret_data, size_t *ret_len);
    /*
     * Replaces the whole card file and returns when it is durable. After false the file is the
     * one before or the one after, and the card is as if its power had failed.
     */
    bool (*save)(void *user, const uint8_t *data, size_t len);
} MadoCardStore;

typedef struct {
    void *user;
    bool (*fill)(void *user, uint8_t *ret_data, size_t len);
} MadoCardRandom;

typedef enum {
    MADO_CARD_WORK_GENERATE, /* one RSA key pair was searched for */
} MadoCardWork;

typedef struct {
    void *user;
    /* Told what a real card would have needed time for; may sleep, or not. */
    void (*spend)(void *user, MadoCardWork work);
} MadoCardClock;

typedef struct {
    MadoCardStore store;
    MadoCardRandom random;
    MadoCardClock clock;
} MadoCardPorts;
