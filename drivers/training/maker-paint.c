/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/training/maker-paint.h"

#include "drivers/training/maker-jp2.h"

#include <gio/gio.h>
#include <pango/pangocairo.h>
#include <png.h>

#include <fontconfig/fontconfig.h>
#include <math.h>

#define FACE_WIDTH  240
#define FACE_HEIGHT 320
#define FACE_LEN    9000U
#define THRESHOLD   128

/* ---- text
 * ---------------------------------------------------------------------------------------------
 */

static void
append_png(png_structp png, png_bytep data, png_size_t len)
{
    g_byte_array_append(png_get_io_ptr(png), data, (guint)len);
}

static void
flush_png(png_structp png)
{
}

/* An A8 surface's ink as a picture of one bit per pixel, 1 = white. */
static gboolean
write_png(const guint8 *ink, int stride, int width, int height, GByteArray *into)
{
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png == NULL ? NULL : png_create_info_struct(png);
    g_autofree guint8 *row = g_malloc0((gsize)(width + 7) / 8);

    if (info == NULL || setjmp(png_jmpbuf(png)) != 0) {
        png_destroy_write_struct(&png, &info);
        return FALSE;
    }
    png_set_write_fn(png, into, append_png, flush_png);
    png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, 1, PNG_COLOR_TYPE_GRAY,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (int y = 0; y < height; y++) {
        memset(row, 0, (gsize)(width + 7) / 8);
        for (int x = 0; x < width; x++) {
            if (ink[y * stride + x] < THRESHOLD) {
                row[x / 8] |= (guint8)(0x80 >> (x % 8));
            }
        }
        png_write_row(png, row);
    }
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    return TRUE;
}

/* The largest type with which the text stays inside. */
static void
fit(PangoLayout *layout, int width, int height)
{
    g_autoptr(PangoFontDescription) font =
        pango_font_description_from_string("Noto Sans CJK JP, sans-serif");
    gboolean one_line = height < 20;
    int text_width = 0;
    int text_height = 0;

    pango_layout_set_width(layout, one_line ? -1 : width * PANGO_SCALE);
    pango_layout_set_wrap(layout, PANGO_WRAP_CHAR);
    for (int size = MIN(height, 24); size >= 5; size--) {
        pango_font_description_set_absolute_size(font, size * PANGO_SCALE);
        pango_layout_set_font_description(layout, font);
        if (one_line) {
            PangoRectangle drawn;

            pango_layout_get_pixel_extents(layout, &drawn, NULL);
            text_width = drawn.width;
            text_height = drawn.height;
        } else {
            pango_layout_get_pixel_size(layout, &text_width, &text_height);
        }
        if (text_width <= width && text_height <= height) {
            return;
        }
    }
}

GBytes *
mado_maker_paint_text(const char *text, int width, int height, GError **error)
{
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_A8, width, height);
    cairo_t *cairo = cairo_create(surface);
    g_autoptr(PangoLayout) layout = pango_cairo_create_layout(cairo);
    g_autoptr(GByteArray) png = g_byte_array_new();
    PangoRectangle drawn;
    gboolean ok;

    pango_layout_set_text(layout, text, -1);
    fit(layout, width, height);
    pango_layout_get_pixel_extents(layout, &drawn, NULL);
    cairo_move_to(cairo, -drawn.x, (height - drawn.height) / 2.0 - drawn.y);
    pango_cairo_show_layout(cairo, layout);
    cairo_surface_flush(surface);
    ok = write_png(cairo_image_surface_get_data(surface),
                   cairo_image_surface_get_stride(surface), width, height, png);
    cairo_destroy(cairo);
    cairo_surface_destroy(surface);
    if (!ok) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "picture of text: libpng refused");
        return NULL;
    }
    return g_byte_array_free_to_bytes(g_steal_pointer(&png));
}

/* ---- face
 * ---------------------------------------------------------------------------------------------
 */

