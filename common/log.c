/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    const char *name; /* also the topic, in lower case */
    const char *message_id;
} EventRow;

static const EventRow events[] = {
#define EVENT_ROW(name, id) {#name, id},
    MADO_LOG_EVENTS(EVENT_ROW)
#undef EVENT_ROW
};

typedef struct {
    GLogLevelFlags level;
    const char *name;
    const char *priority; /* syslog's */
} LevelRow;

static const LevelRow levels[] = {
    {G_LOG_LEVEL_ERROR, "error", "3"},     {G_LOG_LEVEL_CRITICAL, "critical", "4"},
    {G_LOG_LEVEL_WARNING, "warning", "4"}, {G_LOG_LEVEL_MESSAGE, "message", "5"},
    {G_LOG_LEVEL_INFO, "info", "6"},       {G_LOG_LEVEL_DEBUG, "debug", "7"},
};

typedef struct {
    char *program;         /* owned */
    GLogLevelFlags wanted; /* levels that are written */
    gboolean to_journal;
} LogWriter;

static const LevelRow *
find_level(GLogLevelFlags level)
{
    for (gsize i = 0; i < G_N_ELEMENTS(levels); i++)
        if ((level & levels[i].level) != 0)
            return &levels[i];
    return &levels[G_N_ELEMENTS(levels) - 1];
}

static const char *
find_field(const GLogField *fields, gsize n_fields, const char *key)
{
    for (gsize i = 0; i < n_fields; i++)
        if (fields[i].length == -1 && g_str_equal(fields[i].key, key))
            return fields[i].value;
    return NULL;
}

/* Reader names and other machines' words come through here: no line of theirs may look like one
 * of ours. */
static void
append_printable(GString *line, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);

    for (const char *at = valid; *at != '\0'; at += g_utf8_skip[(guchar)*at]) {
        gunichar character = g_utf8_get_char(at);

        g_string_append_unichar(line, g_unichar_iscntrl(character) ? '?' : character);
    }
}

static GLogWriterOutput
write_line(GLogLevelFlags level, const GLogField *fields, gsize n_fields)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *time = g_date_time_format(now, "%Y-%m-%dT%H:%M:%S.%fZ");
    g_autoptr(GString) line = g_string_new(time);
    const char *topic = find_field(fields, n_fields, "MADO_TOPIC");
    const char *object = find_field(fields, n_fields, "MADO_OBJECT");
    const char *text = find_field(fields, n_fields, "MESSAGE");

    if (topic == NULL)
        topic = find_field(fields, n_fields, "GLIB_DOMAIN");
    g_string_append_printf(line, " %s ", find_level(level)->name);
    append_printable(line, topic != NULL ? topic : "-");
    if (object != NULL) {
        g_string_append_c(line, ' ');
        append_printable(line, object);
    }
    g_string_append(line, ": ");
    append_printable(line, text != NULL ? text : "");
    g_string_append_c(line, '\n');
    /* One write per line, so that lines of several threads do not mix. */
    return write(STDERR_FILENO, line->str, line->len) == (gssize)line->len
               ? G_LOG_WRITER_HANDLED
               : G_LOG_WRITER_UNHANDLED;
}

static GLogWriterOutput
write_log(GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
    const LogWriter *self = user_data;

    if ((level & self->wanted) == 0)
        return G_LOG_WRITER_HANDLED;
    if (self->to_journal &&
        g_log_writer_journald(level, fields, n_fields, NULL) == G_LOG_WRITER_HANDLED)
        return G_LOG_WRITER_HANDLED;
    return write_line(level, fields, n_fields);
}

static void
log_writer_free(gpointer data)
{
    LogWriter *self = data;

    g_free(self->program);
    g_free(self);
}

gboolean
mado_log_level_is_known(const char *level)
{
    for (gsize i = 0; i < G_N_ELEMENTS(levels); i++)
        if (g_str_equal(levels[i].name, level))
            return levels[i].level >= G_LOG_LEVEL_WARNING;
    return FALSE;
}

void
mado_log_init(const char *program, const char *level)
{
    LogWriter *self = g_new0(LogWriter, 1);

    g_return_if_fail(program != NULL && level != NULL);
    self->program = g_strdup(program);
    self->to_journal = g_log_writer_is_journald(STDERR_FILENO);
    for (gsize i = 0; i < G_N_ELEMENTS(levels); i++) {
        self->wanted |= levels[i].level;
        if (g_str_equal(levels[i].name, level))
            break;
    }
    g_set_prgname(program);
    g_log_set_writer_func(write_log, self, log_writer_free);
}

void
mado_log(GLogLevelFlags level, MadoLogEvent event, const char *object, const char *format, ...)
{
    const EventRow *row = &events[event];
    g_autofree char *text = NULL;
    g_autofree char *topic = g_ascii_strdown(row->name, -1);
    const char *program = g_get_prgname();
    va_list args;

    va_start(args, format);
    text = g_strdup_vprintf(format, args);
    va_end(args);

    const GLogField fields[] = {
        {"MESSAGE", text, -1},
        {"PRIORITY", find_level(level)->priority, -1},
        {"MESSAGE_ID", row->message_id, -1},
        {"MADO_TOPIC", topic, -1},
        {"SYSLOG_IDENTIFIER", program != NULL ? program : "madoguchi", -1},
        {"MADO_OBJECT", object, -1},
    };
    g_log_structured_array(level, fields,
                           object != NULL ? G_N_ELEMENTS(fields) : G_N_ELEMENTS(fields) - 1);
}
