"""A number and a ZIP code of one breath, told apart."""

import pytest

from agent.dialogue.slots import digits
from agent.dialogue.slots_beside import named_zip, zip_behind


@pytest.mark.parametrize(
    ("text", "zip_code", "number"),
    [
        ("12345, zip 19901", "19901", "12345"),
        ("order 12345 and my zip code is 19901", "19901", "12345"),
        ("My zip is 19901 and the order number is 12345.", "19901", "12345"),
        ("zip code one nine nine oh one, order one two three four five", "19901", "12345"),
        ("The zip code's 0 4 1 0 1, and the order is 70012", "04101", "70012"),
        ("oh the postal code is double one two oh seven", "11207", None),
        ("Where is order 12345? My zip code is 19901-1234.", "19901-1234", "12345"),
    ],
)
def test_a_zip_code_that_is_called_so_stands_apart(text: str, zip_code: str, number: str | None) -> None:
    found = named_zip(text)
    assert found is not None and found[0] == zip_code
    rest = digits(found[1], 5)
    assert (rest.value if rest is not None else None) == number


@pytest.mark.parametrize(
    "text",
    [
        "my zip code is 1990",
        "I don't know my zip code, the order is 12345",
        "What's the zip code of order 12345?",
        "12345 and 23456",
    ],
)
def test_other_numbers_are_no_zip_code(text: str) -> None:
    assert named_zip(text) is None


@pytest.mark.parametrize(
    ("text", "length", "zip_code"),
    [
        ("12345 19901", 5, "19901"),
        ("one two three four five, one nine nine oh one", 5, "19901"),
        ("100001, oh four one oh one", 6, "04101"),
        ("100001 and 19901", 6, "19901"),
        ("12345 and 23456", 5, None),
        ("12345", 5, None),
        ("1 9 9 0 1", 5, None),
        ("12345 19901 23456", 5, None),
    ],
)
def test_the_zip_code_behind_the_number_that_was_asked_for(
    text: str, length: int, zip_code: str | None
) -> None:
    found = zip_behind(text, length)
    assert (found[0] if found is not None else None) == zip_code
