"""How far long work is: something that goes through a sequence and may show it."""

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

Item = TypeVar("Item")


class Progress(Protocol):
    """Goes through `items`; `told` names the work."""

    def __call__(self, items: Sequence[Item], told: str) -> Iterable[Item]: ...


def quietly(items: Sequence[Item], told: str) -> Iterable[Item]:
    """Shows nothing."""
    return items
