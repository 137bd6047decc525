/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every limit and time-out that two parts share, the unit in the name. */
#pragma once

/* Bus clients. */
#define MADO_LIMIT_SESSIONS_PER_CLIENT        4
#define MADO_LIMIT_CALLS_IN_FLIGHT_PER_CLIENT 16
#define MADO_LIMIT_ARGUMENT_LEN               65536 /* bytes, any single argument */
#define MADO_LIMIT_READERS                    16    /* pcscd 1.9.9 starts no more */

/* Card. Short APDUs are the default; an old reader may know no other. */
#define MADO_LIMIT_APDU_LEN        65548 /* pcsc-lite MAX_BUFFER_SIZE_EXTENDED */
#define MADO_LIMIT_EF_LEN          65535 /* no file on the card is longer */
#define MADO_LIMIT_TLV_DEPTH       8     /* nesting */
#define MADO_LIMIT_CERTIFICATE_LEN 4096  /* bytes of DER */
#define MADO_LIMIT_PHOTO_LEN       32768 /* bytes of JP2 */
#define MADO_TIMEOUT_EXCHANGE_MS   10000
#define MADO_TIMEOUT_GENERATE_MS   60000 /* RSA-2048: 22 s is the worst pair seen */

/* PINs (protocol.md 4). */
#define MADO_TIMEOUT_PIN_ENTRY_MS 120000
#define MADO_LIMIT_PIN_LEN        16

/* Messages between daemon and centre. */
#define MADO_LIMIT_MESSAGE_LEN         65536 /* bytes of CMS */
#define MADO_LIMIT_SCRIPT_COMMANDS     64
#define MADO_LIMIT_SLOTS               4 /* certificates in one set */
#define MADO_LIMIT_EXCHANGES_PER_ISSUE 5
#define MADO_TIMEOUT_RELAY_MS          30000 /* one POST, without retries */

/* Looks at the queue (doc/messages.md 6). */
#define MADO_LIMIT_LOOK_ROWS    200    /* in one answer; there may be more */
#define MADO_LIMIT_LOOK_QUERY   2048   /* bytes of a query */
#define MADO_LIMIT_LOOK_READING 2      /* characters of a folded reading, at least */
#define MADO_LIMIT_LOOK_AGE_MS  120000 /* from Look to Looked */

/* Journal. */
#define MADO_LIMIT_RECEIPT_BACKLOG     2000 /* unacknowledged; more stops new visits */
#define MADO_LIMIT_JOURNAL_RESERVE_KIB 4096 /* kept free before the card is touched */

/* Clock (protocol.md 7). */
#define MADO_LIMIT_SKEW_WARN_S  300
#define MADO_LIMIT_SKEW_BLOCK_S 86400
