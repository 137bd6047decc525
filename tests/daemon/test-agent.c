/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PIN prompts: who is asked, what counts as an entry, and what becomes of a prompt nobody needs
 * any more. */
#include "config.h"

#include "daemon/agent.h"
#include "tests/support/fake-desk.h"
#include "tests/support/test-error.h"

#include <gio/gunixfdlist.h>

#include <madoguchi/limits.h>
#include <madoguchi/names.h>
#include <string.h>
#include <unistd.h>

#define READER      "/readers/r1"
#define AGENT_PATH  "/agent"
#define AGENT_INDEX 1 /* which client is the agent */

typedef struct {
    FakeDesk *desk;
    char *session; /* of client 0 */
    guint object;  /* the agent's */
    guint n_prompts;
    guint n_dismissed;
    GDBusMethodInvocation *invocation; /* (nullable): the last prompt, not answered */
    GVariant *prompt;                  /* (nullable): what it said */
    int entry;                         /* its write end, or -1 */
} Scene;

/* A card whose text PIN is 1234 with three tries, and which forgets nothing. */
typedef struct {
    guint n_verified; /* VERIFY with data */
    char pin[32];     /* the last one sent */
} PinCard;

static gsize
pin_card(const guint8 *command, gsize len, guint8 *answer, gpointer data)
{
    PinCard *card = data;
    guint16 sw = 0x9000;

    if (command[1] == 0xCA) {
        sw = 0x6A88;
    } else if (command[1] == 0x20 && len == 4) {
        sw = 0x63C3;
    } else if (command[1] == 0x20) {
        card->n_verified++;
        memset(card->pin, 0, sizeof card->pin);
        memcpy(card->pin, command + 5, MIN(len - 5, sizeof card->pin - 1));
        sw = 0x63C2;
    } else if (command[1] == 0xB0) {
        sw = 0x6700;
        if (len == 5) { /* pieces: an empty object */
            answer[0] = 0x7F;
            answer[1] = 0x21;
            answer[2] = 0x00;
            answer[3] = 0x90;
            answer[4] = 0x00;
            return 5;
        }
    }
    answer[0] = (guint8)(sw >> 8);
    answer[1] = (guint8)(sw & 0xFF);
    return 2;
}

static const char agent_xml[] = "<node><interface name='" MADO_IFACE_PIN_AGENT "'>"
                                "<method name='Prompt'><arg type='a{sv}' direction='in'/>"
                                "<arg type='h' direction='in'/></method>"
                                "<method name='Dismiss'/></interface></node>";

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

    if (g_str_equal(method, "Dismiss")) {
        scene->n_dismissed++;
        g_dbus_method_invocation_return_value(invocation, NULL);
        return;
    }
    fds = g_dbus_message_get_unix_fd_list(g_dbus_method_invocation_get_message(invocation));
    scene->entry = g_unix_fd_list_get(fds, 0, NULL);
    g_clear_pointer(&scene->prompt, g_variant_unref);
    scene->prompt = g_variant_get_child_value(parameters, 0);
    scene->invocation = invocation;
    scene->n_prompts++;
}

static FakeDeskCall *
ask_register(Scene *scene, guint client)
{
    return fake_desk_call(scene->desk, client, "", MADO_IFACE_MANAGER, "RegisterAgent",
                          g_variant_new("(o)", AGENT_PATH));
}

static void
start(Scene *scene, MadoRealmCode realm, PinCard *card)
{
    static const GDBusInterfaceVTable vtable = {.method_call = on_agent_called};
    g_autoptr(GDBusNodeInfo) node = g_dbus_node_info_new_for_xml(agent_xml, NULL);
    g_autoptr(FakeDeskCall) call = NULL;

    *scene = (Scene){.entry = -1};
    scene->desk = fake_desk_new(realm);
    fake_desk_add_reader(scene->desk, 0);
    fake_desk_insert_card(scene->desk, 0);
    fake_desk_set_card(scene->desk, pin_card, card);
    scene->session = fake_desk_claim(scene->desk, 0, READER);
    scene->object = g_dbus_connection_register_object(
        fake_desk_client(scene->desk, AGENT_INDEX), AGENT_PATH, node->interfaces[0], &vtable,
        scene, NULL, NULL);
    call = ask_register(scene, AGENT_INDEX);
    fake_desk_wait(scene->desk, call);
    assert_no_mado_error(call->error);
}

static void
close_entry(Scene *scene)
{
    if (scene->entry >= 0)
        (void)close(scene->entry);
    scene->entry = -1;
}

