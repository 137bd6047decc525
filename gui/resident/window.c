/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "gui/resident/window.h"

#include "common/wipe.h"
#include "gui/resident/language-page.h"
#include "gui/resident/message-page.h"
#include "gui/resident/person-page.h"
#include "gui/resident/pin-page.h"
#include "gui/resident/ruby.h"
#include "gui/resident/texts.h"
#include "gui/shared/style.h"

#include <gdk/gdkkeysyms.h>
#include <string.h>

#define LINGER_S   8U /* to read the last word */
#define SCALE_STEP 50U
#define SCALE_MAX  200U
#define WIDTH_MIN  640
#define HEIGHT_MIN 480

struct _MadoResidentWindow {
    GtkApplicationWindow parent_instance;
    MadoFlow *flow; /* borrowed */
    MadoResidentWindowSettings settings;
    const MadoLanguages *language;
    guint scale; /* per cent */
    guint timer; /* 0: none */
    guint rest_s;
    MadoFlowPage shown;
    GtkWidget *root;
    GtkWidget *training_bar;
    MadoRuby *training;
    GtkScrolledWindow *scroller;
    GtkLabel *place;
    MadoRuby *purpose;
    GtkButton *languages;
    GtkStack *stack;
    MadoMessagePage *message;
    MadoLanguagePage *language_page;
    MadoPersonPage *person;
    MadoPinPage *pin;
    GtkButton *stop;
    GtkButton *contrast;
    GtkButton *larger;
    GtkButton *staff;
};

G_DEFINE_FINAL_TYPE(MadoResidentWindow, mado_resident_window, GTK_TYPE_APPLICATION_WINDOW)

/* ---- time ---- */

static void
draw(MadoResidentWindow *self);

static gboolean
on_second(gpointer user_data)
{
    MadoResidentWindow *self = user_data;

    if (self->rest_s > 1) {
        self->rest_s--;
        draw(self);
        return G_SOURCE_CONTINUE;
    }
    self->timer = 0;
    mado_flow_expire(self->flow);
    return G_SOURCE_REMOVE;
}

static gboolean
on_idle(gpointer user_data)
{
    MadoResidentWindow *self = user_data;

    self->timer = 0;
    mado_flow_idle(self->flow);
    return G_SOURCE_REMOVE;
}

static void
start_timer(MadoResidentWindow *self)
{
    g_clear_handle_id(&self->timer, g_source_remove);
    if (mado_flow_page(self->flow) == MADO_FLOW_TIMEOUT) {
        self->rest_s = self->settings.countdown_s;
        self->timer = g_timeout_add_seconds(1, on_second, self);
    } else if (mado_flow_lingers(self->flow)) {
        self->timer = g_timeout_add_seconds(LINGER_S, on_idle, self);
    } else if (mado_flow_waits(self->flow)) {
        self->timer = g_timeout_add_seconds(self->settings.idle_s, on_idle, self);
    }
}

/* ---- drawing ---- */

static GtkWidget *
page_of(MadoResidentWindow *self, MadoFlowPage page)
{
    switch (page) {
    case MADO_FLOW_LANGUAGE:
        return GTK_WIDGET(self->language_page);
    case MADO_FLOW_CONFIRM:
        return GTK_WIDGET(self->person);
    case MADO_FLOW_PIN:
        return GTK_WIDGET(self->pin);
    case MADO_FLOW_IDLE:
    case MADO_FLOW_EXPLAIN:
    case MADO_FLOW_SAME:
    case MADO_FLOW_WEAK:
    case MADO_FLOW_MISMATCH:
    case MADO_FLOW_WAIT:
    case MADO_FLOW_CONSENT:
    case MADO_FLOW_DONE:
    case MADO_FLOW_TIMEOUT:
    case MADO_FLOW_HELP:
    case MADO_FLOW_LOCKED:
    case MADO_FLOW_SORRY:
    case MADO_FLOW_N_PAGES:
        break;
    }
    return GTK_WIDGET(self->message);
}

