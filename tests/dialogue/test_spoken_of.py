""" "It" after an answer, a yes to another free time, people and call backs, and returns."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from agent.dialogue import BusinessDialogue
from agent.dialogue.conversation import BusinessConversation

BOOKED = "SELECT date, time FROM appointments WHERE account_number = '100002' ORDER BY date"


def rows(path: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(sql).fetchall()


async def say(conversation: BusinessConversation, text: str) -> str:
    reply = await conversation.respond(text)
    return " ".join([sentence.text async for sentence in reply.sentences])


async def intent(conversation: BusinessConversation, text: str) -> str | None:
    return (await conversation.respond(text)).intent


# ---------------------------------------------------------------- another free time
@pytest.mark.parametrize("yes", ["Yes, please book it.", "Okay, that one.", "Yes.", "Sure, that works."])
async def test_a_yes_to_the_next_free_time_books_it(shop: BusinessDialogue, tmp_path: Path, yes: str) -> None:
    conversation = shop.open()
    before = rows(tmp_path / "shop.db", BOOKED)
    text = await say(conversation, "Book me for November 30 at 9 pm, account 100002.")
    assert "isn't free" in text and text.endswith("December 1, 2026 at 9:00 AM is free, shall I book it?")
    assert rows(tmp_path / "shop.db", BOOKED) == before
    assert "I've booked December 1" in await say(conversation, yes)
    assert set(rows(tmp_path / "shop.db", BOOKED)) - set(before) == {("2026-12-01", "09:00")}


async def test_a_no_to_the_next_free_time_books_nothing(shop: BusinessDialogue, tmp_path: Path) -> None:
    conversation = shop.open()
    before = rows(tmp_path / "shop.db", BOOKED)
    await say(conversation, "Book me for November 30 at 9 pm, account 100002.")
    assert "haven't booked" in await say(conversation, "No, that's too early for me.")
    assert rows(tmp_path / "shop.db", BOOKED) == before


# ---------------------------------------------------------------- "it"
@pytest.mark.parametrize(
    "said",
    ["Cancel my appointment.", "And cancel it again.", "Can I move it to Monday?", "Please reschedule it."],
)
async def test_an_appointment_is_moved_and_cancelled_by_a_person(shop: BusinessDialogue, said: str) -> None:
    conversation = shop.open()
    await say(conversation, "Book me for December 4th at 2 pm, account 100002.")
    await say(conversation, "Yes.")
    reply = await say(conversation, said)
    assert "can't move or cancel an appointment" in reply and "order" not in reply


async def test_it_after_an_order_is_the_order(shop: BusinessDialogue, tmp_path: Path) -> None:
    conversation = shop.open()
    await say(conversation, "Where is order 55781?")
    assert "Order 55781" in await say(conversation, "Cancel it.")


@pytest.mark.parametrize("said", ["Can I return it?", "Can I return that one?", "I want to send it back."])
async def test_a_return_is_of_the_order_spoken_of(reading_shop: BusinessDialogue, said: str) -> None:
    conversation = reading_shop.open()
    await say(conversation, "Where is order 12345?")
    assert "12345" in await say(conversation, said)


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        ("Book an appointment for next Tuesday at half past ten.", "appointment_book"),
        ("I'd like an appointment next Wednesday at noon.", "appointment_book"),
        ("When is the fitting on next Wednesday?", "appointment_check"),
        ("When is my next appointment?", "appointment_check"),
    ],
)
async def test_next_before_a_day_books_and_checks_rightly(
    reading_shop: BusinessDialogue, said: str, wish: str
) -> None:
    assert await intent(reading_shop.open(), said) == wish


async def test_the_day_and_time_of_the_first_sentence_are_kept(shop: BusinessDialogue) -> None:
    conversation = shop.open()
    await say(conversation, "Book an appointment for next Tuesday at half past ten.")
    assert "10:30 AM" in await say(conversation, "one zero zero zero zero two")
    assert "December 1, 2026 at 10:30 AM" in await say(conversation, "yes")


# ---------------------------------------------------------------- people and call backs
async def test_a_person_and_another_wish_are_both_answered(reading_shop: BusinessDialogue) -> None:
    reply = await say(reading_shop.open(), "Can I speak to a human, and where is order 12345, zip 19901?")
    assert "Your order 12345" in reply and "called back" in reply
    assert reply.count("You can reach a person") == 1


@pytest.mark.parametrize(
    "no", ["No, I don't want a call back.", "No thanks.", "Not now.", "No, please don't call me back."]
)
async def test_a_no_to_a_call_back_is_taken(shop: BusinessDialogue, tmp_path: Path, no: str) -> None:
    conversation = shop.open("+12075550133")
    await say(conversation, "I want a human.")
    assert "haven't noted" in await say(conversation, no)
    assert rows(tmp_path / "shop.db", "SELECT * FROM callbacks") == []


@pytest.mark.parametrize(
    "no", ["No.", "Not that number.", "No, on another phone.", "That's the wrong number."]
)
async def test_a_no_to_the_number_asks_for_another(shop: BusinessDialogue, no: str) -> None:
    conversation = shop.open("+12075550133")
    await say(conversation, "I want a human.")
    assert "At which telephone number" in await say(conversation, no)


@pytest.mark.parametrize("said", ["Have a human call me tomorrow at five.", "Please call me back at 5."])
async def test_no_time_is_promised_for_a_call_back(reading_shop: BusinessDialogue, said: str) -> None:
    assert "can't note a time" in await say(reading_shop.open(), said)


@pytest.mark.parametrize("said", ["Cancel the call back.", "Cancel it.", "Please don't call me back."])
async def test_a_call_back_that_is_noted_stays_and_is_told(shop: BusinessDialogue, said: str) -> None:
    conversation = shop.open("+12075550133")
    await say(conversation, "I want a human.")
    await say(conversation, "Yes.")
    assert "can't take back a note" in await say(conversation, said)


# ---------------------------------------------------------------- returns
async def test_a_return_that_is_under_way_is_not_offered_once_more(reading_shop: BusinessDialogue) -> None:
    reply = await say(reading_shop.open(), "I'd like to return order 70012 and I want a refund.")
    assert "you can return it until" not in reply
    assert reply.count("your refund is $98.00") == 1


async def test_what_was_bought_before_christmas_can_be_returned_longer(
    shop: BusinessDialogue, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
        database.execute(
            "UPDATE orders SET status = 'delivered', ordered_date = '2026-11-16', "
            "delivery_date = '2026-11-19' WHERE number = '12345'"
        )
        database.execute("UPDATE orders SET ordered_date = '2026-11-10' WHERE number = '55781'")
        database.execute(
            "UPDATE orders SET status = 'delivered', delivery_date = '2026-11-12' WHERE number = '55781'"
        )
        database.commit()
    conversation = shop.open()
    assert "until January 31, 2027" in await say(conversation, "I want to return order 12345.")
    other = shop.open()
    assert "until December 12, 2026" in await say(other, "I want to return order 55781.")
    assert "January 31" in await say(conversation, "What's your return policy?")
