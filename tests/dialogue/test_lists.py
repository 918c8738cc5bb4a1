"""Lists in a conversation: two rows at a time, on and stop; one picked by place, sum, date or word."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from agent.dialogue import BusinessDialogue, Reply, Sentence, claims
from agent.dialogue.conversation import BusinessConversation

ORDERS = "What have I ordered lately? My account number is 100001."
BILLS = "Which bills are still open? Account 100006."


async def say(conversation: BusinessConversation, text: str) -> tuple[str, Reply]:
    reply = await conversation.respond(text)
    return " ".join([sentence.text async for sentence in reply.sentences]), reply


async def read(conversation: BusinessConversation, text: str) -> list[Sentence]:
    reply = await conversation.respond(text)
    return [sentence async for sentence in reply.sentences]


def rows(path: Path, sql: str) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(sql).fetchall()


@pytest.fixture
def orders(seeded: Path) -> list[tuple[str, ...]]:
    """Number, date and total of account 100001's orders, the latest first."""
    return rows(
        seeded,
        "SELECT number, ordered_date, total FROM orders WHERE account_number = '100001' "
        "ORDER BY ordered_date DESC, number",
    )


async def test_two_rows_are_read_then_the_agent_asks(
    reading_shop: BusinessDialogue, orders: list[tuple[str, ...]]
) -> None:
    conversation = reading_shop.open()
    text, reply = await say(conversation, ORDERS)
    assert reply.intent == "recent_orders" and reply.expects == "yes_no"
    assert f"I see {len(orders)} orders." in text and text.endswith("Shall I go on?")
    assert [number for number, *_ in orders if f"Order {number}" in text] == [n for n, *_ in orders[:2]]


async def test_yes_reads_the_next_two_and_no_stops(
    reading_shop: BusinessDialogue, orders: list[tuple[str, ...]]
) -> None:
    conversation = reading_shop.open()
    await say(conversation, ORDERS)
    text, _ = await say(conversation, "yes please")
    assert [number for number, *_ in orders if f"Order {number}" in text] == [n for n, *_ in orders[2:4]]
    text, reply = await say(conversation, "no")
    assert "Order" not in text and "anything else" in text and not reply.ends_call
    _, reply = await say(conversation, "no, thank you")
    assert reply.ends_call


async def test_a_list_is_read_to_its_end_without_a_question(
    reading_shop: BusinessDialogue, orders: list[tuple[str, ...]]
) -> None:
    conversation = reading_shop.open()
    text, _ = await say(conversation, ORDERS)
    heard = [text]
    for _ in range((len(orders) - 1) // 2):
        text, _ = await say(conversation, "go on")
        heard.append(text)
    assert "Those were all of your orders." in heard[-1] and "Shall I" not in heard[-1]
    assert all(any(f"Order {number}" in one for one in heard) for number, *_ in orders)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("the second one", 1),
        ("the first one please", 0),
        ("the last one", 1),
        ("number two", 1),
        ("the first", 0),
    ],
)
async def test_a_row_is_picked_by_its_place(
    text: str, place: int, reading_shop: BusinessDialogue, orders: list[tuple[str, ...]]
) -> None:
    conversation = reading_shop.open()
    await say(conversation, ORDERS)
    said, reply = await say(conversation, text)
    assert reply.intent == "order_status" and reply.slots["order_number"] == orders[place][0]
    assert f"Your order {orders[place][0]}" in said


async def test_places_count_in_what_was_read_last(
    reading_shop: BusinessDialogue, orders: list[tuple[str, ...]]
) -> None:
    conversation = reading_shop.open()
    await say(conversation, ORDERS)
    await say(conversation, "yes")
    _, reply = await say(conversation, "the first one")
    assert reply.slots["order_number"] == orders[2][0]
    _, reply = await say(conversation, "and the last one?")
    assert reply.slots["order_number"] == orders[3][0]


