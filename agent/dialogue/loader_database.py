"""Whether a business's queries fit its database: tables, columns, and what the answers make of them."""

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from agent.dialogue.business import Business, BusinessError
from agent.dialogue.business_tools import Tool
from agent.dialogue.database import Database, DatabaseError
from agent.dialogue.loader_files import nearest
from agent.dialogue.loader_lines import Lines
from agent.dialogue.loader_tools import COMPUTED, COUNT, PARAMETER

Keys = tuple[str | int, ...]
UNKNOWN = re.compile(
    r"(?:no such (?:table|column|function): (?:\w+\.)*(\w+)|near \"([^\"]+)\"|has no column named (\w+)"
    r"|(?:relation|column|function) \"?(?:\w+\.)*(\w+)\"? (?:of relation \"?\w+\"? )?does not exist"
    r"|syntax error at or near \"([^\"]+)\")"
)
"""The word at fault in what SQLite and PostgreSQL say."""


class DatabaseCheck:
    """The queries of one business against its database, which is read, and given the tables of changes."""

    def __init__(self, folder: Path, business: Business, database: Database) -> None:
        self._path = folder / "tools.toml"
        self._lines = Lines(self._path.read_text("utf-8"))
        self._business = business
        self._database = database

    def mistakes(self) -> Iterator[BusinessError]:
        """Every query that doesn't fit, with its line."""
        for tool_id, tool in self._business.tools.items():
            if tool.write is not None and tool.write.table is not None:
                yield from self._made(("tools", tool_id, "write", "table"), tool.write.table)
        for keys, sql in self._statements():
            error = self._explained(sql)
            if error is not None:
                yield self._unfit(keys, error)
            elif keys[0] == "tools" and keys[2] == "sql":
                yield from self._columns(str(keys[1]), self._business.tools[str(keys[1])], sql)

    def _statements(self) -> Iterator[tuple[Keys, str]]:
        for place, proof in enumerate(self._business.identify.by if self._business.identify else ()):
            yield ("identify", "by", place, "sql"), proof.sql
        for slot_id, slot in self._business.slots.items():
            if isinstance(slot.options, str):
                yield ("slots", slot_id, "options"), slot.options
            for place, way in enumerate(slot.ways):
                yield ("slots", slot_id, "ways", place, "sql"), way.sql
        for tool_id, tool in self._business.tools.items():
            if isinstance(tool.asked, str):
                yield ("tools", tool_id, "sql"), tool.asked
            if tool.write is None:
                continue
            for key, asked in (("sql", tool.write.asked), ("undo", tool.write.taken_back)):
                if isinstance(asked, str):
                    yield ("tools", tool_id, "write", key), asked

    def _made(self, keys: Keys, sql: str) -> Iterator[BusinessError]:
        try:
            self._database.make_now(sql)
        except DatabaseError as error:
            yield self._unfit(keys, error)

    def _explained(self, sql: str) -> DatabaseError | None:
        try:
            self._database.explain(sql, tuple(PARAMETER.findall(sql)))
        except DatabaseError as error:
            return error
        return None

    def _unfit(self, keys: Keys, error: DatabaseError) -> BusinessError:
        """The database's own words, at the line of the word at fault; the nearest name that it has."""
        said = re.search(r"\((.*)\)", str(error))
        reason = said[1] if said else str(error)
        found = UNKNOWN.search(reason)
        word = next((part for part in found.groups() if part), "") if found else ""
        hint = "put the statement right"
        if word and "near" not in reason:
            near = nearest(word, self._database.names())
            hint = f"did you mean '{near}'?" if near else "name what is there, or make it"
        return self._wrong(keys, f"this doesn't fit the database ({reason}): {hint}", word)

    def _wrong(self, keys: Keys, said: str, word: str = "") -> BusinessError:
        line = self._lines.within(keys, word) if word else self._lines.of(keys)
        name = ".".join(str(key) for key in keys if isinstance(key, str))
        error = BusinessError(f"{self._path}:{line}: {name}: {said.rstrip('?')}.")
        error.keys = keys
        return error

    def _columns(self, tool_id: str, tool: Tool, sql: str) -> Iterator[BusinessError]:
        """What the answers of a tool name and its query doesn't give."""
        columns = self._database.columns(sql, tuple(PARAMETER.findall(sql)))
        if columns is None:
            return
        at: Keys = ("tools", tool_id)
        named: list[tuple[Keys, str]] = []
        named += [((*at, "kinds", name), name) for name in tool.kinds]
        named += [((*at, "sources", name), name) for name in tool.sources]
        for place, answer in enumerate(tool.answers):
            named += [((*at, "answers", place, "when", name), name) for name in answer.when]
        if tool.write is not None:
            named += [((*at, "write", "when", name), name) for name in tool.write.when]
        if tool.listing is not None:
            names = [*enumerate(tool.listing.names)]
            named += [((*at, "list", "names", n), name) for n, name in names if stands(name, sql)]
        texts: list[tuple[Keys, str]] = [(("source",), tool.source)]
        texts += [(("sources", name), text) for name, text in tool.sources.items()]
        for keys, text in texts:
            named += [((*at, *keys), name) for name in re.findall(r"\{(\w+)\}", text)]
        for keys, name in named:
            if name not in columns:
                yield self._wrong(
                    keys, f"'{name}' is no column of the query: {_instead(name, columns)}", name
                )
        yield from self._phrases(at, tool, sql, columns)

    def _phrases(self, at: Keys, tool: Tool, sql: str, columns: Collection[str]) -> Iterator[BusinessError]:
        profile = self._business.profile
        known = {*columns, *tool.slots, *tool.optional, *profile.facts, *COMPUTED}
        for phrase_id in tool.phrases:
            phrase = self._business.phrases.get(phrase_id)
            opening = tool.listing is not None and phrase_id == tool.listing.opening
            for name in phrase.names if phrase is not None else ():
                if name not in known and not (opening and name == COUNT) and stands(name, sql):
                    said = f"phrase '{phrase_id}' names {{{name}}}, which the query doesn't give: "
                    yield self._wrong(at, said + _instead(name, columns), f'"{phrase_id}"')


def stands(name: str, sql: str) -> bool:
    """Whether a name stands in a query at all; where it doesn't, that's told without the database."""
    return re.search(rf"\b{re.escape(name)}\b", sql) is not None


def _instead(name: str, columns: Collection[str]) -> str:
    near = nearest(name, columns)
    return f"did you mean '{near}'?" if near else f"it gives {', '.join(sorted(columns))}"


def database_mistakes(folder: Path, business: Business) -> Iterator[BusinessError]:
    """Every query of `business` that doesn't fit its database; one mistake where there's no database."""
    try:
        database = Database(business.profile.database, business.id)
    except DatabaseError as error:
        path = folder / "business.toml"
        line = Lines(path.read_text("utf-8")).of(("database",))
        yield BusinessError(f"{path}:{line}: database: {error}")
        return
    try:
        yield from DatabaseCheck(folder, business, database).mistakes()
    finally:
        database.close()
