/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/desk.h"

#include "common/error.h"
#include "common/realm.h"
#include "common/settings.h"

#include <madoguchi/names.h>

static const MadoSettingRow rows[] = {
    {"desk", "realm", MADO_SETTING_CHOICE, TRUE, NULL, "training|production",
     "realm of this desk, fixed at enrolment"},
    {"desk", "terminal", MADO_SETTING_STRING, FALSE, NULL, NULL,
     "the desk's id at the centre; empty before enrolment"},
    {"desk", "journal", MADO_SETTING_PATH, FALSE, NULL, NULL,
     "the journal's file; its folder must be the daemon's own"},
    {"keys", "sign-key", MADO_SETTING_PATH, FALSE, NULL, NULL, "signing key, PEM, mode 0600"},
    {"keys", "sign-cert", MADO_SETTING_PATH, FALSE, NULL, NULL, "its certificate, PEM"},
    {"keys", "decrypt-key", MADO_SETTING_PATH, FALSE, NULL, NULL,
     "decryption key, PEM, mode 0600"},
    {"keys", "decrypt-cert", MADO_SETTING_PATH, FALSE, NULL, NULL, "its certificate, PEM"},
    {"centre", "encrypt-cert", MADO_SETTING_PATH, FALSE, NULL, NULL,
     "certificate to encrypt messages to, PEM"},
    {"centre", "anchor", MADO_SETTING_PATH, FALSE, NULL, NULL,
     "CA of the centre's message signer, PEM"},
    {"centre", "signer-cn", MADO_SETTING_STRING, FALSE, "centre", NULL,
     "common name of the centre's message signer"},
    {"anchors", "face", MADO_SETTING_PATH, FALSE, NULL, NULL,
     "folder of the keys that certify face data, <key id>.pem"},
    {"anchors", "jpki-auth", MADO_SETTING_PATH, FALSE, NULL, NULL,
     "roots of user authentication certificates, PEM"},
    {"anchors", "jpki-sign", MADO_SETTING_PATH, FALSE, NULL, NULL,
     "roots of signature certificates, PEM"},
    {"limits", "unpower-after-ms", MADO_SETTING_UINT, FALSE, "60000", "1000..600000",
     "a visit that waits this long has its card powered down"},
    {"log", "level", MADO_SETTING_CHOICE, FALSE, "info", "debug|info|message|warning",
     "least important line that is logged"},
    {NULL, NULL, MADO_SETTING_STRING, FALSE, NULL, NULL, NULL},
};

static gboolean
load_enrolment(MadoDesk *self, const MadoSettings *settings, GError **error)
{
    const char *sign_key = mado_settings_string(settings, "keys", "sign-key");
    const char *sign_cert = mado_settings_string(settings, "keys", "sign-cert");
    const char *decrypt_key = mado_settings_string(settings, "keys", "decrypt-key");
    const char *decrypt_cert = mado_settings_string(settings, "keys", "decrypt-cert");
    const char *encrypt_cert = mado_settings_string(settings, "centre", "encrypt-cert");
    const char *anchor = mado_settings_string(settings, "centre", "anchor");

    if (self->terminal[0] == '\0')
        return TRUE;
    if (self->journal_path == NULL || sign_key == NULL || sign_cert == NULL ||
        decrypt_key == NULL || decrypt_cert == NULL || encrypt_cert == NULL || anchor == NULL) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CONFIG,
                            "a desk with a terminal id needs [desk] journal, all of [keys] and "
                            "[centre] encrypt-cert and anchor");
        return FALSE;
    }
    self->identity = mado_identity_load(sign_key, sign_cert, decrypt_key, decrypt_cert, error);
    if (self->identity == NULL)
        return FALSE;
    self->centre = mado_peer_load(encrypt_cert, anchor,
                                  mado_settings_string(settings, "centre", "signer-cn"), error);
    return self->centre != NULL;
}

static gboolean
load_anchors(MadoDesk *self, const MadoSettings *settings, GError **error)
{
    const char *face = mado_settings_string(settings, "anchors", "face");
    const char *jpki_auth = mado_settings_string(settings, "anchors", "jpki-auth");
    const char *jpki_sign = mado_settings_string(settings, "anchors", "jpki-sign");

    if (face != NULL && (self->face = mado_cvc_anchors_load(face, self->realm, error)) == NULL)
        return FALSE;
    if (jpki_auth != NULL &&
        (self->jpki_auth = mado_chain_anchors_load(jpki_auth, error)) == NULL)
        return FALSE;
    if (jpki_sign != NULL &&
        (self->jpki_sign = mado_chain_anchors_load(jpki_sign, error)) == NULL)
        return FALSE;
    return TRUE;
}

MadoDesk *
mado_desk_load(const char *config_path, GError **error)
{
    g_autoptr(MadoSettings) settings = mado_settings_load(config_path, rows, error);
    g_autoptr(MadoDesk) self = g_new0(MadoDesk, 1);
    const char *terminal;

    if (settings == NULL)
        return NULL;
    self->clock = mado_clock_system();
    /* The table of settings takes no other name. */
    (void)mado_realm_from_name(mado_settings_string(settings, "desk", "realm"), &self->realm);
    terminal = mado_settings_string(settings, "desk", "terminal");
    self->terminal = g_strdup(terminal == NULL ? "" : terminal);
    self->journal_path = g_strdup(mado_settings_string(settings, "desk", "journal"));
    self->log_level = g_strdup(mado_settings_string(settings, "log", "level"));
    self->unpower_after_ms = (guint)mado_settings_uint(settings, "limits", "unpower-after-ms");
    if (!load_enrolment(self, settings, error) || !load_anchors(self, settings, error))
        return NULL;
    return g_steal_pointer(&self);
}

void
mado_desk_free(MadoDesk *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->identity, mado_identity_free);
    g_clear_pointer(&self->centre, mado_peer_free);
    mado_cvc_anchors_free(self->face);
    mado_chain_anchors_free(self->jpki_auth);
    mado_chain_anchors_free(self->jpki_sign);
    g_free(self->terminal);
    g_free(self->journal_path);
    g_free(self->log_level);
    g_free(self);
}

gboolean
mado_desk_is_enrolled(const MadoDesk *self)
{
    return self->identity != NULL;
}
