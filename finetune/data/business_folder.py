"""Rows of a business's folder, facts by name: what its tools answer, its approved phrases, its documents."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from random import Random

from agent.dialogue.business import Business
from agent.dialogue.draft import Line
from agent.dialogue.knowledge import FOLDER
from agent.dialogue.knowledge_passages import Passage, passages
from agent.dialogue.loader import load_business
from agent.dialogue.prompts import act, acts, asked
from agent.dialogue.responder import NAME
from agent.dialogue.state import Exchange
from agent.llm.protocol import Message
from finetune.data.acts import DECLINE
from finetune.data.business_groups import Group, groups
from finetune.data.business_values import SampleValues
from finetune.data.rows import NamedFact, Row

LICENCE = "the business's own"
ROWS_A_GROUP = 6
"""Rows of the same phrases, each with other words of the caller."""
ROWS_A_DECLINE = 2
"""Of those that tell that a tool found nothing or failed: every tool has them."""
ASKED_SHARE = 0.6
"""Rows before which the caller was asked for something, of those where a tool needs it."""
DOCUMENTS = "documents"
"""The category of rows from documents."""


class BusinessRows:
    """Makes rows of one business."""

    def __init__(self, business: Business, seed: int) -> None:
        self._business = business
        self._draw = Random(f"{seed} {business.id}")
        self._values = SampleValues(business, self._draw)

    def of_tools(self) -> Iterator[Row]:
        """What tools and intents answer, asked as the live agent asks, and what is said where they can't."""
        told: Counter[tuple[str, str]] = Counter()
        for group in groups(self._business):
            for row in self._of_group(group):
                same = (row.prompt[-1].content.rpartition("Say: ")[2], row.reply)
                told[same] += 1
                if told[same] <= ROWS_A_GROUP:
                    yield row

    def of_phrases(self) -> Iterator[Row]:
        """A row for each approved phrase: say it as it is."""
        for phrase_id, phrase in self._business.phrases.items():
            messages = asked(self._business.profile.persona, [f"say: {phrase.text}"], "")
            facts = self._facts(phrase.names)
            yield self._row(f"say/{phrase_id}", 0, messages, phrase.text, phrase.category, facts)

    def of_document(self, document: Path) -> Iterator[Row]:
        """Questions about what a document says, answered by its sentences; one with a number that is no
        fact of the business is left out."""
        for passage in passages(document.name, document.read_text("utf-8")):
            for place, statement in enumerate(passage.statements):
                names = tuple(dict.fromkeys(NAME.findall(statement.text)))
                if re.search(r"\d", NAME.sub("", statement.text)) or (not names and place > 0):
                    continue
                told = [act(name, f"{{{name}}}") for name in names] or [f"say: {statement.text}"]
                scenario = f"{DOCUMENTS}/{document.stem}:{passage.line}.{place}"
                for number, caller in enumerate(self._questions(passage)):
                    messages = asked(self._business.profile.persona, told, caller)
                    facts = self._facts(names)
                    yield self._row(scenario, number, messages, statement.text, DOCUMENTS, facts)

    def _of_group(self, group: Group) -> Iterator[Row]:
        callers = list(group.callers) or [""]
        self._draw.shuffle(callers)
        for number, caller in enumerate(callers[: ROWS_A_DECLINE if group.declines else ROWS_A_GROUP]):
            lines = self._lines(group)
            history: list[Exchange] = []
            if caller and group.slots and self._draw.random() < ASKED_SHARE:
                slot = self._draw.choice(group.slots)
                history = [Exchange(caller, self._said(slot.ask))]
                caller = self._values.answer(slot)
            if group.declines:
                yield self._worded(group, number, lines, caller, history)
                continue
            for place, run in enumerate(_runs(lines)):
                yield self._worded(
                    replace(group, scenario=f"{group.scenario}.{place}"), number, run, caller, history
                )

    def _lines(self, group: Group) -> list[Line]:
        """The group's phrases as the live agent's draft has them."""
        names = dict.fromkeys(
            [
                *group.rests_on,
                *(name for phrase in group.phrases for name in self._values.phrases.names(phrase)),
            ]
        )
        values = {name: self._values.value(name, group.rests_on.get(name)) for name in names}
        lines: list[Line] = []
        for phrase in group.phrases:
            rests_on = () if lines else tuple(group.rests_on)
            sentence = self._values.phrases.say(phrase, values, rests_on)
            if sentence is not None:
                lines.append(Line(sentence, values, self._values.phrases.names(phrase)))
        return lines

    def _worded(
        self, group: Group, number: int, lines: Sequence[Line], caller: str, history: Sequence[Exchange]
    ) -> Row:
        phrases = [self._business.phrases[line.sentence.phrase or ""] for line in lines]
        told = [DECLINE] if group.declines else acts(lines)
        if group.declines:
            told = [*acts(line for line in lines if line.needed), *told]
        messages = asked(self._business.profile.persona, told, caller, history)
        facts = {
            name: NamedFact(value.raw, value.kind)
            for line in lines
            for name in line.needed
            if (value := self._values.phrases.known.get(name) or line.values[name])
        }
        reply = " ".join(phrase.text[:1].upper() + phrase.text[1:] for phrase in phrases)
        category = phrases[0].category
        return self._row(group.scenario, number, messages, reply, category, facts, declines=group.declines)

    def _facts(self, names: Iterable[str]) -> dict[str, NamedFact]:
        values = {name: self._values.value(name) for name in names}
        return {name: NamedFact(value.raw, value.kind) for name, value in values.items()}

    def _said(self, phrase: str) -> str:
        """A phrase as it stands in a history: values in the place of its names."""
        text = self._business.phrases[phrase].text
        return NAME.sub(lambda match: self._values.value(match[1]).written, text)

    def _questions(self, passage: Passage) -> Sequence[str]:
        """What callers ask who want to know what stands in the passage."""
        heading = passage.heading[:1].lower() + passage.heading[1:]
        ways = [f"Can you tell me about this: {heading}?", f"I have a question: {heading}."]
        return passage.asked or [self._draw.choice(ways)]

    def _row(
        self,
        scenario: str,
        number: int,
        messages: Sequence[Message],
        reply: str,
        category: str,
        facts: dict[str, NamedFact],
        *,
        declines: bool = False,
    ) -> Row:
        name = f"business:{self._business.id}"
        return Row(
            id=f"{name}/{scenario}:{number}",
            messages=(*messages, Message("assistant", reply[:1].upper() + reply[1:])),
            source=name,
            business=self._business.id,
            scenario=f"{name}/{scenario.rpartition('.')[0] or scenario}",
            category=category,
            facts=facts,
            needed=tuple(facts),
            declines=declines,
        )


def read_business(folder: Path, seed: int) -> list[Row]:
    """Rows of a business's folder; what callers say are the examples of its intents.

    Facts that tools look up are drawn: nothing is read from its database. Raises `BusinessError`.
    """
    made = BusinessRows(load_business(folder), seed)
    rows = [*made.of_tools(), *made.of_phrases()]
    for document in sorted((folder / FOLDER).glob("*.md")):
        rows += made.of_document(document)
    return rows


def read_phrases(folder: Path, seed: int) -> list[Row]:
    """Rows of a business's approved phrases alone. Raises `BusinessError`."""
    return list(BusinessRows(load_business(folder), seed).of_phrases())


def _runs(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """The stretches of lines that the live agent has worded by the model at once."""
    for wordable, run in groupby(lines, lambda line: line.sentence.kind == "answer" and bool(line.needed)):
        if wordable:
            yield list(run)
