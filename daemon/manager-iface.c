/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/manager-iface.h"

#include "common/error.h"
#include "common/realm.h"
#include "daemon/sealed.h"
#include "data/mado-dbus.h"

#include <gio/gunixfdlist.h>

#include <madoguchi/names.h>
#include <unistd.h>

#define RECEIPTS_MAX 500U

typedef struct {
    MadoDbusManagerSkeleton parent;
    MadoManagerIfaceSettings settings;
} MadoManagerIface;

typedef struct {
    MadoDbusManagerSkeletonClass parent;
} MadoManagerIfaceClass;

static void
implement_manager(MadoDbusManagerIface *iface);

GType
mado_manager_iface_get_type(void);

G_DEFINE_TYPE_WITH_CODE(MadoManagerIface,
                        mado_manager_iface,
                        MADO_DBUS_TYPE_MANAGER_SKELETON,
                        G_IMPLEMENT_INTERFACE(MADO_DBUS_TYPE_MANAGER, implement_manager))

static void
refuse(GDBusMethodInvocation *invocation, MadoErrorCode code)
{
    g_dbus_method_invocation_return_error_literal(invocation, MADO_ERROR, (gint)code,
                                                  mado_error_sentence(code));
}

static gboolean
handle_claim(MadoDbusManager *object, GDBusMethodInvocation *invocation, const char *reader)
{
    MadoManagerIface *self = (MadoManagerIface *)object;
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL;

    if (!mado_dbus_manager_get_service_present(object)) {
        refuse(invocation, MADO_ERROR_SERVICE_GONE);
        return TRUE;
    }
    path = mado_claims_claim(self->settings.claims, reader,
                             g_dbus_method_invocation_get_sender(invocation),
                             mado_guard_caller_uid(invocation), &error);
    if (path == NULL)
        g_dbus_method_invocation_return_gerror(invocation, error);
    else
        mado_dbus_manager_complete_claim(object, invocation, path);
    return TRUE;
}

static void
show_agent(MadoManagerIface *self)
{
    mado_dbus_manager_set_agent_present(MADO_DBUS_MANAGER(self),
                                        mado_agent_is_present(self->settings.agent));
}

static gboolean
handle_register_agent(MadoDbusManager *object,
                      GDBusMethodInvocation *invocation,
                      const char *agent)
{
    MadoManagerIface *self = (MadoManagerIface *)object;
    const char *sender = g_dbus_method_invocation_get_sender(invocation);
    g_autoptr(GError) error = NULL;

    if (!mado_agent_register(self->settings.agent,
                             g_dbus_method_invocation_get_connection(invocation), sender, agent,
                             mado_guard_caller_uid(invocation), &error)) {
        g_dbus_method_invocation_return_gerror(invocation, error);
        return TRUE;
    }
    mado_clients_set_agent(self->settings.clients, sender, TRUE);
    mado_dbus_manager_complete_register_agent(object, invocation);
    show_agent(self);
    return TRUE;
}

static gboolean
handle_unregister_agent(MadoDbusManager *object, GDBusMethodInvocation *invocation)
{
    MadoManagerIface *self = (MadoManagerIface *)object;
    const char *sender = g_dbus_method_invocation_get_sender(invocation);

    if (!mado_agent_unregister(self->settings.agent, sender)) {
        refuse(invocation, MADO_ERROR_NOT_FOUND);
        return TRUE;
    }
    mado_clients_set_agent(self->settings.clients, sender, FALSE);
    mado_dbus_manager_complete_unregister_agent(object, invocation);
    show_agent(self);
    return TRUE;
}

static gboolean
handle_answer_page(MadoDbusManager *object,
                   GDBusMethodInvocation *invocation,
                   const char *page,
                   const char *answer)
{
    MadoManagerIface *self = (MadoManagerIface *)object;
    g_autoptr(GError) error = NULL;

    if (mado_screen_answer(self->settings.screen,
                           g_dbus_method_invocation_get_sender(invocation), page, answer,
                           &error))
        mado_dbus_manager_complete_answer_page(object, invocation);
    else
        g_dbus_method_invocation_return_gerror(invocation, error);
    return TRUE;
}

/* ---- the journal's answers ---- */

static void
on_journal_replied(GVariant *result, const GError *error, gpointer user_data)
{
    GDBusMethodInvocation *invocation = user_data;

    if (error != NULL)
        g_dbus_method_invocation_return_gerror(invocation, error);
    else
        g_dbus_method_invocation_return_value(invocation, result);
}

