"""A business's database: parametrised queries in threads of its own, read-only unless a tool writes."""

import asyncio
import datetime as dt
import sqlite3
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Engine, create_engine, event, inspect, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool, QueuePool

from agent.settings import UserError, resolve
from agent.settings.database_url import with_driver

Row = Mapping[str, Any]
TIMEOUT_S = 3.0
"""How long a caller may wait for a query."""
STATEMENT_MS = 2_800
"""When a server gives a query up itself: before the caller does."""
LOCKED_S = 2.0
"""How long a locked database is waited for."""


class DatabaseError(UserError):
    """The database can't answer; the text says what to do."""


def database_path(url: str) -> Path | None:
    """The file of a SQLite address, from the installation's folder; None for other databases."""
    prefix = "sqlite:///"
    return resolve(Path(url[len(prefix) :])) if url.startswith(prefix) else None


def copy_database(url: str, business: str, folder: Path) -> str | None:
    """Address of a copy in `folder` of a SQLite database; None for other databases.

    Raises `DatabaseError`. Blocks for as long as the file is large (about 1 s for 500 MB).
    """
    path = database_path(url)
    if path is None:
        return None
    hint = f"run `agent business seed {business}`, or set `database` in its business.toml"
    if not path.is_file():
        raise DatabaseError(f"The database {path} isn't there: {hint}.")
    copy = folder / "copy.db"
    try:
        with (
            closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=LOCKED_S)) as real,
            closing(sqlite3.connect(copy)) as copied,
        ):
            real.backup(copied)
    except sqlite3.Error as error:
        raise DatabaseError(f"The database can't be copied ({error}): {hint}.") from error
    return f"sqlite:///{copy}"


