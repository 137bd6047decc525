/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/channel.h"

#include "central/problem.h"
#include "common/apdu.h"
#include "common/envelope.h"
#include "common/error.h"
#include "common/rsa.h"
#include "common/scp03-host.h"
#include "common/tlv.h"
#include "common/wipe.h"

#include <openssl/rand.h>

#include <string.h>

#define ID_LEN          16
#define CLA_PROFILE     0x84
#define SW_OK           0x9000
#define MAX_ANSWER_LEN  4096
#define INS_OF(command) ((guint8)((command) >> 16))

/* What is kept of one command until its answer comes. */
typedef struct {
    guint32 command;
    MadoSlot slot;
    MadoScp03Expected expected;
} Pending;

struct _MadoChannel {
    guint8 id[ID_LEN];
    MadoScp03Host host; /* secret */
    gboolean is_authenticated;
    guint n_pending;
    Pending pending[MADO_LIMIT_SCRIPT_COMMANDS];
};

static const char *
label_of(MadoRealmCode realm)
{
    return realm == MADO_REALM_CODE_PRODUCTION ? "MADO-PRODUCTION" : "MADO-TRAINING";
}

static guint8
key_version_of(MadoRealmCode realm)
{
    return realm == MADO_REALM_CODE_PRODUCTION ? MADO_KVN_PRODUCTION : MADO_KVN_TRAINING;
}

static gboolean
refuse(GError **error, const char *why)
{
    g_set_error(error, MADO_PROBLEM_DOMAIN, MADO_PROBLEM_REQUEST_MISMATCH, "secure channel: %s",
                why);
    return FALSE;
}

static gboolean
start(MadoChannel *self,
      const MadoChannelIssuer *issuer,
      const MadoScp03HostAnswer *answer,
      GError **error)
{
    MadoScp03Keys keys;
    MadoScp03Status status = mado_scp03_key_diversify(
        mado_secret_peek(issuer->master), mado_secret_len(issuer->master),
        label_of(issuer->realm), issuer->card_id, MADO_CARD_ID_LEN, &keys);

    if (status == MADO_SCP03_OK)
        status = mado_scp03_host_begin(&keys, issuer->host_challenge, answer, &self->host);
    mado_wipe(&keys, sizeof keys);
    return status == MADO_SCP03_OK || refuse(error, mado_scp03_key_status_name(status));
}

MadoChannel *
mado_channel_new(const MadoChannelIssuer *issuer,
                 const guint8 initialize[MADO_BODY_INITIALIZE_LEN],
                 GError **error)
{
    g_autoptr(MadoChannel) self = g_new0(MadoChannel, 1);
    MadoScp03HostAnswer answer;

    if (mado_scp03_host_parse(initialize, MADO_BODY_INITIALIZE_LEN, &answer) != MADO_SCP03_OK) {
        refuse(error, "malformed answer to INITIALIZE UPDATE");
        return NULL;
    }
    if (memcmp(answer.card_id, issuer->card_id, MADO_CARD_ID_LEN) != 0) {
        refuse(error, "another card answered");
        return NULL;
    }
    if (answer.key_version != key_version_of(issuer->realm) || answer.i != MADO_SCP03_I) {
        refuse(error, "key version or options of another realm or profile");
        return NULL;
    }
    if (!start(self, issuer, &answer, error))
        return NULL;
    if (RAND_bytes(self->id, sizeof self->id) != 1) {
        mado_error_set_openssl(error, MADO_ERROR_INTERNAL, "naming a channel");
        return NULL;
    }
    return g_steal_pointer(&self);
}

void
mado_channel_free(MadoChannel *self)
{
    if (self == NULL)
        return;
    mado_wipe(self, sizeof *self);
    g_free(self);
}

const guint8 *
mado_channel_peek_id(const MadoChannel *self)
{
    return self->id;
}

static gboolean
set_failure(GError **error, const char *doing, MadoScp03Status status)
{
    g_set_error(error, MADO_ERROR, MADO_ERROR_INTERNAL, "%s: %s", doing,
                mado_scp03_key_status_name(status));
    return FALSE;
}

gboolean
mado_channel_begin_script(MadoChannel *self,
                          MadoScriptPhase phase,
                          MadoBodyReply *reply,
                          GError **error)
{
    guint8 apdu[MADO_SCP03_MAX_WRAPPED];
    MadoScp03Status status;
    MadoWriter writer;

    reply->next = MADO_NEXT_SCRIPT;
    reply->phase = phase;
    self->n_pending = 0;
    if (self->is_authenticated)
        return TRUE;
    mado_writer_init(&writer, apdu, sizeof apdu);
    status = mado_scp03_host_authenticate(&self->host, MADO_SCP03_LEVEL, &writer);
    if (status != MADO_SCP03_OK)
        return set_failure(error, "making EXTERNAL AUTHENTICATE", status);
    reply->authenticate = g_bytes_new(apdu, mado_writer_len(&writer));
    self->is_authenticated = TRUE;
    return TRUE;
}

