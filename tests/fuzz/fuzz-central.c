/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an enrolled desk can send: the first byte chooses between a visit's message, a receipt,
 * a p10cr, a certConf and the HTTP edge; the rest are the bytes. Envelopes are opened with real
 * keys, so what is behind signature and decryption has targets of its own (fuzz-message,
 * fuzz-body, fuzz-receipt).
 */
#include "config.h"

#include "central/cmp-server.h"
#include "central/route.h"
#include "central/service.h"
#include "central/setup.h"
#include "central/store-sqlite.h"
#include "tests/fuzz/target.h"

#include <glib/gstdio.h>
#include <openssl/x509.h>

#include <stdlib.h>

typedef struct {
    MadoSettingsCentral *settings;
    MadoKeys *keys;
    MadoCentre *centre;
    MadoTerminalRecord *terminal;
    X509 *peer;
} World;

static void
remove_tree(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);

        remove_tree(child);
    }
    g_remove(path);
}

static void
fill_world(World *world)
{
    g_autofree char *folder = g_dir_make_tmp("mado-fuzz-XXXXXX", NULL);
    g_autofree char *centre = g_build_filename(folder, "c", NULL);
    g_autofree char *desk = g_build_filename(folder, "d", NULL);
    g_autofree char *config = g_build_filename(centre, "central.conf", NULL);
    MadoSetupOptions options = {.folder = centre,
                                .realm = MADO_REALM_CODE_TRAINING,
                                .municipality = "99999",
                                .listen = "127.0.0.1:0",
                                .desk = desk,
                                .terminal = "D001"};
    g_autoptr(MadoStore) store = NULL;
    const guint8 *at;

    if (!mado_setup_run(&options, NULL))
        abort();
    world->settings = mado_settings_central_load(config, NULL);
    world->keys = mado_keys_load(world->settings->keys, NULL);
    store = mado_store_sqlite_open(world->settings->database, FALSE, NULL);
    world->terminal = store->ops->get_terminal(store, "D001", NULL);
    world->centre = mado_centre_new(world->settings, world->keys, NULL, mado_clock_system());
    at = g_bytes_get_data(world->terminal->sign_cert, NULL);
    world->peer = d2i_X509(NULL, &at, (long)g_bytes_get_size(world->terminal->sign_cert));
    if (world->peer == NULL)
        abort();
    remove_tree(folder);
}

static const World *
get_world(void)
{
    static World world;
    static gsize ready = 0;

    if (g_once_init_enter(&ready)) {
        fill_world(&world);
        g_once_init_leave(&ready, 1);
    }
    return &world;
}

static void
open_message(const World *world, MadoServiceKind kind, GBytes *body)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MadoServiceRequest) request =
        mado_service_open(world->centre, kind, world->terminal, "00", body, &error);

    /* Nobody but D001 can sign: a fuzzer must not get in. */
    if (request != NULL || error == NULL || error->domain != MADO_PROBLEM_DOMAIN)
        abort();
}

static void
read_cmp(const World *world, GBytes *body, gboolean is_conf)
{
    const MadoCmpServer server = {world->keys->cmp.cert, world->keys->cmp.key, world->peer};
    const MadoCmpServerIssued issued = {body, body, world->keys->jpki_auth.cert};
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) answer = is_conf ? mado_cmp_server_confirm(&server, &issued, body, &error)
                                       : mado_cmp_server_read(&server, body, &error);

    if (answer != NULL || error == NULL)
        abort();
}

static void
read_edge(const uint8_t *data, size_t len)
{
    g_autofree char *text = g_strndup((const char *)data, len);
    g_autofree char *key = NULL;
    g_autoptr(GError) error = NULL;
    MadoRoute route;

    (void)mado_route_find("GET", text, &route, NULL);
    key = mado_route_parse_key(text, &error);
    if ((key == NULL) != (error != NULL))
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const World *world = get_world();
    g_autoptr(GBytes) body = NULL;

    if (len == 0)
        return 0;
    body = g_bytes_new(data + 1, len - 1);
    switch (data[0] % 5) {
    case 0:
        open_message(world, MADO_SERVICE_VISIT, body);
        break;
    case 1:
        open_message(world, MADO_SERVICE_RECEIPT, body);
        break;
    case 2:
        read_cmp(world, body, FALSE);
        break;
    case 3:
        read_cmp(world, body, TRUE);
        break;
    default:
        read_edge(data + 1, len - 1);
        break;
    }
    return 0;
}
