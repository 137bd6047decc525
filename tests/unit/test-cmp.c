/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The CMP client against OpenSSL's own server, message by message and without a network. */
#include "config.h"

#include "common/error.h"
#include "daemon/cmp.h"
#include "tests/support/test.h"

#include <openssl/cmp.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <string.h>

typedef struct {
    EVP_PKEY *ca_key;
    X509 *ca;
    EVP_PKEY *desk_key;
    X509 *desk;
    EVP_PKEY *centre_key;
    X509 *centre;
    EVP_PKEY *card_key;
    GBytes *csr;
    /* the server */
    OSSL_CMP_SRV_CTX *server;
    EVP_PKEY *issued_key; /* borrowed: what the certificate will hold */
    gboolean grants_implicit;
    gboolean check_fails;
    guint n_confirmed;
    guint n_refused;
} World;

static X509 *
make_certificate(const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key)
{
    X509 *certificate = X509_new();
    X509_NAME *subject = X509_get_subject_name(certificate);
    static long serial = 1;
    X509V3_CTX context;
    X509_EXTENSION *extension;

    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1,
                               0);
    X509_set_issuer_name(certificate, issuer == NULL ? subject : X509_get_subject_name(issuer));
    X509_set_pubkey(certificate, key);
    X509V3_set_ctx(&context, issuer == NULL ? certificate : issuer, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context,
                                    issuer == NULL ? NID_basic_constraints : NID_key_usage,
                                    issuer == NULL ? "critical,CA:TRUE" : "digitalSignature");
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    extension = X509V3_EXT_conf_nid(NULL, &context, NID_subject_key_identifier, "hash");
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    assert_true(X509_sign(certificate, issuer_key, EVP_sha256()) > 0);
    return certificate;
}

static GBytes *
make_csr(EVP_PKEY *key)
{
    X509_REQ *request = X509_REQ_new();
    unsigned char *der = NULL;
    GBytes *bytes;
    int len;

    X509_REQ_set_pubkey(request, key);
    X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request), "CN", MBSTRING_ASC,
                               (const unsigned char *)"R-1-auth", -1, -1, 0);
    X509_REQ_sign(request, key, EVP_sha256());
    len = i2d_X509_REQ(request, &der);
    bytes = g_bytes_new(der, (gsize)len);
    OPENSSL_free(der);
    X509_REQ_free(request);
    return bytes;
}

/* ---- the server ---- */

/* lint: allow parameters: the signature is OpenSSL's */
static OSSL_CMP_PKISI *
on_request(OSSL_CMP_SRV_CTX *server,
           const OSSL_CMP_MSG *request,
           int request_id,
           const OSSL_CRMF_MSG *crmf,
           const X509_REQ *p10cr,
           X509 **ret_certificate,
           STACK_OF(X509) * *ret_chain,
           STACK_OF(X509) * *ret_ca)
{
    World *world = OSSL_CMP_SRV_CTX_get0_custom_ctx(server);

    assert_non_null(p10cr);
    *ret_certificate =
        make_certificate("R-1-auth", world->issued_key, world->ca, world->ca_key);
    return OSSL_CMP_STATUSINFO_new(OSSL_CMP_PKISTATUS_accepted, 0, NULL);
}

static int
on_confirm(OSSL_CMP_SRV_CTX *server,
           const OSSL_CMP_MSG *request,
           int request_id,
           const ASN1_OCTET_STRING *hash,
           const OSSL_CMP_PKISI *status)
{
    World *world = OSSL_CMP_SRV_CTX_get0_custom_ctx(server);

    char text[256] = "";

    if (status != NULL)
        (void)OSSL_CMP_snprint_PKIStatusInfo(status, text, sizeof text);
    if (strstr(text, "rejection") == NULL)
        world->n_confirmed++;
    else
        world->n_refused++;
    return 1;
}

static void
start_server(World *world)
{
    OSSL_CMP_CTX *context;
    X509_STORE *store = X509_STORE_new();

    world->server = OSSL_CMP_SRV_CTX_new(NULL, NULL);
    assert_int_equal(OSSL_CMP_SRV_CTX_init(world->server, world, on_request, NULL, NULL, NULL,
                                           on_confirm, NULL),
                     1);
    OSSL_CMP_SRV_CTX_set_grant_implicit_confirm(world->server, world->grants_implicit);
    context = OSSL_CMP_SRV_CTX_get0_cmp_ctx(world->server);
    OSSL_CMP_CTX_set1_cert(context, world->centre);
    OSSL_CMP_CTX_set1_pkey(context, world->centre_key);
    X509_STORE_add_cert(store, world->ca);
    OSSL_CMP_CTX_set0_trustedStore(context, store);
}

