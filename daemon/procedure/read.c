/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "daemon/procedure/read.h"

#include "common/digits.h"
#include "common/error.h"
#include "common/tlv.h"
#include "daemon/card/genuine.h"
#include "daemon/card/jpki.h"
#include "daemon/card/pin.h"
#include "daemon/card/text.h"
#include "daemon/card/visual.h"
#include "daemon/procedure/read-checks.h"
#include "daemon/procedure/read-result.h"
#include "daemon/sealed.h"

#include <unistd.h>

#define READ_TIMEOUT_MS 120000U
/* 照合番号A and B are 12 and 14 digits. */
#define SECRET_MAX_LEN 16U

typedef struct {
    const char *name;
    guint value;
} WordRow;

static const WordRow what_rows[] = {
    {"attributes", MADO_READ_ATTRIBUTES},
    {"number", MADO_READ_NUMBER},
    {"face", MADO_READ_FACE},
    {"certificates", MADO_READ_CERTIFICATES},
    {"sign-certificate", MADO_READ_SIGN_CERTIFICATE},
};

static const WordRow credential_rows[] = {
    {"", MADO_READ_BY_NOTHING},
    {"pin", MADO_READ_BY_PIN},
    {"number-a", MADO_READ_BY_NUMBER_A},
    {"number-b", MADO_READ_BY_NUMBER_B},
};

/* What each credential opens, as on the card, beside certificates. */
static const guint opened[] = {
    [MADO_READ_BY_NOTHING] = 0,
    [MADO_READ_BY_PIN] = MADO_READ_ATTRIBUTES | MADO_READ_NUMBER | MADO_READ_FACE,
    [MADO_READ_BY_NUMBER_A] = MADO_READ_NUMBER | MADO_READ_FACE,
    [MADO_READ_BY_NUMBER_B] = MADO_READ_ATTRIBUTES | MADO_READ_FACE,
};

