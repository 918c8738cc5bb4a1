"""What the language model is asked: acts with named facts, never their values. The only place of prompts."""

import math
from collections.abc import Iterable, Sequence
from typing import Literal

from agent.dialogue.draft import Line
from agent.dialogue.state import Exchange
from agent.llm.protocol import Message

RULES = (
    "Say what you are asked to say in one or two short sentences. "
    "Write each name in braces exactly as it stands, and no other number, date or name."
)
HISTORY_TOKENS = 96
"""Of the turns before, the latest first. A small model reads about 100 tokens in its share of a turn."""
LETTERS_A_TOKEN = 3.5
"""Of English in the vocabulary of SmolLM2, at least; a digit is one token."""


def persona(text: str) -> Message:
    """The system message of a business: the same in every turn, so that its prefix is cached."""
    return Message("system", f"{text} {RULES}")


def act(name: str, told: str) -> str:
    """The act that tells a fact: `told` is its name in braces, or a word that may be said as it is."""
    return f"inform {name.replace('_', ' ')} = {told}"


def acts(lines: Iterable[Line]) -> list[str]:
    """What to say, an act an item: `inform delivery date = {delivery_date}`, `inform status = shipped`.

    A fact that any of the lines names stands by its name alone.
    """
    lines = list(lines)
    named = {name for line in lines for name in line.needed}
    said: dict[str, None] = {}
    for line in lines:
        for fact in line.sentence.facts:
            said[act(fact.name, f"{{{fact.name}}}" if fact.name in named else fact.value)] = None
        if not line.sentence.facts:
            said[f"say: {line.sentence.text}"] = None
    return list(said)


def wording(
    persona_text: str, lines: Sequence[Line], caller: str, history: Sequence[Exchange] = ()
) -> list[Message]:
    """The messages for one answer. `caller` is what was said last; empty for keys."""
    return asked(persona_text, acts(lines), caller, history)


def asked(
    persona_text: str, acts_said: Sequence[str], caller: str, history: Sequence[Exchange] = ()
) -> list[Message]:
    """The messages that ask for `acts_said`; training rows are made by it too."""
    messages = [persona(persona_text)]
    for exchange in recent(history):
        messages.append(_message("user", f"Caller: {exchange.caller}"))
        messages.append(_message("assistant", exchange.reply))
    said = f"Caller: {caller}\n" if caller else ""
    messages.append(_message("user", f"{said}Say: {'; '.join(acts_said)}"))
    return messages


def tokens(text: str) -> int:
    """About how many tokens `text` has, rather more than fewer."""
    digits = sum(sign.isdigit() for sign in text)
    return math.ceil((len(text) - digits) / LETTERS_A_TOKEN) + digits


def recent(history: Sequence[Exchange], budget: int = HISTORY_TOKENS) -> list[Exchange]:
    """The latest turns that fit into `budget` tokens, the oldest first: each whole, or not at all."""
    kept: list[Exchange] = []
    for exchange in reversed(history):
        if not (exchange.caller and exchange.reply):
            continue
        budget -= tokens(exchange.caller) + tokens(exchange.reply)
        if budget < 0:
            break
        kept.append(exchange)
    return kept[::-1]


def _message(role: Literal["user", "assistant"], content: str) -> Message:
    return Message(role, content)
