"""A number that a caller names is the one that is answered about: no other stands in for it."""

import pytest

from agent.dialogue import BusinessDialogue
from agent.dialogue.conversation import BusinessConversation
from agent.dialogue.slots import digits, in_breath


async def say(conversation: BusinessConversation, text: str) -> str:
    reply = await conversation.respond(text)
    return " ".join([sentence.text async for sentence in reply.sentences])


@pytest.mark.parametrize(
    "said",
    [
        "Where is order 999999?",
        "Where is order 70?",
        "Where's my order number 123?",
        "And where is order number nine nine nine nine nine nine?",
        "Can I return order 5578?",
    ],
)
async def test_a_number_of_another_length_is_asked_for(reading_shop: BusinessDialogue, said: str) -> None:
    conversation = reading_shop.open()
    assert "12345" in await say(conversation, "Where is order 12345?")
    reply = await say(conversation, said)
    assert "12345" not in reply and "one by one" in reply


async def test_the_rest_of_a_number_completes_it(reading_shop: BusinessDialogue) -> None:
    conversation = reading_shop.open()
    await say(conversation, "Where is order 70?")
    assert "Your order 70012" in await say(conversation, "zero one two")


async def test_another_account_is_not_answered_about_with_the_first(reading_shop: BusinessDialogue) -> None:
    conversation = reading_shop.open()
    await say(conversation, "Find the charge of eighty four ninety on account 100001.")
    again = await say(
        conversation, "What is the charge of a thousand two hundred forty nine fifty, account 100004?"
    )
    assert "100001" not in again and "$" not in again
    assert "can't find an account with the number 100004" in await say(conversation, "yes")


async def test_a_number_said_for_one_wish_serves_the_next(shop: BusinessDialogue) -> None:
    conversation = shop.open()
    assert "shall I book it?" in await say(conversation, "Book me for December 4th at 2 pm, account 100002.")
    reply = await say(conversation, "When is my appointment?")
    assert "Your next appointment" in reply and reply.endswith("shall I book it?")
    assert "I've booked December 4" in await say(conversation, "Yes.")


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("one two three four five I mean six", "12346"),
        ("12345, sorry, six", "12346"),
        ("one two three four five, no, four six", "12346"),
        ("order 12345. Actually, make that six.", "12346"),
    ],
)
def test_a_correction_in_one_breath_is_doubtful(said: str, value: str) -> None:
    found = digits(said, 5)
    assert found is not None
    mended = in_breath(said, found)
    assert mended is not None and mended.value == value and mended.doubtful


@pytest.mark.parametrize(
    "said", ["12345, sorry I have two questions", "12345 please", "12345, I mean it", "12345 at six"]
)
def test_what_takes_no_number_back_is_no_correction(said: str) -> None:
    found = digits(said, 5)
    assert found is not None and in_breath(said, found) is None


async def test_a_corrected_number_is_put_to_the_caller(reading_shop: BusinessDialogue) -> None:
    conversation = reading_shop.open()
    assert "Is your order number 12346?" in await say(
        conversation, "Where is order one two three four five, I mean six?"
    )
