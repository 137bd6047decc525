/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/pasori/iso14443-4.h"

#include "common/cursor.h"
#include "common/writer.h"

#include <string.h>

/* PCB, 7.1.1.1 */
#define PCB_I         0x02
#define PCB_I_MASK    0xEE /* bit 5 is chaining, bit 1 the number */
#define PCB_R_ACK     0xA2
#define PCB_R_NAK     0xB2
#define PCB_R_MASK    0xFE
#define PCB_CHAINING  0x10
#define PCB_NUMBER    0x01
#define PCB_S_WTX     0xF2
#define PCB_DESELECT  0xC2
#define WTXM_MASK     0x3F
#define WTXM_MAX      59
#define BLOCK_COST    3 /* PCB and CRC */
#define MAX_EMPTY     16
#define FWI_MAX       14
#define N_CHECKS      1 /* retries of a presence check and of S(DESELECT) */
#define CARRIER_HZ    13560000U
#define TOLERANCE_US  3625 /* 49152/fc: 7.2 */
#define DESELECT_US   4834 /* 65536/fc: 8.1 */
#define ERROR_SILENCE 0x01
#define ERROR_OTHER   0x02

enum State {
    IDLE = 0,    /* activated, no exchange going on */
    SENDING,     /* an I-block with more to come is out */
    WAITING,     /* the command's last I-block is out */
    RECEIVING,   /* the card is chaining and R(ACK) is out */
    DESELECTING, /* S(DESELECT) is out */
    CHECKING,    /* R(NAK) is out, asked for presence */
    LOST,        /* an exchange failed, or the card is deselected */
    N_STATES
};

/* A received block, against the number that is ours. */
enum Seen {
    I_LAST = 0, /* I-block, our number, the chain's last */
    I_MORE,     /* I-block, our number, more to come */
    ACK_OURS,   /* R(ACK) with our number */
    ACK_OTHER,  /* R(ACK) with the other */
    WTX,        /* S(WTX) with a multiplier that is allowed */
    DESELECTED, /* S(DESELECT) */
    STRAY,      /* anything else with a good CRC */
    GARBLED,
    SILENCE,
    N_SEEN
};

enum Action {
    RETRY = 0, /* rules 4, 5 and 8: ask again */
    NEXT,      /* rules B and 7: the next block of the chain */
    AGAIN,     /* rule 6: the I-block was not received */
    TAKE,      /* rules B and 2: keep the payload, acknowledge */
    FINISH,    /* rule B: keep the payload, done */
    EXTEND,    /* rule 3 and 7.3: grant the time */
    CLOSE,     /* clause 8: deselected */
    SEEN_CARD, /* 7.5.5: it is there */
};

/* An absent entry is RETRY. A card answers R(ACK) of the other number only when it was asked by
 * R(NAK) (rule 12), which do_again() sees to. */
static const uint8_t table[N_STATES][N_SEEN] = {
    [SENDING] = {[ACK_OURS] = NEXT, [ACK_OTHER] = AGAIN, [WTX] = EXTEND},
    [WAITING] = {[I_LAST] = FINISH, [I_MORE] = TAKE, [ACK_OTHER] = AGAIN, [WTX] = EXTEND},
    [RECEIVING] = {[I_LAST] = FINISH, [I_MORE] = TAKE, [WTX] = EXTEND},
    [DESELECTING] = {[DESELECTED] = CLOSE},
    [CHECKING] = {[ACK_OTHER] = SEEN_CARD},
};

/* ---- blocks out
 * ---------------------------------------------------------------------------------------
 */

static MadoIso14443Do
send_block(MadoIso14443 *self, uint8_t pcb, const uint8_t *inf, size_t len)
{
    MadoWriter writer;

    mado_writer_init(&writer, self->out, sizeof(self->out));
    mado_writer_u8(&writer, pcb);
    mado_writer_bytes(&writer, inf, len);
    self->out_len = mado_writer_len(&writer);
    self->counts.blocks++;
    self->has_asked = (pcb & PCB_R_MASK) == PCB_R_NAK;
    return MADO_ISO14443_SEND;
}

static MadoIso14443Do
fail(MadoIso14443 *self, MadoIso14443Do how)
{
    self->state = LOST;
    return how;
}

/* The I-block at `at`, new or again. */
static MadoIso14443Do
send_part(MadoIso14443 *self)
{
    const size_t left = self->command_len - self->at;
    const bool has_more = left > self->max_inf;

    self->in_flight = has_more ? self->max_inf : left;
    self->state = has_more ? SENDING : WAITING;
    return send_block(self,
                      (uint8_t)(PCB_I | (has_more ? PCB_CHAINING : 0) | self->block_number),
                      self->command + self->at, self->in_flight);
}

/* Rule B, and the errors of the block that is now answered are past. */
static void
toggle(MadoIso14443 *self)
{
    self->block_number ^= PCB_NUMBER;
    self->n_errors = 0;
    self->last_errors = 0;
}

/* ---- actions
 * ------------------------------------------------------------------------------------------
 */

