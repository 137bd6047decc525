/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/support/tls-server.h"

#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_LEN_MAX (256 * 1024)

typedef struct {
    MadoTlsServerAct act;
    GBytes *bytes; /* owned */
} Act;

struct _MadoTlsServer {
    SSL_CTX *context;
    int socket;
    guint port;
    int stop[2]; /* closing the second end stops the thread */
    GThread *thread;
    GMutex mutex;
    /* under the mutex: */
    GCond arrived;
    GQueue acts;         /* of Act (owned) */
    GPtrArray *requests; /* of GBytes (owned) */
    guint n_connections;
    char *client; /* (nullable) */
};

static void
require(gboolean condition)
{
    if (!condition)
        abort();
}

static void
act_free(gpointer data)
{
    Act *act = data;

    g_clear_pointer(&act->bytes, g_bytes_unref);
    g_free(act);
}

/* FALSE when the test is over. */
static gboolean
wait_for_input(const MadoTlsServer *self, int fd)
{
    struct pollfd fds[] = {{fd, POLLIN, 0}, {self->stop[0], POLLIN, 0}};

    require(poll(fds, 2, -1) >= 0);
    return fds[1].revents == 0;
}

/* The bytes of the body that the head announces. */
static gsize
announced_len(const GByteArray *request, gsize head_len)
{
    g_autofree char *head = g_strndup((const char *)request->data, head_len);
    g_autofree char *lower = g_ascii_strdown(head, -1);
    const char *at = strstr(lower, "\r\ncontent-length:");

    return at != NULL ? (gsize)g_ascii_strtoull(at + strlen("\r\ncontent-length:"), NULL, 10)
                      : 0;
}

static gboolean
is_whole(const GByteArray *request)
{
    const char *end = NULL;
    gsize head_len;

    if (request->len > 0)
        end = g_strstr_len((const char *)request->data, (gssize)request->len, "\r\n\r\n");
    if (end == NULL)
        return FALSE;
    head_len = (gsize)(end - (const char *)request->data) + 4;
    return request->len >= head_len + announced_len(request, head_len);
}

/* (transfer full) (nullable): NULL when the client went. */
static GBytes *
read_request(const MadoTlsServer *self, SSL *ssl)
{
    g_autoptr(GByteArray) request = g_byte_array_new();
    guint8 buffer[4096];

    while (!is_whole(request) && request->len < REQUEST_LEN_MAX) {
        int n;

        if (SSL_pending(ssl) == 0 && !wait_for_input(self, SSL_get_fd(ssl)))
            return NULL;
        n = SSL_read(ssl, buffer, sizeof buffer);
        if (n <= 0)
            return NULL;
        g_byte_array_append(request, buffer, (guint)n);
    }
    return g_byte_array_free_to_bytes(g_steal_pointer(&request));
}

/* (transfer full): what to do with @request, which is taken. */
static Act *
take_act(MadoTlsServer *self, GBytes *request)
{
    static const char refusal[] = "HTTP/1.1 500 Nothing Expected\r\nContent-Length: 0\r\n\r\n";
    Act *act;

    g_mutex_lock(&self->mutex);
    g_ptr_array_add(self->requests, request);
    g_cond_broadcast(&self->arrived);
    act = g_queue_pop_head(&self->acts);
    g_mutex_unlock(&self->mutex);
    if (act == NULL) {
        act = g_new0(Act, 1);
        act->bytes = g_bytes_new_static(refusal, sizeof refusal - 1);
    }
    return act;
}

/* One request; FALSE when the connection is over. */
static gboolean
serve_request(MadoTlsServer *self, SSL *ssl)
{
    GBytes *request = read_request(self, ssl);
    Act *act;
    gboolean goes_on;

    if (request == NULL)
        return FALSE;
    act = take_act(self, request);
    goes_on = act->act == MADO_TLS_SERVER_ANSWER;
    if ((goes_on || act->act == MADO_TLS_SERVER_CLOSE) && act->bytes != NULL &&
        g_bytes_get_size(act->bytes) > 0)
        (void)SSL_write(ssl, g_bytes_get_data(act->bytes, NULL),
                        (int)g_bytes_get_size(act->bytes));
    if (act->act == MADO_TLS_SERVER_HANG)
        (void)wait_for_input(self, SSL_get_fd(ssl));
    act_free(act);
    return goes_on;
}

static void
note_client(MadoTlsServer *self, SSL *ssl)
{
    X509 *certificate = SSL_get0_peer_certificate(ssl);
    char name[64] = "";

    if (certificate != NULL)
        X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name,
                                  sizeof name);
    g_mutex_lock(&self->mutex);
    self->n_connections++;
    g_free(self->client);
    self->client = certificate != NULL ? g_strdup(name) : NULL;
    g_mutex_unlock(&self->mutex);
}

