/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a client may hand over as a descriptor, good and bad. */
#pragma once

#include <glib.h>

/* @kind: any number. -1 for the kind that is none; else a new descriptor, with @data in it
 * where that is possible. */
int
fuzz_descriptor_new(guint8 kind, const guint8 *data, gsize len);
