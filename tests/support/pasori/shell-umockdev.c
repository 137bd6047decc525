/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The emulator under an unmodified program with real libusb and libudev:
 *
 *     umockdev-wrapper shell-umockdev --slot DIR --control SOCKET [--unplugged] -- PROGRAM …
 *
 * PROGRAM keeps this process' id and sees one more USB device; the emulator is a child of it
 * and ends with it. DIR is a slot of the training reader (drivers/training/README.md): the card
 * that is in it lies on the emulated reader. SOCKET takes a line a connection
 * (pasori_emulator_control(); "plug" and "unplug" are told to udev).
 */
#include "config.h"

#include "tests/support/pasori/descriptor.h"
#include "tests/support/pasori/training-chip.h"
#include "tests/support/pasori/usbfs.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib-unix.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEVICE            "/devices/pci0000:00/0000:00:14.0/usb1/1-1"
#define INTERFACE         DEVICE "/1-1:1.0"
#define FIRST_NUM         4
#define LOOK_MS           20
#define LISTEN_DESCRIPTOR 3 /* SD_LISTEN_FDS_START */
#define MAX_CONTROL       16384U

typedef struct {
    const char *slot;
    const char *control;
    bool unplugged;
    char **program; /* argv of what is run */
} Options;

typedef struct {
    UMockdevTestbed *testbed;
    PasoriUsbfs *usbfs;
    UMockdevIoctlBase *ioctls; /* NULL while unplugged */
    unsigned device_num;
    char node[32]; /* of the device, while plugged in */
    GMainLoop *loop;
} Shell;

/* ---- the device in sysfs
 * ---------------------------------------------------------------------------- */

static char *
descriptors_hex(void)
{
    uint8_t bytes[PASORI_DEVICE_DESCRIPTOR_LEN + PASORI_CONFIG_DESCRIPTOR_LEN];
    GString *text = g_string_new(NULL);

    pasori_descriptor_all(bytes);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        g_string_append_printf(text, "%02X", bytes[i]);
    }
    return g_string_free(text, FALSE);
}

static char *
describe(unsigned device_num)
{
    g_autofree char *hex = descriptors_hex();

    return g_strdup_printf(
        "P: " DEVICE "\nN: bus/usb/001/%03u\n"
        "E: DEVNAME=/dev/bus/usb/001/%03u\nE: DEVTYPE=usb_device\nE: SUBSYSTEM=usb\n"
        "E: BUSNUM=001\nE: DEVNUM=%03u\nE: MAJOR=189\nE: MINOR=%u\nE: DRIVER=usb\n"
        "E: PRODUCT=%x/%x/111\nE: TYPE=255/0/0\n"
        "A: busnum=1\\n\nA: devnum=%u\\n\nA: speed=12\\n\nA: bConfigurationValue=1\\n\n"
        "A: bNumConfigurations=1\\n\nA: bNumInterfaces= 1\\n\nA: bDeviceClass=ff\\n\n"
        "A: idVendor=%04x\\n\nA: idProduct=%04x\\n\nA: bcdDevice=0111\\n\n"
        "A: manufacturer=" PASORI_VENDOR_NAME "\\n\nA: product=" PASORI_PRODUCT_NAME "\\n\n"
        "A: serial=" PASORI_SERIAL "\\n\nH: descriptors=%s\n\n"
        "P: " INTERFACE "\n"
        "E: DEVTYPE=usb_interface\nE: SUBSYSTEM=usb\nE: DRIVER=port100\n"
        "E: PRODUCT=%x/%x/111\nE: INTERFACE=255/255/255\nE: TYPE=255/0/0\n"
        "A: bInterfaceNumber=00\\n\nA: bInterfaceClass=ff\\n\nA: bInterfaceSubClass=ff\\n\n"
        "A: bInterfaceProtocol=ff\\n\nA: bNumEndpoints=02\\n\nA: bAlternateSetting= 0\\n\n\n",
        device_num, device_num, device_num, device_num - 1, PASORI_VENDOR_ID, PASORI_PRODUCT_ID,
        device_num, PASORI_VENDOR_ID, PASORI_PRODUCT_ID, hex, PASORI_VENDOR_ID,
        PASORI_PRODUCT_ID);
}

