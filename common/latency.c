/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/latency.h"

static const guint64 bounds_us[MADO_LATENCY_N_CLASSES] = {
    500,    1000,   2000,   5000,    10000,   20000,    50000,
    100000, 200000, 500000, 1000000, 5000000, 30000000, G_MAXUINT64,
};

guint64
mado_latency_bound_us(guint class)
{
    g_return_val_if_fail(class < MADO_LATENCY_N_CLASSES, G_MAXUINT64);
    return bounds_us[class];
}

void
mado_latency_add(MadoLatency *self, guint64 us)
{
    guint class = 0;

    while (us > bounds_us[class])
        class ++;
    self->counts[class]++;
}

void
mado_latency_merge(MadoLatency *self, const MadoLatency *other)
{
    for (guint i = 0; i < MADO_LATENCY_N_CLASSES; i++)
        self->counts[i] += other->counts[i];
}

guint64
mado_latency_n(const MadoLatency *self)
{
    guint64 n = 0;

    for (guint i = 0; i < MADO_LATENCY_N_CLASSES; i++)
        n += self->counts[i];
    return n;
}

guint
mado_latency_class_at(const MadoLatency *self, guint percent)
{
    guint64 n = mado_latency_n(self);
    guint64 below = 0;

    for (guint i = 0; i < MADO_LATENCY_N_CLASSES; i++) {
        below += self->counts[i];
        if (n > 0 && below * 100 >= n * percent)
            return i;
    }
    return 0;
}
