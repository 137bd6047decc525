/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Photos of chips: what is refused before the decoder, what is decoded, in which cell. */
#include "config.h"

#include "common/error.h"
#include "daemon/photo-run.h"
#include "daemon/photo/decode.h"
#include "daemon/photo/reply.h"
#include "daemon/photo/sandbox.h"
#include "drivers/training/maker-jp2.h"
#include "tests/support/test-error.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define WIDTH  240U
#define HEIGHT 308U

/* (transfer full): dark at the left, light at the right, as a JP2 file. */
static GBytes *
make_file(void)
{
    g_autofree guint8 *grey = g_malloc((gsize)WIDTH * HEIGHT);
    g_autoptr(GError) error = NULL;
    GBytes *file;

    for (guint i = 0; i < WIDTH * HEIGHT; i++)
        grey[i] = (guint8)(i % WIDTH);
    file = mado_maker_jp2_encode(grey, WIDTH, HEIGHT, 6000, &error);
    assert_non_null(file);
    return file;
}

static GByteArray *
copy_of(GBytes *file)
{
    return g_byte_array_append(g_byte_array_new(), g_bytes_get_data(file, NULL),
                               (guint)g_bytes_get_size(file));
}

/* Where a marker of the main header stands. */
static guint8 *
find_marker(GByteArray *file, guint8 low)
{
    for (guint i = 0; i + 1 < file->len; i++) {
        if (file->data[i] == 0xFF && file->data[i + 1] == low)
            return file->data + i;
    }
    fail_msg("no marker FF%02X", low);
    return NULL;
}

/* Where a box's content begins. */
static guint8 *
find_box(GByteArray *file, const char *type)
{
    for (guint i = 0; i + 4 < file->len; i++) {
        if (memcmp(file->data + i, type, 4) == 0)
            return file->data + i + 4;
    }
    fail_msg("no box %s", type);
    return NULL;
}

static MadoJp2Verdict
check(const GByteArray *file)
{
    MadoJp2 picture;

    return mado_jp2_check(file->data, file->len, &picture);
}

static void
put_u32(guint8 *at, guint32 value)
{
    value = GUINT32_TO_BE(value);
    memcpy(at, &value, sizeof value);
}

static void
a_picture_is_decoded_as_it_was(void **state)
{
    g_autoptr(GBytes) file = make_file();
    g_autofree guint8 *pixels = g_malloc(MADO_DECODE_MAX_LEN);
    gsize len;
    const guint8 *data = g_bytes_get_data(file, &len);
    MadoJp2 picture;

    assert_int_equal(mado_jp2_check(data, len, &picture), MADO_JP2_OK);
    assert_int_equal(picture.width, WIDTH);
    assert_int_equal(picture.height, HEIGHT);
    assert_int_equal(picture.n_components, 1);
    assert_int_equal(picture.colour, MADO_JP2_GREY);
    assert_true(mado_decode_picture(&picture, pixels));
    for (guint i = 0; i < WIDTH * HEIGHT; i++) {
        assert_int_equal(pixels[3 * i], pixels[3 * i + 2]);
        assert_in_range(abs((int)pixels[3 * i] - (int)(i % WIDTH)), 0, 24);
    }
}

static void
a_bare_codestream_will_do(void **state)
{
    g_autoptr(GBytes) file = make_file();
    gsize len;
    const guint8 *data = g_bytes_get_data(file, &len);
    MadoJp2 inside;
    MadoJp2 bare;

    assert_int_equal(mado_jp2_check(data, len, &inside), MADO_JP2_OK);
    assert_int_equal(mado_jp2_check(inside.codestream, inside.codestream_len, &bare),
                     MADO_JP2_OK);
    assert_int_equal(bare.width, WIDTH);
}

/* What is written over the SIZ segment, counted from its marker, and what is said of it. */
typedef struct {
    guint at;
    guint32 value;
    guint width; /* bytes */
    MadoJp2Verdict verdict;
} SizeCase;

