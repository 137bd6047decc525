/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The certificates of one visit: a CMP exchange per slot, all of the set or none. */
#include "config.h"

#include "common/envelope.h"
#include "common/error.h"
#include "daemon/visit-state.h"

#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include <madoguchi/names.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CERTIFICATEPOLICIES, CERTIFICATEPOLICIES_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ASN1_OBJECT, ASN1_OBJECT_free)

static const char *
policy_of_slot(MadoSlot slot, MadoRealmCode realm)
{
    if (realm == MADO_REALM_CODE_PRODUCTION)
        return slot == MADO_SLOT_SIGN ? MADO_POLICY_PRODUCTION_SIGN
                                      : MADO_POLICY_PRODUCTION_AUTH;
    return slot == MADO_SLOT_SIGN ? MADO_POLICY_TRAINING_SIGN : MADO_POLICY_TRAINING_AUTH;
}

static gboolean
has_policy(X509 *certificate, const char *policy)
{
    g_autoptr(CERTIFICATEPOLICIES) policies =
        X509_get_ext_d2i(certificate, NID_certificate_policies, NULL, NULL);
    g_autoptr(ASN1_OBJECT) wanted = OBJ_txt2obj(policy, 1);

    for (int i = 0; wanted != NULL && i < sk_POLICYINFO_num(policies); i++)
        if (OBJ_cmp(sk_POLICYINFO_value(policies, i)->policyid, wanted) == 0)
            return TRUE;
    return FALSE;
}

static gboolean
check_certificate(X509 *certificate, MadoSlot slot, gconstpointer user_data, GError **error)
{
    const MadoVisit *self = user_data;
    unsigned char *der = NULL;
    int len = i2d_X509(certificate, &der);
    g_autoptr(GBytes) bytes = NULL;

    if (len <= 0 || len > MADO_LIMIT_CERTIFICATE_LEN) {
        OPENSSL_free(der);
        return mado_error_set_openssl(error, MADO_ERROR_CERTIFICATE, "the new certificate");
    }
    bytes = g_bytes_new(der, (gsize)len);
    OPENSSL_free(der);
    if (!mado_chain_verify(slot == MADO_SLOT_SIGN ? self->desk->jpki_sign
                                                  : self->desk->jpki_auth,
                           bytes, mado_clock_wall_ms(self->desk->clock), error))
        return FALSE;
    if ((X509_get_key_usage(certificate) & X509v3_KU_DIGITAL_SIGNATURE) != 0 &&
        has_policy(certificate, policy_of_slot(slot, self->desk->realm)))
        return TRUE;
    g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CERTIFICATE,
                        "the new certificate has another use or policy than its slot");
    return FALSE;
}

static gboolean
request_certificate(MadoVisit *self, MadoSlot slot, GError **error)
{
    guint index = mado_visit_slot_index(slot);
    const MadoCmpSettings settings = {
        .key = mado_identity_peek_sign_key(self->desk->identity),
        .certificate = mado_identity_peek_sign_cert(self->desk->identity),
        .centre_anchor = mado_peer_peek_anchor(self->desk->centre),
        .check = check_certificate,
        .user_data = self,
    };
    g_autoptr(GBytes) request = NULL;

    g_clear_pointer(&self->cmp[index], mado_cmp_free);
    self->cmp[index] =
        mado_cmp_new(&settings, self->row.transaction, slot, self->csrs[index], error);
    if (self->cmp[index] == NULL)
        return FALSE;
    request = mado_cmp_request(self->cmp[index], error);
    return request != NULL && mado_body_step_add_cmp(self->step, slot, request);
}

gboolean
mado_visit_request_certificates(MadoVisit *self, GError **error)
{
    static const MadoSlot slots[] = {MADO_SLOT_AUTH, MADO_SLOT_SIGN};

    for (guint i = 0; i < G_N_ELEMENTS(slots); i++)
        if (self->csrs[mado_visit_slot_index(slots[i])] != NULL &&
            !request_certificate(self, slots[i], error))
            return FALSE;
    return TRUE;
}

static GBytes *
find_answer(const MadoBodyReply *reply, MadoSlot slot)
{
    for (guint i = 0; i < reply->n_cmp; i++)
        if (reply->cmp[i].slot == slot)
            return reply->cmp[i].der;
    return NULL;
}

