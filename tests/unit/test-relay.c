/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The relay against a real TLS server that does to it what networks do. */
#include "config.h"

#include "relay/relay.h"
#include "tests/support/test-error.h"
#include "tests/support/test-keys.h"
#include "tests/support/test.h"
#include "tests/support/tls-server.h"

#include <glib/gstdio.h>
#include <openssl/evp.h>

#include <madoguchi/limits.h>
#include <string.h>

#define DAY_S (24L * 60 * 60)
/* More than any budget here holds. */
#define MAX_TRIES 32U
#define NOW       "Mon, 23 Nov 2026 05:46:22 GMT"
#define OK_HEAD(len)                                                                           \
    "HTTP/1.1 200 OK\r\nContent-Type: application/pkcs7-mime\r\nDate: " NOW                    \
    "\r\nContent-Length: " len "\r\n\r\n"
#define PROBLEM(status, slug, extra)                                                           \
    "HTTP/1.1 " status " No\r\nContent-Type: application/problem+json\r\n" extra               \
    "Transfer-Encoding: chunked\r\n\r\n28\r\n"                                                 \
    "{\"type\":\"urn:madoguchi:problem:" slug "\"}\r\n0\r\n\r\n"

typedef struct {
    char *folder;
    MadoTestKeys *ca;
    MadoTestKeys *other_ca;
    MadoTestKeys *server_keys;
    MadoRelayConfig config; /* its strings are owned here */
    MadoTlsServer *server;
    MadoRelay *relay;
    /* time: moves by waiting alone */
    MadoClock clock;
    MadoRelayChance chance;
    gint64 now_ms;
    GArray *waits; /* of guint */
} Fixture;

static gint64
fake_wall_ms(gpointer data)
{
    /* 400 s ahead of the Date the server sends. */
    return (1795412782 + 400) * G_GINT64_CONSTANT(1000);
}

static gint64
fake_monotonic_ms(gpointer data)
{
    return ((Fixture *)data)->now_ms;
}

/* On the relay's thread; the test looks only when an answer is there. */
static gboolean
fake_wait(gpointer data, guint wait_ms)
{
    Fixture *self = data;

    g_array_append_val(self->waits, wait_ms);
    self->now_ms += wait_ms;
    return TRUE;
}

static guint32
fake_random(gpointer data)
{
    return G_MAXUINT32;
}

/* A server with @keys, and the relay that asks it. */
static void
start(Fixture *self, const MadoTestKeys *keys)
{
    g_autoptr(GError) error = NULL;

    self->server = mado_tls_server_new(keys, self->ca);
    g_free(self->config.url);
    self->config.url =
        g_strdup_printf("https://localhost:%u", mado_tls_server_port(self->server));
    self->relay = mado_relay_new(&self->config, &self->chance, &error);
    assert_no_mado_error(error);
}

static int
set_up(void **state)
{
    Fixture *self = g_new0(Fixture, 1);
    g_autoptr(MadoTestKeys) desk = NULL;

    self->folder = mado_test_keys_make_folder();
    self->ca = mado_test_keys_new(MADO_TEST_KEYS_CA, "relay CA", NULL, -DAY_S, DAY_S);
    self->other_ca = mado_test_keys_new(MADO_TEST_KEYS_CA, "other CA", NULL, -DAY_S, DAY_S);
    self->server_keys =
        mado_test_keys_new(MADO_TEST_KEYS_SERVER, "localhost", self->ca, -DAY_S, DAY_S);
    desk = mado_test_keys_new(MADO_TEST_KEYS_TLS, "D001", self->ca, -DAY_S, DAY_S);
    self->config.ca = mado_test_keys_write_certificate(self->ca, self->folder, "ca");
    self->config.certificate = mado_test_keys_write_certificate(desk, self->folder, "tls");
    self->config.key = mado_test_keys_write_key(desk, self->folder, "tls", NULL);
    self->config.budget_ms = 60000;
    self->clock = (MadoClock){fake_wall_ms, fake_monotonic_ms, self};
    self->chance = (MadoRelayChance){&self->clock, fake_wait, fake_random, self};
    self->waits = g_array_new(FALSE, FALSE, sizeof(guint));
    *state = self;
    return 0;
}

