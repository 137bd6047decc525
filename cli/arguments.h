/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line, parsed by the table in commands.h. */
#pragma once

#include <glib.h>

typedef struct _MadoCommand MadoCommand;
typedef struct _MadoArguments MadoArguments;

#define MADO_ARGUMENTS_ERROR (mado_arguments_error_quark())
GQuark
mado_arguments_error_quark(void);

/* (transfer full) (nullable). @argv is not kept. Error: MADO_ARGUMENTS_ERROR, its message
 * translated and fit to be shown. */
MadoArguments *
mado_arguments_parse(int argc, char *const *argv, GError **error);
void
mado_arguments_free(MadoArguments *self); /* NULL is allowed */

/* (transfer none) (nullable): NULL when no command was named. */
const MadoCommand *
mado_arguments_command(const MadoArguments *self);
guint
mado_arguments_n_words(const MadoArguments *self);
/* (transfer none) (nullable): NULL beyond the last one. */
const char *
mado_arguments_word(const MadoArguments *self, guint place);
/* (transfer none): what stands after a command that passes everything on; NULL-terminated. */
const char *const *
mado_arguments_rest(const MadoArguments *self);

/* @option: a MadoOption. */
gboolean
mado_arguments_has(const MadoArguments *self, guint option);
/* (transfer none) (nullable): its value. */
const char *
mado_arguments_value(const MadoArguments *self, guint option);
/* A file descriptor given as value; -1 when the option is absent. */
int
mado_arguments_fd(const MadoArguments *self, guint option);

/* (transfer none): relay.conf, as given or where it is installed. */
const char *
mado_arguments_config(const MadoArguments *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoArguments, mado_arguments_free)
