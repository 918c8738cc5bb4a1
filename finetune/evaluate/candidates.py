"""Who is compared: the base, the base with examples in its prompt, the adapter; each in a form."""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from agent.dialogue.grammar import turn_grammar
from agent.dialogue.responder import NAME
from agent.llm.protocol import Message
from finetune.data.forms import Form, in_form
from finetune.data.rows import Row
from finetune.evaluate.faithfulness import acts

Who = Literal["base", "few-shot", "adapter"]


@dataclass(frozen=True, slots=True)
class Candidate:
    who: Who
    form: Form
    shots: tuple[Row, ...] = ()
    """Training rows that stand in the prompt, of `few-shot`."""

    @property
    def name(self) -> str:
        return f"{self.who}, {self.form}"

    def asked(self, row: Row) -> Row:
        """The row as this one reads it."""
        asked = in_form(row, self.form)
        if not self.shots:
            return asked
        shown = [message for shot in self.shots for message in in_form(shot, self.form).messages[-2:]]
        return replace(asked, messages=(*_system(asked), *shown, *asked.messages[len(_system(asked)) :]))

    def grammar(self, row: Row) -> str | None:
        """The turn's grammar, where this form is held by one."""
        if self.form != "names+grammar":
            return None
        return turn_grammar(NAME.findall("; ".join(acts(row))))


def choose_shots(rows: Sequence[Row], count: int, seed: int) -> tuple[Row, ...]:
    """`count` training rows of as many categories as there are, those with facts first."""
    by_category: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_category[row.category].append(row)
    draw = random.Random(seed)
    for found in by_category.values():
        draw.shuffle(found)
        found.sort(key=lambda row: not row.needed)
    names = sorted(by_category, key=lambda name: (-len(by_category[name]), name))
    chosen: list[Row] = []
    while len(chosen) < count and any(by_category.values()):
        for name in names:
            if by_category[name] and len(chosen) < count:
                chosen.append(by_category[name].pop(0))
    return tuple(chosen)


def _system(row: Row) -> tuple[Message, ...]:
    return row.messages[:1] if row.messages[0].role == "system" else ()
