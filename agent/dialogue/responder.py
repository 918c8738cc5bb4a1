"""Words answers by the language model: names filled in, claims checked, templates where that fails."""

import asyncio
import datetime as dt
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from loguru import logger

from agent.dialogue import claims, prompts
from agent.dialogue.claims_said import PHRASE
from agent.dialogue.draft import Line
from agent.dialogue.grammar import turn_grammar
from agent.dialogue.phrasing import Phrasebook, Value
from agent.dialogue.protocol import Fact, Sentence, Stated
from agent.dialogue.said_of_names import unlike
from agent.dialogue.state import Exchange
from agent.llm import AdapterEngine, PinnedEngine
from agent.llm.protocol import LlmEngine, LlmError

SENTENCE_END = re.compile(r"[.?!][\"')]*$")
NAME = re.compile(r"\{([a-z][a-z0-9_]*)\}")
LATE_BEFORE_PAUSE = 3
"""Late answers in a row after which a conversation is worded by its templates alone."""
LONGEST_TEXT = 400
"""Characters of one answer; more is rambling."""


@dataclass(frozen=True, slots=True)
class Worded:
    """A sentence as the model wrote it, and what the check said."""

    raw: str
    """With names."""
    text: str | None
    """With values; None where a name has none."""
    names: tuple[str, ...]
    claims: tuple[Stated, ...] = ()
    """What it states."""
    refused: tuple[Stated, ...] = ()
    """What of it no fact proves."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What the model would have said for a turn."""

    text: str
    refused: tuple[str, ...]
    missing: tuple[str, ...]
    took_ms: int
    caught: tuple[Stated, ...] = ()
    """What in `refused` no fact proves."""
    failed: str | None = None
    """Why the model gave no answer."""


