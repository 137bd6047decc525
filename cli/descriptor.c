/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/descriptor.h"

#include "common/error.h"

#include <errno.h>
#include <unistd.h>

MadoSecret *
mado_descriptor_read(int fd, gsize len_max, GError **error)
{
    /* One more than allowed, to see that there is more. */
    g_autoptr(MadoSecret) content = mado_secret_new(len_max + 2);
    guint8 *data = mado_secret_peek_writable(content);
    gsize len = 0;

    while (len < len_max + 2) {
        gssize n = read(fd, data + len, len_max + 2 - len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            g_set_error(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT, "descriptor %d: %s", fd,
                        g_strerror(errno));
            return NULL;
        }
        if (n == 0)
            break;
        len += (gsize)n;
    }
    close(fd);
    if (len > 0 && data[len - 1] == '\n')
        len--;
    if (len == 0 || len > len_max) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT, "descriptor %d: %s", fd,
                    len == 0 ? "nothing came" : "too much came");
        return NULL;
    }
    mado_secret_set_len(content, len);
    return g_steal_pointer(&content);
}
