/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The card's admin record, object DF70 (doc/card-profile.md 4), as a struct. Pure C: daemon,
 * centre and training card share it. What the record means is decided elsewhere.
 */
#pragma once

#include "common/bytes-status.h"
#include "common/writer.h"
#include "madoguchi/card.h"
#include "madoguchi/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MADO_RECORD_HASH_LEN 32U
#define MADO_RECORD_MAX_PINS 8U
/* Longest DF70 object that format writes and parse takes. */
#define MADO_RECORD_MAX_LEN 1024U

typedef struct {
    MadoSlot slot;
    uint8_t key_hash[MADO_RECORD_HASH_LEN];
    bool has_cert_hash; /* always true in `live` */
    uint8_t cert_hash[MADO_RECORD_HASH_LEN];
} MadoRecordSlot;

typedef struct {
    MadoAp ap;
    uint16_t ef;
    uint8_t flags; /* set of MADO_PIN_FLAG_ */
    uint16_t changes;
    uint8_t tries;
} MadoRecordPin;

typedef struct MadoRecord {
    uint8_t profile; /* MADO_PROFILE_VERSION: another one is BAD_VALUE */
    MadoLifeCycle life;
    MadoPhase phase;
    uint32_t fencing;
    bool has_transaction; /* true exactly while phase is OPEN */
    uint8_t transaction[MADO_TRANSACTION_LEN];
    bool has_committed;
    uint8_t committed[MADO_TRANSACTION_LEN];
    size_t n_staged;
    MadoRecordSlot staged[MADO_LIMIT_SLOTS]; /* none while phase is IDLE; no slot twice */
    size_t n_live;
    MadoRecordSlot live[MADO_LIMIT_SLOTS];
    size_t n_pins;
    MadoRecordPin pins[MADO_RECORD_MAX_PINS]; /* no reference twice */
} MadoRecord;

/*
 * data is exactly one DF70 object, as GET DATA answers it. On failure *ret_record is untouched:
 * MISSING for an absent object, BAD_TAG for an unknown or repeated one, BAD_LENGTH, BAD_VALUE
 * for an unknown profile or number and for a record that contradicts itself, FULL for too many
 * entries.
 */
MadoBytesStatus
mado_record_parse(const uint8_t *data, size_t len, MadoRecord *ret_record) MADO_MUST_CHECK;

/*
 * The profile a DF70 object names, of whatever version the rest is: what tells a newer card
 * from a malformed one. On failure *ret_profile is untouched.
 */
MadoBytesStatus
mado_record_profile(const uint8_t *data, size_t len, unsigned *ret_profile) MADO_MUST_CHECK;

/* Writes the DF70 object. */
void
mado_record_format(const MadoRecord *self, MadoWriter *writer);

/* (borrowed from self) (nullable): the entry of one slot or PIN reference. */
const MadoRecordSlot *
mado_record_staged(const MadoRecord *self, MadoSlot slot);
const MadoRecordSlot *
mado_record_live(const MadoRecord *self, MadoSlot slot);
const MadoRecordPin *
mado_record_pin(const MadoRecord *self, MadoAp ap, uint16_t ef);

/* Whether any PIN reference carries the TRANSPORT flag. */
bool
mado_record_has_transport(const MadoRecord *self);
/* Whether the last COMMIT was this transaction's. */
bool
mado_record_is_committed(const MadoRecord *self,
                         const uint8_t transaction[MADO_TRANSACTION_LEN]);
/* Whether this transaction is the open one. */
bool
mado_record_is_open(const MadoRecord *self, const uint8_t transaction[MADO_TRANSACTION_LEN]);
