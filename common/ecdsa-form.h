/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one spelling of an ECDSA P-256 signature. (r, s) and (r, n - s) both verify, so whoever
 * carries a signed receipt could change its bytes, and with them its hash, and make a fork of
 * it. We sign with the smaller s and take nothing else.
 */
#pragma once

#include <glib.h>

/* (transfer full) (nullable): the same signature with the smaller s; NULL when @der is no DER
 * ECDSA-Sig-Value of P-256. */
GBytes *
mado_ecdsa_form_lower(const guint8 *der, gsize len);
/* Whether @der is already what _lower() makes of it. */
gboolean
mado_ecdsa_form_is_low(const guint8 *der, gsize len);