static void
a_size_beyond_the_limits_is_refused(void **state)
{
    static const SizeCase cases[] = {
        {6, 60000, 4, MADO_JP2_SIZE}, /* Xsiz */
        {6, 0xFFFFFFFF, 4, MADO_JP2_SIZE},
        {6, MADO_JP2_MIN_SIDE - 1, 4, MADO_JP2_SIZE},
        {10, MADO_JP2_MAX_SIDE + 1, 4, MADO_JP2_SIZE}, /* Ysiz */
        {14, 1, 4, MADO_JP2_SIZE},                     /* XOsiz */
        {22, 1, 4, MADO_JP2_SIZE},                     /* XTsiz: a tile a column */
        {22, 0, 4, MADO_JP2_SIZE},
        {38, 2, 2, MADO_JP2_COMPONENTS},    /* Csiz */
        {40, 15, 1, MADO_JP2_COMPONENTS},   /* Ssiz: 16 bits */
        {40, 0x87, 1, MADO_JP2_COMPONENTS}, /* signed */
        {41, 2, 1, MADO_JP2_COMPONENTS},    /* XRsiz: every second column */
        {6, WIDTH + 1, 4, MADO_JP2_DISAGREES},
    };
    g_autoptr(GBytes) file = make_file();

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GByteArray) copy = copy_of(file);
        guint8 bytes[4];

        put_u32(bytes, cases[i].value);
        memcpy(find_marker(copy, 0x51) + cases[i].at, bytes + 4 - cases[i].width,
               cases[i].width);
        assert_int_equal(check(copy), cases[i].verdict);
    }
}

static void
a_coding_beyond_the_limits_is_refused(void **state)
{
    g_autoptr(GBytes) file = make_file();
    g_autoptr(GByteArray) deep = copy_of(file);
    g_autoptr(GByteArray) many = copy_of(file);
    g_autoptr(GByteArray) strange = copy_of(file);

    find_marker(deep, 0x52)[9] = 32; /* levels */
    assert_int_equal(check(deep), MADO_JP2_CODING);
    find_marker(many, 0x52)[6] = 0xFF; /* layers */
    assert_int_equal(check(many), MADO_JP2_CODING);
    find_marker(strange, 0x5C)[1] = 0x60; /* QCD becomes PPM */
    assert_int_equal(check(strange), MADO_JP2_CODING);
}

static void
boxes_out_of_place_are_refused(void **state)
{
    g_autoptr(GBytes) file = make_file();
    g_autoptr(GByteArray) profile = copy_of(file);
    g_autoptr(GByteArray) other = copy_of(file);
    g_autoptr(GByteArray) palette = copy_of(file);
    g_autoptr(GByteArray) long_box = copy_of(file);

    find_box(profile, "colr")[0] = 2; /* an ICC profile */
    assert_int_equal(check(profile), MADO_JP2_COLOUR);
    find_box(other, "jP  ")[0] = 0;
    assert_int_equal(check(other), MADO_JP2_NOT_JP2);
    memcpy(find_box(palette, "colr") - 4, "pclr", 4);
    assert_int_equal(check(palette), MADO_JP2_BOXES);
    put_u32(find_box(long_box, "jp2h") - 8, 0x7FFFFFFF);
    assert_int_equal(check(long_box), MADO_JP2_TRUNCATED);
}

static void
half_a_picture_is_none(void **state)
{
    g_autoptr(GBytes) file = make_file();
    g_autofree guint8 *pixels = g_malloc(MADO_DECODE_MAX_LEN);
    gsize len;
    const guint8 *data = g_bytes_get_data(file, &len);

    for (gsize cut = 0; cut < len; cut += 37) {
        MadoJp2 picture;

        if (mado_jp2_check(data, cut, &picture) == MADO_JP2_OK)
            assert_false(mado_decode_picture(&picture, pixels));
    }
}

/* ---- measures ---- */