static void
draw_page(MadoResidentWindow *self, MadoFlowPage page)
{
    g_autofree char *countdown =
        page == MADO_FLOW_TIMEOUT ? mado_texts_countdown(self->rest_s) : NULL;
    GtkWidget *child = page_of(self, page);

    if (child == GTK_WIDGET(self->language_page))
        mado_language_page_update(self->language_page, self->flow, self->language);
    else if (child == GTK_WIDGET(self->person))
        mado_person_page_update(self->person, g_str_equal(self->language->code, "ja"));
    else if (child == GTK_WIDGET(self->pin))
        mado_pin_page_update(self->pin);
    else
        mado_message_page_update(self->message, countdown);
    if (mado_flow_person(self->flow) == NULL)
        mado_person_page_clear(self->person);
    gtk_stack_set_visible_child(self->stack, child);
}

static void
draw_frame(MadoResidentWindow *self, MadoFlowPage page)
{
    g_autofree char *place = mado_texts_place(self->flow);

    mado_ruby_set_text(self->training, mado_texts_word(MADO_TEXTS_TRAINING));
    gtk_widget_set_visible(self->training_bar, self->settings.is_training);
    gtk_label_set_text(self->place, place);
    gtk_widget_set_visible(GTK_WIDGET(self->place), place[0] != '\0');
    mado_ruby_set_text(self->purpose, mado_texts_purpose(self->flow));
    mado_ruby_set_button(self->stop, mado_texts_word(MADO_TEXTS_STOP));
    mado_ruby_set_button(self->contrast, mado_texts_word(MADO_TEXTS_CONTRAST));
    mado_ruby_set_button(self->larger, mado_texts_word(MADO_TEXTS_LARGER));
    mado_ruby_set_button(self->staff, mado_texts_word(MADO_TEXTS_STAFF));
    gtk_widget_set_visible(GTK_WIDGET(self->stop),
                           page != MADO_FLOW_HELP && mado_flow_can_stop(self->flow));
    gtk_widget_set_visible(GTK_WIDGET(self->staff), page != MADO_FLOW_HELP);
    gtk_widget_set_visible(GTK_WIDGET(self->languages),
                           page != MADO_FLOW_LANGUAGE && page != MADO_FLOW_TIMEOUT);
}

static void
set_focus(MadoResidentWindow *self, MadoFlowPage page)
{
    GtkWidget *child = page_of(self, page);
    GtkWidget *focus = NULL;

    if (child == GTK_WIDGET(self->language_page))
        focus = mado_language_page_focus(self->language_page);
    else if (child == GTK_WIDGET(self->person))
        focus = mado_person_page_focus(self->person);
    else if (child == GTK_WIDGET(self->pin))
        focus = mado_pin_page_focus(self->pin);
    else
        focus = mado_message_page_focus(self->message);
    if (focus != NULL)
        gtk_widget_grab_focus(focus);
}

static void
draw(MadoResidentWindow *self)
{
    MadoFlowPage page = mado_flow_page(self->flow);

    draw_frame(self, page);
    draw_page(self, page);
    if (page != self->shown) {
        set_focus(self, page);
        /* Read from the top, although the focus is on the answer below. */
        gtk_adjustment_set_value(gtk_scrolled_window_get_vadjustment(self->scroller), 0);
    }
    self->shown = page;
}

void
mado_resident_window_update(MadoResidentWindow *self)
{
    start_timer(self);
    draw(self);
}

/* ---- languages, size, contrast ---- */

static void
set_language(MadoResidentWindow *self, const MadoLanguages *language)
{
    GtkStyleContext *style = gtk_widget_get_style_context(self->root);

    gtk_style_context_remove_class(style, self->language->style);
    self->language = language;
    gtk_style_context_add_class(style, language->style);
    mado_languages_use(language);
}

void
mado_resident_window_set_language(MadoResidentWindow *self, const MadoLanguages *language)
{
    set_language(self, language);
    mado_flow_language_chosen(self->flow);
}

static void
on_language_chosen(const MadoLanguages *language, gpointer user_data)
{
    mado_resident_window_set_language(user_data, language);
}

static void
set_contrast(MadoResidentWindow *self, gboolean is_high)
{
    GtkStyleContext *style = gtk_widget_get_style_context(GTK_WIDGET(self));

    if (is_high)
        gtk_style_context_add_class(style, "mado-contrast");
    else
        gtk_style_context_remove_class(style, "mado-contrast");
}

/* The words grow by @scale; headings, which are large already, by less. */
static void
set_scale(MadoResidentWindow *self, guint scale)
{
    GtkStyleContext *style = gtk_widget_get_style_context(GTK_WIDGET(self));

    self->scale = scale;
    mado_style_set_text_scale(scale);
    if (scale > 100)
        gtk_style_context_add_class(style, "mado-large");
    else
        gtk_style_context_remove_class(style, "mado-large");
}

