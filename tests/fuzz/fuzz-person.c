/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The input is a person as the daemon hands it to a client. */
#include "config.h"

#include "common/body-person.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>

static void
check_text(const char *text)
{
    if (text == NULL || !g_utf8_validate(text, -1, NULL))
        abort();
    for (const char *at = text; *at != '\0'; at++) {
        if (g_ascii_iscntrl(*at))
            abort();
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    g_auto(MadoBodyPerson) person = {0};

    if (!mado_body_person_parse(data, len, &person, NULL))
        return 0;
    check_text(person.name);
    check_text(person.kana);
    check_text(person.birth);
    check_text(person.sex);
    check_text(person.address);
    return 0;
}
