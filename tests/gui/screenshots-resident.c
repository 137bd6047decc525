/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pictures of the resident's screen: every page in Japanese, the main ones in every language,
 * large type, high contrast, upright. Drawn by the real window; needs a display, and says
 * where it wrote what.
 *
 *   screenshots-resident FOLDER
 */
#include "config.h"

#include "gui/resident/application.h"
#include "tests/gui/resident-scene.h"

static void
write_picture(Scene *scene, const char *folder, const char *name)
{
    GtkWidget *widget = GTK_WIDGET(scene->window);
    int width = gtk_widget_get_allocated_width(widget);
    int height = gtk_widget_get_allocated_height(widget);
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
    cairo_t *cr = cairo_create(surface);
    g_autofree char *path = g_strdup_printf("%s/resident-%s.png", folder, name);

    gtk_widget_draw(widget, cr);
    if (cairo_surface_write_to_png(surface, path) != CAIRO_STATUS_SUCCESS)
        g_printerr("cannot write %s\n", path);
    else
        g_print("%s\n", path);
    cairo_destroy(cr);
    cairo_surface_destroy(surface);
}

static void
write_pages(Scene *scene, const char *folder, const char *suffix, gboolean only_main)
{
    for (guint i = 0; i < scene_n_pages(); i++) {
        g_autofree char *name = g_strdup_printf("%s-%s", scene_page_name(i), suffix);

        if (only_main && !scene_page_is_main(i))
            continue;
        scene_show_page(scene, i);
        write_picture(scene, folder, name);
    }
}

int
main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : ".";
    gsize n_languages;
    const MadoLanguages *languages = mado_languages_all(&n_languages);
    Scene scene;

    if (!gtk_init_check(&argc, &argv)) {
        g_printerr("no display\n");
        return 1;
    }
    (void)g_mkdir_with_parents(folder, 0755);
    scene_start(&scene, 1280, 800);
    for (gsize i = 0; i < n_languages; i++) {
        scene_set_language(&scene, languages[i].code);
        write_pages(&scene, folder, languages[i].code, i != 0);
    }
    scene_set_language(&scene, "ja");
    mado_resident_window_set_scale(scene.window, 150);
    write_pages(&scene, folder, "ja-150", FALSE);
    mado_resident_window_set_scale(scene.window, 200);
    write_pages(&scene, folder, "ja-200", FALSE);
    mado_resident_window_set_scale(scene.window, 100);
    scene_set_contrast(&scene, TRUE);
    write_pages(&scene, folder, "ja-contrast", TRUE);
    scene_set_contrast(&scene, FALSE);
    scene_end(&scene);
    scene_start(&scene, 800, 1280);
    write_pages(&scene, folder, "ja-upright", TRUE);
    scene_end(&scene);
    return 0;
}
