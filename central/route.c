/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "central/route.h"

#include "central/enrol.h"
#include "madoguchi/names.h"

#include <string.h>

#define TERMINALS      "/v1/terminals/"
#define MAX_KEY_LEN    64
#define KEY_CHARACTERS "0123456789abcdefghijklmnopqrstuvwxyz-"

typedef struct {
    const char *name;
    MadoRouteKind kind;
    gboolean is_post;
} Row;

static const Row rows[] = {
    {"visits", MADO_ROUTE_VISITS, TRUE},       {"receipts", MADO_ROUTE_RECEIPTS, TRUE},
    {"head", MADO_ROUTE_HEAD, FALSE},          {"requests", MADO_ROUTE_REQUESTS, FALSE},
    {"directory", MADO_ROUTE_DIRECTORY, TRUE},
};

static gboolean
refuse(GError **error, MadoProblem problem, const char *why)
{
    g_set_error_literal(error, MADO_PROBLEM_DOMAIN, (int)problem, why);
    return FALSE;
}

static gboolean
find_row(const char *path, MadoRoute *ret_route)
{
    const char *rest = path + strlen(TERMINALS);
    const char *slash = strchr(rest, '/');
    g_autofree char *terminal = NULL;

    if (slash == NULL)
        return FALSE;
    terminal = g_strndup(rest, (gsize)(slash - rest));
    if (!mado_enrol_is_terminal(terminal))
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (strcmp(slash + 1, rows[i].name) != 0)
            continue;
        ret_route->kind = rows[i].kind;
        ret_route->is_post = rows[i].is_post;
        g_strlcpy(ret_route->terminal, terminal, sizeof ret_route->terminal);
        return TRUE;
    }
    return FALSE;
}

gboolean
mado_route_find(const char *method, const char *path, MadoRoute *ret_route, GError **error)
{
    MadoRoute route = {.kind = MADO_ROUTE_HEALTH};

    if (strcmp(path, MADO_ENDPOINT_HEALTH) != 0 &&
        (!g_str_has_prefix(path, TERMINALS) || !find_row(path, &route)))
        return refuse(error, MADO_PROBLEM_NOT_FOUND, "no such resource");
    if (strcmp(method, route.is_post ? "POST" : "GET") != 0)
        return refuse(error, MADO_PROBLEM_METHOD, "not a method of this resource");
    *ret_route = route;
    return TRUE;
}

char *
mado_route_parse_key(const char *header, GError **error)
{
    gsize len = header != NULL ? strlen(header) : 0;

    if (len < 3 || len > MAX_KEY_LEN + 2 || header[0] != '"' || header[len - 1] != '"' ||
        strspn(header + 1, KEY_CHARACTERS) != len - 2) {
        refuse(error, MADO_PROBLEM_BAD_MESSAGE, "no Idempotency-Key, or not in its form");
        return NULL;
    }
    return g_strndup(header + 1, len - 2);
}
