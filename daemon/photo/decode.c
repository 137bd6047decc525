/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/photo/decode.h"

#include <openjpeg.h>

#include <string.h>

/* The codestream with a place in it. */
typedef struct {
    const uint8_t *data;
    size_t len;
    size_t at; /* never more than len */
} Source;

static OPJ_SIZE_T
source_read(void *buffer, OPJ_SIZE_T len, void *user)
{
    Source *source = user;
    size_t left = source->len - source->at;

    if (left == 0) {
        return (OPJ_SIZE_T)-1;
    }
    len = len < left ? len : left;
    memcpy(buffer, source->data + source->at, len);
    source->at += len;
    return len;
}

static OPJ_OFF_T
source_skip(OPJ_OFF_T len, void *user)
{
    Source *source = user;

    if (len < 0 || (uint64_t)len > source->len - source->at) {
        return -1;
    }
    source->at += (size_t)len;
    return len;
}

static OPJ_BOOL
source_seek(OPJ_OFF_T at, void *user)
{
    Source *source = user;

    if (at < 0 || (uint64_t)at > source->len) {
        return OPJ_FALSE;
    }
    source->at = (size_t)at;
    return OPJ_TRUE;
}

static opj_stream_t *
open_stream(Source *source)
{
    opj_stream_t *stream = opj_stream_create(source->len, OPJ_TRUE);

    if (stream == NULL) {
        return NULL;
    }
    opj_stream_set_user_data(stream, source, NULL);
    opj_stream_set_user_data_length(stream, source->len);
    opj_stream_set_read_function(stream, source_read);
    opj_stream_set_skip_function(stream, source_skip);
    opj_stream_set_seek_function(stream, source_seek);
    return stream;
}

/* (transfer full), or NULL. Strict: half a picture is none. */
static opj_image_t *
read_image(opj_codec_t *codec, opj_stream_t *stream)
{
    opj_dparameters_t parameters;
    opj_image_t *image = NULL;

    opj_set_default_decoder_parameters(&parameters);
    if (!opj_setup_decoder(codec, &parameters) ||
        !opj_decoder_set_strict_mode(codec, OPJ_TRUE) ||
        !opj_read_header(stream, codec, &image) || !opj_decode(codec, stream, image) ||
        !opj_end_decompress(codec, stream)) {
        opj_image_destroy(image);
        return NULL;
    }
    return image;
}

/* The library's own word on what it made, against what was checked before. */
static bool
is_as_checked(const opj_image_t *image, const MadoJp2 *picture)
{
    if (image->numcomps != picture->n_components) {
        return false;
    }
    for (OPJ_UINT32 i = 0; i < image->numcomps; i++) {
        const opj_image_comp_t *component = &image->comps[i];

        if (component->w != picture->width || component->h != picture->height ||
            component->prec != 8 || component->sgnd != 0 || component->data == NULL) {
            return false;
        }
    }
    return true;
}

static uint8_t
clamp(int32_t value)
{
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* IEC 61966-2-1 amendment 1 (sYCC), in 16 bits of fraction. */
static void
put_sycc(const int32_t in[3], uint8_t out[3])
{
    int32_t y = clamp(in[0]) * 65536 + 32768;
    int32_t cb = clamp(in[1]) - 128;
    int32_t cr = clamp(in[2]) - 128;

    out[0] = clamp((y + 91881 * cr) / 65536);
    out[1] = clamp((y - 22554 * cb - 46802 * cr) / 65536);
    out[2] = clamp((y + 116130 * cb) / 65536);
}

static void
put_pixels(const opj_image_t *image, const MadoJp2 *picture, uint8_t *pixels)
{
    size_t n_pixels = (size_t)picture->width * picture->height;

    for (size_t i = 0; i < n_pixels; i++) {
        int32_t in[3];

        for (size_t j = 0; j < 3; j++) {
            in[j] = image->comps[image->numcomps == 1 ? 0 : j].data[i];
        }
        if (picture->colour == MADO_JP2_SYCC) {
            put_sycc(in, pixels + 3 * i);
            continue;
        }
        for (size_t j = 0; j < 3; j++) {
            pixels[3 * i + j] = clamp(in[j]);
        }
    }
}

bool
mado_decode_picture(const MadoJp2 *picture, uint8_t *pixels)
{
    Source source = {picture->codestream, picture->codestream_len, 0};
    opj_codec_t *codec = opj_create_decompress(OPJ_CODEC_J2K);
    opj_stream_t *stream = open_stream(&source);
    opj_image_t *image = NULL;
    bool done = false;

    if (codec != NULL && stream != NULL) {
        image = read_image(codec, stream);
    }
    if (image != NULL && is_as_checked(image, picture)) {
        put_pixels(image, picture, pixels);
        done = true;
    }
    opj_image_destroy(image);
    if (stream != NULL) {
        opj_stream_destroy(stream);
    }
    if (codec != NULL) {
        opj_destroy_codec(codec);
    }
    return done;
}
