/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "relay/channel.h"

#include "common/error.h"
#include "relay/header.h"

#include <curl/curl.h>

#include <madoguchi/limits.h>
#include <madoguchi/names.h>
#include <string.h>
#include <sys/stat.h>

#define PATH_MAX_LEN  200
#define KEY_MAX_LEN   64
#define N_HEADERS_MAX 100
#define POLL_STEP_MS  1000

struct _MadoChannel {
    CURLM *multi; /* owns the connections */
    CURL *easy;
    char *url;
    gint interrupted; /* atomic */
    char reason[CURL_ERROR_SIZE];
};

/* What one exchange collects; lives on the stack of mado_channel_exchange(). */
typedef struct {
    GByteArray *body;
    MadoChannelAnswer answer;
    const MadoClock *clock;
    guint n_headers;
    gboolean has_head; /* the empty line that ends it was seen */
    gboolean too_much;
} Collector;

/* ---- what comes in -------------------------------------------------------------------- */

static size_t
on_body(char *data, size_t size, size_t n_items, void *user_data)
{
    Collector *collector = user_data;
    gsize len = size * n_items; /* size is 1 by libcurl's contract */

    if (len > MADO_LIMIT_MESSAGE_LEN - collector->body->len) {
        collector->too_much = TRUE;
        return CURL_WRITEFUNC_ERROR;
    }
    g_byte_array_append(collector->body, (const guint8 *)data, (guint)len);
    return len;
}

static void
take_header(Collector *collector, const MadoHeader *header)
{
    MadoChannelAnswer *answer = &collector->answer;

    if (strcmp(header->name, "date") == 0) {
        answer->has_date =
            mado_header_parse_date(header->value, header->value_len, &answer->date_ms);
    } else if (strcmp(header->name, "retry-after") == 0) {
        if (!mado_header_parse_delay(header->value, header->value_len,
                                     mado_clock_wall_ms(collector->clock),
                                     &answer->retry_after_ms))
            answer->retry_after_ms = -1;
    } else if (strcmp(header->name, "content-type") == 0) {
        answer->is_message =
            mado_header_is_media_type(header->value, header->value_len, MADO_MEDIA_MESSAGE);
        answer->is_problem =
            mado_header_is_media_type(header->value, header->value_len, MADO_MEDIA_PROBLEM);
    }
}

static size_t
on_header(char *data, size_t size, size_t n_items, void *user_data)
{
    Collector *collector = user_data;
    gsize len = size * n_items;
    MadoHeader header;

    if (++collector->n_headers > N_HEADERS_MAX) {
        collector->too_much = TRUE;
        return CURL_WRITEFUNC_ERROR;
    }
    if (len >= 5 && memcmp(data, "HTTP/", 5) == 0) { /* an interim answer went before */
        collector->has_head = FALSE;
        collector->answer = (MadoChannelAnswer){.retry_after_ms = -1};
    }
    if (mado_header_parse_line(data, len, &header))
        take_header(collector, &header);
    if (len == 2 && memcmp(data, "\r\n", 2) == 0)
        collector->has_head = TRUE;
    return len;
}

void
mado_channel_answer_clear(MadoChannelAnswer *self)
{
    g_clear_pointer(&self->body, g_bytes_unref);
}

/* ---- what goes out -------------------------------------------------------------------- */

static gboolean
is_made_of(const char *text, gsize len_max, const char *extra)
{
    gsize len = strlen(text);

    if (len == 0 || len > len_max)
        return FALSE;
    for (gsize i = 0; i < len; i++) {
        if (!g_ascii_isalnum(text[i]) && strchr(extra, text[i]) == NULL)
            return FALSE;
    }
    return TRUE;
}

static gboolean
check_request(const MadoChannelRequest *request, GError **error)
{
    if (request->path[0] != '/' || strstr(request->path, "..") != NULL ||
        !is_made_of(request->path, PATH_MAX_LEN, "/-_."))
        return g_set_error(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT,
                           "not a path of the centre"),
               FALSE;
    if (request->key != NULL && !is_made_of(request->key, KEY_MAX_LEN, "-"))
        return g_set_error(error, MADO_ERROR, MADO_ERROR_BAD_ARGUMENT,
                           "not an idempotency key"),
               FALSE;
    return TRUE;
}

