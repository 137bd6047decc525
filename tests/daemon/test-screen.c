/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The resident's screen between a clerk, the daemon and the agent: who may show a page, who is
 * told what the resident did, and that nobody else is. */
#include "config.h"

#include "tests/support/fake-desk.h"
#include "tests/support/test-error.h"

#include <gio/gunixfdlist.h>

#include <madoguchi/names.h>
#include <string.h>
#include <unistd.h>

#define AGENT_PATH "/agent"
#define HOLDER     0
#define AGENT      1
#define STRANGER   2

typedef struct {
    FakeDesk *desk;
    char *session; /* of HOLDER, relative */
    guint object;
    GPtrArray *pages; /* of char *: shown, in order */
    GDBusMethodInvocation *prompt;
    int entry;
    GPtrArray *heard[FAKE_DESK_N_CLIENTS]; /* of char *: signals of sessions */
    guint ears[FAKE_DESK_N_CLIENTS];
} Scene;

/* A card whose text PIN is wrong: two tries are left. */
static gsize
wrong_pin_card(const guint8 *command, gsize len, guint8 *answer, gpointer data)
{
    guint16 sw = 0x9000;

    if (command[1] == 0xCA)
        sw = 0x6A88;
    else if (command[1] == 0x20)
        sw = len == 4 ? 0x63C3 : 0x63C2;
    else if (command[1] == 0xB0)
        sw = 0x6700;
    if (command[1] == 0xB0 && len == 5) { /* pieces: an empty object */
        memcpy(answer, "\x7F\x21\x00\x90\x00", 5);
        return 5;
    }
    answer[0] = (guint8)(sw >> 8);
    answer[1] = (guint8)(sw & 0xFF);
    return 2;
}

static const char agent_xml[] = "<node><interface name='" MADO_IFACE_PIN_AGENT "'>"
                                "<method name='Prompt'><arg type='a{sv}' direction='in'/>"
                                "<arg type='h' direction='in'/></method>"
                                "<method name='Show'><arg type='s' direction='in'/>"
                                "<arg type='a{sv}' direction='in'/></method>"
                                "<method name='Dismiss'/></interface></node>";

static char *
page_text(GVariant *parameters)
{
    g_autoptr(GVariant) details = g_variant_get_child_value(parameters, 1);
    const char *page;
    const char *kind;
    gint32 tries;

    g_variant_get_child(parameters, 0, "&s", &page);
    if (g_variant_lookup(details, "kind", "&s", &kind) &&
        g_variant_lookup(details, "tries", "i", &tries))
        return g_strdup_printf("%s %s %d", page, kind, tries);
    return g_strdup(page);
}

/* lint: allow parameters: GDBus calls it */
static void
on_agent_called(GDBusConnection *connection,
                const char *sender,
                const char *path,
                const char *interface,
                const char *method,
                GVariant *parameters,
                GDBusMethodInvocation *invocation,
                gpointer user_data)
{
    Scene *scene = user_data;
    GUnixFDList *fds;

    if (g_str_equal(method, "Prompt")) {
        fds = g_dbus_message_get_unix_fd_list(g_dbus_method_invocation_get_message(invocation));
        scene->entry = g_unix_fd_list_get(fds, 0, NULL);
        scene->prompt = invocation;
        return;
    }
    if (g_str_equal(method, "Show"))
        g_ptr_array_add(scene->pages, page_text(parameters));
    g_dbus_method_invocation_return_value(invocation, NULL);
}

/* lint: allow parameters: GDBus calls it */
static void
on_session_signal(GDBusConnection *connection,
                  const char *sender,
                  const char *path,
                  const char *interface,
                  const char *signal,
                  GVariant *parameters,
                  gpointer user_data)
{
    GPtrArray *heard = user_data;
    g_autoptr(GVariant) changed = NULL;
    const char *first;
    const char *second;

    if (g_str_equal(signal, "ResidentAnswered")) {
        g_variant_get(parameters, "(&s&s)", &first, &second);
        g_ptr_array_add(heard, g_strdup_printf("%s=%s", first, second));
    } else if (g_str_equal(signal, "PropertiesChanged")) {
        changed = g_variant_get_child_value(parameters, 1);
        if (g_variant_lookup(changed, "Resident", "&s", &first))
            g_ptr_array_add(heard, g_strdup(first));
    }
}

