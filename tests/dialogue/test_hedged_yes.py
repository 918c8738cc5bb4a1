"""A hedged or doubtful answer changes nothing, and hears the question again."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from agent.dialogue import BusinessDialogue
from agent.dialogue.conversation import BusinessConversation

QUESTION = "shall I cancel it?"


def status(path: Path) -> str:
    with closing(sqlite3.connect(path)) as database:
        return str(database.execute("SELECT status FROM orders WHERE number = '55781'").fetchone()[0])


async def say(conversation: BusinessConversation, text: str) -> str:
    reply = await conversation.respond(text)
    return " ".join([sentence.text async for sentence in reply.sentences])


@pytest.mark.parametrize(
    "hedged",
    [
        "Yes, but only the socks.",
        "Yeah, but don't do it today.",
        "Yes please, cancel one of the two lamps.",
        "Yes, I think so, but let me ask my wife first.",
        "I would say yes unless it costs something.",
        "Sure, cancel half of it.",
        "I'm not sure.",
        "I don't know.",
        "Yes, but when are you open?",
    ],
)
async def test_a_hedge_changes_nothing_and_is_asked_again(
    shop: BusinessDialogue, tmp_path: Path, hedged: str
) -> None:
    conversation = shop.open()
    assert QUESTION in await say(conversation, "Please cancel order 55781.")
    assert QUESTION in await say(conversation, hedged)
    assert status(tmp_path / "shop.db") == "processing"
    assert "I've cancelled" in await say(conversation, "Yes, please cancel it.")


@pytest.mark.parametrize("hedged", ["Okay, wait a moment.", "Okay, but what does it cost me?"])
async def test_okay_before_something_else_is_no_yes(
    shop: BusinessDialogue, tmp_path: Path, hedged: str
) -> None:
    conversation = shop.open()
    await say(conversation, "Please cancel order 55781.")
    await say(conversation, hedged)
    assert status(tmp_path / "shop.db") == "processing"


async def test_a_doubt_twice_leaves_things_as_they_are(shop: BusinessDialogue, tmp_path: Path) -> None:
    conversation = shop.open()
    await say(conversation, "Please cancel order 55781.")
    assert QUESTION in await say(conversation, "I'm not sure.")
    assert "stays as it is" in await say(conversation, "I really don't know.")
    assert status(tmp_path / "shop.db") == "processing"


async def test_yes_and_another_wish_does_both(shop: BusinessDialogue, tmp_path: Path) -> None:
    conversation = shop.open()
    await say(conversation, "Please cancel order 55781.")
    reply = await say(conversation, "Yes, and when are you open?")
    assert "I've cancelled" in reply and "open" in reply
    assert status(tmp_path / "shop.db") == "cancelled"
