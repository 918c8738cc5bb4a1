"""Sentences that are known already, as a reply gives them."""

from collections.abc import AsyncIterator, Sequence

from agent.dialogue.protocol import Sentence


async def none() -> AsyncIterator[Sentence]:
    """No sentence."""
    return
    yield


async def each(sentences: Sequence[Sentence]) -> AsyncIterator[Sentence]:
    """One after the other."""
    for sentence in sentences:
        yield sentence