static MadoQuality
measure(guint8 (*shade)(guint x, guint y))
{
    g_autofree guint8 *pixels = g_malloc((gsize)WIDTH * HEIGHT * 3);
    MadoQuality quality;

    for (guint i = 0; i < WIDTH * HEIGHT; i++)
        memset(pixels + 3 * i, shade(i % WIDTH, i / WIDTH), 3);
    mado_quality_measure(pixels, WIDTH, HEIGHT, (gsize)WIDTH * HEIGHT / 10, &quality);
    return quality;
}

static guint8
black(guint x, guint y)
{
    return 0;
}

static guint8
white(guint x, guint y)
{
    return 255;
}

static guint8
halves(guint x, guint y)
{
    return x < WIDTH / 2 ? 0 : 255;
}

static guint8
checkers(guint x, guint y)
{
    return (x + y) % 2 == 0 ? 100 : 156;
}

static void
measures_say_what_they_are_named_after(void **state)
{
    MadoQuality dark = measure(black);
    MadoQuality light = measure(white);
    MadoQuality split = measure(halves);
    MadoQuality sharp = measure(checkers);

    assert_int_equal(dark.value[MADO_QUALITY_LUMINANCE_MEAN], 0);
    assert_int_equal(dark.value[MADO_QUALITY_UNDER_EXPOSURE], 1000);
    assert_int_equal(dark.value[MADO_QUALITY_SHARPNESS], 0);
    assert_int_equal(dark.value[MADO_QUALITY_COMPRESSION], 100);
    assert_int_equal(light.value[MADO_QUALITY_LUMINANCE_MEAN], 1000);
    assert_int_equal(light.value[MADO_QUALITY_OVER_EXPOSURE], 1000);
    assert_int_equal(split.value[MADO_QUALITY_DYNAMIC_RANGE], 1000); /* one bit */
    assert_int_equal(split.value[MADO_QUALITY_LUMINANCE_VARIANCE], 250);
    /* every neighbour differs by 56: the Laplacian is 4 × 56 up and down */
    assert_int_equal(sharp.value[MADO_QUALITY_SHARPNESS], 224000);
}

/* ---- the reply ---- */

static void
a_reply_is_taken_only_whole(void **state)
{
    guint8 data[MADO_REPLY_HEAD_LEN + 32 * 32 * 3 + 1] = {0};
    MadoReply reply = {.verdict = MADO_JP2_OK, .width = 32, .height = 32};
    MadoReply parsed;
    MadoWriter writer;
    gsize len = sizeof data - 1;

    reply.quality.value[MADO_QUALITY_SHARPNESS] = 77;
    mado_writer_init(&writer, data, sizeof data);
    mado_reply_write_head(&reply, &writer);
    assert_int_equal(mado_writer_len(&writer), MADO_REPLY_HEAD_LEN);
    assert_int_equal(mado_reply_parse(data, len, &parsed), MADO_BYTES_OK);
    assert_int_equal(parsed.pixels_len, 32 * 32 * 3);
    assert_int_equal(parsed.quality.value[MADO_QUALITY_SHARPNESS], 77);
    assert_int_equal(mado_reply_parse(data, len - 1, &parsed), MADO_BYTES_SHORT);
    assert_int_equal(mado_reply_parse(data, len + 1, &parsed), MADO_BYTES_TRAILING);
    data[4] = MADO_JP2_N_VERDICTS;
    assert_int_equal(mado_reply_parse(data, len, &parsed), MADO_BYTES_BAD_VALUE);
    data[4] = MADO_JP2_OK;
    data[5] = 0xFF; /* 65312 columns */
    assert_int_equal(mado_reply_parse(data, len, &parsed), MADO_BYTES_BAD_VALUE);
}

/* ---- the program ---- */

static char *
program(void)
{
    const char *top = g_getenv("MADO_TOP_BUILDDIR");

    return g_build_filename(top != NULL ? top : ".", "daemon", "madoguchi-photo", NULL);
}

