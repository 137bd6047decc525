/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/import.h"

#include "central/csv.h"
#include "central/directory.h"
#include "central/enrol.h"
#include "common/error.h"
#include "common/wipe.h"
#include "madoguchi/limits.h"

#include <json-glib/json-glib.h>

#include <string.h>

#define MIN_SIGN_AGE   15 /* no signature certificate for younger people */
#define MAX_FAULTS     100
#define MAX_JSON_DEPTH 64 /* brackets inside texts count, too: be generous */

/* The signature box every JP2 file begins with (ISO/IEC 15444-1, I.5.1). */
static const guint8 jp2_signature[] = {0x00, 0x00, 0x00, 0x0C, 0x6A, 0x50,
                                       0x20, 0x20, 0x0D, 0x0A, 0x87, 0x0A};

typedef enum {
    COLUMN_REQUEST_ID,
    COLUMN_NUMBER,
    COLUMN_NAME,
    COLUMN_KANA,
    COLUMN_BIRTH,
    COLUMN_SEX,
    COLUMN_ADDRESS,
    COLUMN_CERTIFICATES,
    COLUMN_PHOTO,
    COLUMN_RESERVED,
    COLUMN_QUEUE_NUMBER,
    COLUMN_PROCEDURE,
    COLUMN_ALERTS,
    N_COLUMNS
} Column;

static const char *const column_names[N_COLUMNS] = {
    "request_id",   "number", "name",     "kana",         "birth",     "sex",   "address",
    "certificates", "photo",  "reserved", "queue_number", "procedure", "alerts"};

#define N_REQUIRED COLUMN_CERTIFICATES

/* One line of the table: the cells by column, borrowed. */
typedef struct {
    guint line;
    const char *cells[N_COLUMNS]; /* NULL: column absent */
} Row;

/* What a good row becomes. */
typedef struct {
    MadoRequestRecord *record; /* owned */
    MadoSearchKeys keys;
} Entry;

typedef struct {
    const MadoImport *import;
    MadoImportReport *report;
    GPtrArray *entries;   /* Entry, owned */
    GHashTable *seen;     /* request ids of this table */
    GHashTable *searched; /* number keys of this table */
} Job;

static void
add_fault(Job *job, guint line, const char *why)
{
    if (job->report->faults->len < MAX_FAULTS)
        g_ptr_array_add(job->report->faults, g_strdup_printf("line %u: %s", line, why));
}

static int
find_column(const char *name)
{
    for (int i = 0; i < N_COLUMNS; i++)
        if (strcmp(name, column_names[i]) == 0)
            return i;
    return -1;
}

/* ---- one row ---- */

/* Copies a cell; @fold: full-width digits and letters become ASCII. FALSE: too long. */
static gboolean
copy_cell(const char *cell, gboolean fold, char *ret_text, gsize size)
{
    g_autofree char *folded =
        fold ? g_utf8_normalize(cell, -1, G_NORMALIZE_NFKC) : g_strdup(cell);
    gsize len = folded != NULL ? strlen(folded) : size;
    gboolean fits = len < size;

    if (fits)
        memcpy(ret_text, folded, len + 1);
    if (folded != NULL)
        mado_wipe(folded, strlen(folded));
    return fits;
}

static const char *
fold_sex(const char *cell)
{
    if (strcmp(cell, "男") == 0)
        return "1";
    return strcmp(cell, "女") == 0 ? "2" : cell;
}

static MadoResident *
read_resident(Job *job, const Row *row)
{
    g_autoptr(MadoResident) resident = mado_resident_new();
    g_autoptr(GError) error = NULL;
    const char *const *cells = row->cells;

    if (!copy_cell(cells[COLUMN_NUMBER], TRUE, resident->number, sizeof resident->number) ||
        !copy_cell(cells[COLUMN_NAME], FALSE, resident->name, sizeof resident->name) ||
        !copy_cell(cells[COLUMN_KANA], FALSE, resident->kana, sizeof resident->kana) ||
        !copy_cell(cells[COLUMN_BIRTH], TRUE, resident->birth, sizeof resident->birth) ||
        !copy_cell(fold_sex(cells[COLUMN_SEX]), TRUE, resident->sex, sizeof resident->sex) ||
        !copy_cell(cells[COLUMN_ADDRESS], FALSE, resident->address, sizeof resident->address)) {
        add_fault(job, row->line, "a field is too long");
        return NULL;
    }
    if (mado_resident_check(resident, &error))
        return g_steal_pointer(&resident);
    add_fault(job, row->line, error->message);
    return NULL;
}

