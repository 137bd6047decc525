/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/error.h"

#include "madoguchi/names.h"

#include <openssl/err.h>

#include <string.h>

/* How a message ends that names a held visit: this, and its id in hex. */
#define VISIT_MARK "visit="
#define VISIT_LEN  32

typedef struct {
    MadoErrorCode code;
    const char *nick;
    const char *sentence;
} ErrorRow;

static const ErrorRow rows[] = {
#define ERROR_ROW(number, name, nick, sentence) {MADO_ERROR_##name, nick, sentence},
    MADO_ERROR_LIST(ERROR_ROW)
#undef ERROR_ROW
};

static const MadoErrorCode codes[] = {
#define ERROR_CODE(number, name, nick, sentence) MADO_ERROR_##name,
    MADO_ERROR_LIST(ERROR_CODE)
#undef ERROR_CODE
};

static const GDBusErrorEntry bus_entries[] = {
#define ERROR_ENTRY(number, name, nick, sentence) {number, MADO_ERROR_PREFIX nick},
    MADO_ERROR_LIST(ERROR_ENTRY)
#undef ERROR_ENTRY
};

GQuark
mado_error_quark(void)
{
    static gsize quark; /* GLib's once-cell */

    g_dbus_error_register_error_domain("mado-error-quark", &quark, bus_entries,
                                       G_N_ELEMENTS(bus_entries));
    return (GQuark)quark;
}

static const ErrorRow *
find_row(MadoErrorCode code)
{
    const ErrorRow *internal = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].code == code)
            return &rows[i];
        if (rows[i].code == MADO_ERROR_INTERNAL)
            internal = &rows[i];
    }
    return internal;
}

const char *
mado_error_nick(MadoErrorCode code)
{
    return find_row(code)->nick;
}

const char *
mado_error_sentence(MadoErrorCode code)
{
    return find_row(code)->sentence;
}

gboolean
mado_error_from_nick(const char *nick, MadoErrorCode *ret_code)
{
    if (nick == NULL)
        return FALSE;
    if (g_str_has_prefix(nick, MADO_ERROR_PREFIX))
        nick += strlen(MADO_ERROR_PREFIX);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (g_str_equal(rows[i].nick, nick)) {
            *ret_code = rows[i].code;
            return TRUE;
        }
    }
    return FALSE;
}

const MadoErrorCode *
mado_error_all(gsize *ret_n_codes)
{
    *ret_n_codes = G_N_ELEMENTS(codes);
    return codes;
}

typedef struct {
    int foreign;
    MadoErrorCode code;
} ForeignRow;

static const ForeignRow io_rows[] = {
    {G_IO_ERROR_NOT_FOUND, MADO_ERROR_NOT_FOUND},
    {G_IO_ERROR_BUSY, MADO_ERROR_BUSY},
    {G_IO_ERROR_TIMED_OUT, MADO_ERROR_TIMED_OUT},
    {G_IO_ERROR_CANCELLED, MADO_ERROR_CANCELLED},
    {G_IO_ERROR_PERMISSION_DENIED, MADO_ERROR_NOT_AUTHORIZED},
    {G_IO_ERROR_INVALID_ARGUMENT, MADO_ERROR_BAD_ARGUMENT},
    {G_IO_ERROR_INVALID_DATA, MADO_ERROR_BAD_ARGUMENT},
    {G_IO_ERROR_MESSAGE_TOO_LARGE, MADO_ERROR_LIMIT},
};

static const ForeignRow dbus_rows[] = {
    {G_DBUS_ERROR_SERVICE_UNKNOWN, MADO_ERROR_NOT_FOUND},
    {G_DBUS_ERROR_NAME_HAS_NO_OWNER, MADO_ERROR_NOT_FOUND},
    {G_DBUS_ERROR_UNKNOWN_OBJECT, MADO_ERROR_NOT_FOUND},
    {G_DBUS_ERROR_UNKNOWN_METHOD, MADO_ERROR_BAD_ARGUMENT},
    {G_DBUS_ERROR_INVALID_ARGS, MADO_ERROR_BAD_ARGUMENT},
    {G_DBUS_ERROR_INVALID_SIGNATURE, MADO_ERROR_BAD_ARGUMENT},
    {G_DBUS_ERROR_ACCESS_DENIED, MADO_ERROR_NOT_AUTHORIZED},
    {G_DBUS_ERROR_AUTH_FAILED, MADO_ERROR_NOT_AUTHORIZED},
    {G_DBUS_ERROR_LIMITS_EXCEEDED, MADO_ERROR_LIMIT},
    {G_DBUS_ERROR_NO_REPLY, MADO_ERROR_TIMED_OUT},
    {G_DBUS_ERROR_TIMEOUT, MADO_ERROR_TIMED_OUT},
    {G_DBUS_ERROR_TIMED_OUT, MADO_ERROR_TIMED_OUT},
};