static GBytes *
serve(World *world, GBytes *message)
{
    BIO *in = BIO_new_mem_buf(g_bytes_get_data(message, NULL), (int)g_bytes_get_size(message));
    BIO *out = BIO_new(BIO_s_mem());
    OSSL_CMP_MSG *request = d2i_OSSL_CMP_MSG_bio(in, NULL);
    OSSL_CMP_MSG *answer;
    char *data = NULL;
    long len;
    GBytes *bytes;

    assert_non_null(request);
    answer = OSSL_CMP_SRV_process_request(world->server, request);
    assert_non_null(answer);
    i2d_OSSL_CMP_MSG_bio(out, answer);
    len = BIO_get_mem_data(out, &data);
    bytes = g_bytes_new(data, (gsize)len);
    OSSL_CMP_MSG_free(request);
    OSSL_CMP_MSG_free(answer);
    BIO_free(in);
    BIO_free(out);
    return bytes;
}

/* ---- fixture ---- */

static int
set_up(void **state)
{
    World *world = g_new0(World, 1);

    world->ca_key = EVP_EC_gen("P-256");
    world->ca = make_certificate("Training CA", world->ca_key, NULL, world->ca_key);
    world->desk_key = EVP_EC_gen("P-256");
    world->desk = make_certificate("D001", world->desk_key, world->ca, world->ca_key);
    world->centre_key = EVP_EC_gen("P-256");
    world->centre = make_certificate("centre", world->centre_key, world->ca, world->ca_key);
    world->card_key = EVP_RSA_gen(2048);
    world->issued_key = world->card_key;
    world->csr = make_csr(world->card_key);
    *state = world;
    return 0;
}

static int
tear_down(void **state)
{
    World *world = *state;

    OSSL_CMP_SRV_CTX_free(world->server);
    X509_free(world->ca);
    X509_free(world->desk);
    X509_free(world->centre);
    EVP_PKEY_free(world->ca_key);
    EVP_PKEY_free(world->desk_key);
    EVP_PKEY_free(world->centre_key);
    EVP_PKEY_free(world->card_key);
    g_bytes_unref(world->csr);
    g_free(world);
    return 0;
}

static gboolean
check(X509 *certificate, MadoSlot slot, gconstpointer user_data, GError **error)
{
    const World *world = user_data;

    assert_int_equal(slot, MADO_SLOT_AUTH);
    if (!world->check_fails)
        return TRUE;
    g_set_error_literal(error, MADO_ERROR, MADO_ERROR_CERTIFICATE, "another policy");
    return FALSE;
}

static const guint8 transaction[16] = {1, 2, 3, 4};

static MadoCmp *
start(World *world)
{
    const MadoCmpSettings settings = {
        .key = world->desk_key,
        .certificate = world->desk,
        .centre_anchor = world->ca,
        .check = check,
        .user_data = world,
    };
    g_autoptr(GError) error = NULL;
    MadoCmp *cmp = mado_cmp_new(&settings, transaction, MADO_SLOT_AUTH, world->csr, &error);

    assert_non_null(cmp);
    start_server(world);
    return cmp;
}

/* ---- tests ---- */

static void
a_certificate_comes_and_is_confirmed_when_the_desk_says_so(void **state)
{
    World *world = *state;
    g_autoptr(MadoCmp) cmp = start(world);
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) request = mado_cmp_request(cmp, &error);
    g_autoptr(GBytes) cp = serve(world, request);
    g_autoptr(GBytes) certificate = mado_cmp_take(cmp, cp, &error);
    g_autoptr(GBytes) confirm = NULL;
    g_autoptr(GBytes) answer = NULL;

    assert_non_null(certificate);
    assert_int_equal(world->n_confirmed, 0);
    confirm = mado_cmp_confirm(cmp, &error);
    assert_non_null(confirm);
    answer = serve(world, confirm);
    assert_true(mado_cmp_finish(cmp, answer, &error));
    assert_int_equal(world->n_confirmed, 1);
}

static void
the_transaction_id_is_derived(void **state)
{
    World *world = *state;
    g_autoptr(MadoCmp) cmp = start(world);
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) request = mado_cmp_request(cmp, &error);
    guint8 id[16];
    guint8 other[16];

    mado_cmp_transaction_id(transaction, MADO_SLOT_AUTH, id);
    mado_cmp_transaction_id(transaction, MADO_SLOT_SIGN, other);
    assert_memory_not_equal(id, other, sizeof id);
    assert_non_null(
        memmem(g_bytes_get_data(request, NULL), g_bytes_get_size(request), id, sizeof id));
}

static void
a_certificate_for_another_key_is_refused(void **state)
{
    World *world = *state;
    EVP_PKEY *other = EVP_RSA_gen(2048);
    g_autoptr(MadoCmp) cmp = start(world);
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) request = mado_cmp_request(cmp, &error);
    g_autoptr(GBytes) cp = NULL;

    world->issued_key = other;
    cp = serve(world, request);
    assert_null(mado_cmp_take(cmp, cp, &error));
    assert_int_equal(error->code, MADO_ERROR_CERTIFICATE);
    EVP_PKEY_free(other);
}

