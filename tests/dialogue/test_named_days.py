"""Opening hours of days by name and of several days at once: never another day's."""

import datetime as dt

import pytest

from agent.dialogue import BusinessDialogue
from agent.dialogue.named_days import named_day, unknown_day
from agent.dialogue.opening_hours import days_asked

TODAY = dt.date(2026, 11, 24)


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("are you open Easter Monday", dt.date(2027, 3, 29)),
        ("what about Christmas Eve", dt.date(2026, 12, 24)),
        ("are you open on Black Friday", dt.date(2026, 11, 27)),
        ("is the shop open the day after Thanksgiving", dt.date(2026, 11, 27)),
        ("are you open on Friday", None),
    ],
)
def test_a_day_by_name(shop: BusinessDialogue, said: str, day: dt.date | None) -> None:
    assert named_day(shop.shared.business.profile, said, TODAY) == day


def test_a_weekday_of_an_unknown_name_is_no_weekday() -> None:
    assert unknown_day("are you open on Super Bowl Sunday")
    assert not unknown_day("are you open next Sunday")


@pytest.mark.parametrize(
    ("said", "first", "last"),
    [
        ("when are you open next week", dt.date(2026, 11, 30), dt.date(2026, 12, 6)),
        ("are you open at the weekend", dt.date(2026, 11, 28), dt.date(2026, 11, 29)),
    ],
)
def test_several_days(said: str, first: dt.date, last: dt.date) -> None:
    asked = days_asked(said, TODAY)
    assert asked is not None and (asked.first, asked.last) == (first, last)


def test_one_day_is_not_several() -> None:
    assert days_asked("are you open on Monday next week", TODAY) is None


async def test_next_week_is_told_by_its_usual_hours(shop: BusinessDialogue) -> None:
    reply = await shop.open().respond("When are you open next week?")
    said = " ".join([sentence.text async for sentence in reply.sentences])
    assert "Monday to Friday" in said and "Saturday" in said
