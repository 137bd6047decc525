/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "client/sentences.h"

#include "client/text.h"
#include "common/error.h"

#include <glib/gi18n.h>

#include <string.h>

/* Sorted as errors.h is. clang-format would put the texts on one line each. */
/* clang-format off */
static const MadoSentence sentences[] = {
    {MADO_ERROR_NOT_FOUND, MADO_EXIT_REFUSED,
     N_("There is nothing by that name."),
     N_("The request, visit or reader is not known here, or it has ended."),
     N_("Check the name. List what there is with “readers” or “visits”.")},
    {MADO_ERROR_BUSY, MADO_EXIT_REFUSED,
     N_("In use."),
     N_("Another program or another call holds the reader or the entry of PINs."),
     N_("Finish the work there, then try again.")},
    {MADO_ERROR_NOT_CLAIMED, MADO_EXIT_REFUSED,
     N_("This program does not hold the reader."),
     N_("The claim has ended, or belongs to another program."),
     N_("Start the command again.")},
    {MADO_ERROR_NOT_AUTHORIZED, MADO_EXIT_REFUSED,
     N_("Not allowed."),
     N_("The desk's rules do not allow this to your user, or the service that decides (polkit) does not answer."),
     N_("Ask the technician for the right, or work under a user who has it.")},
    {MADO_ERROR_BAD_ARGUMENT, MADO_EXIT_REFUSED,
     N_("An input is not right."),
     N_("See the detail."),
     N_("Correct the input. Nothing was changed.")},
    {MADO_ERROR_LIMIT, MADO_EXIT_REFUSED,
     N_("A limit is reached."),
     N_("Too many claims, calls or unsent receipts, or an input that is too long."),
     N_("Send the receipts with “relay --once”, close what is not needed, then try again.")},
    {MADO_ERROR_TIMED_OUT, MADO_EXIT_REFUSED,
     N_("No answer in time."),
     N_("The person at the entry, or the service, took too long."),
     N_("Try again.")},
    {MADO_ERROR_CANCELLED, MADO_EXIT_REFUSED,
     N_("Cancelled."),
     N_("The work was stopped from this side."),
     N_("If a visit was open it is on hold: finish it with “resume”.")},
    {MADO_ERROR_BAD_STATE, MADO_EXIT_REFUSED,
     N_("Not possible at this step."),
     N_("The visit is at another step than this call is for."),
     N_("Look at “visits”; continue with “resume”.")},
    {MADO_ERROR_INTERNAL, MADO_EXIT_DESK,
     N_("A defect in this software."),
     N_("Something happened that must not happen. The card is judged by its own record when the visit is resumed."),
     N_("Tell the maintainers the number, the time and the detail.")},
    {MADO_ERROR_CONFIG, MADO_EXIT_DESK,
     N_("A configuration or key file cannot be used."),
     N_("It is missing, malformed, or readable by others. The detail names it."),
     N_("Correct the file; “--check-config” says whether it is right.")},
    {MADO_ERROR_SERVICE_GONE, MADO_EXIT_CARD,
     N_("The smart card service (pcscd) is not running."),
     N_("It is not installed, not started, or refuses the desk's daemon."),
     N_("Start it (systemctl start pcscd.socket), then try again.")},
    {MADO_ERROR_READER_GONE, MADO_EXIT_CARD,
     N_("No such card reader."),
     N_("It was unplugged, or the smart card service does not know it."),
     N_("Check the USB cable, then look at “readers”.")},
    {MADO_ERROR_DAEMON_GONE, MADO_EXIT_DESK,
     N_("The desk's daemon (madoguchid) is not reachable."),
     N_("It is not started, or it ended during the call. A visit that was open is on hold, nothing is lost."),
     N_("Start it (systemctl start madoguchid), then look at “visits”.")},
    {MADO_ERROR_CARD_ABSENT, MADO_EXIT_CARD,
     N_("No card in the reader."),
     N_("No card was placed, or it lies outside the field."),
     N_("Place the card and try again.")},
    {MADO_ERROR_CARD_REMOVED, MADO_EXIT_CARD,
     N_("The card was removed."),
     N_("It was taken away or moved during the work."),
     N_("Place the same card again. If a visit was open, continue it with “resume”; the card's own record decides how.")},
    {MADO_ERROR_CARD_MUTE, MADO_EXIT_CARD,
     N_("The card does not answer."),
     N_("Dirty contacts, a weak field, or a broken card."),
     N_("Clean the card, turn it, and try up to three times.")},
    {MADO_ERROR_CARD_UNKNOWN, MADO_EXIT_CARD,
     N_("This is not an Individual Number Card."),
     N_("Another kind of card is in the reader, or two cards at once."),
     N_("Place the resident's Individual Number Card alone.")},
    {MADO_ERROR_CARD_CHANGED, MADO_EXIT_CARD,
     N_("Another card than before is in the reader."),
     N_("The card was exchanged during the visit. Nothing was written to this one."),
     N_("Place the first card again.")},
    {MADO_ERROR_CARD_DATA, MADO_EXIT_CARD,
     N_("A file on the card is malformed."),
     N_("The card is damaged, or is not what it says."),
     N_("Do not hand it over. Try another reader; if it stays so, replace the card.")},
    {MADO_ERROR_CARD_FORGED, MADO_EXIT_CARD,
     N_("The data on the card is not genuine."),
     N_("A signature over the data on the card does not verify."),
     N_("Do not hand it over. Keep the card and call the supervisor.")},
    {MADO_ERROR_CARD_CLONED, MADO_EXIT_CARD,
     N_("The card may be a copy."),
     N_("It does not hold the key that its own data name."),
     N_("Do not hand it over. Keep the card and call the supervisor.")},
    {MADO_ERROR_CARD_REFUSED, MADO_EXIT_CARD,
     N_("The card refused a command."),
     N_("The detail has the status word."),
     N_("Try again; if it stays so, tell the technician the detail.")},
    {MADO_ERROR_CARD_STATE, MADO_EXIT_CARD,
     N_("The card's state does not allow this."),
     N_("It is not yet prepared, already issued, suspended or terminated."),
     N_("Look at “inspect” and choose the procedure that fits.")},
    {MADO_ERROR_REALM, MADO_EXIT_CARD,
     N_("Training and real work do not mix."),
     N_("Card, desk and centre must all be of training, or none of them."),
     N_("Use a training card at a training desk, and a real card at a real one.")},
    {MADO_ERROR_PIN_WRONG, MADO_EXIT_PIN,
     N_("Wrong PIN or check number."),
     N_("What was entered is not what the card holds. Each wrong entry costs one try."),
     N_("Look at the tries left, then let the resident enter it again.")},
    {MADO_ERROR_PIN_BLOCKED, MADO_EXIT_PIN,
     N_("The PIN is locked."),
     N_("Too many wrong entries, or the PIN was never set."),
     N_("The PIN must be set again by the procedure for it.")},
    {MADO_ERROR_PIN_FORM, MADO_EXIT_PIN,
     N_("The PIN has not the required form."),
     N_("Four digits; for the signature 6 to 16 capital letters and digits, at least one of each. Birthdays and runs are not taken."),
     N_("Let the resident choose another one.")},
    {MADO_ERROR_AGENT_GONE, MADO_EXIT_PIN,
     N_("Nobody can enter a PIN."),
     N_("The resident's screen is not there, or it was closed. What was typed is wiped."),
     N_("Start the resident's screen; in training, give the PINs with “--pins-fd” or work at a terminal.")},
    {MADO_ERROR_CENTRE_UNREACHABLE, MADO_EXIT_CENTRE,
     N_("The centre cannot be reached."),
     N_("The line or the centre is down. Reading and checking cards goes on; issuing does not."),
     N_("Try again later. A visit that was open is on hold: continue it with “resume”.")},
    {MADO_ERROR_CENTRE_REFUSED, MADO_EXIT_CENTRE,
     N_("The centre refused."),
     N_("The detail has the centre's reason."),
     N_("Correct what it names, or call the centre with the number of the visit.")},
    {MADO_ERROR_CENTRE_ANSWER, MADO_EXIT_CENTRE,
     N_("The answer is not the centre's, or not an answer to this."),
     N_("Another server stands in between, a certificate has expired, or the centre has a defect. Nothing of it was used."),
     N_("Tell the technician the detail. A visit that was open is on hold.")},
    {MADO_ERROR_REQUEST_MISMATCH, MADO_EXIT_REFUSED,
     N_("This card does not belong to this request."),
     N_("The centre has another card for it. Nothing was written."),
     N_("Look for the right card, or the right request.")},
    {MADO_ERROR_CERTIFICATE, MADO_EXIT_CENTRE,
     N_("A certificate is not what was asked for."),
     N_("It names another key, or its issuer is not accepted or has expired. It was not put on the card."),
     N_("Call the centre with the number of the visit before the card is issued again.")},
    {MADO_ERROR_JOURNAL, MADO_EXIT_DESK,
     N_("The desk's journal cannot be written."),
     N_("The disk is full, read-only or failing. The card was not touched after that."),
     N_("Make room or repair the disk, then continue with “resume”.")},
    {MADO_ERROR_FENCED, MADO_EXIT_REFUSED,
     N_("This visit is no longer this desk's."),
     N_("Another desk took it over, or a supervisor closed it."),
     N_("Ask at the centre where it is now. Do not hand over the card from here.")},
    {MADO_ERROR_CLOCK, MADO_EXIT_DESK,
     N_("The desk's clock is too far off."),
     N_("It differs from the centre's by more than 24 hours."),
     N_("Set the clock (timedatectl), then try again.")},
    {MADO_ERROR_HELD, MADO_EXIT_HOLD,
     N_("The visit is on hold."),
     N_("It could not be finished now. Nothing is lost: card, desk and centre remember it."),
     N_("Do not hand over the card. Continue with “resume” as soon as the reason is gone.")},
    {MADO_ERROR_OPERATOR, MADO_EXIT_REFUSED,
     N_("The operator's signature was refused."),
     N_("The key is not registered, is revoked, or has not the role for this."),
     N_("Sign with the right key, or ask the supervisor to register it.")},
    {MADO_ERROR_ENROLMENT, MADO_EXIT_DESK,
     N_("This desk is not enrolled."),
     N_("It was never enrolled, its certificate has expired, or it was revoked at the centre."),
     N_("Enrol it again, or renew its certificates.")},
    {MADO_ERROR_REQUEST_STATE, MADO_EXIT_REFUSED,
     N_("The request is not at this stage."),
     N_("It is not yet prepared, already delivered, or void."),
     N_("Look at the request at the centre; “prepare” comes before “issue”.")},
    {MADO_ERROR_RECEIPT, MADO_EXIT_DESK,
     N_("A record of this desk does not verify."),
     N_("A signature is not this desk's, a record is missing, or one was exchanged. The detail has the number."),
     N_("Keep the desk as it is and call the technician and the centre.")},
};
/* clang-format on */

