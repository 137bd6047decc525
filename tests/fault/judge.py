# SPDX-License-Identifier: LGPL-2.1-or-later
"""Says whether a card was issued exactly once and everybody agrees on it.

Looks at the card's file, at OpenSC and at the two databases themselves. The daemon is not asked.
Prints nothing and changes nothing; returns complaints.
"""
import hashlib
import sqlite3

import der

REQUEST_STATES = {"prepare": 2, "issue": 3}
LIFE = {"prepare": "prepared", "issue": "active"}
PROCEDURES = {"prepare": 1, "issue": 2}
COMMITTED, ABORTED = 3, 4
CERTIFICATE_HELD, CERTIFICATE_LIVE = 1, 2
SLOTS = {"auth": 1, "sign": 2}
JOURNAL_ENDED = {3, 4, 5}
RECEIPT_OF = {"prepare": 10, "issue": 7}
# The holder's PINs as the card's file names them. The juki PIN is two references.
PINS = {("jpki", "001B"): "sign", ("jpki", "0018"): "auth", ("juki", "001C"): "juki",
        ("common", "001C"): "juki", ("text", "0011"): "text"}


def rows(path, query, *values):
    """A database is read as it lies there; a WAL belongs to it."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    try:
        return connection.execute(query, values).fetchall()
    finally:
        connection.close()


def _lower(value):
    """Hexadecimal has no case here."""
    if isinstance(value, dict):
        return {name: _lower(item) if name != "ef" else item for name, item in value.items()}
    if isinstance(value, list):
        return [_lower(item) for item in value]
    return value.lower() if isinstance(value, str) else value


class Case:
    """Where to look. card: what `madoguchi-training show --json` says of the file; apdus: what the reader saw
    since the procedure began; earlier: intents() of the journal before; certificates: {slot: DER} as OpenSC reads them off the card with the resident's
    PINs; wrong_entries: {pin: how many a human typed}."""

    def __init__(self, procedure, request, centre_db, journal_db, card, apdus=(), earlier=None):
        self.procedure = procedure
        self.request = request
        self.centre_db = centre_db
        self.journal_db = journal_db
        self.card = _lower(card)
        self.apdus = apdus
        self.earlier = earlier or {}
        self.certificates = {}
        self.wrong_entries = {}


def judge(case):
    """At the end. Complaints, one sentence each; none when all is well."""
    return _look(case, (_request, _transactions, _certificates, _card, _pins, _receipts, _journal, _intents))


def judge_between(case):
    """At any moment, whoever has died: what must never be, not even for an instant."""
    return _look(case, (_nothing_ahead_of_the_card, _intents))


def _look(case, looks):
    complaints = []
    for look in looks:
        try:
            complaints += look(case)
        except (der.Bad, sqlite3.Error, KeyError, IndexError, TypeError) as error:
            complaints.append(f"{look.__name__[1:]}: cannot be read: {type(error).__name__} {error}")
    return complaints


def _request(case):
    if _state(case) != REQUEST_STATES[case.procedure]:
        yield f"the centre has the request in state {_state(case)}"


def _committed(case):
    """The ids of the request's committed transactions of this procedure."""
    return [row["id"] for row in rows(
        case.centre_db, "SELECT id FROM transactions WHERE request_id = ? AND procedure = ? AND state = ?",
        case.request, PROCEDURES[case.procedure], COMMITTED)]


def _transactions(case):
    committed = _committed(case)
    if len(committed) != 1:
        yield f"{len(committed)} transactions of the procedure are committed"
    for row in rows(case.centre_db, "SELECT id, state FROM transactions WHERE state NOT IN (?, ?)",
                    COMMITTED, ABORTED):
        yield f"transaction {row['id'].hex()} is still in state {row['state']}"


def _certificates(case):
    found = rows(case.centre_db, "SELECT txn, slot, state, der FROM certificates")
    live = [row for row in found if row["state"] == CERTIFICATE_LIVE]
    for row in found:
        if row["state"] == CERTIFICATE_HELD:
            yield f"a certificate of {row['txn'].hex()} is still held"
    if case.procedure == "prepare":
        if live:
            yield "certificates are live before the card is handed over"
        return
    if sorted(row["slot"] for row in live) != sorted(SLOTS.values()):
        yield f"live certificates: slots {[row['slot'] for row in live]}"
    for row in live:
        if row["txn"] not in _committed(case):
            yield f"the live certificate of slot {row['slot']} is of another transaction"
        yield from _on_card(case, row)


def _on_card(case, row):
    name = next(name for name, number in SLOTS.items() if number == row["slot"])
    digest = hashlib.sha256(row["der"]).hexdigest()
    if not any(slot["slot"] == name and slot.get("certificate_sha256") == digest
               for slot in case.card["slots"]):
        yield f"the card holds another {name} certificate than the centre"
    if name in case.certificates and case.certificates[name] != row["der"]:
        yield f"OpenSC reads another {name} certificate than the centre has"
    key = hashlib.sha256(der.rsa_template(row["der"])).hexdigest()
    if _live_keys(case).get(row["slot"]) != key:
        yield f"the {name} certificate is not for the key on the card"


def _live_keys(case):
    """{slot: hash of its key} of the card's admin record."""
    record = der.only(bytes.fromhex(case.card["admin_record"]), b"\xdf\x70")
    live = [der.fields(value) for tag, value in der.items(record) if tag == b"\xb1"]
    return {slot["85"][0]: slot["8e"].hex() for slot in live}


