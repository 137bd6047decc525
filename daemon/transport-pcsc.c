/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/transport-pcsc.h"

#include "common/error.h"
#include "daemon/usb-port.h"

#include <reader.h>
#include <winscard.h>

#include <string.h>

typedef struct {
    LONG code;
    MadoErrorCode error;
} CodeRow;

/* What the service says, and what it means to us; every other number is INTERNAL. */
static const CodeRow code_rows[] = {
    {SCARD_E_NO_SERVICE, MADO_ERROR_SERVICE_GONE},
    {SCARD_E_SERVICE_STOPPED, MADO_ERROR_SERVICE_GONE},
    {SCARD_F_COMM_ERROR, MADO_ERROR_SERVICE_GONE},
    {SCARD_E_INVALID_HANDLE, MADO_ERROR_SERVICE_GONE},     /* the service was restarted */
    {SCARD_W_SECURITY_VIOLATION, MADO_ERROR_SERVICE_GONE}, /* its own polkit rule is missing */
    {SCARD_E_UNKNOWN_READER, MADO_ERROR_READER_GONE},
    {SCARD_E_READER_UNAVAILABLE, MADO_ERROR_READER_GONE},
    {SCARD_E_NO_READERS_AVAILABLE, MADO_ERROR_READER_GONE},
    {SCARD_E_NO_SMARTCARD, MADO_ERROR_CARD_ABSENT},
    {SCARD_W_REMOVED_CARD, MADO_ERROR_CARD_REMOVED},
    {SCARD_W_UNRESPONSIVE_CARD, MADO_ERROR_CARD_MUTE},
    {SCARD_W_UNPOWERED_CARD, MADO_ERROR_CARD_MUTE},
    {SCARD_W_UNSUPPORTED_CARD, MADO_ERROR_CARD_MUTE},
    {SCARD_W_RESET_CARD, MADO_ERROR_CARD_MUTE},
    {SCARD_E_PROTO_MISMATCH, MADO_ERROR_CARD_MUTE},
    {SCARD_E_NOT_TRANSACTED, MADO_ERROR_CARD_MUTE},
    {SCARD_E_SHARING_VIOLATION, MADO_ERROR_BUSY},
    {SCARD_E_TIMEOUT, MADO_ERROR_TIMED_OUT},
    {SCARD_E_CANCELLED, MADO_ERROR_CANCELLED},
    {SCARD_E_INSUFFICIENT_BUFFER, MADO_ERROR_LIMIT},
    {SCARD_E_INVALID_PARAMETER, MADO_ERROR_LIMIT},
};

static MadoErrorCode
error_code_of(LONG code)
{
    for (gsize i = 0; i < G_N_ELEMENTS(code_rows); i++) {
        if (code_rows[i].code == code)
            return code_rows[i].error;
    }
    return MADO_ERROR_INTERNAL;
}

static gboolean
set_error(GError **error, LONG code, const char *doing)
{
    MadoErrorCode meaning = error_code_of(code);

    /* pcsc_stringify_error is not thread safe before 1.9.9; the number says as much. */
    g_set_error(error, MADO_ERROR, (gint)meaning, "%s: smart card service said %08lX", doing,
                (unsigned long)code & 0xFFFFFFFFUL);
    return FALSE;
}

/* ---- one connection ---- */

typedef struct {
    MadoTransport parent;
    SCARDCONTEXT context;
    gboolean has_context;
    /* while open */
    SCARDHANDLE handle;
    gboolean has_handle;
    DWORD protocol;
    char *reader;
} PcscTransport;

static void
pcsc_close(MadoTransport *transport)
{
    PcscTransport *self = (PcscTransport *)transport;

    if (self->has_handle)
        (void)SCardDisconnect(self->handle, SCARD_UNPOWER_CARD);
    self->has_handle = FALSE;
    g_clear_pointer(&self->reader, g_free);
}

static void
drop_context(PcscTransport *self)
{
    self->has_handle = FALSE; /* it went with the service */
    if (self->has_context)
        (void)SCardReleaseContext(self->context);
    self->has_context = FALSE;
}

static gboolean
ensure_context(PcscTransport *self, GError **error)
{
    LONG code;

    if (self->has_context && SCardIsValidContext(self->context) == SCARD_S_SUCCESS)
        return TRUE;
    drop_context(self);
    code = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &self->context);
    if (code != SCARD_S_SUCCESS)
        return set_error(error, code, "connecting to the smart card service");
    self->has_context = TRUE;
    return TRUE;
}