/* (nullable): the invocation is answered when the desk has none. */
static MadoJournal *
journal_of(MadoDbusManager *object, GDBusMethodInvocation *invocation)
{
    MadoManagerIface *self = (MadoManagerIface *)object;

    if (self->settings.journal == NULL)
        refuse(invocation, MADO_ERROR_ENROLMENT);
    return self->settings.journal;
}

static gboolean
handle_list_visits(MadoDbusManager *object, GDBusMethodInvocation *invocation)
{
    MadoJournal *journal = journal_of(object, invocation);

    if (journal != NULL)
        mado_journal_list_visits(journal, on_journal_replied, invocation);
    return TRUE;
}

static gboolean
handle_list_receipts(MadoDbusManager *object,
                     GDBusMethodInvocation *invocation,
                     guint64 after,
                     guint limit)
{
    MadoJournal *journal;

    if (limit == 0 || limit > RECEIPTS_MAX) {
        refuse(invocation, MADO_ERROR_BAD_ARGUMENT);
        return TRUE;
    }
    journal = journal_of(object, invocation);
    if (journal != NULL)
        mado_journal_list_receipts(journal, after, limit, on_journal_replied, invocation);
    return TRUE;
}

static gboolean
handle_next_delivery(MadoDbusManager *object, GDBusMethodInvocation *invocation)
{
    MadoJournal *journal = journal_of(object, invocation);

    if (journal != NULL)
        mado_journal_next_delivery(journal, on_journal_replied, invocation);
    return TRUE;
}

static gboolean
handle_finish_delivery(MadoDbusManager *object,
                       GDBusMethodInvocation *invocation,
                       const char *key,
                       GVariant *reply)
{
    MadoJournal *journal = journal_of(object, invocation);
    g_autoptr(GBytes) bytes = g_variant_get_data_as_bytes(reply);

    if (journal != NULL)
        mado_journal_finish_delivery(journal, key, bytes, on_journal_replied, invocation);
    return TRUE;
}

/* ---- looks ---- */

/* Replies with what was made, or with @error. */
static void
answer_look(GDBusMethodInvocation *invocation,
            const MadoLooksMessage *message,
            const GError *error)
{
    if (error != NULL) {
        g_dbus_method_invocation_return_gerror(invocation, error);
        return;
    }
    g_dbus_method_invocation_return_value(
        invocation, g_variant_new("(ss@ay)", message->endpoint, message->key,
                                  g_variant_new_from_bytes(G_VARIANT_TYPE_BYTESTRING,
                                                           message->body, TRUE)));
}

/* lint: allow parameters: the generated handler's type */
static gboolean
handle_look(MadoDbusManager *object,
            GDBusMethodInvocation *invocation,
            GUnixFDList *fds,
            GVariant *query,
            GVariant *decision,
            GVariant *signature)
{
    MadoManagerIface *self = (MadoManagerIface *)object;
    g_autoptr(GBytes) bytes = g_variant_get_data_as_bytes(decision);
    g_autoptr(GBytes) signed_by = g_variant_get_data_as_bytes(signature);
    const MadoBodyDecision signed_decision = {bytes, signed_by};
    g_auto(MadoLooksMessage) message = {NULL, NULL, NULL};
    g_autoptr(GError) error = NULL;
    int fd = mado_sealed_dup_handle(fds, query, &error);

    if (fd >= 0) {
        mado_looks_begin(self->settings.looks, g_dbus_method_invocation_get_sender(invocation),
                         fd, &signed_decision, &message, &error);
        (void)close(fd);
    }
    answer_look(invocation, &message, error);
    return TRUE;
}

static void
return_rows(GDBusMethodInvocation *invocation, const MadoSecret *rows)
{
    g_autoptr(GUnixFDList) fds = NULL;
    g_autoptr(GError) error = NULL;
    int fd = mado_sealed_new("rows", mado_secret_peek(rows), mado_secret_len(rows), &error);

    if (fd < 0) {
        g_dbus_method_invocation_return_gerror(invocation, error);
        return;
    }
    fds = g_unix_fd_list_new_from_array(&fd, 1);
    g_dbus_method_invocation_return_value_with_unix_fd_list(invocation, g_variant_new("(h)", 0),
                                                            fds);
}

static gboolean
handle_looked(MadoDbusManager *object,
              GDBusMethodInvocation *invocation,
              GUnixFDList *fds,
              const char *key,
              GVariant *reply)
{
    MadoManagerIface *self = (MadoManagerIface *)object;
    g_autoptr(GBytes) bytes = g_variant_get_data_as_bytes(reply);
    g_autoptr(GError) error = NULL;
    g_autoptr(MadoSecret) rows =
        mado_looks_finish(self->settings.looks, g_dbus_method_invocation_get_sender(invocation),
                          key, bytes, &error);

    if (rows == NULL)
        g_dbus_method_invocation_return_gerror(invocation, error);
    else
        return_rows(invocation, rows);
    return TRUE;
}

