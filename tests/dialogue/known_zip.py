"""Callers of the shop who know their zip code: asked for it, they say it."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from agent.dialogue import BusinessDialogue, Reply
from agent.dialogue.conversation import BusinessConversation
from agent.dialogue.sentences import each

ZIP_ASKED = "And the zip code of the delivery address?"


def zip_of(database: Path, slots: dict[str, str]) -> str:
    """The zip code of the account, of the order's account, or of the one with the email address."""
    number, account = slots.get("order_number", ""), slots.get("account_number", "")
    with closing(sqlite3.connect(database)) as open_database:
        row = open_database.execute(
            "SELECT zip FROM customers WHERE account_number = ? OR lower(email) = lower(?)"
            " OR account_number = (SELECT account_number FROM orders WHERE number = ?)",
            (account, slots.get("customer_email", ""), number),
        ).fetchone()
    return row[0] if row is not None else "99999"


class CallerWithZip:
    """A conversation in which a question for the zip code is answered in the same breath."""

    def __init__(self, conversation: BusinessConversation, database: Path) -> None:
        self._conversation = conversation
        self._database = database

    def __getattr__(self, name: str) -> Any:
        return getattr(self._conversation, name)

    async def respond(self, text: str, *, confidence: float = 1.0) -> Reply:
        return await self._with_zip(await self._conversation.respond(text, confidence=confidence))

    async def keys(self, digits: str, *, said: str = "") -> Reply:
        return await self._with_zip(await self._conversation.keys(digits, said=said))

    async def _with_zip(self, reply: Reply) -> Reply:
        frame = self._conversation.snapshot().state.frame
        if reply.pending or frame is None or frame.asking != "zip_code" or frame.failures:
            return reply
        before = [sentence async for sentence in reply.sentences]
        if not before or before[-1].text != ZIP_ASKED:
            return replace(reply, sentences=each(before))
        after = await self._conversation.respond(zip_of(self._database, dict(frame.slots)))
        said = [*before[:-1], *[sentence async for sentence in after.sentences]]
        return replace(after, sentences=each(said))


class ShopOfKnownCallers:
    """The shop's dialogue, whose callers know their zip code."""

    def __init__(self, dialogue: BusinessDialogue, database: Path) -> None:
        self._dialogue = dialogue
        self._database = database

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dialogue, name)

    def open(self, caller: str = "") -> CallerWithZip:
        return self.known(self._dialogue.open(caller))

    def known(self, conversation: BusinessConversation) -> CallerWithZip:
        """`conversation`, held by one who knows their zip code."""
        return CallerWithZip(conversation, self._database)
