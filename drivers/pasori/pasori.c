/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two locks. `work` is held through whole exchanges and guards the reader and the card; `lock`
 * is held for moments and guards the rest, so that the wait for a card, stop() and wake() never
 * stand behind an exchange. Who holds `work` may take `lock`, never the other way round.
 */
#include "config.h"

#include "drivers/pasori/pasori.h"

#include "drivers/pasori/picc.h"
#include "madoguchi/reader-statistics.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define POLL_MS      250  /* between looks for a card */
#define POLL_HUNG_MS 2000 /* the same while the reader does not do its work */
#define STOP_MS      5000
#define MAX_APDU     65536

struct MadoPasori {
    MadoPasoriLog log; /* never changes */
    MadoUsb *usb;      /* owned; never changes */

    pthread_mutex_t work; /* guards what follows */
    MadoPicc picc;
    uint64_t numbers[MADO_READER_N_STATISTICS];

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    unsigned n_refs;
    bool is_stopped;
    bool is_gone;
    bool is_hung;
    bool is_woken;
    bool is_in;        /* a card, as far as is known */
    bool owes_removal; /* a session broke, and the thread that waits has not been told */
    bool told_in;      /* what find() said last to the thread that waits */
    bool has_waiter;
    pthread_t waiter; /* valid once has_waiter */
};

/* ---- life
 * ---------------------------------------------------------------------------------------------
 */

static MadoPasoriStatus
status_of(MadoPiccStatus status)
{
    switch (status) {
    case MADO_PICC_OK:
        return MADO_PASORI_OK;
    case MADO_PICC_ABSENT:
        return MADO_PASORI_ABSENT;
    case MADO_PICC_MUTE:
        return MADO_PASORI_MUTE;
    case MADO_PICC_BROKEN:
        return MADO_PASORI_BROKEN;
    case MADO_PICC_FULL:
        return MADO_PASORI_FULL;
    case MADO_PICC_GONE:
    case MADO_PICC_CANCELLED:
        return MADO_PASORI_GONE;
    case MADO_PICC_HUNG:
    default:
        return MADO_PASORI_HUNG;
    }
}

