/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/training/bay.h"

#include "common/apdu.h"
#include "common/wipe.h"
#include "drivers/training/bay-settings.h"
#include "drivers/training/bay-timing.h"
#include "drivers/training/bay-trace.h"
#include "drivers/training/card-file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NAME_CARD  "card"
#define NAME_KNOBS "knobs"
#define NAME_FAULT "fault"
#define NAME_TRACE "trace"

/* Which link it is: a link made anew is another card, even to the same file. */
typedef struct {
    bool present;
    ino_t inode;
    struct timespec changed;
} Link;

struct MadoBay {
    /* never changes */
    char folder[PATH_MAX - 16];
    MadoBayLog log;
    int watch_fd;
    int wake_fd;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t stopping;
    unsigned n_refs;
    bool stopped;
    Link told;        /* what is_present() said last to the thread that waits */
    pthread_t waiter; /* valid once has_waiter */
    bool has_waiter;
    MadoBayKnobs knobs;
    MadoBayFault fault;
    uint32_t n_apdus; /* since the fault was taken */
    uint32_t rsa_state;
    uint64_t owed_us; /* simulated time of the exchange in hand */

    /* while powered; NULL otherwise */
    MadoCard *card;
    MadoCardFile file;
    Link powered;
    bool mute;
};

/* ---- files of the folder
 * ------------------------------------------------------------------------------ */

static void
path_of(const MadoBay *self, const char *name, char ret_path[PATH_MAX])
{
    snprintf(ret_path, PATH_MAX, "%s/%s", self->folder, name);
}

static Link
look(const MadoBay *self)
{
    char path[PATH_MAX];
    struct stat info;
    Link link = {0};

    path_of(self, NAME_CARD, path);
    if (lstat(path, &info) == 0) {
        link.present = true;
        link.inode = info.st_ino;
        link.changed = info.st_ctim;
    }
    return link;
}

static bool
is_same(const Link *a, const Link *b)
{
    return a->present == b->present &&
           (!a->present || (a->inode == b->inode && a->changed.tv_sec == b->changed.tv_sec &&
                            a->changed.tv_nsec == b->changed.tv_nsec));
}

/* A small file's text; false when there is none. */
static bool
read_text(const MadoBay *self, const char *name, char *ret_text, size_t cap, size_t *ret_len)
{
    char path[PATH_MAX];
    ssize_t n;
    int fd;

    path_of(self, name, path);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return false;
    }
    n = read(fd, ret_text, cap);
    close(fd);
    if (n < 0) {
        return false;
    }
    *ret_len = (size_t)n;
    return true;
}

static void
read_knobs(MadoBay *self)
{
    char text[MADO_BAY_SETTINGS_MAX_LEN];
    uint32_t seed = self->knobs.rsa_seed;
    size_t len = 0;

    mado_bay_settings_init_knobs(&self->knobs);
    if (read_text(self, NAME_KNOBS, text, sizeof(text), &len) &&
        !mado_bay_settings_parse_knobs(text, len, &self->knobs)) {
        self->log("training slot: a line of the knobs file means nothing");
    }
    if (seed != self->knobs.rsa_seed || self->rsa_state == 0) {
        self->rsa_state = self->knobs.rsa_seed;
    }
}

/* A fault file is taken once, and the APDU in hand is number 1. */
static void
take_fault(MadoBay *self)
{
    char text[MADO_BAY_SETTINGS_MAX_LEN];
    char path[PATH_MAX];
    size_t len = 0;

    self->n_apdus++;
    if (!read_text(self, NAME_FAULT, text, sizeof(text), &len)) {
        return;
    }
    path_of(self, NAME_FAULT, path);
    if (unlink(path) != 0) { /* it would strike at every APDU */
        self->log("training slot: the fault file cannot be removed, so it is not taken");
    } else if (mado_bay_settings_parse_fault(text, len, &self->fault)) {
        self->n_apdus = 1;
    } else {
        self->log("training slot: the fault file means nothing");
    }
}

/* ---- life
 * ---------------------------------------------------------------------------------------------
 */

static bool
watch(MadoBay *self)
{
    self->watch_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    self->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return self->watch_fd >= 0 && self->wake_fd >= 0 &&
           inotify_add_watch(self->watch_fd, self->folder,
                             IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM |
                                 IN_ONLYDIR) >= 0;
}

