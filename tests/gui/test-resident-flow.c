/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What happens on the resident's screen, without a screen: the entry's form, the story of the
 * PINs, every way a prompt can end, and that nothing is kept after it. */
#include "config.h"

#include "gui/resident/flow.h"
#include "gui/resident/story.h"
#include "tests/support/test.h"

#include <string.h>

#define VISIT "00112233445566778899aabbccddeeff"
#define OTHER "ffeeddccbbaa99887766554433221100"

typedef struct {
    MadoFlow *flow;
    GString *heard; /* what the flow told, one word each */
    char typed[32];
} Scene;

static void
on_changed(gpointer user_data)
{
}

static void
on_entered(const MadoSecret *pin, gpointer user_data)
{
    Scene *scene = user_data;

    memset(scene->typed, 0, sizeof scene->typed);
    memcpy(scene->typed, mado_secret_peek(pin), mado_secret_len(pin));
    g_string_append_printf(scene->heard, "entered:%s ", scene->typed);
}

static void
on_refused(MadoErrorCode code, const char *why, gpointer user_data)
{
    Scene *scene = user_data;

    g_string_append_printf(scene->heard, "%s%s%s ", mado_error_nick(code),
                           why != NULL ? ":" : "", why != NULL ? why : "");
}

static void
on_forgotten(gpointer user_data)
{
}

static void
on_answered(const char *page, const char *answer, gpointer user_data)
{
    Scene *scene = user_data;

    g_string_append_printf(scene->heard, "%s=%s ", page, answer);
}

static int
set_up(void **state)
{
    Scene *scene = g_new0(Scene, 1);
    MadoFlowSettings settings = {
        .on_changed = on_changed,
        .on_entered = on_entered,
        .on_refused = on_refused,
        .on_forgotten = on_forgotten,
        .on_answered = on_answered,
        .user_data = scene,
    };

    scene->heard = g_string_new(NULL);
    scene->flow = mado_flow_new(&settings);
    *state = scene;
    return 0;
}

static int
tear_down(void **state)
{
    Scene *scene = *state;

    mado_flow_free(scene->flow);
    g_string_free(scene->heard, TRUE);
    g_free(scene);
    return 0;
}

static void
prompt_in(Scene *scene, const char *visit, MadoPinKind kind, MadoFlowPurpose purpose)
{
    MadoFlowPrompt prompt = {.kind = kind, .purpose = purpose, .n_tries = -1, .visit = visit};

    assert_true(mado_flow_prompt(scene->flow, &prompt));
}

static void
prompt(Scene *scene, MadoPinKind kind)
{
    prompt_in(scene, VISIT, kind, MADO_FLOW_NEW);
}

static void
type(Scene *scene, const char *text)
{
    for (; *text != '\0'; text++)
        mado_flow_press(scene->flow, *text);
}

/* Types it and goes on. */
static void
enter(Scene *scene, const char *text)
{
    type(scene, text);
    mado_flow_accept(scene->flow);
}

static void
assert_heard(Scene *scene, const char *text)
{
    assert_string_equal(scene->heard->str, text);
    g_string_set_size(scene->heard, 0);
}

static void
assert_page(Scene *scene, MadoFlowPage page)
{
    assert_int_equal(mado_flow_page(scene->flow), page);
}

/* ---- the entry ---- */

static void
an_entry_takes_its_own_characters_alone(void **state)
{
    g_autoptr(MadoEntry) entry = mado_entry_new();

    assert_false(mado_entry_press(entry, 'A'));
    assert_false(mado_entry_press(entry, '-'));
    assert_true(mado_entry_press(entry, '8'));
    assert_true(mado_entry_press(entry, '2'));
    assert_true(mado_entry_press(entry, '6'));
    assert_int_equal(mado_entry_check_form(entry), MADO_PIN_RULE_BAD_LENGTH);
    assert_true(mado_entry_press(entry, '4'));
    assert_false(mado_entry_press(entry, '1')); /* full */
    assert_int_equal(mado_entry_check_form(entry), MADO_PIN_RULE_GOOD);
    assert_int_equal(mado_entry_at(entry, 3), '4');
    assert_int_equal(mado_entry_at(entry, 4), 0);
}

