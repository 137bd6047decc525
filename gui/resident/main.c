/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The resident's screen: the daemon's PIN agent. */
#include "config.h"

#include "common/log.h"
#include "gui/resident/application.h"
#include "gui/resident/standing.h"

int
main(int argc, char **argv)
{
    g_autoptr(MadoResidentApplication) application = NULL;
    int status;

    mado_standing_harden(mado_resident_application_is_training(argc, argv));
    mado_log_init("madoguchi-resident", "message");
    application = mado_resident_application_new();
    status = g_application_run(G_APPLICATION(application), argc, argv);
    return status != 0 ? status : mado_resident_application_status(application);
}
