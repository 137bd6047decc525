/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "drivers/training/maker-command.h"

#include "common/wipe.h"
#include "drivers/training/card-file.h"
#include "drivers/training/card-format.h"
#include "drivers/training/maker-card.h"
#include "drivers/training/maker-paint.h"
#include "drivers/training/maker-show.h"
#include "drivers/training/maker-slot.h"

#include <gio/gio.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Standard input to its end. The buffer is wiped by the caller: it holds an order's secrets. */
static char *
read_order(gsize *ret_len, GError **error)
{
    char *text = g_malloc(MADO_MAKER_ORDER_MAX_LEN);
    gsize len = 0;
    ssize_t n;

    while (len < MADO_MAKER_ORDER_MAX_LEN &&
           (n = read(STDIN_FILENO, text + len, MADO_MAKER_ORDER_MAX_LEN - len)) > 0) {
        len += (gsize)n;
    }
    if (len == MADO_MAKER_ORDER_MAX_LEN) {
        mado_wipe(text, len);
        g_free(text);
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "order: longer than 512 KiB");
        return NULL;
    }
    *ret_len = len;
    return text;
}

static gboolean
write_card(const MadoCardState *state, const char *path, GError **error)
{
    uint8_t *data = NULL;
    size_t len = 0;
    gboolean ok =
        mado_card_format_write(state, &data, &len) && mado_card_file_create(path, data, len);

    if (data != NULL) {
        mado_wipe(data, len);
        free(data);
    }
    if (!ok) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
                    "%s: cannot be made (there may be such a file already)", path);
    }
    return ok;
}

static gboolean
make_card(const MadoMakerOptions *options, GError **error)
{
    MadoMakerDefect defect = MADO_MAKER_DEFECT_NONE;
    g_autoptr(MadoMakerOrder) order = NULL;
    MadoCardState state;
    gsize len = 0;
    gboolean ok;
    char *json;

    if (options->defect != NULL && !mado_maker_card_defect_parse(options->defect, &defect)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "no such defect: %s",
                    options->defect);
        return FALSE;
    }
    json = read_order(&len, error);
    if (json == NULL) {
        return FALSE;
    }
    order = mado_maker_order_parse(json, (gssize)len, error);
    mado_wipe(json, MADO_MAKER_ORDER_MAX_LEN);
    g_free(json);
    if (order == NULL) {
        return FALSE;
    }
    mado_card_state_init(&state);
    ok = mado_maker_card_fill(order, defect, &state, error) &&
         write_card(&state, options->out, error);
    mado_card_state_clear(&state);
    mado_maker_paint_finish();
    return ok;
}

static gboolean
load_card(const char *path, MadoCardState *ret_state, GError **error)
{
    MadoCardFormatStatus status;
    uint8_t *data = NULL;
    unsigned schema = 0;
    size_t len = 0;
    MadoCardFile file;

    if (!mado_card_file_init(&file, path) || !mado_card_file_load(&file, &data, &len)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "%s: cannot be read", path);
        return FALSE;
    }
    status = mado_card_format_parse(data, len, ret_state, &schema);
    mado_wipe(data, len);
    free(data);
    if (status == MADO_CARD_FORMAT_NEWER) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                    "%s: schema %u is newer than this program's, %d", path, schema,
                    MADO_CARD_FORMAT_SCHEMA);
    } else if (status != MADO_CARD_FORMAT_OK) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                    "%s: not a card file, or damaged", path);
    }
    return status == MADO_CARD_FORMAT_OK;
}

static gboolean
show(const char *path, gboolean json, GError **error)
{
    g_autofree char *text = NULL;
    MadoCardState state;

    if (!load_card(path, &state, error)) {
        return FALSE;
    }
    text = json ? mado_maker_show_json(&state) : mado_maker_show_text(&state);
    mado_card_state_clear(&state);
    printf("%s%s", text, json ? "\n" : "");
    return TRUE;
}

/* "fault SLOT remove before 3" and "fault SLOT 'remove before 3'" are the same. */
static gboolean
set_fault(char **words, GError **error)
{
    g_autofree char *fault = g_strjoinv(" ", words + 2);

    return mado_maker_slot_set_fault(words[1], fault, error);
}

int
mado_maker_command_run(const MadoMakerOptions *options, GError **error)
{
    char **words = options->words;
    guint n = words == NULL ? 0 : g_strv_length(words);
    gboolean ok;

    if (n == 1 && strcmp(words[0], "make-card") == 0 && options->out != NULL) {
        ok = make_card(options, error);
    } else if (n == 3 && strcmp(words[0], "insert") == 0) {
        ok = mado_maker_slot_insert(words[1], words[2], error);
    } else if (n == 2 && strcmp(words[0], "remove") == 0) {
        ok = mado_maker_slot_remove(words[1], error);
    } else if (n == 3 && strcmp(words[0], "knob") == 0) {
        ok = mado_maker_slot_set_knob(words[1], words[2], error);
    } else if (n >= 3 && strcmp(words[0], "fault") == 0) {
        ok = set_fault(words, error);
    } else if (n == 2 && strcmp(words[0], "show") == 0) {
        ok = show(words[1], options->json, error);
    } else {
        return MADO_MAKER_COMMAND_USAGE;
    }
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
