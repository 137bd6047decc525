/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The RC-S380 as an IFD handler (API version 3) for pcscd: which reader a Lun is, and the call.
 * What the reader does is in pasori.c.
 *
 * pcscd calls CreateChannel and CloseChannel of different readers from different threads, and
 * CloseChannel while an exchange or the polling function may still be inside: a reader is kept
 * alive by references, and the table of readers has a lock of its own.
 *
 * IFD_NO_SUCH_DEVICE may come from every function: the Lun is not open, or the reader is
 * unplugged. Others are named where they can come.
 */
#include "config.h"

#include "drivers/pasori/devices.h"
#include "drivers/pasori/features.h"
#include "drivers/pasori/pasori.h"
#include "drivers/pasori/usb.h"
#include "madoguchi/reader-statistics.h"

#include <ifdhandler.h>
#include <reader.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define MAX_READERS 16
#define VENDOR_NAME "Sony"
#define IFD_TYPE    "PaSoRi RC-S380"

/* In the program that loads us; absent in tests, hence weak. PCSC_LOG_INFO is 1. */
extern void /* lint: allow public-names: the name is that of pcscd */
log_msg(int priority, const char *format, ...) __attribute__((weak));

/* pcscd gives a handler nothing but a number to remember itself by, so the table has to be the
 * file's. */
static struct {
    pthread_mutex_t lock;
    struct {
        DWORD lun;
        MadoDevicesName name;
        MadoPasori *reader; /* NULL: free */
    } rows[MAX_READERS];
} table = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void
log_line(const char *line)
{
    if (log_msg != NULL) {
        log_msg(1, "%s", line);
    }
}

/* The row's number, or -1. With the table's lock held. */
static int
row_of_locked(DWORD lun)
{
    for (int i = 0; i < MAX_READERS; i++) {
        if (table.rows[i].reader != NULL && table.rows[i].lun == lun) {
            return i;
        }
    }
    return -1;
}

/* A reference of the caller's own, or NULL. ret_name may be NULL. */
static MadoPasori *
find_reader(DWORD lun, MadoDevicesName *ret_name)
{
    MadoPasori *reader = NULL;
    int row;

    pthread_mutex_lock(&table.lock);
    row = row_of_locked(lun);
    if (row >= 0) {
        reader = mado_pasori_ref(table.rows[row].reader);
        if (ret_name != NULL) {
            *ret_name = table.rows[row].name;
        }
    }
    pthread_mutex_unlock(&table.lock);
    return reader;
}

/* Takes the reference; false, and does not, when the Lun is taken or the table full. */
static bool
add_reader(DWORD lun, const MadoDevicesName *name, MadoPasori *reader)
{
    int row = 0;

    pthread_mutex_lock(&table.lock);
    while (row < MAX_READERS && table.rows[row].reader != NULL) {
        row++;
    }
    if (row_of_locked(lun) >= 0) {
        row = MAX_READERS;
    }
    if (row < MAX_READERS) {
        table.rows[row].lun = lun;
        table.rows[row].name = *name;
        table.rows[row].reader = reader;
    }
    pthread_mutex_unlock(&table.lock);
    return row < MAX_READERS;
}

/* The table's own reference, or NULL. */
static MadoPasori *
steal_reader(DWORD lun)
{
    MadoPasori *reader = NULL;
    int row;

    pthread_mutex_lock(&table.lock);
    row = row_of_locked(lun);
    if (row >= 0) {
        reader = table.rows[row].reader;
        table.rows[row].reader = NULL;
    }
    pthread_mutex_unlock(&table.lock);
    return reader;
}

static RESPONSECODE
code_of(MadoPasoriStatus status)
{
    switch (status) {
    case MADO_PASORI_OK:
        return IFD_SUCCESS;
    case MADO_PASORI_ABSENT:
        return IFD_ICC_NOT_PRESENT;
    case MADO_PASORI_MUTE:
        return IFD_RESPONSE_TIMEOUT;
    case MADO_PASORI_FULL:
        return IFD_ERROR_INSUFFICIENT_BUFFER;
    case MADO_PASORI_GONE:
        return IFD_NO_SUCH_DEVICE;
    case MADO_PASORI_UNPOWERED:
    case MADO_PASORI_BROKEN:
    case MADO_PASORI_HUNG:
    default:
        return IFD_COMMUNICATION_ERROR;
    }
}