static void
small_letters_become_capitals(void **state)
{
    g_autoptr(MadoEntry) entry = mado_entry_new();
    g_autoptr(MadoSecret) taken = NULL;

    mado_entry_start(entry, MADO_PIN_RULE_PASSWORD);
    for (const char *at = "mado2026"; *at != '\0'; at++)
        assert_true(mado_entry_press(entry, *at));
    taken = mado_entry_take(entry);
    assert_int_equal(mado_secret_len(taken), 8);
    assert_memory_equal(mado_secret_peek(taken), "MADO2026", 8);
    assert_int_equal(mado_entry_len(entry), 0);
}

static void
what_is_erased_is_gone(void **state)
{
    g_autoptr(MadoEntry) entry = mado_entry_new();

    assert_false(mado_entry_erase(entry));
    assert_true(mado_entry_press(entry, '7'));
    assert_true(mado_entry_press(entry, '9'));
    assert_true(mado_entry_erase(entry));
    assert_int_equal(mado_entry_len(entry), 1);
    assert_int_equal(mado_entry_at(entry, 1), 0);
    mado_entry_clear(entry);
    assert_int_equal(mado_entry_len(entry), 0);
}

/* ---- one PIN ---- */

static void
a_new_pin_is_typed_twice(void **state)
{
    Scene *scene = *state;

    prompt_in(scene, "", MADO_PIN_AUTH, MADO_FLOW_NEW);
    assert_page(scene, MADO_FLOW_PIN);
    assert_false(mado_flow_is_again(scene->flow));
    enter(scene, "8629");
    assert_true(mado_flow_is_again(scene->flow));
    assert_heard(scene, "");
    enter(scene, "8629");
    assert_heard(scene, "entered:8629 ");
    assert_page(scene, MADO_FLOW_WAIT);
    assert_int_equal(mado_entry_len(mado_flow_entry(scene->flow)), 0);
}

static void
a_present_pin_is_typed_once(void **state)
{
    Scene *scene = *state;

    prompt_in(scene, "", MADO_PIN_TEXT, MADO_FLOW_VERIFY);
    enter(scene, "1111"); /* weak, but it is what the card has */
    assert_heard(scene, "entered:1111 ");
}

static void
an_entry_that_is_not_complete_goes_nowhere(void **state)
{
    Scene *scene = *state;

    prompt_in(scene, "", MADO_PIN_SIGN, MADO_FLOW_NEW);
    enter(scene, "MADO2");
    enter(scene, "X");
    assert_true(mado_flow_is_again(scene->flow)); /* MADO2X: six, both kinds */
    assert_heard(scene, "");
}

static void
two_that_differ_are_typed_again(void **state)
{
    Scene *scene = *state;

    prompt_in(scene, "", MADO_PIN_AUTH, MADO_FLOW_NEW);
    enter(scene, "8629");
    enter(scene, "8628");
    assert_page(scene, MADO_FLOW_MISMATCH);
    mado_flow_accept(scene->flow);
    assert_page(scene, MADO_FLOW_PIN);
    assert_false(mado_flow_is_again(scene->flow));
    enter(scene, "8628");
    enter(scene, "8628");
    assert_heard(scene, "entered:8628 ");
}

static void
weak_choices_are_refused_before_the_card(void **state)
{
    static const char *const weak[] = {"1111", "1234", "9876", "1989", "0107", "6401"};
    Scene *scene = *state;
    MadoBodyPerson person = {.name = "葛城　邉子", .birth = "19890107"};

    mado_flow_show_confirm(scene->flow, &person);
    mado_flow_accept(scene->flow);
    assert_heard(scene, "confirm=yes ");
    for (gsize i = 0; i < G_N_ELEMENTS(weak); i++) {
        prompt_in(scene, "", MADO_PIN_AUTH, MADO_FLOW_NEW);
        enter(scene, weak[i]);
        assert_page(scene, MADO_FLOW_WEAK);
        mado_flow_stop(scene->flow);
        assert_heard(scene, "Cancelled ");
        mado_flow_show_confirm(scene->flow, &person); /* stopping forgets the person */
    }
}