static int
tear_down(void **state)
{
    Fixture *self = *state;

    mado_relay_free(self->relay);
    if (self->server != NULL)
        mado_tls_server_free(self->server);
    mado_test_keys_remove_folder(self->folder);
    mado_test_keys_free(self->ca);
    mado_test_keys_free(self->other_ca);
    mado_test_keys_free(self->server_keys);
    g_array_unref(self->waits);
    g_free(self->config.url);
    g_free(self->config.ca);
    g_free(self->config.pins);
    g_free(self->config.certificate);
    g_free(self->config.key);
    g_free(self->folder);
    g_free(self);
    return 0;
}

static void
expect(Fixture *self, MadoTlsServerAct act, const char *text)
{
    mado_tls_server_expect(self->server, act, text, text != NULL ? strlen(text) : 0);
}

static void
on_ready(GObject *source, GAsyncResult *result, gpointer user_data)
{
    *(GAsyncResult **)user_data = g_object_ref(result);
}

static MadoRelayAnswer *
wait_for(Fixture *self, GAsyncResult **slot, GError **error)
{
    MadoRelayAnswer *answer;

    while (*slot == NULL)
        g_main_context_iteration(NULL, TRUE);
    answer = mado_relay_finish(self->relay, *slot, error);
    g_object_unref(*slot);
    return answer;
}

static MadoRelayAnswer *
post(Fixture *self, GError **error)
{
    g_autoptr(GBytes) body = g_bytes_new("exact\0bytes", 11);
    MadoRelayMessage message = {"/v1/terminals/D001/visits", "00ff-7", body};
    GAsyncResult *slot = NULL;

    mado_relay_send_async(self->relay, &message, NULL, on_ready, &slot);
    return wait_for(self, &slot, error);
}

/* What a good answer looks like from here. */
static void
assert_answered(Fixture *self, guint n_tries)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MadoRelayAnswer) answer = post(self, &error);

    assert_no_mado_error(error);
    assert_int_equal(answer->status, 200);
    assert_int_equal(g_bytes_get_size(answer->body), 5);
    assert_memory_equal(g_bytes_get_data(answer->body, NULL), "reply", 5);
    assert_int_equal(answer->n_tries, n_tries);
}

static void
assert_fails(Fixture *self, MadoErrorCode code, guint n_requests)
{
    g_autoptr(GError) error = NULL;

    assert_null(post(self, &error));
    assert_mado_error(error, code);
    assert_int_equal(mado_tls_server_n_requests(self->server), n_requests);
}

static void
exact_bytes_key_and_media_type_are_sent_with_the_desks_certificate(void **state)
{
    Fixture *self = *state;
    g_autoptr(GBytes) request = NULL;
    g_autofree char *client = NULL;
    g_autofree char *text = NULL;
    gsize len = 0;
    const char *data;

    start(self, self->server_keys);
    expect(self, MADO_TLS_SERVER_ANSWER, OK_HEAD("5") "reply");
    assert_answered(self, 1);
    request = mado_tls_server_request(self->server, 0);
    data = g_bytes_get_data(request, &len);
    text = g_strndup(data, len);
    assert_true(g_str_has_prefix(text, "POST /v1/terminals/D001/visits HTTP/1.1\r\n"));
    assert_non_null(strstr(text, "\r\nIdempotency-Key: \"00ff-7\"\r\n"));
    assert_non_null(strstr(text, "\r\nContent-Type: application/pkcs7-mime\r\n"));
    assert_null(strstr(text, "Expect:"));
    assert_memory_equal(data + len - 11, "exact\0bytes", 11);
    client = mado_tls_server_client(self->server);
    assert_string_equal(client, "D001");
}

static void
one_connection_serves_many_messages(void **state)
{
    Fixture *self = *state;

    start(self, self->server_keys);
    for (guint i = 0; i < 3; i++) {
        expect(self, MADO_TLS_SERVER_ANSWER, OK_HEAD("5") "reply");
        assert_answered(self, 1);
    }
    assert_int_equal(mado_tls_server_n_connections(self->server), 1);
}

