"""What a slot reader gives back: a value, where it stood, and whether to ask again."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A value read from the caller's words."""

    value: T
    span: tuple[int, int] = (0, 0)
    """Characters of the text that it came from."""
    doubtful: bool = False
    """Whether the caller should confirm it first."""
    why: str = ""
    """Reason of the doubt: `length`, `several`, `homophone`, `order`, `guess`, `half_of_day`, ..."""


DigitsFound = Found[str]
"""Digits with their leading zeros."""
