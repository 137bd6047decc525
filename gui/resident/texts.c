/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "gui/resident/texts.h"

#include "gui/resident/languages.h"

#include <madoguchi/card.h>
#include <string.h>

#define N_(text) (text)

static const char *
say(const char *text) G_GNUC_FORMAT(1);

static const char *
say(const char *text)
{
    return text[0] == '\0' ? "" : mado_languages_text(text);
}

/* ---- titles ---- */

static const char *
pin_title(const MadoFlow *flow)
{
    gboolean is_password = mado_flow_kind(flow) == MADO_PIN_SIGN;

    if (mado_flow_is_again(flow))
        return N_("Enter it again to confirm");
    if (mado_flow_purpose(flow) != MADO_FLOW_NEW)
        return is_password ? N_("Enter your present password")
                           : N_("Enter your present 4 digits");
    return is_password ? N_("Use capital letters and digits, 6 to 16 characters")
                       : N_("Enter 4 digits");
}

static const char *
locked_title(const MadoFlow *flow)
{
    int n_tries = mado_flow_tries(flow);

    if (n_tries <= 0)
        return say(N_("It is locked now. The staff will help you"));
    return say(N_("That was not right"));
}

const char *
mado_texts_title(const MadoFlow *flow)
{
    static const char *const titles[MADO_FLOW_N_PAGES] = {
        [MADO_FLOW_IDLE] = N_("Please wait for the staff"),
        [MADO_FLOW_LANGUAGE] = N_("Choose a language"),
        [MADO_FLOW_CONFIRM] = N_("These are your details. Are they correct?"),
        [MADO_FLOW_EXPLAIN] = N_("You will now choose your PINs"),
        [MADO_FLOW_SAME] = N_("There are three 4-digit PINs. You may use the same one for all"),
        [MADO_FLOW_MISMATCH] = N_("The two entries differ. Start again"),
        [MADO_FLOW_CONSENT] = N_("Do you agree to the issue of digital certificates?"),
        [MADO_FLOW_DONE] = N_("Finished. Please take your card"),
        [MADO_FLOW_TIMEOUT] = N_("Are you still there?"),
        [MADO_FLOW_HELP] = N_("Staff have been called"),
        [MADO_FLOW_SORRY] = N_("Please wait. The staff will explain what happens next"),
    };
    MadoFlowPage page = mado_flow_page(flow);
    guint progress[3];

    if (page == MADO_FLOW_PIN)
        return say(pin_title(flow));
    if (page == MADO_FLOW_LOCKED)
        return locked_title(flow);
    if (page == MADO_FLOW_WEAK)
        return say(mado_flow_kind(flow) == MADO_PIN_SIGN
                       ? N_("A password with your birthday cannot be used")
                       : N_("Birthdays and repeated digits cannot be used"));
    if (page == MADO_FLOW_WAIT) {
        mado_flow_progress(flow, progress);
        return say(progress[1] > 0 ? N_("Writing to your card. Do not move it")
                                   : N_("Please wait. Do not move the card"));
    }
    return say(titles[page] != NULL ? titles[page] : "");
}

/* ---- what stands below ---- */

static char *
explain_body(void)
{
    return g_strdup_printf(
        "%s\n\n・%s\n・%s\n・%s\n・%s",
        say(N_("Do not show them to anyone. Nobody at this office will ask you for them.")),
        say(N_("Password for digital signatures: letters and digits")),
        say(N_("PIN for user authentication: 4 digits")),
        say(N_("PIN for the resident register: 4 digits")),
        say(N_("PIN for the text on the card: 4 digits")));
}

static char *
consent_body(const MadoFlow *flow)
{
    guint slots = mado_flow_slots(flow);
    GString *body = g_string_new(NULL);

    if ((slots & MADO_SLOT_SIGN) != 0)
        g_string_append_printf(
            body, "・%s\n",
            say(N_("Certificate for digital signatures: to send applications online")));
    if ((slots & MADO_SLOT_AUTH) != 0)
        g_string_append_printf(
            body, "・%s\n", say(N_("Certificate for user authentication: to log in online")));
    return g_string_free(body, FALSE);
}

