/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/agent.h"

#include "common/error.h"
#include "daemon/card/pin.h"

#include <gio/gunixfdlist.h>
#include <glib-unix.h>
#include <openssl/rand.h>

#include <errno.h>
#include <madoguchi/limits.h>
#include <madoguchi/names.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define NONCE_LEN 16U

struct _MadoAgent {
    gatomicrefcount n_refs;
    gboolean must_differ;

    /* main thread, while registered */
    GDBusConnection *connection;
    char *bus_name;
    char *path;
    guint uid;
    GPtrArray *pending; /* of Ask, referenced */

    MadoAgentWatch watch; /* main thread */
};

/* One question, shared by the worker that waits and the main thread that carries it. */
typedef struct {
    gatomicrefcount n_refs;
    MadoAgent *agent; /* referenced */
    MadoPinKind kind;
    MadoAgentPurpose purpose;
    int n_tries;
    char *visit;
    guint seat;
    guint holder_uid;
    guint timeout_ms;
    guint write_ms;
    gint64 until_us; /* monotonic */
    guint8 nonce[NONCE_LEN];
    int entry;   /* write end; main thread closes it once sent */
    int settled; /* event descriptor: code is final */

    GMutex lock;
    gboolean is_settled;
    MadoErrorCode code; /* 0: the agent said it is done */

    GCancellable *cancellable; /* main thread */
} Ask;

static void
close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

static Ask *
ask_ref(Ask *ask)
{
    g_atomic_ref_count_inc(&ask->n_refs);
    return ask;
}

static void
ask_unref(gpointer data)
{
    Ask *ask = data;

    if (!g_atomic_ref_count_dec(&ask->n_refs))
        return;
    close_fd(&ask->entry);
    close_fd(&ask->settled);
    g_mutex_clear(&ask->lock);
    g_object_unref(ask->cancellable);
    mado_agent_unref(ask->agent);
    g_free(ask->visit);
    g_free(ask);
}

/* The first code stays. */
static void
ask_settle(Ask *ask, MadoErrorCode code)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&ask->lock);
    guint64 one = 1;

    if (ask->is_settled)
        return;
    ask->is_settled = TRUE;
    ask->code = code;
    (void)!write(ask->settled, &one, sizeof one);
}

static gboolean
ask_is_settled(Ask *ask, MadoErrorCode *ret_code)
{
    g_autoptr(GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new(&ask->lock);

    if (!ask->is_settled)
        return FALSE;
    *ret_code = ask->code;
    return TRUE;
}

/* ---- main thread: carry the question ---- */

static const char *
purpose_name(MadoAgentPurpose purpose)
{
    switch (purpose) {
    case MADO_AGENT_VERIFY:
        return "verify";
    case MADO_AGENT_OLD:
        return "old";
    case MADO_AGENT_NEW:
        return "new";
    }
    g_return_val_if_reached("verify");
}

static GVariant *
prompt_of(const Ask *ask)
{
    GVariantBuilder prompt;

    g_variant_builder_init(&prompt, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add(&prompt, "{sv}", "kind",
                          g_variant_new_string(mado_pin_kind_name(ask->kind)));
    g_variant_builder_add(&prompt, "{sv}", "purpose",
                          g_variant_new_string(purpose_name(ask->purpose)));
    g_variant_builder_add(&prompt, "{sv}", "tries", g_variant_new_int32(ask->n_tries));
    g_variant_builder_add(&prompt, "{sv}", "visit", g_variant_new_string(ask->visit));
    g_variant_builder_add(&prompt, "{sv}", "timeout-ms", g_variant_new_uint32(ask->timeout_ms));
    g_variant_builder_add(
        &prompt, "{sv}", "nonce",
        g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, ask->nonce, sizeof ask->nonce, 1));
    return g_variant_new("(a{sv}h)", &prompt, 0);
}

static gboolean
tell_watch(const Ask *ask, MadoAgentEvent event, const char *why)
{
    const MadoAgentWatch *watch = &ask->agent->watch;

    return watch->on_prompt == NULL ||
           watch->on_prompt(ask->seat, ask->kind, event, why, watch->user_data);
}

/* What an agent's error means for the question; *ret_why for whoever watches. */
static MadoErrorCode
read_refusal(const Ask *ask, GError *error, const char **ret_why)
{
    *ret_why = "stopped";
    if (g_error_matches(error, MADO_ERROR, MADO_ERROR_TIMED_OUT)) {
        *ret_why = "timeout";
        return MADO_ERROR_TIMED_OUT;
    }
    if (g_error_matches(error, MADO_ERROR, MADO_ERROR_PIN_FORM)) {
        (void)g_dbus_error_strip_remote_error(error);
        *ret_why = g_str_equal(error->message, "mismatch") ? "mismatch" : "weak";
        return MADO_ERROR_PIN_FORM;
    }
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) { /* by us */
        if (g_get_monotonic_time() >= ask->until_us)
            *ret_why = "timeout";
        return MADO_ERROR_AGENT_GONE;
    }
    return g_dbus_error_is_remote_error(error) &&
                   !g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN) &&
                   !g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER) &&
                   !g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY)
               ? MADO_ERROR_CANCELLED
               : MADO_ERROR_AGENT_GONE;
}