static void
end(Scene *scene)
{
    close_entry(scene);
    g_clear_object(&scene->invocation);
    g_clear_pointer(&scene->prompt, g_variant_unref);
    g_free(scene->session);
    fake_desk_free(scene->desk);
}

/* The resident types, the agent closes the pipe and says it is done. */
static void
type(Scene *scene, const char *text)
{
    assert_int_equal(write(scene->entry, text, strlen(text)), strlen(text));
    close_entry(scene);
}

static void
say_done(Scene *scene)
{
    g_dbus_method_invocation_return_value(g_steal_pointer(&scene->invocation), NULL);
}

static void
say_failed_as(Scene *scene, const char *name)
{
    g_dbus_method_invocation_return_dbus_error(g_steal_pointer(&scene->invocation), name, "no");
}

static void
say_failed(Scene *scene)
{
    say_failed_as(scene, "org.example.Cancelled");
}

/* A call that asks for the text PIN. */
static FakeDeskCall *
ask_pin(Scene *scene)
{
    return fake_desk_call(scene->desk, 0, scene->session, MADO_IFACE_SESSION, "ChangePin",
                          g_variant_new("(s)", "text"));
}

static gboolean
is_prompted(gpointer data)
{
    const Scene *scene = data;

    return scene->invocation != NULL;
}

static gboolean
is_dismissed(gpointer data)
{
    const Scene *scene = data;

    return scene->n_dismissed > 0;
}

static FakeDeskCall *
start_prompt(Scene *scene)
{
    FakeDeskCall *call = ask_pin(scene);

    fake_desk_wait_until(scene->desk, is_prompted, scene);
    return call;
}

static void
expect(Scene *scene, FakeDeskCall *call, MadoErrorCode code)
{
    fake_desk_wait(scene->desk, call);
    assert_mado_error(call->error, code);
}

static void
a_prompt_says_what_is_wanted_and_the_tries_left(void **state)
{
    PinCard card = {0};
    g_autoptr(FakeDeskCall) call = NULL;
    const char *kind = NULL;
    const char *purpose = NULL;
    gint32 n_tries = 0;
    Scene scene;

    start(&scene, MADO_REALM_CODE_TRAINING, &card);
    call = start_prompt(&scene);
    assert_true(g_variant_lookup(scene.prompt, "kind", "&s", &kind));
    assert_true(g_variant_lookup(scene.prompt, "purpose", "&s", &purpose));
    assert_true(g_variant_lookup(scene.prompt, "tries", "i", &n_tries));
    assert_string_equal(kind, "text");
    assert_string_equal(purpose, "old");
    assert_int_equal(n_tries, 3);
    close_entry(&scene);
    say_done(&scene);
    expect(&scene, call, MADO_ERROR_CANCELLED);
    end(&scene);
}

static void
what_was_typed_reaches_the_card_once(void **state)
{
    PinCard card = {0};
    guint32 timeout_ms = 0;
    g_autoptr(FakeDeskCall) call = NULL;
    Scene scene;

    start(&scene, MADO_REALM_CODE_TRAINING, &card);
    call = start_prompt(&scene);
    type(&scene, "1234");
    say_done(&scene);
    fake_desk_wait_until(scene.desk, is_prompted, &scene);
    /* The old one waits for the new one, and no PIN may wait longer than one entry may take. */
    assert_true(g_variant_lookup(scene.prompt, "timeout-ms", "u", &timeout_ms));
    assert_int_equal(timeout_ms, MADO_TIMEOUT_PIN_ENTRY_MS - 3 * MADO_TIMEOUT_EXCHANGE_MS);
    type(&scene, "8264");
    say_done(&scene);
    expect(&scene, call, MADO_ERROR_PIN_WRONG);
    assert_int_equal(mado_error_tries_left(call->error), 2);
    assert_int_equal(card.n_verified, 1);
    assert_string_equal(card.pin, "1234");
    end(&scene);
}

static void
half_an_entry_costs_no_try(void **state)
{
    PinCard card = {0};
    g_autoptr(FakeDeskCall) call = NULL;
    Scene scene;

    start(&scene, MADO_REALM_CODE_TRAINING, &card);
    call = start_prompt(&scene);
    type(&scene, "12"); /* closed, as by a crash; then an error */
    say_failed(&scene);
    expect(&scene, call, MADO_ERROR_CANCELLED);
    assert_int_equal(card.n_verified, 0);
    end(&scene);
}

