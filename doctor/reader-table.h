/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The readers seen with the Individual Number Card in Japan, and what each needs on Linux.
 * Constant data, any thread. Sources: libccid's and libacsccid1's own device lists, USB ids and
 * reports in public; nobody's certification.
 */
#pragma once

#include <glib.h>

typedef enum {
    MADO_READER_DRIVER_CCID,    /* Debian: libccid */
    MADO_READER_DRIVER_ACSCCID, /* Debian: libacsccid1 */
    MADO_READER_DRIVER_PASORI,  /* drivers/pasori of this tree */
    MADO_READER_DRIVER_NONE,    /* cannot be used on Linux with this card */
} MadoReaderDriver;

typedef enum {
    MADO_READER_NO_TIME_EXTENSION = 1 << 0, /* gives up on a card that asks for more time */
} MadoReaderQuirk;

typedef struct {
    guint16 vendor;
    guint16 product;
    const char *name;
    const char *interface; /* "contact", "contactless" or "dual" */
    MadoReaderDriver driver;
    guint quirks;
} MadoReaderRow;

/* (transfer none): *ret_n_rows rows, sorted by vendor and product. */
const MadoReaderRow *
mado_reader_table_all(gsize *ret_n_rows);
/* (transfer none) (nullable). */
const MadoReaderRow *
mado_reader_table_find(guint16 vendor, guint16 product);
/* (transfer none): the word of the JSON output: "libccid", "libacsccid", "pasori", "none". */
const char *
mado_reader_table_driver(MadoReaderDriver driver);
/* (transfer none): the Debian package that has it; "" for NONE. */
const char *
mado_reader_table_package(MadoReaderDriver driver);
/* Whether a kernel driver of this name keeps a reader from pcscd. */
gboolean
mado_reader_table_is_in_the_way(const char *kernel_driver);
/* (transfer none): the names of those drivers, NULL-terminated. */
const char *const *
mado_reader_table_kernel_drivers(void);
