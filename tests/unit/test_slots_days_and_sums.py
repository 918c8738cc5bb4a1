"""Dates, times of day and sums as callers say them: what is meant, and what is none."""

import datetime as dt
from decimal import Decimal

import pytest

from agent.dialogue.dates import impossible
from agent.dialogue.slots import amount, date, time_of_day

TODAY = dt.date(2026, 11, 24)
"""A Tuesday."""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("next Tuesday", "2026-12-01"),
        ("the third of May", "2027-05-03"),
        ("in two weeks", "2026-12-08"),
        ("tomorrow at ten", "2026-11-25"),
        ("a week from Friday", "2026-12-04"),
        ("two weeks from tomorrow", "2026-12-09"),
        ("three days from today", "2026-11-27"),
        ("a week from today", "2026-12-01"),
        ("two weeks from now", "2026-12-08"),
        ("Friday week", "2026-12-04"),
        ("tomorrow week", "2026-12-02"),
        ("a week on Monday", "2026-12-07"),
        ("a fortnight from Monday", "2026-12-14"),
        ("in a fortnight", "2026-12-08"),
        ("in a week's time", "2026-12-01"),
        ("the Friday after next", "2026-12-04"),
        ("Tuesday the 1st", "2026-12-01"),
        ("Tuesday the first of December", "2026-12-01"),
        ("Monday the seventh", "2026-12-07"),
        ("the first Monday in December", "2026-12-07"),
        ("the last Friday in December", "2026-12-25"),
        ("10.30.2026", "2026-10-30"),
        ("at 10.30 on Friday", "2026-11-27"),
        ("February 29th", "2028-02-29"),
        ("December the 24th", "2026-12-24"),
        ("on the third", "2026-12-03"),
        ("on the 3rd", "2026-12-03"),
        ("31 December", "2026-12-31"),
        ("thirty first of December", "2026-12-31"),
        ("the 5th of December at half past ten", "2026-12-05"),
        ("in three days", "2026-11-27"),
        ("in a couple of weeks", "2026-12-08"),
        ("this Friday", "2026-11-27"),
        ("this coming Friday", "2026-11-27"),
        ("Wednesday", "2026-11-25"),
        ("day after tomorrow", "2026-11-26"),
        ("12/2", "2026-12-02"),
        ("12/02/2026", "2026-12-02"),
        ("2026-12-02", "2026-12-02"),
        ("ten days from now", "2026-12-04"),
        ("a month from today", "2026-12-24"),
        ("the 2nd of December please", "2026-12-02"),
        ("December 2", "2026-12-02"),
        ("Tuesday, December 3rd", "2026-12-03"),
        ("next week Thursday", "2026-12-03"),
        ("Thursday next week", "2026-12-03"),
        ("Thursday of next week", "2026-12-03"),
        ("end of the month", "2026-11-30"),
    ],
)
def test_a_day_is_the_one_that_was_meant(text: str, value: str) -> None:
    found = date(text, TODAY)
    assert found is not None and found.value.isoformat() == value


@pytest.mark.parametrize(
    "text",
    [
        "10.30",
        "ten thirty",
        "the 31st of February",
        "the second one",
        "wed at noon",
        "in the morning",
        "at ten",
        "the week after next",
        "in ten minutes",
        "I may come",
        "march in",
    ],
)
def test_what_names_no_day_is_none(text: str) -> None:
    assert date(text, TODAY) is None


@pytest.mark.parametrize(
    "text",
    [
        "the 31st of February",
        "November 31st",
        "the 32nd",
        "13/45/2026",
        "the thirty first of June",
        "2026-02-30",
    ],
)
def test_a_day_that_no_calendar_has_is_told_apart(text: str) -> None:
    assert date(text, TODAY) is None and impossible(text, TODAY)


@pytest.mark.parametrize(
    "text", ["next Tuesday", "February 29th", "ten thirty", "10.30", "hello", "the first one"]
)
def test_a_day_that_exists_and_no_day_at_all_are_not_impossible(text: str) -> None:
    assert not impossible(text, TODAY)