static void
listen(Scene *scene, guint client)
{
    g_autofree char *path = g_strconcat(MADO_PATH_MANAGER, scene->session, NULL);

    scene->heard[client] = g_ptr_array_new_with_free_func(g_free);
    scene->ears[client] = g_dbus_connection_signal_subscribe(
        fake_desk_client(scene->desk, client), NULL, NULL, NULL, path, NULL,
        G_DBUS_SIGNAL_FLAGS_NONE, on_session_signal, scene->heard[client], NULL);
}

static MadoErrorCode
call(Scene *scene, guint client, const char *path, const char *method, GVariant *parameters)
{
    g_autoptr(FakeDeskCall) done = fake_desk_call(
        scene->desk, client, path, path[0] == '\0' ? MADO_IFACE_MANAGER : MADO_IFACE_SESSION,
        method, parameters);

    fake_desk_wait(scene->desk, done);
    return done->error != NULL ? mado_error_code(done->error) : 0;
}

static MadoErrorCode
show(Scene *scene, const char *page)
{
    return call(scene, HOLDER, scene->session, "Show", g_variant_new("(s)", page));
}

static MadoErrorCode
answer(Scene *scene, guint client, const char *page, const char *word)
{
    return call(scene, client, "", "AnswerPage", g_variant_new("(ss)", page, word));
}

static MadoErrorCode
register_agent(Scene *scene)
{
    return call(scene, AGENT, "", "RegisterAgent", g_variant_new("(o)", AGENT_PATH));
}

static void
start(Scene *scene, MadoRealmCode realm)
{
    static const GDBusInterfaceVTable vtable = {.method_call = on_agent_called};
    g_autoptr(GDBusNodeInfo) node = g_dbus_node_info_new_for_xml(agent_xml, NULL);

    *scene = (Scene){.entry = -1};
    scene->pages = g_ptr_array_new_with_free_func(g_free);
    scene->desk = fake_desk_new(realm);
    fake_desk_add_reader(scene->desk, 0);
    fake_desk_add_reader(scene->desk, 1);
    fake_desk_insert_card(scene->desk, 0);
    fake_desk_set_card(scene->desk, wrong_pin_card, NULL);
    scene->session = fake_desk_claim(scene->desk, HOLDER, "/readers/r1");
    for (guint i = 0; i < FAKE_DESK_N_CLIENTS; i++)
        listen(scene, i);
    scene->object =
        g_dbus_connection_register_object(fake_desk_client(scene->desk, AGENT), AGENT_PATH,
                                          node->interfaces[0], &vtable, scene, NULL, NULL);
    assert_int_equal(register_agent(scene), 0);
}

static void
end(Scene *scene)
{
    for (guint i = 0; i < FAKE_DESK_N_CLIENTS; i++) {
        g_dbus_connection_signal_unsubscribe(fake_desk_client(scene->desk, i), scene->ears[i]);
        g_ptr_array_unref(scene->heard[i]);
    }
    if (scene->entry >= 0)
        (void)close(scene->entry);
    g_clear_object(&scene->prompt);
    g_free(scene->session);
    fake_desk_free(scene->desk);
    g_ptr_array_unref(scene->pages);
}

/* ---- waiting ---- */

typedef struct {
    GPtrArray *texts;
    const char *wanted;
} Awaited;

static gboolean
has_come(gpointer data)
{
    Awaited *awaited = data;

    for (guint i = 0; i < awaited->texts->len; i++)
        if (g_str_equal(g_ptr_array_index(awaited->texts, i), awaited->wanted))
            return TRUE;
    return FALSE;
}

static void
wait_for(Scene *scene, GPtrArray *texts, const char *wanted)
{
    Awaited awaited = {texts, wanted};

    fake_desk_wait_until(scene->desk, has_come, &awaited);
}

static gboolean
is_prompted(gpointer data)
{
    const Scene *scene = data;

    return scene->prompt != NULL;
}

/* ---- the tests ---- */

