/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A writer into secret memory for something whose length is known only in the end: as large as
 * the largest message while it is written, cut to size when done.
 */
#pragma once

#include "common/secret.h"
#include "common/writer.h"

/* (transfer full): memory of MADO_LIMIT_MESSAGE_LEN bytes that @ret_writer writes into. */
MadoSecret *
mado_scratch_new(MadoWriter *ret_writer);
/* (transfer full): what was written, in a secret of its own; the caller still frees @self.
 * LIMIT, naming @what, when the writer has failed. */
MadoSecret *
mado_scratch_finish(const MadoSecret *self,
                    const MadoWriter *writer,
                    const char *what,
                    GError **error);
