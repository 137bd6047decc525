/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a reader says of itself in its USB descriptors (USB 2.0, 9.6; CCID 1.1, 5.1): the bytes
 * of sysfs' "descriptors", hostile like all that a device sends. Pure, any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    bool is_ccid; /* an interface of class 0x0B with its class descriptor */
    uint32_t n_slots;
    uint32_t features;        /* dwFeatures */
    uint32_t message_len_max; /* dwMaxCCIDMessageLength */
} MadoCcidDescriptor;

/* How the reader takes APDUs (dwFeatures, level of exchange). */
typedef enum {
    MADO_CCID_LEVEL_CHARACTER,
    MADO_CCID_LEVEL_TPDU, /* the driver cuts APDUs, extended ones too */
    MADO_CCID_LEVEL_SHORT,
    MADO_CCID_LEVEL_EXTENDED,
} MadoCcidLevel;

/* False, nothing written, when a descriptor's length does not fit its place. Without a CCID
 * interface it is true, and *ret_descriptor all zero. */
bool
mado_ccid_descriptor_parse(const uint8_t *data, size_t len, MadoCcidDescriptor *ret_descriptor);
MadoCcidLevel
mado_ccid_descriptor_level(const MadoCcidDescriptor *self);
