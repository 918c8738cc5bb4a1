"""A reply being put together: its lines, what it means, and the state after it."""

import asyncio
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

from agent.dialogue.changes import Changes
from agent.dialogue.earlier_calls import EarlierTurn
from agent.dialogue.knowledge import Answer
from agent.dialogue.phrasing import Phrasebook, Values
from agent.dialogue.protocol import Expects, Sentence
from agent.dialogue.state import Frame, State

LONGEST_ASIDE = 2


@dataclass(frozen=True, slots=True)
class Line:
    """An approved sentence, with the values that another wording of it may name."""

    sentence: Sentence
    values: Values = field(default_factory=dict)
    needed: tuple[str, ...] = ()
    """Names that any wording must have."""


@dataclass(slots=True)
class Draft:
    """What one turn decides. `state` is the conversation's state after it."""

    state: State
    phrases: Phrasebook
    now: datetime
    lines: list[Line] = field(default_factory=list)
    intent: str | None = None
    slots: dict[str, str] = field(default_factory=dict)
    expects: Expects = "free"
    expects_digits: int | None = None
    ends_call: bool = False
    transfer: bool = False
    tool_ms: float = 0.0
    changes: Changes = field(default_factory=Changes)
    """What the conversation has changed; a turn adds to it."""
    caller: str = ""
    """The number that the caller calls from, where it's known."""
    looking: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the turn begins to wait for a tool."""
    changing: bool = False
    """Whether it waits for a change."""
    again: bool = False
    """Whether the last reply is repeated, behind the lines that stand already."""
    beside: bool = False
    """Whether the reply is beside the matter ("take your time"): what is repeated later is the one before."""
    patient: bool = False
    """Whether the caller asked to be waited for."""
    offer: bool = False
    """Whether the caller is asked for more, once nothing else is open."""
    passage: Answer | EarlierTurn | None = None
    """What documents or earlier calls say about the turn's words, where it goes before the wish in them."""
    before: State = field(init=False)
    """The conversation's state before the turn."""

    def __post_init__(self) -> None:
        self.before = self.state

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Counts the time of a tool."""
        self.looking.set()
        started = time.perf_counter()
        try:
            yield
        finally:
            self.tool_ms += (time.perf_counter() - started) * 1000

    def say(
        self,
        phrase_ids: Iterable[str],
        values: Values | None = None,
        rests_on: tuple[str, ...] = (),
        *,
        as_written: bool = False,
    ) -> int:
        """Adds phrases; those that lack a value are left out. How many were said, one that stands in this
        reply already once. `as_written`: no other wording takes their place."""
        said = 0
        for phrase_id in phrase_ids:
            sentence = self.phrases.say(phrase_id, values, rests_on if said == 0 else (), self.now.date())
            told = [line.sentence for line in self.lines if line.sentence.kind != "question"]
            if sentence is not None and any(sentence.text == one.text for one in told):
                said += 1
            elif sentence is not None:
                needed = () if as_written else self.phrases.names(phrase_id)
                self.lines.append(Line(sentence, {} if as_written else values or {}, needed))
                said += 1
        return said

    def put_aside(self, frame: Frame) -> None:
        """Keeps a wish for later; nothing is open now."""
        kept = replace(frame, writing=False, unheard=False, failures=0)
        self.state = replace(self.state, frame=None, aside=(*self.state.aside, kept)[-LONGEST_ASIDE:])
