/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The emulator as a USB device of the kernel's own, by USB/IP and vhci-hcd:
 *
 *     shell-usbip --slot DIR
 *
 * Attaches to the first port of vhci_hcd.0 and serves until the port is detached; the ledger is
 * printed then. DIR is a slot of the training reader. Wants root and the module vhci-hcd.
 */
#include "config.h"

#include "tests/support/pasori/descriptor.h"
#include "tests/support/pasori/emulator.h"
#include "tests/support/pasori/training-chip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ATTACH      "/sys/devices/platform/vhci_hcd.0/attach"
#define DEVICE_ID   0x00010002U
#define FULL_SPEED  2
#define MAX_PENDING 16U
#define MAX_BUFFER  65536U

/* Linux, Documentation/usb/usbip_protocol.rst */
#define CMD_SUBMIT    1U
#define CMD_UNLINK    2U
#define RET_SUBMIT    3U
#define RET_UNLINK    4U
#define DIRECTION_IN  1U
#define URB_ZERO      0x0040U
#define WORDS         12U /* every header has as many, big-endian */
#define SETUP_AT_WORD 10U

typedef struct {
    uint32_t sequence;
    uint32_t endpoint;
    size_t cap;
    size_t len;    /* that came so far */
    uint8_t *data; /* owned; room for cap bytes */
} Pending;

typedef struct {
    int fd;
    PasoriEmulator *emulator;
    Pending pending[MAX_PENDING];
    size_t n_pending;
    uint8_t buffer[MAX_BUFFER];
} Shell;

/* ---- bytes on the socket
 * ---------------------------------------------------------------------------- */

static bool
read_all(int fd, void *ret_data, size_t len)
{
    uint8_t *at = ret_data;

    while (len > 0) {
        ssize_t n = read(fd, at, len);

        if (n <= 0) {
            return false;
        }
        at += n;
        len -= (size_t)n;
    }
    return true;
}

static bool
write_all(int fd, const void *data, size_t len)
{
    const uint8_t *at = data;

    while (len > 0) {
        ssize_t n = write(fd, at, len);

        if (n <= 0) {
            return false;
        }
        at += n;
        len -= (size_t)n;
    }
    return true;
}

static bool
answer(Shell *self, uint32_t sequence, int status, size_t actual, const uint8_t *data)
{
    uint32_t words[WORDS] = {htonl(RET_SUBMIT), htonl(sequence)};

    words[5] = htonl((uint32_t)status);
    words[6] = htonl((uint32_t)actual);
    return write_all(self->fd, words, sizeof(words)) &&
           (data == NULL || write_all(self->fd, data, actual));
}

/* ---- transfers
 * ---------------------------------------------------------------------------------------- */

static int
errno_of(PasoriWireStatus status)
{
    switch (status) {
    case PASORI_WIRE_OK:
        return 0;
    case PASORI_WIRE_GONE:
        return -ESHUTDOWN;
    case PASORI_WIRE_WAIT:
    case PASORI_WIRE_STALL:
    default:
        return -EPIPE;
    }
}

static void
forget(Shell *self, size_t at)
{
    free(self->pending[at].data);
    self->n_pending--;
    memmove(&self->pending[at], &self->pending[at + 1],
            (self->n_pending - at) * sizeof(self->pending[0]));
}

/* The transfers in that wait, as far as there is something for them. */
static bool
run_pending(Shell *self)
{
    size_t i = 0;

    while (i < self->n_pending) {
        Pending *one = &self->pending[i];
        size_t n = 0;
        PasoriWireStatus status = pasori_wire_in(&self->emulator->wire, one->data + one->len,
                                                 one->cap - one->len, &n);

        one->len += n;
        if (status == PASORI_WIRE_WAIT) {
            i++;
            continue;
        }
        if (!answer(self, one->sequence, errno_of(status), one->len, one->data)) {
            return false;
        }
        forget(self, i);
    }
    return true;
}

static bool
submit_in(Shell *self, uint32_t sequence, uint32_t endpoint, size_t cap)
{
    Pending *one = &self->pending[self->n_pending];

    if (self->n_pending == MAX_PENDING) {
        return false;
    }
    *one = (Pending){.sequence = sequence, .endpoint = endpoint, .cap = cap};
    one->data = malloc(cap > 0 ? cap : 1);
    if (one->data == NULL) {
        return false;
    }
    self->n_pending++;
    return run_pending(self);
}

