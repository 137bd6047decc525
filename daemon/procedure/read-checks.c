/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/procedure/read-checks.h"

#include "common/error.h"
#include "common/facedata.h"

#include <string.h>

/* text-signature, number-signature, face-signature, clone, auth-chain, sign-chain */
#define MAX_CHECKS 6U

typedef struct _Check Check;

struct _Check {
    const char *name; /* static */
    /* On the check's thread; touches nothing but the check and what that borrows. */
    gboolean (*run)(Check *self, GError **error);
    GThread *thread; /* (nullable): joined */
    GError *error;   /* after join */
    /* what is checked; each run has its own of these */
    const MadoDesk *desk;
    const MadoTextFiles *files;
    const MadoSecret *signer_file;
    const MadoChainAnchors *anchors;
    GBytes *bytes; /* owned: a certificate, or the answer to the nonce */
    guint8 nonce[MADO_GENUINE_NONCE_LEN];
    guint8 key[MADO_CVC_KEY_LEN]; /* of the face */
    MadoCvc signer;               /* set by the check of its certificate */
};

struct _MadoReadChecks {
    const MadoDesk *desk;
    Check checks[MAX_CHECKS]; /* threads know their places */
    gsize n_checks;
    Check *face; /* (nullable): among them */
};

MadoReadChecks *
mado_read_checks_new(const MadoDesk *desk)
{
    MadoReadChecks *self = g_new0(MadoReadChecks, 1);

    self->desk = desk;
    return self;
}

static void
join(Check *check)
{
    if (check->thread != NULL)
        (void)g_thread_join(check->thread);
    check->thread = NULL;
}

void
mado_read_checks_free(MadoReadChecks *self)
{
    if (self == NULL)
        return;
    for (gsize i = 0; i < self->n_checks; i++) {
        join(&self->checks[i]);
        g_clear_error(&self->checks[i].error);
        g_clear_pointer(&self->checks[i].bytes, g_bytes_unref);
    }
    g_free(self);
}

void
mado_text_files_clear(MadoTextFiles *self)
{
    g_clear_pointer(&self->number, mado_secret_free);
    g_clear_pointer(&self->attributes, mado_secret_free);
    g_clear_pointer(&self->signature, mado_secret_free);
    g_clear_pointer(&self->signer, mado_secret_free);
}

static Check *
add(MadoReadChecks *self, const char *name, gboolean (*run)(Check *check, GError **error))
{
    Check *check = &self->checks[self->n_checks];

    /* lint: allow banned-calls: a new check without room is a defect of this file */
    g_assert(self->n_checks < MAX_CHECKS);
    self->n_checks++;
    check->name = name;
    check->run = run;
    check->desk = self->desk;
    return check;
}

static gpointer
run_thread(gpointer data)
{
    Check *check = data;

    (void)check->run(check, &check->error);
    return NULL;
}

/* Where there are no more threads to be had the worker does it. */
static void
start(Check *check)
{
    check->thread = g_thread_try_new("check", run_thread, check, NULL);
    if (check->thread == NULL)
        (void)run_thread(check);
}

/* ---- signed data ---- */

static gboolean
verify_signer(Check *check, const MadoSecret *file, GError **error)
{
    return mado_read_result_has_anchors(check->desk, error) &&
           mado_cvc_verify(check->desk->face, mado_secret_peek(file), mado_secret_len(file),
                           &check->signer, error);
}

static GBytes *
borrow(const MadoSecret *secret)
{
    return g_bytes_new_static(mado_secret_peek(secret), mado_secret_len(secret));
}

static gboolean
run_attributes(Check *check, GError **error)
{
    g_autoptr(GBytes) signature = borrow(check->files->signature);
    g_autoptr(GBytes) attributes = borrow(check->files->attributes);

    return verify_signer(check, check->files->signer, error) &&
           mado_facedata_verify_text(signature, NULL, attributes, &check->signer, error);
}

static gboolean
run_number(Check *check, GError **error)
{
    g_autoptr(GBytes) signature = borrow(check->files->signature);
    g_autoptr(GBytes) number = borrow(check->files->number);

    return verify_signer(check, check->files->signer, error) &&
           mado_facedata_verify_text(signature, number, NULL, &check->signer, error);
}

void
mado_read_checks_attributes(MadoReadChecks *self, const MadoTextFiles *files)
{
    Check *check;

    if (files->attributes == NULL)
        return;
    check = add(self, "text-signature", run_attributes);
    check->files = files;
    start(check);
}

void
mado_read_checks_number(MadoReadChecks *self, const MadoTextFiles *files)
{
    Check *check = add(self, "number-signature", run_number);

    check->files = files;
    start(check);
}

static gboolean
run_face_signer(Check *check, GError **error)
{
    return verify_signer(check, check->signer_file, error);
}

void
mado_read_checks_face_signer(MadoReadChecks *self, const MadoSecret *signer)
{
    self->face = add(self, "face-signature", run_face_signer);
    self->face->signer_file = signer;
    start(self->face);
}

gboolean
mado_read_checks_face(MadoReadChecks *self, const MadoSecret *face)
{
    Check *check = self->face;

    g_return_val_if_fail(check != NULL, FALSE);
    join(check);
    return check->error == NULL &&
           mado_facedata_verify_visual(mado_secret_peek(face), mado_secret_len(face),
                                       &check->signer, check->key, &check->error);
}

static gboolean
run_clone(Check *check, GError **error)
{
    gsize len = 0;
    const guint8 *answer = g_bytes_get_data(check->bytes, &len);

    return mado_facedata_verify_challenge(check->nonce, sizeof check->nonce, answer, len,
                                          check->key, error);
}

void
mado_read_checks_clone(MadoReadChecks *self,
                       const guint8 nonce[MADO_GENUINE_NONCE_LEN],
                       GBytes *answer)
{
    Check *check = add(self, "clone", run_clone);

    memcpy(check->nonce, nonce, sizeof check->nonce);
    memcpy(check->key, self->face->key, sizeof check->key);
    check->bytes = g_bytes_ref(answer);
    start(check);
}

/* ---- chains ---- */

static gboolean
run_chain(Check *check, GError **error)
{
    if (check->anchors != NULL)
        return mado_chain_verify(check->anchors, check->bytes,
                                 mado_clock_wall_ms(check->desk->clock), error);
    g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CONFIG, "no anchors are configured");
    return FALSE;
}

void
mado_read_checks_chain(MadoReadChecks *self,
                       const char *name,
                       const MadoChainAnchors *anchors,
                       GBytes *certificate)
{
    Check *check = add(self, name, run_chain);

    check->anchors = anchors;
    check->bytes = g_bytes_ref(certificate);
    start(check);
}

void
mado_read_checks_end(MadoReadChecks *self, MadoReadResult *result)
{
    for (gsize i = 0; i < self->n_checks; i++) {
        join(&self->checks[i]);
        mado_read_result_check(result, self->checks[i].name, self->checks[i].error);
    }
}
