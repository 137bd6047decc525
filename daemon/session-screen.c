/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/session-screen.h"

#include "common/error.h"
#include "daemon/card/pin.h"
#include "daemon/procedure/plan.h"

#include <unistd.h>

struct _MadoSessionScreen {
    MadoScreen *screen; /* referenced */
    guint seat;
    int person; /* sealed memfd, -1 while nobody is known */
    char procedure[sizeof((MadoStep *)NULL)->procedure];
};

MadoSessionScreen *
mado_session_screen_new(MadoScreen *screen, const MadoScreenSeat *seat)
{
    MadoSessionScreen *self = g_new0(MadoSessionScreen, 1);

    self->screen = mado_screen_ref(screen);
    self->person = -1;
    self->seat = mado_screen_join(screen, seat);
    return self;
}

static void
forget_person(MadoSessionScreen *self)
{
    if (self->person >= 0)
        (void)close(self->person);
    self->person = -1;
}

void
mado_session_screen_free(MadoSessionScreen *self)
{
    if (self == NULL)
        return;
    mado_screen_leave(self->screen, self->seat);
    mado_screen_unref(self->screen);
    forget_person(self);
    g_free(self);
}

guint
mado_session_screen_seat(const MadoSessionScreen *self)
{
    return self->seat;
}

const char *
mado_session_screen_state(const MadoSessionScreen *self)
{
    return mado_screen_state(self->screen, self->seat);
}

void
mado_session_screen_start(MadoSessionScreen *self)
{
    mado_screen_forget_kind(self->screen, self->seat);
}

/* By itself: that nobody looks, or that another claim has the screen, is no fault. */
static void
show_quietly(MadoSessionScreen *self, const char *page, GVariant *details)
{
    (void)mado_screen_show(self->screen, self->seat, page, details, NULL, NULL);
}

static void
keep_person(MadoSessionScreen *self, const MadoStep *step)
{
    gint32 place = -1;

    if (step->details == NULL || step->fds == NULL ||
        !g_variant_lookup(step->details, "person", "h", &place) || place < 0 ||
        place >= g_unix_fd_list_get_length(step->fds))
        return;
    forget_person(self);
    self->person = g_unix_fd_list_get(step->fds, place, NULL); /* a duplicate */
}

static gboolean
is_committed(const MadoStep *step)
{
    const char *outcome = "";

    return step->details != NULL &&
           g_variant_lookup(step->details, "outcome", "&s", &outcome) &&
           g_str_equal(outcome, "committed");
}

void
mado_session_screen_take_step(MadoSessionScreen *self, const MadoStep *step)
{
    g_strlcpy(self->procedure, step->procedure, sizeof self->procedure);
    switch (step->kind) {
    case MADO_STEP_RELAY:
    case MADO_STEP_DECIDE:
    case MADO_STEP_PINS:
    case MADO_STEP_WORK:
        keep_person(self, step);
        break;
    case MADO_STEP_DONE:
        forget_person(self);
        show_quietly(self, is_committed(step) ? "done" : "sorry", NULL);
        break;
    case MADO_STEP_HOLD:
        forget_person(self);
        show_quietly(self, "sorry", NULL);
        break;
    case MADO_STEP_IDLE:
        forget_person(self);
        break;
    }
}

static void
show_locked(MadoSessionScreen *self, MadoPinKind kind, int n_tries)
{
    GVariantBuilder details;

    g_variant_builder_init(&details, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add(&details, "{sv}", "kind",
                          g_variant_new_string(mado_pin_kind_name(kind)));
    g_variant_builder_add(&details, "{sv}", "tries", g_variant_new_int32(MAX(n_tries, 0)));
    show_quietly(self, "locked", g_variant_builder_end(&details));
}

void
mado_session_screen_take_error(MadoSessionScreen *self, const GError *error)
{
    MadoErrorCode code = mado_error_code(error);
    MadoPinKind kind;

    /* Without a prompt it is what the clerk typed. */
    if (!mado_screen_last_kind(self->screen, self->seat, &kind))
        return;
    if (code == MADO_ERROR_PIN_WRONG || code == MADO_ERROR_PIN_BLOCKED)
        show_locked(self, kind, mado_error_tries_left(error));
    else if (code == MADO_ERROR_PIN_FORM &&
             g_str_has_prefix(mado_session_screen_state(self), "typed:"))
        mado_screen_fail(self->screen, self->seat, "weak");
}

void
mado_session_screen_progress(MadoSessionScreen *self, const guint progress[3])
{
    GVariantBuilder details;

    g_variant_builder_init(&details, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add(&details, "{sv}", "progress",
                          g_variant_new("(uuu)", progress[0], progress[1], progress[2]));
    show_quietly(self, "wait", g_variant_builder_end(&details));
}

/* ---- what the clerk asks for ---- */

static const char *
certificates_of(const MadoSessionScreen *self)
{
    const MadoPlan *plan = mado_plan_find_name(self->procedure);
    guint8 slots = plan != NULL ? plan->slots : 0;

    if (slots == (MADO_SLOT_AUTH | MADO_SLOT_SIGN))
        return "auth sign";
    return slots == MADO_SLOT_AUTH ? "auth" : slots == MADO_SLOT_SIGN ? "sign" : "";
}

static gboolean
show_with_person(MadoSessionScreen *self, const char *page, GError **error)
{
    g_autoptr(GUnixFDList) fds = NULL;
    GVariantBuilder details;

    if (self->person < 0) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_BAD_STATE,
                            "no visit whose person is known");
        return FALSE;
    }
    fds = g_unix_fd_list_new();
    if (g_unix_fd_list_append(fds, self->person, error) < 0)
        return FALSE;
    g_variant_builder_init(&details, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add(&details, "{sv}", "person", g_variant_new_handle(0));
    if (g_str_equal(page, "consent"))
        g_variant_builder_add(&details, "{sv}", "certificates",
                              g_variant_new_string(certificates_of(self)));
    return mado_screen_show(self->screen, self->seat, page, g_variant_builder_end(&details),
                            fds, error);
}

gboolean
mado_session_screen_show(MadoSessionScreen *self, const char *page, GError **error)
{
    static const char *const plain[] = {"idle", "language", "explain", "done", NULL};
    static const char *const personal[] = {"confirm", "consent", NULL};

    if (g_strv_contains(plain, page))
        return mado_screen_show(self->screen, self->seat, page, NULL, NULL, error);
    if (g_strv_contains(personal, page))
        return show_with_person(self, page, error);
    g_set_error_literal(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT, "no such page");
    return FALSE;
}
