"""Exported calls as rows: what was proven, facts by name; nothing that wasn't."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from agent.call.turn_record import SentenceRecord, TurnRecord
from agent.dialogue.protocol import Fact, Kind, Sentence, Verdict
from finetune.data.calls import read_calls
from finetune.data.errors import DataError
from finetune.data.rows import Row

ORDER = Fact("order_number", "70012", "orders")
STATUS = Fact("status", "shipped", "orders")
ARRIVES = Fact("delivery_date", "November 27, 2026", "orders")


def sentence(
    text: str, *facts: Fact, verdict: Verdict = "proven", kind: Kind = "answer", replaced: str | None = None
) -> SentenceRecord:
    return SentenceRecord.of(Sentence(text, text, kind, verdict, facts, replaced), "all")


def call(*turns: TurnRecord) -> dict[str, Any]:
    return {
        "schema": 1,
        "call_id": "C1",
        "business": "shop",
        "turns": [turn.document() for turn in turns],
    }


def rows_of(path: Path, document: Any, left_out: Counter[str] | None = None) -> list[Row]:
    path.write_text(json.dumps(document))
    return list(read_calls(path, lambda business: f"You answer for {business}.", left_out or Counter()))


def test_values_of_facts_become_names_and_the_prompt_is_the_live_one(tmp_path: Path) -> None:
    document = call(
        TurnRecord(0, "greeting", text="Hello."),
        TurnRecord(1, "reply", transcript="Hi.", text="What's your order number?", heard_text="What's your"),
        TurnRecord(
            2,
            "reply",
            transcript="70012",
            intent="order_status",
            text="...",
            sentences=(
                sentence("One moment.", kind="hold", verdict="approved"),
                sentence("Your order 70012 was shipped.", ORDER, STATUS),
                sentence("It arrives on November 27, 2026.", ARRIVES, verdict="template", replaced="Soon."),
                sentence("Anything else?", kind="question", verdict="approved"),
            ),
        ),
    )
    (row,) = rows_of(tmp_path / "call.json", document)
    assert row.reply == "Your order {order_number} was shipped. It arrives on {delivery_date}."
    assert [message.content for message in row.prompt[1:]] == [
        "Caller: Hi.",
        "What's your",
        "Caller: 70012\nSay: inform order number = {order_number}; inform status = shipped; "
        "inform delivery date = {delivery_date}",
    ]
    assert row.prompt[0].content.startswith("You answer for shop.")
    assert row.facts["delivery_date"].value == "November 27, 2026"
    assert (row.scenario, row.category, row.business) == ("calls/C1", "order_status", "shop")


def test_what_no_fact_holds_is_left_out_and_counted(tmp_path: Path) -> None:
    document = call(
        TurnRecord(
            1,
            "reply",
            transcript="When?",
            sentences=(
                sentence("It takes 3 days for 70012.", ORDER),
                sentence("Returns are easy.", Fact("returns", "Returns are easy.", "returns.md:3")),
            ),
        )
    )
    left_out: Counter[str] = Counter()
    path = tmp_path / "call.json"
    path.write_text(json.dumps(document))
    assert list(read_calls(path, str, left_out)) == []
    assert left_out == {"a number that is no fact": 1, "no fact by name": 1}


def test_what_is_repeated_in_a_call_is_learned_once(tmp_path: Path) -> None:
    said = sentence("Your order 70012 was shipped.", ORDER, STATUS)
    again = sentence("All right, more slowly.", kind="social", verdict="approved")
    document = call(
        TurnRecord(1, "reply", transcript="Where is it?", sentences=(said,)),
        TurnRecord(2, "reply", transcript="Slower, please.", sentences=(again, said)),
    )
    assert [row.id for row in rows_of(tmp_path / "call.json", document)] == ["calls/C1:1.0"]


def test_a_number_inside_another_is_no_fact(tmp_path: Path) -> None:
    document = call(
        TurnRecord(
            1, "reply", transcript="When?", sentences=(sentence("Order 170012 is here, 70012 isn't.", ORDER),)
        )
    )
    assert rows_of(tmp_path / "call.json", document) == []


def test_a_folder_of_calls_and_a_file_of_something_else(tmp_path: Path) -> None:
    turn = TurnRecord(1, "reply", transcript="Where?", sentences=(sentence("70012 is on its way.", ORDER),))
    (tmp_path / "a.json").write_text(json.dumps(call(turn)))
    (tmp_path / "b.jsonl").write_text(json.dumps(call(turn)) + "\n" + json.dumps(call(turn)) + "\n")
    assert len(list(read_calls(tmp_path, str, Counter()))) == 3
    (tmp_path / "c.json").write_text('{"messages": []}')
    with pytest.raises(DataError, match=r"c\.json is no exported call"):
        list(read_calls(tmp_path, str, Counter()))
