/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Begin and Resume: nothing is opened before the card is who it says it is. */
#include "config.h"

#include "common/error.h"
#include "common/log.h"
#include "daemon/card/isd.h"
#include "daemon/visit-state.h"

#include <string.h>

#define UNKNOWN_REQUEST "-" /* whatever this card is in (doc/messages.md 3) */

/* ---- opening ---- */

static gboolean
check_desk(const MadoVisit *self, gboolean is_new, GError **error)
{
    gint64 centre_ms = 0;

    if (self->journal == NULL || self->desk->face == NULL ||
        !mado_desk_is_enrolled(self->desk)) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_ENROLMENT,
                            "this desk is not enrolled");
        return FALSE;
    }
    if (!mado_journal_check_ready(self->journal, is_new, error) ||
        !mado_journal_centre_time(self->journal, &centre_ms, error))
        return FALSE;
    /* A clock set back: what it signs now would lie before what it has signed. */
    if (centre_ms - mado_clock_wall_ms(self->desk->clock) >
        (gint64)MADO_LIMIT_SKEW_BLOCK_S * 1000) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CLOCK,
                            "the clock stands before the time the centre last told");
        return FALSE;
    }
    return TRUE;
}

/* Which card is it? Powers it up; from here on no other one is taken. */
static gboolean
meet_card(MadoVisit *self, MadoWork *work, GError **error)
{
    mado_card_bind(work->card, NULL);
    if (!mado_card_power_on(work->card, error) ||
        !mado_isd_card_id(work->card, self->row.card_id, error))
        return FALSE;
    mado_card_bind(work->card, self->row.card_id);
    self->generation = mado_card_generation(work->card);
    return TRUE;
}

/* Before anything else: chain, face data, nonce, record 1, admin record. */
static gboolean
check_genuine(MadoVisit *self, MadoWork *work, const MadoSecret *number_b, GError **error)
{
    MadoGenuine genuine;

    self->record = mado_isd_record(work->card, error);
    if (self->record == NULL || !mado_common_juki_record(work->card, &self->face, error) ||
        !mado_genuine_check(work->card, self->desk->face, number_b, &genuine, error))
        return FALSE;
    memcpy(self->face_key, genuine.face_key, sizeof self->face_key);
    memcpy(self->face_key_hash, genuine.face_key_hash, sizeof self->face_key_hash);
    return TRUE;
}

static gboolean
parse_record(const MadoVisit *self, MadoRecord *ret_record, GError **error)
{
    MadoBytesStatus status = mado_record_parse(g_bytes_get_data(self->record, NULL),
                                               g_bytes_get_size(self->record), ret_record);

    if (status == MADO_BYTES_OK && ret_record->life != MADO_LIFE_TERMINATED)
        return TRUE;
    if (status == MADO_BYTES_OK)
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CARD_STATE, "the card is terminated");
    else
        g_set_error(error, MADO_ERROR, MADO_ERROR_CARD_DATA, "the admin record: %s",
                    mado_bytes_status_name(status));
    return FALSE;
}

static gboolean
ask_opening(MadoVisit *self, MadoStep *ret_step, GError **error)
{
    g_autoptr(GUnixFDList) fds = NULL;
    GVariant *details = mado_visit_tell_decide(self, &fds, error);

    if (details == NULL)
        return FALSE;
    mado_visit_tell(self, MADO_STEP_DECIDE, details, ret_step);
    return TRUE;
}

static gboolean
is_request_id(const char *text)
{
    gsize len = strlen(text);

    if (len == 0 || len > MADO_BODY_ID_MAX)
        return FALSE;
    for (gsize i = 0; i < len; i++)
        if (!g_ascii_isalnum(text[i]) && strchr("._-", text[i]) == NULL)
            return FALSE;
    return TRUE;
}

/* A card that waits for Resume must not be begun anew: its visit would stay open for ever. */
static gboolean
check_not_held(MadoVisit *self, GError **error)
{
    MadoJournalVisit held;
    g_autofree char *visit = NULL;
    g_autoptr(GError) local_error = NULL;

    if (!mado_journal_find_card(self->journal, self->row.card_id, &held, &local_error)) {
        if (g_error_matches(local_error, MADO_ERROR, MADO_ERROR_NOT_FOUND))
            return TRUE;
        g_propagate_error(error, g_steal_pointer(&local_error));
        return FALSE;
    }
    visit = mado_message_id_to_hex(held.visit);
    return mado_error_set_held_visit(error, visit);
}

