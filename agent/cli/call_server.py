"""A server for one call: `agent serve` as a process of its own, on a free port, ended with the call."""

import asyncio
import contextlib
import json
import sys
import tempfile
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from agent.cli.console import say
from agent.settings import UserError

READY_S = 300.0
"""Loading takes seconds; the first run of a slow machine may take minutes."""
STOP_S = 10.0
POLL_S = 0.05
LAST_LINES = 20


class ServerDied(UserError):
    """The server could not start."""


class CallServer:
    """Use it as `async with`: inside, `port` takes calls. What it writes is shown while it loads."""

    def __init__(self, arguments: Sequence[str]) -> None:
        """`arguments` are those of `agent serve`, without port and ready file."""
        self._arguments = list(arguments)
        self._process: asyncio.subprocess.Process | None = None
        self._relay: asyncio.Task[None] | None = None
        self._loading = True
        self.port = 0
        self.last_lines: deque[str] = deque(maxlen=LAST_LINES)

    async def __aenter__(self) -> "CallServer":
        with tempfile.TemporaryDirectory(prefix="ringdown-") as folder:
            ready = Path(folder) / "ready.json"
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "agent", "serve", *self._arguments),
                *("--set", "server.port=0", "--ready-file", str(ready)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                process_group=0,  # Ctrl-C is the caller's to hang up with; the server ends after the call
            )
            self._relay = asyncio.create_task(self._read_lines(), name="server's lines")
            try:
                self.port = await self._until_ready(ready)
            except BaseException:
                await self._stop()
                raise
        self._loading = False
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stop()

    @property
    def died(self) -> bool:
        return self._process is None or self._process.returncode is not None

    async def _until_ready(self, ready: Path) -> int:
        assert self._process is not None and self._relay is not None
        deadline = asyncio.get_running_loop().time() + READY_S
        while not ready.exists():
            if self.died:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(asyncio.shield(self._relay), 1.0)
                error = ServerDied("The server didn't start; what it said stands above.")
                error.exit_code = 2 if self._process.returncode == 2 else 1
                raise error
            if asyncio.get_running_loop().time() > deadline:
                raise ServerDied("The server didn't get ready within five minutes: try `agent serve` alone.")
            await asyncio.sleep(POLL_S)
        return int(json.loads(ready.read_text())["port"])

    async def _read_lines(self) -> None:
        """Shows the server's lines while it loads; keeps the last ones afterwards."""
        assert self._process is not None and self._process.stderr is not None
        stream = self._process.stderr
        while True:
            try:
                line = await stream.readline()
            except ValueError:
                continue  # a line over the stream's limit: left out
            if not line:
                return
            text = line.decode(errors="replace").rstrip()
            self.last_lines.append(text)
            if self._loading:
                say(text)

    async def _stop(self) -> None:
        """SIGTERM, and SIGKILL where that isn't enough."""
        process, self._process = self._process, None
        if process is None:
            return
        try:
            if process.returncode is None:
                process.terminate()
                await asyncio.wait_for(process.wait(), STOP_S)
        except TimeoutError:
            process.kill()
            await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
            if self._relay is not None:
                self._relay.cancel()
