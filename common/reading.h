/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Readings of names as search keys. A key is for finding, never for showing or comparing: it
 * makes one of what people spell differently or cannot hear apart, and whoever searches sees
 * the readings themselves.
 *
 * Folding: NFKD; hiragana, half-width and small kana become large katakana; voiced and
 * half-voiced marks fall away (ヤマザキ = ヤマサキ), ヂ and ヅ being ジ and ズ first; a long
 * vowel is written out by ear (オオノ = オーノ = オウノ, ケイコ = ケーコ); ヰ ヱ ヲ become イ
 * エ オ; Latin letters lose case and accents; everything that is neither letter nor digit goes.
 * A letter depends on the letters before it alone, so the key of a beginning is a beginning of
 * the key. Any thread.
 */
#pragma once

#include <glib.h>

#define MADO_READING_STARTS_MAX 6 /* words of a name from which a search may begin */

/* (transfer full): the key of @text (UTF-8); "" when nothing is left. */
char *
mado_reading_fold(const char *text);

/* (transfer full) (element-type utf8): the key of @reading from each of its words on: the
 * family name comes first, but the given name is found, too. At least one, distinct. */
GPtrArray *
mado_reading_starts(const char *reading);

/* Whether a search for @key (folded) finds @reading. The empty key finds all. */
gboolean
mado_reading_matches(const char *reading, const char *key);
