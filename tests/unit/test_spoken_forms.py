"""Spoken forms by hand, kind by kind, as a careful speaker says them over a telephone."""

import datetime as dt
import random
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agent.dialogue.claims import check
from agent.dialogue.protocol import Fact
from agent.dialogue.speech_text import format_value, spoken, spoken_value

LINES = (Path(__file__).parent / "spoken_forms.tsv").read_text(encoding="utf-8").splitlines()
ROWS = [tuple(line.split("\t")) for line in LINES if line]
KINDS = {
    "order", "money", "date", "time", "phone", "address", "unit", "abbreviation", "web", "ordinal",
    "fraction", "range", "version", "roman", "product",
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_written_form_is_spoken_as_a_careful_speaker_says_it(kind: str):
    wrong = {
        written: (spoken(written), said)
        for name, written, said in ROWS
        if name == kind and spoken(written) != said
    }
    assert wrong == {}


def test_there_are_more_than_two_hundred_of_all_kinds_each_once():
    assert len(ROWS) >= 200 and {kind for kind, _, _ in ROWS} == KINDS
    assert [written for written, n in Counter(written for _, written, _ in ROWS).items() if n > 1] == []


def test_a_spoken_form_in_a_sentence_stays_what_it_is():
    changed = {said: spoken(said) for _, _, said in ROWS if spoken(said) != said}
    assert changed == {}


@pytest.mark.parametrize(
    "text",
    [
        "No. I may go in 5 minutes.",
        "Fine, OK.",
        "In OR out?",
        "I think part I did was wrong.",
        "The call was 300 seconds long.",
        "A 12/25 rule",
        "It is 3 in stock, 2 per box.",
        "Is it 5 ft?",
        "Chapter X",
    ],
)
def test_what_only_looks_like_a_special_form_is_read_plainly(text: str):
    said = spoken(text)
    for wrong in ("number I", "Oklahoma", "Oregon", "part one", "three zero zero", "inch", "quantity"):
        assert wrong not in said, said


VALUES: dict[str, Any] = {
    "money": lambda draw: Decimal(draw.randrange(1, 500_000)) / 100,
    "date": lambda draw: dt.date(2026, 1, 1) + dt.timedelta(days=draw.randrange(700)),
    "time": lambda draw: dt.time(draw.randrange(24), draw.choice((0, 5, 15, 30, 45))),
    "identifier": lambda draw: str(draw.randrange(10_000, 99_999)),
    "percent": lambda draw: draw.randrange(1, 100),
    "count": lambda draw: draw.randrange(2, 5_000),
}


@pytest.mark.parametrize("kind", sorted(VALUES))
def test_the_claims_check_sees_through_the_spoken_form_of_a_fact(kind: Any):
    draw = random.Random(5)
    for _ in range(150):
        value, other = VALUES[kind](draw), VALUES[kind](draw)
        fact = Fact("value", format_value(value, kind), "row")
        for said in (spoken_value(value, kind), spoken(fact.value)):
            assert check(f"It is {said}.", [fact]).ok, (fact.value, said)
            if other != value:
                another = Fact("value", format_value(other, kind), "row")
                assert not check(f"It is {said}.", [another]).ok, (another.value, said)


def test_a_sentence_takes_less_than_a_millisecond_as_a_rule():
    texts = [written for _, written, _ in ROWS]
    for text in texts:
        spoken(text)
    took = []
    for text in texts:
        began = time.process_time_ns()
        spoken(text)
        took.append(time.process_time_ns() - began)
    assert sorted(took)[len(took) // 2] < 1_000_000
