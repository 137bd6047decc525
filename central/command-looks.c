/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* looks: who looked at the queue, when and why. What was typed stays sealed. */
#include "config.h"

#include "central/command.h"
#include "central/listing.h"
#include "central/look.h"

static gboolean
list_look(gconstpointer item, gpointer user_data)
{
    const MadoLookRecord *record = item;
    MadoListing *listing = user_data;

    mado_listing_begin_row(listing);
    mado_listing_hex(listing, "look", record->look, sizeof record->look);
    mado_listing_time(listing, "time", record->at_ms);
    mado_listing_text(listing, "terminal", record->terminal);
    mado_listing_text(listing, "operator", record->operator_id);
    mado_listing_text(listing, "kind", mado_look_kind_name(record->kind));
    mado_listing_text(listing, "purpose", mado_look_purpose_name(record->purpose));
    mado_listing_int(listing, "shown", record->n_shown);
    return TRUE;
}

int
mado_command_looks(const char *usage, int argc, char **argv)
{
    g_autofree char *config = NULL;
    g_autofree char *request_id = NULL;
    gboolean is_json = FALSE;
    const GOptionEntry entries[] = {
        {"config", 0, 0, G_OPTION_ARG_FILENAME, &config, NULL, NULL},
        {"json", 0, 0, G_OPTION_ARG_NONE, &is_json, NULL, NULL},
        {"request", 0, 0, G_OPTION_ARG_STRING, &request_id, NULL, NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL}};
    g_auto(MadoCommandCentre) centre = {NULL, NULL};
    g_autoptr(GError) error = NULL;
    MadoListing *listing;
    gboolean done;

    if (!mado_command_parse(usage, entries, &argc, &argv))
        return MADO_COMMAND_USAGE;
    if (argc != 1)
        return mado_command_usage(usage);
    if (!mado_command_open(config, &centre, &error))
        return mado_command_fail(error);
    listing = mado_listing_new(is_json);
    done = centre.store->ops->list_looks(centre.store, request_id, list_look, listing, &error);
    mado_listing_finish(listing);
    return done ? MADO_COMMAND_DONE : mado_command_fail(error);
}