static gboolean
read_slots(Job *job, const Row *row, const MadoResident *resident, guint8 *ret_slots)
{
    const char *text = row->cells[COLUMN_CERTIFICATES];
    gboolean is_young = mado_resident_age(resident, &job->import->today) < MIN_SIGN_AGE;

    if (text == NULL || text[0] == '\0')
        text = is_young ? "auth" : "both";
    if (strcmp(text, "auth") == 0) {
        *ret_slots = MADO_SLOT_AUTH;
        return TRUE;
    }
    if (strcmp(text, "both") == 0 && !is_young) {
        *ret_slots = MADO_SLOT_AUTH | MADO_SLOT_SIGN;
        return TRUE;
    }
    add_fault(job, row->line,
              is_young ? "certificates: no signature certificate under 15"
                       : "certificates: not both or auth");
    return FALSE;
}

/* *ret_photo stays NULL when the row names none. */
static gboolean
read_photo(Job *job, const Row *row, GBytes **ret_photo)
{
    const char *name = row->cells[COLUMN_PHOTO];
    g_autofree char *path = NULL;
    g_autofree char *data = NULL;
    gsize len;

    if (name == NULL || name[0] == '\0')
        return TRUE;
    if (job->import->photos == NULL || strchr(name, '/') != NULL || name[0] == '.') {
        add_fault(job, row->line, "photo: no photo folder, or not a plain file name");
        return FALSE;
    }
    path = g_build_filename(job->import->photos, name, NULL);
    if (!g_file_get_contents(path, &data, &len, NULL)) {
        add_fault(job, row->line, "photo: cannot be read");
        return FALSE;
    }
    if (len > MADO_LIMIT_PHOTO_LEN || len < sizeof jp2_signature ||
        memcmp(data, jp2_signature, sizeof jp2_signature) != 0) {
        add_fault(job, row->line, "photo: not a JPEG 2000 file of at most 32 KiB");
        return FALSE;
    }
    *ret_photo = g_bytes_new(data, len);
    mado_wipe(data, len);
    return TRUE;
}

/* ---- the queue's columns ---- */

/* "YYYY-MM-DD HH:MM", "YYYY-MM-DD", or "HH:MM" on the day of the import. */
static gboolean
parse_reserved(const MadoImport *import, const char *text, MadoRequestRecord *record)
{
    const MadoDate *today = &import->today;
    g_autofree char *day =
        g_strdup_printf("%04u%02u%02u", today->year, today->month, today->day);
    g_auto(GStrv) words = g_strsplit_set(text, " T", 2);
    const char *time = words[0] != NULL && words[1] != NULL ? words[1] : text;
    g_auto(GStrv) parts = g_strsplit(words[0] != NULL ? words[0] : "", "-", -1);
    MadoDate date;

    if (g_strv_length(parts) == 3) {
        g_free(day);
        day = g_strjoinv("", parts);
        time = words[1] != NULL ? words[1] : "";
    }
    if (!mado_date_parse(day, strlen(day), &date))
        return FALSE;
    g_strlcpy(record->reserved_day, day, sizeof record->reserved_day);
    if (time[0] == '\0')
        return TRUE;
    if (strlen(time) != 5 || time[2] != ':' || !g_ascii_isdigit(time[0]) ||
        !g_ascii_isdigit(time[1]) || !g_ascii_isdigit(time[3]) || !g_ascii_isdigit(time[4]) ||
        strncmp(time, "23", 2) > 0 || time[3] > '5')
        return FALSE;
    g_snprintf(record->reserved_time, sizeof record->reserved_time, "%.2s%.2s", time, time + 3);
    return TRUE;
}

