/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the centre answers to a request's bytes, HTTP and threads left out. A request is opened
 * in any thread (decryption and signature: the costly part), then run by the writing thread
 * inside one transaction of the store.
 */
#pragma once

#include "central/answer.h"
#include "central/centre.h"

typedef enum {
    MADO_SERVICE_VISIT,
    MADO_SERVICE_RECEIPT,
    MADO_SERVICE_DIRECTORY,
} MadoServiceKind;

typedef struct _MadoServiceRequest MadoServiceRequest;

/* (transfer full): a POST for @terminal (an enrolled one whose client certificate was checked).
 * @key is Idempotency-Key without quotes. Envelope, header and terminal are checked here;
 * MADO_PROBLEM errors. Touches neither store nor channels. */
MadoServiceRequest *
mado_service_open(const MadoCentre *centre,
                  MadoServiceKind kind,
                  const MadoTerminalRecord *terminal,
                  const char *key,
                  GBytes *body,
                  GError **error);
void
mado_service_free(MadoServiceRequest *self); /* NULL is allowed */

/* (transfer full), never NULL: the answer. *ret_keep: what was written is to be kept. Writing
 * thread, inside a mark of the store. */
MadoAnswer *
mado_service_run(MadoCentre *centre, MadoServiceRequest *request, gboolean *ret_keep);

/* (transfer full), never NULL: the three GETs; @store is a connection for reading. */
MadoAnswer *
mado_service_health(const MadoSettingsCentral *settings, MadoStore *store);
MadoAnswer *
mado_service_head(MadoStore *store, const char *terminal);
MadoAnswer *
mado_service_requests(MadoStore *store, const char *municipality);

const char *
mado_service_request_state_name(MadoRequestState state);
const char *
mado_service_transaction_state_name(MadoTransactionState state);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoServiceRequest, mado_service_free)
