/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/card/card.h"

#include "common/error.h"
#include "common/log.h"
#include "common/sw.h"
#include "daemon/card/isd.h"

#include <string.h>

/* No command of ours or of a script is longer: short ones are 261, a terminal certificate (80
 * A2) would be 319. */
#define COMMAND_CAPACITY 1024U
/* GET RESPONSE brings up to 256 bytes, so a whole file takes 256 of them. */
#define MAX_GET_RESPONSE 300U
/* CLA bits 3 and 4 (7816-4, 5.4.1): secure messaging. */
#define CLA_SECURE       0x0CU
#define SW_FIRST_COMMAND 0x6F00U

typedef struct {
    MadoAp ap;
    guint8 len;
    guint8 aid[MADO_CARD_ID_LEN];
} AidRow;

static const AidRow aid_rows[] = {
    {MADO_AP_ISD, 7, {MADO_AID_ISD}},        {MADO_AP_JPKI, 10, {MADO_AID_JPKI}},
    {MADO_AP_VISUAL, 10, {MADO_AID_VISUAL}}, {MADO_AP_TEXT, 10, {MADO_AID_TEXT}},
    {MADO_AP_JUKI, 10, {MADO_AID_JUKI}},     {MADO_AP_COMMON, 10, {MADO_AID_COMMON}},
};

struct _MadoCard {
    /* always */
    char *reader;
    MadoTransport *transport;
    MadoInterrupt *interrupt;
    char *request_id;
    MadoSecret *command; /* wiped after each exchange: it may have held a PIN */
    MadoSecret *piece;   /* last answer of the card */
    MadoSecret *answer;  /* put together from several pieces */
    guint generation;
    guint64 n_exchanges;
    gboolean refuses_extended;
    gboolean took_extended;
    gboolean is_bound;
    guint8 bound_id[MADO_CARD_ID_LEN];
    /* while powered */
    gboolean is_powered;
    guint64 n_since_power_on;
    gboolean has_ap;
    MadoAp ap;
    gboolean has_ef;
    guint16 ef;
};

MadoCard *
mado_card_new(const char *reader, MadoTransport *transport, MadoInterrupt *interrupt)
{
    MadoCard *self;

    g_return_val_if_fail(reader != NULL && transport != NULL && interrupt != NULL, NULL);
    self = g_new0(MadoCard, 1);
    self->reader = g_strdup(reader);
    self->transport = transport;
    self->interrupt = mado_interrupt_ref(interrupt);
    self->request_id = g_strdup("-");
    self->command = mado_secret_new(COMMAND_CAPACITY);
    self->piece = mado_secret_new(MADO_LIMIT_APDU_LEN);
    self->answer = mado_secret_new(MADO_LIMIT_APDU_LEN);
    return self;
}

void
mado_card_free(MadoCard *self)
{
    if (self == NULL)
        return;
    self->transport->ops->free(self->transport);
    mado_interrupt_unref(self->interrupt);
    mado_secret_free(self->command);
    mado_secret_free(self->piece);
    mado_secret_free(self->answer);
    g_free(self->request_id);
    g_free(self->reader);
    g_free(self);
}

void
mado_card_set_request_id(MadoCard *self, const char *request_id)
{
    g_free(self->request_id);
    self->request_id = g_strdup(request_id);
}

/* ---- power ---- */

static gboolean
check_bound(MadoCard *self, GError **error)
{
    guint8 id[MADO_CARD_ID_LEN];

    if (!self->is_bound)
        return TRUE;
    if (!mado_isd_card_id(self, id, error))
        return FALSE;
    if (memcmp(id, self->bound_id, sizeof id) == 0)
        return TRUE;
    g_set_error(error, MADO_ERROR, MADO_ERROR_CARD_CHANGED,
                "reader '%s': another card than before", self->reader);
    return FALSE;
}

gboolean
mado_card_power_on(MadoCard *self, GError **error)
{
    if (self->is_powered)
        return TRUE;
    if (!mado_interrupt_check(self->interrupt, error))
        return FALSE;
    if (!self->transport->ops->open(self->transport, self->reader, error))
        return FALSE;
    self->is_powered = TRUE;
    self->n_since_power_on = 0;
    self->generation++;
    mado_card_forget_selection(self);
    if (check_bound(self, error))
        return TRUE;
    mado_card_power_off(self);
    return FALSE;
}

void
mado_card_power_off(MadoCard *self)
{
    self->transport->ops->close(self->transport);
    self->is_powered = FALSE;
    /* What was read last: personal data as often as not. */
    mado_secret_set_len(self->piece, 0);
    mado_secret_set_len(self->answer, 0);
    mado_card_forget_selection(self);
}

