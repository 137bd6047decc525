/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Frames between host and reader (Port-100):
 *
 *     00 00 FF FF FF  LEN LEN LCS  data  DCS 00      a command or an answer
 *     00 00 FF 00 FF 00                              ACK
 *     00 00 FF FF FF                                 error
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PASORI_FRAME_OVERHEAD 10U
#define PASORI_ACK_LEN        6U

/* The length of LEN LEN; the kernel's driver takes answers of 1001 bytes. */
#define PASORI_MAX_DATA  1001U
#define PASORI_MAX_USB   (PASORI_MAX_DATA + PASORI_FRAME_OVERHEAD)
#define PASORI_TO_READER 0xD6U
#define PASORI_TO_HOST   0xD7U

typedef enum {
    PASORI_FRAME_BAD = 0,
    PASORI_FRAME_ACK,
    PASORI_FRAME_COMMAND,
} PasoriFrameKind;

typedef struct {
    PasoriFrameKind kind;
    uint8_t code;        /* COMMAND */
    const uint8_t *data; /* COMMAND: what follows the code (borrowed) */
    size_t len;
    const char *why; /* BAD: static */
} PasoriFrame;

/* What the host sent in one transfer. */
PasoriFrame
pasori_frame_parse(const uint8_t *bytes, size_t len);

void
pasori_frame_ack(uint8_t ret_bytes[PASORI_ACK_LEN]);

/* A frame around data of at most PASORI_MAX_DATA bytes; its length. */
size_t
pasori_frame_wrap(const uint8_t *data, size_t len, uint8_t ret_bytes[PASORI_MAX_USB]);
