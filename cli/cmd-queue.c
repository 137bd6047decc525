/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "cli/cmd-queue.h"

#include "cli/client.h"
#include "cli/passphrase.h"
#include "cli/progress.h"
#include "cli/rows.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "client/client-look.h"
#include "client/day-text.h"
#include "common/error.h"
#include "relay/relay.h"

#include <glib/gi18n.h>

#include <string.h>
#include <unistd.h>

typedef struct {
    MadoRelayConfig *config;
    MadoPassphrase *passphrase;
    MadoSigner *signer;
    MadoRelay *relay;
    MadoClient *client;
    MadoProgress *progress;
} Looker;

static void
looker_clear(Looker *looker)
{
    mado_progress_free(looker->progress);
    mado_client_free(looker->client);
    mado_relay_free(looker->relay);
    mado_signer_free(looker->signer);
    mado_passphrase_free(looker->passphrase);
    mado_relay_config_free(looker->config);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Looker, looker_clear)

static gboolean
open_looker(Looker *looker, const MadoArguments *arguments, GError **error)
{
    looker->progress = mado_progress_new(arguments);
    looker->config = mado_relay_config_load(mado_arguments_config(arguments), error);
    if (looker->config == NULL)
        return FALSE;
    looker->passphrase = mado_passphrase_new(
        looker->config->operator_id, mado_arguments_fd(arguments, MADO_OPTION_PASSPHRASE_FD));
    looker->signer =
        mado_signer_new(looker->config, mado_passphrase_ask, looker->passphrase, error);
    if (looker->signer == NULL)
        return FALSE;
    looker->relay = mado_relay_new(looker->config, NULL, error);
    if (looker->relay == NULL)
        return FALSE;
    looker->client = mado_client_new(error);
    return looker->client != NULL;
}

/* ---- the query ---- */

static gboolean
take_day(const char *text, char ret_digits[9], GError **error)
{
    MadoDate date;

    switch (mado_day_text_parse(text, &date)) {
    case MADO_DAY_TEXT_OK:
        mado_day_text_format_digits(&date, ret_digits);
        return TRUE;
    case MADO_DAY_TEXT_FORM:
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT,
                            _("not a day: write 1985-07-14 or S60.7.14"));
        return FALSE;
    case MADO_DAY_TEXT_NO_DAY:
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT,
                            _("there is no such day"));
        return FALSE;
    case MADO_DAY_TEXT_OTHER_ERA:
        g_set_error_literal(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT,
                            _("that day was in another era"));
        return FALSE;
    }
    g_return_val_if_reached(FALSE);
}

static const char *const purposes[] = {"counter", "prepare", "contact", "audit"};

static MadoLookPurpose
find_purpose(const char *word)
{
    for (guint i = 0; word != NULL && i < G_N_ELEMENTS(purposes); i++)
        if (strcmp(purposes[i], word) == 0)
            return MADO_PURPOSE_COUNTER + i;
    return MADO_PURPOSE_COUNTER;
}

static gboolean
take_skip(const MadoArguments *arguments, MadoBodyQuery *query, GError **error)
{
    const char *text = mado_arguments_value(arguments, MADO_OPTION_SKIP);
    guint64 skip = 0;

    if (text != NULL && !g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT16, &skip, error))
        return FALSE;
    query->skip = (guint16)skip;
    return TRUE;
}

/* Copies an option into a field of the query; an absent one leaves it empty. */
static gboolean
take_text(const char *text, char *field, gsize size, GError **error)
{
    if (text == NULL || g_strlcpy(field, text, size) < size)
        return TRUE;
    g_set_error(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT, "longer than %zu bytes", size - 1);
    return FALSE;
}

/* Without any term the reading is asked for. */
static gboolean
take_terms(const MadoArguments *arguments,
           GCancellable *cancellable,
           MadoBodyQuery *query,
           GError **error)
{
    const char *reading = mado_arguments_value(arguments, MADO_OPTION_READING);
    const char *birth = mado_arguments_value(arguments, MADO_OPTION_BIRTH);
    const char *request = mado_arguments_value(arguments, MADO_OPTION_REQUEST);
    g_autofree char *asked = NULL;

    if (reading == NULL && birth == NULL && request == NULL) {
        asked =
            mado_terminal_ask_text(_("How the name begins to be read: "), cancellable, error);
        if (asked == NULL)
            return FALSE;
        reading = asked;
    }
    return take_text(reading, query->reading, sizeof query->reading, error) &&
           take_text(request, query->request_id, sizeof query->request_id, error) &&
           (birth == NULL || take_day(birth, query->birth, error));
}

/* ---- asking ---- */

