/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/daemon.h"

#include "common/error.h"
#include "common/log.h"
#include "common/realm.h"
#include "daemon/bus.h"
#include "daemon/fleet.h"
#include "daemon/monitor.h"
#include "daemon/transport-meter.h"

#include <madoguchi/limits.h>

/* In the order of making; taken down the other way round. */
struct _MadoDaemon {
    MadoDaemonSettings settings;
    MadoJournal *journal; /* (nullable) before enrolment */
    MadoClients *clients;
    MadoGate *gate;
    MadoGuard *guard;
    MadoAgent *agent;
    MadoScreen *screen;
    MadoFleet *fleet;
    MadoTransportMeterSettings meter; /* workers look into it */
    MadoLooks *looks;
    MadoRegistry *registry;
    MadoClaims *claims;
    MadoBus *bus;
    MadoMonitor *monitor;
    gulong closed_handler;
    GSource *deadline; /* (nullable): while stopping */
};

/* ---- what happens outside ---- */

static void
on_readers_changed(GPtrArray *readers, gpointer user_data)
{
    MadoDaemon *self = user_data;

    if (readers == NULL)
        mado_log(G_LOG_LEVEL_MESSAGE, MADO_LOG_READER, NULL,
                 "the smart card service does not answer");
    mado_manager_iface_set_service_present(mado_bus_manager(self->bus), readers != NULL);
    mado_registry_update(self->registry, readers);
}

static void
show_role(const MadoReader *reader, gpointer user_data)
{
    MadoDaemon *self = user_data;

    mado_bus_set_reader_role(self->bus, reader, mado_fleet_role(self->fleet, reader->port));
}

static void
on_role_bound(gpointer user_data)
{
    MadoDaemon *self = user_data;

    mado_registry_foreach(self->registry, show_role, self);
}

static void
count_inserts(MadoDaemon *self, const MadoReader *reader)
{
    const MadoFleetCounts counts = {.n_inserts = reader->n_inserted};

    if (reader->n_inserted > 0)
        mado_fleet_count(self->fleet, reader->name, &counts);
}

static void
on_reader_changed(const MadoReader *reader, MadoRegistryEvent event, gpointer user_data)
{
    MadoDaemon *self = user_data;

    switch (event) {
    case MADO_REGISTRY_ADDED:
        mado_log(G_LOG_LEVEL_INFO, MADO_LOG_READER, reader->path, "reader '%s' added",
                 reader->name);
        mado_fleet_place(self->fleet, reader->name, reader->port);
        mado_bus_add_reader(self->bus, reader);
        show_role(reader, self);
        break;
    case MADO_REGISTRY_CARD_GONE:
        count_inserts(self, reader);
        mado_bus_change_reader(self->bus, reader);
        mado_claims_reader_event(self->claims, reader->path, MADO_SESSION_ON_CARD_GONE);
        break;
    case MADO_REGISTRY_CHANGED:
        count_inserts(self, reader);
        mado_bus_change_reader(self->bus, reader);
        break;
    case MADO_REGISTRY_REMOVED:
        mado_log(G_LOG_LEVEL_INFO, MADO_LOG_READER, reader->path, "reader '%s' removed",
                 reader->name);
        mado_claims_reader_event(self->claims, reader->path, MADO_SESSION_ON_READER_GONE);
        mado_bus_remove_reader(self->bus, reader);
        break;
    }
}

static void
on_client_gone(const char *bus_name, gpointer user_data)
{
    MadoDaemon *self = user_data;

    mado_gate_forget_client(self->gate, bus_name);
    mado_claims_owner_gone(self->claims, bus_name);
    mado_manager_iface_client_gone(mado_bus_manager(self->bus), bus_name);
}

static void
on_backlog_changed(guint n_receipts, gpointer user_data)
{
    MadoDaemon *self = user_data;

    if (self->bus != NULL)
        mado_manager_iface_set_backlog(mado_bus_manager(self->bus), n_receipts);
}

static void
on_name_lost(gpointer user_data)
{
    MadoDaemon *self = user_data;

    mado_log(G_LOG_LEVEL_MESSAGE, MADO_LOG_STOPPED, NULL,
             "the bus name is not ours: another madoguchid runs, or the bus policy is missing");
    self->settings.on_ended(TRUE, self->settings.user_data);
}

static void
on_bus_closed_cb(GDBusConnection *connection,
                 gboolean remote_peer_vanished,
                 GError *error,
                 gpointer user_data)
{
    MadoDaemon *self = user_data;

    mado_log(G_LOG_LEVEL_MESSAGE, MADO_LOG_STOPPED, NULL, "the bus went away");
    self->settings.on_ended(TRUE, self->settings.user_data);
}

/* ---- sessions on the bus ---- */

static void
on_session_added(MadoSession *session,
                 const char *path,
                 const char *reader_path,
                 const char *owner,
                 gpointer user_data)
{
    MadoDaemon *self = user_data;

    mado_bus_add_session(self->bus, session, path, reader_path, owner);
}

static void
on_session_changed(MadoSession *session, const char *path, gpointer user_data)
{
    MadoDaemon *self = user_data;

    mado_bus_change_session(self->bus, path);
}

static void
on_session_answered(const char *path, const char *page, const char *answer, gpointer user_data)
{
    MadoDaemon *self = user_data;

    mado_bus_tell_answer(self->bus, path, page, answer);
}

static void
on_session_removed(MadoSession *session, const char *path, gpointer user_data)
{
    MadoDaemon *self = user_data;

    mado_bus_remove_session(self->bus, path);
}