static void
ellipse(cairo_t *cairo, double x, double y, double rx, double ry, double grey)
{
    cairo_save(cairo);
    cairo_translate(cairo, x, y);
    cairo_scale(cairo, rx, ry);
    cairo_arc(cairo, 0, 0, 1, 0, 2 * G_PI);
    cairo_restore(cairo);
    cairo_set_source_rgb(cairo, grey, grey, grey);
    cairo_fill(cairo);
}

static void
eyes_and_mouth(cairo_t *cairo, GRand *chance, double middle, double face_width)
{
    double apart = face_width * g_rand_double_range(chance, 0.38, 0.50);
    double eye = g_rand_double_range(chance, 9, 13);
    double mouth = face_width * g_rand_double_range(chance, 0.26, 0.40);

    for (int side = -1; side <= 1; side += 2) {
        ellipse(cairo, middle + side * apart, 150, eye, eye * 0.55, 0.95);
        ellipse(cairo, middle + side * apart, 150, eye * 0.5, eye * 0.5, 0.12);
        ellipse(cairo, middle + side * apart, 150 - eye * 1.9, eye * 1.4, 2.5, 0.25);
    }
    ellipse(cairo, middle, 182, 7, 11, 0.62);
    ellipse(cairo, middle, 214, mouth, g_rand_double_range(chance, 3, 6), 0.40);
}

static void
draw_face(cairo_t *cairo, GRand *chance)
{
    double middle = FACE_WIDTH / 2.0 + g_rand_double_range(chance, -5, 5);
    double face_width = g_rand_double_range(chance, 56, 68);
    double face_height = g_rand_double_range(chance, 82, 94);
    double skin = g_rand_double_range(chance, 0.72, 0.84);
    double hair = g_rand_double_range(chance, 0.08, 0.45);

    cairo_set_source_rgb(cairo, 0.93, 0.93, 0.93);
    cairo_paint(cairo);
    ellipse(cairo, middle, 345, 118, 90, 0.30);
    ellipse(cairo, middle, 128, face_width + 14, face_height + 6, hair);
    ellipse(cairo, middle, 252, 30, 48, skin - 0.08);
    ellipse(cairo, middle, 168, face_width, face_height, skin);
    eyes_and_mouth(cairo, chance, middle, face_width);
}

/* Grain as a camera has it, or the picture would compress to nothing and prove nothing. */
static void
add_grain(guint8 *grey, GRand *chance)
{
    for (int i = 0; i < FACE_WIDTH * FACE_HEIGHT; i++) {
        int value = grey[i] + g_rand_int_range(chance, -14, 15);

        grey[i] = (guint8)CLAMP(value, 0, 255);
    }
}

GBytes *
mado_maker_paint_face(guint32 seed, GError **error)
{
    cairo_surface_t *surface =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, FACE_WIDTH, FACE_HEIGHT);
    cairo_t *cairo = cairo_create(surface);
    g_autoptr(GRand) chance = g_rand_new_with_seed(seed);
    g_autofree guint8 *grey = g_malloc(FACE_WIDTH * FACE_HEIGHT);
    const guint8 *pixels;
    int stride;

    draw_face(cairo, chance);
    cairo_surface_flush(surface);
    pixels = cairo_image_surface_get_data(surface);
    stride = cairo_image_surface_get_stride(surface);
    for (int y = 0; y < FACE_HEIGHT; y++) {
        for (int x = 0; x < FACE_WIDTH; x++) {
            grey[y * FACE_WIDTH + x] = pixels[y * stride + 4 * x + 1];
        }
    }
    cairo_destroy(cairo);
    cairo_surface_destroy(surface);
    add_grain(grey, chance);
    return mado_maker_jp2_encode(grey, FACE_WIDTH, FACE_HEIGHT, FACE_LEN, error);
}

void
mado_maker_paint_finish(void)
{
    pango_cairo_font_map_set_default(NULL);
    cairo_debug_reset_static_data();
    FcFini();
}
