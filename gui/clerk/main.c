/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The clerk's counter application. */
#include "config.h"

#include "client/language.h"
#include "gui/clerk/application.h"

int
main(int argc, char **argv)
{
    g_autoptr(MadoApplication) application = NULL;

    mado_language_init(mado_language_named(argc, argv));
    application = mado_application_new();
    return g_application_run(G_APPLICATION(application), argc, argv);
}
