/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/commands.h"

#include "cli/cmd-completion.h"
#include "cli/cmd-doctor.h"
#include "cli/cmd-inspect.h"
#include "cli/cmd-pin.h"
#include "cli/cmd-queue.h"
#include "cli/cmd-read.h"
#include "cli/cmd-readers.h"
#include "cli/cmd-receipts.h"
#include "cli/cmd-relay.h"
#include "cli/cmd-training.h"
#include "cli/cmd-visit.h"
#include "cli/cmd-visits.h"
#include "cli/doctor-view.h"
#include "cli/table.h"
#include "cli/visit.h"

#include <glib/gi18n.h>

#include <string.h>

#define BIT(name) MADO_OPTION_BIT(MADO_OPTION_##name)

#define GLOBAL                                                                                 \
    (BIT(JSON) | BIT(READER) | BIT(CONFIG) | BIT(LANG) | BIT(PROGRESS) | BIT(CHECK_CONFIG) |   \
     BIT(HELP) | BIT(VERSION))
#define VISIT (BIT(NUMBER_B_FD) | BIT(PASSPHRASE_FD))

/* In the order of MadoOption. */
static const MadoOptionRow options[MADO_N_OPTIONS] = {
    [MADO_OPTION_JSON] = {"json", NULL, NULL, N_("print one JSON object")},
    [MADO_OPTION_READER] = {"reader", "NAME", NULL,
                            N_("the reader, a part of its name, or its role")},
    [MADO_OPTION_CONFIG] = {"config", "FILE", NULL, N_("relay.conf to use")},
    [MADO_OPTION_LANG] = {"lang", "LANGUAGE", "en ja", N_("language of the texts")},
    [MADO_OPTION_PROGRESS] = {"progress", NULL, NULL,
                              N_("say how far long work is, even without a terminal")},
    [MADO_OPTION_CHECK_CONFIG] = {"check-config", NULL, NULL,
                                  N_("only say whether relay.conf is right")},
    [MADO_OPTION_HELP] = {"help", NULL, NULL, N_("this help, or that of a command")},
    [MADO_OPTION_VERSION] = {"version", NULL, NULL, N_("version of this program")},
    [MADO_OPTION_CREDENTIAL] = {"credential", "KIND", "pin number-a number-b",
                                N_("what opens the files")},
    [MADO_OPTION_NUMBER_A_FD] = {"number-a-fd", "FD", NULL,
                                 N_("descriptor to read number A from")},
    [MADO_OPTION_NUMBER_B_FD] = {"number-b-fd", "FD", NULL,
                                 N_("descriptor to read number B from")},
    [MADO_OPTION_OUT] = {"out", "DIR", NULL, N_("write what was read into this folder")},
    [MADO_OPTION_PINS_FD] = {"pins-fd", "FD", NULL,
                             N_("descriptor with lines KIND=PIN (training only)")},
    [MADO_OPTION_PASSPHRASE_FD] = {"passphrase-fd", "FD", NULL,
                                   N_("descriptor with the operator's passphrase")},
    [MADO_OPTION_DOCUMENTS] = {"documents", "CODES", NULL,
                               N_("identity documents seen, for example A1 or B1+B2")},
    [MADO_OPTION_FACE] = {"face", "DECISION", NULL,
                          N_("same, “doubt: REASON” or “refused: REASON”")},
    [MADO_OPTION_INSPECTED] = {"inspected", NULL, NULL,
                               N_("print and condition of the card were looked at")},
    [MADO_OPTION_ABSENT] = {"absent", NULL, NULL, N_("the resident is not here")},
    [MADO_OPTION_UNDO] = {"undo", NULL, NULL, N_("ask the centre to undo, not to finish")},
    [MADO_OPTION_VERIFY] = {"verify", NULL, NULL, N_("check signatures and chain")},
    [MADO_OPTION_CERTIFICATE] = {"certificate", "FILE", NULL,
                                 N_("the desk's certificate to verify with")},
    [MADO_OPTION_ONCE] = {"once", NULL, NULL, N_("send what waits, then end")},
    [MADO_OPTION_WATCH] = {"watch", NULL, NULL, N_("go on sending until told to stop")},
    [MADO_OPTION_DAY] = {"day", "DAY", NULL, N_("the queue of this day, in either calendar")},
    [MADO_OPTION_READING] = {"reading", "KANA", NULL, N_("how the name begins to be read")},
    [MADO_OPTION_BIRTH] = {"birth", "DAY", NULL, N_("date of birth, in either calendar")},
    [MADO_OPTION_REQUEST] = {"request", "ID", NULL, N_("the request's id")},
    [MADO_OPTION_PURPOSE] = {"purpose", "WORD", "counter prepare contact audit",
                             N_("why you look; it is noted at the centre")},
    [MADO_OPTION_SKIP] = {"skip", "ROWS", NULL, N_("leave out so many rows at the front")},
    [MADO_OPTION_CARD] = {"card", NULL, NULL,
                          N_("also test the card in the reader, read only")},
    [MADO_OPTION_REPEAT] = {"repeat", "N", NULL, N_("how often the card is tested")},
    [MADO_OPTION_VERBOSE] = {"verbose", NULL, NULL, N_("also say what is right")},
    [MADO_OPTION_BIND] =
        {"bind", "ROLE", NULL,
         N_("give the reader's USB port this role (counter, resident, spare …)")},
    [MADO_OPTION_ROOT] = {"root", "DIR", NULL, N_("look at the files of another system")},
};

