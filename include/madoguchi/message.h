/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What passes between daemon and centre, inside CMS (doc/messages.md). BER-TLV, unknown tags
 * refused. Transport: request = EnvelopedData-GCM(SignedData(message)); reply likewise.
 * Receipts: section 4 there.
 */
#pragma once

#define MADO_MESSAGE_VERSION 1

typedef enum {
    MADO_MESSAGE_LOOKUP = 0x01, /* opens or re-opens a visit */
    MADO_MESSAGE_STEP = 0x02,   /* everything after */
    MADO_MESSAGE_REPLY = 0x82,  /* the centre's answer to either */
    MADO_MESSAGE_RECEIPT = 0x03,
    MADO_MESSAGE_RECEIPT_ACK = 0x83,
    MADO_MESSAGE_DIRECTORY = 0x04, /* a look at the queue: directory.h */
    MADO_MESSAGE_DIRECTORY_ROWS = 0x84,
} MadoMessageType;

typedef enum {
    MADO_REALM_CODE_TRAINING = 1,
    MADO_REALM_CODE_PRODUCTION = 2,
} MadoRealmCode;

typedef enum {
    MADO_PROCEDURE_PREPARE = 1, /* 交付前設定 */
    MADO_PROCEDURE_ISSUE = 2,   /* 交付 (交付時来庁方式) */
    /* Written down now, served by later versions: */
    MADO_PROCEDURE_RENEW = 3,
    MADO_PROCEDURE_RESET_PIN = 4,
    MADO_PROCEDURE_REWRITE = 5,
    MADO_PROCEDURE_SUSPEND = 6,
    MADO_PROCEDURE_RESUME = 7,
    MADO_PROCEDURE_RETURN = 8,
} MadoProcedure;

/* What the desk does next. The centre decides; the daemon executes and checks. */
typedef enum {
    MADO_NEXT_DECIDE = 1, /* collect the named decisions, INITIALIZE UPDATE, STEP */
    MADO_NEXT_SCRIPT = 2, /* run the script (phase says which), then STEP */
    MADO_NEXT_CSR = 3,    /* recovery: send CMP p10cr for the PKCS#10 given back, then STEP */
    MADO_NEXT_COMMITTED = 4, /* the end: hand over */
    MADO_NEXT_ABORTED = 5,   /* the end: undone, the request is as before */
    MADO_NEXT_HOLD = 6,      /* the centre cannot go on now; reason in DETAIL */
} MadoNext;

typedef enum {
    MADO_SCRIPT_RECORD = 1, /* R: GET RECORD in a fresh session, recovery only */
    MADO_SCRIPT_OPEN = 2,   /* A: BEGIN, GET RECORD, transport PINs, GENERATE */
    MADO_SCRIPT_STAGE = 3,  /* B: certificates, GET RECORD */
    MADO_SCRIPT_COMMIT = 4, /* C */
    MADO_SCRIPT_UNDO = 5,   /* U: ROLLBACK, GET RECORD */
} MadoScriptPhase;

typedef enum {
    MADO_DECISION_OPEN = 1, /* this operator opens this request */
    MADO_DECISION_DOCUMENTS =
        2,                    /* identity documents seen: codes in DETAIL, "A1", "A1+B1" ... */
    MADO_DECISION_FACE = 3,   /* "same", "doubt: ...", "refused: ..." ; method "eye" */
    MADO_DECISION_RESUME = 4, /* adopting a held visit; DETAIL "finish" or "undo" */
    MADO_DECISION_INSPECTED = 5, /* prepare: print and damage looked at */
    MADO_DECISION_LOOK = 6,      /* a look at the queue: DETAIL is the hash of the query */
} MadoDecisionKind;

/* Containers. */
#define MADO_MSG_MESSAGE 0x70 /* {HEADER, BODY} */
#define MADO_MSG_HEADER  0xA0
#define MADO_MSG_BODY    0xA1

/* Header. */
#define MADO_MSG_VERSION  0x80 /* 1 */
#define MADO_MSG_REALM    0x81 /* 1 */
#define MADO_MSG_TYPE     0x82 /* 1 */
#define MADO_MSG_TERMINAL 0x83 /* UTF-8, 1 to 32: [A-Z0-9-] */
#define MADO_MSG_VISIT    0x84 /* 16 */
#define MADO_MSG_TRANSACTION                                                                   \
    0x85 /* 16; chosen by the desk at the first LOOKUP, kept by the centre */
