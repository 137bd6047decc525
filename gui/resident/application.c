/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "gui/resident/application.h"

#include "gui/resident/agent.h"
#include "gui/resident/placement.h"
#include "gui/resident/standing.h"
#include "gui/resident/window.h"
#include "gui/shared/style.h"

#include <glib-unix.h>

#include <string.h>
#include <sysexits.h>

#define APPLICATION_ID "org.madoguchi.Resident"
#define IDLE_S         60
#define COUNTDOWN_S    20 /* the least that WCAG 2.2.1 allows */
#define PRODUCTION_S   20
#define SECONDS_MAX    600
#define LANGUAGE       "ja"

struct _MadoResidentApplication {
    GtkApplication parent_instance;
    /* options */
    char *monitor;
    char *language;
    gboolean is_windowed;
    gboolean is_training;
    int idle_s;
    int countdown_s;

    MadoFlow *flow;
    MadoResidentWindow *window; /* (nullable) the application's */
    MadoPlacement *placement;
    MadoResidentAgent *agent;
    guint signals[2];
    int status;
};

G_DEFINE_FINAL_TYPE(MadoResidentApplication, mado_resident_application, GTK_TYPE_APPLICATION)

/* (transfer none): generated; named here so that the linker keeps it. */
GResource *
mado_resident_resources_get_resource(void);

/* ---- between flow, window and agent ---- */

static void
on_flow_changed(gpointer user_data)
{
    MadoResidentApplication *self = user_data;

    if (self->window != NULL)
        mado_resident_window_update(self->window);
}

static void
on_flow_entered(const MadoSecret *pin, gpointer user_data)
{
    mado_resident_agent_give(((MadoResidentApplication *)user_data)->agent, pin);
}

static void
on_flow_refused(MadoErrorCode code, const char *why, gpointer user_data)
{
    mado_resident_agent_refuse(((MadoResidentApplication *)user_data)->agent, code, why);
}

static void
on_flow_forgotten(gpointer user_data)
{
    MadoResidentApplication *self = user_data;

    if (self->window != NULL)
        mado_resident_window_restart(self->window);
}

static void
on_flow_answered(const char *page, const char *answer, gpointer user_data)
{
    mado_resident_agent_answer(((MadoResidentApplication *)user_data)->agent, page, answer);
}

static void
on_realm(gboolean is_training, gpointer user_data)
{
    MadoResidentApplication *self = user_data;

    mado_resident_window_set_training(self->window, is_training || self->is_training);
}

static void
end_badly(MadoResidentApplication *self, const GError *error, int status)
{
    g_printerr("madoguchi-resident: %s\n", error->message);
    self->status = status;
    g_application_quit(G_APPLICATION(self));
}

static void
on_desk_refused(const GError *error, gpointer user_data)
{
    end_badly(user_data, error, EX_NOPERM);
}

static void
on_shown(gboolean is_shown, gpointer user_data)
{
    MadoResidentApplication *self = user_data;

    /* Nobody sees it any more: what was typed belongs to nobody. */
    if (!is_shown)
        mado_flow_reset(self->flow);
    mado_resident_agent_set_shown(self->agent, is_shown);
}

/* ---- start and end ---- */

static gboolean
on_signal(gpointer user_data)
{
    MadoResidentApplication *self = user_data;

    g_application_quit(G_APPLICATION(self));
    return G_SOURCE_CONTINUE;
}

static void
make_window(MadoResidentApplication *self)
{
    MadoResidentWindowSettings settings = {
        .language = mado_languages_find(self->language != NULL ? self->language : LANGUAGE),
        .idle_s = (guint)self->idle_s,
        .countdown_s = (guint)self->countdown_s,
        .is_training = self->is_training,
    };

    self->window = mado_resident_window_new(GTK_APPLICATION(self), self->flow, &settings);
    /* On a display it shares, a touch must not take the clerk's keyboard away. */
    gtk_window_set_accept_focus(GTK_WINDOW(self->window),
                                !self->is_training || self->is_windowed);
    gtk_window_set_focus_on_map(GTK_WINDOW(self->window),
                                !self->is_training || self->is_windowed);
}

static void
make_agent(MadoResidentApplication *self)
{
    MadoResidentAgentSettings settings = {
        .flow = self->flow,
        .is_training_only = self->is_training,
        .on_realm = on_realm,
        .on_refused = on_desk_refused,
        .user_data = self,
    };

    self->agent = mado_resident_agent_new(&settings);
}

static void
show_window(MadoResidentApplication *self)
{
    int n_monitors = gdk_display_get_n_monitors(gdk_display_get_default());

    /* Training on the clerk's only monitor: beside the clerk's windows, not over them. */
    if (self->is_windowed || (self->is_training && self->monitor == NULL && n_monitors == 1)) {
        gtk_window_present(GTK_WINDOW(self->window));
        mado_resident_agent_set_shown(self->agent, TRUE);
        return;
    }
    self->placement =
        mado_placement_new(GTK_WINDOW(self->window), self->monitor, on_shown, self);
}

static void
application_activate(GApplication *application)
{
    MadoResidentApplication *self = MADO_RESIDENT_APPLICATION(application);
    MadoFlowSettings flow = {
        .on_changed = on_flow_changed,
        .on_entered = on_flow_entered,
        .on_refused = on_flow_refused,
        .on_forgotten = on_flow_forgotten,
        .on_answered = on_flow_answered,
        .user_data = self,
    };
    g_autoptr(GError) error = NULL;

    if (self->window != NULL)
        return;
    if (!self->is_training && !mado_standing_check(gdk_display_get_default(), &error)) {
        end_badly(self, error, EX_NOPERM);
        return;
    }
    mado_languages_init();
    self->flow = mado_flow_new(&flow);
    make_window(self);
    make_agent(self);
    show_window(self);
}

