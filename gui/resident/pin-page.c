/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "gui/resident/pin-page.h"

#include "gui/resident/dots.h"
#include "gui/resident/keys.h"
#include "gui/resident/ruby.h"
#include "gui/resident/texts.h"

#define REVEAL_S 5U

struct _MadoPinPage {
    GtkBox parent_instance;
    MadoFlow *flow; /* borrowed */
    GtkBox *words;
    MadoRuby *title;
    MadoRuby *tries;
    GtkBox *row;
    MadoDots *dots;
    MadoRuby *hint;
    GtkButton *reveal;
    GtkButton *order;
    MadoKeys *keys;
    guint reveal_timer; /* 0: hidden */
};

G_DEFINE_FINAL_TYPE(MadoPinPage, mado_pin_page, GTK_TYPE_BOX)

static void
hide(MadoPinPage *self)
{
    g_clear_handle_id(&self->reveal_timer, g_source_remove);
    mado_dots_set_revealed(self->dots, FALSE);
}

static gboolean
on_reveal_over(gpointer user_data)
{
    MadoPinPage *self = user_data;

    self->reveal_timer = 0;
    hide(self);
    return G_SOURCE_REMOVE;
}

static void
on_reveal_clicked(MadoPinPage *self)
{
    hide(self);
    mado_dots_set_revealed(self->dots, TRUE);
    self->reveal_timer = g_timeout_add_seconds(REVEAL_S, on_reveal_over, self);
}

static void
on_order_clicked(MadoPinPage *self)
{
    mado_keys_change_order(self->keys);
    mado_pin_page_update(self);
}

static void
set_orientation(GtkBox *box, gboolean is_horizontal)
{
    gtk_orientable_set_orientation(GTK_ORIENTABLE(box), is_horizontal
                                                            ? GTK_ORIENTATION_HORIZONTAL
                                                            : GTK_ORIENTATION_VERTICAL);
}

/* Words and keys beside each other where there is room, else below each other; letters are
 * always below, and leave their words one line. */
static void
arrange(MadoPinPage *self, int width, int height)
{
    gboolean is_digits = mado_entry_rule(mado_flow_entry(self->flow)) == MADO_PIN_RULE_DIGITS;
    gboolean is_wide = width > height && is_digits;

    set_orientation(GTK_BOX(self), is_wide);
    gtk_box_set_homogeneous(GTK_BOX(self), is_wide);
    set_orientation(self->row, !is_digits && width > height);
    gtk_widget_set_halign(GTK_WIDGET(self->keys),
                          is_digits ? GTK_ALIGN_CENTER : GTK_ALIGN_FILL);
    gtk_widget_set_valign(GTK_WIDGET(self->words),
                          is_wide ? GTK_ALIGN_CENTER : GTK_ALIGN_START);
}

static void
pin_page_unmap(GtkWidget *widget)
{
    hide(MADO_PIN_PAGE(widget));
    GTK_WIDGET_CLASS(mado_pin_page_parent_class)->unmap(widget);
}

static void
pin_page_dispose(GObject *object)
{
    g_clear_handle_id(&MADO_PIN_PAGE(object)->reveal_timer, g_source_remove);
    G_OBJECT_CLASS(mado_pin_page_parent_class)->dispose(object);
}

static void
mado_pin_page_class_init(MadoPinPageClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = pin_page_dispose;
    widget_class->unmap = pin_page_unmap;
    g_type_ensure(MADO_TYPE_RUBY);
    g_type_ensure(MADO_TYPE_DOTS);
    g_type_ensure(MADO_TYPE_KEYS);
    gtk_widget_class_set_template_from_resource(widget_class,
                                                "/org/madoguchi/resident/pin-page.ui");
    gtk_widget_class_bind_template_child(widget_class, MadoPinPage, words);
    gtk_widget_class_bind_template_child(widget_class, MadoPinPage, title);
    gtk_widget_class_bind_template_child(widget_class, MadoPinPage, tries);
    gtk_widget_class_bind_template_child(widget_class, MadoPinPage, row);
    gtk_widget_class_bind_template_child(widget_class, MadoPinPage, dots);
    gtk_widget_class_bind_template_child(widget_class, MadoPinPage, hint);
    gtk_widget_class_bind_template_child(widget_class, MadoPinPage, reveal);
    gtk_widget_class_bind_template_child(widget_class, MadoPinPage, order);
    gtk_widget_class_bind_template_child(widget_class, MadoPinPage, keys);
    gtk_widget_class_bind_template_callback(widget_class, on_reveal_clicked);
    gtk_widget_class_bind_template_callback(widget_class, on_order_clicked);
}

static void
mado_pin_page_init(MadoPinPage *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}

void
mado_pin_page_set_flow(MadoPinPage *self, MadoFlow *flow)
{
    self->flow = flow;
    mado_keys_set_flow(self->keys, flow);
    mado_dots_set_entry(self->dots, mado_flow_entry(flow));
}

static void
update_order(MadoPinPage *self)
{
    const char *other = mado_keys_other_order(self->keys);
    g_autofree char *plain = mado_ruby_plain(mado_texts_word(MADO_TEXTS_KEY_ORDER));
    g_autofree char *name = g_strdup_printf("%s: %s", plain, other);

    gtk_widget_set_visible(GTK_WIDGET(self->order), mado_entry_rule(mado_flow_entry(
                                                        self->flow)) == MADO_PIN_RULE_PASSWORD);
    gtk_button_set_label(self->order, other);
    atk_object_set_name(gtk_widget_get_accessible(GTK_WIDGET(self->order)), name);
}

void
mado_pin_page_update(MadoPinPage *self)
{
    g_autofree char *tries = mado_texts_tries(self->flow);
    g_autofree char *filled = mado_texts_filled(self->flow);
    g_autofree char *filled_plain = mado_ruby_plain(filled);
    GtkWidget *window = gtk_widget_get_toplevel(GTK_WIDGET(self));
    const MadoEntry *entry = mado_flow_entry(self->flow);

    arrange(self, gtk_widget_get_allocated_width(window),
            gtk_widget_get_allocated_height(window));
    mado_ruby_set_text(self->title, mado_texts_title(self->flow));
    mado_ruby_set_text(self->tries, tries);
    gtk_widget_set_visible(GTK_WIDGET(self->tries), tries[0] != '\0');
    mado_ruby_set_text(self->hint, mado_texts_hint(self->flow));
    /* Letters leave room for one line of the two, large type for none: it was said before. */
    gtk_widget_set_visible(
        GTK_WIDGET(self->hint),
        !gtk_style_context_has_class(gtk_widget_get_style_context(window), "mado-large") &&
            (tries[0] == '\0' || mado_entry_rule(entry) == MADO_PIN_RULE_DIGITS));
    mado_ruby_set_button(self->reveal, mado_texts_word(MADO_TEXTS_REVEAL));
    gtk_widget_set_sensitive(GTK_WIDGET(self->reveal), mado_entry_len(entry) > 0);
    if (mado_entry_len(entry) == 0)
        hide(self);
    atk_object_set_name(gtk_widget_get_accessible(GTK_WIDGET(self->dots)), filled_plain);
    gtk_widget_queue_draw(GTK_WIDGET(self->dots));
    mado_keys_update(self->keys);
    update_order(self);
}

GtkWidget *
mado_pin_page_focus(MadoPinPage *self)
{
    return GTK_WIDGET(self->dots);
}
