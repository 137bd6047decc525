/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A stand-in for polkit on a private bus, for tests only: it decides by a file of rules and by
 * nothing else.
 *
 *   authority [--rules FILE] [--allow UID]...
 *
 * Rules, one a line, the first that matches counts; none: denied. FILE is read for each
 * question.
 *
 *   UID|*  ACTION|*  allow | deny | delay MS | hang
 *
 * "delay" allows after that time, "hang" never answers. Prints "ready", and "asked ACTION UID"
 * for each question, so that a test can wait for it.
 */
#include "config.h"

#include <gio/gio.h>

#include <stdio.h>

static const char xml[] =
    "<node><interface name='org.freedesktop.PolicyKit1.Authority'>"
    "<method name='CheckAuthorization'><arg type='(sa{sv})' direction='in'/>"
    "<arg type='s' direction='in'/><arg type='a{ss}' direction='in'/>"
    "<arg type='u' direction='in'/><arg type='s' direction='in'/>"
    "<arg type='(bba{ss})' direction='out'/></method>"
    "<method name='CancelCheckAuthorization'><arg type='s' direction='in'/></method>"
    "</interface></node>";

typedef struct {
    GMainLoop *loop;
    const char *rules_path; /* (nullable) */
    char **allowed_uids;    /* (nullable) */
    int exit_status;
} Authority;

typedef struct {
    GDBusMethodInvocation *invocation;
    gboolean is_authorized;
} Answer;

static gboolean
send_answer(gpointer data)
{
    Answer *answer = data;

    g_dbus_method_invocation_return_value(
        answer->invocation,
        g_variant_new("((bb@a{ss}))", answer->is_authorized, FALSE,
                      g_variant_new_array(G_VARIANT_TYPE("{ss}"), NULL, 0)));
    g_free(answer);
    return G_SOURCE_REMOVE;
}

static void
answer_after(GDBusMethodInvocation *invocation, gboolean is_authorized, guint ms)
{
    Answer *answer = g_new0(Answer, 1);

    answer->invocation = invocation;
    answer->is_authorized = is_authorized;
    (void)g_timeout_add(ms, send_answer, answer);
}

static gboolean
matches(const char *pattern, const char *text)
{
    return g_str_equal(pattern, "*") || g_str_equal(pattern, text);
}

/* (transfer full) (nullable): the words of the first line that matches. */
static char **
find_rule(const Authority *self, const char *action, const char *uid)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;

    if (self->rules_path == NULL || !g_file_get_contents(self->rules_path, &text, NULL, NULL))
        return NULL;
    lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        g_auto(GStrv) words = g_strsplit_set(g_strstrip(*line), " \t", -1);

        if (g_strv_length(words) >= 3 && matches(words[0], uid) && matches(words[1], action))
            return g_steal_pointer(&words);
    }
    return NULL;
}

static void
decide(const Authority *self, GDBusMethodInvocation *invocation, const char *action, guint32 id)
{
    g_autofree char *uid = g_strdup_printf("%u", id);
    g_auto(GStrv) rule = find_rule(self, action, uid);

    g_print("asked %s %s\n", action, uid);
    if (rule == NULL) {
        gboolean is_allowed = self->allowed_uids != NULL &&
                              g_strv_contains((const char *const *)self->allowed_uids, uid);

        answer_after(invocation, is_allowed, 0);
    } else if (g_str_equal(rule[2], "allow")) {
        answer_after(invocation, TRUE, 0);
    } else if (g_str_equal(rule[2], "delay") && rule[3] != NULL) {
        answer_after(invocation, TRUE, (guint)g_ascii_strtoull(rule[3], NULL, 10));
    } else if (!g_str_equal(rule[2], "hang")) { /* which keeps the call for ever */
        answer_after(invocation, FALSE, 0);
    }
}

/* lint: allow parameters: GDBus calls it */
static void
on_method_called(GDBusConnection *connection,
                 const char *sender,
                 const char *path,
                 const char *interface,
                 const char *method,
                 GVariant *parameters,
                 GDBusMethodInvocation *invocation,
                 gpointer user_data)
{
    g_autoptr(GVariant) subject = NULL;
    g_autoptr(GVariant) user = NULL;
    const char *kind;
    const char *name = NULL;
    const char *action;
    guint32 id = G_MAXUINT32;

    if (!g_str_equal(method, "CheckAuthorization")) {
        g_dbus_method_invocation_return_value(invocation, NULL);
        return;
    }
    g_variant_get(parameters, "((&s@a{sv})&s@a{ss}u&s)", &kind, &subject, &action, NULL, NULL,
                  NULL);
    if (g_str_equal(kind, "system-bus-name") && g_variant_lookup(subject, "name", "&s", &name))
        user = g_dbus_connection_call_sync(
            connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
            "GetConnectionUnixUser", g_variant_new("(s)", name), G_VARIANT_TYPE("(u)"),
            G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
    if (user != NULL)
        g_variant_get(user, "(u)", &id);
    decide(user_data, invocation, action, id);
}

static void
on_name_acquired(GDBusConnection *connection, const char *name, gpointer user_data)
{
    g_print("ready\n");
}

static void
on_name_lost(GDBusConnection *connection, const char *name, gpointer user_data)
{
    Authority *self = user_data;

    g_printerr("authority: the bus or the name is not to be had\n");
    self->exit_status = 1;
    g_main_loop_quit(self->loop);
}

static void
on_bus_acquired(GDBusConnection *connection, const char *name, gpointer user_data)
{
    static const GDBusInterfaceVTable vtable = {.method_call = on_method_called};
    g_autoptr(GDBusNodeInfo) node = g_dbus_node_info_new_for_xml(xml, NULL);

    (void)g_dbus_connection_register_object(connection, "/org/freedesktop/PolicyKit1/Authority",
                                            node->interfaces[0], &vtable, user_data, NULL,
                                            NULL);
}

/* GLib's own handler buffers where a test waits for the line. */
static void
print_now(const char *text)
{
    (void)fputs(text, stdout);
    (void)fflush(stdout);
}

int
main(int argc, char **argv)
{
    g_autoptr(GOptionContext) context = g_option_context_new("- stand-in polkit, for tests");
    g_autoptr(GError) error = NULL;
    Authority self = {0};
    const GOptionEntry entries[] = {
        {"rules", 0, 0, G_OPTION_ARG_FILENAME, &self.rules_path, "rules", "FILE"},
        {"allow", 0, 0, G_OPTION_ARG_STRING_ARRAY, &self.allowed_uids,
         "allow this user everything", "UID"},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
    };

    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        g_printerr("authority: %s\n", error->message);
        return 2;
    }
    (void)g_set_print_handler(print_now);
    self.loop = g_main_loop_new(NULL, FALSE);
    (void)g_bus_own_name(G_BUS_TYPE_SYSTEM, "org.freedesktop.PolicyKit1",
                         G_BUS_NAME_OWNER_FLAGS_DO_NOT_QUEUE, on_bus_acquired, on_name_acquired,
                         on_name_lost, &self, NULL);
    g_main_loop_run(self.loop);
    g_main_loop_unref(self.loop);
    return self.exit_status;
}