static struct curl_slist *
make_headers(const MadoChannelRequest *request)
{
    struct curl_slist *headers = NULL;

    /* "Expect:" without a value: no 100-continue, the body is small. */
    headers = curl_slist_append(headers, "Expect:");
    headers = curl_slist_append(headers, "Accept: " MADO_MEDIA_MESSAGE ", " MADO_MEDIA_PROBLEM
                                         ", application/json");
    if (request->body != NULL)
        headers = curl_slist_append(headers, "Content-Type: " MADO_MEDIA_MESSAGE);
    if (request->key != NULL) {
        g_autofree char *line = g_strdup_printf("Idempotency-Key: \"%s\"", request->key);

        headers = curl_slist_append(headers, line);
    }
    return headers;
}

/* ---- libcurl -------------------------------------------------------------------------- */

static MadoErrorCode
code_of(CURLcode result)
{
    switch ((int)result) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_UNSUPPORTED_PROTOCOL: /* an answer of HTTP/0.9, that is of anything */
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_WRITE_ERROR:
    case CURLE_BAD_CONTENT_ENCODING:
        return MADO_ERROR_CENTRE_ANSWER;
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CIPHER:
        return MADO_ERROR_CONFIG;
    default:
        return MADO_ERROR_CENTRE_UNREACHABLE;
    }
}

static gboolean
is_interrupted(MadoChannel *self)
{
    return g_atomic_int_get(&self->interrupted) != 0;
}

/* Runs the easy handle to its end. *ret_result is libcurl's verdict; FALSE: interrupted. */
static gboolean
run(MadoChannel *self, CURLcode *ret_result)
{
    int n_running = 1;

    while (n_running > 0) {
        CURLMcode result;

        if (is_interrupted(self))
            return FALSE;
        result = curl_multi_perform(self->multi, &n_running);
        if (result == CURLM_OK && n_running > 0)
            result = curl_multi_poll(self->multi, NULL, 0, POLL_STEP_MS, NULL);
        if (result != CURLM_OK) {
            *ret_result = CURLE_FAILED_INIT;
            return TRUE;
        }
    }
    for (int n_left = 0;;) {
        CURLMsg *message = curl_multi_info_read(self->multi, &n_left);

        if (message == NULL)
            break;
        if (message->msg == CURLMSG_DONE)
            *ret_result = message->data.result;
    }
    return TRUE;
}

static void
prepare(MadoChannel *self, const MadoChannelRequest *request, Collector *collector)
{
    g_autofree char *url = g_strconcat(self->url, request->path, NULL);

    curl_easy_setopt(self->easy, CURLOPT_URL, url);
    curl_easy_setopt(self->easy, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
    curl_easy_setopt(self->easy, CURLOPT_WRITEDATA, collector);
    curl_easy_setopt(self->easy, CURLOPT_HEADERDATA, collector);
    if (request->body == NULL) {
        curl_easy_setopt(self->easy, CURLOPT_HTTPGET, 1L);
    } else {
        gsize len = 0;
        const void *data = g_bytes_get_data(request->body, &len);

        curl_easy_setopt(self->easy, CURLOPT_POST, 1L);
        curl_easy_setopt(self->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
        curl_easy_setopt(self->easy, CURLOPT_POSTFIELDS, len > 0 ? data : "");
    }
}

static gboolean
finish(MadoChannel *self, CURLcode result, const Collector *collector, GError **error)
{
    const MadoErrorCode code = code_of(result);
    long status = 0;

    if (result != CURLE_OK) {
        g_set_error(error, MADO_ERROR, (int)code, "%s: %s", self->url,
                    collector->too_much       ? "the answer is too long"
                    : self->reason[0] != '\0' ? self->reason
                                              : curl_easy_strerror(result));
        return FALSE;
    }
    if (!collector->has_head) { /* libcurl takes what came before the end for an answer */
        g_set_error(error, MADO_ERROR, MADO_ERROR_CENTRE_UNREACHABLE,
                    "%s: the answer ended in its head", self->url);
        return FALSE;
    }
    curl_easy_getinfo(self->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status < 100 || status > 599) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CENTRE_ANSWER, "%s: status %ld", self->url,
                    status);
        return FALSE;
    }
    return TRUE;
}

