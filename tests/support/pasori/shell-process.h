/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The emulator in the driver's own process, behind the driver's USB seam. Time is the
 * emulator's: a timeout is over at once, and nothing ever sleeps. Calls may come from any
 * thread.
 */
#pragma once

#include "drivers/pasori/usb.h"
#include "tests/support/pasori/emulator.h"

/*
 * A handle to the emulated device (transfer full; its close() frees it). The emulator is
 * borrowed and may be opened again after that. NULL: no memory.
 */
MadoUsb *
pasori_shell_process_open(PasoriEmulator *emulator);
