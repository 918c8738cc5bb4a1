"""A business as data: what its folder says, checked. `agent.dialogue.loader` reads it."""

from __future__ import annotations

import re
from datetime import date, time
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from agent.dialogue.business_identify import Identify
from agent.dialogue.business_remote import McpServer
from agent.dialogue.business_tools import Part, Slot, Tool, ValueKind
from agent.dialogue.protocol import Kind
from agent.settings import UserError

CATEGORIES = (
    "greetings",
    "order tracking",
    "billing",
    "technical support",
    "returns and exchanges",
    "product information",
    "account management",
    "complaints and escalations",
    "closing and follow-up",
)
"""Categories of phrases, where a business names none of its own."""
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
REQUIRED_PHRASES = (
    "busy",
    "still_there",
    "cant_hear",
    "say_again",
    "how_can_i_help",
    "capabilities",
    "none_of_these",
    "lookup_failed",
    "keypad_hint",
    "set_aside",
    "human_phone",
    "all_right",
    "anything_else",
    "nothing_to_repeat",
    "take_up_again",
    "closing",
    "goodbye_silence",
    "goodbye_longest",
)
"""Ids that the conversation itself says."""
Action = Literal[
    "repeat",
    "slower",
    "faster",
    "louder",
    "quieter",
    "wait",
    "calm",
    "language",
    "human",
    "goodbye",
    "never_mind",
    "hours",
    "dont_know",
    "none",
]
"""What the agent does by itself."""
SELF_DISCLOSURE = re.compile(r"\b(automated|automatic|virtual|computer|robot|machine|AI|bot)\b", re.I)


class BusinessError(UserError):
    """Something in a business's folder is wrong; the text names file and key and says what would be right."""

    exit_code = 2
    keys: tuple[str | int, ...] = ()
    """Where in its file it stands, if that's known."""


class KnownFact(Part):
    """Something the business says of itself, for phrases to name."""

    value: str
    kind: ValueKind = "text"


class HotWord(Part):
    word: str = Field(min_length=1)
    say: str | None = None
    """How the voice pronounces it."""


class Human(Part):
    phone: str | None = None
    transfer_to: str | None = None
    """A number that takes over calls; without it the agent gives `phone` and its hours."""
    callback: str | None = None
    """The intent whose tool stores a wish to be called back; offered to one who wants a person."""


class Opening(Part):
    opens: time
    closes: time

    @model_validator(mode="after")
    def _opens_first(self) -> Opening:
        if self.opens >= self.closes:
            raise ValueError('it closes before it opens: write ["09:00", "18:00"]')
        return self


def _opening(value: object) -> object:
    if isinstance(value, list | tuple) and len(value) == 2:
        return {"opens": value[0], "closes": value[1]}
    return value


def _weekday(value: str) -> str:
    if value not in WEEKDAYS:
        raise ValueError(f"'{value}' is no day of the week: use monday ... sunday")
    return value


def _day(value: str) -> str:
    if not re.fullmatch(r"(\d{4}-)?\d\d-\d\d", value):
        raise ValueError(f'\'{value}\' is no day: write "12-25", or "2026-11-26" for one year')
    try:
        date.fromisoformat(value if len(value) > 5 else f"2024-{value}")  # a leap year: 02-29 is a day
    except ValueError:
        raise ValueError(f"'{value}' is no day of the calendar: write a month and a day that exist") from None
    return value


def _fact_name(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", value):
        raise ValueError(f"'{value}' can't be named by a phrase: write small letters, such as return_days")
    return value


class Profile(Part):
    """business.toml."""

    name: str = Field(min_length=1)
    persona: str = Field(min_length=1)
    greeting: list[str] = Field(min_length=1)
    numbers: list[str] = Field(default_factory=list)
    language: Literal["en"] = "en"
    country: Literal["US", "GB", "CA"] = "US"
    """How postcodes look, and whether 3/5 is March or May."""
    timezone: str = "UTC"
    database: str
    adapter: str | None = None
    """What words its answers where the language model does: an export's folder beside this file, a name of
    config/finetune/adapters, or `none`; without it the machine's (`llm.adapter`)."""
    knowledge: str | None = None
    """PostgreSQL's address for the index of its documents; without it that's a file of `knowledge.dir`."""
    human: Human = Human()
    hours: dict[Annotated[str, AfterValidator(_weekday)], Annotated[Opening, BeforeValidator(_opening)]] = (
        Field(default_factory=dict)
    )
    holidays: dict[Annotated[str, AfterValidator(_day)], str] = Field(default_factory=dict)
    facts: dict[Annotated[str, AfterValidator(_fact_name)], KnownFact] = Field(default_factory=dict)
    hot_words: list[HotWord] = Field(default_factory=list)
    categories: list[Annotated[str, Field(min_length=1)]] = Field(
        default_factory=lambda: list(CATEGORIES), min_length=1
    )
    """The business's own categories of phrases."""

    @field_validator("categories")
    @classmethod
    def _once_each(cls, value: list[str]) -> list[str]:
        for category in value:
            if value.count(category) > 1:
                raise ValueError(f"the category '{category}' stands twice: keep one")
        return value

    @field_validator("greeting")
    @classmethod
    def _discloses(cls, value: list[str]) -> list[str]:
        if not SELF_DISCLOSURE.search(" ".join(value)):
            raise ValueError(
                "a greeting says that an automated agent speaks, for example 'the automated agent'"
            )
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("a time zone is written like 'America/New_York'")
        return value

    @field_validator("database")
    @classmethod
    def _database_address(cls, value: str) -> str:
        if "://" not in value:
            raise ValueError("a database is an address like 'sqlite:///data/shop.db'")
        return value

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class Phrase(Part):
    """An approved sentence, with `{named}` slots."""

    category: str
    """One of the business's categories."""
    kind: Kind
    text: str = Field(min_length=1)
    promise: bool = False
    """Whether the owner vouches for what the words promise by themselves ("a full refund", "always")."""

    @field_validator("text")
    @classmethod
    def _braces(cls, value: str) -> str:
        if re.sub(r"\{[a-z][a-z0-9_]*\}", "", value).count("{") or value.count("{") != value.count("}"):
            raise ValueError("a name in braces is written like {order_number}")
        return value

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(re.findall(r"\{([a-z][a-z0-9_]*)\}", self.text)))


class Intent(Part):
    """Something that callers want: how they say it and what happens."""

    tool: str | None = None
    say: list[str] = Field(default_factory=list)
    action: Action | None = None
    keywords: list[str] = Field(default_factory=list)
    examples: list[str] = Field(min_length=3)
    weak: bool = False
    """Gives way to any other intent in the same words: "hello, where's my order?"."""
    first: bool = False
    """Goes before any other wish in the same words, and its keywords are enough: an emergency."""
    asked: bool = False
    """Makes sense only while something is asked for."""
    it: str = ""
    """What "it" stands for after its answer: `my order`, so that "cancel it" is "cancel my order"."""

    @model_validator(mode="after")
    def _one_way(self) -> Intent:
        if sum((self.tool is not None, bool(self.say), self.action is not None)) != 1:
            raise ValueError("an intent has exactly one of tool, say, action")
        return self


class Business(Part):
    """The whole folder."""

    id: str
    profile: Profile
    phrases: dict[str, Phrase]
    slots: dict[str, Slot]
    tools: dict[str, Tool]
    intents: dict[str, Intent]
    identify: Identify | None = None
    mcp: dict[str, McpServer] = Field(default_factory=dict)
