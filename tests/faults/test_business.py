"""A database that isn't there, goes away, or doesn't fit: a sentence, and the call goes on."""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from agent.dialogue import BusinessError, open_dialogue
from agent.dialogue.database import Database, DatabaseError, copy_database
from agent.dialogue.demo_shop import seed
from agent.settings import ROOT, Tree
from agent.settings.tree import Dialogue

TODAY = date(2026, 11, 24)


def shop_in(folder: Path, database: Path) -> Tree:
    shutil.copytree(ROOT / "config/business/shop", folder / "shop")
    file = folder / "shop/business.toml"
    text = file.read_text("utf-8")
    assert "sqlite:///data/shop.db" in text
    file.write_text(text.replace("sqlite:///data/shop.db", f"sqlite:///{database}"), "utf-8")
    return Tree(dialogue=Dialogue(business_dir=folder))


def agent(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "agent", *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
        check=False,
    )


def test_a_missing_database_says_how_to_make_it(tmp_path: Path) -> None:
    tree = shop_in(tmp_path / "businesses", tmp_path / "none.db")
    with pytest.raises(DatabaseError, match="agent business seed shop"):
        open_dialogue(tree, "shop")
    assert not (tmp_path / "none.db").exists()


def test_ask_without_a_database_is_one_sentence_and_no_traceback(tmp_path: Path) -> None:
    shop_in(tmp_path / "businesses", tmp_path / "none.db")
    ran = agent("ask", "Where is my order?", "--set", f"dialogue.business_dir={tmp_path / 'businesses'}")
    assert ran.returncode == 1
    assert "agent business seed shop" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.stdout == ""


def test_a_business_that_isn_t_there_lists_those_that_are() -> None:
    ran = agent("ask", "Hello", "--business", "bakery")
    assert ran.returncode == 2
    assert "bakery" in ran.stderr and "shop" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "shop.db").write_bytes(b"half a file" * 100)
    tree = shop_in(tmp_path / "businesses", tmp_path / "shop.db")
    with pytest.raises(BusinessError, match="not a database"):
        open_dialogue(tree, "shop")


def test_a_query_that_doesn_t_fit_the_tables_names_its_tool(tmp_path: Path) -> None:
    seed(tmp_path / "shop.db", today=TODAY)
    tree = shop_in(tmp_path / "businesses", tmp_path / "shop.db")
    file = tmp_path / "businesses/shop/tools.toml"
    file.write_text(
        file.read_text("utf-8").replace("sku, price FROM products", "sku, cost AS price FROM products")
    )
    with pytest.raises(BusinessError, match=r"tools\.product_price.*no such column"):
        open_dialogue(tree, "shop")


async def test_a_database_that_goes_away_in_a_call_is_told_to_the_caller_who_can_go_on(
    tmp_path: Path,
) -> None:
    seed(tmp_path / "shop.db", today=TODAY)
    dialogue = open_dialogue(shop_in(tmp_path / "businesses", tmp_path / "shop.db"), "shop")
    try:
        conversation = dialogue.open()
        (tmp_path / "shop.db").rename(tmp_path / "gone.db")
        reply = await conversation.respond("Where is order 12345? The zip code is 19901.")
        text = " ".join([sentence.text async for sentence in reply.sentences])
        assert "can't look that up" in text and "12345" not in text
        (tmp_path / "gone.db").rename(tmp_path / "shop.db")
        reply = await conversation.respond("Where is order 12345? The zip code is 19901.")
        assert "Parcelway" in " ".join([sentence.text async for sentence in reply.sentences])
    finally:
        dialogue.close()


def test_seeding_says_what_it_made_and_does_not_replace_unasked(tmp_path: Path) -> None:
    shop_in(tmp_path / "businesses", tmp_path / "shop.db")
    where = ("--set", f"dialogue.business_dir={tmp_path / 'businesses'}")
    first = agent("business", "seed", "shop", "--today", "2026-11-24", *where)
    assert first.returncode == 0 and "140 orders" in first.stderr
    before = (tmp_path / "shop.db").read_bytes()
    second = agent("business", "seed", "shop", "--today", "2027-01-01", *where)
    assert "--force" in second.stderr and (tmp_path / "shop.db").read_bytes() == before
    third = agent("business", "seed", "shop", "--today", "2027-01-01", "--force", *where)
    assert third.returncode == 0 and (tmp_path / "shop.db").read_bytes() != before


def rows(database: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(query).fetchall()


def test_ask_changes_a_copy_unless_told_to_write(tmp_path: Path) -> None:
    seed(tmp_path / "shop.db", today=TODAY)
    shop_in(tmp_path / "businesses", tmp_path / "shop.db")
    where = ("--set", f"dialogue.business_dir={tmp_path / 'businesses'}")
    query = "SELECT status FROM orders WHERE number = '55781'"
    wish = ("ask", "Cancel order 55781.", "14850", "yes", "Where is order 55781?")
    asked = agent(*wish, *where)
    assert asked.returncode == 0 and "I've cancelled order 55781" in asked.stdout
    assert "was cancelled" in asked.stdout  # the copy knows it in the same conversation
    assert rows(tmp_path / "shop.db", query) == [("processing",)]
    assert agent(*wish, "--write", *where).returncode == 0
    assert rows(tmp_path / "shop.db", query) == [("cancelled",)]


def test_a_database_that_can_t_be_copied_keeps_no_change_of_ask(tmp_path: Path) -> None:
    seed(tmp_path / "shop.db", today=TODAY)
    database = Database(f"sqlite:///{tmp_path / 'shop.db'}", "shop", keeps_changes=False)
    try:
        change = "UPDATE orders SET status = 'cancelled' WHERE number = :number"
        assert database.write_now(change, {"number": "55781"}) == 1
    finally:
        database.close()
    assert rows(tmp_path / "shop.db", "SELECT status FROM orders WHERE number = '55781'") == [("processing",)]


def test_a_copy_of_a_database_that_isn_t_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="agent business seed shop"):
        copy_database(f"sqlite:///{tmp_path / 'none.db'}", "shop", tmp_path)
    assert copy_database("postgresql://host/name", "shop", tmp_path) is None
