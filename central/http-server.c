/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/http-server.h"

#include "central/client-auth.h"
#include "central/route.h"
#include "central/running.h"
#include "central/service.h"
#include "common/error.h"
#include "common/key-file.h"
#include "common/log.h"
#include "madoguchi/limits.h"
#include "madoguchi/names.h"

#include <microhttpd.h>

#include <netdb.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define N_THREADS         2
#define MAX_CONNECTIONS   60000
#define IDLE_TIMEOUT_S    120
#define CONNECTION_MEMORY 49152
#define RETRY_AFTER_S     "1"
#define TLS_PRIORITIES    "SECURE128:+SECURE192:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

struct _MadoHttpServer {
    MadoCentre *centre;       /* borrowed */
    MadoCommitter *committer; /* borrowed */
    pthread_mutex_t reader_lock;
    MadoStore *reader;         /* owned; under the lock */
    MadoRunning *running;      /* owned */
    struct MHD_Daemon *daemon; /* owned */
    guint16 port;
};

/* One request on its way. Owned by the connection, except between submit and resume. */
typedef struct {
    MadoHttpServer *server; /* borrowed */
    struct MHD_Connection *connection;
    MadoRoute route;
    MadoTerminalRecord *terminal; /* owned */
    char *key;                    /* owned */
    GByteArray *body;             /* owned */
    gboolean is_too_large;
    MadoServiceRequest *request; /* owned */
    MadoAnswer *answer;          /* owned; the committer's until it resumes */
    gint64 started_us;
} Call;

static void
free_call(Call *call)
{
    g_clear_pointer(&call->terminal, mado_record_types_free_terminal);
    g_clear_pointer(&call->key, g_free);
    g_clear_pointer(&call->body, g_byte_array_unref);
    g_clear_pointer(&call->request, mado_service_free);
    g_clear_pointer(&call->answer, mado_answer_free);
    g_free(call);
}

/* ---- answering ---- */

static enum MHD_Result
send_answer(Call *call, const MadoAnswer *answer)
{
    gsize len;
    const void *data = g_bytes_get_data(answer->body, &len);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(len, (void *)(gsize)data, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result;

    if (response == NULL)
        return MHD_NO;
    MHD_add_response_header(response, "Content-Type", answer->media);
    MHD_add_response_header(response, "Cache-Control", "no-store");
    if (answer->status == MHD_HTTP_SERVICE_UNAVAILABLE)
        MHD_add_response_header(response, "Retry-After", RETRY_AFTER_S);
    result = MHD_queue_response(call->connection, answer->status, response);
    MHD_destroy_response(response);
    mado_log(G_LOG_LEVEL_INFO, MADO_LOG_REQUEST,
             call->route.terminal[0] != '\0' ? call->route.terminal : "-",
             "status %u, %" G_GSIZE_FORMAT " bytes, %" G_GINT64_FORMAT " us", answer->status,
             len, g_get_monotonic_time() - call->started_us);
    return result;
}

static enum MHD_Result
send_problem(Call *call, MadoProblem problem, const char *detail)
{
    g_autoptr(MadoAnswer) answer = mado_answer_new_problem(problem, detail);

    return send_answer(call, answer);
}

static enum MHD_Result
send_error(Call *call, const GError *error)
{
    g_autoptr(MadoAnswer) answer = mado_answer_new_error(
        call->route.terminal[0] != '\0' ? call->route.terminal : NULL, error);

    return send_answer(call, answer);
}

static enum MHD_Result
send_get(Call *call)
{
    MadoHttpServer *server = call->server;
    g_autoptr(MadoAnswer) answer = NULL;

    pthread_mutex_lock(&server->reader_lock);
    if (call->route.kind == MADO_ROUTE_HEALTH)
        answer = mado_service_health(server->centre->settings, server->reader);
    else if (call->route.kind == MADO_ROUTE_HEAD)
        answer = mado_service_head(server->reader, call->route.terminal);
    else
        answer = mado_service_requests(server->reader, call->terminal->municipality);
    pthread_mutex_unlock(&server->reader_lock);
    return send_answer(call, answer);
}

/* ---- the committer's side ---- */

static gboolean
run_call(gpointer user_data)
{
    Call *call = user_data;
    gboolean keep = FALSE;

    call->answer = mado_service_run(call->server->centre, call->request, &keep);
    return keep;
}

static void
finish_call(gpointer user_data, gboolean is_durable)
{
    Call *call = user_data;

    if (!is_durable) {
        g_clear_pointer(&call->answer, mado_answer_free);
        call->answer =
            mado_answer_new_problem(MADO_PROBLEM_BUSY, "the store could not be written");
    }
    mado_running_leave(call->server->running, call->terminal->id, call->key);
    MHD_resume_connection(call->connection);
}

/* ---- the handler's side ---- */

/* The connection is suspended first: the committer may be done before submit returns. */
static enum MHD_Result
submit(Call *call)
{
    const MadoCommitterJob job = {run_call, finish_call, call};

    MHD_suspend_connection(call->connection);
    if (!mado_committer_submit(call->server->committer, &job)) {
        mado_running_leave(call->server->running, call->terminal->id, call->key);
        call->answer = mado_answer_new_problem(MADO_PROBLEM_BUSY, "too many requests wait");
        MHD_resume_connection(call->connection);
    }
    return MHD_YES;
}

static MadoServiceKind
service_kind(MadoRouteKind route)
{
    if (route == MADO_ROUTE_DIRECTORY)
        return MADO_SERVICE_DIRECTORY;
    return route == MADO_ROUTE_RECEIPTS ? MADO_SERVICE_RECEIPT : MADO_SERVICE_VISIT;
}

static enum MHD_Result
take_whole_body(Call *call)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) body = NULL;

    if (call->is_too_large)
        return send_problem(call, MADO_PROBLEM_TOO_LARGE, NULL);
    body = g_byte_array_free_to_bytes(g_steal_pointer(&call->body));
    call->request = mado_service_open(call->server->centre, service_kind(call->route.kind),
                                      call->terminal, call->key, body, &error);
    if (call->request == NULL ||
        !mado_running_enter(call->server->running, call->terminal->id, call->key, body, &error))
        return send_error(call, error);
    return submit(call);
}

