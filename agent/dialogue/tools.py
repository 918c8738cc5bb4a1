"""A business's tools: a look-up over slots becomes facts and the phrases that tell them."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from loguru import logger

from agent.dialogue.business import Business, BusinessError
from agent.dialogue.business_identify import IDENTITY, Proof
from agent.dialogue.business_remote import Http, Mcp
from agent.dialogue.business_tools import Answer, Cell, Tool, Way, Write
from agent.dialogue.changes import Change
from agent.dialogue.database import Database, DatabaseError, Row
from agent.dialogue.loader_tools import CHANGE_KEY, PARAMETER
from agent.dialogue.opening_hours import open_days
from agent.dialogue.phrasing import Value, Values
from agent.dialogue.remote_rows import RemoteError, rows_of
from agent.dialogue.remote_tools import RemoteTools

Asked = str | Http | Mcp
"""What gives rows or makes a change: SQL, or a request to another program."""
LONGEST_LIST = 20
"""Rows of a list that are kept."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a tool found."""

    outcome: Literal["row", "none", "failure"]
    values: Values = field(default_factory=dict)
    say: tuple[str, ...] = ()
    """Ids of the phrases that tell it."""
    rests_on: tuple[str, ...] = ()
    """Names of facts that chose those phrases, such as a status."""
    then: str | None = None
    """The tool that goes on from here."""
    instead: Mapping[str, str] = field(default_factory=dict)
    """Slots that the tool is run with next, and their values."""
    rows: tuple[Values, ...] = ()
    """Every row, where the answer is a list."""
    writable: bool = False
    """Whether the tool's change can be made; the caller is asked first."""


