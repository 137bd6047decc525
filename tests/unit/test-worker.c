/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Jobs on the worker's thread: order, interrupts, deadlines, a command that never returns. */
#include "config.h"

#include "daemon/worker.h"
#include "tests/support/fake-service.h"
#include "tests/support/test-error.h"

#include <poll.h>
#include <unistd.h>

#define GRACE_MS 20U

typedef struct {
    FakeService *service;
    MadoAgent *agent;
    MadoWorker *worker;
    guint n_done;
    gboolean has_job; /* of the last done */
    GError *error;    /* of the last done */
    guint n_freed;
    gboolean is_returned;
    guint progress[3];
} Scene;

typedef struct {
    Scene *scene;
    gboolean waits; /* for the interrupt alone */
} Job;

static void
on_progressed(guint n_done, guint n_all, guint rest_ms, gpointer user_data)
{
    Scene *scene = user_data;

    scene->progress[0] = n_done;
    scene->progress[1] = n_all;
    scene->progress[2] = rest_ms;
}

static int
set_up(void **state)
{
    Scene *scene = g_new0(Scene, 1);
    MadoWorkerSettings settings = {
        .reader = "Fake Reader 0",
        .new_transport = fake_service_new_transport,
        .grace_ms = GRACE_MS,
        .on_progress = on_progressed,
        .user_data = scene,
    };

    scene->service = fake_service_new();
    fake_service_add_reader(scene->service, 0);
    fake_service_set_card_present(scene->service, 0, TRUE);
    scene->agent = mado_agent_new(FALSE);
    settings.transport_data = scene->service;
    settings.agent = scene->agent;
    scene->worker = mado_worker_new(&settings);
    *state = scene;
    return 0;
}

static void
on_returned(gpointer user_data)
{
    Scene *scene = user_data;

    scene->is_returned = TRUE;
}

static void
wait_for(const gboolean *flag)
{
    (void)alarm(30);
    while (!*flag)
        (void)g_main_context_iteration(NULL, TRUE);
    (void)alarm(0);
}

static int
tear_down(void **state)
{
    Scene *scene = *state;

    mado_worker_free(g_steal_pointer(&scene->worker), on_returned, scene);
    wait_for(&scene->is_returned);
    mado_agent_unref(scene->agent);
    fake_service_free(scene->service);
    g_clear_error(&scene->error);
    g_free(scene);
    return 0;
}

static gboolean
run_job(MadoWork *work, gpointer data, GError **error)
{
    const Job *job = data;
    const MadoCommand command = {.ins = 0xB2, .ne = 256};
    MadoResponse response;

    mado_worker_progress(work->worker, 1, 2, 3);
    if (job->waits) {
        struct pollfd interrupt = {mado_interrupt_fd(work->interrupt), POLLIN, 0};

        (void)poll(&interrupt, 1, -1);
    }
    return mado_card_power_on(work->card, error) &&
           mado_card_exchange(work->card, &command, &response, error);
}

static void
free_job(gpointer data)
{
    Job *job = data;

    job->scene->n_freed++;
    g_free(job);
}

static void
on_done(gpointer job, const GError *error, gpointer user_data)
{
    Scene *scene = user_data;

    scene->n_done++;
    scene->has_job = job != NULL;
    g_clear_error(&scene->error);
    scene->error = error == NULL ? NULL : g_error_copy(error);
    if (job != NULL)
        free_job(job);
}

static void
post_with_grace(Scene *scene, gboolean waits, guint timeout_ms, guint grace_ms)
{
    Job *job = g_new0(Job, 1);
    MadoWorkerJob order = {
        .run = run_job,
        .job = job,
        .free_job = free_job,
        .done = on_done,
        .user_data = scene,
        .timeout_ms = timeout_ms,
        .grace_ms = grace_ms,
        .request_id = "test-1",
    };

    job->scene = scene;
    job->waits = waits;
    mado_worker_post(scene->worker, &order);
}

static void
post(Scene *scene, gboolean waits, guint timeout_ms)
{
    post_with_grace(scene, waits, timeout_ms, 0);
}

static void
wait_done(Scene *scene, guint n)
{
    (void)alarm(30);
    while (scene->n_done < n)
        (void)g_main_context_iteration(NULL, TRUE);
    (void)alarm(0);
}

static void
wait_blocked(FakeService *service)
{
    (void)alarm(30);
    while (!fake_service_is_blocked(service))
        g_thread_yield();
    (void)alarm(0);
}

