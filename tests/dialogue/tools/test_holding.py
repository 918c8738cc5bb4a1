"""A tool that takes long: the caller hears a truthful word, then the answer, whatever is said meanwhile."""

import asyncio
import time

import pytest

from agent.dialogue import BusinessDialogue, Reply, holding
from agent.dialogue.conversation import BusinessConversation
from tests.dialogue.tools.order_server import OrderServer

HOLD = "One moment, I'm looking that up."
ANSWER = "Your order 12345 is being prepared and hasn't left our warehouse yet."


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less time than a caller is given, so that tests are quick."""
    monkeypatch.setattr(holding, "HOLD_AFTER_S", 0.15)


async def text_of(reply: Reply) -> str:
    return " ".join([sentence.text async for sentence in reply.sentences])


async def say(conversation: BusinessConversation, text: str) -> str:
    return await text_of(await conversation.respond(text))


async def first_word(conversation: BusinessConversation, text: str) -> Reply:
    """A reply of which the caller hears the holding phrase, and then speaks."""
    reply = await conversation.respond(text)
    assert reply.pending
    await anext(aiter(reply.sentences))
    return reply


@pytest.mark.parametrize("slow_s", [0.0, 0.3])
async def test_a_quick_tool_is_not_announced(
    remote_shop: BusinessDialogue, server: OrderServer, slow_s: float
) -> None:
    server.slow_s = slow_s
    reply = await remote_shop.open().respond("Where is order 12345?")
    assert not reply.pending and reply.intent == "order_status"
    assert await text_of(reply) == ANSWER


async def test_a_slow_tool_is_announced_after_700_ms_and_answers(
    remote_shop: BusinessDialogue, server: OrderServer
) -> None:
    server.slow_s = 1.5
    conversation = remote_shop.open()
    began = time.monotonic()
    reply = await conversation.respond("Where is order 12345?")
    assert 0.65 < time.monotonic() - began < 1.4
    sentences = [sentence async for sentence in reply.sentences]
    assert [sentence.text for sentence in sentences] == [HOLD, ANSWER]
    assert [sentence.kind for sentence in sentences] == ["hold", "answer"]
    assert reply.intent == "order_status" and reply.slots == {"order_number": "12345"} and not reply.pending
    conversation.heard(f"{HOLD} Your order 12345")
    assert conversation.history[-1].reply == "Your order 12345"
    server.slow_s = 0
    assert await say(conversation, "Can you repeat that?") == ANSWER


async def test_one_that_takes_very_long_is_announced_again_and_ends(
    remote_shop: BusinessDialogue, server: OrderServer, soon: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "AGAIN_S", 0.3)
    server.slow_s = 4
    text = await say(remote_shop.open(), "Where is order 12345?")
    assert text.count("One moment") == 1 and text.count("still waiting") == holding.MOST_HOLDS - 1
    assert "I can't look that up at the moment." in text


@pytest.mark.parametrize("meanwhile", ["", "mm-hm", "yes please"])
async def test_a_small_word_meanwhile_loses_nothing(
    remote_shop: BusinessDialogue, server: OrderServer, soon: None, meanwhile: str
) -> None:
    server.slow_s = 0.5
    conversation = remote_shop.open()
    await first_word(conversation, "Where is order 12345?")
    conversation.heard("One moment,")
    assert (await say(conversation, meanwhile)).endswith(ANSWER)


async def test_another_question_meanwhile_is_answered_after_the_first(
    remote_shop: BusinessDialogue, server: OrderServer, soon: None
) -> None:
    server.slow_s = 0.5
    conversation = remote_shop.open()
    await first_word(conversation, "Where is order 12345?")
    text = await say(conversation, "And how much is the Lumen lamp?")
    assert text.index(ANSWER) < text.index("Lumen")


async def test_a_number_put_right_meanwhile_is_the_one_looked_up(
    remote_shop: BusinessDialogue, server: OrderServer, soon: None
) -> None:
    server.slow_s = 0.5
    conversation = remote_shop.open()
    await say(conversation, "Where is my order?")
    await first_word(conversation, "12345")
    text = await say(conversation, "No, sorry, it's 55781.")
    assert "55781" in text and "12345" not in text


async def test_a_question_that_was_not_heard_is_not_answered_by_a_yes(
    remote_shop: BusinessDialogue, server: OrderServer, soon: None
) -> None:
    server.slow_s = 0.5
    conversation = remote_shop.open()
    await first_word(conversation, "Please cancel order 55781.")
    assert "shall I cancel it?" in await say(conversation, "yes")
    await first_word(conversation, "yes")
    assert "I've cancelled order 55781." in await say(conversation, "okay")
    assert list(server.made.values()) == ["cancel 55781"]


async def test_a_change_that_is_taken_back_meanwhile_is_undone(
    remote_shop: BusinessDialogue, server: OrderServer, soon: None
) -> None:
    conversation = remote_shop.open()
    await say(conversation, "Please cancel order 55781.")
    server.slow_s = 0.5
    reply = await conversation.respond("Yes.")
    while not reply.pending or len(server.seen) < 3:
        await asyncio.sleep(0.05)
    assert "stays as it is" in await say(conversation, "No, wait, don't do it.")
    assert list(server.made.values()) == ["cancel 55781", "reopen 55781"] and not server.cancelled
    server.slow_s = 0.0
    await say(conversation, "Cancel order 55781 please.")
    assert "I've cancelled" in await say(conversation, "Yes.")
    assert list(server.made.values())[2:] == ["cancel 55781"], "another key than before"


async def test_a_turn_taken_up_again_drops_what_was_being_looked_up(
    remote_shop: BusinessDialogue, server: OrderServer, soon: None
) -> None:
    server.slow_s = 0.5
    conversation = remote_shop.open()
    before = conversation.snapshot()
    await conversation.respond("Where is order 12345")
    conversation.restore(before)
    text = await say(conversation, "Where is order 12345 no 55781?")
    assert "55781" in text and "12345" not in text


async def test_words_that_begin_while_the_next_turn_waits_lose_nothing(
    remote_shop: BusinessDialogue, server: OrderServer, soon: None
) -> None:
    """The caller goes on before the second turn is answered: it's said again whole, the first stands."""
    server.slow_s = 0.6
    conversation = remote_shop.open()
    await first_word(conversation, "Where is order 12345?")
    before = conversation.snapshot()
    second = asyncio.create_task(conversation.respond("And how much"))
    await asyncio.sleep(0.1)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    conversation.restore(before)
    text = await say(conversation, "And how much is the Lumen lamp?")
    assert text.index(ANSWER) < text.index("Lumen")


async def test_a_dead_service_is_told_and_the_call_goes_on(
    remote_shop: BusinessDialogue, server: OrderServer, soon: None
) -> None:
    server.down = True
    conversation = remote_shop.open()
    assert "I can't look that up at the moment." in await say(conversation, "Where is order 12345?")
    server.down = False
    assert await say(conversation, "Where is order 12345?") == ANSWER
    assert "I can't find an order with the number 99999." in await say(conversation, "Where is order 99999?")
