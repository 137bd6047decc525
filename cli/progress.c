/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/progress.h"

#include "cli/commands.h"

#include <glib/gi18n.h>

#include <stdio.h>
#include <unistd.h>

#define BAR_LEN 20

struct _MadoProgress {
    gboolean is_shown;
    gboolean is_terminal; /* a bar is drawn over itself; else one line per change */
    gboolean has_bar;     /* one stands on the present line */
};

MadoProgress *
mado_progress_new(const MadoArguments *arguments)
{
    MadoProgress *self = g_new0(MadoProgress, 1);

    self->is_terminal = isatty(STDERR_FILENO) != 0;
    self->is_shown = self->is_terminal || mado_arguments_has(arguments, MADO_OPTION_PROGRESS);
    return self;
}

static void
end_bar(MadoProgress *self)
{
    if (self->has_bar)
        fputs("\r\033[K", stderr);
    self->has_bar = FALSE;
}

void
mado_progress_free(MadoProgress *self)
{
    if (self == NULL)
        return;
    end_bar(self);
    g_free(self);
}

void
mado_progress_say(MadoProgress *self, const char *text)
{
    if (!self->is_shown)
        return;
    end_bar(self);
    fprintf(stderr, "%s\n", text);
}

void
mado_progress_on_changed(guint n_done, guint n_all, guint rest_ms, gpointer user_data)
{
    MadoProgress *self = user_data;
    guint filled = n_all > 0 ? (guint)((guint64)MIN(n_done, n_all) * BAR_LEN / n_all) : 0;
    guint rest_s = (rest_ms + 999) / 1000;

    if (!self->is_shown || n_all == 0)
        return;
    if (!self->is_terminal) {
        fprintf(stderr, "%u/%u\n", n_done, n_all);
        return;
    }
    fprintf(stderr, "\r\033[K  [%.*s%*s] %u/%u", (int)filled, "####################",
            (int)(BAR_LEN - filled), "", n_done, n_all);
    if (rest_s > 0)
        fprintf(stderr, _("  about %u s left"), rest_s);
    fflush(stderr);
    self->has_bar = TRUE;
}
