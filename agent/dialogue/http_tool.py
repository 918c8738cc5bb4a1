"""Tools over HTTP: one request with a time limit, tried again where that's safe, left alone when it fails."""

import asyncio
import random
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from agent.dialogue.business_remote import Http
from agent.dialogue.circuit_breaker import CircuitBreaker
from agent.dialogue.remote_rows import RemoteError, address, filled, parsed, with_secrets

MOST_BYTES = 1_000_000
"""Of one answer; more is no answer for a telephone."""
FIRST_WAIT_S = 0.1
"""Before the second try, doubled for each further one, up to half as much again by chance."""
BUSY = (429, 500, 502, 503, 504)
"""Answers of a server that may do better in a moment."""


class HttpTools:
    """The HTTP tools of one business. Shared by its calls; holds no connection between requests."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._secrets = secrets
        self._breakers: dict[str, CircuitBreaker] = {}
        self._ssl: ssl.SSLContext | None = None

    async def ask(self, request: Http, known: Mapping[str, Any], key: str | None = None) -> Any:
        """The JSON that a look-up gets; None for a 404, and for an answer without content.

        `key` marks a change: it goes along as `Idempotency-Key`, so that the change may be tried again; any
        answer of 200 to 299 says that it was made, whatever it holds. Raises `RemoteError`, at the latest
        after `timeout_ms` for each try.
        """
        url = address(request.url, known)
        breaker = self._breakers.setdefault(urlsplit(url).netloc, CircuitBreaker())
        tries = 1 + (request.retries if request.method == "GET" or key is not None else 0)
        for attempt in range(tries):
            if not breaker.lets_through():
                raise RemoteError("It has failed so often that it is left alone for a while.")
            try:
                answer = await self._once(request, url, known, key)
            except RemoteError:
                breaker.failed()
                if attempt + 1 == tries:
                    raise
                await asyncio.sleep(FIRST_WAIT_S * 2**attempt * random.uniform(1, 1.5))
            except asyncio.CancelledError:
                raise
            else:
                breaker.answered()
                return self._read(answer, looks_up=key is None)
        raise AssertionError("the last try answers or raises")

    async def _once(
        self, request: Http, url: str, known: Mapping[str, Any], key: str | None
    ) -> tuple[int, bytes]:
        """Status and body of one try. Raises `RemoteError` where another try may do better."""
        headers = {"Accept": "application/json", **with_secrets(request.headers, known, self._secrets)}
        if key is not None:
            headers["Idempotency-Key"] = key
        body = None if request.body is None else filled(request.body, known)
        try:
            async with asyncio.timeout(request.timeout_ms / 1000):
                async with (
                    httpx.AsyncClient(verify=self._context(url), timeout=None, trust_env=False) as client,
                    client.stream(request.method, url, headers=headers, json=body) as response,
                ):
                    content = await _content(response)
                    status = response.status_code
        except TimeoutError:
            raise RemoteError(f"No answer in {request.timeout_ms} ms.") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise RemoteError(f"The request failed ({type(error).__name__}).") from None
        if status in BUSY:
            raise RemoteError(f"The server says {status}.")
        if status < 300 and key is None:
            parsed(content or b"null")  # garbage is a failure that another try may mend
        return status, content

    def _read(self, answer: tuple[int, bytes], *, looks_up: bool) -> Any:
        status, content = answer
        if status == 404 and looks_up:
            return None
        if not 200 <= status < 300:
            raise RemoteError(f"The server says {status}.")
        return parsed(content or b"null") if looks_up else None

    def _context(self, url: str) -> ssl.SSLContext | bool:
        """Made once, as it reads the certificates."""
        if not url.startswith("https:"):
            return False
        if self._ssl is None:
            self._ssl = httpx.create_ssl_context()
        return self._ssl


async def _content(response: httpx.Response) -> bytes:
    content = b""
    async for piece in response.aiter_bytes():
        content += piece
        if len(content) > MOST_BYTES:
            raise RemoteError(f"The answer has more than {MOST_BYTES} bytes.")
    return content