static void
free_slot(MadoBay *self)
{
    mado_card_close(self->card);
    if (self->watch_fd >= 0) {
        close(self->watch_fd);
    }
    if (self->wake_fd >= 0) {
        close(self->wake_fd);
    }
    pthread_cond_destroy(&self->stopping);
    pthread_mutex_destroy(&self->lock);
    free(self);
}

MadoBay *
mado_bay_new(const char *folder, MadoBayLog log)
{
    MadoBay *self;
    pthread_condattr_t attributes;

    if (strlen(folder) >= sizeof(self->folder)) {
        return NULL;
    }
    self = calloc(1, sizeof(*self));
    if (self == NULL) {
        return NULL;
    }
    memcpy(self->folder, folder, strlen(folder) + 1);
    self->log = log;
    self->n_refs = 1;
    self->watch_fd = -1;
    self->wake_fd = -1;
    pthread_mutex_init(&self->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&self->stopping, &attributes);
    pthread_condattr_destroy(&attributes);
    mado_bay_settings_init_knobs(&self->knobs);
    if (!watch(self)) {
        free_slot(self);
        return NULL;
    }
    return self;
}

MadoBay *
mado_bay_ref(MadoBay *self)
{
    pthread_mutex_lock(&self->lock);
    self->n_refs++;
    pthread_mutex_unlock(&self->lock);
    return self;
}

void
mado_bay_unref(MadoBay *self)
{
    unsigned left;

    pthread_mutex_lock(&self->lock);
    left = --self->n_refs;
    pthread_mutex_unlock(&self->lock);
    if (left == 0) {
        free_slot(self);
    }
}

void
mado_bay_wake(MadoBay *self)
{
    const uint64_t one = 1;
    ssize_t n = write(self->wake_fd, &one, sizeof(one));

    (void)n; /* a full counter wakes as well */
}

void
mado_bay_stop(MadoBay *self)
{
    pthread_mutex_lock(&self->lock);
    self->stopped = true;
    pthread_cond_broadcast(&self->stopping);
    pthread_mutex_unlock(&self->lock);
    mado_bay_wake(self);
}

/* ---- presence
 * ----------------------------------------------------------------------------------------- */

bool
mado_bay_is_present(MadoBay *self)
{
    Link now;

    pthread_mutex_lock(&self->lock);
    now = look(self);
    if (self->told.present && now.present && !is_same(&self->told, &now)) {
        memset(&now, 0, sizeof(now)); /* swapped: gone first, there at the next look */
    }
    /* pcscd also asks before it powers a card, from the thread that serves a client. Were that
     * answer remembered, the waiting thread would sleep over a removal that it never heard of.
     */
    if (!self->has_waiter || pthread_equal(self->waiter, pthread_self())) {
        self->told = now;
    }
    pthread_mutex_unlock(&self->lock);
    return now.present;
}

static bool
has_changed(MadoBay *self)
{
    Link now;
    bool changed;

    pthread_mutex_lock(&self->lock);
    now = look(self);
    changed = self->stopped || !is_same(&self->told, &now);
    pthread_mutex_unlock(&self->lock);
    return changed;
}

static void
drain(int fd)
{
    char events[4096];

    while (read(fd, events, sizeof(events)) > 0) {
    }
}

static int64_t
now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void
mado_bay_wait(MadoBay *self, int timeout_ms)
{
    int64_t end = now_us() + (int64_t)timeout_ms * 1000;

    pthread_mutex_lock(&self->lock);
    self->waiter = pthread_self();
    self->has_waiter = true;
    pthread_mutex_unlock(&self->lock);
    for (;;) {
        struct pollfd fds[] = {{.fd = self->watch_fd, .events = POLLIN},
                               {.fd = self->wake_fd, .events = POLLIN}};
        int64_t left_ms = (end - now_us() + 999) / 1000;

        if (left_ms <= 0 || has_changed(self)) {
            return;
        }
        if (poll(fds, 2, (int)left_ms) < 0 && errno != EINTR) {
            return;
        }
        if (fds[1].revents != 0) {
            drain(self->wake_fd);
            return;
        }
        drain(self->watch_fd);
    }
}

/* ---- power
 * --------------------------------------------------------------------------------------------
 */