/* A FIFO in place of the mocked node, so that poll() of the client means something. */
static int
replace_node(const Shell *self)
{
    g_autofree char *root = umockdev_testbed_get_root_dir(self->testbed);
    g_autofree char *path = g_strconcat(root, self->node, NULL);

    if (unlink(path) != 0 || mkfifo(path, 0666) != 0) {
        return -1;
    }
    return open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

static bool
plug(Shell *self)
{
    g_autofree char *record = describe(self->device_num);
    g_autoptr(GError) error = NULL;
    int fifo;

    if (self->ioctls != NULL) {
        return true;
    }
    snprintf(self->node, sizeof(self->node), "/dev/bus/usb/001/%03u", self->device_num++);
    if (!umockdev_testbed_add_from_string(self->testbed, record, &error)) {
        fprintf(stderr, "shell-umockdev: %s\n", error->message);
        return false;
    }
    fifo = replace_node(self);
    if (fifo < 0) {
        perror("shell-umockdev: fifo");
        return false;
    }
    self->ioctls = pasori_usbfs_attach(self->usbfs, fifo);
    if (!umockdev_testbed_attach_ioctl(self->testbed, self->node, self->ioctls, &error)) {
        fprintf(stderr, "shell-umockdev: %s\n", error->message);
        return false;
    }
    return true;
}

static void
unplug(Shell *self)
{
    g_autoptr(GError) error = NULL;

    if (self->ioctls == NULL) {
        return;
    }
    pasori_usbfs_detach(self->usbfs);
    umockdev_testbed_uevent(self->testbed, "/sys" INTERFACE, "remove");
    umockdev_testbed_uevent(self->testbed, "/sys" DEVICE, "remove");
    if (!umockdev_testbed_detach_ioctl(self->testbed, self->node, &error)) {
        fprintf(stderr, "shell-umockdev: %s\n", error->message);
    }
    umockdev_testbed_remove_device(self->testbed, "/sys" INTERFACE);
    umockdev_testbed_remove_device(self->testbed, "/sys" DEVICE);
    g_clear_object(&self->ioctls);
}

static void
announce(Shell *self)
{
    umockdev_testbed_uevent(self->testbed, "/sys" DEVICE, "add");
    umockdev_testbed_uevent(self->testbed, "/sys" INTERFACE, "add");
}

/* ---- control
 * ---------------------------------------------------------------------------------------- */

static size_t
obey(Shell *self, const char *line, char *ret_text, size_t cap)
{
    size_t len = pasori_usbfs_control(self->usbfs, line, ret_text, cap);

    if (strcmp(line, "unplug") == 0) {
        unplug(self);
    } else if (strcmp(line, "plug") == 0 && self->ioctls == NULL) {
        if (plug(self)) {
            announce(self);
        }
    }
    return len;
}

static gboolean
on_incoming(GSocketService *service,
            GSocketConnection *connection,
            GObject *source,
            gpointer user_data)
{
    g_autoptr(GDataInputStream) input =
        g_data_input_stream_new(g_io_stream_get_input_stream(G_IO_STREAM(connection)));
    g_autofree char *line = g_data_input_stream_read_line(input, NULL, NULL, NULL);
    g_autofree char *text = g_malloc(MAX_CONTROL);
    size_t len;

    (void)service;
    (void)source;
    if (line != NULL) {
        len = obey(user_data, line, text, MAX_CONTROL);
        (void)g_output_stream_write_all(g_io_stream_get_output_stream(G_IO_STREAM(connection)),
                                        text, len, NULL, NULL, NULL);
    }
    return TRUE;
}

static GSocketService *
listen_on(const char *path, Shell *shell)
{
    g_autoptr(GSocketAddress) address = g_unix_socket_address_new(path);
    g_autoptr(GSocketService) service = g_socket_service_new();
    g_autoptr(GError) error = NULL;

    (void)unlink(path);
    if (!g_socket_listener_add_address(G_SOCKET_LISTENER(service), address,
                                       G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL,
                                       NULL, &error)) {
        fprintf(stderr, "shell-umockdev: %s\n", error->message);
        return NULL;
    }
    (void)chmod(path, 0666);
    g_signal_connect(service, "incoming", G_CALLBACK(on_incoming), shell);
    return g_steal_pointer(&service);
}

/* A fault may have torn the reader out: udev is told outside of the ioctl that met it. */
static gboolean
look(gpointer user_data)
{
    Shell *self = user_data;

    if (pasori_usbfs_has_left(self->usbfs)) {
        unplug(self);
    }
    return G_SOURCE_CONTINUE;
}

static gboolean
end(gpointer user_data)
{
    Shell *self = user_data;

    g_main_loop_quit(self->loop);
    return G_SOURCE_CONTINUE;
}

/* ---- processes
 * -------------------------------------------------------------------------------------- */

static void
log_line(const char *line)
{
    fprintf(stderr, "%s\n", line);
}

/* The emulator: says on ready_fd where the mocked tree is, then serves until it is ended. */
static int
serve(const Options *options, MadoBay *bay, int ready_fd)
{
    PasoriChip chip = pasori_training_chip_of_bay(bay);
    PasoriEmulator *emulator = pasori_emulator_new(NULL, &chip);
    g_autoptr(UMockdevTestbed) testbed = umockdev_testbed_new();
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    Shell shell = {.testbed = testbed, .device_num = FIRST_NUM, .loop = loop};
    g_autoptr(GSocketService) service = listen_on(options->control, &shell);
    const char *root = g_getenv("UMOCKDEV_DIR");
    int result = EXIT_FAILURE;

    shell.usbfs = pasori_usbfs_new(emulator);
    if (options->unplugged) {
        char text[16];

        (void)pasori_usbfs_control(shell.usbfs, "unplug", text, sizeof(text));
    }
    if (service != NULL && root != NULL && (options->unplugged || plug(&shell)) &&
        write(ready_fd, root, strlen(root)) == (ssize_t)strlen(root)) {
        close(ready_fd);
        g_unix_signal_add(SIGTERM, end, &shell);
        g_timeout_add(LOOK_MS, look, &shell);
        g_main_loop_run(loop);
        result = EXIT_SUCCESS;
    }
    unplug(&shell);
    pasori_usbfs_free(shell.usbfs);
    pasori_emulator_free(emulator);
    return result;
}

static bool
read_options(int argc, char **argv, Options *ret_options)
{
    int i = 1;

    while (i < argc && strcmp(argv[i], "--") != 0) {
        bool has_value = i + 1 < argc;

        if (strcmp(argv[i], "--slot") == 0 && has_value) {
            ret_options->slot = argv[++i];
        } else if (strcmp(argv[i], "--control") == 0 && has_value) {
            ret_options->control = argv[++i];
        } else if (strcmp(argv[i], "--unplugged") == 0) {
            ret_options->unplugged = true;
        } else {
            return false;
        }
        i++;
    }
    ret_options->program = argv + i + 1;
    return i + 1 < argc && ret_options->slot != NULL && ret_options->control != NULL;
}

/* Waits for the child's word and becomes the program. */
static int
become(char **program, int ready_fd)
{
    char root[4096];
    ssize_t n;
    size_t len = 0;

    while ((n = read(ready_fd, root + len, sizeof(root) - 1 - len)) > 0) {
        len += (size_t)n;
    }
    close(ready_fd);
    if (len == 0) {
        fprintf(stderr, "shell-umockdev: the emulator did not start\n");
        return EXIT_FAILURE;
    }
    root[len] = '\0';
    (void)setenv("UMOCKDEV_DIR", root, 1);
    execvp(program[0], program);
    perror(program[0]);
    return EXIT_FAILURE;
}

int
main(int argc, char **argv)
{
    Options options = {0};
    pid_t parent = getpid();
    int ready[2];
    pid_t child;

    if (!read_options(argc, argv, &options)) {
        fprintf(
            stderr,
            "usage: shell-umockdev --slot DIR --control SOCKET [--unplugged] -- PROGRAM…\n");
        return EXIT_FAILURE;
    }
    if (pipe2(ready, O_CLOEXEC) != 0) {
        perror("pipe");
        return EXIT_FAILURE;
    }
    child = fork();
    if (child != 0) {
        close(ready[1]);
        return child < 0 ? EXIT_FAILURE : become(options.program, ready[0]);
    }
    close(ready[0]);
    if (getenv("LISTEN_FDS") != NULL) {
        (void)close(LISTEN_DESCRIPTOR); /* it is the program's */
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() == parent) {
        MadoBay *bay = mado_bay_new(options.slot, log_line);
        int result = bay == NULL ? EXIT_FAILURE : serve(&options, bay, ready[1]);

        if (bay != NULL) {
            mado_bay_unref(bay);
        }
        return result;
    }
    return EXIT_FAILURE;
}
