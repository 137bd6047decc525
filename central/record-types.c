/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/record-types.h"

void
mado_record_types_free_request(MadoRequestRecord *record)
{
    if (record == NULL)
        return;
    g_clear_pointer(&record->person, g_bytes_unref);
    g_clear_pointer(&record->photo, g_bytes_unref);
    g_free(record);
}

void
mado_record_types_free_certificate(MadoCertificateRecord *record)
{
    if (record == NULL)
        return;
    g_clear_pointer(&record->csr, g_bytes_unref);
    g_clear_pointer(&record->cmp_request, g_bytes_unref);
    g_clear_pointer(&record->cmp_nonce, g_bytes_unref);
    g_clear_pointer(&record->der, g_bytes_unref);
    g_free(record);
}

void
mado_record_types_free_decision(MadoDecisionRecord *record)
{
    if (record == NULL)
        return;
    g_clear_pointer(&record->bytes, g_bytes_unref);
    g_clear_pointer(&record->signature, g_bytes_unref);
    g_free(record);
}

void
mado_record_types_free_answer(MadoAnswerRecord *record)
{
    if (record == NULL)
        return;
    g_clear_pointer(&record->answer, g_bytes_unref);
    g_free(record);
}

void
mado_record_types_free_receipt(MadoReceiptRecord *record)
{
    if (record == NULL)
        return;
    g_clear_pointer(&record->cms, g_bytes_unref);
    g_free(record);
}

void
mado_record_types_free_terminal(MadoTerminalRecord *record)
{
    if (record == NULL)
        return;
    g_clear_pointer(&record->sign_cert, g_bytes_unref);
    g_clear_pointer(&record->encrypt_cert, g_bytes_unref);
    g_free(record);
}

void
mado_record_types_free_operator(MadoOperatorRecord *record)
{
    if (record == NULL)
        return;
    g_clear_pointer(&record->public_key, g_bytes_unref);
    g_free(record);
}
