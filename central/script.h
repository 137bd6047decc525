/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The five scripts of a visit (doc/card-profile.md 3): which commands, in which order. No
 * command's precondition is an answer of the same script. Transport PINs are random and made
 * anew each time; nobody but the desk that runs the script ever learns them.
 */
#pragma once

#include "central/channel.h"
#include "central/record-types.h"

/* R: GET RECORD. */
gboolean
mado_script_record(MadoChannel *channel, MadoBodyReply *reply, GError **error);

/* A: BEGIN, GET RECORD and, when there are slots, transport PINs and GENERATE; also puts
 * TRANSPORT_PIN and SIGN_SLOTS into the reply. */
gboolean
mado_script_open(MadoChannel *channel,
                 const MadoTransactionRecord *transaction,
                 MadoBodyReply *reply,
                 GError **error);

/* One certificate of script B. */
typedef struct {
    MadoSlot slot;
    GBytes *der; /* borrowed */
} MadoScriptCertificate;

/* B: the certificates in chunks, GET RECORD. */
gboolean
mado_script_stage(MadoChannel *channel,
                  const guint8 transaction[MADO_TRANSACTION_LEN],
                  const MadoScriptCertificate *certificates,
                  guint n_certificates,
                  MadoBodyReply *reply,
                  GError **error);

/* C: COMMIT, GET RECORD. */
gboolean
mado_script_commit(MadoChannel *channel,
                   const guint8 transaction[MADO_TRANSACTION_LEN],
                   MadoBodyReply *reply,
                   GError **error);

/* U: ROLLBACK, GET RECORD. */
gboolean
mado_script_undo(MadoChannel *channel,
                 const guint8 transaction[MADO_TRANSACTION_LEN],
                 MadoBodyReply *reply,
                 GError **error);

/* Life cycles a procedure starts from and leads to; 0 for one that is not served. */
MadoLifeCycle
mado_script_life_before(MadoProcedure procedure);
MadoLifeCycle
mado_script_life_after(MadoProcedure procedure);
