/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/pasori/picc.h"

#define N_WAKE_UPS   3 /* WUPB, while what comes back is garbled */
#define N_SILENCES   2 /* WUPB without an answer: nobody there */
#define WAKE_UP_US   30000
#define FIELD_OFF_MS 10 /* a card resets when it is without power for 5 ms (14443-3, 6) */
#define MAX_FRAME    MADO_PORT100_MAX_AIR

static const uint8_t wupb[] = {0x05, 0x00,
                               0x08}; /* any application, one slot, halted cards too */

static MadoPiccStatus
status_of(MadoPort100Status status)
{
    switch (status) {
    case MADO_PORT100_OK:
        return MADO_PICC_OK;
    case MADO_PORT100_SILENCE:
        return MADO_PICC_ABSENT;
    case MADO_PORT100_GARBLED:
        return MADO_PICC_MUTE;
    case MADO_PORT100_GONE:
        return MADO_PICC_GONE;
    case MADO_PORT100_CANCELLED:
        return MADO_PICC_CANCELLED;
    case MADO_PORT100_REFUSED:
    case MADO_PORT100_HUNG:
    default:
        return MADO_PICC_HUNG;
    }
}

/* Nothing further can be done with the reader now. */
static bool
is_over(MadoPiccStatus status)
{
    return status == MADO_PICC_HUNG || status == MADO_PICC_GONE ||
           status == MADO_PICC_CANCELLED;
}

static MadoPiccStatus
field_off(MadoPicc *self)
{
    MadoPort100Status status = mado_port100_field_off(&self->reader);

    return status == MADO_PORT100_GARBLED ? MADO_PICC_HUNG : status_of(status);
}

/* Off for long enough that every card has forgotten. */
static MadoPiccStatus
reset_field(MadoPicc *self)
{
    MadoUsb *usb = self->reader.usb;
    MadoPiccStatus status = field_off(self);

    if (status == MADO_PICC_OK && usb->ops->wait(usb, FIELD_OFF_MS) != MADO_USB_OK) {
        status = MADO_PICC_CANCELLED;
    }
    return status;
}

void
mado_picc_forget(MadoPicc *self)
{
    self->ceiling = MADO_RATE_424;
}

/* ---- finding and activating
 * --------------------------------------------------------------------------- */

static MadoPiccStatus
set_rate(MadoPicc *self, MadoRate rate)
{
    MadoPort100Status status = mado_port100_set_rate(&self->reader, rate);

    return status == MADO_PORT100_GARBLED ? MADO_PICC_HUNG : status_of(status);
}

static MadoPiccStatus
exchange(MadoPicc *self, const uint8_t *data, size_t len, uint32_t wait_us, MadoWriter *answer)
{
    return status_of(mado_port100_exchange(&self->reader, data, len, wait_us, answer));
}

static MadoPiccStatus
wake_once(MadoPicc *self, MadoAtqb *ret_atqb)
{
    uint8_t bytes[MAX_FRAME];
    MadoPiccStatus status;
    MadoWriter answer;

    mado_writer_init(&answer, bytes, sizeof(bytes));
    status = exchange(self, wupb, sizeof(wupb), WAKE_UP_US, &answer);
    if (status != MADO_PICC_OK) {
        return status;
    }
    return mado_atqb_parse(bytes, mado_writer_len(&answer), ret_atqb) == MADO_BYTES_OK
               ? MADO_PICC_OK
               : MADO_PICC_MUTE;
}

static MadoPiccStatus
wake(MadoPicc *self, MadoAtqb *ret_atqb)
{
    MadoPiccStatus status = set_rate(self, MADO_RATE_106);
    unsigned n_silences = 0;

    for (int i = 0; status == MADO_PICC_OK || !is_over(status); i++) {
        status = wake_once(self, ret_atqb);
        n_silences += status == MADO_PICC_ABSENT;
        if (status == MADO_PICC_OK || n_silences == N_SILENCES || i + 1 == N_WAKE_UPS) {
            break;
        }
    }
    return status;
}

