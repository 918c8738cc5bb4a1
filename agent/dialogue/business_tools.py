"""tools.toml as data: slots, the ways to find them, tools, their answers, lists and changes."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from agent.dialogue.business_identify import Identify
from agent.dialogue.business_remote import Http, Mcp, McpServer, Remote

ValueKind = Literal["text", "count", "money", "date", "time", "identifier", "phone", "email"]
SlotType = Literal[
    "digits", "count", "choice", "date", "time", "yes_no", "name", "postcode", "email", "amount", "text"
]
Cell = str | int | bool | None
READ_BACK = ("name", "postcode", "email")
"""Types of slots whose value is read back before it counts, unless the slot says otherwise."""


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Way(Part):
    """Another way to a slot's value: other slots, and the query that finds it by them."""

    slots: list[str] = Field(min_length=1)
    sql: str
    offer: str
    """Phrase that says what else it can be found by."""
    named: list[str] = []
    """Words by which callers ask for it: "can you find it by my email?"."""
    none: str
    """Phrase for no row."""
    many: str | None = None
    """Phrase for several rows; without it `none`."""

    @field_validator("sql")
    @classmethod
    def _reads(cls, value: str) -> str:
        return reading(value)


class Slot(Part):
    """Something the caller has to say, and the phrases that ask for it."""

    type: SlotType
    length: int | None = Field(default=None, ge=1, le=20)
    prefix: str = Field(default="", pattern=r"^\d{0,4}$")
    """Digits that may be said before the number and don't count: a telephone's country code."""
    options: str | list[str] = []
    """For a choice: the words, or a query that lists them."""
    also: dict[str, list[str]] = {}
    """For a choice: other words for an option: `electricity = ["power"]`."""
    ask: str
    ask_again: str
    confirm: str | None = None
    unknown: str | None = None
    unlisted: str | None = None
    """For a choice: the phrase for a wish that names something else ("do you have umbrellas?"), said before
    it's asked for."""
    help: str | None = None
    which: str | None = None
    impossible: str | None = None
    """Phrase for what can't be, such as February 31st."""
    closed: str | None = None
    """Phrase for a day on which the business is closed; the day is asked for again."""
    past: bool = False
    """For a date that lies behind and is said with its year, such as a date of birth."""
    read_back: bool | None = None
    """Whether what was heard is always put to the caller (`confirm`); by default as `READ_BACK` says."""
    once: bool = False
    """Whether what was said counts for one matter alone (a meter's reading); else the call remembers it."""
    ways: list[Way] = []

    @property
    def reads_back(self) -> bool:
        wanted = self.type in READ_BACK if self.read_back is None else self.read_back
        return wanted and self.confirm is not None

    def without_prefix(self, value: str) -> str:
        """`value` without the slot's prefix, where that makes its length right."""
        rest = value.removeprefix(self.prefix)
        return rest if len(rest) == self.length else value

    @model_validator(mode="after")
    def _fits_type(self) -> Slot:
        if self.type == "choice" and not self.options:
            raise ValueError("a choice needs options: a list of words, or a query that lists them")
        if self.also and self.type != "choice":
            raise ValueError("also is for a choice: other words for its options")
        if self.unlisted is not None and self.type != "choice":
            raise ValueError("unlisted is for a choice: the phrase for what is none of its options")
        if self.length is not None and self.type != "digits":
            raise ValueError("length is for digits only")
        if self.type != "date" and (self.closed or self.impossible or self.past):
            raise ValueError("closed, impossible and past are for dates only")
        if self.read_back and self.confirm is None:
            raise ValueError("read_back needs the phrase that puts the value to the caller: confirm")
        return self


class Answer(Part):
    """Which phrases tell a row: the first whose `when` fits."""

    when: dict[str, Cell | list[Cell]] = {}
    say: list[str] = Field(min_length=1)
    then: str | None = None
    """A tool that goes on from here, with what is known."""
    instead: dict[str, str] = {}
    """Slots that the same tool is run with next, each from a column of the row: the next free time."""


class Listing(Part):
    """How several rows are read: a few at a time, each by a phrase; and what answers about one of them."""

    item: str
    """Phrase for a row."""
    opening: str | None = None
    """Phrase before the first, which may name {count}."""
    more: str
    """Question whether to go on, while rows remain."""
    end: str | None = None
    """Phrase after the last row."""
    stopped: list[str] = ["all_right", "anything_else"]
    page: int = Field(default=2, ge=1, le=3)
    """Rows read at a time."""
    names: list[str] = []
    """Columns by which callers name a row: its date, its sum, its words."""
    pick: str | None = None
    """The tool that answers about a row: its slots are columns of the row."""


