"""Rows of a small shop, for the tests of the evaluation."""

from agent.dialogue.prompts import act, asked
from agent.dialogue.state import Exchange
from agent.llm.protocol import Message
from finetune.data.rows import NamedFact, Row

SHIPPED = {"ship_date": NamedFact("2026-11-27", "date"), "order_number": NamedFact("12345", "identifier")}


def row(
    number: int = 0,
    said: str = "Where is my order, please?",
    reply: str = "Order {order_number} shipped on {ship_date}.",
    facts: dict[str, NamedFact] | None = None,
    acts: list[str] | None = None,
    *,
    category: str = "order",
    declines: bool = False,
) -> Row:
    """A row that asks for all its facts."""
    known = SHIPPED if facts is None else facts
    wanted = [act(name, f"{{{name}}}") for name in known] if acts is None else acts
    prompt = asked("You are the telephone agent of a shop.", wanted, said, [Exchange("Hello?", "Hello!")])
    return Row(
        id=f"row-{number}",
        messages=(*prompt, Message("assistant", reply)),
        source="test",
        business="shop",
        scenario=f"scenario-{number // 2}",
        category=category,
        facts=known,
        needed=tuple(known),
        declines=declines,
    )
