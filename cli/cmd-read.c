/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/cmd-read.h"

#include "cli/agent.h"
#include "cli/card-files.h"
#include "cli/number.h"
#include "cli/progress.h"
#include "cli/rows.h"
#include "cli/session-client.h"
#include "cli/table.h"
#include "client/memfd.h"
#include "common/error.h"

#include <glib/gi18n.h>

#include <string.h>
#include <unistd.h>

/* As in data/org.madoguchi.Counter1.xml; clone first of all. */
static const struct {
    const char *name;
    const char *label;
} checks[] = {
    {"clone", N_("Card is no copy")},
    {"text-signature", N_("Signature: entries")},
    {"number-signature", N_("Signature: number")},
    {"face-signature", N_("Signature: card face")},
    {"auth-chain", N_("Issuer: user authentication")},
    {"sign-chain", N_("Issuer: digital signature")},
};

static const char *const kinds[] = {"attributes",   "number",           "face",
                                    "certificates", "sign-certificate", NULL};

static gboolean
wants(const char *const *what, const char *kind)
{
    return g_strv_contains(what, kind);
}

/* (transfer full) (nullable): the words of the command line, "attributes" when there are none.
 */
static GStrv
take_what(const MadoArguments *arguments, GError **error)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    guint n_words = mado_arguments_n_words(arguments);

    for (guint i = 0; i < n_words; i++) {
        const char *word = mado_arguments_word(arguments, i);

        if (!g_strv_contains(kinds, word)) {
            g_set_error(error, MADO_ARGUMENTS_ERROR, 0, "%s: %s", _("Cannot be read"), word);
            return NULL;
        }
        g_strv_builder_add(builder, word);
    }
    if (n_words == 0)
        g_strv_builder_add(builder, "attributes");
    return g_strv_builder_end(builder);
}

/* What opens @what when nothing else was said: B for a face, the PIN for attributes and number,
 * nothing for certificates. */
static const char *
choose_credential(const MadoArguments *arguments, const char *const *what)
{
    const char *given = mado_arguments_value(arguments, MADO_OPTION_CREDENTIAL);

    if (given != NULL)
        return given;
    if (wants(what, "face"))
        return wants(what, "number") ? "number-a" : "number-b";
    return wants(what, "attributes") || wants(what, "number") ? "pin" : "";
}

/* A sealed memfd with the number, empty when none is needed; -1 with @error. */
static int
seal_secret(const MadoArguments *arguments,
            const char *credential,
            GCancellable *cancellable,
            GError **error)
{
    if (strcmp(credential, "number-a") == 0)
        return mado_number_seal(arguments, MADO_NUMBER_A, cancellable, error);
    if (strcmp(credential, "number-b") == 0)
        return mado_number_seal(arguments, MADO_NUMBER_B, cancellable, error);
    return mado_memfd_seal(NULL, 0, error);
}

static JsonObject *
checks_to_json(GVariant *said)
{
    JsonObject *object = json_object_new();
    const char *text = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(checks); i++) {
        if (g_variant_lookup(said, checks[i].name, "&s", &text))
            json_object_set_string_member(object, checks[i].name, text);
    }
    if (g_variant_lookup(said, "expiry", "&s", &text))
        json_object_set_string_member(object, "expiry", text);
    return object;
}

/* A card whose signatures fail is an error, whatever it let us read. */
static gboolean
judge(JsonObject *said, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(checks); i++) {
        const char *verdict = mado_rows_text(said, checks[i].name);
        MadoErrorCode code = MADO_ERROR_CARD_FORGED;

        if (verdict[0] == '\0' || strcmp(verdict, "verified") == 0 ||
            strcmp(verdict, "not-read") == 0)
            continue;
        mado_error_from_nick(verdict, &code);
        g_set_error(error, MADO_ERROR, (int)code, "check '%s'", checks[i].name);
        return FALSE;
    }
    return TRUE;
}

static gboolean
read_card(const MadoArguments *arguments,
          MadoClient *client,
          const MadoSessionClientRead *wanted,
          JsonObject *result,
          GError **error)
{
    g_autoptr(MadoProgress) progress = mado_progress_new(arguments);
    g_autoptr(MadoSessionClient) session = mado_session_client_new(
        client, mado_arguments_value(arguments, MADO_OPTION_READER), error);
    g_autoptr(GVariant) files = NULL;
    g_autoptr(GUnixFDList) fds = NULL;
    g_autoptr(GVariant) said = NULL;
    JsonObject *content;
    JsonObject *verdicts;

    if (session == NULL)
        return FALSE;
    mado_session_client_set_progress(session, mado_progress_on_changed, progress);
    if (!mado_session_client_read(session, wanted, &files, &fds, &said, error))
        return FALSE;
    verdicts = checks_to_json(said);
    json_object_set_object_member(result, "checks", verdicts);
    content = mado_card_files_to_json(files, fds,
                                      mado_arguments_value(arguments, MADO_OPTION_OUT), error);
    if (content == NULL)
        return FALSE;
    json_object_set_object_member(result, "files", content);
    return judge(verdicts, error);
}

gboolean
mado_cmd_read_run(const MadoArguments *arguments, JsonObject *result, GError **error)
{
    g_auto(GStrv) what = take_what(arguments, error);
    g_autoptr(MadoClient) client = NULL;
    g_autoptr(MadoAgent) agent = NULL;
    MadoSessionClientRead wanted = {.what = (const char *const *)what};
    gboolean ok;

    if (what == NULL)
        return FALSE;
    client = mado_client_new(error);
    if (client == NULL)
        return FALSE;
    wanted.credential = choose_credential(arguments, wanted.what);
    if ((strcmp(wanted.credential, "pin") == 0 || wants(wanted.what, "sign-certificate")) &&
        !mado_agent_ensure(client, mado_arguments_fd(arguments, MADO_OPTION_PINS_FD), &agent,
                           error))
        return FALSE;
    wanted.secret_fd =
        seal_secret(arguments, wanted.credential, mado_client_cancellable(client), error);
    if (wanted.secret_fd < 0)
        return FALSE;
    ok = read_card(arguments, client, &wanted, result, error);
    close(wanted.secret_fd);
    if (!ok)
        mado_agent_explain(agent, error);
    return ok;
}

static const char *
say_verdict(const char *verdict)
{
    if (strcmp(verdict, "verified") == 0)
        return _("verified");
    if (strcmp(verdict, "not-read") == 0)
        return _("not checked");
    return _("FAILED");
}

void
mado_cmd_read_show(JsonObject *result)
{
    g_autoptr(MadoTable) table = mado_table_new(2);
    JsonObject *said;

    if (json_object_has_member(result, "files"))
        mado_card_files_print(json_object_get_object_member(result, "files"));
    if (!json_object_has_member(result, "checks"))
        return;
    said = json_object_get_object_member(result, "checks");
    for (gsize i = 0; i < G_N_ELEMENTS(checks); i++) {
        const char *verdict = mado_rows_text(said, checks[i].name);
        const char *cells[] = {_(checks[i].label), say_verdict(verdict)};

        /* Whether it is a copy is always said; the rest only of what was read. */
        if (verdict[0] != '\0' && (i == 0 || strcmp(verdict, "not-read") != 0))
            mado_table_add(table, cells);
    }
    mado_table_print(table);
}