/* ---- the readers' wear and roles ---- */

static gboolean
handle_list_reader_statistics(MadoDbusManager *object,
                              GDBusMethodInvocation *invocation,
                              guint n_days)
{
    MadoManagerIface *self = (MadoManagerIface *)object;

    if (n_days == 0 || n_days > MADO_FLEET_DAYS)
        refuse(invocation, MADO_ERROR_BAD_ARGUMENT);
    else
        mado_fleet_list(self->settings.fleet, n_days, on_journal_replied, invocation);
    return TRUE;
}

typedef struct {
    MadoManagerIface *manager; /* referenced */
    GDBusMethodInvocation *invocation;
} Binding;

static void
on_bound(GVariant *result, const GError *error, gpointer user_data)
{
    Binding *binding = user_data;

    if (error == NULL)
        binding->manager->settings.on_bound(binding->manager->settings.user_data);
    on_journal_replied(result, error, binding->invocation);
    g_object_unref(binding->manager);
    g_free(binding);
}

static gboolean
handle_bind_reader(MadoDbusManager *object,
                   GDBusMethodInvocation *invocation,
                   const char *role,
                   const char *path)
{
    MadoManagerIface *self = (MadoManagerIface *)object;
    gboolean takes_away = g_str_equal(path, "/");
    const MadoReader *reader =
        takes_away ? NULL : mado_registry_find(self->settings.registry, path);
    g_autoptr(GError) error = NULL;
    Binding *binding;

    if (!takes_away && reader == NULL) {
        refuse(invocation, MADO_ERROR_NOT_FOUND);
        return TRUE;
    }
    if (!mado_fleet_check_role(role, &error)) {
        g_dbus_method_invocation_return_gerror(invocation, error);
        return TRUE;
    }
    binding = g_new0(Binding, 1);
    binding->manager = g_object_ref(self);
    binding->invocation = invocation;
    mado_fleet_bind(self->settings.fleet, role, takes_away ? NULL : reader->port, on_bound,
                    binding);
    return TRUE;
}

static void
implement_manager(MadoDbusManagerIface *iface)
{
    iface->handle_look = handle_look;
    iface->handle_looked = handle_looked;
    iface->handle_claim = handle_claim;
    iface->handle_list_reader_statistics = handle_list_reader_statistics;
    iface->handle_bind_reader = handle_bind_reader;
    iface->handle_register_agent = handle_register_agent;
    iface->handle_unregister_agent = handle_unregister_agent;
    iface->handle_answer_page = handle_answer_page;
    iface->handle_list_visits = handle_list_visits;
    iface->handle_list_receipts = handle_list_receipts;
    iface->handle_next_delivery = handle_next_delivery;
    iface->handle_finish_delivery = handle_finish_delivery;
}

static void
mado_manager_iface_class_init(MadoManagerIfaceClass *class)
{
    G_DBUS_INTERFACE_SKELETON_CLASS(class)->get_vtable = mado_guard_vtable;
}

static void
mado_manager_iface_init(MadoManagerIface *self)
{
}

GDBusInterfaceSkeleton *
mado_manager_iface_new(const MadoManagerIfaceSettings *settings)
{
    MadoManagerIface *self = g_object_new(mado_manager_iface_get_type(), NULL);
    MadoDbusManager *object = MADO_DBUS_MANAGER(self);

    self->settings = *settings;
    mado_dbus_manager_set_version(object, PACKAGE_VERSION);
    mado_dbus_manager_set_realm(object, mado_realm_name(settings->desk->realm));
    mado_dbus_manager_set_terminal(object, settings->desk->terminal);
    mado_guard_protect(settings->guard, G_DBUS_INTERFACE_SKELETON(self), NULL);
    return G_DBUS_INTERFACE_SKELETON(self);
}

void
mado_manager_iface_set_service_present(GDBusInterfaceSkeleton *self, gboolean is_present)
{
    mado_dbus_manager_set_service_present(MADO_DBUS_MANAGER(self), is_present);
}

void
mado_manager_iface_set_backlog(GDBusInterfaceSkeleton *self, guint n_receipts)
{
    mado_dbus_manager_set_backlog(MADO_DBUS_MANAGER(self), n_receipts);
}

void
mado_manager_iface_client_gone(GDBusInterfaceSkeleton *skeleton, const char *bus_name)
{
    MadoManagerIface *self = (MadoManagerIface *)skeleton;

    if (!mado_agent_unregister(self->settings.agent, bus_name))
        return;
    mado_clients_set_agent(self->settings.clients, bus_name, FALSE);
    show_agent(self);
}
