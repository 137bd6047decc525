/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/card/pin.h"

#include "common/error.h"
#include "common/pin-rule.h"
#include "common/sw.h"

#define INS_VERIFY     0x20U
#define INS_CHANGE     0x24U
#define INS_CHANGE_KEY 0x32U /* JICSAP, CLA 80 */
#define P2_CURRENT_EF  0x80U
#define SW_UNLIMITED   0x6300U
#define N_PIN_KINDS    4U

typedef struct {
    MadoPinKind kind;
    const char *name;
    MadoPinRule rule;
    MadoPin pins[2]; /* ef 0: none */
} KindRow;

static const KindRow kind_rows[N_PIN_KINDS] = {
    {MADO_PIN_SIGN, "sign", MADO_PIN_RULE_PASSWORD, {{MADO_AP_JPKI, MADO_EF_JPKI_SIGN_PIN}}},
    {MADO_PIN_AUTH, "auth", MADO_PIN_RULE_DIGITS, {{MADO_AP_JPKI, MADO_EF_JPKI_AUTH_PIN}}},
    {MADO_PIN_JUKI,
     "juki",
     MADO_PIN_RULE_DIGITS,
     {{MADO_AP_COMMON, MADO_EF_JUKI_PIN}, {MADO_AP_JUKI, MADO_EF_JUKI_PIN}}},
    {MADO_PIN_TEXT, "text", MADO_PIN_RULE_DIGITS, {{MADO_AP_TEXT, MADO_EF_TEXT_PIN}}},
};

static const KindRow *
find_kind(MadoPinKind kind)
{
    for (gsize i = 0; i < G_N_ELEMENTS(kind_rows); i++) {
        if (kind_rows[i].kind == kind)
            return &kind_rows[i];
    }
    return NULL;
}

gboolean
mado_pin_reference(MadoPinKind kind, guint index, MadoPin *ret_pin)
{
    const KindRow *row = find_kind(kind);

    if (row == NULL || index >= G_N_ELEMENTS(row->pins) || row->pins[index].ef == 0)
        return FALSE;
    *ret_pin = row->pins[index];
    return TRUE;
}

const char *
mado_pin_kind_name(MadoPinKind kind)
{
    const KindRow *row = find_kind(kind);

    return row == NULL ? "unknown" : row->name;
}

gboolean
mado_pin_kind_from_name(const char *name, MadoPinKind *ret_kind)
{
    for (gsize i = 0; i < G_N_ELEMENTS(kind_rows); i++) {
        if (g_strcmp0(kind_rows[i].name, name) == 0) {
            *ret_kind = kind_rows[i].kind;
            return TRUE;
        }
    }
    return FALSE;
}

/* Whether the card can hold it; @is_new: and whether it may be chosen. */
static gboolean
is_form_good(MadoPinRuleVerdict verdict, gboolean is_new)
{
    switch (verdict) {
    case MADO_PIN_RULE_GOOD:
    case MADO_PIN_RULE_WEAK_REPEATED:
    case MADO_PIN_RULE_WEAK_SEQUENCE:
    case MADO_PIN_RULE_WEAK_BIRTH:
        return TRUE;
    case MADO_PIN_RULE_NO_LETTER:
    case MADO_PIN_RULE_NO_DIGIT:
        return !is_new;
    case MADO_PIN_RULE_BAD_LENGTH:
    case MADO_PIN_RULE_BAD_CHARACTER:
    case MADO_PIN_RULE_N_VERDICTS:
        return FALSE;
    }
    return FALSE;
}

static gboolean
expect_form(const KindRow *row, gboolean is_good, GError **error)
{
    if (!is_good)
        g_set_error(error, MADO_ERROR, MADO_ERROR_PIN_FORM,
                    "the %s PIN has not the required form", row->name);
    return is_good;
}

static char *
upper_case(const KindRow *row, MadoSecret *pin)
{
    char *text = (char *)mado_secret_peek_writable(pin);

    if (row->rule == MADO_PIN_RULE_PASSWORD)
        mado_pin_rule_upper_case(text, mado_secret_len(pin));
    return text;
}

gboolean
mado_pin_normalise(MadoPinKind kind, MadoSecret *pin, GError **error)
{
    const KindRow *row = find_kind(kind);
    MadoPinRuleVerdict verdict;

    g_return_val_if_fail(row != NULL, FALSE);
    verdict = mado_pin_rule_check_form(row->rule, upper_case(row, pin), mado_secret_len(pin));
    return expect_form(row, is_form_good(verdict, FALSE), error);
}

