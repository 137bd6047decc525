/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/photo/jp2.h"

#include "common/cursor.h"

#include <string.h>

/* Boxes, ISO/IEC 15444-1 Annex I. */
#define BOX_SIGNATURE  0x6A502020u /* "jP  " */
#define BOX_FILE_TYPE  0x66747970u /* "ftyp" */
#define BOX_HEADER     0x6A703268u /* "jp2h" */
#define BOX_IMAGE      0x69686472u /* "ihdr" */
#define BOX_COLOUR     0x636F6C72u /* "colr" */
#define BOX_CODESTREAM 0x6A703263u /* "jp2c" */
#define SIGNATURE      0x0D0A870Au

#define BOX_HEAD_LEN      8u
#define BOX_HEAD_LONG_LEN 16u
#define IMAGE_LEN         14u
#define COMPRESSION       7u
#define METHOD_ENUMERATED 1u

/* Enumerated colour spaces, I.5.3.3. */
#define COLOUR_SRGB 16u
#define COLOUR_GREY 17u
#define COLOUR_SYCC 18u

/* Markers, Annex A. */
#define MARKER_SOC 0xFF4Fu
#define MARKER_SIZ 0xFF51u
#define MARKER_COD 0xFF52u
#define MARKER_COC 0xFF53u
#define MARKER_TLM 0xFF55u
#define MARKER_PLM 0xFF57u
#define MARKER_QCD 0xFF5Cu
#define MARKER_QCC 0xFF5Du
#define MARKER_POC 0xFF5Fu
#define MARKER_CRG 0xFF63u
#define MARKER_COM 0xFF64u
#define MARKER_SOT 0xFF90u

#define COMPONENT_8_BIT 7u /* Ssiz: unsigned, depth minus one */

/* What the boxes say. */
typedef struct {
    bool has_signature, has_file_type, has_image, has_colour;
    uint32_t width, height;
    uint16_t n_components;
    uint32_t colour; /* enumerated */
    MadoCursor codestream;
} Boxes;

typedef struct {
    uint32_t type;
    MadoCursor content;
} Box;

/* ---- the codestream ---- */

static bool
is_side(uint32_t side)
{
    return side >= MADO_JP2_MIN_SIDE && side <= MADO_JP2_MAX_SIDE;
}

static bool
is_tiling(const uint32_t size[8])
{
    uint32_t across, down;

    if (size[4] == 0 || size[5] == 0) {
        return false;
    }
    across = (size[0] - 1) / size[4] + 1;
    down = (size[1] - 1) / size[5] + 1;
    return across * down <= MADO_JP2_MAX_TILES;
}

/* A.5.1: Xsiz, Ysiz, XOsiz, YOsiz, XTsiz, YTsiz, XTOsiz, YTOsiz; then the components. */
static MadoJp2Verdict
take_size(MadoCursor *segment, MadoJp2 *picture)
{
    uint32_t size[8];
    uint16_t capabilities;
    uint8_t depth, dx, dy;

    if (!mado_cursor_u16(segment, &capabilities)) {
        return MADO_JP2_TRUNCATED;
    }
    for (size_t i = 0; i < 8; i++) {
        if (!mado_cursor_u32(segment, &size[i])) {
            return MADO_JP2_TRUNCATED;
        }
    }
    if (!is_side(size[0]) || !is_side(size[1]) || size[2] != 0 || size[3] != 0 ||
        size[6] != 0 || size[7] != 0 || !is_tiling(size)) {
        return MADO_JP2_SIZE;
    }
    picture->width = size[0];
    picture->height = size[1];
    if (!mado_cursor_u16(segment, &picture->n_components) ||
        (picture->n_components != 1 && picture->n_components != 3)) {
        return MADO_JP2_COMPONENTS;
    }
    for (uint16_t i = 0; i < picture->n_components; i++) {
        if (!mado_cursor_u8(segment, &depth) || !mado_cursor_u8(segment, &dx) ||
            !mado_cursor_u8(segment, &dy) || depth != COMPONENT_8_BIT || dx != 1 || dy != 1) {
            return MADO_JP2_COMPONENTS;
        }
    }
    return mado_cursor_left(segment) == 0 ? MADO_JP2_OK : MADO_JP2_COMPONENTS;
}