gboolean
mado_card_is_powered(const MadoCard *self)
{
    return self->is_powered;
}

guint
mado_card_generation(const MadoCard *self)
{
    return self->generation;
}

void
mado_card_bind(MadoCard *self, const guint8 *card_id)
{
    self->is_bound = card_id != NULL;
    if (card_id != NULL)
        memcpy(self->bound_id, card_id, sizeof self->bound_id);
}

/* ---- exchange ---- */

static void
log_exchange(MadoCard *self, const MadoCommand *command, const char *result, gint64 since_us)
{
    mado_log(G_LOG_LEVEL_INFO, MADO_LOG_APDU, self->request_id,
             "ins %02X p1p2 %02X%02X %s %" G_GINT64_FORMAT " us", command->ins, command->p1,
             command->p2, result, g_get_monotonic_time() - since_us);
}

static gboolean
transmit(MadoCard *self, const MadoCommand *command, MadoResponse *ret_response, GError **error)
{
    gint64 since_us = g_get_monotonic_time();
    g_autoptr(GError) local_error = NULL;
    char result[16];
    gboolean ok;

    ok = self->transport->ops->exchange(self->transport, self->command, self->piece,
                                        &local_error);
    self->n_exchanges++;
    self->n_since_power_on++;
    if (!ok) {
        log_exchange(self, command, mado_error_nick((MadoErrorCode)local_error->code),
                     since_us);
        mado_card_power_off(self);
        g_propagate_error(error, g_steal_pointer(&local_error));
        return FALSE;
    }
    if (mado_apdu_split(mado_secret_peek(self->piece), mado_secret_len(self->piece),
                        ret_response) != MADO_BYTES_OK) {
        log_exchange(self, command, "no status word", since_us);
        mado_card_power_off(self);
        g_set_error(error, MADO_ERROR, MADO_ERROR_CARD_MUTE,
                    "reader '%s': an answer without status word", self->reader);
        return FALSE;
    }
    (void)g_snprintf(result, sizeof result, "sw %04X", ret_response->sw);
    log_exchange(self, command, result, since_us);
    return TRUE;
}

/* One command, one answer, borrowed from self->piece. */
static gboolean
send_once(MadoCard *self,
          const MadoCommand *command,
          MadoResponse *ret_response,
          GError **error)
{
    MadoWriter writer;
    gboolean ok;

    if (!mado_interrupt_check(self->interrupt, error))
        return FALSE;
    if (!self->is_powered) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CARD_REMOVED,
                    "reader '%s': the card is not powered", self->reader);
        return FALSE;
    }
    mado_writer_init(&writer, mado_secret_peek_writable(self->command), COMMAND_CAPACITY);
    if (mado_apdu_encode(command, &writer) != MADO_BYTES_OK) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_LIMIT,
                    "a command of %" G_GSIZE_FORMAT " bytes is too long", command->data_len);
        return FALSE;
    }
    mado_secret_set_len(self->command, mado_writer_len(&writer));
    ok = transmit(self, command, ret_response, error);
    mado_secret_set_len(self->command, 0); /* wipes */
    return ok;
}

/* Goes on after 61xx; everything so far is in self->answer. */
static gboolean
fetch_rest(MadoCard *self, MadoResponse *response, GError **error)
{
    mado_secret_set_len(self->answer, 0);
    for (guint n = 0; n < MAX_GET_RESPONSE; n++) {
        MadoCommand get_response = {.ins = 0xC0};
        size_t told_len;

        if (!mado_secret_append(self->answer, response->data, response->data_len))
            break;
        if (mado_sw_meaning(response->sw) != MADO_SW_MEANING_MORE) {
            response->data = mado_secret_peek(self->answer);
            response->data_len = mado_secret_len(self->answer);
            return TRUE;
        }
        if (!mado_sw_told_len(response->sw, &told_len))
            break;
        get_response.ne = told_len;
        if (!send_once(self, &get_response, response, error))
            return FALSE;
    }
    mado_card_power_off(self);
    g_set_error(error, MADO_ERROR, MADO_ERROR_CARD_DATA, "reader '%s': an answer without end",
                self->reader);
    return FALSE;
}

gboolean
mado_card_exchange(MadoCard *self,
                   const MadoCommand *command,
                   MadoResponse *ret_response,
                   GError **error)
{
    MadoResponse response = {0};
    size_t told_len;

    g_return_val_if_fail(self != NULL && command != NULL && ret_response != NULL, FALSE);
    if (!send_once(self, command, &response, error))
        return FALSE;
    /* Only what asked for data can have asked for too much: a VERIFY is never sent twice. */
    if (mado_sw_meaning(response.sw) == MADO_SW_MEANING_WRONG_LE && command->ne > 0 &&
        (command->cla & CLA_SECURE) == 0 && mado_sw_told_len(response.sw, &told_len)) {
        MadoCommand again = *command;

        again.ne = told_len;
        again.extended = false;
        if (!send_once(self, &again, &response, error))
            return FALSE;
    }
    if (mado_sw_meaning(response.sw) == MADO_SW_MEANING_MORE &&
        !fetch_rest(self, &response, error))
        return FALSE;
    *ret_response = response;
    return TRUE;
}

