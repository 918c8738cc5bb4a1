"""Dates of birth: said with their year in many ways; another date is none."""

from datetime import date

import pytest

from agent.dialogue.birth_dates import past_date, without_past_date

TODAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("said", "born"),
    [
        ("March 14th 1985", "1985-03-14"),
        ("March fourteenth nineteen eighty five", "1985-03-14"),
        ("the 14th of March, 1985", "1985-03-14"),
        ("14 March nineteen eighty-five", "1985-03-14"),
        ("the second of November nineteen fifty two", "1952-11-02"),
        ("3/14/85", "1985-03-14"),
        ("11-02-1952", "1952-11-02"),
        ("03141985#", "1985-03-14"),
        ("March 14, '85", "1985-03-14"),
        ("january ninth sixty eight", "1968-01-09"),
        ("June 21st twenty nineteen", "2019-06-21"),
        ("May fifth oh five", "2005-05-05"),
        ("March 3rd, nineteen oh five", "1905-03-03"),
        ("my birthday is June 21 2019", "2019-06-21"),
    ],
)
def test_a_date_of_birth_is_read(said: str, born: str) -> None:
    found = past_date(said, TODAY)
    assert found is not None and found.value.isoformat() == born and not found.doubtful


@pytest.mark.parametrize(
    "said",
    ["March 14th", "next Friday", "today", "Thursday at 3:20 pm", "March 3rd 2027", "March 3rd at nine",
     "20417",
     "February 29 1985", "May 5 at 3", "Friday the 13th"],
)  # fmt: skip
def test_what_is_no_date_of_birth_is_none(said: str) -> None:
    assert past_date(said, TODAY) is None


def test_day_and_month_stand_in_the_order_of_the_country() -> None:
    found = past_date("3/5/1985", TODAY, day_first=True)
    assert found is not None and found.value == date(1985, 5, 3)


def test_the_rest_of_a_sentence_is_left_for_other_slots() -> None:
    said = "I'm Helen Marsh, born on March 14 1985, number 20417"
    assert "1985" not in without_past_date(said, TODAY) and "20417" in without_past_date(said, TODAY)
