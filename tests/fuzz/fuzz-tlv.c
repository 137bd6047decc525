/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The input is what a card answered; every way of parsing it must stay inside. */
#include "common/tlv.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>

typedef struct {
    const uint8_t *data;
    size_t len;
    size_t n_visits;
    uint8_t sum;
} Walk;

static void
check_inside(Walk *walk, const MadoTlv *tlv)
{
    size_t at = (size_t)(tlv->raw - walk->data);

    if (tlv->tag == 0 || at > walk->len || tlv->raw_len > walk->len - at)
        abort();
    if (tlv->value + tlv->len != tlv->raw + tlv->raw_len || tlv->len + 2 > tlv->raw_len)
        abort();
    for (size_t i = 0; i < tlv->len; i++)
        walk->sum = (uint8_t)(walk->sum + tlv->value[i]);
}

static bool
visit(void *user, const MadoTlv *tlv, size_t depth)
{
    Walk *walk = user;

    if (depth >= MADO_TLV_MAX_DEPTH)
        abort();
    check_inside(walk, tlv);
    walk->n_visits++;
    return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    Walk walk = {data, len, 0, 0};
    MadoCursor cursor;
    MadoTlv tlv;

    (void)!mado_tlv_walk(data, len, MADO_TLV_MAX_DEPTH, visit, &walk);
    /* Two bytes is the least an object takes, on each level anew. */
    if (walk.n_visits > len / 2 * MADO_TLV_MAX_DEPTH)
        abort();

    mado_cursor_init(&cursor, data, len);
    while (mado_tlv_next_filled(&cursor, &tlv) == MADO_BYTES_OK) {
        MadoTlv found;

        check_inside(&walk, &tlv);
        if (mado_tlv_find(data, len, tlv.tag, &found) != MADO_BYTES_OK || found.tag != tlv.tag)
            abort();
        if (mado_tlv_only(tlv.raw, tlv.raw_len, tlv.tag, &found) != MADO_BYTES_OK)
            abort();
    }
    return 0;
}
