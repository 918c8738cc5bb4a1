"""Schema-guided dialogues as rows: names stand where values stood, and nothing else is a fact."""

import json
from pathlib import Path
from typing import Any

import pytest

from finetune.data.errors import DataError
from finetune.data.schema_guided import held_out_services, read_schema_guided
from finetune.data.schema_guided_turn import turn_of

CATEGORICAL = {"fare": False, "leaving_time": False, "fare_type": True, "passengers": True, "has_wifi": True}


def action(
    act: str, slot: str = "", value: str | None = None, canonical: str | None = None
) -> dict[str, Any]:
    values = [] if value is None else [value]
    return {"act": act, "slot": slot, "values": values, "canonical_values": [canonical or v for v in values]}


def frame(utterance: str, *actions: dict[str, Any], service: str = "Buses_1") -> dict[str, Any]:
    slots = []
    for one in actions:
        for value in one["values"]:
            if value in utterance and not CATEGORICAL.get(one["slot"], False):
                start = utterance.index(value)
                slots.append({"slot": one["slot"], "start": start, "exclusive_end": start + len(value)})
    return {"service": service, "slots": slots, "actions": list(actions)}


def test_values_become_names_with_what_they_are() -> None:
    said = "the bus leaves at 6:40 am and costs $31 ."
    turn = turn_of(
        said,
        frame(
            said, action("OFFER", "leaving_time", "6:40 am", "06:40"), action("INFORM", "fare", "$31", "31")
        ),
        CATEGORICAL,
    )
    assert turn is not None
    assert turn.acts == ["inform leaving time = {leaving_time}", "inform fare = {fare}"]
    assert turn.reply == "The bus leaves at {leaving_time} and costs {fare}."
    assert {name: (fact.value, fact.kind) for name, fact in turn.facts.items()} == {
        "leaving_time": ("06:40", "time"),
        "fare": ("31", "money"),
    }
    assert (turn.category, turn.needed) == ("inform", ["leaving_time", "fare"])


def test_a_word_of_a_closed_set_is_told_as_it_is_and_a_number_by_name() -> None:
    said = "You want two flexible tickets, is that right?"
    actions = (action("CONFIRM", "fare_type", "Flexible"), action("CONFIRM", "passengers", "2"))
    turn = turn_of(said, frame(said, *actions), CATEGORICAL)
    assert turn is not None
    assert turn.acts == ["confirm fare type = flexible", "confirm passengers = {passengers}"]
    assert turn.reply == "You want {passengers} flexible tickets, is that right?"


def test_a_failure_declines() -> None:
    said = "Sorry, I couldn't book it. Anything else?"
    turn = turn_of(said, frame(said, action("NOTIFY_FAILURE"), action("REQ_MORE")), CATEGORICAL)
    assert turn is not None and turn.declines and turn.category == "decline"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("The bus is cheap.", "the value doesn't stand in it"),
        ("It costs $31 on platform 4.", "a number that no act has"),
        ("It costs $31 for the nice trip.", "an opinion"),
        ("It costs $31 to Fresno.", "a proper name that no act has"),
        ("It costs $31", "no whole sentence"),
        ("It costs $31 dollars.", "the currency stands twice when it's filled in"),
        ("It costs $31.It leaves.", "a slip"),
    ],
)
def test_a_turn_that_says_more_or_less_than_its_acts_is_left_out(said: str, why: str) -> None:
    assert turn_of(said, frame(said, action("INFORM", "fare", "$31", "31")), CATEGORICAL) is None, why


def write_set(folder: Path) -> None:
    service = {"description": "Book journeys", "slots": [{"name": "fare", "is_categorical": False}]}
    for part, names in (("train", ["Buses_1", "Trains_1"]), ("test", ["Buses_1", "Trains_1"])):
        (folder / part).mkdir()
        schema = [{"service_name": name, **service} for name in names]
        (folder / part / "schema.json").write_text(json.dumps(schema))
        dialogues = []
        for number, name in enumerate(names):
            said = f"That's $3{number} in {part}."
            turn = frame(said, action("INFORM", "fare", f"$3{number}", f"3{number}"), service=name)
            turns = [
                {"speaker": "USER", "utterance": "How much?", "frames": []},
                {"speaker": "SYSTEM", "utterance": said, "frames": [turn]},
            ]
            dialogues.append({"dialogue_id": f"1_0000{number}", "turns": turns})
        (folder / part / "dialogues_001.json").write_text(json.dumps(dialogues))


def test_kinds_that_are_tested_on_come_from_the_test_part_alone(tmp_path: Path) -> None:
    write_set(tmp_path)
    rows = read_schema_guided(tmp_path, seed=1)
    assert [(row.business, row.scenario, row.reply) for row in rows] == [
        ("Buses_1", "schema-guided/train/1_00000", "That's {fare} in train."),
        ("Trains_1", "schema-guided/test/1_00001", "That's {fare} in test."),
    ]
    assert held_out_services(rows) == {"Trains_1"}
    assert rows[0].prompt[-1].content == "Caller: How much?\nSay: inform fare = {fare}"


def test_a_folder_of_something_else_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"schema\.json isn't there"):
        read_schema_guided(tmp_path, seed=1)