static MadoIso14443Do
do_retry(MadoIso14443 *self)
{
    const unsigned limit = self->state == CHECKING || self->state == DESELECTING
                               ? N_CHECKS
                               : MADO_ISO14443_N_RETRIES;

    if (self->n_errors++ >= limit) {
        return fail(self, self->last_errors == ERROR_SILENCE ? MADO_ISO14443_MUTE
                                                             : MADO_ISO14443_BROKEN);
    }
    self->counts.retries++;
    if (self->state == DESELECTING) { /* rule 8 */
        return send_block(self, PCB_DESELECT, NULL, 0);
    }
    if (self->state == RECEIVING) { /* rule 5 */
        return send_block(self, (uint8_t)(PCB_R_ACK | self->block_number), NULL, 0);
    }
    return send_block(self, (uint8_t)(PCB_R_NAK | self->block_number), NULL, 0); /* rule 4 */
}

/* Unasked it is an error of the card or of the air; sending the I-block again could make the
 * card do its work twice, while R(NAK) brings out what the card really has. */
static MadoIso14443Do
do_again(MadoIso14443 *self)
{
    if (!self->has_asked) {
        self->counts.strays++;
        self->last_errors |= ERROR_OTHER;
        return do_retry(self);
    }
    self->counts.retransmissions++;
    return send_part(self);
}

static MadoIso14443Do
do_next(MadoIso14443 *self)
{
    toggle(self);
    self->at += self->in_flight;
    return send_part(self);
}

static bool
keep(MadoIso14443 *self, const uint8_t *inf, size_t len)
{
    if (len > self->cap - self->answer_len) {
        return false;
    }
    if (len > 0) {
        memcpy(self->answer + self->answer_len, inf, len);
        self->answer_len += len;
    }
    return true;
}

static MadoIso14443Do
do_take(MadoIso14443 *self, const uint8_t *inf, size_t len)
{
    if (!keep(self, inf, len)) {
        return fail(self, MADO_ISO14443_FULL);
    }
    if (len == 0 && ++self->n_empty > MAX_EMPTY) {
        return fail(self, MADO_ISO14443_BROKEN);
    }
    toggle(self);
    self->state = RECEIVING;
    return send_block(self, (uint8_t)(PCB_R_ACK | self->block_number), NULL, 0);
}

static MadoIso14443Do
do_finish(MadoIso14443 *self, const uint8_t *inf, size_t len)
{
    if (!keep(self, inf, len)) {
        return fail(self, MADO_ISO14443_FULL);
    }
    toggle(self);
    self->state = IDLE;
    return MADO_ISO14443_DONE;
}

/* The multiplier goes back as it came, without the power level (7.3, 7.4); the time is for the
 * next block only and never above FWTmax. */
static MadoIso14443Do
do_extend(MadoIso14443 *self, uint8_t inf)
{
    const uint8_t multiplier = inf & WTXM_MASK;
    const uint64_t wait_us = (uint64_t)self->fwt_us * multiplier;
    const uint32_t max_us = mado_iso14443_fwt_us(FWI_MAX) + TOLERANCE_US;

    if (++self->n_wtx > MADO_ISO14443_MAX_WTX) {
        return fail(self, MADO_ISO14443_BROKEN);
    }
    self->counts.extensions++;
    self->n_errors = 0;
    self->last_errors = 0;
    self->wait_us = wait_us < max_us ? (uint32_t)wait_us : max_us;
    return send_block(self, PCB_S_WTX, &multiplier, 1);
}

static MadoIso14443Do
act(MadoIso14443 *self, enum Action action, const uint8_t *inf, size_t len)
{
    switch (action) {
    case NEXT:
        return do_next(self);
    case AGAIN:
        return do_again(self);
    case TAKE:
        return do_take(self, inf, len);
    case FINISH:
        return do_finish(self, inf, len);
    case EXTEND:
        return do_extend(self, inf[0]);
    case CLOSE:
        return fail(self, MADO_ISO14443_DONE);
    case SEEN_CARD:
        self->state = IDLE;
        return MADO_ISO14443_DONE;
    case RETRY:
    default:
        return do_retry(self);
    }
}

/* ---- blocks in
 * ---------------------------------------------------------------------------------------- */

static enum Seen
see_s_block(uint8_t pcb, const uint8_t *inf, size_t len)
{
    if (pcb == PCB_DESELECT && len == 0) {
        return DESELECTED;
    }
    if (pcb == PCB_S_WTX && len == 1 && (inf[0] & WTXM_MASK) != 0 &&
        (inf[0] & WTXM_MASK) <= WTXM_MAX) {
        return WTX;
    }
    return STRAY;
}

