/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bodies of messages; the first byte of the input chooses one. What was taken is written,
 * taken and written again, and must not change any more. */
#include "config.h"

#include "common/body-lookup.h"
#include "common/body-receipt.h"
#include "common/body-reply.h"
#include "common/body-step.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>

/* (transfer full) (nullable): the body taken and written again; NULL when it was refused. */
typedef MadoSecret *(*Turn)(const guint8 *data, gsize len);

static MadoSecret *
turn_lookup(const guint8 *data, gsize len)
{
    g_autoptr(MadoBodyLookup) body = mado_body_lookup_parse(data, len, NULL);
    MadoSecret *again = body != NULL ? mado_body_lookup_format(body, NULL) : NULL;

    if (body != NULL && again == NULL)
        abort();
    return again;
}

static MadoSecret *
turn_step(const guint8 *data, gsize len)
{
    g_autoptr(MadoBodyStep) body = mado_body_step_parse(data, len, NULL);
    MadoSecret *again = body != NULL ? mado_body_step_format(body, NULL) : NULL;

    if (body != NULL && again == NULL)
        abort();
    return again;
}

static MadoSecret *
turn_reply(const guint8 *data, gsize len)
{
    g_autoptr(MadoBodyReply) body = mado_body_reply_parse(data, len, NULL);
    MadoSecret *again = body != NULL ? mado_body_reply_format(body, NULL) : NULL;

    if (body != NULL && again == NULL)
        abort();
    return again;
}

static MadoSecret *
turn_receipt(const guint8 *data, gsize len)
{
    MadoBodyReceipt body;

    return mado_body_receipt_parse(data, len, &body, NULL)
               ? mado_body_receipt_format(&body, NULL)
               : NULL;
}

static MadoSecret *
turn_ack(const guint8 *data, gsize len)
{
    MadoBodyReceiptAck ack;

    return mado_body_receipt_parse_ack(data, len, &ack, NULL)
               ? mado_body_receipt_format_ack(&ack, NULL)
               : NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const Turn turns[] = {turn_lookup, turn_step, turn_reply, turn_receipt, turn_ack};
    g_autoptr(MadoSecret) first = NULL;
    g_autoptr(MadoSecret) second = NULL;
    Turn turn;

    if (len == 0 || len > 60000)
        return 0;
    turn = turns[data[0] % G_N_ELEMENTS(turns)];
    first = turn(data + 1, len - 1);
    if (first == NULL)
        return 0;
    second = turn(mado_secret_peek(first), mado_secret_len(first));
    if (second == NULL || !mado_secret_equal(first, second))
        abort();
    return 0;
}
