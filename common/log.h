/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Structured logging: GLib's g_log_structured with a stable MESSAGE_ID per event, a topic and
 * the object. Written to the journal when stderr is connected to it, else as one line per event
 * to stderr: "LEVEL topic object: text". Levels: doc of style; no personal data, no secret, no
 * pointer value.
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

/* Installs the writer; @program is the identifier. Call once, in main(). @level: "debug",
 * "info", "message", "warning". */
void
mado_log_init(const char *program, const char *level);
/* @object: reader, visit or request id, or NULL. */
void
mado_log(GLogLevelFlags level, MadoLogEvent event, const char *object, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
