"""Changes to the database: asked for, made once, and taken back when the caller wasn't done."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.dialogue import BusinessDialogue
from agent.dialogue.changes import Changes
from agent.dialogue.conversation import BusinessConversation


def one(path: Path, sql: str) -> Any:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(sql).fetchone()[0]


async def say(conversation: BusinessConversation, text: str) -> str:
    reply = await conversation.respond(text)
    return " ".join([sentence.text async for sentence in reply.sentences])


STATUS = "SELECT status FROM orders WHERE number = '55781'"
COUNT = "SELECT count(*) FROM appointments"


async def test_an_order_is_cancelled_after_a_yes(shop: BusinessDialogue, tmp_path: Path) -> None:
    conversation = shop.open()
    assert "shall I cancel it?" in await say(conversation, "Please cancel order 55781.")
    assert one(tmp_path / "shop.db", STATUS) == "processing"
    assert "I've cancelled order 55781." in await say(conversation, "Yes please.")
    assert one(tmp_path / "shop.db", STATUS) == "cancelled"
    assert "was cancelled" in await say(conversation, "Where is my order?")


async def test_what_was_done_is_said_by_its_phrase_alone(shop: BusinessDialogue) -> None:
    """Other true words about the order could leave out that it was cancelled."""
    conversation = shop.open()
    await say(conversation, "Please cancel order 55781.")
    await say(conversation, "Yes please.")
    done = next(line for line in conversation.last_lines if line.sentence.phrase == "cancel_done")
    assert (done.needed, dict(done.values)) == ((), {})
    assert [fact.name for fact in done.sentence.facts] == ["order_number"]
    await say(conversation, "When do you deliver order 12345?")
    assert any(line.needed for line in conversation.last_lines), "an answer may be worded otherwise"


async def test_an_order_stays_after_a_no(shop: BusinessDialogue, tmp_path: Path) -> None:
    conversation = shop.open()
    await say(conversation, "Please cancel order 55781.")
    assert "stays as it is" in await say(conversation, "No, leave it.")
    assert one(tmp_path / "shop.db", STATUS) == "processing"


async def test_neither_yes_nor_no_changes_nothing(shop: BusinessDialogue, tmp_path: Path) -> None:
    conversation = shop.open()
    await say(conversation, "Please cancel order 55781.")
    assert "shall I cancel it?" in await say(conversation, "the green one over there")
    assert "still don't have it" in await say(conversation, "purple elephants")
    assert one(tmp_path / "shop.db", STATUS) == "processing"


async def test_a_number_corrected_instead_of_a_yes_asks_about_the_other_order(
    shop: BusinessDialogue, tmp_path: Path
) -> None:
    conversation = shop.open()
    await say(conversation, "Please cancel order 11223.")
    assert "Order 52866" in await say(conversation, "no, it's 52866")
    assert one(tmp_path / "shop.db", STATUS.replace("55781", "11223")) == "processing"


async def test_a_yes_to_a_question_that_was_cut_off_asks_again(
    shop: BusinessDialogue, tmp_path: Path
) -> None:
    conversation = shop.open()
    await say(conversation, "Please cancel order 55781.")
    conversation.heard("Order 5")
    assert "shall I cancel it?" in await say(conversation, "yes")
    assert one(tmp_path / "shop.db", STATUS) == "processing"
    assert "I've cancelled" in await say(conversation, "yes")


async def test_restore_takes_a_change_back(shop: BusinessDialogue, tmp_path: Path) -> None:
    conversation = shop.open()
    await say(conversation, "Please cancel order 55781.")
    before = conversation.snapshot()
    await say(conversation, "Yes.")
    assert one(tmp_path / "shop.db", STATUS) == "cancelled"
    conversation.restore(before)
    assert "stays as it is" in await say(conversation, "No, please leave it.")
    assert one(tmp_path / "shop.db", STATUS) == "processing"


async def test_a_reply_that_is_cut_off_while_it_writes_is_taken_back(
    shop: BusinessDialogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = shop.open()
    await say(conversation, "Please cancel order 55781.")
    write, begun = shop.shared.database.write_now, asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(sql: str, values: Any) -> int:
        loop.call_soon_threadsafe(begun.set)
        return write(sql, values)

    monkeypatch.setattr(shop.shared.database, "write_now", slow)
    task = asyncio.create_task(conversation.respond("Yes."))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert "stays as it is" in await say(conversation, "No, don't.")
    assert one(tmp_path / "shop.db", STATUS) == "processing"


async def test_an_appointment_is_booked_with_day_and_time(shop: BusinessDialogue, tmp_path: Path) -> None:
    conversation = shop.open()
    before = one(tmp_path / "shop.db", COUNT)
    assert "account number" in await say(conversation, "I'd like to book an appointment.")
    assert "which day" in await say(conversation, "100004")
    assert "what time" in await say(conversation, "on December 2nd")
    assert "December 2, 2026 at 9:00 AM is free, shall I book it?" in await say(conversation, "at 9 am")
    assert one(tmp_path / "shop.db", COUNT) == before
    await say(conversation, "yes")
    assert one(tmp_path / "shop.db", COUNT) == before + 1


async def test_two_callers_share_no_word(shop: BusinessDialogue) -> None:
    first, second = shop.open(), shop.open()
    await asyncio.gather(say(first, "Where is order 12345?"), say(second, "Where is my order?"))
    answers = await asyncio.gather(say(first, "When will it arrive?"), say(second, "When will it arrive?"))
    assert "12345" in answers[0]
    assert "12345" not in answers[1]


async def test_both_orders_of_one_breath_are_cancelled_after_a_yes_each(
    shop: BusinessDialogue, tmp_path: Path
) -> None:
    conversation = shop.open()
    await say(conversation, "Please cancel order 11223 and 52866.")
    assert "I've cancelled order 11223. Order 52866" in await say(conversation, "yes")
    assert one(tmp_path / "shop.db", STATUS.replace("55781", "11223")) == "cancelled"
    other = STATUS.replace("55781", "52866")
    assert one(tmp_path / "shop.db", other) == "processing"
    assert "I've cancelled order 52866." in await say(conversation, "yes")
    assert one(tmp_path / "shop.db", other) == "cancelled"


async def test_another_day_after_a_booking_books_nothing_beside_it(
    shop: BusinessDialogue, tmp_path: Path
) -> None:
    conversation = shop.open()
    before = one(tmp_path / "shop.db", COUNT)
    await say(conversation, "I'd like to book an appointment, account 100001, on December 2nd at 9 am.")
    assert "I've booked December 2" in await say(conversation, "yes")
    assert "shall I book it?" not in await say(conversation, "no, monday instead")
    await say(conversation, "yes")
    assert one(tmp_path / "shop.db", COUNT) == before + 1


CALLBACKS = "SELECT count(*) FROM callbacks"


async def test_a_change_that_stands_is_not_made_again_in_the_same_call(
    shop: BusinessDialogue, tmp_path: Path
) -> None:
    """Asked for, agreed to and asked for again: the database's own guard is taken away."""
    tool = shop.shared.business.tools["request_callback"]
    again = tool.model_copy(update={"write": tool.write.model_copy(update={"when": {}})})
    shop.shared.business.tools["request_callback"] = again
    conversation, other = shop.open("+12025550143"), shop.open("+12025550143")
    for _ in range(3):
        await say(conversation, "Can somebody call me back?")
        assert "call you back" in await say(conversation, "Yes please.")
        await say(conversation, "Yes.")
    assert one(tmp_path / "shop.db", CALLBACKS) == 1
    await say(other, "Can somebody call me back?")
    await say(other, "Yes please.")
    assert one(tmp_path / "shop.db", CALLBACKS) == 2


def test_a_change_has_one_key_until_it_is_taken_back() -> None:
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    changes, slots = Changes(), {"meter": "7", "reading": "120"}
    first = changes.begin("store", {**slots, "about": "bill"}, now)
    changes.failed(first)
    assert changes.begin("store", slots, now).key == first.key
    assert changes.stands("store", slots) and not changes.stands("store", {**slots, "reading": "121"})
    assert [change.key for change in changes.take_back(0)] == [first.key]
    assert not changes.stands("store", slots)
    assert changes.begin("store", slots, now).key != first.key
    changes.begin("remove", {"meter": "7"}, now)
    assert not changes.stands("store", slots), "another tool may have undone it"
    assert Changes().begin("store", slots, now).key != first.key