static MadoPiccStatus
attrib(MadoPicc *self, const MadoAtqb *atqb, MadoRate rate, uint8_t *ret_mbli)
{
    const uint32_t fwt_us = mado_iso14443_fwt_us(atqb->fwi);
    uint8_t command[MADO_ATQB_ATTRIB_LEN];
    uint8_t bytes[MAX_FRAME];
    MadoPiccStatus status;
    MadoWriter answer;

    mado_atqb_attrib(atqb, rate, command);
    mado_writer_init(&answer, bytes, sizeof(bytes));
    status = exchange(self, command, sizeof(command), fwt_us > WAKE_UP_US ? fwt_us : WAKE_UP_US,
                      &answer);
    if (status != MADO_PICC_OK) {
        return status;
    }
    return mado_atqb_parse_attrib(bytes, mado_writer_len(&answer), ret_mbli) == MADO_BYTES_OK
               ? MADO_PICC_OK
               : MADO_PICC_MUTE;
}

/* ---- blocks
 * -------------------------------------------------------------------------------------------
 */

/* A block out and what came back, as the protocol's event. */
static MadoPiccStatus
pass_block(MadoPicc *self, uint32_t wait_us, MadoIso14443Do *ret_next)
{
    uint8_t bytes[MAX_FRAME];
    MadoIso14443Event event;
    MadoPiccStatus status;
    MadoWriter answer;
    uint64_t n_strays;

    mado_writer_init(&answer, bytes, sizeof(bytes));
    status = exchange(self, self->link.out, self->link.out_len, wait_us, &answer);
    if (is_over(status)) {
        return status;
    }
    event = status == MADO_PICC_OK       ? MADO_ISO14443_BLOCK
            : status == MADO_PICC_ABSENT ? MADO_ISO14443_SILENCE
                                         : MADO_ISO14443_GARBLED;
    n_strays = self->link.counts.strays;
    *ret_next = mado_iso14443_step(&self->link, event, bytes, mado_writer_len(&answer));
    return self->link.counts.strays == n_strays ? MADO_PICC_OK
                                                : status_of(mado_port100_flush(&self->reader));
}

/* From what the protocol said first to how it ended. */
static MadoPiccStatus
run(MadoPicc *self, MadoIso14443Do next)
{
    MadoUsb *usb = self->reader.usb;
    const uint64_t deadline_ms = usb->ops->now_ms(usb) + MADO_PICC_MAX_WAIT_MS;
    MadoPiccStatus status;
    uint64_t left_us;

    while (next == MADO_ISO14443_SEND) {
        const uint64_t now_ms = usb->ops->now_ms(usb);

        if (now_ms >= deadline_ms) {
            mado_iso14443_abandon(&self->link);
            return MADO_PICC_BROKEN;
        }
        left_us = (deadline_ms - now_ms) * 1000;
        status = pass_block(
            self, self->link.wait_us < left_us ? self->link.wait_us : (uint32_t)left_us, &next);
        if (status != MADO_PICC_OK) {
            return status;
        }
    }
    switch (next) {
    case MADO_ISO14443_DONE:
        return MADO_PICC_OK;
    case MADO_ISO14443_MUTE:
        return MADO_PICC_MUTE;
    case MADO_ISO14443_FULL:
        return MADO_PICC_FULL;
    case MADO_ISO14443_SEND:
    case MADO_ISO14443_BROKEN:
    default:
        return MADO_PICC_BROKEN;
    }
}

MadoPiccStatus
mado_picc_release(MadoPicc *self)
{
    MadoPiccStatus status = MADO_PICC_OK;

    if (self->is_active) {
        self->is_active = false;
        status = run(self, mado_iso14443_deselect(&self->link));
    }
    return is_over(status) ? status : field_off(self);
}

MadoPiccStatus
mado_picc_find(MadoPicc *self)
{
    MadoAtqb atqb;
    MadoPiccStatus status = wake(self, &atqb);
    MadoPiccStatus off = is_over(status) ? status : field_off(self);

    return is_over(off) ? off : status;
}

/* One attempt from a field that is off. Above 106 kbit/s the rate has to prove itself: the card
 * answers ATTRIB at the old one, so R(NAK) is the first block at the new. */
