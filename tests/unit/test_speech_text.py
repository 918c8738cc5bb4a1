"""Written form to spoken form: pairs by hand, typed values, and what holds for any text at all."""

import datetime as dt
import random
import re
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest

from agent.dialogue.speech_text import format_value, spoken, spoken_identifier, spoken_value

LINES = (Path(__file__).parent / "data" / "spoken_pairs.tsv").read_text(encoding="utf-8").splitlines()
PAIRS = [tuple(line.split("\t")) for line in LINES if line]
SPEAKABLE = re.compile(r"[A-Za-zÀ-ÖØ-öø-ž' ,.?!;:\-]*")
PIECES = (
    "$ £ € % # @ & + - – — / \\ : . , ; ! ? ( ) [ ] { } ' \" ° ² ½ × = < > * _ ~ | ^ 0 1 2 5 07 12 345 2026 "
    "12345 "
    "1,234 2.50 am pm kg GB st th nd Nov May Mon. e.g. No. St. order AB12 x www. .com http:// a@b.co é 日 "
    "٣ Ⅷ \u0000 \n"
).split(" ")


@pytest.mark.parametrize(("written", "said"), PAIRS)
def test_a_written_form_is_spoken_as_a_person_says_it(written: str, said: str) -> None:
    assert spoken(written) == said


def test_there_are_more_than_a_hundred_and_twenty_pairs() -> None:
    assert len(PAIRS) >= 120


@pytest.mark.parametrize("said", [said for _, said in PAIRS])
def test_what_is_spoken_already_stays_as_it_is(said: str) -> None:
    assert spoken(said) == said


def test_no_text_leaves_a_digit_or_a_sign_or_raises() -> None:
    draw = random.Random(7)
    texts = [
        "".join(draw.choice(PIECES) + draw.choice(["", " "]) for _ in range(draw.randint(1, 12)))
        for _ in range(2500)
    ]
    texts += ["".join(chr(draw.randint(32, 126)) for _ in range(draw.randint(1, 40))) for _ in range(2500)]
    texts += ["".join(chr(draw.choice(_CODE_POINTS)) for _ in range(20)) for _ in range(500)]
    for text in texts:
        said = spoken(text)
        assert SPEAKABLE.fullmatch(said), (text, said)


_CODE_POINTS = [n for n in range(32, min(sys.maxunicode, 0x2FFF)) if not 0xD800 <= n <= 0xDFFF]


def test_every_year_month_and_day_is_spoken_without_a_digit() -> None:
    day = dt.date(1999, 1, 1)
    while day < dt.date(2001, 1, 2):
        said = spoken(day.isoformat())
        assert not re.search(r"\d", said) and said.split()[0] == day.strftime("%B"), (day, said)
        day += dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("12345", "one two three, four five"),
        ("1234", "one two three four"),
        ("007", "zero zero seven"),
        ("AB123", "A B, one two three"),
        ("ord-778", "O R D, seven seven eight"),
        ("123456", "one two three, four five six"),
        ("5550101234", "five five five, zero one zero, one two three four"),
        ("", ""),
    ],
)
def test_an_identifier_is_said_character_by_character_in_groups(value: str, said: str) -> None:
    assert spoken_identifier(value) == said


@pytest.mark.parametrize(
    ("value", "kind", "written", "said"),
    [
        (
            Decimal("1234.5"),
            "money",
            "$1,234.50",
            "one thousand two hundred thirty-four dollars and fifty cents",
        ),
        ("45", "money", "$45.00", "forty-five dollars"),
        ("12345", "identifier", "12345", "one two three, four five"),
        ("2026-11-27", "date", "November 27, 2026", "November twenty-seventh, twenty twenty-six"),
        (dt.date(2026, 11, 27), "date", "November 27, 2026", "November twenty-seventh, twenty twenty-six"),
        ("17:30", "time", "5:30 PM", "five thirty p m"),
        (dt.time(12), "time", "12:00 PM", "noon"),
        (1234, "count", "1,234", "one thousand two hundred thirty-four"),
        ("2.5", "decimal", "2.5", "two point five"),
        ("-3", "count", "-3", "minus three"),
        ("15", "percent", "15%", "fifteen percent"),
        (True, "yes_no", "yes", "yes"),
        ("0", "yes_no", "no", "no"),
        (
            "+15550101234",
            "phone",
            "+15550101234",
            "plus one, five five five, zero one zero, one two three four",
        ),
        ("jane@example.com", "email", "jane@example.com", "jane at example dot com"),
        ("Blue Hoodie, 2 pcs", "text", "Blue Hoodie, 2 pcs", "Blue Hoodie, two pieces"),
        ("soon", "date", "soon", "soon"),
    ],
)
def test_a_typed_value_has_its_written_and_its_spoken_form(
    value: object, kind: str, written: str, said: str
) -> None:
    assert format_value(value, kind) == written  # type: ignore[arg-type]
    assert spoken_value(value, kind) == said  # type: ignore[arg-type]


def test_the_year_is_left_out_when_the_date_is_near() -> None:
    today = dt.date(2026, 11, 24)
    assert spoken("It ships 2026-11-27.", today=today) == "It ships November twenty-seventh."
    assert spoken_value("2026-11-27", "date", today=today) == "November twenty-seventh"
    assert spoken_value("2024-11-27", "date", today=today).endswith("twenty twenty-four")


def test_a_sentence_is_spoken_within_a_few_milliseconds() -> None:
    sentence = "Order 12345 of Nov 27, 2026 costs $1,234.50 and arrives between 9 am and 5 pm at 12 Main St."
    spoken(sentence)
    started = time.process_time()
    for _ in range(50):
        spoken(sentence)
    assert (time.process_time() - started) / 50 < 0.010
