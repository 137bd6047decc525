/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether a JPKI certificate was issued by a root this desk trusts. All generations of a JPKI
 * root share one name, so the issuer is found by signature and authority key identifier, never
 * by name. Revocation is not checked here. Pure CPU; anchors do not change, any thread.
 */
#pragma once

#include <gio/gio.h>

typedef struct _MadoChainAnchors MadoChainAnchors;

/* (transfer full): one or more certificates in a PEM file. CONFIG. */
MadoChainAnchors *
mado_chain_anchors_load(const char *path, GError **error);
void
mado_chain_anchors_free(MadoChainAnchors *self); /* NULL is allowed */

/*
 * CARD_DATA: not one certificate. CERTIFICATE: no anchor signed it, the anchor may not sign
 * certificates, or certificate or anchor is not valid at @now_ms (ms since 1970 UTC).
 */
gboolean
mado_chain_verify(const MadoChainAnchors *anchors,
                  GBytes *certificate,
                  gint64 now_ms,
                  GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoChainAnchors, mado_chain_anchors_free)
