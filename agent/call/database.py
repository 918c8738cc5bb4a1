"""The database behind the record of calls: engines, their pragmas, migrations when it is opened."""

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from agent.call import schema
from agent.settings import UserError
from agent.settings.database_url import with_driver
from agent.settings.tree import resolve

_MIGRATIONS = Path(__file__).parent / "migrations"


class RecordsError(UserError):
    """The record of calls can't be read or written; the text says what to do."""


class Database:
    """One database with two engines of one connection each: `writer` and `reader`.

    SQLite runs in WAL mode, so that reading never waits for writing; a commit is on the disk when it
    returns (`synchronous=FULL`); what is deleted is overwritten (`secure_delete`).
    """

    def __init__(self, url: URL, *, busy_ms: int) -> None:
        self.url = url
        self.busy_ms = busy_ms
        self.writer = self._engine(begin="BEGIN IMMEDIATE")
        self.reader = self._engine(begin="BEGIN")

    @classmethod
    def open(cls, url: str, *, create: bool = True, busy_ms: int = 1_000) -> "Database":
        """Opens `url` and brings its tables up to date. Raises `RecordsError`."""
        parsed = _parse(url)
        path = file_of(parsed)
        if path is not None:
            parsed = parsed.set(database=str(path))
            _prepare(path, create)
        database = None
        try:
            database = cls(parsed, busy_ms=busy_ms)
            database._migrate()
        except ModuleNotFoundError as error:
            raise RecordsError(
                f"records.url needs the package {error.name}: install it, or use an sqlite:/// address."
            ) from None
        except DBAPIError as error:
            raise RecordsError(_why(error, path)) from error
        finally:
            if database is not None:
                database.writer.dispose()
        if path is not None:
            path.chmod(0o600)  # transcripts are the callers' own
        return database

    def _engine(self, begin: str) -> Engine:
        engine = create_engine(self.url, pool_size=1, max_overflow=0, pool_pre_ping=not self.is_sqlite)
        if self.is_sqlite:
            event.listen(engine, "connect", self._on_connect)
            event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
        return engine

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    def _on_connect(self, connection: Any, record: Any) -> None:
        connection.isolation_level = None  # the "begin" event says how a transaction starts
        for pragma in (
            f"busy_timeout={self.busy_ms}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    def _migrate(self) -> None:
        with self.reader.begin() as connection:
            found = _revision(connection)
        if found == schema.REVISION:
            return
        from alembic import command
        from alembic.config import Config
        from alembic.script import ScriptDirectory

        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if found is not None and found not in known:
            raise RecordsError(
                f"The database of calls was written by a newer version (revision {found}): "
                "update this installation, or point records.url at another database."
            )
        with self.writer.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def forget_deleted(self) -> None:
        """Empties SQLite's write-ahead log, where deleted rows would stay. Readers may postpone it."""
        if self.is_sqlite:
            with self.writer.connect() as connection:
                raw = connection.connection.driver_connection
                assert isinstance(raw, sqlite3.Connection)
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()

    def dispose(self) -> None:
        self.writer.dispose()
        self.reader.dispose()


def file_of(url: URL) -> Path | None:
    """The file of an SQLite address, from the installation's folder; None for other databases."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return None
    return resolve(Path(url.database))


def _parse(url: str) -> URL:
    try:
        parsed = make_url(with_driver(url))
        parsed.get_dialect()
    except (ArgumentError, NoSuchModuleError):
        raise RecordsError(
            "records.url is no address of a database: write it like sqlite:///data/ringdown.db."
        ) from None
    if parsed.get_backend_name() == "sqlite" and file_of(parsed) is None:
        raise RecordsError("records.url names no file: write it like sqlite:///data/ringdown.db.")
    return parsed


def _prepare(path: Path, create: bool) -> None:
    """Makes the folder, or says that there is no database yet."""
    if path.is_file():
        return
    if path.exists():
        raise RecordsError(f"{path} is not a file: point records.url at a database file.")
    if not create:
        raise RecordsError(
            f"There is no record of calls at {path}: answer one with `agent serve`, "
            "or point records.url at the database."
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError as error:
        raise RecordsError(
            f"The database of calls can't be made at {path} ({error.strerror}): "
            "make its folder writable, or set records.url."
        ) from None


def _revision(connection: Connection) -> str | None:
    """The migration that the database is at; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _why(error: DBAPIError, path: Path | None) -> str:
    where = path or "records.url"
    reason = str(error.orig)
    if "not a database" in reason or "malformed" in reason:
        return f"{where} is not a database of calls, or is damaged: move it away, or set records.url."
    if "locked" in reason:
        return f"{where} is locked by another program: end that program and try again."
    if "full" in reason:
        return f"The disk of {where} is full: make room and try again."
    if "readonly" in reason or "unable to open" in reason:
        return f"{where} can't be written: make it and its folder writable, or set records.url."
    return f"The database at {where} doesn't answer ({type(error.orig).__name__}): check records.url."
