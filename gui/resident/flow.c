/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "gui/resident/flow.h"

#include "common/wipe.h"
#include "gui/resident/story.h"

#include <string.h>

/* So often may a choice fail before the clerk is told. */
#define CHOICES_MAX 5U

/* What lies over the page. */
typedef enum {
    OVER_NONE,
    OVER_LANGUAGE,
    OVER_HELP,
    OVER_TIMEOUT,
} Over;

struct _MadoFlow {
    MadoFlowSettings settings;
    MadoFlowPage page;
    Over over;
    MadoStory *story;
    MadoEntry *entry;
    MadoBodyPerson person; /* of CONFIRM and CONSENT; empty name: nobody */
    gboolean lingers;      /* the page outlives its visit */
    guint slots;
    guint progress[3];
    MadoPinKind kind; /* of the last prompt, or of LOCKED */
    int n_tries;

    /* while a prompt is up */
    gboolean has_prompt;
    MadoFlowPurpose purpose;
    MadoSecret *first; /* (nullable): a new PIN, typed once */
    guint n_choices;   /* that failed */
    MadoPinRuleVerdict verdict;
};

static const struct {
    MadoFlowPage page;
    const char *name;
} names[] = {
    {MADO_FLOW_IDLE, "idle"},       {MADO_FLOW_LANGUAGE, "language"},
    {MADO_FLOW_CONFIRM, "confirm"}, {MADO_FLOW_EXPLAIN, "explain"},
    {MADO_FLOW_WAIT, "wait"},       {MADO_FLOW_CONSENT, "consent"},
    {MADO_FLOW_DONE, "done"},       {MADO_FLOW_LOCKED, "locked"},
    {MADO_FLOW_SORRY, "sorry"},
};

gboolean
mado_flow_page_from_name(const char *name, MadoFlowPage *ret_page)
{
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(names[i].name, name) == 0) {
            *ret_page = names[i].page;
            return TRUE;
        }
    }
    return FALSE;
}

/* As AnswerPage wants it. */
static const char *
name_of(const MadoFlow *self)
{
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (names[i].page == self->page)
            return names[i].name;
    return "prompt";
}

MadoFlow *
mado_flow_new(const MadoFlowSettings *settings)
{
    MadoFlow *self = g_new0(MadoFlow, 1);

    self->settings = *settings;
    self->story = mado_story_new();
    self->entry = mado_entry_new();
    self->kind = MADO_PIN_AUTH;
    self->n_tries = -1;
    return self;
}

void
mado_flow_free(MadoFlow *self)
{
    if (self == NULL)
        return;
    mado_body_person_clear(&self->person);
    mado_secret_free(self->first);
    mado_story_free(self->story);
    mado_entry_free(self->entry);
    g_free(self);
}

/* ---- ways from page to page ---- */

static void
changed(MadoFlow *self)
{
    self->settings.on_changed(self->settings.user_data);
}

static void
forget_typed(MadoFlow *self)
{
    mado_entry_clear(self->entry);
    g_clear_pointer(&self->first, mado_secret_free);
}

static void
set_page(MadoFlow *self, MadoFlowPage page)
{
    self->page = page;
    if (self->over == OVER_TIMEOUT)
        self->over = OVER_NONE;
    changed(self);
}

static void
forget_everything(MadoFlow *self)
{
    forget_typed(self);
    mado_story_forget(self->story);
    mado_body_person_clear(&self->person);
    self->slots = 0;
    self->over = OVER_NONE;
    self->n_tries = -1;
}

static void
refuse(MadoFlow *self, MadoErrorCode code, const char *why, MadoFlowPage next)
{
    gboolean had_prompt = self->has_prompt;

    forget_typed(self);
    self->has_prompt = FALSE;
    if (had_prompt)
        self->settings.on_refused(code, why, self->settings.user_data);
    set_page(self, next);
}

/* ---- a PIN ---- */

static MadoPinRule
rule_of(MadoPinKind kind)
{
    return kind == MADO_PIN_SIGN ? MADO_PIN_RULE_PASSWORD : MADO_PIN_RULE_DIGITS;
}

static void
give(MadoFlow *self, const MadoSecret *pin)
{
    self->has_prompt = FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(self->progress); i++)
        self->progress[i] = 0;
    self->settings.on_entered(pin, self->settings.user_data);
    set_page(self, MADO_FLOW_WAIT);
}

