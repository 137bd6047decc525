/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "tests/gui/resident-scene.h"

#include "gui/shared/style.h"

#include <string.h>

#define VISIT "00112233445566778899aabbccddeeff"

GResource *
mado_resident_resources_get_resource(void);

static void
on_changed(gpointer user_data)
{
    Scene *scene = user_data;

    if (scene->window != NULL)
        mado_resident_window_update(scene->window);
}

static void
on_entered(const MadoSecret *pin, gpointer user_data)
{
    ((Scene *)user_data)->n_entered++;
}

static void
on_refused(MadoErrorCode code, const char *why, gpointer user_data)
{
    ((Scene *)user_data)->n_refused++;
}

static void
on_forgotten(gpointer user_data)
{
}

static void
on_answered(const char *page, const char *answer, gpointer user_data)
{
}

/* Until what is shown is laid out and drawn. */
static void
settle(Scene *scene)
{
    if (scene->window != NULL)
        gtk_test_widget_wait_for_draw(GTK_WIDGET(scene->window));
    while (gtk_events_pending())
        gtk_main_iteration();
}

static void
load_resources(void)
{
    static gsize is_loaded;

    if (!g_once_init_enter(&is_loaded))
        return;
    g_resources_register(mado_resident_resources_get_resource());
    mado_style_load("/org/madoguchi/resident/resident.css");
    mado_languages_init();
    g_once_init_leave(&is_loaded, 1);
}

void
scene_start(Scene *scene, int width, int height)
{
    MadoFlowSettings flow = {
        .on_changed = on_changed,
        .on_entered = on_entered,
        .on_refused = on_refused,
        .on_forgotten = on_forgotten,
        .on_answered = on_answered,
        .user_data = scene,
    };
    MadoResidentWindowSettings window = {
        .language = mado_languages_find("ja"),
        .idle_s = 600,
        .countdown_s = 20,
        .is_training = TRUE,
    };

    load_resources();
    *scene = (Scene){0};
    scene->flow = mado_flow_new(&flow);
    scene->window = mado_resident_window_new(NULL, scene->flow, &window);
    gtk_window_set_decorated(GTK_WINDOW(scene->window), FALSE);
    gtk_window_set_default_size(GTK_WINDOW(scene->window), width, height);
    gtk_window_resize(GTK_WINDOW(scene->window), width, height);
    gtk_widget_show(GTK_WIDGET(scene->window));
    settle(scene);
}

void
scene_end(Scene *scene)
{
    gtk_widget_destroy(GTK_WIDGET(g_steal_pointer(&scene->window)));
    mado_flow_free(scene->flow);
    settle(scene);
}

void
scene_set_language(Scene *scene, const char *code)
{
    mado_resident_window_set_language(scene->window, mado_languages_find(code));
    settle(scene);
}

void
scene_set_contrast(Scene *scene, gboolean is_high)
{
    GtkStyleContext *style = gtk_widget_get_style_context(GTK_WIDGET(scene->window));

    if (is_high)
        gtk_style_context_add_class(style, "mado-contrast");
    else
        gtk_style_context_remove_class(style, "mado-contrast");
    settle(scene);
}

/* ---- the pages ---- */

static void
prompt(MadoFlow *flow, MadoPinKind kind, MadoFlowPurpose purpose, int n_tries)
{
    MadoFlowPrompt asked = {
        .kind = kind, .purpose = purpose, .n_tries = n_tries, .visit = VISIT};

    (void)mado_flow_prompt(flow, &asked);
}

static void
type(MadoFlow *flow, const char *text)
{
    for (; *text != '\0'; text++)
        mado_flow_press(flow, *text);
}

static void
show_language(MadoFlow *flow)
{
    mado_flow_show(flow, MADO_FLOW_LANGUAGE);
}

static MadoBodyPerson
person(void)
{
    MadoBodyPerson one = {.name = "葛󠄀城　邉󠄚子",
                          .kana = "カツラギ　ワタコ",
                          .birth = "19890107",
                          .sex = "女",
                          .address = "試験県見本市窓口町１丁目２番３号　"
                                     "サンプルハイツみほん２０３号室"};

    return one;
}

static void
show_confirm(MadoFlow *flow)
{
    g_auto(MadoBodyPerson) one = person();

    mado_flow_show_confirm(flow, &one);
}

/* A Latin name with a common name beside it, as long as they come. */
static void
show_long_name(MadoFlow *flow)
{
    MadoBodyPerson one = {
        .name = "MARIA APARECIDA DOS SANTOS OLIVEIRA YAMAGUCHI　"
                "（通称：山口　マリア　アパレシーダ）",
        .kana = "マリア　アパレシーダ　ドス　サントス　オリヴェイラ　ヤマグチ",
        .birth = "20040229",
        .sex = "女",
        .address = "試験県見本市窓口区大字見本字小見本長町一丁目９８７６番地の"
                   "５４３　サンプルガーデンみほんタワーレジデンスＡ棟１２３４号室　"
                   "見本花子様方"};

    mado_flow_show_confirm(flow, &one);
    mado_body_person_clear(&one);
}

