"""Tools of MCP servers: sessions in a thread of their own, opened at the first use, anew after a failure."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from typing import Any

from anyio.from_thread import BlockingPortal, start_blocking_portal

from agent.dialogue.business import BusinessError
from agent.dialogue.business_remote import Mcp, McpServer
from agent.dialogue.circuit_breaker import CircuitBreaker
from agent.dialogue.remote_rows import RemoteError, filled, parsed, with_secrets

CLOSING_S = 3.0
"""How long servers have to end."""


class McpTools:
    """The MCP servers of one business. Shared by its calls. Close it at the end."""

    def __init__(self, servers: Mapping[str, McpServer], secrets: Mapping[str, str]) -> None:
        """Raises `BusinessError` where the extra `mcp` isn't installed."""
        try:
            import mcp  # noqa: F401
        except ModuleNotFoundError:
            raise BusinessError(
                "Tools of MCP servers need the package mcp: pip install 'ringdown-telephone-agent[mcp]'."
            ) from None
        self._entered: AbstractContextManager[BlockingPortal] | None = None
        self._portal: BlockingPortal | None = None
        self._closed = False
        self._sessions = {name: _Session(server, secrets) for name, server in servers.items()}
        self._breakers = {name: CircuitBreaker() for name in servers}

    async def ask(self, request: Mcp, known: Mapping[str, Any], slots: Mapping[str, Any]) -> Any:
        """What a tool answers: its structured content, or the JSON in its text. Raises `RemoteError`."""
        breaker = self._breakers[request.server]
        if not breaker.lets_through():
            raise RemoteError("It has failed so often that it is left alone for a while.")
        session = self._sessions[request.server]
        arguments = dict(slots) if request.arguments is None else filled(request.arguments, known)
        try:
            running: Future[Any] = self._opened().start_task_soon(session.call, request.tool, arguments)
            answer = await asyncio.wrap_future(running)
        except RemoteError:
            breaker.failed()
            raise
        except RuntimeError:
            raise RemoteError("The MCP servers are closed.") from None
        breaker.answered()
        return answer

    def _opened(self) -> BlockingPortal:
        """The thread of the sessions, started at the first use."""
        if self._closed:
            raise RuntimeError("closed")
        if self._portal is None:
            self._entered = start_blocking_portal(name="mcp")
            self._portal = self._entered.__enter__()
        return self._portal

    def close(self) -> None:
        """Ends the servers that were started."""
        self._closed = True
        if self._portal is None or self._entered is None:
            return
        for session in self._sessions.values():
            with suppress(Exception):
                self._portal.start_task_soon(session.close).result(CLOSING_S)
        self._entered.__exit__(None, None, None)


class _Session:
    """One server's session, in the portal's thread: a task holds it open, as it must be closed where it was
    opened."""

    def __init__(self, server: McpServer, secrets: Mapping[str, str]) -> None:
        self._server = server
        self._secrets = secrets
        self._client: Any = None
        self._holder: asyncio.Task[None] | None = None
        self._end = asyncio.Event()
        self._opening = asyncio.Lock()

    async def call(self, tool: str, arguments: dict[str, Any]) -> Any:
        try:
            async with asyncio.timeout(self._server.timeout_ms / 1000):
                client = await self._opened()
                result = await client.call_tool(tool, arguments)
        except TimeoutError:
            await self.close()
            raise RemoteError(f"No answer in {self._server.timeout_ms} ms.") from None
        except RemoteError:
            raise
        except Exception as error:
            await self.close()
            raise RemoteError(f"The MCP server failed ({type(error).__name__}).") from None
        if result.is_error:
            raise RemoteError("The tool says that it failed.")
        structured = result.structured_content
        if isinstance(structured, dict) and set(structured) == {"result"}:
            structured = structured["result"]  # servers' libraries wrap what is no object so
        if structured is not None:
            return parsed(structured) if isinstance(structured, str) else structured
        return parsed("".join(part.text for part in result.content if part.type == "text") or "null")

    async def _opened(self) -> Any:
        async with self._opening:
            if self._client is None:
                ready: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
                self._end = asyncio.Event()
                self._holder = asyncio.create_task(self._hold(ready))
                self._client = await ready
            return self._client

    async def _hold(self, ready: "asyncio.Future[Any]") -> None:
        try:
            async with self._made() as client:
                if not ready.done():
                    ready.set_result(client)
                await self._end.wait()
        except Exception as error:
            if not ready.done():
                ready.set_exception(RemoteError(f"The MCP server doesn't start ({type(error).__name__})."))
        finally:
            self._client = None
            if not ready.done():
                ready.cancel()

    def _made(self) -> Any:
        from mcp import Client, StdioServerParameters

        server = self._server
        if server.url is not None:
            return Client(_connection(server.url, with_secrets(server.headers, {}, self._secrets)))
        program, *arguments = server.command
        env = with_secrets(server.env, {}, self._secrets)
        return Client(StdioServerParameters(command=program, args=arguments, env=env))

    async def close(self) -> None:
        """Ends the session; the next call opens another."""
        self._client = None
        self._end.set()
        holder, self._holder = self._holder, None
        if holder is not None and not holder.done():
            done, _ = await asyncio.wait({holder}, timeout=CLOSING_S)
            if not done:
                holder.cancel()


@asynccontextmanager
async def _connection(url: str, headers: Mapping[str, str]) -> AsyncIterator[Any]:
    """The transport to a server that is there already, with headers of our own."""
    import httpx2
    from mcp.client.streamable_http import streamable_http_client

    async with (
        httpx2.AsyncClient(headers=dict(headers), timeout=None, trust_env=False) as client,
        streamable_http_client(url, http_client=client) as streams,
    ):
        yield streams
