/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What our reader drivers tell of themselves through SCardControl: by whom it is asked, how it
 * reads. The code is also in the answer to CM_IOCTL_GET_FEATURE_REQUEST, under a tag of ours.
 *
 * The answer: one byte MADO_READER_STATISTICS_VERSION, then numbers of 8 bytes, most
 * significant first, in the order of the enum. A later driver only appends, so whoever reads
 * takes as many as there are and as it knows. Counters run since the reader was plugged in and
 * never go back.
 */
#pragma once

#define MADO_READER_STATISTICS_FEATURE 0xE5 /* tag in the feature list; not given by PC/SC */
#define MADO_READER_STATISTICS_CODE    (0x42000000 + 3785) /* SCARD_CTL_CODE(3785) */
#define MADO_READER_STATISTICS_VERSION 1

enum {
    /* what the reader is, and how it stands with the card that is active */
    MADO_READER_FIRMWARE = 0, /* 0x0111 is 1.11 */
    MADO_READER_KBITS,        /* on air; 0 while no card is active */
    MADO_READER_FSC,          /* the card's largest frame, bytes; 0 while no card is active */
    MADO_READER_FWT_US,       /* the time it may take to answer; 0 while no card is active */
    MADO_READER_MAX_APDU,     /* bytes of data in a command */
    MADO_READER_MAX_WAIT_MS,  /* for one command, extensions included */

    /* commands of the host */
    MADO_READER_APDUS,        /* answered */
    MADO_READER_APDUS_FAILED, /* ended with an error */
    MADO_READER_APDU_MS,      /* all together */
    MADO_READER_APDU_MAX_MS,

    /* cards */
    MADO_READER_INSERTS,       /* a card came */
    MADO_READER_ACTIVATIONS,   /* brought to ISO/IEC 14443-4 */
    MADO_READER_NOT_ACTIVATED, /* could not be */
    MADO_READER_LOST,          /* sessions that ended by an error while the card stayed */
    MADO_READER_REMOVED,       /* cards taken away while active */
    MADO_READER_SLOWED,        /* a lower bit rate was chosen because of errors */

    /* blocks on air */
    MADO_READER_BLOCKS,
    MADO_READER_SILENCES,        /* no answer in time */
    MADO_READER_GARBLED,         /* CRC, framing */
    MADO_READER_STRAYS,          /* good frames out of order */
    MADO_READER_RETRIES,         /* R-blocks that asked again */
    MADO_READER_RETRANSMISSIONS, /* commands sent again */
    MADO_READER_EXTENSIONS,      /* S(WTX) */
    MADO_READER_COLLISIONS,      /* more than one card in the field */

    /* the bus */
    MADO_READER_TRANSFERS,
    MADO_READER_USB_ERRORS,
    MADO_READER_STALE,      /* frames that answered something else */
    MADO_READER_NO_ANSWERS, /* commands the reader left unanswered */
    MADO_READER_ABORTS,
    MADO_READER_RESETS,
    MADO_READER_UNENDED, /* answers without their zero-length packet */

    /* APDUs by time: below 1 ms, 2, 4 … 16384 ms, and the rest */
    MADO_READER_HISTOGRAM,
    MADO_READER_N_BUCKETS = 16,
    MADO_READER_N_STATISTICS = MADO_READER_HISTOGRAM + MADO_READER_N_BUCKETS
};

#define MADO_READER_STATISTICS_LEN (1 + 8 * MADO_READER_N_STATISTICS)
