/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A card that answers whatever the input says, under Inspect and Read. Input: one byte
 * that chooses, then answers, each a big-endian length of two bytes and that many bytes, status
 * word included. A card that has nothing left to say is mute.
 *
 * Chosen by 255: Read's arguments from a client that says anything, with a mute card. Then come
 * one byte for the descriptor and a GVariant of the files wanted, the credential, the handle
 * and what the descriptor holds.
 */
#include "config.h"

#include "common/cursor.h"
#include "common/error.h"
#include "daemon/procedure/inspect.h"
#include "daemon/procedure/read.h"
#include "daemon/sealed.h"
#include "tests/fuzz/descriptor.h"
#include "tests/fuzz/target.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CHOICE_ARGUMENTS 255U
#define ARGUMENTS        "(asshay)"

#define NUMBER_A "123456789018"
#define NUMBER_B "02040120351234"

typedef struct {
    MadoTransport parent;
    MadoCursor input;
} InputTransport;

static gboolean
input_open(MadoTransport *transport, const char *reader, GError **error)
{
    return TRUE;
}

static gboolean
input_exchange(MadoTransport *transport,
               const MadoSecret *command,
               MadoSecret *response,
               GError **error)
{
    InputTransport *self = (InputTransport *)transport;
    const guint8 *answer;
    guint16 len;

    mado_secret_set_len(response, 0);
    if (mado_cursor_u16(&self->input, &len) && mado_cursor_take(&self->input, len, &answer))
        return mado_secret_append(response, answer, len);
    g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CARD_MUTE, "mute");
    return FALSE;
}

static void
input_close(MadoTransport *transport)
{
}

static const MadoTransportOps input_ops = {
    .name = "input",
    .open = input_open,
    .exchange = input_exchange,
    .close = input_close,
    .free = input_close,
};

static int
make_secret(const char *text)
{
    int fd = memfd_create("number", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (write(fd, text, strlen(text)) < 0)
        abort();
    (void)fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK);
    return fd;
}

/* Success must have set every result, failure none. */
static void
read_card(MadoWork *work, const char *credential, const char *number, const char *const *what)
{
    MadoDesk desk = {.realm = MADO_REALM_CODE_TRAINING, .clock = mado_clock_system()};
    MadoRead *read = mado_read_new(&desk, what, credential, make_secret(number), NULL);
    g_autoptr(GError) error = NULL;
    gboolean ok = mado_read_run(work, read, &error);

    if (ok != (read->files != NULL) || ok != (read->checks != NULL) || ok != (error == NULL))
        abort();
    mado_read_free(read);
}

static void
inspect_card(MadoWork *work)
{
    MadoInspect *inspect = g_new0(MadoInspect, 1);
    g_autoptr(GError) error = NULL;
    gboolean ok = mado_inspect_run(work, inspect, &error);

    if (ok != (inspect->card != NULL) || ok != (error == NULL))
        abort();
    mado_inspect_free(inspect);
}

static void
read_as_asked(MadoWork *work, const uint8_t *data, size_t len)
{
    MadoDesk desk = {.realm = MADO_REALM_CODE_TRAINING, .clock = mado_clock_system()};
    guint8 kind = len > 0 ? data[0] : 0;
    g_autoptr(GBytes) bytes = len > 1 ? g_bytes_new(data + 1, len - 1) : g_bytes_new(NULL, 0);
    g_autoptr(GVariant) raw =
        g_variant_ref_sink(g_variant_new_from_bytes(G_VARIANT_TYPE(ARGUMENTS), bytes, FALSE));
    g_autoptr(GVariant) arguments = g_variant_get_normal_form(raw);
    g_autofree const char **what = NULL;
    g_autoptr(GVariant) handle = NULL;
    g_autoptr(GVariant) content = NULL;
    g_autoptr(GUnixFDList) fds = NULL;
    g_autoptr(GError) error = NULL;
    const char *credential;
    MadoRead *read = NULL;
    int fd;

    g_variant_get(arguments, "(^a&s&s@h@ay)", &what, &credential, &handle, &content);
    fd = fuzz_descriptor_new(kind, g_variant_get_data(content), g_variant_get_size(content));
    if (fd >= 0)
        fds = g_unix_fd_list_new_from_array(&fd, 1);
    fd = mado_sealed_dup_handle(fds, handle, &error);
    if (fd >= 0)
        read = mado_read_new(&desk, (const char *const *)what, credential, fd, &error);
    if ((read == NULL) != (error != NULL))
        abort();
    if (read == NULL)
        return;
    if (mado_read_run(work, read, &error) || error == NULL)
        abort(); /* the card is mute */
    mado_read_free(read);
}

static void
run_choice(MadoWork *work, guint8 choice)
{
    static const char *const by_b[] = {"attributes", "face", "certificates", NULL};
    static const char *const by_a[] = {"number", "face", NULL};

    switch (choice % 3) {
    case 0:
        inspect_card(work);
        break;
    case 1:
        read_card(work, "number-b", NUMBER_B, by_b);
        break;
    default:
        read_card(work, "number-a", NUMBER_A, by_a);
        break;
    }
    if (mado_card_is_powered(work->card))
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    InputTransport transport = {.parent = {.ops = &input_ops}};
    MadoInterrupt *interrupt = mado_interrupt_new();
    MadoWork work = {.interrupt = interrupt, .request_id = "fuzz"};
    guint8 choice = 0;

    mado_cursor_init(&transport.input, data, len);
    (void)!mado_cursor_u8(&transport.input, &choice);
    work.card = mado_card_new("fuzz", &transport.parent, interrupt);
    if (choice == CHOICE_ARGUMENTS && len > 0) {
        mado_cursor_init(&transport.input, NULL, 0);
        read_as_asked(&work, data + 1, len - 1);
    } else {
        run_choice(&work, choice);
    }
    mado_card_free(work.card);
    mado_interrupt_unref(interrupt);
    return 0;
}
