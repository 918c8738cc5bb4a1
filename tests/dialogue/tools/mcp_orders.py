"""An MCP server with a shop's orders, spoken to over its pipes: `python mcp_orders.py STATE.json`."""

import json
import os
import sys
import time
from pathlib import Path

from mcp.server import MCPServer

STATE = Path(sys.argv[1])
server = MCPServer("orders")


def _count(name: str) -> int:
    state = json.loads(STATE.read_text()) if STATE.is_file() else {}
    state[name] = state.get(name, 0) + 1
    STATE.write_text(json.dumps(state))
    return state[name]


_count("starts")


@server.tool()
def find_order(order_number: str) -> dict[str, object]:
    """One order."""
    if order_number == "00000":
        os._exit(1)
    if order_number == "11111":
        time.sleep(2)
    if order_number == "22222":
        raise ValueError("the store is closed")
    orders = [{"number": "12345", "status": "shipped", "total": 84.9}] if order_number == "12345" else []
    return {"orders": orders, "token": os.environ.get("ORDERS_TOKEN")}


@server.tool()
def as_text(order_number: str) -> str:
    """JSON in a text, as older servers answer; garbage for others."""
    return '{"orders": [{"number": "12345", "total": 84.90}]}' if order_number == "12345" else "no idea"


server.run("stdio")