/* ---- channels
 * ----------------------------------------------------------------------------------------- */

/* IFD_NO_SUCH_DEVICE also for an interface that is not the reader's: pcscd tries each.
 * IFD_COMMUNICATION_ERROR: it cannot be opened, or does not answer. */
RESPONSECODE
IFDHCreateChannelByName(DWORD Lun, LPSTR DeviceName)
{
    MadoDevicesName name;
    MadoPasori *reader = NULL;
    MadoUsb *usb = NULL;
    MadoPasoriStatus status;

    if (!mado_devices_parse_name(DeviceName, &name) ||
        mado_devices_find(name.vendor, name.product) == NULL) {
        return IFD_NO_SUCH_DEVICE;
    }
    switch (mado_usb_open(DeviceName, &usb)) {
    case MADO_USB_OK:
        break;
    case MADO_USB_GONE:
        return IFD_NO_SUCH_DEVICE;
    case MADO_USB_TIMEOUT:
    case MADO_USB_CANCELLED:
    case MADO_USB_FAILED:
    default:
        log_line("rc-s380: the device cannot be opened; another program or driver has it, or "
                 "its udev rule is missing");
        return IFD_COMMUNICATION_ERROR;
    }
    status = mado_pasori_new(usb, log_line, &reader);
    if (status != MADO_PASORI_OK) {
        return code_of(status);
    }
    if (!add_reader(Lun, &name, reader)) {
        mado_pasori_unref(reader);
        return IFD_COMMUNICATION_ERROR;
    }
    return IFD_SUCCESS;
}

RESPONSECODE
IFDHCreateChannel(DWORD Lun, DWORD Channel)
{
    (void)Lun;
    (void)Channel;
    log_line("rc-s380: found by USB only, not by an entry of reader.conf");
    return IFD_NO_SUCH_DEVICE;
}

/* IFD_COMMUNICATION_ERROR: not open. */
RESPONSECODE
IFDHCloseChannel(DWORD Lun)
{
    MadoPasori *reader = steal_reader(Lun);

    if (reader == NULL) {
        return IFD_COMMUNICATION_ERROR;
    }
    mado_pasori_stop(reader);
    mado_pasori_unref(reader);
    return IFD_SUCCESS;
}

/* ---- capabilities
 * ------------------------------------------------------------------------------------- */

static RESPONSECODE
poll_reader(DWORD Lun, int timeout_ms)
{
    MadoPasori *reader = find_reader(Lun, NULL);
    MadoPasoriStatus status;

    if (reader == NULL) {
        return IFD_NO_SUCH_DEVICE;
    }
    status = mado_pasori_wait(reader, timeout_ms);
    mado_pasori_unref(reader);
    return code_of(status);
}

static RESPONSECODE
stop_polling(DWORD Lun)
{
    MadoPasori *reader = find_reader(Lun, NULL);

    if (reader == NULL) {
        return IFD_NO_SUCH_DEVICE;
    }
    mado_pasori_wake(reader);
    mado_pasori_unref(reader);
    return IFD_SUCCESS;
}

/* *Length is the room on entry and what was written on return. */
static RESPONSECODE
give(const void *value, size_t len, PDWORD Length, PUCHAR Value)
{
    if (*Length < len) {
        return IFD_ERROR_INSUFFICIENT_BUFFER;
    }
    memcpy(Value, value, len);
    *Length = len;
    return IFD_SUCCESS;
}

static RESPONSECODE
give_byte(UCHAR value, PDWORD Length, PUCHAR Value)
{
    return give(&value, 1, Length, Value);
}

static RESPONSECODE
give_atr(DWORD Lun, PDWORD Length, PUCHAR Value)
{
    MadoPasori *reader = find_reader(Lun, NULL);
    uint8_t atr[MADO_ATQB_ATR_LEN];
    size_t len = 0;

    if (reader == NULL) {
        return IFD_NO_SUCH_DEVICE;
    }
    mado_pasori_atr(reader, atr, &len);
    mado_pasori_unref(reader);
    return give(atr, len, Length, Value);
}