static const MadoCommand commands[] = {
    {.name = "readers",
     .synopsis = "[--bind ROLE [READER]]",
     .help = N_("list the card readers"),
     .options = BIT(BIND),
     .n_words_max = 1,
     .run = mado_cmd_readers_run,
     .show = mado_cmd_readers_show},
    {.name = "doctor",
     .synopsis = "",
     .help = N_("find what is wrong with this desk, and the cure"),
     .options = BIT(CARD) | BIT(REPEAT) | BIT(VERBOSE) | BIT(ROOT),
     .run = mado_cmd_doctor_run,
     .show = mado_doctor_view_show,
     .exit = mado_cmd_doctor_exit},
    {.name = "inspect",
     .synopsis = "",
     .help = N_("say what a card is and allows, without a PIN"),
     .run = mado_cmd_inspect_run,
     .show = mado_cmd_inspect_show},
    {.name = "read",
     .synopsis = "[attributes] [number] [face] [picture] [certificates] [sign-certificate]",
     .words = "attributes number face picture certificates sign-certificate",
     .help = N_("read files of a card and check their signatures"),
     .options = BIT(CREDENTIAL) | BIT(NUMBER_A_FD) | BIT(NUMBER_B_FD) | BIT(OUT) | BIT(PINS_FD),
     .n_words_max = 5,
     .run = mado_cmd_read_run,
     .show = mado_cmd_read_show},
    {.name = "pin",
     .synopsis = "status | change sign|auth|juki|text",
     .words = "status change sign auth juki text",
     .help = N_("show the tries left, or let the holder change a PIN"),
     .options = BIT(PINS_FD),
     .n_words_min = 1,
     .n_words_max = 2,
     .run = mado_cmd_pin_run,
     .show = mado_cmd_pin_show},
    {.name = "queue",
     .synopsis = "",
     .help = N_("show today's queue"),
     .options = BIT(PASSPHRASE_FD) | BIT(DAY) | BIT(PURPOSE) | BIT(SKIP),
     .run = mado_cmd_queue_run,
     .show = mado_cmd_queue_show},
    {.name = "search",
     .synopsis = "",
     .help = N_("search for a request by reading, date of birth or id"),
     .options = BIT(PASSPHRASE_FD) | BIT(READING) | BIT(BIRTH) | BIT(REQUEST) | BIT(PURPOSE) |
                BIT(SKIP),
     .run = mado_cmd_queue_search,
     .show = mado_cmd_queue_show},
    {.name = "prepare",
     .synopsis = "REQUEST",
     .help = N_("prepare a card before the resident comes"),
     .options = VISIT | BIT(INSPECTED),
     .n_words_min = 1,
     .n_words_max = 1,
     .run = mado_cmd_visit_prepare,
     .show = mado_visit_show},
    {.name = "issue",
     .synopsis = "REQUEST",
     .help = N_("issue a card to the resident at the desk"),
     .options = VISIT | BIT(DOCUMENTS) | BIT(FACE) | BIT(PINS_FD),
     .n_words_min = 1,
     .n_words_max = 1,
     .run = mado_cmd_visit_issue,
     .show = mado_visit_show},
    {.name = "visits",
     .synopsis = "",
     .help = N_("list the visits that are open or on hold"),
     .run = mado_cmd_visits_run,
     .show = mado_cmd_visits_show},
    {.name = "resume",
     .synopsis = "[VISIT]",
     .help = N_("continue a visit with its card in the reader"),
     .options = VISIT | BIT(DOCUMENTS) | BIT(FACE) | BIT(INSPECTED) | BIT(PINS_FD) |
                BIT(ABSENT) | BIT(UNDO),
     .n_words_max = 1,
     .run = mado_cmd_visit_resume,
     .show = mado_visit_show},
    {.name = "receipts",
     .synopsis = "",
     .help = N_("list the signed records of this desk"),
     .options = BIT(VERIFY) | BIT(CERTIFICATE),
     .run = mado_cmd_receipts_run,
     .show = mado_cmd_receipts_show},
    {.name = "relay",
     .synopsis = "",
     .help = N_("send waiting records to the centre"),
     .options = BIT(ONCE) | BIT(WATCH),
     .run = mado_cmd_relay_run,
     .show = mado_cmd_relay_show},
    {.name = "training",
     .synopsis = "…",
     .words = "make-card insert remove knob fault show",
     .help = N_("keep training cards: passes everything to madoguchi-training"),
     .passes_on = TRUE,
     .run = mado_cmd_training_run},
    {.name = "completion",
     .synopsis = "",
     .help = N_("print the completion for bash"),
     .run = mado_cmd_completion_run,
     .show = mado_cmd_completion_show},
};

