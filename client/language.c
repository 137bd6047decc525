/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/language.h"

#include <libintl.h>
#include <locale.h>
#include <madoguchi/names.h>
#include <string.h>

void
mado_language_init(const char *language)
{
    const char *messages;
    const char *folder;

    if (language != NULL)
        g_setenv("LANGUAGE", language, TRUE);
    setlocale(LC_ALL, "");
    messages = setlocale(LC_MESSAGES, NULL);
    if (messages == NULL || strcmp(messages, "C") == 0 || strcmp(messages, "POSIX") == 0) {
        setlocale(LC_CTYPE, "C.UTF-8");
        /* gettext looks at LANGUAGE in every locale but C. */
        if (language != NULL)
            setlocale(LC_MESSAGES, "C.UTF-8");
    }
    folder = g_getenv(MADO_ENV_LOCALE_DIR);
    bindtextdomain(GETTEXT_PACKAGE, folder != NULL ? folder : MADO_LOCALEDIR);
    bind_textdomain_codeset(GETTEXT_PACKAGE, "UTF-8");
    textdomain(GETTEXT_PACKAGE);
}

const char *
mado_language_named(int argc, char *const *argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--lang") == 0 && i + 1 < argc)
            return argv[i + 1];
        if (g_str_has_prefix(argv[i], "--lang="))
            return argv[i] + strlen("--lang=");
    }
    return NULL;
}
