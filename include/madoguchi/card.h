/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The card's layout. Read side: what public sources know of the Individual Number Card
 * (doc/card-profile.md 1). Write side: the open issuer profile, version MADO_PROFILE_VERSION
 * (doc/card-profile.md 2 to 7).
 */
#pragma once

/* Applications (AID as bytes for an array initialiser; all are 10 bytes long, the ISD's 7). */
#define MADO_AID_JPKI   0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01
#define MADO_AID_VISUAL 0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x02
#define MADO_AID_TEXT   0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x08
#define MADO_AID_JUKI   0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x01
#define MADO_AID_COMMON 0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x01, 0x00
#define MADO_AID_ISD    0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00

/* One number per application, as the profile and the messages name it (1 byte). */
typedef enum {
    MADO_AP_ISD = 0,
    MADO_AP_JPKI = 1,
    MADO_AP_VISUAL = 2,
    MADO_AP_TEXT = 3,
    MADO_AP_JUKI = 4,
    MADO_AP_COMMON = 5,
} MadoAp;

/* JPKI EFs. */
#define MADO_EF_JPKI_SIGN_CERT  0x0001
#define MADO_EF_JPKI_SIGN_CA    0x0002
#define MADO_EF_JPKI_TOKEN_INFO 0x0006
#define MADO_EF_JPKI_PRESENCE   0x0008
#define MADO_EF_JPKI_AUTH_CERT  0x000A
#define MADO_EF_JPKI_AUTH_CA    0x000B
#define MADO_EF_JPKI_AUTH_KEY   0x0017
#define MADO_EF_JPKI_AUTH_PIN   0x0018
#define MADO_EF_JPKI_SIGN_KEY   0x001A
#define MADO_EF_JPKI_SIGN_PIN   0x001B
/* Profile: the staged private keys, selectable only while a key pair is staged. */
#define MADO_EF_JPKI_STAGED_AUTH_KEY 0x0117
#define MADO_EF_JPKI_STAGED_SIGN_KEY 0x011A

/* Text AP (券面事項入力補助AP). */
#define MADO_EF_TEXT_NUMBER      0x0001
#define MADO_EF_TEXT_ATTRIBUTES  0x0002
#define MADO_EF_TEXT_SIGNATURE   0x0003
#define MADO_EF_TEXT_CVC         0x0004
#define MADO_EF_TEXT_INFO        0x0005
#define MADO_EF_TEXT_SESSION_KEY 0x0006
#define MADO_EF_TEXT_CARD_KEY    0x0007
#define MADO_EF_TEXT_PIN         0x0011
#define MADO_EF_TEXT_BLOCKED     0x0012
#define MADO_EF_TEXT_NUMBER_A    0x0014
#define MADO_EF_TEXT_NUMBER_B    0x0015

/* Visual AP (券面事項確認AP). */
#define MADO_EF_VISUAL_BIRTH     0x0001
#define MADO_EF_VISUAL_FACE      0x0002
#define MADO_EF_VISUAL_INFO      0x0003
#define MADO_EF_VISUAL_CVC       0x0004
#define MADO_EF_VISUAL_NUMBER    0x0005
#define MADO_EF_VISUAL_BIRTH_KEY 0x0011
#define MADO_EF_VISUAL_NUMBER_B  0x0012
#define MADO_EF_VISUAL_NUMBER_A  0x0013

/* Common and juki APs. */
#define MADO_EF_COMMON_RECORD        0x0001
#define MADO_EF_COMMON_KEY_REFERENCE 0x0002
#define MADO_EF_JUKI_PIN                                                                       \
    0x001C /* in both: one PIN to the resident, two references on the card */

/* Lengths in bytes. */
#define MADO_CARD_ID_LEN                                                                       \
    10 /* profile: GET DATA 0045 and INITIALIZE UPDATE diversification data */
#define MADO_SERIAL_LEN       15
#define MADO_MUNICIPALITY_LEN 5
#define MADO_DATE_LEN         8 /* YYYYMMDD */
#define MADO_NUMBER_LEN       12
#define MADO_NUMBER_B_LEN     14
#define MADO_TOKEN_INFO_LEN   160
#define MADO_TRANSACTION_LEN  16
#define MADO_CHALLENGE_LEN    8

/* PINs the holder sets, in the order a desk asks for them. Bits form a set. */
typedef enum {
    MADO_PIN_SIGN = 1, /* 署名用パスワード, JPKI 001B */
    MADO_PIN_AUTH = 2, /* 利用者証明用, JPKI 0018 */
    MADO_PIN_JUKI = 4, /* 住民基本台帳用, common 001C and juki 001C */
    MADO_PIN_TEXT = 8, /* 券面事項入力補助用, text 0011 */
} MadoPinKind;

