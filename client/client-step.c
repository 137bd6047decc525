/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/client-step.h"

#include "client/memfd.h"
#include "common/message.h"
#include "common/realm.h"

#include <string.h>
#include <unistd.h>

#define PERSON_LEN_MAX 8192

void
mado_client_step_clear(MadoClientStep *self)
{
    g_clear_pointer(&self->name, g_free);
    g_clear_pointer(&self->details, g_variant_unref);
    g_clear_object(&self->fds);
}

void
mado_client_step_replace(MadoClientStep *self, MadoClientStep *next)
{
    mado_client_step_clear(self);
    *self = *next;
    *next = (MadoClientStep){0};
}

const char *
mado_client_step_text(const MadoClientStep *self, const char *name)
{
    const char *text = "";

    g_variant_lookup(self->details, name, "&s", &text);
    return text;
}

GBytes *
mado_client_step_bytes(const MadoClientStep *self, const char *name)
{
    g_autoptr(GVariant) value =
        g_variant_lookup_value(self->details, name, G_VARIANT_TYPE_BYTESTRING);

    return value != NULL ? g_variant_get_data_as_bytes(value) : g_bytes_new(NULL, 0);
}

gboolean
mado_client_step_take_person(const MadoClientStep *self,
                             MadoBodyPerson *ret_person,
                             gboolean *ret_is_there,
                             GError **error)
{
    g_autoptr(MadoSecret) content = NULL;
    gint32 handle = -1;
    int fd;

    if (!g_variant_lookup(self->details, "person", "h", &handle) || self->fds == NULL ||
        handle < 0 || handle >= g_unix_fd_list_get_length(self->fds)) {
        *ret_is_there = FALSE;
        return TRUE;
    }
    fd = g_unix_fd_list_get(self->fds, handle, error);
    if (fd < 0) {
        mado_error_convert(error);
        return FALSE;
    }
    content = mado_memfd_read(fd, PERSON_LEN_MAX, error);
    close(fd);
    if (content == NULL || !mado_body_person_parse(mado_secret_peek(content),
                                                   mado_secret_len(content), ret_person, error))
        return FALSE;
    *ret_is_there = TRUE;
    return TRUE;
}

static gboolean
copy_id(GBytes *bytes, guint8 ret_id[16])
{
    if (g_bytes_get_size(bytes) != 16)
        return FALSE;
    memcpy(ret_id, g_bytes_get_data(bytes, NULL), 16);
    return TRUE;
}

gboolean
mado_client_step_decision(const MadoClientStep *self,
                          MadoDecision *ret_decision,
                          GError **error)
{
    MadoDecision decision = {0};
    g_autoptr(GBytes) nonce = mado_client_step_bytes(self, "nonce");
    g_autofree const char **wanted = NULL;

    g_variant_lookup(self->details, "wanted", "^a&s", &wanted);
    if (wanted == NULL || wanted[0] == NULL ||
        !mado_decision_kind_from_name(wanted[0], &decision.kind) ||
        !mado_realm_from_name(mado_client_step_text(self, "realm"), &decision.realm) ||
        !mado_message_id_from_hex(mado_client_step_text(self, "transaction"),
                                  decision.transaction)) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_BAD_STATE, "an unknown decision is wanted");
        return FALSE;
    }
    /* No nonce: zeros, as for opening and resuming. */
    if (g_bytes_get_size(nonce) != 0 && !copy_id(nonce, decision.nonce)) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_BAD_STATE, "the nonce has another length");
        return FALSE;
    }
    g_strlcpy(decision.terminal, mado_client_step_text(self, "terminal"),
              sizeof decision.terminal);
    g_strlcpy(decision.request_id, mado_client_step_text(self, "request"),
              sizeof decision.request_id);
    *ret_decision = decision;
    return TRUE;
}

void
mado_client_step_set_error(const MadoClientStep *self, MadoErrorCode fallback, GError **error)
{
    MadoErrorCode code = fallback;
    const char *reason = mado_client_step_text(self, "reason");

    mado_error_from_nick(mado_client_step_text(self, "error"), &code);
    g_set_error(error, MADO_ERROR, (int)code, "%s", reason);
}
