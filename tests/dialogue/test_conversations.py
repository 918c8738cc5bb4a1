"""Whole conversations over the seeded shop, and the truth of every sentence in them."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.dialogue import BusinessDialogue, Reply, Sentence
from agent.dialogue.conversation import BusinessConversation

CASES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "conversations.yaml").read_text("utf-8")
)
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
STATED = re.compile(rf"\$[\d,.]*\d|(?:{MONTHS}) \d+(?:, \d{{4}})?|\+?\d(?:[\d,:.]*\d)?")


async def take(conversation: BusinessConversation, turn: dict[str, Any]) -> tuple[Reply, list[Sentence]]:
    if "keys" in turn:
        reply = await conversation.keys(turn["keys"])
    else:
        reply = await conversation.respond(turn["say"], confidence=turn.get("confidence", 1.0))
    return reply, [sentence async for sentence in reply.sentences]


def test_there_are_more_than_forty_conversations_and_their_names_differ() -> None:
    assert len(CASES) > 40
    assert len({case["name"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
async def test_the_conversation_goes_as_it_should(
    case: dict[str, Any], reading_shop: BusinessDialogue
) -> None:
    conversation = reading_shop.open()
    for turn in case["turns"]:
        reply, sentences = await take(conversation, turn)
        text = " ".join(sentence.text for sentence in sentences)
        about = f"after {turn.get('say', turn.get('keys'))!r}: {text!r} ({reply.intent}, {dict(reply.slots)})"
        assert sentences, about
        if "intent" in turn:
            assert reply.intent == (None if turn["intent"] == "none" else turn["intent"]), about
        for name, value in turn.get("slots", {}).items():
            assert reply.slots.get(name) == value, about
        for part in turn.get("has", ()):
            assert part in text, about
        for part in turn.get("lacks", ()):
            assert part not in text, about
        if "expects" in turn:
            assert reply.expects == turn["expects"], about
        if "digits" in turn:
            assert reply.expects_digits == turn["digits"], about
        if "kinds" in turn:
            assert [sentence.kind for sentence in sentences][: len(turn["kinds"])] == turn["kinds"], about
        assert reply.ends_call is turn.get("ends", False), about


async def test_every_number_date_and_amount_stands_in_the_facts_of_its_sentence(
    reading_shop: BusinessDialogue,
) -> None:
    checked = 0
    for case in CASES:
        conversation = reading_shop.open()
        for turn in case["turns"]:
            _, sentences = await take(conversation, turn)
            for sentence in sentences:
                proof = " | ".join(fact.value for fact in sentence.facts)
                for stated in STATED.findall(sentence.text):
                    checked += 1
                    assert stated in proof, (
                        f"{case['name']}: {stated!r} of {sentence.text!r} isn't in {proof!r}"
                    )
                assert not re.search(r"\d", sentence.spoken), sentence.spoken
                assert all(fact.source for fact in sentence.facts)
    assert checked > 100


async def test_the_facts_of_an_answer_say_where_they_stand(reading_shop: BusinessDialogue) -> None:
    reply = await reading_shop.open().respond("Where is order 12345?")
    sentences = [sentence async for sentence in reply.sentences]
    sources = {fact.name: fact.source for sentence in sentences for fact in sentence.facts}
    assert sources["ship_date"] == "orders[12345].ship_date"
    assert sources["delivery_date"] == "orders[12345].delivery_date"
    assert {sentence.verdict for sentence in sentences} == {"template"}


async def test_a_number_is_spoken_digit_by_digit_and_written_in_digits(
    reading_shop: BusinessDialogue,
) -> None:
    reply = await reading_shop.open().respond("Where is order 12345?")
    first = await anext(reply.sentences)
    assert "12345" in first.text
    assert "one two three" in first.spoken
    assert "twenty twenty-six" not in first.spoken  # a year near today is written, not spoken
