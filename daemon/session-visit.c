/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/session-visit.h"

#include "common/error.h"
#include "daemon/sealed.h"

#include <unistd.h>

/* 照合番号B, and one byte more to notice what is too long. */
#define NUMBER_B_MAX_LEN 16U
/* Begin and Resume: 20 s; Continue: key generation; the rest touches the journal alone. */
#define OPENING_TIMEOUT_MS 20000U
#define SHORT_TIMEOUT_MS   10000U
#define WORK_TIMEOUT_MS    (2U * MADO_TIMEOUT_GENERATE_MS + 30000U)
/* Four kinds of PIN, each typed by a person. */
#define PINS_TIMEOUT_MS (4U * MADO_TIMEOUT_PIN_ENTRY_MS + 30000U)

typedef struct Job Job;
typedef gboolean (*Call)(Job *job, MadoWork *work, MadoStep *ret_step, GError **error);

struct Job {
    MadoStep step; /* first: the session takes it */
    MadoVisit *visit;
    Call call;
    gboolean is_opening;
    /* arguments, as far as the method has them */
    char *text;
    char *more_text;
    guint status;
    gboolean resident;
    int fd;
    GBytes *data;
    GBytes *more_data;
};

static void
job_free(gpointer data)
{
    Job *job = data;

    mado_step_clear(&job->step);
    if (job->fd >= 0)
        (void)close(job->fd);
    g_clear_pointer(&job->data, g_bytes_unref);
    g_clear_pointer(&job->more_data, g_bytes_unref);
    g_free(job->text);
    g_free(job->more_text);
    g_free(job);
}

static Job *
job_new(MadoSession *session, Call call)
{
    Job *job = g_new0(Job, 1);

    job->visit = mado_session_visit(session);
    job->call = call;
    job->fd = -1;
    return job;
}

/* ---- worker's thread ---- */

static gboolean
is_over(const MadoStep *step)
{
    return step->kind == MADO_STEP_DONE || step->kind == MADO_STEP_HOLD ||
           step->kind == MADO_STEP_IDLE;
}

static gboolean
run_job(MadoWork *work, gpointer data, GError **error)
{
    Job *job = data;
    gboolean ok = job->call(job, work, &job->step, error);

    if (ok ? is_over(&job->step) : job->is_opening) {
        mado_card_power_off(work->card);
        mado_card_bind(work->card, NULL);
    }
    return ok;
}

static gboolean
call_begin(Job *job, MadoWork *work, MadoStep *ret_step, GError **error)
{
    g_autoptr(MadoSecret) number_b =
        mado_sealed_read(job->fd, NUMBER_B_MAX_LEN, work->interrupt, error);

    return number_b != NULL && mado_visit_begin(job->visit, work, job->text, job->more_text,
                                                number_b, ret_step, error);
}

static gboolean
call_resume(Job *job, MadoWork *work, MadoStep *ret_step, GError **error)
{
    g_autoptr(MadoSecret) number_b =
        mado_sealed_read(job->fd, NUMBER_B_MAX_LEN, work->interrupt, error);

    return number_b != NULL && mado_visit_resume(job->visit, work, job->text, job->resident,
                                                 number_b, ret_step, error);
}

static gboolean
call_decide(Job *job, MadoWork *work, MadoStep *ret_step, GError **error)
{
    return mado_visit_decide(job->visit, work, job->data, job->more_data, ret_step, error);
}

static gboolean
call_reply(Job *job, MadoWork *work, MadoStep *ret_step, GError **error)
{
    return mado_visit_reply(job->visit, work, job->text, job->data, ret_step, error);
}

static gboolean
call_fail(Job *job, MadoWork *work, MadoStep *ret_step, GError **error)
{
    return mado_visit_fail(job->visit, work, job->text, job->status, job->more_text, ret_step,
                           error);
}

static gboolean
call_continue(Job *job, MadoWork *work, MadoStep *ret_step, GError **error)
{
    return mado_visit_continue(job->visit, work, ret_step, error);
}

static gboolean
call_choose_pins(Job *job, MadoWork *work, MadoStep *ret_step, GError **error)
{
    return mado_visit_choose_pins(job->visit, work, ret_step, error);
}