static bool
fill_random(void *user, uint8_t *ret_data, size_t len)
{
    (void)user;
    return getrandom(ret_data, len, 0) == (ssize_t)len;
}

static void
spend(void *user, MadoCardWork work)
{
    MadoBay *self = user;

    if (work == MADO_CARD_WORK_GENERATE && self->knobs.rsa_measured) {
        self->owed_us += mado_bay_timing_generate_us(&self->rsa_state);
    }
}

static void
log_refusal(const MadoBay *self, MadoCardStatus status)
{
    char line[PATH_MAX + 64];

    snprintf(line, sizeof(line), "training slot %s: %s", self->folder,
             mado_card_status_name(status));
    self->log(line);
}

static MadoBayStatus
power_up_locked(MadoBay *self)
{
    MadoCardPorts ports = {.store = {&self->file, mado_card_file_load, mado_card_file_save},
                           .random = {self, fill_random},
                           .clock = {self, spend}};
    char path[PATH_MAX];
    MadoCardStatus status = MADO_CARD_ABSENT;

    mado_card_close(self->card);
    self->card = NULL;
    self->mute = false;
    self->powered = look(self);
    read_knobs(self);
    if (!self->powered.present) {
        return MADO_BAY_ABSENT;
    }
    path_of(self, NAME_CARD, path);
    if (mado_card_file_init(&self->file, path)) {
        status = mado_card_open(&ports, &self->card);
    }
    if (status == MADO_CARD_OK) {
        status = mado_card_power_up(self->card);
    }
    if (status != MADO_CARD_OK) {
        mado_card_close(self->card);
        self->card = NULL;
        log_refusal(self, status);
        return MADO_BAY_BAD;
    }
    return MADO_BAY_OK;
}

MadoBayStatus
mado_bay_power_up(MadoBay *self)
{
    MadoBayStatus status;

    pthread_mutex_lock(&self->lock);
    status = self->stopped ? MADO_BAY_CLOSED : power_up_locked(self);
    pthread_mutex_unlock(&self->lock);
    return status;
}

MadoBayStatus
mado_bay_reset(MadoBay *self)
{
    MadoBayStatus status = MADO_BAY_OK;
    Link now;

    pthread_mutex_lock(&self->lock);
    now = look(self);
    if (self->card == NULL || self->mute || !is_same(&now, &self->powered)) {
        status = power_up_locked(self);
    } else {
        mado_card_reset(self->card);
    }
    pthread_mutex_unlock(&self->lock);
    return status;
}

static void
power_down_locked(MadoBay *self)
{
    mado_card_close(self->card);
    self->card = NULL;
}

void
mado_bay_power_down(MadoBay *self)
{
    pthread_mutex_lock(&self->lock);
    power_down_locked(self);
    pthread_mutex_unlock(&self->lock);
}

void
mado_bay_atr(MadoBay *self, uint8_t *ret_atr, size_t *ret_len)
{
    const uint8_t *atr;

    pthread_mutex_lock(&self->lock);
    *ret_len = 0;
    if (self->card != NULL) {
        mado_card_atr(self->knobs.interface, &atr, ret_len);
        memcpy(ret_atr, atr, *ret_len);
    }
    pthread_mutex_unlock(&self->lock);
}

/* ---- one exchange
 * ------------------------------------------------------------------------------------- */

/* The card is pulled out by the reader itself, so that nobody outside has to race with it. */
static MadoBayStatus
pull_out(MadoBay *self)
{
    char path[PATH_MAX];

    power_down_locked(self);
    path_of(self, NAME_CARD, path);
    (void)unlink(path);
    return MADO_BAY_ABSENT;
}

/* Lets the simulated time pass. The lock is free meanwhile: presence can be asked, the slot
 * stopped. */
static bool
pass_time_locked(MadoBay *self, int64_t start_us)
{
    int64_t end = start_us + (int64_t)self->owed_us;
    struct timespec until = {.tv_sec = end / 1000000, .tv_nsec = end % 1000000 * 1000};

    while (!self->stopped && self->owed_us > 0 && now_us() < end) {
        if (pthread_cond_timedwait(&self->stopping, &self->lock, &until) == ETIMEDOUT) {
            break;
        }
    }
    return !self->stopped;
}

