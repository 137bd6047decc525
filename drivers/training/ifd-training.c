/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The training reader as an IFD handler (API version 3) for pcscd: the exports and nothing
 * else. A slot is a folder, named by DEVICENAME in reader.conf; everything it does is in
 * bay.c.
 *
 * pcscd calls CreateChannel and CloseChannel of different readers from different threads, and
 * CloseChannel while an exchange or the polling function may still be inside: a slot is kept
 * alive by references, and the table of slots has a lock of its own.
 */
#include "config.h"

#include "drivers/training/bay.h"

#include <ifdhandler.h>
#include <reader.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define MAX_SLOTS   16
#define VENDOR_NAME "Madoguchi"
#define IFD_TYPE    "Training reader"

/* In the program that loads us; absent in tests, hence weak. PCSC_LOG_ERROR is 2. */
extern void /* lint: allow public-names: the name is that of pcscd */
log_msg(int priority, const char *format, ...) __attribute__((weak));

/* pcscd gives a handler nothing but a number to remember itself by, so the table has to be the
 * file's. */
static struct {
    pthread_mutex_t lock;
    struct {
        DWORD lun;
        MadoBay *slot; /* NULL: free */
    } rows[MAX_SLOTS];
} table = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void
log_line(const char *line)
{
    if (log_msg != NULL) {
        log_msg(2, "%s", line);
    } else {
        fprintf(stderr, "%s\n", line);
    }
}

/* A reference of the caller's own, or NULL. */
static MadoBay *
find_slot(DWORD lun)
{
    MadoBay *slot = NULL;

    pthread_mutex_lock(&table.lock);
    for (int i = 0; i < MAX_SLOTS && slot == NULL; i++) {
        if (table.rows[i].slot != NULL && table.rows[i].lun == lun) {
            slot = mado_bay_ref(table.rows[i].slot);
        }
    }
    pthread_mutex_unlock(&table.lock);
    return slot;
}

static RESPONSECODE
code_of(MadoBayStatus status)
{
    switch (status) {
    case MADO_BAY_OK:
        return IFD_SUCCESS;
    case MADO_BAY_ABSENT:
        return IFD_ICC_NOT_PRESENT;
    case MADO_BAY_MUTE:
        return IFD_RESPONSE_TIMEOUT;
    case MADO_BAY_CLOSED:
        return IFD_NO_SUCH_DEVICE;
    case MADO_BAY_BAD:
    default:
        return IFD_COMMUNICATION_ERROR;
    }
}

/* ---- channels
 * ----------------------------------------------------------------------------------------- */

RESPONSECODE
IFDHCreateChannelByName(DWORD Lun, LPSTR DeviceName)
{
    MadoBay *slot = mado_bay_new(DeviceName, log_line);
    int row = 0;

    if (slot == NULL) {
        log_line("training reader: the slot folder cannot be watched");
        return IFD_COMMUNICATION_ERROR;
    }
    pthread_mutex_lock(&table.lock);
    while (row < MAX_SLOTS && table.rows[row].slot != NULL) {
        row++;
    }
    if (row < MAX_SLOTS) {
        table.rows[row].lun = Lun;
        table.rows[row].slot = slot;
    }
    pthread_mutex_unlock(&table.lock);
    if (row == MAX_SLOTS) {
        mado_bay_unref(slot);
        return IFD_COMMUNICATION_ERROR;
    }
    return IFD_SUCCESS;
}

RESPONSECODE
IFDHCreateChannel(DWORD Lun, DWORD Channel)
{
    (void)Lun;
    (void)Channel;
    log_line("training reader: reader.conf must name the slot folder by DEVICENAME");
    return IFD_NO_SUCH_DEVICE;
}

RESPONSECODE
IFDHCloseChannel(DWORD Lun)
{
    MadoBay *slot = NULL;

    pthread_mutex_lock(&table.lock);
    for (int i = 0; i < MAX_SLOTS && slot == NULL; i++) {
        if (table.rows[i].slot != NULL && table.rows[i].lun == Lun) {
            slot = table.rows[i].slot;
            table.rows[i].slot = NULL;
        }
    }
    pthread_mutex_unlock(&table.lock);
    if (slot == NULL) {
        return IFD_COMMUNICATION_ERROR;
    }
    mado_bay_stop(slot);
    mado_bay_unref(slot);
    return IFD_SUCCESS;
}