static gboolean
find_word(const WordRow *rows, gsize n_rows, const char *name, guint *ret_value)
{
    for (gsize i = 0; i < n_rows; i++) {
        if (g_str_equal(rows[i].name, name)) {
            *ret_value = rows[i].value;
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean
parse_words(MadoRead *self, const char *const *what, const char *credential)
{
    guint value;

    if (!find_word(credential_rows, G_N_ELEMENTS(credential_rows), credential, &value))
        return FALSE;
    self->credential = value;
    for (gsize i = 0; what[i] != NULL; i++) {
        if (!find_word(what_rows, G_N_ELEMENTS(what_rows), what[i], &value))
            return FALSE;
        self->what |= value;
    }
    return self->what != 0 &&
           (self->what & ~(opened[self->credential] | MADO_READ_CERTIFICATES |
                           MADO_READ_SIGN_CERTIFICATE)) == 0;
}

MadoRead *
mado_read_new(const MadoDesk *desk,
              const char *const *what,
              const char *credential,
              int secret_fd,
              GError **error)
{
    MadoRead *self = g_new0(MadoRead, 1);

    self->desk = desk;
    self->secret_fd = secret_fd;
    if (parse_words(self, what, credential))
        return self;
    g_set_error_literal(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT,
                        "unknown words, or files that this credential does not open");
    mado_read_free(self);
    return NULL;
}

void
mado_read_free(gpointer job)
{
    MadoRead *self = job;

    if (self->secret_fd >= 0)
        (void)close(self->secret_fd);
    g_clear_pointer(&self->files, g_variant_unref);
    g_clear_pointer(&self->checks, g_variant_unref);
    g_clear_object(&self->fds);
    g_free(self);
}

guint
mado_read_timeout_ms(const MadoRead *self)
{
    guint n_pins = 0;

    if (self->credential == MADO_READ_BY_PIN)
        n_pins++;
    if ((self->what & MADO_READ_SIGN_CERTIFICATE) != 0)
        n_pins++;
    return READ_TIMEOUT_MS + n_pins * MADO_TIMEOUT_PIN_ENTRY_MS;
}

/* ---- credentials ---- */

/* Everything of one run. */
typedef struct {
    MadoRead *read;
    MadoWork *work;
    MadoReadResult *result;
    MadoReadChecks *checks;
    MadoSecret *secret; /* number A or B */
    /* what the checks look at while the reading goes on */
    MadoTextFiles text;
    MadoSecret *face_signer;
} Run;

static void
run_clear(Run *run)
{
    mado_read_checks_free(run->checks); /* first: it borrows from the rest */
    mado_secret_free(run->secret);
    mado_text_files_clear(&run->text);
    mado_secret_free(run->face_signer);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, run_clear)

/* Asks the agent, with the tries left, and verifies once. */
static gboolean
verify_typed(Run *run, MadoPinKind kind, GError **error)
{
    MadoAgentQuestion question = {
        .kind = kind,
        .purpose = MADO_AGENT_VERIFY,
        .seat = run->work->seat,
        .holder_uid = run->work->holder_uid,
    };
    g_autoptr(MadoSecret) typed = NULL;
    MadoPin pin;

    if (!mado_pin_reference(kind, 0, &pin) ||
        !mado_pin_tries(run->work->card, &pin, &question.n_tries, error))
        return FALSE;
    if (question.n_tries == MADO_PIN_TRIES_BLOCKED) {
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_PIN_BLOCKED,
                            mado_error_sentence(MADO_ERROR_PIN_BLOCKED));
        return FALSE;
    }
    typed = mado_agent_ask(run->work->agent, &question, run->work->interrupt, error);
    return typed != NULL && mado_pin_normalise(kind, typed, error) &&
           mado_pin_verify(run->work->card, &pin, typed, error);
}

static gboolean
check_number_form(const MadoSecret *secret, gsize len, GError **error)
{
    if (mado_secret_len(secret) == len &&
        mado_digits_are_digits((const char *)mado_secret_peek(secret), len))
        return TRUE;
    g_set_error(error, MADO_ERROR, MADO_ERROR_PIN_FORM, "not %u digits", (guint)len);
    return FALSE;
}

static gboolean
read_secret(Run *run, GError **error)
{
    gsize len =
        run->read->credential == MADO_READ_BY_NUMBER_A ? MADO_NUMBER_LEN : MADO_NUMBER_B_LEN;

    if (run->read->credential != MADO_READ_BY_NUMBER_A &&
        run->read->credential != MADO_READ_BY_NUMBER_B)
        return TRUE;
    run->secret =
        mado_sealed_read(run->read->secret_fd, SECRET_MAX_LEN, run->work->interrupt, error);
    return run->secret != NULL && check_number_form(run->secret, len, error);
}

static gboolean
open_text(Run *run, GError **error)
{
    MadoPin pin = {MADO_AP_TEXT, MADO_EF_TEXT_NUMBER_A};

    switch (run->read->credential) {
    case MADO_READ_BY_PIN:
        return verify_typed(run, MADO_PIN_TEXT, error);
    case MADO_READ_BY_NUMBER_B:
        pin.ef = MADO_EF_TEXT_NUMBER_B;
        break;
    case MADO_READ_BY_NUMBER_A:
    case MADO_READ_BY_NOTHING:
        break;
    }
    return mado_pin_verify(run->work->card, &pin, run->secret, error);
}

/* By PIN it was read from the text application a moment ago: it is 照合番号A. */
static gboolean
open_visual(Run *run, GError **error)
{
    MadoPin pin = {MADO_AP_VISUAL, MADO_EF_VISUAL_NUMBER_A};

    if (run->read->credential == MADO_READ_BY_NUMBER_B)
        pin.ef = MADO_EF_VISUAL_NUMBER_B;
    return mado_pin_verify(run->work->card, &pin, run->secret, error);
}

/* ---- the text application ---- */

static gboolean
read_text_files(Run *run, GError **error)
{
    MadoTextFiles *files = &run->text;
    MadoCard *card = run->work->card;
    guint what = run->read->what;
    gboolean wants_number =
        (what & MADO_READ_NUMBER) != 0 ||
        ((what & MADO_READ_FACE) != 0 && run->read->credential == MADO_READ_BY_PIN);

    /* The free one first: it finds out whether the reader takes extended length, and a reader
     * that fails at it loses no PIN. */
    files->signer = mado_text_certificate(card, error);
    if (files->signer == NULL || !open_text(run, error))
        return FALSE;
    if (wants_number && (files->number = mado_text_number(card, error)) == NULL)
        return FALSE;
    if ((what & MADO_READ_ATTRIBUTES) != 0 &&
        (files->attributes = mado_text_attributes(card, error)) == NULL)
        return FALSE;
    files->signature = mado_text_signature(card, error);
    return files->signature != NULL;
}

static gboolean
read_text(Run *run, GError **error)
{
    const MadoTextFiles *files = &run->text;
    guint what = run->read->what;

    if ((what & (MADO_READ_ATTRIBUTES | MADO_READ_NUMBER)) == 0 &&
        run->read->credential != MADO_READ_BY_PIN)
        return TRUE;
    if ((what & (MADO_READ_ATTRIBUTES | MADO_READ_NUMBER | MADO_READ_FACE)) == 0)
        return TRUE;
    if (!read_text_files(run, error))
        return FALSE;
    mado_read_checks_attributes(run->checks, files);
    if ((what & MADO_READ_NUMBER) != 0)
        mado_read_checks_number(run->checks, files);
    if (files->attributes != NULL &&
        !mado_read_result_attributes(run->result, files->attributes, error))
        return FALSE;
    return files->number == NULL ||
           mado_read_result_number(
               run->result, files->number, (what & MADO_READ_NUMBER) != 0,
               run->read->credential == MADO_READ_BY_PIN ? &run->secret : NULL, error);
}

/* ---- the visual application ---- */

static gboolean
read_face(Run *run, GError **error)
{
    guint8 nonce[MADO_GENUINE_NONCE_LEN];
    g_autoptr(MadoSecret) face = NULL;
    g_autoptr(GBytes) answer = NULL;

    if ((run->read->what & MADO_READ_FACE) == 0)
        return TRUE;
    run->face_signer = mado_visual_certificate(run->work->card, error);
    if (run->face_signer == NULL || !open_visual(run, error))
        return FALSE;
    mado_read_checks_face_signer(run->checks, run->face_signer);
    face = mado_visual_face(run->work->card, error);
    if (face == NULL || !mado_read_result_face(run->result, face, error))
        return FALSE;
    if (!mado_read_checks_face(run->checks, face))
        return TRUE; /* no key to trust: whose answer would it be? */
    answer = mado_genuine_ask(run->work->card, nonce, error);
    if (answer == NULL)
        return FALSE;
    mado_read_checks_clone(run->checks, nonce, answer);
    return TRUE;
}

/* ---- JPKI ---- */

typedef struct {
    guint what;
    guint16 ef;
    const char *file;
    const char *check; /* NULL: a CA's own certificate proves nothing */
} CertificateRow;

/* The free ones first; the signature PIN is asked for before the last. */
static const CertificateRow certificate_rows[] = {
    {MADO_READ_CERTIFICATES, MADO_EF_JPKI_AUTH_CERT, "auth-certificate", "auth-chain"},
    {MADO_READ_CERTIFICATES, MADO_EF_JPKI_AUTH_CA, "auth-ca", NULL},
    {MADO_READ_CERTIFICATES | MADO_READ_SIGN_CERTIFICATE, MADO_EF_JPKI_SIGN_CA, "sign-ca",
     NULL},
    {MADO_READ_SIGN_CERTIFICATE, MADO_EF_JPKI_SIGN_CERT, "sign-certificate", "sign-chain"},
};

static gboolean
read_certificate(Run *run, const CertificateRow *row, GError **error)
{
    g_autoptr(GError) local_error = NULL;
    g_autoptr(GBytes) certificate = NULL;
    gsize len = 0;
    const guint8 *data;

    if (row->ef == MADO_EF_JPKI_SIGN_CERT && !verify_typed(run, MADO_PIN_SIGN, error))
        return FALSE;
    certificate = mado_jpki_certificate(run->work->card, row->ef, &local_error);
    if (certificate == NULL) {
        /* A card before delivery has none; that is no error. */
        if (g_error_matches(local_error, MADO_ERROR, MADO_ERROR_NOT_FOUND))
            return TRUE;
        g_propagate_error(error, g_steal_pointer(&local_error));
        return FALSE;
    }
    if (row->check != NULL)
        mado_read_checks_chain(run->checks, row->check,
                               row->ef == MADO_EF_JPKI_AUTH_CERT ? run->read->desk->jpki_auth
                                                                 : run->read->desk->jpki_sign,
                               certificate);
    data = g_bytes_get_data(certificate, &len);
    return mado_read_result_file(run->result, row->file, data, len, error);
}

static gboolean
read_certificates(Run *run, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(certificate_rows); i++) {
        if ((run->read->what & certificate_rows[i].what) != 0 &&
            !read_certificate(run, &certificate_rows[i], error))
            return FALSE;
    }
    return TRUE;
}

gboolean
mado_read_run(MadoWork *work, gpointer job, GError **error)
{
    MadoRead *self = job;
    g_autoptr(MadoReadResult) result = mado_read_result_new();
    g_auto(Run) run = {.read = self,
                       .work = work,
                       .result = result,
                       .checks = mado_read_checks_new(self->desk)};
    gboolean ok = read_secret(&run, error) && mado_card_power_on(work->card, error) &&
                  read_text(&run, error) && read_face(&run, error) &&
                  read_certificates(&run, error);

    mado_card_power_off(work->card);
    if (!ok)
        return FALSE;
    mado_read_checks_end(run.checks, result);
    mado_read_result_end(result, &self->files, &self->checks, &self->fds);
    return TRUE;
}
