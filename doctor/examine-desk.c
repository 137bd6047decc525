/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "doctor/examination.h"

#include <madoguchi/limits.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define STATISTICS_DAYS 30
#define BACKLOG_WARN    (MADO_LIMIT_RECEIPT_BACKLOG / 4)
#define ROOM_WARN_KIB   65536

/* ---- the daemon ---- */

void
mado_examine_daemon(MadoExamination *self)
{
    JsonObject *facts = json_object_new();

    self->desk = mado_desk_state_load(STATISTICS_DAYS);
    json_object_set_string_member(facts, "this-version", PACKAGE_VERSION);
    json_object_set_boolean_member(facts, "bus", self->desk->has_bus);
    json_object_set_boolean_member(facts, "running", self->desk->is_running);
    json_object_set_object_member(self->facts, "daemon", facts);
    if (!self->desk->is_running) {
        JsonObject *details = json_object_new();
        g_autofree char *unit = mado_desk_state_unit("madoguchid.service");

        json_object_set_string_member(details, "madoguchid.service", unit);
        mado_doctor_report_add(self->report, 301, details);
        return;
    }
    json_object_set_string_member(facts, "version", self->desk->version);
    json_object_set_string_member(facts, "realm", self->desk->realm);
    json_object_set_boolean_member(facts, "enrolled", self->desk->terminal[0] != '\0');
    json_object_set_boolean_member(facts, "agent", self->desk->has_agent);
    json_object_set_boolean_member(facts, "service", self->desk->has_service);
    json_object_set_int_member(facts, "backlog", self->desk->backlog);
    if (!g_str_equal(self->desk->version, PACKAGE_VERSION)) {
        JsonObject *details = json_object_new();

        json_object_set_string_member(details, "daemon", self->desk->version);
        json_object_set_string_member(details, "this-program", PACKAGE_VERSION);
        mado_doctor_report_add(self->report, 302, details);
    }
    if (!self->desk->has_agent)
        mado_doctor_report_add(self->report, 303, NULL);
}

void
mado_examine_link(MadoExamination *self)
{
    if (!self->desk->has_service)
        mado_doctor_report_add(self->report, 311, NULL);
}

/* ---- configuration ---- */

static void
report_file(MadoExamination *self, const char *path, const char *reason)
{
    JsonObject *details = json_object_new();

    json_object_set_string_member(details, "file", path);
    json_object_set_string_member(details, "reason", reason);
    mado_doctor_report_add(self->report, 501, details);
}

/* FALSE: reported. A file that is not for this user's eyes is no fault: it is the daemon's. */
static gboolean
load_daemon_config(MadoExamination *self)
{
    g_autofree char *folder = g_path_get_dirname(self->settings->relay_config);
    g_autofree char *path = g_build_filename(folder, "madoguchid.conf", NULL);
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GError) error = NULL;

    if (g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &error)) {
        self->daemon_config = g_steal_pointer(&file);
        self->daemon_config_folder = g_steal_pointer(&folder);
        return TRUE;
    }
    if (g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_ACCES))
        return TRUE;
    report_file(self, path, error->message);
    return FALSE;
}

static gboolean
is_enrolled(const MadoExamination *self)
{
    g_autofree char *terminal = NULL;

    if (self->daemon_config == NULL)
        return !self->desk->is_running || self->desk->terminal[0] != '\0';
    terminal = g_key_file_get_string(self->daemon_config, "desk", "terminal", NULL);
    return terminal != NULL && terminal[0] != '\0';
}

void
mado_examine_config(MadoExamination *self)
{
    g_autoptr(GError) error = NULL;

    if (!load_daemon_config(self))
        return;
    if (!is_enrolled(self)) {
        mado_doctor_report_add(self->report, 502, NULL);
        return;
    }
    self->relay = mado_relay_config_load(self->settings->relay_config, &error);
    if (self->relay == NULL)
        report_file(self, self->settings->relay_config, error->message);
}

/* ---- the journal ---- */

/* (transfer full) (nullable): where it is, or will be made: the nearest folder there is. */
static char *
journal_folder(const MadoExamination *self, gboolean *ret_exists)
{
    g_autofree char *value = NULL;
    g_autofree char *whole = NULL;
    g_autofree char *path = NULL;

    if (self->daemon_config != NULL)
        value = g_key_file_get_string(self->daemon_config, "desk", "journal", NULL);
    if (value == NULL)
        return NULL;
    whole = g_path_is_absolute(value)
                ? g_strdup(value)
                : g_build_filename(self->daemon_config_folder, value, NULL);
    path = g_path_get_dirname(whole);
    *ret_exists = g_file_test(path, G_FILE_TEST_IS_DIR);
    return *ret_exists ? g_steal_pointer(&path) : g_path_get_dirname(path);
}

static void
examine_room(MadoExamination *self, const char *folder, JsonObject *facts)
{
    struct statvfs info;
    guint64 free_kib;
    JsonObject *details;

    if (statvfs(folder, &info) != 0)
        return;
    free_kib = (guint64)info.f_bavail * info.f_frsize / 1024;
    json_object_set_int_member(facts, "free-kib", (gint64)free_kib);
    if (free_kib >= ROOM_WARN_KIB)
        return;
    details = json_object_new();
    json_object_set_string_member(details, "folder", folder);
    json_object_set_int_member(details, "free-kib", (gint64)free_kib);
    mado_doctor_report_add(self->report, free_kib < MADO_LIMIT_JOURNAL_RESERVE_KIB ? 511 : 514,
                           details);
}

static void
examine_rights(MadoExamination *self, const char *folder, JsonObject *facts)
{
    struct stat info;
    gboolean is_open;
    gboolean is_foreign;
    g_autofree char *mode = NULL;
    JsonObject *details;

    if (stat(folder, &info) != 0)
        return;
    mode = g_strdup_printf("%04o", (guint)(info.st_mode & 07777));
    json_object_set_string_member(facts, "mode", mode);
    is_open = (info.st_mode & 077) != 0;
    is_foreign = self->desk->is_running && info.st_uid != self->desk->uid;
    if (!is_open && !is_foreign)
        return;
    details = json_object_new();
    json_object_set_string_member(details, "folder", folder);
    json_object_set_string_member(details, "mode", mode);
    json_object_set_int_member(details, "owner", info.st_uid);
    mado_doctor_report_add(self->report, 512, details);
}

void
mado_examine_journal(MadoExamination *self)
{
    JsonObject *facts = json_object_new();
    gboolean exists = FALSE;
    g_autofree char *folder = journal_folder(self, &exists);

    json_object_set_object_member(self->facts, "journal", facts);
    if (folder != NULL)
        examine_room(self, folder, facts);
    if (folder != NULL && exists)
        examine_rights(self, folder, facts);
    if (self->desk->is_running && self->desk->backlog >= BACKLOG_WARN) {
        JsonObject *details = json_object_new();

        json_object_set_int_member(details, "receipts", self->desk->backlog);
        json_object_set_int_member(details, "limit", MADO_LIMIT_RECEIPT_BACKLOG);
        mado_doctor_report_add(self->report, 513, details);
    }
}
