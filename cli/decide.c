/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/decide.h"

#include "cli/commands.h"
#include "cli/terminal.h"
#include "client/documents.h"
#include "client/text.h"
#include "common/error.h"

#include <glib/gi18n.h>

#include <string.h>

#define DETAIL_LEN_MAX 200 /* MADO_DEC_DETAIL */

/* What came from the centre is free of control characters, not of marks that turn a line round.
 */
static void
say_text(const char *text)
{
    g_autofree char *clean = mado_text_clean(text);
    g_autofree char *line = g_strconcat("  ", clean, NULL);

    if (clean[0] != '\0')
        mado_terminal_say(line);
}

static void
say_person(const MadoBodyPerson *person)
{
    if (person == NULL)
        return;
    mado_terminal_say(_("The centre's record of the resident:"));
    say_text(person->name);
    say_text(person->kana);
    say_text(person->birth);
    say_text(person->address);
}

/* Once only: a script that gave a wrong code is told so, a clerk is asked again. */
static char *
ask_documents(const MadoArguments *arguments, GCancellable *cancellable, GError **error)
{
    const char *given = mado_arguments_value(arguments, MADO_OPTION_DOCUMENTS);
    gsize n_documents = 0;
    const MadoDocument *documents = mado_documents_all(&n_documents);

    if (given != NULL)
        return mado_documents_check(given, error);
    mado_terminal_say(_("Identity documents: one of A, or two of B."));
    for (gsize i = 0; i < n_documents; i++) {
        g_autofree char *line =
            g_strdup_printf("  %s  %s", documents[i].code, _(documents[i].label));

        mado_terminal_say(line);
    }
    for (;;) {
        g_autoptr(GError) failure = NULL;
        g_autofree char *answer = mado_terminal_ask_text(
            _("Which have you seen (for example A1, or B1+B2)? "), cancellable, error);
        char *codes;

        if (answer == NULL)
            return NULL;
        codes = mado_documents_check(answer, &failure);
        if (codes != NULL)
            return codes;
        mado_terminal_say(_("That does not suffice, or a code is not in the list."));
    }
}

/* "same", "doubt: …", "refused: …". */
static char *
check_face(const char *answer, GError **error)
{
    static const char *const words[] = {"same", "doubt: ", "refused: "};
    gsize len = strlen(answer);

    if (strcmp(answer, words[0]) == 0)
        return g_strdup(answer);
    for (gsize i = 1; i < G_N_ELEMENTS(words); i++) {
        if (g_str_has_prefix(answer, words[i]) && len > strlen(words[i]) &&
            len <= DETAIL_LEN_MAX)
            return g_strdup(answer);
    }
    g_set_error(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT,
                "the face decision is 'same', 'doubt: REASON' or 'refused: REASON'");
    return NULL;
}

static char *
ask_face(const MadoArguments *arguments, GCancellable *cancellable, GError **error)
{
    const char *given = mado_arguments_value(arguments, MADO_OPTION_FACE);

    if (given != NULL)
        return check_face(given, error);
    mado_terminal_say(_("Compare the person with the photo on the card.\n"
                        "  same              the same person\n"
                        "  doubt: REASON     cannot be decided\n"
                        "  refused: REASON   not the same person"));
    for (;;) {
        g_autoptr(GError) failure = NULL;
        g_autofree char *answer =
            mado_terminal_ask_text(_("Your decision: "), cancellable, error);
        char *decision;

        if (answer == NULL)
            return NULL;
        decision = check_face(answer, &failure);
        if (decision != NULL)
            return decision;
        mado_terminal_say(_("Enter one of the three."));
    }
}

static gboolean
is_yes(const char *answer)
{
    return g_ascii_strcasecmp(answer, "y") == 0 || g_ascii_strcasecmp(answer, "yes") == 0 ||
           strcmp(answer, _("yes")) == 0;
}

static char *
ask_inspected(const MadoArguments *arguments, GCancellable *cancellable, GError **error)
{
    g_autofree char *answer = NULL;

    if (mado_arguments_has(arguments, MADO_OPTION_INSPECTED))
        return g_strdup("ok");
    answer = mado_terminal_ask_text(_("Is the card undamaged and its print right (yes/no)? "),
                                    cancellable, error);
    if (answer == NULL)
        return NULL;
    if (is_yes(answer))
        return g_strdup("ok");
    g_set_error(error, MADO_ERROR, MADO_ERROR_CANCELLED, "the card was not found in order");
    return NULL;
}

/* Decisions a procedure wants, and the option that makes each. */
static const struct {
    const char *procedure;
    guint option;
    const char *name;
} decided[] = {
    {"prepare", MADO_OPTION_INSPECTED, "--inspected"},
    {"issue", MADO_OPTION_DOCUMENTS, "--documents"},
    {"issue", MADO_OPTION_FACE, "--face"},
};

gboolean
mado_decide_check(const MadoArguments *arguments, const char *procedure, GError **error)
{
    const char *documents = mado_arguments_value(arguments, MADO_OPTION_DOCUMENTS);
    const char *face = mado_arguments_value(arguments, MADO_OPTION_FACE);
    g_autofree char *codes = documents != NULL ? mado_documents_check(documents, error) : NULL;
    g_autofree char *decision = NULL;

    if (documents != NULL && codes == NULL)
        return FALSE;
    if (face != NULL)
        decision = check_face(face, error);
    if (face != NULL && decision == NULL)
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(decided); i++) {
        if (g_strcmp0(decided[i].procedure, procedure) != 0 ||
            mado_arguments_has(arguments, decided[i].option) || mado_terminal_is_there())
            continue;
        g_set_error(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT,
                    "there is no terminal to ask on: give %s", decided[i].name);
        return FALSE;
    }
    return TRUE;
}

char *
mado_decide_ask(const MadoArguments *arguments,
                MadoDecisionKind kind,
                const MadoBodyPerson *person,
                GCancellable *cancellable,
                GError **error)
{
    switch (kind) {
    case MADO_DECISION_OPEN:
        return g_strdup("");
    case MADO_DECISION_DOCUMENTS:
        say_person(person);
        return ask_documents(arguments, cancellable, error);
    case MADO_DECISION_FACE:
        return ask_face(arguments, cancellable, error);
    case MADO_DECISION_RESUME:
        return g_strdup(mado_arguments_has(arguments, MADO_OPTION_UNDO) ? "undo" : "finish");
    case MADO_DECISION_INSPECTED:
        return ask_inspected(arguments, cancellable, error);
    case MADO_DECISION_LOOK:
        break; /* no visit wants one */
    }
    g_set_error(error, MADO_ERROR, MADO_ERROR_BAD_STATE, "an unknown decision is wanted");
    return NULL;
}
