"""How a row becomes facts, and which answer tells it; the seeded database itself."""

import sqlite3
from contextlib import closing
from datetime import date, datetime
from pathlib import Path

import pytest

from agent.dialogue.business import Tool
from agent.dialogue.database import Database, DatabaseError
from agent.dialogue.demo_shop import seed
from agent.dialogue.tools import fits, row_values

TODAY = date(2026, 11, 24)


def test_a_row_fits_by_value_list_presence_and_absence() -> None:
    row = {"status": "shipped", "late": 0, "refund": None}
    assert fits({}, row)
    assert fits({"status": "shipped", "late": 0}, row)
    assert fits({"status": ["processing", "shipped"]}, row)
    assert fits({"refund": False, "status": True}, row)
    assert not fits({"refund": True}, row)
    assert not fits({"late": 1}, row)
    assert not fits({"status": "delivered"}, row)


def test_each_column_says_where_it_stands_and_empty_ones_are_no_facts() -> None:
    tool = Tool.model_validate(
        {
            "description": "",
            "sql": "SELECT 1",
            "source": "orders[{number}]",
            "sources": {"due": "bills[{bill}].due_date"},
            "kinds": {"due": "date"},
            "answers": [{"say": ["x"]}],
        }
    )
    values = row_values(tool, {"number": "00123", "bill": "7", "due": "2026-11-27", "carrier": None})
    assert values["number"].raw == "00123"
    assert values["number"].source == "orders[00123].number"
    assert values["due"].source == "bills[7].due_date"
    assert values["due"].written == "November 27, 2026"
    assert "carrier" not in values


def test_the_same_seed_and_day_give_the_same_rows(tmp_path: Path) -> None:
    for name, number in (("a", 7), ("b", 7), ("c", 8)):
        seed(tmp_path / name, number=number, today=TODAY)
    dumps = {}
    for name in ("a", "b", "c"):
        with closing(sqlite3.connect(tmp_path / name)) as database:
            dumps[name] = "\n".join(database.iterdump())
    assert dumps["a"] == dumps["b"]
    assert dumps["a"] != dumps["c"]


def test_the_shop_is_big_enough_and_its_known_orders_are_there(tmp_path: Path) -> None:
    counts = seed(tmp_path / "shop.db", today=TODAY)
    assert counts["customers"] >= 40
    assert counts["orders"] >= 120
    assert counts["products"] == 30
    assert min(counts.values()) >= 10
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
        order = "SELECT status, delivery_date FROM orders WHERE number = ?"
        assert database.execute(order, ("12345",)).fetchone() == ("shipped", "2026-11-27")
        states = {row[0] for row in database.execute("SELECT DISTINCT status FROM orders")}
        orphans = database.execute(
            "SELECT count(*) FROM orders WHERE account_number NOT IN (SELECT account_number FROM customers)"
        ).fetchone()[0]
    assert states == {"processing", "shipped", "out for delivery", "delivered", "cancelled", "backordered"}
    assert orphans == 0


def test_a_seed_that_fails_leaves_the_old_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "shop.db"
    seed(path, today=TODAY)
    before = path.read_bytes()
    monkeypatch.setattr("agent.dialogue.demo_shop.PRODUCTS", ())
    with pytest.raises(ValueError):
        seed(path, today=TODAY)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


async def test_a_reader_can_t_write_and_odd_values_stay_values(tmp_path: Path) -> None:
    seed(tmp_path / "shop.db", today=TODAY)
    database = Database(f"sqlite:///{tmp_path / 'shop.db'}", "shop")
    try:
        with pytest.raises(DatabaseError, match="readonly"):
            await database.read("DELETE FROM orders", {})
        sql = "SELECT number FROM orders WHERE number = :n"
        assert await database.read(sql, {"n": "' OR 1=1 --"}) == []
        assert await database.read(sql, {"n": "12345"}) == [{"number": "12345"}]
    finally:
        database.close()


async def test_a_database_made_anew_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    seed(path, today=TODAY)
    database = Database(f"sqlite:///{path}", "shop")
    try:
        sql = "SELECT delivery_date AS day FROM orders WHERE number = '12345'"
        assert (await database.read(sql, {}))[0]["day"] == "2026-11-27"
        seed(path, today=date(2027, 1, 1))
        assert (await database.read(sql, {}))[0]["day"] == "2027-01-04"
    finally:
        database.close()


def test_opening_hours_know_days_evenings_and_holidays() -> None:
    from agent.dialogue.loader import load_business
    from agent.dialogue.opening_hours import open_state, regular_hours
    from agent.settings import ROOT

    profile = load_business(ROOT / "config/business/shop").profile
    assert regular_hours(profile) == "Monday to Friday from 9 am to 6 pm and Saturday from 10 am to 4 pm"
    noon = open_state(profile, datetime(2026, 11, 24, 12))
    assert noon.open and noon.until is not None and noon.until.hour == 18
    evening = open_state(profile, datetime(2026, 11, 24, 18))
    assert not evening.open and evening.next_day == date(2026, 11, 25)
    holiday = open_state(profile, datetime(2026, 11, 26, 12))
    assert not holiday.open and holiday.holiday == "Thanksgiving" and holiday.next_day == date(2026, 11, 27)
    early = open_state(profile, datetime(2026, 11, 28, 8))
    assert early.next_day == date(2026, 11, 28) and early.next_at is not None and early.next_at.hour == 10
    sunday = open_state(profile, datetime(2026, 11, 29, 12))
    assert sunday.next_day == date(2026, 11, 30)
