"""The one thread that writes to the database, and what it keeps while the disk doesn't take it."""

import queue
import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from loguru import logger
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

QUEUE_LIMIT = 1_024
"""Writes that wait for the thread. Each caller waits for its own, so this is never near."""
BACKLOG_LIMIT = 4_096
"""Writes kept in memory while the disk is full or the database locked."""
RETRY_S = 1.0
"""Between two tries to write what was kept."""


@dataclass(slots=True, eq=False)
class Write:
    """One transaction. `run` may be run again after a failure, so it must be idempotent."""

    run: Callable[[Connection], Any]
    key: Hashable = None
    """A later write of the same key makes an earlier one that is still kept needless."""
    keep: bool = True
    """Kept and retried when the database doesn't take it; else the failure is the caller's."""
    done: Future[Any] = field(default_factory=Future)


class Writer:
    """Runs writes in order. A kept write's future gives whether it was committed by then."""

    def __init__(self, engine: Engine, *, attempts: int = 2, backoff_s: float = 0.1) -> None:
        self._engine = engine
        self._attempts = attempts
        self._backoff_s = backoff_s
        self._queue: queue.Queue[Write | None] = queue.Queue(QUEUE_LIMIT)
        self._backlog: dict[Hashable, Write] = {}
        self._tried_at = 0.0
        self._thread = threading.Thread(target=self._loop, name="records", daemon=True)
        self._closed = False
        self._thread.start()

    @property
    def kept(self) -> int:
        """Writes that wait in memory for the database to take them."""
        return len(self._backlog)

    def submit(self, write: Write) -> Future[Any]:
        """Hands a write over; never blocks. A full queue refuses it: False, or `queue.Full`."""
        try:
            if self._closed:
                raise queue.Full
            self._queue.put_nowait(write)
        except queue.Full as error:
            logger.error("records: the queue of writes is full or closed, a write was lost")
            if write.keep:
                write.done.set_result(False)
            else:
                write.done.set_exception(error)
        return write.done

    def close(self, timeout_s: float) -> int:
        """Writes what it can and ends within `timeout_s`. Returns how many writes are lost."""
        if not self._closed:
            self._closed = True
            try:
                self._queue.put(None, timeout=timeout_s)
            except queue.Full:
                pass
        self._thread.join(timeout_s)
        lost = len(self._backlog) + self._queue.qsize()
        if lost:
            logger.error("records: {} writes could not be stored before the end", lost)
        return lost

    def _loop(self) -> None:
        while True:
            try:
                write = self._queue.get(timeout=RETRY_S if self._backlog else None)
            except queue.Empty:
                self._drain()
                continue
            if write is None:
                self._drain()
                return
            self._take(write)

    def _take(self, write: Write) -> None:
        if self._backlog and time.monotonic() - self._tried_at >= RETRY_S:
            self._drain()
        if not write.keep:
            try:
                write.done.set_result(self._run(write))
            except Exception as error:
                write.done.set_exception(error)
            return
        if self._backlog:
            self._put_by(write)
            write.done.set_result(False)
            return
        write.done.set_result(self._try(write))

    def _try(self, write: Write) -> bool:
        """Commits, or puts the write by. False also for one that can never be stored."""
        for attempt in range(self._attempts):
            try:
                self._run(write)
                return True
            except OperationalError:
                if attempt + 1 < self._attempts:
                    time.sleep(self._backoff_s)
            except Exception as error:
                logger.error("records: a write was refused ({})", type(error).__name__)
                return False
        logger.error("records: the database doesn't take writes, they are kept in memory")
        self._put_by(write)
        return False

    def _put_by(self, write: Write) -> None:
        self._tried_at = time.monotonic() if not self._backlog else self._tried_at
        key = write.key if write.key is not None else write
        if key not in self._backlog and len(self._backlog) >= BACKLOG_LIMIT:
            logger.error("records: too many writes are kept in memory, one was lost")
            return
        self._backlog[key] = write

    def _drain(self) -> None:
        """Tries what was kept, in order, until the first that fails again."""
        before = len(self._backlog)
        for key, write in list(self._backlog.items()):
            try:
                self._run(write)
            except OperationalError:
                self._tried_at = time.monotonic()
                return
            except Exception as error:
                logger.error("records: a write was refused ({})", type(error).__name__)
            del self._backlog[key]
        if before:
            logger.info("records: the database takes writes again, {} were stored", before)

    def _run(self, write: Write) -> Any:
        with self._engine.begin() as connection:
            return write.run(connection)
