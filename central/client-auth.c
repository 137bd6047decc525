/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/client-auth.h"

#include "common/envelope.h"
#include "common/error.h"

#include <gnutls/x509.h>
#include <openssl/x509.h>

#include <string.h>

static gboolean
refuse(GError **error, const char *why)
{
    g_set_error_literal(error, MADO_PROBLEM_DOMAIN, MADO_PROBLEM_TERMINAL, why);
    return FALSE;
}

/* Both the call and the status word have to be good. */
static gboolean
check_chain(gnutls_session_t session, GError **error)
{
    unsigned char purpose[] = GNUTLS_KP_TLS_WWW_CLIENT;
    gnutls_typed_vdata_st data = {
        .type = GNUTLS_DT_KEY_PURPOSE_OID, .data = purpose, .size = 0};
    unsigned status = 0;

    if (gnutls_certificate_verify_peers(session, &data, 1, &status) != GNUTLS_E_SUCCESS)
        return refuse(error, "the client certificate cannot be verified");
    if ((status & GNUTLS_CERT_EXPIRED) != 0)
        return refuse(error, "the client certificate is expired");
    if (status != 0)
        return refuse(error, "the client certificate is not one of ours");
    return TRUE;
}

static gboolean
check_name(const gnutls_datum_t *der, const char *id, GError **error)
{
    const unsigned char *at = der->data;
    X509 *certificate = d2i_X509(NULL, &at, (long)der->size);
    g_autofree char *cn = certificate != NULL ? mado_peer_common_name(certificate) : NULL;

    X509_free(certificate);
    return g_strcmp0(cn, id) == 0 ||
           refuse(error, "the client certificate names another terminal");
}

static gboolean
check_register(const MadoTerminalRecord *terminal, const gnutls_datum_t *der, GError **error)
{
    guint8 hash[32];

    if (terminal->is_revoked)
        return refuse(error, "the terminal is revoked");
    mado_envelope_sha256(der->data, der->size, hash);
    return memcmp(hash, terminal->tls_hash, sizeof hash) == 0 ||
           refuse(error, "the client certificate was replaced or revoked");
}

MadoTerminalRecord *
mado_client_auth_check(gnutls_session_t session,
                       MadoStore *store,
                       const char *id,
                       GError **error)
{
    unsigned n_certificates = 0;
    const gnutls_datum_t *certificates = gnutls_certificate_get_peers(session, &n_certificates);
    g_autoptr(MadoTerminalRecord) terminal = NULL;
    g_autoptr(GError) found = NULL;

    if (certificates == NULL || n_certificates == 0) {
        refuse(error, "no client certificate");
        return NULL;
    }
    if (!check_chain(session, error) || !check_name(&certificates[0], id, error))
        return NULL;
    terminal = store->ops->get_terminal(store, id, &found);
    if (terminal == NULL && !g_error_matches(found, MADO_ERROR, MADO_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&found));
        return NULL;
    }
    if (terminal == NULL) {
        refuse(error, "the terminal is not enrolled");
        return NULL;
    }
    return check_register(terminal, &certificates[0], error) ? g_steal_pointer(&terminal)
                                                             : NULL;
}
