"""Answers from a business's documents: a passage's sentences, said as they stand, each its own proof."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from loguru import logger

from agent.dialogue.business import Intent
from agent.dialogue.draft import Draft, Line
from agent.dialogue.intents import Match, wish_of
from agent.dialogue.knowledge import Answer, Knowledge
from agent.dialogue.knowledge_store import KnowledgeError
from agent.dialogue.protocol import Fact, Sentence

TOOL_FROM, TOOL_SLOPE = 0.58, 10.0
"""A wish for a tool goes before a passage whose relevance is below `TOOL_SLOPE` * (score - `TOOL_FROM`)."""
SAY_FROM, SAY_SLOPE = 0.60, 6.0
"""The same for a wish that phrases alone answer."""
HIGHEST = 3.0
"""Relevance that hardly any passage has: a wish that is surer than this isn't looked up."""


class KnowledgeAnswers:
    """What the documents of one business say, in its calls. Without documents it has no answer."""

    def __init__(self, knowledge: Knowledge | None, intents: Mapping[str, Intent]) -> None:
        self._knowledge = knowledge
        self._intents = intents

    async def find(self, text: str, matches: Sequence[Match]) -> Answer | None:
        """The passage that answers `text`, where it does so more surely than the wish that `text` was taken
        for: a tool's as a rule goes before."""
        floor = self._floor(matches)
        if self._knowledge is None or floor is None or floor > HIGHEST:
            return None
        try:
            answer = await asyncio.to_thread(self._knowledge.find, wish_of(text))
        except KnowledgeError as error:
            logger.warning("the documents can't be asked: {}", error)
            return None
        return answer if answer is not None and answer.relevance >= floor else None

    def _floor(self, matches: Sequence[Match]) -> float | None:
        """The relevance that a passage needs to go before a wish; None where no passage does."""
        match = matches[0]
        if match.name is None:
            return float("-inf")
        intent = self._intents[match.name]
        if len(matches) > 1 or intent.first or (intent.action is not None and intent.action != "hours"):
            return None
        if intent.say:
            return SAY_SLOPE * (match.score - SAY_FROM)
        return TOOL_SLOPE * (match.score - TOOL_FROM)

    def tell(self, draft: Draft, answer: Answer) -> None:
        """Says the passage's sentences."""
        document = answer.passage.document
        for statement in answer.statements:
            fact = Fact(PurePath(document).stem, statement.text, f"{document}:{statement.line}")
            spoken = draft.phrases.voice(statement.text)
            draft.lines.append(Line(Sentence(statement.text, spoken, "answer", "template", (fact,))))