def test_a_weekday_that_is_not_the_dates_is_doubtful() -> None:
    found = date("Tuesday, December 3rd", TODAY)
    assert found is not None and (found.doubtful, found.why) == (True, "weekday")
    assert not date("Thursday, December 3rd", TODAY).doubtful  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("half past ten", "10:30"),
        ("quarter to five in the afternoon", "16:45"),
        ("noon", "12:00"),
        ("10.30", "10:30"),
        ("10:30", "10:30"),
        ("at 1030", "10:30"),
        ("ten thirty", "10:30"),
        ("half ten", "10:30"),
        ("quarter of five", "16:45"),
        ("twenty past two", "14:20"),
        ("a quarter past nine in the morning", "09:15"),
        ("twenty-five to four", "15:35"),
        ("eight at night", "20:00"),
        ("at eight at night", "20:00"),
        ("maybe ten in the morning would be good", "10:00"),
        ("let's say nine in the morning please", "09:00"),
        ("tomorrow at ten", "10:00"),
        ("ten o'clock", "10:00"),
        ("fourteen thirty", "14:30"),
        ("fourteen hundred hours", "14:00"),
        ("9am", "09:00"),
        ("9 a.m.", "09:00"),
        ("3 p.m. please", "15:00"),
        ("half past twelve", "12:30"),
        ("twelve noon", "12:00"),
        ("twelve thirty pm", "12:30"),
        ("five to three", "14:55"),
        ("ten after ten", "10:10"),
        ("around four", "16:00"),
        ("by five thirty", "17:30"),
        ("oh nine thirty", "09:30"),
        ("at nine oh five", "09:05"),
        ("midnight", "00:00"),
        ("midday", "12:00"),
        ("two weeks from Friday at three", "15:00"),
        ("nine fifteen tomorrow morning", "09:15"),
        ("10 in the evening", "22:00"),
        ("at 7", "19:00"),
        ("seven in the morning", "07:00"),
        ("okay, then half pass two, please", "14:30"),
        ("at half by 10 in the morning", "10:30"),
        ("next Tuesday, I have passed 10 in the morning", "10:30"),
        ("quarter passed five", "17:15"),
    ],
)
def test_a_time_is_the_one_that_was_meant(text: str, value: str) -> None:
    found = time_of_day(text)
    assert found is not None and found.value.strftime("%H:%M") == value


@pytest.mark.parametrize(
    "text",
    [
        "17h30",
        "on the third of May",
        "I have two questions",
        "twenty five o'clock",
        "ten seventy",
        "at 25:00",
        "account 100001",
        "the first one",
        "in two weeks",
        "half of it",
        "quarter past",
        "I have passed the house",
        "two days have passed",
    ],
)
def test_what_names_no_time_is_none(text: str) -> None:
    assert time_of_day(text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("forty two fifty", "42.50"),
        ("4250", "42.50"),
        ("it was 8490.", "84.90"),
        ("4250 dollars", "4250"),
        ("4,250", "4250"),
        ("2000", "2000"),
        ("twelve hundred dollars", "1200"),
        ("a hundred and five euros and twenty cents", "105.20"),
        ("$12.50", "12.50"),
        ("42.50", "42.50"),
        ("42 50", "42.50"),
        ("$1,249.50", "1249.50"),
        ("one thousand two hundred forty nine dollars and fifty cents", "1249.50"),
        ("twelve forty nine fifty", "1249.50"),
        ("twelve hundred forty nine fifty", "1249.50"),
        ("ninety nine ninety nine", "99.99"),
        ("a dollar fifty", "1.50"),
        ("a buck fifty", "1.50"),
        ("fifty bucks", "50"),
        ("twenty five cents", "0.25"),
        ("two thousand", "2000"),
        ("eighty four ninety", "84.90"),
        ("eighty-four dollars ninety", "84.90"),
        ("eighty four point nine", "84.90"),
        ("eighty four point nine oh", "84.90"),
        ("fifty eight dollars", "58"),
        ("one hundred and five", "105"),
        ("a hundred and five fifty", "105.50"),
        ("three dollars and five cents", "3.05"),
        ("three oh five", "3.05"),
        ("ten pounds and five pence", "10.05"),
        ("twelve fifty", "12.50"),
        ("half a dollar", "0.50"),
        ("two hundred twelve forty", "212.40"),
        ("two twelve forty", "212.40"),
        ("212.40", "212.40"),
        ("$84.9", "84.90"),
        ("1,249.50", "1249.50"),
        ("$ 20", "20"),
        ("20 dollars", "20"),
        ("20 dollars 5", "20.05"),
        ("a thousand dollars", "1000"),
        ("one and a half thousand dollars", "1500"),
        ("two and a half dollars", "2.50"),
        ("thirty quid", "30"),
        ("five hundred grand", "500000"),
        ("zero", "0"),
        ("it's sixty four", "64"),
        ("€105.20", "105.20"),
        ("105,20 euros", "105.20"),
    ],
)
def test_a_sum_is_the_one_that_was_meant(text: str, value: str) -> None:
    found = amount(text)
    assert found is not None and found.value == Decimal(value)


@pytest.mark.parametrize("text", ["I don't know", "no", "nothing", "", "the red one please"])
def test_what_names_no_sum_is_none(text: str) -> None:
    assert amount(text) is None


@pytest.mark.parametrize("text", ["forty two fifty", "two twelve forty", "three oh five", "it's sixty four"])
def test_a_sum_without_its_currency_is_doubtful(text: str) -> None:
    assert amount(text).doubtful  # type: ignore[union-attr]