static void
application_startup(GApplication *application)
{
    MadoResidentApplication *self = MADO_RESIDENT_APPLICATION(application);

    G_APPLICATION_CLASS(mado_resident_application_parent_class)->startup(application);
    g_resources_register(mado_resident_resources_get_resource());
    mado_style_load("/org/madoguchi/resident/resident.css");
    self->signals[0] = g_unix_signal_add(SIGTERM, on_signal, self);
    self->signals[1] = g_unix_signal_add(SIGINT, on_signal, self);
}

static void
application_shutdown(GApplication *application)
{
    MadoResidentApplication *self = MADO_RESIDENT_APPLICATION(application);

    for (gsize i = 0; i < G_N_ELEMENTS(self->signals); i++)
        g_clear_handle_id(&self->signals[i], g_source_remove);
    g_clear_pointer(&self->placement, mado_placement_free);
    g_clear_pointer(&self->agent, mado_resident_agent_free);
    if (self->window != NULL)
        gtk_widget_destroy(GTK_WIDGET(self->window));
    self->window = NULL;
    g_clear_pointer(&self->flow, mado_flow_free);
    G_APPLICATION_CLASS(mado_resident_application_parent_class)->shutdown(application);
}

/* ---- options ---- */

static gboolean
check_options(const MadoResidentApplication *self)
{
    int least_countdown = self->is_training ? 1 : PRODUCTION_S;

    if (self->language != NULL && mado_languages_find(self->language) == NULL) {
        g_printerr("madoguchi-resident: no such language: %s\n", self->language);
        return FALSE;
    }
    if (self->idle_s < 1 || self->idle_s > SECONDS_MAX || self->countdown_s < least_countdown ||
        self->countdown_s > SECONDS_MAX) {
        g_printerr("madoguchi-resident: seconds must be at most %d, and at least %d for the "
                   "countdown\n",
                   SECONDS_MAX, least_countdown);
        return FALSE;
    }
    return TRUE;
}

static int
application_handle_local_options(GApplication *application, GVariantDict *options)
{
    MadoResidentApplication *self = MADO_RESIDENT_APPLICATION(application);

    if (g_variant_dict_contains(options, "version")) {
        g_print("madoguchi-resident " PACKAGE_VERSION "\n");
        return EX_OK;
    }
    return check_options(self) ? -1 : EX_USAGE;
}

static void
application_finalize(GObject *object)
{
    MadoResidentApplication *self = MADO_RESIDENT_APPLICATION(object);

    g_free(self->monitor);
    g_free(self->language);
    G_OBJECT_CLASS(mado_resident_application_parent_class)->finalize(object);
}

static void
mado_resident_application_class_init(MadoResidentApplicationClass *klass)
{
    GApplicationClass *application_class = G_APPLICATION_CLASS(klass);

    G_OBJECT_CLASS(klass)->finalize = application_finalize;
    application_class->startup = application_startup;
    application_class->activate = application_activate;
    application_class->shutdown = application_shutdown;
    application_class->handle_local_options = application_handle_local_options;
}

static void
mado_resident_application_init(MadoResidentApplication *self)
{
    const GOptionEntry entries[] = {
        {"monitor", 'm', 0, G_OPTION_ARG_STRING, &self->monitor,
         "the resident's monitor: its connector or model", "NAME"},
        {"windowed", 'w', 0, G_OPTION_ARG_NONE, &self->is_windowed,
         "in a window instead of over a whole monitor", NULL},
        {"language", 'l', 0, G_OPTION_ARG_STRING, &self->language,
         "language that every resident begins with: ja, ja@easy, en, zh_CN, ko, vi or pt_BR",
         "CODE"},
        {"training", 't', 0, G_OPTION_ARG_NONE, &self->is_training,
         "share the clerk's user and display; serves no desk in production", NULL},
        {"idle-seconds", 0, 0, G_OPTION_ARG_INT, &self->idle_s,
         "without a touch, until it asks whether somebody is there (60)", "N"},
        {"countdown-seconds", 0, 0, G_OPTION_ARG_INT, &self->countdown_s,
         "to answer that, until everything is wiped (20)", "N"},
        {"version", 'V', 0, G_OPTION_ARG_NONE, NULL, "print the version and end", NULL},
        G_OPTION_ENTRY_NULL,
    };

    self->idle_s = IDLE_S;
    self->countdown_s = COUNTDOWN_S;
    g_application_add_main_option_entries(G_APPLICATION(self), entries);
}

MadoResidentApplication *
mado_resident_application_new(void)
{
    /* Not unique on a session bus: the resident's user has none. */
    return g_object_new(MADO_TYPE_RESIDENT_APPLICATION, "application-id", APPLICATION_ID,
                        "flags", G_APPLICATION_NON_UNIQUE, NULL);
}

gboolean
mado_resident_application_is_training(int argc, char *const *argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--training") == 0 || strcmp(argv[i], "-t") == 0)
            return TRUE;
    return FALSE;
}

int
mado_resident_application_status(MadoResidentApplication *self)
{
    return self->status;
}