static void
a_job_runs_and_is_told_once(void **state)
{
    Scene *scene = *state;

    post(scene, FALSE, 10000);
    assert_true(mado_worker_is_running(scene->worker));
    wait_done(scene, 1);
    assert_no_mado_error(scene->error);
    assert_false(mado_worker_is_running(scene->worker));
    assert_int_equal(scene->n_freed, 1);
    assert_int_equal(scene->progress[0] * 100 + scene->progress[1] * 10 + scene->progress[2],
                     123);
}

static void
an_interrupt_ends_the_job_and_not_the_next(void **state)
{
    Scene *scene = *state;

    post(scene, TRUE, 10000);
    mado_worker_interrupt(scene->worker, MADO_ERROR_CARD_REMOVED);
    wait_done(scene, 1);
    assert_mado_error(scene->error, MADO_ERROR_CARD_REMOVED);
    mado_worker_interrupt(scene->worker, MADO_ERROR_CANCELLED); /* nothing runs */
    post(scene, FALSE, 10000);
    wait_done(scene, 2);
    assert_no_mado_error(scene->error);
}

static void
a_deadline_ends_the_job(void **state)
{
    Scene *scene = *state;

    post(scene, TRUE, 1);
    wait_done(scene, 1);
    assert_mado_error(scene->error, MADO_ERROR_TIMED_OUT);
    assert_true(scene->has_job);
}

static void
a_command_that_does_not_return_loses_the_worker_and_not_the_answer(void **state)
{
    Scene *scene = *state;

    fake_service_block_at(scene->service, 0xB2);
    post(scene, FALSE, 1);
    wait_blocked(scene->service); /* the deadline is this thread's and cannot pass meanwhile */
    wait_done(scene, 1);
    assert_mado_error(scene->error, MADO_ERROR_TIMED_OUT);
    assert_false(scene->has_job);
    assert_true(mado_worker_is_lost(scene->worker));
    mado_worker_free(g_steal_pointer(&scene->worker), on_returned, scene);
    assert_false(scene->is_returned);
    assert_int_equal(scene->n_freed, 0);
    /* At last. */
    fake_service_unblock(scene->service);
    wait_for(&scene->is_returned);
    assert_int_equal(scene->n_freed, 1);
    assert_int_equal(scene->n_done, 1);
}

static gboolean
on_passed(gpointer data)
{
    gboolean *flag = data;

    *flag = TRUE;
    return G_SOURCE_REMOVE;
}

/* Waits until a timer that is due after the settings' grace has run: one of the worker's, set
 * before with that grace, has run by then. */
static void
let_grace_pass(void)
{
    gboolean passed = FALSE;

    (void)g_timeout_add(GRACE_MS + 1, on_passed, &passed);
    wait_for(&passed);
}

static void
a_long_command_that_its_job_allows_for_does_not_lose_the_worker(void **state)
{
    Scene *scene = *state;

    fake_service_block_at(scene->service, 0xB2);
    post_with_grace(scene, FALSE, 10000, 3600000);
    wait_blocked(scene->service);
    mado_worker_interrupt(scene->worker, MADO_ERROR_CANCELLED);
    let_grace_pass();
    assert_int_equal(scene->n_done, 0);
    assert_false(mado_worker_is_lost(scene->worker));
    fake_service_unblock(scene->service);
    wait_done(scene, 1);
    assert_true(scene->has_job);
    /* The next job has the usual one again. */
    post(scene, FALSE, 10000);
    wait_done(scene, 2);
    assert_no_mado_error(scene->error);
}

/* The worker is gone already. */
static int
tear_down_lost(void **state)
{
    Scene *scene = *state;

    mado_agent_unref(scene->agent);
    fake_service_free(scene->service);
    g_clear_error(&scene->error);
    g_free(scene);
    return 0;
}

static void
a_freed_worker_tells_nobody_about_its_job(void **state)
{
    Scene *scene = *state;

    post(scene, TRUE, 10000);
    mado_worker_free(g_steal_pointer(&scene->worker), on_returned, scene);
    wait_for(&scene->is_returned);
    assert_int_equal(scene->n_done, 0);
    assert_int_equal(scene->n_freed, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_job_runs_and_is_told_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_interrupt_ends_the_job_and_not_the_next, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_deadline_ends_the_job, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_command_that_does_not_return_loses_the_worker_and_not_the_answer, set_up,
            tear_down_lost),
        cmocka_unit_test_setup_teardown(
            a_long_command_that_its_job_allows_for_does_not_lose_the_worker, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_freed_worker_tells_nobody_about_its_job, set_up,
                                        tear_down_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
