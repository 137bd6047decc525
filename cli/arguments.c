/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/arguments.h"

#include "cli/commands.h"

#include <glib/gi18n.h>

#include <getopt.h>
#include <madoguchi/names.h>
#include <string.h>

/* Values getopt_long returns for options: above every character. */
#define OPTION_BASE 0x100
#define FD_MAX      65535

struct _MadoArguments {
    const MadoCommand *command; /* (nullable) static */
    GPtrArray *strings;         /* owned copies; everything below points into them */
    char **argv;                /* owned array of borrowed strings: getopt_long reorders it */
    const char *values[MADO_N_OPTIONS];
    guint64 given; /* set of MADO_OPTION_BIT */
    GPtrArray *words;
    const char *const *rest; /* (nullable) */
};

GQuark
mado_arguments_error_quark(void)
{
    return g_quark_from_static_string("mado-arguments-error");
}

void
mado_arguments_free(MadoArguments *self)
{
    if (self == NULL)
        return;
    g_free(self->argv);
    g_ptr_array_unref(self->strings);
    g_ptr_array_unref(self->words);
    g_free(self);
}

static gboolean
fail(GError **error, const char *sentence, const char *what)
{
    g_set_error(error, MADO_ARGUMENTS_ERROR, 0, "%s: %s", sentence, what);
    return FALSE;
}

static gboolean
is_word_of(const char *words, const char *word)
{
    g_auto(GStrv) list = g_strsplit(words, " ", -1);

    return g_strv_contains((const char *const *)list, word);
}

static gboolean
take_option(MadoArguments *self, guint option, const char *value, GError **error)
{
    const MadoOptionRow *row = &mado_commands_options()[option];

    if (row->value != NULL && row->words != NULL && !is_word_of(row->words, value)) {
        g_autofree char *what = g_strdup_printf("--%s %s (%s)", row->name, value, row->words);

        return fail(error, _("This option does not take that value"), what);
    }
    if (row->value != NULL && strcmp(row->value, "FD") == 0 &&
        !g_ascii_string_to_unsigned(value, 10, 0, FD_MAX, NULL, NULL))
        return fail(error, _("Not the number of a file descriptor"), row->name);
    self->values[option] = value;
    self->given |= MADO_OPTION_BIT(option);
    return TRUE;
}

/* (transfer full): for getopt_long. */
static struct option *
make_options(void)
{
    const MadoOptionRow *rows = mado_commands_options();
    struct option *options = g_new0(struct option, MADO_N_OPTIONS + 1);

    for (guint i = 0; i < MADO_N_OPTIONS; i++) {
        options[i].name = rows[i].name;
        options[i].has_arg = rows[i].value != NULL ? required_argument : no_argument;
        options[i].val = OPTION_BASE + (int)i;
    }
    return options;
}

/* Parses @argv from its second element on; stops at the first word when @stops_at_word. */
static gboolean
take_options(MadoArguments *self, int argc, char **argv, gboolean stops_at_word, GError **error)
{
    g_autofree struct option *options = make_options();
    const char *mode = stops_at_word ? "+:h" : "-:h";

    optind = 0; /* starts getopt_long afresh */
    opterr = 0;
    for (;;) {
        int found = getopt_long(argc, argv, mode, options, NULL);

        if (found == -1)
            break;
        if (found == ':')
            return fail(error, _("This option needs a value"), argv[optind - 1]);
        if (found == 'h')
            found = OPTION_BASE + MADO_OPTION_HELP;
        if (found == 1)
            g_ptr_array_add(self->words, optarg);
        else if (found < OPTION_BASE)
            return fail(error, _("Unknown option"), argv[optind - 1]);
        else if (!take_option(self, (guint)(found - OPTION_BASE), optarg, error))
            return FALSE;
    }
    for (; !stops_at_word && optind < argc; optind++) /* after "--" */
        g_ptr_array_add(self->words, argv[optind]);
    return TRUE;
}

static gboolean
check_command(const MadoArguments *self, GError **error)
{
    guint64 allowed = self->command->options | mado_commands_global_options();

    for (guint i = 0; i < MADO_N_OPTIONS; i++) {
        if ((self->given & MADO_OPTION_BIT(i)) != 0 && (allowed & MADO_OPTION_BIT(i)) == 0) {
            g_autofree char *what = g_strconcat("--", mado_commands_options()[i].name, NULL);

            return fail(error, _("This command does not take the option"), what);
        }
    }
    if ((self->given & MADO_OPTION_BIT(MADO_OPTION_HELP)) != 0)
        return TRUE;
    if (self->words->len < self->command->n_words_min)
        return fail(error, _("Something is missing after"), self->command->name);
    if (self->words->len > self->command->n_words_max)
        return fail(error, _("Too much on the line"),
                    g_ptr_array_index(self->words, self->command->n_words_max));
    return TRUE;
}

static gboolean
parse(MadoArguments *self, int argc, GError **error)
{
    int at;

    if (!take_options(self, argc, self->argv, TRUE, error))
        return FALSE;
    at = optind;
    if (at >= argc)
        return TRUE;
    self->command = mado_commands_find(self->argv[at]);
    if (self->command == NULL)
        return fail(error, _("Unknown command"), self->argv[at]);
    if (self->command->passes_on) {
        self->rest = (const char *const *)self->argv + at + 1;
        return TRUE;
    }
    return take_options(self, argc - at, self->argv + at, FALSE, error) &&
           check_command(self, error);
}

MadoArguments *
mado_arguments_parse(int argc, char *const *argv, GError **error)
{
    g_autoptr(MadoArguments) self = g_new0(MadoArguments, 1);

    self->words = g_ptr_array_new();
    self->strings = g_ptr_array_new_with_free_func(g_free);
    self->argv = g_new0(char *, (gsize)argc + 1);
    for (int i = 0; i < argc; i++) {
        self->argv[i] = g_strdup(argv[i]);
        g_ptr_array_add(self->strings, self->argv[i]);
    }
    if (!parse(self, argc, error))
        return NULL;
    return g_steal_pointer(&self);
}

const MadoCommand *
mado_arguments_command(const MadoArguments *self)
{
    return self->command;
}

guint
mado_arguments_n_words(const MadoArguments *self)
{
    return self->words->len;
}

const char *
mado_arguments_word(const MadoArguments *self, guint place)
{
    return place < self->words->len ? g_ptr_array_index(self->words, place) : NULL;
}

const char *const *
mado_arguments_rest(const MadoArguments *self)
{
    return self->rest;
}

gboolean
mado_arguments_has(const MadoArguments *self, guint option)
{
    return (self->given & MADO_OPTION_BIT(option)) != 0;
}

const char *
mado_arguments_value(const MadoArguments *self, guint option)
{
    return self->values[option];
}

int
mado_arguments_fd(const MadoArguments *self, guint option)
{
    guint64 fd = 0;

    if (self->values[option] == NULL ||
        !g_ascii_string_to_unsigned(self->values[option], 10, 0, FD_MAX, &fd, NULL))
        return -1;
    return (int)fd;
}

const char *
mado_arguments_config(const MadoArguments *self)
{
    const char *given = self->values[MADO_OPTION_CONFIG];

    if (given == NULL)
        given = g_getenv(MADO_ENV_RELAY_CONFIG);
    return given != NULL ? given : MADO_SYSCONFDIR "/relay.conf";
}