/* IFD_ERROR_TAG: not a tag of ours. IFD_ERROR_INSUFFICIENT_BUFFER. */
RESPONSECODE
IFDHGetCapabilities(DWORD Lun, DWORD Tag, PDWORD Length, PUCHAR Value)
{
    RESPONSECODE (*const poll)(DWORD, int) = poll_reader;
    RESPONSECODE (*const stop)(DWORD) = stop_polling;
    const DWORD max_input = MAX_BUFFER_SIZE_EXTENDED;

    switch (Tag) {
    case TAG_IFD_ATR:
    case SCARD_ATTR_ATR_STRING:
        return give_atr(Lun, Length, Value);
    case TAG_IFD_SIMULTANEOUS_ACCESS:
        return give_byte(MAX_READERS, Length, Value);
    case TAG_IFD_THREAD_SAFE:
    case TAG_IFD_SLOTS_NUMBER:
        return give_byte(1, Length, Value);
    case TAG_IFD_SLOT_THREAD_SAFE:
    case TAG_IFD_POLLING_THREAD_KILLABLE:
        return give_byte(0, Length, Value);
    case TAG_IFD_POLLING_THREAD_WITH_TIMEOUT:
        return give(&poll, sizeof(poll), Length, Value);
    case TAG_IFD_STOP_POLLING_THREAD:
        return give(&stop, sizeof(stop), Length, Value);
    case SCARD_ATTR_VENDOR_NAME:
        return give(VENDOR_NAME, sizeof(VENDOR_NAME), Length, Value);
    case SCARD_ATTR_VENDOR_IFD_TYPE:
        return give(IFD_TYPE, sizeof(IFD_TYPE), Length, Value);
    case SCARD_ATTR_MAXINPUT:
        return give(&max_input, sizeof(max_input), Length, Value);
    default:
        return IFD_ERROR_TAG;
    }
}

RESPONSECODE
IFDHSetCapabilities(DWORD Lun, DWORD Tag, DWORD Length, PUCHAR Value)
{
    (void)Lun;
    (void)Tag;
    (void)Length;
    (void)Value;
    return IFD_ERROR_TAG;
}

/* The blocks of ISO/IEC 14443-4 carry whole APDUs, which is what pcscd calls T=1. */
RESPONSECODE
IFDHSetProtocolParameters(
    DWORD Lun, DWORD Protocol, UCHAR Flags, UCHAR PTS1, UCHAR PTS2, UCHAR PTS3)
{
    (void)Lun;
    (void)Flags;
    (void)PTS1;
    (void)PTS2;
    (void)PTS3;
    return Protocol == SCARD_PROTOCOL_T1 ? IFD_SUCCESS : IFD_PROTOCOL_NOT_SUPPORTED;
}

/* ---- card
 * ---------------------------------------------------------------------------------------------
 */

static MadoPasoriStatus
change_power(MadoPasori *reader, DWORD action)
{
    switch (action) {
    case IFD_POWER_UP:
        return mado_pasori_power_up(reader);
    case IFD_RESET:
        return mado_pasori_reset(reader);
    case IFD_POWER_DOWN:
    default:
        return mado_pasori_power_down(reader);
    }
}

/* IFD_ERROR_POWER_ACTION: no card, or none that can be activated. */
RESPONSECODE
IFDHPowerICC(DWORD Lun, DWORD Action, PUCHAR Atr, PDWORD AtrLength)
{
    MadoPasori *reader = find_reader(Lun, NULL);
    uint8_t atr[MADO_ATQB_ATR_LEN];
    MadoPasoriStatus status;
    size_t len = 0;

    *AtrLength = 0;
    if (reader == NULL) {
        return IFD_NO_SUCH_DEVICE;
    }
    status = change_power(reader, Action);
    mado_pasori_atr(reader, atr, &len);
    mado_pasori_unref(reader);
    if (status != MADO_PASORI_OK) {
        return status == MADO_PASORI_GONE ? IFD_NO_SUCH_DEVICE : IFD_ERROR_POWER_ACTION;
    }
    memcpy(Atr, atr, len);
    *AtrLength = len;
    return IFD_SUCCESS;
}

