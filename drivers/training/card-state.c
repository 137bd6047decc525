/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/training/card-state.h"

#include "common/wipe.h"

#include <stdlib.h>
#include <string.h>

void
mado_card_state_init(MadoCardState *self)
{
    memset(self, 0, sizeof(*self));
    self->life = MADO_LIFE_PERSONALISED;
    self->phase = MADO_PHASE_IDLE;
}

static void
free_item(MadoCardItem *item)
{
    mado_wipe(item->data, item->len);
    free(item->data);
    memset(item, 0, sizeof(*item));
}

void
mado_card_state_clear(MadoCardState *self)
{
    for (size_t i = 0; i < self->n_items; i++) {
        free_item(&self->items[i]);
    }
    mado_wipe(self, sizeof(*self));
    mado_card_state_init(self);
}

MadoCardPin *
mado_card_state_pin(MadoCardState *self, uint8_t ap, uint16_t ef)
{
    for (size_t i = 0; i < self->n_pins; i++) {
        if (self->pins[i].ap == ap && self->pins[i].ef == ef) {
            return &self->pins[i];
        }
    }
    return NULL;
}

static size_t
find_item(const MadoCardState *self, uint8_t kind, uint8_t ap, uint16_t id)
{
    size_t i = 0;

    while (i < self->n_items && (self->items[i].kind != kind || self->items[i].ap != ap ||
                                 self->items[i].id != id)) {
        i++;
    }
    return i;
}

const MadoCardItem *
mado_card_state_item(const MadoCardState *self, MadoCardItemKind kind, uint8_t ap, uint16_t id)
{
    size_t i = find_item(self, (uint8_t)kind, ap, id);

    return i < self->n_items ? &self->items[i] : NULL;
}

bool
mado_card_state_put(MadoCardState *self, const MadoCardItem *item)
{
    size_t i = find_item(self, item->kind, item->ap, item->id);
    uint8_t *copy;

    if (i >= MADO_CARD_STATE_MAX_ITEMS || item->len > MADO_CARD_STATE_ITEM_LEN) {
        return false;
    }
    copy = malloc(item->len > 0 ? item->len : 1);
    if (copy == NULL) {
        return false;
    }
    if (item->len > 0) {
        memcpy(copy, item->data, item->len);
    }
    if (i == self->n_items) {
        self->n_items++;
    } else {
        free_item(&self->items[i]);
    }
    self->items[i] = *item;
    self->items[i].data = copy;
    return true;
}

void
mado_card_state_drop(MadoCardState *self, MadoCardItemKind kind, uint8_t ap, uint16_t id)
{
    size_t i = find_item(self, (uint8_t)kind, ap, id);

    if (i == self->n_items) {
        return;
    }
    free_item(&self->items[i]);
    self->n_items--;
    self->items[i] = self->items[self->n_items];
    memset(&self->items[self->n_items], 0, sizeof(self->items[0]));
}

bool
mado_card_state_may_become(uint8_t from, uint8_t to)
{
    static const uint8_t edges[][2] = {
        {MADO_LIFE_PERSONALISED, MADO_LIFE_PREPARED}, {MADO_LIFE_PREPARED, MADO_LIFE_ACTIVE},
        {MADO_LIFE_ACTIVE, MADO_LIFE_ACTIVE},         {MADO_LIFE_ACTIVE, MADO_LIFE_SUSPENDED},
        {MADO_LIFE_SUSPENDED, MADO_LIFE_ACTIVE},
    };

    if (to == MADO_LIFE_TERMINATED) {
        return from != MADO_LIFE_TERMINATED;
    }
    for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
        if (edges[i][0] == from && edges[i][1] == to) {
            return true;
        }
    }
    return false;
}
