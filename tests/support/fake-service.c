/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/support/fake-service.h"

#include "common/error.h"

#include <madoguchi/names.h>
#include <string.h>

#define MAX_READERS    8U
#define ANSWER_MAX_LEN 600U

typedef struct {
    gboolean is_there;
    gboolean card_present;
    guint32 card_events;
    guint nth;
} Reader;

struct _FakeService {
    GMutex lock;
    GCond changed;
    Reader readers[MAX_READERS];
    guint n_added;
    guint version; /* of all above */
    gboolean is_there;
    gboolean is_interrupted;
    FakeDeskCard card;
    gpointer card_data;
    int block_at; /* INS, or -1 */
    gboolean is_blocked;
    guint n_opened;
    guint n_open;
};

typedef struct {
    MadoTransport parent;
    FakeService *service;
    guint number;
    gboolean is_open;
} FakeTransport;

typedef struct {
    MadoSensor parent;
    FakeService *service;
    guint told_version;
} FakeSensor;

/* Enough of an Individual Number Card for Inspect. */
static gsize
friendly_card(const guint8 *command, gsize len, guint8 *answer, gpointer data)
{
    static const char record[] = "\x01\x1C"
                                 "9000000000000019999920350401";
    gsize n = 0;
    guint16 sw = 0x9000;

    if (command[1] == 0xCA) { /* no issuer profile of ours */
        sw = 0x6A88;
    } else if (command[1] == 0xB2) {
        memcpy(answer, record, n = sizeof record - 1);
    } else if (command[1] == 0xB0) {
        memset(answer, ' ', n = 32);
    } else if (command[1] == 0x20 && len == 4) {
        sw = 0x63C3;
    }
    answer[n++] = (guint8)(sw >> 8);
    answer[n++] = (guint8)(sw & 0xFF);
    return n;
}

FakeService *
fake_service_new(void)
{
    FakeService *self = g_new0(FakeService, 1);

    g_mutex_init(&self->lock);
    g_cond_init(&self->changed);
    self->is_there = TRUE;
    self->block_at = -1;
    self->version = 1;
    self->card = friendly_card;
    return self;
}

void
fake_service_free(FakeService *self)
{
    g_mutex_clear(&self->lock);
    g_cond_clear(&self->changed);
    g_free(self);
}

/* ---- transport ---- */

static gboolean
fake_open(MadoTransport *transport, const char *reader, GError **error)
{
    FakeTransport *self = (FakeTransport *)transport;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->service->lock);

    self->number = (guint)g_ascii_strtoull(strrchr(reader, ' ') + 1, NULL, 10);
    if (!self->service->readers[self->number].is_there) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_READER_GONE, "no reader");
        return FALSE;
    }
    if (!self->service->readers[self->number].card_present) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CARD_ABSENT, "no card");
        return FALSE;
    }
    self->is_open = TRUE;
    self->service->n_opened++;
    self->service->n_open++;
    return TRUE;
}

static void
maybe_block(FakeService *self, guint8 ins)
{
    if (self->block_at != ins)
        return;
    self->is_blocked = TRUE;
    g_main_context_wakeup(NULL);
    while (self->is_blocked)
        g_cond_wait(&self->changed, &self->lock);
    self->block_at = -1;
}

static gboolean
fake_exchange(MadoTransport *transport,
              const MadoSecret *command,
              MadoSecret *response,
              GError **error)
{
    FakeTransport *self = (FakeTransport *)transport;
    guint8 answer[ANSWER_MAX_LEN + 2];
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->service->lock);
    gsize len;

    maybe_block(self->service, mado_secret_peek(command)[1]);
    if (!self->service->readers[self->number].card_present) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CARD_REMOVED, "removed");
        return FALSE;
    }
    len = self->service->card(mado_secret_peek(command), mado_secret_len(command), answer,
                              self->service->card_data);
    if (len == 0) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CARD_MUTE, "mute");
        return FALSE;
    }
    mado_secret_set_len(response, 0);
    return mado_secret_append(response, answer, len);
}

static void
fake_close(MadoTransport *transport)
{
    FakeTransport *self = (FakeTransport *)transport;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->service->lock);

    if (self->is_open)
        self->service->n_open--;
    self->is_open = FALSE;
}

