"""A letter of a spelled name that the recogniser took for a goodbye ends no call."""

import pytest

from agent.dialogue import BusinessDialogue

ASKED = ("what have I ordered lately", "I don't know my account number.", "Can you find me by my name?")
SPELLED = (
    "My name is Castillo. C A S T. Bye. L L O",
    "My name is Castillo. see A as. T. Bye. l l o",
    "C A S T, bye, L L O",
)


async def ends(shop: BusinessDialogue, said: str) -> bool:
    """Whether the reply to `said` ends the call, after `ASKED`."""
    conversation = shop.open()
    for words in (*ASKED, said):
        reply = await conversation.respond(words)
        assert [sentence.text async for sentence in reply.sentences]
    return reply.ends_call


@pytest.mark.parametrize("said", SPELLED)
async def test_the_call_goes_on(shop_by_name: BusinessDialogue, said: str) -> None:
    assert not await ends(shop_by_name, said)


@pytest.mark.parametrize("said", ["bye", "Never mind. Goodbye."])
async def test_a_goodbye_is_one(shop_by_name: BusinessDialogue, said: str) -> None:
    assert await ends(shop_by_name, said)


async def test_a_goodbye_amid_letters_is_the_letter_that_sounds_like_it(
    shop_by_name: BusinessDialogue,
) -> None:
    conversation = shop_by_name.open()
    for words in (*ASKED, "My name is Castillo. C A S T. Bye. L L O"):
        reply = await conversation.respond(words)
        said = " ".join([sentence.text async for sentence in reply.sentences])
    assert "Castillo" in said


async def test_a_word_like_half_a_product_beside_a_goodbye_is_not_the_product(shop: BusinessDialogue) -> None:
    conversation = shop.open()
    for words in ("What does it cost?", "Alright, fans, goodbye."):
        reply = await conversation.respond(words)
        assert [sentence.text async for sentence in reply.sentences]
    assert reply.ends_call


async def test_the_product_beside_a_goodbye_is_answered(shop: BusinessDialogue) -> None:
    conversation = shop.open()
    for words in ("What does it cost?", "The desk fan. Bye."):
        reply = await conversation.respond(words)
        said = " ".join([sentence.text async for sentence in reply.sentences])
    assert "Desk Fan" in said
