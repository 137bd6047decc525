/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the resident sees and may do: one state machine, without a widget and without the bus.
 * The window draws what it says and hands it touches and keys; the agent hands it pages and
 * prompts and is told how they end. Every prompt ends exactly once, with on_entered or
 * on_refused. Time is the window's: it tells when nobody has touched anything.
 *
 *   prompt → SAME? → PIN → PIN again → on_entered, WAIT
 *                     ↑↘ WEAK, MISMATCH
 *
 * Over each of them may lie: LANGUAGE, HELP, TIMEOUT. Main thread.
 */
#pragma once

#include "common/body-person.h"
#include "common/error.h"
#include "gui/resident/entry.h"

typedef enum {
    MADO_FLOW_IDLE,     /* R00 */
    MADO_FLOW_LANGUAGE, /* R01 */
    MADO_FLOW_CONFIRM,  /* R02 */
    MADO_FLOW_EXPLAIN,  /* R03 */
    MADO_FLOW_SAME,     /* R04 */
    MADO_FLOW_PIN,      /* R05, R06, R07 */
    MADO_FLOW_WEAK,     /* R08 */
    MADO_FLOW_MISMATCH, /* R09 */
    MADO_FLOW_WAIT,     /* R10 */
    MADO_FLOW_CONSENT,  /* R11 */
    MADO_FLOW_DONE,     /* R12 */
    MADO_FLOW_TIMEOUT,  /* R13 */
    MADO_FLOW_HELP,     /* R14 */
    MADO_FLOW_LOCKED,   /* R15 */
    MADO_FLOW_SORRY,
    MADO_FLOW_N_PAGES
} MadoFlowPage;

typedef enum {
    MADO_FLOW_VERIFY,
    MADO_FLOW_OLD,
    MADO_FLOW_NEW,
} MadoFlowPurpose;

typedef struct {
    MadoPinKind kind;
    MadoFlowPurpose purpose;
    int n_tries;       /* left; negative: not said */
    const char *visit; /* hex, "" outside a visit; copied */
} MadoFlowPrompt;

typedef struct _MadoFlow MadoFlow;

typedef struct {
    /* Draw again. */
    void (*on_changed)(gpointer user_data);
    /* The prompt ended with a PIN (transfer none: use it at once). */
    void (*on_entered)(const MadoSecret *pin, gpointer user_data);
    /* The prompt ended without: CANCELLED, TIMED_OUT or PIN_FORM. @why: of PIN_FORM. */
    void (*on_refused)(MadoErrorCode code, const char *why, gpointer user_data);
    /* This resident is gone, and all that was known of them. */
    void (*on_forgotten)(gpointer user_data);
    /* Manager.AnswerPage. */
    void (*on_answered)(const char *page, const char *answer, gpointer user_data);
    gpointer user_data;
} MadoFlowSettings;

/* (transfer full): idle. */
MadoFlow *
mado_flow_new(const MadoFlowSettings *settings);
void
mado_flow_free(MadoFlow *self); /* a prompt is not ended; NULL is allowed */

/* ---- from the daemon ---- */

/* TRUE when @name is one of PinAgent.Show's pages. */
gboolean
mado_flow_page_from_name(const char *name, MadoFlowPage *ret_page);
/* A page without details. Nothing while a prompt is up, but IDLE ends it and forgets
 * everything; what DONE, LOCKED and SORRY say stays to be read for a while. */
void
mado_flow_show(MadoFlow *self, MadoFlowPage page);
/* @person is copied; also the birthday for the choice of PINs. */
void
mado_flow_show_confirm(MadoFlow *self, const MadoBodyPerson *person);
/* @slots: set of MadoSlot. @person (nullable) is copied. */
void
mado_flow_show_consent(MadoFlow *self, guint slots, const MadoBodyPerson *person);
void
mado_flow_show_wait(MadoFlow *self, guint n_done, guint n_all, guint rest_ms);
/* @n_tries 0: it is locked. */
void
mado_flow_show_locked(MadoFlow *self, MadoPinKind kind, guint n_tries);
/* Busy when FALSE: a prompt is up. */
gboolean
mado_flow_prompt(MadoFlow *self, const MadoFlowPrompt *prompt);
/* The prompt is taken away and what was typed or kept is wiped; it ends as CANCELLED. */
void
mado_flow_dismiss(MadoFlow *self);
/* The daemon or the monitor is gone: back to the beginning, everything wiped. */
void
mado_flow_reset(MadoFlow *self);

/* ---- from the resident ---- */

void
mado_flow_press(MadoFlow *self, char character);
void
mado_flow_erase(MadoFlow *self);
/* Next, Yes, Agree, Start again: the page's main button. */
void
mado_flow_accept(MadoFlow *self);
/* Something is wrong, I do not agree, each one separately. */
void
mado_flow_decline(MadoFlow *self);
void
mado_flow_stop(MadoFlow *self);
void
mado_flow_call_staff(MadoFlow *self);
/* Opens the choice of languages over the page. */
void
mado_flow_open_languages(MadoFlow *self);
/* A language was chosen, which is the window's affair. */
void
mado_flow_language_chosen(MadoFlow *self);

/* TRUE when stop would end something. */
gboolean
mado_flow_can_stop(const MadoFlow *self);

/* ---- time ---- */

/* TRUE while a page waits for the resident, and TIMEOUT is not shown yet. */
gboolean
mado_flow_waits(const MadoFlow *self);
/* Only says something that the desk has done with: to be taken away soon. */
gboolean
mado_flow_lingers(const MadoFlow *self);
/* Nobody touched anything for a while: asks whether somebody is there, or takes away what
 * lingers. */
void
mado_flow_idle(MadoFlow *self);
/* Nobody answered: everything is wiped. */
void
mado_flow_expire(MadoFlow *self);

/* ---- to draw ---- */

MadoFlowPage
mado_flow_page(const MadoFlow *self); /* the uppermost */
gboolean
mado_flow_has_prompt(const MadoFlow *self);
/* Of the last prompt, or of LOCKED. */
MadoPinKind
mado_flow_kind(const MadoFlow *self);
MadoFlowPurpose
mado_flow_purpose(const MadoFlow *self);
int
mado_flow_tries(const MadoFlow *self); /* -1: not said */
gboolean
mado_flow_is_again(const MadoFlow *self);
/* One number is being chosen for the three. */
gboolean
mado_flow_is_same(const MadoFlow *self);
/* Place in the story; FALSE when there is none to tell. */
gboolean
mado_flow_place(const MadoFlow *self, guint *ret_place, guint *ret_all);
const MadoEntry *
mado_flow_entry(const MadoFlow *self); /* (transfer none), never NULL */
MadoPinRuleVerdict
mado_flow_verdict(const MadoFlow *self); /* why WEAK is shown */
const MadoBodyPerson *
mado_flow_person(const MadoFlow *self); /* (transfer none) (nullable) */
guint
mado_flow_slots(const MadoFlow *self);
void
mado_flow_progress(const MadoFlow *self, guint ret_progress[3]);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoFlow, mado_flow_free)