static gboolean
parse_queue_number(const MadoImport *import, const char *text, MadoRequestRecord *record)
{
    guint64 number;

    if (!g_ascii_string_to_unsigned(text, 10, 1, G_MAXUINT16, &number, NULL))
        return FALSE;
    record->queue_number = (guint16)number;
    return TRUE;
}

static gboolean
parse_procedure(const MadoImport *import, const char *text, MadoRequestRecord *record)
{
    if (strcmp(text, "prepare") == 0)
        record->procedure = MADO_PROCEDURE_PREPARE;
    else if (strcmp(text, "issue") == 0)
        record->procedure = MADO_PROCEDURE_ISSUE;
    else
        return FALSE;
    return TRUE;
}

static gboolean
parse_alerts(const MadoImport *import, const char *text, MadoRequestRecord *record)
{
    static const char *const names[] = {"restricted", "stopped", "guardian"};
    g_auto(GStrv) words = g_strsplit(text, " ", -1);

    for (guint i = 0; words[i] != NULL; i++) {
        guint bit = 0;

        while (bit < G_N_ELEMENTS(names) && strcmp(names[bit], words[i]) != 0)
            bit++;
        if (bit == G_N_ELEMENTS(names))
            return FALSE;
        record->alerts |= (guint8)(1U << bit); /* in the order of MadoAlert */
    }
    return TRUE;
}

static const struct {
    Column column;
    gboolean (*parse)(const MadoImport *import, const char *text, MadoRequestRecord *record);
    const char *fault;
} queue_columns[] = {
    {COLUMN_RESERVED, parse_reserved, "reserved: not YYYY-MM-DD HH:MM, a day, or HH:MM"},
    {COLUMN_QUEUE_NUMBER, parse_queue_number, "queue_number: not 1 to 65535"},
    {COLUMN_PROCEDURE, parse_procedure, "procedure: not prepare or issue"},
    {COLUMN_ALERTS, parse_alerts, "alerts: not of restricted, stopped, guardian"},
};

static gboolean
read_queue(Job *job, const Row *row, MadoRequestRecord *record)
{
    for (gsize i = 0; i < G_N_ELEMENTS(queue_columns); i++) {
        const char *text = row->cells[queue_columns[i].column];

        if (text == NULL || text[0] == '\0' ||
            queue_columns[i].parse(job->import, text, record))
            continue;
        add_fault(job, row->line, queue_columns[i].fault);
        return FALSE;
    }
    return TRUE;
}

/* ---- sealing ---- */

static GBytes *
seal_photo(const MadoImport *import, const char *id, GBytes *photo, GError **error)
{
    g_autofree char *context = g_strconcat("photo:", id, NULL);
    g_autoptr(MadoSecret) plain =
        mado_secret_new_from(g_bytes_get_data(photo, NULL), g_bytes_get_size(photo));

    return mado_vault_seal(import->vault, context, plain, error);
}

static gboolean
seal(Job *job, const MadoResident *resident, GBytes *photo, Entry *entry, GError **error)
{
    const MadoImport *import = job->import;
    MadoRequestRecord *record = entry->record;

    record->person = mado_resident_seal(resident, import->vault, record->id, error);
    if (record->person == NULL ||
        !mado_vault_search_key(import->vault, resident->number, record->number_key, error) ||
        !mado_directory_make_keys(import->vault, record->municipality, resident, &entry->keys,
                                  error))
        return FALSE;
    if (photo != NULL)
        record->photo = seal_photo(import, record->id, photo, error);
    return photo == NULL || record->photo != NULL;
}

/* FALSE only when the store fails. */
static gboolean
check_new(Job *job, guint line, const MadoRequestRecord *record, GError **error)
{
    MadoStore *store = job->import->store;
    g_autoptr(GBytes) key = g_bytes_new(record->number_key, sizeof record->number_key);
    g_autoptr(GError) found = NULL;
    g_autoptr(MadoRequestRecord) by_id = store->ops->get_request(store, record->id, &found);
    g_autoptr(MadoRequestRecord) by_number = NULL;

    if (by_id == NULL && g_error_matches(found, MADO_ERROR, MADO_ERROR_NOT_FOUND)) {
        g_clear_error(&found);
        by_number = store->ops->find_request(store, record->number_key, &found);
    }
    if (found != NULL && !g_error_matches(found, MADO_ERROR, MADO_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&found));
        return FALSE;
    }
    if (by_id != NULL || !g_hash_table_add(job->seen, g_strdup(record->id)))
        add_fault(job, line, "request_id: is there already");
    if (by_number != NULL || !g_hash_table_add(job->searched, g_steal_pointer(&key)))
        add_fault(job, line, "number: this person has a request already");
    return TRUE;
}