static char *
wait_body(const MadoFlow *flow)
{
    guint progress[3];
    guint seconds;

    mado_flow_progress(flow, progress);
    if (progress[1] == 0 || progress[2] == 0)
        return g_strdup("");
    seconds = (progress[2] + 999U) / 1000U;
    return g_strdup_printf(
        mado_languages_plural(/* TRANSLATORS: shown below a bar */
                              "About %u second left", "About %u seconds left", seconds),
        seconds);
}

static char *
locked_body(const MadoFlow *flow)
{
    int n_tries = mado_flow_tries(flow);

    if (n_tries <= 0)
        return g_strdup("");
    return g_strdup_printf(mado_languages_plural("%u more wrong try will lock it",
                                                 "%u more wrong tries will lock it",
                                                 (guint)n_tries),
                           (guint)n_tries);
}

char *
mado_texts_body(const MadoFlow *flow)
{
    static const char *const bodies[MADO_FLOW_N_PAGES] = {
        [MADO_FLOW_IDLE] = N_("You will be told when to begin."),
        [MADO_FLOW_WEAK] = N_("Please choose another one."),
        [MADO_FLOW_HELP] = N_("Please wait here."),
    };
    MadoFlowPage page = mado_flow_page(flow);

    if (page == MADO_FLOW_EXPLAIN)
        return explain_body();
    if (page == MADO_FLOW_CONSENT)
        return consent_body(flow);
    if (page == MADO_FLOW_WAIT)
        return wait_body(flow);
    if (page == MADO_FLOW_LOCKED)
        return locked_body(flow);
    return g_strdup(bodies[page] != NULL ? say(bodies[page]) : "");
}

/* ---- buttons ---- */

const char *
mado_texts_accept(const MadoFlow *flow)
{
    static const char *const words[MADO_FLOW_N_PAGES] = {
        [MADO_FLOW_CONFIRM] = N_("Yes, they are correct"),
        [MADO_FLOW_EXPLAIN] = N_("Next"),
        [MADO_FLOW_SAME] = N_("The same one for all three"),
        [MADO_FLOW_WEAK] = N_("Start again"),
        [MADO_FLOW_MISMATCH] = N_("Start again"),
        [MADO_FLOW_CONSENT] = N_("I agree"),
        [MADO_FLOW_TIMEOUT] = N_("I am still here"),
        [MADO_FLOW_HELP] = N_("Back"),
    };
    const char *word = words[mado_flow_page(flow)];

    return word != NULL ? say(word) : NULL;
}

const char *
mado_texts_decline(const MadoFlow *flow)
{
    static const char *const words[MADO_FLOW_N_PAGES] = {
        [MADO_FLOW_CONFIRM] = N_("Something is wrong"),
        [MADO_FLOW_SAME] = N_("A different one for each"),
        [MADO_FLOW_CONSENT] = N_("I do not agree"),
    };
    const char *word = words[mado_flow_page(flow)];

    return word != NULL ? say(word) : NULL;
}

/* ---- of a prompt ---- */

char *
mado_texts_place(const MadoFlow *flow)
{
    guint place;
    guint all;

    if (!mado_flow_place(flow, &place, &all))
        return g_strdup("");
    return g_strdup_printf("%u / %u", place, all);
}

const char *
mado_texts_purpose(const MadoFlow *flow)
{
    MadoFlowPage page = mado_flow_page(flow);

    if (!mado_flow_has_prompt(flow) && page != MADO_FLOW_LOCKED)
        return "";
    if (page == MADO_FLOW_SAME)
        return "";
    if (mado_flow_is_same(flow))
        return say(N_("PIN for all three uses"));
    switch (mado_flow_kind(flow)) {
    case MADO_PIN_SIGN:
        return say(N_("Password for digital signatures, to send applications online"));
    case MADO_PIN_AUTH:
        return say(N_("PIN for user authentication, to log in and for convenience stores"));
    case MADO_PIN_JUKI:
        return say(N_("PIN for the resident register, for procedures at the office"));
    case MADO_PIN_TEXT:
        return say(N_("PIN for the text on the card, to fill in forms"));
    }
    return "";
}

