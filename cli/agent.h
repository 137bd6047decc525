/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * madoguchictl as PIN agent (protocol.md 4): training only, the daemon refuses it in
 * production. Lives on the client's connection; answers the daemon alone, one prompt at a time;
 * an entry goes into the daemon's pipe and nowhere else. Main thread.
 */
#pragma once

#include "cli/client.h"
#include "cli/pin-entry.h"

typedef struct _MadoAgent MadoAgent;

/*
 * Sees to it that somebody can enter a PIN. *ret_agent (transfer full) takes its PINs from
 * @pins_fd, or from the terminal when that is -1; it is NULL when @pins_fd is -1 and another
 * agent, the resident's screen, is registered. @client is borrowed and must outlive it.
 * Errors: BUSY, NOT_AUTHORIZED, BAD_ARGUMENT (the descriptor).
 */
gboolean
mado_agent_ensure(MadoClient *client, int pins_fd, MadoAgent **ret_agent, GError **error);
/* The birthday of the card's holder, of which no new PIN may be made. NULL self is allowed. */
void
mado_agent_set_birth(MadoAgent *self, const MadoDate *birth);
/*
 * The daemon only learns that an entry was refused. When *@error is CANCELLED and this agent
 * refused the last prompt for another reason (PIN_FORM, TIMED_OUT …), that reason takes its
 * place. NULL self is allowed.
 */
void
mado_agent_explain(MadoAgent *self, GError **error);
/* Ends a running prompt. The registration ends with the connection. NULL is allowed. */
void
mado_agent_free(MadoAgent *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoAgent, mado_agent_free)