static void
a_message_lost_before_sending_is_sent_again(void **state)
{
    Fixture *self = *state;

    start(self, self->server_keys);
    expect(self, MADO_TLS_SERVER_VANISH, NULL);
    expect(self, MADO_TLS_SERVER_VANISH, NULL);
    expect(self, MADO_TLS_SERVER_ANSWER, OK_HEAD("5") "reply");
    assert_answered(self, 3);
    assert_int_equal(self->waits->len, 2);
    assert_int_equal(g_array_index(self->waits, guint, 0), 250);
    assert_int_equal(g_array_index(self->waits, guint, 1), 500);
}

static void
an_answer_lost_after_the_commit_is_asked_for_with_the_same_bytes(void **state)
{
    Fixture *self = *state;
    g_autoptr(GBytes) first = NULL;
    g_autoptr(GBytes) second = NULL;

    start(self, self->server_keys);
    expect(self, MADO_TLS_SERVER_LOSE, NULL);
    expect(self, MADO_TLS_SERVER_ANSWER, OK_HEAD("5") "reply");
    assert_answered(self, 2);
    first = mado_tls_server_request(self->server, 0);
    second = mado_tls_server_request(self->server, 1);
    assert_true(g_bytes_equal(first, second));
}

static void
a_truncated_answer_is_asked_for_again(void **state)
{
    Fixture *self = *state;

    start(self, self->server_keys);
    expect(self, MADO_TLS_SERVER_CLOSE, OK_HEAD("500") "reply");
    expect(self, MADO_TLS_SERVER_CLOSE, "HTTP/1.1 200 OK\r\nContent-");
    expect(self, MADO_TLS_SERVER_ANSWER, OK_HEAD("5") "reply");
    assert_answered(self, 3);
}

static void
busy_and_running_are_tried_again_as_long_as_the_server_asks(void **state)
{
    Fixture *self = *state;

    start(self, self->server_keys);
    expect(self, MADO_TLS_SERVER_ANSWER, PROBLEM("503", "busy01x", "Retry-After: 7\r\n"));
    expect(self, MADO_TLS_SERVER_ANSWER, PROBLEM("409", "running", ""));
    expect(self, MADO_TLS_SERVER_ANSWER, OK_HEAD("5") "reply");
    assert_answered(self, 3);
    assert_int_equal(g_array_index(self->waits, guint, 0), 7250);
    assert_int_equal(g_array_index(self->waits, guint, 1), 500);
}

static void
a_refusal_is_an_answer_and_never_tried_again(void **state)
{
    static const struct {
        const char *answer;
        guint status;
        const char *slug;
    } refusals[] = {
        {PROBLEM("422", "key-use", ""), 422, "urn:madoguchi:problem:key-use"},
        {PROBLEM("409", "forking", ""), 409, "urn:madoguchi:problem:forking"},
        {PROBLEM("403", "termini", ""), 403, "urn:madoguchi:problem:termini"},
        {"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", 404, ""},
        {"HTTP/1.1 302 No\r\nLocation: https://localhost/x\r\nContent-Length: 0\r\n\r\n", 302,
         ""},
    };
    Fixture *self = *state;

    start(self, self->server_keys);
    for (guint i = 0; i < MADO_N_ELEMENTS(refusals); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(MadoRelayAnswer) answer = NULL;

        expect(self, MADO_TLS_SERVER_ANSWER, refusals[i].answer);
        answer = post(self, &error);
        assert_no_mado_error(error);
        assert_int_equal(answer->status, refusals[i].status);
        assert_string_equal(answer->problem, refusals[i].slug);
        assert_int_equal(g_bytes_get_size(answer->body), 0);
        assert_int_equal(answer->n_tries, 1);
    }
    assert_int_equal(self->waits->len, 0);
}

static void
the_budget_ends_with_the_last_refusal(void **state)
{
    Fixture *self = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(MadoRelayAnswer) answer = NULL;

    self->config.budget_ms = 10000;
    start(self, self->server_keys);
    expect(self, MADO_TLS_SERVER_ANSWER, PROBLEM("503", "busy01x", ""));
    expect(self, MADO_TLS_SERVER_ANSWER, PROBLEM("503", "busy01x", "Retry-After: 99\r\n"));
    answer = post(self, &error);
    assert_no_mado_error(error);
    assert_int_equal(answer->status, 503);
    assert_int_equal(answer->n_tries, 2);
}