static MadoBayFaultKind
due_fault(MadoBay *self)
{
    MadoBayFaultKind kind = self->fault.kind;
    char path[PATH_MAX];

    if (kind == MADO_BAY_FAULT_NONE || self->fault.apdu != self->n_apdus) {
        return MADO_BAY_FAULT_NONE;
    }
    self->fault.kind = MADO_BAY_FAULT_NONE;
    path_of(self, NAME_TRACE, path);
    mado_bay_trace_fault(path, kind, self->n_apdus);
    return kind;
}

/* The card runs the command; what a fault takes away from it is taken here. */
static MadoBayStatus
run_card(MadoBay *self,
         MadoBayFaultKind fault,
         const MadoBayTraceApdu *apdu,
         uint8_t *ret_answer,
         size_t *ret_len)
{
    bool tears = fault == MADO_BAY_FAULT_TORN || fault == MADO_BAY_FAULT_REMOVE_INSIDE;
    MadoCardStatus status;

    if (fault == MADO_BAY_FAULT_REMOVE_BEFORE) {
        return pull_out(self);
    }
    if (fault == MADO_BAY_FAULT_RESET) {
        mado_card_reset(self->card);
    }
    if (fault == MADO_BAY_FAULT_MUTE) {
        self->mute = true;
        return MADO_BAY_MUTE;
    }
    self->file.torn = tears;
    self->file.torn_at = fault == MADO_BAY_FAULT_TORN ? self->fault.at : 0;
    status = mado_card_exchange(self->card, apdu->command, apdu->command_len, ret_answer,
                                MADO_APDU_MAX_RESPONSE, ret_len);
    self->file.torn = false;
    if (status != MADO_CARD_OK) {
        self->mute = true;
    }
    if (fault == MADO_BAY_FAULT_REMOVE_INSIDE || fault == MADO_BAY_FAULT_REMOVE_AFTER ||
        (fault == MADO_BAY_FAULT_TORN && status != MADO_CARD_OK)) {
        return pull_out(self);
    }
    return status == MADO_CARD_OK ? MADO_BAY_OK : MADO_BAY_MUTE;
}

static MadoBayStatus
exchange_locked(MadoBay *self, MadoBayTraceApdu *apdu, uint8_t *answer)
{
    Link now = look(self);
    int64_t start_us = now_us();
    MadoBayStatus status;
    char trace[PATH_MAX];
    size_t len = 0;

    if (self->stopped) {
        return MADO_BAY_CLOSED;
    }
    if (self->card == NULL || !is_same(&now, &self->powered)) {
        power_down_locked(self);
        return MADO_BAY_ABSENT;
    }
    if (self->mute) {
        return MADO_BAY_MUTE;
    }
    take_fault(self);
    self->owed_us = self->knobs.apdu_delay_us;
    status = run_card(self, due_fault(self), apdu, answer, &len);
    if (status != MADO_BAY_OK) {
        return status;
    }
    self->owed_us += mado_bay_timing_link_us(self->knobs.rate_kbps, apdu->command_len, len);
    if (!pass_time_locked(self, start_us)) {
        return MADO_BAY_CLOSED;
    }
    apdu->answer = answer;
    apdu->answer_len = len;
    apdu->took_us = (uint64_t)(now_us() - start_us);
    path_of(self, NAME_TRACE, trace);
    mado_bay_trace_apdu(trace, apdu);
    return MADO_BAY_OK;
}

MadoBayStatus
mado_bay_transmit(MadoBay *self,
                  const uint8_t *command,
                  size_t command_len,
                  uint8_t *ret_answer,
                  size_t cap,
                  size_t *ret_len)
{
    MadoBayTraceApdu apdu = {.command = command, .command_len = command_len};
    uint8_t *answer = malloc(MADO_APDU_MAX_RESPONSE);
    MadoBayStatus status = MADO_BAY_MUTE;

    if (answer == NULL) {
        return MADO_BAY_MUTE;
    }
    pthread_mutex_lock(&self->lock);
    status = exchange_locked(self, &apdu, answer);
    pthread_mutex_unlock(&self->lock);
    if (status == MADO_BAY_OK && apdu.answer_len > cap) {
        status = MADO_BAY_MUTE;
    }
    if (status == MADO_BAY_OK) {
        memcpy(ret_answer, answer, apdu.answer_len);
        *ret_len = apdu.answer_len;
    }
    mado_wipe(answer, apdu.answer_len);
    free(answer);
    return status;
}
