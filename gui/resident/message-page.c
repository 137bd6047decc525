/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "gui/resident/message-page.h"

#include "gui/resident/ruby.h"
#include "gui/resident/texts.h"
#include "gui/shared/substitutes.h"

struct _MadoMessagePage {
    GtkBox parent_instance;
    MadoFlow *flow; /* borrowed */
    GtkLabel *sign;
    MadoRuby *title;
    MadoRuby *body;
    GtkProgressBar *progress;
    GtkButton *accept;
    GtkButton *decline;
};

G_DEFINE_FINAL_TYPE(MadoMessagePage, mado_message_page, GTK_TYPE_BOX)

static void
on_accept_clicked(MadoMessagePage *self)
{
    mado_flow_accept(self->flow);
}

static void
on_decline_clicked(MadoMessagePage *self)
{
    mado_flow_decline(self->flow);
}

static void
mado_message_page_class_init(MadoMessagePageClass *klass)
{
    GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(klass);

    g_type_ensure(MADO_TYPE_RUBY);
    gtk_widget_class_set_template_from_resource(widget_class,
                                                "/org/madoguchi/resident/message-page.ui");
    gtk_widget_class_bind_template_child(widget_class, MadoMessagePage, sign);
    gtk_widget_class_bind_template_child(widget_class, MadoMessagePage, title);
    gtk_widget_class_bind_template_child(widget_class, MadoMessagePage, body);
    gtk_widget_class_bind_template_child(widget_class, MadoMessagePage, progress);
    gtk_widget_class_bind_template_child(widget_class, MadoMessagePage, accept);
    gtk_widget_class_bind_template_child(widget_class, MadoMessagePage, decline);
    gtk_widget_class_bind_template_callback(widget_class, on_accept_clicked);
    gtk_widget_class_bind_template_callback(widget_class, on_decline_clicked);
}

static void
mado_message_page_init(MadoMessagePage *self)
{
    gtk_widget_init_template(GTK_WIDGET(self));
}

void
mado_message_page_set_flow(MadoMessagePage *self, MadoFlow *flow)
{
    self->flow = flow;
}

/* A shape beside the words, so that nothing hangs on colour alone. */
static const char *
sign_of(MadoFlowPage page)
{
    switch (page) {
    case MADO_FLOW_WEAK:
    case MADO_FLOW_MISMATCH:
    case MADO_FLOW_LOCKED:
        return "▲";
    case MADO_FLOW_DONE:
        return "✓";
    case MADO_FLOW_HELP:
        return "●";
    case MADO_FLOW_TIMEOUT:
        return "？";
    case MADO_FLOW_IDLE:
    case MADO_FLOW_LANGUAGE:
    case MADO_FLOW_CONFIRM:
    case MADO_FLOW_EXPLAIN:
    case MADO_FLOW_SAME:
    case MADO_FLOW_PIN:
    case MADO_FLOW_WAIT:
    case MADO_FLOW_CONSENT:
    case MADO_FLOW_SORRY:
    case MADO_FLOW_N_PAGES:
        break;
    }
    return "";
}

static void
set_class(GtkWidget *widget, const char *name, gboolean has_it)
{
    GtkStyleContext *style = gtk_widget_get_style_context(widget);

    if (has_it)
        gtk_style_context_add_class(style, name);
    else
        gtk_style_context_remove_class(style, name);
}

static void
set_button(GtkButton *button, const char *text)
{
    gtk_widget_set_visible(GTK_WIDGET(button), text != NULL);
    if (text != NULL)
        mado_ruby_set_button(button, text);
}

static void
update_progress(MadoMessagePage *self, MadoFlowPage page)
{
    guint progress[3];

    mado_flow_progress(self->flow, progress);
    gtk_widget_set_visible(GTK_WIDGET(self->progress),
                           page == MADO_FLOW_WAIT && progress[1] > 0);
    if (progress[1] > 0)
        gtk_progress_bar_set_fraction(self->progress,
                                      MIN(1.0, (double)progress[0] / progress[1]));
}

/* (transfer full): characters that a certificate cannot hold are replaced in it, to which the
 * resident agrees; "" when there is none. */
static char *
substituted_name(MadoMessagePage *self)
{
    const MadoBodyPerson *person = mado_flow_person(self->flow);
    g_autoptr(GArray) substitutes = NULL;
    g_autofree char *written = NULL;

    if (person == NULL || mado_flow_page(self->flow) != MADO_FLOW_CONSENT)
        return g_strdup("");
    substitutes = mado_substitutes_find(person->name);
    if (substitutes->len == 0)
        return g_strdup("");
    written = mado_substitutes_apply(person->name);
    return g_strdup_printf("\n%s\n%s", mado_texts_word(MADO_TEXTS_SUBSTITUTED), written);
}

void
mado_message_page_update(MadoMessagePage *self, const char *body)
{
    MadoFlowPage page = mado_flow_page(self->flow);
    g_autofree char *own = mado_texts_body(self->flow);
    g_autofree char *substituted = substituted_name(self);
    g_autofree char *text = g_strconcat(body != NULL ? body : own, substituted, NULL);
    const char *sign = sign_of(page);
    gboolean is_list = page == MADO_FLOW_EXPLAIN || page == MADO_FLOW_CONSENT;

    gtk_label_set_text(self->sign, sign);
    gtk_widget_set_visible(GTK_WIDGET(self->sign), sign[0] != '\0');
    set_class(GTK_WIDGET(self->sign), "mado-warning-text",
              page != MADO_FLOW_DONE && page != MADO_FLOW_HELP);
    set_class(GTK_WIDGET(self->sign), "mado-success-text",
              page == MADO_FLOW_DONE || page == MADO_FLOW_HELP);
    mado_ruby_set_text(self->title, mado_texts_title(self->flow));
    mado_ruby_set_text(self->body, text);
    mado_ruby_set_xalign(self->body, is_list ? 0.0F : 0.5F);
    gtk_widget_set_halign(GTK_WIDGET(self->body), is_list ? GTK_ALIGN_CENTER : GTK_ALIGN_FILL);
    gtk_widget_set_visible(GTK_WIDGET(self->body), text[0] != '\0');
    update_progress(self, page);
    set_button(self->accept, mado_texts_accept(self->flow));
    set_button(self->decline, mado_texts_decline(self->flow));
    /* Both answers weigh the same where the resident is free to choose. */
    set_class(GTK_WIDGET(self->accept), "mado-primary",
              page != MADO_FLOW_SAME && page != MADO_FLOW_CONSENT);
}

GtkWidget *
mado_message_page_focus(MadoMessagePage *self)
{
    return gtk_widget_get_visible(GTK_WIDGET(self->accept)) ? GTK_WIDGET(self->accept) : NULL;
}
