/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/visit.h"

#include "cli/agent.h"
#include "cli/card-view.h"
#include "cli/commands.h"
#include "cli/decide.h"
#include "cli/number.h"
#include "cli/passphrase.h"
#include "cli/progress.h"
#include "cli/session-client.h"
#include "cli/terminal.h"
#include "client/signer.h"
#include "common/error.h"
#include "relay/relay.h"

#include <glib/gi18n.h>

#include <madoguchi/limits.h>
#include <string.h>
#include <unistd.h>

#define PINS_ROUNDS 3 /* times ChoosePins is called when a resident is at the terminal */

typedef struct {
    /* always */
    const MadoArguments *arguments;
    JsonObject *result;
    MadoClient *client;
    MadoRelayConfig *config;
    MadoRelay *relay;
    MadoPassphrase *passphrase;
    MadoSigner *signer;
    MadoProgress *progress;
    MadoSessionClient *session;
    MadoAgent *agent; /* (nullable): the resident's screen is the agent */
    guint n_exchanges;
    /* from the first decision on */
    gboolean has_person;
    MadoBodyPerson person;
} Visit;

static void
visit_clear(Visit *visit)
{
    mado_session_client_free(visit->session);
    mado_agent_free(visit->agent);
    mado_progress_free(visit->progress);
    mado_signer_free(visit->signer);
    mado_passphrase_free(visit->passphrase);
    mado_relay_free(visit->relay);
    mado_relay_config_free(visit->config);
    mado_client_free(visit->client);
    if (visit->has_person)
        mado_body_person_clear(&visit->person);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Visit, visit_clear)

/* ---- making ready --------------------------------------------------------------------- */

static gboolean
open_visit(Visit *visit, gboolean needs_pins, GError **error)
{
    visit->progress = mado_progress_new(visit->arguments);
    visit->config = mado_relay_config_load(mado_arguments_config(visit->arguments), error);
    if (visit->config == NULL)
        return FALSE;
    visit->passphrase =
        mado_passphrase_new(visit->config->operator_id,
                            mado_arguments_fd(visit->arguments, MADO_OPTION_PASSPHRASE_FD));
    visit->signer =
        mado_signer_new(visit->config, mado_passphrase_ask, visit->passphrase, error);
    if (visit->signer == NULL)
        return FALSE;
    visit->relay = mado_relay_new(visit->config, NULL, error);
    if (visit->relay == NULL)
        return FALSE;
    visit->client = mado_client_new(error);
    if (visit->client == NULL)
        return FALSE;
    if (needs_pins &&
        !mado_agent_ensure(visit->client,
                           mado_arguments_fd(visit->arguments, MADO_OPTION_PINS_FD),
                           &visit->agent, error))
        return FALSE;
    visit->session = mado_session_client_new(
        visit->client, mado_arguments_value(visit->arguments, MADO_OPTION_READER), error);
    if (visit->session == NULL)
        return FALSE;
    mado_session_client_set_progress(visit->session, mado_progress_on_changed, visit->progress);
    return TRUE;
}

/* ---- the steps ------------------------------------------------------------------------ */

/* Runs the step in *step and puts the next one there; on failure *step is what it was. */
typedef gboolean (*RunStep)(Visit *visit, MadoClientStep *step, GError **error);

static void
note_skew(Visit *visit, const MadoRelayAnswer *answer)
{
    g_autofree char *text = NULL;

    if (!answer->has_skew || ABS(answer->skew_s) < MADO_LIMIT_SKEW_WARN_S)
        return;
    json_object_set_int_member(visit->result, "clock-skew-s", answer->skew_s);
    text = g_strdup_printf(_("The desk's clock differs from the centre's by %lld s: set it."),
                           (long long)answer->skew_s);
    mado_progress_say(visit->progress, text);
}