static void
who_cannot_choose_is_told_to_the_clerk(void **state)
{
    Scene *scene = *state;

    prompt_in(scene, "", MADO_PIN_AUTH, MADO_FLOW_NEW);
    for (guint i = 0; i < 5; i++) {
        enter(scene, "8629");
        enter(scene, "8628");
        mado_flow_accept(scene->flow);
    }
    assert_heard(scene, "PinForm:mismatch ");
    assert_false(mado_flow_has_prompt(scene->flow));
    prompt_in(scene, "", MADO_PIN_AUTH, MADO_FLOW_NEW);
    for (guint i = 0; i < 5; i++) {
        enter(scene, "7777");
        mado_flow_accept(scene->flow);
    }
    assert_heard(scene, "PinForm:weak ");
}

/* ---- the story of four ---- */

static void
one_number_for_three_is_typed_for_the_first(void **state)
{
    Scene *scene = *state;
    guint place;
    guint all;

    prompt(scene, MADO_PIN_SIGN);
    assert_true(mado_flow_place(scene->flow, &place, &all));
    assert_int_equal(place, 1);
    assert_int_equal(all, 4);
    enter(scene, "MADO2026");
    enter(scene, "MADO2026");
    assert_heard(scene, "entered:MADO2026 ");
    prompt(scene, MADO_PIN_AUTH);
    assert_page(scene, MADO_FLOW_SAME);
    mado_flow_accept(scene->flow);
    enter(scene, "8629");
    enter(scene, "8629");
    assert_heard(scene, "entered:8629 ");
    prompt(scene, MADO_PIN_JUKI);
    assert_heard(scene, "entered:8629 ");
    prompt(scene, MADO_PIN_TEXT);
    assert_heard(scene, "entered:8629 ");
    prompt(scene, MADO_PIN_TEXT); /* its last use is over */
    assert_page(scene, MADO_FLOW_PIN);
}

static void
a_number_for_each_is_typed_for_each(void **state)
{
    Scene *scene = *state;

    prompt(scene, MADO_PIN_AUTH);
    mado_flow_decline(scene->flow);
    enter(scene, "8629");
    enter(scene, "8629");
    prompt(scene, MADO_PIN_JUKI);
    assert_page(scene, MADO_FLOW_PIN);
    enter(scene, "7353");
    enter(scene, "7353");
    assert_heard(scene, "entered:8629 entered:7353 ");
}

static void
a_number_the_daemon_did_not_take_is_typed_anew(void **state)
{
    Scene *scene = *state;

    prompt(scene, MADO_PIN_AUTH);
    mado_flow_accept(scene->flow);
    enter(scene, "8629");
    enter(scene, "8629");
    prompt(scene, MADO_PIN_AUTH);
    assert_page(scene, MADO_FLOW_PIN);
    enter(scene, "7353");
    enter(scene, "7353");
    prompt(scene, MADO_PIN_JUKI);
    assert_heard(scene, "entered:8629 entered:7353 entered:7353 ");
}

static void
nothing_is_kept_for_another_visit(void **state)
{
    Scene *scene = *state;

    prompt(scene, MADO_PIN_AUTH);
    mado_flow_accept(scene->flow);
    enter(scene, "8629");
    enter(scene, "8629");
    prompt_in(scene, OTHER, MADO_PIN_JUKI, MADO_FLOW_NEW);
    assert_page(scene, MADO_FLOW_SAME);
    assert_heard(scene, "entered:8629 ");
}