/* (transfer full): the answer to what the daemon gave out. */
static MadoRelayAnswer *
post(Looker *looker, const MadoRelayMessage *message, GError **error)
{
    GAsyncResult *slot = NULL;
    g_autoptr(GAsyncResult) result = NULL;
    g_autoptr(MadoRelayAnswer) answer = NULL;

    mado_progress_say(looker->progress, _("Asking the centre …"));
    mado_relay_send_async(looker->relay, message, mado_client_cancellable(looker->client),
                          mado_client_on_ready, &slot);
    result = mado_client_wait(&slot);
    answer = mado_relay_finish(looker->relay, result, error);
    if (answer == NULL || answer->status == 200)
        return g_steal_pointer(&answer);
    mado_client_look_refused(answer->status, answer->problem, error);
    return NULL;
}

static MadoBodyDirectory *
ask(Looker *looker, const MadoClientLook *look, GError **error)
{
    g_autofree char *endpoint = NULL;
    g_autofree char *name = NULL;
    g_autoptr(GBytes) body = NULL;
    g_autoptr(MadoRelayAnswer) answer = NULL;
    MadoBodyDirectory *directory;
    MadoRelayMessage message;
    int fd;

    if (!mado_client_look(looker->client, look, &endpoint, &name, &body, error))
        return NULL;
    message = (MadoRelayMessage){endpoint, name, body};
    answer = post(looker, &message, error);
    if (answer == NULL || !mado_client_looked(looker->client, name, answer->body, &fd, error))
        return NULL;
    directory = mado_client_look_read(fd, error);
    (void)close(fd);
    return directory;
}

/* ---- the answer ---- */

static const char *
procedure_name(MadoProcedure procedure)
{
    return procedure == MADO_PROCEDURE_PREPARE ? "prepare"
           : procedure == MADO_PROCEDURE_ISSUE ? "issue"
                                               : "other";
}

static const char *
state_name(MadoRequestState state)
{
    static const char *const names[] = {"", "ready", "set-up", "delivered", "void"};

    return names[state];
}

static const char *
transaction_name(MadoTransactionState state)
{
    static const char *const names[] = {"none",      "prepared", "written",
                                        "committed", "aborted",  "unknown"};

    return names[state];
}

static JsonArray *
alerts_to_json(guint8 alerts)
{
    static const char *const names[] = {"restricted", "stopped", "guardian"};
    JsonArray *array = json_array_new();

    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        if ((alerts & 1U << i) != 0)
            json_array_add_string_element(array, names[i]);
    return array;
}

/* "2026-11-23", "10:30": what people and programs read. */
static char *
with_marks(const char *digits, const char *mark)
{
    if (strlen(digits) == 8)
        return g_strdup_printf("%.4s%s%.2s%s%s", digits, mark, digits + 4, mark, digits + 6);
    return strlen(digits) == 4 ? g_strdup_printf("%.2s:%s", digits, digits + 2) : g_strdup("");
}

static JsonObject *
row_to_json(const MadoBodyRow *row)
{
    g_autofree char *day = with_marks(row->reserved_day, "-");
    g_autofree char *time = with_marks(row->reserved_time, "-");
    g_autofree char *birth = with_marks(row->birth, "-");
    JsonObject *object = json_object_new();

    json_object_set_string_member(object, "request", row->request_id);
    json_object_set_string_member(object, "day", day);
    json_object_set_string_member(object, "time", time);
    json_object_set_int_member(object, "number", row->number);
    json_object_set_string_member(object, "name", row->name);
    json_object_set_string_member(object, "kana", row->kana);
    json_object_set_string_member(object, "birth", birth);
    json_object_set_string_member(object, "procedure", procedure_name(row->procedure));
    json_object_set_string_member(object, "state", state_name(row->state));
    json_object_set_string_member(object, "transaction", transaction_name(row->transaction));
    json_object_set_array_member(object, "alerts", alerts_to_json(row->alerts));
    json_object_set_int_member(object, "since", row->since_ms);
    json_object_set_string_member(object, "terminal", row->terminal);
    json_object_set_string_member(object, "reason", row->reason);
    return object;
}

static void
fill_result(JsonObject *result, const MadoBodyDirectory *directory)
{
    g_autofree char *day = with_marks(directory->day, "-");
    JsonArray *rows = json_array_new();

    for (guint i = 0; i < directory->rows->len; i++)
        json_array_add_object_element(rows, row_to_json(g_ptr_array_index(directory->rows, i)));
    json_object_set_string_member(result, "day", day);
    json_object_set_boolean_member(result, "more", directory->more);
    json_object_set_array_member(result, "rows", rows);
}

static gboolean
look(Looker *looker, const MadoBodyQuery *query, JsonObject *result, GError **error)
{
    g_auto(MadoClientDesk) desk = {0};
    g_auto(MadoClientLook) signed_look = {.query_fd = -1};
    g_autoptr(MadoBodyDirectory) directory = NULL;

    mado_client_get_desk(looker->client, &desk);
    if (!mado_client_look_sign(query, desk.realm, desk.terminal, looker->signer, &signed_look,
                               error))
        return FALSE;
    directory = ask(looker, &signed_look, error);
    if (directory == NULL)
        return FALSE;
    fill_result(result, directory);
    return TRUE;
}