class Database:
    """Shared by all calls of a business. Close it at the end."""

    def __init__(self, url: str, business: str, *, keeps_changes: bool = True) -> None:
        """Raises `DatabaseError` when a SQLite file isn't there. Without `keeps_changes`, a change is made
        and taken back at once."""
        self._keeps_changes = keeps_changes
        self._path = database_path(url)
        self._hint = f"run `agent business seed {business}`, or set `database` in its business.toml"
        self._file: int | None = None
        self._check()
        self._reader = self._engine(url, "ro")
        self._writer = self._engine(url, "rw")
        self._readers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="database-read")
        self._writers = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database-write")
        """One thread: a change and its undoing keep their order."""

    def _engine(self, url: str, mode: str) -> Engine:
        if self._path is None:
            try:
                return _server(with_driver(url), reads=mode == "ro")
            except (SQLAlchemyError, ImportError) as error:
                raise DatabaseError(
                    f"This address of a database can't be opened ({_reason(error)}): write one such as "
                    "'sqlite:///data/shop.db' or 'postgresql://user@host/name' (the extra postgres)."
                ) from None
        address = f"file:{quote(str(self._path))}?mode={mode}"

        def connect() -> sqlite3.Connection:
            return sqlite3.connect(address, uri=True, timeout=LOCKED_S, check_same_thread=False)

        if mode == "ro":  # one statement is quicker than opening the file
            return create_engine("sqlite://", creator=connect, poolclass=QueuePool, pool_size=2)
        return create_engine("sqlite://", creator=connect, poolclass=NullPool)

    def _check(self) -> None:
        if self._path is None:
            return
        try:
            file = self._path.stat().st_ino
        except OSError:
            raise DatabaseError(f"The database {self._path} isn't there: {self._hint}.") from None
        if self._file not in (None, file):  # made anew beside us: the pool still holds the old file
            self._reader.dispose()
        self._file = file

    def read_now(self, sql: str, values: Mapping[str, Any]) -> list[Row]:
        """Rows of a query, in this thread. Raises `DatabaseError`."""
        self._check()
        try:
            with self._reader.connect() as connection:
                rows = connection.execute(text(sql), dict(values)).mappings()
                return [{name: _plain(cell) for name, cell in row.items()} for row in rows]
        except SQLAlchemyError as error:
            raise DatabaseError(f"The database can't answer ({_reason(error)}): {self._hint}.") from error

    def write_now(self, sql: str, values: Mapping[str, Any]) -> int:
        """How many rows a change has touched, committed if changes are kept. Raises `DatabaseError`."""
        self._check()
        try:
            with self._writer.connect() as connection:
                count = connection.execute(text(sql), dict(values)).rowcount
                if self._keeps_changes:
                    connection.commit()
                else:
                    connection.rollback()
                return count
        except SQLAlchemyError as error:
            raise DatabaseError(f"The database can't be changed ({_reason(error)}): {self._hint}.") from error

    def make_now(self, sql: str) -> None:
        """Makes a table that isn't there yet, and it stays. Raises `DatabaseError`."""
        self._check()
        try:
            with self._writer.begin() as connection:
                connection.execute(text(sql))
        except SQLAlchemyError as error:
            raise DatabaseError(f"The database can't be changed ({_reason(error)}): {self._hint}.") from error

    async def read(self, sql: str, values: Mapping[str, Any]) -> list[Row]:
        """`read_now` in a thread, at most `TIMEOUT_S` seconds."""
        return await self._bounded(self._readers, self.read_now, sql, values)

    async def write(self, sql: str, values: Mapping[str, Any]) -> int:
        """`write_now` in a thread, at most `TIMEOUT_S` seconds."""
        return await self._bounded(self._writers, self.write_now, sql, values)

    async def _bounded(
        self, threads: ThreadPoolExecutor, work: Callable[..., Any], sql: str, values: Mapping[str, Any]
    ) -> Any:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await loop.run_in_executor(threads, work, sql, values)
        except TimeoutError:
            raise DatabaseError(
                f"The database didn't answer in {TIMEOUT_S:g} s: see what holds it."
            ) from None

    def submit(self, sql: str, values: Mapping[str, Any]) -> "asyncio.Future[int]":
        """Starts a change in a thread without waiting for it."""
        return asyncio.get_running_loop().run_in_executor(self._writers, self.write_now, sql, values)

    def explain(self, sql: str, names: tuple[str, ...]) -> None:
        """Raises `DatabaseError` when a statement doesn't fit the database's tables."""
        self.read_now(f"EXPLAIN {sql}", dict.fromkeys(names))

    def columns(self, sql: str, names: tuple[str, ...]) -> tuple[str, ...] | None:
        """The columns that a query gives, without running it; None where the database can't tell."""
        self._check()
        try:
            with self._reader.connect() as connection:
                whole = f"SELECT * FROM ({sql.strip().rstrip(';')}) AS query LIMIT 0"
                return tuple(connection.execute(text(whole), dict.fromkeys(names)).keys())
        except SQLAlchemyError:
            return None

    def names(self) -> tuple[str, ...]:
        """Names of the database's tables and of their columns, each once."""
        self._check()
        try:
            found = inspect(self._reader)
            tables = found.get_table_names() + found.get_view_names()
            columns = [str(column["name"]) for table in tables for column in found.get_columns(table)]
        except SQLAlchemyError:
            return ()
        return tuple(dict.fromkeys((*tables, *columns)))

    def close(self) -> None:
        self._readers.shutdown(wait=True, cancel_futures=True)
        self._writers.shutdown(wait=True)
        self._reader.dispose()
        self._writer.dispose()


def _server(url: str, *, reads: bool) -> Engine:
    """An engine for a database that is a server: its queries end in time, and a reader changes nothing."""
    engine = create_engine(url, pool_pre_ping=True, pool_size=2, pool_timeout=TIMEOUT_S)
    if engine.dialect.name != "postgresql":
        return engine
    settings = [f"SET statement_timeout = {STATEMENT_MS}", f"SET lock_timeout = {round(LOCKED_S * 1000)}"]
    if reads:
        settings.append("SET default_transaction_read_only = on")

    def prepare(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        for setting in settings:
            cursor.execute(setting)
        cursor.close()
        connection.commit()

    event.listen(engine, "connect", prepare)
    return engine


def _plain(cell: Any) -> Any:
    """A value as SQLite gives it: truth as 1 and 0, days and times as ISO 8601 writes them."""
    if isinstance(cell, bool):
        return int(cell)
    if isinstance(cell, dt.datetime):
        return cell.isoformat(timespec="seconds")
    if isinstance(cell, dt.time):
        return cell.isoformat("minutes")
    return cell.isoformat() if isinstance(cell, dt.date) else cell


def _reason(error: Exception) -> str:
    return str(getattr(error, "orig", None) or type(error).__name__).splitlines()[0]