#define MADO_MSG_STEP_NUMBER  0x86 /* 2; rises by one with every new message of the visit */
#define MADO_MSG_ATTEMPT      0x87 /* 4; rises with every adoption of the visit */
#define MADO_MSG_CARD_ID      0x88 /* 10; empty in receipts that concern no card */
#define MADO_MSG_NONCE        0x89 /* 16, fresh per message */
#define MADO_MSG_TIME         0x8A /* 8, ms since 1970 UTC */
#define MADO_MSG_FENCING      0x8B /* 4 */
#define MADO_MSG_REQUEST_HASH 0x8C /* 32, replies: SHA-256 of the request's CMS bytes */

/* Body, desk to centre. */
#define MADO_MSG_PROCEDURE    0x80 /* 1 */
#define MADO_MSG_REQUEST_ID   0x81 /* ASCII, 1 to 32 */
#define MADO_MSG_SERIAL       0x82 /* 15 digits, common AP record 1 */
#define MADO_MSG_MUNICIPALITY 0x83 /* 5 digits */
#define MADO_MSG_EXPIRY       0x84 /* YYYYMMDD */
#define MADO_MSG_FACE_KEY     0x85 /* 32, SHA-256 of DF24's value (visual AP) */
#define MADO_MSG_RECORD       0x86 /* the plain admin record as read */
#define MADO_MSG_INITIALIZE   0x87 /* answer to INITIALIZE UPDATE, 29 bytes */
#define MADO_MSG_ANSWERS                                                                       \
    0xA8 /* {ANSWER*}: to the last script, in order, up to the first not allowed */
#define MADO_MSG_ANSWER         0x89 /* data ‖ SW, unopened */
#define MADO_MSG_CMP            0xAA /* {SLOT_CODE, DER}: one PKIMessage per slot; both directions */
#define MADO_MSG_SLOT_CODE      0x8B /* 1, MadoSlot */
#define MADO_MSG_DER            0x8C
#define MADO_MSG_DECISION       0xAD /* {DECISION_BYTES, SIGNATURE}; repeated */
#define MADO_MSG_DECISION_BYTES 0x8E
#define MADO_MSG_SIGNATURE      0x8F /* DER ECDSA-Sig-Value, SHA-256 over DECISION_BYTES */
#define MADO_MSG_RESIDENT       0x90 /* 1: 1 when the resident is at the desk (RESUME) */
#define MADO_MSG_DAMAGE         0x91 /* UTF-8: why the desk could not run a step, HOLD report */

/* Body, centre to desk. */
#define MADO_MSG_NEXT           0xC0 /* 1, MadoNext */
#define MADO_MSG_PHASE          0xC1 /* 1, MadoScriptPhase */
#define MADO_MSG_HOST_CHALLENGE 0xC2 /* 8: for the next INITIALIZE UPDATE */
#define MADO_MSG_KEY_VERSION    0xC3 /* 1: P1 of INITIALIZE UPDATE */
#define MADO_MSG_AUTHENTICATE                                                                  \
    0xC4 /* EXTERNAL AUTHENTICATE, a whole APDU; absent when the session goes on */
#define MADO_MSG_SCRIPT  0xE5 /* {COMMAND*} */
#define MADO_MSG_COMMAND 0xE6 /* {APDU, ALLOWED} */
#define MADO_MSG_APDU    0xC7
#define MADO_MSG_ALLOWED 0xC8 /* 2 bytes each: status words after which the script goes on */
#define MADO_MSG_TRANSPORT_PIN                                                                 \
    0xE9                       /* {PIN_KIND, PIN}; secret; repeated, in the order to ask       \
                                */
#define MADO_MSG_PIN_KIND 0xCA /* 1, MadoPinKind */
#define MADO_MSG_PIN      0xCB
#define MADO_MSG_SIGN_SLOTS                                                                    \
    0xCC /* 1, set of MadoSlot whose PKCS#10 is wanted after the script */
