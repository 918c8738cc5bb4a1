"""What the language model is asked: acts with named facts, never their values. The only place of prompts."""

from collections.abc import Iterable, Sequence
from typing import Literal

from agent.dialogue.draft import Line
from agent.dialogue.state import Exchange
from agent.llm.protocol import Message

RULES = (
    "Say what you are asked to say in one or two short sentences. "
    "Write each name in braces exactly as it stands, and no other number, date or name."
)
HISTORY_TURNS = 1


def persona(text: str) -> Message:
    """The system message of a business: the same in every turn, so that its prefix is cached."""
    return Message("system", f"{text} {RULES}")


def acts(lines: Iterable[Line]) -> list[str]:
    """What to say, an act an item: `inform delivery date = {delivery_date}`, `inform status = shipped`."""
    said: dict[str, None] = {}
    for line in lines:
        for fact in line.sentence.facts:
            told = f"{{{fact.name}}}" if fact.name in line.needed else fact.value
            said[f"inform {fact.name.replace('_', ' ')} = {told}"] = None
        if not line.sentence.facts:
            said[f"say: {line.sentence.text}"] = None
    return list(said)


def wording(
    persona_text: str, lines: Sequence[Line], caller: str, history: Sequence[Exchange] = ()
) -> list[Message]:
    """The messages for one answer. `caller` is what was said last; empty for keys."""
    messages = [persona(persona_text)]
    for exchange in history[-HISTORY_TURNS:] if HISTORY_TURNS else ():
        if exchange.caller and exchange.reply:
            messages.append(_message("user", f"Caller: {exchange.caller}"))
            messages.append(_message("assistant", exchange.reply))
    asked = f"Caller: {caller}\n" if caller else ""
    messages.append(_message("user", f"{asked}Say: {'; '.join(acts(lines))}"))
    return messages


def _message(role: Literal["user", "assistant"], content: str) -> Message:
    return Message(role, content)