void
mado_resident_window_set_scale(MadoResidentWindow *self, guint scale)
{
    set_scale(self, scale);
    mado_resident_window_update(self);
}

void
mado_resident_window_restart(MadoResidentWindow *self)
{
    set_scale(self, 100);
    set_contrast(self, FALSE);
    set_language(self, self->settings.language);
}

void
mado_resident_window_set_training(MadoResidentWindow *self, gboolean is_training)
{
    self->settings.is_training = is_training;
    draw(self);
}

/* ---- touches and keys ---- */

static void
on_stop_clicked(MadoResidentWindow *self)
{
    mado_flow_stop(self->flow);
}

static void
on_staff_clicked(MadoResidentWindow *self)
{
    mado_flow_call_staff(self->flow);
}

static void
on_languages_clicked(MadoResidentWindow *self)
{
    mado_flow_open_languages(self->flow);
}

static void
on_larger_clicked(MadoResidentWindow *self)
{
    mado_resident_window_set_scale(self,
                                   self->scale >= SCALE_MAX ? 100U : self->scale + SCALE_STEP);
}

static void
on_contrast_clicked(MadoResidentWindow *self)
{
    GtkStyleContext *style = gtk_widget_get_style_context(GTK_WIDGET(self));

    set_contrast(self, !gtk_style_context_has_class(style, "mado-contrast"));
    mado_resident_window_update(self);
}

static gboolean
take_key(MadoResidentWindow *self, guint key)
{
    gunichar character = gdk_keyval_to_unicode(key);

    if (key == GDK_KEY_BackSpace || key == GDK_KEY_Delete || key == GDK_KEY_KP_Delete)
        mado_flow_erase(self->flow);
    else if (character < 0x80 && g_ascii_isalnum((char)character))
        mado_flow_press(self->flow, (char)character);
    else
        return FALSE;
    return TRUE;
}

/* Keys of a PIN never go further: no input method and no accelerator sees them. */
static gboolean
on_key_pressed(MadoResidentWindow *self, GdkEventKey *event)
{
    GtkWidget *focus = gtk_window_get_focus(GTK_WINDOW(self));
    gboolean is_enter = event->keyval == GDK_KEY_Return || event->keyval == GDK_KEY_KP_Enter;
    gboolean is_taken;

    if (event->keyval == GDK_KEY_F1) {
        mado_flow_call_staff(self->flow);
        return GDK_EVENT_STOP;
    }
    if (mado_flow_page(self->flow) != MADO_FLOW_PIN)
        return GDK_EVENT_PROPAGATE;
    if (is_enter && (focus == NULL || focus == mado_pin_page_focus(self->pin))) {
        mado_flow_accept(self->flow);
        return GDK_EVENT_STOP;
    }
    is_taken = take_key(self, event->keyval);
    if (is_taken && event->string != NULL)
        mado_wipe(event->string, (gsize)event->length);
    return is_taken ? GDK_EVENT_STOP : GDK_EVENT_PROPAGATE;
}

/* ---- the class ---- */

static void
window_size_allocate(GtkWidget *widget, GtkAllocation *allocation)
{
    MadoResidentWindow *self = MADO_RESIDENT_WINDOW(widget);
    int width = gtk_widget_get_allocated_width(widget);

    GTK_WIDGET_CLASS(mado_resident_window_parent_class)->size_allocate(widget, allocation);
    if (self->flow != NULL && width != allocation->width)
        draw(self); /* pages that stand beside each other may have to stand below */
}

/* As large as its monitor, whatever the words ask for: pages that do not fit are scrolled. */
static void
window_get_preferred_width(GtkWidget *widget, int *minimum, int *natural)
{
    GTK_WIDGET_CLASS(mado_resident_window_parent_class)
        ->get_preferred_width(widget, minimum, natural);
    *minimum = MIN(*minimum, WIDTH_MIN);
}

static void
window_get_preferred_height_for_width(GtkWidget *widget, int width, int *minimum, int *natural)
{
    GTK_WIDGET_CLASS(mado_resident_window_parent_class)
        ->get_preferred_height_for_width(widget, width, minimum, natural);
    *minimum = MIN(*minimum, HEIGHT_MIN);
}