static void
the_budget_ends_with_the_last_error_when_nobody_answered(void **state)
{
    Fixture *self = *state;

    self->config.budget_ms = 1000;
    start(self, self->server_keys);
    for (guint i = 0; i < 9; i++)
        expect(self, MADO_TLS_SERVER_VANISH, NULL);
    assert_fails(self, MADO_ERROR_CENTRE_UNREACHABLE, 0);
    assert_int_equal(self->waits->len, 2); /* 250 + 500; another 1000 is beyond it */
}

static void
stop(Fixture *self)
{
    g_clear_pointer(&self->relay, mado_relay_free);
    g_clear_pointer(&self->server, mado_tls_server_free);
}

/* The time of one try is libcurl's and real. A machine too busy to get as far as the request in
 * it is given more, until the server has seen one and said nothing to it. */
static void
a_server_that_hangs_costs_its_try(void **state)
{
    Fixture *self = *state;
    guint n_requests = 0;

    for (self->config.budget_ms = 50; n_requests == 0; self->config.budget_ms *= 2) {
        g_autoptr(GError) error = NULL;

        start(self, self->server_keys);
        for (guint i = 0; i < MAX_TRIES; i++)
            expect(self, MADO_TLS_SERVER_HANG, NULL);
        assert_null(post(self, &error));
        assert_mado_error(error, MADO_ERROR_CENTRE_UNREACHABLE);
        n_requests = mado_tls_server_n_requests(self->server);
        stop(self);
    }
}

static void
a_cancelled_message_ends_at_once(void **state)
{
    Fixture *self = *state;
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autoptr(GBytes) body = g_bytes_new_static("x", 1);
    MadoRelayMessage message = {"/v1/terminals/D001/visits", "1", body};
    GAsyncResult *slot = NULL;
    g_autoptr(GError) error = NULL;

    start(self, self->server_keys);
    expect(self, MADO_TLS_SERVER_HANG, NULL);
    mado_relay_send_async(self->relay, &message, cancellable, on_ready, &slot);
    mado_tls_server_wait(self->server, 1);
    g_cancellable_cancel(cancellable);
    assert_null(wait_for(self, &slot, &error));
    assert_mado_error(error, MADO_ERROR_CANCELLED);
    /* The next one is not touched by it. */
    expect(self, MADO_TLS_SERVER_ANSWER, OK_HEAD("5") "reply");
    assert_answered(self, 1);
}

static void
freeing_the_relay_cancels_what_is_pending(void **state)
{
    Fixture *self = *state;
    g_autoptr(GBytes) body = g_bytes_new_static("x", 1);
    MadoRelayMessage message = {"/v1/terminals/D001/visits", "1", body};
    GAsyncResult *slots[2] = {NULL, NULL};

    start(self, self->server_keys);
    expect(self, MADO_TLS_SERVER_HANG, NULL);
    mado_relay_send_async(self->relay, &message, NULL, on_ready, &slots[0]);
    mado_relay_send_async(self->relay, &message, NULL, on_ready, &slots[1]);
    mado_tls_server_wait(self->server, 1);
    g_clear_pointer(&self->relay, mado_relay_free);
    for (guint i = 0; i < 2; i++) {
        g_autoptr(GError) error = NULL;

        assert_null(wait_for(self, &slots[i], &error));
        assert_mado_error(error, MADO_ERROR_CANCELLED);
    }
}

static void
answers_of_any_bytes_are_refused_by_name(void **state)
{
    static const char *const garbage[] = {
        "\x16\x03\x01garbage\r\n\r\n",
        "HTTP/9.9 200 OK\r\n\r\n",
        "HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nreply",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nreply",
    };
    Fixture *self = *state;

    start(self, self->server_keys);
    for (guint i = 0; i < MADO_N_ELEMENTS(garbage); i++) {
        g_autoptr(GError) error = NULL;

        expect(self, MADO_TLS_SERVER_CLOSE, garbage[i]);
        assert_null(post(self, &error));
        assert_mado_error(error, MADO_ERROR_CENTRE_ANSWER);
        assert_int_equal(mado_tls_server_n_requests(self->server), i + 1);
    }
}

