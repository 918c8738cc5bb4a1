"""Chats of others as rows: JSONL and tables, each mistake named by file and line."""

import json

import pytest

from finetune.data.chats import read_jsonl, read_table
from finetune.data.checks import mistake
from finetune.data.errors import DataError

PERSONA = "You answer the telephone."


def lines(*documents: object) -> str:
    return "\n".join(one if isinstance(one, str) else json.dumps(one) for one in documents) + "\n"


def said(row: object) -> list[tuple[str, str]]:
    return [(message.role, message.content) for message in row.messages]  # type: ignore[attr-defined]


CHAT = [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hello. "}]


def test_messages_become_a_row_with_a_system_message() -> None:
    chats = read_jsonl("a.jsonl", lines({"messages": CHAT, "category": "greetings"}), PERSONA)
    assert chats.refused == []
    (row,) = chats.rows
    assert said(row) == [("system", PERSONA), ("user", "Hi."), ("assistant", "Hello.")]
    assert (row.id, row.category, row.business, row.learned) == ("a.jsonl:1", "greetings", "a.jsonl", "all")


def test_conversations_with_from_and_value_are_read_too() -> None:
    turns = [
        {"from": "system", "value": "Be short."},
        {"from": "human", "value": "Hi."},
        {"from": "gpt", "value": "Hello."},
        {"from": "human", "value": "Thanks."},
    ]
    (row,) = read_jsonl("a.jsonl", lines({"conversations": turns}), PERSONA).rows
    assert said(row) == [("system", "Be short."), ("user", "Hi."), ("assistant", "Hello.")]


def test_facts_by_name_are_kept_with_what_they_are() -> None:
    facts = {"ship_date": {"value": "2026-11-20", "kind": "date"}, "carrier": "Parcelway"}
    turns = [*CHAT[:1], {"role": "assistant", "content": "It left on {ship_date}."}]
    (row,) = read_jsonl("a.jsonl", lines({"messages": turns, "facts": facts}), PERSONA).rows
    assert (row.facts["ship_date"].kind, row.facts["carrier"].kind) == ("date", "text")
    assert row.needed == ("ship_date",) and mistake(row) is None
    (row,) = read_jsonl("a.jsonl", lines({"messages": turns}), PERSONA).rows
    assert "names {ship_date}, which is none of its facts" in (mistake(row) or "")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "isn't JSON"),
        ("[1]", "a line is an object"),
        ({"text": "Hi."}, 'a chat has "messages"'),
        ({"messages": [{"role": "user"}]}, 'a message is an object with "role" and "content"'),
        ({"messages": [{"role": "robot", "content": "Hi."}]}, "'robot' is no role"),
        ({"messages": CHAT[:1]}, "no reply of the assistant"),
        ({"messages": CHAT, "facts": {"day": 3}}, "the fact day is a text"),
        ({"learned": "last", "messages": CHAT}, "not a prepared row"),
    ],
)
def test_a_line_that_is_no_chat_is_named(line: object, why: str) -> None:
    chats = read_jsonl("a.jsonl", lines({"messages": CHAT}, "", line, {"messages": CHAT}), PERSONA)
    assert len(chats.rows) == 2
    (refused,) = chats.refused
    assert refused.place == "a.jsonl:3" and why in refused.why


def test_a_line_separator_inside_a_text_ends_no_line() -> None:
    turns = [*CHAT[:1], {"role": "assistant", "content": "One\u2028two."}]
    text = json.dumps({"messages": turns}, ensure_ascii=False)
    assert "\u2028" in text
    assert read_jsonl("a.jsonl", text, PERSONA).rows[0].reply == "One\u2028two."


def test_a_table_of_turns_becomes_a_row_a_conversation() -> None:
    text = 'conversation,role,text\n1,customer,"Hi, you."\n1,agent,Hello.\n'
    text += '2,user,Bye.\n2,assistant,"Good\nbye."\n'
    chats = read_table("a.csv", text, PERSONA)
    assert [said(row)[1:] for row in chats.rows] == [
        [("user", "Hi, you."), ("assistant", "Hello.")],
        [("user", "Bye."), ("assistant", "Good\nbye.")],
    ]
    assert [row.id for row in chats.rows] == ["a.csv:2", "a.csv:4"]


def test_a_table_of_prompts_and_replies_becomes_a_row_a_line() -> None:
    chats = read_table("a.csv", "prompt;reply;category\nHi.;Hello.;greetings\nBye.;;closing\n", PERSONA)
    assert [row.category for row in chats.rows] == ["greetings", "closing"]
    assert mistake(chats.rows[0]) is None
    assert "empty" in (mistake(chats.rows[1]) or "")


def test_a_table_with_other_columns_says_which_it_needs() -> None:
    with pytest.raises(DataError, match=r"a\.csv:1: the first line names the columns"):
        read_table("a.csv", "question,answer\nHi.,Hello.\n", PERSONA)


def test_an_open_quote_is_named_with_its_line() -> None:
    with pytest.raises(DataError, match=r"a\.csv:\d+: this isn't a table"):
        read_table("a.csv", 'prompt,reply\nHi.,"Hello.\n', PERSONA)