static const ForeignRow file_rows[] = {
    {G_FILE_ERROR_NOENT, MADO_ERROR_NOT_FOUND},
    {G_FILE_ERROR_ACCES, MADO_ERROR_NOT_AUTHORIZED},
    {G_FILE_ERROR_PERM, MADO_ERROR_NOT_AUTHORIZED},
};

static MadoErrorCode
look_up(const ForeignRow *table, gsize n_rows, int foreign)
{
    for (gsize i = 0; i < n_rows; i++)
        if (table[i].foreign == foreign)
            return table[i].code;
    return MADO_ERROR_INTERNAL;
}

static MadoErrorCode
convert_code(const GError *error)
{
    if (error->domain == MADO_ERROR)
        return find_row((MadoErrorCode)error->code)->code;
    if (error->domain == G_IO_ERROR)
        return look_up(io_rows, G_N_ELEMENTS(io_rows), error->code);
    if (error->domain == G_DBUS_ERROR)
        return look_up(dbus_rows, G_N_ELEMENTS(dbus_rows), error->code);
    if (error->domain == G_FILE_ERROR)
        return look_up(file_rows, G_N_ELEMENTS(file_rows), error->code);
    if (error->domain == G_KEY_FILE_ERROR)
        return MADO_ERROR_CONFIG;
    return MADO_ERROR_INTERNAL;
}

void
mado_error_convert(GError **error)
{
    MadoErrorCode code;

    if (error == NULL || *error == NULL)
        return;
    (void)g_dbus_error_strip_remote_error(*error);
    if ((*error)->domain == MADO_ERROR)
        return;
    code = convert_code(*error);
    (*error)->domain = MADO_ERROR;
    (*error)->code = (int)code;
}

MadoErrorCode
mado_error_code(const GError *error)
{
    if (error == NULL || error->domain != MADO_ERROR)
        return MADO_ERROR_INTERNAL;
    return find_row((MadoErrorCode)error->code)->code;
}

gboolean
mado_error_set_openssl(GError **error, MadoErrorCode code, const char *doing)
{
    g_autoptr(GString) text = g_string_new(doing);
    const char *separator = ": ";
    unsigned long reason;

    while ((reason = ERR_get_error()) != 0) {
        const char *words = ERR_reason_error_string(reason);

        g_string_append(text, separator);
        g_string_append(text, words != NULL ? words : "unnamed reason");
        separator = "; ";
    }
    g_set_error_literal(error, MADO_ERROR, (int)code, text->str);
    return FALSE;
}

gboolean
mado_error_set_pin_wrong(GError **error, guint n_tries)
{
    MadoErrorCode code = n_tries == 0 ? MADO_ERROR_PIN_BLOCKED : MADO_ERROR_PIN_WRONG;

    g_set_error(error, MADO_ERROR, (int)code, "%s: tries=%u", mado_error_sentence(code),
                n_tries);
    return FALSE;
}

gboolean
mado_error_set_held_visit(GError **error, const char *visit)
{
    g_set_error(error, MADO_ERROR, MADO_ERROR_HELD,
                "a visit of this card waits to be resumed, " VISIT_MARK "%s", visit);
    return FALSE;
}

const char *
mado_error_held_visit(const GError *error)
{
    const char *at = NULL;

    if (g_error_matches(error, MADO_ERROR, MADO_ERROR_HELD))
        at = g_strrstr(error->message, VISIT_MARK);
    if (at == NULL || strlen(at + strlen(VISIT_MARK)) != VISIT_LEN ||
        strspn(at + strlen(VISIT_MARK), "0123456789abcdef") != VISIT_LEN)
        return NULL;
    return at + strlen(VISIT_MARK);
}

int
mado_error_tries_left(const GError *error)
{
    const char *at;
    guint64 n_tries;

    if (error == NULL || error->domain != MADO_ERROR ||
        (error->code != MADO_ERROR_PIN_WRONG && error->code != MADO_ERROR_PIN_BLOCKED))
        return -1;
    at = g_strrstr(error->message, "tries=");
    if (at == NULL || !g_ascii_string_to_unsigned(at + 6, 10, 0, 255, &n_tries, NULL))
        return -1;
    return (int)n_tries;
}
