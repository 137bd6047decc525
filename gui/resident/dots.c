/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "gui/resident/dots.h"

#define RADIUS_PART 0.36 /* of a place's width */
#define LINE_WIDTH  2.0
#define PLACE_MAX   64 /* px */
#define HEIGHT      72

struct _MadoDots {
    GtkDrawingArea parent_instance;
    const MadoEntry *entry; /* borrowed (nullable) */
    gboolean is_revealed;
};

G_DEFINE_FINAL_TYPE(MadoDots, mado_dots, GTK_TYPE_DRAWING_AREA)

static void
draw_dot(cairo_t *cr, double x, double y, double radius, gboolean is_filled)
{
    cairo_new_sub_path(cr);
    cairo_arc(cr, x, y, radius, 0, 2 * G_PI);
    cairo_set_line_width(cr, LINE_WIDTH);
    if (is_filled)
        cairo_fill_preserve(cr);
    cairo_stroke(cr);
}

/* One character alone: no string of more than one ever holds the PIN. */
static void
draw_character(MadoDots *self, cairo_t *cr, double x, double y, char character)
{
    const char text[] = {character, '\0'};
    g_autoptr(PangoLayout) layout = gtk_widget_create_pango_layout(GTK_WIDGET(self), text);
    int width;
    int height;

    pango_layout_get_pixel_size(layout, &width, &height);
    cairo_move_to(cr, x - width / 2.0, y - height / 2.0);
    pango_cairo_show_layout(cr, layout);
}

static gboolean
dots_draw(GtkWidget *widget, cairo_t *cr)
{
    MadoDots *self = MADO_DOTS(widget);
    GtkStyleContext *style = gtk_widget_get_style_context(widget);
    int width = gtk_widget_get_allocated_width(widget);
    int height = gtk_widget_get_allocated_height(widget);
    guint n_places = self->entry != NULL ? mado_entry_max_len(self->entry) : 0;
    double place = n_places > 0 ? MIN((double)PLACE_MAX, (double)(width - 16) / n_places) : 0;
    double left = (width - place * n_places) / 2.0;
    GdkRGBA colour;

    gtk_render_background(style, cr, 0, 0, width, height);
    gtk_render_frame(style, cr, 0, 0, width, height);
    gtk_style_context_get_color(style, gtk_style_context_get_state(style), &colour);
    gdk_cairo_set_source_rgba(cr, &colour);
    for (guint i = 0; i < n_places; i++) {
        char character = mado_entry_at(self->entry, i);
        double x = left + place * (i + 0.5);

        if (self->is_revealed && character != '\0')
            draw_character(self, cr, x, height / 2.0, character);
        else
            draw_dot(cr, x, height / 2.0, place * RADIUS_PART, character != '\0');
    }
    return FALSE;
}

static void
mado_dots_class_init(MadoDotsClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);

    widget_class->draw = dots_draw;
    gtk_widget_class_set_accessible_role(widget_class, ATK_ROLE_STATIC);
    gtk_widget_class_set_css_name(widget_class, "dots");
}

static void
mado_dots_init(MadoDots *self)
{
    gtk_widget_set_can_focus(GTK_WIDGET(self), TRUE);
    gtk_widget_set_size_request(GTK_WIDGET(self), 4 * PLACE_MAX + 32, HEIGHT);
}

void
mado_dots_set_entry(MadoDots *self, const MadoEntry *entry)
{
    self->entry = entry;
    gtk_widget_queue_draw(GTK_WIDGET(self));
}

void
mado_dots_set_revealed(MadoDots *self, gboolean is_revealed)
{
    self->is_revealed = is_revealed;
    gtk_widget_queue_draw(GTK_WIDGET(self));
}

gboolean
mado_dots_is_revealed(const MadoDots *self)
{
    return self->is_revealed;
}