/* Key slots of the profile. Bits form a set: what a request names, what COMMIT swaps. */
typedef enum {
    MADO_SLOT_AUTH = 1,
    MADO_SLOT_SIGN = 2,
} MadoSlot;

/* ---- The open issuer profile (doc/card-profile.md) ---- */
#define MADO_PROFILE_VERSION 1

typedef enum {
    MADO_LIFE_PERSONALISED = 0x01, /* as the factory delivers it */
    MADO_LIFE_PREPARED = 0x03,     /* 交付前設定 done */
    MADO_LIFE_ACTIVE = 0x0F,       /* 交付済 */
    MADO_LIFE_SUSPENDED = 0x1F,    /* 一時停止 */
    MADO_LIFE_TERMINATED = 0x7F,   /* 廃止; nothing leaves this state */
} MadoLifeCycle;

typedef enum {
    MADO_PHASE_IDLE = 0, /* no transaction open; nothing staged */
    MADO_PHASE_OPEN = 1, /* BEGIN accepted; slots may be staged */
} MadoPhase;

/* Key version numbers say the realm; the derivation label says it again. */
#define MADO_KVN_PRODUCTION 0x30
#define MADO_KVN_TRAINING   0x3F
#define MADO_SCP03_I        0x60 /* random card challenge, R-MAC and R-ENC */
#define MADO_SCP03_LEVEL    0x33 /* the only level a profile write runs at */

/* Instructions. CLA 84 inside SCP03, 80 where a plain read is allowed. */
#define MADO_INS_GET_DATA    0xCA
#define MADO_INS_PUT_DATA    0xDA /* P1P2 names one of MADO_OBJECT_* */
#define MADO_INS_RESET_RETRY 0x2C /* P1P2 0200: transport PIN */
#define MADO_INS_GENERATE    0x47 /* P1P2 8000: into the staged slot */
#define MADO_INS_UPDATE_STAGED                                                                 \
    0xD7 /* UPDATE BINARY, odd: certificate bytes into the staged slot */
#define MADO_OBJECT_RECORD      0xDF70 /* GET: the admin record; plain or protected */
#define MADO_OBJECT_STAGED_AUTH 0xDF71 /* GET, plain: staged public key, 7F49 */
#define MADO_OBJECT_STAGED_SIGN 0xDF72
#define MADO_OBJECT_BEGIN       0xDF73 /* PUT */
#define MADO_OBJECT_COMMIT      0xDF74 /* PUT */
#define MADO_OBJECT_ROLLBACK    0xDF75 /* PUT */

/* Data objects inside profile commands and the admin record. */
#define MADO_TAG_AP          0x80 /* 1, MadoAp */
#define MADO_TAG_EF          0x81 /* 2 */
#define MADO_TAG_TRANSACTION 0x82 /* 16 */
#define MADO_TAG_FENCING     0x83 /* 4 */
#define MADO_TAG_SLOTS       0x84 /* 1, set of MadoSlot */
#define MADO_TAG_SLOT        0x85 /* 1, one MadoSlot */
#define MADO_TAG_OFFSET      0x86 /* 2 */
#define MADO_TAG_CHUNK       0x87 /* bytes of a certificate */
#define MADO_TAG_TOTAL       0x88 /* 2, full length of the certificate */
#define MADO_TAG_LIFE        0x89 /* 1, MadoLifeCycle */
#define MADO_TAG_PIN         0x8A /* transport PIN, ASCII */
#define MADO_TAG_PROFILE     0x8B /* 1 */
#define MADO_TAG_PHASE       0x8C /* 1, MadoPhase */
#define MADO_TAG_COMMITTED                                                                     \
    0x8D /* 16, transaction of the last COMMIT; absent before the first */
#define MADO_TAG_KEY_HASH    0x8E /* 32, SHA-256 of the 7F49 template */
#define MADO_TAG_CERT_HASH   0x8F /* 32, SHA-256 of the certificate as stored */
#define MADO_TAG_PIN_FLAGS   0x90 /* 1 */
#define MADO_TAG_PIN_CHANGES 0x91 /* 2, raised by every CHANGE that took effect */
#define MADO_TAG_PIN_TRIES   0x92 /* 1 */
#define MADO_TAG_STAGED      0xB0 /* {SLOT, KEY_HASH, [CERT_HASH]}, one per staged slot */
#define MADO_TAG_LIVE        0xB1 /* {SLOT, KEY_HASH, CERT_HASH}, one per live slot */
#define MADO_TAG_PIN_STATE                                                                     \
    0xB2 /* {AP, EF, PIN_FLAGS, PIN_CHANGES, PIN_TRIES}, one per reference */
#define MADO_PIN_FLAG_TRANSPORT 1 /* may only be changed */
#define MADO_PIN_FLAG_UNSET     2 /* never set: blocked */

/* Data bytes of one certificate chunk: a wrapped short APDU holds 255 = 8 MAC + padded data. */
#define MADO_CHUNK_LEN 200