static void
an_entry_of_another_form_is_refused_before_the_card(void **state)
{
    PinCard card = {0};
    g_autoptr(FakeDeskCall) call = NULL;
    Scene scene;

    start(&scene, MADO_REALM_CODE_TRAINING, &card);
    call = start_prompt(&scene);
    type(&scene, "12a4");
    say_done(&scene);
    expect(&scene, call, MADO_ERROR_PIN_FORM);
    assert_int_equal(card.n_verified, 0);
    end(&scene);
}

static void
what_the_agent_finds_wrong_itself_has_its_name(void **state)
{
    static const MadoErrorCode codes[] = {MADO_ERROR_PIN_FORM, MADO_ERROR_TIMED_OUT};
    PinCard card = {0};
    Scene scene;

    start(&scene, MADO_REALM_CODE_TRAINING, &card);
    for (guint i = 0; i < G_N_ELEMENTS(codes); i++) {
        g_autofree char *name =
            g_strdup_printf(MADO_ERROR_PREFIX "%s", mado_error_nick(codes[i]));
        g_autoptr(FakeDeskCall) call = start_prompt(&scene);

        close_entry(&scene);
        say_failed_as(&scene, name);
        expect(&scene, call, codes[i]);
    }
    assert_int_equal(card.n_verified, 0);
    end(&scene);
}

/* ---- deadlines: the question alone, without a daemon around it ---- */

#define SHORT_MS   80U
#define DRIBBLE_MS (SHORT_MS / 4)

typedef struct {
    MadoAgent *agent;
    MadoAgentQuestion question;
    MadoInterrupt *interrupt;
    gint is_over; /* atomic */
    GError *error;
} Asking;

static gpointer
run_asking(gpointer data)
{
    Asking *asking = data;
    g_autoptr(MadoSecret) pin =
        mado_agent_ask(asking->agent, &asking->question, asking->interrupt, &asking->error);

    assert_null(pin);
    g_atomic_int_set(&asking->is_over, 1);
    g_main_context_wakeup(NULL);
    return NULL;
}

static gboolean
is_over(gpointer data)
{
    Asking *asking = data;

    return g_atomic_int_get(&asking->is_over) != 0;
}

/* One byte more, slower than the deadline but faster than it would be with a new one each time:
 * more than it takes to be longer than any PIN. */
static gboolean
dribble(gpointer data)
{
    const Scene *scene = data;

    if (scene->entry >= 0)
        (void)!write(scene->entry, "1", 1);
    return G_SOURCE_CONTINUE;
}

static void
an_entry_that_dribbles_in_is_over_in_time(void **state)
{
    PinCard card = {0};
    Scene scene;

    start(&scene, MADO_REALM_CODE_TRAINING, &card);
    for (guint i = 0; i < 2; i++) {
        Asking asking = {.agent = mado_agent_new(FALSE), .interrupt = mado_interrupt_new()};
        GDBusConnection *agent = fake_desk_client(scene.desk, AGENT_INDEX);
        GThread *thread;
        guint source;

        /* Of the whole, then of the writing alone. */
        *(i == 0 ? &asking.question.timeout_ms : &asking.question.write_ms) = SHORT_MS;
        assert_true(mado_agent_register(asking.agent, fake_desk_client(scene.desk, 0),
                                        g_dbus_connection_get_unique_name(agent), AGENT_PATH, 0,
                                        NULL));
        thread = g_thread_new("asking", run_asking, &asking);
        source = g_timeout_add(DRIBBLE_MS, dribble, &scene);
        fake_desk_wait_until(scene.desk, is_over, &asking);
        (void)g_thread_join(thread);
        (void)g_source_remove(source);
        assert_mado_error(asking.error, MADO_ERROR_TIMED_OUT);
        fake_desk_wait_until(scene.desk, is_dismissed, &scene);
        close_entry(&scene);
        g_clear_object(&scene.invocation);
        scene.n_dismissed = 0;
        g_clear_error(&asking.error);
        mado_interrupt_unref(asking.interrupt);
        mado_agent_unref(asking.agent);
    }
    end(&scene);
}

static void
an_entry_longer_than_any_pin_is_refused(void **state)
{
    PinCard card = {0};
    g_autoptr(FakeDeskCall) call = NULL;
    Scene scene;

    start(&scene, MADO_REALM_CODE_TRAINING, &card);
    call = start_prompt(&scene);
    type(&scene, "123456789012345678901234567890");
    expect(&scene, call, MADO_ERROR_PIN_FORM);
    fake_desk_wait_until(scene.desk, is_dismissed, &scene);
    end(&scene);
}