static void
on_prompt_replied_cb(GObject *source, GAsyncResult *result, gpointer user_data)
{
    Ask *ask = user_data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) reply = g_dbus_connection_call_with_unix_fd_list_finish(
        G_DBUS_CONNECTION(source), NULL, result, &error);
    MadoErrorCode code = 0;
    const char *why = NULL;

    if (reply == NULL)
        code = read_refusal(ask, error, &why);
    (void)g_ptr_array_remove(ask->agent->pending, ask);
    (void)tell_watch(ask, code == 0 ? MADO_AGENT_TYPED : MADO_AGENT_FAILED, why);
    ask_settle(ask, code);
    ask_unref(ask);
}

static gboolean
start_ask_cb(gpointer data)
{
    Ask *ask = data;
    MadoAgent *self = ask->agent;
    g_autoptr(GUnixFDList) fds = NULL;

    if (!mado_agent_may_serve(self, ask->holder_uid)) {
        ask_settle(ask, MADO_ERROR_AGENT_GONE);
        return G_SOURCE_REMOVE;
    }
    if (!tell_watch(ask, MADO_AGENT_ASKED, NULL)) {
        ask_settle(ask, MADO_ERROR_BUSY);
        return G_SOURCE_REMOVE;
    }
    fds = g_unix_fd_list_new_from_array(&ask->entry, 1); /* takes it */
    ask->entry = -1;
    g_ptr_array_add(self->pending, ask_ref(ask));
    g_dbus_connection_call_with_unix_fd_list(
        self->connection, self->bus_name, self->path, MADO_IFACE_PIN_AGENT, "Prompt",
        prompt_of(ask), NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START,
        (gint)(ask->timeout_ms + MADO_TIMEOUT_EXCHANGE_MS), fds, ask->cancellable,
        on_prompt_replied_cb, ask_ref(ask));
    return G_SOURCE_REMOVE;
}

/* The worker waits no longer: nothing of the prompt may stay on the screen. */
static gboolean
abandon_ask_cb(gpointer data)
{
    Ask *ask = data;
    MadoAgent *self = ask->agent;

    if (!g_ptr_array_find(self->pending, ask, NULL))
        return G_SOURCE_REMOVE;
    g_cancellable_cancel(ask->cancellable);
    if (self->bus_name != NULL)
        g_dbus_connection_call(
            self->connection, self->bus_name, self->path, MADO_IFACE_PIN_AGENT, "Dismiss", NULL,
            NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, MADO_TIMEOUT_EXCHANGE_MS, NULL, NULL, NULL);
    return G_SOURCE_REMOVE;
}

static void
invoke_main(GSourceFunc run, Ask *ask)
{
    g_autoptr(GSource) source = g_idle_source_new();

    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, run, ask_ref(ask), ask_unref);
    (void)g_source_attach(source, NULL);
}

/* ---- worker's thread: wait for the answer ---- */

