/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "gui/resident/ruby.h"

#include <string.h>

#define READING_SCALE 0.5
#define LINE_GAP      4 /* px between lines */

/* A piece that is not broken. */
typedef struct {
    char *base;
    char *reading;   /* (nullable) */
    gboolean ends;   /* a line ends after it, whatever the width */
    gboolean is_gap; /* white space: not drawn at the start of a line */
    /* measured in the widget's font */
    int width;
    int base_width;
    int reading_width;
} Piece;

struct _MadoRuby {
    GtkWidget parent_instance;
    char *text;
    GPtrArray *pieces; /* of Piece */
    float xalign;
    gboolean has_readings;
    gboolean is_measured;
    int base_height;
    int reading_height;
};

G_DEFINE_FINAL_TYPE(MadoRuby, mado_ruby, GTK_TYPE_WIDGET)

static void
piece_free(gpointer data)
{
    Piece *piece = data;

    g_free(piece->base);
    g_free(piece->reading);
    g_free(piece);
}

/* ---- the text and its pieces ---- */

char *
mado_ruby_plain(const char *text)
{
    GString *plain = g_string_new(NULL);
    gboolean in_base = FALSE;
    gboolean in_reading = FALSE;

    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '{')
            in_base = TRUE;
        else if (in_base && *at == '|')
            in_reading = TRUE;
        else if (in_base && *at == '}')
            in_base = in_reading = FALSE;
        else if (!in_reading)
            g_string_append_c(plain, *at);
    }
    return g_string_free(plain, FALSE);
}

static void
add_piece(MadoRuby *self, const char *base, gsize len, const char *reading)
{
    Piece *piece = g_new0(Piece, 1);

    piece->base = g_strndup(base, len);
    piece->reading = g_strdup(reading);
    piece->is_gap = strspn(piece->base, " ") == len;
    self->has_readings |= reading != NULL;
    g_ptr_array_add(self->pieces, piece);
}

static void
end_line(MadoRuby *self)
{
    Piece *last;

    if (self->pieces->len == 0)
        add_piece(self, "", 0, NULL);
    last = g_ptr_array_index(self->pieces, self->pieces->len - 1);
    if (last->ends) { /* an empty line */
        add_piece(self, "", 0, NULL);
        last = g_ptr_array_index(self->pieces, self->pieces->len - 1);
    }
    last->ends = TRUE;
}

/* Plain text from @text to @end, cut where Pango would break it. */
static void
add_plain(MadoRuby *self, const char *text, const char *end)
{
    gsize len = (gsize)(end - text);
    glong n_chars = g_utf8_strlen(text, (gssize)len);
    g_autofree PangoLogAttr *attrs = g_new0(PangoLogAttr, (gsize)n_chars + 1);
    const char *start = text;
    const char *at = text;

    pango_get_log_attrs(text, (int)len, -1, pango_language_from_string("ja"), attrs,
                        (int)n_chars + 1);
    for (glong i = 0; i < n_chars; i++) {
        const char *next = at + g_utf8_skip[(guchar)*at];
        gboolean is_space = *at == ' ';

        if (at > start && (attrs[i].is_line_break || is_space)) {
            add_piece(self, start, (gsize)(at - start), NULL);
            start = at;
        }
        if (is_space) {
            add_piece(self, at, 1, NULL);
            start = next;
        }
        at = next;
    }
    if (at > start)
        add_piece(self, start, (gsize)(at - start), NULL);
}

/* "{base|reading}" at @text; what follows it, or NULL when it is none. */
static const char *
add_marked(MadoRuby *self, const char *text)
{
    const char *bar = strchr(text, '|');
    const char *close = strchr(text, '}');
    g_autofree char *reading = NULL;

    if (bar == NULL || close == NULL || bar > close)
        return NULL;
    reading = g_strndup(bar + 1, (gsize)(close - bar - 1));
    add_piece(self, text + 1, (gsize)(bar - text - 1), reading);
    return close + 1;
}

static void
cut(MadoRuby *self)
{
    const char *at = self->text;

    g_ptr_array_set_size(self->pieces, 0);
    self->has_readings = FALSE;
    self->is_measured = FALSE;
    while (*at != '\0') {
        const char *marked = *at == '{' ? add_marked(self, at) : NULL;
        gsize len = strcspn(at + 1, "{\n") + 1;

        if (marked != NULL) {
            at = marked;
        } else if (*at == '\n') {
            end_line(self);
            at++;
        } else {
            add_plain(self, at, at + len);
            at += len;
        }
    }
}

/* ---- measuring ---- */

static PangoLayout *
make_layout(MadoRuby *self, const char *text, double scale)
{
    PangoLayout *layout = gtk_widget_create_pango_layout(GTK_WIDGET(self), text);
    PangoContext *context = pango_layout_get_context(layout);
    g_autoptr(PangoFontDescription) font =
        pango_font_description_copy(pango_context_get_font_description(context));

    if (scale < 1.0) {
        pango_font_description_set_size(font,
                                        (int)(pango_font_description_get_size(font) * scale));
        pango_font_description_set_weight(font, PANGO_WEIGHT_NORMAL);
        pango_layout_set_font_description(layout, font);
    }
    return layout;
}

