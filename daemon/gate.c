/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/gate.h"

#include "common/error.h"

#include <madoguchi/names.h>

#define AUTHORITY_NAME  "org.freedesktop.PolicyKit1"
#define AUTHORITY_PATH  "/org/freedesktop/PolicyKit1/Authority"
#define AUTHORITY_IFACE "org.freedesktop.PolicyKit1.Authority"
/* Without interaction polkit looks only into files. */
#define AUTHORITY_TIMEOUT_MS 10000
/* With it somebody may be looking for a password. */
#define AUTHORITY_TIMEOUT_INTERACTIVE_MS 120000
#define ALLOW_INTERACTION                1U /* CheckAuthorizationFlags */

static const MadoGateRule rules[] = {
    {MADO_IFACE_MANAGER, "Claim", MADO_GATE_ASK, MADO_ACTION_USE_READER},
    {MADO_IFACE_MANAGER, "RegisterAgent", MADO_GATE_ASK, MADO_ACTION_PIN_AGENT},
    {MADO_IFACE_MANAGER, "UnregisterAgent", MADO_GATE_OPEN, NULL}, /* NotFound unless its own */
    {MADO_IFACE_MANAGER, "AnswerPage", MADO_GATE_OPEN, NULL}, /* NotFound unless the agent */
    {MADO_IFACE_MANAGER, "ListVisits", MADO_GATE_ASK, MADO_ACTION_JOURNAL},
    {MADO_IFACE_MANAGER, "ListReceipts", MADO_GATE_ASK, MADO_ACTION_JOURNAL},
    {MADO_IFACE_MANAGER, "NextDelivery", MADO_GATE_ASK, MADO_ACTION_RELAY},
    {MADO_IFACE_MANAGER, "FinishDelivery", MADO_GATE_ASK, MADO_ACTION_RELAY},
    {MADO_IFACE_MANAGER, "ListReaderStatistics", MADO_GATE_OPEN, NULL}, /* about nobody */
    {MADO_IFACE_MANAGER, "BindReader", MADO_GATE_ASK, MADO_ACTION_CONFIGURE},
    {MADO_IFACE_MANAGER, "Look", MADO_GATE_ASK, MADO_ACTION_LOOK},
    {MADO_IFACE_MANAGER, "Looked", MADO_GATE_ASK, MADO_ACTION_LOOK},
    {MADO_IFACE_SESSION, "Inspect", MADO_GATE_OWNER, NULL},
    {MADO_IFACE_SESSION, "Read", MADO_GATE_OWNER, NULL},
    {MADO_IFACE_SESSION, "ChangePin", MADO_GATE_OWNER, NULL},
    {MADO_IFACE_SESSION, "Begin", MADO_GATE_OWNER, NULL},
    {MADO_IFACE_SESSION, "Resume", MADO_GATE_OWNER, NULL},
    {MADO_IFACE_SESSION, "Decide", MADO_GATE_OWNER, NULL},
    {MADO_IFACE_SESSION, "Reply", MADO_GATE_OWNER, NULL},
    {MADO_IFACE_SESSION, "Fail", MADO_GATE_OWNER, NULL},
    {MADO_IFACE_SESSION, "Continue", MADO_GATE_OWNER, NULL},
    {MADO_IFACE_SESSION, "ChoosePins", MADO_GATE_OWNER, NULL},
    {MADO_IFACE_SESSION, "Show", MADO_GATE_OWNER, NULL},
    {MADO_IFACE_SESSION, "Cancel", MADO_GATE_OWNER, NULL},
    {MADO_IFACE_SESSION, "Release", MADO_GATE_OWNER, NULL},
    {MADO_IFACE_PIN_AGENT, "Prompt", MADO_GATE_NEVER, NULL},
    {MADO_IFACE_PIN_AGENT, "Dismiss", MADO_GATE_NEVER, NULL},
    {MADO_IFACE_PIN_AGENT, "Show", MADO_GATE_NEVER, NULL},
};

struct _MadoGate {
    GDBusConnection *connection;
    GPtrArray *questions; /* of Question, borrowed: each owns itself until it is answered */
    guint64 n_asked;
};

typedef struct {
    MadoGate *gate; /* borrowed; NULL once the gate is gone */
    GDBusConnection *connection;
    GCancellable *cancellable;
    char *sender;
    const char *action; /* static, from the table */
    char *cancellation_id;
    gboolean is_interactive;
    guint uid;
    MadoGateAnswered answered;
    gpointer user_data;
} Question;

const MadoGateRule *
mado_gate_find(const char *interface, const char *method)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rules); i++) {
        if (g_str_equal(rules[i].interface, interface) && g_str_equal(rules[i].method, method))
            return &rules[i];
    }
    return NULL;
}

const MadoGateRule *
mado_gate_all(gsize *ret_n_rules)
{
    *ret_n_rules = G_N_ELEMENTS(rules);
    return rules;
}

MadoGate *
mado_gate_new(GDBusConnection *connection)
{
    MadoGate *self = g_new0(MadoGate, 1);

    self->connection = g_object_ref(connection);
    self->questions = g_ptr_array_new();
    return self;
}