static void
the_last_word_stays_to_be_read(void **state)
{
    Scene *scene = *state;

    mado_flow_show(scene->flow, MADO_FLOW_DONE);
    mado_flow_show(scene->flow, MADO_FLOW_IDLE);
    assert_page(scene, MADO_FLOW_DONE);
    assert_true(mado_flow_lingers(scene->flow));
    mado_flow_idle(scene->flow);
    assert_page(scene, MADO_FLOW_IDLE);
    mado_flow_show_locked(scene->flow, MADO_PIN_AUTH, 2);
    mado_flow_show(scene->flow, MADO_FLOW_IDLE);
    assert_int_equal(mado_flow_tries(scene->flow), 2);
    prompt_in(scene, "", MADO_PIN_AUTH, MADO_FLOW_NEW); /* but not in the way of the next */
    assert_page(scene, MADO_FLOW_PIN);
    assert_false(mado_flow_lingers(scene->flow));
}

static void
nothing_is_kept_after_idle(void **state)
{
    Scene *scene = *state;

    prompt(scene, MADO_PIN_AUTH);
    mado_flow_accept(scene->flow);
    enter(scene, "8629");
    enter(scene, "8629");
    mado_flow_show(scene->flow, MADO_FLOW_IDLE);
    prompt(scene, MADO_PIN_JUKI);
    assert_page(scene, MADO_FLOW_SAME);
}

/* ---- ways out ---- */

static void
stopping_ends_the_prompt(void **state)
{
    Scene *scene = *state;

    prompt(scene, MADO_PIN_SIGN);
    type(scene, "MADO2026");
    mado_flow_stop(scene->flow);
    assert_heard(scene, "Cancelled ");
    assert_page(scene, MADO_FLOW_IDLE);
    assert_int_equal(mado_entry_len(mado_flow_entry(scene->flow)), 0);
}

static void
a_dismissed_prompt_is_gone(void **state)
{
    Scene *scene = *state;

    prompt(scene, MADO_PIN_SIGN);
    type(scene, "MADO2026");
    mado_flow_dismiss(scene->flow);
    mado_flow_dismiss(scene->flow);
    assert_heard(scene, "Cancelled ");
    assert_page(scene, MADO_FLOW_IDLE);
    assert_int_equal(mado_entry_len(mado_flow_entry(scene->flow)), 0);
}

static void
who_is_gone_is_wiped(void **state)
{
    Scene *scene = *state;

    prompt(scene, MADO_PIN_SIGN);
    type(scene, "MADO");
    mado_flow_expire(scene->flow); /* not before it was asked */
    assert_heard(scene, "");
    mado_flow_idle(scene->flow);
    assert_page(scene, MADO_FLOW_TIMEOUT);
    mado_flow_press(scene->flow, '2'); /* does not reach the entry below */
    assert_int_equal(mado_entry_len(mado_flow_entry(scene->flow)), 4);
    mado_flow_accept(scene->flow); /* still here */
    assert_page(scene, MADO_FLOW_PIN);
    assert_int_equal(mado_entry_len(mado_flow_entry(scene->flow)), 4);
    mado_flow_idle(scene->flow);
    mado_flow_expire(scene->flow);
    assert_heard(scene, "TimedOut ");
    assert_page(scene, MADO_FLOW_IDLE);
    assert_int_equal(mado_entry_len(mado_flow_entry(scene->flow)), 0);
}

static void
staff_can_be_called_from_everywhere(void **state)
{
    Scene *scene = *state;

    mado_flow_call_staff(scene->flow);
    assert_page(scene, MADO_FLOW_HELP);
    mado_flow_accept(scene->flow);
    prompt(scene, MADO_PIN_SIGN);
    type(scene, "MADO");
    mado_flow_call_staff(scene->flow);
    mado_flow_accept(scene->flow);
    assert_page(scene, MADO_FLOW_PIN);
    assert_int_equal(mado_entry_len(mado_flow_entry(scene->flow)), 4);
    assert_heard(scene, "idle=staff prompt=staff ");
}

