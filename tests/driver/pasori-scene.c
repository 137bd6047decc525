/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/driver/pasori-scene.h"

#include "common/hex.h"
#include "drivers/pasori/devices.h"
#include "tests/support/pasori/shell-process.h"
#include "tests/support/pasori/training-chip.h"
#include "tests/support/test-card.h"
#include "tests/support/test.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BYTES_16  "000102030405060708090A0B0C0D0E0F"
#define BYTES_64  BYTES_16 BYTES_16 BYTES_16 BYTES_16
#define BYTES_256 BYTES_64 BYTES_64 BYTES_64 BYTES_64

static const char *const commands[] = {
    "00A4040C07A0000001510000", /* the first after power-up is 6F00 */
    "00A4040C07A0000001510000",
    "00CA00F000",
    "00CA00F8000000", /* 1000 bytes at once */
    /* certificates and signatures */
    "00A4040C0AD392F000260100000001",
    "00A4020C020006",
    "00B0000020",
    "00A4020C020018",
    "0020008004"
    "31323334",
    "00A4020C02000A",
    "00B0000004",
    "00B0000000",
    "00A4020C020017",
    "802A008013"
    "3051300D0609608648016503040203050004AA"
    "00",
    "00A4020C02001B",
    "0020008006"
    "414243313233",
    "00A4020C020001",
    "00B0000000",
    "00A4020C02001A",
    "802A008013"
    "3051300D0609608648016503040203050004BB"
    "00",
    /* the text */
    "00A4040C0AD3921000310001010408",
    "00A4020C020011",
    "0020008004"
    "31323334",
    "00A4020C020001",
    "00B0000011",
    "00A4020C020002",
    "00B0000000",
    "00A4020C020003",
    "00B0000000",
    /* the face: in pieces, and at once */
    "00A4040C0AD3921000310001010402",
    "00A4020C020012",
    "002000800E"
    "3032303430313230333531323334",
    "00A4020C020002",
    "00B000002C", /* with all that is around it: full USB packets */
    "00B0000000",
    "00B0010000",
    "00B0020000",
    "00B0030000",
    "00B00000000000",
    /* a command longer than any frame, and one that means nothing */
    "00200080000100" BYTES_256,
    "00FF0000",
    /* a command that fills its USB packets */
    "00FF00002C" BYTES_16 BYTES_16 "000102030405060708090A0B",
};

/* Readers that are plugged in, by address. */
static struct {
    pthread_mutex_t lock;
    PasoriScene *scenes[256];
} ports = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- the driver's seam
 * -------------------------------------------------------------------------------- */

/* The shell's handle, with a read that can be held up. */
typedef struct {
    MadoUsb parent;
    MadoUsb *shell; /* owned */
    PasoriScene *scene;
    bool is_cancelled; /* guarded by the scene's lock */
} Handle;

static uint64_t
now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static MadoUsbStatus
handle_write(MadoUsb *usb, const uint8_t *data, size_t len, uint32_t timeout_ms)
{
    Handle *self = (Handle *)usb;
    const uint64_t start_ns = now_ns();
    MadoUsbStatus status = self->shell->ops->write(self->shell, data, len, timeout_ms);

    self->scene->inside_ns += now_ns() - start_ns;
    return status;
}

static MadoUsbStatus
handle_read(MadoUsb *usb, uint8_t *ret_data, size_t cap, uint32_t timeout_ms, size_t *ret_len)
{
    Handle *self = (Handle *)usb;
    PasoriScene *scene = self->scene;
    MadoUsbStatus status;
    uint64_t start_ns;

    pthread_mutex_lock(&scene->lock);
    scene->is_stuck = scene->is_shut;
    pthread_cond_broadcast(&scene->changed);
    while (scene->is_shut && !self->is_cancelled) {
        pthread_cond_wait(&scene->changed, &scene->lock);
    }
    scene->is_stuck = false;
    pthread_mutex_unlock(&scene->lock);
    start_ns = now_ns();
    status = self->shell->ops->read(self->shell, ret_data, cap, timeout_ms, ret_len);
    scene->inside_ns += now_ns() - start_ns;
    return status;
}

