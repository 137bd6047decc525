/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "gui/resident/agent.h"

#include "client/memfd.h"
#include "common/log.h"
#include "data/mado-dbus.h"

#include <gio/gunixfdlist.h>

#include <errno.h>
#include <madoguchi/names.h>
#include <string.h>
#include <unistd.h>

#define AGENT_PATH     "/org/madoguchi/Agent"
#define PERSON_LEN_MAX 4096U

struct _MadoResidentAgent {
    MadoResidentAgentSettings settings;
    gboolean is_shown;
    GCancellable *cancellable; /* of everything that is under way */
    guint watch;
    MadoDbusPinAgent *skeleton;
    /* while a daemon is there: */
    GDBusConnection *connection;
    char *owner;              /* its unique name: nobody else may call */
    MadoDbusManager *manager; /* NULL until it has answered */
    gboolean is_registered;   /* or about to be */
    /* while a prompt is up: */
    GDBusMethodInvocation *invocation; /* owned */
    int entry;                         /* -1 otherwise */
};

/* ---- prompts ---- */

static void
end_prompt(MadoResidentAgent *self, MadoErrorCode code, const char *text)
{
    GDBusMethodInvocation *invocation = g_steal_pointer(&self->invocation);

    if (self->entry >= 0)
        (void)close(self->entry); /* before the reply: the daemon reads to the end */
    self->entry = -1;
    if (invocation == NULL)
        return;
    if (code == 0)
        mado_dbus_pin_agent_complete_prompt(self->skeleton, invocation, NULL);
    else
        g_dbus_method_invocation_return_error_literal(invocation, MADO_ERROR, (gint)code, text);
}

