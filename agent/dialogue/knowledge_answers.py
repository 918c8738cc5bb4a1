"""Answers from a business's documents: a passage's sentences, said as they stand, each its own proof."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from loguru import logger

from agent.dialogue import claims
from agent.dialogue.business import Intent
from agent.dialogue.draft import Draft, Line
from agent.dialogue.earlier_calls import EarlierCalls, EarlierTurn, asks_back
from agent.dialogue.intents import Match, wish_of
from agent.dialogue.knowledge import Answer, Knowledge
from agent.dialogue.knowledge_store import KnowledgeError
from agent.dialogue.phrasing import Value
from agent.dialogue.protocol import Fact, Sentence

TOOL_FROM, TOOL_SLOPE = 0.55, 10.0
"""A wish for a tool goes before a passage whose relevance is below `TOOL_SLOPE` * (score - `TOOL_FROM`)."""
SAY_FROM, SAY_SLOPE = 0.60, 6.0
"""The same for a wish that phrases alone answer."""
SURELY = 0.7
"""Score of a wish that goes before a look back into earlier calls."""
EARLIER = "earlier_answer"
"""The phrase that tells what was said in an earlier call."""
HIGHEST = 3.0
"""Relevance that hardly any passage has: a wish that is surer than this isn't looked up."""


class KnowledgeAnswers:
    """What the documents of one business say, in its calls, and what a caller heard in earlier ones."""

    def __init__(
        self, knowledge: Knowledge | None, earlier: EarlierCalls | None, intents: Mapping[str, Intent]
    ) -> None:
        """Without documents and without a record of calls it has no answer."""
        self._knowledge = knowledge
        self._earlier = earlier
        self._intents = intents

    async def find(self, draft: Draft, text: str, matches: Sequence[Match]) -> Answer | EarlierTurn | None:
        """The passage that answers `text`, where it does so more surely than the wish that `text` was taken
        for: a tool's as a rule goes before. Or the earlier turn of the same person that it speaks of."""
        if self._earlier is not None and self._may_look_back(matches, text):
            turn = await self._earlier.find(draft.state.identity, text)
            if turn is not None and EARLIER in draft.phrases:
                return turn
        floor = self._floor(matches)
        if self._knowledge is None or floor is None or floor > HIGHEST:
            return None
        try:
            answer = await asyncio.to_thread(self._knowledge.find, wish_of(text))
        except KnowledgeError as error:
            logger.warning("the documents can't be asked: {}", error)
            return None
        return answer if answer is not None and answer.relevance >= floor else None

    def mentions(self, word: str) -> bool:
        """Whether a document has `word`, in whatever ending."""
        return self._knowledge is not None and self._knowledge.mentions(word)

    def _may_look_back(self, matches: Sequence[Match], text: str) -> bool:
        """Whether no sure wish stands in the words, or they ask what was answered then; "what did you say
        last time?" resembles "say again"."""
        match = matches[0]
        if match.name is None:
            return True
        intent = self._intents[match.name]
        repeats = intent.action == "repeat"
        sure = match.score >= SURELY and not asks_back(text)
        return repeats or (intent.action in (None, "hours") and not intent.first and not sure)

    def _floor(self, matches: Sequence[Match]) -> float | None:
        """The relevance that a passage needs to go before a wish; None where no passage does."""
        match = matches[0]
        if match.name is None:
            return float("-inf")
        intent = self._intents[match.name]
        if intent.first or len(matches) > 1 or intent.action not in (None, "hours", "language"):
            return None
        if intent.say:
            return SAY_SLOPE * (match.score - SAY_FROM)
        return TOOL_SLOPE * (match.score - TOOL_FROM)

    def tell(self, draft: Draft, found: Answer | EarlierTurn) -> None:
        """Says the passage's sentences, or what was said in the earlier call and when that was."""
        if isinstance(found, EarlierTurn):
            day = found.at.astimezone(draft.now.tzinfo).date().isoformat()
            when = Value("call_date", day, "date", found.source)
            told = Value("earlier_reply", found.told, "text", found.source)
            draft.say((EARLIER,), {when.name: when, told.name: told})
            return
        document = found.passage.document
        for statement in found.statements:
            fact = Fact(PurePath(document).stem, statement.text, f"{document}:{statement.line}")
            spoken = draft.phrases.voice(statement.text)
            by = f"{fact.name} ({fact.source})"
            stated = claims.stated(statement.text, (fact,), by, draft.now.date())
            draft.lines.append(
                Line(Sentence(statement.text, spoken, "answer", "template", (fact,), claims=stated))
            )