/* Whether the next connection is to vanish; if so, that was it. */
static gboolean
vanishes(MadoTlsServer *self)
{
    gboolean does;
    Act *act;

    g_mutex_lock(&self->mutex);
    act = g_queue_peek_head(&self->acts);
    does = act != NULL && act->act == MADO_TLS_SERVER_VANISH;
    if (does)
        act_free(g_queue_pop_head(&self->acts));
    g_mutex_unlock(&self->mutex);
    return does;
}

static void
serve_connection(MadoTlsServer *self, int fd)
{
    SSL *ssl = SSL_new(self->context);

    require(ssl != NULL && SSL_set_fd(ssl, fd) == 1);
    if (!vanishes(self) && SSL_accept(ssl) == 1) {
        note_client(self, ssl);
        while (serve_request(self, ssl))
            ;
    }
    SSL_free(ssl); /* without close_notify: as when a process dies */
    close(fd);
}

static gpointer
work(gpointer data)
{
    MadoTlsServer *self = data;
    sigset_t set;

    /* A client that goes is an error of write() here. */
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    require(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
    while (wait_for_input(self, self->socket)) {
        int fd = accept(self->socket, NULL, NULL);

        if (fd >= 0)
            serve_connection(self, fd);
    }
    return NULL;
}

static void
open_socket(MadoTlsServer *self)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    self->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    require(self->socket >= 0);
    require(bind(self->socket, (struct sockaddr *)&address, len) == 0);
    require(getsockname(self->socket, (struct sockaddr *)&address, &len) == 0);
    require(listen(self->socket, 8) == 0);
    self->port = ntohs(address.sin_port);
}

MadoTlsServer *
mado_tls_server_new(const MadoTestKeys *keys, const MadoTestKeys *client_ca)
{
    MadoTlsServer *self = g_new0(MadoTlsServer, 1);

    g_mutex_init(&self->mutex);
    g_cond_init(&self->arrived);
    g_queue_init(&self->acts);
    self->requests = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    self->context = SSL_CTX_new(TLS_server_method());
    require(self->context != NULL);
    require(SSL_CTX_use_certificate(self->context, keys->certificate) == 1);
    require(SSL_CTX_use_PrivateKey(self->context, keys->key) == 1);
    require(X509_STORE_add_cert(SSL_CTX_get_cert_store(self->context),
                                client_ca->certificate) == 1);
    SSL_CTX_set_verify(self->context, SSL_VERIFY_PEER, NULL);
    /* Without it a server that asks for certificates refuses every resumed session. */
    require(SSL_CTX_set_session_id_context(self->context, (const guint8 *)"test", 4) == 1);
    open_socket(self);
    require(pipe(self->stop) == 0);
    self->thread = g_thread_new("tls-server", work, self);
    return self;
}

void
mado_tls_server_free(MadoTlsServer *self)
{
    close(self->stop[1]); /* the first end then polls as hung up */
    g_thread_join(self->thread);
    close(self->stop[0]);
    close(self->socket);
    SSL_CTX_free(self->context);
    g_queue_clear_full(&self->acts, act_free);
    g_ptr_array_unref(self->requests);
    g_cond_clear(&self->arrived);
    g_mutex_clear(&self->mutex);
    g_free(self->client);
    g_free(self);
}

guint
mado_tls_server_port(const MadoTlsServer *self)
{
    return self->port;
}

void
mado_tls_server_expect(MadoTlsServer *self, MadoTlsServerAct act, const char *bytes, gsize len)
{
    Act *expected = g_new0(Act, 1);

    expected->act = act;
    expected->bytes = bytes != NULL ? g_bytes_new(bytes, len) : NULL;
    g_mutex_lock(&self->mutex);
    g_queue_push_tail(&self->acts, expected);
    g_mutex_unlock(&self->mutex);
}

void
mado_tls_server_wait(MadoTlsServer *self, guint n_requests)
{
    g_mutex_lock(&self->mutex);
    while (self->requests->len < n_requests)
        g_cond_wait(&self->arrived, &self->mutex);
    g_mutex_unlock(&self->mutex);
}

guint
mado_tls_server_n_requests(MadoTlsServer *self)
{
    guint n;

    g_mutex_lock(&self->mutex);
    n = self->requests->len;
    g_mutex_unlock(&self->mutex);
    return n;
}

guint
mado_tls_server_n_connections(MadoTlsServer *self)
{
    guint n;

    g_mutex_lock(&self->mutex);
    n = self->n_connections;
    g_mutex_unlock(&self->mutex);
    return n;
}

GBytes *
mado_tls_server_request(MadoTlsServer *self, guint place)
{
    GBytes *request;

    g_mutex_lock(&self->mutex);
    require(place < self->requests->len);
    request = g_bytes_ref(g_ptr_array_index(self->requests, place));
    g_mutex_unlock(&self->mutex);
    return request;
}

char *
mado_tls_server_client(MadoTlsServer *self)
{
    char *client;

    g_mutex_lock(&self->mutex);
    client = g_strdup(self->client);
    g_mutex_unlock(&self->mutex);
    return client;
}
