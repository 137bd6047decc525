/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "doctor/findings.h"

#include <glib/gi18n.h>

#define BIT(name) MADO_CHECK_BIT(MADO_CHECK_##name)

/* clang-format off */
static const MadoCheckRow checks[] = {
    {MADO_CHECK_USB, 100, "usb", N_("card readers on USB, as the kernel sees them"), 0},
    {MADO_CHECK_KERNEL, 110, "kernel", N_("kernel drivers that keep a reader from pcscd"), 0},
    {MADO_CHECK_DRIVER, 120, "driver", N_("a driver is installed for every reader"), 0},
    {MADO_CHECK_PCSCD, 200, "pcscd", N_("the smart card service is installed, runs and answers"), 0},
    {MADO_CHECK_ACCESS, 210, "access", N_("this user may use the smart card service"), BIT(PCSCD)},
    {MADO_CHECK_VERSION, 220, "version", N_("version of the smart card service"), BIT(PCSCD)},
    {MADO_CHECK_DAEMON, 300, "daemon", N_("the desk's daemon runs and has this program's version"), 0},
    {MADO_CHECK_LINK, 310, "link", N_("the daemon reaches the smart card service"), BIT(PCSCD) | BIT(ACCESS) | BIT(DAEMON)},
    {MADO_CHECK_READERS, 400, "readers", N_("every reader is known to the smart card service"), BIT(PCSCD) | BIT(ACCESS) | BIT(USB) | BIT(KERNEL) | BIT(DRIVER)},
    {MADO_CHECK_ABILITIES, 410, "abilities", N_("the readers take long commands and wait for a slow card"), BIT(PCSCD) | BIT(READERS)},
    {MADO_CHECK_WEAR, 420, "wear", N_("no reader fails more often or is slower than the others of its kind"), BIT(DAEMON)},
    {MADO_CHECK_CARD, 430, "card", N_("the card in the reader answers (with --card)"), BIT(PCSCD) | BIT(READERS)},
    {MADO_CHECK_CONFIG, 500, "config", N_("configuration files can be used"), 0},
    {MADO_CHECK_JOURNAL, 510, "journal", N_("the journal has room, is private, and its receipts go out"), BIT(CONFIG)},
    {MADO_CHECK_CERTIFICATES, 520, "certificates", N_("the desk's own certificates are valid, for long enough"), BIT(CONFIG)},
    {MADO_CHECK_CENTRE, 530, "centre", N_("the centre answers and is healthy"), BIT(CONFIG) | BIT(CERTIFICATES)},
    {MADO_CHECK_CLOCK, 540, "clock", N_("the clock agrees with the centre's"), BIT(CENTRE)},
};
G_STATIC_ASSERT(G_N_ELEMENTS(checks) == MADO_N_CHECKS);