#define MADO_MSG_CENTRE_NONCE  0xCD /* 16, goes into every decision of the visit */
#define MADO_MSG_WANTED        0xCE /* 1 byte each: MadoDecisionKind */
#define MADO_MSG_PERSON        0xEF /* {NAME, KANA, BIRTH, SEX, ADDRESS}: what the clerk may see */
#define MADO_MSG_NAME          0xC1
#define MADO_MSG_KANA          0xC2
#define MADO_MSG_BIRTH         0xC3 /* YYYYMMDD */
#define MADO_MSG_SEX           0xC4
#define MADO_MSG_ADDRESS       0xC5
#define MADO_MSG_DETAIL        0xD0 /* UTF-8, for the log of the desk; no personal data */
#define MADO_MSG_CSR           0xF1 /* {SLOT_CODE, DER}: NEXT_CSR gives the PKCS#10 back */
#define MADO_MSG_REQUEST_STATE 0xD2 /* 1, MadoRequestState */
#define MADO_MSG_PROCEDURE_OPEN                                                                \
    0xD3 /* 1: procedure of the open transaction, when it is being recovered */

/* A decision, the bytes an operator signs: a bare sequence of these. */
#define MADO_DEC_REALM       0x80 /* 1 */
#define MADO_DEC_TERMINAL    0x81
#define MADO_DEC_TRANSACTION 0x82 /* 16 */
#define MADO_DEC_KIND        0x83 /* 1 */
#define MADO_DEC_OPERATOR    0x84 /* ASCII, 1 to 32 */
#define MADO_DEC_NONCE       0x85 /* 16: the centre's; zeros in OPEN, RESUME and LOOK */
#define MADO_DEC_TIME        0x86 /* 8, ms */
#define MADO_DEC_REQUEST_ID  0x87
#define MADO_DEC_DETAIL      0x88 /* UTF-8, at most 200 bytes */

/* A receipt's cleartext header, signed together with the encrypted body. */
#define MADO_RCP_EPOCH  0x90 /* 4 */
#define MADO_RCP_NUMBER 0x91 /* 8, from 1, no gaps within (terminal, epoch) */
#define MADO_RCP_PREVIOUS                                                                      \
    0x92 /* 32, SHA-256 of the previous receipt's CMS bytes; zeros for number 1 */
#define MADO_RCP_KIND        0x93 /* 1, MadoReceiptKind */
#define MADO_RCP_OPERATOR    0x94
#define MADO_RCP_MONOTONIC   0x95 /* 8, ms since boot */
#define MADO_RCP_BOOT        0x96 /* 16, boot id */
#define MADO_RCP_CENTRE_TIME 0x97 /* 8, ms: last time the centre told; zero when never */
#define MADO_RCP_KEY_ID      0x98 /* 32, SHA-256 of the signer's certificate */
#define MADO_RCP_BODY        0x99 /* EnvelopedData to the centre */
/* Inside the encrypted body: REQUEST_ID, PROCEDURE, SLOT_CODE.. as above, and */
#define MADO_RCP_OUTCOME 0x9A /* 4, MadoErrorCode or 0 */
/* Acknowledgement: the head the centre holds. */
#define MADO_RCP_HEAD_NUMBER 0x9B
#define MADO_RCP_HEAD_HASH   0x9C

typedef enum {
    MADO_RECEIPT_VISIT_OPENED = 1,
    MADO_RECEIPT_DOCUMENTS = 2,
    MADO_RECEIPT_FACE = 3,
    MADO_RECEIPT_PINS_SET = 4,
    MADO_RECEIPT_KEYS_MADE = 5,
    MADO_RECEIPT_CERTIFICATES = 6,
    MADO_RECEIPT_COMMITTED = 7,
    MADO_RECEIPT_ABORTED = 8,
    MADO_RECEIPT_HELD = 9,
    MADO_RECEIPT_PREPARED = 10,
    MADO_RECEIPT_PIN_CHANGED = 11,
} MadoReceiptKind;

/* The request's life at the centre; the transaction's own state beside it (protocol.md 6). */
typedef enum {
    MADO_REQUEST_READY = 1,     /* imported; the card is at the municipality */
    MADO_REQUEST_SET_UP = 2,    /* 交付前設定 done */
    MADO_REQUEST_DELIVERED = 3, /* 交付済 */
    MADO_REQUEST_VOID = 4,
} MadoRequestState;

typedef enum {
    MADO_TRANSACTION_PREPARED = 1,
    MADO_TRANSACTION_WRITTEN = 2,
    MADO_TRANSACTION_COMMITTED = 3,
    MADO_TRANSACTION_ABORTED = 4,
    MADO_TRANSACTION_UNKNOWN = 5,
} MadoTransactionState;
