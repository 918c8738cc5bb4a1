"""A wish said where a yes to a number read back was asked for: it's carried out, whatever the number is."""

import pytest

from agent.dialogue import BusinessDialogue
from agent.dialogue.open_question import beside_answer
from agent.dialogue.slots import yes_no

Turns = list[tuple[str, str]]


async def talk(shop: BusinessDialogue, *said: tuple[str, float]) -> Turns:
    """What was answered to each of `said`, and the intent; 0..1: how sure the recogniser is."""
    conversation, answers = shop.open(), []
    for words, confidence in said:
        reply = await conversation.respond(words, confidence=confidence)
        text = " ".join([sentence.text async for sentence in reply.sentences])
        answers.append((text, str(reply.intent)))
    return answers


START = (("It's about my order.", 1.0), ("seven zero zero one two", 0.3))


@pytest.mark.parametrize(
    "wish",
    [
        "Hm. I would like to be done. return it.",
        "I would like to, um, return it.",
        "yes, I'd like to return it",
        "Yeah, and I want to return it",
    ],
)
async def test_it_is_the_number_read_back(reading_shop: BusinessDialogue, wish: str) -> None:
    *_, asked, (told, _) = await talk(reading_shop, *START, (wish, 1.0))
    assert asked[0] == "Is your order number 70012?"
    assert "Your order 70012 was delivered" in told and "received what you returned" in told


async def test_a_wish_for_something_else_leaves_the_number_in_doubt(reading_shop: BusinessDialogue) -> None:
    answers = await talk(reading_shop, *START, ("I want to cancel an order", 1.0), ("yes", 1.0))
    assert answers[2] == ("Is your order number 70012?", "cancel_order")
    assert "70012 was already delivered, so I can't cancel it" in answers[3][0]
    assert "Your order 70012 was delivered" in answers[3][0], "the first wish is taken up"


async def test_a_number_denied_is_asked_for_again_and_the_wish_is_kept(
    reading_shop: BusinessDialogue,
) -> None:
    answers = await talk(
        reading_shop, *START, ("no, I'd like to cancel it", 1.0), ("one one two two three", 1.0)
    )
    assert "digits of your order number" in answers[2][0]
    assert "Your order 11223" in answers[3][0] and "shall I cancel it?" in answers[3][0]


async def test_a_change_is_asked_about_before_it_is_made(reading_shop: BusinessDialogue) -> None:
    said = (START[0], ("one one two two three", 0.3), ("I want to cancel it", 1.0))
    assert (await talk(reading_shop, *said))[-1][0].endswith("shall I cancel it?")


@pytest.mark.parametrize("text", ["yes that's the number on my bill", "right, the one on the invoice"])
async def test_a_yes_with_something_about_the_number_is_a_yes(
    reading_shop: BusinessDialogue, text: str
) -> None:
    assert "Your order 70012 was delivered" in (await talk(reading_shop, *START, (text, 1.0)))[-1][0]


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("yes, where is it", "where is it"),
        ("No, that's wrong. I want to cancel it", "I want to cancel it"),
        ("yes, that's it", "yes, that's it"),
        ("no, seven zero zero one three", "no, seven zero zero one three"),
    ],
)
def test_what_stands_beside_a_yes_or_no(text: str, wish: str) -> None:
    assert beside_answer(text) == wish


def test_a_wish_in_the_conditional_agrees_to_nothing() -> None:
    assert yes_no("I would like to return it") is None
    assert yes_no("I would") is yes_no("I would like that") is True
