"""Rows of training data: kept whole, and asked as the live agent asks."""

import json
from pathlib import Path

import pytest

from agent.dialogue import prompts
from agent.llm.protocol import Message
from finetune.data.errors import DataError
from finetune.data.rows import NamedFact, Row, read_rows, write_rows


def row() -> Row:
    asked = prompts.asked("You are a shop.", [prompts.act("ship_date", "{ship_date}")], "Where is it?")
    return Row(
        id="shop-1",
        messages=(*asked, Message("assistant", "It was shipped on {ship_date}.")),
        source="shop",
        business="shop",
        scenario="order_status",
        category="orders",
        facts={"ship_date": NamedFact("2026-11-20", "date")},
        needed=("ship_date",),
    )


def test_rows_come_back_as_they_were_written(tmp_path: Path) -> None:
    write_rows(tmp_path / "train.jsonl", [row()])
    assert read_rows(tmp_path / "train.jsonl") == (row(),)
    assert [path.name for path in tmp_path.iterdir()] == ["train.jsonl"]


def test_the_prompt_ends_with_what_is_to_be_said() -> None:
    assert row().prompt[-1].content == "Caller: Where is it?\nSay: inform ship date = {ship_date}"
    assert row().reply == "It was shipped on {ship_date}."


@pytest.mark.parametrize("wrong", ["messages", "source", "facts"])
def test_a_broken_row_is_named(tmp_path: Path, wrong: str) -> None:
    document = row().document()
    if wrong == "messages":
        document["messages"] = document["messages"][:-1]
    elif wrong == "source":
        del document["source"]
    else:
        document["facts"] = {"ship_date": "2026-11-20"}
    path = tmp_path / "train.jsonl"
    path.write_text("\n".join([json.dumps(row().document()), json.dumps(document)]))
    with pytest.raises(DataError, match=r"train\.jsonl:2"):
        read_rows(path)
