"""The page that calls from a browser: its files, the businesses it offers, and their recorded callers.

The page itself holds nothing of anybody's and is served without a token, so that it can ask for one; what
it then asks for is let in as its socket is.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse, PlainTextResponse
from loguru import logger
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles

from agent.settings.tree import Server
from telephony.softphone.guard import why_refused
from telephony.softphone.recorded_callers import ShownBusiness

WEB = Path(__file__).parent / "web"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".wav": "audio/wav",
}
"""Nothing else is served: what a browser would have to guess stays where it is."""
HOST = re.compile(r"[A-Za-z0-9.:\[\]-]+")
HEADERS = {
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
}


class Page:
    """The routes. `businesses` are those that can be called; `default` is called where none is named;
    `count` is told the door and the HTTP status of each request that is not let in."""

    def __init__(
        self,
        server: Server,
        businesses: Sequence[ShownBusiness],
        default: str,
        count: Callable[[str, int], None],
        web: Path = WEB,
    ) -> None:
        self._server = server
        self._businesses = {business.name: business for business in businesses}
        self._default = default
        self._count = count
        self._files = StaticFiles(directory=web, check_dir=False)

    def router(self) -> APIRouter:
        routes = APIRouter()
        routes.add_api_route("/", self._index, methods=["GET", "HEAD"])
        routes.add_api_route("/web/{path:path}", self._file, methods=["GET", "HEAD"])
        routes.add_api_route("/softphone/businesses", self._offer, methods=["GET"])
        routes.add_api_route("/softphone/callers/{business}/{file}", self._caller, methods=["GET", "HEAD"])
        return routes

    async def _index(self, request: Request) -> Response:
        return await self._file(request, "index.html")

    async def _file(self, request: Request, path: str) -> Response:
        refusal = why_refused(request, self._server, token=False)
        if refusal is not None:
            return self._refused(refusal)
        kind = TYPES.get(Path(path).suffix)
        if kind is None:
            return _missing()
        try:
            response = await self._files.get_response(path, request.scope)
        except HTTPException:
            return _missing()
        if response.status_code == 200:
            response.headers["Content-Type"] = kind
        response.headers.update({**HEADERS, "Content-Security-Policy": _policy(request)})
        return response

    async def _offer(self, request: Request) -> Response:
        refusal = why_refused(request, self._server)
        if refusal is not None:
            return self._refused(refusal)
        offered = [business.described() for business in self._businesses.values()]
        return JSONResponse({"default": self._default, "businesses": offered}, headers=HEADERS)

    async def _caller(self, request: Request, business: str, file: str) -> Response:
        refusal = why_refused(request, self._server)
        if refusal is not None:
            return self._refused(refusal)
        shown = self._businesses.get(business)
        wav = shown.wav(file) if shown is not None else None
        if wav is None or not wav.is_file():
            return _missing()
        return FileResponse(wav, media_type=TYPES[".wav"], headers=HEADERS)

    def _refused(self, refusal: tuple[int, str]) -> Response:
        status, reason = refusal
        self._count("page", status)
        logger.warning("the page was refused with {}: {}", status, reason)
        return PlainTextResponse(reason, status, headers=HEADERS)


def _policy(request: Request) -> str:
    """What the page may load: its own files, and its own socket (older browsers don't count it as own)."""
    host = request.headers.get("host", "")
    sockets = f" ws://{host} wss://{host}" if HOST.fullmatch(host) else ""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        f"media-src 'self' blob:; manifest-src 'self'; connect-src 'self'{sockets}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _missing() -> Response:
    return PlainTextResponse("There is nothing here.", 404, headers=HEADERS)