static gboolean
pcsc_open(MadoTransport *transport, const char *reader, GError **error)
{
    PcscTransport *self = (PcscTransport *)transport;
    LONG code = SCARD_E_SERVICE_STOPPED;

    pcsc_close(transport);
    /* A context of a service that was restarted is only found out by using it. */
    for (guint attempt = 0; attempt < 2; attempt++) {
        if (!ensure_context(self, error))
            return FALSE;
        code =
            SCardConnect(self->context, reader, SCARD_SHARE_EXCLUSIVE,
                         SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &self->handle, &self->protocol);
        if (error_code_of(code) != MADO_ERROR_SERVICE_GONE)
            break;
        drop_context(self);
    }
    if (code != SCARD_S_SUCCESS)
        return set_error(error, code, "connecting to the card");
    self->has_handle = TRUE;
    self->reader = g_strdup(reader);
    return TRUE;
}

/* "Not transacted" is said for a mute card and for one that is being pulled out. */
static LONG
explain_failure(PcscTransport *self, LONG code)
{
    SCARD_READERSTATE state = {.szReader = self->reader, .dwCurrentState = SCARD_STATE_UNAWARE};
    MadoErrorCode meaning = error_code_of(code);

    if (meaning == MADO_ERROR_CARD_ABSENT)
        return SCARD_W_REMOVED_CARD;
    if (meaning != MADO_ERROR_CARD_MUTE)
        return code;
    if (SCardGetStatusChange(self->context, 0, &state, 1) != SCARD_S_SUCCESS)
        return code;
    if ((state.dwEventState & (SCARD_STATE_UNKNOWN | SCARD_STATE_UNAVAILABLE)) != 0)
        return SCARD_E_READER_UNAVAILABLE;
    if ((state.dwEventState & SCARD_STATE_EMPTY) != 0)
        return SCARD_W_REMOVED_CARD;
    return code;
}

static gboolean
pcsc_exchange(MadoTransport *transport,
              const MadoSecret *command,
              MadoSecret *response,
              GError **error)
{
    PcscTransport *self = (PcscTransport *)transport;
    DWORD len = (DWORD)mado_secret_capacity(response);
    LONG code;

    if (!self->has_handle)
        return set_error(error, SCARD_W_REMOVED_CARD, "sending a command");
    mado_secret_set_len(response, 0);
    code = SCardTransmit(self->handle,
                         self->protocol == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 : SCARD_PCI_T1,
                         mado_secret_peek(command), (DWORD)mado_secret_len(command), NULL,
                         mado_secret_peek_writable(response), &len);
    if (code != SCARD_S_SUCCESS)
        return set_error(error, explain_failure(self, code), "sending a command");
    if (len > mado_secret_capacity(response))
        return set_error(error, SCARD_E_INSUFFICIENT_BUFFER, "receiving an answer");
    mado_secret_set_len(response, len);
    return TRUE;
}

static void
pcsc_free(MadoTransport *transport)
{
    PcscTransport *self = (PcscTransport *)transport;

    pcsc_close(transport);
    drop_context(self);
    g_free(self);
}

static const MadoTransportOps pcsc_ops = {
    .name = "pcsc",
    .open = pcsc_open,
    .exchange = pcsc_exchange,
    .close = pcsc_close,
    .free = pcsc_free,
};

MadoTransport *
mado_transport_pcsc_new(gpointer data)
{
    PcscTransport *self = g_new0(PcscTransport, 1);

    self->parent.ops = &pcsc_ops;
    /* Now, while nobody waits yet; a service that is not there is the next open's to tell. */
    (void)ensure_context(self, NULL);
    return &self->parent;
}

/* ---- which readers and cards there are ---- */

#define PNP_NAME         "\\\\?PnP?\\Notification"
#define USB_DEVICES      "/sys/bus/usb/devices"
#define CHANNEL_USB      0x0020U /* high half of the channel id: USB, bus and address below */
#define CHANNEL_CAPACITY 64

typedef struct {
    MadoSensor parent;
    GMutex lock; /* over the next three: interrupt comes from another thread */
    gboolean is_interrupted;
    gboolean has_context;
    SCARDCONTEXT context;
    /* monitor's thread alone */
    GArray *states;   /* of SCARD_READERSTATE, names owned; the last one is PNP_NAME */
    GArray *events;   /* of guint32, beside states */
    GPtrArray *ports; /* of char, owned, beside states; "" for PNP_NAME */
    gboolean is_told;
} PcscSensor;

static void
clear_state(gpointer item)
{
    SCARD_READERSTATE *state = item;

    g_free((char *)(guintptr)state->szReader);
}

static gboolean
is_stopped(PcscSensor *self)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    return self->is_interrupted;
}

static void
sensor_drop_context(PcscSensor *self)
{
    SCARDCONTEXT context = 0;
    gboolean had = FALSE;

    {
        g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

        had = self->has_context;
        context = self->context;
        self->has_context = FALSE;
    }
    if (had)
        (void)SCardReleaseContext(context);
}

