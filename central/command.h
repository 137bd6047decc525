/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The subcommands of madoguchi-central and what they share. Each returns an exit status. */
#pragma once

#include "central/settings-central.h"
#include "central/store.h"
#include "common/secret.h"

#define MADO_COMMAND_DONE   0
#define MADO_COMMAND_FAILED 1
#define MADO_COMMAND_USAGE  2

typedef struct {
    const char *name;
    const char *arguments; /* for --help */
    const char *summary;
    int (*run)(const char *usage, int argc, char **argv);
} MadoCommandRow;

/* (transfer none), ends with name NULL. */
const MadoCommandRow *
mado_command_rows(void);

/* Parses @argv (argv[0] is the subcommand) and removes what it took. FALSE: printed. */
gboolean
mado_command_parse(const char *usage, const GOptionEntry *entries, int *argc, char ***argv);
int
mado_command_usage(const char *usage);
/* Prints the error; MADO_COMMAND_FAILED. */
int
mado_command_fail(const GError *error);

/* Configuration and database of a command that works on them. */
typedef struct {
    MadoSettingsCentral *settings; /* owned */
    MadoStore *store;              /* owned */
} MadoCommandCentre;

gboolean
mado_command_open(const char *config, MadoCommandCentre *ret_centre, GError **error);
void
mado_command_clear(MadoCommandCentre *centre);

/* (transfer full): a line from descriptor @fd, or typed without echo when @fd is -1. */
MadoSecret *
mado_command_ask_secret(const char *prompt, int fd, GError **error);

/* The rows' functions. */
int
mado_command_init(const char *usage, int argc, char **argv);
int
mado_command_serve(const char *usage, int argc, char **argv);
int
mado_command_import(const char *usage, int argc, char **argv);
int
mado_command_requests(const char *usage, int argc, char **argv);
int
mado_command_visits(const char *usage, int argc, char **argv);
int
mado_command_receipts(const char *usage, int argc, char **argv);
int
mado_command_looks(const char *usage, int argc, char **argv);
int
mado_command_desk(const char *usage, int argc, char **argv);
int
mado_command_operator(const char *usage, int argc, char **argv);
int
mado_command_backup(const char *usage, int argc, char **argv);
int
mado_command_restore(const char *usage, int argc, char **argv);
int
mado_command_personalise(const char *usage, int argc, char **argv);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MadoCommandCentre, mado_command_clear)