static const MadoFindingRow findings[] = {
    {101, MADO_CHECK_USB, MADO_FINDING_WARNING, FALSE,
     N_("A card reader that is not on the list of known readers."),
     N_("It has never been reported with the Individual Number Card in Japan, or it is newer than this program."),
     N_("Try it with “doctor --card” and a test card. If it fails, use a reader of the list (doc/technician.md).")},
    {102, MADO_CHECK_USB, MADO_FINDING_FAULT, FALSE,
     N_("A card reader that cannot be used on Linux with this card."),
     N_("Nobody has published a driver for it, or it reads other cards only."),
     N_("Replace it by a reader of the list (doc/technician.md).")},
    {111, MADO_CHECK_KERNEL, MADO_FINDING_FAULT, TRUE,
     N_("A driver of the Linux kernel holds the reader."),
     N_("The kernel's NFC subsystem took it before the smart card service could. It cannot carry this card's commands."),
     N_("As root: modprobe -r with the driver's name, and a line “blacklist” with that name in a file of /etc/modprobe.d.")},
    {121, MADO_CHECK_DRIVER, MADO_FINDING_FAULT, TRUE,
     N_("No driver is installed for this reader."),
     N_("The package that has it is not installed, or it is too old to know the reader."),
     N_("Install the package named in the detail (apt install …), then unplug the reader and plug it in again.")},
    {201, MADO_CHECK_PCSCD, MADO_FINDING_FAULT, TRUE,
     N_("The smart card service is not installed."),
     N_("The package “pcscd” is missing."),
     N_("apt install pcscd")},
    {202, MADO_CHECK_PCSCD, MADO_FINDING_FAULT, TRUE,
     N_("The smart card service (pcscd) is not running."),
     N_("Nothing listens on its socket: it was stopped, or its socket is disabled."),
     N_("systemctl enable --now pcscd.socket")},
    {203, MADO_CHECK_PCSCD, MADO_FINDING_FAULT, TRUE,
     N_("The smart card service does not answer."),
     N_("It runs but hangs, most often in the driver of a reader that does not answer either."),
     N_("Unplug the readers, then: systemctl restart pcscd. If it comes back with one reader, replace that one.")},
    {211, MADO_CHECK_ACCESS, MADO_FINDING_FAULT, TRUE,
     N_("The smart card service refuses this user."),
     N_("Its polkit policy lets in active local sessions alone: not a session over SSH, not a service."),
     N_("Run it at the desk itself or as root, or add a polkit rule for org.debian.pcsc-lite.access_pcsc and access_card.")},
    {212, MADO_CHECK_ACCESS, MADO_FINDING_FAULT, TRUE,
     N_("The smart card service hangs up on this program."),
     N_("pcscd and libpcsclite1 are of different versions, as after half an update or in a container; or it refuses this user without saying so (before 2.0.1)."),
     N_("Bring pcscd and libpcsclite1 to the same version, then: systemctl restart pcscd. If they are, see D-211.")},
    {221, MADO_CHECK_VERSION, MADO_FINDING_NOTE, FALSE,
     N_("A version of the smart card service that was not tested."),
     N_("It is older than the one of Debian 12."),
     N_("Bring the system up to date.")},
    {301, MADO_CHECK_DAEMON, MADO_FINDING_FAULT, TRUE,
     N_("The desk's daemon (madoguchid) is not reachable."),
     N_("It is not started, it stopped because of its configuration, or the system bus is not there."),
     N_("systemctl status madoguchid says why; systemctl start madoguchid")},
    {302, MADO_CHECK_DAEMON, MADO_FINDING_WARNING, FALSE,
     N_("The daemon has another version than this program."),
     N_("It was not restarted after the last update."),
     N_("systemctl restart madoguchid, when no visit is open.")},
    {303, MADO_CHECK_DAEMON, MADO_FINDING_NOTE, FALSE,
     N_("The resident's screen is not running."),
     N_("Nobody has registered to ask for PINs."),
     N_("Start it before a resident must enter a PIN.")},
    {311, MADO_CHECK_LINK, MADO_FINDING_FAULT, FALSE,
     N_("The daemon does not reach the smart card service, though this program does."),
     N_("The polkit rule for the daemon's user is missing, or the daemon still waits to try again."),
     N_("Look for 49-madoguchi-pcscd.rules in /usr/share/polkit-1/rules.d, then: systemctl restart madoguchid")},
    {401, MADO_CHECK_READERS, MADO_FINDING_FAULT, TRUE,
     N_("No card reader found."),
     N_("None is on USB, and the smart card service knows none."),
     N_("Check the cable, try another USB port, look at the reader's lamp.")},
    {402, MADO_CHECK_READERS, MADO_FINDING_FAULT, TRUE,
     N_("The smart card service does not know a reader that is plugged in."),
     N_("Its driver could not open it: the service lacks the right to the device, or the reader hangs."),
     N_("Unplug the reader and plug it in again; if it stays so: systemctl restart pcscd, and look into its log.")},
    {411, MADO_CHECK_ABILITIES, MADO_FINDING_WARNING, FALSE,
     N_("The reader takes short commands only."),
     N_("Reader or firmware has no extended APDUs."),
     N_("Reading works; issuing is slower. For issuing, prefer a reader with extended APDUs.")},
    {412, MADO_CHECK_ABILITIES, MADO_FINDING_WARNING, FALSE,
     N_("The reader gives up when a card needs more time."),
     N_("It does not pass on the card's requests for more time; making keys takes longer than it waits."),
     N_("Do not issue with it. Use another reader of the list (doc/technician.md).")},
    {421, MADO_CHECK_WEAR, MADO_FINDING_WARNING, FALSE,
     N_("Clean or replace this reader."),
     N_("It fails more often, or is slower, than the others of this desk; see the figures."),
     N_("Clean contacts or antenna and try “doctor --card”. If the figures stay apart, replace it.")},
    {431, MADO_CHECK_CARD, MADO_FINDING_FAULT, FALSE,
     N_("No card in the reader."),
     N_("No card was placed, or it lies outside the field."),
     N_("Place a test card and try again.")},
    {432, MADO_CHECK_CARD, MADO_FINDING_FAULT, FALSE,
     N_("The card does not answer."),
     N_("Dirty contacts, a weak field, a broken card, or a reader that does not fit it."),
     N_("Clean card and reader, try another card, then another reader.")},
    {433, MADO_CHECK_CARD, MADO_FINDING_FAULT, FALSE,
     N_("This is not an Individual Number Card."),
     N_("Another kind of card is in the reader, or two cards at once."),
     N_("Place a test card alone.")},
    {434, MADO_CHECK_CARD, MADO_FINDING_WARNING, FALSE,
     N_("The card answers, but not every time."),
     N_("A weak field, a worn contact, or a card that was moved during the test."),
     N_("Clean the reader, lay the card flat and try again; if it stays so, replace the reader.")},
    {435, MADO_CHECK_CARD, MADO_FINDING_NOTE, FALSE,
     N_("The reader is in use; its card was left alone."),
     N_("The daemon or another program works with it."),
     N_("Finish the work there, then try again.")},
    {501, MADO_CHECK_CONFIG, MADO_FINDING_FAULT, TRUE,
     N_("A configuration file cannot be used."),
     N_("It is missing, malformed, or not readable for this user. The detail names it."),
     N_("Correct the file; “madoguchictl --check-config” and “madoguchid --check-config” say whether they are right.")},
    {502, MADO_CHECK_CONFIG, MADO_FINDING_NOTE, TRUE,
     N_("This desk is not enrolled."),
     N_("It has no id at the centre yet: cards can be read, visits not be opened."),
     N_("Enrol it at the centre (madoguchi-central enrol) and copy the folder here.")},
    {511, MADO_CHECK_JOURNAL, MADO_FINDING_FAULT, FALSE,
     N_("No room for the journal."),
     N_("The disk it lies on is full. Without a journal no card is touched."),
     N_("Make room on that disk; the daemon goes on by itself.")},
    {512, MADO_CHECK_JOURNAL, MADO_FINDING_FAULT, FALSE,
     N_("The journal's folder is open to others, or not the daemon's."),
     N_("Its owner or its rights were changed. The daemon refuses such a folder when it starts."),
     N_("As root give the folder back to the daemon's user, mode 0700 (chown, chmod).")},
    {513, MADO_CHECK_JOURNAL, MADO_FINDING_WARNING, FALSE,
     N_("Many receipts wait for the centre."),
     N_("Nothing has carried them for some time: the line was down, or no relay runs."),
     N_("madoguchictl relay --once; at the limit no new visit can begin.")},
    {514, MADO_CHECK_JOURNAL, MADO_FINDING_WARNING, FALSE,
     N_("Little room is left for the journal."),
     N_("The disk it lies on is nearly full."),
     N_("Make room on that disk before it stops the desk.")},
    {521, MADO_CHECK_CERTIFICATES, MADO_FINDING_WARNING, FALSE,
     N_("A certificate of this desk ends soon."),
     N_("It was made for a limited time; the detail says which and until when."),
     N_("Renew it at the centre before that day. After it the desk cannot issue.")},
    {522, MADO_CHECK_CERTIFICATES, MADO_FINDING_FAULT, TRUE,
     N_("A certificate of this desk is not valid today."),
     N_("It has ended or not begun, or the clock is wrong."),
     N_("Check the date (timedatectl); else renew it at the centre.")},
    {523, MADO_CHECK_CERTIFICATES, MADO_FINDING_FAULT, TRUE,
     N_("A certificate of this desk cannot be used."),
     N_("The file is missing or no certificate, or the authority beside it did not sign it."),
     N_("Copy the desk's folder from the centre again.")},
    {531, MADO_CHECK_CENTRE, MADO_FINDING_FAULT, TRUE,
     N_("The centre cannot be reached."),
     N_("The line, the name service, a firewall or the centre itself is down."),
     N_("Check the network cable and the url in relay.conf, then call the centre.")},
    {532, MADO_CHECK_CENTRE, MADO_FINDING_FAULT, TRUE,
     N_("What answers is not the centre."),
     N_("Its certificate is not of the authority in relay.conf, or something stands in between."),
     N_("Compare ca and pins in relay.conf with what the centre gave you. Do not work around it.")},
    {533, MADO_CHECK_CENTRE, MADO_FINDING_FAULT, FALSE,
     N_("The centre answers, but is not healthy."),
     N_("The centre reports trouble of its own."),
     N_("Call the centre. Reading and checking cards goes on.")},
    {541, MADO_CHECK_CLOCK, MADO_FINDING_WARNING, FALSE,
     N_("The desk's clock is off."),
     N_("It differs from the centre's by more than five minutes."),
     N_("Set the clock and let it be kept: timedatectl set-ntp true")},
    {542, MADO_CHECK_CLOCK, MADO_FINDING_FAULT, FALSE,
     N_("The desk's clock is too far off to work."),
     N_("It differs from the centre's by more than 24 hours. The daemon refuses to open a visit."),
     N_("Set the clock: timedatectl set-ntp true")},
};
/* clang-format on */

const MadoCheckRow *
mado_findings_checks(void)
{
    return checks;
}

const MadoFindingRow *
mado_findings_all(gsize *ret_n_rows)
{
    *ret_n_rows = G_N_ELEMENTS(findings);
    return findings;
}

const MadoFindingRow *
mado_findings_find(guint number)
{
    for (gsize i = 0; i < G_N_ELEMENTS(findings); i++) {
        if (findings[i].number == number)
            return &findings[i];
    }
    return NULL;
}

const char *
mado_findings_level(MadoFindingLevel level)
{
    static const char *const words[] = {
        [MADO_FINDING_NOTE] = "note",
        [MADO_FINDING_WARNING] = "warning",
        [MADO_FINDING_FAULT] = "fault",
    };

    return words[level];
}
