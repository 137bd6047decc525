/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "gui/resident/keys.h"

#include "gui/resident/ruby.h"
#include "gui/resident/texts.h"

#define KEY_CHARACTER "mado-character"
#define GAP           12

/* Columns are halves of a key where letters are; what the last row leaves is for erase and
 * next. */
typedef struct {
    const char *name;
    const char *rows[4];
    int key_columns;
    int erase_column;
    int next_column;
    int word_columns;
} Layout;

static const Layout layouts[] = {
    {"digits", {"123", "456", "789", " 0 "}, 1, 0, 2, 1},
    {"abc", {"1234567890", "ABCDEFGHIJ", "KLMNOPQRST", "UVWXYZ"}, 2, 12, 16, 4},
    {"qwerty", {"1234567890", "QWERTYUIOP", "ASDFGHJKL", "ZXCVBNM"}, 2, 14, 17, 3},
};

struct _MadoKeys {
    GtkStack parent_instance;
    MadoFlow *flow;     /* borrowed */
    GPtrArray *erasers; /* of GtkButton, borrowed: children */
    GPtrArray *nexts;
    gboolean is_qwerty;
};

G_DEFINE_FINAL_TYPE(MadoKeys, mado_keys, GTK_TYPE_STACK)

static void
on_key_clicked(GtkButton *button, gpointer user_data)
{
    MadoKeys *self = user_data;
    gpointer character = g_object_get_data(G_OBJECT(button), KEY_CHARACTER);

    mado_flow_press(self->flow, (char)GPOINTER_TO_INT(character));
}

static void
on_erase_clicked(GtkButton *button, gpointer user_data)
{
    mado_flow_erase(MADO_KEYS(user_data)->flow);
}

static void
on_next_clicked(GtkButton *button, gpointer user_data)
{
    mado_flow_accept(MADO_KEYS(user_data)->flow);
}

static GtkWidget *
make_key(MadoKeys *self, GCallback on_clicked, const char *style)
{
    GtkWidget *button = gtk_button_new();

    gtk_widget_set_can_focus(button, FALSE);
    gtk_widget_set_focus_on_click(button, FALSE);
    gtk_style_context_add_class(gtk_widget_get_style_context(button), "mado-key");
    if (style != NULL)
        gtk_style_context_add_class(gtk_widget_get_style_context(button), style);
    g_signal_connect(button, "clicked", on_clicked, self);
    return button;
}

static GtkWidget *
make_character(MadoKeys *self, char character, const char *style)
{
    const char label[] = {character, '\0'};
    GtkWidget *button = make_key(self, G_CALLBACK(on_key_clicked), style);

    gtk_button_set_label(GTK_BUTTON(button), label);
    g_object_set_data(G_OBJECT(button), KEY_CHARACTER, GINT_TO_POINTER(character));
    return button;
}

static void
fill_row(MadoKeys *self, GtkGrid *grid, const Layout *layout, int row)
{
    const char *style = layout->key_columns > 1 ? "mado-letter-key" : NULL;
    const char *keys = layout->rows[row];

    for (int i = 0; keys[i] != '\0'; i++)
        if (keys[i] != ' ')
            gtk_grid_attach(grid, make_character(self, keys[i], style), i * layout->key_columns,
                            row, layout->key_columns, 1);
}

static void
fill_words(MadoKeys *self, GtkGrid *grid, const Layout *layout)
{
    GtkWidget *erase = make_key(self, G_CALLBACK(on_erase_clicked), "mado-word-key");
    GtkWidget *next = make_key(self, G_CALLBACK(on_next_clicked), "mado-word-key");

    gtk_style_context_add_class(gtk_widget_get_style_context(next), "mado-primary");
    g_ptr_array_add(self->erasers, erase);
    g_ptr_array_add(self->nexts, next);
    gtk_grid_attach(grid, erase, layout->erase_column, 3, layout->word_columns, 1);
    gtk_grid_attach(grid, next, layout->next_column, 3, layout->word_columns, 1);
}

static void
add_layout(MadoKeys *self, const Layout *layout)
{
    GtkGrid *grid = GTK_GRID(gtk_grid_new());

    gtk_grid_set_row_spacing(grid, GAP);
    gtk_grid_set_column_spacing(grid, layout->key_columns == 1 ? GAP : GAP / 2);
    gtk_grid_set_row_homogeneous(grid, TRUE);
    gtk_grid_set_column_homogeneous(grid, TRUE);
    for (int row = 0; row < (int)G_N_ELEMENTS(layout->rows); row++)
        fill_row(self, grid, layout, row);
    fill_words(self, grid, layout);
    gtk_widget_show_all(GTK_WIDGET(grid));
    gtk_stack_add_named(GTK_STACK(self), GTK_WIDGET(grid), layout->name);
}

static void
keys_finalize(GObject *object)
{
    MadoKeys *self = MADO_KEYS(object);

    g_ptr_array_unref(self->erasers);
    g_ptr_array_unref(self->nexts);
    G_OBJECT_CLASS(mado_keys_parent_class)->finalize(object);
}

static void
mado_keys_class_init(MadoKeysClass *klass)
{
    G_OBJECT_CLASS(klass)->finalize = keys_finalize;
}

static void
mado_keys_init(MadoKeys *self)
{
    self->erasers = g_ptr_array_new();
    self->nexts = g_ptr_array_new();
    gtk_stack_set_homogeneous(GTK_STACK(self), FALSE);
    for (gsize i = 0; i < G_N_ELEMENTS(layouts); i++)
        add_layout(self, &layouts[i]);
}

void
mado_keys_set_flow(MadoKeys *self, MadoFlow *flow)
{
    self->flow = flow;
}

static void
set_all(GPtrArray *buttons, const char *text, gboolean is_sensitive)
{
    for (guint i = 0; i < buttons->len; i++) {
        GtkWidget *button = g_ptr_array_index(buttons, i);

        mado_ruby_set_button(GTK_BUTTON(button), text);
        gtk_widget_set_sensitive(button, is_sensitive);
    }
}

void
mado_keys_update(MadoKeys *self)
{
    const MadoEntry *entry = mado_flow_entry(self->flow);
    gboolean is_password = mado_entry_rule(entry) == MADO_PIN_RULE_PASSWORD;

    gtk_stack_set_visible_child_name(GTK_STACK(self), !is_password      ? "digits"
                                                      : self->is_qwerty ? "qwerty"
                                                                        : "abc");
    set_all(self->erasers, mado_texts_word(MADO_TEXTS_ERASE), mado_entry_len(entry) > 0);
    set_all(self->nexts, mado_texts_word(MADO_TEXTS_NEXT),
            mado_entry_check_form(entry) == MADO_PIN_RULE_GOOD);
}

void
mado_keys_change_order(MadoKeys *self)
{
    self->is_qwerty = !self->is_qwerty;
    mado_keys_update(self);
}

const char *
mado_keys_other_order(const MadoKeys *self)
{
    return self->is_qwerty ? "ABC" : "QWERTY";
}
