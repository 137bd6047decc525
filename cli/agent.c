/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/agent.h"

#include "cli/terminal.h"
#include "client/bus-error.h"
#include "common/error.h"
#include "data/mado-dbus.h"

#include <glib/gi18n.h>

#include <errno.h>
#include <madoguchi/limits.h>
#include <madoguchi/names.h>
#include <string.h>
#include <unistd.h>

#define AGENT_PATH "/org/madoguchi/Agent"

struct _MadoAgent {
    MadoClient *client;  /* borrowed */
    MadoPinEntry *entry; /* owned */
    MadoDbusPinAgent *skeleton;
    GError *refusal; /* (nullable) owned: why the last prompt was refused */
    /* while a prompt is up: */
    GDBusMethodInvocation *invocation; /* owned; stolen to answer it */
    GCancellable *dismissed;
    int entry_fd; /* -1 otherwise */
};

/* Answers the prompt once: an error when @failure is given (transfer full). */
static void
answer(MadoAgent *self, GError *failure)
{
    GDBusMethodInvocation *invocation = g_steal_pointer(&self->invocation);

    if (self->entry_fd >= 0)
        close(self->entry_fd); /* before the reply: the daemon reads to the end */
    self->entry_fd = -1;
    g_clear_object(&self->dismissed);
    g_clear_error(&self->refusal);
    if (failure != NULL)
        self->refusal = g_error_copy(failure);
    if (failure == NULL)
        mado_dbus_pin_agent_complete_prompt(self->skeleton, invocation, NULL);
    else
        g_dbus_method_invocation_take_error(invocation, failure);
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

static void
on_entered(GObject *source, GAsyncResult *result, gpointer user_data)
{
    MadoAgent *self = user_data;
    GError *failure = NULL;
    g_autoptr(MadoSecret) pin = mado_pin_entry_ask_finish(self->entry, result, &failure);

    if (pin != NULL && !write_entry(self->entry_fd, pin))
        g_set_error(&failure, MADO_ERROR, MADO_ERROR_CANCELLED, "nobody reads the entry");
    answer(self, failure);
}

static gboolean
parse_prompt(GVariant *details, MadoPinEntryPrompt *ret_prompt)
{
    MadoPinEntryPrompt prompt = {.n_tries = -1};
    const char *kind = "";
    const char *purpose = "";

    g_variant_lookup(details, "kind", "&s", &kind);
    g_variant_lookup(details, "purpose", "&s", &purpose);
    g_variant_lookup(details, "tries", "i", &prompt.n_tries);
    g_variant_lookup(details, "timeout-ms", "u", &prompt.timeout_ms);
    if (strcmp(purpose, "verify") == 0)
        prompt.purpose = MADO_PIN_ENTRY_VERIFY;
    else if (strcmp(purpose, "old") == 0)
        prompt.purpose = MADO_PIN_ENTRY_OLD;
    else if (strcmp(purpose, "new") == 0)
        prompt.purpose = MADO_PIN_ENTRY_NEW;
    else
        return FALSE;
    if (!mado_pin_entry_kind_from_name(kind, &prompt.kind))
        return FALSE;
    *ret_prompt = prompt;
    return TRUE;
}

/* The descriptor @handle stands for; -1 when there is none. */
static int
take_descriptor(GUnixFDList *fds, GVariant *handle)
{
    int place = g_variant_get_handle(handle);

    if (fds == NULL || place < 0 || place >= g_unix_fd_list_get_length(fds))
        return -1;
    return g_unix_fd_list_get(fds, place, NULL); /* a duplicate, close-on-exec */
}

static gboolean
is_from_daemon(MadoAgent *self, GDBusMethodInvocation *invocation)
{
    return g_strcmp0(g_dbus_method_invocation_get_sender(invocation),
                     mado_client_owner(self->client)) == 0;
}

static gboolean
on_prompt(MadoDbusPinAgent *skeleton,
          GDBusMethodInvocation *invocation,
          GUnixFDList *fds,
          GVariant *details,
          GVariant *handle,
          gpointer user_data)
{
    MadoAgent *self = user_data;
    MadoPinEntryPrompt prompt;

    if (!is_from_daemon(self, invocation)) {
        g_dbus_method_invocation_return_error(invocation, MADO_ERROR, MADO_ERROR_NOT_AUTHORIZED,
                                              "only the daemon may ask");
        return TRUE;
    }
    if (self->invocation != NULL) {
        g_dbus_method_invocation_return_error(invocation, MADO_ERROR, MADO_ERROR_BUSY,
                                              "a prompt is up");
        return TRUE;
    }
    self->invocation = invocation;
    self->dismissed = g_cancellable_new();
    self->entry_fd = take_descriptor(fds, handle);
    if (self->entry_fd < 0 || !parse_prompt(details, &prompt)) {
        answer(self, g_error_new(MADO_ERROR, MADO_ERROR_BAD_ARGUMENT,
                                 "not a prompt of this version"));
        return TRUE;
    }
    mado_pin_entry_ask_async(self->entry, &prompt, self->dismissed, on_entered, self);
    return TRUE;
}

static gboolean
on_dismiss(MadoDbusPinAgent *skeleton, GDBusMethodInvocation *invocation, gpointer user_data)
{
    MadoAgent *self = user_data;

    if (is_from_daemon(self, invocation) && self->dismissed != NULL)
        g_cancellable_cancel(self->dismissed);
    mado_dbus_pin_agent_complete_dismiss(skeleton, invocation);
    return TRUE;
}

/* Pages are for a screen of the resident's: there is none here. */
static gboolean
on_show(MadoDbusPinAgent *skeleton,
        GDBusMethodInvocation *invocation,
        GUnixFDList *fds,
        const char *page,
        GVariant *details,
        gpointer user_data)
{
    mado_dbus_pin_agent_complete_show(skeleton, invocation, NULL);
    return TRUE;
}

static void
on_interrupted(GCancellable *cancellable, gpointer user_data)
{
    MadoAgent *self = user_data;

    if (self->dismissed != NULL)
        g_cancellable_cancel(self->dismissed);
}

/* (transfer full): @entry as well. */
static MadoAgent *
agent_new(MadoClient *client, MadoPinEntry *entry)
{
    MadoAgent *self = g_new0(MadoAgent, 1);

    self->client = client;
    self->entry = entry;
    self->entry_fd = -1;
    self->skeleton = mado_dbus_pin_agent_skeleton_new();
    g_signal_connect(self->skeleton, "handle-prompt", G_CALLBACK(on_prompt), self);
    g_signal_connect(self->skeleton, "handle-dismiss", G_CALLBACK(on_dismiss), self);
    g_signal_connect(self->skeleton, "handle-show", G_CALLBACK(on_show), self);
    g_signal_connect(mado_client_cancellable(client), "cancelled", G_CALLBACK(on_interrupted),
                     self);
    return self;
}

gboolean
mado_agent_ensure(MadoClient *client, int pins_fd, MadoAgent **ret_agent, GError **error)
{
    g_auto(MadoClientDesk) desk = {0};
    g_autoptr(MadoAgent) self = NULL;
    MadoPinEntry *entry;
    GError *failure = NULL;

    mado_client_get_desk(client, &desk);
    if (pins_fd < 0 && desk.has_agent) {
        *ret_agent = NULL;
        return TRUE;
    }
    entry = pins_fd >= 0 ? mado_pin_entry_new_from_fd(pins_fd, error) : mado_pin_entry_new();
    if (entry == NULL)
        return FALSE;
    self = agent_new(client, entry);
    if (!g_dbus_interface_skeleton_export(G_DBUS_INTERFACE_SKELETON(self->skeleton),
                                          mado_client_connection(client), AGENT_PATH, &failure))
        return mado_bus_error_take(error, failure);
    if (!mado_client_register_agent(client, AGENT_PATH, error))
        return FALSE;
    if (pins_fd < 0)
        mado_terminal_say(
            _("Training: PINs are typed here, not on a screen of the resident's."));
    *ret_agent = g_steal_pointer(&self);
    return TRUE;
}

void
mado_agent_set_birth(MadoAgent *self, const MadoDate *birth)
{
    if (self != NULL)
        mado_pin_entry_set_birth(self->entry, birth);
}

void
mado_agent_explain(MadoAgent *self, GError **error)
{
    if (self == NULL || self->refusal == NULL || error == NULL ||
        (!g_error_matches(*error, MADO_ERROR, MADO_ERROR_CANCELLED) &&
         !g_error_matches(*error, MADO_ERROR, self->refusal->code)))
        return;
    g_error_free(*error);
    *error = g_steal_pointer(&self->refusal);
}

void
mado_agent_free(MadoAgent *self)
{
    if (self == NULL)
        return;
    if (self->dismissed != NULL)
        g_cancellable_cancel(self->dismissed);
    while (self->invocation != NULL) /* the prompt ends by being dismissed */
        g_main_context_iteration(NULL, TRUE);
    g_signal_handlers_disconnect_by_data(mado_client_cancellable(self->client), self);
    g_signal_handlers_disconnect_by_data(self->skeleton, self);
    g_dbus_interface_skeleton_unexport(G_DBUS_INTERFACE_SKELETON(self->skeleton));
    g_object_unref(self->skeleton);
    mado_pin_entry_free(self->entry);
    g_clear_error(&self->refusal);
    g_free(self);
}
