/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Refusals as RFC 9457 problems (doc/messages.md 5). Inside the centre a refusal is a GError of
 * MADO_PROBLEM; any other domain reaches the desk as "internal" and its text stays in the log.
 * The text of a MADO_PROBLEM becomes `detail`: no personal data in it.
 */
#pragma once

#include <gio/gio.h>

/* X(NAME, "slug", HTTP status, "title") */
#define MADO_PROBLEM_LIST(X)                                                                   \
    X(BAD_MESSAGE, "bad-message", 400, "The message is malformed")                             \
    X(REALM, "realm", 403, "Training and production do not mix")                               \
    X(TERMINAL, "terminal", 403, "This terminal is not enrolled here")                         \
    X(OPERATOR, "operator", 403, "The operator's signature or role was refused")               \
    X(NOT_FOUND, "not-found", 404, "No such request or resource")                              \
    X(REQUEST_MISMATCH, "request-mismatch", 409, "Card and request do not belong together")    \
    X(REQUEST_STATE, "request-state", 409, "The state of the request does not allow this")     \
    X(FENCED, "fenced", 409, "The visit was taken over or closed elsewhere")                   \
    X(CLOCK, "clock", 409, "The terminal's clock is too far off")                              \
    X(KEY_REUSED, "key-reused", 422, "The idempotency key was used with another body")         \
    X(RUNNING, "running", 409, "The same request is still running")                            \
    X(BUSY, "busy", 503, "The service is busy or its store cannot be written")                 \
    X(GAP, "gap", 409, "Receipts are missing before this one")                                 \
    X(FORK, "fork", 409, "Another receipt has this number")                                    \
    X(TOO_LARGE, "too-large", 413, "The body is longer than a message may be")                 \
    X(METHOD, "method", 405, "The resource does not know this method")                         \
    X(INTERNAL, "internal", 500, "A defect in the service")

typedef enum {
#define MADO_PROBLEM_ENUM(name, slug, status, title) MADO_PROBLEM_##name,
    MADO_PROBLEM_LIST(MADO_PROBLEM_ENUM)
#undef MADO_PROBLEM_ENUM
        MADO_PROBLEM_N
} MadoProblem;

#define MADO_PROBLEM_DOMAIN (mado_problem_quark())
GQuark
mado_problem_quark(void);

const char *
mado_problem_slug(MadoProblem problem); /* (transfer none) */
guint
mado_problem_status(MadoProblem problem);
/* The problem @error is answered with: its own, BUSY for a store that cannot be written, else
 * INTERNAL. */
MadoProblem
mado_problem_from_error(const GError *error);
/* (transfer full): the JSON body. @detail (nullable) is UTF-8. */
GBytes *
mado_problem_format(MadoProblem problem, const char *detail);
