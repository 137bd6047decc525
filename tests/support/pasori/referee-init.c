/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The first and only program of a small guest whose kernel is the referee: its own port100,
 * nfc_digital and nfc must take the emulated reader for a real one, find the card, and exchange
 * APDUs with it. Says "referee: …" line by line on the console, last "passed" or "failed", and
 * switches the guest off.
 *
 * The guest's tree: /modules (a list in the order of loading, and the modules), /shell-usbip,
 * /slot with a training card in it.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/nfc.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS    30000
#define ATTRIBUTE_HEAD sizeof(struct nlattr)
#define DETACH         "/sys/devices/platform/vhci_hcd.0/detach"

typedef struct {
    int fd;
    uint16_t family;
    uint32_t group;
    uint32_t sequence;
    union {
        struct nlmsghdr header;
        uint8_t bytes[16384];
    } in;
} Netlink;

static void
say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void
say(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    printf("referee: ");
    vprintf(format, arguments);
    printf("\n");
    fflush(stdout);
    va_end(arguments);
}

static bool
check(bool holds, const char *what)
{
    say("%s: %s", holds ? "ok" : "NOT OK", what);
    return holds;
}

/* ---- the guest
 * --------------------------------------------------------------------------------------- */

static bool
load_modules(void)
{
    FILE *list = fopen("/modules/list", "r");
    char name[128];
    bool loaded = list != NULL;

    while (loaded && fscanf(list, "%127s", name) == 1) {
        char path[160];
        int fd;

        snprintf(path, sizeof(path), "/modules/%s", name);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        loaded = fd >= 0 && syscall(SYS_finit_module, fd, "", 0) == 0;
        if (!loaded) {
            say("%s: %s", name, strerror(errno));
        }
        close(fd);
    }
    if (list != NULL) {
        fclose(list);
    }
    return loaded;
}

static pid_t
start_shell(void)
{
    static char program[] = "/shell-usbip";
    static char option[] = "--slot";
    static char slot[] = "/slot";
    char *arguments[] = {program, option, slot, NULL};
    pid_t child = fork();

    if (child == 0) {
        execv(program, arguments);
        _exit(127);
    }
    return child;
}

static void
pause_ms(long ms)
{
    struct timespec span = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    nanosleep(&span, NULL);
}

/* The sysfs entry that the kernel's driver makes; polled, as nothing else runs here. */
static bool
wait_for(const char *path)
{
    for (int i = 0; i < PATIENCE_MS / 100; i++) {
        if (access(path, F_OK) == 0) {
            return true;
        }
        pause_ms(100);
    }
    return false;
}

/* ---- generic netlink
 * -------------------------------------------------------------------------------- */

static size_t
padded(size_t len)
{
    return (len + 3) / 4 * 4;
}

static void
put(uint8_t *message, uint16_t type, const void *value, size_t len)
{
    struct nlmsghdr *header = (struct nlmsghdr *)(void *)message;
    struct nlattr attribute = {.nla_len = (uint16_t)(ATTRIBUTE_HEAD + len), .nla_type = type};
    uint8_t *at = message + NLMSG_ALIGN(header->nlmsg_len);

    memcpy(at, &attribute, sizeof(attribute));
    memcpy(at + ATTRIBUTE_HEAD, value, len);
    header->nlmsg_len =
        (uint32_t)(NLMSG_ALIGN(header->nlmsg_len) + padded(ATTRIBUTE_HEAD + len));
}

static void
begin(Netlink *self, uint8_t *message, uint16_t family, uint8_t command, uint16_t flags)
{
    struct nlmsghdr header = {.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN),
                              .nlmsg_type = family,
                              .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
                              .nlmsg_seq = ++self->sequence};
    struct genlmsghdr generic = {.cmd = command, .version = 1};

    memcpy(message, &header, sizeof(header));
    memcpy(message + NLMSG_HDRLEN, &generic, sizeof(generic));
}

/* The next message, or NULL. */
static const struct nlmsghdr *
receive(Netlink *self)
{
    struct pollfd waiting = {.fd = self->fd, .events = POLLIN};
    ssize_t n;

    if (poll(&waiting, 1, PATIENCE_MS) != 1) {
        return NULL;
    }
    n = recv(self->fd, self->in.bytes, sizeof(self->in.bytes), 0);
    return n >= (ssize_t)NLMSG_LENGTH(0) ? &self->in.header : NULL;
}