static gboolean
sensor_ensure_context(PcscSensor *self, GError **error)
{
    SCARDCONTEXT context;
    LONG code;

    if (self->has_context)
        return TRUE;
    code = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context);
    if (code != SCARD_S_SUCCESS)
        return set_error(error, SCARD_E_NO_SERVICE, "connecting to the smart card service");
    {
        g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

        self->context = context;
        self->has_context = TRUE;
    }
    g_array_set_size(self->states, 0);
    g_array_set_size(self->events, 0);
    g_ptr_array_set_size(self->ports, 0);
    self->is_told = FALSE;
    return TRUE;
}

static gboolean
find_state(const PcscSensor *self, const char *name, guint *ret_index)
{
    for (guint i = 0; i < self->states->len; i++) {
        if (g_str_equal(g_array_index(self->states, SCARD_READERSTATE, i).szReader, name)) {
            *ret_index = i;
            return TRUE;
        }
    }
    return FALSE;
}

/*
 * (transfer full): the driver is asked by a connection that does not touch a card, when the
 * reader has just come and nobody can have it in use.
 */
static char *
find_port(PcscSensor *self, const char *name)
{
    SCARDHANDLE handle;
    DWORD protocol;
    guint8 value[CHANNEL_CAPACITY];
    DWORD len = sizeof value;
    guint32 channel = 0;
    LONG code = SCardConnect(self->context, name, SCARD_SHARE_DIRECT, 0, &handle, &protocol);

    if (code == SCARD_S_SUCCESS) {
        code = SCardGetAttrib(handle, SCARD_ATTR_CHANNEL_ID, value, &len);
        (void)SCardDisconnect(handle, SCARD_LEAVE_CARD);
    }
    if (code == SCARD_S_SUCCESS && len >= sizeof channel)
        memcpy(&channel, value, sizeof channel);
    if (channel >> 16 == CHANNEL_USB) {
        g_autofree char *port =
            mado_usb_port_find(USB_DEVICES, channel >> 8 & 0xFF, channel & 0xFF);

        if (port != NULL)
            return g_strconcat("usb:", port, NULL);
    }
    return g_strconcat("conf:", name, NULL);
}

static void
add_state(PcscSensor *self, const char *name)
{
    SCARD_READERSTATE state = {.szReader = g_strdup(name),
                               .dwCurrentState = SCARD_STATE_UNAWARE};
    guint32 events = 0;

    g_array_append_val(self->states, state);
    g_array_append_val(self->events, events);
    g_ptr_array_add(self->ports,
                    g_str_equal(name, PNP_NAME) ? g_strdup("") : find_port(self, name));
}

static gboolean
is_listed(const char *names, const char *name)
{
    for (const char *at = names; *at != '\0'; at += strlen(at) + 1) {
        if (g_str_equal(at, name))
            return TRUE;
    }
    return g_str_equal(name, PNP_NAME);
}

/* Makes the states follow a double-NUL-ended list of names. TRUE when one came or went. */
static gboolean
follow_names(PcscSensor *self, const char *names)
{
    gboolean has_changed = FALSE;
    guint index;

    for (guint i = self->states->len; i > 0; i--) {
        if (is_listed(names, g_array_index(self->states, SCARD_READERSTATE, i - 1).szReader))
            continue;
        g_array_remove_index(self->states, i - 1);
        g_array_remove_index(self->events, i - 1);
        g_ptr_array_remove_index(self->ports, i - 1);
        has_changed = TRUE;
    }
    for (const char *at = names; *at != '\0'; at += strlen(at) + 1) {
        if (find_state(self, at, &index) || self->states->len > MADO_LIMIT_READERS)
            continue;
        add_state(self, at);
        has_changed = TRUE;
    }
    if (!find_state(self, PNP_NAME, &index))
        add_state(self, PNP_NAME);
    return has_changed;
}

static gboolean
list_names(PcscSensor *self, gboolean *ret_has_changed, GError **error)
{
    LPSTR names = NULL;
    DWORD len = SCARD_AUTOALLOCATE;
    LONG code = SCardListReaders(self->context, NULL, (LPSTR)(gpointer)&names, &len);

    if (code == SCARD_E_NO_READERS_AVAILABLE) {
        *ret_has_changed = follow_names(self, "");
        return TRUE;
    }
    if (code != SCARD_S_SUCCESS)
        return set_error(error, code, "listing the readers");
    *ret_has_changed = follow_names(self, names);
    (void)SCardFreeMemory(self->context, names);
    return TRUE;
}