gboolean
mado_cmd_queue_run(const MadoArguments *arguments, JsonObject *result, GError **error)
{
    const char *day = mado_arguments_value(arguments, MADO_OPTION_DAY);
    g_auto(Looker) looker = {0};
    g_auto(MadoBodyQuery) query = {0};

    mado_body_query_init(&query, MADO_LOOK_DAY,
                         find_purpose(mado_arguments_value(arguments, MADO_OPTION_PURPOSE)));
    return (day == NULL || take_day(day, query.day, error)) &&
           take_skip(arguments, &query, error) && open_looker(&looker, arguments, error) &&
           look(&looker, &query, result, error);
}

gboolean
mado_cmd_queue_search(const MadoArguments *arguments, JsonObject *result, GError **error)
{
    g_auto(Looker) looker = {0};
    g_auto(MadoBodyQuery) query = {0};

    mado_body_query_init(&query, MADO_LOOK_SEARCH,
                         find_purpose(mado_arguments_value(arguments, MADO_OPTION_PURPOSE)));
    return take_skip(arguments, &query, error) && open_looker(&looker, arguments, error) &&
           take_terms(arguments, mado_client_cancellable(looker.client), &query, error) &&
           look(&looker, &query, result, error);
}

/* ---- for people ---- */

/* What the clerk must know first, before the state. */
static char *
describe_state(JsonObject *row)
{
    static const struct {
        const char *name;
        const char *text;
    } states[] = {
        {"ready", N_("not prepared yet")},
        {"set-up", N_("prepared")},
        {"delivered", N_("handed over")},
    };
    const char *transaction = mado_rows_text(row, "transaction");
    const char *state = mado_rows_text(row, "state");

    if (strcmp(transaction, "prepared") == 0 || strcmp(transaction, "written") == 0 ||
        strcmp(transaction, "unknown") == 0)
        return g_strdup_printf(_("visit not over (%s)"), mado_rows_text(row, "terminal"));
    for (gsize i = 0; i < G_N_ELEMENTS(states); i++)
        if (strcmp(states[i].name, state) == 0)
            return g_strdup(_(states[i].text));
    return g_strdup(state);
}

static char *
describe_alerts(JsonObject *row)
{
    static const struct {
        const char *name;
        const char *text;
    } alerts[] = {
        {"restricted", N_("RESTRICTED: ask the person in charge")},
        {"stopped", N_("STOPPED: do not hand over")},
        {"guardian", N_("comes with a guardian")},
    };
    JsonArray *names = json_object_get_array_member(row, "alerts");
    GString *line = g_string_new(NULL);

    for (guint i = 0; i < json_array_get_length(names); i++)
        for (gsize k = 0; k < G_N_ELEMENTS(alerts); k++)
            if (strcmp(alerts[k].name, json_array_get_string_element(names, i)) == 0)
                g_string_append_printf(line, "%s%s", line->len > 0 ? ", " : "",
                                       _(alerts[k].text));
    return g_string_free(line, FALSE);
}

static void
add_line(MadoTable *table, JsonObject *row)
{
    gint64 number = json_object_get_int_member(row, "number");
    g_autofree char *place = number > 0 ? g_strdup_printf("%03d", (int)number) : g_strdup("");
    g_autofree char *state = describe_state(row);
    g_autofree char *alerts = describe_alerts(row);
    const char *cells[] = {place,
                           mado_rows_text(row, "time"),
                           mado_rows_text(row, "kana"),
                           mado_rows_text(row, "name"),
                           mado_rows_text(row, "birth"),
                           mado_rows_text(row, "request"),
                           state,
                           alerts};

    mado_table_add(table, cells);
}

void
mado_cmd_queue_show(JsonObject *result)
{
    g_autoptr(MadoTable) table = mado_table_new(8);
    const char *heads[] = {_("No."),   _("Time"),    _("Reading"), _("Name"),
                           _("Birth"), _("Request"), _("State"),   _("Alerts")};
    JsonArray *rows;

    if (!json_object_has_member(result, "rows"))
        return;
    rows = json_object_get_array_member(result, "rows");
    if (json_array_get_length(rows) == 0) {
        g_print("%s\n", _("Nobody. Search with a shorter reading, or by date of birth."));
        return;
    }
    mado_table_add(table, heads);
    for (guint i = 0; i < json_array_get_length(rows); i++)
        add_line(table, json_array_get_object_element(rows, i));
    mado_table_print(table);
    if (json_object_get_boolean_member(result, "more"))
        g_print("%s\n", _("There are more. Narrow the search, or leave rows out with --skip."));
}
