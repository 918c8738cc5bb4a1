"""One process of a voice: started, asked, stopped, and started again when it dies."""

import asyncio
import json
import struct
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from loguru import logger
from numpy.typing import NDArray

from agent.tts.protocol import TtsError

_HEADER = struct.Struct(">cII")
_LENGTH = struct.Struct(">I")
LONGEST_ANSWER_BYTES = 64 << 20
"""25 minutes of speech in one sentence: more is nonsense on the pipe."""
START_TRIES = 3
BACK_OFF_MS = (0, 250, 1_000, 5_000)
"""Before the first, second, ... start in a row that follows a failed one."""
EXIT_MS = 1_000


class ProcessLost(RuntimeError):
    """The process died, hung or spoke nonsense; a new one may do better."""


class SpeechFailed(RuntimeError):
    """The process lives, but can't speak this text."""


@dataclass(frozen=True, slots=True)
class Program:
    """How a voice is started, and what to do where it can't be."""

    command: tuple[str, ...]
    files: tuple[Path, ...]
    """What has to be there; the first is the voice itself."""
    package: str
    """That the program imports."""
    install: str
    """How to get it."""
    pull: str
    """How to get missing files."""
    mend: str
    """What to do about files that can't be loaded."""
    start_ms: int = 30_000


class VoiceProcess:
    """Speaks one text at a time. Not for two callers at once."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._process: asyncio.subprocess.Process | None = None
        self._drain: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._failures = 0
        self._failed_at = 0.0
        self._last_id = 0
        self.rate_hz = 0
        self.streamed = False
        """Whether it speaks parts of a clause, not whole sentences."""
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
        for file in self._program.files:
            if not file.is_file():
                raise TtsError(f"The voice's file {file.name} is missing; {self._program.pull}.")

    async def _back_off(self) -> None:
        pause_ms = BACK_OFF_MS[min(self._failures, len(BACK_OFF_MS) - 1)]
        waited_ms = (time.monotonic() - self._failed_at) * 1000
        if waited_ms < pause_ms:
            await asyncio.sleep((pause_ms - waited_ms) / 1000)

    async def _start(self) -> None:
        await self.kill()
        started = time.monotonic()
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._program.command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=1 << 20,
            )
        except OSError as error:
            python = self._program.command[0]
            raise TtsError(f"{python} can't be started ({error.strerror}); set tts.python.") from None
        self.starts += 1
        assert self._process.stderr is not None
        self._drain = asyncio.create_task(_drain(self._process.stderr), name="voice-stderr")
        try:
            kind, _, payload = await self._answer(self._program.start_ms)
            if kind == b"R":
                ready = json.loads(payload)
                self.rate_hz, self.streamed = int(ready["rate_hz"]), bool(ready.get("streamed", False))
                took_ms = (time.monotonic() - started) * 1000
                logger.info("Voice process {} ready in {:.0f} ms", self._process.pid, took_ms)
                return
        except BaseException:
            await self.kill()
            raise
        await self.kill()
        raise self._refusal(*payload.decode(errors="replace").partition(" ")[::2])

    def _refusal(self, word: str, detail: str) -> Exception:
        """What the program says in place of "ready", as an error."""
        program = self._program
        if word == "import":
            return TtsError(f"The voice needs the package {detail or program.package}; {program.install}.")
        if word == "voice":
            name = program.files[0].name
            return TtsError(f"The voice's file {name} can't be loaded ({detail}); {program.mend}.")
        if word == "speaker":
            return TtsError("The voice needs a speaker that it knows; set tts.speaker.")
        return ProcessLost("not ready")

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
