/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/cms-form.h"

#include "common/tlv.h"

#include <string.h>

#define MAX_DEPTH 12U /* more than either form nests */

typedef enum {
    STEP_ENTER, /* an object with this tag; go on inside */
    STEP_LEAVE, /* nothing may be left here */
    STEP_TAKE,  /* an object with this tag, whatever its value; len > 0: of that length */
    STEP_SKIP,  /* so many bytes of any value; len 0: all that is left */
    STEP_NAME,  /* as TAKE; it is what the caller compares */
    STEP_MATCH, /* exactly these bytes */
} StepKind;

typedef struct {
    StepKind kind;
    uint32_t tag;
    size_t len;
    uint8_t raw[16];
} Step;

#define ENTER(tag)                                                                             \
    {                                                                                          \
        STEP_ENTER, tag, 0,                                                                    \
        {                                                                                      \
            0                                                                                  \
        }                                                                                      \
    }
#define LEAVE                                                                                  \
    {                                                                                          \
        STEP_LEAVE, 0, 0,                                                                      \
        {                                                                                      \
            0                                                                                  \
        }                                                                                      \
    }
#define TAKE(tag, len)                                                                         \
    {                                                                                          \
        STEP_TAKE, tag, len,                                                                   \
        {                                                                                      \
            0                                                                                  \
        }                                                                                      \
    }
#define SKIP(len)                                                                              \
    {                                                                                          \
        STEP_SKIP, 0, len,                                                                     \
        {                                                                                      \
            0                                                                                  \
        }                                                                                      \
    }
#define MATCH(...)                                                                             \
    {                                                                                          \
        STEP_MATCH, 0, sizeof((const uint8_t[]){__VA_ARGS__}),                                 \
        {                                                                                      \
            __VA_ARGS__                                                                        \
        }                                                                                      \
    }

#define INTEGER(value)  MATCH(0x02, 0x01, value)
#define OID_DATA        MATCH(0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01)
#define OID_SIGNED_DATA MATCH(0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02)
#define OID_AUTH_ENVELOPED                                                                     \
    MATCH(0x06, 0x0B, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x10, 0x01, 0x17)
#define OID_EC_KEY   MATCH(0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01)
#define OID_ECDH     MATCH(0x06, 0x06, 0x2B, 0x81, 0x04, 0x01, 0x0B, 0x01)
#define OID_AES_WRAP MATCH(0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2D)
#define OID_AES_GCM  MATCH(0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2E)
#define OID_SHA256   MATCH(0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01)
#define OID_ECDSA    MATCH(0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02)
#define SEQUENCE     ENTER(0x30)
#define SET          ENTER(0x31)
#define NAME                                                                                   \
    {                                                                                          \
        STEP_NAME, 0x30, 0,                                                                    \
        {                                                                                      \
            0                                                                                  \
        }                                                                                      \
    }
#define ANY_SEQUENCE TAKE(0x30, 0)
#define OCTETS(len)  TAKE(0x04, len)

/* clang-format off */
static const Step encrypted_form[] = {
    SEQUENCE, OID_AUTH_ENVELOPED, ENTER(0xA0),
        SEQUENCE, INTEGER(0),
            SET, ENTER(0xA1), INTEGER(3),
                ENTER(0xA0), ENTER(0xA1), /* originator: a bare public key */
                    SEQUENCE, OID_EC_KEY, LEAVE,
                    ENTER(0x03), MATCH(0x00, 0x04), SKIP(64), LEAVE, /* no unused bits */
                LEAVE, LEAVE,
                SEQUENCE, OID_ECDH, SEQUENCE, OID_AES_WRAP, LEAVE, LEAVE,
                SEQUENCE, SEQUENCE, /* one key: issuer and serial, wrapped key */
                    NAME, OCTETS(40),
                LEAVE, LEAVE,
            LEAVE, LEAVE,
            SEQUENCE, OID_DATA,
                SEQUENCE, OID_AES_GCM, SEQUENCE, OCTETS(12), INTEGER(16), LEAVE, LEAVE,
                TAKE(0x80, 0),
            LEAVE,
            OCTETS(16),
        LEAVE, LEAVE, LEAVE,
};

