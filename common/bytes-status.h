/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a parser of bytes answers. */
#pragma once

#define MADO_MUST_CHECK __attribute__((warn_unused_result))

typedef enum {
    MADO_BYTES_OK = 0,
    MADO_BYTES_SHORT,      /* the bytes end inside an item */
    MADO_BYTES_TRAILING,   /* bytes are left after the last item */
    MADO_BYTES_BAD_TAG,    /* not a tag, or not the tag asked for */
    MADO_BYTES_BAD_LENGTH, /* a length that may not stand here */
    MADO_BYTES_BAD_VALUE,  /* well framed, but the content may not be */
    MADO_BYTES_DEPTH,      /* nested deeper than the caller allows */
    MADO_BYTES_MISSING,    /* no (further) item of this kind */
    MADO_BYTES_FULL,       /* the caller's buffer is too small */
    MADO_BYTES_N_STATUSES
} MadoBytesStatus;

/* A short English name for logs, never NULL; an unknown number gives "unknown". */
const char *
mado_bytes_status_name(MadoBytesStatus status);
