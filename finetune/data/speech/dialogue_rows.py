"""Transcripts of recorded calls as dialogue rows: what the agent answered to what the caller said."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from agent.dialogue.claims import check
from agent.dialogue.prompts import asked
from agent.dialogue.state import Exchange
from agent.llm.protocol import Message
from finetune.data.rows import Row
from finetune.data.speech.segment import Segment

CATEGORY = "recorded"
PERSONA = "You are the telephone agent of a business. Speak briefly and kindly."


@dataclass(frozen=True, slots=True)
class Call:
    """What rows of recordings have in common."""

    business: str
    persona: str = PERSONA
    least_confidence: float = 0.5
    """What was recognised with less teaches mistakes."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """One side's words until the other's."""

    speaker: str
    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Made:
    """The rows of one recording, and how many replies were left out, with the reason."""

    rows: tuple[Row, ...]
    unsure: int = 0
    stating: int = 0
    """Replies that state a number, a date, a name: those are said by name, and a recording has no facts."""


def dialogue_rows(segments: Sequence[Segment], call: Call) -> Made:
    """The rows of one recording's segments, in the order of time.

    A row is an exchange: the caller's words, then the agent's reply, asked for as the live agent asks for a
    sentence without a fact. A reply that couldn't be spoken without a fact (`agent.dialogue.claims`) makes
    none, nor do words that were heard badly; both end the history, so that it has no hole.
    """
    rows: list[Row] = []
    history: list[Exchange] = []
    unsure = stating = 0
    for caller, agent in _exchanges(segments):
        reply = agent.text
        sure = min(caller.confidence, agent.confidence) >= call.least_confidence
        plain = sure and check(reply, ()).ok
        unsure += not sure
        stating += sure and not plain
        if plain:
            rows.append(_row(segments[0].source, len(rows), caller.text, reply, history, call))
        history = [*history, Exchange(caller.text, reply)] if plain else []
    return Made(tuple(rows), unsure, stating)


def spoken(segments: Sequence[Segment]) -> list[Spoken]:
    """Neighbouring segments of one speaker as one; those without words are left out."""
    said = [segment for segment in segments if segment.text]
    return [
        Spoken(
            speaker, " ".join(part.text for part in parts), round(min(part.confidence for part in parts), 4)
        )
        for speaker, own in groupby(said, key=lambda segment: segment.speaker)
        for parts in [list(own)]
    ]


def _exchanges(segments: Sequence[Segment]) -> Iterator[tuple[Spoken, Spoken]]:
    """The caller's words and the reply to them."""
    sides = spoken(segments)
    for one, two in pairwise(sides):
        if one.speaker == "caller" and two.speaker == "agent":
            yield one, two


def _row(source: str, number: int, caller: str, reply: str, history: Sequence[Exchange], call: Call) -> Row:
    messages = asked(call.persona, [f"say: {reply}"], caller, history)
    return Row(
        id=f"{source}#{number}",
        messages=(*messages, Message("assistant", reply)),
        source=source,
        business=call.business,
        scenario=source,
        category=CATEGORY,
        learned="last",
    )
