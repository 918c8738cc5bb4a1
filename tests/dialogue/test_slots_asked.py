"""What callers say in answer: names, postcodes, addresses, days, times and sums, read back and put right."""

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from agent.dialogue import BusinessDialogue
from agent.dialogue.conversation import BusinessConversation

BILL = "How much is my bill?"


async def say(conversation: BusinessConversation, text: str) -> str:
    reply = await conversation.respond(text)
    return " ".join([sentence.text async for sentence in reply.sentences])


async def said(dialogue: BusinessDialogue, *texts: str) -> list[str]:
    conversation = dialogue.open()
    return [await say(conversation, text) for text in texts]


@pytest.fixture(scope="session")
def kira(seeded: Path) -> tuple[str, str, str]:
    """Last name, e-mail address and zip code of account 100001."""
    with closing(sqlite3.connect(seeded)) as database:
        row = database.execute("SELECT name, email, zip FROM customers WHERE account_number = '100001'")
        name, email, zip_code = row.fetchone()
    return name.split()[-1], email, zip_code


def aloud(email: str) -> str:
    return email.replace("@", " at ").replace(".", " dot ")


async def test_an_account_is_found_by_an_address_that_was_read_back(
    reading_shop: BusinessDialogue, kira: tuple[str, str, str]
) -> None:
    asked, offered, back, answer = await said(
        reading_shop, BILL, "I don't know my account number.", aloud(kira[1]), "yes"
    )
    assert "account number" in asked and "email address?" in offered
    assert back == f"Is your email address {kira[1]}?"
    assert "$84.90" in answer


async def test_the_account_that_was_found_serves_the_next_wish(
    reading_shop: BusinessDialogue, kira: tuple[str, str, str]
) -> None:
    *_, appointment = await said(
        reading_shop, BILL, "I don't have it", kira[1], "yes", "And when is my appointment?"
    )
    assert "November 25, 2026 at 11:00 AM" in appointment


@pytest.mark.parametrize(
    ("heard", "correction"),
    [
        ("kira dot hughes at example dot org", "no, dot com"),
        ("kira underscore hughes at example dot com", "it's a dot, not an underscore"),
        ("kyra dot hughes at example dot com", "no, kira, K I R A"),
        ("kira dot hughes at sample dot com", "no, at example dot com"),
    ],
)
async def test_one_part_of_an_address_is_put_right_and_read_back(
    heard: str, correction: str, reading_shop: BusinessDialogue
) -> None:
    *_, back, answer = await said(reading_shop, BILL, "I don't know it", heard, correction, "yes")
    assert back == "Is your email address kira.hughes@example.com?"
    assert "$84.90" in answer


async def test_an_account_is_found_by_name_and_zip_code(
    shop_by_name: BusinessDialogue, kira: tuple[str, str, str]
) -> None:
    last, _, zip_code = kira
    *_, offered, spelled, asked, zip_back, answer = await said(
        shop_by_name, BILL, "I don't know", "I have no email address",
        f"{last}, {' '.join(last.upper())}", "that's right", " ".join(zip_code), "yes",
    )  # fmt: skip
    assert "last name" in offered and "zip code" in asked
    assert spelled == f"I have {last}, spelled H U G, H E S, is that right?"
    assert zip_back == f"Is your zip code {zip_code}?"
    assert "$84.90" in answer


async def test_a_misheard_name_is_put_right_letter_by_letter(shop_by_name: BusinessDialogue) -> None:
    *_, heard, mended, whole = await said(
        shop_by_name, BILL, "can you find me by my name?", "Huges", "no, H U G H E S", "no, with a Y"
    )
    assert "I have Huges, spelled H U G, E S" in heard
    assert "I have Hughes, spelled H U G, H E S" in mended
    assert "I have Hughys" in whole


async def test_a_zip_code_is_typed_or_put_right(shop_by_name: BusinessDialogue) -> None:
    conversation = shop_by_name.open()
    for text in (BILL, "find me by my name please", "Hughes", "yes"):
        await say(conversation, text)
    assert "Is your zip code 19907?" in await say(conversation, "one nine nine oh seven")
    assert "Is your zip code 19901?" in await say(conversation, "no, the last digit is one")
    assert "$84.90" in await say(conversation, "yes")
    conversation = shop_by_name.open()
    for text in (BILL, "find me by my name please", "Hughes", "yes"):
        await say(conversation, text)
    reply = await conversation.keys("19901")
    assert "$84.90" in " ".join([one.text async for one in reply.sentences])


async def test_what_finds_nothing_offers_the_next_way_and_then_a_person(
    shop_by_name: BusinessDialogue,
) -> None:
    heard = await said(
        shop_by_name, BILL, "I don't know", "jane.doe@example.com", "yes",
        "Nobody", "yes", "02139", "yes", "Nobody", "yes", "02139", "yes", "Nobody", "yes", "02139", "yes",
    )  # fmt: skip
    assert "can't find an account with the email address jane.doe@example.com" in heard[3]
    assert "last name" in heard[3]
    assert "can't find an account for Nobody at the zip code 02139" in heard[7]
    assert "+1 555 010 0142" in " ".join(heard[8:])


async def test_a_name_that_two_accounts_share_gives_neither(
    shop_by_name: BusinessDialogue, seeded: Path
) -> None:
    with closing(sqlite3.connect(seeded)) as database:
        last, zip_code = database.execute(
            "SELECT substr(name, instr(name, ' ') + 1) AS last, zip FROM customers GROUP BY 1, 2 "
            "HAVING count(*) > 1 ORDER BY 1, 2"
        ).fetchone()
    *_, answer = await said(
        shop_by_name, BILL, "find me by my name please", f"{last}, {' '.join(last)}", "yes", zip_code, "yes"
    )
    assert "several accounts" in answer and "$" not in answer


