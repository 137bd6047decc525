/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "common/clock.h"
#include "common/error.h"
#include "doctor/examination.h"
#include "doctor/validity.h"
#include "relay/relay.h"

#include <madoguchi/limits.h>
#include <madoguchi/names.h>

#define DAY_MS           (24 * 60 * 60 * G_GINT64_CONSTANT(1000))
#define DAYS_WARN        30
#define HEALTH_BUDGET_MS 6000
#define STATUS_OK        200

/* ---- our own certificates ---- */

static void
judge(MadoExamination *self, const char *name, const MadoValidity *validity, JsonArray *list)
{
    gint64 now_ms = mado_clock_wall_ms(mado_clock_system());
    gint64 days = (validity->not_after_ms - now_ms) / DAY_MS;
    g_autoptr(GDateTime) end = g_date_time_new_from_unix_utc(validity->not_after_ms / 1000);
    g_autofree char *date = end == NULL ? g_strdup("") : g_date_time_format(end, "%Y-%m-%d");
    gboolean is_valid = validity->not_before_ms <= now_ms && now_ms < validity->not_after_ms;
    JsonObject *details = json_object_new();

    json_object_set_string_member(details, "certificate", name);
    json_object_set_string_member(details, "not-after", date);
    json_object_set_int_member(details, "days-left", days);
    json_array_add_object_element(list, json_object_ref(details));
    if (validity->is_foreign)
        mado_doctor_report_add(self->report, 523, details);
    else if (!is_valid)
        mado_doctor_report_add(self->report, 522, details);
    else if (days < DAYS_WARN)
        mado_doctor_report_add(self->report, 521, details);
    else
        json_object_unref(details);
}

/* One file, by a name that says what it is for. Not readable by this user: left out. */
static void
examine_file(MadoExamination *self,
             const char *name,
             const char *path,
             const char *authority,
             JsonArray *list)
{
    g_autoptr(GError) error = NULL;
    MadoValidity validity;
    JsonObject *details;

    if (mado_validity_load(path, authority, &validity, &error)) {
        judge(self, name, &validity, list);
        return;
    }
    if (g_error_matches(error, MADO_ERROR, MADO_ERROR_NOT_AUTHORIZED))
        return;
    details = json_object_new();
    json_object_set_string_member(details, "certificate", name);
    json_object_set_string_member(details, "reason", error->message);
    mado_doctor_report_add(self->report, 523, details);
}

static void
examine_daemon_file(MadoExamination *self, const char *group, const char *key, JsonArray *list)
{
    g_autofree char *value = g_key_file_get_string(self->daemon_config, group, key, NULL);
    g_autofree char *path = NULL;

    if (value == NULL)
        return;
    path = g_path_is_absolute(value)
               ? g_strdup(value)
               : g_build_filename(self->daemon_config_folder, value, NULL);
    examine_file(self, key, path, NULL, list);
}

void
mado_examine_certificates(MadoExamination *self)
{
    JsonArray *list = json_array_new();

    examine_file(self, "tls", self->relay->certificate, self->relay->ca, list);
    examine_file(self, "tls-authority", self->relay->ca, NULL, list);
    if (self->daemon_config != NULL) {
        examine_daemon_file(self, "keys", "sign-cert", list);
        examine_daemon_file(self, "keys", "decrypt-cert", list);
        examine_daemon_file(self, "centre", "encrypt-cert", list);
        examine_daemon_file(self, "centre", "anchor", list);
    }
    json_object_set_array_member(self->facts, "certificates", list);
}

/* ---- the centre ---- */

static void
on_answered(GObject *source, GAsyncResult *result, gpointer user_data)
{
    GAsyncResult **ret_result = user_data;

    *ret_result = g_object_ref(result);
}

/* (transfer full) (nullable) */
static MadoRelayAnswer *
ask_health(const MadoRelayConfig *config, GError **error)
{
    MadoRelayConfig hurried = *config; /* borrows its strings */
    g_autoptr(GMainContext) context = g_main_context_new();
    g_autoptr(MadoRelay) relay = NULL;
    g_autoptr(GAsyncResult) result = NULL;
    const MadoRelayMessage message = {.endpoint = MADO_ENDPOINT_HEALTH};
    MadoRelayAnswer *answer = NULL;

    hurried.budget_ms = MIN(config->budget_ms, HEALTH_BUDGET_MS);
    g_main_context_push_thread_default(context);
    relay = mado_relay_new(&hurried, NULL, error);
    if (relay != NULL) {
        mado_relay_send_async(relay, &message, NULL, on_answered, &result);
        while (result == NULL)
            g_main_context_iteration(context, TRUE);
        answer = mado_relay_finish(relay, result, error);
    }
    g_main_context_pop_thread_default(context);
    return answer;
}

static void
report_failure(MadoExamination *self, const GError *error)
{
    JsonObject *details = json_object_new();
    guint number = 531;

    if (g_error_matches(error, MADO_ERROR, MADO_ERROR_CENTRE_ANSWER))
        number = 532;
    json_object_set_string_member(details, "reason", error->message);
    if (g_error_matches(error, MADO_ERROR, MADO_ERROR_CONFIG))
        number = 501;
    mado_doctor_report_add(self->report, number, details);
}

void
mado_examine_centre(MadoExamination *self)
{
    g_autoptr(GError) error = NULL;
    gint64 begun_ms = mado_clock_monotonic_ms(mado_clock_system());
    g_autoptr(MadoRelayAnswer) answer = ask_health(self->relay, &error);
    JsonObject *facts = json_object_new();

    json_object_set_object_member(self->facts, "centre", facts);
    json_object_set_int_member(facts, "answer-ms",
                               mado_clock_monotonic_ms(mado_clock_system()) - begun_ms);
    if (answer == NULL) {
        json_object_set_string_member(facts, "error", mado_error_nick(mado_error_code(error)));
        report_failure(self, error);
        return;
    }
    json_object_set_int_member(facts, "status", answer->status);
    json_object_set_int_member(facts, "tries", answer->n_tries);
    self->has_skew = answer->has_skew;
    self->skew_s = answer->skew_s;
    if (answer->status != STATUS_OK) {
        JsonObject *details = json_object_new();

        json_object_set_int_member(details, "status", answer->status);
        json_object_set_string_member(details, "problem", answer->problem);
        mado_doctor_report_add(self->report, 533, details);
    }
}

void
mado_examine_clock(MadoExamination *self)
{
    gint64 off_s = ABS(self->skew_s);
    JsonObject *details;

    if (!self->has_skew)
        return;
    json_object_set_int_member(self->facts, "clock-skew-s", self->skew_s);
    if (off_s <= MADO_LIMIT_SKEW_WARN_S)
        return;
    details = json_object_new();
    json_object_set_int_member(details, "seconds", self->skew_s);
    mado_doctor_report_add(self->report, off_s > MADO_LIMIT_SKEW_BLOCK_S ? 542 : 541, details);
}
