"""The shop with its orders in another program, over HTTP."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.dialogue import BusinessDialogue, open_dialogue
from agent.dialogue.embeddings import Embedder
from tests.copied_business import replace_tools
from tests.dialogue.conftest import NOON, shop_settings
from tests.dialogue.tools.order_server import OrderServer

COLUMNS = (
    'columns = { order_number = "number", status = "state.name", delivery_date = "eta", total = "total" }'
)
TOOLS = """
[tools.order_status]
description = "Where an order is."
slots = ["order_number"]
http = { url = "URL/orders/{order_number}", rows = "data.orders", timeout_ms = 2000, retries = 0 }
COLUMNS
source = "orders[{order_number}]"
kinds = { order_number = "identifier" }
none = "order_number"
answers = [{ when = { status = "cancelled" }, say = ["order_cancelled"] }, { say = ["order_processing"] }]
[tools.cancel_order]
description = "Cancels an order."
slots = ["order_number"]
http = { url = "URL/orders/{order_number}", rows = "data.orders" }
COLUMNS
source = "orders[{order_number}]"
kinds = { order_number = "identifier", total = "money" }
none = "order_number"
answers = [{ say = ["cancel_too_late"] }]
[tools.cancel_order.write]
when = { status = "processing" }
confirm = "cancel_confirm"
http = { method = "POST", url = "URL/orders/{order_number}/cancel" }
undo = { http = { method = "POST", url = "URL/orders/{order_number}/reopen" } }
done = ["cancel_done"]
declined = ["cancel_kept"]
failed = ["lookup_failed", "human_phone"]
"""


@pytest.fixture
def server() -> Iterator[OrderServer]:
    with OrderServer() as running:
        yield running


@pytest.fixture
def remote_shop(
    tmp_path: Path,
    seeded: Path,
    embedder: Embedder,
    server: OrderServer,
    copied_shop: Callable[[Path, Path], Path],
) -> Iterator[BusinessDialogue]:
    shutil.copy(seeded, tmp_path / "shop.db")
    folder = copied_shop(tmp_path / "businesses", tmp_path / "shop.db")
    replace_tools(folder, TOOLS.replace("COLUMNS", COLUMNS).replace("URL", server.url))
    dialogue = open_dialogue(shop_settings(folder.parent), "shop", embedder=embedder, clock=lambda: NOON)
    yield dialogue
    dialogue.close()
