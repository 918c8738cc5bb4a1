"""The door for softphones: `/softphone`, from this machine only unless set otherwise."""

from collections.abc import Callable

from loguru import logger
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from agent.settings.load import SettingsError
from telephony.phone_socket import PhoneSocket
from telephony.reception import Party, Reception, call_id
from telephony.softphone.busy import turn_away
from telephony.softphone.guard import why_refused
from telephony.twilio.faults import Faults
from telephony.twilio.handshake import POLICY, Gone, Refused, Start, read_start

BUSY_LIMIT = 64
"""Callers who hear the busy sentence at once; more are closed without it."""


class SoftphoneDoor:
    """An ASGI endpoint. `busy_audio(business)` is that business's busy sentence, mu-law 8 kHz."""

    def __init__(self, reception: Reception, busy_audio: Callable[[str], bytes]) -> None:
        server = reception.settings.server
        if server.softphone_remote and server.softphone_token is None:
            raise SettingsError(
                "server.softphone_remote needs server.softphone_token: set a token of your own, "
                "so that only your softphones can call."
            )
        self._reception = reception
        self._server = server
        self._busy_audio = busy_audio
        self._busy = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        socket = PhoneSocket(scope, receive, send, vanish_ms=self._server.vanish_ms)
        refusal = why_refused(socket, self._server)
        if refusal is not None:
            status, reason = refusal
            self._reception.metrics.refused("softphone", status)
            logger.warning("a softphone was refused with {}: {}", status, reason)
            await socket.send_denial_response(PlainTextResponse(reason, status))
            return
        await socket.accept()
        name = call_id()
        faults = Faults(name)
        try:
            start = await read_start(socket, faults, self._server.start_deadline_ms)
            await self._connect(socket, start, faults, name)
        except Refused as refused:
            logger.warning("a softphone was closed with {}: {}", refused.code, refused.reason)
            await socket.finish(refused.code, refused.reason)
        except Gone:
            await socket.finish(1000, "")

    async def _connect(self, socket: PhoneSocket, start: Start, faults: Faults, name: str) -> None:
        desk = self._reception
        called = start.parameters.get("to", "")
        business = desk.business(called, start.parameters.get("business", ""))
        if business is None:
            raise Refused(POLICY, "unknown business")
        closed = desk.why_closed()
        slot = desk.admission.hold() if closed is None else None
        if slot is None:
            if closed is not None:
                desk.admission.refuse()
            await self._turn_away(socket, start, faults, business)
            return
        with slot:
            slot.take()
            party = Party(
                provider="softphone",
                caller=start.parameters.get("from", ""),
                called=called,
                business=business,
                announced=True,
                live=start.parameters.get("captions") == "on",
                tags={"stream_sid": start.stream_sid},
            )
            await desk.converse(socket, start, faults, slot, party, name)

    async def _turn_away(self, socket: PhoneSocket, start: Start, faults: Faults, business: str) -> None:
        logger.info("a softphone hears that all lines are busy")
        if self._busy >= BUSY_LIMIT:
            await socket.finish(1013, "busy")
            return
        self._busy += 1
        try:
            await turn_away(socket, start.stream_sid, self._sound(business), faults)
        finally:
            self._busy -= 1

    def _sound(self, business: str) -> bytes:
        try:
            return self._busy_audio(business)
        except Exception as error:
            logger.error("the busy sentence has no sound: {}", type(error).__name__)
            return b""
