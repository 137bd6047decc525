/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one table of commands and options. The command line is parsed by it, --help is printed
 * from it, shell completion is generated from it, and a test compares the manual with it.
 */
#pragma once

#include "cli/arguments.h"

#include <json-glib/json-glib.h>

/* Options; each has a row in the table of mado_commands_options(). */
typedef enum {
    MADO_OPTION_JSON,
    MADO_OPTION_READER,
    MADO_OPTION_CONFIG,
    MADO_OPTION_LANG,
    MADO_OPTION_PROGRESS,
    MADO_OPTION_CHECK_CONFIG,
    MADO_OPTION_HELP,
    MADO_OPTION_VERSION,
    MADO_OPTION_CREDENTIAL,
    MADO_OPTION_NUMBER_A_FD,
    MADO_OPTION_NUMBER_B_FD,
    MADO_OPTION_OUT,
    MADO_OPTION_PINS_FD,
    MADO_OPTION_PASSPHRASE_FD,
    MADO_OPTION_DOCUMENTS,
    MADO_OPTION_FACE,
    MADO_OPTION_INSPECTED,
    MADO_OPTION_ABSENT,
    MADO_OPTION_UNDO,
    MADO_OPTION_VERIFY,
    MADO_OPTION_CERTIFICATE,
    MADO_OPTION_ONCE,
    MADO_OPTION_WATCH,
    MADO_OPTION_DAY,
    MADO_OPTION_READING,
    MADO_OPTION_BIRTH,
    MADO_OPTION_REQUEST,
    MADO_OPTION_PURPOSE,
    MADO_OPTION_SKIP,
    MADO_OPTION_CARD,
    MADO_OPTION_REPEAT,
    MADO_OPTION_VERBOSE,
    MADO_OPTION_ROOT,
    MADO_OPTION_BIND,
    MADO_N_OPTIONS
} MadoOption;

#define MADO_OPTION_BIT(option) (G_GUINT64_CONSTANT(1) << (option))

typedef struct {
    const char *name;  /* without the dashes */
    const char *value; /* (nullable) what stands for its value; NULL: a flag */
    const char
        *words; /* (nullable) possible values, a space between: for completion and checks */
    const char *help; /* translated when shown */
} MadoOptionRow;

/*
 * Runs a command. TRUE: *result is complete. FALSE with @error; what @result holds by then is
 * true and is shown all the same. Prints nothing on the standard output.
 */
typedef gboolean (*MadoCommandRun)(const MadoArguments *arguments,
                                   JsonObject *result,
                                   GError **error);
/* Prints @result for people, on the standard output. */
typedef void (*MadoCommandShow)(JsonObject *result);

/* What a run that succeeded has to say by its exit code. */
typedef int (*MadoCommandExit)(JsonObject *result);

typedef struct _MadoCommand {
    const char *name;
    const char *synopsis; /* its words, as the manual writes them; "" when there are none */
    const char *words;    /* (nullable) possible first words, for completion */
    const char *help;     /* translated when shown */
    guint64 options;      /* set of MADO_OPTION_BIT, besides the global ones */
    guint n_words_min;
    guint n_words_max;
    gboolean passes_on; /* everything after the name belongs to another program */
    MadoCommandRun run;
    MadoCommandShow show; /* (nullable): prints nothing for people */
    MadoCommandExit exit; /* (nullable): exit code of a run that succeeded, else 0 */
} MadoCommand;

/* (transfer none): MADO_N_OPTIONS rows. */
const MadoOptionRow *
mado_commands_options(void);
/* (transfer none): *ret_n_commands rows, in the order of the manual. */
const MadoCommand *
mado_commands_all(gsize *ret_n_commands);
/* (transfer none) (nullable). */
const MadoCommand *
mado_commands_find(const char *name);
/* The options every command takes. */
guint64
mado_commands_global_options(void);
/* Prints --help: of @command, or of the program when it is NULL. */
void
mado_commands_print_help(const MadoCommand *command);