gboolean
mado_channel_add(MadoChannel *self,
                 MadoBodyReply *reply,
                 const MadoSecret *data,
                 guint32 command,
                 MadoSlot slot,
                 GError **error)
{
    static const guint16 allowed[] = {SW_OK};
    guint8 apdu[MADO_SCP03_MAX_WRAPPED];
    g_autoptr(GBytes) bytes = NULL;
    Pending *pending;
    MadoCommand plain = {.cla = CLA_PROFILE,
                         .ins = INS_OF(command),
                         .p1 = (guint8)(command >> 8),
                         .p2 = (guint8)command,
                         .data = data != NULL ? mado_secret_peek(data) : NULL,
                         .data_len = data != NULL ? mado_secret_len(data) : 0};
    MadoScp03Status status;
    MadoWriter writer;

    g_return_val_if_fail(self->n_pending < MADO_LIMIT_SCRIPT_COMMANDS, FALSE);
    pending = &self->pending[self->n_pending];
    mado_writer_init(&writer, apdu, sizeof apdu);
    status = mado_scp03_host_wrap(&self->host, &plain, &writer, &pending->expected);
    if (status != MADO_SCP03_OK)
        return set_failure(error, "protecting a command", status);
    pending->command = command;
    pending->slot = slot;
    self->n_pending++;
    bytes = g_bytes_new(apdu, mado_writer_len(&writer));
    if (mado_body_reply_add_command(reply, bytes, allowed, G_N_ELEMENTS(allowed)))
        return TRUE;
    g_set_error(error, MADO_ERROR, MADO_ERROR_INTERNAL, "the script is full");
    return FALSE;
}

/* ---- answers ---- */

static gboolean
refuse_answer(GError **error, guint number, const char *why)
{
    g_set_error(error, MADO_ERROR, MADO_ERROR_CARD_REFUSED, "answer %u of the script: %s",
                number, why);
    return FALSE;
}

static gboolean
take_answer(const Pending *pending, const guint8 *data, gsize len, MadoChannelResult *result)
{
    MadoTlv tlv;

    switch (INS_OF(pending->command)) {
    case MADO_INS_GET_DATA:
        result->has_record = mado_record_parse(data, len, &result->record) == MADO_BYTES_OK;
        return result->has_record;
    case MADO_INS_GENERATE:
        if (mado_tlv_only(data, len, MADO_RSA_TEMPLATE_TAG, &tlv) != MADO_BYTES_OK)
            return FALSE;
        mado_envelope_sha256(tlv.raw, tlv.raw_len, result->key_hashes[pending->slot]);
        result->key_slots |= (guint8)pending->slot;
        return TRUE;
    default:
        return len == 0;
    }
}

static gboolean
open_answer(
    MadoChannel *self, guint number, GBytes *answer, MadoChannelResult *result, GError **error)
{
    const Pending *pending = &self->pending[number];
    guint8 plain[MAX_ANSWER_LEN];
    gsize plain_len = 0;
    MadoScp03Status status;
    MadoResponse response;
    gsize len;
    const guint8 *data = g_bytes_get_data(answer, &len);

    if (mado_apdu_split(data, len, &response) != MADO_BYTES_OK ||
        response.data_len > sizeof plain)
        return refuse_answer(error, number, "not an answer");
    status =
        mado_scp03_host_open(&self->host, &pending->expected, &response, plain, &plain_len);
    if (status != MADO_SCP03_OK)
        return refuse_answer(error, number, mado_scp03_key_status_name(status));
    if (response.sw != SW_OK || !take_answer(pending, plain, plain_len, result))
        return refuse_answer(error, number, "not what the command answers");
    return TRUE;
}

gboolean
mado_channel_open(MadoChannel *self,
                  const MadoBodyStep *step,
                  MadoChannelResult *ret_result,
                  GError **error)
{
    g_autofree MadoChannelResult *result = g_new0(MadoChannelResult, 1);

    for (guint i = 0; i < step->n_answers && i < self->n_pending; i++)
        if (!open_answer(self, i, step->answers[i], result, error))
            return FALSE;
    if (step->n_answers != self->n_pending || self->n_pending == 0)
        return refuse_answer(error, step->n_answers, "missing, or one too many");
    *ret_result = *result;
    return TRUE;
}