class Toolbox:
    """The tools of one business over its database. Shared by its calls."""

    def __init__(
        self, business: Business, database: Database, secrets: Mapping[str, str] | None = None
    ) -> None:
        """`secrets` are what headers of requests may name; None where only the database is used. Raises
        `BusinessError` where one isn't there."""
        self._remote = RemoteTools(business, secrets)
        self._tools = business.tools
        self._slots = business.slots
        self._facts = {name: fact.value for name, fact in business.profile.facts.items()}
        self._profile = business.profile
        self._database = database
        self._id = business.id
        self._proofs = business.identify.by if business.identify is not None else []
        self._making: dict[str, asyncio.Future[None]] = {}
        """Changes by other programs that are under way, by their keys."""

    def __getitem__(self, tool_id: str) -> Tool:
        return self._tools[tool_id]

    def check(self) -> None:
        """Makes the tables that changes need. Raises `BusinessError` when a query doesn't fit them."""
        self._make_tables()
        for tool_id, tool in self._tools.items():
            for asked in (tool.asked, *((tool.write.asked, tool.write.taken_back) if tool.write else ())):
                if isinstance(asked, str):
                    self._explain(f"tools.{tool_id}", asked)
        for proof in self._proofs:
            self._explain("identify.by", proof.sql)
        for slot_id, slot in self._slots.items():
            if isinstance(slot.options, str):
                self._explain(f"slots.{slot_id}", slot.options)
            for way in slot.ways:
                self._explain(f"slots.{slot_id}.ways", way.sql)

    def _make_tables(self) -> None:
        for tool_id, tool in self._tools.items():
            if tool.write is None or tool.write.table is None:
                continue
            try:
                self._database.make_now(tool.write.table)
            except DatabaseError as error:
                raise BusinessError(
                    f"tools.toml of '{self._id}': tools.{tool_id}.write: its table can't be made. {error}"
                ) from None

    def _explain(self, where: str, sql: str) -> None:
        try:
            self._database.explain(sql, tuple(PARAMETER.findall(sql)))
        except DatabaseError as error:
            raise BusinessError(
                f"tools.toml of '{self._id}': {where}: its sql doesn't fit the database. {error}"
            ) from None

    def options_now(self, slot_id: str) -> tuple[str, ...]:
        """The words of a choice, in this thread."""
        options = self._slots[slot_id].options
        if not isinstance(options, str):
            return tuple(options)
        return _words(self._database.read_now(options, {}))

    async def options(self, slot_id: str) -> tuple[str, ...]:
        """The words of a choice; none when the database can't answer."""
        options = self._slots[slot_id].options
        if not isinstance(options, str):
            return tuple(options)
        try:
            return _words(await self._database.read(options, {}))
        except DatabaseError:
            logger.warning("the options of a slot could not be read: {}", slot_id)
            return ()

    async def find(self, way: Way, slots: Mapping[str, str], now: datetime) -> tuple[str, ...] | None:
        """The different values that a way finds; None where the database can't answer."""
        try:
            rows = await self._database.read(way.sql, self._bound(way.sql, slots, now))
        except DatabaseError:
            logger.warning("a way's query failed: {}", " ".join(way.slots))
            return None
        return tuple(dict.fromkeys(_words(rows)))

    async def identify(self, proof: Proof, slots: Mapping[str, str], now: datetime) -> Sequence[Row] | None:
        """The rows that fit what a caller said of themselves; None where the database can't answer."""
        try:
            return await self._database.read(proof.sql, self._bound(proof.sql, slots, now))
        except DatabaseError:
            logger.warning("the query that identifies callers failed")
            return None

    async def run(
        self, tool_id: str, slots: Mapping[str, str], now: datetime, identity: str = ""
    ) -> Answered:
        """The answer of a tool. A database that can't answer is an outcome, not an error. A tool that needs
        to know who the caller is gives nothing without `identity`."""
        tool = self._tools[tool_id]
        if tool.identified:
            if not identity:
                logger.error("a tool was run for nobody: {}", tool_id)
                return Answered("failure", say=tuple(tool.failure))
            slots = {**slots, IDENTITY: identity}
        try:
            rows = await self._rows(tool, slots, now)
        except DatabaseError:
            logger.warning("a tool's query failed: {}", tool_id)
            return Answered("failure", say=tuple(tool.failure))
        except RemoteError as error:
            logger.warning("a tool's request failed: {}: {}", tool_id, error)
            return Answered("failure", say=tuple(tool.failure))
        if not rows:
            return Answered("none", say=tuple(tool.say_none))
        values = row_values(tool, rows[0])
        if tool.many and len(rows) > 1:
            return Answered("row", values, tuple(tool.many))
        if tool.write is not None and fits(tool.write.when, rows[0]):
            return Answered("row", values, (tool.write.confirm,), tuple(tool.write.when), writable=True)
        answer = next((answer for answer in tool.answers if fits(answer.when, rows[0])), None)
        if answer is None and tool.listing is not None:
            return Answered("row", values, rows=tuple(row_values(tool, row) for row in rows[:LONGEST_LIST]))
        if answer is None:
            logger.warning("no answer of a tool fits its row: {}", tool_id)
            return Answered("failure", say=tuple(tool.failure))
        instead = {slot: values[column].raw for slot, column in answer.instead.items() if column in values}
        return Answered(
            "row", values, tuple(answer.say), rests_on(answer, values), answer.then, instead=instead
        )

    async def _rows(self, tool: Tool, slots: Mapping[str, str], now: datetime) -> Sequence[Row]:
        """Raises `DatabaseError` or `RemoteError`."""
        asked = tool.asked
        if isinstance(asked, str):
            return await self._database.read(asked, self._bound(asked, slots, now))
        known = self._known(asked.names, slots, now)
        own = {name: slots.get(name) for name in (*tool.slots, *tool.optional)}
        return rows_of(await self._remote.look_up(asked, known, own), asked.rows, tool.columns)

    async def write(self, change: Change) -> bool:
        """Makes a change; False where it touched nothing or failed."""
        asked = self._write_of(change).asked
        try:
            if isinstance(asked, str):
                return await self._database.write(asked, self._of(change, asked)) > 0
            making = self._remote.change(asked, self._of(change, asked), self._own(change), change.key)
            self._making[change.key] = task = asyncio.ensure_future(making)
            task.add_done_callback(lambda _: self._making.pop(change.key, None))
            await asyncio.shield(task)  # a request that is cut off may be done or not
            return True
        except (DatabaseError, RemoteError) as error:
            why = str(error) if isinstance(error, RemoteError) else "the database"
            logger.warning("a tool's change failed: {}: {}", change.tool, why)
            return False

    def undo(self, change: Change) -> "asyncio.Future[Any]":
        """Starts taking a change back."""
        asked = self._write_of(change).taken_back
        known = self._of(change, asked)
        if isinstance(asked, str):
            return self._database.submit(asked, known)
        return asyncio.ensure_future(self._undone(asked, change, known))

    async def _undone(self, asked: Http | Mcp, change: Change, known: dict[str, Any]) -> None:
        """Takes a change back by a request, when the one that made it has ended."""
        if (making := self._making.get(change.key)) is not None:
            await asyncio.wait({making})
        await self._remote.change(asked, known, self._own(change), f"{change.key}-undo")

    def _own(self, change: Change) -> dict[str, str]:
        """The slots of a change's tool."""
        tool = self._tools[change.tool]
        return {name: value for name, value in change.slots.items() if name in (*tool.slots, *tool.optional)}

    def _of(self, change: Change, asked: Asked) -> dict[str, Any]:
        """What is bound in a change, or filled into its request."""
        given = {**change.slots, CHANGE_KEY: change.key}
        names = PARAMETER.findall(asked) if isinstance(asked, str) else asked.names
        return self._known(names, given, change.now)

    def _write_of(self, change: Change) -> Write:
        write = self._tools[change.tool].write
        if write is None:
            raise ValueError(f"tool {change.tool} doesn't write")
        return write

    def _bound(self, sql: str, slots: Mapping[str, str], now: datetime) -> dict[str, Any]:
        return self._known(PARAMETER.findall(sql), slots, now)

    def _known(self, names: Collection[str], slots: Mapping[str, str], now: datetime) -> dict[str, Any]:
        """The values of `names`: slots, then what is always given, then the business's facts."""
        given = {"today": now.date().isoformat(), "now": now.isoformat(timespec="seconds")}
        if "open_days" in names:
            given["open_days"] = open_days(self._profile, now.date())
        known = {**self._facts, **given, **slots}
        return {name: known.get(name) for name in names}

    def close(self) -> None:
        """Ends the programs that were started for tools."""
        self._remote.close()