static void
give_typed(MadoFlow *self)
{
    g_autoptr(MadoSecret) typed = mado_entry_take(self->entry);

    g_clear_pointer(&self->first, mado_secret_free);
    if (self->purpose == MADO_FLOW_NEW)
        mado_story_chosen(self->story, typed);
    give(self, typed);
}

static void
start_typing(MadoFlow *self)
{
    forget_typed(self);
    mado_entry_start(self->entry, rule_of(self->kind));
    set_page(self, MADO_FLOW_PIN);
}

/* The number of all three, or the page to choose one. */
static void
start_choosing(MadoFlow *self)
{
    g_autoptr(MadoSecret) kept = mado_story_take_kept(self->story);

    if (kept != NULL)
        give(self, kept);
    else
        start_typing(self);
}

/* One more choice that cannot be. */
static void
fail_choice(MadoFlow *self, MadoFlowPage page, const char *why)
{
    forget_typed(self);
    if (++self->n_choices >= CHOICES_MAX)
        refuse(self, MADO_ERROR_PIN_FORM, why, MADO_FLOW_IDLE);
    else
        set_page(self, page);
}

static void
accept_first(MadoFlow *self)
{
    self->verdict = mado_entry_check_choice(self->entry, mado_story_birth(self->story));
    if (self->verdict != MADO_PIN_RULE_GOOD) {
        fail_choice(self, MADO_FLOW_WEAK, "weak");
        return;
    }
    self->first = mado_entry_take(self->entry);
    set_page(self, MADO_FLOW_PIN);
}

static void
accept_typed(MadoFlow *self)
{
    if (mado_entry_check_form(self->entry) != MADO_PIN_RULE_GOOD)
        return;
    if (self->purpose != MADO_FLOW_NEW)
        give_typed(self);
    else if (self->first == NULL)
        accept_first(self);
    else if (mado_entry_equals(self->entry, self->first))
        give_typed(self);
    else
        fail_choice(self, MADO_FLOW_MISMATCH, "mismatch");
}

/* ---- from the daemon ---- */

/* The next one begins. */
static void
end_lingering(MadoFlow *self)
{
    if (!self->lingers)
        return;
    self->lingers = FALSE;
    self->settings.on_forgotten(self->settings.user_data);
}

static void
show_idle(MadoFlow *self)
{
    gboolean has_last_word = self->page == MADO_FLOW_DONE || self->page == MADO_FLOW_LOCKED ||
                             self->page == MADO_FLOW_SORRY;
    int n_tries;

    if (self->has_prompt || !has_last_word) {
        mado_flow_reset(self);
        return;
    }
    n_tries = self->n_tries;
    forget_everything(self);
    self->n_tries = n_tries;
    self->lingers = TRUE;
    changed(self);
}

void
mado_flow_show(MadoFlow *self, MadoFlowPage page)
{
    if (page == MADO_FLOW_IDLE) {
        show_idle(self);
        return;
    }
    if (self->has_prompt)
        return;
    end_lingering(self);
    if (page == MADO_FLOW_DONE || page == MADO_FLOW_SORRY)
        forget_everything(self);
    self->over = self->over == OVER_HELP ? OVER_HELP : OVER_NONE;
    set_page(self, page);
}

static void
take_person(MadoFlow *self, const MadoBodyPerson *person)
{
    MadoDate birth;

    mado_body_person_clear(&self->person);
    if (person == NULL)
        return;
    self->person = *person;
    if (mado_date_parse(person->birth, strlen(person->birth), &birth))
        mado_story_set_birth(self->story, &birth);
    mado_wipe(&birth, sizeof birth);
}

void
mado_flow_show_confirm(MadoFlow *self, const MadoBodyPerson *person)
{
    if (self->has_prompt)
        return;
    take_person(self, person);
    mado_flow_show(self, MADO_FLOW_CONFIRM);
}

void
mado_flow_show_consent(MadoFlow *self, guint slots, const MadoBodyPerson *person)
{
    if (self->has_prompt)
        return;
    take_person(self, person);
    self->slots = slots;
    mado_flow_show(self, MADO_FLOW_CONSENT);
}

void
mado_flow_show_wait(MadoFlow *self, guint n_done, guint n_all, guint rest_ms)
{
    self->progress[0] = n_done;
    self->progress[1] = n_all;
    self->progress[2] = rest_ms;
    mado_flow_show(self, MADO_FLOW_WAIT);
}

