/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "doctor/pcsc.h"

#include <reader.h>
#include <winscard.h>

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET_ENVIRONMENT "PCSCLITE_CSOCK_NAME"
#define SOCKET_PATH        "/run/pcscd/pcscd.comm"
#define CHANNEL_USB        0x0020u /* high half of the channel id: USB, bus and address below */
#define ANSWER_LEN_MAX     1024

/* ---- who answers ---- */

/* Why there is no context, found out by knocking at the socket. */
static MadoPcscState
explain_absence(void)
{
    const char *path = g_getenv(SOCKET_ENVIRONMENT);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int status;
    int saved_errno;

    if (fd < 0)
        return MADO_PCSC_ABSENT;
    (void)g_strlcpy(address.sun_path, path != NULL ? path : SOCKET_PATH,
                    sizeof address.sun_path);
    status = connect(fd, (const struct sockaddr *)&address, sizeof address);
    saved_errno = errno;
    close(fd);
    if (status == 0)
        return MADO_PCSC_HANGS_UP;
    return saved_errno == EACCES || saved_errno == EPERM ? MADO_PCSC_REFUSES : MADO_PCSC_ABSENT;
}

static MadoPcscState
establish(SCARDCONTEXT *ret_context)
{
    LONG code = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, ret_context);

    if (code == SCARD_S_SUCCESS)
        return MADO_PCSC_ANSWERS;
    if (code == SCARD_W_SECURITY_VIOLATION)
        return MADO_PCSC_REFUSES;
    return explain_absence();
}

static void
reader_free(gpointer data)
{
    MadoPcscReader *reader = data;

    g_free(reader->name);
    g_free(reader);
}

static void
add_reader(SCARDCONTEXT context, GPtrArray *readers, const char *name)
{
    SCARD_READERSTATE state = {.szReader = name, .dwCurrentState = SCARD_STATE_UNAWARE};
    MadoPcscReader *reader = g_new0(MadoPcscReader, 1);

    reader->name = g_strdup(name);
    if (SCardGetStatusChange(context, 0, &state, 1) == SCARD_S_SUCCESS) {
        reader->has_card = (state.dwEventState & SCARD_STATE_PRESENT) != 0;
        reader->is_exclusive = (state.dwEventState & SCARD_STATE_EXCLUSIVE) != 0;
    }
    g_ptr_array_add(readers, reader);
}

MadoPcscState
mado_pcsc_list(GPtrArray **ret_readers)
{
    g_autoptr(GPtrArray) readers = g_ptr_array_new_with_free_func(reader_free);
    SCARDCONTEXT context = 0;
    MadoPcscState state = establish(&context);
    LPSTR names = NULL;
    DWORD len = SCARD_AUTOALLOCATE;
    LONG code;

    if (state != MADO_PCSC_ANSWERS)
        return state;
    code = SCardListReaders(context, NULL, (LPSTR)(gpointer)&names, &len);
    if (code == SCARD_S_SUCCESS) {
        for (const char *at = names; *at != '\0'; at += strlen(at) + 1)
            add_reader(context, readers, at);
        (void)SCardFreeMemory(context, names);
    }
    (void)SCardReleaseContext(context);
    if (code == SCARD_W_SECURITY_VIOLATION)
        return MADO_PCSC_REFUSES;
    if (code != SCARD_S_SUCCESS && code != SCARD_E_NO_READERS_AVAILABLE)
        return MADO_PCSC_HANGS_UP;
    *ret_readers = g_steal_pointer(&readers);
    return MADO_PCSC_ANSWERS;
}

/* ---- what the drivers say ---- */

static gboolean
get_number(SCARDHANDLE handle, DWORD attribute, guint32 *ret_value)
{
    guint8 value[ANSWER_LEN_MAX];
    DWORD len = sizeof value;
    guint32 number;

    if (SCardGetAttrib(handle, attribute, value, &len) != SCARD_S_SUCCESS ||
        len < sizeof number)
        return FALSE;
    memcpy(&number, value, sizeof number); /* in the host's order (libccid) */
    *ret_value = number;
    return TRUE;
}

static void
ask_properties(SCARDHANDLE handle, MadoPcscReader *reader)
{
    guint8 features[ANSWER_LEN_MAX];
    guint8 answer[ANSWER_LEN_MAX];
    DWORD features_len = 0;
    DWORD len = 0;
    guint32 code = 0;

    if (SCardControl(handle, CM_IOCTL_GET_FEATURE_REQUEST, NULL, 0, features, sizeof features,
                     &features_len) != SCARD_S_SUCCESS ||
        features_len > sizeof features)
        return;
    if (mado_reader_properties_find_feature(features, features_len,
                                            MADO_READER_FEATURE_TLV_PROPERTIES, &code) &&
        SCardControl(handle, code, NULL, 0, answer, sizeof answer, &len) == SCARD_S_SUCCESS &&
        len <= sizeof answer)
        (void)mado_reader_properties_parse(answer, len, &reader->properties);
    len = 0;
    if (mado_reader_properties_find_feature(features, features_len,
                                            MADO_READER_STATISTICS_FEATURE, &code) &&
        SCardControl(handle, code, NULL, 0, answer, sizeof answer, &len) == SCARD_S_SUCCESS &&
        len <= sizeof answer)
        (void)mado_reader_properties_parse_counters(answer, len, &reader->counters);
}

