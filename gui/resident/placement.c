/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "gui/resident/placement.h"

#include <string.h>

struct _MadoPlacement {
    GtkWindow *window;   /* borrowed */
    GdkDisplay *display; /* borrowed */
    char *monitor;       /* (nullable) */
    GdkRectangle place;  /* where the window is put */
    gboolean is_shown;
    gboolean is_told;
    void (*on_shown)(gboolean is_shown, gpointer user_data);
    gpointer user_data;
};

/* (transfer full) (nullable): "DP-1". GDK 3 knows it by the monitor's number alone. */
static char *
connector_of(GdkDisplay *display, int number)
{
    G_GNUC_BEGIN_IGNORE_DEPRECATIONS
    return gdk_screen_get_monitor_plug_name(gdk_display_get_default_screen(display), number);
    G_GNUC_END_IGNORE_DEPRECATIONS
}

static gboolean
is_named(MadoPlacement *self, int number, GdkMonitor *monitor)
{
    g_autofree char *connector = connector_of(self->display, number);

    return g_strcmp0(connector, self->monitor) == 0 ||
           g_strcmp0(gdk_monitor_get_model(monitor), self->monitor) == 0;
}

/* -1 when it is not there. */
static int
find_monitor(MadoPlacement *self)
{
    int n = gdk_display_get_n_monitors(self->display);

    for (int i = 0; i < n; i++) {
        GdkMonitor *monitor = gdk_display_get_monitor(self->display, i);

        if (self->monitor != NULL ? is_named(self, i, monitor)
                                  : n == 1 || !gdk_monitor_is_primary(monitor))
            return i;
    }
    return -1;
}

static void
tell(MadoPlacement *self, gboolean is_shown)
{
    if (self->is_told && self->is_shown == is_shown)
        return;
    self->is_told = TRUE;
    self->is_shown = is_shown;
    if (self->on_shown != NULL)
        self->on_shown(is_shown, self->user_data);
}

/* Both: some window managers follow the position alone, others the monitor alone; without one
 * it is the size. */
static void
put(MadoPlacement *self, int number)
{
    GdkMonitor *monitor = gdk_display_get_monitor(self->display, number);

    gdk_monitor_get_geometry(monitor, &self->place);
    gtk_window_unfullscreen(self->window);
    gtk_window_set_default_size(self->window, self->place.width, self->place.height);
    gtk_window_move(self->window, self->place.x, self->place.y);
    gtk_window_resize(self->window, self->place.width, self->place.height);
    gtk_window_fullscreen_on_monitor(self->window,
                                     gdk_display_get_default_screen(self->display), number);
    gtk_widget_show(GTK_WIDGET(self->window));
}

static void
settle(MadoPlacement *self)
{
    int number = find_monitor(self);

    if (number < 0)
        gtk_widget_hide(GTK_WIDGET(self->window));
    else
        put(self, number);
    tell(self, number >= 0);
}

static void
on_monitors_changed(MadoPlacement *self)
{
    settle(self);
}

/* A window manager moved it: back. */
static gboolean
on_configured(GtkWidget *window, GdkEventConfigure *event, gpointer user_data)
{
    MadoPlacement *self = user_data;

    if (self->is_shown && (event->x != self->place.x || event->y != self->place.y))
        gtk_window_move(self->window, self->place.x, self->place.y);
    return GDK_EVENT_PROPAGATE;
}

MadoPlacement *
mado_placement_new(GtkWindow *window,
                   const char *monitor,
                   void (*on_shown)(gboolean is_shown, gpointer user_data),
                   gpointer user_data)
{
    MadoPlacement *self = g_new0(MadoPlacement, 1);

    self->window = window;
    self->display = gtk_widget_get_display(GTK_WIDGET(window));
    self->monitor = g_strdup(monitor);
    self->on_shown = on_shown;
    self->user_data = user_data;
    gtk_window_set_decorated(window, FALSE);
    gtk_window_set_skip_taskbar_hint(window, TRUE);
    g_signal_connect_swapped(self->display, "monitor-added", G_CALLBACK(on_monitors_changed),
                             self);
    g_signal_connect_swapped(self->display, "monitor-removed", G_CALLBACK(on_monitors_changed),
                             self);
    g_signal_connect_swapped(gdk_display_get_default_screen(self->display), "monitors-changed",
                             G_CALLBACK(on_monitors_changed), self);
    g_signal_connect(window, "configure-event", G_CALLBACK(on_configured), self);
    settle(self);
    return self;
}

void
mado_placement_free(MadoPlacement *self)
{
    if (self == NULL)
        return;
    g_signal_handlers_disconnect_by_data(self->display, self);
    g_signal_handlers_disconnect_by_data(gdk_display_get_default_screen(self->display), self);
    g_signal_handlers_disconnect_by_data(self->window, self);
    g_free(self->monitor);
    g_free(self);
}
