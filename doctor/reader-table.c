/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "doctor/reader-table.h"

#define CONTACT     "contact"
#define CONTACTLESS "contactless"
#define DUAL        "dual"

/* clang-format off */
static const MadoReaderRow rows[] = {
    {0x04a4, 0x00c7, "Hitachi finger vein unit with card slot", CONTACT, MADO_READER_DRIVER_CCID, 0},
    {0x04da, 0x117a, "Panasonic 7A-Smart", CONTACT, MADO_READER_DRIVER_CCID, 0},
    {0x04e6, 0x5116, "SCM SCR3310", CONTACT, MADO_READER_DRIVER_CCID, 0},
    {0x04e6, 0x511a, "NTT Com SCR3310-NTTCom", CONTACT, MADO_READER_DRIVER_CCID, 0},
    {0x04e6, 0x5724, "Identiv uTrust 4701 F", DUAL, MADO_READER_DRIVER_CCID, 0},
    {0x054c, 0x01bb, "Sony RC-S320 (FeliCa only)", CONTACTLESS, MADO_READER_DRIVER_NONE, 0},
    {0x054c, 0x02e1, "Sony RC-S330, RC-S360, RC-S370", CONTACTLESS, MADO_READER_DRIVER_NONE, 0},
    {0x054c, 0x06c1, "Sony RC-S380/S", CONTACTLESS, MADO_READER_DRIVER_PASORI, 0},
    {0x054c, 0x06c3, "Sony RC-S380/P", CONTACTLESS, MADO_READER_DRIVER_PASORI, 0},
    {0x054c, 0x0d8f, "Sony RC-S660/U", CONTACTLESS, MADO_READER_DRIVER_CCID, 0},
    {0x054c, 0x0dc8, "Sony RC-S300/S", CONTACTLESS, MADO_READER_DRIVER_CCID, 0},
    {0x054c, 0x0dc9, "Sony RC-S300/P", CONTACTLESS, MADO_READER_DRIVER_CCID, 0},
    {0x072f, 0x2200, "ACS ACR122U", CONTACTLESS, MADO_READER_DRIVER_CCID,
     MADO_READER_NO_TIME_EXTENSION},
    {0x072f, 0x221a, "ACS ACR1251 Dual Reader", DUAL, MADO_READER_DRIVER_CCID, 0},
    {0x072f, 0x221b, "ACS ACR1251CL, ACR1251DI-NTTCom", CONTACTLESS, MADO_READER_DRIVER_ACSCCID, 0},
    {0x072f, 0xb100, "ACS ACR39-NTTCom", CONTACT, MADO_READER_DRIVER_CCID, 0},
    {0x08e6, 0x3437, "Gemalto PC Twin Reader, IDBridge CT30", CONTACT, MADO_READER_DRIVER_CCID, 0},
    {0x0ca6, 0x00a0, "Castles EZ100PU", CONTACT, MADO_READER_DRIVER_CCID, 0},
    {0x31aa, 0x1100, "Sanwa ADR-MNICU2, AB Circle CIR125A", CONTACT, MADO_READER_DRIVER_CCID, 0},
    {0x31aa, 0x3002, "I-O DATA USB-NFC4, AB Circle CIR315 CL", CONTACTLESS, MADO_READER_DRIVER_CCID, 0},
};

static const struct {
    const char *name;
    const char *package;
} drivers[] = {
    [MADO_READER_DRIVER_CCID] = {"libccid", "libccid"},
    [MADO_READER_DRIVER_ACSCCID] = {"libacsccid", "libacsccid1"},
    [MADO_READER_DRIVER_PASORI] = {"pasori", "madoguchi"},
    [MADO_READER_DRIVER_NONE] = {"none", ""},
};
/* clang-format on */

/* Modules of Linux that take a reader for its own NFC subsystem. */
static const char *const kernel_drivers[] = {"port100", "pn533_usb", "pn533", NULL};

const MadoReaderRow *
mado_reader_table_all(gsize *ret_n_rows)
{
    *ret_n_rows = G_N_ELEMENTS(rows);
    return rows;
}

const MadoReaderRow *
mado_reader_table_find(guint16 vendor, guint16 product)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].vendor == vendor && rows[i].product == product)
            return &rows[i];
    }
    return NULL;
}

const char *
mado_reader_table_driver(MadoReaderDriver driver)
{
    return drivers[driver].name;
}

const char *
mado_reader_table_package(MadoReaderDriver driver)
{
    return drivers[driver].package;
}

gboolean
mado_reader_table_is_in_the_way(const char *kernel_driver)
{
    return g_strv_contains(kernel_drivers, kernel_driver);
}

const char *const *
mado_reader_table_kernel_drivers(void)
{
    return kernel_drivers;
}
