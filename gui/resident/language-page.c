/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "gui/resident/language-page.h"

#include "gui/resident/ruby.h"
#include "gui/resident/texts.h"

#define KEY_LANGUAGE "mado-language"
#define N_COLUMNS    2

struct _MadoLanguagePage {
    GtkBox parent_instance;
    MadoRuby *title;
    GtkGrid *grid;
    GPtrArray *buttons; /* of GtkButton, borrowed: children */
    GtkWidget *current; /* (nullable) borrowed */
    void (*on_chosen)(const MadoLanguages *language, gpointer user_data);
    gpointer user_data;
};

G_DEFINE_FINAL_TYPE(MadoLanguagePage, mado_language_page, GTK_TYPE_BOX)

static void
on_clicked(GtkButton *button, gpointer user_data)
{
    MadoLanguagePage *self = user_data;
    const char *code = g_object_get_data(G_OBJECT(button), KEY_LANGUAGE);

    if (self->on_chosen != NULL)
        self->on_chosen(mado_languages_find(code), self->user_data);
}

static void
language_page_finalize(GObject *object)
{
    g_ptr_array_unref(MADO_LANGUAGE_PAGE(object)->buttons);
    G_OBJECT_CLASS(mado_language_page_parent_class)->finalize(object);
}

static void
mado_language_page_class_init(MadoLanguagePageClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->finalize = language_page_finalize;
    g_type_ensure(MADO_TYPE_RUBY);
    gtk_widget_class_set_template_from_resource(widget_class,
                                                "/org/madoguchi/resident/language-page.ui");
    gtk_widget_class_bind_template_child(widget_class, MadoLanguagePage, title);
    gtk_widget_class_bind_template_child(widget_class, MadoLanguagePage, grid);
}

static void
add_language(MadoLanguagePage *self, const MadoLanguages *language, int place)
{
    GtkWidget *button = gtk_button_new_with_label(language->name);
    GtkStyleContext *style = gtk_widget_get_style_context(button);

    gtk_style_context_add_class(style, "mado-answer");
    gtk_style_context_add_class(style, language->style);
    g_object_set_data_full(G_OBJECT(button), KEY_LANGUAGE, g_strdup(language->code), g_free);
    g_signal_connect(button, "clicked", G_CALLBACK(on_clicked), self);
    g_ptr_array_add(self->buttons, button);
    gtk_grid_attach(self->grid, button, place % N_COLUMNS, place / N_COLUMNS, 1, 1);
}

static void
mado_language_page_init(MadoLanguagePage *self)
{
    gsize n;
    const MadoLanguages *all = mado_languages_all(&n);

    gtk_widget_init_template(GTK_WIDGET(self));
    self->buttons = g_ptr_array_new();
    for (gsize i = 0; i < n; i++)
        add_language(self, &all[i], (int)i);
    gtk_widget_show_all(GTK_WIDGET(self->grid));
}

void
mado_language_page_set_chosen(MadoLanguagePage *self,
                              void (*on_chosen)(const MadoLanguages *language,
                                                gpointer user_data),
                              gpointer user_data)
{
    self->on_chosen = on_chosen;
    self->user_data = user_data;
}

void
mado_language_page_update(MadoLanguagePage *self,
                          const MadoFlow *flow,
                          const MadoLanguages *current)
{
    mado_ruby_set_text(self->title, mado_texts_title(flow));
    for (guint i = 0; i < self->buttons->len; i++) {
        GtkWidget *button = g_ptr_array_index(self->buttons, i);
        const char *code = g_object_get_data(G_OBJECT(button), KEY_LANGUAGE);

        if (g_str_equal(code, current->code))
            self->current = button;
    }
}

GtkWidget *
mado_language_page_focus(MadoLanguagePage *self)
{
    return self->current;
}