static void
an_answer_longer_than_any_message_is_refused(void **state)
{
    Fixture *self = *state;
    g_autofree char *filler = g_strnfill(MADO_LIMIT_MESSAGE_LEN + 1, 'x');
    g_autofree char *answer = g_strdup_printf(
        "HTTP/1.1 200 OK\r\nContent-Type: application/pkcs7-mime\r\n\r\n%s", filler);

    start(self, self->server_keys);
    expect(self, MADO_TLS_SERVER_CLOSE, answer);
    assert_fails(self, MADO_ERROR_CENTRE_ANSWER, 1);
}

static void
endless_headers_are_refused(void **state)
{
    Fixture *self = *state;
    g_autoptr(GString) answer = g_string_new("HTTP/1.1 200 OK\r\n");

    for (guint i = 0; i < 300; i++)
        g_string_append(answer, "X: y\r\n");
    start(self, self->server_keys);
    expect(self, MADO_TLS_SERVER_CLOSE, answer->str);
    assert_fails(self, MADO_ERROR_CENTRE_ANSWER, 1);
}

static void
a_server_of_another_authority_is_not_the_centre(void **state)
{
    Fixture *self = *state;
    g_autoptr(MadoTestKeys) keys =
        mado_test_keys_new(MADO_TEST_KEYS_SERVER, "localhost", self->other_ca, -DAY_S, DAY_S);

    start(self, keys);
    assert_fails(self, MADO_ERROR_CENTRE_ANSWER, 0);
    assert_int_equal(self->waits->len, 0);
}

static void
a_server_with_an_expired_certificate_is_not_the_centre(void **state)
{
    Fixture *self = *state;
    g_autoptr(MadoTestKeys) keys =
        mado_test_keys_new(MADO_TEST_KEYS_SERVER, "localhost", self->ca, -2 * DAY_S, -DAY_S);

    start(self, keys);
    assert_fails(self, MADO_ERROR_CENTRE_ANSWER, 0);
}

static void
a_server_with_another_name_is_not_the_centre(void **state)
{
    Fixture *self = *state;
    g_autoptr(MadoTestKeys) keys =
        mado_test_keys_new(MADO_TEST_KEYS_SERVER, "other.example", self->ca, -DAY_S, DAY_S);

    start(self, keys);
    assert_fails(self, MADO_ERROR_CENTRE_ANSWER, 0);
}

/* (transfer full): as curl writes a pin. */
static char *
pin_of(const MadoTestKeys *keys)
{
    guint8 *der = NULL;
    int len = i2d_PUBKEY(keys->key, &der);
    guint8 hash[32];
    unsigned int hash_len = sizeof hash;
    g_autofree char *base64 = NULL;

    assert_true(len > 0);
    assert_int_equal(EVP_Digest(der, (size_t)len, hash, &hash_len, EVP_sha256(), NULL), 1);
    OPENSSL_free(der);
    base64 = g_base64_encode(hash, sizeof hash);
    return g_strconcat("sha256//", base64, NULL);
}

static void
a_pinned_key_is_accepted_and_any_other_is_not(void **state)
{
    Fixture *self = *state;
    g_autofree char *right = pin_of(self->server_keys);
    g_autofree char *wrong = pin_of(self->other_ca);

    self->config.pins = g_strdup_printf("%s;%s", wrong, right);
    start(self, self->server_keys);
    expect(self, MADO_TLS_SERVER_ANSWER, OK_HEAD("5") "reply");
    assert_answered(self, 1);
    g_clear_pointer(&self->relay, mado_relay_free);
    g_free(self->config.pins);
    self->config.pins = g_strdup(wrong);
    self->relay = mado_relay_new(&self->config, &self->chance, NULL);
    assert_fails(self, MADO_ERROR_CENTRE_ANSWER, 1);
}

