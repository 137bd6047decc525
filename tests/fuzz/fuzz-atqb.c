/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The input is a card's ATQB and its answer to ATTRIB; what follows from it is what the
 * standards allow. */
#include "config.h"

#include "drivers/pasori/atqb.h"
#include "drivers/pasori/iso14443-4.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>

static void
check(const MadoAtqb *atqb, uint8_t mbli)
{
    uint8_t command[MADO_ATQB_ATTRIB_LEN], atr[MADO_ATQB_ATR_LEN], tck = 0;
    MadoIso14443 link = {0};

    if (atqb->fsc < 16 || atqb->fsc > 4096 || atqb->fwi > 14 || atqb->fastest > MADO_RATE_424) {
        abort();
    }
    for (MadoRate rate = MADO_RATE_106; rate <= atqb->fastest; rate++) {
        mado_atqb_attrib(atqb, rate, command);
        if (command[0] != 0x1D || (command[6] & 0x0F) != 8 || command[8] != 0) {
            abort();
        }
    }
    mado_atqb_atr(atqb, mbli, atr);
    for (size_t i = 1; i < sizeof(atr); i++) {
        tck ^= atr[i];
    }
    mado_iso14443_init(&link, atqb->fsc, atqb->fwi);
    if (tck != 0 || link.max_inf < 13 || link.max_inf > 253 || link.fwt_us > 5000000) {
        abort();
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const size_t atqb_len = len < 13 ? len : 12U + (data[0] & 1);
    MadoAtqb atqb;
    uint8_t mbli = 0;

    if (mado_atqb_parse(data, len, &atqb) == MADO_BYTES_OK) {
        check(&atqb, 0);
    }
    if (mado_atqb_parse(data, atqb_len, &atqb) == MADO_BYTES_OK &&
        mado_atqb_parse_attrib(data + atqb_len, len - atqb_len, &mbli) == MADO_BYTES_OK) {
        check(&atqb, mbli);
    }
    return 0;
}