static void
random_id(guint8 ret_id[MADO_MESSAGE_ID_LEN])
{
    MadoMessageHeader header;

    /* The one source of random ids is the header's nonce. */
    mado_message_header_init(&header, MADO_MESSAGE_LOOKUP, MADO_REALM_CODE_TRAINING, "");
    memcpy(ret_id, header.nonce, MADO_MESSAGE_ID_LEN);
}

/* Fencing above whatever the card and the journal have seen: older scripts are refused. */
static void
raise_fencing(MadoVisit *self, const MadoRecord *record)
{
    self->row.fencing = MAX(self->row.fencing, record->fencing) + 1;
    self->row.attempt++;
}

gboolean
mado_visit_begin(MadoVisit *self,
                 MadoWork *work,
                 const char *procedure,
                 const char *request,
                 const MadoSecret *number_b,
                 MadoStep *ret_step,
                 GError **error)
{
    const MadoPlan *plan = mado_plan_find_name(procedure);
    MadoRecord record;

    if (!mado_visit_may(self, MADO_VISIT_ON_BEGIN, "Begin", error) ||
        !check_desk(self, TRUE, error))
        return FALSE;
    if (plan == NULL || !is_request_id(request) || strcmp(request, UNKNOWN_REQUEST) == 0) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT,
                            "no such procedure or request id");
        return FALSE;
    }
    mado_visit_table_step(&self->state, MADO_VISIT_ON_BEGIN);
    mado_visit_forget(self);
    self->row = (MadoJournalVisit){.procedure = plan->procedure};
    self->plan = plan;
    g_strlcpy(self->row.request_id, request, sizeof self->row.request_id);
    random_id(self->row.visit);
    random_id(self->row.transaction);
    if (!meet_card(self, work, error) || !check_not_held(self, error) ||
        !check_genuine(self, work, number_b, error) || !parse_record(self, &record, error))
        return mado_visit_fail_check(self);
    raise_fencing(self, &record);
    g_strlcpy(self->row.serial, self->face.serial, sizeof self->row.serial);
    self->row.started_ms = mado_clock_wall_ms(self->desk->clock);
    mado_visit_table_step(&self->state, MADO_VISIT_ON_CHECKED);
    return ask_opening(self, ret_step, error) || mado_visit_fail_check(self);
}

/* ---- adopting ---- */

/* The named visit, which must be this card's. */
static gboolean
load_named(MadoVisit *self, const char *visit, GError **error)
{
    guint8 id[MADO_MESSAGE_ID_LEN];
    MadoJournalVisit row;

    if (!mado_message_id_from_hex(visit, id)) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT, "not a visit's id");
        return FALSE;
    }
    if (!mado_journal_find_visit(self->journal, id, &row, error))
        return FALSE;
    if (row.state != MADO_JOURNAL_VISIT_HELD) {
        g_set_error_literal(error, MADO_ERROR,
                            row.state == MADO_JOURNAL_VISIT_OPEN ? MADO_ERROR_BUSY
                                                                 : MADO_ERROR_BAD_STATE,
                            "the visit is not on hold");
        return FALSE;
    }
    if (memcmp(row.card_id, self->row.card_id, sizeof row.card_id) != 0) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CARD_CHANGED,
                            "the visit is another card's");
        return FALSE;
    }
    self->row = row;
    return TRUE;
}

/* Whatever this card is in: this desk's own visit, else one that only the centre knows. */
static gboolean
load_by_card(MadoVisit *self, GError **error)
{
    MadoJournalVisit row;
    g_autoptr(GError) local_error = NULL;

    if (mado_journal_find_card(self->journal, self->row.card_id, &row, &local_error)) {
        g_autofree char *visit = mado_message_id_to_hex(row.visit);

        return load_named(self, visit, error);
    }
    if (!g_error_matches(local_error, MADO_ERROR, MADO_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&local_error));
        return FALSE;
    }
    g_strlcpy(self->row.request_id, UNKNOWN_REQUEST, sizeof self->row.request_id);
    random_id(self->row.visit);
    random_id(self->row.transaction);
    self->row.started_ms = mado_clock_wall_ms(self->desk->clock);
    return TRUE;
}