static void
the_clocks_skew_is_told(void **state)
{
    Fixture *self = *state;
    g_autoptr(MadoRelayAnswer) answer = NULL;

    start(self, self->server_keys);
    expect(self, MADO_TLS_SERVER_ANSWER, OK_HEAD("5") "reply");
    answer = post(self, NULL);
    assert_non_null(answer);
    assert_true(answer->has_skew);
    assert_int_equal(answer->skew_s, 400);
}

static void
a_path_or_key_that_could_mean_more_is_refused(void **state)
{
    static const MadoRelayMessage bad[] = {
        {"v1/x", "1", NULL},    {"/v1/../x", "1", NULL}, {"/v1/x\r\nEvil: y", "1", NULL},
        {"/v1/x?y", "1", NULL}, {"/v1/x", "1\"", NULL},  {"/v1/x", "1\r\nEvil: y", NULL},
        {"/v1/x", "", NULL},    {"", "1", NULL},
    };
    Fixture *self = *state;

    start(self, self->server_keys);
    for (guint i = 0; i < MADO_N_ELEMENTS(bad); i++) {
        GAsyncResult *slot = NULL;
        g_autoptr(GError) error = NULL;

        mado_relay_send_async(self->relay, &bad[i], NULL, on_ready, &slot);
        assert_null(wait_for(self, &slot, &error));
        assert_mado_error(error, MADO_ERROR_BAD_ARGUMENT);
    }
    assert_int_equal(mado_tls_server_n_connections(self->server), 0);
}

static void
a_listing_comes_by_get(void **state)
{
    static const char answer_text[] =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]";
    Fixture *self = *state;
    MadoRelayMessage message = {"/v1/terminals/D001/requests", NULL, NULL};
    GAsyncResult *slot = NULL;
    g_autoptr(MadoRelayAnswer) answer = NULL;
    g_autoptr(GBytes) request = NULL;

    start(self, self->server_keys);
    expect(self, MADO_TLS_SERVER_ANSWER, answer_text);
    mado_relay_send_async(self->relay, &message, NULL, on_ready, &slot);
    answer = wait_for(self, &slot, NULL);
    assert_non_null(answer);
    assert_int_equal(g_bytes_get_size(answer->body), 2);
    request = mado_tls_server_request(self->server, 0);
    assert_memory_equal(g_bytes_get_data(request, NULL), "GET /v1/term", 12);
}

static void
a_key_file_that_others_may_read_is_refused(void **state)
{
    Fixture *self = *state;
    g_autoptr(GError) error = NULL;

    assert_int_equal(g_chmod(self->config.key, 0640), 0);
    self->config.url = g_strdup("https://localhost:1");
    assert_null(mado_relay_new(&self->config, NULL, &error));
    assert_mado_error(error, MADO_ERROR_CONFIG);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(exact_bytes_key_and_media_type_are_sent_with_the_desks_certificate),
        TEST(one_connection_serves_many_messages),
        TEST(a_message_lost_before_sending_is_sent_again),
        TEST(an_answer_lost_after_the_commit_is_asked_for_with_the_same_bytes),
        TEST(a_truncated_answer_is_asked_for_again),
        TEST(busy_and_running_are_tried_again_as_long_as_the_server_asks),
        TEST(a_refusal_is_an_answer_and_never_tried_again),
        TEST(the_budget_ends_with_the_last_refusal),
        TEST(the_budget_ends_with_the_last_error_when_nobody_answered),
        TEST(a_server_that_hangs_costs_its_try),
        TEST(a_cancelled_message_ends_at_once),
        TEST(freeing_the_relay_cancels_what_is_pending),
        TEST(answers_of_any_bytes_are_refused_by_name),
        TEST(an_answer_longer_than_any_message_is_refused),
        TEST(endless_headers_are_refused),
        TEST(a_server_of_another_authority_is_not_the_centre),
        TEST(a_server_with_an_expired_certificate_is_not_the_centre),
        TEST(a_server_with_another_name_is_not_the_centre),
        TEST(a_pinned_key_is_accepted_and_any_other_is_not),
        TEST(the_clocks_skew_is_told),
        TEST(a_path_or_key_that_could_mean_more_is_refused),
        TEST(a_listing_comes_by_get),
        TEST(a_key_file_that_others_may_read_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
