/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plain form of a message: what is taken must be written again, byte for byte, when it was
 * written as we write it, and otherwise to something that is taken again. */
#include "config.h"

#include "common/message.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    g_autoptr(MadoSecret) plain = mado_secret_new_from(data, len);
    g_autoptr(MadoSecret) again = NULL;
    g_autoptr(MadoSecret) third = NULL;
    MadoMessageHeader header;
    const guint8 *body;
    gsize body_len;

    if (!mado_message_parse(plain, &header, &body, &body_len, NULL))
        return 0;
    again = mado_message_format(&header, body, body_len, NULL);
    if (again == NULL || !mado_message_parse(again, &header, &body, &body_len, NULL))
        abort();
    third = mado_message_format(&header, body, body_len, NULL);
    if (!mado_secret_equal(again, third))
        abort();
    return 0;
}
