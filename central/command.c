/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/command.h"

#include "central/store-sqlite.h"
#include "common/error.h"

#include <errno.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#define DEFAULT_CONFIG MADO_SYSCONFDIR "/central/central.conf"
#define MAX_SECRET_LEN 256

static const MadoCommandRow rows[] = {
    {"init",
     "--dir DIR [--training --desk DESK] [--terminal ID] [--municipality CODE] [--listen A:P]",
     "make a centre: configuration, keys, CA, database; in training an enrolled desk too",
     mado_command_init},
    {"serve", "[--config FILE] [--check-config]", "run the HTTPS service", mado_command_serve},
    {"import", "[--config FILE] [--photos DIR] [--dry-run] TABLE",
     "load requests from CSV or JSON, all of them or none", mado_command_import},
    {"requests", "[--config FILE] [--json]", "list requests", mado_command_requests},
    {"visits", "[--config FILE] [--json] [--close TRANSACTION --reason TEXT]",
     "list visits, or close one whose card is lost", mado_command_visits},
    {"receipts", "[--config FILE] [--json] [--verify] [--open-as AUDITOR --key FILE]",
     "list receipts, verify every terminal's chain", mado_command_receipts},
    {"looks", "[--config FILE] [--json] [--request ID]",
     "list who looked at the queue, or at one request", mado_command_looks},
    {"desk", "add|list|revoke [--config FILE] [--json] [--folder DESK] [TERMINAL]",
     "enrol and revoke terminals", mado_command_desk},
    {"operator",
     "add|list|revoke [--config FILE] [--json] [--role ROLE] [--key FILE] [--passphrase-fd N] "
     "[ID]",
     "enter and revoke operators", mado_command_operator},
    {"backup", "[--config FILE] FILE", "copy the database while it is used",
     mado_command_backup},
    {"restore", "[--config FILE] FILE", "put a backup in place; the service must be stopped",
     mado_command_restore},
    {"personalise", "[--config FILE] REQUEST",
     "register a training card and write its order for madoguchi-training",
     mado_command_personalise},
    {NULL, NULL, NULL, NULL},
};

const MadoCommandRow *
mado_command_rows(void)
{
    return rows;
}

gboolean
mado_command_parse(const char *usage, const GOptionEntry *entries, int *argc, char ***argv)
{
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;

    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_set_help_enabled(context, FALSE);
    if (g_option_context_parse(context, argc, argv, &error))
        return TRUE;
    fprintf(stderr, "madoguchi-central: %s\n", error->message);
    mado_command_usage(usage);
    return FALSE;
}

int
mado_command_usage(const char *usage)
{
    fprintf(stderr, "usage: madoguchi-central %s\n", usage);
    return MADO_COMMAND_USAGE;
}

/* What to do about an error, for whoever runs the centre; its number is that of the desks. */
static const char *
find_cure(MadoErrorCode code)
{
    static const struct {
        MadoErrorCode code;
        const char *cure;
    } cures[] = {
        {MADO_ERROR_NOT_FOUND,
         "List what there is: requests, visits, desk list, operator list."},
        {MADO_ERROR_BUSY,
         "Another program has the database or the service runs: wait, or stop it."},
        {MADO_ERROR_BAD_ARGUMENT, "Correct what is named and run the command again."},
        {MADO_ERROR_BAD_STATE,
         "Look at what is named: it is past the point where this can be done."},
        {MADO_ERROR_CONFIG,
         "Correct the configuration or the file that is named, and who may read it."},
        {MADO_ERROR_JOURNAL,
         "Make room on the disk and see that the database belongs to the service's user."},
        {MADO_ERROR_REALM, "Use training keys and cards for training alone."},
        {MADO_ERROR_PIN_WRONG, "Give the passphrase of this key."},
        {MADO_ERROR_RECEIPT,
         "Keep the database and the desk as they are and look at what is named."},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cures); i++)
        if (cures[i].code == code)
            return cures[i].cure;
    return "See the service's log at the time; keep the number, the time and this text.";
}

int
mado_command_fail(const GError *error)
{
    MadoErrorCode code = mado_error_code(error);

    fprintf(stderr, "madoguchi-central: E%d: %s\n  Cure: %s\n", (int)code,
            error != NULL ? error->message : "unknown failure", find_cure(code));
    return MADO_COMMAND_FAILED;
}

gboolean
mado_command_open(const char *config, MadoCommandCentre *ret_centre, GError **error)
{
    g_auto(MadoCommandCentre) centre = {NULL, NULL};

    centre.settings =
        mado_settings_central_load(config != NULL ? config : DEFAULT_CONFIG, error);
    if (centre.settings == NULL)
        return FALSE;
    centre.store = mado_store_sqlite_open(centre.settings->database, FALSE, error);
    if (centre.store == NULL)
        return FALSE;
    *ret_centre = centre;
    centre = (MadoCommandCentre){NULL, NULL};
    return TRUE;
}

void
mado_command_clear(MadoCommandCentre *centre)
{
    g_clear_pointer(&centre->store, mado_store_close);
    g_clear_pointer(&centre->settings, mado_settings_central_free);
}

/* Echo off for as long as this is in scope; also after Ctrl-C the shell puts it back. */
static gboolean
set_echo(int fd, gboolean on)
{
    struct termios settings;

    if (tcgetattr(fd, &settings) != 0)
        return FALSE;
    if (on)
        settings.c_lflag |= (tcflag_t)ECHO;
    else
        settings.c_lflag &= ~(tcflag_t)ECHO;
    return tcsetattr(fd, TCSAFLUSH, &settings) == 0;
}

static MadoSecret *
read_line(int fd, GError **error)
{
    g_autoptr(MadoSecret) line = mado_secret_new(MAX_SECRET_LEN);
    gsize len = 0;

    while (len < MAX_SECRET_LEN) {
        guint8 *at = mado_secret_peek_writable(line) + len;
        ssize_t n = read(fd, at, 1);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0 || *at == '\n')
            break;
        len++;
    }
    if (len == 0 || len == MAX_SECRET_LEN) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT, "nothing was entered");
        return NULL;
    }
    mado_secret_set_len(line, len);
    return g_steal_pointer(&line);
}

MadoSecret *
mado_command_ask_secret(const char *prompt, int fd, GError **error)
{
    MadoSecret *secret;

    if (fd >= 0)
        return read_line(fd, error);
    if (!isatty(STDIN_FILENO) || !set_echo(STDIN_FILENO, FALSE)) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT,
                    "no terminal to ask on: use --passphrase-fd");
        return NULL;
    }
    fprintf(stderr, "%s: ", prompt);
    secret = read_line(STDIN_FILENO, error);
    set_echo(STDIN_FILENO, TRUE);
    fputc('\n', stderr);
    return secret;
}