static const Step signed_form[] = {
    SEQUENCE, OID_SIGNED_DATA, ENTER(0xA0),
        SEQUENCE, INTEGER(1),
            SET, SEQUENCE, OID_SHA256, LEAVE, LEAVE,
            SEQUENCE, OID_DATA, ENTER(0xA0), OCTETS(0), LEAVE, LEAVE,
            ENTER(0xA0), SEQUENCE, /* certificate: what it signs, how, signature */
                ANY_SEQUENCE, ANY_SEQUENCE, ENTER(0x03), MATCH(0x00), SKIP(0), LEAVE,
            LEAVE, LEAVE,
            SET, SEQUENCE, INTEGER(1),
                NAME,
                SEQUENCE, OID_SHA256, LEAVE,
                TAKE(0xA0, 0),
                SEQUENCE, OID_ECDSA, LEAVE,
                OCTETS(0),
            LEAVE, LEAVE,
        LEAVE, LEAVE, LEAVE,
};
/* clang-format on */

static MadoBytesStatus
take_object(MadoCursor *cursor, const Step *step, MadoTlv *ret_tlv)
{
    MadoBytesStatus status = mado_tlv_next(cursor, ret_tlv);

    if (status != MADO_BYTES_OK)
        return status;
    if (ret_tlv->tag != step->tag)
        return MADO_BYTES_BAD_TAG;
    if (step->len > 0 && ret_tlv->len != step->len)
        return MADO_BYTES_BAD_LENGTH;
    return MADO_BYTES_OK;
}

static MadoBytesStatus
skip(MadoCursor *cursor, const Step *step)
{
    const size_t len = step->len > 0 ? step->len : mado_cursor_left(cursor);

    return mado_cursor_skip(cursor, len) ? MADO_BYTES_OK : MADO_BYTES_SHORT;
}

static MadoBytesStatus
match(MadoCursor *cursor, const Step *step)
{
    const uint8_t *raw;

    if (!mado_cursor_take(cursor, step->len, &raw))
        return MADO_BYTES_SHORT;
    return memcmp(raw, step->raw, step->len) == 0 ? MADO_BYTES_OK : MADO_BYTES_BAD_VALUE;
}

/* What one form is made of. */
typedef struct {
    const Step *steps;
    size_t n_steps;
} Form;

static MadoBytesStatus
check(const Form *form, const uint8_t *der, size_t len, MadoTlv *ret_name)
{
    MadoCursor cursors[MAX_DEPTH];
    MadoTlv tlv = {0};
    MadoTlv name = {0};
    size_t depth = 0;

    mado_cursor_init(&cursors[0], der, len);
    for (const Step *step = form->steps; step < form->steps + form->n_steps; step++) {
        MadoBytesStatus status;

        if (step->kind == STEP_MATCH)
            status = match(&cursors[depth], step);
        else if (step->kind == STEP_SKIP)
            status = skip(&cursors[depth], step);
        else if (step->kind == STEP_LEAVE)
            status =
                mado_cursor_left(&cursors[depth--]) == 0 ? MADO_BYTES_OK : MADO_BYTES_TRAILING;
        else
            status = take_object(&cursors[depth], step, &tlv);
        if (status != MADO_BYTES_OK)
            return status;
        if (step->kind == STEP_NAME)
            name = tlv;
        if (step->kind == STEP_ENTER)
            mado_cursor_init(&cursors[++depth], tlv.value, tlv.len);
    }
    if (mado_cursor_left(&cursors[0]) != 0)
        return MADO_BYTES_TRAILING;
    *ret_name = name;
    return MADO_BYTES_OK;
}

MadoBytesStatus
mado_cms_form_check_encrypted(const uint8_t *der, size_t len, MadoTlv *ret_name)
{
    const Form form = {encrypted_form, sizeof encrypted_form / sizeof encrypted_form[0]};

    return check(&form, der, len, ret_name);
}

MadoBytesStatus
mado_cms_form_check_signed(const uint8_t *der, size_t len, MadoTlv *ret_name)
{
    const Form form = {signed_form, sizeof signed_form / sizeof signed_form[0]};

    return check(&form, der, len, ret_name);
}