static void
on_claims_idle(gpointer user_data)
{
    MadoDaemon *self = user_data;

    if (self->deadline != NULL)
        self->settings.on_ended(FALSE, self->settings.user_data);
}

/* ---- start and stop ---- */

/* (transfer full): beside the journal, when there is one. */
static MadoFleet *
open_fleet(const MadoDesk *desk)
{
    g_autofree char *folder = NULL;
    g_autofree char *path = NULL;

    if (mado_desk_is_enrolled(desk)) {
        folder = g_path_get_dirname(desk->journal_path);
        path = g_build_filename(folder, "readers.db", NULL);
    }
    return mado_fleet_open(path, desk->clock);
}

static void
make_core(MadoDaemon *self)
{
    MadoClaimsSettings claims = {
        .desk = self->settings.desk,
        .journal = self->journal,
        .new_transport = mado_transport_meter_new,
        .transport_data = &self->meter,
        .on_added = on_session_added,
        .on_changed = on_session_changed,
        .on_answered = on_session_answered,
        .on_removed = on_session_removed,
        .on_idle = on_claims_idle,
        .user_data = self,
    };

    self->clients = mado_clients_new(self->settings.connection, on_client_gone, self);
    self->gate = mado_gate_new(self->settings.connection);
    self->guard = mado_guard_new(self->clients, self->gate);
    self->agent = mado_agent_new(self->settings.desk->realm == MADO_REALM_CODE_PRODUCTION);
    self->screen = mado_screen_new(self->agent);
    self->fleet = open_fleet(self->settings.desk);
    self->meter = (MadoTransportMeterSettings){
        .new_transport = self->settings.new_transport,
        .transport_data = self->settings.transport_data,
        .fleet = self->fleet,
    };
    self->looks = mado_looks_new(self->settings.desk);
    self->registry = mado_registry_new(on_reader_changed, self);
    claims.registry = self->registry;
    claims.clients = self->clients;
    claims.agent = self->agent;
    claims.screen = self->screen;
    self->claims = mado_claims_new(&claims);
}

static gboolean
export_manager(MadoDaemon *self, GError **error)
{
    MadoManagerIfaceSettings manager = {
        .guard = self->guard,
        .claims = self->claims,
        .clients = self->clients,
        .agent = self->agent,
        .screen = self->screen,
        .journal = self->journal,
        .looks = self->looks,
        .desk = self->settings.desk,
        .fleet = self->fleet,
        .registry = self->registry,
        .on_bound = on_role_bound,
        .user_data = self,
    };

    self->bus = mado_bus_new(self->settings.connection, self->guard);
    return mado_bus_export_manager(self->bus, &manager, error);
}

MadoDaemon *
mado_daemon_start(const MadoDaemonSettings *settings, GError **error)
{
    g_autoptr(MadoDaemon) self = g_new0(MadoDaemon, 1);

    self->settings = *settings;
    g_object_ref(self->settings.connection);
    if (mado_desk_is_enrolled(settings->desk)) {
        self->journal = mado_journal_open(settings->desk, on_backlog_changed, self, error);
        if (self->journal == NULL) {
            settings->sensor->ops->free(settings->sensor);
            return NULL;
        }
    }
    make_core(self);
    /* Watches before anything can be exported, so nothing is missed. */
    self->monitor = mado_monitor_new(settings->sensor, on_readers_changed, self);
    if (!export_manager(self, error))
        return NULL;
    self->closed_handler =
        g_signal_connect(settings->connection, "closed", G_CALLBACK(on_bus_closed_cb), self);
    mado_bus_own_name(self->bus, on_name_lost, self);
    mado_log(G_LOG_LEVEL_MESSAGE, MADO_LOG_STARTED, settings->desk->terminal,
             "version " PACKAGE_VERSION ", realm %s", mado_realm_name(settings->desk->realm));
    return g_steal_pointer(&self);
}

static gboolean
on_deadline_over(gpointer user_data)
{
    MadoDaemon *self = user_data;

    self->settings.on_ended(FALSE, self->settings.user_data);
    return G_SOURCE_REMOVE;
}

void
mado_daemon_stop(MadoDaemon *self)
{
    gboolean is_second = self->deadline != NULL;

    mado_bus_release_name(self->bus);
    if (is_second || mado_claims_n_threads(self->claims) == 0) {
        self->settings.on_ended(FALSE, self->settings.user_data);
        return;
    }
    self->deadline = g_timeout_source_new(MADO_TIMEOUT_EXCHANGE_MS);
    g_source_set_callback(self->deadline, on_deadline_over, self, NULL);
    (void)g_source_attach(self->deadline, NULL);
    mado_claims_shutdown(self->claims);
}

void
mado_daemon_free(MadoDaemon *self)
{
    if (self == NULL)
        return;
    if (self->closed_handler != 0)
        g_signal_handler_disconnect(self->settings.connection, self->closed_handler);
    if (self->deadline != NULL)
        g_source_destroy(self->deadline);
    g_clear_pointer(&self->deadline, g_source_unref);
    mado_monitor_free(self->monitor);
    mado_guard_free(self->guard);
    mado_gate_free(self->gate);
    mado_bus_free(self->bus);
    mado_claims_free(self->claims);
    mado_registry_free(self->registry);
    if (self->fleet != NULL)
        mado_fleet_close(self->fleet);
    mado_looks_free(self->looks);
    g_clear_pointer(&self->screen, mado_screen_unref);
    g_clear_pointer(&self->agent, mado_agent_unref);
    mado_clients_free(self->clients);
    if (self->journal != NULL)
        mado_journal_close(self->journal);
    g_object_unref(self->settings.connection);
    g_free(self);
}
