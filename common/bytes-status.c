/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "common/bytes-status.h"

const char *
mado_bytes_status_name(MadoBytesStatus status)
{
    switch (status) {
    case MADO_BYTES_OK:
        return "ok";
    case MADO_BYTES_SHORT:
        return "short";
    case MADO_BYTES_TRAILING:
        return "trailing bytes";
    case MADO_BYTES_BAD_TAG:
        return "bad tag";
    case MADO_BYTES_BAD_LENGTH:
        return "bad length";
    case MADO_BYTES_BAD_VALUE:
        return "bad value";
    case MADO_BYTES_DEPTH:
        return "too deep";
    case MADO_BYTES_MISSING:
        return "missing";
    case MADO_BYTES_FULL:
        return "no room";
    case MADO_BYTES_N_STATUSES:
        break;
    }
    return "unknown";
}
