"""A business whose database is PostgreSQL: its tools, against the real server."""

import asyncio
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.dialogue.business import BusinessError
from agent.dialogue.changes import Changes
from agent.dialogue.database import Database, DatabaseError
from agent.dialogue.loader import load_business
from agent.dialogue.tools import Toolbox
from agent.settings import ROOT
from tests.postgres_server import postgres

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
TABLES = """
DROP SCHEMA public CASCADE; CREATE SCHEMA public;
CREATE TABLE orders (number text PRIMARY KEY, status text NOT NULL, total numeric(9, 2), delivery date,
  window_from time, gift boolean NOT NULL DEFAULT false);
INSERT INTO orders VALUES ('01234', 'processing', 84.90, '2026-11-27', '10:00', true),
  ('55781', 'shipped', 1249.50, NULL, NULL, false);
CREATE TABLE free_times (date text, time text);
INSERT INTO free_times VALUES ('2026-11-25', '10:00'), ('2026-11-25', '23:00'), ('2026-11-26', '10:00')
"""
TOOLS = """
[tools.pg_order]
description = "An order."
slots = ["order_number"]
sql = \"\"\"
SELECT number AS order_number, status, total, delivery, window_from, gift,
  delivery < CAST(:today AS date) AS late
FROM orders WHERE number = :order_number\"\"\"
source = "orders[{order_number}]"
kinds = { total = "money", delivery = "date", window_from = "time" }
none = "order_number"
answers = [{ when = { gift = 1, late = 0 }, say = ["order_cancelled"] }, { say = ["order_cancelled"] }]
[tools.pg_free]
description = "Free times."
sql = \"\"\"SELECT f.date, f.time FROM free_times f JOIN json_to_recordset(CAST(:open_days AS json))
  AS o(date text, opens text, closes text)
  ON f.date = o.date AND f.time >= o.opens AND f.time < o.closes\"\"\"
source = "free_times"
many = ["all_right"]
answers = [{ say = ["all_right"] }]
[tools.pg_cancel]
description = "Cancels."
slots = ["order_number"]
sql = "SELECT number AS order_number, total FROM orders WHERE number = :order_number"
source = "orders[{order_number}]"
kinds = { total = "money" }
none = "order_number"
answers = [{ say = ["order_cancelled"] }]
[tools.pg_cancel.write]
confirm = "cancel_confirm"
table = "CREATE TABLE IF NOT EXISTS made (key text PRIMARY KEY, number text NOT NULL)"
sql = "INSERT INTO made VALUES (:change_key, :order_number) ON CONFLICT (key) DO NOTHING"
undo = "DELETE FROM made WHERE key = :change_key"
done = ["cancel_done"]
declined = ["cancel_kept"]
failed = ["lookup_failed"]
"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres() as address:
        yield address


@pytest.fixture
def database(server: str) -> Iterator[Database]:
    database = Database(server, "shop")
    for statement in TABLES.split(";"):
        database.make_now(statement)
    yield database
    database.close()


@pytest.fixture
def toolbox(tmp_path: Path, database: Database) -> Toolbox:
    """The shop's phrases with tools of PostgreSQL in place of its own."""
    folder = Path(shutil.copytree(ROOT / "config/business/shop", tmp_path / "shop"))
    whole = load_business(folder)
    with (folder / "tools.toml").open("a", encoding="utf-8") as file:
        file.write(TOOLS)
    tools = {name: tool for name, tool in load_business(folder).tools.items() if name.startswith("pg_")}
    return Toolbox(
        whole.model_copy(
            update={
                "tools": tools,
                "slots": {"order_number": whole.slots["order_number"]},
                "identify": None,
            }
        ),
        database,
    )


def count(database: Database) -> int:
    return database.read_now("SELECT count(*) AS n FROM made", {})[0]["n"]


async def test_a_row_is_read_with_its_types_as_callers_hear_them(toolbox: Toolbox) -> None:
    toolbox.check()
    answered = await toolbox.run("pg_order", {"order_number": "01234"}, NOW)
    assert answered.outcome == "row" and answered.rests_on == ("gift", "late")
    assert {name: value.written for name, value in answered.values.items()} == {
        "order_number": "01234", "status": "processing", "total": "$84.90", "delivery": "November 27, 2026",
        "window_from": "10:00 AM", "gift": "1", "late": "0",
    }  # fmt: skip
    assert (await toolbox.run("pg_order", {"order_number": "55781"}, NOW)).outcome == "row"
    assert (await toolbox.run("pg_order", {"order_number": "99999"}, NOW)).outcome == "none"


async def test_open_days_are_joined(toolbox: Toolbox) -> None:
    toolbox.check()
    answered = await toolbox.run("pg_free", {}, NOW)
    assert answered.values["date"].raw == "2026-11-25" and answered.say == ("all_right",)


@pytest.mark.parametrize("said", ["01234' OR '1'='1", "'; DROP TABLE orders; --", "01234\x00", "\\", "%"])
async def test_what_a_caller_says_is_bound(toolbox: Toolbox, database: Database, said: str) -> None:
    toolbox.check()
    assert (await toolbox.run("pg_order", {"order_number": said}, NOW)).outcome in ("none", "failure")
    assert len(database.read_now("SELECT 1 FROM orders", {})) == 2


async def test_a_change_is_made_once_for_a_key_and_taken_back(toolbox: Toolbox, database: Database) -> None:
    toolbox.check()
    changes = Changes()
    change = changes.begin("pg_cancel", {"order_number": "01234"}, NOW)
    assert await toolbox.write(change)
    assert not await toolbox.write(change), "the table refuses the same key"
    assert count(database) == 1
    await toolbox.undo(change)
    assert count(database) == 0


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE orders SET status = 'x'",
        "WITH gone AS (DELETE FROM orders RETURNING 1) SELECT * FROM gone",
        "SELECT setval('numbers', 9)",
        "DROP TABLE orders",
    ],
)
def test_a_reader_can_not_change_anything(database: Database, sql: str) -> None:
    database.make_now("CREATE SEQUENCE IF NOT EXISTS numbers")
    with pytest.raises(DatabaseError, match="read-only"):
        database.read_now(sql, {})
    assert len(database.read_now("SELECT 1 FROM orders WHERE status <> 'x'", {})) == 2


async def test_a_slow_query_ends_in_time_on_the_server_too(database: Database, monkeypatch: Any) -> None:
    began = time.monotonic()
    with pytest.raises(DatabaseError):
        await database.read("SELECT pg_sleep(20)", {})
    assert time.monotonic() - began < 4.5
    await asyncio.sleep(0.3)
    running = "SELECT query FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid()"
    assert database.read_now(running, {}) == []


def test_a_connection_that_was_cut_is_made_anew(database: Database) -> None:
    database.write_now(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE pid <> pg_backend_pid() AND datname = 'postgres'",
        {},
    )
    assert len(database.read_now("SELECT 1 FROM orders", {})) == 2


def test_a_query_that_does_not_fit_its_tables_is_told(toolbox: Toolbox, database: Database) -> None:
    database.make_now("ALTER TABLE orders DROP COLUMN total")
    with pytest.raises(BusinessError, match=r"tools\.pg_order"):
        toolbox.check()


def test_a_server_that_is_not_there_is_told() -> None:
    database = Database("postgresql://nobody@127.0.0.1:9/none", "shop")
    with pytest.raises(DatabaseError):
        database.read_now("SELECT 1", {})
    database.close()