static void
window_get_preferred_height(GtkWidget *widget, int *minimum, int *natural)
{
    GTK_WIDGET_CLASS(mado_resident_window_parent_class)
        ->get_preferred_height(widget, minimum, natural);
    *minimum = MIN(*minimum, HEIGHT_MIN);
}

static void
window_dispose(GObject *object)
{
    MadoResidentWindow *self = MADO_RESIDENT_WINDOW(object);

    g_clear_handle_id(&self->timer, g_source_remove);
    G_OBJECT_CLASS(mado_resident_window_parent_class)->dispose(object);
}

static void
bind_children(GtkWidgetClass *klass)
{
    gtk_widget_class_bind_template_child(klass, MadoResidentWindow, root);
    gtk_widget_class_bind_template_child(klass, MadoResidentWindow, training_bar);
    gtk_widget_class_bind_template_child(klass, MadoResidentWindow, training);
    gtk_widget_class_bind_template_child(klass, MadoResidentWindow, scroller);
    gtk_widget_class_bind_template_child(klass, MadoResidentWindow, place);
    gtk_widget_class_bind_template_child(klass, MadoResidentWindow, purpose);
    gtk_widget_class_bind_template_child(klass, MadoResidentWindow, languages);
    gtk_widget_class_bind_template_child(klass, MadoResidentWindow, stack);
    gtk_widget_class_bind_template_child(klass, MadoResidentWindow, message);
    gtk_widget_class_bind_template_child(klass, MadoResidentWindow, language_page);
    gtk_widget_class_bind_template_child(klass, MadoResidentWindow, person);
    gtk_widget_class_bind_template_child(klass, MadoResidentWindow, pin);
    gtk_widget_class_bind_template_child(klass, MadoResidentWindow, stop);
    gtk_widget_class_bind_template_child(klass, MadoResidentWindow, contrast);
    gtk_widget_class_bind_template_child(klass, MadoResidentWindow, larger);
    gtk_widget_class_bind_template_child(klass, MadoResidentWindow, staff);
}

static void
mado_resident_window_class_init(MadoResidentWindowClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);

    G_OBJECT_CLASS(klass)->dispose = window_dispose;
    widget_class->get_preferred_width = window_get_preferred_width;
    widget_class->get_preferred_height = window_get_preferred_height;
    widget_class->get_preferred_height_for_width = window_get_preferred_height_for_width;
    widget_class->size_allocate = window_size_allocate;
    g_type_ensure(MADO_TYPE_RUBY);
    g_type_ensure(MADO_TYPE_MESSAGE_PAGE);
    g_type_ensure(MADO_TYPE_LANGUAGE_PAGE);
    g_type_ensure(MADO_TYPE_PERSON_PAGE);
    g_type_ensure(MADO_TYPE_PIN_PAGE);
    gtk_widget_class_set_template_from_resource(widget_class,
                                                "/org/madoguchi/resident/window.ui");
    bind_children(widget_class);
    gtk_widget_class_bind_template_callback(widget_class, on_stop_clicked);
    gtk_widget_class_bind_template_callback(widget_class, on_staff_clicked);
    gtk_widget_class_bind_template_callback(widget_class, on_languages_clicked);
    gtk_widget_class_bind_template_callback(widget_class, on_larger_clicked);
    gtk_widget_class_bind_template_callback(widget_class, on_contrast_clicked);
    gtk_widget_class_bind_template_callback(widget_class, on_key_pressed);
}

static void
mado_resident_window_init(MadoResidentWindow *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
    g_object_set(gtk_settings_get_default(), "gtk-enable-animations", FALSE, NULL);
    mado_ruby_set_xalign(self->purpose, 0.0F);
    self->shown = MADO_FLOW_N_PAGES;
}

MadoResidentWindow *
mado_resident_window_new(GtkApplication *application,
                         MadoFlow *flow,
                         const MadoResidentWindowSettings *settings)
{
    MadoResidentWindow *self =
        g_object_new(MADO_TYPE_RESIDENT_WINDOW, "application", application, NULL);

    self->flow = flow;
    self->settings = *settings;
    self->language = settings->language;
    mado_message_page_set_flow(self->message, flow);
    mado_person_page_set_flow(self->person, flow);
    mado_pin_page_set_flow(self->pin, flow);
    mado_language_page_set_chosen(self->language_page, on_language_chosen, self);
    mado_resident_window_restart(self);
    mado_resident_window_update(self);
    return self;
}
