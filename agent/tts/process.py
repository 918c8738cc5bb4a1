"""One Piper process: started, asked, stopped, and started again when it dies."""

import asyncio
import json
import struct
import sys
import time
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import numpy as np
from loguru import logger
from numpy.typing import NDArray

from agent.tts.protocol import TtsError

WORKER = Path(__file__).with_name("piper_worker.py")
_HEADER = struct.Struct(">cII")
_LENGTH = struct.Struct(">I")
LONGEST_ANSWER_BYTES = 64 << 20
"""25 minutes of speech in one sentence: more is nonsense on the pipe."""
START_MS = 30_000
START_TRIES = 3
BACK_OFF_MS = (0, 250, 1_000, 5_000)
"""Before the first, second, ... start in a row that follows a failed one."""
EXIT_MS = 1_000


class ProcessLost(RuntimeError):
    """The process died, hung or spoke nonsense; a new one may do better."""


class SpeechFailed(RuntimeError):
    """The process lives, but can't speak this text."""


class PiperProcess:
    """Speaks one text at a time. Not for two callers at once."""

    def __init__(self, voice: Path, *, threads: int, command: Sequence[str] | None = None) -> None:
        """`command` replaces the program (for tests); `voice` is the .onnx file."""
        self._voice = voice
        # -P: the script's own folder has a piper.py, which must not hide the package.
        self._command = (
            list(command)
            if command
            else [sys.executable, "-P", str(WORKER), str(voice), "--threads", str(threads)]
        )
        self._process: asyncio.subprocess.Process | None = None
        self._drain: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._failures = 0
        self._failed_at = 0.0
        self._last_id = 0
        self.rate_hz = 0
        self.starts = 0

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None and self.alive else None

    async def ready(self) -> None:
        """Returns when the process can speak, starting it where needed. Raises `TtsError`."""
        async with self._starting:
            if self.alive:
                return
            self._check_files()
            for attempt in range(START_TRIES):
                await self._back_off()
                try:
                    await self._start()
                except ProcessLost:
                    self._failures += 1
                    self._failed_at = time.monotonic()
                    logger.warning("The voice process did not start (attempt {})", attempt + 1)
                except TtsError:
                    self._failures += 1
                    self._failed_at = time.monotonic()
                    raise
                else:
                    self._failures = 0
                    return
        raise TtsError("The voice process does not start; run `agent check`, then restart the agent.")

    async def exited(self) -> None:
        """Returns when the process that runs now has ended."""
        if self._process is not None:
            await self._process.wait()

    def _check_files(self) -> None:
        for file in (self._voice, self._voice.with_name(self._voice.name + ".json")):
            if not file.is_file():
                raise TtsError(f"The voice's file {file.name} is missing; run `agent models pull`.")

    async def _back_off(self) -> None:
        pause_ms = BACK_OFF_MS[min(self._failures, len(BACK_OFF_MS) - 1)]
        waited_ms = (time.monotonic() - self._failed_at) * 1000
        if waited_ms < pause_ms:
            await asyncio.sleep((pause_ms - waited_ms) / 1000)

    async def _start(self) -> None:
        await self.kill()
        started = time.monotonic()
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=1 << 20,
        )
        self.starts += 1
        assert self._process.stderr is not None
        self._drain = asyncio.create_task(_drain(self._process.stderr), name="voice-stderr")
        try:
            kind, _, payload = await self._answer(START_MS)
            if kind == b"R":
                self.rate_hz = int(json.loads(payload)["rate_hz"])
                took_ms = (time.monotonic() - started) * 1000
                logger.info("Voice process {} ready in {:.0f} ms", self._process.pid, took_ms)
                return
        except BaseException:
            await self.kill()
            raise
        await self.kill()
        word, _, detail = payload.decode(errors="replace").partition(" ")
        if word == "import":
            raise TtsError(f"The voice needs the package {detail or 'piper-tts'}; run `make install`.")
        if word == "voice":
            raise TtsError(
                f"The voice's file {self._voice.name} can't be loaded ({detail}); run `agent models verify`."
            )
        raise ProcessLost("not ready")

    async def speak(
        self, text: str, speed: float, timeout_ms: int
    ) -> AsyncGenerator[NDArray[np.int16], None]:
        """Sentences at `rate_hz`. Ends early after `stop`. Raises `ProcessLost` or `SpeechFailed`.

        `timeout_ms` bounds the wait for each sentence: a process over it is killed.
        """
        self._last_id = request_id = self._last_id % 0xFFFF_FFFF + 1
        await self._ask({"id": request_id, "text": text, "speed": speed})
        while True:
            kind, answer_id, payload = await self._answer(timeout_ms)
            if answer_id != request_id:
                continue  # of a speech that was stopped
            if kind == b"C":
                yield np.frombuffer(payload, "<i2")
            elif kind in (b"E", b"K"):
                return
            else:
                raise SpeechFailed(payload.decode(errors="replace"))

    def stop(self) -> None:
        """Ends the speech under way, within about a millisecond of the process's time."""
        if self.alive and self._process is not None and self._process.stdin is not None:
            self._write({"stop": self._last_id})

    def _write(self, request: dict[str, object]) -> None:
        assert self._process is not None and self._process.stdin is not None
        data = json.dumps(request).encode()
        self._process.stdin.write(_LENGTH.pack(len(data)) + data)

    async def _ask(self, request: dict[str, object]) -> None:
        if not self.alive or self._process is None or self._process.stdin is None:
            raise ProcessLost("gone")
        try:
            self._write(request)
            await self._process.stdin.drain()
        except (ConnectionError, RuntimeError) as error:
            await self.kill()
            raise ProcessLost("the pipe broke") from error

    async def _answer(self, timeout_ms: int) -> tuple[bytes, int, bytes]:
        if self._process is None or self._process.stdout is None:
            raise ProcessLost("gone")
        try:
            async with asyncio.timeout(timeout_ms / 1000):
                kind, request_id, size = _HEADER.unpack(await self._process.stdout.readexactly(_HEADER.size))
                if size > LONGEST_ANSWER_BYTES:
                    raise ValueError(size)
                return kind, request_id, await self._process.stdout.readexactly(size)
        except (TimeoutError, ValueError, asyncio.IncompleteReadError, ConnectionError) as error:
            logger.warning("Voice process lost: {}", type(error).__name__)
            await self.kill()
            raise ProcessLost(type(error).__name__) from error

    async def kill(self) -> None:
        """Ends the process now, and waits until it is gone."""
        process, drain = self._process, self._drain
        self._process = self._drain = None
        if process is not None:
            if process.returncode is None:
                try:
                    process.kill()
                except ProcessLookupError:
                    pass
            if process.stdin is not None:
                process.stdin.close()
            await process.wait()
        if drain is not None:
            drain.cancel()
            await asyncio.wait([drain])

    async def close(self) -> None:
        """Lets the process end by itself for a second, then kills it."""
        process = self._process
        if process is not None and process.returncode is None and process.stdin is not None:
            process.stdin.close()
            try:
                async with asyncio.timeout(EXIT_MS / 1000):
                    await process.wait()
            except TimeoutError:
                pass
        await self.kill()


async def _drain(stream: asyncio.StreamReader) -> None:
    """Reads what a library prints and forgets it: it may hold a caller's words."""
    while await stream.read(4096):
        pass