void
mado_flow_show_locked(MadoFlow *self, MadoPinKind kind, guint n_tries)
{
    if (self->has_prompt)
        return;
    self->kind = kind;
    self->n_tries = (int)n_tries;
    mado_flow_show(self, MADO_FLOW_LOCKED);
}

gboolean
mado_flow_prompt(MadoFlow *self, const MadoFlowPrompt *prompt)
{
    if (self->has_prompt)
        return FALSE;
    end_lingering(self);
    self->has_prompt = TRUE;
    self->kind = prompt->kind;
    self->purpose = prompt->purpose;
    self->n_tries = prompt->n_tries;
    self->n_choices = 0;
    self->over = OVER_NONE;
    if (prompt->purpose != MADO_FLOW_NEW) {
        start_typing(self);
        return TRUE;
    }
    mado_story_begin(self->story, prompt->visit, prompt->kind);
    if (mado_story_asks_same(self->story))
        set_page(self, MADO_FLOW_SAME);
    else
        start_choosing(self);
    return TRUE;
}

void
mado_flow_dismiss(MadoFlow *self)
{
    MadoDate birth;
    gboolean has_birth = mado_story_birth(self->story) != NULL;

    if (!self->has_prompt)
        return;
    if (has_birth)
        birth = *mado_story_birth(self->story);
    mado_story_forget(self->story);
    if (has_birth) /* the visit may go on */
        mado_story_set_birth(self->story, &birth);
    mado_wipe(&birth, sizeof birth);
    self->over = OVER_NONE;
    refuse(self, MADO_ERROR_CANCELLED, NULL, MADO_FLOW_IDLE);
}

void
mado_flow_reset(MadoFlow *self)
{
    forget_everything(self);
    self->lingers = FALSE;
    self->settings.on_forgotten(self->settings.user_data);
    refuse(self, MADO_ERROR_CANCELLED, NULL, MADO_FLOW_IDLE);
}

/* ---- from the resident ---- */

static gboolean
is_typing(const MadoFlow *self)
{
    return mado_flow_page(self) == MADO_FLOW_PIN && self->has_prompt;
}

void
mado_flow_press(MadoFlow *self, char character)
{
    if (is_typing(self) && mado_entry_press(self->entry, character))
        changed(self);
}

void
mado_flow_erase(MadoFlow *self)
{
    if (is_typing(self) && mado_entry_erase(self->entry))
        changed(self);
}

static void
answer_page(MadoFlow *self, const char *answer, MadoFlowPage next)
{
    self->settings.on_answered(name_of(self), answer, self->settings.user_data);
    mado_body_person_clear(&self->person);
    set_page(self, next);
}

static void
close_over(MadoFlow *self)
{
    self->over = OVER_NONE;
    changed(self);
}

static void
choose_same(MadoFlow *self, gboolean is_same)
{
    mado_story_choose_same(self->story, is_same);
    start_choosing(self);
}

void
mado_flow_accept(MadoFlow *self)
{
    if (self->over == OVER_HELP || self->over == OVER_TIMEOUT) {
        close_over(self);
        return;
    }
    if (self->over != OVER_NONE)
        return;
    switch (self->page) {
    case MADO_FLOW_CONFIRM:
    case MADO_FLOW_EXPLAIN:
    case MADO_FLOW_CONSENT:
        answer_page(self, "yes", MADO_FLOW_IDLE);
        break;
    case MADO_FLOW_SAME:
        choose_same(self, TRUE);
        break;
    case MADO_FLOW_PIN:
        accept_typed(self);
        break;
    case MADO_FLOW_WEAK:
    case MADO_FLOW_MISMATCH:
        start_typing(self);
        break;
    case MADO_FLOW_IDLE:
    case MADO_FLOW_LANGUAGE:
    case MADO_FLOW_WAIT:
    case MADO_FLOW_DONE:
    case MADO_FLOW_TIMEOUT:
    case MADO_FLOW_HELP:
    case MADO_FLOW_LOCKED:
    case MADO_FLOW_SORRY:
    case MADO_FLOW_N_PAGES:
        break;
    }
}

void
mado_flow_decline(MadoFlow *self)
{
    if (self->over != OVER_NONE)
        return;
    if (self->page == MADO_FLOW_CONFIRM || self->page == MADO_FLOW_CONSENT)
        answer_page(self, "no", MADO_FLOW_IDLE);
    else if (self->page == MADO_FLOW_SAME)
        choose_same(self, FALSE);
}

