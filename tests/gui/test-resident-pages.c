/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The widgets of every page of the resident's screen, walked: names, targets, tab order, room
 * for the words, and no word left in English. Needs a display: tests/gui/resident-pages.py.
 */
#include "config.h"

#include "gui/resident/dots.h"
#include "gui/resident/keys.h"
#include "gui/resident/ruby.h"
#include "tests/gui/resident-scene.h"
#include "tests/support/test.h"

#include <string.h>

#define TARGET_MIN 44 /* px, WCAG 2.5.5 */

typedef struct {
    Scene scene;
    const char *page; /* for messages */
    const char *language;
    GHashTable *english; /* of char *, a set: texts seen in English */
} Walk;

typedef void (*Visit)(Walk *walk, GtkWidget *widget);

typedef struct {
    Walk *walk;
    Visit visit;
} Visitor;

static void
visit_widget(GtkWidget *widget, gpointer user_data)
{
    Visitor *visitor = user_data;

    if (!gtk_widget_get_mapped(widget))
        return;
    visitor->visit(visitor->walk, widget);
    if (GTK_IS_CONTAINER(widget))
        gtk_container_forall(GTK_CONTAINER(widget), visit_widget, visitor);
}

static void
walk_page(Walk *walk, guint page, Visit visit)
{
    Visitor visitor = {walk, visit};

    scene_show_page(&walk->scene, page);
    walk->page = scene_page_name(page);
    visit_widget(GTK_WIDGET(walk->scene.window), &visitor);
}

static void
walk_all(Walk *walk, const char *language, Visit visit)
{
    walk->language = language;
    scene_set_language(&walk->scene, language);
    for (guint i = 0; i < scene_n_pages(); i++)
        walk_page(walk, i, visit);
}

static void
walk_languages(Walk *walk, Visit visit)
{
    gsize n;
    const MadoLanguages *all = mado_languages_all(&n);

    for (gsize i = 0; i < n; i++)
        walk_all(walk, all[i].code, visit);
}

static int
set_up(void **state)
{
    Walk *walk = g_new0(Walk, 1);

    scene_start(&walk->scene, 1280, 800);
    *state = walk;
    return 0;
}

static int
tear_down(void **state)
{
    Walk *walk = *state;

    scene_end(&walk->scene);
    g_free(walk);
    return 0;
}

/* ---- names ---- */

static void
check_name(Walk *walk, GtkWidget *widget)
{
    const char *name = atk_object_get_name(gtk_widget_get_accessible(widget));

    if (widget == GTK_WIDGET(walk->scene.window))
        return;
    if (gtk_widget_get_can_focus(widget) || GTK_IS_BUTTON(widget))
        if (name == NULL || name[0] == '\0' || strchr(name, '{') != NULL)
            fail_msg("%s %s: a %s is called '%s'", walk->language, walk->page,
                     G_OBJECT_TYPE_NAME(widget), name != NULL ? name : "");
}

static void
everything_to_focus_or_touch_has_a_name(void **state)
{
    walk_languages(*state, check_name);
}

/* ---- targets ---- */

static void
check_target(Walk *walk, GtkWidget *widget)
{
    int width = gtk_widget_get_allocated_width(widget);
    int height = gtk_widget_get_allocated_height(widget);

    if (GTK_IS_BUTTON(widget) && !GTK_IS_SCROLLBAR(gtk_widget_get_parent(widget)) &&
        (width < TARGET_MIN || height < TARGET_MIN))
        fail_msg("%s %s: a target of %d by %d: %s", walk->language, walk->page, width, height,
                 atk_object_get_name(gtk_widget_get_accessible(widget)));
}

static void
every_target_is_large_enough_for_a_finger(void **state)
{
    walk_languages(*state, check_target);
}

/* ---- room ---- */