static Ask *
ask_new(MadoAgent *agent, const MadoAgentQuestion *question, int entry, GError **error)
{
    Ask *ask = g_new0(Ask, 1);

    g_atomic_ref_count_init(&ask->n_refs);
    g_mutex_init(&ask->lock);
    ask->agent = mado_agent_ref(agent);
    ask->kind = question->kind;
    ask->purpose = question->purpose;
    ask->n_tries = question->n_tries;
    ask->visit = g_strdup(question->visit == NULL ? "" : question->visit);
    ask->seat = question->seat;
    ask->holder_uid = question->holder_uid;
    ask->timeout_ms =
        question->timeout_ms == 0 ? MADO_TIMEOUT_PIN_ENTRY_MS : question->timeout_ms;
    ask->write_ms = question->write_ms == 0 ? MADO_TIMEOUT_EXCHANGE_MS : question->write_ms;
    ask->until_us = g_get_monotonic_time() + (gint64)ask->timeout_ms * 1000;
    ask->entry = entry;
    ask->cancellable = g_cancellable_new();
    ask->settled = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (ask->settled >= 0 && RAND_bytes(ask->nonce, sizeof ask->nonce) == 1)
        return ask;
    g_set_error_literal(error, MADO_ERROR, MADO_ERROR_INTERNAL, "asking for a PIN");
    ask_unref(ask);
    return NULL;
}

static gboolean
fail(GError **error, MadoErrorCode code, const char *text)
{
    g_set_error_literal(error, MADO_ERROR, (gint)code, text);
    return FALSE;
}

/* Reads what there is. *ret_is_end when the pipe was closed. */
static gboolean
read_entry(int fd, MadoSecret *entry, gboolean *ret_is_end, GError **error)
{
    gsize len = mado_secret_len(entry);
    gssize n_read =
        read(fd, mado_secret_peek_writable(entry) + len, mado_secret_capacity(entry) - len);

    if (n_read < 0)
        return errno == EAGAIN || errno == EINTR ||
               fail(error, MADO_ERROR_INTERNAL, "reading a PIN from its pipe");
    *ret_is_end = n_read == 0;
    mado_secret_set_len(entry, len + (gsize)n_read);
    if (mado_secret_len(entry) > MADO_LIMIT_PIN_LEN)
        return fail(error, MADO_ERROR_PIN_FORM, "longer than any PIN");
    return TRUE;
}

static gboolean
wait_entry(Ask *ask, int fd, MadoInterrupt *interrupt, MadoSecret *entry, GError **error)
{
    gint64 until_us = ask->until_us;
    gboolean has_begun = FALSE;
    gboolean is_end = FALSE;
    MadoErrorCode code = 0;

    for (;;) {
        gint64 left_us = until_us - g_get_monotonic_time();
        gboolean is_settled = ask_is_settled(ask, &code);
        struct pollfd fds[] = {
            {mado_interrupt_fd(interrupt), POLLIN, 0},
            {is_end ? -1 : fd, POLLIN, 0}, /* poll passes over negative ones */
            {is_settled ? -1 : ask->settled, POLLIN, 0},
        };

        if (is_settled && code != 0)
            return fail(error, code, mado_error_sentence(code));
        if (is_settled && is_end)
            return TRUE;
        if (!mado_interrupt_check(interrupt, error))
            return FALSE;
        if (left_us <= 0)
            return fail(error, MADO_ERROR_TIMED_OUT, "nobody typed the PIN in time");
        if (poll(fds, G_N_ELEMENTS(fds), (int)(left_us / 1000) + 1) < 0 && errno != EINTR)
            return fail(error, MADO_ERROR_INTERNAL, "waiting for a PIN");
        if (fds[1].revents != 0 && !read_entry(fd, entry, &is_end, error))
            return FALSE;
        if (fds[1].revents == 0 || has_begun)
            continue;
        has_begun = TRUE;
        until_us = MIN(until_us, g_get_monotonic_time() + (gint64)ask->write_ms * 1000);
    }
}

