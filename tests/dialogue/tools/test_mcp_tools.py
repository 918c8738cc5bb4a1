"""Tools of an MCP server, against a real one that is started and spoken to over its pipes."""

import asyncio
import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from agent.dialogue.business_remote import Mcp, McpServer
from agent.dialogue.mcp_tool import McpTools
from agent.dialogue.remote_rows import RemoteError, rows_of

pytest.importorskip("mcp")
SERVER = Path(__file__).parent / "mcp_orders.py"
FIND = Mcp(server="orders", tool="find_order", rows="orders")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state.json"


@pytest.fixture
def tools(state: Path) -> Iterator[McpTools]:
    server = McpServer(
        command=[sys.executable, str(SERVER), str(state)],
        env={"ORDERS_TOKEN": "{secret.orders}"},
        timeout_ms=15_000,
    )
    tools = McpTools({"orders": server}, {"orders": "s3cret"})
    yield tools
    tools.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "mcp"]


async def ask(tools: McpTools, number: str, request: Mcp = FIND) -> Any:
    return await tools.ask(request, {}, {"order_number": number})


def starts(state: Path) -> int:
    return json.loads(state.read_text())["starts"]


async def test_a_tool_is_asked_and_its_server_is_started_once(tools: McpTools, state: Path) -> None:
    answer = await ask(tools, "12345")
    assert rows_of(answer, "orders", {"number": "number", "total": "total"}) == [
        {"number": "12345", "total": "84.9"}
    ]
    assert answer["token"] == "s3cret"
    both = await asyncio.gather(ask(tools, "12345"), ask(tools, "70012"))
    assert [len(one["orders"]) for one in both] == [1, 0]
    text = await ask(tools, "12345", Mcp(server="orders", tool="as_text"))
    assert text == {"orders": [{"number": "12345", "total": "84.90"}]}
    named = Mcp(server="orders", tool="find_order", arguments={"order_number": "{n}"})
    assert (await tools.ask(named, {"n": "12345"}, {}))["orders"]
    assert starts(state) == 1


async def test_what_fails_is_told_and_a_dead_server_is_started_anew(tools: McpTools, state: Path) -> None:
    for number, request in (
        ("22222", FIND),
        ("12345", Mcp(server="orders", tool="no_such_tool")),
        ("70012", Mcp(server="orders", tool="as_text")),
    ):
        with pytest.raises(RemoteError) as caught:
            await ask(tools, number, request)
        assert "closed" not in str(caught.value) and number not in str(caught.value)
    assert (await ask(tools, "12345"))["orders"]
    with pytest.raises(RemoteError):
        await ask(tools, "00000")
    assert (await ask(tools, "12345"))["orders"]
    assert starts(state) == 2


async def test_a_slow_tool_ends_at_its_limit(tools: McpTools, state: Path) -> None:
    await ask(tools, "12345")
    session = tools._sessions["orders"]
    session._server = session._server.model_copy(update={"timeout_ms": 300})
    with pytest.raises(RemoteError, match="300 ms"):
        await ask(tools, "11111")


async def test_a_server_that_does_not_start_is_told() -> None:
    tools = McpTools({"orders": McpServer(command=["/nowhere/program"])}, {})
    try:
        with pytest.raises(RemoteError):
            await ask(tools, "12345")
    finally:
        tools.close()


@pytest.mark.parametrize("wrong", [{}, {"command": ["a"], "url": "http://host"}])
def test_a_server_is_a_program_or_an_address(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        McpServer.model_validate(wrong)
