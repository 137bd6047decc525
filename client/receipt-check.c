/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/receipt-check.h"

#include "common/envelope.h"
#include "common/error.h"
#include "common/key-file.h"
#include "common/receipt.h"

#include <openssl/x509.h>

struct _MadoReceiptCheck {
    MadoPeer *desk; /* owned: known by its certificate */
    guint64 n_verified;
    guint8 head[32]; /* hash of the last one that passed; zeros before the first */
};

MadoReceiptCheck *
mado_receipt_check_new(const char *certificate, GError **error)
{
    X509 *loaded = mado_key_file_load_certificate(certificate, error);
    MadoReceiptCheck *self;

    if (loaded == NULL)
        return NULL;
    self = g_new0(MadoReceiptCheck, 1);
    self->desk = mado_peer_new_pinned(loaded);
    X509_free(loaded);
    return self;
}

void
mado_receipt_check_free(MadoReceiptCheck *self)
{
    if (self == NULL)
        return;
    mado_peer_free(self->desk);
    g_free(self);
}

gboolean
mado_receipt_check_next(MadoReceiptCheck *self, GBytes *cms, GError **error)
{
    g_autoptr(GError) failure = NULL;
    MadoReceipt receipt;

    if (!mado_receipt_open(self->desk, cms, &receipt, NULL, &failure) ||
        !mado_receipt_check_link(&receipt, self->n_verified, self->head, &failure)) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_RECEIPT, "%s", failure->message);
        return FALSE;
    }
    mado_envelope_sha256(g_bytes_get_data(cms, NULL), g_bytes_get_size(cms), self->head);
    self->n_verified = receipt.number;
    return TRUE;
}

guint64
mado_receipt_check_n_verified(const MadoReceiptCheck *self)
{
    return self->n_verified;
}
