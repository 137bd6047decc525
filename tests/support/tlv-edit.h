/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Malformed variants of a sequence of TLV objects: each top-level object left out, doubled,
 * lengthened and shortened by a byte; an unknown object put behind; the end cut off. For tests
 * that a parser refuses them all.
 */
#pragma once

#include <glib.h>

typedef struct {
    GByteArray *bytes; /* owned */
    char *what;        /* owned: "object 84 left out" */
    guint32 tag;       /* of the object that was edited; 0: none in particular */
} MadoTlvEdit;

/* (transfer full): owned MadoTlvEdit pointers with a free function. */
GPtrArray *
mado_tlv_edit_all(const guint8 *data, gsize len);
