"""`GET /calls/{call_id}`: the record of one call, for whoever has that call's token."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

CallDocument = Callable[[str, str], Awaitable[dict[str, Any] | None]]
"""The record for a call's id and token; None alike for an unknown id and a wrong token."""
CALL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def router(document: CallDocument) -> APIRouter:
    """The route. What doesn't open a record looks the same from outside, whatever was wrong."""
    routes = APIRouter()

    async def read(request: Request, call_id: str) -> JSONResponse:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        found = None
        if scheme.lower() == "bearer" and token.strip() and CALL_ID.fullmatch(call_id):
            found = await document(call_id, token.strip())
        if found is None:
            return JSONResponse({"error": "No such call, or not its token."}, 404)
        return JSONResponse(found, headers={"Cache-Control": "no-store"})

    routes.add_api_route("/calls/{call_id}", read, methods=["GET"])
    return routes
