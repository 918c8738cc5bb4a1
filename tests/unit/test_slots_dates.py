"""Dates, times of day and sums of money in what a caller says."""

import datetime as dt
from decimal import Decimal

import pytest

from agent.dialogue.slots import amount, date, time_of_day

TODAY = dt.date(2026, 11, 24)  # a Tuesday


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("the third of May", "2027-05-03"), ("May 3rd", "2027-05-03"), ("May the fourth", "2027-05-04"),
        ("next Tuesday", "2026-12-01"), ("tomorrow", "2026-11-25"), ("in two weeks", "2026-12-08"),
        ("last Friday", "2026-11-20"), ("2026-11-27", "2026-11-27"), ("the day after tomorrow", "2026-11-26"),
        ("November 27th 2026", "2026-11-27"), ("two days ago", "2026-11-22"), ("Friday", "2026-11-27"),
        ("twenty seventh of november", "2026-11-27"), ("a couple of days ago", "2026-11-22"),
        ("a week ago", "2026-11-17"), ("Monday next week", "2026-11-30"), ("yesterday", "2026-11-23"),
        ("I bought it on October 3rd", "2026-10-03"),
        ("December twenty fifth twenty twenty six", "2026-12-25"),
        ("in 10 days", "2026-12-04"), ("11/27/2026", "2026-11-27"), ("today", "2026-11-24"),
        ("three months ago", "2026-08-24"), ("11/30", "2026-11-30"),
    ],
)  # fmt: skip
def test_dates_are_read_from_today(text: str, value: str) -> None:
    found = date(text, TODAY)
    assert found is not None and (found.value.isoformat(), found.doubtful) == (value, False)


def test_a_date_that_can_be_read_twice_is_doubtful() -> None:
    assert date("3/5/2026", TODAY).doubtful  # type: ignore[union-attr]
    assert date("3/5/2026", TODAY, day_first=True).value == dt.date(2026, 5, 3)  # type: ignore[union-attr]
    assert date("next Friday", TODAY).doubtful  # type: ignore[union-attr]
    assert date("on the 27th", TODAY).value == dt.date(2026, 11, 27)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "text", ["may I ask something", "hello", "February 30th", "13/45/2026", "the first one", ""]
)
def test_what_names_no_day_is_no_date(text: str) -> None:
    assert date(text, TODAY) is None


@pytest.mark.parametrize(
    ("text", "value", "doubtful"),
    [
        ("half past three", "15:30", True), ("3 pm", "15:00", False), ("three thirty", "15:30", True),
        ("noon", "12:00", False), ("midnight", "00:00", False), ("5:30 p.m.", "17:30", False),
        ("quarter to five in the afternoon", "16:45", False), ("17:30", "17:30", False),
        ("three oh five pm", "15:05", False), ("ten past nine in the morning", "09:10", False),
        ("ten a.m.", "10:00", False), ("at four", "16:00", True), ("twelve a m", "00:00", False),
    ],
)  # fmt: skip
def test_times_of_day_are_read(text: str, value: str, doubtful: bool) -> None:
    found = time_of_day(text)
    assert found is not None
    assert (found.value.strftime("%H:%M"), found.doubtful) == (value, doubtful)


@pytest.mark.parametrize(
    ("text", "value", "doubtful"),
    [
        ("twelve dollars fifty", "12.50", False), ("$12.50", "12.50", False), ("twelve fifty", "12.50", True),
        ("fifty cents", "0.50", False), ("a hundred dollars", "100", False), ("$1,234.5", "1234.5", False),
        ("twelve and a half dollars", "12.5", False), ("twelve dollars and fifty cents", "12.50", False),
        ("two grand", "2000", False), ("20 bucks", "20", False), ("twenty", "20", True), ("£20", "20", False),
    ],
)  # fmt: skip
def test_sums_of_money_are_read(text: str, value: str, doubtful: bool) -> None:
    found = amount(text)
    assert found is not None and (found.value, found.doubtful) == (Decimal(value), doubtful)


def test_no_number_is_no_sum() -> None:
    assert amount("I don't know") is None
    assert time_of_day("I don't know") is None