static gboolean
run_relay(Visit *visit, MadoClientStep *step, GError **error)
{
    g_autofree char *key = g_strdup(mado_client_step_text(step, "key"));
    g_autoptr(GBytes) body = mado_client_step_bytes(step, "body");
    MadoRelayMessage message = {mado_client_step_text(step, "endpoint"), key, body};
    GAsyncResult *slot = NULL;
    g_autoptr(GAsyncResult) result = NULL;
    g_autoptr(MadoRelayAnswer) answer = NULL;
    g_autoptr(GError) failure = NULL;
    g_auto(MadoClientStep) next = {0};
    gboolean ok;

    mado_progress_say(visit->progress, _("Asking the centre …"));
    mado_relay_send_async(visit->relay, &message, mado_client_cancellable(visit->client),
                          mado_client_on_ready, &slot);
    result = mado_client_wait(&slot);
    answer = mado_relay_finish(visit->relay, result, &failure);
    visit->n_exchanges++;
    if (g_error_matches(failure, MADO_ERROR, MADO_ERROR_CANCELLED)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    if (answer != NULL)
        note_skew(visit, answer);
    else
        mado_progress_say(visit->progress, failure->message);
    if (answer != NULL && answer->status == 200)
        ok = mado_session_client_reply(visit->session, key, answer->body, &next, error);
    else
        ok = mado_session_client_fail(visit->session, key, answer != NULL ? answer->status : 0,
                                      answer != NULL ? answer->problem : "", &next, error);
    if (ok)
        mado_client_step_replace(step, &next);
    return ok;
}

static gboolean
take_person(Visit *visit, const MadoClientStep *step, GError **error)
{
    MadoBodyPerson person;
    gboolean is_there = FALSE;
    MadoDate birth;

    if (!mado_client_step_take_person(step, &person, &is_there, error))
        return FALSE;
    if (!is_there)
        return TRUE;
    if (visit->has_person)
        mado_body_person_clear(&visit->person);
    visit->person = person;
    visit->has_person = TRUE;
    mado_body_person_clear(&person);
    if (mado_date_parse(visit->person.birth, strlen(visit->person.birth), &birth))
        mado_agent_set_birth(visit->agent, &birth);
    return TRUE;
}

static gboolean
run_decide(Visit *visit, MadoClientStep *step, GError **error)
{
    MadoDecision decision;
    g_autofree char *detail = NULL;
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GBytes) signature = NULL;
    g_auto(MadoClientStep) next = {0};

    if (!take_person(visit, step, error) || !mado_client_step_decision(step, &decision, error))
        return FALSE;
    detail = mado_decide_ask(visit->arguments, decision.kind,
                             visit->has_person ? &visit->person : NULL,
                             mado_client_cancellable(visit->client), error);
    if (detail == NULL)
        return FALSE;
    g_strlcpy(decision.detail, detail, sizeof decision.detail);
    if (!mado_signer_sign(visit->signer, &decision, &bytes, &signature, error) ||
        !mado_session_client_decide(visit->session, bytes, signature, &next, error))
        return FALSE;
    mado_client_step_replace(step, &next);
    return TRUE;
}

static gboolean
may_ask_again(Visit *visit, const GError *failure)
{
    return visit->agent != NULL &&
           mado_arguments_fd(visit->arguments, MADO_OPTION_PINS_FD) < 0 &&
           (g_error_matches(failure, MADO_ERROR, MADO_ERROR_PIN_FORM) ||
            g_error_matches(failure, MADO_ERROR, MADO_ERROR_TIMED_OUT));
}

static gboolean
run_pins(Visit *visit, MadoClientStep *step, GError **error)
{
    mado_progress_say(visit->progress, _("The resident chooses the PINs …"));
    for (guint round = 1;; round++) {
        g_autoptr(GError) failure = NULL;
        g_auto(MadoClientStep) next = {0};

        if (mado_session_client_choose_pins(visit->session, &next, &failure)) {
            mado_client_step_replace(step, &next);
            return TRUE;
        }
        mado_agent_explain(visit->agent, &failure);
        if (round == PINS_ROUNDS || !may_ask_again(visit, failure)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        }
        mado_progress_say(visit->progress, _("The card did not take it; once more …"));
    }
}

static gboolean
run_work(Visit *visit, MadoClientStep *step, GError **error)
{
    g_auto(MadoClientStep) next = {0};

    mado_progress_say(visit->progress, _("Working on the card. Do not move it …"));
    if (!mado_session_client_continue(visit->session, &next, error))
        return FALSE;
    mado_client_step_replace(step, &next);
    return TRUE;
}

static const struct {
    const char *name;
    RunStep run;
} steps[] = {
    {"relay", run_relay},
    {"decide", run_decide},
    {"pins", run_pins},
    {"work", run_work},
};

static RunStep
find_step(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
        if (strcmp(steps[i].name, name) == 0)
            return steps[i].run;
    }
    return NULL;
}

/* ---- the end -------------------------------------------------------------------------- */

static gboolean
end_visit(Visit *visit, const MadoClientStep *step, GError **error)
{
    const char *outcome = mado_client_step_text(step, "outcome");

    if (strcmp(step->name, "hold") == 0) {
        const char *nick = mado_client_step_text(step, "error");

        json_object_set_string_member(visit->result, "outcome", "held");
        json_object_set_string_member(visit->result, "reason", nick);
        g_set_error(error, MADO_ERROR, MADO_ERROR_HELD, "%s%s%s", nick,
                    nick[0] != '\0' ? ": " : "", mado_client_step_text(step, "reason"));
        return FALSE;
    }
    if (strcmp(step->name, "done") != 0) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_BAD_STATE, "unknown step");
        return FALSE;
    }
    json_object_set_string_member(visit->result, "outcome", outcome);
    if (strcmp(outcome, "refused") != 0 && mado_client_step_text(step, "error")[0] == '\0')
        return TRUE;
    mado_client_step_set_error(step, MADO_ERROR_CENTRE_REFUSED, error);
    return FALSE;
}

