"""The forms that a row can be learned and asked in: facts by name, or their values written out."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, get_args

from agent.dialogue.prompts import RULES
from agent.dialogue.responder import NAME
from agent.dialogue.speech_text import format_value, spoken, spoken_value
from agent.llm.protocol import Message
from finetune.data.rows import NamedFact, Row

Form = Literal["names", "names+grammar", "free"]
"""Names as the model likes, names held by the turn's grammar, values that the model writes itself."""
FORMS: tuple[str, ...] = get_args(Form)
FREE_RULES = (
    "Say what you are asked to say in one or two short sentences. "
    "Write each value exactly as it stands, and no other number, date or name."
)
"""In the place of the prompt's rules about names, where there are none."""


def in_form(row: Row, form: Form) -> Row:
    """The row as `form` asks for it."""
    return free(row) if form == "free" else row


def free(row: Row) -> Row:
    """The row with values in prompt and reply, where names stood."""
    messages = tuple(
        Message(message.role, filled(message.content.replace(RULES, FREE_RULES), row.facts))
        for message in row.messages
    )
    return replace(row, messages=messages)


def filled(text: str, facts: Mapping[str, NamedFact]) -> str:
    """`text` with its `{names}` in written form; a name that isn't among `facts` stays."""
    return NAME.sub(lambda match: written(facts[match[1]]) if match[1] in facts else match[0], text)


def voiced(text: str, facts: Mapping[str, NamedFact]) -> str:
    """`text` as a voice says it, its `{names}` by their types."""

    def value(match: re.Match[str]) -> str:
        fact = facts.get(match[1])
        return match[1] if fact is None else spoken_value(fact.value, fact.kind)

    return spoken(NAME.sub(value, text))


def written(fact: NamedFact) -> str:
    """A fact's value as an owner reads it."""
    return format_value(fact.value, fact.kind)
