/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/session-iface.h"

#include "common/error.h"
#include "daemon/card/pin.h"
#include "daemon/procedure/change-pin.h"
#include "daemon/procedure/inspect.h"
#include "daemon/procedure/read.h"
#include "daemon/sealed.h"
#include "daemon/session-visit.h"
#include "data/mado-dbus.h"

#include <madoguchi/names.h>

#define INSPECT_TIMEOUT_MS    10000U
#define CHANGE_PIN_TIMEOUT_MS (2U * MADO_TIMEOUT_PIN_ENTRY_MS + 10000U)

typedef struct {
    MadoDbusSessionSkeleton parent;
    MadoSession *session; /* NULL once detached */
    char *owner;
} MadoSessionIface;

typedef struct {
    MadoDbusSessionSkeletonClass parent;
} MadoSessionIfaceClass;

static void
implement_session(MadoDbusSessionIface *iface);

GType
mado_session_iface_get_type(void);

G_DEFINE_TYPE_WITH_CODE(MadoSessionIface,
                        mado_session_iface,
                        MADO_DBUS_TYPE_SESSION_SKELETON,
                        G_IMPLEMENT_INTERFACE(MADO_DBUS_TYPE_SESSION, implement_session))

/* (nullable): the invocation is answered when there is no session any more. */
static MadoSession *
session_of(MadoDbusSession *object, GDBusMethodInvocation *invocation)
{
    MadoSessionIface *self = (MadoSessionIface *)object;

    if (self->session == NULL)
        g_dbus_method_invocation_return_error_literal(
            invocation, MADO_ERROR, MADO_ERROR_NOT_CLAIMED,
            mado_error_sentence(MADO_ERROR_NOT_CLAIMED));
    return self->session;
}

static void
reply_inspect(GDBusMethodInvocation *invocation, gpointer job)
{
    MadoInspect *inspect = job;

    g_dbus_method_invocation_return_value(invocation, g_variant_new("(@a{sv})", inspect->card));
}

static gboolean
handle_inspect(MadoDbusSession *object, GDBusMethodInvocation *invocation)
{
    MadoSession *session = session_of(object, invocation);
    MadoSessionCall call = {
        .invocation = invocation,
        .run = mado_inspect_run,
        .free_job = mado_inspect_free,
        .reply = reply_inspect,
        .timeout_ms = INSPECT_TIMEOUT_MS,
    };

    if (session == NULL)
        return TRUE;
    call.job = g_new0(MadoInspect, 1);
    mado_session_call(session, &call);
    return TRUE;
}

static void
reply_read(GDBusMethodInvocation *invocation, gpointer job)
{
    MadoRead *read = job;

    g_dbus_method_invocation_return_value_with_unix_fd_list(
        invocation, g_variant_new("(@a{sh}@a{sv})", read->files, read->checks), read->fds);
}

static gboolean
handle_read(MadoDbusSession *object,
            GDBusMethodInvocation *invocation,
            GUnixFDList *fds,
            const char *const *what,
            const char *credential,
            GVariant *secret)
{
    MadoSession *session = session_of(object, invocation);
    g_autoptr(GError) error = NULL;
    MadoSessionCall call = {
        .invocation = invocation,
        .run = mado_read_run,
        .free_job = mado_read_free,
        .reply = reply_read,
    };
    int fd;

    if (session == NULL)
        return TRUE;
    fd = mado_sealed_dup_handle(fds, secret, &error);
    if (fd >= 0)
        call.job = mado_read_new(mado_session_desk(session), what, credential, fd, &error);
    if (call.job == NULL) {
        g_dbus_method_invocation_return_gerror(invocation, error);
        return TRUE;
    }
    call.timeout_ms = mado_read_timeout_ms(call.job);
    mado_session_call(session, &call);
    return TRUE;
}

static void
reply_change_pin(GDBusMethodInvocation *invocation, gpointer job)
{
    MadoChangePin *change = job;

    g_dbus_method_invocation_return_value(
        invocation, g_variant_new("(s)", change->is_half ? "half" : "changed"));
}

