/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One resident of the register, as a request names them. All of it is personal data: the struct
 * is wiped when freed and is stored only sealed (central/vault.h).
 */
#pragma once

#include "central/vault.h"
#include "common/body-parts.h"
#include "common/date.h"

#define MADO_RESIDENT_NAME_MAX    512 /* bytes of UTF-8 */
#define MADO_RESIDENT_ADDRESS_MAX 1024

typedef struct {
    char number[MADO_NUMBER_LEN + 1];      /* 個人番号, check digit right */
    char name[MADO_RESIDENT_NAME_MAX + 1]; /* U+3000 between family and given name */
    char kana[MADO_RESIDENT_NAME_MAX + 1];
    char birth[MADO_DATE_LEN + 1]; /* YYYYMMDD, a day that exists */
    char sex[2];                   /* "1", "2", "9" */
    char address[MADO_RESIDENT_ADDRESS_MAX + 1];
} MadoResident;

MadoResident *
mado_resident_new(void); /* (transfer full): all empty */
void
mado_resident_free(MadoResident *self); /* NULL is allowed */

/* CONFIG, naming the field, unless every field has its form. */
gboolean
mado_resident_check(const MadoResident *self, GError **error);

/* Sealed for the request @request_id, and back. */
GBytes *
mado_resident_seal(const MadoResident *self,
                   const MadoVault *vault,
                   const char *request_id,
                   GError **error);
MadoResident *
mado_resident_open(const MadoVault *vault,
                   const char *request_id,
                   GBytes *sealed,
                   GError **error);

/* Full years on @day; 0 before the first birthday. */
unsigned
mado_resident_age(const MadoResident *self, const MadoDate *day);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(MadoResident, mado_resident_free)
