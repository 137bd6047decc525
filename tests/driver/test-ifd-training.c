/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The training reader's IFD handler, loaded as pcscd loads it. */
#include "config.h"

#include "drivers/training/card-file.h"
#include "drivers/training/card-format.h"
#include "tests/support/test-card.h"
#include "tests/support/test.h"

#include <ifdhandler.h>
#include <reader.h>

#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LUN 0x00010000

typedef RESPONSECODE (*PollFunction)(DWORD, int);
typedef RESPONSECODE (*StopFunction)(DWORD);

typedef struct {
    char folder[64];
    char card_file[128];
    void *library;
    RESPONSECODE (*create)(DWORD, LPSTR);
    RESPONSECODE (*create_numbered)(DWORD, DWORD);
    RESPONSECODE (*close)(DWORD);
    RESPONSECODE (*get)(DWORD, DWORD, PDWORD, PUCHAR);
    RESPONSECODE (*power)(DWORD, DWORD, PUCHAR, PDWORD);
    RESPONSECODE(*transmit)
    (DWORD, SCARD_IO_HEADER, PUCHAR, DWORD, PUCHAR, PDWORD, PSCARD_IO_HEADER);
    RESPONSECODE (*presence)(DWORD);
    RESPONSECODE (*set_protocol)(DWORD, DWORD, UCHAR, UCHAR, UCHAR, UCHAR);
} Handler;

static void *
symbol(const Handler *handler, const char *name)
{
    void *address = dlsym(handler->library, name);

    if (address == NULL) {
        fprintf(stderr, "%s: not exported\n", name);
        abort();
    }
    return address;
}

static void
path_in(const Handler *handler, const char *name, char ret_path[128])
{
    snprintf(ret_path, 128, "%s/%s", handler->folder, name);
}

static void
make_card_file(Handler *handler)
{
    MadoCardState state;
    uint8_t *data = NULL;
    size_t len = 0;

    path_in(handler, "card-file", handler->card_file);
    test_card_fill(&state, MADO_LIFE_ACTIVE);
    assert_true(mado_card_format_write(&state, &data, &len));
    assert_true(mado_card_file_create(handler->card_file, data, len));
    free(data);
    mado_card_state_clear(&state);
}

static int
load_handler(void **ret)
{
    static const char template[] = "/tmp/mado-ifd.XXXXXX";
    static Handler handler;
    const char *top = getenv("MADO_TOP_BUILDDIR");
    char library[4096];

    memcpy(handler.folder, template, sizeof(template));
    snprintf(library, sizeof(library), "%s/drivers/training/.libs/libifd-training.so",
             top != NULL ? top : ".");
    handler.library = dlopen(library, RTLD_NOW);
    if (handler.library == NULL || mkdtemp(handler.folder) == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return -1;
    }
    make_card_file(&handler);
    *(void **)&handler.create = symbol(&handler, "IFDHCreateChannelByName");
    *(void **)&handler.create_numbered = symbol(&handler, "IFDHCreateChannel");
    *(void **)&handler.close = symbol(&handler, "IFDHCloseChannel");
    *(void **)&handler.get = symbol(&handler, "IFDHGetCapabilities");
    *(void **)&handler.power = symbol(&handler, "IFDHPowerICC");
    *(void **)&handler.transmit = symbol(&handler, "IFDHTransmitToICC");
    *(void **)&handler.presence = symbol(&handler, "IFDHICCPresence");
    *(void **)&handler.set_protocol = symbol(&handler, "IFDHSetProtocolParameters");
    (void)symbol(&handler, "IFDHSetCapabilities");
    (void)symbol(&handler, "IFDHControl");
    *ret = &handler;
    return 0;
}

static int
unload_handler(void **ret)
{
    static const char *const names[] = {"card", "card-file", "card-file.new", "knobs", "fault"};
    Handler *handler = *ret;
    char path[128];

    (void)handler->close(LUN);
    dlclose(handler->library);
    for (size_t i = 0; i < MADO_N_ELEMENTS(names); i++) {
        path_in(handler, names[i], path);
        (void)unlink(path);
    }
    return rmdir(handler->folder);
}

