/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/scratch.h"

#include "common/error.h"
#include "madoguchi/limits.h"

MadoSecret *
mado_scratch_new(MadoWriter *ret_writer)
{
    MadoSecret *self = mado_secret_new(MADO_LIMIT_MESSAGE_LEN);

    mado_writer_init(ret_writer, mado_secret_peek_writable(self), MADO_LIMIT_MESSAGE_LEN);
    return self;
}

MadoSecret *
mado_scratch_finish(const MadoSecret *self,
                    const MadoWriter *writer,
                    const char *what,
                    GError **error)
{
    if (!mado_writer_ok(writer)) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_LIMIT, "%s: longer than %d bytes", what,
                    MADO_LIMIT_MESSAGE_LEN);
        return NULL;
    }
    return mado_secret_new_from(mado_secret_peek(self), mado_writer_len(writer));
}