static gboolean
handle_change_pin(MadoDbusSession *object, GDBusMethodInvocation *invocation, const char *kind)
{
    MadoSession *session = session_of(object, invocation);
    MadoSessionCall call = {
        .invocation = invocation,
        .run = mado_change_pin_run,
        .free_job = g_free,
        .reply = reply_change_pin,
        .timeout_ms = CHANGE_PIN_TIMEOUT_MS,
    };
    MadoChangePin *change;
    MadoPinKind parsed;

    if (session == NULL)
        return TRUE;
    if (!mado_pin_kind_from_name(kind, &parsed)) {
        g_dbus_method_invocation_return_error_literal(invocation, MADO_ERROR,
                                                      MADO_ERROR_BAD_ARGUMENT, "no such PIN");
        return TRUE;
    }
    change = g_new0(MadoChangePin, 1);
    change->kind = parsed;
    change->journal = mado_session_journal(session);
    call.job = change;
    mado_session_call(session, &call);
    return TRUE;
}

static gboolean
handle_begin(MadoDbusSession *object,
             GDBusMethodInvocation *invocation,
             GUnixFDList *fds,
             const char *procedure,
             const char *request,
             GVariant *number_b)
{
    MadoSession *session = session_of(object, invocation);

    if (session != NULL)
        mado_session_visit_begin(session, invocation, fds, number_b, procedure, request);
    return TRUE;
}

static gboolean
handle_resume(MadoDbusSession *object,
              GDBusMethodInvocation *invocation,
              GUnixFDList *fds,
              const char *visit,
              gboolean resident,
              GVariant *number_b)
{
    MadoSession *session = session_of(object, invocation);

    if (session != NULL)
        mado_session_visit_resume(session, invocation, fds, number_b, visit, resident);
    return TRUE;
}

static gboolean
handle_decide(MadoDbusSession *object,
              GDBusMethodInvocation *invocation,
              GUnixFDList *fds,
              GVariant *decision,
              GVariant *signature)
{
    MadoSession *session = session_of(object, invocation);

    if (session != NULL)
        mado_session_visit_decide(session, invocation, decision, signature);
    return TRUE;
}

static gboolean
handle_reply(MadoDbusSession *object,
             GDBusMethodInvocation *invocation,
             GUnixFDList *fds,
             const char *key,
             GVariant *reply)
{
    MadoSession *session = session_of(object, invocation);

    if (session != NULL)
        mado_session_visit_reply(session, invocation, key, reply);
    return TRUE;
}

static gboolean
handle_fail(MadoDbusSession *object,
            GDBusMethodInvocation *invocation,
            GUnixFDList *fds,
            const char *key,
            guint status,
            const char *problem)
{
    MadoSession *session = session_of(object, invocation);

    if (session != NULL)
        mado_session_visit_fail(session, invocation, key, status, problem);
    return TRUE;
}

static gboolean
handle_continue(MadoDbusSession *object, GDBusMethodInvocation *invocation, GUnixFDList *fds)
{
    MadoSession *session = session_of(object, invocation);

    if (session != NULL)
        mado_session_visit_continue(session, invocation);
    return TRUE;
}

static gboolean
handle_choose_pins(MadoDbusSession *object, GDBusMethodInvocation *invocation, GUnixFDList *fds)
{
    MadoSession *session = session_of(object, invocation);

    if (session != NULL)
        mado_session_visit_choose_pins(session, invocation);
    return TRUE;
}

static gboolean
handle_show(MadoDbusSession *object, GDBusMethodInvocation *invocation, const char *page)
{
    MadoSession *session = session_of(object, invocation);
    g_autoptr(GError) error = NULL;

    if (session == NULL)
        return TRUE;
    if (mado_session_show(session, page, &error))
        mado_dbus_session_complete_show(object, invocation);
    else
        g_dbus_method_invocation_return_gerror(invocation, error);
    return TRUE;
}

static gboolean
handle_cancel(MadoDbusSession *object, GDBusMethodInvocation *invocation)
{
    MadoSession *session = session_of(object, invocation);

    if (session != NULL)
        mado_session_cancel(session, invocation);
    return TRUE;
}

static gboolean
handle_release(MadoDbusSession *object, GDBusMethodInvocation *invocation)
{
    MadoSession *session = session_of(object, invocation);

    if (session != NULL)
        mado_session_release(session, invocation);
    return TRUE;
}