static MadoUsbStatus
handle_reset(MadoUsb *usb)
{
    MadoUsb *shell = ((Handle *)usb)->shell;

    return shell->ops->reset(shell);
}

static MadoUsbStatus
handle_wait(MadoUsb *usb, uint32_t ms)
{
    MadoUsb *shell = ((Handle *)usb)->shell;

    return shell->ops->wait(shell, ms);
}

static void
handle_cancel(MadoUsb *usb)
{
    Handle *self = (Handle *)usb;

    self->shell->ops->cancel(self->shell);
    pthread_mutex_lock(&self->scene->lock);
    self->is_cancelled = true;
    pthread_cond_broadcast(&self->scene->changed);
    pthread_mutex_unlock(&self->scene->lock);
}

static uint64_t
handle_now_ms(MadoUsb *usb)
{
    MadoUsb *shell = ((Handle *)usb)->shell;

    return shell->ops->now_ms(shell);
}

static void
handle_close(MadoUsb *usb)
{
    Handle *self = (Handle *)usb;

    self->shell->ops->close(self->shell);
    free(self);
}

MadoUsbStatus
mado_usb_open(const char *device_name, MadoUsb **ret_usb)
{
    static const MadoUsbOps ops = {handle_write,  handle_read,   handle_reset, handle_wait,
                                   handle_cancel, handle_now_ms, handle_close};
    MadoDevicesName name;
    PasoriScene *scene;
    Handle *self;

    assert_true(mado_devices_parse_name(device_name, &name));
    pthread_mutex_lock(&ports.lock);
    scene = name.bus == 1 ? ports.scenes[name.address] : NULL;
    pthread_mutex_unlock(&ports.lock);
    if (scene == NULL) {
        return MADO_USB_GONE;
    }
    self = calloc(1, sizeof(*self));
    assert_non_null(self);
    self->shell = pasori_shell_process_open(scene->emulator);
    assert_non_null(self->shell);
    self->scene = scene;
    self->parent = *self->shell;
    self->parent.ops = &ops;
    *ret_usb = &self->parent;
    return MADO_USB_OK;
}

/* ---- the reading
 * -------------------------------------------------------------------------------------- */

static uint8_t *
copy(const uint8_t *bytes, size_t len)
{
    uint8_t *result = malloc(len > 0 ? len : 1);

    assert_non_null(result);
    memcpy(result, bytes, len);
    return result;
}

static void
record(MadoCard *card, const char *hex, PasoriSceneExchange *ret_exchange)
{
    static uint8_t answer[PASORI_SCENE_MAX_ANSWER];
    uint8_t command[512];
    size_t command_len = 0, answer_len = 0;

    assert_int_equal(mado_hex_parse(hex, strlen(hex), command, sizeof(command), &command_len),
                     0);
    assert_int_equal(
        mado_card_exchange(card, command, command_len, answer, sizeof(answer), &answer_len),
        MADO_CARD_OK);
    *ret_exchange = (PasoriSceneExchange){
        .command = copy(command, command_len),
        .command_len = command_len,
        .answer = copy(answer, answer_len),
        .answer_len = answer_len,
        .spent_us = pasori_training_chip_spent_us(command, command_len),
    };
}

void
pasori_scene_read(PasoriSceneReading *ret_reading)
{
    static TestCard card;

    test_card_open(&card, MADO_LIFE_ACTIVE);
    mado_card_power_down(card.card);
    assert_int_equal(mado_card_power_up(card.card), MADO_CARD_OK);
    assert_true(MADO_N_ELEMENTS(commands) <= PASORI_SCENE_MAX_READINGS);
    ret_reading->n_exchanges = MADO_N_ELEMENTS(commands);
    for (size_t i = 0; i < MADO_N_ELEMENTS(commands); i++) {
        record(card.card, commands[i], &ret_reading->exchanges[i]);
    }
    test_card_close(&card);
}

void
pasori_scene_clear(PasoriSceneReading *reading)
{
    for (size_t i = 0; i < reading->n_exchanges; i++) {
        free(reading->exchanges[i].command);
        free(reading->exchanges[i].answer);
    }
    reading->n_exchanges = 0;
}

/* ---- the chip
 * -----------------------------------------------------------------------------------------
 */

static bool
chip_is_present(void *user)
{
    PasoriScene *self = user;

    return !atomic_load(&self->is_absent);
}