gboolean
mado_channel_exchange(MadoChannel *self,
                      const MadoChannelRequest *request,
                      const MadoClock *clock,
                      MadoChannelAnswer *ret_answer,
                      GError **error)
{
    g_autoptr(GByteArray) body = g_byte_array_new();
    Collector collector = {.body = body, .clock = clock, .answer = {.retry_after_ms = -1}};
    struct curl_slist *headers;
    CURLcode result = CURLE_FAILED_INIT;
    gboolean ended;
    long status = 0;

    if (!check_request(request, error))
        return FALSE;
    headers = make_headers(request);
    prepare(self, request, &collector);
    curl_easy_setopt(self->easy, CURLOPT_HTTPHEADER, headers);
    self->reason[0] = '\0';
    curl_multi_add_handle(self->multi, self->easy);
    ended = run(self, &result);
    curl_multi_remove_handle(self->multi, self->easy); /* the connection stays with multi */
    curl_easy_setopt(self->easy, CURLOPT_HTTPHEADER, NULL);
    curl_easy_setopt(self->easy, CURLOPT_POSTFIELDS, NULL);
    curl_slist_free_all(headers);
    if (!ended) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CANCELLED, "%s: cancelled", self->url);
        return FALSE;
    }
    if (!finish(self, result, &collector, error))
        return FALSE;
    curl_easy_getinfo(self->easy, CURLINFO_RESPONSE_CODE, &status);
    collector.answer.status = (guint)status;
    collector.answer.body = g_byte_array_free_to_bytes(g_steal_pointer(&body));
    *ret_answer = collector.answer;
    return TRUE;
}

gboolean
mado_channel_wait(MadoChannel *self, guint wait_ms)
{
    gint64 deadline_us = g_get_monotonic_time() + (gint64)wait_ms * 1000;

    while (!is_interrupted(self)) {
        gint64 left_us = deadline_us - g_get_monotonic_time();

        if (left_us <= 0)
            return TRUE;
        curl_multi_poll(self->multi, NULL, 0, (int)MIN(left_us / 1000 + 1, POLL_STEP_MS), NULL);
    }
    return FALSE;
}

void
mado_channel_interrupt(MadoChannel *self)
{
    g_atomic_int_set(&self->interrupted, 1);
    curl_multi_wakeup(self->multi);
}

void
mado_channel_rearm(MadoChannel *self)
{
    g_atomic_int_set(&self->interrupted, 0);
}

/* A key that others can read is not this desk's alone; see mado_identity_load(). */
static gboolean
check_key_file(const char *path, GError **error)
{
    struct stat st;

    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode)) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CONFIG, "key '%s': no such file", path);
        return FALSE;
    }
    if ((st.st_mode & 077) != 0) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CONFIG,
                    "key '%s': others may read it, make it mode 0600", path);
        return FALSE;
    }
    return TRUE;
}

static void
set_tls(CURL *easy, const MadoRelayConfig *config)
{
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_CAINFO, config->ca);
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL); /* not the system's store */
    curl_easy_setopt(easy, CURLOPT_SSLCERT, config->certificate);
    curl_easy_setopt(easy, CURLOPT_SSLKEY, config->key);
    curl_easy_setopt(easy, CURLOPT_KEYPASSWD, ""); /* never asks on the terminal */
    if (config->pins != NULL && config->pins[0] != '\0')
        curl_easy_setopt(easy, CURLOPT_PINNEDPUBLICKEY, config->pins);
}

MadoChannel *
mado_channel_new(const MadoRelayConfig *config, GError **error)
{
    static gsize is_started = 0;
    g_autoptr(MadoChannel) self = NULL;

    if (!check_key_file(config->key, error))
        return NULL;
    if (g_once_init_enter(&is_started)) {
        curl_global_init(CURL_GLOBAL_DEFAULT);
        g_once_init_leave(&is_started, 1);
    }
    self = g_new0(MadoChannel, 1);
    self->url = g_strdup(config->url);
    self->multi = curl_multi_init();
    self->easy = curl_easy_init();
    if (self->multi == NULL || self->easy == NULL) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_INTERNAL, "libcurl does not start");
        return NULL;
    }
    curl_easy_setopt(self->easy, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(self->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(self->easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(self->easy, CURLOPT_PROXY, ""); /* nor from the environment */
    curl_easy_setopt(self->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(self->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(self->easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(self->easy, CURLOPT_ERRORBUFFER, self->reason);
    set_tls(self->easy, config);
    return g_steal_pointer(&self);
}

void
mado_channel_free(MadoChannel *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->easy, curl_easy_cleanup);
    g_clear_pointer(&self->multi, curl_multi_cleanup);
    g_free(self->url);
    g_free(self);
}
