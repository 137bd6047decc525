/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/procedure/plan.h"

#include "common/error.h"
#include "daemon/procedure/issue.h"
#include "daemon/procedure/prepare.h"

#include <string.h>

static const char *const row_names[] = {
#define ROW_NAME(name, word) word,
    MADO_PLAN_ROWS(ROW_NAME)
#undef ROW_NAME
};

const MadoPlan *
mado_plan_find(MadoProcedure procedure)
{
    if (procedure == MADO_PROCEDURE_PREPARE)
        return mado_prepare_plan();
    return procedure == MADO_PROCEDURE_ISSUE ? mado_issue_plan() : NULL;
}

const MadoPlan *
mado_plan_find_name(const char *name)
{
    if (strcmp(name, mado_prepare_plan()->name) == 0)
        return mado_prepare_plan();
    return strcmp(name, mado_issue_plan()->name) == 0 ? mado_issue_plan() : NULL;
}

MadoPlanRow
mado_plan_row(MadoScriptPhase phase)
{
    switch (phase) {
    case MADO_SCRIPT_RECORD:
        return MADO_PLAN_RECORD;
    case MADO_SCRIPT_OPEN:
        return MADO_PLAN_OPEN;
    case MADO_SCRIPT_STAGE:
        return MADO_PLAN_STAGE;
    case MADO_SCRIPT_COMMIT:
        return MADO_PLAN_COMMIT;
    case MADO_SCRIPT_UNDO:
        return MADO_PLAN_UNDO;
    }
    g_return_val_if_reached(MADO_PLAN_N_ROWS);
}

static guint
answer_of_script(MadoScriptPhase phase)
{
    switch (phase) {
    case MADO_SCRIPT_RECORD:
        return MADO_PLAN_MAY_RECORD;
    case MADO_SCRIPT_OPEN:
        return MADO_PLAN_MAY_OPEN;
    case MADO_SCRIPT_STAGE:
        return MADO_PLAN_MAY_STAGE;
    case MADO_SCRIPT_COMMIT:
        return MADO_PLAN_MAY_COMMIT;
    case MADO_SCRIPT_UNDO:
        return MADO_PLAN_MAY_UNDO;
    }
    return 0;
}

static guint
answer_of(const MadoBodyReply *reply)
{
    switch (reply->next) {
    case MADO_NEXT_DECIDE:
        return MADO_PLAN_MAY_DECIDE;
    case MADO_NEXT_SCRIPT:
        return answer_of_script(reply->phase);
    case MADO_NEXT_CSR:
        return MADO_PLAN_MAY_CSR;
    case MADO_NEXT_COMMITTED:
    case MADO_NEXT_ABORTED:
    case MADO_NEXT_HOLD:
        return MADO_PLAN_MAY_END;
    }
    return 0;
}

static gboolean
set_fault(GError **error, MadoPlanRow row, const char *fault)
{
    g_set_error(error, MADO_ERROR, MADO_ERROR_CENTRE_ANSWER, "the centre's answer to '%s': %s",
                row_names[row], fault);
    return FALSE;
}

/* The PIN that guards the private key of a slot. */
static MadoPinKind
pin_of_slot(MadoSlot slot)
{
    return slot == MADO_SLOT_SIGN ? MADO_PIN_SIGN : MADO_PIN_AUTH;
}

static const char *
find_pin_fault(const MadoPlan *self, const MadoBodyReply *reply)
{
    guint8 pins = 0;

    for (guint i = 0; i < reply->n_pins; i++)
        pins |= (guint8)reply->pins[i].kind;
    if (reply->phase != MADO_SCRIPT_OPEN && (pins != 0 || reply->sign_slots != 0))
        return "PINs or requests outside script OPEN";
    if ((pins & ~self->pins) != 0)
        return "a PIN that this procedure does not set";
    if ((reply->sign_slots & ~self->slots) != 0)
        return "a key that this procedure does not make";
    for (MadoSlot slot = MADO_SLOT_AUTH; slot <= MADO_SLOT_SIGN; slot <<= 1)
        if ((reply->sign_slots & slot) != 0 && (pins & pin_of_slot(slot)) == 0)
            return "a request to sign without the PIN that guards its key";
    if ((pins != 0 || reply->sign_slots != 0) && !reply->has_host_challenge)
        return "no challenge for the session after the PINs";
    return NULL;
}

static const char *
find_script_fault(const MadoPlan *self, gboolean has_session_begun, const MadoBodyReply *reply)
{
    if (has_session_begun && reply->authenticate == NULL)
        return "no AUTHENTICATE for the session that was begun";
    if (!has_session_begun && reply->authenticate != NULL)
        return "AUTHENTICATE without a session to begin";
    if (reply->phase != MADO_SCRIPT_STAGE && reply->phase != MADO_SCRIPT_COMMIT &&
        reply->n_cmp != 0)
        return "a CMP message where none is due";
    return find_pin_fault(self, reply);
}

static const char *
find_decide_fault(const MadoPlan *self, MadoPlanRow row, const MadoBodyReply *reply)
{
    if (!reply->has_host_challenge || (row == MADO_PLAN_LOOKUP && reply->key_version == 0))
        return "no challenge or key version";
    if (reply->n_wanted > 0 && !reply->has_centre_nonce)
        return "decisions wanted without a nonce";
    for (guint i = 0; i < reply->n_wanted; i++)
        if ((guint)reply->wanted[i] >= 32 ||
            (self->decisions & 1U << (guint)reply->wanted[i]) == 0)
            return "a decision that this procedure does not know";
    return NULL;
}

gboolean
mado_plan_check(const MadoPlan *self,
                MadoPlanRow row,
                gboolean has_session_begun,
                const MadoBodyReply *reply,
                GError **error)
{
    const char *fault = NULL;

    if ((self->may[row] & answer_of(reply)) == 0)
        fault = "a step that may not follow here";
    else if (reply->next == MADO_NEXT_SCRIPT)
        fault = find_script_fault(self, has_session_begun, reply);
    else if (reply->next == MADO_NEXT_DECIDE)
        fault = find_decide_fault(self, row, reply);
    else if (reply->next == MADO_NEXT_CSR && reply->n_csrs == 0)
        fault = "no certificate request given back";
    return fault == NULL || set_fault(error, row, fault);
}