/* The serial is printed on the card and lies beside the id: both must be the visit's. */
static gboolean
check_serial(MadoVisit *self, GError **error)
{
    if (self->row.serial[0] == '\0' || strcmp(self->row.serial, self->face.serial) == 0) {
        g_strlcpy(self->row.serial, self->face.serial, sizeof self->row.serial);
        return TRUE;
    }
    g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CARD_CHANGED,
                        "the card shows another serial number");
    return FALSE;
}

/* power_on has compared the card id. The chain and the face data were verified by the check,
 * and the key they name is kept: what a swapped card could not do is answer for it. */
gboolean
mado_visit_meet_again(MadoVisit *self, MadoWork *work, GError **error)
{
    if (!mado_card_power_on(work->card, error) ||
        !mado_common_juki_record(work->card, &self->face, error) ||
        !check_serial(self, error) || !mado_genuine_prove(work->card, self->face_key, error))
        return FALSE;
    self->generation = mado_card_generation(work->card);
    mado_log(G_LOG_LEVEL_INFO, MADO_LOG_VISIT, self->row.request_id,
             "the card was unpowered, and is the same");
    return TRUE;
}

/* The public keys the card has staged, while it can be asked in plain: certificate requests
 * that the centre gives back are measured by them. */
static gboolean
read_staged_keys(MadoVisit *self, MadoWork *work, const MadoRecord *record, GError **error)
{
    for (guint i = 0; record->phase == MADO_PHASE_OPEN && i < record->n_staged; i++) {
        const MadoSlot slot = record->staged[i].slot;
        GBytes **key = &self->staged_keys[mado_visit_slot_index(slot)];

        g_clear_pointer(key, g_bytes_unref);
        *key = mado_isd_staged_key(work->card, slot, error);
        if (*key == NULL)
            return FALSE;
    }
    return TRUE;
}

static gboolean
adopt(MadoVisit *self,
      MadoWork *work,
      const char *visit,
      const MadoSecret *number_b,
      GError **error)
{
    MadoRecord record;

    if (!meet_card(self, work, error))
        return FALSE;
    if (visit[0] != '\0' ? !load_named(self, visit, error) : !load_by_card(self, error))
        return FALSE;
    if (!check_genuine(self, work, number_b, error) || !check_serial(self, error) ||
        !parse_record(self, &record, error) || !read_staged_keys(self, work, &record, error))
        return FALSE;
    /* Unknown to this desk: the life cycle tells which procedure comes next, the centre's
     * answer which one it was. */
    if (self->row.procedure == 0)
        self->row.procedure = record.life == MADO_LIFE_PERSONALISED ? MADO_PROCEDURE_PREPARE
                                                                    : MADO_PROCEDURE_ISSUE;
    self->plan = mado_plan_find(self->row.procedure);
    raise_fencing(self, &record);
    return TRUE;
}

gboolean
mado_visit_resume(MadoVisit *self,
                  MadoWork *work,
                  const char *visit,
                  gboolean resident,
                  const MadoSecret *number_b,
                  MadoStep *ret_step,
                  GError **error)
{
    if (!mado_visit_may(self, MADO_VISIT_ON_BEGIN, "Resume", error) ||
        !check_desk(self, FALSE, error))
        return FALSE;
    mado_visit_table_step(&self->state, MADO_VISIT_ON_BEGIN);
    mado_visit_forget(self);
    self->row = (MadoJournalVisit){0};
    self->plan = NULL;
    self->resuming = TRUE;
    self->resident = resident;
    if (!adopt(self, work, visit, number_b, error))
        return mado_visit_fail_check(self);
    mado_visit_table_step(&self->state, MADO_VISIT_ON_CHECKED);
    return ask_opening(self, ret_step, error) || mado_visit_fail_check(self);
}
