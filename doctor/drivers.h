/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is installed for readers: pcscd, its driver bundles, packages and their versions. Files
 * under @root only; any thread. */
#pragma once

#include <glib.h>

typedef struct _MadoDrivers MadoDrivers;

/* (transfer full): reads every bundle's list once. */
MadoDrivers *
mado_drivers_load(const char *root);
void
mado_drivers_free(MadoDrivers *self); /* NULL is allowed */

gboolean
mado_drivers_has_pcscd(const MadoDrivers *self);
/* (transfer none) (nullable): the bundle that serves this device, as "ifd-ccid.bundle"; one
 * that is not libccid's before libccid's, as pcscd chooses. */
const char *
mado_drivers_find(const MadoDrivers *self, guint16 vendor, guint16 product);
/* (transfer none) (nullable): version of an installed Debian package; NULL also where there is
 * no dpkg. Only for the packages of mado_drivers_packages(). */
const char *
mado_drivers_version(const MadoDrivers *self, const char *package);
/* (transfer none): NULL-terminated. */
const char *const *
mado_drivers_packages(void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoDrivers, mado_drivers_free)