gboolean
mado_card_exchange_bytes(MadoCard *self,
                         const guint8 *command,
                         gsize len,
                         MadoResponse *ret_response,
                         GError **error)
{
    MadoCommand decoded;

    if (mado_apdu_decode(command, len, &decoded) != MADO_BYTES_OK) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CENTRE_ANSWER,
                            "the script holds something that is no command");
        return FALSE;
    }
    return mado_card_exchange(self, &decoded, ret_response, error);
}

gboolean
mado_card_expect_ok(const MadoResponse *response, const char *doing, GError **error)
{
    MadoErrorCode code = MADO_ERROR_CARD_REFUSED;

    if (response->sw == MADO_SW_OK)
        return TRUE;
    if (mado_sw_meaning(response->sw) == MADO_SW_MEANING_PIN_BLOCKED)
        code = MADO_ERROR_PIN_BLOCKED;
    else if (mado_sw_meaning(response->sw) == MADO_SW_MEANING_CONDITIONS)
        code = MADO_ERROR_CARD_STATE;
    g_set_error(error, MADO_ERROR, (gint)code, "%s: the card answered %04X (%s)", doing,
                response->sw, mado_sw_text(response->sw));
    return FALSE;
}

/* ---- selection ---- */

void
mado_card_forget_selection(MadoCard *self)
{
    self->has_ap = FALSE;
    self->has_ef = FALSE;
}

static const AidRow *
find_aid(MadoAp ap)
{
    for (gsize i = 0; i < G_N_ELEMENTS(aid_rows); i++) {
        if (aid_rows[i].ap == ap)
            return &aid_rows[i];
    }
    return NULL;
}

gboolean
mado_card_select(MadoCard *self, MadoAp ap, GError **error)
{
    const AidRow *row = find_aid(ap);
    MadoCommand command = {.ins = 0xA4, .p1 = 0x04, .p2 = 0x0C};
    MadoResponse response;
    gboolean is_first = self->n_since_power_on == 0;

    g_return_val_if_fail(row != NULL, FALSE);
    if (self->is_powered && self->has_ap && self->ap == ap)
        return TRUE;
    command.data = row->aid;
    command.data_len = row->len;
    mado_card_forget_selection(self);
    if (!mado_card_exchange(self, &command, &response, error))
        return FALSE;
    /* Measured cards answer whatever comes first after power-up with 6F00. */
    if (is_first && response.sw == SW_FIRST_COMMAND &&
        !mado_card_exchange(self, &command, &response, error))
        return FALSE;
    if (mado_sw_meaning(response.sw) == MADO_SW_MEANING_NOT_FOUND) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CARD_UNKNOWN,
                    "reader '%s': the card has no application %d", self->reader, (int)ap);
        return FALSE;
    }
    if (!mado_card_expect_ok(&response, "selecting an application", error))
        return FALSE;
    self->has_ap = TRUE;
    self->ap = ap;
    return TRUE;
}

gboolean
mado_card_select_file(MadoCard *self, guint16 ef, GError **error)
{
    const guint8 id[2] = {(guint8)(ef >> 8), (guint8)(ef & 0xFFU)};
    MadoCommand command = {.ins = 0xA4, .p1 = 0x02, .p2 = 0x0C, .data = id, .data_len = 2};
    MadoResponse response;

    if (self->is_powered && self->has_ef && self->ef == ef)
        return TRUE;
    self->has_ef = FALSE;
    if (!mado_card_exchange(self, &command, &response, error) ||
        !mado_card_expect_ok(&response, "selecting a file", error))
        return FALSE;
    self->has_ef = TRUE;
    self->ef = ef;
    return TRUE;
}

gboolean
mado_card_has_extended(const MadoCard *self)
{
    return !self->refuses_extended;
}

void
mado_card_refuse_extended(MadoCard *self)
{
    self->refuses_extended = TRUE;
}

void
mado_card_note_extended(MadoCard *self)
{
    self->took_extended = TRUE;
}

gboolean
mado_card_took_extended(const MadoCard *self)
{
    return self->took_extended;
}

guint64
mado_card_n_exchanges(const MadoCard *self)
{
    return self->n_exchanges;
}
