/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "doctor/card-test.h"

#include <madoguchi/card.h>
#include <string.h>

#define RESPONSE_LEN_MAX 512
#define N_READS_MAX      16 /* of 256 bytes: no certificate is longer */
#define SW_OK            0x9000
#define SW_FIRST_COMMAND 0x6F00 /* how some cards answer the first command after power-up */
#define LE_AT            4

/* ISO/IEC 7816-4; the certificate application, and the two certificates that need no PIN: user
 * authentication and its authority's. */
static const guint8 select_application[] = {0x00, 0xA4, 0x04, 0x0C, 0x0A, MADO_AID_JPKI};
static const guint8 select_auth[] = {0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, 0x0A};
static const guint8 select_auth_ca[] = {0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, 0x0B};

/* FALSE: no answer. */
static gboolean
exchange(
    MadoCardTest *self, MadoPcscCard *card, const char *name, const guint8 *command, gsize len)
{
    guint8 response[RESPONSE_LEN_MAX];
    gsize response_len = 0;
    gint64 begun_us = g_get_monotonic_time();
    MadoCardTestStep step = {.step = name, .command_len = (guint)len};

    step.has_answer =
        mado_pcsc_card_exchange(card, command, len, response, sizeof response, &response_len);
    step.us = (guint64)(g_get_monotonic_time() - begun_us);
    if (step.has_answer) {
        step.response_len = (guint)response_len - 2;
        step.status_word =
            (guint16)(response[response_len - 2] << 8 | response[response_len - 1]);
        mado_latency_add(&self->latency, step.us);
    }
    g_array_append_val(self->steps, step);
    return step.has_answer;
}

static guint16
last_status(const MadoCardTest *self)
{
    return g_array_index(self->steps, MadoCardTestStep, self->steps->len - 1).status_word;
}

static guint
last_len(const MadoCardTest *self)
{
    return g_array_index(self->steps, MadoCardTestStep, self->steps->len - 1).response_len;
}

/* FALSE: no answer. A file that is not there is no failure. */
static gboolean
read_file(MadoCardTest *self, MadoPcscCard *card, const guint8 *select, gsize select_len)
{
    guint offset = 0;

    if (!exchange(self, card, "select-file", select, select_len))
        return FALSE;
    if (last_status(self) != SW_OK)
        return TRUE;
    for (guint i = 0; i < N_READS_MAX; i++) {
        guint8 command[] = {0x00, 0xB0, (guint8)(offset >> 8 & 0x7F), (guint8)(offset & 0xFF),
                            0x00};

        command[LE_AT] = 0; /* 256 */
        if (!exchange(self, card, "read", command, sizeof command))
            return FALSE;
        offset += last_len(self);
        if (last_status(self) != SW_OK || last_len(self) < 256)
            return TRUE;
    }
    return TRUE;
}

static gboolean
choose_application(MadoCardTest *self, MadoPcscCard *card)
{
    return exchange(self, card, "select-application", select_application,
                    sizeof select_application);
}

/* FALSE: no answer, or another card. */
static gboolean
repeat_once(MadoCardTest *self, MadoPcscCard *card)
{
    if (!choose_application(self, card))
        return FALSE;
    if (last_status(self) == SW_FIRST_COMMAND && !choose_application(self, card))
        return FALSE;
    if (last_status(self) != SW_OK) {
        self->is_ours = FALSE;
        return FALSE;
    }
    return read_file(self, card, select_auth, sizeof select_auth) &&
           read_file(self, card, select_auth_ca, sizeof select_auth_ca);
}

static void
take_atr(MadoCardTest *self, const MadoPcscCard *card)
{
    gsize len = 0;
    const guint8 *atr = mado_pcsc_card_atr(card, &len);

    self->atr_len = MIN(len, sizeof self->atr);
    memcpy(self->atr, atr, self->atr_len);
}

MadoCardTest *
mado_card_test_run(const char *reader, guint n_repetitions)
{
    MadoCardTest *self = g_new0(MadoCardTest, 1);

    self->steps = g_array_new(FALSE, TRUE, sizeof(MadoCardTestStep));
    self->is_ours = TRUE;
    for (guint i = 0; i < n_repetitions && self->is_ours; i++) {
        g_autoptr(MadoPcscCard) card = NULL;
        MadoPcscCardState state = mado_pcsc_card_open(reader, &card);

        if (i == 0)
            self->state = state;
        if (i == 0 && state != MADO_PCSC_CARD_OPEN)
            return self;
        self->n_repetitions++;
        if (state == MADO_PCSC_CARD_OPEN)
            take_atr(self, card);
        if (state != MADO_PCSC_CARD_OPEN || !repeat_once(self, card))
            self->n_failed++;
    }
    return self;
}

void
mado_card_test_free(MadoCardTest *self)
{
    if (self == NULL)
        return;
    g_array_unref(self->steps);
    g_free(self);
}
