/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The body of REPLY (doc/messages.md 2 and 3): what the desk does next. Formatted by the
 * centre, parsed by the daemon. It may hold transport PINs and a person's data: free wipes all
 * of it.
 */
#pragma once

#include "common/body-parts.h"
#include "common/body-person.h"

#define MADO_BODY_ALLOWED_MAX      8  /* status words after which a script goes on */
#define MADO_BODY_PINS_MAX         4  /* one per MadoPinKind */
#define MADO_BODY_WANTED_MAX       8  /* decisions asked for */
#define MADO_BODY_AUTHENTICATE_MAX 64 /* EXTERNAL AUTHENTICATE as a whole APDU */

typedef struct {
    GBytes *apdu; /* owned; already wrapped by the centre */
    guint n_allowed;
    guint16 allowed[MADO_BODY_ALLOWED_MAX];
} MadoBodyCommand;

typedef struct {
    MadoPinKind kind;
    MadoSecret *pin; /* owned */
} MadoBodyPin;

/* Enumerations are 0 when the object is absent. */
typedef struct {
    MadoNext next;
    MadoScriptPhase phase;
    gboolean has_host_challenge;
    guint8 host_challenge[MADO_CHALLENGE_LEN];
    guint8 key_version;   /* P1 of INITIALIZE UPDATE; 0: absent */
    GBytes *authenticate; /* owned, nullable: a whole APDU */
    gboolean has_script;
    guint n_commands;
    MadoBodyCommand commands[MADO_LIMIT_SCRIPT_COMMANDS]; /* owned */
    guint n_pins;
    MadoBodyPin pins[MADO_BODY_PINS_MAX]; /* owned; in the order to ask, no kind twice */
    guint8 sign_slots;                    /* set of MadoSlot; 0: none */
    gboolean has_centre_nonce;
    guint8 centre_nonce[16];
    guint n_wanted;
    MadoDecisionKind wanted[MADO_BODY_WANTED_MAX];
    gboolean has_person;
    MadoBodyPerson person;
    guint n_cmp;
    MadoBodySlotDer cmp[MADO_LIMIT_SLOTS]; /* owned; no slot twice */
    guint n_csrs;
    MadoBodySlotDer csrs[MADO_LIMIT_SLOTS]; /* owned; NEXT CSR gives the PKCS#10 back */
    MadoRequestState request_state;
    MadoProcedure procedure_open;
    char detail[MADO_BODY_DETAIL_MAX + 1]; /* for the log; no personal data */
} MadoBodyReply;

/* (transfer full): empty; @next may be changed later. */
MadoBodyReply *
mado_body_reply_new(MadoNext next);
void
mado_body_reply_free(MadoBodyReply *self); /* NULL is allowed */

/* Each keeps a reference (or copy) of its own and returns FALSE, with nothing added, when the
 * struct is full (or the kind or slot is there already). add_command also sets has_script. */
gboolean
mado_body_reply_add_command(MadoBodyReply *self,
                            GBytes *apdu,
                            const guint16 *allowed,
                            guint n_allowed);
gboolean
mado_body_reply_add_pin(MadoBodyReply *self, MadoPinKind kind, const MadoSecret *pin);
gboolean
mado_body_reply_add_cmp(MadoBodyReply *self, MadoSlot slot, GBytes *der);
gboolean
mado_body_reply_add_csr(MadoBodyReply *self, MadoSlot slot, GBytes *der);

/* (transfer full): the body for mado_message_format(). BAD_ARGUMENT when a field does not fit.
 */
MadoSecret *
mado_body_reply_format(const MadoBodyReply *self, GError **error);
/* (transfer full): CENTRE_ANSWER, naming the object, for anything unknown, repeated, missing or
 * badly sized, and when SCRIPT and PHASE do not go with NEXT SCRIPT. */
MadoBodyReply *
mado_body_reply_parse(const guint8 *body, gsize len, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoBodyReply, mado_body_reply_free)