const MadoSentence *
mado_sentences_find(MadoErrorCode code)
{
    const MadoSentence *internal = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(sentences); i++) {
        if (sentences[i].code == code)
            return &sentences[i];
        if (sentences[i].code == MADO_ERROR_INTERNAL)
            internal = &sentences[i];
    }
    return internal;
}

MadoExit
mado_sentences_exit(const GError *error)
{
    return mado_sentences_find(mado_error_code(error))->exit;
}

/* "Nick: rest", as the end of a visit on hold says why. NULL: it does not begin with a nick. */
static const char *
skip_nick(const char *message, MadoErrorCode *ret_code)
{
    const char *colon = strstr(message, ": ");
    g_autofree char *nick = NULL;

    if (colon == NULL)
        return NULL;
    nick = g_strndup(message, (gsize)(colon - message));
    return mado_error_from_nick(nick, ret_code) ? colon + 2 : NULL;
}

/* What happened is translated by its number. What is left is the text of a program for who
 * mends it, and no text at all when it is only the number's own. */
static void
append_detail(GString *text, MadoErrorCode code, const char *message)
{
    MadoErrorCode why = code;
    const char *rest = code == MADO_ERROR_HELD ? skip_nick(message, &why) : NULL;
    g_autofree char *detail = mado_text_clean(rest != NULL ? rest : message);

    if (rest != NULL && why != MADO_ERROR_HELD)
        g_string_append_printf(text, "\n  %s E%d %s", _("Reason:"), (int)why,
                               _(mado_sentences_find(why)->what));
    if (detail[0] != '\0' && strcmp(detail, mado_error_sentence(why)) != 0)
        g_string_append_printf(text, "\n  %s %s", _("Detail:"), detail);
}

const char *
mado_sentences_what(const char *nick, const char *text)
{
    MadoErrorCode code;

    return mado_error_from_nick(nick, &code) ? _(mado_sentences_find(code)->what) : text;
}

char *
mado_sentences_format(const GError *error)
{
    MadoErrorCode code = mado_error_code(error);
    const MadoSentence *row = mado_sentences_find(code);
    int n_tries = mado_error_tries_left(error);
    GString *text = g_string_new(NULL);

    g_string_append_printf(text, "E%d: %s", (int)code, _(row->what));
    if (code == MADO_ERROR_PIN_WRONG && n_tries >= 0) {
        g_string_append_c(text, ' ');
        g_string_append_printf(
            text, g_dngettext(NULL, "%d try left.", "%d tries left.", (gulong)n_tries),
            n_tries);
    }
    g_string_append_printf(text, "\n  %s %s", _("Cause:"), _(row->cause));
    g_string_append_printf(text, "\n  %s %s", _("Cure:"), _(row->cure));
    if (error != NULL)
        append_detail(text, code, error->message);
    return g_string_free(text, FALSE);
}
