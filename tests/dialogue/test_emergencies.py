"""Who is in danger hears it at once, whatever was open; who only uses such words does not."""

import pytest

from agent.dialogue import BusinessDialogue


@pytest.mark.parametrize(
    "said",
    [
        "Somebody is following me, I'm scared.",
        "There's a man following me home.",
        "I fell and can't get up.",
        "My mother has fallen and can't get up.",
        "911",
        "Nine one one.",
        "Help me, please, help!",
        "Help! Help!",
        "I cut myself with the grinder.",
        "The lamp gave me an electric shock.",
        "My son is bleeding a lot.",
        "Someone is breaking into my car right now.",
    ],
)
@pytest.mark.parametrize("before", ["", "Where is my order?"])
async def test_danger_goes_first(reading_shop: BusinessDialogue, before: str, said: str) -> None:
    conversation = reading_shop.open()
    if before:
        await conversation.respond(before)
    assert (await conversation.respond(said)).intent == "emergency"


@pytest.mark.parametrize(
    "said",
    [
        "Please help me.",
        "Can you help me, I need help with my order.",
        "I'm following up on my order.",
        "Is the price of the boots cut in half?",
        "I cut open the box and it's the wrong size.",
        "My package fell behind the fence.",
        "nine one one four five",
    ],
)
async def test_such_words_alone_are_no_danger(reading_shop: BusinessDialogue, said: str) -> None:
    assert (await reading_shop.open().respond(said)).intent != "emergency"


@pytest.mark.parametrize("said", ["Could you talk a bit more slowly?", "That was a bit too quick for me."])
async def test_a_slower_voice_is_still_understood(reading_shop: BusinessDialogue, said: str) -> None:
    assert (await reading_shop.open().respond(said)).intent == "slower"
