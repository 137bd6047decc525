# SPDX-License-Identifier: LGPL-2.1-or-later
"""From a resident's request to the card in the hand, on real programs; then everybody is asked about it."""
import os
import sys
import tempfile

TOP = os.environ.get("MADO_TOP_SRCDIR") or os.path.join(os.path.dirname(__file__), "..", "..")
sys.path[:0] = [os.path.join(TOP, "tests", "support"), os.path.join(TOP, "tests", "fault")]

from desk import tap  # noqa: E402
from desk.client import Client  # noqa: E402
from desk.office import Office  # noqa: E402
from desk.opensc import KEY_LABELS, OBJECT_IDS, OpenSC  # noqa: E402
from judge import Case, judge  # noqa: E402

SLOT = 0
MAX_EXCHANGES = 5  # MADO_LIMIT_EXCHANGES_PER_ISSUE


def verdict(office, procedure):
    """What the judge says of the first resident's card."""
    person = office.person
    return judge(Case(procedure, person.request_id, office.stack.path("centre", "central.db"),
                      office.stack.path("desk", "journal", "journal.db"),
                      office.cards.show(person.card)))


def deliver_receipts(office):
    answer = Client(office.stack).call("relay", "--once")
    tap.true(answer.succeeded, answer)


def the_card_is_prepared(office):
    if not office.cards.is_in(SLOT):
        office.cards.insert(SLOT, office.person.card)
    answer = office.prepare(office.person)
    tap.true(answer.succeeded, answer)
    tap.equal(answer.json["outcome"], "committed", "outcome")
    deliver_receipts(office)
    tap.equal(verdict(office, "prepare"), [], "the judge's complaints")


def the_card_is_issued_in_five_exchanges(office):
    answer = office.issue(office.person)
    tap.true(answer.succeeded, answer)
    tap.equal(answer.json["outcome"], "committed", "outcome")
    tap.true(answer.json["exchanges"] <= MAX_EXCHANGES, f"{answer.json['exchanges']} exchanges")
    deliver_receipts(office)
    tap.equal(verdict(office, "issue"), [], "the judge's complaints")


def the_centre_shows_it_delivered_and_its_receipts_verify(office):
    tap.equal(office.request_state(office.person.request_id), "delivered", "state of the request")
    office.centre("receipts", "--verify")
    receipts = Client(office.stack).call("receipts", "--verify")
    tap.true(receipts.succeeded, receipts)
    tap.true(receipts.json["receipts"], "no receipts")


def read(office, what, *kinds):
    """What the desk reads: {file: content}; every check that was made held."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        answer = Client(office.stack).call("read", *what, "--out", folder,
                                           secrets=office.secrets(office.person, *kinds))
    tap.true(answer.succeeded, answer)
    for name, state in answer.json["checks"].items():
        tap.true(state in ("verified", "not-read") or name == "expiry", f"{name}: {state}")
    return answer.json["files"], answer.json["checks"]


def the_desk_reads_the_resident_back(office):
    person = office.person
    files, checks = read(office, ["attributes", "number", "certificates", "sign-certificate"],
                         "pins")
    for name in ("name", "address", "birth", "number"):
        tap.equal(files[name], getattr(person, name), name)
    for name in ("text-signature", "number-signature", "auth-chain", "sign-chain"):
        tap.equal(checks[name], "verified", name)
    files, checks = read(office, ["face"], "number-b")
    tap.true("photo" in files, files)
    for name in ("clone", "face-signature"):
        tap.equal(checks[name], "verified", name)


def certificate_files(office, folder):
    """{kind: path of the PEM} as OpenSC reads them off the card."""
    opensc, paths = OpenSC(office.stack), {}
    for kind in ("auth", "sign"):
        paths[kind] = os.path.join(folder, f"{kind}.pem")
        with open(paths[kind], "w", encoding="ascii") as file:
            file.write(opensc.certificate_pem(kind, office.person.pins[kind]))
    return paths


def opensc_lists_the_card(office):
    listing = OpenSC(office.stack).pkcs15("--dump").decode()
    for text in ("User Authentication Certificate", "Digital Signature Certificate",
                 "User Authentication PIN", "Digital Signature PIN"):
        tap.true(text in listing, f"'{text}' is missing in\n{listing}")


def both_certificates_chain_to_the_training_authority(office):
    opensc = OpenSC(office.stack)
    with tempfile.TemporaryDirectory() as folder:
        for kind, path in certificate_files(office, folder).items():
            opensc.run("openssl", "verify", "-CAfile",
                       office.stack.path("desk", "anchors", f"jpki-{kind}.pem"), path)


def opensc_tests_both_keys(office):
    for kind in ("auth", "sign"):
        text = OpenSC(office.stack).pkcs11(kind, "--login", "--pin", office.person.pins[kind],
                                           "--test").decode()
        # Its exit status alone is 0 as well when it skipped everything.
        tap.true(f"testing key 0 ({KEY_LABELS[kind]})" in text, text)
        verified = text.partition("Verify")[2]
        tap.true("RSA-PKCS: OK" in verified, f"no verified RSA signature for {kind} in\n{text}")


def what_opensc_signs_openssl_verifies(office):
    opensc = OpenSC(office.stack)
    with tempfile.TemporaryDirectory() as folder:
        certificates = certificate_files(office, folder)
        text, signature = (os.path.join(folder, name) for name in ("text", "signature"))
        with open(text, "wb") as file:
            file.write(b"to be signed")
        for kind, certificate in certificates.items():
            opensc.pkcs11(kind, "--login", "--pin", office.person.pins[kind], "--sign",
                          "--mechanism", "SHA256-RSA-PKCS", "--id", OBJECT_IDS[kind], "--input-file", text,
                          "--output-file", signature)
            public = os.path.join(folder, "public.pem")
            opensc.run("openssl", "x509", "-in", certificate, "-noout", "-pubkey", "-out", public)
            opensc.run("openssl", "dgst", "-sha256", "-verify", public, "-signature", signature,
                       text)


def tries(office, ef):
    return next(pin["tries"] for pin in office.cards.show(office.person.card)["pins"]
                if pin["application"] == "jpki" and pin["ef"] == ef)


def a_wrong_pin_costs_one_try_of_the_cards_own_counter(office):
    before = tries(office, "0018")
    OpenSC(office.stack).pkcs15("--verify-pin", "--auth-id", "01", "--pin", "0000", check=False)
    tap.equal(tries(office, "0018"), before - 1, "tries left")
    answer = Client(office.stack).call("pin", "status")
    tap.equal(answer.json["tries"]["auth"], before - 1, "tries left as the desk shows them")
    OpenSC(office.stack).pkcs15("--verify-pin", "--auth-id", "01", "--pin",
                                office.person.pins["auth"])
    tap.equal(tries(office, "0018"), before, "tries left after the right PIN")


TESTS = [
    the_card_is_prepared,
    the_card_is_issued_in_five_exchanges,
    the_centre_shows_it_delivered_and_its_receipts_verify,
    the_desk_reads_the_resident_back,
    opensc_lists_the_card,
    both_certificates_chain_to_the_training_authority,
    opensc_tests_both_keys,
    what_opensc_signs_openssl_verifies,
    a_wrong_pin_costs_one_try_of_the_cards_own_counter,
]


def main(prefix=None):
    with Office(prefix) as office:
        tap.run(TESTS, office)


if __name__ == "__main__":
    main()