/* An attribute of a message or of another attribute; NULL when it is not there. */
static const uint8_t *
find(const uint8_t *data, size_t len, uint16_t type, size_t *ret_len)
{
    size_t at = 0;

    while (at + ATTRIBUTE_HEAD <= len) {
        struct nlattr attribute;

        memcpy(&attribute, data + at, sizeof(attribute));
        if (attribute.nla_len < ATTRIBUTE_HEAD || at + attribute.nla_len > len) {
            return NULL;
        }
        if ((attribute.nla_type & NLA_TYPE_MASK) == type) {
            *ret_len = attribute.nla_len - ATTRIBUTE_HEAD;
            return data + at + ATTRIBUTE_HEAD;
        }
        at += padded(attribute.nla_len);
    }
    return NULL;
}

static const uint8_t *
find_in(const struct nlmsghdr *message, uint16_t type, size_t *ret_len)
{
    size_t head = NLMSG_LENGTH(GENL_HDRLEN);

    return message->nlmsg_len < head ? NULL
                                     : find((const uint8_t *)message + head,
                                            message->nlmsg_len - head, type, ret_len);
}

static uint32_t
number_of(const uint8_t *value, size_t len)
{
    uint32_t number = 0;

    if (value != NULL && len <= sizeof(number)) {
        memcpy(&number, value, len);
    }
    return number;
}

static uint32_t
number_in(const struct nlmsghdr *message, uint16_t type)
{
    size_t len = 0;
    const uint8_t *value = find_in(message, type, &len);

    return number_of(value, len);
}

