/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/pin-entry.h"

#include "cli/descriptor.h"
#include "cli/terminal.h"
#include "common/error.h"
#include "common/pin-rule.h"
#include "common/wipe.h"

#include <glib/gi18n.h>

#include <string.h>
#include <unistd.h>

#define LINES_MAX 1024 /* bytes of a pins descriptor */
#define N_KINDS   4

/* In the order of MadoPinKind's bits. */
static const struct {
    MadoPinKind kind;
    const char *name;
    const char *label;
} kinds[N_KINDS] = {
    {MADO_PIN_SIGN, "sign", N_("password for the digital signature")},
    {MADO_PIN_AUTH, "auth", N_("PIN for user authentication")},
    {MADO_PIN_JUKI, "juki", N_("PIN of the Basic Resident Register")},
    {MADO_PIN_TEXT, "text", N_("PIN for the card's entries")},
};

struct _MadoPinEntry {
    gboolean from_fd;
    MadoSecret *lines; /* while from_fd; what the descriptor held */
    gboolean has_birth;
    MadoDate birth;
};

/* A prompt on the terminal; owned by its task. */
typedef struct {
    MadoPinEntry *entry; /* borrowed: outlives its prompts by contract */
    MadoPinEntryPrompt prompt;
    GCancellable *cancellable; /* (nullable) */
    MadoSecret *first;         /* (nullable) the first entry of a new PIN */
} Prompt;

gboolean
mado_pin_entry_kind_from_name(const char *name, MadoPinKind *ret_kind)
{
    for (gsize i = 0; i < N_KINDS; i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            *ret_kind = kinds[i].kind;
            return TRUE;
        }
    }
    return FALSE;
}

static gsize
place_of(MadoPinKind kind)
{
    gsize place = 0;

    while (place + 1 < N_KINDS && kinds[place].kind != kind)
        place++;
    return place;
}

const char *
mado_pin_entry_kind_label(MadoPinKind kind)
{
    return _(kinds[place_of(kind)].label);
}

MadoPinEntry *
mado_pin_entry_new(void)
{
    return g_new0(MadoPinEntry, 1);
}

MadoPinEntry *
mado_pin_entry_new_from_fd(int fd, GError **error)
{
    g_autoptr(MadoPinEntry) self = mado_pin_entry_new();

    self->from_fd = TRUE;
    self->lines = mado_descriptor_read(fd, LINES_MAX, error);
    if (self->lines == NULL)
        return NULL;
    return g_steal_pointer(&self);
}

void
mado_pin_entry_free(MadoPinEntry *self)
{
    if (self == NULL)
        return;
    mado_secret_free(self->lines);
    mado_wipe(&self->birth, sizeof self->birth);
    g_free(self);
}

void
mado_pin_entry_set_birth(MadoPinEntry *self, const MadoDate *birth)
{
    self->birth = *birth;
    self->has_birth = TRUE;
}

/* ---- rules ---------------------------------------------------------------------------- */

static MadoPinRule
rule_of(MadoPinKind kind)
{
    return kind == MADO_PIN_SIGN ? MADO_PIN_RULE_PASSWORD : MADO_PIN_RULE_DIGITS;
}

/* Capitals for a password; then form, and for a new one weak choices too. */
static MadoPinRuleVerdict
judge(const MadoPinEntry *self, const MadoPinEntryPrompt *prompt, MadoSecret *pin)
{
    char *text = (char *)mado_secret_peek_writable(pin);
    gsize len = mado_secret_len(pin);
    MadoPinRule rule = rule_of(prompt->kind);

    if (len > MADO_PIN_RULE_MAX_LEN)
        return MADO_PIN_RULE_BAD_LENGTH;
    if (rule == MADO_PIN_RULE_PASSWORD)
        mado_pin_rule_upper_case(text, len);
    if (prompt->purpose != MADO_PIN_ENTRY_NEW)
        return mado_pin_rule_check_form(rule, text, len);
    return mado_pin_rule_check_choice(rule, text, len, self->has_birth ? &self->birth : NULL);
}

static const char *
verdict_text(MadoPinRuleVerdict verdict, MadoPinKind kind)
{
    switch (verdict) {
    case MADO_PIN_RULE_BAD_LENGTH:
    case MADO_PIN_RULE_BAD_CHARACTER:
    case MADO_PIN_RULE_NO_LETTER:
    case MADO_PIN_RULE_NO_DIGIT:
        return kind == MADO_PIN_SIGN
                   ? _("Use capital letters and digits, at least one of each, 6 to 16 in all.")
                   : _("Enter 4 digits.");
    case MADO_PIN_RULE_WEAK_REPEATED:
    case MADO_PIN_RULE_WEAK_SEQUENCE:
    case MADO_PIN_RULE_WEAK_BIRTH:
        return _("Birthdays, repeated digits and runs cannot be used. Choose another one.");
    case MADO_PIN_RULE_GOOD:
    case MADO_PIN_RULE_N_VERDICTS:
        break;
    }
    return "";
}

/* ---- from a descriptor ---------------------------------------------------------------- */

