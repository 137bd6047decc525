/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What every program does first through which PINs, passphrases or personal numbers pass. */
#pragma once

/* No core file, no debugger of the same user, no reading of our memory by way of /proc. Call in
 * main(), before any thread; nothing of it can fail in a way that could be mended. */
void
mado_hardening_apply(void);