/*
 * IFD_ICC_NOT_PRESENT: taken away. IFD_RESPONSE_TIMEOUT, IFD_COMMUNICATION_ERROR: the session
 * with the card is over. IFD_ERROR_INSUFFICIENT_BUFFER: likewise, and the answer is too long.
 */
/* lint: allow parameters: pcscd's signature */
RESPONSECODE
IFDHTransmitToICC(DWORD Lun,
                  SCARD_IO_HEADER SendPci,
                  PUCHAR TxBuffer,
                  DWORD TxLength,
                  PUCHAR RxBuffer,
                  PDWORD RxLength,
                  PSCARD_IO_HEADER RecvPci)
{
    MadoPasori *reader;
    MadoPasoriStatus status;
    size_t cap = *RxLength;
    size_t len = 0;

    *RxLength = 0;
    if (TxLength == 0) {
        return IFD_COMMUNICATION_ERROR;
    }
    reader = find_reader(Lun, NULL);
    if (reader == NULL) {
        return IFD_NO_SUCH_DEVICE;
    }
    status = mado_pasori_transmit(reader, TxBuffer, TxLength, RxBuffer, cap, &len);
    mado_pasori_unref(reader);
    if (status == MADO_PASORI_OK) {
        *RxLength = len;
        if (RecvPci != NULL) {
            RecvPci->Protocol = SendPci.Protocol;
        }
    }
    return code_of(status);
}

static bool
write_control(DWORD code, MadoPasori *reader, const MadoDevicesName *name, MadoWriter *writer)
{
    uint64_t numbers[MADO_READER_N_STATISTICS];

    mado_pasori_statistics(reader, numbers);
    switch (code) {
    case CM_IOCTL_GET_FEATURE_REQUEST:
        mado_features_list(writer);
        return true;
    case MADO_FEATURES_CODE_PROPERTIES:
        mado_features_properties(name, (uint16_t)numbers[MADO_READER_FIRMWARE], writer);
        return true;
    case MADO_READER_STATISTICS_CODE:
        mado_features_statistics(numbers, writer);
        return true;
    default:
        return false;
    }
}

/* IFD_ERROR_NOT_SUPPORTED: not a code of ours. IFD_ERROR_INSUFFICIENT_BUFFER. */
/* lint: allow parameters: pcscd's signature */
RESPONSECODE
IFDHControl(DWORD Lun,
            DWORD dwControlCode,
            PUCHAR TxBuffer,
            DWORD TxLength,
            PUCHAR RxBuffer,
            DWORD RxLength,
            LPDWORD pdwBytesReturned)
{
    MadoDevicesName name;
    MadoPasori *reader = find_reader(Lun, &name);
    MadoWriter writer;
    bool is_known;

    (void)TxBuffer;
    (void)TxLength;
    *pdwBytesReturned = 0;
    if (reader == NULL) {
        return IFD_NO_SUCH_DEVICE;
    }
    mado_writer_init(&writer, RxBuffer, RxLength);
    is_known = write_control(dwControlCode, reader, &name, &writer);
    mado_pasori_unref(reader);
    if (!is_known) {
        return IFD_ERROR_NOT_SUPPORTED;
    }
    if (!mado_writer_ok(&writer)) {
        return IFD_ERROR_INSUFFICIENT_BUFFER;
    }
    *pdwBytesReturned = mado_writer_len(&writer);
    return IFD_SUCCESS;
}

/* IFD_ICC_PRESENT, IFD_ICC_NOT_PRESENT; IFD_COMMUNICATION_ERROR: the reader does not say. */
RESPONSECODE
IFDHICCPresence(DWORD Lun)
{
    MadoPasori *reader = find_reader(Lun, NULL);
    MadoPasoriStatus status;

    if (reader == NULL) {
        return IFD_NO_SUCH_DEVICE;
    }
    status = mado_pasori_find(reader);
    mado_pasori_unref(reader);
    return status == MADO_PASORI_OK ? IFD_ICC_PRESENT : code_of(status);
}
