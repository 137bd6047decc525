/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Faults to come, as text and as a list:
 *
 *     KIND AT [TIMES [VALUE]]        one a line; "#" begins a comment
 *
 * AT counts, from 1: the blocks that the host sends in the state PROTOCOL (retransmissions
 * too), or for attrib- and request- kinds the ATTRIB or REQB/WUPB commands. The fault strikes
 * at AT and the TIMES-1 that follow (TIMES 0: at all that follow).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PASORI_MAX_FAULTS 64U

typedef enum {
    PASORI_FAULT_NONE = 0,
    /* the air */
    PASORI_FAULT_LOST_TO_CARD,    /* the card never hears the block */
    PASORI_FAULT_LOST_FROM_CARD,  /* the card answered; the reader heard nothing */
    PASORI_FAULT_CRC_TO_CARD,     /* a bit is wrong when the card hears it */
    PASORI_FAULT_CRC_FROM_CARD,   /* a bit is wrong when the reader hears it */
    PASORI_FAULT_STATUS,          /* the reader reports VALUE, a bit of InCommRF's status */
    PASORI_FAULT_WRONG_NUMBER,    /* the card's answer has the other block number */
    PASORI_FAULT_GARBLED,         /* its PCB means nothing, the checksum is right */
    PASORI_FAULT_SHORT,           /* VALUE bytes of it are left, the checksum is right */
    PASORI_FAULT_STALE,           /* the answer before it comes again instead */
    PASORI_FAULT_WTX,             /* the card asks VALUE more times for more time first */
    PASORI_FAULT_WTX_MULTIPLIER,  /* the card asks with multiplier VALUE, which may be wrong */
    PASORI_FAULT_PULLED,          /* the card leaves before it hears the block */
    PASORI_FAULT_PULLED_AFTER,    /* it leaves before its answer is heard */
    PASORI_FAULT_MUTE,            /* the card hears nothing until the field goes */
    PASORI_FAULT_RATE,            /* from AT on frames at VALUE kbit/s arrive with wrong bits */
    PASORI_FAULT_ATTRIB_REFUSED,  /* no answer to ATTRIB; VALUE: only at this rate, 0: any */
    PASORI_FAULT_ATTRIB_LOST,     /* the card took it, the answer is lost */
    PASORI_FAULT_REQUEST_REFUSED, /* no answer to REQB, WUPB */
    /* the reader and its wire */
    PASORI_FAULT_USB_NO_ACK,      /* the answer comes without the ACK before it */
    PASORI_FAULT_USB_STALE,       /* an older answer is still in the pipe, before the ACK */
    PASORI_FAULT_USB_STALE_AFTER, /* … after the ACK */
    PASORI_FAULT_USB_GARBLED,     /* the checksum of the answer's data is wrong */
    PASORI_FAULT_USB_LENGTH,      /* the checksum of its length is wrong */
    PASORI_FAULT_USB_SHORT,       /* its last VALUE bytes are missing */
    PASORI_FAULT_USB_ERROR,       /* an error frame in its place */
    PASORI_FAULT_USB_OTHER,       /* the answer to another command in its place */
    PASORI_FAULT_USB_OPEN,        /* where it ends in a full packet, no empty one follows */
    PASORI_FAULT_USB_STALL,       /* the endpoint in is halted once */
    PASORI_FAULT_USB_HANG,        /* nothing more until the host's ACK */
    PASORI_FAULT_USB_DEAF,        /* nothing more, nor taken, until the port is reset */
    PASORI_FAULT_USB_DEAD,        /* … until it is plugged in again */
    PASORI_FAULT_USB_UNPLUG,      /* it leaves with the command */
    PASORI_FAULT_USB_UNPLUG_ACK,  /* it leaves after the ACK */
    PASORI_FAULT_N_KINDS
} PasoriFaultKind;

typedef struct {
    PasoriFaultKind kind;
    uint32_t at;    /* from 1 */
    uint32_t times; /* 0: for ever */
    uint32_t value;
} PasoriFault;

typedef struct {
    PasoriFault faults[PASORI_MAX_FAULTS];
    size_t n_faults;
} PasoriScript;

/* The word for it in a script; never NULL. */
const char *
pasori_script_name(PasoriFaultKind kind);

/* False when the script is full. */
bool
pasori_script_add(PasoriScript *self, PasoriFault fault);

/* Adds the text's lines. False, and nothing added, when one is wrong or there are too many. */
bool
pasori_script_parse(PasoriScript *self, const char *text, size_t len);

/* Whether a fault of this kind strikes at number `at`; its value then. */
bool
pasori_script_strikes(const PasoriScript *self,
                      PasoriFaultKind kind,
                      uint32_t at,
                      uint32_t *ret_value);