static Entry *
entry_new(void)
{
    Entry *entry = g_new0(Entry, 1);

    entry->record = g_new0(MadoRequestRecord, 1);
    return entry;
}

static void
entry_free(Entry *entry)
{
    mado_record_types_free_request(entry->record);
    g_free(entry);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Entry, entry_free)

static gboolean
take_row(Job *job, const Row *row, GError **error)
{
    g_autoptr(Entry) entry = entry_new();
    MadoRequestRecord *record = entry->record;
    g_autoptr(MadoResident) resident = NULL;
    g_autoptr(GBytes) photo = NULL;

    job->report->n_requests++;
    for (int i = 0; i < N_REQUIRED; i++) {
        if (row->cells[i] == NULL) {
            add_fault(job, row->line, "a required column is missing");
            return TRUE;
        }
    }
    if (!copy_cell(row->cells[COLUMN_REQUEST_ID], TRUE, record->id, sizeof record->id) ||
        !mado_enrol_is_id(record->id)) {
        add_fault(job, row->line, "request_id: not 1 to 32 of A-Z a-z 0-9 . _ -");
        return TRUE;
    }
    resident = read_resident(job, row);
    if (resident == NULL || !read_slots(job, row, resident, &record->slots) ||
        !read_photo(job, row, &photo) || !read_queue(job, row, record))
        return TRUE;
    g_strlcpy(record->municipality, job->import->municipality, sizeof record->municipality);
    record->state = MADO_REQUEST_READY;
    record->changed_ms = job->import->now_ms;
    if (!seal(job, resident, photo, entry, error) || !check_new(job, row->line, record, error))
        return FALSE;
    g_ptr_array_add(job->entries, g_steal_pointer(&entry));
    return TRUE;
}

/* ---- the two forms of a table ---- */