static void
a_page_is_shown_and_its_answer_told_to_the_holder_alone(void **state)
{
    Scene scene;

    start(&scene, MADO_REALM_CODE_TRAINING);
    wait_for(&scene, scene.heard[HOLDER], "idle");
    assert_int_equal(show(&scene, "explain"), 0);
    wait_for(&scene, scene.pages, "explain");
    wait_for(&scene, scene.heard[HOLDER], "page:explain");
    assert_int_equal(answer(&scene, AGENT, "explain", "yes"), 0);
    wait_for(&scene, scene.heard[HOLDER], "explain=yes");
    assert_int_equal(show(&scene, "idle"), 0);
    /* The last call of each was answered: what was sent to them before has arrived. */
    assert_int_equal(answer(&scene, STRANGER, "idle", "staff"), MADO_ERROR_NOT_FOUND);
    assert_int_equal(scene.heard[STRANGER]->len, 0);
    assert_int_equal(scene.heard[AGENT]->len, 0);
    end(&scene);
}

static void
only_the_agent_answers_and_only_what_is_shown(void **state)
{
    Scene scene;

    start(&scene, MADO_REALM_CODE_TRAINING);
    assert_int_equal(show(&scene, "language"), 0);
    assert_int_equal(answer(&scene, HOLDER, "language", "yes"), MADO_ERROR_NOT_FOUND);
    assert_int_equal(answer(&scene, AGENT, "consent", "yes"), MADO_ERROR_BAD_STATE);
    assert_int_equal(answer(&scene, AGENT, "language", "maybe"), MADO_ERROR_BAD_ARGUMENT);
    assert_int_equal(show(&scene, "idle"), 0);
    assert_int_equal(answer(&scene, AGENT, "language", "no"), MADO_ERROR_BAD_STATE);
    end(&scene);
}

static void
staff_is_called_from_anywhere(void **state)
{
    Scene scene;

    start(&scene, MADO_REALM_CODE_TRAINING);
    assert_int_equal(answer(&scene, AGENT, "idle", "staff"), 0);
    wait_for(&scene, scene.heard[HOLDER], "idle=staff");
    assert_int_equal(show(&scene, "explain"), 0);
    assert_int_equal(answer(&scene, AGENT, "help", "staff"), 0);
    wait_for(&scene, scene.heard[HOLDER], "explain=staff");
    end(&scene);
}

static void
pages_that_are_not_the_clerks_are_refused(void **state)
{
    static const char *const no[] = {"wait", "locked", "sorry", "prompt", "", "../idle"};
    Scene scene;

    start(&scene, MADO_REALM_CODE_TRAINING);
    for (guint i = 0; i < G_N_ELEMENTS(no); i++)
        assert_int_equal(show(&scene, no[i]), MADO_ERROR_BAD_ARGUMENT);
    assert_int_equal(show(&scene, "confirm"), MADO_ERROR_BAD_STATE); /* no visit */
    assert_int_equal(show(&scene, "consent"), MADO_ERROR_BAD_STATE);
    assert_int_equal(
        call(&scene, STRANGER, scene.session, "Show", g_variant_new("(s)", "explain")),
        MADO_ERROR_NOT_CLAIMED);
    assert_int_equal(scene.pages->len, 0);
    end(&scene);
}

static void
one_screen_serves_one_claim(void **state)
{
    g_autofree char *other = NULL;
    Scene scene;

    start(&scene, MADO_REALM_CODE_TRAINING);
    other = fake_desk_claim(scene.desk, STRANGER, "/readers/r2");
    assert_int_equal(show(&scene, "explain"), 0);
    assert_int_equal(call(&scene, STRANGER, other, "Show", g_variant_new("(s)", "language")),
                     MADO_ERROR_BUSY);
    /* The claim ends: the screen is empty and free. */
    assert_int_equal(call(&scene, HOLDER, scene.session, "Release", NULL), 0);
    wait_for(&scene, scene.pages, "idle");
    assert_int_equal(call(&scene, STRANGER, other, "Show", g_variant_new("(s)", "language")),
                     0);
    end(&scene);
}