@pytest.mark.parametrize(("text", "pick"), [("the cheaper one", min), ("the more expensive one", max)])
async def test_a_row_is_picked_by_its_sum(
    text: str, pick: object, reading_shop: BusinessDialogue, orders: list[tuple[str, ...]]
) -> None:
    conversation = reading_shop.open()
    await say(conversation, ORDERS)
    _, reply = await say(conversation, text)
    wanted = pick(orders[:2], key=lambda row: float(row[2]))  # type: ignore[operator]
    assert reply.slots["order_number"] == wanted[0]


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("the one for a hundred and twenty seven fifty", "127.50"),
        ("the cheapest one", "39.80"),
        ("the one for $39.80", "39.80"),
        ("the one from October 7th", "127.50"),
        ("the one due on November 6th", "127.50"),
        ("when is the second one due?", "127.50"),
    ],
)
async def test_a_bill_is_picked_by_sum_or_date_and_told_whole(
    text: str, due: str, reading_shop: BusinessDialogue
) -> None:
    conversation = reading_shop.open()
    await say(conversation, BILLS)
    said, reply = await say(conversation, text)
    assert "bill_number" in reply.slots and f"for ${due}" in said and "due on" in said


async def test_a_row_is_picked_by_a_word_that_only_it_has(reading_shop: BusinessDialogue) -> None:
    conversation = reading_shop.open()
    text, _ = await say(conversation, ORDERS)
    word = next(word for word in ("Sneakers", "Linen", "Boots", "Lamp") if text.count(word) == 1)
    number = next(part for part in text.split("Order ")[1:] if word in part)[:5]
    _, reply = await say(conversation, f"what about the one with the {word.lower()}?")
    assert reply.slots["order_number"] == number


async def test_another_wish_about_a_row_takes_its_number(reading_shop: BusinessDialogue) -> None:
    conversation = reading_shop.open()
    await say(conversation, "List my orders, account 100004.")
    said, reply = await say(conversation, "cancel the first one")
    assert reply.intent == "cancel_order" and "Order 11223" in said and reply.expects == "yes_no"
    said, _ = await say(conversation, "no, the second one")
    assert "Order 11223" not in said and "shall I cancel it?" in said


async def test_what_has_no_list_before_it_picks_nothing(reading_shop: BusinessDialogue) -> None:
    conversation = reading_shop.open()
    await say(conversation, "How much is my bill? Account 100001.")
    _, reply = await say(conversation, "the second one")
    assert "order_number" not in reply.slots and reply.slots.get("account_number") in (None, "100001")


async def test_another_question_leaves_the_list_and_its_rows_stay_known(
    reading_shop: BusinessDialogue,
) -> None:
    conversation = reading_shop.open()
    await say(conversation, ORDERS)
    text, reply = await say(conversation, "What's your return policy?")
    assert reply.intent == "return_policy" and "Shall I go on" not in text
    _, reply = await say(conversation, "the second one")
    assert reply.intent == "order_status"


async def test_a_repeated_page_still_waits_for_yes(
    reading_shop: BusinessDialogue, orders: list[tuple[str, ...]]
) -> None:
    conversation = reading_shop.open()
    await say(conversation, ORDERS)
    text, _ = await say(conversation, "Can you say that again?")
    assert f"Order {orders[0][0]}" in text
    text, _ = await say(conversation, "yes")
    assert f"Order {orders[2][0]}" in text


async def test_keys_answer_whether_to_go_on(
    reading_shop: BusinessDialogue, orders: list[tuple[str, ...]]
) -> None:
    conversation = reading_shop.open()
    await say(conversation, ORDERS)
    reply = await conversation.keys("1")
    assert f"Order {orders[2][0]}" in " ".join([one.text async for one in reply.sentences])


async def test_one_row_is_told_without_a_count(reading_shop: BusinessDialogue) -> None:
    text, _ = await say(reading_shop.open(), "Which bills are still open? Account 100002.")
    assert text.startswith("Bill ") and "Shall I" not in text
    text, _ = await say(reading_shop.open(), "Which bills are still open? Account 100003.")
    assert "no open bill" in text