const char *
mado_texts_hint(const MadoFlow *flow)
{
    if (mado_flow_purpose(flow) != MADO_FLOW_NEW)
        return say(N_("Do not tell it to anyone, not even to the staff."));
    if (mado_flow_kind(flow) == MADO_PIN_SIGN)
        return say(N_("At least one letter and one digit. Do not tell it to the staff."));
    return say(N_("Do not use your birthday or a number that others can guess. Do not tell it "
                  "to the staff."));
}

char *
mado_texts_filled(const MadoFlow *flow)
{
    const MadoEntry *entry = mado_flow_entry(flow);

    return g_strdup_printf(say(N_("%u of %u entered")), mado_entry_len(entry),
                           mado_entry_max_len(entry));
}

char *
mado_texts_tries(const MadoFlow *flow)
{
    int n_tries = mado_flow_tries(flow);

    if (n_tries < 0 || mado_flow_purpose(flow) == MADO_FLOW_NEW)
        return g_strdup("");
    return g_strdup_printf(
        mado_languages_plural("%u try left", "%u tries left", (guint)n_tries), (guint)n_tries);
}

char *
mado_texts_countdown(guint seconds)
{
    return g_strdup_printf(mado_languages_plural("Back to the start in %u second",
                                                 "Back to the start in %u seconds", seconds),
                           seconds);
}

char *
mado_texts_birth(const char *birth, gboolean in_eras)
{
    static const char *const eras[] = {"", "明治", "大正", "昭和", "平成", "令和"};
    MadoDate date;
    MadoDateEra era;
    unsigned year;

    if (!mado_date_parse(birth, strlen(birth), &date))
        return g_strdup(birth);
    if (!in_eras)
        return g_strdup_printf("%u-%02u-%02u", date.year, date.month, date.day);
    if (!mado_date_era(&date, &era, &year))
        return g_strdup_printf("%u年%u月%u日", date.year, date.month, date.day);
    if (year == 1)
        return g_strdup_printf("%s元年%u月%u日（%u年）", eras[era], date.month, date.day,
                               date.year);
    return g_strdup_printf("%s%u年%u月%u日（%u年）", eras[era], year, date.month, date.day,
                           date.year);
}

const char *
mado_texts_word(MadoTextsWord word)
{
    static const char *const words[MADO_TEXTS_N_WORDS] = {
        [MADO_TEXTS_STOP] = N_("Stop"),
        [MADO_TEXTS_STAFF] = N_("Call staff"),
        [MADO_TEXTS_LARGER] = N_("Larger text"),
        [MADO_TEXTS_CONTRAST] = N_("High contrast"),
        [MADO_TEXTS_ERASE] = N_("Delete"),
        [MADO_TEXTS_NEXT] = N_("Next"),
        [MADO_TEXTS_REVEAL] = N_("Show for 5 seconds"),
        [MADO_TEXTS_TRAINING] = N_("Training: the card and the data are not real"),
        [MADO_TEXTS_KEYPAD] = N_("Keys to type with"),
        [MADO_TEXTS_KEY_ORDER] = N_("Order of the letters"),
        [MADO_TEXTS_BACK] = N_("Back"),
        [MADO_TEXTS_NAME] = N_("Name"),
        [MADO_TEXTS_KANA] = N_("Reading of the name"),
        [MADO_TEXTS_BIRTH] = N_("Date of birth"),
        [MADO_TEXTS_SEX] = N_("Sex"),
        [MADO_TEXTS_ADDRESS] = N_("Address"),
        [MADO_TEXTS_SUBSTITUTED] =
            N_("Some characters cannot be used. In the certificates your name is written:"),
    };

    return say(words[word]);
}
