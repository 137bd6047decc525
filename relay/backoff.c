/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "relay/backoff.h"

#include <string.h>

void
mado_backoff_init(MadoBackoff *self, gint64 now_ms, guint budget_ms)
{
    *self = (MadoBackoff){
        .base_ms = MADO_BACKOFF_BASE_MS,
        .cap_ms = MADO_BACKOFF_CAP_MS,
        .deadline_ms = now_ms + budget_ms,
    };
}

gboolean
mado_backoff_may_retry(guint status, const char *slug)
{
    switch (status) {
    case 0:
    case 408:
    case 425:
    case 429:
        return TRUE;
    case 409:
        return slug != NULL && strcmp(slug, "running") == 0;
    default:
        return status >= 500 && status <= 599;
    }
}

static guint
ceiling_ms(const MadoBackoff *self)
{
    guint64 ceiling = self->base_ms;

    for (guint i = 0; i < self->n_tries && ceiling < self->cap_ms; i++)
        ceiling *= 2;
    return (guint)MIN(ceiling, self->cap_ms);
}

gboolean
mado_backoff_next(
    MadoBackoff *self, gint64 now_ms, guint32 random, gint64 retry_after_ms, guint *ret_wait_ms)
{
    /* 0 … ceiling, both included; 32 x 32 bits fit in 64. */
    guint64 drawn_ms = ((guint64)random * ((guint64)ceiling_ms(self) + 1)) >> 32;
    gint64 wait_ms = (gint64)drawn_ms + MAX(retry_after_ms, 0);

    self->n_tries++;
    if (now_ms >= self->deadline_ms || wait_ms >= self->deadline_ms - now_ms)
        return FALSE;
    *ret_wait_ms = (guint)wait_ms;
    return TRUE;
}

guint
mado_backoff_try_ms(const MadoBackoff *self, gint64 now_ms, guint limit_ms)
{
    gint64 left_ms = self->deadline_ms - now_ms;

    return (guint)CLAMP(left_ms, 1, (gint64)limit_ms);
}
