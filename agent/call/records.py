"""What is kept of calls: each turn is committed as it happens, off the event loop.

Opened once a process. A write returns when it is committed; while the disk is full or the database
locked it is kept in memory and tried again, and the call goes on. Card numbers are masked before
anything leaves this file. A call that a crash cut off has `ended_by` null until the store is opened
again, and `error` from then on (`agent.call.ownership` tells crashed from running).
"""

import asyncio
import hashlib
import hmac
import wave
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from loguru import logger
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from agent.call import record_rows
from agent.call.database import Database, RecordsError, file_of
from agent.call.masking import mask_across
from agent.call.ownership import Owner, gone
from agent.call.record_caught import Caught, read_caught
from agent.call.turn_record import CallerSpan, CallRow, SentenceRecord, TurnRecord
from agent.call.writer import Write, Writer
from agent.settings.tree import Records, resolve

if TYPE_CHECKING:
    from agent.call.incoming import EndedBy

__all__ = ["CallRow", "CallerSpan", "RecordsError", "SentenceRecord", "Store", "TurnRecord"]

CLOSE_S = 5.0
"""How long `close` may take."""
T = TypeVar("T")


class Store:
    """The record of calls. Made by `Store.open`; closed by `close`."""

    def __init__(self, database: Database, recordings: Path, owner: Owner) -> None:
        self._database = database
        self._recordings = recordings
        self._owner = owner
        self._writer = Writer(database.writer)
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="records-reader")
        self._last: dict[str, TurnRecord] = {}
        """Of each open call, the last turn in which the caller spoke."""

    @classmethod
    def open(cls, settings: Records, *, create: bool = True, busy_ms: int = 1_000) -> "Store":
        """Opens the database, brings its tables up to date, and closes calls that a crash cut off.

        Blocks: call it before the server answers, or in a thread. `create` False asks for a database
        that is there. `busy_ms`: how long a write waits for another program. Raises `RecordsError`.
        """
        database = Database.open(settings.url, create=create, busy_ms=busy_ms)
        recordings = resolve(settings.recordings_dir)
        path = file_of(database.url)
        locks = recordings / ".owners" if path is None else path.with_name(path.name + ".owners")
        try:
            owner = Owner(locks)
            _close_cut_off(database, locks, recordings, shared=path is None)
        except (OSError, DBAPIError) as error:
            database.dispose()
            raise RecordsError(
                f"The record of calls at {path or 'records.url'} can't be written: "
                "make it and its folder writable, or set records.url."
            ) from error
        return cls(database, recordings, owner)

    async def begin_call(
        self, call_id: str, *, provider: str, caller: str, called: str, business: str, token: str = ""
    ) -> bool:
        """Opens a call's record. Only a hash of `token` is stored; without one, no token opens it.

        Like each write: True when it is committed, False when it is kept in memory for now.
        """
        row = {
            "call_id": call_id,
            "business": business,
            "provider": provider,
            "caller": caller,
            "called": called,
            "token_sha256": _sha256(token) if token else None,
            "owner": self._owner.name,
            "started_at": datetime.now(UTC),
        }
        return await self.write(("begin", call_id), lambda c: record_rows.put_call(c, row))

    async def save_turn(
        self, call_id: str, turn: TurnRecord, on_kept: Callable[[TurnRecord], None] | None = None
    ) -> bool:
        """Stores a turn as far as it has come, in place of what was stored of it before.

        `on_kept` is told at once what is to be stored: the turn, and one before it where a card number
        goes across both.
        """
        last = self._last.get(call_id)
        if last is None or last.n >= turn.n or not turn.transcript:
            kept = [record_rows.masked(turn)]
        else:
            before, now = mask_across(last.transcript, turn.transcript)
            kept = [record_rows.masked(turn, now)]
            if before != record_rows.masked(last).transcript:
                kept.append(record_rows.masked(last, before))
        if on_kept is not None:
            for record in kept:
                on_kept(record)
        if turn.transcript and (last is None or turn.n >= last.n):
            self._last[call_id] = turn

        def put(connection: Connection) -> None:
            for record in kept:
                record_rows.put_turn(connection, call_id, record)

        return await self.write(("turn", call_id, turn.n), put)

    async def end_call(
        self, call_id: str, ended_by: "EndedBy", duration_ms: int, recording: str | Path | None = None
    ) -> bool:
        """Closes a call's record. `recording`: its WAV in `records.recordings_dir`, if there is one."""
        self._last.pop(call_id, None)
        end = {
            "ended_by": ended_by,
            "ended_at": datetime.now(UTC),
            "duration_ms": duration_ms,
            "recording": None if recording is None else Path(recording).name,
        }
        return await self.write(("end", call_id), lambda c: record_rows.put_end(c, call_id, end))

    async def document(self, call_id: str, token: str | None = None) -> dict[str, Any] | None:
        """The call as docs/protocol.md, "The record of a call", gives it.

        None for an unknown call or a wrong token, alike. `token` None: the machine's owner asks.
        """
        found = await self.read(lambda c: record_rows.read_document(c, call_id))
        expected = found[0] if found else None
        if token is not None and not hmac.compare_digest(_sha256(token), expected or ""):
            return None
        return found[1] if found else None

    async def recording(self, call_id: str) -> Path | None:
        """The call's WAV, where there is one."""
        known, name = await self.read(lambda c: record_rows.read_recording(c, call_id))
        path = self._recordings / (name or f"{Path(call_id).name}.wav")
        return path if known and path.is_file() else None

    async def delete(self, call_id: str) -> bool:
        """Deletes a call's WAV and all its rows. False for an unknown call. Raises `RecordsError`."""
        known, name = await self.read(lambda c: record_rows.read_recording(c, call_id))
        return known and await self._remove({call_id: name}) > 0

    async def purge(self, retention_days: int, now: datetime | None = None) -> int:
        """Deletes the calls that began more than `retention_days` ago (0 keeps all); how many.

        `now` has a time zone. Raises `RecordsError`.
        """
        if retention_days <= 0:
            return 0
        before = (now or datetime.now(UTC)) - timedelta(days=retention_days)

        def old(connection: Connection) -> dict[str, str | None]:
            ids = record_rows.read_old(connection, before)
            return {call_id: record_rows.read_recording(connection, call_id)[1] for call_id in ids}

        return await self._remove(await self.read(old))

    async def close(self) -> None:
        """Writes what is waiting and lets go of the database, in `CLOSE_S` at most."""
        await asyncio.to_thread(self._writer.close, CLOSE_S)
        self._reader.shutdown(wait=False, cancel_futures=True)  # a read that hangs is left alone
        await asyncio.to_thread(self._database.dispose)
        self._owner.close()

    @property
    def kept_writes(self) -> int:
        """Writes that the database has not taken yet: 0 in health."""
        return self._writer.kept

    async def list(self, limit: int = 50, business: str | None = None) -> tuple[CallRow, ...]:
        """The newest calls first."""
        return tuple(await self.read(lambda c: record_rows.read_calls(c, limit, business)))

    async def caught(
        self, business: str | None = None, since: datetime | None = None, limit: int = 10
    ) -> Caught:
        """What the check caught in the words of a model, in the calls since a moment."""
        return await self.read(lambda c: read_caught(c, business, since, limit))

    async def write(self, key: tuple[object, ...], run: Callable[[Connection], None]) -> bool:
        """Runs a write off the event loop; True when it is committed, False when it is kept for now."""
        future = self._writer.submit(Write(run, key))
        return bool(await asyncio.shield(asyncio.wrap_future(future)))

    async def read(self, query: Callable[[Connection], T]) -> T:
        """What a query gives, off the event loop. Raises `RecordsError`."""

        def read() -> T:
            with self._database.reader.begin() as connection:
                return query(connection)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._reader, read)
        except DBAPIError as error:
            raise RecordsError(
                "The record of calls can't be read: check its disk, then try again."
            ) from error

    async def _remove(self, names: dict[str, str | None]) -> int:
        """Deletes WAVs first: a call whose rows stay is still listed and can be deleted again."""

        def run(connection: Connection) -> int:
            for call_id, name in names.items():
                for file in {f"{Path(call_id).name}.wav", name or f"{Path(call_id).name}.wav"}:
                    (self._recordings / Path(file).name).unlink(missing_ok=True)
            return record_rows.remove(connection, tuple(names))

        try:
            future = self._writer.submit(Write(run, keep=False))
            count = int(await asyncio.shield(asyncio.wrap_future(future)))
            await asyncio.to_thread(self._database.forget_deleted)
        except (OSError, DBAPIError) as error:
            raise RecordsError(
                "The calls can't be deleted: make the database and recordings writable, end other "
                "programs that use them, and try again."
            ) from error
        return count


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _close_cut_off(database: Database, locks: Path, recordings: Path, *, shared: bool) -> None:
    """Marks the calls whose process is gone as ended by an error, with what was recorded of them."""
    with database.reader.begin() as connection:
        open_calls = record_rows.read_open(connection)
    owners = {owner: gone(locks, owner, shared=shared) for owner in {owner for _, owner in open_calls}}
    cut_off = [call_id for call_id, owner in open_calls if owners[owner]]
    if not cut_off:
        return
    with database.writer.begin() as connection:
        for call_id in cut_off:
            path = recordings / f"{Path(call_id).name}.wav"
            duration_ms = _length_ms(path)
            end = {"ended_by": "error", "duration_ms": duration_ms, "recording": path.name}
            if duration_ms is None:
                end["recording"] = None
            record_rows.put_end(connection, call_id, end)
    logger.warning("records: {} calls were cut off when their process ended", len(cut_off))


def _length_ms(path: Path) -> int | None:
    """A WAV's length; None where there is none."""
    try:
        with wave.open(str(path)) as file:
            return file.getnframes() * 1000 // file.getframerate()
    except (OSError, EOFError, wave.Error, ZeroDivisionError):
        return None