static void
check_room(Walk *walk, GtkWidget *widget)
{
    int width = gtk_widget_get_allocated_width(widget);
    int height = gtk_widget_get_allocated_height(widget);
    int least_width;
    int least_height;
    int x;
    int y;
    GtkWidget *window = GTK_WIDGET(walk->scene.window);

    if (!MADO_IS_RUBY(widget) && !GTK_IS_BUTTON(widget) && !MADO_IS_DOTS(widget))
        return;
    gtk_widget_get_preferred_width(widget, &least_width, NULL);
    gtk_widget_get_preferred_height_for_width(widget, width, &least_height, NULL);
    if (width < least_width || height < least_height)
        fail_msg("%s %s: %s '%s' has %d by %d, needs %d by %d", walk->language, walk->page,
                 G_OBJECT_TYPE_NAME(widget),
                 atk_object_get_name(gtk_widget_get_accessible(widget)), width, height,
                 least_width, least_height);
    if (gtk_widget_translate_coordinates(widget, window, 0, 0, &x, &y) &&
        (x < 0 || y < 0 || x + width > gtk_widget_get_allocated_width(window)))
        fail_msg("%s %s: '%s' lies outside the window", walk->language, walk->page,
                 atk_object_get_name(gtk_widget_get_accessible(widget)));
}

/* A page of ordinary size is seen whole. */
static void
check_unscrolled(Walk *walk, GtkWidget *widget)
{
    if (GTK_IS_SCROLLBAR(widget))
        fail_msg("%s %s: has to be scrolled", walk->language, walk->page);
}

static void
every_word_has_room(void **state)
{
    walk_languages(*state, check_room);
}

static void
no_page_is_scrolled(void **state)
{
    Walk *walk = *state;

    walk_languages(walk, check_unscrolled);
    scene_set_contrast(&walk->scene, TRUE);
    walk_all(walk, "ja", check_unscrolled);
}

static void
every_word_has_room_in_large_type(void **state)
{
    Walk *walk = *state;

    mado_resident_window_set_scale(walk->scene.window, 200);
    walk_languages(walk, check_room);
    mado_resident_window_set_scale(walk->scene.window, 100);
}

static void
every_word_has_room_upright(void **state)
{
    Walk *walk = g_new0(Walk, 1);

    scene_start(&walk->scene, 800, 1280);
    walk_languages(walk, check_room);
    scene_end(&walk->scene);
    g_free(walk);
}

/* ---- the tab order ---- */

static void
collect_focusable(Walk *walk, GtkWidget *widget)
{
    if (widget != GTK_WIDGET(walk->scene.window) && gtk_widget_get_can_focus(widget) &&
        gtk_widget_is_sensitive(widget))
        g_hash_table_add(walk->english, widget);
}

static void
everything_to_focus_is_reached_by_tab(void **state)
{
    Walk *walk = *state;
    GtkWindow *window = GTK_WINDOW(walk->scene.window);

    walk->english = g_hash_table_new(NULL, NULL);
    walk->language = "ja";
    for (guint page = 0; page < scene_n_pages(); page++) {
        guint n;

        g_hash_table_remove_all(walk->english);
        walk_page(walk, page, collect_focusable);
        n = g_hash_table_size(walk->english);
        for (guint i = 0; i < 2 * n + 2; i++) {
            (void)gtk_widget_child_focus(GTK_WIDGET(window), GTK_DIR_TAB_FORWARD);
            (void)g_hash_table_remove(walk->english, gtk_window_get_focus(window));
        }
        if (g_hash_table_size(walk->english) != 0)
            fail_msg("%s: %u of %u are not in the tab order", walk->page,
                     g_hash_table_size(walk->english), n);
    }
    g_hash_table_unref(walk->english);
}

static void
a_page_with_a_question_has_the_focus_on_it(void **state)
{
    static const char *const asked[] = {"r02-confirm", "r04-same",    "r05-pin", "r07-sign",
                                        "r08-weak",    "r11-consent", NULL};
    Walk *walk = *state;
    GtkWindow *window = GTK_WINDOW(walk->scene.window);

    for (guint i = 0; i < scene_n_pages(); i++) {
        if (!g_strv_contains(asked, scene_page_name(i)))
            continue;
        scene_show_page(&walk->scene, i);
        if (gtk_window_get_focus(window) == NULL ||
            !gtk_widget_get_mapped(gtk_window_get_focus(window)))
            fail_msg("%s: nothing has the focus", scene_page_name(i));
    }
}