static void
measure_piece(MadoRuby *self, Piece *piece)
{
    g_autoptr(PangoLayout) base = make_layout(self, piece->base, 1.0);
    int height;

    pango_layout_get_pixel_size(base, &piece->base_width, &height);
    self->base_height = MAX(self->base_height, height);
    piece->width = piece->base_width;
    piece->reading_width = 0;
    if (piece->reading != NULL) {
        g_autoptr(PangoLayout) reading = make_layout(self, piece->reading, READING_SCALE);

        pango_layout_get_pixel_size(reading, &piece->reading_width, &height);
        self->reading_height = MAX(self->reading_height, height);
        piece->width = MAX(piece->base_width, piece->reading_width);
    }
}

static gboolean
has_reading(const MadoRuby *self, guint place)
{
    return place < self->pieces->len &&
           ((Piece *)g_ptr_array_index(self->pieces, place))->reading != NULL;
}

/* A long reading may stand over its neighbours by a quarter of a character where these have
 * none (JIS X 4051). */
static void
let_overhang(MadoRuby *self, guint place)
{
    Piece *piece = g_ptr_array_index(self->pieces, place);
    int excess = piece->reading_width - piece->base_width;

    if (excess > 0 && place > 0 && !has_reading(self, place - 1) &&
        !has_reading(self, place + 1))
        piece->width = piece->base_width + MAX(0, excess - self->reading_height);
}

static void
measure(MadoRuby *self)
{
    if (self->is_measured)
        return;
    self->base_height = 0;
    self->reading_height = 0;
    for (guint i = 0; i < self->pieces->len; i++)
        measure_piece(self, g_ptr_array_index(self->pieces, i));
    for (guint i = 0; i < self->pieces->len; i++)
        let_overhang(self, i);
    self->is_measured = TRUE;
}

/* TRUE when the text is broken at its spaces alone. */
static gboolean
is_spaced(const MadoRuby *self)
{
    return self->has_readings && strchr(self->text, ' ') != NULL;
}

/* The pieces from @first that keep together, and their width; returns the next one. */
static guint
take_group(const MadoRuby *self, guint first, int *ret_width)
{
    gboolean by_spaces = is_spaced(self);
    guint i = first;
    int width = 0;

    do {
        const Piece *piece = g_ptr_array_index(self->pieces, i);

        width += piece->width;
        i++;
        if (piece->ends || piece->is_gap)
            break;
    } while (by_spaces && i < self->pieces->len &&
             !((Piece *)g_ptr_array_index(self->pieces, i))->is_gap);
    *ret_width = width;
    return i;
}

/* The pieces of one line of at most @width; returns the next one. */
static guint
take_line(const MadoRuby *self, guint first, int width, int *ret_line_width)
{
    guint i = first;
    int line = 0;

    while (i < self->pieces->len) {
        const Piece *piece = g_ptr_array_index(self->pieces, i);
        int group;
        guint next = take_group(self, i, &group);

        if (i == first || piece->is_gap || line + group <= width) {
            line += i == first && piece->is_gap ? 0 : group;
        } else {
            break;
        }
        i = next;
        if (((Piece *)g_ptr_array_index(self->pieces, next - 1))->ends)
            break;
    }
    *ret_line_width = line;
    return i;
}

static int
count_lines(const MadoRuby *self, int width)
{
    int n_lines = 0;
    int line;

    for (guint i = 0; i < self->pieces->len; n_lines++)
        i = take_line(self, i, width, &line);
    return n_lines;
}

/* The narrowest width that needs no more lines than @width: no line is left with one word. */
static int
balance(const MadoRuby *self, int width)
{
    int n_lines = count_lines(self, width);
    int least = width / 2;
    int most = width;

    while (most - least > 4) {
        int middle = (least + most) / 2;

        if (count_lines(self, middle) > n_lines)
            least = middle;
        else
            most = middle;
    }
    return most;
}

static int
line_height(const MadoRuby *self)
{
    return self->base_height + (self->has_readings ? self->reading_height : 0) + LINE_GAP;
}

static void
ruby_get_preferred_width(GtkWidget *widget, int *minimum, int *natural)
{
    MadoRuby *self = MADO_RUBY(widget);
    int line = 0;

    measure(self);
    *minimum = 0;
    *natural = 0;
    for (guint i = 0; i < self->pieces->len;) {
        int group;

        i = take_group(self, i, &group);
        *minimum = MAX(*minimum, group);
    }
    for (guint i = 0; i < self->pieces->len;) {
        i = take_line(self, i, G_MAXINT / 2, &line);
        *natural = MAX(*natural, line);
    }
}

static void
ruby_get_preferred_height_for_width(GtkWidget *widget, int width, int *minimum, int *natural)
{
    MadoRuby *self = MADO_RUBY(widget);
    measure(self);
    *minimum = *natural = count_lines(self, width) * line_height(self);
}