const MadoOptionRow *
mado_commands_options(void)
{
    return options;
}

const MadoCommand *
mado_commands_all(gsize *ret_n_commands)
{
    *ret_n_commands = G_N_ELEMENTS(commands);
    return commands;
}

const MadoCommand *
mado_commands_find(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

guint64
mado_commands_global_options(void)
{
    return GLOBAL;
}

static void
print_options(guint64 set)
{
    g_autoptr(MadoTable) table = mado_table_new(2);

    for (guint i = 0; i < MADO_N_OPTIONS; i++) {
        g_autofree char *name = NULL;
        const char *cells[] = {NULL, _(options[i].help)};

        if ((set & MADO_OPTION_BIT(i)) == 0)
            continue;
        name =
            g_strdup_printf("  --%s%s%s", options[i].name, options[i].value != NULL ? " " : "",
                            options[i].value != NULL ? options[i].value : "");
        cells[0] = name;
        mado_table_add(table, cells);
    }
    mado_table_print(table);
}

void
mado_commands_print_help(const MadoCommand *command)
{
    g_autoptr(MadoTable) table = mado_table_new(2);

    if (command != NULL) {
        g_print("%s madoguchictl %s %s\n  %s\n\n", _("Usage:"), command->name,
                command->synopsis, _(command->help));
        print_options(command->options | GLOBAL);
        return;
    }
    g_print("%s madoguchictl [OPTION…] COMMAND …\n\n", _("Usage:"));
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
        g_autofree char *name = g_strconcat("  ", commands[i].name, NULL);
        const char *cells[] = {name, _(commands[i].help)};

        mado_table_add(table, cells);
    }
    mado_table_print(table);
    g_print("\n");
    print_options(GLOBAL);
    g_print("\n%s\n", _("madoguchictl(1) has the exit codes and examples."));
}