static MadoPiccStatus
activate_at(MadoPicc *self, MadoRate ceiling, MadoRate *ret_tried)
{
    MadoAtqb atqb;
    MadoRate rate;
    uint8_t mbli = 0;
    MadoPiccStatus status = wake(self, &atqb);

    *ret_tried = MADO_RATE_106;
    if (status != MADO_PICC_OK) {
        return status;
    }
    if (!atqb.is_layer_4) {
        return MADO_PICC_MUTE;
    }
    rate = atqb.fastest < ceiling ? atqb.fastest : ceiling;
    *ret_tried = rate;
    status = attrib(self, &atqb, rate, &mbli);
    if (status != MADO_PICC_OK) {
        return status == MADO_PICC_ABSENT ? MADO_PICC_MUTE : status;
    }
    mado_iso14443_init(&self->link, atqb.fsc, atqb.fwi);
    if (rate > MADO_RATE_106) {
        status = set_rate(self, rate);
        if (status == MADO_PICC_OK) {
            status = run(self, mado_iso14443_check(&self->link));
        }
    }
    if (status == MADO_PICC_OK) {
        self->atqb = atqb;
        self->mbli = mbli;
        self->rate = rate;
        self->is_active = true;
    }
    return is_over(status) || status == MADO_PICC_OK ? status : MADO_PICC_MUTE;
}

MadoPiccStatus
mado_picc_activate(MadoPicc *self)
{
    MadoRate ceiling = self->ceiling;
    MadoPiccStatus status;
    unsigned n_slow =
        0; /* attempts at 106 kbit/s; two, as the first may meet a card in motion */
    MadoRate tried = MADO_RATE_106;

    for (;;) {
        status = reset_field(self);
        if (status == MADO_PICC_OK) {
            status = activate_at(self, ceiling, &tried);
        }
        if (status != MADO_PICC_MUTE) {
            break;
        }
        if (tried == MADO_RATE_106) {
            if (++n_slow == 2) {
                break;
            }
        } else {
            ceiling = tried - 1;
        }
    }
    if (status == MADO_PICC_OK && ceiling < self->ceiling && ceiling == self->rate) {
        self->ceiling = ceiling;
        self->n_slowed++;
    }
    if (status != MADO_PICC_OK && !is_over(status)) {
        MadoPiccStatus off = field_off(self);

        status = is_over(off) ? off : status;
    }
    return status;
}

/* The session is over: whether the card is there, and slower next time if it is. */
static MadoPiccStatus
lose(MadoPicc *self, MadoPiccStatus why)
{
    MadoPiccStatus status;

    if (is_over(why)) {
        self->is_active = false;
        return why;
    }
    status = mado_picc_release(self);
    if (status == MADO_PICC_OK) {
        status = reset_field(self);
    }
    if (status == MADO_PICC_OK) {
        status = mado_picc_find(self);
    }
    if (is_over(status) || status == MADO_PICC_ABSENT) {
        return status;
    }
    if (why != MADO_PICC_FULL && self->rate > MADO_RATE_106) {
        self->ceiling = self->rate - 1;
        self->n_slowed++;
    }
    return why == MADO_PICC_FULL ? MADO_PICC_FULL : MADO_PICC_BROKEN;
}

MadoPiccStatus
mado_picc_transmit(MadoPicc *self,
                   const uint8_t *command,
                   size_t len,
                   uint8_t *ret_answer,
                   size_t cap,
                   size_t *ret_len)
{
    MadoPiccStatus status;

    status = run(self, mado_iso14443_begin(&self->link, command, len, ret_answer, cap));
    if (status != MADO_PICC_OK) {
        return lose(self, status);
    }
    *ret_len = self->link.answer_len;
    return MADO_PICC_OK;
}

MadoPiccStatus
mado_picc_check(MadoPicc *self)
{
    MadoPiccStatus status = run(self, mado_iso14443_check(&self->link));

    return status == MADO_PICC_OK ? MADO_PICC_OK : lose(self, status);
}