/* (transfer full) (nullable): the value of the line @name=. */
static MadoSecret *
find_line(const MadoSecret *lines, const char *name)
{
    const char *at = (const char *)mado_secret_peek(lines);
    const char *end = at + mado_secret_len(lines);
    gsize name_len = strlen(name);

    while (at < end) {
        const char *line_end = memchr(at, '\n', (gsize)(end - at));
        gsize len = (gsize)((line_end != NULL ? line_end : end) - at);

        if (len > name_len && memcmp(at, name, name_len) == 0 && at[name_len] == '=')
            return mado_secret_new_from((const guint8 *)at + name_len + 1, len - name_len - 1);
        at += len + (line_end != NULL ? 1 : 0);
    }
    return NULL;
}

static MadoSecret *
take_line(const MadoPinEntry *self, const MadoPinEntryPrompt *prompt, GError **error)
{
    const char *kind = kinds[place_of(prompt->kind)].name;
    g_autofree char *name =
        g_strconcat(prompt->purpose == MADO_PIN_ENTRY_OLD ? "old-" : "", kind, NULL);
    g_autoptr(MadoSecret) pin = find_line(self->lines, name);
    MadoPinRuleVerdict verdict;

    if (pin == NULL) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT, "no line '%s='", name);
        return NULL;
    }
    verdict = judge(self, prompt, pin);
    if (verdict != MADO_PIN_RULE_GOOD) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_PIN_FORM, "%s: %s", name,
                    verdict_text(verdict, prompt->kind));
        return NULL;
    }
    return g_steal_pointer(&pin);
}

/* ---- from the terminal ---------------------------------------------------------------- */

static void
prompt_free(gpointer data)
{
    Prompt *prompt = data;

    g_clear_object(&prompt->cancellable);
    mado_secret_free(prompt->first);
    g_free(prompt);
}

/* (transfer full): what stands before the cursor. */
static char *
make_label(const Prompt *prompt)
{
    const char *label = mado_pin_entry_kind_label(prompt->prompt.kind);
    g_autofree char *tries = NULL;

    if (prompt->first != NULL)
        return g_strdup_printf(_("The same again, to confirm: "));
    if (prompt->prompt.purpose == MADO_PIN_ENTRY_NEW)
        return g_strdup_printf(_("Choose the %s: "), label);
    if (prompt->prompt.n_tries >= 0)
        tries = g_strdup_printf(g_dngettext(NULL, " (%d try left)", " (%d tries left)",
                                            (gulong)prompt->prompt.n_tries),
                                prompt->prompt.n_tries);
    return g_strdup_printf(_("Enter the present %s%s: "), label, tries != NULL ? tries : "");
}

static void
ask_terminal(GTask *task);

/* The terminal's answer: TRUE when the prompt is over, FALSE when it is asked again. */
static gboolean
take_answer(Prompt *prompt, MadoSecret **answer)
{
    MadoPinRuleVerdict verdict = judge(prompt->entry, &prompt->prompt, *answer);

    if (verdict != MADO_PIN_RULE_GOOD) {
        mado_terminal_say(verdict_text(verdict, prompt->prompt.kind));
        g_clear_pointer(&prompt->first, mado_secret_free);
        return FALSE;
    }
    if (prompt->prompt.purpose != MADO_PIN_ENTRY_NEW)
        return TRUE;
    if (prompt->first == NULL) {
        prompt->first = g_steal_pointer(answer);
        return FALSE;
    }
    if (mado_secret_equal(prompt->first, *answer))
        return TRUE;
    mado_terminal_say(_("The two entries differ. Start again."));
    g_clear_pointer(&prompt->first, mado_secret_free);
    return FALSE;
}

static void
on_answered(GObject *source, GAsyncResult *result, gpointer user_data)
{
    g_autoptr(GTask) task = user_data;
    Prompt *prompt = g_task_get_task_data(task);
    GError *error = NULL;
    MadoSecret *answer = mado_terminal_ask_finish(result, &error);

    if (answer == NULL) {
        g_task_return_error(task, error);
    } else if (take_answer(prompt, &answer)) {
        g_task_return_pointer(task, answer, (GDestroyNotify)mado_secret_free);
    } else {
        mado_secret_free(answer);
        ask_terminal(task);
    }
}

static void
ask_terminal(GTask *task)
{
    Prompt *prompt = g_task_get_task_data(task);
    g_autofree char *label = make_label(prompt);
    MadoTerminalQuestion question = {
        .label = label, .is_secret = TRUE, .timeout_ms = prompt->prompt.timeout_ms};

    mado_terminal_ask_async(&question, prompt->cancellable, on_answered, g_object_ref(task));
}

void
mado_pin_entry_ask_async(MadoPinEntry *self,
                         const MadoPinEntryPrompt *prompt,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
    g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, user_data);
    Prompt *asked = g_new0(Prompt, 1);
    GError *error = NULL;
    MadoSecret *pin;

    asked->entry = self;
    asked->prompt = *prompt;
    asked->cancellable = cancellable != NULL ? g_object_ref(cancellable) : NULL;
    g_task_set_source_tag(task, mado_pin_entry_ask_async);
    g_task_set_task_data(task, asked, prompt_free);
    if (!self->from_fd) {
        ask_terminal(task);
        return;
    }
    pin = take_line(self, prompt, &error);
    if (pin != NULL)
        g_task_return_pointer(task, pin, (GDestroyNotify)mado_secret_free);
    else
        g_task_return_error(task, error);
}

MadoSecret *
mado_pin_entry_ask_finish(MadoPinEntry *self, GAsyncResult *result, GError **error)
{
    g_return_val_if_fail(g_async_result_is_tagged(result, mado_pin_entry_ask_async), NULL);
    return g_task_propagate_pointer(G_TASK(result), error);
}
