/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A pcscd of one's own beside a running one: binds SOCKET, hands it over as systemd's socket
 * activation would (descriptor 3, LISTEN_FDS, LISTEN_PID), and becomes pcscd with its own
 * folder of reader configurations. Clients find it by PCSCLITE_CSOCK_NAME=SOCKET.
 *
 *   private-pcscd [--user UID] [--drivers DIR] SOCKET CONFIG-DIR [PCSCD-OPTION...]
 *
 * Started by root it gives up root for UID (which need not be in the user database), because a
 * pcscd of root would replace and later delete the pid file of the running one. pcscd 1.9.9
 * wants the folder /run/pcscd: root makes it; others who find none get one in a namespace of
 * their own. With --drivers it sees the bundles in DIR in place of the installed ones, also in
 * a namespace. Exit status 77: this is not allowed here.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define RUN_DIR           "/run/pcscd"
#define DRIVER_DIR        "/usr/lib/pcsc/drivers"
#define LISTEN_DESCRIPTOR 3 /* SD_LISTEN_FDS_START */
#define EXIT_SKIPPED      77

static int
fail(const char *what)
{
    fprintf(stderr, "private-pcscd: %s: %s\n", what, strerror(errno));
    return -1;
}

/* Writes all of TEXT to an existing file; 0 or -1. */
static int
write_file(const char *path, const char *text)
{
    ssize_t n_written;
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return -1;
    n_written = write(fd, text, strlen(text));
    close(fd);
    return n_written == (ssize_t)strlen(text) ? 0 : -1;
}

/* Mounts of this process' own, which root needs no user namespace for; 0 or -1. */
static int
enter_own_mounts(void)
{
    char map[64];
    unsigned uid = geteuid();
    unsigned gid = getegid();

    if (uid == 0)
        return unshare(CLONE_NEWNS) < 0 ? -1
                                        : mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
        return -1;
    snprintf(map, sizeof map, "%u %u 1\n", uid, uid);
    if (write_file("/proc/self/uid_map", map) < 0)
        return -1;
    if (write_file("/proc/self/setgroups", "deny") < 0)
        return -1;
    snprintf(map, sizeof map, "%u %u 1\n", gid, gid);
    return write_file("/proc/self/gid_map", map);
}

/* An empty /run of this process' own, with the folder in it; 0 or -1. */
static int
enter_own_run(void)
{
    if (mount("run", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=64k") < 0)
        return -1;
    return mkdir(RUN_DIR, 0755);
}

/* Makes sure of RUN_DIR, and that pcscd finds its bundles in DRIVERS if that is not NULL. */
static int
prepare_places(const char *drivers)
{
    bool wants_run = access(RUN_DIR, X_OK) != 0;

    if (wants_run && geteuid() == 0) {
        if (mkdir(RUN_DIR, 0755) < 0 && errno != EEXIST)
            return -1;
        wants_run = false;
    }
    if ((wants_run || drivers != NULL) && enter_own_mounts() < 0)
        return -1;
    if (drivers != NULL && mount(drivers, DRIVER_DIR, NULL, MS_BIND, NULL) < 0)
        return -1;
    return wants_run ? enter_own_run() : 0;
}

/* Binds and listens on PATH, replacing a socket a killed predecessor left; the descriptor or
 * -1. */
static int
listen_on(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd;

    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return fail(path);
    }
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (unlink(path) < 0 && errno != ENOENT)
        return fail(path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return fail("socket");
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) < 0)
        return fail(path);
    /* As the shipped unit does: who may reach the folder may connect. */
    if (chmod(path, 0666) < 0)
        return fail(path);
    if (listen(fd, SOMAXCONN) < 0)
        return fail("listen");
    return fd;
}

static int
give_up_root(uid_t uid)
{
    if (geteuid() != 0 || uid == 0)
        return 0;
    if (setgroups(0, NULL) < 0 || setgid((gid_t)uid) < 0 || setuid(uid) < 0)
        return fail("cannot change user");
    return 0;
}

/* dup2() clears close-on-exec, unless the number is already right. */
static int
hand_over(int fd)
{
    char pid[32];

    if (fd == LISTEN_DESCRIPTOR) {
        if (fcntl(fd, F_SETFD, 0) < 0)
            return fail("fcntl");
    } else if (dup2(fd, LISTEN_DESCRIPTOR) < 0) {
        return fail("dup2");
    }
    snprintf(pid, sizeof pid, "%ld", (long)getpid());
    if (setenv("LISTEN_FDS", "1", 1) < 0 || setenv("LISTEN_PID", pid, 1) < 0)
        return fail("setenv");
    return 0;
}

static void
become_pcscd(char *config_dir, char **options)
{
    char program[] = "pcscd";
    char foreground[] = "--foreground";
    char config[] = "--config";
    char *arguments[16] = {program, foreground, config};
    size_t n_arguments = 3;

    arguments[n_arguments++] = config_dir;
    while (*options != NULL && n_arguments < 15)
        arguments[n_arguments++] = *options++;
    execvp("pcscd", arguments);
    execv("/usr/sbin/pcscd", arguments);
    fail("pcscd");
}

int
main(int argc, char **argv)
{
    uid_t uid = 65534; /* nobody */
    const char *drivers = NULL;
    int first = 1;
    int fd;

    while (argc - first > 1 && argv[first][0] == '-') {
        if (strcmp(argv[first], "--user") == 0)
            uid = (uid_t)strtoul(argv[first + 1], NULL, 10);
        else if (strcmp(argv[first], "--drivers") == 0)
            drivers = argv[first + 1];
        else
            break;
        first += 2;
    }
    if (argc - first < 2) {
        fprintf(stderr, "usage: private-pcscd [--user UID] [--drivers DIR] SOCKET CONFIG-DIR "
                        "[PCSCD-OPTION...]\n");
        return 2;
    }
    fd = listen_on(argv[first]);
    if (fd < 0)
        return 1;
    if (prepare_places(drivers) < 0) {
        fail("no " RUN_DIR " or no namespace");
        return EXIT_SKIPPED;
    }
    if (give_up_root(uid) < 0 || hand_over(fd) < 0)
        return 1;
    become_pcscd(argv[first + 1], &argv[first + 2]);
    return 1;
}