static void
show_explain(MadoFlow *flow)
{
    mado_flow_show(flow, MADO_FLOW_EXPLAIN);
}

static void
show_same(MadoFlow *flow)
{
    prompt(flow, MADO_PIN_AUTH, MADO_FLOW_NEW, -1);
}

static void
show_pin(MadoFlow *flow)
{
    prompt(flow, MADO_PIN_AUTH, MADO_FLOW_NEW, -1);
    mado_flow_decline(flow);
    type(flow, "862");
}

static void
show_again(MadoFlow *flow)
{
    prompt(flow, MADO_PIN_AUTH, MADO_FLOW_NEW, -1);
    mado_flow_accept(flow);
    type(flow, "8629");
    mado_flow_accept(flow);
}

static void
show_sign(MadoFlow *flow)
{
    prompt(flow, MADO_PIN_SIGN, MADO_FLOW_NEW, -1);
    type(flow, "MADO26");
}

static void
show_verify(MadoFlow *flow)
{
    prompt(flow, MADO_PIN_TEXT, MADO_FLOW_VERIFY, 2);
}

static void
show_verify_sign(MadoFlow *flow)
{
    prompt(flow, MADO_PIN_SIGN, MADO_FLOW_OLD, 5);
}

static void
show_weak(MadoFlow *flow)
{
    prompt(flow, MADO_PIN_AUTH, MADO_FLOW_NEW, -1);
    mado_flow_accept(flow);
    type(flow, "1111");
    mado_flow_accept(flow);
}

static void
show_mismatch(MadoFlow *flow)
{
    show_again(flow);
    type(flow, "1357");
    mado_flow_accept(flow);
}

static void
show_wait(MadoFlow *flow)
{
    mado_flow_show_wait(flow, 31, 80, 12000);
}

static void
show_consent(MadoFlow *flow)
{
    g_auto(MadoBodyPerson) one = person();

    mado_flow_show_consent(flow, MADO_SLOT_AUTH | MADO_SLOT_SIGN, &one);
}

static void
show_done(MadoFlow *flow)
{
    mado_flow_show(flow, MADO_FLOW_DONE);
}

static void
show_timeout(MadoFlow *flow)
{
    show_pin(flow);
    mado_flow_idle(flow);
}

static void
show_help(MadoFlow *flow)
{
    show_pin(flow);
    mado_flow_call_staff(flow);
}

static void
show_locked(MadoFlow *flow)
{
    mado_flow_show_locked(flow, MADO_PIN_AUTH, 2);
}

static void
show_blocked(MadoFlow *flow)
{
    mado_flow_show_locked(flow, MADO_PIN_SIGN, 0);
}

static void
show_sorry(MadoFlow *flow)
{
    mado_flow_show(flow, MADO_FLOW_SORRY);
}

static const struct {
    const char *name;
    void (*show)(MadoFlow *flow); /* NULL: idle */
    gboolean is_main;
} pages[] = {
    {"r00-idle", NULL, TRUE},
    {"r01-language", show_language, TRUE},
    {"r02-confirm", show_confirm, TRUE},
    {"r02-long-name", show_long_name, FALSE},
    {"r03-explain", show_explain, TRUE},
    {"r04-same", show_same, TRUE},
    {"r05-pin", show_pin, TRUE},
    {"r05-verify", show_verify, FALSE},
    {"r06-again", show_again, FALSE},
    {"r07-sign", show_sign, TRUE},
    {"r07-verify", show_verify_sign, FALSE},
    {"r08-weak", show_weak, TRUE},
    {"r09-mismatch", show_mismatch, FALSE},
    {"r10-wait", show_wait, TRUE},
    {"r11-consent", show_consent, TRUE},
    {"r12-done", show_done, TRUE},
    {"r13-timeout", show_timeout, FALSE},
    {"r14-help", show_help, FALSE},
    {"r15-locked", show_locked, TRUE},
    {"r15-blocked", show_blocked, FALSE},
    {"sorry", show_sorry, FALSE},
};

guint
scene_n_pages(void)
{
    return G_N_ELEMENTS(pages);
}

const char *
scene_page_name(guint number)
{
    return pages[number].name;
}

gboolean
scene_page_is_main(guint number)
{
    return pages[number].is_main;
}

void
scene_show_page(Scene *scene, guint number)
{
    mado_flow_reset(scene->flow);
    if (pages[number].show != NULL)
        pages[number].show(scene->flow);
    settle(scene);
}
