/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the centre keeps, one struct per kind of record. Free releases everything owned. */
#pragma once

#include "central/visit-table.h"

#include <gio/gio.h>

#include <madoguchi/card.h>
#include <madoguchi/message.h>

#define MADO_RECORD_ID_MAX 32 /* request, terminal, operator: characters */

typedef struct {
    char id[MADO_RECORD_ID_MAX + 1];
    char municipality[MADO_MUNICIPALITY_LEN + 1];
    MadoRequestState state;
    guint8 slots;          /* set of MadoSlot the card is to carry */
    guint8 number_key[32]; /* keyed hash of the 個人番号 */
    GBytes *person;        /* owned; sealed: MadoResident */
    GBytes *photo;         /* owned, nullable; sealed */
    gint64 changed_ms;
    MadoTransactionState last_transaction; /* list_requests only; 0: none */
    char reserved_day[MADO_DATE_LEN + 1];  /* empty: none */
    char reserved_time[5];                 /* HHMM; empty: none */
    guint16 queue_number;                  /* 受付番号; 0: none */
    guint8 procedure;                      /* MadoProcedure the person comes for; 0: by state */
    guint8 alerts;                         /* set of MadoAlert */
} MadoRequestRecord;

typedef struct {
    guint8 card_id[MADO_CARD_ID_LEN];
    char serial[MADO_SERIAL_LEN + 1];
    char municipality[MADO_MUNICIPALITY_LEN + 1];
    char expiry[MADO_DATE_LEN + 1];
    guint8 face_key[32]; /* SHA-256 of DF24's value */
    char request_id[MADO_RECORD_ID_MAX + 1];
    guint32 fencing;  /* highest ever given to this card */
    gboolean is_void; /* lost, broken or replaced: never served again */
} MadoCardRecord;

typedef struct {
    guint8 id[MADO_TRANSACTION_LEN];
    guint8 visit[16];
    char terminal[MADO_RECORD_ID_MAX + 1];
    char request_id[MADO_RECORD_ID_MAX + 1];
    guint8 card_id[MADO_CARD_ID_LEN];
    MadoProcedure procedure;
    MadoTransactionState state;
    MadoVisitStage stage;
    guint32 attempt;
    guint32 fencing;
    guint16 step;        /* of the last message taken in this attempt */
    guint8 slots;        /* set of MadoSlot */
    guint8 n_failures;   /* scripts that failed in this attempt */
    gboolean may_start;  /* resident here, or nobody needed: OPEN may be sent again */
    gboolean has_script; /* a script was made: the card may know of it */
    gboolean is_commit_sent;
    guint8 centre_nonce[16];
    gboolean has_challenge;
    guint8 host_challenge[MADO_CHALLENGE_LEN]; /* for the next INITIALIZE UPDATE */
    guint8 session[16]; /* names the secure channel in memory; zeros: none */
    char operator_id[MADO_RECORD_ID_MAX + 1];
    gint64 opened_ms;
    gint64 changed_ms;
    char detail[201]; /* why it was held, aborted or closed; no personal data */
} MadoTransactionRecord;

typedef enum {
    MADO_CERTIFICATE_ASKED = 0, /* key or PKCS#10 known, nothing issued */
    MADO_CERTIFICATE_HELD = 1,
    MADO_CERTIFICATE_LIVE = 2,
    MADO_CERTIFICATE_REVOKED = 3,
} MadoCertificateState;

/* One slot of one transaction: from the key to the live certificate. */
typedef struct {
    guint8 transaction[MADO_TRANSACTION_LEN];
    MadoSlot slot;
    MadoCertificateState state;
    guint8 card_id[MADO_CARD_ID_LEN];
    gboolean has_key_hash; /* the card told it under R-MAC */
    guint8 key_hash[32];   /* SHA-256 of the 7F49 template */
    GBytes *csr;           /* owned, nullable; PKCS#10 */
    GBytes *cmp_request;   /* owned, nullable; the p10cr answered last */
    GBytes *cmp_nonce;     /* owned, nullable; senderNonce of the cp sent for it */
    GBytes *der;           /* owned, nullable; the certificate */
    char serial[41];       /* hex; empty: none */
    gboolean is_staged;    /* the card's record showed it under R-MAC */
    gboolean is_confirmed; /* certConf accepted */
} MadoCertificateRecord;

typedef struct {
    guint8 transaction[MADO_TRANSACTION_LEN];
    MadoDecisionKind kind;
    char operator_id[MADO_RECORD_ID_MAX + 1];
    guint32 attempt;
    GBytes *bytes;     /* owned */
    GBytes *signature; /* owned */
    gint64 received_ms;
} MadoDecisionRecord;

typedef struct {
    char terminal[MADO_RECORD_ID_MAX + 1];
    char key[65];
    guint8 body_hash[32];
    GBytes *answer; /* owned; CMS for that terminal alone */
} MadoAnswerRecord;

typedef struct {
    char terminal[MADO_RECORD_ID_MAX + 1];
    guint32 epoch;
    guint64 number;
    guint8 hash[32]; /* SHA-256 of the CMS bytes */
    MadoReceiptKind kind;
    guint8 visit[16];
    GBytes *cms; /* owned */
    gint64 received_ms;
} MadoReceiptRecord;

typedef struct {
    char id[MADO_RECORD_ID_MAX + 1];
    char municipality[MADO_MUNICIPALITY_LEN + 1];
    gboolean is_revoked;
    guint8 tls_hash[32]; /* SHA-256 of the client certificate that may speak for it */
    GBytes *sign_cert;   /* owned; DER */
    GBytes *encrypt_cert;
    gint64 enrolled_ms;
} MadoTerminalRecord;

/* Bits: what an operator may do. */
typedef enum {
    MADO_ROLE_CLERK = 1,      /* visits */
    MADO_ROLE_SUPERVISOR = 2, /* closing visits */
    MADO_ROLE_AUDITOR = 4,    /* receipts' contents */
} MadoRole;

typedef struct {
    char id[MADO_RECORD_ID_MAX + 1];
    guint8 roles; /* set of MadoRole */
    gboolean is_revoked;
    GBytes *public_key; /* owned; SubjectPublicKeyInfo */
} MadoOperatorRecord;

void
mado_record_types_free_request(MadoRequestRecord *record);
void
mado_record_types_free_certificate(MadoCertificateRecord *record);
void
mado_record_types_free_decision(MadoDecisionRecord *record);
void
mado_record_types_free_answer(MadoAnswerRecord *record);
void
mado_record_types_free_receipt(MadoReceiptRecord *record);
void
mado_record_types_free_terminal(MadoTerminalRecord *record);
void
mado_record_types_free_operator(MadoOperatorRecord *record);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoRequestRecord, mado_record_types_free_request)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoCardRecord, g_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoTransactionRecord, g_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoCertificateRecord, mado_record_types_free_certificate)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoDecisionRecord, mado_record_types_free_decision)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoAnswerRecord, mado_record_types_free_answer)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoReceiptRecord, mado_record_types_free_receipt)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoTerminalRecord, mado_record_types_free_terminal)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoOperatorRecord, mado_record_types_free_operator)