static void
the_holder_sees_what_the_resident_does(void **state)
{
    g_autoptr(FakeDeskCall) change = NULL;
    Scene scene;

    start(&scene, MADO_REALM_CODE_TRAINING);
    change = fake_desk_call(scene.desk, HOLDER, scene.session, MADO_IFACE_SESSION, "ChangePin",
                            g_variant_new("(s)", "text"));
    fake_desk_wait_until(scene.desk, is_prompted, &scene);
    wait_for(&scene, scene.heard[HOLDER], "typing:text");
    assert_int_equal(show(&scene, "explain"), MADO_ERROR_BAD_STATE);
    assert_int_equal(write(scene.entry, "1234", 4), 4);
    assert_int_equal(close(scene.entry), 0);
    scene.entry = -1;
    g_dbus_method_invocation_return_value(g_steal_pointer(&scene.prompt), NULL);
    wait_for(&scene, scene.heard[HOLDER], "typed:text");
    fake_desk_wait_until(scene.desk, is_prompted, &scene); /* the new one */
    g_dbus_method_invocation_return_dbus_error(g_steal_pointer(&scene.prompt),
                                               MADO_ERROR_PREFIX "PinForm", "mismatch");
    fake_desk_wait(scene.desk, change);
    assert_mado_error(change->error, MADO_ERROR_PIN_FORM);
    wait_for(&scene, scene.heard[HOLDER], "failed:text:mismatch");
    assert_int_equal(scene.heard[STRANGER]->len, 0);
    end(&scene);
}

static void
a_wrong_pin_is_told_to_the_resident(void **state)
{
    g_autoptr(FakeDeskCall) change = NULL;
    Scene scene;

    start(&scene, MADO_REALM_CODE_TRAINING);
    change = fake_desk_call(scene.desk, HOLDER, scene.session, MADO_IFACE_SESSION, "ChangePin",
                            g_variant_new("(s)", "text"));
    for (guint i = 0; i < 2; i++) {
        fake_desk_wait_until(scene.desk, is_prompted, &scene);
        assert_int_equal(write(scene.entry, i == 0 ? "1234" : "8264", 4), 4);
        assert_int_equal(close(scene.entry), 0);
        scene.entry = -1;
        g_dbus_method_invocation_return_value(g_steal_pointer(&scene.prompt), NULL);
    }
    fake_desk_wait(scene.desk, change);
    assert_mado_error(change->error, MADO_ERROR_PIN_WRONG);
    wait_for(&scene, scene.pages, "locked text 2");
    wait_for(&scene, scene.heard[HOLDER], "page:locked");
    end(&scene);
}

static void
without_an_agent_there_is_no_page(void **state)
{
    Scene scene;

    start(&scene, MADO_REALM_CODE_TRAINING);
    wait_for(&scene, scene.heard[HOLDER], "idle");
    assert_int_equal(call(&scene, AGENT, "", "UnregisterAgent", NULL), 0);
    wait_for(&scene, scene.heard[HOLDER], "");
    assert_int_equal(show(&scene, "explain"), MADO_ERROR_AGENT_GONE);
    assert_int_equal(answer(&scene, AGENT, "idle", "staff"), MADO_ERROR_NOT_FOUND);
    end(&scene);
}

static void
in_production_the_holders_own_user_has_no_page(void **state)
{
    Scene scene;

    start(&scene, MADO_REALM_CODE_PRODUCTION);
    assert_int_equal(show(&scene, "explain"), MADO_ERROR_AGENT_GONE);
    assert_int_equal(scene.pages->len, 0);
    end(&scene);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_is_shown_and_its_answer_told_to_the_holder_alone),
        cmocka_unit_test(only_the_agent_answers_and_only_what_is_shown),
        cmocka_unit_test(staff_is_called_from_anywhere),
        cmocka_unit_test(pages_that_are_not_the_clerks_are_refused),
        cmocka_unit_test(one_screen_serves_one_claim),
        cmocka_unit_test(the_holder_sees_what_the_resident_does),
        cmocka_unit_test(a_wrong_pin_is_told_to_the_resident),
        cmocka_unit_test(without_an_agent_there_is_no_page),
        cmocka_unit_test(in_production_the_holders_own_user_has_no_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
