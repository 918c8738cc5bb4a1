"""One chat, answered by the base and by the adapter, with the recipe's own sampling or without."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.llm.protocol import Message
from finetune.evaluate.sides import Sides


@dataclass(frozen=True, slots=True)
class Said:
    base: str
    adapter: str | None
    """None where there is none."""


def say_both(
    sides: Sides,
    messages: Sequence[Message],
    *,
    max_tokens: int,
    temperature: float,
    top_p: float,
    seed: int,
    adapted: bool,
) -> Said:
    """Both replies, drawn by the same seed; greedy at `temperature` 0."""
    import torch

    from finetune.train.writing import write

    replies = []
    for adapter in (False, True) if adapted else (False,):
        torch.manual_seed(seed)
        with sides.model(adapter=adapter):
            (reply,) = write(
                sides.base, [messages], max_tokens=max_tokens, temperature=temperature, top_p=top_p
            )
        replies.append(reply)
    return Said(replies[0], replies[1] if adapted else None)