/* ---- main thread ---- */

static void
reply_step(GDBusMethodInvocation *invocation, gpointer data)
{
    Job *job = data;
    GVariant *details = job->step.details;

    if (details == NULL)
        details = g_variant_new_array(G_VARIANT_TYPE("{sv}"), NULL, 0);
    g_dbus_method_invocation_return_value_with_unix_fd_list(
        invocation, g_variant_new("(s@a{sv})", mado_step_name(job->step.kind), details),
        job->step.fds);
}

static void
post_with_grace(MadoSession *session,
                GDBusMethodInvocation *invocation,
                Job *job,
                guint timeout_ms,
                guint grace_ms)
{
    MadoSessionCall call = {
        .invocation = invocation,
        .run = run_job,
        .job = job,
        .free_job = job_free,
        .reply = reply_step,
        .timeout_ms = timeout_ms,
        .grace_ms = grace_ms,
        .is_visit = TRUE,
    };

    mado_session_call(session, &call);
}

static void
post(MadoSession *session, GDBusMethodInvocation *invocation, Job *job, guint timeout_ms)
{
    post_with_grace(session, invocation, job, timeout_ms, 0);
}

static void
post_opening(MadoSession *session,
             GDBusMethodInvocation *invocation,
             Job *job,
             GUnixFDList *fds,
             GVariant *handle)
{
    g_autoptr(GError) error = NULL;

    job->is_opening = TRUE;
    job->fd = mado_sealed_dup_handle(fds, handle, &error);
    if (job->fd >= 0) {
        post(session, invocation, job, OPENING_TIMEOUT_MS);
        return;
    }
    g_dbus_method_invocation_return_gerror(invocation, error);
    job_free(job);
}

void
mado_session_visit_begin(MadoSession *session,
                         GDBusMethodInvocation *invocation,
                         GUnixFDList *fds,
                         GVariant *handle,
                         const char *procedure,
                         const char *request)
{
    Job *job = job_new(session, call_begin);

    job->text = g_strdup(procedure);
    job->more_text = g_strdup(request);
    post_opening(session, invocation, job, fds, handle);
}

void
mado_session_visit_resume(MadoSession *session,
                          GDBusMethodInvocation *invocation,
                          GUnixFDList *fds,
                          GVariant *handle,
                          const char *visit,
                          gboolean resident)
{
    Job *job = job_new(session, call_resume);

    job->text = g_strdup(visit);
    job->resident = resident;
    post_opening(session, invocation, job, fds, handle);
}

void
mado_session_visit_decide(MadoSession *session,
                          GDBusMethodInvocation *invocation,
                          GVariant *decision,
                          GVariant *signature)
{
    Job *job = job_new(session, call_decide);

    job->data = g_variant_get_data_as_bytes(decision);
    job->more_data = g_variant_get_data_as_bytes(signature);
    post(session, invocation, job, SHORT_TIMEOUT_MS);
}

void
mado_session_visit_reply(MadoSession *session,
                         GDBusMethodInvocation *invocation,
                         const char *key,
                         GVariant *reply)
{
    Job *job = job_new(session, call_reply);

    job->text = g_strdup(key);
    job->data = g_variant_get_data_as_bytes(reply);
    post(session, invocation, job, SHORT_TIMEOUT_MS);
}

void
mado_session_visit_fail(MadoSession *session,
                        GDBusMethodInvocation *invocation,
                        const char *key,
                        guint status,
                        const char *problem)
{
    Job *job = job_new(session, call_fail);

    job->text = g_strdup(key);
    job->status = status;
    job->more_text = g_strdup(problem);
    post(session, invocation, job, SHORT_TIMEOUT_MS);
}

void
mado_session_visit_continue(MadoSession *session, GDBusMethodInvocation *invocation)
{
    /* A card that makes a key answers nothing else: an interrupt waits for it. */
    post_with_grace(session, invocation, job_new(session, call_continue), WORK_TIMEOUT_MS,
                    MADO_TIMEOUT_GENERATE_MS);
}

void
mado_session_visit_choose_pins(MadoSession *session, GDBusMethodInvocation *invocation)
{
    post(session, invocation, job_new(session, call_choose_pins), PINS_TIMEOUT_MS);
}
