/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/training/maker-jp2.h"

#include <gio/gio.h>
#include <openjpeg.h>

#include <string.h>

/* A growing file in memory with a place in it: the encoder goes back to write lengths. */
typedef struct {
    GByteArray *bytes;
    gsize at;
} Sink;

static OPJ_SIZE_T
sink_write(void *buffer, OPJ_SIZE_T len, void *user)
{
    Sink *sink = user;

    if (sink->at + len > sink->bytes->len) {
        g_byte_array_set_size(sink->bytes, (guint)(sink->at + len));
    }
    memcpy(sink->bytes->data + sink->at, buffer, len);
    sink->at += len;
    return len;
}

static OPJ_OFF_T
sink_skip(OPJ_OFF_T len, void *user)
{
    Sink *sink = user;

    if (len < 0) {
        return -1;
    }
    sink->at += (gsize)len;
    return len;
}

static OPJ_BOOL
sink_seek(OPJ_OFF_T at, void *user)
{
    Sink *sink = user;

    if (at < 0) {
        return OPJ_FALSE;
    }
    sink->at = (gsize)at;
    return OPJ_TRUE;
}

static opj_image_t *
make_image(const guint8 *grey, guint width, guint height)
{
    opj_image_cmptparm_t component = {
        .dx = 1, .dy = 1, .w = width, .h = height, .prec = 8, .sgnd = 0};
    opj_image_t *image = opj_image_create(1, &component, OPJ_CLRSPC_GRAY);

    if (image == NULL) {
        return NULL;
    }
    image->x1 = width;
    image->y1 = height;
    for (gsize i = 0; i < (gsize)width * height; i++) {
        image->comps[0].data[i] = grey[i];
    }
    return image;
}

static gboolean
encode(opj_codec_t *codec, opj_stream_t *stream, opj_image_t *image, double ratio)
{
    opj_cparameters_t parameters;

    opj_set_default_encoder_parameters(&parameters);
    parameters.tcp_numlayers = 1;
    parameters.tcp_rates[0] = (float)ratio;
    parameters.cp_disto_alloc = 1;
    parameters.irreversible = 1;
    return opj_setup_encoder(codec, &parameters, image) &&
           opj_start_compress(codec, image, stream) && opj_encode(codec, stream) &&
           opj_end_compress(codec, stream);
}

GBytes *
mado_maker_jp2_encode(const guint8 *grey, guint width, guint height, gsize len, GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    Sink sink = {bytes, 0};
    opj_codec_t *codec = opj_create_compress(OPJ_CODEC_JP2);
    opj_stream_t *stream = opj_stream_default_create(OPJ_FALSE);
    opj_image_t *image = make_image(grey, width, height);
    gboolean ok = codec != NULL && stream != NULL && image != NULL;

    if (ok) {
        opj_stream_set_user_data(stream, &sink, NULL);
        opj_stream_set_write_function(stream, sink_write);
        opj_stream_set_skip_function(stream, sink_skip);
        opj_stream_set_seek_function(stream, sink_seek);
        ok = encode(codec, stream, image, (double)width * height / (double)len);
    }
    opj_image_destroy(image);
    opj_stream_destroy(stream);
    opj_destroy_codec(codec);
    if (!ok) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "photo: OpenJPEG refused");
        return NULL;
    }
    return g_byte_array_free_to_bytes(g_steal_pointer(&bytes));
}
