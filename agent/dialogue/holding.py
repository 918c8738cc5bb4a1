"""A turn whose tool takes long: a truthful word first, the answer when it's there, and none of it lost."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from loguru import logger

from agent.dialogue.draft import Draft
from agent.dialogue.frames_said import denies
from agent.dialogue.intents import says_something
from agent.dialogue.phrasing import Phrasebook
from agent.dialogue.protocol import Reply, Sentence
from agent.dialogue.state import State

HOLD_AFTER_S = 0.7
"""How long a caller waits for a tool in silence."""
AGAIN_S = 5.0
"""Until the caller hears that it's still being waited for."""
MOST_HOLDS = 4
_SHORT = 3
"""Words that are no new turn while the answer is still being waited for ("okay", "yes, please")."""


@dataclass(slots=True)
class Pending:
    """A turn that waits for a tool, in a task of its own."""

    task: "asyncio.Task[Reply]"
    draft: Draft
    before: State
    """The conversation before the turn."""
    reply: Reply
    """What was given for it: filled in when it's decided."""
    after: State | None = None
    """The conversation after it, once it's decided."""

    def ended(self, task: "asyncio.Task[Reply]", state: State) -> None:
        """Notes the conversation's state when the turn was decided."""
        if not task.cancelled() and task.exception() is None:
            self.after = state

    def leaves(self, text: str) -> bool:
        """Whether what the caller says meanwhile takes the turn back ("no, wait", "no, I meant 70012")."""
        return denies(text) and (self.draft.changing or len(text.split()) >= _SHORT)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A conversation at one moment."""

    state: State
    pending: Pending | None


async def is_late(task: "asyncio.Task[Reply]", looking: asyncio.Event) -> bool:
    """Whether a turn isn't decided `HOLD_AFTER_S` after it began to wait for a tool."""
    waiter = asyncio.ensure_future(looking.wait())
    try:
        await asyncio.wait({task, waiter}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            await asyncio.wait({task}, timeout=HOLD_AFTER_S)
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait({task})
        raise
    finally:
        waiter.cancel()
    return not task.done()


async def holds(pending: Pending, phrases: Phrasebook) -> AsyncIterator[Sentence]:
    """Holding phrases until the turn is decided, the first at once; those that the business has."""
    for count in range(MOST_HOLDS):
        if pending.task.done():
            return
        first = "hold_change" if pending.draft.changing else "hold"
        sentence = phrases.say(first if count == 0 else "hold_longer")
        if sentence is not None:
            yield sentence
        await asyncio.wait({pending.task}, timeout=AGAIN_S)
    await asyncio.wait({pending.task})


def decided(pending: Pending) -> bool:
    """Fills in what the turn's reply means. False where it was taken back, or has failed."""
    task, reply = pending.task, pending.reply
    reply.pending = False
    if task.cancelled():
        return False
    if (error := task.exception()) is not None:
        logger.error("a turn that waited for a tool failed: {}", type(error).__name__)
        return False
    found = task.result()
    reply.intent, reply.slots, reply.stages_ms = found.intent, found.slots, found.stages_ms
    reply.expects, reply.expects_digits = found.expects, found.expects_digits
    reply.ends_call, reply.transfer = found.ends_call, found.transfer
    reply.voice, reply.patient = found.voice, found.patient
    return True


def adds_nothing(text: str) -> bool:
    """Whether words while an answer is being waited for are no turn of their own."""
    return not says_something(text) or len(text.split()) < _SHORT


async def one_after_the_other(
    first: AsyncIterator[Sentence], then: AsyncIterator[Sentence]
) -> AsyncIterator[Sentence]:
    for sentences in (first, then):
        async for sentence in sentences:
            yield sentence