static void
withdraw(Question *question)
{
    g_cancellable_cancel(question->cancellable);
    g_dbus_connection_call(
        question->connection, AUTHORITY_NAME, AUTHORITY_PATH, AUTHORITY_IFACE,
        "CancelCheckAuthorization", g_variant_new("(s)", question->cancellation_id), NULL,
        G_DBUS_CALL_FLAGS_NO_AUTO_START, AUTHORITY_TIMEOUT_MS, NULL, NULL, NULL);
}

void
mado_gate_free(MadoGate *self)
{
    if (self == NULL)
        return;
    for (guint i = 0; i < self->questions->len; i++) {
        Question *question = g_ptr_array_index(self->questions, i);

        withdraw(question);
        question->gate = NULL;
    }
    g_ptr_array_unref(self->questions);
    g_object_unref(self->connection);
    g_free(self);
}

void
mado_gate_forget_client(MadoGate *self, const char *bus_name)
{
    for (guint i = 0; i < self->questions->len; i++) {
        Question *question = g_ptr_array_index(self->questions, i);

        if (g_str_equal(question->sender, bus_name))
            withdraw(question);
    }
}

/* Answers and frees. */
static void
answer(Question *question, const char *refusal)
{
    g_autoptr(GError) error = NULL;

    if (question->gate != NULL)
        (void)g_ptr_array_remove_fast(question->gate->questions, question);
    if (refusal != NULL)
        g_set_error(&error, MADO_ERROR, MADO_ERROR_NOT_AUTHORIZED, "%s: %s", question->action,
                    refusal);
    question->answered(question->uid, error, question->user_data);
    g_object_unref(question->cancellable);
    g_object_unref(question->connection);
    g_free(question->sender);
    g_free(question->cancellation_id);
    g_free(question);
}

static void
on_authority_answered_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
    Question *question = user_data;
    g_autoptr(GError) failure = NULL;
    g_autoptr(GVariant) reply =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &failure);
    gboolean is_authorized = FALSE;

    if (reply == NULL) {
        g_autofree char *refusal =
            g_strdup_printf("no authority answered: %s", failure->message);

        answer(question, refusal);
        return;
    }
    g_variant_get(reply, "((bba{ss}))", &is_authorized, NULL, NULL);
    answer(question, is_authorized ? NULL : "refused by the authority");
}

static void
ask_authority(Question *question)
{
    GVariantBuilder subject;
    GVariantBuilder details;

    g_variant_builder_init(&subject, G_VARIANT_TYPE("a{sv}"));
    g_variant_builder_add(&subject, "{sv}", "name", g_variant_new_string(question->sender));
    g_variant_builder_init(&details, G_VARIANT_TYPE("a{ss}"));
    g_dbus_connection_call(
        question->connection, AUTHORITY_NAME, AUTHORITY_PATH, AUTHORITY_IFACE,
        "CheckAuthorization",
        g_variant_new("((sa{sv})sa{ss}us)", "system-bus-name", &subject, question->action,
                      &details, question->is_interactive ? ALLOW_INTERACTION : 0U,
                      question->cancellation_id),
        G_VARIANT_TYPE("((bba{ss}))"), G_DBUS_CALL_FLAGS_NONE,
        question->is_interactive ? AUTHORITY_TIMEOUT_INTERACTIVE_MS : AUTHORITY_TIMEOUT_MS,
        question->cancellable, on_authority_answered_cb, question);
}

static void
on_user_known_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
    Question *question = user_data;
    g_autoptr(GVariant) reply =
        g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, NULL);

    if (reply == NULL) {
        answer(question, "the caller is gone");
        return;
    }
    g_variant_get(reply, "(u)", &question->uid);
    ask_authority(question);
}

void
mado_gate_ask(MadoGate *self,
              GDBusMethodInvocation *invocation,
              const char *action,
              MadoGateAnswered answered,
              gpointer user_data)
{
    GDBusMessageFlags flags =
        g_dbus_message_get_flags(g_dbus_method_invocation_get_message(invocation));
    Question *question = g_new0(Question, 1);

    question->gate = self;
    question->connection = g_object_ref(self->connection);
    question->cancellable = g_cancellable_new();
    question->sender = g_strdup(g_dbus_method_invocation_get_sender(invocation));
    question->action = action;
    question->cancellation_id = g_strdup_printf("gate-%" G_GUINT64_FORMAT, ++self->n_asked);
    question->is_interactive =
        (flags & G_DBUS_MESSAGE_FLAGS_ALLOW_INTERACTIVE_AUTHORIZATION) != 0;
    question->answered = answered;
    question->user_data = user_data;
    g_ptr_array_add(self->questions, question);
    g_dbus_connection_call(self->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                           "org.freedesktop.DBus", "GetConnectionUnixUser",
                           g_variant_new("(s)", question->sender), G_VARIANT_TYPE("(u)"),
                           G_DBUS_CALL_FLAGS_NONE, AUTHORITY_TIMEOUT_MS, question->cancellable,
                           on_user_known_cb, question);
}
