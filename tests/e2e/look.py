# SPDX-License-Identifier: LGPL-2.1-or-later
"""Today's queue and the search, on real programs; and what the centre notes of who looked."""
import datetime
import os
import sys

TOP = os.environ.get("MADO_TOP_SRCDIR") or os.path.join(os.path.dirname(__file__), "..", "..")
sys.path[:0] = [os.path.join(TOP, "tests", "support")]

from desk import tap  # noqa: E402
from desk.client import Client  # noqa: E402
from desk.office import Office  # noqa: E402
from desk.people import Person  # noqa: E402

TOMORROW = (datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=9))) +
            datetime.timedelta(days=1)).strftime("%Y-%m-%d")
ADDRESS = "研修県見本市試験町１丁目１番１号"
# Invented; the numbers repeat one digit.
PEOPLE = [
    Person("R-3001", "山﨑󠄁　花子", "ヤマザキ　ハナコ", "19850714", "2", ADDRESS, "111111111118",
           reserved="10:30", queue_number="24", alerts="restricted"),
    Person("R-3002", "山崎　華子", "ヤマサキ　ハナコ", "19850714", "2", ADDRESS, "222222222225",
           reserved="09:00", queue_number="23"),
    Person("R-3003", "大野　一郎", "オオノ　イチロウ", "19500301", "1", ADDRESS, "333333333332",
           reserved=f"{TOMORROW} 09:00", queue_number="1"),
    Person("R-3004", "ＮＧＵＹＥＮ　ＶＡＮ　ＡＮ", "グエン　ヴァン　アン", "20000520", "1", ADDRESS,
           "444444444440"),
]


def look(office, *words, **options):
    return Client(office.stack).call(*words, secrets=office.secrets(office.person, "passphrase"),
                                     **options)


def found(office, *words):
    """Request ids of the rows, in their order."""
    answer = look(office, *words)
    tap.true(answer.succeeded, answer)
    return [row["request"] for row in answer.json["rows"]]


def todays_queue_comes_in_the_order_of_the_reservations(office):
    answer = look(office, "queue")
    tap.true(answer.succeeded, answer)
    rows = answer.json["rows"]
    tap.equal([row["request"] for row in rows], ["R-3002", "R-3001"], "rows")
    tap.equal(answer.json["more"], False, "more")
    tap.equal((rows[0]["time"], rows[0]["number"]), ("09:00", 23), "reservation")
    tap.equal(rows[1]["alerts"], ["restricted"], "alerts")
    tap.equal((rows[0]["procedure"], rows[0]["state"]), ("issue", "ready"), "what for")


def a_name_keeps_every_code_point(office):
    rows = look(office, "queue").json["rows"]
    tap.equal(rows[1]["name"], PEOPLE[0].name, "name")


def another_days_queue_is_seen_by_either_calendar(office):
    year, month, day = TOMORROW.split("-")
    era = f"R{int(year) - 2018}.{int(month)}.{int(day)}"
    for text in (TOMORROW, era):
        tap.equal(found(office, "queue", "--day", text), ["R-3003"], text)


def a_reading_is_found_however_it_is_spelt(office):
    for reading in ("ヤマザキ", "やまさき", "ﾔﾏｻﾞ", "ヤマサキ　ハナコ", "やま"):
        tap.equal(found(office, "search", "--reading", reading), ["R-3002", "R-3001"], reading)
    for reading in ("オオノ", "オーノ", "おうの"):
        tap.equal(found(office, "search", "--reading", reading), ["R-3003"], reading)
    for reading in ("はなこ", "ヴァン"):  # a given name, a middle name
        tap.true(found(office, "search", "--reading", reading), reading)
    tap.equal(found(office, "search", "--reading", "タナカ"), [], "nobody")


def a_date_of_birth_is_found_in_both_calendars(office):
    for birth in ("1985-07-14", "昭和60年7月14日", "S60.7.14", "3600714"):
        tap.equal(found(office, "search", "--birth", birth), ["R-3002", "R-3001"], birth)
    tap.equal(found(office, "search", "--birth", "H12.5.20", "--reading", "グエン"), ["R-3004"],
              "birth and reading")
    tap.equal(found(office, "search", "--birth", "H12.5.20", "--reading", "ヤマ"), [], "both must fit")
    answer = look(office, "search", "--birth", "昭和64年1月8日")
    tap.equal(answer.json["error"]["nick"], "BadArgument", "a day of another era")


def a_request_is_found_by_its_id(office):
    tap.equal(found(office, "search", "--request", "R-3003"), ["R-3003"], "id")
    tap.equal(found(office, "search", "--request", "R-9999"), [], "nobody")


def one_character_is_no_search(office):
    answer = look(office, "search", "--reading", "ヤ")
    tap.equal(answer.json["error"]["nick"], "BadArgument", "refusal")


def rows_can_be_left_out(office):
    tap.equal(found(office, "queue", "--skip", "1"), ["R-3001"], "rest")


def the_centre_notes_who_looked_and_at_whom(office):
    before = len(office.centre_json("looks"))
    at_one = len(office.centre_json("looks", "--request", "R-3003"))
    found(office, "search", "--request", "R-3003", "--purpose", "contact")
    found(office, "search", "--reading", "タナカ")
    looks = office.centre_json("looks")
    tap.equal(len(looks), before + 2, "looks")
    tap.equal((looks[-2]["operator"], looks[-2]["purpose"], looks[-2]["shown"]),
              ("CLERK-1", "contact", 1), "the look that found")
    tap.equal((looks[-1]["kind"], looks[-1]["shown"]), ("search", 0), "the look that did not")
    tap.equal(len(office.centre_json("looks", "--request", "R-3003")), at_one + 1, "at R-3003")


def the_database_has_no_name_reading_or_birth_in_clear(office):
    with open(office.stack.path("centre", "central.db"), "rb") as file:
        content = file.read()
    try:
        with open(office.stack.path("centre", "central.db-wal"), "rb") as file:
            content += file.read()
    except FileNotFoundError:
        pass
    tap.true(b"R-3001" in content, "the control is missing")
    for text in ("山﨑", "ヤマザキ", "ヤマサキ", "19850714", "グエン"):
        tap.true(text.encode() not in content, f"{text} lies open")


def people_read_a_table(office):
    answer = look(office, "--lang", "ja", "queue", as_json=False)
    tap.true(answer.succeeded, answer)
    for text in ("抑止", "ヤマザキ　ハナコ", "10:30", "R-3001"):
        tap.true(text in answer.output, answer.output)


TESTS = [
    todays_queue_comes_in_the_order_of_the_reservations,
    a_name_keeps_every_code_point,
    another_days_queue_is_seen_by_either_calendar,
    a_reading_is_found_however_it_is_spelt,
    a_date_of_birth_is_found_in_both_calendars,
    a_request_is_found_by_its_id,
    one_character_is_no_search,
    rows_can_be_left_out,
    the_centre_notes_who_looked_and_at_whom,
    the_database_has_no_name_reading_or_birth_in_clear,
    people_read_a_table,
]


def main():
    with Office(people=PEOPLE) as office:
        tap.run(TESTS, office)


if __name__ == "__main__":
    main()
