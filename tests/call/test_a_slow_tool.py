"""A tool that takes seconds: the caller hears that it's being looked up while it is, then the answer."""

import datetime as dt
import re
from pathlib import Path

import yaml
from program import CALLERS, ROOT, dial, spoken, start

from agent.dialogue.demo_shop import seed
from tests.copied_business import copy_business, replace_tools
from tests.dialogue.tools.order_server import OrderServer

SLOW_S = 2.5
TOOL = """
[tools.order_status]
description = "Where an order is."
http = { url = "URL/orders/55781", rows = "data.orders", timeout_ms = 8000, retries = 0 }
columns = { order_number = "number", status = "state.name" }
source = "orders[55781]"
kinds = { order_number = "identifier" }
answers = [{ when = { status = "cancelled" }, say = ["order_cancelled"] }, { say = ["order_processing"] }]
"""


def test_a_caller_hears_that_it_is_looked_up_and_then_the_answer(tmp_path: Path):
    script = tmp_path / "caller.yaml"
    steps = [{"play": str(CALLERS / "where_is_my_order.wav")}, {"wait_ms": 8000}, {"hang_up": True}]
    script.write_text(yaml.safe_dump({"steps": steps}))
    with OrderServer() as orders:
        database = tmp_path / "shop.db"
        shop = copy_business(ROOT / "config/business/shop", tmp_path / "businesses" / "shop", database)
        seed(database, today=dt.date.today())
        file = shop / "business.toml"
        text, count = re.subn(
            r"(?m)^greeting = .*$", 'greeting = ["This is the automated agent."]', file.read_text()
        )
        assert count == 1
        file.write_text(text)
        replace_tools(shop, TOOL.replace("URL", orders.url))
        orders.slow_s = SLOW_S
        server = start(tmp_path, f"dialogue.business_dir={tmp_path}/businesses")
        try:
            call = dial(server, "--script", str(script)).report()
        finally:
            assert server.stop() == 0
    turn = spoken(call)[-1]
    hold, answer = turn["sentences"]
    assert (hold["kind"], hold["verdict"], hold["heard"]) == ("hold", "approved", "all")
    assert (answer["kind"], answer["verdict"]) == ("answer", "template") and answer["heard"] != "none"
    assert hold["text"].startswith("One moment") and "being prepared" in answer["text"]
    assert turn["latency_ms"] < SLOW_S * 1000 < turn["answer_latency_ms"]
