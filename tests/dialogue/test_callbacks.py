"""A call back is promised only when it is stored, and its owner sees it."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from agent.dialogue import BusinessDialogue, Reply
from agent.dialogue.business import BusinessError, Human
from agent.dialogue.callbacks import Callbacks
from agent.dialogue.conversation import BusinessConversation
from agent.dialogue.database import DatabaseError
from agent.dialogue.demo_shop import seed
from agent.dialogue.loader import load_business, mistakes
from agent.settings import ROOT

TODAY = date(2026, 11, 24)
PROMISE = "someone will call you back"


async def say(conversation: BusinessConversation, text: str) -> str:
    return await text_of(await conversation.respond(text))


async def text_of(reply: Reply) -> str:
    return " ".join([sentence.text async for sentence in reply.sentences])


def stored(tmp_path: Path) -> list[tuple[str, str, str]]:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
        return database.execute("SELECT number, reason, state FROM callbacks ORDER BY id").fetchall()


async def test_one_who_wants_a_person_says_a_number_and_hears_it_before_it_is_stored(
    shop: BusinessDialogue, tmp_path: Path
) -> None:
    conversation = shop.open()
    await say(conversation, "Where is my order?")
    first = await say(conversation, "I want to talk to a human.")
    assert "+1 555 010 0142" in first and "telephone number" in first and PROMISE not in first
    second = await say(conversation, "five five five, two three four, one two three four")
    assert "5552341234" in second and second.endswith("?") and PROMISE not in second
    assert stored(tmp_path) == []
    third = await say(conversation, "yes please")
    assert PROMISE in third
    assert "order number" not in third, "a person takes the matter up"
    assert stored(tmp_path) == [("5552341234", "order_status", "open")]


async def test_the_number_called_from_needs_only_a_yes(shop: BusinessDialogue, tmp_path: Path) -> None:
    conversation = shop.open("+1 (555) 234-0199")
    assert "+15552340199" in await say(conversation, "operator")
    assert PROMISE in await say(conversation, "yes")
    assert stored(tmp_path) == [("+15552340199", None, "open")]


async def test_a_no_to_the_number_called_from_asks_for_another(
    shop: BusinessDialogue, tmp_path: Path
) -> None:
    conversation = shop.open("+15552340199")
    await say(conversation, "Get me a representative.")
    assert "telephone number" in await say(conversation, "no")
    assert "5552341234" in await say(conversation, "555 234 1234")
    assert PROMISE in await say(conversation, "yes")
    assert [number for number, _, _ in stored(tmp_path)] == ["5552341234"]


async def test_another_number_in_the_same_words_is_taken(shop: BusinessDialogue, tmp_path: Path) -> None:
    conversation = shop.open("+15552340199")
    await say(conversation, "Get me a representative.")
    assert "5552341234" in await say(conversation, "no, use 555 234 1234")
    assert stored(tmp_path) == []


async def test_one_who_declines_is_promised_nothing_and_goes_on_with_the_matter(
    shop: BusinessDialogue, tmp_path: Path
) -> None:
    conversation = shop.open("+15552340199")
    await say(conversation, "Where is my order?")
    await say(conversation, "I want to talk to a human.")
    reply = await say(conversation, "no, never mind")
    assert PROMISE not in reply and stored(tmp_path) == []
    assert "order number" in reply, "the order's question is open still"


async def test_the_offer_is_declined_by_a_no_and_taken_by_a_yes(
    shop: BusinessDialogue, tmp_path: Path
) -> None:
    conversation = shop.open()
    await say(conversation, "Where is my order?")
    await say(conversation, "operator")
    assert "order number" in await say(conversation, "no thanks"), "the order's question is open still"
    await say(conversation, "operator")
    assert "telephone number" in await say(conversation, "yes please")
    assert "5552341234" in await say(conversation, "555 234 1234")
    assert stored(tmp_path) == []


async def test_a_write_that_fails_promises_nothing(
    shop: BusinessDialogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = shop.open("+15552340199")
    await say(conversation, "I want to talk to a human.")

    def fails(sql: str, values: object) -> int:
        raise DatabaseError("The database is locked: try again.")

    monkeypatch.setattr(shop.shared.database, "write_now", fails)
    reply = await say(conversation, "yes")
    assert PROMISE not in reply
    assert "couldn't note" in reply and "+1 555 010 0142" in reply
    assert stored(tmp_path) == []


async def test_a_caller_who_goes_on_speaking_takes_the_call_back_back(
    shop: BusinessDialogue, tmp_path: Path
) -> None:
    conversation = shop.open("+15552340199")
    await say(conversation, "I want to talk to a human.")
    before = conversation.snapshot()
    assert PROMISE in await say(conversation, "yes")
    conversation.restore(before)
    await say(conversation, "yes but no, wait, never mind")
    assert stored(tmp_path) == []


async def test_the_zero_key_is_a_person_at_any_time(shop: BusinessDialogue) -> None:
    conversation = shop.open("+15552340199")
    await say(conversation, "Where is my order?")
    assert "+15552340199" in await text_of(await conversation.keys("0"))


async def test_the_same_number_is_noted_once(shop: BusinessDialogue, tmp_path: Path) -> None:
    for _ in range(2):
        conversation = shop.open("+15552340199")
        last = await say(conversation, "Please call me back.")
        if "?" in last:
            await say(conversation, "yes")
    assert "already noted" in last
    assert len(stored(tmp_path)) == 1


async def test_a_hidden_number_is_asked_for(shop: BusinessDialogue) -> None:
    for hidden in ("anonymous", "", "+266696687x", "12"):
        assert "At which telephone number" in await say(shop.open(hidden), "Call me back please.")


@pytest.mark.parametrize(
    "said", ["one five five five two three four one two three four", "+1 555 234 1234", "555-234-1234"]
)
async def test_a_country_code_before_the_number_does_not_count(said: str, shop: BusinessDialogue) -> None:
    conversation = shop.open()
    await say(conversation, "Please call me back.")
    assert "called back at 5552341234" in await say(conversation, said)


async def test_a_number_typed_with_its_country_code_is_taken(shop: BusinessDialogue) -> None:
    conversation = shop.open()
    await say(conversation, "Please call me back.")
    assert "called back at 5552341234" in await text_of(await conversation.keys("15552341234"))


def test_the_owner_lists_and_ticks_off(shop: BusinessDialogue, tmp_path: Path) -> None:
    business = load_business(tmp_path / "businesses/shop")
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
        database.execute("INSERT INTO callbacks (number, asked_at) VALUES ('5552341234', '2026-11-24T12:00')")
        database.commit()
    with Callbacks(business) as callbacks:
        (row,) = callbacks.rows()
        assert (row["number"], row["state"]) == ("5552341234", "open")
        assert callbacks.mark_done(row["id"]) and not callbacks.mark_done(row["id"])
        assert callbacks.rows() == []
        assert [one["state"] for one in callbacks.rows(everything=True)] == ["done"]


def test_a_database_of_before_gets_the_table_and_a_new_seed_keeps_its_rows(
    tmp_path: Path, copied_shop: Callable[[Path, Path], Path]
) -> None:
    seed(tmp_path / "shop.db", today=TODAY)
    folder = copied_shop(tmp_path / "businesses", tmp_path / "shop.db")
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
        assert database.execute("SELECT 1 FROM sqlite_master WHERE name = 'callbacks'").fetchone() is None
    with Callbacks(load_business(folder)) as callbacks:
        assert callbacks.rows() == []
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
        database.execute("INSERT INTO callbacks (number, asked_at) VALUES ('5552341234', '2026-11-24T12:00')")
        database.commit()
    seed(tmp_path / "shop.db", today=TODAY)
    with Callbacks(load_business(folder)) as callbacks:
        assert [row["number"] for row in callbacks.rows()] == ["5552341234"]


def test_a_promise_is_refused_where_nothing_was_stored(
    tmp_path: Path, copied_shop: Callable[[Path, Path], Path]
) -> None:
    folder = copied_shop(tmp_path, tmp_path / "shop.db")
    file = folder / "intents.toml"
    text = file.read_text("utf-8")
    file.write_text(text.replace('say = ["complaint_sorry",', 'say = ["callback_done", "complaint_sorry",'))
    assert any("callback_done" in str(error) for error in mistakes(folder))
    file.write_text(text)
    assert list(mistakes(folder)) == []
    settings = folder / "business.toml"
    settings.write_text(settings.read_text("utf-8").replace('callback = "callback"', 'callback = "robot"'))
    assert any("human.callback" in str(error) and "robot" in str(error) for error in mistakes(folder))


def test_a_business_that_stores_none_says_so(reading_shop: BusinessDialogue) -> None:
    business = reading_shop.shared.business
    profile = business.profile.model_copy(update={"human": Human(phone="+1 555 010 0142")})
    with pytest.raises(BusinessError, match="stores no call-backs"):
        Callbacks(business.model_copy(update={"profile": profile}))


def test_the_command_lists_and_ticks_off(tmp_path: Path, copied_shop: Callable[[Path, Path], Path]) -> None:
    seed(tmp_path / "shop.db", today=TODAY)
    copied_shop(tmp_path / "businesses", tmp_path / "shop.db")

    def command(*words: str) -> subprocess.CompletedProcess[str]:
        where = ["--set", f"dialogue.business_dir={tmp_path / 'businesses'}"]
        call = [sys.executable, "-m", "agent", "business", "callbacks", "shop", *words, *where]
        return subprocess.run(call, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)

    assert "Nobody waits" in command().stderr
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
        database.execute("INSERT INTO callbacks (number, asked_at) VALUES ('5552341234', '2026-11-24T12:00')")
        database.commit()
    (row,) = json.loads(command("--json").stdout)
    assert row["number"] == "5552341234"
    assert command("--done", str(row["id"])).returncode == 0
    missing = command("--done", str(row["id"]))
    assert missing.returncode == 1 and "No call-back" in missing.stderr