static gboolean
write_entry(int fd, const MadoSecret *pin)
{
    gsize at = 0;

    while (at < mado_secret_len(pin)) {
        gssize n = write(fd, mado_secret_peek(pin) + at, mado_secret_len(pin) - at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return FALSE;
        at += (gsize)n;
    }
    return TRUE;
}

void
mado_resident_agent_give(MadoResidentAgent *self, const MadoSecret *pin)
{
    if (self->entry >= 0 && write_entry(self->entry, pin))
        end_prompt(self, 0, NULL);
    else
        end_prompt(self, MADO_ERROR_CANCELLED, "nobody reads the entry");
}

void
mado_resident_agent_refuse(MadoResidentAgent *self, MadoErrorCode code, const char *why)
{
    end_prompt(self, code, why != NULL ? why : mado_error_sentence(code));
}

static gboolean
parse_prompt(GVariant *details, MadoFlowPrompt *ret_prompt)
{
    static const char *const kinds[] = {"sign", "auth", "juki", "text"};
    static const char *const purposes[] = {"verify", "old", "new"};
    MadoFlowPrompt prompt = {.n_tries = -1, .visit = ""};
    const char *kind = "";
    const char *purpose = "";
    guint kind_place = 0;
    guint purpose_place = 0;

    g_variant_lookup(details, "kind", "&s", &kind);
    g_variant_lookup(details, "purpose", "&s", &purpose);
    g_variant_lookup(details, "tries", "i", &prompt.n_tries);
    g_variant_lookup(details, "visit", "&s", &prompt.visit);
    while (kind_place < G_N_ELEMENTS(kinds) && strcmp(kinds[kind_place], kind) != 0)
        kind_place++;
    while (purpose_place < G_N_ELEMENTS(purposes) &&
           strcmp(purposes[purpose_place], purpose) != 0)
        purpose_place++;
    if (kind_place == G_N_ELEMENTS(kinds) || purpose_place == G_N_ELEMENTS(purposes))
        return FALSE;
    prompt.kind = (MadoPinKind)(1U << kind_place);
    prompt.purpose = (MadoFlowPurpose)purpose_place;
    *ret_prompt = prompt;
    return TRUE;
}

/* A duplicate of the descriptor @place stands for; -1 when there is none. */
static int
take_descriptor(GUnixFDList *fds, gint32 place)
{
    if (fds == NULL || place < 0 || place >= g_unix_fd_list_get_length(fds))
        return -1;
    return g_unix_fd_list_get(fds, place, NULL);
}

/* FALSE when the call is not the daemon's; it is answered then. */
static gboolean
check_caller(MadoResidentAgent *self, GDBusMethodInvocation *invocation)
{
    if (g_strcmp0(g_dbus_method_invocation_get_sender(invocation), self->owner) == 0)
        return TRUE;
    g_dbus_method_invocation_return_error_literal(
        invocation, MADO_ERROR, MADO_ERROR_NOT_AUTHORIZED, "only the daemon may ask");
    return FALSE;
}

static gboolean
on_prompt(MadoDbusPinAgent *skeleton,
          GDBusMethodInvocation *invocation,
          GUnixFDList *fds,
          GVariant *details,
          GVariant *handle,
          gpointer user_data)
{
    MadoResidentAgent *self = user_data;
    MadoFlowPrompt prompt;

    if (!check_caller(self, invocation))
        return TRUE;
    if (self->invocation != NULL || !self->is_shown) {
        g_dbus_method_invocation_return_error_literal(invocation, MADO_ERROR, MADO_ERROR_BUSY,
                                                      mado_error_sentence(MADO_ERROR_BUSY));
        return TRUE;
    }
    self->invocation = invocation;
    self->entry = take_descriptor(fds, g_variant_get_handle(handle));
    if (self->entry < 0 || !parse_prompt(details, &prompt))
        end_prompt(self, MADO_ERROR_BAD_ARGUMENT, "not a prompt of this version");
    else if (!mado_flow_prompt(self->settings.flow, &prompt))
        end_prompt(self, MADO_ERROR_BUSY, mado_error_sentence(MADO_ERROR_BUSY));
    return TRUE;
}

static gboolean
on_dismiss(MadoDbusPinAgent *skeleton, GDBusMethodInvocation *invocation, gpointer user_data)
{
    MadoResidentAgent *self = user_data;

    if (!check_caller(self, invocation))
        return TRUE;
    mado_flow_dismiss(self->settings.flow);
    mado_dbus_pin_agent_complete_dismiss(skeleton, invocation);
    return TRUE;
}

/* ---- pages ---- */

/* FALSE when there is no such person in the message. */
static gboolean
read_person(GVariant *details, GUnixFDList *fds, MadoBodyPerson *ret_person)
{
    g_autoptr(MadoSecret) plain = NULL;
    g_autoptr(GError) error = NULL;
    gint32 place = -1;
    int fd;

    if (!g_variant_lookup(details, "person", "h", &place))
        return FALSE;
    fd = take_descriptor(fds, place);
    if (fd < 0)
        return FALSE;
    plain = mado_memfd_read(fd, PERSON_LEN_MAX, &error);
    (void)close(fd);
    if (plain != NULL && mado_body_person_parse(mado_secret_peek(plain), mado_secret_len(plain),
                                                ret_person, &error))
        return TRUE;
    mado_log(G_LOG_LEVEL_MESSAGE, MADO_LOG_REFUSED, NULL, "a page's person: %s",
             error->message);
    return FALSE;
}

static guint
read_slots(GVariant *details)
{
    const char *words = "";
    guint slots = 0;

    g_variant_lookup(details, "certificates", "&s", &words);
    if (strstr(words, "auth") != NULL)
        slots |= MADO_SLOT_AUTH;
    if (strstr(words, "sign") != NULL)
        slots |= MADO_SLOT_SIGN;
    return slots;
}

static void
show_locked(MadoFlow *flow, GVariant *details)
{
    static const char *const kinds[] = {"sign", "auth", "juki", "text"};
    const char *kind = "";
    gint32 n_tries = 0;

    g_variant_lookup(details, "kind", "&s", &kind);
    g_variant_lookup(details, "tries", "i", &n_tries);
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (strcmp(kinds[i], kind) == 0)
            mado_flow_show_locked(flow, (MadoPinKind)(1U << i), (guint)MAX(n_tries, 0));
}

static void
show_wait(MadoFlow *flow, GVariant *details)
{
    guint progress[3] = {0, 0, 0};

    g_variant_lookup(details, "progress", "(uuu)", &progress[0], &progress[1], &progress[2]);
    mado_flow_show_wait(flow, progress[0], progress[1], progress[2]);
}

static void
show(MadoResidentAgent *self, MadoFlowPage page, GVariant *details, GUnixFDList *fds)
{
    MadoFlow *flow = self->settings.flow;
    g_auto(MadoBodyPerson) person = {0};

    if (page == MADO_FLOW_CONFIRM) {
        if (read_person(details, fds, &person))
            mado_flow_show_confirm(flow, &person);
    } else if (page == MADO_FLOW_CONSENT) {
        mado_flow_show_consent(flow, read_slots(details),
                               read_person(details, fds, &person) ? &person : NULL);
    } else if (page == MADO_FLOW_WAIT) {
        show_wait(flow, details);
    } else if (page == MADO_FLOW_LOCKED) {
        show_locked(flow, details);
    } else {
        mado_flow_show(flow, page);
    }
}

static gboolean
on_show(MadoDbusPinAgent *skeleton,
        GDBusMethodInvocation *invocation,
        GUnixFDList *fds,
        const char *page,
        GVariant *details,
        gpointer user_data)
{
    MadoResidentAgent *self = user_data;
    MadoFlowPage known;

    if (!check_caller(self, invocation))
        return TRUE;
    if (mado_flow_page_from_name(page, &known))
        show(self, known, details, fds);
    mado_dbus_pin_agent_complete_show(skeleton, invocation, NULL);
    return TRUE;
}

/* That the page is not shown any more, or nobody listens, is no fault of the resident's. */
void
mado_resident_agent_answer(MadoResidentAgent *self, const char *page, const char *answer)
{
    if (self->manager != NULL && self->is_registered)
        mado_dbus_manager_call_answer_page(self->manager, page, answer, G_DBUS_CALL_FLAGS_NONE,
                                           -1, self->cancellable, NULL, NULL);
}

/* ---- the daemon ---- */

static void
on_registered(GObject *source, GAsyncResult *result, gpointer user_data)
{
    MadoResidentAgent *self = user_data;
    g_autoptr(GError) error = NULL;

    if (mado_dbus_manager_call_register_agent_finish(MADO_DBUS_MANAGER(source), result, &error))
        return;
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return; /* @self may be gone */
    self->is_registered = FALSE;
    mado_log(G_LOG_LEVEL_MESSAGE, MADO_LOG_REFUSED, NULL, "cannot show PIN prompts: %s",
             error->message);
    /* Another agent: its going away is announced. */
    if (g_error_matches(error, MADO_ERROR, MADO_ERROR_NOT_AUTHORIZED))
        self->settings.on_refused(error, self->settings.user_data);
}

static void
settle_registration(MadoResidentAgent *self)
{
    if (self->manager == NULL || self->is_shown == self->is_registered)
        return;
    if (!self->is_shown) {
        self->is_registered = FALSE;
        mado_dbus_manager_call_unregister_agent(self->manager, G_DBUS_CALL_FLAGS_NONE, -1,
                                                self->cancellable, NULL, NULL);
    } else if (!mado_dbus_manager_get_agent_present(self->manager)) {
        self->is_registered = TRUE;
        mado_dbus_manager_call_register_agent(self->manager, AGENT_PATH, G_DBUS_CALL_FLAGS_NONE,
                                              -1, self->cancellable, on_registered, self);
    }
}

static void
on_agent_present_changed(MadoDbusManager *manager, GParamSpec *pspec, gpointer user_data)
{
    settle_registration(user_data);
}

static gboolean
check_realm(MadoResidentAgent *self)
{
    g_autoptr(GError) error = NULL;
    gboolean is_training =
        g_strcmp0(mado_dbus_manager_get_realm(self->manager), MADO_REALM_TRAINING) == 0;

    if (self->settings.is_training_only && !is_training) {
        g_set_error_literal(&error, MADO_ERROR, MADO_ERROR_REALM,
                            "--training, and the desk is in production");
        self->settings.on_refused(error, self->settings.user_data);
        return FALSE;
    }
    self->settings.on_realm(is_training, self->settings.user_data);
    return TRUE;
}

static void
on_manager_ready(GObject *source, GAsyncResult *result, gpointer user_data)
{
    MadoResidentAgent *self = user_data;
    g_autoptr(GError) error = NULL;
    MadoDbusManager *manager = mado_dbus_manager_proxy_new_finish(result, &error);

    if (manager == NULL) {
        if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
            mado_log(G_LOG_LEVEL_MESSAGE, MADO_LOG_REFUSED, NULL, "the daemon: %s",
                     error->message);
        return;
    }
    self->manager = manager;
    if (!check_realm(self))
        return;
    g_signal_connect(self->manager, "notify::agent-present",
                     G_CALLBACK(on_agent_present_changed), self);
    settle_registration(self);
}

static void
on_daemon_appeared(GDBusConnection *connection,
                   const char *name,
                   const char *owner,
                   gpointer user_data)
{
    MadoResidentAgent *self = user_data;
    g_autoptr(GError) error = NULL;

    self->connection = g_object_ref(connection);
    self->owner = g_strdup(owner);
    self->cancellable = g_cancellable_new();
    if (!g_dbus_interface_skeleton_export(G_DBUS_INTERFACE_SKELETON(self->skeleton), connection,
                                          AGENT_PATH, &error)) {
        mado_log(G_LOG_LEVEL_MESSAGE, MADO_LOG_REFUSED, NULL, "the bus: %s", error->message);
        return;
    }
    mado_dbus_manager_proxy_new(connection, G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START, owner,
                                MADO_PATH_MANAGER, self->cancellable, on_manager_ready, self);
}

static void
forget_daemon(MadoResidentAgent *self)
{
    if (self->cancellable != NULL)
        g_cancellable_cancel(self->cancellable);
    g_clear_object(&self->cancellable);
    if (self->manager != NULL)
        g_signal_handlers_disconnect_by_data(self->manager, self);
    g_clear_object(&self->manager);
    if (self->connection != NULL &&
        g_dbus_interface_skeleton_get_connection(G_DBUS_INTERFACE_SKELETON(self->skeleton)))
        g_dbus_interface_skeleton_unexport(G_DBUS_INTERFACE_SKELETON(self->skeleton));
    g_clear_object(&self->connection);
    g_clear_pointer(&self->owner, g_free);
    self->is_registered = FALSE;
}

static void
on_daemon_vanished(GDBusConnection *connection, const char *name, gpointer user_data)
{
    MadoResidentAgent *self = user_data;

    mado_flow_reset(self->settings.flow);
    end_prompt(self, MADO_ERROR_CANCELLED, "the daemon is gone");
    forget_daemon(self);
}

/* ---- life ---- */

MadoResidentAgent *
mado_resident_agent_new(const MadoResidentAgentSettings *settings)
{
    MadoResidentAgent *self = g_new0(MadoResidentAgent, 1);

    (void)mado_error_quark(); /* registers the names of our errors with GDBus */
    self->settings = *settings;
    self->entry = -1;
    self->skeleton = mado_dbus_pin_agent_skeleton_new();
    g_signal_connect(self->skeleton, "handle-prompt", G_CALLBACK(on_prompt), self);
    g_signal_connect(self->skeleton, "handle-dismiss", G_CALLBACK(on_dismiss), self);
    g_signal_connect(self->skeleton, "handle-show", G_CALLBACK(on_show), self);
    self->watch =
        g_bus_watch_name(G_BUS_TYPE_SYSTEM, MADO_BUS_NAME, G_BUS_NAME_WATCHER_FLAGS_NONE,
                         on_daemon_appeared, on_daemon_vanished, self, NULL);
    return self;
}

void
mado_resident_agent_free(MadoResidentAgent *self)
{
    if (self == NULL)
        return;
    end_prompt(self, MADO_ERROR_CANCELLED, "the screen closes");
    g_clear_handle_id(&self->watch, g_bus_unwatch_name);
    forget_daemon(self);
    g_signal_handlers_disconnect_by_data(self->skeleton, self);
    g_object_unref(self->skeleton);
    g_free(self);
}

void
mado_resident_agent_set_shown(MadoResidentAgent *self, gboolean is_shown)
{
    self->is_shown = is_shown;
    settle_registration(self);
}
