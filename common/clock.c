/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/clock.h"

#include "common/hex.h"

#include <string.h>
#include <time.h>

static gint64
system_wall_ms(gpointer data)
{
    return g_get_real_time() / 1000;
}

/* CLOCK_BOOTTIME, not MONOTONIC: time asleep counts for a time-out and for a receipt. */
static gint64
system_monotonic_ms(gpointer data)
{
    struct timespec now;

    if (clock_gettime(CLOCK_BOOTTIME, &now) != 0)
        return g_get_monotonic_time() / 1000;
    return (gint64)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const MadoClock *
mado_clock_system(void)
{
    static const MadoClock system_clock = {system_wall_ms, system_monotonic_ms, NULL};

    return &system_clock;
}

gint64
mado_clock_wall_ms(const MadoClock *self)
{
    return self->wall_ms(self->data);
}

gint64
mado_clock_monotonic_ms(const MadoClock *self)
{
    return self->monotonic_ms(self->data);
}

/* Text of a UUID to 16 bytes. */
static gboolean
parse_uuid(const char *text, guint8 ret_id[16])
{
    char digits[33] = "";
    gsize n_digits = 0;
    size_t len;

    for (; *text != '\0' && *text != '\n'; text++) {
        if (*text == '-')
            continue;
        if (n_digits == sizeof digits - 1)
            return FALSE;
        digits[n_digits++] = *text;
    }
    return n_digits == 32 && mado_hex_parse(digits, 32, ret_id, 16, &len) == MADO_BYTES_OK;
}

void
mado_clock_boot_id(guint8 ret_id[16])
{
    g_autofree char *text = NULL;

    memset(ret_id, 0, 16);
    if (g_file_get_contents("/proc/sys/kernel/random/boot_id", &text, NULL, NULL))
        (void)parse_uuid(text, ret_id);
}
