/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the configuration says about this desk, loaded once at start and never changed, so every
 * thread may read it.
 */
#pragma once

#include "common/clock.h"
#include "common/cvc.h"
#include "common/envelope.h"
#include "daemon/chain.h"

#include <madoguchi/message.h>

typedef struct {
    MadoRealmCode realm;
    char *terminal;              /* "" before enrolment */
    char *journal_path;          /* (nullable) before enrolment */
    MadoIdentity *identity;      /* (nullable) before enrolment */
    MadoPeer *centre;            /* (nullable) before enrolment */
    MadoCvcAnchors *face;        /* (nullable) */
    MadoChainAnchors *jpki_auth; /* (nullable) */
    MadoChainAnchors *jpki_sign; /* (nullable) */
    char *log_level;             /* for mado_log_init() */
    guint unpower_after_ms;      /* a visit that waits this long has its card powered down */
    const MadoClock *clock;      /* static */
} MadoDesk;

/* (transfer full): CONFIG when a key, certificate or anchor cannot be used. */
MadoDesk *
mado_desk_load(const char *config_path, GError **error);
void
mado_desk_free(MadoDesk *self);
gboolean
mado_desk_is_enrolled(const MadoDesk *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoDesk, mado_desk_free)
