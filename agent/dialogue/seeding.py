"""A demo's database made from the `seed.sql` of a business's folder: SQLite, dates counted from a day."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

from agent.dialogue.business import BusinessError

FILE = "seed.sql"
TODAY = re.compile(r"\b((?:date|datetime|julianday|strftime)\s*\(\s*(?:'[^']*'\s*,\s*)?)'now'", re.I)
"""`date('now', ...)`, `strftime('%w', 'now', ...)`: what stands for the day of the seed."""


def seed(folder: Path, database: Path, today: date) -> dict[str, int]:
    """Makes `database` anew by the folder's `seed.sql`, whole or not at all; table -> rows.

    `'now'` in SQLite's date functions is `today`. Raises `BusinessError` with the statement's line.
    """
    script = folder / FILE
    try:
        text = script.read_text("utf-8")
    except FileNotFoundError:
        raise BusinessError(f"{script} isn't there: write the tables and rows of a demo into it.") from None
    database.parent.mkdir(parents=True, exist_ok=True)
    part = database.with_name(f"{database.name}.part")
    part.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(part)) as connection:
            for line, statement in _statements(script, text):
                _run(connection, TODAY.sub(rf"\1'{today.isoformat()}'", statement), f"{script}:{line}")
            connection.commit()
            counts = _counts(connection)
        part.replace(database)
    finally:
        part.unlink(missing_ok=True)
    return counts


def _run(connection: sqlite3.Connection, statement: str, where: str) -> None:
    try:
        connection.execute(statement)
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise BusinessError(f"{where}: SQLite says: {error}; put this statement right.") from None


def _statements(script: Path, text: str) -> Iterator[tuple[int, str]]:
    """Each statement with the line (from 1) in which it begins."""
    statement, begins = "", 0
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        bare = line.strip()
        if not statement and (not bare or bare.startswith("--")):
            continue
        begins = begins or number
        statement += line
        if sqlite3.complete_statement(statement):
            yield begins, statement
            statement, begins = "", 0
    if statement:
        raise BusinessError(f"{script}:{begins}: this statement doesn't end: put a semicolon after it.")


def _counts(connection: sqlite3.Connection) -> dict[str, int]:
    tables = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY rowid"
    )
    names = [str(row[0]) for row in tables.fetchall()]
    return {name: int(connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]) for name in names}
