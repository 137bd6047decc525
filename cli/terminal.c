/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/terminal.h"

#include "cli/client.h"
#include "client/text.h"
#include "common/error.h"

#include <glib-unix.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define TERMINAL "/dev/tty"

/* One question; owned by its task. */
typedef struct {
    int fd;
    gboolean is_quiet; /* echo is off */
    struct termios saved;
    MadoSecret *line;
    GSource *input;
    GSource *timeout; /* (nullable) */
    GSource *cancel;  /* (nullable) */
} Question;

gboolean
mado_terminal_is_there(void)
{
    int fd = open(TERMINAL, O_RDWR | O_NOCTTY | O_CLOEXEC);

    if (fd < 0)
        return FALSE;
    close(fd);
    return TRUE;
}

static void
write_text(int fd, const char *text)
{
    gsize len = strlen(text);

    while (len > 0) {
        gssize n = write(fd, text, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; /* nobody reads it any more */
        text += n;
        len -= (gsize)n;
    }
}

static void
clear_source(GSource **source)
{
    if (*source == NULL)
        return;
    g_source_destroy(*source);
    g_source_unref(*source);
    *source = NULL;
}

/* Puts the terminal back as it was; twice is harmless. */
static void
question_close(Question *question)
{
    clear_source(&question->input);
    clear_source(&question->timeout);
    clear_source(&question->cancel);
    if (question->is_quiet) {
        tcsetattr(question->fd, TCSAFLUSH,
                  &question->saved); /* drops what was typed too late */
        write_text(question->fd, "\n");
        question->is_quiet = FALSE;
    }
    if (question->fd >= 0)
        close(question->fd);
    question->fd = -1;
}

static void
question_free(gpointer data)
{
    Question *question = data;

    question_close(question);
    mado_secret_free(question->line);
    g_free(question);
}

/* Ends the task, once: the sources that hold it go with question_close(). */
static void
fail(GTask *task, MadoErrorCode code, const char *text)
{
    g_object_ref(task);
    question_close(g_task_get_task_data(task));
    g_task_return_new_error(task, MADO_ERROR, (int)code, "%s", text);
    g_object_unref(task);
}

static void
succeed(GTask *task, gsize len)
{
    Question *question = g_task_get_task_data(task);

    g_object_ref(task);
    question_close(question);
    mado_secret_set_len(question->line, len);
    g_task_return_pointer(task, g_steal_pointer(&question->line),
                          (GDestroyNotify)mado_secret_free);
    g_object_unref(task);
}

static gboolean
on_input(int fd, GIOCondition condition, gpointer user_data)
{
    GTask *task = user_data;
    Question *question = g_task_get_task_data(task);
    gsize len = mado_secret_len(question->line);
    guint8 *line = mado_secret_peek_writable(question->line);
    gssize n = read(fd, line + len, mado_secret_capacity(question->line) - len);

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return G_SOURCE_CONTINUE;
    if (n <= 0) {
        fail(task, MADO_ERROR_CANCELLED, "nothing was entered");
        return G_SOURCE_REMOVE;
    }
    len += (gsize)n;
    mado_secret_set_len(question->line, len);
    if (line[len - 1] == '\n') {
        succeed(task, len - 1);
        return G_SOURCE_REMOVE;
    }
    if (len == mado_secret_capacity(question->line)) {
        fail(task, MADO_ERROR_BAD_ARGUMENT, "the line is too long");
        return G_SOURCE_REMOVE;
    }
    return G_SOURCE_CONTINUE;
}

static gboolean
on_timeout(gpointer user_data)
{
    fail(user_data, MADO_ERROR_TIMED_OUT, "nothing was entered in time");
    return G_SOURCE_REMOVE;
}

static gboolean
on_cancelled(GCancellable *cancellable, gpointer user_data)
{
    fail(user_data, MADO_ERROR_CANCELLED, "cancelled");
    return G_SOURCE_REMOVE;
}

static void
attach(GTask *task, GSource **slot, GSource *source, GSourceFunc callback)
{
    *slot = source; /* owned by the question, destroyed before the task ends */
    g_source_set_callback(source, callback, g_object_ref(task), g_object_unref);
    g_source_attach(source, g_main_context_get_thread_default());
}

/* What was typed before the question is dropped. */
static gboolean
turn_echo_off(Question *question)
{
    struct termios quiet;

    if (tcgetattr(question->fd, &question->saved) != 0)
        return FALSE;
    quiet = question->saved;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    quiet.c_lflag |= ICANON | ISIG;
    question->is_quiet = tcsetattr(question->fd, TCSAFLUSH, &quiet) == 0;
    return question->is_quiet;
}

static gboolean
question_open(Question *question, const MadoTerminalQuestion *wanted)
{
    question->fd = open(TERMINAL, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (question->fd < 0)
        return FALSE;
    if (wanted->is_secret && !turn_echo_off(question))
        return FALSE;
    write_text(question->fd, wanted->label); /* only now: an answer may come at once */
    return TRUE;
}

void
mado_terminal_ask_async(const MadoTerminalQuestion *question,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
    g_autoptr(GTask) task = g_task_new(NULL, NULL, callback, user_data);
    Question *asked = g_new0(Question, 1);

    asked->line = mado_secret_new(MADO_TERMINAL_LINE_MAX);
    asked->fd = -1;
    g_task_set_source_tag(task, mado_terminal_ask_async);
    g_task_set_task_data(task, asked, question_free);
    if (!question_open(asked, question)) {
        g_autofree char *text =
            g_strdup_printf("there is no terminal to ask on: “%s”", question->label);

        fail(task, MADO_ERROR_BAD_ARGUMENT, text);
        return;
    }
    attach(task, &asked->input, g_unix_fd_source_new(asked->fd, G_IO_IN | G_IO_HUP | G_IO_ERR),
           G_SOURCE_FUNC(on_input));
    if (question->timeout_ms > 0)
        attach(task, &asked->timeout, g_timeout_source_new(question->timeout_ms), on_timeout);
    if (cancellable != NULL)
        attach(task, &asked->cancel, g_cancellable_source_new(cancellable),
               G_SOURCE_FUNC(on_cancelled));
}

MadoSecret *
mado_terminal_ask_finish(GAsyncResult *result, GError **error)
{
    g_return_val_if_fail(g_async_result_is_tagged(result, mado_terminal_ask_async), NULL);
    return g_task_propagate_pointer(G_TASK(result), error);
}

MadoSecret *
mado_terminal_ask(const MadoTerminalQuestion *question,
                  GCancellable *cancellable,
                  GError **error)
{
    GAsyncResult *slot = NULL;
    g_autoptr(GAsyncResult) result = NULL;

    mado_terminal_ask_async(question, cancellable, mado_client_on_ready, &slot);
    result = mado_client_wait(&slot);
    return mado_terminal_ask_finish(result, error);
}

char *
mado_terminal_ask_text(const char *label, GCancellable *cancellable, GError **error)
{
    MadoTerminalQuestion question = {.label = label};
    g_autoptr(MadoSecret) line = mado_terminal_ask(&question, cancellable, error);

    if (line == NULL)
        return NULL;
    return mado_text_clean_bytes(mado_secret_peek(line), mado_secret_len(line));
}

void
mado_terminal_say(const char *text)
{
    int fd = open(TERMINAL, O_WRONLY | O_NOCTTY | O_CLOEXEC);

    if (fd < 0)
        return;
    write_text(fd, text);
    write_text(fd, "\n");
    close(fd);
}
