"""A WAV file that grows while a call goes on and is playable after each append, also after a crash."""

import os
import queue
import struct
import threading
from pathlib import Path

from loguru import logger

HEADER_BYTES = 44
QUEUE_LIMIT = 60
"""Appends that wait for the disk: a minute, at one a second. More are replaced by silence."""


class WavFile:
    """Appends 16-bit PCM, on a thread of its own. `append` never blocks and never raises.

    A disk that fails ends the recording, not the call: it is logged once.
    """

    def __init__(self, path: Path, *, rate_hz: int, channels: int) -> None:
        self.path = path
        self._rate_hz = rate_hz
        self._channels = channels
        self._queue: queue.Queue[bytes | None] = queue.Queue(QUEUE_LIMIT)
        self._missing_bytes = 0
        self._written_bytes = 0
        self._thread: threading.Thread | None = None
        self._closed = False

    def append(self, pcm: bytes) -> None:
        """Hands over whole frames (`2 * channels` bytes each), in order."""
        if self._closed:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._write_all, name="recording", daemon=True)
            self._thread.start()
        try:
            self._queue.put_nowait(bytes(self._missing_bytes) + pcm)
            self._missing_bytes = 0
        except queue.Full:
            if not self._missing_bytes:
                logger.warning("recording: the disk is too slow, silence takes the place of sound")
            self._missing_bytes += len(pcm)

    def close(self, timeout_s: float) -> Path | None:
        """Writes what waits, within `timeout_s`. The file, or None where nothing was recorded. Blocks."""
        self._closed = True
        if self._thread is None:
            return None
        try:
            self._queue.put(None, timeout=timeout_s)
        except queue.Full:
            pass
        self._thread.join(timeout_s)
        return self.path if self._written_bytes else None

    def _write_all(self) -> None:
        try:
            self._write_blocks()
        except OSError as error:
            logger.error("recording: the file can't be written ({}), the call goes on without", error.errno)
            while self._queue.get() is not None:
                pass

    def _write_blocks(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            file.write(self._header(0))
            while (block := self._queue.get()) is not None:
                view = memoryview(block)
                while view:
                    view = view[file.write(view) :]
                # The sound first, then the size that counts it: a reader never finds less than is said.
                self._written_bytes += len(block)
                file.seek(0)
                file.write(self._header(self._written_bytes))
                file.seek(0, os.SEEK_END)
            os.fsync(file.fileno())

    def _header(self, data_bytes: int) -> bytes:
        """The RIFF header of PCM with that much data (Microsoft's WAVE format, 16 bits a sample)."""
        frame_bytes = 2 * self._channels
        form = (1, self._channels, self._rate_hz, self._rate_hz * frame_bytes, frame_bytes, 16)
        return struct.pack(
            "<4sI4s4sIHHIIHH4sI",
            *(b"RIFF", HEADER_BYTES - 8 + data_bytes, b"WAVE", b"fmt ", 16, *form, b"data", data_bytes),
        )
