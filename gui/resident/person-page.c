/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "gui/resident/person-page.h"

#include "gui/resident/ruby.h"
#include "gui/resident/texts.h"
#include "gui/shared/name-label.h"

#define N_ROWS 5

struct _MadoPersonPage {
    GtkBox parent_instance;
    MadoFlow *flow; /* borrowed */
    MadoRuby *title;
    GtkGrid *grid;
    GtkButton *accept;
    GtkButton *decline;
    MadoRuby *words[N_ROWS];
    GtkLabel *values[N_ROWS];
    MadoNameFonts *fonts;
};

G_DEFINE_FINAL_TYPE(MadoPersonPage, mado_person_page, GTK_TYPE_BOX)

static void
on_accept_clicked(MadoPersonPage *self)
{
    mado_flow_accept(self->flow);
}

static void
on_decline_clicked(MadoPersonPage *self)
{
    mado_flow_decline(self->flow);
}

static void
person_page_finalize(GObject *object)
{
    mado_name_fonts_free(MADO_PERSON_PAGE(object)->fonts);
    G_OBJECT_CLASS(mado_person_page_parent_class)->finalize(object);
}

static void
mado_person_page_class_init(MadoPersonPageClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->finalize = person_page_finalize;

    g_type_ensure(MADO_TYPE_RUBY);
    gtk_widget_class_set_template_from_resource(widget_class,
                                                "/org/madoguchi/resident/person-page.ui");
    gtk_widget_class_bind_template_child(widget_class, MadoPersonPage, title);
    gtk_widget_class_bind_template_child(widget_class, MadoPersonPage, grid);
    gtk_widget_class_bind_template_child(widget_class, MadoPersonPage, accept);
    gtk_widget_class_bind_template_child(widget_class, MadoPersonPage, decline);
    gtk_widget_class_bind_template_callback(widget_class, on_accept_clicked);
    gtk_widget_class_bind_template_callback(widget_class, on_decline_clicked);
}

/* Names in the font that has their forms, always as Japanese text. */
static void
make_value(MadoPersonPage *self, int row)
{
    GtkWidget *value = gtk_label_new(NULL);
    g_autoptr(PangoAttrList) attrs = pango_attr_list_new();
    gboolean is_name = row == 0 || row == N_ROWS - 1;

    pango_attr_list_insert(attrs, pango_attr_language_new(pango_language_from_string("ja")));
    gtk_label_set_attributes(GTK_LABEL(value), attrs);
    gtk_label_set_xalign(GTK_LABEL(value), 0.0F);
    gtk_label_set_line_wrap(GTK_LABEL(value), TRUE);
    gtk_label_set_line_wrap_mode(GTK_LABEL(value), PANGO_WRAP_WORD_CHAR);
    gtk_label_set_max_width_chars(GTK_LABEL(value), 60);
    gtk_widget_set_hexpand(value, TRUE);
    gtk_style_context_add_class(gtk_widget_get_style_context(value),
                                is_name ? "mado-person-name" : "mado-person-value");
    self->values[row] = GTK_LABEL(value);
    gtk_grid_attach(self->grid, value, 1, row, 1, 1);
}

static void
mado_person_page_init(MadoPersonPage *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    self->fonts = mado_name_fonts_new(NULL);
    for (int row = 0; row < N_ROWS; row++) {
        GtkWidget *word = mado_ruby_new("");

        mado_ruby_set_xalign(MADO_RUBY(word), 0.0F);
        gtk_widget_set_valign(word, GTK_ALIGN_CENTER);
        gtk_style_context_add_class(gtk_widget_get_style_context(word), "mado-support");
        self->words[row] = MADO_RUBY(word);
        gtk_grid_attach(self->grid, word, 0, row, 1, 1);
        make_value(self, row);
    }
    gtk_widget_show_all(GTK_WIDGET(self->grid));
}

void
mado_person_page_set_flow(MadoPersonPage *self, MadoFlow *flow)
{
    self->flow = flow;
}

static void
set_row(MadoPersonPage *self, int row, MadoTextsWord word, const char *value)
{
    mado_ruby_set_text(self->words[row], mado_texts_word(word));
    if (word == MADO_TEXTS_NAME || word == MADO_TEXTS_ADDRESS)
        mado_name_label_set(self->values[row], self->fonts, value);
    else
        gtk_label_set_text(self->values[row], value);
    gtk_widget_set_visible(GTK_WIDGET(self->words[row]), value[0] != '\0');
    gtk_widget_set_visible(GTK_WIDGET(self->values[row]), value[0] != '\0');
}

void
mado_person_page_update(MadoPersonPage *self, gboolean in_eras)
{
    const MadoBodyPerson *person = mado_flow_person(self->flow);
    g_autofree char *birth = NULL;

    if (person == NULL) {
        mado_person_page_clear(self);
        return;
    }
    birth = mado_texts_birth(person->birth, in_eras);
    mado_ruby_set_text(self->title, mado_texts_title(self->flow));
    set_row(self, 0, MADO_TEXTS_NAME, person->name);
    set_row(self, 1, MADO_TEXTS_KANA, person->kana);
    set_row(self, 2, MADO_TEXTS_BIRTH, birth);
    set_row(self, 3, MADO_TEXTS_SEX, person->sex);
    set_row(self, 4, MADO_TEXTS_ADDRESS, person->address);
    mado_ruby_set_button(self->accept, mado_texts_accept(self->flow));
    mado_ruby_set_button(self->decline, mado_texts_decline(self->flow));
}

void
mado_person_page_clear(MadoPersonPage *self)
{
    for (int row = 0; row < N_ROWS; row++)
        mado_name_label_set(self->values[row], self->fonts, "");
}

GtkWidget *
mado_person_page_focus(MadoPersonPage *self)
{
    return GTK_WIDGET(self->accept);
}