static MadoPasori *
allocate(MadoUsb *usb, MadoPasoriLog log)
{
    MadoPasori *self = calloc(1, sizeof(*self));
    pthread_condattr_t attributes;

    if (self == NULL) {
        return NULL;
    }
    self->usb = usb;
    self->log = log;
    self->n_refs = 1;
    pthread_mutex_init(&self->work, NULL);
    pthread_mutex_init(&self->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&self->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    mado_picc_forget(&self->picc);
    return self;
}

MadoPasoriStatus
mado_pasori_new(MadoUsb *usb, MadoPasoriLog log, MadoPasori **ret_self)
{
    MadoPasori *self = allocate(usb, log);
    MadoPort100Status status;
    char line[64];

    if (self == NULL) {
        usb->ops->close(usb);
        return MADO_PASORI_HUNG;
    }
    status = mado_port100_start(&self->picc.reader, usb);
    if (status != MADO_PORT100_OK) {
        log("rc-s380: the reader does not answer");
        mado_pasori_unref(self);
        return status == MADO_PORT100_GONE ? MADO_PASORI_GONE : MADO_PASORI_HUNG;
    }
    snprintf(line, sizeof(line), "rc-s380: firmware %x.%02x", self->picc.reader.firmware >> 8,
             self->picc.reader.firmware & 0xFFU);
    log(line);
    *ret_self = self;
    return MADO_PASORI_OK;
}

MadoPasori *
mado_pasori_ref(MadoPasori *self)
{
    pthread_mutex_lock(&self->lock);
    self->n_refs++;
    pthread_mutex_unlock(&self->lock);
    return self;
}

void
mado_pasori_unref(MadoPasori *self)
{
    unsigned n_left;

    pthread_mutex_lock(&self->lock);
    n_left = --self->n_refs;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
    if (n_left > 0) {
        return;
    }
    self->usb->ops->close(self->usb);
    pthread_cond_destroy(&self->changed);
    pthread_mutex_destroy(&self->lock);
    pthread_mutex_destroy(&self->work);
    free(self);
}

static struct timespec
moment_in(uint32_t ms)
{
    struct timespec moment;

    clock_gettime(CLOCK_MONOTONIC, &moment);
    moment.tv_sec += (time_t)(ms / 1000);
    moment.tv_nsec += (long)(ms % 1000) * 1000000;
    if (moment.tv_nsec >= 1000000000) {
        moment.tv_sec++;
        moment.tv_nsec -= 1000000000;
    }
    return moment;
}

static bool
is_before(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

/* ---- what is known of the card
 * ------------------------------------------------------------------------ */

/* Keeps what a call learnt; the wait is over when it is news. `status` is the call's own. */
static MadoPasoriStatus
learn(MadoPasori *self, MadoPiccStatus status, bool had_session)
{
    const MadoPasoriStatus result = status_of(status);
    bool came, was_in;

    pthread_mutex_lock(&self->lock);
    was_in = self->is_in;
    self->is_gone = self->is_gone || status == MADO_PICC_GONE;
    self->is_hung = status == MADO_PICC_HUNG;
    if (status == MADO_PICC_OK || status == MADO_PICC_MUTE) {
        self->is_in = true;
    } else if (status == MADO_PICC_ABSENT) {
        self->is_in = false;
    }
    self->owes_removal = self->owes_removal || (had_session && status != MADO_PICC_OK);
    came = self->is_in && !was_in;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
    self->numbers[MADO_READER_INSERTS] += came;
    if (status == MADO_PICC_ABSENT) {
        self->numbers[MADO_READER_REMOVED] += had_session;
        mado_picc_forget(&self->picc);
    } else if (had_session && status != MADO_PICC_OK) {
        self->numbers[MADO_READER_LOST]++;
    }
    return result;
}

static bool
is_stopped(MadoPasori *self)
{
    bool result;

    pthread_mutex_lock(&self->lock);
    result = self->is_stopped || self->is_gone;
    pthread_mutex_unlock(&self->lock);
    return result;
}

/* With `work` held: asks the card. */
static MadoPasoriStatus
look(MadoPasori *self)
{
    const bool is_active = self->picc.is_active;
    MadoPiccStatus status;

    if (is_stopped(self)) {
        return MADO_PASORI_GONE;
    }
    status = is_active ? mado_picc_check(&self->picc) : mado_picc_find(&self->picc);
    return learn(self, status, is_active);
}

MadoPasoriStatus
mado_pasori_find(MadoPasori *self)
{
    MadoPasoriStatus status;
    bool is_in;

    pthread_mutex_lock(&self->work);
    status = look(self);
    pthread_mutex_lock(&self->lock);
    is_in = self->is_in;
    if (!self->has_waiter || pthread_equal(self->waiter, pthread_self())) {
        is_in = is_in && !self->owes_removal;
        self->owes_removal = false;
        self->told_in = is_in;
    }
    if (status != MADO_PASORI_GONE && status != MADO_PASORI_HUNG) {
        status = is_in ? MADO_PASORI_OK : MADO_PASORI_ABSENT;
    }
    pthread_mutex_unlock(&self->lock);
    pthread_mutex_unlock(&self->work);
    return status;
}

/* ---- waiting for a change
 * -----------------------------------------------------------------------------
 */

/* With `lock` held. */
static bool
has_news_locked(const MadoPasori *self)
{
    return self->is_stopped || self->is_gone || self->is_woken || self->owes_removal ||
           self->is_in != self->told_in;
}

/* With `lock` held: until there is news, or a look is due; false at the end of time. */
static bool
pause_locked(MadoPasori *self, const struct timespec *end)
{
    const struct timespec look = moment_in(self->is_hung ? POLL_HUNG_MS : POLL_MS);
    const struct timespec *until = is_before(&look, end) ? &look : end;
    int late = 0;

    while (!has_news_locked(self) && late == 0) {
        late = pthread_cond_timedwait(&self->changed, &self->lock, until);
    }
    return late == 0 || until == &look;
}

MadoPasoriStatus
mado_pasori_wait(MadoPasori *self, int timeout_ms)
{
    const struct timespec end = moment_in(timeout_ms > 0 ? (uint32_t)timeout_ms : 0);
    bool is_gone, has_time = true;

    pthread_mutex_lock(&self->lock);
    self->waiter = pthread_self();
    self->has_waiter = true;
    while (!has_news_locked(self) && has_time) {
        has_time = pause_locked(self, &end);
        if (has_news_locked(self) || !has_time) {
            break;
        }
        pthread_mutex_unlock(&self->lock);
        /* An exchange that is going on will tell as well. */
        if (pthread_mutex_trylock(&self->work) == 0) {
            (void)look(self);
            pthread_mutex_unlock(&self->work);
        }
        pthread_mutex_lock(&self->lock);
    }
    self->is_woken = false;
    is_gone = self->is_stopped || self->is_gone;
    pthread_mutex_unlock(&self->lock);
    return is_gone ? MADO_PASORI_GONE : MADO_PASORI_OK;
}

void
mado_pasori_wake(MadoPasori *self)
{
    pthread_mutex_lock(&self->lock);
    self->is_woken = true;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
}

/* ---- power
 * --------------------------------------------------------------------------------------------
 */

/* pcscd itself had the card reset, and told its clients. */
static void
forgive(MadoPasori *self)
{
    pthread_mutex_lock(&self->lock);
    self->owes_removal = false;
    pthread_mutex_unlock(&self->lock);
}

/* With `work` held. */
static MadoPasoriStatus
activate(MadoPasori *self)
{
    MadoPiccStatus status = mado_picc_activate(&self->picc);
    char line[80];

    if (status == MADO_PICC_OK) {
        self->numbers[MADO_READER_ACTIVATIONS]++;
        forgive(self);
        snprintf(line, sizeof(line), "rc-s380: card active at %u kbit/s, frames of %u bytes",
                 mado_atqb_kbits(self->picc.rate), self->picc.atqb.fsc);
        self->log(line);
    } else {
        self->numbers[MADO_READER_NOT_ACTIVATED] += status != MADO_PICC_ABSENT;
    }
    return learn(self, status, false);
}

MadoPasoriStatus
mado_pasori_power_up(MadoPasori *self)
{
    MadoPasoriStatus status = MADO_PASORI_GONE;

    pthread_mutex_lock(&self->work);
    if (!is_stopped(self)) {
        status = self->picc.is_active ? MADO_PASORI_OK : activate(self);
    }
    pthread_mutex_unlock(&self->work);
    return status;
}

/* With `work` held. Its failure is the reader's, which the next call tells. */
static MadoPasoriStatus
release(MadoPasori *self)
{
    MadoPiccStatus status = mado_picc_release(&self->picc);

    return status == MADO_PICC_OK ? MADO_PASORI_OK : learn(self, status, false);
}

MadoPasoriStatus
mado_pasori_reset(MadoPasori *self)
{
    MadoPasoriStatus status = MADO_PASORI_GONE;

    pthread_mutex_lock(&self->work);
    if (!is_stopped(self)) {
        (void)release(self);
        status = activate(self);
    }
    pthread_mutex_unlock(&self->work);
    return status;
}

MadoPasoriStatus
mado_pasori_power_down(MadoPasori *self)
{
    MadoPasoriStatus status = MADO_PASORI_GONE;

    pthread_mutex_lock(&self->work);
    if (!is_stopped(self)) {
        status = release(self);
    }
    pthread_mutex_unlock(&self->work);
    return status;
}

void
mado_pasori_stop(MadoPasori *self)
{
    const struct timespec end = moment_in(STOP_MS);
    int late = 0;

    if (pthread_mutex_trylock(&self->work) == 0) {
        if (!is_stopped(self)) {
            (void)release(self);
        }
        pthread_mutex_unlock(&self->work);
    }
    pthread_mutex_lock(&self->lock);
    self->is_stopped = true;
    pthread_cond_broadcast(&self->changed);
    pthread_mutex_unlock(&self->lock);
    self->usb->ops->cancel(self->usb);
    pthread_mutex_lock(&self->lock);
    while (self->n_refs > 1 && late == 0) {
        late = pthread_cond_timedwait(&self->changed, &self->lock, &end);
    }
    pthread_mutex_unlock(&self->lock);
}

void
mado_pasori_atr(MadoPasori *self, uint8_t ret_atr[MADO_ATQB_ATR_LEN], size_t *ret_len)
{
    pthread_mutex_lock(&self->work);
    *ret_len = 0;
    if (self->picc.is_active) {
        mado_atqb_atr(&self->picc.atqb, self->picc.mbli, ret_atr);
        *ret_len = MADO_ATQB_ATR_LEN;
    }
    pthread_mutex_unlock(&self->work);
}

/* ---- exchange
 * -----------------------------------------------------------------------------------------
 */

static void
count_apdu(MadoPasori *self, MadoPiccStatus status, uint64_t ms)
{
    size_t bucket = 0;

    if (status != MADO_PICC_OK) {
        self->numbers[MADO_READER_APDUS_FAILED]++;
        return;
    }
    while (bucket + 1 < MADO_READER_N_BUCKETS && ms >= UINT64_C(1) << bucket) {
        bucket++;
    }
    self->numbers[MADO_READER_HISTOGRAM + bucket]++;
    self->numbers[MADO_READER_APDUS]++;
    self->numbers[MADO_READER_APDU_MS] += ms;
    if (ms > self->numbers[MADO_READER_APDU_MAX_MS]) {
        self->numbers[MADO_READER_APDU_MAX_MS] = ms;
    }
}

/* With `work` held and a card active. */
static MadoPasoriStatus
transmit(MadoPasori *self,
         const uint8_t *command,
         size_t len,
         uint8_t *ret_answer,
         size_t cap,
         size_t *ret_len)
{
    const uint64_t start_ms = self->usb->ops->now_ms(self->usb);
    MadoPiccStatus status =
        mado_picc_transmit(&self->picc, command, len, ret_answer, cap, ret_len);
    const uint64_t end_ms = self->usb->ops->now_ms(self->usb);

    count_apdu(self, status, end_ms - start_ms);
    return learn(self, status, true);
}

MadoPasoriStatus
mado_pasori_transmit(MadoPasori *self,
                     const uint8_t *command,
                     size_t len,
                     uint8_t *ret_answer,
                     size_t cap,
                     size_t *ret_len)
{
    MadoPasoriStatus status;

    pthread_mutex_lock(&self->work);
    if (is_stopped(self)) {
        status = MADO_PASORI_GONE;
    } else if (!self->picc.is_active) {
        status = MADO_PASORI_UNPOWERED;
    } else {
        status = transmit(self, command, len, ret_answer, cap, ret_len);
    }
    pthread_mutex_unlock(&self->work);
    return status;
}

void
mado_pasori_statistics(MadoPasori *self, uint64_t *ret_numbers)
{
    const MadoPort100Counts *bus = &self->picc.reader.counts;
    const MadoIso14443Counts *air = &self->picc.link.counts;
    uint64_t *numbers = self->numbers;

    pthread_mutex_lock(&self->work);
    numbers[MADO_READER_FIRMWARE] = self->picc.reader.firmware;
    numbers[MADO_READER_KBITS] = self->picc.is_active ? mado_atqb_kbits(self->picc.rate) : 0;
    numbers[MADO_READER_FSC] = self->picc.is_active ? self->picc.atqb.fsc : 0;
    numbers[MADO_READER_FWT_US] =
        self->picc.is_active ? mado_iso14443_fwt_us(self->picc.atqb.fwi) : 0;
    numbers[MADO_READER_MAX_APDU] = MAX_APDU;
    numbers[MADO_READER_MAX_WAIT_MS] = MADO_PICC_MAX_WAIT_MS;
    numbers[MADO_READER_SLOWED] = self->picc.n_slowed;
    numbers[MADO_READER_BLOCKS] = air->blocks;
    numbers[MADO_READER_SILENCES] = air->silences;
    numbers[MADO_READER_GARBLED] = air->garbled;
    numbers[MADO_READER_STRAYS] = air->strays;
    numbers[MADO_READER_RETRIES] = air->retries;
    numbers[MADO_READER_RETRANSMISSIONS] = air->retransmissions;
    numbers[MADO_READER_EXTENSIONS] = air->extensions;
    numbers[MADO_READER_COLLISIONS] = bus->collisions;
    numbers[MADO_READER_TRANSFERS] = bus->transfers;
    numbers[MADO_READER_USB_ERRORS] = bus->usb_errors;
    numbers[MADO_READER_STALE] = bus->stale;
    numbers[MADO_READER_NO_ANSWERS] = bus->no_answers;
    numbers[MADO_READER_ABORTS] = bus->aborts;
    numbers[MADO_READER_RESETS] = bus->resets;
    numbers[MADO_READER_UNENDED] = bus->unended;
    memcpy(ret_numbers, numbers, sizeof(self->numbers));
    pthread_mutex_unlock(&self->work);
}
