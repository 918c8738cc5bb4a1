"""A telephone's socket: it ends for every reader at once, and is closed once, with a reason, in time."""

import asyncio

from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

CLOSE_S = 2.0
"""For the close frame to leave: a peer that reads nothing can't hold the call."""
SEND_S = 2.0
"""For one message outside of a call's transport."""


class PhoneSocket(WebSocket):
    """A starlette WebSocket whose reader sees the end when the caller hangs up by `stop`, vanishes, or is
    put out: pipecat's transport knows only the socket's own closing."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, *, vanish_ms: int) -> None:
        super().__init__(scope, receive, send)
        self._vanish_s = vanish_ms / 1000
        self._heard_at = asyncio.get_running_loop().time()
        self._waiting: asyncio.Timeout | None = None
        self.ended = asyncio.Event()
        """Set when nothing more comes from the caller."""
        self.verdict: tuple[int, str] | None = None
        """Close code and reason, where the caller's side decided them."""

    def heard(self) -> None:
        """The caller is still there: audio came."""
        self._heard_at = asyncio.get_running_loop().time()

    def end(self, code: int = 1000, reason: str = "") -> None:
        """Ends the caller's side: the reader, waiting or not, sees a disconnect."""
        if self.ended.is_set():
            return
        self.ended.set()
        if code != 1000:
            self.verdict = (code, reason)
        if self._waiting is not None:
            self._waiting.reschedule(asyncio.get_running_loop().time())

    async def receive(self) -> Message:
        """The next message; a disconnect at the end, also when no audio came for the vanishing time."""
        if self.client_state != WebSocketState.CONNECTED:
            return await super().receive()
        if not self.ended.is_set():
            try:
                async with asyncio.timeout_at(self._heard_at + self._vanish_s) as self._waiting:
                    message = await super().receive()
                if message["type"] == "websocket.disconnect":
                    self.ended.set()
                return message
            except TimeoutError:
                self.end(1008, "no audio")
            finally:
                self._waiting = None
        self.client_state = WebSocketState.DISCONNECTED
        return {"type": "websocket.disconnect", "code": 1000, "reason": ""}

    async def say(self, message: str) -> bool:
        """Sends one text message within `SEND_S`. False where the peer doesn't take it."""
        try:
            await asyncio.wait_for(self.send_text(message), SEND_S)
        except (TimeoutError, RuntimeError, WebSocketDisconnect):
            return False
        return True

    async def finish(self, code: int, reason: str) -> None:
        """Closes with `code` and `reason`, or with the caller's side's own verdict, within `CLOSE_S`."""
        code, reason = self.verdict or (code, reason)
        self.ended.set()
        if self.application_state != WebSocketState.CONNECTED:
            return
        try:
            await asyncio.wait_for(self.close(code, reason), CLOSE_S)
        except (TimeoutError, RuntimeError, WebSocketDisconnect):
            pass
