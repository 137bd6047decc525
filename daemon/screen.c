/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/screen.h"

#include "common/error.h"
#include "daemon/card/pin.h"

#include <string.h>

#define PAGE_IDLE   "idle"
#define PAGE_PROMPT "prompt"
#define STATE_IDLE  "idle"
#define STATE_NONE  ""
#define NOBODY      0U

typedef struct {
    guint number;
    MadoScreenSeat settings;
    char *state;
    gboolean has_kind;
    MadoPinKind kind; /* of the last prompt */
} Seat;

struct _MadoScreen {
    gatomicrefcount n_refs;
    MadoAgent *agent; /* referenced */
    GPtrArray *seats; /* of Seat, owned */
    guint n_made;
    guint user; /* the seat that has the screen, or NOBODY */
    char *page; /* what is shown: a page, or PAGE_PROMPT */
};

static void
seat_free(gpointer data)
{
    Seat *seat = data;

    g_free(seat->state);
    g_free(seat);
}

static Seat *
find_seat(const MadoScreen *self, guint number)
{
    for (guint i = 0; i < self->seats->len; i++) {
        Seat *seat = g_ptr_array_index(self->seats, i);

        if (seat->number == number)
            return seat;
    }
    return NULL;
}

/* @state (transfer full) */
static void
take_state(Seat *seat, char *state)
{
    if (g_str_equal(seat->state, state)) {
        g_free(state);
        return;
    }
    g_free(seat->state);
    seat->state = state;
    seat->settings.on_state(seat->state, seat->settings.user_data);
}

static void
set_page(MadoScreen *self, const char *page)
{
    if (g_str_equal(self->page, page))
        return;
    g_free(self->page);
    self->page = g_strdup(page);
}

/* ---- what the agent does ---- */

static void
on_presence(gpointer user_data)
{
    MadoScreen *self = user_data;

    self->user = NOBODY;
    set_page(self, PAGE_IDLE);
    for (guint i = 0; i < self->seats->len; i++) {
        Seat *seat = g_ptr_array_index(self->seats, i);
        gboolean is_served = mado_agent_may_serve(self->agent, seat->settings.holder_uid);

        take_state(seat, g_strdup(is_served ? STATE_IDLE : STATE_NONE));
    }
}

static gboolean
on_prompt(
    guint number, MadoPinKind kind, MadoAgentEvent event, const char *why, gpointer user_data)
{
    MadoScreen *self = user_data;
    Seat *seat = find_seat(self, number);
    const char *word = mado_pin_kind_name(kind);

    if (seat == NULL || (self->user != NOBODY && self->user != number))
        return FALSE;
    if (!mado_agent_may_serve(self->agent, seat->settings.holder_uid))
        return FALSE;
    self->user = number;
    seat->kind = kind;
    seat->has_kind = TRUE;
    switch (event) {
    case MADO_AGENT_ASKED:
        set_page(self, PAGE_PROMPT);
        take_state(seat, g_strdup_printf("typing:%s", word));
        break;
    case MADO_AGENT_TYPED:
        set_page(self, PAGE_IDLE);
        take_state(seat, g_strdup_printf("typed:%s", word));
        break;
    case MADO_AGENT_FAILED:
        set_page(self, PAGE_IDLE);
        take_state(seat, g_strdup_printf("failed:%s:%s", word, why));
        break;
    }
    return TRUE;
}

/* ---- life ---- */

MadoScreen *
mado_screen_new(MadoAgent *agent)
{
    MadoScreen *self = g_new0(MadoScreen, 1);
    MadoAgentWatch watch = {
        .on_presence = on_presence, .on_prompt = on_prompt, .user_data = self};

    g_atomic_ref_count_init(&self->n_refs);
    self->agent = mado_agent_ref(agent);
    self->seats = g_ptr_array_new_with_free_func(seat_free);
    self->page = g_strdup(PAGE_IDLE);
    mado_agent_set_watch(agent, &watch);
    return self;
}

MadoScreen *
mado_screen_ref(MadoScreen *self)
{
    g_atomic_ref_count_inc(&self->n_refs);
    return self;
}

void
mado_screen_unref(MadoScreen *self)
{
    if (!g_atomic_ref_count_dec(&self->n_refs))
        return;
    mado_agent_set_watch(self->agent, NULL);
    mado_agent_unref(self->agent);
    g_ptr_array_unref(self->seats);
    g_free(self->page);
    g_free(self);
}

guint
mado_screen_join(MadoScreen *self, const MadoScreenSeat *settings)
{
    Seat *seat = g_new0(Seat, 1);

    seat->number = ++self->n_made;
    seat->settings = *settings;
    seat->state = g_strdup(
        mado_agent_may_serve(self->agent, settings->holder_uid) ? STATE_IDLE : STATE_NONE);
    g_ptr_array_add(self->seats, seat);
    return seat->number;
}

