"""Tools of an MCP server at an address: streamable HTTP on this machine, behind a token."""

import shutil
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.dialogue import open_dialogue
from agent.dialogue.business_remote import Mcp, McpServer
from agent.dialogue.embeddings import Embedder
from agent.dialogue.mcp_tool import McpTools
from agent.dialogue.remote_rows import RemoteError, rows_of
from agent.settings.tree import Secret
from tests.copied_business import replace_tools
from tests.dialogue.conftest import NOON, shop_settings

pytest.importorskip("mcp")
FIND = Mcp(server="orders", tool="find_order", rows="orders")
TOOL = """
[mcp.orders]
url = "URL"
headers = { Authorization = "Bearer {secret.orders}" }
[tools.order_status]
description = "Where an order is."
slots = ["order_number"]
mcp = { server = "orders", tool = "find_order", rows = "orders" }
columns = { order_number = "number", status = "status" }
source = "orders[{order_number}]"
kinds = { order_number = "identifier" }
none = "order_number"
answers = [{ when = { status = "cancelled" }, say = ["order_cancelled"] }, { say = ["order_processing"] }]
"""


class Orders:
    """`with Orders() as server`: a real MCP server; `server.url` is its address."""

    def __init__(self, port: int = 0) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", port))
        self.port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/mcp"
        self.let_in = 0
        self.turned_away = 0

    def __enter__(self) -> "Orders":
        import uvicorn
        from mcp.server import MCPServer

        server = MCPServer("orders")

        @server.tool()
        def find_order(order_number: str) -> dict[str, object]:
            """One order."""
            if order_number == "22222":
                raise ValueError("the store is closed")
            found = [{"number": "12345", "status": "processing"}] if order_number == "12345" else []
            return {"orders": found}

        app = server.streamable_http_app()

        async def guarded(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                headers = dict(scope["headers"])
                if headers.get(b"authorization") != b"Bearer s3cret":
                    self.turned_away += 1
                    await send({"type": "http.response.start", "status": 401, "headers": []})
                    await send({"type": "http.response.body", "body": b""})
                    return
                self.let_in += 1
            await app(scope, receive, send)

        config = uvicorn.Config(guarded, log_config=None, timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],))
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive()
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()


async def ask(tools: McpTools, number: str) -> list[dict[str, Any]]:
    answer = await tools.ask(FIND, {}, {"order_number": number})
    return rows_of(answer, "orders", {"number": "number"})


def opened(server: Orders, secret: str) -> McpTools:
    address = McpServer(url=server.url, headers={"Authorization": "Bearer {secret.orders}"}, timeout_ms=5_000)
    return McpTools({"orders": address}, {"orders": secret})


async def test_a_server_at_an_address_is_asked_and_asked_anew_after_it_was_gone() -> None:
    with Orders() as server:
        tools = opened(server, "s3cret")
        try:
            assert await ask(tools, "12345") == [{"number": "12345"}]
            assert await ask(tools, "70012") == []
            with pytest.raises(RemoteError, match="says that it failed") as caught:
                await ask(tools, "22222")
            assert "closed" not in str(caught.value)
            assert server.let_in and not server.turned_away
            server.__exit__()
            with pytest.raises(RemoteError):
                await ask(tools, "12345")
            with Orders(server.port):
                assert await ask(tools, "12345") == [{"number": "12345"}]
        finally:
            tools.close()


async def test_a_server_that_turns_the_token_away_is_a_failure_told_without_it() -> None:
    with Orders() as server:
        tools = opened(server, "wrong")
        try:
            with pytest.raises(RemoteError) as caught:
                await ask(tools, "12345")
            assert "wrong" not in str(caught.value) and server.turned_away
        finally:
            tools.close()


async def test_a_caller_hears_what_a_server_at_an_address_says(
    tmp_path: Path, seeded: Path, embedder: Embedder, copied_shop: Callable[[Path, Path], Path]
) -> None:
    shutil.copy(seeded, tmp_path / "shop.db")
    folder = copied_shop(tmp_path / "businesses", tmp_path / "shop.db")
    with Orders() as server:
        replace_tools(folder, TOOL.replace("URL", server.url))
        settings = shop_settings(folder.parent)
        settings.dialogue.tool_secrets["orders"] = Secret("s3cret")
        dialogue = open_dialogue(settings, "shop", embedder=embedder, clock=lambda: NOON)
        try:
            reply = await dialogue.open().respond("Where is order 12345?")
            said = " ".join([sentence.text async for sentence in reply.sentences])
        finally:
            dialogue.close()
    assert said == "Your order 12345 is being prepared and hasn't left our warehouse yet."
