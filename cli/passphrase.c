/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/passphrase.h"

#include "cli/descriptor.h"
#include "cli/terminal.h"

#include <glib/gi18n.h>

#include <string.h>

#define PASSPHRASE_LEN_MAX 255

struct _MadoPassphrase {
    char *operator_id;
    int fd; /* -1: the terminal */
};

MadoPassphrase *
mado_passphrase_new(const char *operator_id, int fd)
{
    MadoPassphrase *self = g_new0(MadoPassphrase, 1);

    self->operator_id = g_strdup(operator_id);
    self->fd = fd;
    return self;
}

void
mado_passphrase_free(MadoPassphrase *self)
{
    if (self == NULL)
        return;
    g_free(self->operator_id);
    g_free(self);
}

gboolean
mado_passphrase_ask(guint8 *buffer, gsize capacity, gsize *ret_len, gpointer user_data)
{
    const MadoPassphrase *self = user_data;
    g_autofree char *label =
        g_strdup_printf(_("Passphrase of operator %s: "), self->operator_id);
    MadoTerminalQuestion question = {.label = label, .is_secret = TRUE};
    g_autoptr(MadoSecret) passphrase =
        self->fd >= 0 ? mado_descriptor_read(self->fd, PASSPHRASE_LEN_MAX, NULL)
                      : mado_terminal_ask(&question, NULL, NULL);

    if (passphrase == NULL || mado_secret_len(passphrase) > capacity)
        return FALSE;
    memcpy(buffer, mado_secret_peek(passphrase), mado_secret_len(passphrase));
    *ret_len = mado_secret_len(passphrase);
    return TRUE;
}
