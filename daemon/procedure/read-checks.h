/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The checks of a reading. Each runs on a thread of its own while the worker goes on with the
 * card, which is slow, and ends up in the result under its name; only an answer the next
 * command depends on is waited for.
 *
 * Called from the worker's thread. What is handed over is borrowed and may not change until
 * mado_read_checks_free().
 */
#pragma once

#include "daemon/card/genuine.h"
#include "daemon/chain.h"
#include "daemon/procedure/read-result.h"

typedef struct _MadoReadChecks MadoReadChecks;

/* (transfer full): @desk is borrowed. */
MadoReadChecks *
mado_read_checks_new(const MadoDesk *desk);
/* Waits for every check. */
void
mado_read_checks_free(MadoReadChecks *self);

/* The files of the text application; the signature covers number and attributes, each check
 * stands for one of them. */
typedef struct {
    MadoSecret *number;     /* owned (nullable) */
    MadoSecret *attributes; /* owned (nullable) */
    MadoSecret *signature;  /* owned */
    MadoSecret *signer;     /* owned; EF 0004 */
} MadoTextFiles;

/* "text-signature", if there are attributes. */
void
mado_read_checks_attributes(MadoReadChecks *self, const MadoTextFiles *files);
/* "number-signature". */
void
mado_read_checks_number(MadoReadChecks *self, const MadoTextFiles *files);

/* The certificate of the face's signer: EF 0004 of the visual application. First. */
void
mado_read_checks_face_signer(MadoReadChecks *self, const MadoSecret *signer);
/* "face-signature", waited for. FALSE when it does not hold: then there is no key to trust. */
gboolean
mado_read_checks_face(MadoReadChecks *self, const MadoSecret *face);
/* "clone", after the face: the card's @answer to @nonce, by the key the face names. */
void
mado_read_checks_clone(MadoReadChecks *self,
                       const guint8 nonce[MADO_GENUINE_NONCE_LEN],
                       GBytes *answer);

/* A certificate's chain, under the name @check (static storage). CONFIG in the result when
 * @anchors is NULL. */
void
mado_read_checks_chain(MadoReadChecks *self,
                       const char *check,
                       const MadoChainAnchors *anchors,
                       GBytes *certificate);

/* Waits for all of them and says in @result what each came to. */
void
mado_read_checks_end(MadoReadChecks *self, MadoReadResult *result);

void
mado_text_files_clear(MadoTextFiles *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoReadChecks, mado_read_checks_free)
