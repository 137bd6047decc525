/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the doctor found, for people. */
#pragma once

#include <json-glib/json-glib.h>

/* Faults and warnings, each with cause and cure, or one line that there are none; with the
 * member "verbose" also notes, and every check with its state. */
void
mado_doctor_view_show(JsonObject *result);
/* (transfer full): "reader …, usb-path 1-2": a finding's details on one line; "" for none. */
char *
mado_doctor_view_details(JsonObject *details);
