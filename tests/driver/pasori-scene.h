/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The RC-S380's handler over the emulated reader, in one process: mado_usb_open() is this
 * scene's. Behind the antenna a chip that knows one reading of a card by heart, so that a
 * command that comes twice, too early or with a wrong byte is noticed by the one it is for.
 */
#pragma once

#include "tests/support/pasori/emulator.h"

#include <ifdhandler.h>
#include <reader.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#define PASORI_SCENE_LUN          0x00010000
#define PASORI_SCENE_NAME         "usb:054c/06c3:libudev:0:/dev/bus/usb/001/004"
#define PASORI_SCENE_MAX_READINGS 64
#define PASORI_SCENE_MAX_ANSWER   65538

typedef struct {
    uint8_t *command;
    size_t command_len;
    uint8_t *answer;
    size_t answer_len;
    uint64_t spent_us;
} PasoriSceneExchange;

/* What a full reading of a training card is: every application, PINs, files short and extended,
 * signatures. */
typedef struct {
    PasoriSceneExchange exchanges[PASORI_SCENE_MAX_READINGS];
    size_t n_exchanges;
} PasoriSceneReading;

typedef struct {
    const PasoriSceneReading *reading; /* borrowed */
    PasoriChip chip;
    PasoriEmulator *emulator;
    atomic_bool is_absent; /* the card, as a hand would have it */
    size_t n_heard;        /* commands since power-up */
    unsigned n_wrong;      /* commands that were not the reading's next */
    unsigned n_powered;    /* times it was switched on */

    uint64_t inside_ns; /* real time spent in the emulated reader and card */

    /* a transfer that does not end */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_shut;  /* reads wait until they are cancelled */
    bool is_stuck; /* one does */
} PasoriScene;

/* Made of a real training card; cleared by _clear(). Fails the test that runs. */
void
pasori_scene_read(PasoriSceneReading *ret_reading);
void
pasori_scene_clear(PasoriSceneReading *reading);

/* Plugs an emulated reader in at this address of bus 1, with the card in its field; profile may
 * be NULL. Borrows the reading. */
void
pasori_scene_plug(PasoriScene *self,
                  uint8_t address,
                  const PasoriPiccProfile *profile,
                  const PasoriSceneReading *reading);
void
pasori_scene_unplug(PasoriScene *self, uint8_t address);

/* From now on the device says nothing, until it is cancelled. */
void
pasori_scene_shut(PasoriScene *self);
/* Waits until a read is stuck in that. */
void
pasori_scene_await_stuck(PasoriScene *self);

/* Adds a fault to the emulator's script. */
void
pasori_scene_fault(
    PasoriScene *self, PasoriFaultKind kind, uint32_t at, uint32_t times, uint32_t value);

RESPONSECODE
pasori_scene_power(DWORD lun, DWORD action);

/* One exchange of the reading; on IFD_SUCCESS *ret_is_right tells whether every byte was. */
RESPONSECODE
pasori_scene_send(DWORD lun, const PasoriSceneExchange *exchange, bool *ret_is_right);