static void
a_language_can_be_chosen_while_typing(void **state)
{
    Scene *scene = *state;

    prompt(scene, MADO_PIN_SIGN);
    type(scene, "MADO");
    mado_flow_open_languages(scene->flow);
    assert_page(scene, MADO_FLOW_LANGUAGE);
    mado_flow_language_chosen(scene->flow);
    assert_page(scene, MADO_FLOW_PIN);
    assert_int_equal(mado_entry_len(mado_flow_entry(scene->flow)), 4);
    mado_flow_stop(scene->flow);
    mado_flow_show(scene->flow, MADO_FLOW_LANGUAGE);
    mado_flow_language_chosen(scene->flow);
    assert_heard(scene, "Cancelled language=yes ");
}

static void
pages_are_answered_once(void **state)
{
    Scene *scene = *state;

    mado_flow_show(scene->flow, MADO_FLOW_EXPLAIN);
    mado_flow_decline(scene->flow); /* it has no such button */
    mado_flow_accept(scene->flow);
    mado_flow_accept(scene->flow);
    mado_flow_show_consent(scene->flow, MADO_SLOT_AUTH, NULL);
    mado_flow_decline(scene->flow);
    mado_flow_show(scene->flow, MADO_FLOW_EXPLAIN);
    mado_flow_idle(scene->flow);
    mado_flow_expire(scene->flow);
    assert_heard(scene, "explain=yes consent=no explain=stop ");
}

static void
a_page_does_not_take_a_prompt_away(void **state)
{
    Scene *scene = *state;

    prompt(scene, MADO_PIN_SIGN);
    mado_flow_show(scene->flow, MADO_FLOW_DONE);
    mado_flow_show_wait(scene->flow, 1, 2, 3);
    mado_flow_show_locked(scene->flow, MADO_PIN_AUTH, 2);
    assert_page(scene, MADO_FLOW_PIN);
    mado_flow_show(scene->flow, MADO_FLOW_IDLE); /* but this does */
    assert_heard(scene, "Cancelled ");
}

static void
the_person_is_forgotten_with_the_page(void **state)
{
    Scene *scene = *state;
    MadoBodyPerson person = {.name = "葛城　邉子", .birth = "19890107"};

    mado_flow_show_confirm(scene->flow, &person);
    assert_non_null(mado_flow_person(scene->flow));
    mado_flow_decline(scene->flow);
    assert_null(mado_flow_person(scene->flow));
    mado_flow_show_confirm(scene->flow, &person);
    mado_flow_reset(scene->flow);
    assert_null(mado_flow_person(scene->flow));
    assert_heard(scene, "confirm=no ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_entry_takes_its_own_characters_alone),
        TEST(small_letters_become_capitals),
        TEST(what_is_erased_is_gone),
        TEST(a_new_pin_is_typed_twice),
        TEST(a_present_pin_is_typed_once),
        TEST(an_entry_that_is_not_complete_goes_nowhere),
        TEST(two_that_differ_are_typed_again),
        TEST(weak_choices_are_refused_before_the_card),
        TEST(who_cannot_choose_is_told_to_the_clerk),
        TEST(one_number_for_three_is_typed_for_the_first),
        TEST(a_number_for_each_is_typed_for_each),
        TEST(a_number_the_daemon_did_not_take_is_typed_anew),
        TEST(nothing_is_kept_for_another_visit),
        TEST(the_last_word_stays_to_be_read),
        TEST(nothing_is_kept_after_idle),
        TEST(stopping_ends_the_prompt),
        TEST(a_dismissed_prompt_is_gone),
        TEST(who_is_gone_is_wiped),
        TEST(staff_can_be_called_from_everywhere),
        TEST(a_language_can_be_chosen_while_typing),
        TEST(pages_are_answered_once),
        TEST(a_page_does_not_take_a_prompt_away),
        TEST(the_person_is_forgotten_with_the_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