static void
the_program_decodes_in_its_cell(void **state)
{
    g_autoptr(GBytes) file = make_file();
    g_autofree char *path = program();
    g_autoptr(GError) error = NULL;
    MadoQuality quality;
    char head[16] = "";
    gsize len;
    const guint8 *data = g_bytes_get_data(file, &len);
    int fd = mado_photo_run_decode(path, data, len, &quality, &error);

    assert_null(error);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, head, 15, 0), 15);
    assert_memory_equal(head, "P6\n240 308\n255\n", 15);
    assert_int_equal(lseek(fd, 0, SEEK_END), 15 + (off_t)WIDTH * HEIGHT * 3);
    assert_in_range(quality.value[MADO_QUALITY_LUMINANCE_MEAN], 400, 550);
    (void)close(fd);
}

static void
what_cannot_be_decoded_is_named(void **state)
{
    static const guint8 garbage[] = "not a picture";
    g_autofree char *path = program();
    MadoQuality quality;
    GError *error = NULL;

    assert_int_equal(mado_photo_run_decode(path, garbage, sizeof garbage, &quality, &error),
                     -1);
    assert_mado_error(error, MADO_ERROR_CARD_DATA);
    g_clear_error(&error);
    assert_int_equal(mado_photo_run_decode("/nonexistent", garbage, 1, &quality, &error), -1);
    assert_mado_error(error, MADO_ERROR_INTERNAL);
    g_clear_error(&error);
    /* a child that has been taken over says more than it may, or nothing of sense */
    assert_int_equal(mado_photo_run_decode("/usr/bin/yes", garbage, 1, &quality, &error), -1);
    assert_mado_error(error, MADO_ERROR_TIMED_OUT);
    g_clear_error(&error);
    assert_int_equal(
        mado_photo_run_decode("/bin/cat", garbage, sizeof garbage, &quality, &error), -1);
    assert_mado_error(error, MADO_ERROR_CARD_DATA);
    g_clear_error(&error);
}

/* ---- the cell ---- */

static void
open_a_file(void)
{
    (void)open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void
open_a_socket(void)
{
    (void)socket(AF_UNIX, SOCK_STREAM, 0);
}

static void
fork_again(void)
{
    (void)fork();
}

static void
set_alarm(void)
{
    (void)alarm(1000);
}

static void
spin(void)
{
    for (volatile guint i = 0;; i++) {
    }
}

static void
take_memory(void)
{
    void *memory = malloc((size_t)256 << 20);

    _exit(memory == NULL ? 42 : 0);
}

/* How a process ended that did this inside. */
static int
end_of(void (*deed)(void))
{
    const MadoSandboxLimits limits = {(size_t)160 << 20, 1, 5};
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        if (!mado_sandbox_enter(&limits))
            _exit(99);
        deed();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void
nothing_leaves_the_cell(void **state)
{
    void (*const deeds[])(void) = {open_a_file, open_a_socket, fork_again, set_alarm};

    for (gsize i = 0; i < G_N_ELEMENTS(deeds); i++) {
        int status = end_of(deeds[i]);

        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGSYS);
    }
}

static void
the_cell_is_small_and_brief(void **state)
{
    int status;

    status = end_of(take_memory);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 42);
    status = end_of(spin);
    assert_true(WIFSIGNALED(status));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_picture_is_decoded_as_it_was),
        cmocka_unit_test(a_bare_codestream_will_do),
        cmocka_unit_test(a_size_beyond_the_limits_is_refused),
        cmocka_unit_test(a_coding_beyond_the_limits_is_refused),
        cmocka_unit_test(boxes_out_of_place_are_refused),
        cmocka_unit_test(half_a_picture_is_none),
        cmocka_unit_test(measures_say_what_they_are_named_after),
        cmocka_unit_test(a_reply_is_taken_only_whole),
        cmocka_unit_test(the_program_decodes_in_its_cell),
        cmocka_unit_test(what_cannot_be_decoded_is_named),
        cmocka_unit_test(nothing_leaves_the_cell),
        cmocka_unit_test(the_cell_is_small_and_brief),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