static void
insert(const Handler *handler)
{
    char card[128];

    path_in(handler, "card", card);
    assert_int_equal(symlink(handler->card_file, card), 0);
}

static void
write_text(const Handler *handler, const char *name, const char *text)
{
    char path[128];
    FILE *file;

    path_in(handler, name, path);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static RESPONSECODE
send_select(Handler *handler, PUCHAR ret_answer, PDWORD ret_len)
{
    static UCHAR select[] = {0x00, 0xA4, 0x04, 0x0C, 0x07, 0xA0,
                             0x00, 0x00, 0x01, 0x51, 0x00, 0x00};
    SCARD_IO_HEADER send = {.Protocol = 1};
    SCARD_IO_HEADER receive = {0};

    *ret_len = 258;
    return handler->transmit(LUN, send, select, sizeof(select), ret_answer, ret_len, &receive);
}

/* ---- tests
 * --------------------------------------------------------------------------------------------
 */

static void
nothing_but_the_handler_functions_is_exported(void **state)
{
    static const char *const hidden[] = {"mado_bay_new", "mado_card_open", "mado_tlv_next"};
    Handler *handler = *state;

    for (size_t i = 0; i < MADO_N_ELEMENTS(hidden); i++) {
        void *address = dlsym(handler->library, hidden[i]);
        Dl_info info;

        /* This program may hold the name itself; the library must not. */
        assert_true(address == NULL ||
                    (dladdr(address, &info) != 0 && strstr(info.dli_fname, "ifd") == NULL));
    }
}

static void
a_card_is_seen_powered_and_spoken_to(void **state)
{
    Handler *handler = *state;
    UCHAR atr[MAX_ATR_SIZE];
    UCHAR answer[258];
    DWORD len = sizeof(atr);

    assert_int_equal(handler->create(LUN, handler->folder), IFD_SUCCESS);
    assert_int_equal(handler->presence(LUN), IFD_ICC_NOT_PRESENT);
    assert_int_equal(handler->power(LUN, IFD_POWER_UP, atr, &len), IFD_ERROR_POWER_ACTION);
    assert_int_equal(len, 0);
    insert(handler);
    assert_int_equal(handler->presence(LUN), IFD_ICC_PRESENT);
    len = sizeof(atr);
    assert_int_equal(handler->power(LUN, IFD_POWER_UP, atr, &len), IFD_SUCCESS);
    assert_int_equal(len, 13);
    assert_int_equal(handler->set_protocol(LUN, SCARD_PROTOCOL_T1, 0, 0, 0, 0), IFD_SUCCESS);
    assert_int_equal(handler->set_protocol(LUN, SCARD_PROTOCOL_T0, 0, 0, 0, 0),
                     IFD_PROTOCOL_NOT_SUPPORTED);
    assert_int_equal(send_select(handler, answer, &len), IFD_SUCCESS);
    assert_int_equal(len, 2);
    assert_memory_equal(answer, "\x6F\x00", 2);
    write_text(handler, "fault", "remove after 1");
    assert_int_equal(send_select(handler, answer, &len), IFD_ICC_NOT_PRESENT);
    assert_int_equal(len, 0);
    assert_int_equal(handler->presence(LUN), IFD_ICC_NOT_PRESENT);
}

static void
capabilities_are_those_of_a_reader_of_many_slots(void **state)
{
    Handler *handler = *state;
    UCHAR value[64];
    DWORD len = sizeof(value);

    assert_int_equal(handler->create(LUN, handler->folder), IFD_SUCCESS);
    assert_int_equal(handler->get(LUN, TAG_IFD_SIMULTANEOUS_ACCESS, &len, value), IFD_SUCCESS);
    assert_true(value[0] > 1);
    len = sizeof(value);
    assert_int_equal(handler->get(LUN, TAG_IFD_THREAD_SAFE, &len, value), IFD_SUCCESS);
    assert_int_equal(value[0], 1);
    len = 1;
    assert_int_equal(handler->get(LUN, TAG_IFD_POLLING_THREAD_WITH_TIMEOUT, &len, value),
                     IFD_ERROR_INSUFFICIENT_BUFFER);
    assert_int_equal(handler->get(LUN, 0x7777, &len, value), IFD_ERROR_TAG);
    assert_int_equal(handler->create_numbered(LUN + 1, 1), IFD_NO_SUCH_DEVICE);
    assert_int_equal(handler->presence(LUN + 1), IFD_NO_SUCH_DEVICE);
}

typedef struct {
    PollFunction poll;
    RESPONSECODE code;
} Poller;

static void *
poll_for_long(void *user)
{
    Poller *poller = user;

    poller->code = poller->poll(LUN, 600000);
    return NULL;
}

static void
polling_ends_when_pcscd_asks(void **state)
{
    Handler *handler = *state;
    Poller poller = {0};
    StopFunction stop = NULL;
    pthread_t thread;
    DWORD len = sizeof(poller.poll);

    assert_int_equal(handler->create(LUN, handler->folder), IFD_SUCCESS);
    assert_int_equal(handler->presence(LUN), IFD_ICC_NOT_PRESENT);
    assert_int_equal(
        handler->get(LUN, TAG_IFD_POLLING_THREAD_WITH_TIMEOUT, &len, (PUCHAR)&poller.poll),
        IFD_SUCCESS);
    len = sizeof(stop);
    assert_int_equal(handler->get(LUN, TAG_IFD_STOP_POLLING_THREAD, &len, (PUCHAR)&stop),
                     IFD_SUCCESS);
    assert_int_equal(pthread_create(&thread, NULL, poll_for_long, &poller), 0);
    assert_int_equal(stop(LUN), IFD_SUCCESS);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(poller.code, IFD_SUCCESS);
}

static void *
transmit_slowly(void *user)
{
    static RESPONSECODE code;
    UCHAR answer[258];
    DWORD len;

    code = send_select(user, answer, &len);
    return &code;
}

static void
closing_the_channel_ends_a_transfer_that_is_stuck(void **state)
{
    Handler *handler = *state;
    UCHAR atr[MAX_ATR_SIZE];
    DWORD len = sizeof(atr);
    char fault[128];
    struct stat info;
    pthread_t thread;
    void *code = NULL;

    assert_int_equal(handler->create(LUN, handler->folder), IFD_SUCCESS);
    write_text(handler, "knobs", "apdu_delay_us=10000000\n");
    insert(handler);
    assert_int_equal(handler->power(LUN, IFD_POWER_UP, atr, &len), IFD_SUCCESS);
    write_text(handler, "fault", "mute 99");
    path_in(handler, "fault", fault);
    assert_int_equal(pthread_create(&thread, NULL, transmit_slowly, handler), 0);
    while (lstat(fault, &info) == 0) { /* taken when the transfer begins */
        sched_yield();
    }
    assert_int_equal(handler->close(LUN), IFD_SUCCESS);
    assert_int_equal(pthread_join(thread, &code), 0);
    assert_int_equal(*(RESPONSECODE *)code, IFD_NO_SUCH_DEVICE);
    assert_int_equal(handler->presence(LUN), IFD_NO_SUCH_DEVICE);
    assert_int_equal(handler->close(LUN), IFD_COMMUNICATION_ERROR);
}

int
main(void)
{
#define LOADED(test) cmocka_unit_test_setup_teardown(test, load_handler, unload_handler)
    const struct CMUnitTest tests[] = {
        LOADED(nothing_but_the_handler_functions_is_exported),
        LOADED(a_card_is_seen_powered_and_spoken_to),
        LOADED(capabilities_are_those_of_a_reader_of_many_slots),
        LOADED(polling_ends_when_pcscd_asks),
        LOADED(closing_the_channel_ends_a_transfer_that_is_stuck),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
