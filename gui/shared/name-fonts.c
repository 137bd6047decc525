/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "gui/shared/name-fonts.h"

#include <fontconfig/fontconfig.h>
#include <hb.h>
#include <string.h>

/* IPAmj has the Moji_Joho sequences, Noto those of Adobe-Japan1, Hanazono both, less well
 * drawn. The plain form is taken from the first that has it. */
static const char *const families[] = {
    "IPAmjMincho", "Noto Serif CJK JP", "HanaMinA",
    "HanaMinB",    "Noto Sans CJK JP",  "IPAexMincho",
};

typedef struct {
    char *family;
    hb_face_t *face;
    hb_font_t *font;
} Font;

struct _MadoNameFonts {
    GPtrArray *fonts; /* Font */
};

static void
free_font(gpointer data)
{
    Font *font = data;

    hb_font_destroy(font->font);
    hb_face_destroy(font->face);
    g_free(font->family);
    g_free(font);
}

static gboolean
has_family(const FcPattern *pattern, const char *family)
{
    FcChar8 *name;

    for (int i = 0; FcPatternGetString(pattern, FC_FAMILY, i, &name) == FcResultMatch; i++)
        if (strcmp((const char *)name, family) == 0)
            return TRUE;
    return FALSE;
}

/* (transfer full) (nullable): fontconfig always offers something; only the family itself will
 * do. */
static FcPattern *
match(const char *family)
{
    FcPattern *wanted = FcPatternCreate();
    FcPattern *found;
    FcResult result;

    FcPatternAddString(wanted, FC_FAMILY, (const FcChar8 *)family);
    FcPatternAddInteger(wanted, FC_WEIGHT, FC_WEIGHT_REGULAR);
    FcConfigSubstitute(NULL, wanted, FcMatchPattern);
    FcDefaultSubstitute(wanted);
    found = FcFontMatch(NULL, wanted, &result);
    FcPatternDestroy(wanted);
    if (found != NULL && !has_family(found, family))
        g_clear_pointer(&found, FcPatternDestroy);
    return found;
}

static void
add_font(MadoNameFonts *self, const char *family)
{
    FcPattern *pattern = match(family);
    FcChar8 *file;
    int index = 0;
    hb_blob_t *blob;
    Font *font;

    if (pattern == NULL)
        return;
    (void)FcPatternGetInteger(pattern, FC_INDEX, 0, &index);
    if (FcPatternGetString(pattern, FC_FILE, 0, &file) == FcResultMatch) {
        blob = hb_blob_create_from_file((const char *)file);
        font = g_new0(Font, 1);
        font->family = g_strdup(family);
        font->face = hb_face_create(blob, (unsigned)index & 0xFFFFU);
        font->font = hb_font_create(font->face);
        hb_blob_destroy(blob);
        g_ptr_array_add(self->fonts, font);
    }
    FcPatternDestroy(pattern);
}

MadoNameFonts *
mado_name_fonts_new(const char *site)
{
    MadoNameFonts *self = g_new0(MadoNameFonts, 1);

    self->fonts = g_ptr_array_new_with_free_func(free_font);
    if (site != NULL && site[0] != '\0')
        add_font(self, site);
    for (gsize i = 0; i < G_N_ELEMENTS(families); i++)
        add_font(self, families[i]);
    return self;
}

void
mado_name_fonts_free(MadoNameFonts *self)
{
    if (self == NULL)
        return;
    g_ptr_array_unref(self->fonts);
    g_free(self);
}

static MadoNameQuality
ask(const Font *font, const MadoNamePart *part)
{
    hb_codepoint_t glyph;

    if (!hb_font_get_nominal_glyph(font->font, part->base, &glyph))
        return MADO_NAME_MISSING;
    if (part->selector == 0 ||
        hb_font_get_variation_glyph(font->font, part->base, part->selector, &glyph))
        return MADO_NAME_EXACT;
    return MADO_NAME_APPROXIMATE;
}

MadoNameQuality
mado_name_fonts_probe(const MadoNameFonts *self,
                      const MadoNamePart *part,
                      const char **ret_family)
{
    MadoNameQuality best = MADO_NAME_MISSING;
    const char *family = families[0];

    for (guint i = 0; i < self->fonts->len && best != MADO_NAME_EXACT; i++) {
        const Font *font = g_ptr_array_index(self->fonts, i);
        MadoNameQuality quality = ask(font, part);

        if (quality > best) {
            best = quality;
            family = font->family;
        }
    }
    /* A font may have something there; whether it is what the register means, nobody knows. */
    if (best == MADO_NAME_EXACT && mado_name_text_is_private(part))
        best = MADO_NAME_APPROXIMATE;
    if (ret_family != NULL)
        *ret_family = family;
    return best;
}

static gboolean
is_blank(const MadoNamePart *part)
{
    return g_unichar_isspace(part->base);
}

MadoNameQuality
mado_name_fonts_judge(const MadoNameFonts *self, const char *name)
{
    g_autoptr(GArray) parts = mado_name_text_split(name);
    MadoNameQuality worst = MADO_NAME_EXACT;

    for (guint i = 0; i < parts->len; i++) {
        const MadoNamePart *part = &g_array_index(parts, MadoNamePart, i);

        if (!is_blank(part))
            worst = MIN(worst, mado_name_fonts_probe(self, part, NULL));
    }
    return worst;
}

static void
insert(PangoAttrList *list, PangoAttribute *attribute, const MadoNamePart *part)
{
    attribute->start_index = part->at;
    attribute->end_index = part->at + part->len;
    pango_attr_list_insert(list, attribute);
}

PangoAttrList *
mado_name_fonts_attributes(const MadoNameFonts *self, const char *name)
{
    g_autoptr(GArray) parts = mado_name_text_split(name);
    PangoAttrList *list = pango_attr_list_new();

    pango_attr_list_insert(list, pango_attr_language_new(pango_language_from_string("ja")));
    for (guint i = 0; i < parts->len; i++) {
        const MadoNamePart *part = &g_array_index(parts, MadoNamePart, i);
        const char *family;
        MadoNameQuality quality = mado_name_fonts_probe(self, part, &family);

        insert(list, pango_attr_family_new(family), part);
        if (quality != MADO_NAME_EXACT && !is_blank(part))
            insert(list, pango_attr_underline_new(PANGO_UNDERLINE_ERROR), part);
    }
    return list;
}
