"""What is kept of a turn: the shapes that a call hands to the store."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from agent.dialogue.protocol import Kind, Sentence, Stated, Verdict

TurnKind = Literal["greeting", "reply", "reprompt", "resume"]
Heard = Literal["all", "part", "none"]


@dataclass(frozen=True, slots=True)
class CallerSpan:
    """A stretch of the caller's side, in ms since the first sample of the caller's audio."""

    kind: Literal["speech", "keys"]
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that a sentence states: `by` names the fact that proves it, `why` says why none does."""

    kind: str
    text: str
    by: str | None = None
    why: str = ""

    @classmethod
    def of(cls, stated: "Stated") -> "Claim":
        return cls(stated.kind, stated.text, stated.by, stated.why)


@dataclass(frozen=True, slots=True)
class SentenceRecord:
    text: str
    kind: "Kind"
    verdict: "Verdict"
    heard: Heard = "none"
    replaced: str | None = None
    """What the model had written, where the check refused it."""
    facts: tuple[tuple[str, str, str], ...] = ()
    """(name, value, source)"""
    phrase: str | None = None
    claims: tuple[Claim, ...] = ()
    """What `text` states."""
    refused: tuple[Claim, ...] = ()
    """What `replaced` stated and no fact proved."""

    @property
    def caught(self) -> tuple[str, ...]:
        """Kinds of what was refused."""
        return tuple(claim.kind for claim in self.refused)

    @classmethod
    def of(cls, sentence: "Sentence", heard: Heard = "none") -> "SentenceRecord":
        """The record of a sentence of the dialogue."""
        return cls(
            text=sentence.text,
            kind=sentence.kind,
            verdict=sentence.verdict,
            heard=heard,
            replaced=sentence.replaced,
            facts=tuple((fact.name, fact.value, fact.source) for fact in sentence.facts),
            phrase=sentence.phrase,
            claims=tuple(Claim.of(stated) for stated in sentence.claims),
            refused=tuple(Claim.of(stated) for stated in sentence.refused),
        )

    def document(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "kind": self.kind,
            "verdict": self.verdict,
            "heard": self.heard,
            "replaced": self.replaced is not None,
            "facts": [{"name": name, "value": value, "source": source} for name, value, source in self.facts],
            "phrase": self.phrase,
            "claims": [asdict(claim) for claim in self.claims],
            "caught": list(self.caught),
        }


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """Turn `n` of a call, from 0 (the greeting), as far as it has come."""

    n: int
    kind: TurnKind
    caller: tuple[CallerSpan, ...] = ()
    transcript: str = ""
    intent: str | None = None
    slots: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    heard_text: str = ""
    interrupted: bool = False
    sentences: tuple[SentenceRecord, ...] = ()
    stages_ms: Mapping[str, int] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """The turn as docs/protocol.md, "The record of a call", gives it."""
        return {
            "n": self.n,
            "kind": self.kind,
            "caller": [asdict(span) for span in self.caller],
            "transcript": self.transcript,
            "intent": self.intent,
            "slots": dict(self.slots),
            "text": self.text,
            "heard_text": self.heard_text,
            "interrupted": self.interrupted,
            "sentences": [sentence.document() for sentence in self.sentences],
            "stages_ms": dict(self.stages_ms),
        }


@dataclass(frozen=True, slots=True)
class CallRow:
    """One call in a list of calls. `ended_by` is None while it goes on."""

    call_id: str
    business: str
    provider: str
    caller: str
    called: str
    started_at: datetime
    ended_by: str | None
    duration_ms: int | None
    turns: int
    recording: str | None
    """The WAV's name in `records.recordings_dir`."""
    replaced: int = 0
    """Sentences spoken in place of a model's that the check refused."""
