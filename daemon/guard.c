/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/guard.h"

#include "common/error.h"
#include "common/log.h"

#define KEY_GUARD "mado-guard"
#define KEY_OWNER "mado-owner"
#define KEY_UID   "mado-uid"

struct _MadoGuard {
    gatomicrefcount n_refs; /* the owner, and every call that waits for the authority */
    MadoClients *clients;
    MadoGate *gate;
    gboolean is_closed;
};

/* A call that waits for the authority. */
typedef struct {
    MadoGuard *guard;                  /* referenced */
    GDBusInterfaceSkeleton *skeleton;  /* referenced */
    GDBusMethodInvocation *invocation; /* owned */
} Waiting;

static void
unref(MadoGuard *self)
{
    if (g_atomic_ref_count_dec(&self->n_refs))
        g_free(self);
}

MadoGuard *
mado_guard_new(MadoClients *clients, MadoGate *gate)
{
    MadoGuard *self = g_new0(MadoGuard, 1);

    g_atomic_ref_count_init(&self->n_refs);
    self->clients = clients;
    self->gate = gate;
    return self;
}

void
mado_guard_free(MadoGuard *self)
{
    if (self == NULL)
        return;
    self->is_closed = TRUE;
    unref(self);
}

static void
unref_guard(gpointer data)
{
    unref(data);
}

void
mado_guard_protect(MadoGuard *self, GDBusInterfaceSkeleton *skeleton, const char *owner)
{
    g_atomic_ref_count_inc(&self->n_refs);
    g_object_set_data_full(G_OBJECT(skeleton), KEY_GUARD, self, unref_guard);
    g_object_set_data_full(G_OBJECT(skeleton), KEY_OWNER, g_strdup(owner), g_free);
}

guint
mado_guard_caller_uid(GDBusMethodInvocation *invocation)
{
    const guint *uid = g_object_get_data(G_OBJECT(invocation), KEY_UID);

    g_return_val_if_fail(uid != NULL, 0);
    return *uid;
}

/* The generated dispatcher of the class above the one that returned our table. */
static const GDBusInterfaceVTable *
generated_vtable(GDBusInterfaceSkeleton *skeleton)
{
    GDBusInterfaceSkeletonClass *above =
        g_type_class_peek_parent(G_DBUS_INTERFACE_SKELETON_GET_CLASS(skeleton));

    return above->get_vtable(skeleton);
}

static void
dispatch(GDBusInterfaceSkeleton *skeleton, GDBusMethodInvocation *invocation)
{
    generated_vtable(skeleton)->method_call(
        g_dbus_method_invocation_get_connection(invocation),
        g_dbus_method_invocation_get_sender(invocation),
        g_dbus_method_invocation_get_object_path(invocation),
        g_dbus_method_invocation_get_interface_name(invocation),
        g_dbus_method_invocation_get_method_name(invocation),
        g_dbus_method_invocation_get_parameters(invocation), invocation, skeleton);
}

static void
refuse(GDBusMethodInvocation *invocation, const GError *error)
{
    mado_log(G_LOG_LEVEL_INFO, MADO_LOG_REFUSED,
             g_dbus_method_invocation_get_sender(invocation), "%s: %s",
             g_dbus_method_invocation_get_method_name(invocation), error->message);
    g_dbus_method_invocation_return_gerror(invocation, error);
}

static void
refuse_code(GDBusMethodInvocation *invocation, MadoErrorCode code)
{
    g_autoptr(GError) error =
        g_error_new_literal(MADO_ERROR, (gint)code, mado_error_sentence(code));

    refuse(invocation, error);
}

/* The authority has answered: what was true before it may not be any more. */
static void
on_gate_answered(guint uid, const GError *error, gpointer user_data)
{
    Waiting *waiting = user_data;
    const char *sender = g_dbus_method_invocation_get_sender(waiting->invocation);
    gboolean is_closed = waiting->guard->is_closed;

    if (error != NULL) {
        refuse(waiting->invocation, error);
    } else if (is_closed || !mado_clients_is_alive(waiting->guard->clients, sender)) {
        refuse_code(waiting->invocation, MADO_ERROR_CANCELLED);
    } else {
        g_object_set_data_full(G_OBJECT(waiting->invocation), KEY_UID,
                               g_memdup2(&uid, sizeof uid), g_free);
        dispatch(waiting->skeleton, waiting->invocation);
    }
    g_object_unref(waiting->skeleton);
    unref(waiting->guard);
    g_free(waiting);
}