static void
what_the_check_says_counts(void **state)
{
    World *world = *state;
    g_autoptr(MadoCmp) cmp = start(world);
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) request = mado_cmp_request(cmp, &error);
    g_autoptr(GBytes) cp = serve(world, request);

    world->check_fails = TRUE;
    assert_null(mado_cmp_take(cmp, cp, &error));
    assert_int_equal(error->code, MADO_ERROR_CERTIFICATE);
    g_clear_error(&error);
    assert_null(mado_cmp_confirm(cmp, &error));
}

static void
a_rejection_reaches_the_server_as_one(void **state)
{
    World *world = *state;

    /* What the check refused, and what is good but belongs to a set that is not. */
    for (guint i = 0; i < 2; i++) {
        g_autoptr(MadoCmp) cmp = start(world);
        g_autoptr(GBytes) request = mado_cmp_request(cmp, NULL);
        g_autoptr(GBytes) cp = serve(world, request);
        g_autoptr(GBytes) certificate = NULL;
        g_autoptr(GBytes) reject = NULL;
        g_autoptr(GBytes) answer = NULL;

        world->check_fails = i == 0;
        certificate = mado_cmp_take(cmp, cp, NULL);
        assert_int_equal(certificate != NULL, i == 1);
        reject = mado_cmp_reject(cmp, NULL);
        assert_non_null(reject);
        answer = serve(world, reject);
        assert_int_equal(world->n_refused, i + 1);
        assert_int_equal(world->n_confirmed, 0);
        g_clear_pointer(&world->server, OSSL_CMP_SRV_CTX_free);
    }
}

static void
implicit_confirmation_is_refused(void **state)
{
    World *world = *state;
    g_autoptr(MadoCmp) cmp = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) request = NULL;
    g_autoptr(GBytes) cp = NULL;
    g_autoptr(GBytes) certificate = NULL;

    world->grants_implicit = TRUE;
    cmp = start(world);
    request = mado_cmp_request(cmp, &error);
    cp = serve(world, request);
    certificate = mado_cmp_take(cmp, cp, &error);
    /* Our request did not ask for it, so an honest server does not grant it. */
    assert_non_null(certificate);
    g_clear_pointer(&certificate, g_bytes_unref);
    certificate = mado_cmp_confirm(cmp, &error);
    assert_non_null(certificate);
}

static void
any_byte_changed_is_noticed(void **state)
{
    World *world = *state;
    g_autoptr(GError) error = NULL;
    gsize len;

    for (gsize at = 8; at < 900; at += 89) {
        g_autoptr(MadoCmp) cmp = start(world);
        g_autoptr(GBytes) request = mado_cmp_request(cmp, &error);
        g_autoptr(GBytes) cp = serve(world, request);
        const guint8 *data = g_bytes_get_data(cp, &len);
        g_autofree guint8 *copy = g_memdup2(data, len);
        g_autoptr(GBytes) changed = NULL;

        copy[at % len] ^= 1;
        changed = g_bytes_new(copy, len);
        assert_null(mado_cmp_take(cmp, changed, &error));
        assert_non_null(error);
        g_clear_error(&error);
        OSSL_CMP_SRV_CTX_free(g_steal_pointer(&world->server));
    }
}

static void
calls_out_of_order_fail_and_do_not_hang(void **state)
{
    World *world = *state;
    g_autoptr(MadoCmp) cmp = start(world);
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) none = g_bytes_new_static("", 0);

    assert_null(mado_cmp_confirm(cmp, &error));
    g_clear_error(&error);
    assert_false(mado_cmp_finish(cmp, none, &error));
    g_clear_error(&error);
    assert_null(mado_cmp_take(cmp, none, &error));
    assert_int_equal(error->code, MADO_ERROR_CENTRE_ANSWER);
}

static void
freed_at_any_point_it_ends(void **state)
{
    World *world = *state;
    g_autoptr(GError) error = NULL;

    for (int stop = 0; stop < 4; stop++) {
        g_autoptr(MadoCmp) cmp = start(world);
        g_autoptr(GBytes) request = NULL;
        g_autoptr(GBytes) cp = NULL;
        g_autoptr(GBytes) certificate = NULL;
        g_autoptr(GBytes) confirm = NULL;

        if (stop > 0)
            request = mado_cmp_request(cmp, &error);
        if (stop > 1) {
            cp = serve(world, request);
            certificate = mado_cmp_take(cmp, cp, &error);
        }
        if (stop > 2)
            confirm = mado_cmp_confirm(cmp, &error);
        assert_null(error);
        OSSL_CMP_SRV_CTX_free(g_steal_pointer(&world->server));
    }
    assert_int_equal(world->n_confirmed, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_certificate_comes_and_is_confirmed_when_the_desk_says_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_transaction_id_is_derived, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_certificate_for_another_key_is_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_the_check_says_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_rejection_reaches_the_server_as_one, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(implicit_confirmation_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(any_byte_changed_is_noticed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(calls_out_of_order_fail_and_do_not_hang, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(freed_at_any_point_it_ends, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