gboolean
mado_pin_normalise_new(MadoPinKind kind, MadoSecret *pin, GError **error)
{
    const KindRow *row = find_kind(kind);
    MadoPinRuleVerdict verdict;

    g_return_val_if_fail(row != NULL, FALSE);
    verdict =
        mado_pin_rule_check_choice(row->rule, upper_case(row, pin), mado_secret_len(pin), NULL);
    return expect_form(row, is_form_good(verdict, TRUE), error);
}

/* ---- commands ---- */

/* What a PIN command's status word means; the tries left go into the message. */
static gboolean
expect_accepted(const MadoResponse *response, const char *doing, GError **error)
{
    unsigned n_tries;

    if (mado_sw_meaning(response->sw) != MADO_SW_MEANING_PIN_WRONG ||
        !mado_sw_tries_left(response->sw, &n_tries))
        return mado_card_expect_ok(response, doing, error);
    g_set_error(error, MADO_ERROR, MADO_ERROR_PIN_WRONG, "%s: wrong PIN, tries=%u", doing,
                n_tries);
    return FALSE;
}

gboolean
mado_pin_tries(MadoCard *card, const MadoPin *pin, int *ret_n_tries, GError **error)
{
    MadoCommand command = {.ins = INS_VERIFY, .p2 = (guint8)(P2_CURRENT_EF | pin->ef)};
    MadoResponse response;
    unsigned n_tries;

    if (!mado_card_select(card, pin->ap, error) ||
        !mado_card_exchange(card, &command, &response, error))
        return FALSE;
    if (mado_sw_meaning(response.sw) == MADO_SW_MEANING_PIN_BLOCKED)
        *ret_n_tries = MADO_PIN_TRIES_BLOCKED;
    else if (response.sw == SW_UNLIMITED || response.sw == MADO_SW_OK)
        *ret_n_tries = MADO_PIN_TRIES_UNLIMITED;
    else if (mado_sw_tries_left(response.sw, &n_tries))
        *ret_n_tries = (int)n_tries;
    else
        return mado_card_expect_ok(&response, "asking for the tries left", error);
    return TRUE;
}

gboolean
mado_pin_verify(MadoCard *card, const MadoPin *pin, const MadoSecret *value, GError **error)
{
    MadoCommand command = {.ins = INS_VERIFY,
                           .p2 = (guint8)(P2_CURRENT_EF | pin->ef),
                           .data = mado_secret_peek(value),
                           .data_len = mado_secret_len(value)};
    MadoResponse response;

    /* An empty VERIFY would ask for the tries, and a success would be misread. */
    g_return_val_if_fail(mado_secret_len(value) > 0, FALSE);
    return mado_card_select(card, pin->ap, error) &&
           mado_card_exchange(card, &command, &response, error) &&
           expect_accepted(&response, "verifying a PIN", error);
}

gboolean
mado_pin_change(MadoCard *card, const MadoPin *pin, const MadoSecret *value, GError **error)
{
    gboolean is_jicsap = pin->ap == MADO_AP_COMMON || pin->ap == MADO_AP_JUKI;
    MadoCommand command = {.cla = is_jicsap ? 0x80 : 0x00,
                           .ins = is_jicsap ? INS_CHANGE_KEY : INS_CHANGE,
                           .p1 = is_jicsap ? 0x00 : 0x01,
                           .p2 = P2_CURRENT_EF,
                           .data = mado_secret_peek(value),
                           .data_len = mado_secret_len(value)};
    MadoResponse response;

    g_return_val_if_fail(mado_secret_len(value) > 0, FALSE);
    return mado_card_select(card, pin->ap, error) &&
           mado_card_select_file(card, pin->ef, error) &&
           mado_card_exchange(card, &command, &response, error) &&
           expect_accepted(&response, "changing a PIN", error);
}

gboolean
mado_pin_replace_transport(MadoCard *card,
                           const MadoPin *pin,
                           const MadoSecret *transport,
                           const MadoSecret *value,
                           GError **error)
{
    g_autoptr(MadoSecret) both =
        mado_secret_new(mado_secret_len(transport) + mado_secret_len(value));
    MadoCommand command = {.ins = INS_CHANGE, .p2 = P2_CURRENT_EF};
    MadoResponse response;

    g_return_val_if_fail(mado_secret_len(transport) > 0 && mado_secret_len(value) > 0, FALSE);
    (void)mado_secret_append(both, mado_secret_peek(transport), mado_secret_len(transport));
    (void)mado_secret_append(both, mado_secret_peek(value), mado_secret_len(value));
    command.data = mado_secret_peek(both);
    command.data_len = mado_secret_len(both);
    return mado_card_select(card, pin->ap, error) &&
           mado_card_select_file(card, pin->ef, error) &&
           mado_card_exchange(card, &command, &response, error) &&
           expect_accepted(&response, "setting a PIN", error);
}