static void
ask(MadoGuard *self,
    GDBusInterfaceSkeleton *skeleton,
    GDBusMethodInvocation *invocation,
    const char *action)
{
    Waiting *waiting = g_new0(Waiting, 1);

    g_atomic_ref_count_inc(&self->n_refs);
    waiting->guard = self;
    waiting->skeleton = g_object_ref(skeleton);
    waiting->invocation = invocation;
    mado_gate_ask(self->gate, invocation, action, on_gate_answered, waiting);
}

static void
apply_rule(MadoGuard *self,
           GDBusInterfaceSkeleton *skeleton,
           GDBusMethodInvocation *invocation,
           const MadoGateRule *rule)
{
    const char *owner = g_object_get_data(G_OBJECT(skeleton), KEY_OWNER);

    switch (rule->kind) {
    case MADO_GATE_OPEN:
        dispatch(skeleton, invocation);
        break;
    case MADO_GATE_OWNER:
        if (g_strcmp0(owner, g_dbus_method_invocation_get_sender(invocation)) == 0)
            dispatch(skeleton, invocation);
        else
            refuse_code(invocation, MADO_ERROR_NOT_CLAIMED);
        break;
    case MADO_GATE_ASK:
        ask(self, skeleton, invocation, rule->action);
        break;
    case MADO_GATE_NEVER:
        refuse_code(invocation, MADO_ERROR_NOT_AUTHORIZED);
        break;
    }
}

/* lint: allow parameters: GDBus calls it */
static void
guarded_method_call(GDBusConnection *connection,
                    const char *sender,
                    const char *path,
                    const char *interface,
                    const char *method,
                    GVariant *parameters,
                    GDBusMethodInvocation *invocation,
                    gpointer user_data)
{
    GDBusInterfaceSkeleton *skeleton = user_data;
    MadoGuard *self = g_object_get_data(G_OBJECT(skeleton), KEY_GUARD);
    const MadoGateRule *rule = mado_gate_find(interface, method);
    g_autoptr(GError) error = NULL;

    if (self == NULL || self->is_closed || rule == NULL) {
        refuse_code(invocation, MADO_ERROR_NOT_AUTHORIZED);
        return;
    }
    if (!mado_clients_admit_call(self->clients, invocation, &error)) {
        refuse(invocation, error);
        return;
    }
    apply_rule(self, skeleton, invocation, rule);
}

/* lint: allow parameters: GDBus calls it */
static GVariant *
guarded_get_property(GDBusConnection *connection,
                     const char *sender,
                     const char *path,
                     const char *interface,
                     const char *property,
                     GError **error,
                     gpointer user_data)
{
    return generated_vtable(user_data)->get_property(connection, sender, path, interface,
                                                     property, error, user_data);
}

/* No property of ours may be written: there is no rule for that, so it is refused. */
/* lint: allow parameters: GDBus calls it */
static gboolean
guarded_set_property(GDBusConnection *connection,
                     const char *sender,
                     const char *path,
                     const char *interface,
                     const char *property,
                     GVariant *value,
                     GError **error,
                     gpointer user_data)
{
    g_set_error_literal(error, MADO_ERROR, MADO_ERROR_NOT_AUTHORIZED,
                        mado_error_sentence(MADO_ERROR_NOT_AUTHORIZED));
    return FALSE;
}

GDBusInterfaceVTable *
mado_guard_vtable(GDBusInterfaceSkeleton *skeleton)
{
    static const GDBusInterfaceVTable vtable = {
        .method_call = guarded_method_call,
        .get_property = guarded_get_property,
        .set_property = guarded_set_property,
    };

    /* GDBus declares the result writable and never writes it. */
    return (GDBusInterfaceVTable *)(guintptr)&vtable;
}
