/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a reading of the card gives: sealed files by name, and what was found out about them.
 * Takes the card's files apart, bounds-checked; every byte of them is hostile. Worker's thread.
 */
#pragma once

#include "common/secret.h"
#include "daemon/desk.h"

#include <gio/gunixfdlist.h>

typedef struct _MadoReadResult MadoReadResult;

/* (transfer full): no files; every check "not-read". */
MadoReadResult *
mado_read_result_new(void);
void
mado_read_result_free(MadoReadResult *self);

/* Adds one sealed memfd. */
gboolean
mado_read_result_file(
    MadoReadResult *self, const char *name, const guint8 *data, gsize len, GError **error);
/* @check is "verified", or with @error its nick. */
void
mado_read_result_check(MadoReadResult *self, const char *check, const GError *error);
/* CONFIG when the desk has none for the face data. */
gboolean
mado_read_result_has_anchors(const MadoDesk *desk, GError **error);

/* Files of the card, as read. CARD_DATA; nothing is added then. */
gboolean
mado_read_result_attributes(MadoReadResult *self, const MadoSecret *file, GError **error);
/* Adds "number" when @is_wanted; *ret_number (nullable) (transfer full): the 12 digits. */
gboolean
mado_read_result_number(MadoReadResult *self,
                        const MadoSecret *file,
                        gboolean is_wanted,
                        MadoSecret **ret_number,
                        GError **error);
gboolean
mado_read_result_face(MadoReadResult *self, const MadoSecret *file, GError **error);

/*
 * The photo of the same file decoded by madoguchi-photo: adds "picture", a binary PPM, and what
 * was measured of it. A photo that cannot be decoded is told by the check and is no error.
 */
void
mado_read_result_picture(MadoReadResult *self, const MadoSecret *file);

/* Ends the result: a{sh} and a{sv}, sunk, and the descriptors they index (transfer full). */
void
mado_read_result_end(MadoReadResult *self,
                     GVariant **ret_files,
                     GVariant **ret_checks,
                     GUnixFDList **ret_fds);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoReadResult, mado_read_result_free)
