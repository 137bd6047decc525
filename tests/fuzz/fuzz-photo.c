/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A chip's photo, checked and decoded; and the same bytes as the reply of a child gone wrong.
 */
#include "config.h"

#include "daemon/photo/decode.h"
#include "daemon/photo/reply.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>

static void
decode(const MadoJp2 *picture, size_t file_len)
{
    uint8_t *pixels = malloc((size_t)picture->width * picture->height * 3);
    MadoQuality quality;

    if (pixels == NULL) {
        return;
    }
    if (mado_decode_picture(picture, pixels)) {
        mado_quality_measure(pixels, picture->width, picture->height, file_len, &quality);
        if (quality.value[MADO_QUALITY_LUMINANCE_MEAN] > 1000) {
            abort();
        }
    }
    free(pixels);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    MadoJp2 picture;
    MadoReply reply;

    if (mado_jp2_check(data, len, &picture) == MADO_JP2_OK) {
        if (picture.width > MADO_JP2_MAX_SIDE || picture.height > MADO_JP2_MAX_SIDE ||
            picture.codestream_len > len) {
            abort();
        }
        decode(&picture, len);
    }
    if (mado_reply_parse(data, len, &reply) == MADO_BYTES_OK &&
        reply.pixels_len != (size_t)reply.width * reply.height * 3) {
        abort();
    }
    return 0;
}