static bool
submit_out(Shell *self, uint32_t sequence, size_t len, bool empty_packet)
{
    PasoriWire *wire = &self->emulator->wire;
    PasoriWireStatus status;

    if (!read_all(self->fd, self->buffer, len)) {
        return false;
    }
    status = pasori_wire_out(wire, self->buffer, len);
    if (status == PASORI_WIRE_OK && empty_packet && len > 0 && len % PASORI_PACKET == 0) {
        status = pasori_wire_out(wire, NULL, 0);
    }
    return answer(self, sequence, errno_of(status), len, NULL) && run_pending(self);
}

static bool
submit_control(Shell *self, uint32_t sequence, const uint8_t setup[8], size_t len)
{
    bool in = (setup[0] & 0x80) != 0;
    uint8_t data[255];
    size_t actual = 0;
    bool known;

    if (!in && !read_all(self->fd, self->buffer, len)) {
        return false;
    }
    known = pasori_descriptor_control(setup, data, &actual);
    if (!known) {
        return answer(self, sequence, -EPIPE, 0, NULL);
    }
    return answer(self, sequence, 0, in ? actual : len, in ? data : NULL);
}

static bool
submit(Shell *self, const uint32_t words[WORDS])
{
    uint32_t sequence = ntohl(words[1]);
    bool in = ntohl(words[3]) == DIRECTION_IN;
    uint32_t endpoint = ntohl(words[4]);
    uint32_t flags = ntohl(words[5]);
    size_t len = ntohl(words[6]);

    if (len > MAX_BUFFER) {
        return false;
    }
    if (endpoint == 0) {
        return submit_control(self, sequence, (const uint8_t *)&words[SETUP_AT_WORD], len);
    }
    return in ? submit_in(self, sequence, endpoint, len)
              : submit_out(self, sequence, len, (flags & URB_ZERO) != 0);
}

/* A transfer that has ended already is unlinked with 0. */
static bool
unlink_one(Shell *self, const uint32_t words[WORDS])
{
    uint32_t reply[WORDS] = {htonl(RET_UNLINK), words[1]};
    uint32_t victim = ntohl(words[5]);

    for (size_t i = 0; i < self->n_pending; i++) {
        if (self->pending[i].sequence == victim) {
            forget(self, i);
            reply[5] = htonl((uint32_t)-ECONNRESET);
            break;
        }
    }
    return write_all(self->fd, reply, sizeof(reply));
}

static void
serve(Shell *self)
{
    uint32_t words[WORDS];
    bool going = true;

    while (going && read_all(self->fd, words, sizeof(words))) {
        switch (ntohl(words[0])) {
        case CMD_SUBMIT:
            going = submit(self, words);
            break;
        case CMD_UNLINK:
            going = unlink_one(self, words);
            break;
        default:
            going = false;
            break;
        }
    }
    while (self->n_pending > 0) {
        forget(self, self->n_pending - 1);
    }
}

/* ---- start
 * -------------------------------------------------------------------------------------------
 */

/* Our end of a pair whose other end the kernel has. */
static int
attach(void)
{
    char line[64];
    int pair[2];
    int fd = open(ATTACH, O_WRONLY | O_CLOEXEC);
    int len;

    if (fd < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) {
        perror(ATTACH);
        return -1;
    }
    len = snprintf(line, sizeof(line), "0 %d %u %d\n", pair[1], DEVICE_ID, FULL_SPEED);
    if (write(fd, line, (size_t)len) != len) {
        perror("attach");
        return -1;
    }
    close(fd);
    close(pair[1]); /* the kernel holds it */
    return pair[0];
}

static void
log_line(const char *line)
{
    fprintf(stderr, "%s\n", line);
}

int
main(int argc, char **argv)
{
    static Shell shell;
    static char text[16384];
    MadoBay *bay;
    PasoriChip chip;

    if (argc != 3 || strcmp(argv[1], "--slot") != 0) {
        fprintf(stderr, "usage: shell-usbip --slot DIR\n");
        return EXIT_FAILURE;
    }
    bay = mado_bay_new(argv[2], log_line);
    if (bay == NULL) {
        fprintf(stderr, "shell-usbip: the slot's folder cannot be watched\n");
        return EXIT_FAILURE;
    }
    chip = pasori_training_chip_of_bay(bay);
    shell.emulator = pasori_emulator_new(NULL, &chip);
    shell.fd = attach();
    if (shell.emulator == NULL || shell.fd < 0) {
        return EXIT_FAILURE;
    }
    serve(&shell);
    (void)pasori_ledger_format(&shell.emulator->ledger, text, sizeof(text));
    printf("%s", text);
    pasori_emulator_free(shell.emulator);
    mado_bay_unref(bay);
    return EXIT_SUCCESS;
}
