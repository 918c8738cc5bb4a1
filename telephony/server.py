"""The server's routes: Twilio's, the softphones', the calls' records, and the two health addresses."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from prometheus_client import CollectorRegistry
from starlette.routing import Route, WebSocketRoute

from agent.call.incoming import AnswerCall
from agent.settings.tree import Tree
from telephony import calls_api
from telephony.calls_api import CallDocument
from telephony.drain import Drain
from telephony.listener import PortTaken, serve
from telephony.metrics import LineMetrics, MetricsDoor
from telephony.reception import Reception
from telephony.softphone.page import Page
from telephony.softphone.recorded_callers import ShownBusiness
from telephony.softphone.webrtc import WebRtcDoor
from telephony.softphone.websocket import SoftphoneDoor
from telephony.twilio.pending import PendingCalls
from telephony.twilio.signature import Signature
from telephony.twilio.stream import StreamDoor
from telephony.twilio.webhook import Webhooks

__all__ = ["PortTaken", "create_app", "serve"]


def create_app(
    settings: Tree,
    *,
    answer: AnswerCall,
    business_for: Callable[[str], str | None],
    businesses: Collection[str],
    busy_audio: Callable[[str], bytes],
    busy_text: Callable[[str], str],
    call_document: CallDocument,
    ready: Callable[[], str | None],
    shown: Sequence[ShownBusiness] = (),
    drain: Drain | None = None,
    registry: CollectorRegistry | None = None,
) -> FastAPI:
    """The application. `answer` runs each call; `ready` says why no call can be taken yet, or None.

    `business_for` maps the number called to a business; `busy_audio` is a business's busy sentence
    as mu-law at 8 kHz; `shown` are the businesses that the page offers. `drain` is watched by whoever
    wants calls to say goodbye at the end; it stands in `app.state.drain`, the count of calls in
    `app.state.reception.admission`.
    `/metrics` shows `registry`, a new one unless given. Raises `SettingsError` for settings that can't be
    served safely.
    """
    drain = drain or Drain(settings.server.drain_ms)
    registry = registry or CollectorRegistry()
    reception = Reception(
        settings,
        answer=answer,
        business_for=business_for,
        businesses=businesses,
        ready=ready,
        drain=drain,
        metrics=LineMetrics(registry),
    )
    pending = PendingCalls(reception.admission)
    signature = _signature(settings)
    app = FastAPI(title="Ringdown", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.drain = drain
    app.state.reception = reception
    app.include_router(Webhooks(reception, pending, signature, busy_text).router())
    app.include_router(calls_api.router(call_document))
    count = reception.metrics.refused
    app.include_router(Page(settings.server, shown, settings.dialogue.default_business, count).router())
    app.router.routes.append(WebSocketRoute("/twilio/stream", StreamDoor(reception, pending, signature)))
    app.router.routes.append(WebSocketRoute("/softphone", SoftphoneDoor(reception, busy_audio)))
    offer = WebRtcDoor(reception, busy_text).offer
    app.router.routes.append(Route("/softphone/offer", offer, methods=["POST"]))
    app.router.routes.append(Route("/metrics", MetricsDoor(reception.metrics, settings.server).read))
    _add_health(app, reception)
    return app


def _signature(settings: Tree) -> Signature | None:
    """The check of Twilio's requests; None where no token or no address is configured."""
    token, url = settings.twilio.auth_token, settings.server.public_url
    if token is None or not token.get_secret_value() or not url:
        return None
    return Signature(url, token.get_secret_value())


def _add_health(app: FastAPI, reception: Reception) -> None:
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    async def readyz() -> JSONResponse:
        reason = reception.why_closed()
        calls = asdict(reception.admission.numbers)
        if reason is not None:
            return JSONResponse({"ready": False, "reason": reason, "calls": calls}, 503)
        return JSONResponse({"ready": True, "calls": calls})

    app.add_api_route("/healthz", healthz)
    app.add_api_route("/readyz", readyz)