static void
show_idle(MadoScreen *self)
{
    self->user = NOBODY;
    set_page(self, PAGE_IDLE);
    mado_agent_show(self->agent, PAGE_IDLE, g_variant_new("a{sv}", NULL), NULL);
}

void
mado_screen_leave(MadoScreen *self, guint number)
{
    Seat *seat = find_seat(self, number);

    g_return_if_fail(seat != NULL);
    if (self->user == number)
        show_idle(self);
    (void)g_ptr_array_remove(self->seats, seat);
}

const char *
mado_screen_state(const MadoScreen *self, guint number)
{
    const Seat *seat = find_seat(self, number);

    return seat != NULL ? seat->state : STATE_NONE;
}

gboolean
mado_screen_last_kind(const MadoScreen *self, guint number, MadoPinKind *ret_kind)
{
    const Seat *seat = find_seat(self, number);

    if (seat == NULL || !seat->has_kind)
        return FALSE;
    *ret_kind = seat->kind;
    return TRUE;
}

void
mado_screen_forget_kind(MadoScreen *self, guint number)
{
    Seat *seat = find_seat(self, number);

    if (seat != NULL)
        seat->has_kind = FALSE;
}

/* ---- pages ---- */

static gboolean
check_show(const MadoScreen *self, const Seat *seat, GError **error)
{
    if (seat == NULL || !mado_agent_may_serve(self->agent, seat->settings.holder_uid)) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_AGENT_GONE,
                            mado_error_sentence(MADO_ERROR_AGENT_GONE));
        return FALSE;
    }
    if (self->user != NOBODY && self->user != seat->number) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_BUSY,
                            "the resident's screen is used for another reader");
        return FALSE;
    }
    if (g_str_equal(self->page, PAGE_PROMPT)) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_BAD_STATE, "the resident is typing");
        return FALSE;
    }
    return TRUE;
}

gboolean
mado_screen_show(MadoScreen *self,
                 guint number,
                 const char *page,
                 GVariant *details,
                 GUnixFDList *fds,
                 GError **error)
{
    Seat *seat = find_seat(self, number);
    gboolean is_idle = g_str_equal(page, PAGE_IDLE);
    g_autoptr(GVariant) sunk = details != NULL ? g_variant_ref_sink(details) : NULL;

    if (!check_show(self, seat, error))
        return FALSE;
    self->user = is_idle ? NOBODY : number;
    if (sunk != NULL || is_idle || !g_str_equal(self->page, page))
        mado_agent_show(self->agent, page, sunk != NULL ? sunk : g_variant_new("a{sv}", NULL),
                        fds);
    set_page(self, page);
    take_state(seat, is_idle ? g_strdup(STATE_IDLE) : g_strdup_printf("page:%s", page));
    return TRUE;
}

void
mado_screen_fail(MadoScreen *self, guint number, const char *why)
{
    Seat *seat = find_seat(self, number);

    if (seat != NULL && seat->has_kind && self->user == number)
        take_state(seat, g_strdup_printf("failed:%s:%s", mado_pin_kind_name(seat->kind), why));
}

/* ---- the resident's buttons ---- */

static gboolean
is_answer(const char *answer)
{
    static const char *const answers[] = {"yes", "no", "stop", "staff", NULL};

    return g_strv_contains(answers, answer);
}

static void
tell_all(const MadoScreen *self, const char *page, const char *answer)
{
    for (guint i = 0; i < self->seats->len; i++) {
        Seat *seat = g_ptr_array_index(self->seats, i);

        seat->settings.on_answered(page, answer, seat->settings.user_data);
    }
}

gboolean
mado_screen_answer(MadoScreen *self,
                   const char *bus_name,
                   const char *page,
                   const char *answer,
                   GError **error)
{
    gboolean calls_staff = g_str_equal(answer, "staff");
    Seat *seat = find_seat(self, self->user);

    if (!mado_agent_is_named(self->agent, bus_name)) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_NOT_FOUND, "not the PIN agent");
        return FALSE;
    }
    if (!is_answer(answer)) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT, "no such answer");
        return FALSE;
    }
    if (!calls_staff && (seat == NULL || !g_str_equal(page, self->page))) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_BAD_STATE,
                            "that page is not shown any more");
        return FALSE;
    }
    /* What the agent calls the page is told on only when it is ours. */
    if (seat != NULL)
        seat->settings.on_answered(self->page, answer, seat->settings.user_data);
    else
        tell_all(self, PAGE_IDLE, answer);
    return TRUE;
}
