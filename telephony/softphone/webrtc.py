"""The door for calls over WebRTC: `POST /softphone/offer`. It needs the extra `webrtc`."""

import asyncio
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from loguru import logger
from starlette.requests import Request
from starlette.responses import JSONResponse

from agent.call.playback import PlaybackClock
from telephony.admission import Slot
from telephony.reception import Carried, Party, Reception, call_id
from telephony.softphone.guard import why_refused
from telephony.twilio.faults import Faults
from telephony.twilio.message import TEXT_LIMIT, text

if TYPE_CHECKING:
    from telephony.softphone.webrtc_connection import PeerLine

OFFER_LIMIT_BYTES = 64 * 1024
ANSWER_S = 5.0
"""For the answer to an offer: the addresses of this machine are gathered in it."""
EXTRA = 'Calls over WebRTC need the extra `webrtc` on the server: pip install -e ".[webrtc]".'
NO_OFFER = 'Send {"type": "offer", "sdp": "..."}: one sound, nothing to see, all its candidates in it.'


class OfferError(Exception):
    """An offer that can't be taken: an HTTP status, and a sentence for the caller's program."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class Offer:
    """What a caller's program offers. `parameters` are its own words: not to be trusted."""

    sdp: str
    parameters: dict[str, str]


class WebRtcDoor:
    """The route. `busy_text(business)` is that business's busy sentence."""

    def __init__(self, reception: Reception, busy_text: Callable[[str], str]) -> None:
        self._reception = reception
        self._settings = reception.settings
        self._busy_text = busy_text
        self._calls: set[asyncio.Task[None]] = set()

    async def offer(self, request: Request) -> JSONResponse:
        try:
            return JSONResponse(await self._take(request), headers={"Cache-Control": "no-store"})
        except OfferError as refused:
            self._reception.metrics.refused("webrtc", refused.status)
            logger.warning("an offer over WebRTC was refused with {}", refused.status)
            return JSONResponse({"error": str(refused)}, refused.status)

    async def _take(self, request: Request) -> dict[str, str]:
        """The answer to an offer. The call begins when the peer is connected."""
        refusal = why_refused(request, self._settings.server)
        if refusal is not None:
            raise OfferError(*refusal)
        if find_spec("aiortc") is None:
            raise OfferError(501, EXTRA)
        offer = read(await _body(request))
        desk = self._reception
        called = offer.parameters.get("to", "")
        business = desk.business(called, offer.parameters.get("business", ""))
        if business is None:
            raise OfferError(400, "unknown business")
        closed = desk.why_closed()
        if closed is not None:
            desk.admission.refuse()
            raise OfferError(503, closed)
        slot = desk.admission.hold()
        if slot is None:
            raise OfferError(503, self._busy_text(business))
        party = Party(
            provider="webrtc",
            caller=offer.parameters.get("from", ""),
            called=called,
            business=business,
            announced=True,
            live=offer.parameters.get("captions") == "on",
            record_token=secrets.token_urlsafe(24),
        )
        return await self._answer(offer, slot, party)

    async def _answer(self, offer: Offer, slot: Slot, party: Party) -> dict[str, str]:
        from telephony.softphone.webrtc_connection import PeerLine

        name = call_id()
        faults = Faults(name)
        line = PeerLine(faults, self._settings.server.vanish_ms)
        try:
            answer = await _answered(line, offer)
        except BaseException:
            slot.release()
            await line.connection.close()
            raise
        task = asyncio.create_task(self._call(line, faults, slot, party, name), name=f"peer of {name}")
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)
        return {**answer, "call_id": name, "token": party.record_token}

    async def _call(self, line: "PeerLine", faults: Faults, slot: Slot, party: Party, name: str) -> None:
        """Waits for the peer, for as long as its slot is held, and has the call answered."""
        from telephony.softphone.webrtc_transport import PeerTransport

        def transport(playback: PlaybackClock) -> Carried:
            made = PeerTransport(line, faults, playback, self._settings.call)
            return made, made.late

        with slot:
            connected = await self._connected(line)
            if not connected or not slot.take():
                logger.info("call {}: the peer did not connect", name)
                await line.connection.close()
                return
            line.watch()
            peer = line.connection.pc_id
            await self._reception.carry(line, peer, transport, faults, slot, party, name)

    async def _connected(self, line: "PeerLine") -> bool:
        events = (line.connection.up, line.connection.down, self._reception.drain.farewell)
        waits = [asyncio.create_task(event.wait()) for event in events]
        try:
            limit_s = self._settings.server.hold_ms / 1000
            await asyncio.wait(waits, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        return line.connection.up.is_set() and not line.connection.down.is_set()


async def _body(request: Request) -> bytes:
    """The request's body. Raises `OfferError` for one that is too long."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > OFFER_LIMIT_BYTES:
            raise OfferError(413, "The offer is over 64 KiB.")
    return body


def read(body: bytes) -> Offer:
    """The offer in a request's body. Raises `OfferError`."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise OfferError(400, NO_OFFER) from None
    if not isinstance(found, dict) or found.get("type") != "offer" or not isinstance(found.get("sdp"), str):
        raise OfferError(400, NO_OFFER)
    given: Any = found.get("request_data") or found.get("requestData")
    parameters = given if isinstance(given, dict) else {}
    return Offer(
        found["sdp"],
        {name: text(parameters.get(name), TEXT_LIMIT) for name in ("business", "from", "to", "captions")},
    )


async def _answered(line: "PeerLine", offer: Offer) -> dict[str, str]:
    """The peer's answer: `sdp`, `type`, `pc_id`. Raises `OfferError`."""
    try:
        await asyncio.wait_for(line.connection.initialize(offer.sdp, "offer"), ANSWER_S)
    except TimeoutError:
        raise OfferError(503, "The connection could not be prepared in time: try again.") from None
    except Exception as error:  # aiortc raises what it comes upon in an offer that is none
        logger.warning("an offer over WebRTC can't be read: {}", type(error).__name__)
        raise OfferError(400, NO_OFFER) from None
    answer = line.connection.get_answer()
    if answer is None or not line.connection.sound_only:
        raise OfferError(400, NO_OFFER)
    return answer
