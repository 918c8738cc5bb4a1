"""A claim that is no value: a promise, a policy, a negation, a comparison, a name, or no speech. Pure."""

import re
from dataclasses import dataclass
from typing import Literal

from agent.dialogue.protocol import Fact

SaidKind = Literal["name", "negation", "promise", "comparison", "policy", "form"]
PHRASE = "phrase"
"""Name of a fact that is an approved sentence of this turn: what it says was done was done."""
DONE = "done"
"""Name of a fact that tells a change which was made in this turn."""

_CONDITION = re.compile(
    r"^(?:if|when|whether|to|in order to|would you|do you|please|before|once|let me|shall)\b"
)


@dataclass(frozen=True, slots=True)
class Said:
    """A claim and where it stands in the sentence."""

    kind: SaidKind
    text: str
    start: int
    end: int
    fact: Fact | None = None
    """What bears it out; None where nothing does."""
    why: str = ""
    """Why it is refused; empty where it isn't."""


def clause_at(low: str, at: int) -> str:
    """The part of `low` between marks that holds the place `at`."""
    begin = max((low.rfind(sign, 0, at) for sign in ",.;!?"), default=-1) + 1
    ends = [low.find(sign, at) for sign in ",.;!?"]
    return low[begin : min((end for end in ends if end >= 0), default=len(low))].strip()


def conditional(low: str, at: int) -> bool:
    """Whether the clause at `at` says what would be, or asks."""
    return bool(_CONDITION.match(clause_at(low, at)))
