/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Structured logging: GLib's g_log_structured with a stable MESSAGE_ID per event, the topic
 * (the event's name) and the object the line is about. Written to the journal when stderr is
 * connected to it, else as one line per event to stderr:
 *
 *   2026-01-02T03:04:05.678901Z info apdu Reader 00 00: SELECT 00 A4 04 0C: 9000 in 12 ms
 *
 * What is written must be free of personal data, secrets and pointer values: numbers, names of
 * states, status words and INS bytes are fine, data fields never are. Control characters are
 * replaced. Any thread.
 */
#pragma once

#include <gio/gio.h>

/* One row per kind of line that another program may look for; ids never change. X(NAME, "32 hex
 * message id") */
#define MADO_LOG_EVENTS(X)                                                                     \
    X(STARTED, "5b1f0c5e7f4f4d7c9f0c6d1c2a7b0001")                                             \
    X(STOPPED, "5b1f0c5e7f4f4d7c9f0c6d1c2a7b0002")                                             \
    X(READER, "5b1f0c5e7f4f4d7c9f0c6d1c2a7b0003")                                              \
    X(CLAIM, "5b1f0c5e7f4f4d7c9f0c6d1c2a7b0004")                                               \
    X(APDU, "5b1f0c5e7f4f4d7c9f0c6d1c2a7b0005")                                                \
    X(VISIT, "5b1f0c5e7f4f4d7c9f0c6d1c2a7b0006")                                               \
    X(REFUSED, "5b1f0c5e7f4f4d7c9f0c6d1c2a7b0007")                                             \
    X(RELAY, "5b1f0c5e7f4f4d7c9f0c6d1c2a7b0008")                                               \
    X(REQUEST, "5b1f0c5e7f4f4d7c9f0c6d1c2a7b0009")                                             \
    X(STORE, "5b1f0c5e7f4f4d7c9f0c6d1c2a7b000a")                                               \
    X(CONFIG, "5b1f0c5e7f4f4d7c9f0c6d1c2a7b000b")                                              \
    X(DEFECT, "5b1f0c5e7f4f4d7c9f0c6d1c2a7b000c")

typedef enum {
#define MADO_LOG_ENUM(name, id) MADO_LOG_##name,
    MADO_LOG_EVENTS(MADO_LOG_ENUM)
#undef MADO_LOG_ENUM
} MadoLogEvent;

/* Whether @level is one that mado_log_init() takes. */
gboolean
mado_log_level_is_known(const char *level);

/* Installs the writer; @program is the identifier. Call once, in main(), before any thread.
 * @level: "debug", "info", "message", "warning"; an unknown one is taken as "debug". */
void
mado_log_init(const char *program, const char *level);
/* @level: G_LOG_LEVEL_WARNING, _MESSAGE, _INFO or _DEBUG. @object: reader, visit or request id,
 * or NULL. */
void
mado_log(GLogLevelFlags level, MadoLogEvent event, const char *object, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