static bool
chip_power_up(void *user)
{
    PasoriScene *self = user;

    self->n_heard = 0;
    self->n_powered++;
    return true;
}

static void
chip_reset(void *user)
{
    PasoriScene *self = user;

    self->n_heard = 0;
}

static void
chip_power_down(void *user)
{
    (void)user;
}

static bool
chip_exchange(void *user, const uint8_t *command, size_t len, PasoriChipAnswer *ret_answer)
{
    PasoriScene *self = user;
    const PasoriSceneExchange *next;

    if (self->n_heard >= self->reading->n_exchanges) {
        self->n_wrong++;
        return false;
    }
    next = &self->reading->exchanges[self->n_heard++];
    if (len != next->command_len || memcmp(command, next->command, len) != 0 ||
        ret_answer->cap < next->answer_len) {
        self->n_wrong++;
        return false;
    }
    memcpy(ret_answer->data, next->answer, next->answer_len);
    ret_answer->len = next->answer_len;
    ret_answer->spent_us = next->spent_us;
    return true;
}

/* ---- plugging
 * ----------------------------------------------------------------------------------------- */

void
pasori_scene_plug(PasoriScene *self,
                  uint8_t address,
                  const PasoriPiccProfile *profile,
                  const PasoriSceneReading *reading)
{
    memset(self, 0, sizeof(*self));
    self->reading = reading;
    self->chip = (PasoriChip){self,       chip_is_present, chip_power_up,
                              chip_reset, chip_power_down, chip_exchange};
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->changed, NULL);
    self->emulator = pasori_emulator_new(profile, &self->chip);
    assert_non_null(self->emulator);
    pthread_mutex_lock(&ports.lock);
    ports.scenes[address] = self;
    pthread_mutex_unlock(&ports.lock);
}

void
pasori_scene_unplug(PasoriScene *self, uint8_t address)
{
    pthread_mutex_lock(&ports.lock);
    ports.scenes[address] = NULL;
    pthread_mutex_unlock(&ports.lock);
    pasori_emulator_free(self->emulator);
    self->emulator = NULL;
    pthread_cond_destroy(&self->changed);
    pthread_mutex_destroy(&self->lock);
}

void
pasori_scene_shut(PasoriScene *self)
{
    pthread_mutex_lock(&self->lock);
    self->is_shut = true;
    pthread_mutex_unlock(&self->lock);
}

void
pasori_scene_await_stuck(PasoriScene *self)
{
    pthread_mutex_lock(&self->lock);
    while (!self->is_stuck) {
        pthread_cond_wait(&self->changed, &self->lock);
    }
    pthread_mutex_unlock(&self->lock);
}

void
pasori_scene_fault(
    PasoriScene *self, PasoriFaultKind kind, uint32_t at, uint32_t times, uint32_t value)
{
    assert_true(
        pasori_script_add(&self->emulator->script, (PasoriFault){kind, at, times, value}));
}

/* ---- calls
 * --------------------------------------------------------------------------------------------
 */

RESPONSECODE
pasori_scene_power(DWORD lun, DWORD action)
{
    UCHAR atr[MAX_ATR_SIZE];
    DWORD len = sizeof(atr);

    return IFDHPowerICC(lun, action, atr, &len);
}

RESPONSECODE
pasori_scene_send(DWORD lun, const PasoriSceneExchange *exchange, bool *ret_is_right)
{
    UCHAR *answer = malloc(PASORI_SCENE_MAX_ANSWER);
    SCARD_IO_HEADER send = {.Protocol = 1};
    SCARD_IO_HEADER receive = {0};
    DWORD len = PASORI_SCENE_MAX_ANSWER;
    RESPONSECODE code;

    assert_non_null(answer);
    memset(answer, 0xEE, PASORI_SCENE_MAX_ANSWER);
    code = IFDHTransmitToICC(lun, send, exchange->command, exchange->command_len, answer, &len,
                             &receive);
    if (code != IFD_SUCCESS) {
        assert_int_equal(len, 0);
    } else {
        *ret_is_right =
            len == exchange->answer_len && memcmp(answer, exchange->answer, len) == 0;
    }
    free(answer);
    return code;
}
