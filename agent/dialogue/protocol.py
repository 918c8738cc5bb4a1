"""What a conversation gives to a call: sentences with their proof. Knows no audio."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Kind = Literal["answer", "question", "opener", "hold", "decline", "social"]
Verdict = Literal["proven", "approved", "template"]
Expects = Literal["digits", "date", "yes_no", "name", "choice", "free"]


@dataclass(frozen=True, slots=True)
class Fact:
    """Something this turn can prove. `value` is its written form; `source` says where it stands."""

    name: str
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class Stated:
    """One thing that a sentence states, and what it stands on."""

    kind: str
    """`number`, `amount`, `date`, `time`, `name`, `identifier`, `negation`, `promise`, `comparison` or
    `policy`; `form` for what is no speech ("[date]", "Say:"), `unknown_fact` for a name that the turn
    doesn't have."""
    text: str
    """As it stands in the sentence."""
    by: str | None = None
    """The fact that proves it, "name (source)"; None where none does."""
    why: str = ""
    """Why it was refused, empty where it was not."""


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str
    """Written form: digits, dates and amounts as an owner would read them."""
    spoken: str
    """Spoken form, for the voice: no digits."""
    kind: Kind
    verdict: Verdict
    facts: tuple[Fact, ...] = ()
    replaced: str | None = None
    """What the model had written, where the check refused it."""
    phrase: str | None = None
    """Id of the approved phrase."""
    claims: tuple[Stated, ...] = ()
    """What `text` states, where the check has looked at it."""
    refused: tuple[Stated, ...] = ()
    """What `replaced` stated and no fact proved."""

    @property
    def caught(self) -> tuple[str, ...]:
        """Kinds of what was refused."""
        return tuple(claim.kind for claim in self.refused)


@dataclass(frozen=True, slots=True)
class Voice:
    """How the caller wants to be spoken to."""

    speed: float = 1.0
    """Of the voice's own speed: 0.8 is slower."""
    gain_db: float = 0.0


USUAL_VOICE = Voice()


@dataclass(slots=True)
class Reply:
    """One turn's reply. `sentences` yields each as soon as it is checked; read it once."""

    sentences: AsyncIterator[Sentence]
    intent: str | None = None
    """None where the utterance is none of the business's intents."""
    slots: Mapping[str, str] = field(default_factory=dict)
    expects: Expects = "free"
    """What the caller is asked for, so that the end of the turn can wait for it."""
    expects_digits: int | None = None
    """How many digits complete the answer, where that is known."""
    ends_call: bool = False
    transfer: bool = False
    voice: Voice = USUAL_VOICE
    patient: bool = False
    """Whether the caller asked to be waited for: silence is no reason to speak for a while."""
    stages_ms: dict[str, int] = field(default_factory=dict)
    pending: bool = False
    """Whether a tool is still being waited for: `sentences` begins with a holding phrase, and what the reply
    means stands in it once the last sentence was given."""


class Conversation(Protocol):
    """One caller's conversation. Not shared between calls."""

    def greeting(self) -> Reply: ...

    async def respond(self, text: str, *, confidence: float = 1.0) -> Reply:
        """The reply to what the caller said."""
        ...

    async def keys(self, digits: str, *, said: str = "") -> Reply:
        """The reply to keys pressed (without the closing `#`), and to what was `said` over them."""
        ...

    def reprompt(self, count: int) -> Reply:
        """What to say after silence: the `count`th time in a row, from 1."""
        ...

    def goodbye(self, reason: Literal["silence", "longest", "closing"]) -> Reply:
        """The last words; `ends_call` is true."""
        ...

    def heard(self, text: str) -> None:
        """Cuts the last reply in the history to what the caller has heard."""
        ...

    def snapshot(self) -> Any:
        """The conversation's state, to be given to `restore`."""
        ...

    def restore(self, state: Any) -> None:
        """Takes back everything since `snapshot`: the caller wasn't done, and nothing was heard."""
        ...


class Dialogue(Protocol):
    """A business, loaded once and shared."""

    @property
    def name(self) -> str: ...
    @property
    def hot_words(self) -> tuple[str, ...]: ...
    @property
    def fixed_phrases(self) -> tuple[str, ...]:
        """Spoken forms without variables: the voice caches them."""
        ...

    def phrase(self, phrase_id: str) -> str:
        """Spoken form of an approved phrase without variables (`busy`, `closing`, ...)."""
        ...

    def open(self, caller: str = "") -> Conversation:
        """A conversation with one who calls from the number `caller`, where it's known."""
        ...