/* A.6.1 and A.6.2: how often the picture is halved decides what the decoder sets aside. */
static MadoJp2Verdict
take_coding(MadoCursor *segment, uint16_t marker)
{
    uint8_t style, progression, transform, levels;
    uint16_t layers;

    if (marker == MARKER_COD) {
        if (!mado_cursor_u8(segment, &style) || !mado_cursor_u8(segment, &progression) ||
            !mado_cursor_u16(segment, &layers) || !mado_cursor_u8(segment, &transform)) {
            return MADO_JP2_TRUNCATED;
        }
        if (layers == 0 || layers > MADO_JP2_MAX_LAYERS) {
            return MADO_JP2_CODING;
        }
    } else if (!mado_cursor_skip(segment, 2)) { /* Ccoc, Scoc */
        return MADO_JP2_TRUNCATED;
    }
    if (!mado_cursor_u8(segment, &levels)) {
        return MADO_JP2_TRUNCATED;
    }
    return levels <= MADO_JP2_MAX_LEVELS ? MADO_JP2_OK : MADO_JP2_CODING;
}

/* One segment of the main header, its length taken. */
static MadoJp2Verdict
take_segment(uint16_t marker, MadoCursor *segment, bool *has_coding)
{
    switch (marker) {
    case MARKER_COD:
        if (*has_coding) {
            return MADO_JP2_CODING;
        }
        *has_coding = true;
        return take_coding(segment, marker);
    case MARKER_COC:
        return take_coding(segment, marker);
    case MARKER_TLM:
    case MARKER_PLM:
    case MARKER_QCD:
    case MARKER_QCC:
    case MARKER_POC:
    case MARKER_CRG:
    case MARKER_COM:
        return MADO_JP2_OK;
    default:
        return MADO_JP2_CODING;
    }
}

static MadoJp2Verdict
next_segment(MadoCursor *cursor, uint16_t *ret_marker, MadoCursor *ret_segment)
{
    uint16_t len;

    if (!mado_cursor_u16(cursor, ret_marker)) {
        return MADO_JP2_TRUNCATED;
    }
    if (*ret_marker == MARKER_SOT) {
        return MADO_JP2_OK;
    }
    if (!mado_cursor_u16(cursor, &len) || len < 2 ||
        !mado_cursor_sub(cursor, (size_t)len - 2, ret_segment)) {
        return MADO_JP2_TRUNCATED;
    }
    return MADO_JP2_OK;
}

/* A.4.1: SOC, SIZ, then the others in any order up to the first tile-part. */
static MadoJp2Verdict
check_codestream(const MadoCursor *codestream, MadoJp2 *picture)
{
    MadoCursor cursor = *codestream;
    MadoCursor segment;
    bool has_coding = false;
    uint16_t marker;
    MadoJp2Verdict verdict;

    if (!mado_cursor_u16(&cursor, &marker) || marker != MARKER_SOC) {
        return MADO_JP2_NOT_JP2;
    }
    verdict = next_segment(&cursor, &marker, &segment);
    if (verdict == MADO_JP2_OK) {
        verdict = marker == MARKER_SIZ ? take_size(&segment, picture) : MADO_JP2_CODING;
    }
    while (verdict == MADO_JP2_OK) {
        verdict = next_segment(&cursor, &marker, &segment);
        if (verdict != MADO_JP2_OK || marker == MARKER_SOT) {
            break;
        }
        verdict = take_segment(marker, &segment, &has_coding);
    }
    if (verdict == MADO_JP2_OK && !has_coding) {
        return MADO_JP2_CODING;
    }
    return verdict;
}

/* ---- the boxes ---- */

