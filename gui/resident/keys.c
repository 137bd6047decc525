/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "gui/resident/keys.h"

#include "gui/resident/ruby.h"
#include "gui/resident/texts.h"

#define KEY_CHARACTER "mado-character"
#define GAP           12

/* The rest of the last row: erase, then (of letters) the other order, then next. */
typedef struct {
    const char *name;
    const char *rows[4];
    int key_columns; /* of the grid that one key takes */
    const char *other;
    const char *other_label;
} Layout;

static const Layout layouts[] = {
    {"digits", {"123", "456", "789", " 0 "}, 1, NULL, NULL},
    {"abc", {"1234567890", "ABCDEFGHIJ", "KLMNOPQRST", "UVWXYZ"}, 2, "qwerty", "QWERTY"},
    {"qwerty", {"1234567890", "QWERTYUIOP", "ASDFGHJKL", "ZXCVBNM"}, 2, "abc", "ABC"},
};

struct _MadoKeys {
    GtkStack parent_instance;
    MadoFlow *flow;     /* borrowed */
    GPtrArray *erasers; /* of GtkButton, borrowed: children */
    GPtrArray *nexts;
    GPtrArray *orders;
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

static void
on_order_clicked(GtkButton *button, gpointer user_data)
{
    MadoKeys *self = user_data;

    self->is_qwerty = !self->is_qwerty;
    mado_keys_update(self);
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
make_character(MadoKeys *self, char character)
{
    const char label[] = {character, '\0'};
    GtkWidget *button = make_key(self, G_CALLBACK(on_key_clicked), NULL);

    gtk_button_set_label(GTK_BUTTON(button), label);
    g_object_set_data(G_OBJECT(button), KEY_CHARACTER, GINT_TO_POINTER(character));
    return button;
}

static void
fill_row(MadoKeys *self, GtkGrid *grid, const Layout *layout, int row)
{
    const char *keys = layout->rows[row];

    for (int i = 0; keys[i] != '\0'; i++)
        if (keys[i] != ' ')
            gtk_grid_attach(grid, make_character(self, keys[i]), i * layout->key_columns, row,
                            layout->key_columns, 1);
}

static void
fill_words(MadoKeys *self, GtkGrid *grid, const Layout *layout)
{
    GtkWidget *erase = make_key(self, G_CALLBACK(on_erase_clicked), "mado-word-key");
    GtkWidget *next = make_key(self, G_CALLBACK(on_next_clicked), "mado-word-key");
    GtkWidget *order;

    gtk_style_context_add_class(gtk_widget_get_style_context(next), "mado-primary");
    g_ptr_array_add(self->erasers, erase);
    g_ptr_array_add(self->nexts, next);
    if (layout->other == NULL) {
        gtk_grid_attach(grid, erase, 0, 3, 1, 1);
        gtk_grid_attach(grid, next, 2, 3, 1, 1);
        return;
    }
    order = make_key(self, G_CALLBACK(on_order_clicked), "mado-word-key");
    gtk_button_set_label(GTK_BUTTON(order), layout->other_label);
    g_ptr_array_add(self->orders, order);
    gtk_grid_attach(grid, order, 0, 4, 4, 1);
    gtk_grid_attach(grid, erase, 10, 4, 4, 1);
    gtk_grid_attach(grid, next, 14, 4, 6, 1);
}

static void
add_layout(MadoKeys *self, const Layout *layout)
{
    GtkGrid *grid = GTK_GRID(gtk_grid_new());

    gtk_grid_set_row_spacing(grid, GAP);
    gtk_grid_set_column_spacing(grid, layout->other == NULL ? GAP : GAP / 2);
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
    g_ptr_array_unref(self->orders);
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
    self->orders = g_ptr_array_new();
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
    for (guint i = 0; i < self->orders->len; i++) {
        GtkWidget *button = g_ptr_array_index(self->orders, i);
        g_autofree char *plain = mado_ruby_plain(mado_texts_word(MADO_TEXTS_KEY_ORDER));
        g_autofree char *name =
            g_strdup_printf("%s: %s", plain, gtk_button_get_label(GTK_BUTTON(button)));

        atk_object_set_name(gtk_widget_get_accessible(button), name);
    }
}