static void
append_body(Call *call, const char *data, size_t len)
{
    if (call->is_too_large || len > MADO_LIMIT_MESSAGE_LEN - call->body->len)
        call->is_too_large = TRUE;
    else
        g_byte_array_append(call->body, (const guint8 *)data, (guint)len);
}

static gboolean
check_client(Call *call, GError **error)
{
    MadoHttpServer *server = call->server;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(call->connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);

    if (call->route.kind == MADO_ROUTE_HEALTH)
        return TRUE;
    if (info == NULL || info->tls_session == NULL) {
        g_set_error(error, MADO_PROBLEM_DOMAIN, MADO_PROBLEM_TERMINAL, "no TLS");
        return FALSE;
    }
    pthread_mutex_lock(&server->reader_lock);
    call->terminal =
        mado_client_auth_check(info->tls_session, server->reader, call->route.terminal, error);
    pthread_mutex_unlock(&server->reader_lock);
    return call->terminal != NULL;
}

/* What a POST's headers must say before its body is worth reading. */
static gboolean
check_headers(Call *call, GError **error)
{
    const char *media =
        MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, "Content-Type");
    const char *length =
        MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, "Content-Length");
    guint64 len = 0;

    if (length != NULL && (!g_ascii_string_to_unsigned(length, 10, 0, G_MAXINT64, &len, NULL) ||
                           len > MADO_LIMIT_MESSAGE_LEN)) {
        g_set_error(error, MADO_PROBLEM_DOMAIN, MADO_PROBLEM_TOO_LARGE, "body too long");
        return FALSE;
    }
    if (media == NULL || !g_str_has_prefix(media, MADO_MEDIA_MESSAGE)) {
        g_set_error(error, MADO_PROBLEM_DOMAIN, MADO_PROBLEM_BAD_MESSAGE,
                    "the content type is not " MADO_MEDIA_MESSAGE);
        return FALSE;
    }
    call->key = mado_route_parse_key(
        MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, "Idempotency-Key"),
        error);
    return call->key != NULL;
}

/* All that is refused is refused here, before the body. */
static enum MHD_Result
begin_call(Call *call, const char *method, const char *path)
{
    g_autoptr(GError) error = NULL;

    if (!mado_route_find(method, path, &call->route, &error) || !check_client(call, &error) ||
        (call->route.is_post && !check_headers(call, &error)))
        return send_error(call, error);
    if (!call->route.is_post)
        return send_get(call);
    call->body = g_byte_array_new();
    return MHD_YES;
}

/* lint: allow parameters: MHD_AccessHandlerCallback */
static enum MHD_Result
on_request(void *user_data,
           struct MHD_Connection *connection,
           const char *path,
           const char *method,
           const char *version,
           const char *data,
           size_t *data_len,
           void **request_data)
{
    Call *call = *request_data;

    if (call == NULL) {
        call = g_new0(Call, 1);
        call->server = user_data;
        call->connection = connection;
        call->started_us = g_get_monotonic_time();
        *request_data = call;
        return begin_call(call, method, path);
    }
    if (*data_len > 0) {
        append_body(call, data, *data_len);
        *data_len = 0;
        return MHD_YES;
    }
    return call->answer != NULL ? send_answer(call, call->answer) : take_whole_body(call);
}

static void
on_completed(void *user_data,
             struct MHD_Connection *connection,
             void **request_data,
             enum MHD_RequestTerminationCode code)
{
    if (*request_data != NULL)
        free_call(*request_data);
    *request_data = NULL;
}

/* ---- starting and stopping ---- */

