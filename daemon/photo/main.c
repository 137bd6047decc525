/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * madoguchi-photo: reads one JPEG 2000 file from standard input, writes its pixels to standard
 * output (reply.h) and ends. Started by the daemon for each picture, so that nothing of one
 * person is left when the next one comes. Says nothing, opens nothing; exit status 0 when there
 * is a reply, whatever its verdict.
 */
#include "config.h"

#include "common/wipe.h"
#include "daemon/photo/decode.h"
#include "daemon/photo/reply.h"
#include "daemon/photo/sandbox.h"

#include <madoguchi/limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Measured: the largest picture that passes the check takes 27 MB; the rest is room for
 * libraries. */
#define MEMORY  ((size_t)160 << 20)
#define CPU_S   2
#define ALARM_S 3

/* All there is, at most @cap bytes; 0 when there is more or nothing. */
static size_t
read_all(uint8_t *data, size_t cap)
{
    size_t len = 0;
    ssize_t n;

    do {
        n = len < cap ? read(STDIN_FILENO, data + len, cap - len) : -1;
        len += n > 0 ? (size_t)n : 0;
    } while (n > 0);
    return n == 0 ? len : 0;
}

static bool
write_all(const uint8_t *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(STDOUT_FILENO, data, len);

        if (n <= 0) {
            return false;
        }
        data += n;
        len -= (size_t)n;
    }
    return true;
}

static MadoJp2Verdict
decode(const uint8_t *file, size_t len, uint8_t *pixels, MadoReply *reply)
{
    MadoJp2 picture;
    MadoJp2Verdict verdict = mado_jp2_check(file, len, &picture);

    if (verdict != MADO_JP2_OK) {
        return verdict;
    }
    if (!mado_decode_picture(&picture, pixels)) {
        return MADO_JP2_UNDECODABLE;
    }
    reply->width = (uint16_t)picture.width;
    reply->height = (uint16_t)picture.height;
    reply->pixels = pixels;
    reply->pixels_len = (size_t)picture.width * picture.height * 3;
    mado_quality_measure(pixels, picture.width, picture.height, len, &reply->quality);
    return MADO_JP2_OK;
}

static bool
answer(uint8_t *pixels)
{
    uint8_t file[MADO_LIMIT_PHOTO_LEN + 1];
    uint8_t head[MADO_REPLY_HEAD_LEN];
    MadoReply reply = {0};
    MadoWriter writer;
    size_t len = read_all(file, sizeof(file));

    reply.verdict = len > 0 ? decode(file, len, pixels, &reply) : MADO_JP2_TRUNCATED;
    mado_wipe(file, sizeof(file));
    mado_writer_init(&writer, head, sizeof(head));
    mado_reply_write_head(&reply, &writer);
    return mado_writer_ok(&writer) && write_all(head, mado_writer_len(&writer)) &&
           write_all(reply.pixels, reply.pixels_len);
}

int
main(int argc, char **argv)
{
    const MadoSandboxLimits limits = {MEMORY, CPU_S, ALARM_S};
    uint8_t *pixels;
    bool answered;

    if (argc > 1) {
        (void)puts(PACKAGE_STRING
                   ", madoguchi-photo: started by madoguchid; see madoguchid(8)");
        return argv[1][0] == '-' ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    pixels = malloc(MADO_DECODE_MAX_LEN);
    if (pixels == NULL || !mado_sandbox_enter(&limits)) {
        return EXIT_FAILURE;
    }
    answered = answer(pixels);
    mado_wipe(pixels, MADO_DECODE_MAX_LEN);
    /* Nothing of the C library's own end needs a system call that is allowed. */
    _exit(answered ? EXIT_SUCCESS : EXIT_FAILURE);
}
