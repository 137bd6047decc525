/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Start: hardening → options → configuration → bus → journal, core, monitor → bus name. Stop
 * (SIGTERM, SIGINT): name released → visits held, cards down → threads joined → journal closed.
 */
#include "config.h"

#include "common/error.h"
#include "common/hardening.h"
#include "common/log.h"
#include "daemon/daemon.h"
#include "daemon/options.h"
#include "daemon/transport-pcsc.h"

#include <glib-unix.h>

#include <locale.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

typedef struct {
    GMainLoop *loop;
    MadoDaemon *daemon;
    gboolean is_failure;
} Main;

static void
on_ended(gboolean is_failure, gpointer user_data)
{
    Main *self = user_data;

    self->is_failure = is_failure;
    g_main_loop_quit(self->loop);
}

static gboolean
on_signal(gpointer user_data)
{
    Main *self = user_data;

    mado_daemon_stop(self->daemon);
    return G_SOURCE_CONTINUE;
}

static int
fail(const char *doing, const GError *error, int code)
{
    g_printerr("madoguchid: %s: %s\n", doing, error->message);
    return code;
}

static int
run(const MadoDesk *desk)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GDBusConnection) connection = g_bus_get_sync(G_BUS_TYPE_SYSTEM, NULL, &error);
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    Main self = {.loop = loop};
    MadoDaemonSettings settings = {.desk = desk,
                                   .connection = connection,
                                   .new_transport = mado_transport_pcsc_new,
                                   .on_ended = on_ended};

    if (connection == NULL)
        return fail("cannot reach the system bus", error, EX_UNAVAILABLE);
    g_dbus_connection_set_exit_on_close(connection, FALSE);
    settings.user_data = &self;
    settings.sensor = mado_transport_pcsc_sensor_new();
    self.daemon = mado_daemon_start(&settings, &error);
    if (self.daemon == NULL)
        return fail("cannot start", error, EX_SOFTWARE);
    (void)g_unix_signal_add(SIGTERM, on_signal, &self);
    (void)g_unix_signal_add(SIGINT, on_signal, &self);
    g_main_loop_run(loop);
    mado_daemon_free(self.daemon);
    (void)g_dbus_connection_flush_sync(connection, NULL, NULL); /* the last answers */
    return self.is_failure ? EX_UNAVAILABLE : EX_OK;
}

int
main(int argc, char **argv)
{
    g_autoptr(MadoOptions) options = NULL;
    g_autoptr(MadoDesk) desk = NULL;
    g_autoptr(GError) error = NULL;

    setlocale(LC_CTYPE, ""); /* names of files are printed as they are */
    mado_hardening_apply();
    (void)umask(077); /* no file that others can read */
    options = mado_options_parse(&argc, &argv, &error);
    if (options == NULL)
        return fail("wrong option", error, EX_USAGE);
    if (options->shows_version) {
        g_print("madoguchid " PACKAGE_VERSION "\n");
        return EX_OK;
    }
    desk = mado_desk_load(options->config_path, &error);
    if (desk == NULL)
        return fail("configuration", error, EX_CONFIG);
    if (options->checks_config) {
        g_print("ok\n");
        return EX_OK;
    }
    if (geteuid() == 0) {
        g_printerr("madoguchid: does not run as root: see madoguchid(8) for how to start it\n");
        return EX_NOPERM;
    }
    mado_log_init("madoguchid", desk->log_level);
    return run(desk);
}
