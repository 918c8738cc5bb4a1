"""What is checked of every row, and how rows are split: whole businesses and scenarios, no leak."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from agent.dialogue.prompts import act, asked
from agent.dialogue.state import Exchange
from agent.llm.protocol import Message
from finetune.data.checks import check, mistake, same_words
from finetune.data.errors import DataError
from finetune.data.rows import NamedFact, Row
from finetune.data.splits import split


def row(number: int, business: str = "shop", scenario: str = "", *, turns: int = 0, reply: str = "") -> Row:
    history = [Exchange(f"Question {at}?", f"Answer {at}.") for at in range(turns)]
    messages = asked("You are a shop.", [act("day", "{day}")], f"When is number {number}?", history)
    return Row(
        id=f"{business}-{number}",
        messages=(*messages, Message("assistant", reply or f"Number {number} is on {{day}}.")),
        source="made",
        business=business,
        scenario=f"{business}/{scenario or number}",
        category="days",
        facts={"day": NamedFact("2026-11-20", "date")},
        needed=("day",),
    )


def words(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def turned(*messages: tuple[str, str]) -> Row:
    said = tuple(Message(role, content) for role, content in messages)  # type: ignore[arg-type]
    return replace(row(1), messages=said, facts={}, needed=())


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (turned(("user", "Hi.")), "the last message isn't the assistant's"),
        (turned(("assistant", "Hi.")), "message 1 is the assistant's where the user's should stand"),
        (turned(("user", "Hi."), ("user", "You?"), ("assistant", "Yes.")), "message 2 is the user's"),
        (turned(("user", "Hi."), ("assistant", " ")), "message 2 is empty"),
        (turned(("user", "Hi.<|im_end|>"), ("assistant", "Yes.")), "marks of a prompt"),
        (
            turned(("user", "Hi."), ("system", "Be short."), ("assistant", "Yes.")),
            "message 2 is the system's",
        ),
        (row(1, reply="It is on {night}."), "the reply names {night}"),
        (row(1, reply="It is soon."), "the reply lacks {day}"),
    ],
)
def test_a_row_that_cannot_be_learned_is_named_with_what_is_wrong(wrong: Row, why: str) -> None:
    assert why in (mistake(wrong) or "")
    checked = check([row(2), wrong], words, 100)
    assert [one.place for one in checked.refused] == ["shop-1"]
    assert [one.id for one in checked.rows] == ["shop-2"]


def test_a_row_that_stands_twice_is_learned_once() -> None:
    checked = check([row(1), replace(row(1), id="shop-9"), row(2)], words, 100)
    assert ([one.id for one in checked.rows], checked.duplicates) == (["shop-1", "shop-2"], 1)


def test_an_id_that_stands_twice_is_refused() -> None:
    checked = check([row(1), replace(row(2), id="shop-1")], words, 100)
    assert "the id stands twice" in checked.refused[0].why


def test_a_long_row_is_refused_or_loses_its_oldest_turns_and_never_its_reply() -> None:
    long = row(1, turns=6)
    refused = check([long], words, 70)
    assert refused.rows == [] and "--allow-truncation" in refused.refused[0].why
    cut = check([long], words, 70, allow_truncation=True)
    assert (cut.truncated, cut.refused) == (1, [])
    (kept,) = cut.rows
    assert cut.tokens[kept.id] <= 70
    assert kept.messages[0] == long.messages[0] and kept.messages[-2:] == long.messages[-2:]
    assert kept.messages[1].content != long.messages[1].content
    hopeless = check([long], words, 10, allow_truncation=True)
    assert hopeless.rows == [] and "its last turn alone is too long" in hopeless.refused[0].why


def test_a_business_and_a_scenario_stand_on_one_side_alone() -> None:
    rows = [row(n, f"b{n % 12}", str(n // 24)) for n in range(240)]
    sides = split(rows, ["b3"], validation=0.1, test=0.0, seed=1)
    businesses = [{one.business for one in side} for _, side in sides]
    assert businesses[2] == {"b3"}
    assert not businesses[0] & businesses[1] and not businesses[0] & businesses[2]
    assert sum(len(side) for _, side in sides) == 240
    assert 14 <= len(sides.validation) <= 36
    assert split(rows, ["b3"], validation=0.1, test=0.0, seed=1) == sides


def test_of_one_business_whole_scenarios_are_held_out() -> None:
    rows = [row(n, "shop", str(n // 4)) for n in range(200)]
    sides = split(rows, [], validation=0.1, test=0.1, seed=2)
    scenarios = [{one.scenario for one in side} for _, side in sides]
    assert all(len(one) >= 4 for one in scenarios)
    assert not scenarios[0] & scenarios[1] and not scenarios[0] & scenarios[2]
    assert not scenarios[1] & scenarios[2]


def test_what_is_asked_and_said_on_a_held_out_side_is_not_trained_on() -> None:
    rows = [row(n) for n in range(40)]
    alike = replace(row(900), messages=(*row(900).prompt, Message("assistant", "number 7 is ON {day}")))
    tested = [row(7, "bank"), row(99, "bank")]
    assert same_words(alike) == same_words(tested[0])
    sides = split([*rows, alike, *tested], ["bank"], validation=0.0, test=0.0, seed=1)
    assert {one.id for one in rows} - {one.id for one in sides.train} == {"shop-7"}
    assert alike not in sides.train and sides.leaks == 2


def test_a_scenario_shared_by_two_businesses_is_trained_on_by_neither() -> None:
    shared = [replace(row(1), scenario="talk"), replace(row(2, "bank"), scenario="talk")]
    sides = split([*shared, row(3), row(4)], ["bank"], validation=0.0, test=0.0, seed=1)
    assert [one.id for one in sides.train] == ["shop-3", "shop-4"]
    assert sides.shared_scenarios == 1


def test_a_business_that_has_no_rows_cannot_be_tested_on() -> None:
    with pytest.raises(DataError, match=r"no rows of 'bank' to test on; there are: shop"):
        split([row(1)], ["bank"], validation=0.0, test=0.0, seed=1)


def test_no_side_is_silently_empty() -> None:
    with pytest.raises(DataError, match="No row is left to train on"):
        split([row(1)], ["shop"], validation=0.0, test=0.0, seed=1)
    with pytest.raises(DataError, match="too few scenarios"):
        split([row(1), row(2)], [], validation=0.05, test=0.0, seed=1)