@pytest.mark.parametrize("text", [ORDERS, BILLS, "When do you have free appointments?"])
async def test_each_row_is_proven_by_its_own_facts(text: str, reading_shop: BusinessDialogue) -> None:
    conversation = reading_shop.open()
    sentences = [*await read(conversation, text), *await read(conversation, "yes")]
    items = [one for one in sentences if one.phrase in ("order_item", "open_bill_item", "free_item")]
    assert len(items) == 4
    sources = [{fact.source.split("]")[0] for fact in one.facts} for one in items]
    for item, stands in zip(items, sources, strict=True):
        assert claims.check(item.text, item.facts).ok, item.text
        others = [other for other in items if other is not item]
        assert all(not claims.check(item.text, other.facts).ok for other in others)
        assert stands


async def test_free_times_leave_out_holidays_and_what_is_taken(
    reading_shop: BusinessDialogue, seeded: Path
) -> None:
    conversation = reading_shop.open()
    heard = [one.text for one in await read(conversation, "Do you have anything free on Thanksgiving?")]
    assert not any("November 26" in text for text in heard) and any("November 27" in text for text in heard)
    heard = [one.text for one in await read(conversation, "When do you have free appointments?")]
    for _ in range(9):
        heard += [one.text for one in await read(conversation, "yes")]
    told = " ".join(heard)
    taken = rows(seeded, "SELECT date, time FROM appointments WHERE date = '2026-11-25'")
    assert "November 25" in told and "November 26" not in told
    assert taken and all(f"November 25, 2026 at {int(time[:2])}:{time[3:]} " not in told for _, time in taken)


async def test_a_free_time_is_picked_and_booked(shop: BusinessDialogue, tmp_path: Path) -> None:
    conversation = shop.open()
    await say(conversation, "When do you have free appointments?")
    text, _ = await say(conversation, "the second one")
    assert "account number" in text
    text, _ = await say(conversation, "100004")
    assert "9:30 AM is free, shall I book it?" in text
    text, _ = await say(conversation, "no, the first one")
    assert "9:00 AM is free, shall I book it?" in text
    await say(conversation, "yes")
    booked = rows(tmp_path / "shop.db", "SELECT date, time FROM appointments WHERE account_number = '100004'")
    assert booked == [("2026-11-25", "09:00")]


async def test_a_day_on_which_the_shop_is_closed_is_not_booked(reading_shop: BusinessDialogue) -> None:
    text, _ = await say(
        reading_shop.open(), "I'd like to book an appointment, account 100001, on Thanksgiving at 10 am."
    )
    assert "closed on November 26" in text and "November 27" in text and "shall I book it?" in text


async def test_a_closed_day_is_told_before_its_time_is_asked_for(reading_shop: BusinessDialogue) -> None:
    conversation = reading_shop.open()
    text, _ = await say(conversation, "I'd like to book an appointment, account 100001, on Thanksgiving.")
    assert "closed on November 26" in text and "On which day" in text and "what time" not in text
    text, _ = await say(conversation, "then on Sunday")
    assert "closed on November 29" in text and "On which day" in text
    text, _ = await say(conversation, "Monday")
    assert "what time" in text


async def test_both_numbers_of_one_reply_stand_in_it_in_their_order(reading_shop: BusinessDialogue) -> None:
    _, reply = await say(reading_shop.open(), "Where is order 12345 and 23456?")
    assert reply.slots == {"order_number": "12345, 23456", "zip_code": "19901"}


async def test_silence_repeats_the_question_whether_to_go_on(reading_shop: BusinessDialogue) -> None:
    conversation = reading_shop.open()
    await say(conversation, ORDERS)
    heard = [sentence.text async for sentence in conversation.reprompt(1).sentences]
    assert heard[-1] == "Shall I go on?"