static void
fake_free(MadoTransport *transport)
{
    fake_close(transport);
    g_free(transport);
}

MadoTransport *
fake_service_new_transport(gpointer data)
{
    static const MadoTransportOps ops = {
        .name = "fake",
        .open = fake_open,
        .exchange = fake_exchange,
        .close = fake_close,
        .free = fake_free,
    };
    FakeTransport *self = g_new0(FakeTransport, 1);

    self->parent.ops = &ops;
    self->service = data;
    return &self->parent;
}

/* ---- sensor ---- */

static void
free_reader(gpointer data)
{
    MadoSensorReader *reader = data;

    g_free(reader->name);
    g_free(reader);
}

static GPtrArray *
list_readers(const FakeService *self)
{
    GPtrArray *readers = g_ptr_array_new_with_free_func(free_reader);

    for (guint i = 0; i < MAX_READERS; i++) {
        MadoSensorReader *reader;

        if (!self->readers[i].is_there)
            continue;
        reader = g_new0(MadoSensorReader, 1);
        reader->name = g_strdup_printf(
            i == FAKE_DESK_TRAINING_READER ? MADO_TRAINING_READER " %u" : "Fake Reader %u", i);
        reader->card_present = self->readers[i].card_present;
        reader->card_events = self->readers[i].card_events;
        g_ptr_array_add(readers, reader);
    }
    return readers;
}

static GPtrArray *
fake_wait(MadoSensor *sensor, GError **error)
{
    FakeSensor *self = (FakeSensor *)sensor;
    FakeService *service = self->service;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&service->lock);

    while (!service->is_interrupted && service->is_there &&
           self->told_version == service->version)
        g_cond_wait(&service->changed, &service->lock);
    if (service->is_interrupted) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CANCELLED, "stopped");
        return NULL;
    }
    if (!service->is_there) {
        self->told_version = 0;
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_SERVICE_GONE, "no service");
        return NULL;
    }
    self->told_version = service->version;
    return list_readers(service);
}

static void
fake_interrupt(MadoSensor *sensor)
{
    FakeSensor *self = (FakeSensor *)sensor;
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->service->lock);

    self->service->is_interrupted = TRUE;
    g_cond_broadcast(&self->service->changed);
}

static void
fake_sensor_free(MadoSensor *sensor)
{
    g_free(sensor);
}

MadoSensor *
fake_service_new_sensor(FakeService *self)
{
    static const MadoSensorOps ops = {
        .wait = fake_wait,
        .interrupt = fake_interrupt,
        .free = fake_sensor_free,
    };
    FakeSensor *sensor = g_new0(FakeSensor, 1);

    sensor->parent.ops = &ops;
    sensor->service = self;
    return &sensor->parent;
}

/* ---- what the test changes ---- */

static void
change_locked(FakeService *self)
{
    self->version++;
    g_cond_broadcast(&self->changed);
}

void
fake_service_add_reader(FakeService *self, guint number)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    self->readers[number] = (Reader){.is_there = TRUE, .nth = ++self->n_added};
    change_locked(self);
}

void
fake_service_remove_reader(FakeService *self, guint number)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    self->readers[number].is_there = FALSE;
    self->readers[number].card_present = FALSE;
    change_locked(self);
}

guint
fake_service_nth(FakeService *self, guint number)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    return self->readers[number].nth;
}

void
fake_service_set_card_present(FakeService *self, guint number, gboolean is_present)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    self->readers[number].card_present = is_present;
    self->readers[number].card_events++;
    change_locked(self);
}

void
fake_service_set_there(FakeService *self, gboolean is_there)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    self->is_there = is_there;
    change_locked(self);
}

void
fake_service_set_card(FakeService *self, FakeDeskCard card, gpointer data)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    self->card = card == NULL ? friendly_card : card;
    self->card_data = data;
}

void
fake_service_block_at(FakeService *self, guint8 ins)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    self->block_at = ins;
}

gboolean
fake_service_is_blocked(FakeService *self)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    return self->is_blocked;
}

void
fake_service_unblock(FakeService *self)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    self->is_blocked = FALSE;
    g_cond_broadcast(&self->changed);
}

guint
fake_service_n_opened(FakeService *self)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    return self->n_opened;
}

gboolean
fake_service_is_open(FakeService *self)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&self->lock);

    return self->n_open > 0;
}