/* What is true of the card, read afresh; a card that is gone or silent says nothing. */
static void
look_at_card(Visit *visit)
{
    g_autoptr(GVariant) card = mado_session_client_inspect(visit->session, NULL);

    if (card != NULL)
        json_object_set_object_member(visit->result, "card", mado_card_view_to_json(card));
}

static gboolean
run_steps(Visit *visit, MadoClientStep *step, GError **error)
{
    for (;;) {
        RunStep run = find_step(step->name);
        const char *open = mado_session_client_visit(visit->session);

        if (open[0] != '\0')
            json_object_set_string_member(visit->result, "visit", open);
        if (run == NULL)
            return end_visit(visit, step, error);
        if (!run(visit, step, error))
            return FALSE;
    }
}

/* An error in the middle: the claim is given up, so the daemon puts the visit on hold. Before
 * the first message nothing was begun and it is forgotten. */
static void
note_hold(Visit *visit)
{
    if (visit->n_exchanges > 0)
        json_object_set_string_member(visit->result, "outcome", "held");
    else
        json_object_remove_member(visit->result, "visit");
}

static gboolean
begin(Visit *visit, const MadoVisitTask *task, MadoClientStep *ret_step, GError **error)
{
    int fd = mado_number_seal(visit->arguments, MADO_NUMBER_B,
                              mado_client_cancellable(visit->client), error);
    gboolean ok;

    if (fd < 0)
        return FALSE;
    mado_progress_say(visit->progress, _("Checking the card …"));
    if (task->procedure != NULL)
        ok = mado_session_client_begin(visit->session, task->procedure, task->request, fd,
                                       ret_step, error);
    else
        ok = mado_session_client_resume(
            visit->session, task->visit,
            !mado_arguments_has(visit->arguments, MADO_OPTION_ABSENT), fd, ret_step, error);
    close(fd);
    if (!ok && error != NULL && mado_error_held_visit(*error) != NULL)
        json_object_set_string_member(visit->result, "visit", mado_error_held_visit(*error));
    return ok;
}

gboolean
mado_visit_run(const MadoArguments *arguments,
               const MadoVisitTask *task,
               JsonObject *result,
               GError **error)
{
    g_auto(Visit) visit = {.arguments = arguments, .result = result};
    g_auto(MadoClientStep) step = {0};
    gboolean needs_pins = task->procedure == NULL || strcmp(task->procedure, "issue") == 0;
    gboolean ok;

    json_object_set_string_member(result, "procedure",
                                  task->procedure != NULL ? task->procedure : "resume");
    if (task->request != NULL)
        json_object_set_string_member(result, "request", task->request);
    if (mado_arguments_has(arguments, MADO_OPTION_ABSENT))
        needs_pins = FALSE;
    if (!mado_decide_check(arguments, task->procedure, error) ||
        !open_visit(&visit, needs_pins, error) || !begin(&visit, task, &step, error))
        return FALSE;
    ok = run_steps(&visit, &step, error);
    json_object_set_int_member(result, "exchanges", visit.n_exchanges);
    if (!ok && !json_object_has_member(result, "outcome"))
        note_hold(&visit);
    look_at_card(&visit);
    return ok;
}

void
mado_visit_show(JsonObject *result)
{
    const char *outcome = json_object_get_string_member_with_default(result, "outcome", "");
    const char *visit = json_object_get_string_member_with_default(result, "visit", "");
    const char *procedure = json_object_get_string_member_with_default(result, "procedure", "");

    if (json_object_has_member(result, "card") && strcmp(outcome, "refused") != 0) {
        g_print("%s\n", _("The card now:"));
        mado_card_view_print_brief(json_object_get_object_member(result, "card"));
    }
    if (strcmp(outcome, "committed") == 0 && strcmp(procedure, "prepare") == 0)
        g_print("%s\n", _("Prepared. The card can be issued when the resident comes."));
    else if (strcmp(outcome, "committed") == 0)
        g_print("%s\n", _("Done, and the centre has confirmed it. Hand over the card."));
    else if (strcmp(outcome, "aborted") == 0)
        g_print(
            "%s\n",
            _("Undone. The request is as it was before the visit. Do not hand over the card."));
    else if (strcmp(outcome, "refused") == 0)
        g_print("%s\n", _("Refused. Nothing was changed on the card."));
    else if (visit[0] != '\0')
        g_print("%s\n  madoguchictl resume %s\n",
                _("On hold. Do not hand over the card. Continue with:"), visit);
}