typedef struct {
    MadoSecret *key; /* PEM texts, each with an end mark */
    char *cert;
    char *trust;
} Pem;

static void
clear_pem(Pem *pem)
{
    g_clear_pointer(&pem->key, mado_secret_free);
    g_clear_pointer(&pem->cert, g_free);
    g_clear_pointer(&pem->trust, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pem, clear_pem)

static gboolean
load_pem(const char *folder, Pem *ret_pem, GError **error)
{
    g_autofree char *key_path = mado_keys_path(folder, MADO_KEYS_TLS, ".key");
    g_autofree char *cert_path = mado_keys_path(folder, MADO_KEYS_TLS, ".crt");
    g_autofree char *trust_path = mado_keys_path(folder, MADO_KEYS_TLS_CA, ".crt");
    g_autoptr(MadoSecret) key = mado_key_file_read(key_path, error);

    if (key == NULL)
        return FALSE;
    ret_pem->key = mado_secret_new(mado_secret_len(key) + 1);
    mado_secret_append(ret_pem->key, mado_secret_peek(key), mado_secret_len(key));
    mado_secret_append(ret_pem->key, (const guint8 *)"", 1);
    return g_file_get_contents(cert_path, &ret_pem->cert, NULL, error) &&
           g_file_get_contents(trust_path, &ret_pem->trust, NULL, error);
}

static struct addrinfo *
resolve(const MadoSettingsCentral *settings, GError **error)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC,
                                   .ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    g_autofree char *port = g_strdup_printf("%u", settings->port);
    struct addrinfo *address = NULL;
    int result = getaddrinfo(settings->host, port, &hints, &address);

    if (result == 0)
        return address;
    g_set_error(error, MADO_ERROR, MADO_ERROR_CONFIG, "listen: %s: %s", settings->host,
                gai_strerror(result));
    return NULL;
}

static struct MHD_Daemon *
start_daemon(MadoHttpServer *self, const Pem *pem, const struct addrinfo *address)
{
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TLS | MHD_ALLOW_SUSPEND_RESUME;

    if (address->ai_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    return MHD_start_daemon(
        flags, self->centre->settings->port, NULL, NULL, on_request, self, MHD_OPTION_SOCK_ADDR,
        address->ai_addr, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
        MHD_OPTION_HTTPS_MEM_KEY, (const char *)mado_secret_peek(pem->key),
        MHD_OPTION_HTTPS_MEM_CERT, pem->cert, MHD_OPTION_HTTPS_MEM_TRUST, pem->trust,
        MHD_OPTION_HTTPS_PRIORITIES, TLS_PRIORITIES, MHD_OPTION_THREAD_POOL_SIZE,
        (unsigned)N_THREADS, MHD_OPTION_CONNECTION_LIMIT, (unsigned)MAX_CONNECTIONS,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_TIMEOUT_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_END);
}

static gboolean
start(MadoHttpServer *self, GError **error)
{
    const MadoSettingsCentral *settings = self->centre->settings;
    const union MHD_DaemonInfo *info;
    g_auto(Pem) pem = {NULL, NULL, NULL};
    struct addrinfo *address;

    if (!load_pem(settings->keys, &pem, error))
        return FALSE;
    address = resolve(settings, error);
    if (address == NULL)
        return FALSE;
    self->daemon = start_daemon(self, &pem, address);
    freeaddrinfo(address);
    if (self->daemon == NULL) {
        g_set_error(error, MADO_ERROR, MADO_ERROR_CONFIG,
                    "cannot listen on %s port %u (in use?) or use the TLS key", settings->host,
                    settings->port);
        return FALSE;
    }
    info = MHD_get_daemon_info(self->daemon, MHD_DAEMON_INFO_BIND_PORT);
    self->port = info != NULL ? info->port : settings->port;
    return TRUE;
}

MadoHttpServer *
mado_http_server_new(MadoCentre *centre,
                     MadoCommitter *committer,
                     MadoStore *reader,
                     GError **error)
{
    g_autoptr(MadoHttpServer) self = g_new0(MadoHttpServer, 1);

    self->centre = centre;
    self->committer = committer;
    self->reader = reader;
    self->running = mado_running_new();
    pthread_mutex_init(&self->reader_lock, NULL);
    return start(self, error) ? g_steal_pointer(&self) : NULL;
}

guint16
mado_http_server_port(const MadoHttpServer *self)
{
    return self->port;
}

void
mado_http_server_stop_listening(MadoHttpServer *self)
{
    MHD_socket listener = MHD_quiesce_daemon(self->daemon);

    if (listener != MHD_INVALID_SOCKET)
        close(listener);
}

void
mado_http_server_free(MadoHttpServer *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->daemon, MHD_stop_daemon);
    g_clear_pointer(&self->reader, mado_store_close);
    g_clear_pointer(&self->running, mado_running_free);
    pthread_mutex_destroy(&self->reader_lock);
    g_free(self);
}
