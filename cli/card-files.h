/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files Session.Read gives, as JSON and, when asked, on disk. */
#pragma once

#include <gio/gio.h>
#include <gio/gunixfdlist.h>
#include <json-glib/json-glib.h>

/*
 * (transfer full): one member per file of @files (a{sh} into @fds): its text for the four
 * attributes and the number; for a picture or certificate an object with "length", what a
 * certificate says, and, when @folder is given, the "path" it was written to (mode 0600; the
 * folder is made 0700; nothing is overwritten). Names that are not in the contract are left
 * out. Errors: CARD_DATA, BAD_ARGUMENT (cannot be written).
 */
JsonObject *
mado_card_files_to_json(GVariant *files, GUnixFDList *fds, const char *folder, GError **error);
void
mado_card_files_print(JsonObject *files);
