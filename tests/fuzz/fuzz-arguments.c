/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The arguments of a client's call, of any content, at any moment of a visit: what the daemon
 * does with them behind the gate. Input: one byte that chooses the method, one the descriptor
 * that comes with it, one how far an honest client has brought the visit; then the arguments as
 * the bytes of one GVariant, a string "@key" or "@visit" standing for the one of that moment,
 * and last in it what the descriptor holds. (Read's are in fuzz-reading.)
 *
 * A call that fails must say why by one of our errors and leave the step alone.
 */
#include "config.h"

#include "common/error.h"
#include "daemon/card/pin.h"
#include "daemon/sealed.h"
#include "tests/fuzz/descriptor.h"
#include "tests/fuzz/target.h"
#include "tests/support/visit-world.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECRET_MAX_LEN 16U
#define STEPS_AT_MOST  12U  /* more than a visit has */
#define VISITS_AT_MOST 500U /* in one journal: its backlog of receipts has a limit */

static void *world_state; /* the VisitWorld, made once: keys take longer than visits */

static void
end_world(void)
{
    visit_world_tear_down(&world_state);
}

static VisitWorld *
ensure_world(guint32 number)
{
    gboolean is_first = world_state == NULL;

    if (number % VISITS_AT_MOST == 0) {
        if (!is_first)
            end_world();
        visit_world_set_up(&world_state);
        /* After OpenSSL's own, so before it: the journal's thread still uses it. */
        if (is_first)
            atexit(end_world);
    }
    return world_state;
}

/* ---- arguments ---- */

typedef struct {
    VisitWorld *world;
    GVariant *arguments;
    GUnixFDList *fds; /* (nullable) */
} Call;

/* (transfer full) */
static char *
text_at(const Call *call, gsize place)
{
    g_autoptr(GVariant) child = g_variant_get_child_value(call->arguments, place);
    const char *text = g_variant_get_string(child, NULL);

    if (g_str_equal(text, "@key"))
        return g_strdup(visit_world_detail(call->world, "key"));
    if (g_str_equal(text, "@visit"))
        return g_strdup(visit_world_detail(call->world, "visit"));
    return g_strdup(text);
}

/* (transfer full) */
static GBytes *
bytes_at(const Call *call, gsize place)
{
    g_autoptr(GVariant) child = g_variant_get_child_value(call->arguments, place);

    return g_variant_get_data_as_bytes(child);
}

/* (transfer full) (nullable): as Begin and Resume take it. */
static MadoSecret *
number_at(const Call *call, gsize place, GError **error)
{
    g_autoptr(GVariant) handle = g_variant_get_child_value(call->arguments, place);
    int fd = mado_sealed_dup_handle(call->fds, handle, error);
    MadoSecret *secret;

    if (fd < 0)
        return NULL;
    secret = mado_sealed_read(fd, SECRET_MAX_LEN, call->world->interrupt, error);
    (void)close(fd);
    if (secret != NULL && mado_secret_len(secret) > SECRET_MAX_LEN)
        abort();
    return secret;
}

/* ---- methods ---- */

static gboolean
call_begin(Call *call, MadoStep *step, GError **error)
{
    g_autofree char *procedure = text_at(call, 0);
    g_autofree char *request = text_at(call, 1);
    g_autoptr(MadoSecret) number_b = number_at(call, 2, error);

    return number_b != NULL && mado_visit_begin(call->world->visit, &call->world->work,
                                                procedure, request, number_b, step, error);
}

static gboolean
call_resume(Call *call, MadoStep *step, GError **error)
{
    g_autofree char *visit = text_at(call, 0);
    g_autoptr(GVariant) resident = g_variant_get_child_value(call->arguments, 1);
    g_autoptr(MadoSecret) number_b = number_at(call, 2, error);

    return number_b != NULL &&
           mado_visit_resume(call->world->visit, &call->world->work, visit,
                             g_variant_get_boolean(resident), number_b, step, error);
}

static gboolean
call_decide(Call *call, MadoStep *step, GError **error)
{
    g_autoptr(GBytes) decision = bytes_at(call, 0);
    g_autoptr(GBytes) signature = bytes_at(call, 1);

    return mado_visit_decide(call->world->visit, &call->world->work, decision, signature, step,
                             error);
}

static gboolean
call_reply(Call *call, MadoStep *step, GError **error)
{
    g_autofree char *key = text_at(call, 0);
    g_autoptr(GBytes) reply = bytes_at(call, 1);

    return mado_visit_reply(call->world->visit, &call->world->work, key, reply, step, error);
}

static gboolean
call_fail(Call *call, MadoStep *step, GError **error)
{
    g_autofree char *key = text_at(call, 0);
    g_autoptr(GVariant) status = g_variant_get_child_value(call->arguments, 1);
    g_autofree char *problem = text_at(call, 2);

    return mado_visit_fail(call->world->visit, &call->world->work, key,
                           g_variant_get_uint32(status), problem, step, error);
}

static gboolean
call_change_pin(Call *call, MadoStep *step, GError **error)
{
    g_autofree char *kind = text_at(call, 0);
    MadoPinKind parsed;

    if (mado_pin_kind_from_name(kind, &parsed) &&
        !g_str_equal(mado_pin_kind_name(parsed), kind))
        abort();
    g_set_error_literal(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT, "only the name is read");
    return FALSE;
}

typedef struct {
    gboolean is_done;
    GError *error;
} Delivery;

static void
on_delivered(GVariant *result, const GError *error, gpointer user_data)
{
    Delivery *delivery = user_data;

    if ((result == NULL) == (error == NULL))
        abort();
    delivery->is_done = TRUE;
    if (error == NULL)
        g_variant_unref(g_variant_ref_sink(result));
    else
        delivery->error = g_error_copy(error);
}

static gboolean
call_finish_delivery(Call *call, MadoStep *step, GError **error)
{
    g_autofree char *key = text_at(call, 0);
    g_autoptr(GBytes) reply = bytes_at(call, 1);
    Delivery delivery = {FALSE, NULL};

    mado_journal_finish_delivery(call->world->journal, key, reply, on_delivered, &delivery);
    while (!delivery.is_done)
        (void)g_main_context_iteration(NULL, TRUE);
    if (delivery.error == NULL)
        return TRUE;
    g_propagate_error(error, delivery.error);
    return FALSE;
}

typedef struct {
    const char *type; /* the method's, and what the descriptor holds */
    gboolean (*run)(Call *call, MadoStep *step, GError **error);
} MethodRow;

static const MethodRow methods[] = {
    {"(sshay)", call_begin},           {"(sbhay)", call_resume}, {"(ayayay)", call_decide},
    {"(sayay)", call_reply},           {"(susay)", call_fail},   {"(say)", call_change_pin},
    {"(sayay)", call_finish_delivery},
};

/* ---- one input ---- */

/* As the bus library hands them over: normal, whatever came in. */
static GVariant *
parse_arguments(const char *type, const uint8_t *data, size_t len)
{
    g_autoptr(GBytes) bytes = g_bytes_new(data, len); /* aligned */
    g_autoptr(GVariant) raw =
        g_variant_ref_sink(g_variant_new_from_bytes(G_VARIANT_TYPE(type), bytes, FALSE));

    return g_variant_get_normal_form(raw);
}

static GUnixFDList *
make_fds(guint8 kind, GBytes *content)
{
    gsize len = 0;
    const guint8 *data = g_bytes_get_data(content, &len);
    int fd = fuzz_descriptor_new(kind, data, len);

    return fd < 0 ? NULL : g_unix_fd_list_new_from_array(&fd, 1);
}

static void
run_method(VisitWorld *world, const MethodRow *row, guint8 kind, GVariant *arguments)
{
    Call call = {.world = world, .arguments = arguments};
    g_autoptr(GBytes) content = bytes_at(&call, g_variant_n_children(arguments) - 1);
    g_autoptr(GUnixFDList) fds = make_fds(kind, content);
    g_autoptr(GError) error = NULL;
    const MadoStep before = world->step;
    gboolean ok;

    call.fds = fds;
    ok = row->run(&call, &world->step, &error);
    if (ok != (error == NULL) || (error != NULL && error->domain != MADO_ERROR))
        abort();
    if (!ok && memcmp(&before, &world->step, sizeof before) != 0)
        abort();
}

static void
bring_visit_to(VisitWorld *world, guint n_steps)
{
    if (n_steps == 0)
        return;
    if (!visit_world_begin(world, "issue", NULL))
        abort();
    for (guint i = 1; i < n_steps; i++)
        if (world->step.kind == MADO_STEP_DONE || !visit_world_go_on(world, NULL))
            return;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static guint32 number;
    VisitWorld *world;
    const MethodRow *row;
    g_autoptr(GVariant) arguments = NULL;

    if (len < 3)
        return 0;
    world = ensure_world(number);
    /* Another card for each input: one that waits for Resume may not be begun anew. */
    visit_card_init(&world->card, 0xA1, world->keys[0], world->keys[1]);
    number++;
    memcpy(world->card.card_id, &number, sizeof number);
    row = &methods[data[0] % G_N_ELEMENTS(methods)];
    arguments = parse_arguments(row->type, data + 3, len - 3);
    bring_visit_to(world, data[2] % STEPS_AT_MOST);
    run_method(world, row, data[1], arguments);
    mado_visit_hold(world->visit, &world->work, MADO_ERROR_CANCELLED, &world->step);
    visit_world_end_session(world);
    return 0;
}
