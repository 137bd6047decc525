/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The smart card service as a test plays it: a MadoSensor and MadoTransports over state that
 * the test changes. Every function may be called by any thread.
 */
#pragma once

#include "daemon/transport.h"
#include "tests/support/fake-desk.h"

typedef struct _FakeService FakeService;

FakeService *
fake_service_new(void);
/* When sensor and transports are gone. */
void
fake_service_free(FakeService *self);

MadoTransport *
fake_service_new_transport(gpointer data);
MadoSensor *
fake_service_new_sensor(FakeService *self);

void
fake_service_add_reader(FakeService *self, guint number);
void
fake_service_remove_reader(FakeService *self, guint number);
/* Which reader ever added this is, from 1: its number in the object path. */
guint
fake_service_nth(FakeService *self, guint number);
void
fake_service_set_card_present(FakeService *self, guint number, gboolean is_present);
void
fake_service_set_there(FakeService *self, gboolean is_there);
void
fake_service_set_card(FakeService *self, FakeDeskCard card, gpointer data);
void
fake_service_block_at(FakeService *self, guint8 ins);
gboolean
fake_service_is_blocked(FakeService *self);
void
fake_service_unblock(FakeService *self);
guint
fake_service_n_opened(FakeService *self);
gboolean
fake_service_is_open(FakeService *self);
