/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The centre's replies, of any bytes, through a whole visit with a card in: what the state
 * machine, the scripts, the PIN entry and CMP make of them. The envelope is honest (it has a
 * target of its own), the body is the input: pieces, each after two bytes of length, one for
 * every message the desk sends. After the input the visit must be in a step that a client can
 * act on, and its hold must be in the journal.
 */
#include "config.h"

#include "tests/fuzz/target.h"
#include "tests/support/visit-world.h"

#include <stdlib.h>
#include <string.h>

#define STEPS_AT_MOST  64  /* calls in one visit */
#define VISITS_AT_MOST 500 /* in one journal: its backlog of receipts has a limit */

static void *world_state; /* the VisitWorld, made once: keys take longer than visits */

static void
end_world(void)
{
    visit_world_tear_down(&world_state);
}

static VisitWorld *
ensure_world(guint32 number)
{
    gboolean is_first = world_state == NULL;

    if (number % VISITS_AT_MOST == 0) {
        if (!is_first)
            end_world();
        visit_world_set_up(&world_state);
        /* After OpenSSL's own, so before it: the journal's thread still uses it. */
        if (is_first)
            atexit(end_world);
    }
    return world_state;
}

static GBytes *
take_piece(const uint8_t **data, size_t *len)
{
    size_t piece_len;
    GBytes *piece;

    if (*len < 2)
        return NULL;
    piece_len = MIN((size_t)((*data)[0] << 8 | (*data)[1]), *len - 2);
    piece = g_bytes_new(*data + 2, piece_len);
    *data += 2 + piece_len;
    *len -= 2 + piece_len;
    return piece;
}

static gboolean
relay_piece(VisitWorld *world, GBytes *body)
{
    g_autoptr(GBytes) sent = visit_world_message(world);
    g_autoptr(GBytes) reply = visit_centre_answer_with(world->centre, sent, body);
    g_autofree char *key = g_strdup(visit_world_detail(world, "key"));

    if (reply == NULL)
        return FALSE;
    return mado_visit_reply(world->visit, &world->work, key, reply, &world->step, NULL);
}

static void
run_visit(VisitWorld *world, const uint8_t *data, size_t len)
{
    for (guint i = 0; i < STEPS_AT_MOST; i++) {
        g_autoptr(GBytes) piece = NULL;

        if (world->step.kind == MADO_STEP_DONE || world->step.kind == MADO_STEP_HOLD)
            return;
        if (world->step.kind == MADO_STEP_RELAY) {
            piece = take_piece(&data, &len);
            if (piece == NULL)
                return;
            (void)relay_piece(world, piece);
        } else if (!visit_world_go_on(world, NULL)) {
            return;
        }
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static guint32 number;
    VisitWorld *world = ensure_world(number);

    /* Another card for each input: one that waits for Resume may not be begun anew. */
    visit_card_init(&world->card, 0xA1, world->keys[0], world->keys[1]);
    number++;
    memcpy(world->card.card_id, &number, sizeof number);
    if (!visit_world_begin(world, "issue", NULL))
        abort();
    run_visit(world, data, len);
    if (world->step.kind == MADO_STEP_RELAY || world->step.kind == MADO_STEP_DECIDE ||
        world->step.kind == MADO_STEP_WORK || world->step.kind == MADO_STEP_PINS)
        mado_visit_hold(world->visit, &world->work, MADO_ERROR_CANCELLED, &world->step);
    if (world->step.kind == MADO_STEP_HOLD &&
        visit_world_find_row(world).state != MADO_JOURNAL_VISIT_HELD)
        abort();
    visit_world_end_session(world);
    return 0;
}
