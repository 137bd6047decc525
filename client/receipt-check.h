/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Receipts verified without the daemon's word (protocol.md 7): the signature by the desk's own
 * certificate, number and hash of the one before. Everything in a receipt is hostile until
 * then.
 */
#pragma once

#include <gio/gio.h>

typedef struct _MadoReceiptCheck MadoReceiptCheck;

/* (transfer full): @certificate is a PEM file, the desk's signing certificate. Error: CONFIG.
 */
MadoReceiptCheck *
mado_receipt_check_new(const char *certificate, GError **error);
void
mado_receipt_check_free(MadoReceiptCheck *self); /* NULL is allowed */

/* The next receipt of the chain, from its first on. Error: RECEIPT (signature, form, gap,
 * break).
 */
gboolean
mado_receipt_check_next(MadoReceiptCheck *self, GBytes *cms, GError **error);
/* Receipts that passed so far, without a gap from number 1. */
guint64
mado_receipt_check_n_verified(const MadoReceiptCheck *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoReceiptCheck, mado_receipt_check_free)