/* I.4: a length of 1 is followed by a longer one, 0 reaches to the end. */
static MadoJp2Verdict
next_box(MadoCursor *cursor, Box *ret_box)
{
    uint32_t len;
    uint64_t content_len;

    if (!mado_cursor_u32(cursor, &len) || !mado_cursor_u32(cursor, &ret_box->type)) {
        return MADO_JP2_TRUNCATED;
    }
    if (len == 0) {
        content_len = mado_cursor_left(cursor);
    } else if (len == 1) {
        if (!mado_cursor_u64(cursor, &content_len) || content_len < BOX_HEAD_LONG_LEN) {
            return MADO_JP2_TRUNCATED;
        }
        content_len -= BOX_HEAD_LONG_LEN;
    } else if (len < BOX_HEAD_LEN) {
        return MADO_JP2_TRUNCATED;
    } else {
        content_len = len - BOX_HEAD_LEN;
    }
    if (content_len > mado_cursor_left(cursor) ||
        !mado_cursor_sub(cursor, (size_t)content_len, &ret_box->content)) {
        return MADO_JP2_TRUNCATED;
    }
    return MADO_JP2_OK;
}

/* I.5.3.1 */
static MadoJp2Verdict
take_image(Boxes *boxes, MadoCursor *content)
{
    uint8_t depth, compression;

    if (boxes->has_image || mado_cursor_left(content) != IMAGE_LEN) {
        return MADO_JP2_BOXES;
    }
    boxes->has_image =
        mado_cursor_u32(content, &boxes->height) && mado_cursor_u32(content, &boxes->width) &&
        mado_cursor_u16(content, &boxes->n_components) && mado_cursor_u8(content, &depth) &&
        mado_cursor_u8(content, &compression) && compression == COMPRESSION;
    return boxes->has_image ? MADO_JP2_OK : MADO_JP2_BOXES;
}

/* I.5.3.3: of several, the first counts. A profile is no colour that we know. */
static MadoJp2Verdict
take_colour(Boxes *boxes, MadoCursor *content)
{
    uint8_t method;

    if (boxes->has_colour) {
        return MADO_JP2_OK;
    }
    if (!mado_cursor_u8(content, &method) || !mado_cursor_skip(content, 2)) {
        return MADO_JP2_TRUNCATED;
    }
    if (method != METHOD_ENUMERATED || !mado_cursor_u32(content, &boxes->colour)) {
        return MADO_JP2_COLOUR;
    }
    boxes->has_colour = true;
    return MADO_JP2_OK;
}

/* No palette and no channel definition: other boxes inside the header would change the picture.
 */
static MadoJp2Verdict
take_header(Boxes *boxes, MadoCursor *content)
{
    MadoJp2Verdict verdict = MADO_JP2_OK;
    Box box;

    while (verdict == MADO_JP2_OK && mado_cursor_left(content) > 0) {
        verdict = next_box(content, &box);
        if (verdict != MADO_JP2_OK) {
            break;
        }
        if (box.type == BOX_IMAGE) {
            verdict = take_image(boxes, &box.content);
        } else if (box.type == BOX_COLOUR && boxes->has_image) {
            verdict = take_colour(boxes, &box.content);
        } else {
            verdict = MADO_JP2_BOXES;
        }
    }
    return verdict;
}

/* I.2.2: signature, file type, header, then the codestream; anything else may lie between. */
static MadoJp2Verdict
take_box(Boxes *boxes, Box *box, bool *ret_done)
{
    uint32_t signature;

    if (!boxes->has_signature) {
        boxes->has_signature = box->type == BOX_SIGNATURE &&
                               mado_cursor_u32(&box->content, &signature) &&
                               signature == SIGNATURE && mado_cursor_left(&box->content) == 0;
        return boxes->has_signature ? MADO_JP2_OK : MADO_JP2_NOT_JP2;
    }
    if (!boxes->has_file_type) {
        boxes->has_file_type = box->type == BOX_FILE_TYPE;
        return boxes->has_file_type ? MADO_JP2_OK : MADO_JP2_BOXES;
    }
    if (box->type == BOX_HEADER) {
        return boxes->has_image ? MADO_JP2_BOXES : take_header(boxes, &box->content);
    }
    if (box->type == BOX_CODESTREAM) {
        boxes->codestream = box->content;
        *ret_done = true;
        return boxes->has_image && boxes->has_colour ? MADO_JP2_OK : MADO_JP2_BOXES;
    }
    return MADO_JP2_OK;
}

