/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "gui/resident/languages.h"

#include <libintl.h>
#include <locale.h>
#include <madoguchi/names.h>
#include <string.h>

#define DOMAIN "madoguchi-resident"

static const MadoLanguages rows[] = {
    {"ja", "日本語", "ja", "ja", "mado-lang-ja"},
    {"ja@easy", "やさしい日本語", "ja@easy:ja", "ja", "mado-lang-ja"},
    {"en", "English", "en", "en", "mado-lang-en"},
    {"zh_CN", "简体中文", "zh_CN", "zh-cn", "mado-lang-zh"},
    {"ko", "한국어", "ko", "ko", "mado-lang-ko"},
    {"vi", "Tiếng Việt", "vi", "vi", "mado-lang-en"},
    {"pt_BR", "Português", "pt_BR", "pt-br", "mado-lang-en"},
};

const MadoLanguages *
mado_languages_all(gsize *ret_n)
{
    *ret_n = G_N_ELEMENTS(rows);
    return rows;
}

const MadoLanguages *
mado_languages_find(const char *code)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        if (strcmp(rows[i].code, code) == 0)
            return &rows[i];
    return NULL;
}

void
mado_languages_init(void)
{
    const char *folder = g_getenv(MADO_ENV_LOCALE_DIR);

    /* Needs no locale generated on the desk; gettext looks at LANGUAGE in every one but C. */
    setlocale(LC_ALL, "C.UTF-8");
    bindtextdomain(DOMAIN, folder != NULL ? folder : MADO_LOCALEDIR);
    bind_textdomain_codeset(DOMAIN, "UTF-8");
    /* What both applications share speaks from the catalogue of the whole. */
    bindtextdomain(GETTEXT_PACKAGE, folder != NULL ? folder : MADO_LOCALEDIR);
    bind_textdomain_codeset(GETTEXT_PACKAGE, "UTF-8");
}

void
mado_languages_use(const MadoLanguages *language)
{
    g_setenv("LANGUAGE", language->order, TRUE);
    /* What gettext found before is looked up anew after this call. */
    textdomain(GETTEXT_PACKAGE);
}

const char *
mado_languages_text(const char *text)
{
    return dgettext(DOMAIN, text);
}

const char *
mado_languages_plural(const char *one, const char *many, guint n)
{
    return dngettext(DOMAIN, one, many, n);
}