/* ---- capabilities
 * ------------------------------------------------------------------------------------- */

static RESPONSECODE
poll_slot(DWORD Lun, int timeout_ms)
{
    MadoBay *slot = find_slot(Lun);

    if (slot == NULL) {
        return IFD_NO_SUCH_DEVICE;
    }
    mado_bay_wait(slot, timeout_ms);
    mado_bay_unref(slot);
    return IFD_SUCCESS;
}

static RESPONSECODE
stop_polling(DWORD Lun)
{
    MadoBay *slot = find_slot(Lun);

    if (slot == NULL) {
        return IFD_NO_SUCH_DEVICE;
    }
    mado_bay_wake(slot);
    mado_bay_unref(slot);
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
    uint8_t atr[MADO_CARD_MAX_ATR];
    size_t len = 0;
    MadoBay *slot = find_slot(Lun);

    if (slot == NULL) {
        return IFD_NO_SUCH_DEVICE;
    }
    mado_bay_atr(slot, atr, &len);
    mado_bay_unref(slot);
    return give(atr, len, Length, Value);
}

RESPONSECODE
IFDHGetCapabilities(DWORD Lun, DWORD Tag, PDWORD Length, PUCHAR Value)
{
    RESPONSECODE (*const poll)(DWORD, int) = poll_slot;
    RESPONSECODE (*const stop)(DWORD) = stop_polling;
    const DWORD max_input = 65536 + 16;

    switch (Tag) {
    case TAG_IFD_ATR:
    case SCARD_ATTR_ATR_STRING:
        return give_atr(Lun, Length, Value);
    case TAG_IFD_SIMULTANEOUS_ACCESS:
        return give_byte(MAX_SLOTS, Length, Value);
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

static MadoBayStatus
change_power(MadoBay *slot, DWORD action)
{
    switch (action) {
    case IFD_POWER_UP:
        return mado_bay_power_up(slot);
    case IFD_RESET:
        return mado_bay_reset(slot);
    case IFD_POWER_DOWN:
    default:
        mado_bay_power_down(slot);
        return MADO_BAY_OK;
    }
}

RESPONSECODE
IFDHPowerICC(DWORD Lun, DWORD Action, PUCHAR Atr, PDWORD AtrLength)
{
    MadoBay *slot = find_slot(Lun);
    uint8_t atr[MADO_CARD_MAX_ATR];
    MadoBayStatus status;
    size_t len = 0;

    *AtrLength = 0;
    if (slot == NULL) {
        return IFD_NO_SUCH_DEVICE;
    }
    status = change_power(slot, Action);
    mado_bay_atr(slot, atr, &len);
    mado_bay_unref(slot);
    if (status != MADO_BAY_OK) {
        return status == MADO_BAY_CLOSED ? IFD_NO_SUCH_DEVICE : IFD_ERROR_POWER_ACTION;
    }
    memcpy(Atr, atr, len);
    *AtrLength = len;
    return IFD_SUCCESS;
}

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
    MadoBay *slot = find_slot(Lun);
    MadoBayStatus status;
    size_t cap = *RxLength;
    size_t len = 0;

    *RxLength = 0;
    if (slot == NULL) {
        return IFD_NO_SUCH_DEVICE;
    }
    status = mado_bay_transmit(slot, TxBuffer, TxLength, RxBuffer, cap, &len);
    mado_bay_unref(slot);
    if (status == MADO_BAY_OK) {
        *RxLength = len;
        if (RecvPci != NULL) {
            RecvPci->Protocol = SendPci.Protocol;
        }
    }
    return code_of(status);
}

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
    /* No keypad, no escape commands: no feature to tell of. */
    (void)Lun;
    (void)dwControlCode;
    (void)TxBuffer;
    (void)TxLength;
    (void)RxBuffer;
    (void)RxLength;
    *pdwBytesReturned = 0;
    return IFD_ERROR_NOT_SUPPORTED;
}

RESPONSECODE
IFDHICCPresence(DWORD Lun)
{
    MadoBay *slot = find_slot(Lun);
    bool present;

    if (slot == NULL) {
        return IFD_NO_SUCH_DEVICE;
    }
    present = mado_bay_is_present(slot);
    mado_bay_unref(slot);
    return present ? IFD_ICC_PRESENT : IFD_ICC_NOT_PRESENT;
}