/* TRUE when a card came or went; "in use" and the like are not told. */
static gboolean
take_states(PcscSensor *self)
{
    gboolean has_changed = FALSE;

    for (guint i = 0; i < self->states->len; i++) {
        SCARD_READERSTATE *state = &g_array_index(self->states, SCARD_READERSTATE, i);
        /* The upper half counts insertions and removals, modulo 2^16 (pcsc-lite). */
        guint16 before = (guint16)(state->dwCurrentState >> 16);
        guint16 now = (guint16)(state->dwEventState >> 16);

        if (g_str_equal(state->szReader, PNP_NAME)) {
            state->dwCurrentState = state->dwEventState & ~(DWORD)SCARD_STATE_CHANGED;
            continue;
        }
        if (((state->dwCurrentState ^ state->dwEventState) & SCARD_STATE_PRESENT) != 0 ||
            now != before)
            has_changed = TRUE;
        g_array_index(self->events, guint32, i) += (guint16)(now - before);
        state->dwCurrentState = state->dwEventState & ~(DWORD)SCARD_STATE_CHANGED;
    }
    return has_changed;
}

static void
free_reader(gpointer item)
{
    MadoSensorReader *reader = item;

    g_free(reader->name);
    g_free(reader->port);
    g_free(reader);
}

static GPtrArray *
told_readers(const PcscSensor *self)
{
    GPtrArray *readers = g_ptr_array_new_with_free_func(free_reader);

    for (guint i = 0; i < self->states->len; i++) {
        const SCARD_READERSTATE *state = &g_array_index(self->states, SCARD_READERSTATE, i);
        MadoSensorReader *reader;

        if (g_str_equal(state->szReader, PNP_NAME))
            continue;
        reader = g_new0(MadoSensorReader, 1);
        reader->name = g_strdup(state->szReader);
        reader->port = g_strdup(g_ptr_array_index(self->ports, i));
        reader->card_present = (state->dwCurrentState & SCARD_STATE_PRESENT) != 0;
        reader->card_events = g_array_index(self->events, guint32, i);
        g_ptr_array_add(readers, reader);
    }
    return readers;
}

/* One look. *ret_has_changed also when a new reader's first state was taken. */
static gboolean
look(PcscSensor *self, gboolean *ret_has_changed, GError **error)
{
    gboolean has_changed = FALSE;
    DWORD timeout_ms;
    LONG code;

    if (!list_names(self, &has_changed, error))
        return FALSE;
    /* After a change of the list only the new states are fetched, not waited for. */
    timeout_ms = has_changed || !self->is_told ? 0 : INFINITE;
    code = SCardGetStatusChange(self->context, timeout_ms,
                                (SCARD_READERSTATE *)(gpointer)self->states->data,
                                self->states->len);
    if (code == SCARD_E_UNKNOWN_READER) { /* went between list and wait */
        *ret_has_changed = FALSE;
        return TRUE;
    }
    if (code != SCARD_S_SUCCESS && code != SCARD_E_TIMEOUT && code != SCARD_E_CANCELLED)
        return set_error(error, code, "watching the readers");
    if (take_states(self))
        has_changed = TRUE;
    *ret_has_changed = has_changed;
    return TRUE;
}

static GPtrArray *
sensor_wait(MadoSensor *sensor, GError **error)
{
    PcscSensor *self = (PcscSensor *)sensor;

    for (;;) {
        gboolean has_changed = FALSE;

        if (is_stopped(self)) {
            g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CANCELLED, "stopped watching");
            return NULL;
        }
        if (!sensor_ensure_context(self, error))
            return NULL;
        if (!look(self, &has_changed, error)) {
            /* Whatever it was, only a new context is known to be good. */
            sensor_drop_context(self);
            return NULL;
        }
        if (has_changed || !self->is_told) {
            self->is_told = TRUE;
            return told_readers(self);
        }
    }
}

static void
sensor_interrupt(MadoSensor *sensor)
{
    PcscSensor *self = (PcscSensor *)sensor;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    self->is_interrupted = TRUE;
    /* Same context as the pending call (PCSC #24); too early it is lost, so the caller repeats.
     */
    if (self->has_context)
        (void)SCardCancel(self->context);
}

static void
sensor_free(MadoSensor *sensor)
{
    PcscSensor *self = (PcscSensor *)sensor;

    sensor_drop_context(self);
    g_array_unref(self->states);
    g_array_unref(self->events);
    g_ptr_array_unref(self->ports);
    g_mutex_clear(&self->lock);
    g_free(self);
}

static const MadoSensorOps sensor_ops = {
    .wait = sensor_wait,
    .interrupt = sensor_interrupt,
    .free = sensor_free,
};

MadoSensor *
mado_transport_pcsc_sensor_new(void)
{
    PcscSensor *self = g_new0(PcscSensor, 1);

    self->parent.ops = &sensor_ops;
    g_mutex_init(&self->lock);
    self->states = g_array_new(FALSE, TRUE, sizeof(SCARD_READERSTATE));
    g_array_set_clear_func(self->states, clear_state);
    self->events = g_array_new(FALSE, TRUE, sizeof(guint32));
    self->ports = g_ptr_array_new_with_free_func(g_free);
    return &self->parent;
}