/* The header line: which column each cell is. */
static gboolean
read_header(Job *job, const MadoCsvRow *row, int *ret_columns)
{
    gboolean seen[N_COLUMNS] = {FALSE};

    for (guint i = 0; i < row->cells->len; i++) {
        int column = find_column(g_ptr_array_index(row->cells, i));

        if (column < 0 || seen[column]) {
            add_fault(job, row->line, "a column that is unknown, or there twice");
            return FALSE;
        }
        seen[column] = TRUE;
        ret_columns[i] = column;
    }
    for (int i = 0; i < N_REQUIRED; i++) {
        if (!seen[i]) {
            g_autofree char *why = g_strdup_printf("no column %s", column_names[i]);

            add_fault(job, row->line, why);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
take_csv_row(
    Job *job, const MadoCsvRow *row, const int *columns, guint n_columns, GError **error)
{
    Row cells = {.line = row->line};

    if (row->cells->len != n_columns) {
        add_fault(job, row->line, "not as many fields as the header");
        return TRUE;
    }
    for (guint i = 0; i < n_columns; i++)
        cells.cells[columns[i]] = g_ptr_array_index(row->cells, i);
    return take_row(job, &cells, error);
}

static gboolean
take_csv(Job *job, const char *data, gsize len, GError **error)
{
    g_autoptr(GPtrArray) rows = mado_csv_parse(data, len, error);
    int columns[MADO_CSV_MAX_CELLS];
    const MadoCsvRow *header;

    if (rows == NULL)
        return FALSE;
    if (rows->len == 0) {
        add_fault(job, 1, "the table has no header");
        return TRUE;
    }
    header = g_ptr_array_index(rows, 0);
    if (!read_header(job, header, columns))
        return TRUE;
    for (guint i = 1; i < rows->len; i++)
        if (!take_csv_row(job, g_ptr_array_index(rows, i), columns, header->cells->len, error))
            return FALSE;
    return TRUE;
}

/* JSON counts objects, not lines. */
static gboolean
take_json_object(Job *job, JsonNode *node, guint number, GError **error)
{
    Row cells = {.line = number};
    JsonObjectIter iter;
    const char *name;
    JsonNode *value;

    if (!JSON_NODE_HOLDS_OBJECT(node)) {
        add_fault(job, number, "not an object");
        return TRUE;
    }
    json_object_iter_init(&iter, json_node_get_object(node));
    while (json_object_iter_next(&iter, &name, &value)) {
        int column = find_column(name);

        if (column < 0 || json_node_get_value_type(value) != G_TYPE_STRING) {
            add_fault(job, number, "a member that is unknown or no text");
            return TRUE;
        }
        cells.cells[column] = json_node_get_string(value);
    }
    return take_row(job, &cells, error);
}

/* The parser calls itself for every level; a table has two. */
static gboolean
is_flat(const char *data, gsize len)
{
    guint depth = 0;

    for (gsize i = 0; i < len; i++) {
        if ((data[i] == '[' || data[i] == '{') && ++depth > MAX_JSON_DEPTH)
            return FALSE;
        if ((data[i] == ']' || data[i] == '}') && depth > 0)
            depth--;
    }
    return TRUE;
}

static gboolean
take_json(Job *job, const char *data, gsize len, GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    JsonNode *root;
    JsonArray *array;

    if (!g_utf8_validate(data, (gssize)len, NULL) || !is_flat(data, len) ||
        !json_parser_load_from_data(parser, data, (gssize)len, NULL)) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CONFIG, "not JSON in UTF-8");
        return FALSE;
    }
    root = json_parser_get_root(parser);
    if (root == NULL || !JSON_NODE_HOLDS_ARRAY(root)) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CONFIG, "not an array of requests");
        return FALSE;
    }
    array = json_node_get_array(root);
    for (guint i = 0; i < json_array_get_length(array); i++)
        if (!take_json_object(job, json_array_get_element(array, i), i + 1, error))
            return FALSE;
    return TRUE;
}

/* ---- the whole ---- */

static void
free_entry(gpointer entry)
{
    entry_free(entry);
}

static void
free_bytes(gpointer bytes)
{
    g_bytes_unref(bytes);
}

static gboolean
write_all(const Job *job, GError **error)
{
    MadoStore *store = job->import->store;

    for (guint i = 0; i < job->entries->len; i++) {
        const Entry *entry = g_ptr_array_index(job->entries, i);

        if (!store->ops->put_request(store, entry->record, error) ||
            !store->ops->put_search_keys(store, entry->record->id, &entry->keys, error))
            return FALSE;
    }
    return TRUE;
}

/* Checked and written in one transaction: nobody gets between. */
static gboolean
run(Job *job, const char *data, gsize len, GError **error)
{
    MadoStore *store = job->import->store;
    gboolean done;

    if (!store->ops->begin(store, error))
        return FALSE;
    done = job->import->is_json ? take_json(job, data, len, error)
                                : take_csv(job, data, len, error);
    if (done && job->report->faults->len == 0 && !job->import->dry_run) {
        if (write_all(job, error) && store->ops->commit(store, error))
            return TRUE;
        done = FALSE;
    }
    store->ops->rollback(store);
    return done;
}

MadoImportReport *
mado_import_run(const MadoImport *self, const char *data, gsize len, GError **error)
{
    g_autoptr(MadoImportReport) report = g_new0(MadoImportReport, 1);
    Job job = {.import = self, .report = report};
    gboolean done;

    report->faults = g_ptr_array_new_with_free_func(g_free);
    job.entries = g_ptr_array_new_with_free_func(free_entry);
    job.seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    job.searched = g_hash_table_new_full(g_bytes_hash, g_bytes_equal, free_bytes, NULL);
    done = run(&job, data, len, error);
    g_ptr_array_unref(job.entries);
    g_hash_table_unref(job.seen);
    g_hash_table_unref(job.searched);
    return done ? g_steal_pointer(&report) : NULL;
}

void
mado_import_free_report(MadoImportReport *report)
{
    if (report == NULL)
        return;
    g_clear_pointer(&report->faults, g_ptr_array_unref);
    g_free(report);
}