static void
an_agent_that_vanishes_ends_the_call(void **state)
{
    PinCard card = {0};
    g_autoptr(FakeDeskCall) call = NULL;
    Scene scene;

    start(&scene, MADO_REALM_CODE_TRAINING, &card);
    call = start_prompt(&scene);
    fake_desk_close_client(scene.desk, AGENT_INDEX);
    expect(&scene, call, MADO_ERROR_AGENT_GONE);
    assert_int_equal(card.n_verified, 0);
    end(&scene);
}

static void
a_cancel_takes_the_prompt_away(void **state)
{
    PinCard card = {0};
    g_autoptr(FakeDeskCall) call = NULL;
    g_autoptr(FakeDeskCall) cancel = NULL;
    Scene scene;

    start(&scene, MADO_REALM_CODE_TRAINING, &card);
    call = start_prompt(&scene);
    cancel = fake_desk_call(scene.desk, 0, scene.session, MADO_IFACE_SESSION, "Cancel", NULL);
    expect(&scene, call, MADO_ERROR_CANCELLED);
    fake_desk_wait(scene.desk, cancel);
    assert_no_mado_error(cancel->error);
    fake_desk_wait_until(scene.desk, is_dismissed, &scene);
    assert_false(fake_desk_is_open(scene.desk));
    end(&scene);
}

static void
a_card_taken_away_takes_the_prompt_away(void **state)
{
    PinCard card = {0};
    g_autoptr(FakeDeskCall) call = NULL;
    Scene scene;

    start(&scene, MADO_REALM_CODE_TRAINING, &card);
    call = start_prompt(&scene);
    fake_desk_remove_card(scene.desk, 0);
    expect(&scene, call, MADO_ERROR_CARD_REMOVED);
    fake_desk_wait_until(scene.desk, is_dismissed, &scene);
    end(&scene);
}

static void
without_an_agent_nothing_is_asked(void **state)
{
    PinCard card = {0};
    g_autoptr(FakeDeskCall) gone = NULL;
    g_autoptr(FakeDeskCall) call = NULL;
    Scene scene;

    start(&scene, MADO_REALM_CODE_TRAINING, &card);
    gone = fake_desk_call(scene.desk, AGENT_INDEX, "", MADO_IFACE_MANAGER, "UnregisterAgent",
                          NULL);
    fake_desk_wait(scene.desk, gone);
    assert_no_mado_error(gone->error);
    call = ask_pin(&scene);
    expect(&scene, call, MADO_ERROR_AGENT_GONE);
    end(&scene);
}

static void
in_production_the_holder_is_not_asked_by_his_own_user(void **state)
{
    PinCard card = {0};
    g_autoptr(FakeDeskCall) call = NULL;
    Scene scene;

    start(&scene, MADO_REALM_CODE_PRODUCTION, &card);
    call = ask_pin(&scene); /* agent and holder are this process's user */
    expect(&scene, call, MADO_ERROR_AGENT_GONE);
    assert_int_equal(scene.n_prompts, 0);
    end(&scene);
}

static void
there_is_one_agent_and_only_it_may_leave(void **state)
{
    PinCard card = {0};
    g_autoptr(FakeDeskCall) second = NULL;
    g_autoptr(FakeDeskCall) stranger = NULL;
    Scene scene;

    start(&scene, MADO_REALM_CODE_TRAINING, &card);
    second = ask_register(&scene, 0);
    expect(&scene, second, MADO_ERROR_BUSY);
    stranger = fake_desk_call(scene.desk, 0, "", MADO_IFACE_MANAGER, "UnregisterAgent", NULL);
    expect(&scene, stranger, MADO_ERROR_NOT_FOUND);
    end(&scene);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_prompt_says_what_is_wanted_and_the_tries_left),
        cmocka_unit_test(what_was_typed_reaches_the_card_once),
        cmocka_unit_test(half_an_entry_costs_no_try),
        cmocka_unit_test(an_entry_of_another_form_is_refused_before_the_card),
        cmocka_unit_test(what_the_agent_finds_wrong_itself_has_its_name),
        cmocka_unit_test(an_entry_that_dribbles_in_is_over_in_time),
        cmocka_unit_test(an_entry_longer_than_any_pin_is_refused),
        cmocka_unit_test(an_agent_that_vanishes_ends_the_call),
        cmocka_unit_test(a_cancel_takes_the_prompt_away),
        cmocka_unit_test(a_card_taken_away_takes_the_prompt_away),
        cmocka_unit_test(without_an_agent_nothing_is_asked),
        cmocka_unit_test(in_production_the_holder_is_not_asked_by_his_own_user),
        cmocka_unit_test(there_is_one_agent_and_only_it_may_leave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
