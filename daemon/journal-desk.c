/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The journal of an enrolled desk: its keys sign receipts and open acknowledgements. */
#include "config.h"

#include "common/body-receipt.h"
#include "common/envelope.h"
#include "daemon/journal.h"

#include <string.h>

static GBytes *
seal_receipt(const MadoReceipt *receipt, GBytes *body, gconstpointer data, GError **error)
{
    const MadoDesk *desk = data;
    g_autoptr(GBytes) plain = mado_receipt_format(receipt, body, error);
    gsize len;
    const guint8 *bytes;

    if (plain == NULL)
        return NULL;
    bytes = g_bytes_get_data(plain, &len);
    return mado_envelope_sign(desk->identity, bytes, len, error);
}

static MadoSecret *
open_answer(GBytes *cms, gconstpointer data, GError **error)
{
    const MadoDesk *desk = data;

    return mado_envelope_open(desk->identity, desk->centre, cms, NULL, error);
}

static GBytes *
encrypt_body(const MadoSecret *body, gconstpointer data, GError **error)
{
    const MadoDesk *desk = data;

    return mado_envelope_encrypt(desk->centre, body, error);
}

MadoJournal *
mado_journal_open(const MadoDesk *desk,
                  void (*on_backlog)(guint n_receipts, gpointer user_data),
                  gpointer user_data,
                  GError **error)
{
    guint8 key_id[32];
    const MadoJournalSettings settings = {
        .path = desk->journal_path,
        .realm = desk->realm,
        .terminal = desk->terminal,
        .clock = desk->clock,
        .key_id = key_id,
        .seal = seal_receipt,
        .open = open_answer,
        .encrypt = encrypt_body,
        .data = desk,
        .on_backlog = on_backlog,
        .user_data = user_data,
    };

    mado_identity_key_id(desk->identity, key_id);
    return mado_journal_start(&settings, error);
}