static void
ask_reader(SCARDCONTEXT context, MadoPcscReader *reader)
{
    SCARDHANDLE handle = 0;
    DWORD protocol = 0;
    guint32 value = 0;

    if (SCardConnect(context, reader->name, SCARD_SHARE_DIRECT, 0, &handle, &protocol) !=
        SCARD_S_SUCCESS)
        return;
    reader->is_asked = TRUE;
    if (get_number(handle, SCARD_ATTR_CHANNEL_ID, &value) && value >> 16 == CHANNEL_USB) {
        reader->bus = value >> 8 & 0xFF;
        reader->address = value & 0xFF;
    }
    if (get_number(handle, SCARD_ATTR_VENDOR_IFD_VERSION, &value))
        reader->driver_version = value;
    ask_properties(handle, reader);
    (void)SCardDisconnect(handle, SCARD_LEAVE_CARD);
}

void
mado_pcsc_ask(GPtrArray *readers, GHashTable *claimed)
{
    SCARDCONTEXT context = 0;

    if (establish(&context) != MADO_PCSC_ANSWERS)
        return;
    for (guint i = 0; i < readers->len; i++) {
        MadoPcscReader *reader = g_ptr_array_index(readers, i);

        if (!reader->is_exclusive && !g_hash_table_contains(claimed, reader->name))
            ask_reader(context, reader);
    }
    (void)SCardReleaseContext(context);
}

/* ---- one card ---- */

struct _MadoPcscCard {
    SCARDCONTEXT context;
    SCARDHANDLE handle;
    DWORD protocol;
    guint8 atr[MAX_ATR_SIZE];
    gsize atr_len;
};

static MadoPcscCardState
card_state_of(LONG code)
{
    switch (code) {
    case SCARD_E_NO_SMARTCARD:
    case SCARD_W_REMOVED_CARD:
        return MADO_PCSC_CARD_ABSENT;
    case SCARD_E_SHARING_VIOLATION:
        return MADO_PCSC_CARD_HELD;
    case SCARD_E_UNKNOWN_READER:
    case SCARD_E_READER_UNAVAILABLE:
    case SCARD_E_NO_SERVICE:
    case SCARD_E_SERVICE_STOPPED:
        return MADO_PCSC_CARD_NO_READER;
    default:
        return MADO_PCSC_CARD_MUTE;
    }
}

MadoPcscCardState
mado_pcsc_card_open(const char *reader, MadoPcscCard **ret_card)
{
    MadoPcscCard *self = g_new0(MadoPcscCard, 1);
    DWORD atr_len = sizeof self->atr;
    LONG code;

    if (establish(&self->context) != MADO_PCSC_ANSWERS) {
        g_free(self);
        return MADO_PCSC_CARD_NO_READER;
    }
    code = SCardConnect(self->context, reader, SCARD_SHARE_EXCLUSIVE,
                        SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &self->handle, &self->protocol);
    if (code != SCARD_S_SUCCESS) {
        (void)SCardReleaseContext(self->context);
        g_free(self);
        return card_state_of(code);
    }
    if (SCardStatus(self->handle, NULL, NULL, NULL, NULL, self->atr, &atr_len) ==
        SCARD_S_SUCCESS)
        self->atr_len = MIN(atr_len, sizeof self->atr);
    *ret_card = self;
    return MADO_PCSC_CARD_OPEN;
}

void
mado_pcsc_card_close(MadoPcscCard *self)
{
    if (self == NULL)
        return;
    (void)SCardDisconnect(self->handle, SCARD_UNPOWER_CARD);
    (void)SCardReleaseContext(self->context);
    g_free(self);
}

const guint8 *
mado_pcsc_card_atr(const MadoPcscCard *self, gsize *ret_len)
{
    *ret_len = self->atr_len;
    return self->atr;
}

gboolean
mado_pcsc_card_exchange(MadoPcscCard *self,
                        const guint8 *command,
                        gsize len,
                        guint8 *ret_response,
                        gsize capacity,
                        gsize *ret_len)
{
    DWORD response_len = (DWORD)capacity;

    if (SCardTransmit(
            self->handle, self->protocol == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 : SCARD_PCI_T1,
            command, (DWORD)len, NULL, ret_response, &response_len) != SCARD_S_SUCCESS ||
        response_len < 2 || response_len > capacity)
        return FALSE;
    *ret_len = response_len;
    return TRUE;
}
