/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/card/text.h"

#include "daemon/card/file.h"

MadoSecret *
mado_text_number(MadoCard *card, GError **error)
{
    return mado_file_read(card, MADO_AP_TEXT, MADO_EF_TEXT_NUMBER, error);
}

MadoSecret *
mado_text_attributes(MadoCard *card, GError **error)
{
    return mado_file_read(card, MADO_AP_TEXT, MADO_EF_TEXT_ATTRIBUTES, error);
}

MadoSecret *
mado_text_signature(MadoCard *card, GError **error)
{
    return mado_file_read(card, MADO_AP_TEXT, MADO_EF_TEXT_SIGNATURE, error);
}

MadoSecret *
mado_text_certificate(MadoCard *card, GError **error)
{
    return mado_file_read(card, MADO_AP_TEXT, MADO_EF_TEXT_CVC, error);
}
