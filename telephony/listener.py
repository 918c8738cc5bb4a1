"""Runs the application on a port: uvicorn with bounds, and an end in order at SIGTERM."""

import asyncio
import contextlib
import logging
import re
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from types import TracebackType

import uvicorn
from fastapi import FastAPI
from loguru import logger
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from agent.settings.tree import Tree
from telephony.drain import Drain

MESSAGE_LIMIT_BYTES = 64 * 1024
SHUTDOWN_S = 3
"""For connections to close after the calls have ended."""
CLOSE_S = 2.0
"""For a peer to answer a close frame; then the connection is cut."""
LINGER_S = 1.0
"""For a peer to read why it is closed while it still sends."""
SIGNALS = (signal.SIGTERM, signal.SIGINT)


class PortTaken(RuntimeError):
    """The port can't be used; the text says what to do."""


class PhoneProtocol(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol, mended.

    - `transport.close` waits for the peer to read what is buffered: a peer that reads nothing would stay
      for ever. It is cut instead, `CLOSE_S` after the application is done.
    - After a message that is too long the stock one closes while the peer still sends, so that a reset
      overtakes the close frame: here the rest is read and thrown away for `LINGER_S`.
    """

    _lingering = False

    async def run_asgi(self) -> None:
        self.close_timeout = CLOSE_S
        try:
            await super().run_asgi()
        finally:
            self.loop.call_later(CLOSE_S, self.transport.abort)

    def data_received(self, data: bytes) -> None:
        if not self._lingering:
            super().data_received(data)

    def handle_parser_exception(self) -> None:
        self._lingering = True
        close = self.conn.close_sent
        code, reason = (close.code, close.reason) if close is not None else (1002, "")
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(LINGER_S, self.transport.close)


class QueryFreeLog(logging.Handler):
    """uvicorn's log through loguru, without query strings: a token may stand there."""

    def emit(self, record: logging.LogRecord) -> None:
        text = re.sub(r"\?[^\s\"']*", "?...", record.getMessage()).strip()
        if record.exc_info and record.exc_info[0] is not None:
            text = f"{text}: {record.exc_info[0].__name__}"
        logger.log("DEBUG" if record.levelno <= logging.INFO else record.levelname, "{}", text)


class PhoneServer(uvicorn.Server):
    """uvicorn's server, which leaves signals to `serve`."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Stopping:
    """What a signal does: the first begins the drain, the second ends at once."""

    def __init__(self, server: uvicorn.Server, drain: Drain, held: Callable[[], int]) -> None:
        self._server = server
        self._drain = drain
        self._held = held
        self._task: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._signals: list[signal.Signals] = []

    def __enter__(self) -> "Stopping":
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                self._loop.add_signal_handler(number, self.stop)
                self._signals.append(number)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number in self._signals:
            self._loop.remove_signal_handler(number)
        if self._task is not None:
            self._task.cancel()

    def stop(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._end_in_order(), name="drain")
        else:
            self.stop_now()

    def stop_now(self) -> None:
        logger.warning("ending at once: {} calls are cut", self._drain.calls)
        self._drain.abort()
        self._server.force_exit = True
        self._server.should_exit = True

    async def _end_in_order(self) -> None:
        await self._drain.run(self._held)
        self._server.should_exit = True


async def serve(
    app: FastAPI, settings: Tree, on_ready: Callable[[str], None], *, signals: bool = True
) -> None:
    """Serves `app` until SIGTERM or SIGINT (with `signals`), or until cancelled, which ends calls at once.

    `on_ready` gets the address, `http://HOST:PORT`, when callers can come; port 0 picks a free one.
    Raises `PortTaken`.
    """
    listening = listen(settings.server.host, settings.server.port)
    address = url_of(listening)
    config = uvicorn.Config(
        app,
        ws=PhoneProtocol,
        ws_max_size=MESSAGE_LIMIT_BYTES,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=SHUTDOWN_S,
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        lifespan="off",
    )
    server = PhoneServer(config)
    app.state.connections = server.server_state.connections
    admission = app.state.reception.admission
    with contextlib.closing(listening), _logging():
        stopping = Stopping(server, app.state.drain, lambda: admission.numbers.held)
        with stopping if signals else contextlib.nullcontext():
            running = asyncio.create_task(server.serve(sockets=[listening]), name="server")
            try:
                while not server.started and not running.done():
                    await asyncio.sleep(0.01)
                if server.started:
                    on_ready(address)
                await asyncio.shield(running)
            finally:
                if not running.done():
                    stopping.stop_now()
                    await asyncio.wait({running}, timeout=SHUTDOWN_S + 1)
                    running.cancel()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises `PortTaken` with a sentence."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        raise PortTaken(
            f"{host} is no address of this machine: set server.host to one, e.g. 127.0.0.1."
        ) from error
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(128)
        listening.setblocking(False)
    except OSError as error:
        listening.close()
        raise PortTaken(
            f"Port {port} on {host} can't be used ({error.strerror}): stop what uses it, "
            "or choose another with --set server.port=N (0 picks a free one)."
        ) from error
    return listening


def url_of(listening: socket.socket) -> str:
    """`http://HOST:PORT` of a listening socket."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextlib.contextmanager
def _logging() -> Iterator[None]:
    """uvicorn's own log, at INFO and above: below, it writes out what callers send."""
    source = logging.getLogger("uvicorn")
    detail = logging.getLogger("uvicorn.error")
    handler = QueryFreeLog()
    before = (source.level, source.propagate, detail.level)
    source.addHandler(handler)
    source.setLevel(logging.INFO)
    source.propagate = False
    detail.setLevel(logging.INFO)
    try:
        yield
    finally:
        source.removeHandler(handler)
        source.setLevel(before[0])
        source.propagate = before[1]
        detail.setLevel(before[2])