class Write(Part):
    """A change, done after the caller said yes: of the database, or by another program."""

    when: dict[str, Cell | list[Cell]] = {}
    confirm: str
    sql: str | None = None
    """The change of the database; or `http` or `mcp`."""
    http: Http | None = None
    mcp: Mcp | None = None
    undo: str | Remote
    """Takes the change back when the caller wasn't done speaking."""
    table: str | None = None
    """Makes the table that the change needs, where it isn't there yet; run when the business is opened."""
    done: list[str] = Field(min_length=1)
    declined: list[str] = Field(min_length=1)
    failed: list[str] = Field(min_length=1)

    @property
    def asked(self) -> str | Http | Mcp:
        """What makes the change: SQL, or a request."""
        found = self.sql or self.http or self.mcp
        assert found is not None, "one of them is there"
        return found

    @property
    def taken_back(self) -> str | Http | Mcp:
        """What takes it back."""
        return self.undo if isinstance(self.undo, str) else self.undo.asked

    @model_validator(mode="after")
    def _one_way(self) -> Write:
        if sum(way is not None for way in (self.sql, self.http, self.mcp)) != 1:
            raise ValueError("a change is made by exactly one of sql, http, mcp")
        return self

    @field_validator("table")
    @classmethod
    def _makes_a_table(cls, value: str | None) -> str | None:
        if value is not None and not re.match(r"\s*create\s+table\s+if\s+not\s+exists\b", value, re.I):
            raise ValueError("a table is made by CREATE TABLE IF NOT EXISTS ...")
        return value


class Tool(Part):
    """A look-up over slots and the phrases that tell its answer."""

    description: str
    slots: list[str] = []
    optional: list[str] = []
    """Slots that narrow the answer where the caller says them; never asked for."""
    sql: str | None = None
    """The query that gives the rows; or `http` or `mcp`."""
    http: Http | None = None
    mcp: Mcp | None = None
    columns: dict[str, str] = {}
    """Of `http` and `mcp`: the names of a row's values, and where each stands in its JSON: `path.to.it`."""
    source: str
    """Where a column of the row stands, for example `orders[{order_number}]`."""
    sources: dict[str, str] = {}
    kinds: dict[str, ValueKind] = {}
    none: str | None = None
    """The slot that is unknown when no row came; it is asked for again."""
    say_none: list[str] = []
    answers: list[Answer] = []
    listing: Listing | None = Field(default=None, alias="list")
    """Reads several rows; an answer that fits the first row goes before it."""
    many: list[str] = []
    """Phrases for several rows; without them the first row is told."""
    failure: list[str] = ["lookup_failed"]
    identified: bool = False
    """Whether the caller must be identified; its queries take rows of `:identity` alone."""
    write: Write | None = None

    @field_validator("sql")
    @classmethod
    def _reads(cls, value: str | None) -> str | None:
        return None if value is None else reading(value)

    @property
    def asked(self) -> str | Http | Mcp:
        """What gives the rows: SQL, or a request."""
        found = self.sql or self.http or self.mcp
        assert found is not None, "one of them is there"
        return found

    def gives(self, column: str) -> bool:
        """Whether its rows may have `column`."""
        if self.sql is None:
            return column in self.columns
        return re.search(rf"\b{re.escape(column)}\b", self.sql) is not None

    @property
    def phrases(self) -> tuple[str, ...]:
        """Ids of every phrase that it may say, each once."""
        said = [phrase for answer in self.answers for phrase in answer.say]
        said += [*self.many, *self.failure, *self.say_none]
        if self.listing is not None:
            told = (self.listing.opening, self.listing.item, self.listing.more, self.listing.end)
            said += [phrase for phrase in told if phrase is not None] + [*self.listing.stopped]
        if self.write is not None:
            said += [self.write.confirm, *self.write.done, *self.write.declined, *self.write.failed]
        return tuple(dict.fromkeys(said))

    @model_validator(mode="after")
    def _tells(self) -> Tool:
        if not self.answers and self.listing is None:
            raise ValueError("a tool has answers, or a list that reads its rows")
        if sum(way is not None for way in (self.sql, self.http, self.mcp)) != 1:
            raise ValueError("a tool's rows come from exactly one of sql, http, mcp")
        if self.http is not None and self.http.method not in ("GET", "POST"):
            raise ValueError("a look-up is a GET, or a POST that changes nothing; a change goes to [write]")
        for answer in self.answers:
            for slot, column in answer.instead.items():
                if slot not in (*self.slots, *self.optional) or not self.gives(column):
                    raise ValueError("instead gives slots of the tool values that its rows have")
        if (self.sql is None) != bool(self.columns):
            raise ValueError(
                "columns say what is taken from the answer of http or mcp, and are for them only"
            )
        return self


class ToolsFile(Part):
    """tools.toml."""

    slots: dict[str, Slot] = {}
    """What callers have to say."""
    tools: dict[str, Tool] = {}
    """What can be looked up or changed."""
    identify: Identify | None = None
    """How callers are identified."""
    mcp: dict[str, McpServer] = {}
    """Programs whose tools are used."""


def reading(sql: str) -> str:
    """`sql`, which must be a query. Raises `ValueError`."""
    if not re.match(r"\s*(select|with)\b", sql, re.I):
        raise ValueError("a tool's sql reads: it begins with SELECT; a change belongs to its [write]")
    return sql
