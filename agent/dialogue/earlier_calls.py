"""What an identified caller said in earlier calls, and what the agent answered: never another person's."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from agent.dialogue.embeddings import Embedder
from agent.dialogue.knowledge_passages import Passage, Statement, sentences
from agent.dialogue.knowledge_relevance import Question, judge
from agent.dialogue.knowledge_store import contents, items
from agent.dialogue.knowledge_words import content_words, vocabulary

_WHEN = r"(?:yesterday|before|earlier|ago|last|already|on (?:mon|tues|wednes|thurs|fri|satur|sun)day)"
REFERS = re.compile(
    r"\b(?:last time|(?:my|the|our|a|an) (?:last|earlier|previous|other) (?:call|conversation)|"
    r"(?:when|since) i (?:last )?(?:called|phoned|rang)|"
    rf"i(?:'ve)? (?:already |just )?(?:called|phoned|rang)(?: you| here| in)?\b.*\b{_WHEN}|"
    r"you (?:already )?(?:told|said|promised)(?: to)? (?:me|us|that|it)?|we (?:spoke|talked)|"
    r"i (?:spoke|talked) (?:to|with))\b",
    re.I,
)
"""Words by which callers speak of an earlier call."""
ASKS_BACK = re.compile(
    r"\b(?:did you (?:tell|say|promise)|(?:you|that you) (?:told|said|promised)|your answer)\b", re.I
)
"""Words that ask what was answered then, whatever it was about."""
COURTESY = frozenset("goodbye bye thanks thank hello hi please".split())
"""Words of a turn that needs no telling again."""
ABOUT_CALLS = frozenset(
    "last time call called calling conversation earlier previous before yesterday ago when since told said "
    "say promised spoke talked already just week month monday tuesday wednesday thursday friday saturday "
    "sunday asked ask answer again remember phoned rang".split()
)
"""Words that name no matter, but that there was a call."""
MOST_TURNS = 24
"""Earlier turns that are looked at, the newest."""
LONGEST_SAID = 2
"""Sentences of an earlier answer that are told."""


@dataclass(frozen=True, slots=True)
class EarlierTurn:
    """A turn of an earlier call of the same person."""

    call_id: str
    n: int
    at: datetime
    """With a time zone."""
    said: str
    """The caller's words."""
    heard: str
    """What the caller heard of the answer."""

    @property
    def source(self) -> str:
        return f"calls[{self.call_id}].turns[{self.n}]"

    @property
    def told(self) -> str:
        """What of the answer can be told again: its first statements, no question."""
        statements = [one for one in sentences(self.heard) if not one.endswith("?")]
        return " ".join(statements[:LONGEST_SAID])


def asks_back(text: str) -> bool:
    """Whether `text` asks what was answered in an earlier call."""
    return REFERS.search(text) is not None and ASKS_BACK.search(text) is not None


class CallHistory(Protocol):
    """Where earlier calls are kept."""

    async def earlier(self, business: str, identity: str, most: int) -> Sequence[EarlierTurn]:
        """The turns of earlier calls in which the caller was identified as `identity`, the newest first, at
        most `most`; only those with words of the caller and an answer."""
        ...


class EarlierCalls:
    """The earlier calls of one business's callers. Shared by its calls."""

    def __init__(self, history: CallHistory, business: str, embedder: Embedder, *, threshold: float) -> None:
        """A turn below `threshold` (log-odds, as for passages) isn't what was asked about."""
        self._history = history
        self._business = business
        self._embedder = embedder
        self._threshold = threshold

    async def find(self, identity: str, question: str) -> EarlierTurn | None:
        """The earlier turn of this person that `question` speaks of; None where nobody is identified, no
        earlier call is spoken of, or nothing fits.

        A question that names no matter ("what did you tell me last time?") means the newest.
        """
        if not identity or REFERS.search(question) is None:
            return None
        found = await self._history.earlier(self._business, identity, MOST_TURNS)
        turns = [turn for turn in found if turn.told and set(content_words(turn.said)) - COURTESY]
        matter = " ".join(word for word in content_words(question) if word not in ABOUT_CALLS)
        if not turns or not matter:
            return turns[0] if turns else None
        return self._nearest(question, matter, turns)

    def _nearest(self, question: str, matter: str, turns: Sequence[EarlierTurn]) -> EarlierTurn | None:
        passages = {
            Passage(turn.source, (), (Statement(turn.said, 1), Statement(turn.told, 2))): turn
            for turn in turns
        }
        asked = Question.of(matter, self._embedder)
        whole = replace(asked, vector=self._embedder.embed(question))
        read = contents("", tuple(passages), self._embedder, {}, lambda texts: texts)
        candidates = [one.candidate(form) for one in items(read) for form in (asked, whole)]
        judged = judge(matter, candidates, vocabulary(tuple(passages)))
        if not judged or judged[0].relevance < self._threshold:
            return None
        return passages[judged[0].candidate.passage]
