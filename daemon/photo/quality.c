/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/photo/quality.h"

#include <math.h>

#define N_LEVELS   256u
#define UNDER      25u
#define OVER       247u
#define THOUSANDTH 1000.0

typedef struct {
    const uint8_t *pixels;
    uint32_t width, height;
} View;

/* Rec. 601 weights, in 8 bits of fraction. */
static uint32_t
luminance(const View *view, uint32_t x, uint32_t y)
{
    const uint8_t *pixel = view->pixels + 3 * ((size_t)y * view->width + x);

    return (77u * pixel[0] + 150u * pixel[1] + 29u * pixel[2] + 128u) / 256u;
}

static uint32_t
thousandths(double value)
{
    return value > 0.0 ? (uint32_t)(value * THOUSANDTH + 0.5) : 0u;
}

static void
measure_levels(const View *view, MadoQuality *quality)
{
    double n = (double)view->width * view->height;
    uint32_t levels[N_LEVELS] = {0};
    double sum = 0, squares = 0, entropy = 0, under = 0, over = 0;

    for (uint32_t y = 0; y < view->height; y++) {
        for (uint32_t x = 0; x < view->width; x++) {
            levels[luminance(view, x, y)]++;
        }
    }
    for (uint32_t i = 0; i < N_LEVELS; i++) {
        double share = levels[i] / n;
        double level = i / 255.0;

        sum += share * level;
        squares += share * level * level;
        entropy -= levels[i] > 0 ? share * log2(share) : 0.0;
        under += i < UNDER ? share : 0.0;
        over += i > OVER ? share : 0.0;
    }
    quality->value[MADO_QUALITY_LUMINANCE_MEAN] = thousandths(sum);
    quality->value[MADO_QUALITY_LUMINANCE_VARIANCE] = thousandths(squares - sum * sum);
    quality->value[MADO_QUALITY_DYNAMIC_RANGE] = thousandths(entropy);
    quality->value[MADO_QUALITY_UNDER_EXPOSURE] = thousandths(under);
    quality->value[MADO_QUALITY_OVER_EXPOSURE] = thousandths(over);
}

/* Edges make the Laplacian vary; a blurred picture has few. */
static void
measure_sharpness(const View *view, MadoQuality *quality)
{
    double n = (double)(view->width - 2) * (view->height - 2);
    double sum = 0, squares = 0;

    for (uint32_t y = 1; y + 1 < view->height; y++) {
        for (uint32_t x = 1; x + 1 < view->width; x++) {
            double value = 4.0 * luminance(view, x, y) - luminance(view, x - 1, y) -
                           luminance(view, x + 1, y) - luminance(view, x, y - 1) -
                           luminance(view, x, y + 1);

            sum += value;
            squares += value * value;
        }
    }
    quality->value[MADO_QUALITY_SHARPNESS] =
        thousandths(sqrt(fmax(squares / n - (sum / n) * (sum / n), 0.0)));
}

void
mado_quality_measure(const uint8_t *pixels,
                     uint32_t width,
                     uint32_t height,
                     size_t file_len,
                     MadoQuality *ret_quality)
{
    const View view = {pixels, width, height};

    measure_levels(&view, ret_quality);
    measure_sharpness(&view, ret_quality);
    ret_quality->value[MADO_QUALITY_COMPRESSION] =
        thousandths((double)file_len / ((double)width * height));
}

const char *
mado_quality_name(MadoQualityMeasure measure)
{
    static const char *const names[] = {
        [MADO_QUALITY_LUMINANCE_MEAN] = "luminance-mean",
        [MADO_QUALITY_LUMINANCE_VARIANCE] = "luminance-variance",
        [MADO_QUALITY_UNDER_EXPOSURE] = "under-exposure",
        [MADO_QUALITY_OVER_EXPOSURE] = "over-exposure",
        [MADO_QUALITY_DYNAMIC_RANGE] = "dynamic-range",
        [MADO_QUALITY_SHARPNESS] = "sharpness",
        [MADO_QUALITY_COMPRESSION] = "compression",
    };

    return measure < MADO_QUALITY_N_MEASURES ? names[measure] : NULL;
}
