"""A conversation's state: immutable, so that a snapshot is the state itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from agent.dialogue.phrasing import Values
from agent.dialogue.protocol import USUAL_VOICE, Expects, Sentence, Voice
from agent.dialogue.slot_filling import Filled

EMPTY: Mapping[str, str] = MappingProxyType({})
NO_DOUBTS: Mapping[str, Filled] = MappingProxyType({})
LONGEST_HISTORY = 40
"""Turns kept: a prompt uses fewer, and a call of an hour must not grow."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A wish that is being worked on: a tool and what is known of its slots."""

    intent: str
    tool: str
    slots: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    asking: str | None = None
    """The slot that was asked for."""
    confirming: str | None = None
    """Its doubtful value, put to the caller."""
    options: tuple[str, ...] = ()
    """The choices put to the caller."""
    writing: bool = False
    """Whether the caller was asked to agree to the tool's change."""
    unheard: bool = False
    """Whether that question was cut off: an answer to it doesn't count."""
    failures: int = 0
    doubts: Mapping[str, Filled] = field(default_factory=lambda: NO_DOUBTS)
    """Doubtful values of slots whose turn hasn't come."""
    heard: str = ""
    """Digits of the slot asked for, too few so far."""
    more: tuple[tuple[str, str], ...] = ()
    """Slots and their further values, said in the same breath: answered after this one."""
    made: bool = False
    """Whether the tool's change was made."""
    missed: int = 0
    """How often what was said was found nowhere."""
    way: tuple[str, int] | None = None
    """The slot that is being found another way, and which of its ways."""
    found: tuple[str, ...] = ()
    """Slots found another way before the caller was identified: told to nobody."""
    about: str = ""
    """The wish before this one, where it led to it: what a call-back is about."""

    @property
    def told(self) -> dict[str, str]:
        """The slots that may be shown."""
        return {name: value for name, value in self.slots.items() if name not in self.found}

    @property
    def waits(self) -> bool:
        return self.asking is not None or self.writing


@dataclass(frozen=True, slots=True)
class Reading:
    """A list that is or was read in this call."""

    intent: str
    tool: str
    slots: Mapping[str, str]
    rows: tuple[Values, ...]
    read: int = 0
    """Rows read so far."""
    page: int = 0
    """The row that the last page began with."""
    asks: bool = False
    """Whether the caller was asked if more shall be read."""
    misses: int = 0
    """Answers to that question that weren't understood."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One turn of the history."""

    caller: str
    reply: str
    """What the agent said, cut to what was heard."""


@dataclass(frozen=True, slots=True)
class State:
    history: tuple[Exchange, ...] = ()
    frame: Frame | None = None
    aside: tuple[Frame, ...] = ()
    """Wishes put aside for another one."""
    done: tuple[Frame, ...] = ()
    """The last wishes that tools have answered, the newest first."""
    listing: Reading | None = None
    """The last list, while its rows can be picked."""
    wishes: tuple[tuple[str, str], ...] = ()
    """Intents named in the same breath, not yet begun, and the words for each."""
    memory: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    """Slots that a tool has found true in this call."""
    last: tuple[Sentence, ...] = ()
    """The last reply, to be repeated."""
    misses: int = 0
    """Turns in a row that were none of the intents."""
    offered: bool = False
    """Whether the caller was asked if there's anything else."""
    writes: int = 0
    """How many changes this conversation had made."""
    identity: str = ""
    """Who the caller was identified as in this call; empty until then."""
    tries: int = 0
    """How often in this call what the caller said of themselves fitted nobody."""
    voice: Voice = USUAL_VOICE
    """How the caller wants to be spoken to."""
    expects: Expects = "free"
    expects_digits: int | None = None
    """What the last reply asked for."""
    calmed: bool = False
    """Whether the last reply acknowledged the caller's anger."""
    hours: bool = False
    """Whether the last reply told when the business is open."""
    waiting: bool = False
    """Whether the caller asked to be waited for in the last turn."""