/* The reply must answer exactly the exchanges that are open. */
static gboolean
check_set(const MadoVisit *self, GError **error)
{
    guint n_open = 0;

    for (guint i = 0; i < MADO_VISIT_SLOTS; i++) {
        if (self->cmp[i] == NULL)
            continue;
        n_open++;
        if (find_answer(self->reply, mado_cmp_slot(self->cmp[i])) == NULL)
            n_open = G_MAXUINT / 2;
    }
    if (n_open == self->reply->n_cmp)
        return TRUE;
    g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CENTRE_ANSWER,
                        "the centre did not answer the set of certificates asked for");
    return FALSE;
}

gboolean
mado_visit_take_certificates(MadoVisit *self, GError **error)
{
    g_autoptr(GError) refusal = NULL;

    if (!check_set(self, error))
        return FALSE;
    for (guint i = 0; i < MADO_VISIT_SLOTS; i++) {
        g_autoptr(GBytes) certificate = NULL;
        g_autoptr(GError) fault = NULL;

        if (self->cmp[i] == NULL)
            continue;
        certificate = mado_cmp_take(
            self->cmp[i], find_answer(self->reply, mado_cmp_slot(self->cmp[i])), &fault);
        if (certificate != NULL)
            continue;
        if (!g_error_matches(fault, MADO_ERROR, MADO_ERROR_CERTIFICATE)) {
            g_propagate_error(error, g_steal_pointer(&fault));
            return FALSE;
        }
        if (refusal == NULL) /* the others are looked at too, to be rejected with it */
            refusal = g_steal_pointer(&fault);
    }
    if (refusal == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&refusal));
    return FALSE;
}

/* As much of a text as a message has room for, cut between two characters. */
static void
copy_text(char *ret_text, gsize size, const char *text)
{
    const char *end = NULL;

    g_strlcpy(ret_text, text, size);
    if (!g_utf8_validate(ret_text, -1, &end))
        ret_text[end - ret_text] = '\0';
}

gboolean
mado_visit_reject_certificates(MadoVisit *self, const GError *why, GError **error)
{
    copy_text(self->step->damage, sizeof self->step->damage, why->message);
    for (guint i = 0; i < MADO_VISIT_SLOTS; i++) {
        g_autoptr(GBytes) reject = NULL;

        if (self->cmp[i] == NULL)
            continue;
        reject = mado_cmp_reject(self->cmp[i], error);
        if (reject == NULL ||
            !mado_body_step_add_cmp(self->step, mado_cmp_slot(self->cmp[i]), reject))
            return FALSE;
    }
    mado_visit_drop_certificates(self);
    self->undone_for = mado_error_code(why);
    return TRUE;
}

gboolean
mado_visit_confirm_certificates(MadoVisit *self, GError **error)
{
    for (guint i = 0; i < MADO_VISIT_SLOTS; i++) {
        g_autoptr(GBytes) confirm = NULL;

        if (self->cmp[i] == NULL)
            continue;
        confirm = mado_cmp_confirm(self->cmp[i], error);
        if (confirm == NULL ||
            !mado_body_step_add_cmp(self->step, mado_cmp_slot(self->cmp[i]), confirm))
            return FALSE;
    }
    return TRUE;
}

gboolean
mado_visit_finish_certificates(MadoVisit *self, GError **error)
{
    if (!check_set(self, error))
        return FALSE;
    for (guint i = 0; i < MADO_VISIT_SLOTS; i++) {
        if (self->cmp[i] == NULL)
            continue;
        if (!mado_cmp_finish(self->cmp[i],
                             find_answer(self->reply, mado_cmp_slot(self->cmp[i])), error))
            return FALSE;
        g_clear_pointer(&self->cmp[i], mado_cmp_free);
    }
    return TRUE;
}

void
mado_visit_drop_certificates(MadoVisit *self)
{
    for (guint i = 0; i < MADO_VISIT_SLOTS; i++) {
        g_clear_pointer(&self->cmp[i], mado_cmp_free);
        g_clear_pointer(&self->csrs[i], g_bytes_unref);
    }
}
