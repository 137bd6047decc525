/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A look at the centre's requests: today's queue, or a search. The client makes a query, the
 * operator signs a decision of kind LOOK over its hash, the daemon seals both, the centre notes
 * who looked and why before it answers with rows (doc/messages.md 6). BER-TLV as in message.h.
 */
#pragma once

#include <madoguchi/message.h>

typedef enum {
    MADO_LOOK_DAY = 1,    /* the queue of one day */
    MADO_LOOK_SEARCH = 2, /* at least one of READING, BIRTH, REQUEST_ID; all of them fit */
} MadoLookKind;

/* Why somebody looked: signed with the query and kept with it. */
typedef enum {
    MADO_PURPOSE_COUNTER = 1, /* the person is here, or is about to be called */
    MADO_PURPOSE_PREPARE = 2, /* preparing cards or the day */
    MADO_PURPOSE_CONTACT = 3, /* the person called or wrote */
    MADO_PURPOSE_AUDIT = 4,   /* looking after the work of others */
} MadoLookPurpose;

/* What the clerk must know before anything is said or done. */
typedef enum {
    MADO_ALERT_RESTRICTED = 0x01, /* 抑止 (支援措置): ask the person in charge first */
    MADO_ALERT_STOPPED = 0x02,    /* 交付停止 */
    MADO_ALERT_GUARDIAN = 0x04,   /* 法定代理人 must come along */
} MadoAlert;
#define MADO_ALERT_ALL 0x07

/* Body of DIRECTORY: the query as it was signed, and the decision (MADO_MSG_DECISION). */
#define MADO_QRY_QUERY 0x80

/* A query: a bare sequence of these. */
#define MADO_QRY_LOOK       0x80 /* 16, random: TRANSACTION of the header and of the decision */
#define MADO_QRY_KIND       0x81 /* 1, MadoLookKind */
#define MADO_QRY_PURPOSE    0x82 /* 1, MadoLookPurpose */
#define MADO_QRY_DAY        0x83 /* YYYYMMDD; absent: the centre's today */
#define MADO_QRY_READING    0x84 /* UTF-8, as typed: the centre folds it (common/reading.h) */
#define MADO_QRY_BIRTH      0x85 /* YYYYMMDD */
#define MADO_QRY_REQUEST_ID 0x86
#define MADO_QRY_SKIP       0x87 /* 2: rows to leave out at the front */

/* Body of DIRECTORY_ROWS. */
#define MADO_DIR_DAY  0xC0 /* YYYYMMDD: the queue's day, or the centre's today */
#define MADO_DIR_MORE 0xC1 /* 1: 1 when there are rows beyond these */
#define MADO_DIR_ROW  0xE2 /* repeated, in the order of the queue */

/* A row. */
#define MADO_ROW_REQUEST_ID    0x80
#define MADO_ROW_RESERVED_DAY  0x81 /* YYYYMMDD */
#define MADO_ROW_RESERVED_TIME 0x82 /* HHMM */
#define MADO_ROW_NUMBER        0x83 /* 2: 受付番号 */
#define MADO_ROW_NAME          0x84 /* exact code points */
#define MADO_ROW_KANA          0x85
#define MADO_ROW_BIRTH         0x86
#define MADO_ROW_PROCEDURE     0x87 /* 1, MadoProcedure: what the person comes for */
#define MADO_ROW_STATE         0x88 /* 1, MadoRequestState */
#define MADO_ROW_TRANSACTION                                                                   \
    0x89                       /* 1, MadoTransactionState of the last visit; absent: none      \
                                */
#define MADO_ROW_ALERTS   0x8A /* 1, set of MadoAlert */
#define MADO_ROW_SINCE    0x8B /* 8, ms: when that visit last changed */
#define MADO_ROW_TERMINAL 0x8C /* where */
#define MADO_ROW_REASON   0x8D /* UTF-8: why it is held */
