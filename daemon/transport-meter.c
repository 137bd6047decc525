/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/transport-meter.h"

#include "common/error.h"

typedef struct {
    MadoTransport parent;
    MadoTransport *inner;
    MadoFleet *fleet; /* referenced */
    char *reader;     /* (nullable): of the last open */
    MadoFleetCounts counts;
    gboolean has_failed; /* and nothing has succeeded since */
} Meter;

/* What is no fault of reader or card (in use, too long for this reader, cancelled) is not
 * counted. */
static void
count_error(Meter *self, const GError *error)
{
    const MadoErrorCode code = mado_error_code(error);

    if (code == MADO_ERROR_CARD_REMOVED || code == MADO_ERROR_CARD_ABSENT) {
        self->counts.n_removed++;
        return;
    }
    if (code == MADO_ERROR_CARD_MUTE)
        self->counts.n_mute++;
    else if (code == MADO_ERROR_READER_GONE || code == MADO_ERROR_SERVICE_GONE)
        self->counts.n_reader++;
    else if (code != MADO_ERROR_BUSY && code != MADO_ERROR_LIMIT &&
             code != MADO_ERROR_CANCELLED)
        self->counts.n_other++;
    else
        return;
    self->has_failed = TRUE;
}

static void
tell(Meter *self)
{
    if (self->reader == NULL || (self->counts.n_opens == 0 && self->counts.n_commands == 0))
        return;
    mado_fleet_count(self->fleet, self->reader, &self->counts);
    self->counts = (MadoFleetCounts){0};
}

static void
count_open(Meter *self)
{
    self->counts.n_opens++;
    if (self->has_failed)
        self->counts.n_retries++;
}

static gboolean
meter_open(MadoTransport *transport, const char *reader, GError **error)
{
    Meter *self = (Meter *)transport;
    g_autoptr(GError) failure = NULL;

    tell(self);
    g_free(self->reader);
    self->reader = g_strdup(reader);
    if (!self->inner->ops->open(self->inner, reader, &failure)) {
        if (!g_error_matches(failure, MADO_ERROR, MADO_ERROR_BUSY)) /* the reader was asked */
            count_open(self);
        count_error(self, failure);
        tell(self);
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    count_open(self);
    return TRUE;
}

static gboolean
meter_exchange(MadoTransport *transport,
               const MadoSecret *command,
               MadoSecret *response,
               GError **error)
{
    Meter *self = (Meter *)transport;
    gint64 begun_us = g_get_monotonic_time();
    g_autoptr(GError) failure = NULL;
    guint64 us;

    if (!self->inner->ops->exchange(self->inner, command, response, &failure)) {
        count_error(self, failure);
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    us = (guint64)(g_get_monotonic_time() - begun_us);
    self->counts.n_commands++;
    self->counts.busy_us += us;
    mado_latency_add(&self->counts.latency, us);
    self->has_failed = FALSE;
    return TRUE;
}

static void
meter_close(MadoTransport *transport)
{
    Meter *self = (Meter *)transport;

    self->inner->ops->close(self->inner);
    tell(self);
}

static void
meter_free(MadoTransport *transport)
{
    Meter *self = (Meter *)transport;

    self->inner->ops->free(self->inner);
    tell(self);
    mado_fleet_unref(self->fleet);
    g_free(self->reader);
    g_free(self);
}

static const MadoTransportOps meter_ops = {
    .name = "meter",
    .open = meter_open,
    .exchange = meter_exchange,
    .close = meter_close,
    .free = meter_free,
};

MadoTransport *
mado_transport_meter_new(gpointer data)
{
    const MadoTransportMeterSettings *settings = data;
    Meter *self = g_new0(Meter, 1);

    self->parent.ops = &meter_ops;
    self->inner = settings->new_transport(settings->transport_data);
    self->fleet = mado_fleet_ref(settings->fleet);
    return &self->parent;
}
