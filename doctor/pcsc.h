/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The smart card service as the doctor sees it: the one file of this program that knows PC/SC.
 * Every call here may block for as long as the service does: mado_deadline_run() bounds them.
 * Numbers of the service never leave it. A context belongs to the thread that made it.
 */
#pragma once

#include "doctor/reader-properties.h"

#include <glib.h>

typedef enum {
    MADO_PCSC_ANSWERS,
    MADO_PCSC_ABSENT,   /* nothing listens on its socket */
    MADO_PCSC_REFUSES,  /* SCARD_W_SECURITY_VIOLATION; before 2.0.1 the library says so of a
                         * service that hangs up; or no right to the socket */
    MADO_PCSC_HANGS_UP, /* it runs, but does not talk to this library */
    MADO_PCSC_SILENT,   /* no answer in time; set by whoever bounds the call */
} MadoPcscState;

typedef struct {
    char *name;
    gboolean has_card;
    gboolean is_exclusive; /* another program holds it alone */
    /* from its driver, when it could be asked: zero otherwise */
    gboolean is_asked;
    guint bus; /* of USB */
    guint address;
    MadoReaderProperties properties;
    MadoReaderCounters counters; /* of our own drivers; n is 0 for others */
    guint driver_version;        /* 0xMMmmbbbb, as IFD handlers say it; 0 unknown */
} MadoPcscReader;

/*
 * Who answers, and with which readers. @ret_readers (transfer full) (element-type
 * MadoPcscReader): set with ANSWERS alone. Opens no reader.
 */
MadoPcscState
mado_pcsc_list(GPtrArray **ret_readers);
/*
 * Asks the drivers of those readers that nobody holds, by a connection to the reader that does
 * not touch its card. @claimed: names to leave alone (a set), which the daemon holds.
 */
void
mado_pcsc_ask(GPtrArray *readers, GHashTable *claimed);

/* ---- one card, read only ---- */

typedef struct _MadoPcscCard MadoPcscCard;

typedef enum {
    MADO_PCSC_CARD_OPEN,
    MADO_PCSC_CARD_ABSENT,
    MADO_PCSC_CARD_MUTE,
    MADO_PCSC_CARD_HELD, /* by another program */
    MADO_PCSC_CARD_NO_READER,
} MadoPcscCardState;

/* Powers the card up, for us alone. @ret_card (transfer full): set with OPEN alone. */
MadoPcscCardState
mado_pcsc_card_open(const char *reader, MadoPcscCard **ret_card);
/* Powers it down. NULL is allowed. */
void
mado_pcsc_card_close(MadoPcscCard *self);
/* (transfer none) */
const guint8 *
mado_pcsc_card_atr(const MadoPcscCard *self, gsize *ret_len);
/* One command: @ret_response gets at most @capacity bytes, status word included. FALSE: no
 * answer; nothing is written. */
gboolean
mado_pcsc_card_exchange(MadoPcscCard *self,
                        const guint8 *command,
                        gsize len,
                        guint8 *ret_response,
                        gsize capacity,
                        gsize *ret_len);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoPcscCard, mado_pcsc_card_close)
