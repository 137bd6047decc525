/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The resources of data/central.openapi.yaml: from method and path to what is meant. Pure. */
#pragma once

#include "central/problem.h"

typedef enum {
    MADO_ROUTE_HEALTH,
    MADO_ROUTE_VISITS,
    MADO_ROUTE_RECEIPTS,
    MADO_ROUTE_HEAD,
    MADO_ROUTE_REQUESTS,
    MADO_ROUTE_DIRECTORY,
} MadoRouteKind;

typedef struct {
    MadoRouteKind kind;
    gboolean is_post;
    char terminal[33]; /* empty for HEALTH */
} MadoRoute;

/* NOT_FOUND or METHOD. */
gboolean
mado_route_find(const char *method, const char *path, MadoRoute *ret_route, GError **error);
/* Idempotency-Key is a structured string: "…" of [0-9a-z-], 1 to 64. (transfer full) without
 * its quotes; BAD_MESSAGE. @header: nullable. */
char *
mado_route_parse_key(const char *header, GError **error);