def _words(rows: Sequence[Row]) -> tuple[str, ...]:
    return tuple(str(next(iter(row.values()))) for row in rows if row)


def row_values(tool: Tool, row: Row) -> dict[str, Value]:
    """A row's columns as values, each with where it stands; empty columns are left out."""
    cells = {name: "" if cell is None else str(cell) for name, cell in row.items()}
    values = {}
    for name, cell in row.items():
        if cell is None:
            continue
        template = tool.sources.get(name) or f"{tool.source}.{name}"
        values[name] = Value(name, str(cell), tool.kinds.get(name, "text"), template.format_map(cells))
    return values


def fits(when: Mapping[str, Cell | list[Cell]], row: Row) -> bool:
    """Whether a row has what an answer asks: `true` any value, `false` none, else one of the values."""
    return all(_is(row.get(name), wanted) for name, wanted in when.items())


def _is(cell: Any, wanted: Cell | list[Cell]) -> bool:
    if isinstance(wanted, bool):
        return (cell is not None and cell != "") is wanted
    if isinstance(wanted, list):
        return any(_is(cell, one) for one in wanted)
    return str(cell) == str(wanted)


def rests_on(answer: Answer, values: Values) -> tuple[str, ...]:
    """The columns that an answer was chosen by and that have a value."""
    return tuple(name for name in answer.when if name in values)