class ModelResponder:
    """Words the answers of one conversation. `for_conversation` makes one for another call."""

    def __init__(
        self,
        engine: LlmEngine,
        phrases: Phrasebook,
        persona: str,
        *,
        timeout_ms: int,
        max_tokens: int,
        temperature: float = 0.0,
        names: Collection[str] = (),
    ) -> None:
        """`names` are the business's own (products, places): one that no fact of the turn has isn't said."""
        self._engine = engine
        self._phrases = phrases
        self._persona = persona
        self._timeout_s = timeout_ms / 1000
        self._max_tokens = max_tokens
        self._temperature = temperature
        self._names = names
        self._late = 0
        """Late answers in a row."""

    def for_conversation(self) -> "ModelResponder":
        """The same limits, the adapter as it is now, and nothing late yet."""
        engine = self._engine.pinned() if isinstance(self._engine, AdapterEngine) else self._engine
        return ModelResponder(
            engine,
            self._phrases,
            self._persona,
            timeout_ms=round(self._timeout_s * 1000),
            max_tokens=self._max_tokens,
            temperature=self._temperature,
            names=self._names,
        )

    async def close(self) -> None:
        """The conversation is over: an adapter that was kept for it alone may go."""
        if isinstance(self._engine, PinnedEngine):
            await self._engine.close()

    @property
    def paused(self) -> bool:
        """Whether the model was late so often that its templates are spoken at once."""
        return self._late >= LATE_BEFORE_PAUSE

    async def word(
        self,
        lines: Sequence[Line],
        caller: str,
        history: Sequence[Exchange],
        today: dt.date | None = None,
    ) -> AsyncIterator[Sentence]:
        """Sentences for `lines`, in their order: answers in the model's words where these are proven."""
        pending: list[Line] = []
        for line in lines:
            if line.sentence.kind == "answer" and line.needed:
                pending.append(line)
                continue
            async for sentence in self._answers(pending, caller, history, today):
                yield sentence
            pending = []
            yield line.sentence
        async for sentence in self._answers(pending, caller, history, today):
            yield sentence

    async def _answers(
        self, lines: Sequence[Line], caller: str, history: Sequence[Exchange], today: dt.date | None
    ) -> AsyncIterator[Sentence]:
        if not lines:
            return
        if self.paused:
            for line in lines:
                yield line.sentence
            return
        covered: set[str] = set()
        said = ""
        refused: list[str] = []
        caught: list[Stated] = []
        async with aclosing(self._written(lines, caller, history, today)) as written:
            async for worded in written:
                if worded.refused or worded.text is None:
                    refused.append(worded.text or worded.raw)
                    caught += worded.refused
                    continue
                if set(worded.names) <= covered:
                    continue  # says nothing new
                covered |= set(worded.names)
                said += f" {worded.text}"
                yield self._proven(worded, lines)
        for line in lines:
            if set(line.needed) <= covered and _rests_said(line, said):
                continue
            yield replace(line.sentence, replaced=" ".join(refused) or None, refused=tuple(caught))
            covered |= set(line.needed)
            refused, caught = [], []

    def _proven(self, worded: Worded, lines: Sequence[Line]) -> Sentence:
        values = _values(lines)
        facts = _facts(lines)
        used = tuple(fact for fact in facts if fact.name in worded.names) or facts
        return Sentence(
            text=str(worded.text),
            spoken=self._phrases.speak_text(worded.raw, values),
            kind="answer",
            verdict="proven",
            facts=used,
            claims=worded.claims,
        )

    async def _written(
        self, lines: Sequence[Line], caller: str, history: Sequence[Exchange], today: dt.date | None
    ) -> AsyncGenerator[Worded, None]:
        """The model's sentences, each checked; ends early when the model is late or fails."""
        deadline = time.monotonic() + self._timeout_s
        names = list(dict.fromkeys(name for line in lines for name in line.needed))
        stream = self._engine.stream(
            prompts.wording(self._persona, lines, caller, history),
            max_tokens=self._max_tokens,
            temperature=self._temperature,
            grammar=turn_grammar(names),
        )
        held, length = "", 0
        try:
            while length < LONGEST_TEXT:
                try:
                    piece = await asyncio.wait_for(anext(stream), max(deadline - time.monotonic(), 0.001))
                except StopAsyncIteration:
                    self._late = 0
                    break
                held += piece
                length += len(piece)
                *whole, held = _split(held)
                for sentence in whole:
                    yield self._checked(sentence, lines, caller, today)
            if held.strip() and SENTENCE_END.search(held.strip()):
                yield self._checked(held.strip(), lines, caller, today)
        except TimeoutError:
            self._late += 1
            logger.warning("the model was late: its template is spoken ({} in a row)", self._late)
            if self._late == LATE_BEFORE_PAUSE:
                logger.warning("the model is too slow here: this conversation goes on with templates")
        except LlmError as error:
            logger.warning("the model failed: its template is spoken ({})", type(error).__name__)
        finally:
            close = getattr(stream, "aclose", None)
            if close is not None:
                await close()

    def _checked(self, raw: str, lines: Sequence[Line], caller: str, today: dt.date | None) -> Worded:
        values = _values(lines)
        names = tuple(dict.fromkeys(NAME.findall(raw)))
        text = self._phrases.fill_text(raw, values)
        if text is None or "{" in text or "}" in text:
            unknown = Stated("unknown_fact", raw, why="a name that this turn doesn't have")
            return Worded(raw, None, names, refused=(unknown,))
        verdict = claims.check(
            text, [*_facts(lines), *_vouched(lines)], caller, today=today, known_names=self._names
        )
        stated = tuple(claim.stated for claim in verdict.claims)
        refused = tuple(claim.stated for claim in verdict.refused)
        phrases = [self._phrases.text(line.sentence.phrase) for line in lines if line.sentence.phrase]
        if not refused and (why := unlike(raw, phrases)) is not None:
            refused = (Stated("policy", text, why=why),)
        return Worded(raw, text, names, stated, refused)

    async def measure(
        self,
        lines: Sequence[Line],
        caller: str,
        history: Sequence[Exchange],
        today: dt.date | None = None,
    ) -> Measured | None:
        """What the model would have said for `lines`; None where there's nothing for it to word."""
        wordable = [line for line in lines if line.sentence.kind == "answer" and line.needed]
        if not wordable:
            return None
        started = time.perf_counter()
        said = [worded async for worded in self._written(wordable, caller, history, today)]
        took = round((time.perf_counter() - started) * 1000)
        proven = {name for worded in said if not worded.refused for name in worded.names}
        needed = dict.fromkeys(name for line in wordable for name in line.needed)
        return Measured(
            text=" ".join(worded.text or worded.raw for worded in said),
            refused=tuple(worded.text or worded.raw for worded in said if worded.refused),
            missing=tuple(name for name in needed if name not in proven),
            took_ms=took,
            caught=tuple(claim for worded in said for claim in worded.refused),
            failed=None if said else "no whole sentence",
        )


def _rests_said(line: Line, said: str) -> bool:
    """Whether what a phrase says without naming it (a status) was said too."""
    resting = [fact.value for fact in line.sentence.facts if fact.name not in line.needed]
    return all(value.lower() in said.lower() for value in resting)


def _values(lines: Sequence[Line]) -> dict[str, Value]:
    return {name: value for line in lines for name, value in line.values.items()}


def _facts(lines: Sequence[Line]) -> tuple[Fact, ...]:
    return tuple(dict.fromkeys(fact for line in lines for fact in line.sentence.facts))


def _vouched(lines: Sequence[Line]) -> Iterator[Fact]:
    """The turn's approved phrases, as facts of the check: what they say may be said in other words."""
    for line in lines:
        yield Fact(PHRASE, line.sentence.text, f"phrases.{line.sentence.phrase}")


def _split(held: str) -> list[str]:
    """Whole sentences, and what isn't whole yet (last). A sentence is whole when something follows it."""
    if held.rfind("{") > held.rfind("}"):
        return [held]
    parts = re.split(r"(?<=[.?!])\s+", held)
    return [part.strip() for part in parts[:-1] if part.strip()] + [parts[-1]]