static void
implement_session(MadoDbusSessionIface *iface)
{
    iface->handle_inspect = handle_inspect;
    iface->handle_read = handle_read;
    iface->handle_change_pin = handle_change_pin;
    iface->handle_begin = handle_begin;
    iface->handle_resume = handle_resume;
    iface->handle_decide = handle_decide;
    iface->handle_reply = handle_reply;
    iface->handle_fail = handle_fail;
    iface->handle_continue = handle_continue;
    iface->handle_choose_pins = handle_choose_pins;
    iface->handle_show = handle_show;
    iface->handle_cancel = handle_cancel;
    iface->handle_release = handle_release;
}

static void
mado_session_iface_finalize(GObject *object)
{
    MadoSessionIface *self = (MadoSessionIface *)object;

    g_free(self->owner);
    G_OBJECT_CLASS(mado_session_iface_parent_class)->finalize(object);
}

static void
mado_session_iface_class_init(MadoSessionIfaceClass *class)
{
    G_OBJECT_CLASS(class)->finalize = mado_session_iface_finalize;
    G_DBUS_INTERFACE_SKELETON_CLASS(class)->get_vtable = mado_guard_vtable;
}

static void
mado_session_iface_init(MadoSessionIface *self)
{
}

GDBusInterfaceSkeleton *
mado_session_iface_new(MadoGuard *guard,
                       MadoSession *session,
                       const char *reader_path,
                       const char *owner)
{
    MadoSessionIface *self = g_object_new(mado_session_iface_get_type(), NULL);
    GDBusInterfaceSkeleton *skeleton = G_DBUS_INTERFACE_SKELETON(self);

    self->session = session;
    self->owner = g_strdup(owner);
    mado_dbus_session_set_reader(MADO_DBUS_SESSION(self), reader_path);
    mado_guard_protect(guard, skeleton, owner);
    mado_session_iface_refresh(skeleton);
    return skeleton;
}

/* To the owner alone: what the resident does is no business of other clients. @parameters
 * (floating, consumed). Nothing before the object is on the bus. */
static void
emit_to_owner(MadoSessionIface *self,
              const char *interface,
              const char *signal,
              GVariant *parameters)
{
    GDBusInterfaceSkeleton *skeleton = G_DBUS_INTERFACE_SKELETON(self);
    GDBusConnection *connection = g_dbus_interface_skeleton_get_connection(skeleton);
    g_autoptr(GVariant) sunk = g_variant_ref_sink(parameters);

    if (connection != NULL)
        (void)g_dbus_connection_emit_signal(connection, self->owner,
                                            g_dbus_interface_skeleton_get_object_path(skeleton),
                                            interface, signal, sunk, NULL);
}

static void
refresh_resident(MadoSessionIface *self)
{
    MadoDbusSession *object = MADO_DBUS_SESSION(self);
    const char *state = mado_session_resident(self->session);
    GVariantBuilder changed;

    if (g_strcmp0(mado_dbus_session_get_resident(object), state) == 0)
        return;
    mado_dbus_session_set_resident(object, state);
    g_variant_builder_init(&changed, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add(&changed, "{sv}", "Resident", g_variant_new_string(state));
    emit_to_owner(self, "org.freedesktop.DBus.Properties", "PropertiesChanged",
                  g_variant_new("(sa{sv}as)", MADO_IFACE_SESSION, &changed, NULL));
}

void
mado_session_iface_answered(GDBusInterfaceSkeleton *skeleton,
                            const char *page,
                            const char *answer)
{
    emit_to_owner((MadoSessionIface *)skeleton, MADO_IFACE_SESSION, "ResidentAnswered",
                  g_variant_new("(ss)", page, answer));
}

void
mado_session_iface_refresh(GDBusInterfaceSkeleton *skeleton)
{
    MadoSessionIface *self = (MadoSessionIface *)skeleton;
    MadoDbusSession *object = MADO_DBUS_SESSION(self);
    const MadoStep *step;
    guint progress[3];

    g_return_if_fail(self->session != NULL);
    step = mado_session_step(self->session);
    mado_session_progress(self->session, progress);
    mado_dbus_session_set_procedure(object, step->procedure);
    mado_dbus_session_set_step(object, mado_step_name(step->kind));
    mado_dbus_session_set_visit(object, step->visit);
    mado_dbus_session_set_progress(
        object, g_variant_new("(uuu)", progress[0], progress[1], progress[2]));
    refresh_resident(self);
}

void
mado_session_iface_detach(GDBusInterfaceSkeleton *skeleton)
{
    MadoSessionIface *self = (MadoSessionIface *)skeleton;

    self->session = NULL;
}