static gboolean
is_question(MadoFlowPage page)
{
    return page == MADO_FLOW_LANGUAGE || page == MADO_FLOW_CONFIRM ||
           page == MADO_FLOW_EXPLAIN || page == MADO_FLOW_CONSENT;
}

static void
end_page(MadoFlow *self, MadoErrorCode code)
{
    gboolean was_question = !self->has_prompt && is_question(self->page);
    const char *name = name_of(self);

    forget_everything(self);
    if (was_question)
        self->settings.on_answered(name, "stop", self->settings.user_data);
    refuse(self, code, NULL, MADO_FLOW_IDLE);
}

gboolean
mado_flow_can_stop(const MadoFlow *self)
{
    return self->has_prompt || is_question(self->page);
}

void
mado_flow_stop(MadoFlow *self)
{
    if (mado_flow_can_stop(self))
        end_page(self, MADO_ERROR_CANCELLED);
}

void
mado_flow_call_staff(MadoFlow *self)
{
    self->settings.on_answered(self->has_prompt ? "prompt" : name_of(self), "staff",
                               self->settings.user_data);
    self->over = OVER_HELP;
    changed(self);
}

void
mado_flow_open_languages(MadoFlow *self)
{
    self->over = OVER_LANGUAGE;
    changed(self);
}

void
mado_flow_language_chosen(MadoFlow *self)
{
    if (self->over == OVER_LANGUAGE)
        close_over(self);
    else if (self->page == MADO_FLOW_LANGUAGE && self->over == OVER_NONE)
        answer_page(self, "yes", MADO_FLOW_IDLE);
    else
        changed(self);
}

/* ---- time ---- */

gboolean
mado_flow_waits(const MadoFlow *self)
{
    return self->over != OVER_TIMEOUT &&
           (self->has_prompt || is_question(self->page) || self->over != OVER_NONE);
}

gboolean
mado_flow_lingers(const MadoFlow *self)
{
    return self->lingers;
}

void
mado_flow_idle(MadoFlow *self)
{
    if (self->lingers) {
        mado_flow_reset(self);
        return;
    }
    if (!mado_flow_waits(self))
        return;
    if (!self->has_prompt && !is_question(self->page)) {
        close_over(self); /* nobody needs to be asked */
        return;
    }
    self->over = OVER_TIMEOUT;
    changed(self);
}

void
mado_flow_expire(MadoFlow *self)
{
    if (self->over == OVER_TIMEOUT)
        end_page(self, MADO_ERROR_TIMED_OUT);
}

/* ---- to draw ---- */

MadoFlowPage
mado_flow_page(const MadoFlow *self)
{
    switch (self->over) {
    case OVER_NONE:
        break;
    case OVER_LANGUAGE:
        return MADO_FLOW_LANGUAGE;
    case OVER_HELP:
        return MADO_FLOW_HELP;
    case OVER_TIMEOUT:
        return MADO_FLOW_TIMEOUT;
    }
    return self->page;
}

gboolean
mado_flow_has_prompt(const MadoFlow *self)
{
    return self->has_prompt;
}

MadoPinKind
mado_flow_kind(const MadoFlow *self)
{
    return self->kind;
}

MadoFlowPurpose
mado_flow_purpose(const MadoFlow *self)
{
    return self->purpose;
}

int
mado_flow_tries(const MadoFlow *self)
{
    return self->n_tries;
}

gboolean
mado_flow_is_again(const MadoFlow *self)
{
    return self->first != NULL;
}

gboolean
mado_flow_is_same(const MadoFlow *self)
{
    return self->purpose == MADO_FLOW_NEW && mado_story_is_same(self->story);
}

gboolean
mado_flow_place(const MadoFlow *self, guint *ret_place, guint *ret_all)
{
    return self->has_prompt && self->purpose == MADO_FLOW_NEW &&
           mado_story_place(self->story, ret_place, ret_all);
}

const MadoEntry *
mado_flow_entry(const MadoFlow *self)
{
    return self->entry;
}

MadoPinRuleVerdict
mado_flow_verdict(const MadoFlow *self)
{
    return self->verdict;
}

const MadoBodyPerson *
mado_flow_person(const MadoFlow *self)
{
    return self->person.name[0] != '\0' ? &self->person : NULL;
}

guint
mado_flow_slots(const MadoFlow *self)
{
    return self->slots;
}

void
mado_flow_progress(const MadoFlow *self, guint ret_progress[3])
{
    for (gsize i = 0; i < G_N_ELEMENTS(self->progress); i++)
        ret_progress[i] = self->progress[i];
}