/* ---- languages ---- */

static void
learn_english(Walk *walk, GtkWidget *widget)
{
    const char *name = atk_object_get_name(gtk_widget_get_accessible(widget));

    if (MADO_IS_RUBY(widget) && name != NULL && strlen(name) > 3)
        g_hash_table_add(walk->english, g_strdup(name));
}

static void
check_translated(Walk *walk, GtkWidget *widget)
{
    const char *name = atk_object_get_name(gtk_widget_get_accessible(widget));

    if (MADO_IS_RUBY(widget) && name != NULL && g_hash_table_contains(walk->english, name))
        fail_msg("%s %s: still in English: %s", walk->language, walk->page, name);
}

static void
no_word_stays_in_english(void **state)
{
    Walk *walk = *state;
    gsize n;
    const MadoLanguages *all = mado_languages_all(&n);

    walk->english = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    walk_all(walk, "en", learn_english);
    assert_true(g_hash_table_size(walk->english) > 40);
    for (gsize i = 0; i < n; i++)
        if (!g_str_equal(all[i].code, "en"))
            walk_all(walk, all[i].code, check_translated);
    g_hash_table_unref(walk->english);
}

static gboolean
is_kanji(gunichar character)
{
    return g_unichar_get_script(character) == G_UNICODE_SCRIPT_HAN && character != 0x3005;
}

/* Outside of "{base|reading}" there is no kanji. */
static void
check_readings(const char *text)
{
    gboolean in_mark = FALSE;

    for (const char *at = text; *at != '\0'; at = at + g_utf8_skip[(guchar)*at]) {
        if (*at == '{')
            in_mark = TRUE;
        else if (*at == '}')
            in_mark = FALSE;
        else if (!in_mark && is_kanji(g_utf8_get_char(at)))
            fail_msg("kanji without a reading: %s", text);
    }
}

static void
japanese_has_a_reading_for_every_kanji(void **state)
{
    static const char *const codes[] = {"ja", "ja@easy"};
    const char *top = g_getenv("MADO_TOP_SRCDIR");

    for (gsize i = 0; i < G_N_ELEMENTS(codes); i++) {
        g_autofree char *path = g_strdup_printf("%s/po/resident/%s.po", top, codes[i]);
        g_autofree char *text = NULL;
        g_auto(GStrv) lines = NULL;

        assert_true(g_file_get_contents(path, &text, NULL, NULL));
        lines = g_strsplit(text, "\n", -1);
        for (guint l = 0; lines[l] != NULL; l++)
            if (g_str_has_prefix(lines[l], "msgstr"))
                check_readings(lines[l]);
    }
}

/* ---- the widget ---- */

static void
a_text_is_named_without_its_readings(void **state)
{
    g_autofree char *plain = mado_ruby_plain("{暗証番号|あんしょうばんごう}を{決|き}めます");

    assert_string_equal(plain, "暗証番号を決めます");
}

static void
what_was_typed_is_in_no_name(void **state)
{
    Walk *walk = *state;

    walk->english = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < scene_n_pages(); i++)
        if (g_str_equal(scene_page_name(i), "r07-sign"))
            walk_page(walk, i, learn_english); /* MADO26 was typed */
    assert_true(g_hash_table_size(walk->english) > 0);
    assert_false(g_hash_table_contains(walk->english, "MADO26"));
    g_hash_table_unref(walk->english);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(everything_to_focus_or_touch_has_a_name),
        TEST(every_target_is_large_enough_for_a_finger),
        TEST(every_word_has_room),
        TEST(no_page_is_scrolled),
        TEST(every_word_has_room_in_large_type),
        cmocka_unit_test(every_word_has_room_upright),
        TEST(everything_to_focus_is_reached_by_tab),
        TEST(a_page_with_a_question_has_the_focus_on_it),
        TEST(no_word_stays_in_english),
        cmocka_unit_test(japanese_has_a_reading_for_every_kanji),
        cmocka_unit_test(a_text_is_named_without_its_readings),
        TEST(what_was_typed_is_in_no_name),
    };

    gtk_init(&argc, &argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
