/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The resident's screen between a clerk, the daemon and the agent: who may show a page, who is
 * told what the resident did, and that nobody else is. */
#include "config.h"

#include "daemon/sealed.h"
#include "daemon/session-screen.h"
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
    int person;       /* of the last page that had one, or -1 */
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
    guint progress[3];

    g_variant_get_child(parameters, 0, "&s", &page);
    if (g_variant_lookup(details, "kind", "&s", &kind) &&
        g_variant_lookup(details, "tries", "i", &tries))
        return g_strdup_printf("%s %s %d", page, kind, tries);
    if (g_variant_lookup(details, "certificates", "&s", &kind))
        return g_strdup_printf("%s %s", page, kind);
    if (g_variant_lookup(details, "progress", "(uuu)", &progress[0], &progress[1],
                         &progress[2]))
        return g_strdup_printf("%s %u/%u %u", page, progress[0], progress[1], progress[2]);
    return g_strdup(page);
}

static void
take_person(Scene *scene, GVariant *parameters, GDBusMethodInvocation *invocation)
{
    g_autoptr(GVariant) details = g_variant_get_child_value(parameters, 1);
    GUnixFDList *fds =
        g_dbus_message_get_unix_fd_list(g_dbus_method_invocation_get_message(invocation));
    gint32 place;

    if (scene->person >= 0)
        (void)close(scene->person);
    scene->person = -1;
    if (fds != NULL && g_variant_lookup(details, "person", "h", &place))
        scene->person = g_unix_fd_list_get(fds, place, NULL);
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
    if (g_str_equal(method, "Show")) {
        take_person(scene, parameters, invocation);
        g_ptr_array_add(scene->pages, page_text(parameters));
    }
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

    *scene = (Scene){.entry = -1, .person = -1};
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
    if (scene->person >= 0)
        (void)close(scene->person);
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

/* ---- what follows from a visit's steps ---- */

typedef struct {
    Scene scene;
    MadoAgent *agent;
    MadoScreen *screen;
    MadoSessionScreen *session;
} Visit;

static void
ignore_state(const char *state, gpointer user_data)
{
}

static void
ignore_answer(const char *page, const char *answer, gpointer user_data)
{
}

/* A screen of the test's own, whose agent is the scene's. */
static void
start_visit(Visit *visit)
{
    MadoScreenSeat seat = {.on_state = ignore_state, .on_answered = ignore_answer};
    GDBusConnection *client;
    g_autoptr(GError) error = NULL;

    start(&visit->scene, MADO_REALM_CODE_TRAINING);
    client = fake_desk_client(visit->scene.desk, AGENT);
    visit->agent = mado_agent_new(FALSE);
    visit->screen = mado_screen_new(visit->agent);
    (void)mado_agent_register(visit->agent, fake_desk_client(visit->scene.desk, HOLDER),
                              g_dbus_connection_get_unique_name(client), AGENT_PATH, 0, &error);
    assert_no_mado_error(error);
    visit->session = mado_session_screen_new(visit->screen, &seat);
}

static void
end_visit(Visit *visit)
{
    mado_session_screen_free(visit->session);
    (void)mado_agent_unregister(visit->agent, g_dbus_connection_get_unique_name(
                                                  fake_desk_client(visit->scene.desk, AGENT)));
    mado_screen_unref(visit->screen);
    mado_agent_unref(visit->agent);
    end(&visit->scene);
}

/* @details floating. */
static void
reach(Visit *visit, MadoStepKind kind, GVariant *details, GUnixFDList *fds)
{
    g_auto(MadoStep) step = {.kind = kind, .procedure = "issue"};

    step.details = g_variant_ref_sink(details);
    step.fds = fds != NULL ? g_object_ref(fds) : NULL;
    mado_session_screen_take_step(visit->session, &step);
}

static void
reach_person(Visit *visit)
{
    static const guint8 person[] = {0xC1, 0x01, 'A'};
    g_autoptr(GUnixFDList) fds = NULL;
    int fd = mado_sealed_new("person", person, sizeof person, NULL);

    assert_true(fd >= 0);
    fds = g_unix_fd_list_new_from_array(&fd, 1);
    reach(visit, MADO_STEP_DECIDE, g_variant_new_parsed("{'person': <handle 0>}"), fds);
}

static MadoErrorCode
show_for(Visit *visit, const char *page)
{
    g_autoptr(GError) error = NULL;

    return mado_session_screen_show(visit->session, page, &error) ? 0 : mado_error_code(error);
}

static void
the_person_of_a_visit_is_shown_while_it_is_open(void **state)
{
    Visit visit;
    char byte[3];

    start_visit(&visit);
    assert_int_equal(show_for(&visit, "confirm"), MADO_ERROR_BAD_STATE);
    reach_person(&visit);
    assert_int_equal(show_for(&visit, "confirm"), 0);
    wait_for(&visit.scene, visit.scene.pages, "confirm");
    assert_int_equal(pread(visit.scene.person, byte, sizeof byte, 0), 3);
    assert_int_equal(byte[2], 'A');
    reach(&visit, MADO_STEP_PINS, g_variant_new_parsed("@a{sv} {}"), NULL);
    assert_int_equal(show_for(&visit, "consent"), 0); /* it is still the same visit */
    wait_for(&visit.scene, visit.scene.pages, "consent auth sign");
    reach(&visit, MADO_STEP_DONE, g_variant_new_parsed("{'outcome': <'committed'>}"), NULL);
    assert_int_equal(show_for(&visit, "confirm"), MADO_ERROR_BAD_STATE);
    end_visit(&visit);
}

static void
the_end_of_a_visit_is_shown_by_itself(void **state)
{
    Visit visit;
    const guint progress[] = {3, 7, 1500};

    start_visit(&visit);
    mado_session_screen_progress(visit.session, progress);
    wait_for(&visit.scene, visit.scene.pages, "wait 3/7 1500");
    assert_string_equal(mado_session_screen_state(visit.session), "page:wait");
    reach(&visit, MADO_STEP_DONE, g_variant_new_parsed("{'outcome': <'committed'>}"), NULL);
    wait_for(&visit.scene, visit.scene.pages, "done");
    reach(&visit, MADO_STEP_HOLD, g_variant_new_parsed("{'error': <'CardRemoved'>}"), NULL);
    wait_for(&visit.scene, visit.scene.pages, "sorry");
    assert_string_equal(mado_session_screen_state(visit.session), "page:sorry");
    end_visit(&visit);
}

static void
a_visit_that_was_refused_is_not_called_done(void **state)
{
    Visit visit;

    start_visit(&visit);
    reach(&visit, MADO_STEP_DONE, g_variant_new_parsed("{'outcome': <'refused'>}"), NULL);
    wait_for(&visit.scene, visit.scene.pages, "sorry");
    end_visit(&visit);
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
        cmocka_unit_test(the_person_of_a_visit_is_shown_while_it_is_open),
        cmocka_unit_test(the_end_of_a_visit_is_shown_by_itself),
        cmocka_unit_test(a_visit_that_was_refused_is_not_called_done),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
