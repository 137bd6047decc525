/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/photo-run.h"

#include "common/error.h"
#include "common/wipe.h"
#include "daemon/photo/decode.h"
#include "daemon/photo/reply.h"
#include "daemon/sealed.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM "madoguchi-photo"
/* One byte more than may come tells too much from enough. */
#define REPLY_CAP ((gsize)MADO_REPLY_HEAD_LEN + MADO_DECODE_MAX_LEN + 1U)

char *
mado_photo_run_program(void)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *folder = self != NULL ? g_path_get_dirname(self) : NULL;

    return folder != NULL ? g_build_filename(folder, PROGRAM, NULL) : g_strdup(PROGRAM);
}

/* (transfer full) */
static GSubprocess *
start(const char *program, const guint8 *file, gsize len, GError **error)
{
    g_autoptr(GSubprocessLauncher) launcher =
        g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE);
    const char *const argv[] = {program, NULL};
    char *no_environment[] = {NULL};
    g_autoptr(GError) local_error = NULL;
    GSubprocess *child;
    int fd = mado_sealed_new("photo", file, len, error);

    if (fd < 0)
        return NULL;
    (void)lseek(fd, 0, SEEK_SET);
    g_subprocess_launcher_take_stdin_fd(launcher, fd);
    g_subprocess_launcher_set_environ(launcher, no_environment);
    child = g_subprocess_launcher_spawnv(launcher, argv, &local_error);
    if (child == NULL)
        g_set_error(error, MADO_ERROR, MADO_ERROR_INTERNAL, "%s cannot be started: %s", program,
                    local_error->message);
    return child;
}

static void
explain_end(GSubprocess *child, GError **error)
{
    int signal_number =
        g_subprocess_get_if_signaled(child) ? g_subprocess_get_term_sig(child) : 0;

    if (signal_number == SIGALRM || signal_number == SIGXCPU || signal_number == SIGKILL)
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_TIMED_OUT,
                            "the photo was not decoded in time");
    else if (signal_number != 0)
        g_set_error(error, MADO_ERROR, MADO_ERROR_CARD_DATA,
                    "the photo stopped its decoder, signal %d", signal_number);
    else
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_INTERNAL,
                            "the decoder of photos did not answer");
}

/* Reads to the end, but never more than @cap, and sees the child's end. */
static gboolean
take_reply(GSubprocess *child, guint8 *reply, gsize cap, gsize *ret_len, GError **error)
{
    GInputStream *stream = g_subprocess_get_stdout_pipe(child);
    gboolean read = g_input_stream_read_all(stream, reply, cap, ret_len, NULL, NULL);

    if (!read || *ret_len == cap)
        g_subprocess_force_exit(child);
    (void)g_subprocess_wait(child, NULL, NULL);
    if (read && *ret_len < cap && g_subprocess_get_successful(child))
        return TRUE;
    explain_end(child, error);
    return FALSE;
}

/* The head of the file goes where the head of the reply was: right before the pixels. */
static int
seal_picture(guint8 *pixels, const MadoReply *reply, GError **error)
{
    char head[MADO_REPLY_HEAD_LEN];
    int len = g_snprintf(head, sizeof head, "P6\n%u %u\n255\n", reply->width, reply->height);
    guint8 *start_of_file = pixels - len;

    G_STATIC_ASSERT(sizeof "P6\n65535 65535\n255\n" <= MADO_REPLY_HEAD_LEN);
    memcpy(start_of_file, head, (gsize)len);
    return mado_sealed_new("picture", start_of_file, (gsize)len + reply->pixels_len, error);
}

static int
take_picture(guint8 *data, gsize len, MadoQuality *ret_quality, GError **error)
{
    MadoReply reply;
    int fd;

    if (mado_reply_parse(data, len, &reply) != MADO_BYTES_OK) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CARD_DATA,
                            "the photo's decoder gave a malformed answer");
        return -1;
    }
    if (reply.verdict != MADO_JP2_OK) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CARD_DATA, "the card's photo: %s",
                    mado_jp2_verdict_name(reply.verdict));
        return -1;
    }
    fd = seal_picture(data + MADO_REPLY_HEAD_LEN, &reply, error);
    if (fd >= 0)
        *ret_quality = reply.quality;
    return fd;
}

int
mado_photo_run_decode(const char *program,
                      const guint8 *file,
                      gsize len,
                      MadoQuality *ret_quality,
                      GError **error)
{
    g_autoptr(GSubprocess) child = start(program, file, len, error);
    g_autofree guint8 *reply = NULL;
    gsize reply_len = 0;
    int fd = -1;

    if (child == NULL)
        return -1;
    reply = g_malloc(REPLY_CAP);
    if (take_reply(child, reply, REPLY_CAP, &reply_len, error))
        fd = take_picture(reply, reply_len, ret_quality, error);
    mado_wipe(reply, REPLY_CAP);
    return fd;
}
