/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the client is told after each call: data/org.madoguchi.Counter1.xml, Session.Begin. */
#include "config.h"

#include "common/decision.h"
#include "common/error.h"
#include "common/realm.h"
#include "daemon/card/pin.h"
#include "daemon/sealed.h"
#include "daemon/visit-state.h"

#include <madoguchi/names.h>
#include <string.h>

void
mado_visit_tell(const MadoVisit *self, MadoStepKind kind, GVariant *details, MadoStep *ret_step)
{
    mado_step_clear(ret_step);
    ret_step->kind = kind;
    if (details != NULL)
        ret_step->details = g_variant_ref_sink(details);
    if (self->plan != NULL)
        g_strlcpy(ret_step->procedure, self->plan->name, sizeof ret_step->procedure);
    if (self->state != MADO_VISIT_IDLE) {
        g_autofree char *visit = mado_message_id_to_hex(self->row.visit);

        g_strlcpy(ret_step->visit, visit, sizeof ret_step->visit);
    }
}

static void
add_text(GVariantBuilder *details, const char *name, const char *value)
{
    g_variant_builder_add(details, "{sv}", name, g_variant_new_string(value));
}

GVariant *
mado_visit_tell_relay(const MadoVisit *self)
{
    g_autofree char *endpoint = g_strdup_printf(MADO_ENDPOINT_VISITS, self->desk->terminal);
    GVariantBuilder details;

    g_variant_builder_init(&details, G_VARIANT_TYPE_VARDICT);
    add_text(&details, "endpoint", endpoint);
    add_text(&details, "key", self->key);
    g_variant_builder_add(
        &details, "{sv}", "body",
        g_variant_new_from_bytes(G_VARIANT_TYPE_BYTESTRING, self->outgoing, TRUE));
    return g_variant_builder_end(&details);
}

GVariant *
mado_visit_tell_pins(const MadoVisit *self)
{
    GVariantBuilder details;
    GVariantBuilder kinds;

    g_variant_builder_init(&details, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_init(&kinds, G_VARIANT_TYPE_STRING_ARRAY);
    for (guint i = self->n_pins_set; i < self->reply->n_pins; i++)
        g_variant_builder_add(&kinds, "s", mado_pin_kind_name(self->reply->pins[i].kind));
    g_variant_builder_add(&details, "{sv}", "kinds", g_variant_builder_end(&kinds));
    return g_variant_builder_end(&details);
}

GVariant *
mado_visit_tell_end(const char *outcome, MadoErrorCode code, const char *reason)
{
    GVariantBuilder details;

    g_variant_builder_init(&details, G_VARIANT_TYPE_VARDICT);
    if (outcome != NULL)
        add_text(&details, "outcome", outcome);
    if (code != 0) {
        add_text(&details, "error", mado_error_nick(code));
        add_text(&details, "reason", reason);
    }
    return g_variant_builder_end(&details);
}

/* A sealed memfd, or -1 with @error. */
static int
seal_person(const MadoBodyPerson *person, GError **error)
{
    g_autoptr(MadoSecret) plain = mado_body_person_format(person, error);

    return plain != NULL ? mado_sealed_new("person", mado_secret_peek(plain),
                                           mado_secret_len(plain), error)
                         : -1;
}

static gboolean
add_person(const MadoVisit *self,
           GVariantBuilder *details,
           GUnixFDList **ret_fds,
           GError **error)
{
    g_autoptr(GUnixFDList) fds = NULL;
    int fd;

    if (self->reply == NULL || !self->reply->has_person)
        return TRUE;
    fd = seal_person(&self->reply->person, error);
    if (fd < 0)
        return FALSE;
    fds = g_unix_fd_list_new_from_array(&fd, 1);
    g_variant_builder_add(details, "{sv}", "person", g_variant_new_handle(0));
    *ret_fds = g_steal_pointer(&fds);
    return TRUE;
}

/* The kinds still wanted, in the order of the centre's list; the opening one before that. */
static GVariant *
wanted_words(const MadoVisit *self)
{
    GVariantBuilder words;

    g_variant_builder_init(&words, G_VARIANT_TYPE_STRING_ARRAY);
    if (self->reply == NULL)
        g_variant_builder_add(&words, "s",
                              mado_decision_kind_name(self->resuming ? MADO_DECISION_RESUME
                                                                     : MADO_DECISION_OPEN));
    for (guint i = 0; self->reply != NULL && i < self->reply->n_wanted; i++)
        if ((self->wanted & 1U << (guint)self->reply->wanted[i]) != 0)
            g_variant_builder_add(&words, "s", mado_decision_kind_name(self->reply->wanted[i]));
    return g_variant_builder_end(&words);
}

GVariant *
mado_visit_tell_decide(const MadoVisit *self, GUnixFDList **ret_fds, GError **error)
{
    g_autofree char *transaction = mado_message_id_to_hex(self->row.transaction);
    GVariantBuilder details;

    g_variant_builder_init(&details, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add(&details, "{sv}", "wanted", wanted_words(self));
    add_text(&details, "transaction", transaction);
    add_text(&details, "request", self->row.request_id);
    add_text(&details, "terminal", self->desk->terminal);
    add_text(&details, "realm", mado_realm_name(self->desk->realm));
    g_variant_builder_add(&details, "{sv}", "nonce",
                          g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, self->centre_nonce,
                                                    sizeof self->centre_nonce, sizeof(guint8)));
    if (add_person(self, &details, ret_fds, error))
        return g_variant_builder_end(&details);
    g_variant_builder_clear(&details);
    return NULL;
}
