/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/number.h"

#include "cli/commands.h"
#include "cli/descriptor.h"
#include "cli/terminal.h"
#include "client/memfd.h"
#include "common/error.h"

#include <glib/gi18n.h>

#include <madoguchi/card.h>

static gboolean
is_digits(const MadoSecret *secret, gsize len)
{
    const guint8 *data = mado_secret_peek(secret);

    if (mado_secret_len(secret) != len)
        return FALSE;
    for (gsize i = 0; i < len; i++) {
        if (!g_ascii_isdigit((char)data[i]))
            return FALSE;
    }
    return TRUE;
}

int
mado_number_seal(const MadoArguments *arguments,
                 MadoNumber number,
                 GCancellable *cancellable,
                 GError **error)
{
    gboolean is_a = number == MADO_NUMBER_A;
    gsize len = is_a ? MADO_NUMBER_LEN : MADO_NUMBER_B_LEN;
    int fd =
        mado_arguments_fd(arguments, is_a ? MADO_OPTION_NUMBER_A_FD : MADO_OPTION_NUMBER_B_FD);
    MadoTerminalQuestion question = {
        .label = is_a ? _("Number A (the individual number, 12 digits): ")
                      : _("Number B (birth date, expiry, security code: 14 digits): "),
        .is_secret = TRUE};
    g_autoptr(MadoSecret) secret = fd >= 0 ? mado_descriptor_read(fd, len, error)
                                           : mado_terminal_ask(&question, cancellable, error);

    if (secret == NULL)
        return -1;
    if (!is_digits(secret, len)) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT, "number %s: not %zu digits",
                    is_a ? "A" : "B", len);
        return -1;
    }
    return mado_memfd_seal(mado_secret_peek(secret), mado_secret_len(secret), error);
}