async def test_the_number_itself_is_taken_while_the_address_is_asked_for(
    reading_shop: BusinessDialogue,
) -> None:
    *_, answer = await said(reading_shop, BILL, "I don't know it", "oh wait, it's 100001")
    assert "$84.90" in answer


async def test_an_address_said_with_the_wish_is_taken(
    reading_shop: BusinessDialogue, kira: tuple[str, str, str]
) -> None:
    back, answer = await said(reading_shop, f"How much is my bill? My email is {aloud(kira[1])}.", "yes")
    assert back == f"Is your email address {kira[1]}?" and "$84.90" in answer


async def test_a_new_address_is_noted_after_a_yes(shop: BusinessDialogue, tmp_path: Path) -> None:
    conversation = shop.open()
    assert "still change its address" in await say(conversation, "Please change the address of order 55781.")
    assert "Is the new street 12 Mill Lane?" in await say(conversation, "12 Mill Lane")
    assert "Is the new street 14 Mill Lane?" in await say(conversation, "no, 14")
    assert "zip code" in await say(conversation, "yes")
    assert "Is the new zip code 02139?" in await say(conversation, "oh two one three nine")
    assert "14 Mill Lane, zip code 02139, shall I note that?" in await say(conversation, "yes")
    mended = await say(conversation, "no, the zip code is 02138")
    assert "55781" in mended and "zip code 02138, shall I note that?" in mended
    assert "I've noted 14 Mill Lane" in await say(conversation, "yes")
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
        noted = database.execute("SELECT order_number, street, zip FROM address_changes").fetchall()
    assert noted == [("55781", "14 Mill Lane", "02138")]


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("There's a charge of eighty four dollars ninety on my card, what is it?", None),
        ("There's a charge of eighty four ninety on my card, what is it?", "Was it $84.90?"),
        ("What is this charge on my card?", "What sum was charged?"),
    ],
)
async def test_a_sum_leads_to_its_bill(
    text: str, question: str | None, reading_shop: BusinessDialogue
) -> None:
    conversation = reading_shop.open()
    await say(conversation, text)
    answer = await say(conversation, "100001")
    if question is not None:
        assert question in answer
        answer = await say(conversation, "yes" if "$" in question else "eighty four dollars and ninety cents")
    assert "for $84.90, due on December 5, 2026" in answer


async def test_a_sum_on_no_bill_is_said_to_be_on_none(reading_shop: BusinessDialogue) -> None:
    *_, answer = await said(
        reading_shop, "There's a charge of forty two dollars fifty on my card, what is it?", "100001"
    )
    assert "You said $42.50, and I see no bill over that" in answer


@pytest.mark.parametrize(
    ("day", "time", "booked"),
    [
        ("a week from Friday", "half past ten in the morning", "December 4, 2026 at 10:30 AM"),
        ("the first Monday in December", "10.30 am", "December 7, 2026 at 10:30 AM"),
        ("tomorrow week at nine am", None, "December 2, 2026 at 9:00 AM"),
        ("the fourth of December", "noon", "December 4, 2026 at 12:00 PM"),
    ],
)
async def test_days_and_times_are_what_was_meant(
    day: str, time: str | None, booked: str, reading_shop: BusinessDialogue
) -> None:
    conversation = reading_shop.open()
    await say(conversation, "I'd like to book an appointment for account 100001.")
    text = await say(conversation, day)
    if time is not None:
        text = await say(conversation, time)
    assert booked in text


async def test_a_day_that_no_calendar_has_is_refused_kindly(reading_shop: BusinessDialogue) -> None:
    refused, again, _ = await said(
        reading_shop, "Book an appointment for account 100001 on February 30th.",
        "the 31st of November", "10.30",
    )  # fmt: skip
    for text in (refused, again):
        assert "no such day" in text and "On which day" in text


async def test_a_past_day_is_told_and_the_next_free_time_offered(reading_shop: BusinessDialogue) -> None:
    *_, text = await said(reading_shop, "Book an appointment for account 100001.", "yesterday at ten am")
    assert "November 23, 2026 is too early" in text
    assert "November 25, 2026" in text and text.endswith("is free, shall I book it?")


async def test_digits_in_words_are_an_answer_and_no_emergency(shop_by_name: BusinessDialogue) -> None:
    conversation = shop_by_name.open()
    for text in (BILL, "find me by my name please", "Hughes", "yes"):
        await say(conversation, text)
    assert "911" not in await say(conversation, "oh two one nine one")


async def test_a_british_business_takes_its_postcodes_and_days_first(
    british_shop: BusinessDialogue,
) -> None:
    conversation = british_shop.open()
    for text in (BILL, "find me by my name please", "Hughes", "yes"):
        await say(conversation, text)
    assert "SW1A 1AA?" in await say(conversation, "S W one A one A A")
    assert "SW1A 2AA?" in await say(conversation, "no, S W one A two A A")
    assert "SW1A 1AA?" in await say(conversation, "one not two")
    assert "$84.90" in await say(conversation, "yes")
    filled = await british_shop.shared.policy.frames.read(
        conversation._draft(), "appointment_date", "on the 3/12/2026", asked=True, confident=True
    )
    assert filled is not None and date.fromisoformat(filled.value) == date(2026, 12, 3)