static bool
open_nfc(Netlink *self)
{
    uint8_t message[256] = {0};
    const struct nlmsghdr *reply;
    const uint8_t *groups;
    const uint8_t *group;
    size_t len = 0;
    size_t inner = 0;

    self->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
    begin(self, message, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
    put(message, CTRL_ATTR_FAMILY_NAME, NFC_GENL_NAME, sizeof(NFC_GENL_NAME));
    if (send(self->fd, message, ((struct nlmsghdr *)(void *)message)->nlmsg_len, 0) < 0) {
        return false;
    }
    reply = receive(self);
    if (reply == NULL || reply->nlmsg_type == NLMSG_ERROR) {
        return false;
    }
    self->family = (uint16_t)number_in(reply, CTRL_ATTR_FAMILY_ID);
    groups = find_in(reply, CTRL_ATTR_MCAST_GROUPS, &len);
    group = groups == NULL ? NULL : find(groups, len, 1, &inner);
    if (group != NULL) {
        size_t id_len = 0;
        const uint8_t *id = find(group, inner, CTRL_ATTR_MCAST_GRP_ID, &id_len);

        self->group = number_of(id, id_len);
    }
    return self->group != 0 && setsockopt(self->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
                                          &self->group, sizeof(self->group)) == 0;
}

/* Sends the message and takes its acknowledgement; the errno of that, 0 for none. */
static int
ask(Netlink *self, uint8_t *message)
{
    const struct nlmsghdr *reply;

    if (send(self->fd, message, ((struct nlmsghdr *)(void *)message)->nlmsg_len, 0) < 0) {
        return errno;
    }
    while ((reply = receive(self)) != NULL) {
        if (reply->nlmsg_type == NLMSG_ERROR) {
            const struct nlmsgerr *error = NLMSG_DATA(reply);

            return -error->error;
        }
    }
    return ETIMEDOUT;
}

static int
command(Netlink *self, uint8_t code, uint32_t protocols)
{
    const uint32_t device = 0;
    uint8_t message[256] = {0};

    begin(self, message, self->family, code, NLM_F_ACK);
    put(message, NFC_ATTR_DEVICE_INDEX, &device, sizeof(device));
    if (protocols != 0) {
        put(message, NFC_ATTR_IM_PROTOCOLS, &protocols, sizeof(protocols));
    }
    return ask(self, message);
}

static bool
wait_for_event(Netlink *self, uint8_t code)
{
    const struct nlmsghdr *message;

    while ((message = receive(self)) != NULL) {
        const struct genlmsghdr *generic = NLMSG_DATA(message);

        if (message->nlmsg_type == self->family && generic->cmd == code) {
            return true;
        }
    }
    return false;
}

/* The one target that was found: its number and protocols. */
static bool
get_target(Netlink *self, uint32_t *ret_target, uint32_t *ret_protocols)
{
    const uint32_t device = 0;
    uint8_t message[256] = {0};
    const struct nlmsghdr *reply;

    begin(self, message, self->family, NFC_CMD_GET_TARGET, NLM_F_DUMP);
    put(message, NFC_ATTR_DEVICE_INDEX, &device, sizeof(device));
    if (send(self->fd, message, ((struct nlmsghdr *)(void *)message)->nlmsg_len, 0) < 0) {
        return false;
    }
    reply = receive(self);
    if (reply == NULL || reply->nlmsg_type != self->family) {
        return false;
    }
    *ret_target = number_in(reply, NFC_ATTR_TARGET_INDEX);
    *ret_protocols = number_in(reply, NFC_ATTR_PROTOCOLS);
    return true;
}

/* ---- the card, by the kernel's own ISO 14443-4
 * ------------------------------------------------------ */

static int
connect_card(uint32_t target)
{
    struct sockaddr_nfc address = {.sa_family = AF_NFC,
                                   .dev_idx = 0,
                                   .target_idx = target,
                                   .nfc_protocol = NFC_PROTO_ISO14443_B};
    int fd = socket(AF_NFC, SOCK_SEQPACKET | SOCK_CLOEXEC, NFC_SOCKPROTO_RAW);

    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* The status word of one command; 0 for none. The kernel puts one byte before the answer. */
static unsigned
transmit(int fd, const uint8_t *apdu, size_t len)
{
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    uint8_t answer[512];
    ssize_t n;

    if (send(fd, apdu, len, 0) != (ssize_t)len || poll(&waiting, 1, PATIENCE_MS) != 1) {
        return 0;
    }
    n = recv(fd, answer, sizeof(answer), 0);
    return n < 3 ? 0 : (unsigned)(answer[n - 2] << 8 | answer[n - 1]);
}

static bool
use_card(uint32_t target)
{
    static const uint8_t first[] = {0x00, 0xA4, 0x04, 0x0C, 0x00};
    static const uint8_t select[] = {0x00, 0xA4, 0x04, 0x0C, 0x0A, 0xD3, 0x92, 0xF0,
                                     0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01};
    static const uint8_t select_token[] = {0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, 0x06};
    static const uint8_t read_token[] = {0x00, 0xB0, 0x00, 0x00, 0x20};
    int fd = connect_card(target);
    bool good = check(fd >= 0, "ATTRIB: the target is activated");

    if (fd < 0) {
        return false;
    }
    (void)transmit(fd, first, sizeof(first)); /* 6F00 after every power-up */
    good =
        check(transmit(fd, select, sizeof(select)) == 0x9000, "SELECT of JPKI: 9000") && good;
    good = check(transmit(fd, select_token, sizeof(select_token)) == 0x9000,
                 "SELECT of the token's label: 9000") &&
           good;
    good = check(transmit(fd, read_token, sizeof(read_token)) == 0x9000,
                 "READ BINARY of it: 9000") &&
           good;
    close(fd);
    return good;
}

/* ---- the match
 * --------------------------------------------------------------------------------------- */

static bool
find_card(void)
{
    static Netlink nfc;
    uint32_t target = 0;
    uint32_t protocols = 0;

    if (!check(open_nfc(&nfc), "generic netlink has the family nfc") ||
        !check(command(&nfc, NFC_CMD_DEV_UP, 0) == 0, "the device goes up") ||
        !check(command(&nfc, NFC_CMD_START_POLL, NFC_PROTO_ISO14443_B_MASK) == 0,
               "polling for ISO 14443 B starts") ||
        !check(wait_for_event(&nfc, NFC_EVENT_TARGETS_FOUND), "a target is found") ||
        !check(get_target(&nfc, &target, &protocols), "the target can be asked for")) {
        return false;
    }
    say("protocols of the target: %#x", protocols);
    return check(protocols == NFC_PROTO_ISO14443_B_MASK, "it is ISO 14443 B") &&
           use_card(target);
}

static bool
play(void)
{
    int detach;
    bool good;
    pid_t shell;

    if (!check(load_modules(), "the kernel's modules are loaded")) {
        return false;
    }
    shell = start_shell();
    good = check(wait_for("/sys/class/nfc/nfc0"), "port100 has made nfc0") && find_card();
    detach = open(DETACH, O_WRONLY | O_CLOEXEC);
    good = check(detach >= 0 && write(detach, "0", 1) == 1, "the reader is unplugged") && good;
    (void)waitpid(shell, NULL, 0);
    return good;
}

int
main(void)
{
    (void)mkdir("/proc", 0755);
    (void)mkdir("/sys", 0755);
    (void)mkdir("/dev", 0755);
    (void)mount("proc", "/proc", "proc", 0, NULL);
    (void)mount("sysfs", "/sys", "sysfs", 0, NULL);
    (void)mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
    say("%s", play() ? "passed" : "failed");
    sync();
    pause_ms(200);
    (void)reboot(RB_POWER_OFF);
    return EXIT_FAILURE;
}