MadoSecret *
mado_agent_ask(MadoAgent *self,
               const MadoAgentQuestion *question,
               MadoInterrupt *interrupt,
               GError **error)
{
    g_autoptr(MadoSecret) entry = mado_secret_new(MADO_LIMIT_PIN_LEN + 1);
    int fds[2];
    Ask *ask;
    gboolean ok;

    if (!g_unix_open_pipe(fds, FD_CLOEXEC, NULL) ||
        !g_unix_set_fd_nonblocking(fds[0], TRUE, NULL)) {
        (void)fail(error, MADO_ERROR_INTERNAL, "making a pipe for a PIN");
        return NULL;
    }
    ask = ask_new(self, question, fds[1], error);
    if (ask == NULL) {
        close_fd(&fds[0]);
        return NULL;
    }
    invoke_main(start_ask_cb, ask);
    ok = wait_entry(ask, fds[0], interrupt, entry, error);
    if (ok && mado_secret_len(entry) == 0)
        ok = fail(error, MADO_ERROR_CANCELLED, "the PIN entry was refused");
    if (!ok)
        invoke_main(abandon_ask_cb, ask);
    close_fd(&fds[0]);
    ask_unref(ask);
    return ok ? g_steal_pointer(&entry) : NULL;
}

/* ---- main thread: who the agent is ---- */

MadoAgent *
mado_agent_new(gboolean must_differ)
{
    MadoAgent *self = g_new0(MadoAgent, 1);

    g_atomic_ref_count_init(&self->n_refs);
    self->must_differ = must_differ;
    self->pending = g_ptr_array_new_with_free_func(ask_unref);
    return self;
}

MadoAgent *
mado_agent_ref(MadoAgent *self)
{
    g_atomic_ref_count_inc(&self->n_refs);
    return self;
}

static void
tell_presence(const MadoAgent *self)
{
    if (self->watch.on_presence != NULL)
        self->watch.on_presence(self->watch.user_data);
}

static void
forget(MadoAgent *self)
{
    g_clear_object(&self->connection);
    g_clear_pointer(&self->bus_name, g_free);
    g_clear_pointer(&self->path, g_free);
}

void
mado_agent_unref(MadoAgent *self)
{
    if (!g_atomic_ref_count_dec(&self->n_refs))
        return;
    forget(self);
    g_ptr_array_unref(self->pending);
    g_free(self);
}

gboolean
mado_agent_register(MadoAgent *self,
                    GDBusConnection *connection,
                    const char *bus_name,
                    const char *path,
                    guint uid,
                    GError **error)
{
    if (self->bus_name != NULL)
        return fail(error, MADO_ERROR_BUSY, "another PIN agent is registered");
    self->connection = g_object_ref(connection);
    self->bus_name = g_strdup(bus_name);
    self->path = g_strdup(path);
    self->uid = uid;
    tell_presence(self);
    return TRUE;
}

gboolean
mado_agent_unregister(MadoAgent *self, const char *bus_name)
{
    if (g_strcmp0(self->bus_name, bus_name) != 0)
        return FALSE;
    for (guint i = 0; i < self->pending->len; i++) {
        Ask *ask = g_ptr_array_index(self->pending, i);

        ask_settle(ask, MADO_ERROR_AGENT_GONE);
        g_cancellable_cancel(ask->cancellable);
    }
    forget(self);
    tell_presence(self);
    return TRUE;
}

gboolean
mado_agent_is_present(const MadoAgent *self)
{
    return self->bus_name != NULL;
}

gboolean
mado_agent_may_serve(const MadoAgent *self, guint holder_uid)
{
    return self->bus_name != NULL && !(self->must_differ && self->uid == holder_uid);
}

gboolean
mado_agent_is_named(const MadoAgent *self, const char *bus_name)
{
    return self->bus_name != NULL && g_strcmp0(self->bus_name, bus_name) == 0;
}

void
mado_agent_show(MadoAgent *self, const char *page, GVariant *details, GUnixFDList *fds)
{
    g_autoptr(GVariant) parameters =
        g_variant_ref_sink(g_variant_new("(s@a{sv})", page, details));

    if (self->bus_name == NULL)
        return;
    g_dbus_connection_call_with_unix_fd_list(
        self->connection, self->bus_name, self->path, MADO_IFACE_PIN_AGENT, "Show", parameters,
        NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, MADO_TIMEOUT_EXCHANGE_MS, fds, NULL, NULL, NULL);
}

void
mado_agent_set_watch(MadoAgent *self, const MadoAgentWatch *watch)
{
    self->watch = watch != NULL ? *watch : (MadoAgentWatch){0};
}