def _card(case):
    card = case.card
    if card["life"] != LIFE[case.procedure]:
        yield f"the card is {card['life']}"
    if card["phase"] != "idle" or any(slot["staged"] for slot in card["slots"]):
        yield f"the card is {card['phase']} with slots {card['slots']}"
    if [card.get("committed")] != [transaction.hex() for transaction in _committed(case)]:
        yield f"the card committed {card.get('committed')}"
    if [slot["live"] for slot in card["slots"]] != [case.procedure == "issue"] * len(SLOTS):
        yield f"live slots of the card: {card['slots']}"


def _pins(case):
    n_seen = 0
    for pin in case.card["pins"]:
        name = PINS.get((pin["application"], pin["ef"]))
        if name is None:
            continue
        n_seen += 1
        wanted = "unset" if case.procedure == "prepare" else "set"
        if pin["state"] != wanted:
            yield f"PIN {name} of the card is {pin['state']}"
        elif wanted == "set" and pin["tries"] < pin["max_tries"] - case.wrong_entries.get(name, 0):
            yield f"PIN {name} has {pin['tries']} tries left, which no human explains"
    if n_seen != len(PINS):
        yield f"the card has {n_seen} PIN references of the holder"


def _receipts(case):
    found = rows(case.centre_db, "SELECT number, hash, kind, cms FROM receipts ORDER BY terminal, epoch, number")
    committed, n_done, previous = _committed(case), 0, bytes(32)
    for place, row in enumerate(found, 1):
        header = der.fields(der.signed_content(row["cms"]))
        if row["number"] != place or int.from_bytes(header["91"], "big") != place:
            yield f"receipt {place} is missing"
            return
        if header["92"] != previous:
            yield f"receipt {place} does not follow receipt {place - 1}"
        previous = hashlib.sha256(row["cms"]).digest()
        if row["hash"] != previous:
            yield f"receipt {place} is stored under another hash"
        n_done += row["kind"] == RECEIPT_OF[case.procedure] and header["85"] in committed
    if n_done != 1:
        yield f"{n_done} receipts say that the procedure was committed"
    if rows(case.centre_db, "SELECT 1 FROM forks"):
        yield "the chain of receipts forked"


def _journal(case):
    for row in rows(case.journal_db, "SELECT visit, state FROM visits"):
        if row["state"] not in JOURNAL_ENDED:
            yield f"visit {row['visit'].hex()} of the journal is in state {row['state']}"
    here = rows(case.journal_db, "SELECT number, hash, acknowledged FROM receipts ORDER BY epoch, number")
    there = rows(case.centre_db, "SELECT number, hash FROM receipts ORDER BY epoch, number")
    if [tuple(row)[:2] for row in here] != [tuple(row) for row in there]:
        yield f"the journal has {len(here)} receipts, the centre {len(there)}, and they differ"
    if any(not row["acknowledged"] for row in here):
        yield "a receipt is not acknowledged"


def _nothing_ahead_of_the_card(case):
    """Certificates live, a request delivered, a transaction committed: only after the card's COMMIT."""
    committed = case.card.get("committed")
    for row in rows(case.centre_db, "SELECT txn FROM certificates WHERE state = ?", CERTIFICATE_LIVE):
        if row["txn"].hex() != committed:
            yield "a certificate is live whose card was not committed"
    done = [row["id"].hex() for row in rows(
        case.centre_db, "SELECT id FROM transactions WHERE request_id = ? AND procedure = ? AND state = ?",
        case.request, PROCEDURES[case.procedure], COMMITTED)]
    if done and done != [committed]:
        yield f"the centre has {done} as committed, the card {committed}"
    for row in rows(case.centre_db, "SELECT id FROM transactions WHERE state = ?", ABORTED):
        if row["id"].hex() == committed:
            yield "the centre has undone what the card has committed"
    if case.card["life"] != "active" and any(slot["live"] for slot in case.card["slots"]):
        yield "the card has live keys, and has committed nothing that makes it active"
    if case.procedure == "issue" and case.card["life"] != "active" and _state(case) == REQUEST_STATES["issue"]:
        yield "the request is delivered and the card is not active"


def _state(case):
    return rows(case.centre_db, "SELECT state FROM requests WHERE id = ?", case.request)[0]["state"]


# Instructions that change the card: PUT DATA, RESET RETRY COUNTER, GENERATE, UPDATE BINARY, CHANGE.
WRITING = {0xDA, 0x2C, 0x47, 0xD7, 0x24}


def intents(journal_db):
    """{instruction: how many commands with it the journal has intended}"""
    counts = {}
    for row in rows(journal_db, "SELECT header FROM commands"):
        counts[row["header"][1]] = counts.get(row["header"][1], 0) + 1
    return counts


def _intents(case):
    """Every command that changed the card was in the journal before."""
    journaled = intents(case.journal_db)
    for ins in WRITING:
        n_seen = sum(apdu[1] == ins for apdu in case.apdus)
        n_intended = journaled.get(ins, 0) - case.earlier.get(ins, 0)
        if n_seen > n_intended:
            yield f"the card was given {n_seen} commands {ins:02X}, the journal intended {n_intended}"
