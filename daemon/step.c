/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/step.h"

const char *
mado_step_name(MadoStepKind kind)
{
    switch (kind) {
    case MADO_STEP_IDLE:
        return "idle";
    case MADO_STEP_RELAY:
        return "relay";
    case MADO_STEP_DECIDE:
        return "decide";
    case MADO_STEP_PINS:
        return "pins";
    case MADO_STEP_WORK:
        return "work";
    case MADO_STEP_DONE:
        return "done";
    case MADO_STEP_HOLD:
        return "hold";
    }
    g_return_val_if_reached("hold");
}

void
mado_step_clear(MadoStep *self)
{
    g_clear_pointer(&self->details, g_variant_unref);
    g_clear_object(&self->fds);
    *self = (MadoStep){0};
}