/* inf and len: what follows the PCB. */
static enum Seen
see_block(const MadoIso14443 *self, uint8_t pcb, const uint8_t *inf, size_t len)
{
    const bool is_ours = (pcb & PCB_NUMBER) == self->block_number;

    if (len >= MADO_ISO14443_MAX_BLOCK) {
        return STRAY;
    }
    if ((pcb & PCB_I_MASK) == PCB_I) {
        if (!is_ours) {
            return STRAY;
        }
        return (pcb & PCB_CHAINING) != 0 ? I_MORE : I_LAST;
    }
    if ((pcb & PCB_R_MASK) == PCB_R_ACK && len == 0) {
        return is_ours ? ACK_OURS : ACK_OTHER;
    }
    return see_s_block(pcb, inf, len);
}

/* Leaves what follows the PCB in *ret_inf, to its end. */
static enum Seen
see(const MadoIso14443 *self,
    MadoIso14443Event event,
    MadoCursor *block,
    const uint8_t **ret_inf,
    size_t *ret_len)
{
    const size_t len = mado_cursor_left(block);
    uint8_t pcb;

    if (event == MADO_ISO14443_SILENCE) {
        return SILENCE;
    }
    if (event == MADO_ISO14443_GARBLED || !mado_cursor_u8(block, &pcb) ||
        !mado_cursor_take(block, len - 1, ret_inf)) {
        return GARBLED;
    }
    *ret_len = len - 1;
    return see_block(self, pcb, *ret_inf, *ret_len);
}

static void
count(MadoIso14443 *self, enum Seen seen, enum Action action)
{
    if (seen == SILENCE) {
        self->counts.silences++;
        self->last_errors |= ERROR_SILENCE;
    } else if (seen == GARBLED) {
        self->counts.garbled++;
        self->last_errors |= ERROR_OTHER;
    } else if (action == RETRY) {
        self->counts.strays++;
        self->last_errors |= ERROR_OTHER;
    }
}

static uint32_t
usual_wait(const MadoIso14443 *self)
{
    return self->state == DESELECTING ? DESELECT_US + TOLERANCE_US : self->fwt_us;
}

MadoIso14443Do
mado_iso14443_step(MadoIso14443 *self,
                   MadoIso14443Event event,
                   const uint8_t *block,
                   size_t len)
{
    const uint8_t *inf = NULL;
    size_t inf_len = 0;
    MadoCursor cursor;
    enum Action action;
    enum Seen seen;

    if (self->state == IDLE || self->state == LOST) {
        return MADO_ISO14443_BROKEN;
    }
    mado_cursor_init(&cursor, block, len);
    seen = see(self, event, &cursor, &inf, &inf_len);
    action = (enum Action)table[self->state][seen];
    count(self, seen, action);
    if (seen != SILENCE) { /* an extension lasts until a block is heard */
        self->wait_us = usual_wait(self);
    }
    return act(self, action, inf, inf_len);
}

/* ---- beginnings
 * ---------------------------------------------------------------------------------------
 */

uint32_t
mado_iso14443_fwt_us(uint8_t fwi)
{
    const uint64_t periods = UINT64_C(4096) << fwi;

    return (uint32_t)((periods * 1000000 + CARRIER_HZ - 1) / CARRIER_HZ);
}

void
mado_iso14443_init(MadoIso14443 *self, uint16_t fsc, uint8_t fwi)
{
    const MadoIso14443Counts counts = self->counts;
    const size_t max_inf =
        (fsc > MADO_ISO14443_MAX_BLOCK + 2U ? MADO_ISO14443_MAX_BLOCK + 2U : (size_t)fsc) -
        BLOCK_COST;

    memset(self, 0, sizeof(*self)); /* rule A: number 0 */
    self->counts = counts;
    self->max_inf = (uint16_t)max_inf;
    self->fwt_us = mado_iso14443_fwt_us(fwi) + TOLERANCE_US;
}

static void
start(MadoIso14443 *self, enum State state)
{
    self->state = (uint8_t)state;
    self->wait_us = usual_wait(self);
    self->n_errors = 0;
    self->last_errors = 0;
}

MadoIso14443Do
mado_iso14443_begin(
    MadoIso14443 *self, const uint8_t *command, size_t len, uint8_t *ret_answer, size_t cap)
{
    if (self->state != IDLE || len == 0) {
        return MADO_ISO14443_BROKEN;
    }
    start(self, WAITING);
    self->command = command;
    self->command_len = len;
    self->at = 0;
    self->answer = ret_answer;
    self->cap = cap;
    self->answer_len = 0;
    self->n_wtx = 0;
    self->n_empty = 0;
    return send_part(self);
}

MadoIso14443Do
mado_iso14443_deselect(MadoIso14443 *self)
{
    start(self, DESELECTING);
    return send_block(self, PCB_DESELECT, NULL, 0);
}

MadoIso14443Do
mado_iso14443_check(MadoIso14443 *self)
{
    if (self->state != IDLE) {
        return MADO_ISO14443_BROKEN;
    }
    start(self, CHECKING);
    return send_block(self, (uint8_t)(PCB_R_NAK | self->block_number), NULL, 0);
}

void
mado_iso14443_abandon(MadoIso14443 *self)
{
    self->state = LOST;
}

bool
mado_iso14443_is_usable(const MadoIso14443 *self)
{
    return self->state == IDLE;
}
