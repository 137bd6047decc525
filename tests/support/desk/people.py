# SPDX-License-Identifier: LGPL-2.1-or-later
"""Invented residents. Their 個人番号 are documented test numbers or repeat one digit."""
import csv
import io
import os
import secrets

ERAS = (("20190501", 2018), ("19890108", 1988), ("19261225", 1925), ("19120730", 1911))
COLUMNS = ("request_id", "name", "kana", "birth", "sex", "address", "number")
QUEUE_COLUMNS = ("certificates", "reserved", "queue_number", "procedure", "alerts")
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
DIGITS = "0123456789"


class Person:
    """One resident and the PINs chosen; card_id, number_b and the like are known once a card is ordered."""

    def __init__(self, request_id, name, kana, birth, sex, address, number, **queue):
        self.request_id = request_id
        self.name = name
        self.kana = kana
        self.birth = birth
        self.sex = sex
        self.address = address
        self.number = number
        for column in QUEUE_COLUMNS:
            setattr(self, column, queue.get(column, ""))
        self.pins = {"sign": "TRAINING2026", "auth": "3141", "juki": "2718", "text": "1618"}
        self.number_b = None

    @property
    def card(self):
        """Name of the card's file."""
        return self.request_id

    def learn(self, order):
        """From the centre's personalisation order: what is printed on the card's face."""
        self.number_b = number_b(order["birth"], order["expiry"], order["security_code"])

    def choose_random_pins(self):
        """PINs nobody can know before, and that occur nowhere by habit."""
        def digits():
            while True:
                value = "".join(secrets.choice(DIGITS) for _ in range(4))
                if len(set(value)) == 4 and value not in self.birth and value[:2] not in ("19", "20"):
                    return value
        self.pins = {
            "sign": "".join(secrets.choice(LETTERS) for _ in range(6)) +
                    "".join(secrets.choice(DIGITS) for _ in range(4)),
            "auth": digits(), "juki": digits(), "text": digits(),
        }


def number_b(birth, expiry, security_code):
    """照合番号B: year of the era, month and day of birth; year of expiry; the code on the card's face."""
    for first_day, offset in ERAS:
        if birth >= first_day:
            return f"{int(birth[:4]) - offset:02d}{birth[4:]}{expiry[:4]}{security_code}"
    raise ValueError("born before the eras of the card")


def residents():
    """Fresh ones each time: nothing is shared between tests."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "residents.csv")
    with open(path, encoding="utf-8", newline="") as file:
        return [Person(**row) for row in csv.DictReader(file)]


def as_csv(people, columns=COLUMNS + QUEUE_COLUMNS):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for person in people:
        writer.writerow([getattr(person, column) for column in columns])
    return text.getvalue()