static MadoJp2Verdict
take_boxes(MadoCursor *cursor, Boxes *boxes)
{
    MadoJp2Verdict verdict = MADO_JP2_OK;
    bool done = false;
    Box box;

    while (verdict == MADO_JP2_OK && !done) {
        verdict = next_box(cursor, &box);
        if (verdict == MADO_JP2_OK) {
            verdict = take_box(boxes, &box, &done);
        }
    }
    return verdict;
}

/* ---- all of it ---- */

static MadoJp2Verdict
choose_colour(uint32_t enumerated, MadoJp2 *picture)
{
    switch (enumerated) {
    case COLOUR_GREY:
        picture->colour = MADO_JP2_GREY;
        break;
    case COLOUR_SRGB:
        picture->colour = MADO_JP2_SRGB;
        break;
    case COLOUR_SYCC:
        picture->colour = MADO_JP2_SYCC;
        break;
    default:
        return MADO_JP2_COLOUR;
    }
    return (picture->colour == MADO_JP2_GREY) == (picture->n_components == 1) ? MADO_JP2_OK
                                                                              : MADO_JP2_COLOUR;
}

static MadoJp2Verdict
check_file(MadoCursor *cursor, MadoJp2 *picture)
{
    Boxes boxes = {0};
    MadoJp2Verdict verdict = take_boxes(cursor, &boxes);

    if (verdict != MADO_JP2_OK) {
        return verdict;
    }
    verdict = check_codestream(&boxes.codestream, picture);
    if (verdict != MADO_JP2_OK) {
        return verdict == MADO_JP2_NOT_JP2 ? MADO_JP2_BOXES : verdict;
    }
    if (boxes.width != picture->width || boxes.height != picture->height ||
        boxes.n_components != picture->n_components) {
        return MADO_JP2_DISAGREES;
    }
    picture->codestream = boxes.codestream.data;
    picture->codestream_len = boxes.codestream.len;
    return choose_colour(boxes.colour, picture);
}

static MadoJp2Verdict
check_bare(const MadoCursor *cursor, MadoJp2 *picture)
{
    MadoJp2Verdict verdict = check_codestream(cursor, picture);

    picture->codestream = cursor->data;
    picture->codestream_len = cursor->len;
    picture->colour = picture->n_components == 1 ? MADO_JP2_GREY : MADO_JP2_SRGB;
    return verdict;
}

MadoJp2Verdict
mado_jp2_check(const uint8_t *data, size_t len, MadoJp2 *ret_picture)
{
    static const uint8_t start[] = {0xFF, 0x4F};
    MadoJp2 picture = {0};
    MadoCursor cursor;
    MadoJp2Verdict verdict;

    mado_cursor_init(&cursor, data, len);
    if (len >= sizeof(start) && memcmp(data, start, sizeof(start)) == 0) {
        verdict = check_bare(&cursor, &picture);
    } else {
        verdict = check_file(&cursor, &picture);
    }
    if (verdict == MADO_JP2_OK) {
        *ret_picture = picture;
    }
    return verdict;
}

const char *
mado_jp2_verdict_name(MadoJp2Verdict verdict)
{
    static const char *const names[] = {
        [MADO_JP2_OK] = "ok",
        [MADO_JP2_NOT_JP2] = "not JPEG 2000",
        [MADO_JP2_TRUNCATED] = "truncated",
        [MADO_JP2_BOXES] = "boxes out of place",
        [MADO_JP2_SIZE] = "size beyond the limits",
        [MADO_JP2_COMPONENTS] = "components of an unknown form",
        [MADO_JP2_COLOUR] = "unknown colour space",
        [MADO_JP2_CODING] = "coding beyond the limits",
        [MADO_JP2_DISAGREES] = "header and codestream disagree",
        [MADO_JP2_UNDECODABLE] = "not decodable",
    };

    return verdict < MADO_JP2_N_VERDICTS ? names[verdict] : "unknown";
}