static void
ruby_get_preferred_height(GtkWidget *widget, int *minimum, int *natural)
{
    int least;
    int width;

    ruby_get_preferred_width(widget, &least, &width);
    ruby_get_preferred_height_for_width(widget, width, minimum, natural);
}

static GtkSizeRequestMode
ruby_get_request_mode(GtkWidget *widget)
{
    return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

/* ---- drawing ---- */

static void
draw_piece(MadoRuby *self, cairo_t *cr, const Piece *piece, double x, double y)
{
    GtkStyleContext *style = gtk_widget_get_style_context(GTK_WIDGET(self));
    g_autoptr(PangoLayout) base = make_layout(self, piece->base, 1.0);
    double top = self->has_readings ? self->reading_height : 0;

    gtk_render_layout(style, cr, x + (piece->width - piece->base_width) / 2.0, y + top, base);
    if (piece->reading != NULL) {
        g_autoptr(PangoLayout) reading = make_layout(self, piece->reading, READING_SCALE);

        gtk_render_layout(style, cr, x + (piece->width - piece->reading_width) / 2.0, y,
                          reading);
    }
}

static gboolean
ruby_draw(GtkWidget *widget, cairo_t *cr)
{
    MadoRuby *self = MADO_RUBY(widget);
    int width = gtk_widget_get_allocated_width(widget);
    int balanced;
    double y = 0;

    measure(self);
    balanced = balance(self, width);
    for (guint i = 0; i < self->pieces->len;) {
        int line;
        guint next = take_line(self, i, balanced, &line);
        double x = (width - line) * (double)self->xalign;

        for (guint first = i; i < next; i++) {
            const Piece *piece = g_ptr_array_index(self->pieces, i);

            if (i == first && piece->is_gap)
                continue;
            draw_piece(self, cr, piece, x, y);
            x += piece->width;
        }
        y += line_height(self);
    }
    return FALSE;
}

/* ---- the class ---- */

static void
ruby_style_updated(GtkWidget *widget)
{
    MADO_RUBY(widget)->is_measured = FALSE;
    GTK_WIDGET_CLASS(mado_ruby_parent_class)->style_updated(widget);
    gtk_widget_queue_resize(widget);
}

static void
ruby_finalize(GObject *object)
{
    MadoRuby *self = MADO_RUBY(object);

    g_free(self->text);
    g_ptr_array_unref(self->pieces);
    G_OBJECT_CLASS(mado_ruby_parent_class)->finalize(object);
}

static void
mado_ruby_class_init(MadoRubyClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->finalize = ruby_finalize;
    widget_class->get_request_mode = ruby_get_request_mode;
    widget_class->get_preferred_width = ruby_get_preferred_width;
    widget_class->get_preferred_height = ruby_get_preferred_height;
    widget_class->get_preferred_height_for_width = ruby_get_preferred_height_for_width;
    widget_class->draw = ruby_draw;
    widget_class->style_updated = ruby_style_updated;
    gtk_widget_class_set_accessible_role(widget_class, ATK_ROLE_LABEL);
    gtk_widget_class_set_css_name(widget_class, "label");
}

static void
mado_ruby_init(MadoRuby *self)
{
    gtk_widget_set_has_window(GTK_WIDGET(self), FALSE);
    self->text = g_strdup("");
    self->pieces = g_ptr_array_new_with_free_func(piece_free);
    self->xalign = 0.5F;
}

GtkWidget *
mado_ruby_new(const char *text)
{
    GtkWidget *self = g_object_new(MADO_TYPE_RUBY, NULL);

    mado_ruby_set_text(MADO_RUBY(self), text);
    return self;
}

void
mado_ruby_set_text(MadoRuby *self, const char *text)
{
    g_autofree char *plain = mado_ruby_plain(text);

    if (strcmp(self->text, text) != 0) {
        g_free(self->text);
        self->text = g_strdup(text);
        cut(self);
        gtk_widget_queue_resize(GTK_WIDGET(self));
    }
    atk_object_set_name(gtk_widget_get_accessible(GTK_WIDGET(self)), plain);
}

void
mado_ruby_set_xalign(MadoRuby *self, float xalign)
{
    self->xalign = xalign;
    gtk_widget_queue_draw(GTK_WIDGET(self));
}

void
mado_ruby_set_button(GtkButton *button, const char *text)
{
    g_autofree char *plain = mado_ruby_plain(text);
    GtkWidget *child = gtk_bin_get_child(GTK_BIN(button));

    if (MADO_IS_RUBY(child)) {
        mado_ruby_set_text(MADO_RUBY(child), text);
    } else {
        if (child != NULL)
            gtk_container_remove(GTK_CONTAINER(button), child);
        child = mado_ruby_new(text);
        gtk_widget_set_valign(child, GTK_ALIGN_CENTER);
        gtk_widget_show(child);
        gtk_container_add(GTK_CONTAINER(button), child);
    }
    atk_object_set_name(gtk_widget_get_accessible(GTK_WIDGET(button)), plain);
}
