"""The server's own record of a call, read with that call's token."""

import asyncio
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from telephony.softphone.address import is_loopback

POLL_S = 0.1
SETTLE_S = 3.0
"""How long a record may take to be closed after its call has ended."""


def record_address(url: str, call_id: str) -> str:
    """`GET /calls/{call_id}` of the server whose socket was dialled at `url`."""
    parts = urlsplit(url)
    scheme = "https" if parts.scheme == "wss" else "http"
    return parts._replace(
        scheme=scheme, path=f"/calls/{quote(call_id, safe='')}", query="", fragment=""
    ).geturl()


class RecordReader:
    """Reads one call's record, during the call and after it. Use it as `async with`."""

    def __init__(self, url: str, call_id: str, token: str) -> None:
        self._address = record_address(url, call_id)
        self._http = httpx.AsyncClient(
            timeout=2.0,
            headers={"Authorization": f"Bearer {token}"},
            trust_env=not is_loopback(url),
        )

    async def __aenter__(self) -> "RecordReader":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def now(self) -> dict[str, Any] | None:
        """The record as it stands; None where the server doesn't give one."""
        try:
            answer = await self._http.get(self._address)
            found = answer.json() if answer.status_code == 200 else None
        except (httpx.HTTPError, ValueError):
            return None
        return found if isinstance(found, dict) and isinstance(found.get("turns"), list) else None

    async def settled(self) -> dict[str, Any] | None:
        """The record once the server has closed it; as it stands where that takes longer than 3 s."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + SETTLE_S
        latest: dict[str, Any] | None = None
        while True:
            latest = await self.now() or latest
            if (latest is not None and latest.get("ended_by")) or loop.time() >= deadline:
                return latest
            await asyncio.sleep(POLL_S)
