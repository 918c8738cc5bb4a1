"""The door for Twilio's media: `/twilio/stream`, signed, and opened once by the webhook's token."""

from loguru import logger
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from telephony.phone_socket import PhoneSocket
from telephony.reception import Party, Reception, call_id
from telephony.twilio.faults import Faults
from telephony.twilio.handshake import POLICY, Gone, Refused, read_start
from telephony.twilio.pending import PendingCalls
from telephony.twilio.signature import Signature
from telephony.twilio.webhook import UNCONFIGURED


class StreamDoor:
    """An ASGI endpoint. Without `signature` (no token configured) it answers 503, never unchecked."""

    def __init__(self, reception: Reception, pending: PendingCalls, signature: Signature | None) -> None:
        self._reception = reception
        self._pending = pending
        self._signature = signature

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        server = self._reception.settings.server
        socket = PhoneSocket(scope, receive, send, vanish_ms=server.vanish_ms)
        if self._signature is None:
            self._reception.metrics.refused("stream", 503)
            await socket.send_denial_response(PlainTextResponse(UNCONFIGURED, 503))
            return
        if not self._signature.stream(socket.headers):
            self._reception.metrics.refused("stream", 403)
            logger.warning("a media socket was refused: its signature is not Twilio's")
            await socket.send_denial_response(PlainTextResponse("The signature is not Twilio's.", 403))
            return
        await socket.accept()
        name = call_id()
        faults = Faults(name)
        try:
            await self._connect(socket, faults, name)
        except Refused as refused:
            logger.warning("a media socket was closed with {}: {}", refused.code, refused.reason)
            await socket.finish(refused.code, refused.reason)
        except Gone:
            await socket.finish(1000, "")

    async def _connect(self, socket: PhoneSocket, faults: Faults, name: str) -> None:
        start = await read_start(socket, faults, self._reception.settings.server.start_deadline_ms)
        pending = self._pending.claim(start.call_sid, start.parameters.get("token", ""))
        if pending is None:
            raise Refused(POLICY, "wrong or used token")
        with pending.slot:
            party = Party(
                provider="twilio",
                caller=pending.caller,
                called=pending.called,
                business=pending.business,
                tags={"call_sid": start.call_sid, "stream_sid": start.stream_sid},
            )
            await self._reception.converse(socket, start, faults, pending.slot, party, name)
