"""Twilio's webhooks: `/twilio/voice` says how to go on with a call, `/twilio/status` that it is over."""

import asyncio
from collections.abc import Callable
from urllib.parse import parse_qsl

from fastapi import APIRouter, HTTPException, Request, Response
from loguru import logger
from starlette.datastructures import ImmutableMultiDict
from starlette.requests import ClientDisconnect
from twilio.twiml.voice_response import Connect, VoiceResponse

from telephony.reception import Reception
from telephony.twilio.message import text
from telephony.twilio.pending import PendingCalls
from telephony.twilio.signature import Signature

UNCONFIGURED = "Twilio is not set up here: set twilio.auth_token and server.public_url."
BODY_LIMIT_BYTES = 64 * 1024
BODY_S = 5.0
FIELDS_LIMIT = 200
OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
"""CallStatus values after which nothing more comes."""


class Webhooks:
    """The two routes. Without `signature` (no token configured) both answer 503."""

    def __init__(
        self,
        reception: Reception,
        pending: PendingCalls,
        signature: Signature | None,
        busy_text: Callable[[str], str],
    ) -> None:
        self._reception = reception
        self._pending = pending
        self._signature = signature
        self._busy_text = busy_text

    def router(self) -> APIRouter:
        router = APIRouter()
        router.add_api_route("/twilio/voice", self.voice, methods=["POST"])
        router.add_api_route("/twilio/status", self.status, methods=["POST"])
        return router

    async def voice(self, request: Request) -> Response:
        """A call comes in: a slot is held and a token given, or the caller hears that all lines are busy."""
        form, signature = await self._signed(request, "/twilio/voice")
        call_sid, caller, called = (text(form.get(name)) for name in ("CallSid", "From", "To"))
        if not call_sid or not called:
            raise HTTPException(400, "CallSid and To are missing.")
        desk = self._reception
        business = desk.business(called) or desk.settings.dialogue.default_business
        if desk.why_closed() is not None:
            desk.admission.refuse()
            return self._busy(business)
        pending = self._pending.announce(call_sid, caller, called, business)
        if pending is None:
            return self._busy(business)
        answer = VoiceResponse()
        connect = Connect()
        stream = connect.stream(url=signature.stream_url)
        stream.parameter(name="token", value=pending.token)
        answer.append(connect)
        answer.hangup()
        return _twiml(answer)

    async def status(self, request: Request) -> Response:
        """A call is over: its slot and its socket are let go, if its own end was never seen."""
        form, _ = await self._signed(request, "/twilio/status")
        call_sid = text(form.get("CallSid"))
        if call_sid and form.get("CallStatus") in OVER:
            self._pending.drop(call_sid)
            self._reception.hang_up(call_sid)
        return Response(status_code=204)

    async def _signed(self, request: Request, path: str) -> tuple[ImmutableMultiDict[str, str], Signature]:
        """The form of a signed request. Raises 503, 413, 408, 400 or 403."""
        if self._signature is None:
            self._reception.metrics.refused("webhook", 503)
            raise HTTPException(503, UNCONFIGURED)
        body = await _body(request)
        query = request.scope["query_string"].decode("latin-1")
        form = _form(body)
        if form is None or not self._signature.webhook(path, query, form, request.headers):
            self._reception.metrics.refused("webhook", 403)
            logger.warning("a webhook was refused: its signature is not Twilio's")
            raise HTTPException(403, "The signature is not Twilio's.")
        return form, self._signature

    def _busy(self, business: str) -> Response:
        logger.info("a telephone call hears that all lines are busy")
        answer = VoiceResponse()
        answer.say(self._busy_text(business))
        answer.hangup()
        return _twiml(answer)


async def _body(request: Request) -> bytes:
    """The whole body, bounded in size and time."""
    body = b""
    try:
        async with asyncio.timeout(BODY_S):
            async for part in request.stream():
                body += part
                if len(body) > BODY_LIMIT_BYTES:
                    raise HTTPException(413, "The body is too long.")
    except TimeoutError:
        raise HTTPException(408, "The body did not come in time.") from None
    except ClientDisconnect:
        raise HTTPException(400, "The body is cut off.") from None
    return body


def _form(body: bytes) -> ImmutableMultiDict[str, str] | None:
    """The fields of a urlencoded body, repeated ones kept: the signature covers them all."""
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=FIELDS_LIMIT)
    except ValueError:
        return None
    return ImmutableMultiDict(pairs)


def _twiml(answer: VoiceResponse) -> Response:
    return Response(str(answer), media_type="application/xml")
