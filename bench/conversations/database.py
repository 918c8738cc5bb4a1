"""The business's rows as a judge reads them: what a fact's source holds, and what a call has changed."""

import re
import sqlite3
import tomllib
from collections.abc import Callable
from contextlib import closing
from datetime import date, time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from dateutil import parser as dates

COLUMN = re.compile(r"^(\w+)\[([^\[\]{}]+)\]\.(\w+)$")
"""`orders[12345].carrier`"""
KEYS = {
    "orders": "number",
    "customers": "account_number",
    "bills": "number",
    "products": "sku",
    "appointments": "id",
    "returns": "order_number",
    "free_times": "date || ' ' || time",
    "appointment_times": "date || ' ' || time",
    "callbacks": "number",
}
"""The column that a source's brackets name."""
PLACES = {"opens": 0, "closes": 1}


def answers(path: Path, sql: str) -> list[tuple[Any, ...]]:
    """The rows of a query; nothing can be changed by it."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return database.execute(sql).fetchall()


def prepare(path: Path, statements: tuple[str, ...]) -> None:
    with closing(sqlite3.connect(path)) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()


def changes(before: Path, after: Path) -> dict[str, int]:
    """How many rows of each table differ; tables that are as they were are left out."""
    found = {}
    for table in sorted(_tables(before) | _tables(after)):
        old, new = _rows(before, table), _rows(after, table)
        differ = max(len(new - old), len(old - new))
        if differ:
            found[table] = differ
    return found


def _tables(path: Path) -> set[str]:
    return {str(name) for (name,) in answers(path, "SELECT name FROM sqlite_master WHERE type = 'table'")}


def _rows(path: Path, table: str) -> set[tuple[Any, ...]]:
    return set(answers(path, f"SELECT * FROM {table}")) if table in _tables(path) else set()


class Truth:
    """What sources hold, before or after the call, and in the business's own data."""

    def __init__(self, business: Path, *databases: Path) -> None:
        self._databases = databases
        self._data = tomllib.loads((business / "business.toml").read_text(encoding="utf-8"))

    def holds(self, source: str) -> list[Any] | None:
        """All that `source` has held; None where this reader doesn't know it (a sum, a caller's word)."""
        if source.startswith("business."):
            return self._business(source.removeprefix("business."))
        match = COLUMN.match(source)
        if match is None or match[1] not in KEYS:
            return None
        table, key, column = match.groups()
        found: list[Any] = []
        for path in self._databases:
            try:
                rows = answers(path, f"SELECT {column} FROM {table} WHERE {KEYS[table]} = '{key}'")
            except sqlite3.Error:
                return None
            found += [row[0] for row in rows]
        return found

    def _business(self, name: str) -> list[Any] | None:
        if name.startswith("facts."):
            fact = self._data["facts"].get(name.removeprefix("facts."))
            return None if fact is None else [fact["value"]]
        if name == "holidays":
            return list(self._data["holidays"].values())
        if name == "human.phone":
            return [self._data["human"]["phone"]]
        if name.startswith("hours."):
            _, day, *rest = name.split(".")
            hours = self._data["hours"].get(day)
            return [hours[PLACES[rest[0]]]] if hours and rest and rest[0] in PLACES else None
        return None


def same(written: str, stored: Any) -> bool:
    """Whether a value as it is written in a sentence is the stored one: a date, time, sum, number or word."""
    left, right = str(written).strip(), str(stored).strip()
    if left.casefold() == right.casefold():
        return True
    return any(_equal(read, left, right) for read in (_amount, _day, _time))


def _equal(read: Callable[[str], object], left: str, right: str) -> bool:
    one, other = read(left), read(right)
    return one is not None and one == other


def _amount(text: str) -> Decimal | None:
    if re.search(r"[a-z:]|\d-\d", text, re.I):
        return None
    try:
        return Decimal(re.sub(r"[$€£,\s]", "", text))
    except InvalidOperation:
        return None


def _day(text: str) -> date | None:
    if not re.search(r"[a-z]{3}|\d{4}-\d\d-\d\d", text, re.I):
        return None
    try:
        return dates.parse(text).date()
    except (ValueError, OverflowError):
        return None


def _time(text: str) -> time | None:
    match = re.fullmatch(r"(\d{1,2})(?::(\d\d))?\s*([ap])?\.?m?\.?", text, re.I)
    if match is None or (match[2] is None and match[3] is None):
        return {"noon": time(12), "midnight": time(0)}.get(text.casefold())
    hour = int(match[1]) % 12 + (12 if match[3].lower() == "p" else 0) if match[3] else int(match[1])
    return time(hour, int(match[2] or 0)) if hour < 24 else None
