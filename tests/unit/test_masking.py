"""Card numbers are masked however they are said; other numbers stay."""

import pytest

from agent.call.masking import luhn, mask, mask_across, mask_value

WORDS = "four one one one, one one one one, one one one one, one one one one"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("4111111111111111", "****1111"),
        ("My card is 4111 1111 1111 1111, thanks.", "My card is ****1111, thanks."),
        ("4111-1111-1111-1111", "****1111"),
        ("4111, 1111, 1111, 1111.", "****1111."),
        ("It's 4-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1", "It's ****1111"),
        (f"It's {WORDS} and it expires soon", "It's ****1111 and it expires soon"),
        ("four triple one, double one double one, 1111 one one 11", "****1111"),
        ("forty one eleven eleven eleven eleven eleven eleven eleven", "****1111"),
        ("four one one one um one one one one uh 1111 then 1111", "****1111"),
        ("3782 822463 10005", "****0005"),
        ("5500 oh oh oh oh zero 0 0 0 oh oh oh four", "****0004"),
        ("6304 0000 0000 0000 000 has 19 digits", "****0000 has 19 digits"),
        ("4111111111111111 5500000000000004", "****1111 ****0004"),
        ("4111 1111 1111 1111 12 26", "****1111 12 26"),
        ("12345 4111111111111111", "12345 ****1111"),
        ("4222222222222", "****2222"),
    ],
)
def test_a_card_number_keeps_its_last_four_digits_only(text: str, kept: str) -> None:
    assert mask(text) == kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        "My order is 12345.",
        "orders 12345, 12346 and 12347",
        "Call me at +1 (555) 010-0199.",
        "+44 20 7946 0958",
        "one two three four five",
        "4111 1111 1111 1112",
        "I ordered 3 kettles on March 14, 2026 for $49.99 at 10:30, order 10001.",
        "double trouble and triple sec",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert mask(text) == text


def test_values_are_masked_as_deep_as_they_go() -> None:
    card = "4111111111111111"
    assert mask_value({"card": card, "list": [card, 7, None, True], card: int(card)}) == {
        "card": "****1111",
        "list": ["****1111", 7, None, True],
        "****1111": "****1111",
    }


def test_a_number_said_over_two_turns_is_masked_in_both() -> None:
    assert mask_across("It's 4111 1111", "1111 1111 and that's it") == (
        "It's ****",
        "****1111 and that's it",
    )
    assert mask_across("order 12345", "no, 4111111111111111") == ("order 12345", "no, ****1111")


def test_luhn_takes_the_standards_own_example_and_refuses_each_single_wrong_digit() -> None:
    number = "79927398713"
    assert luhn(number)
    wrong = [
        number[:i] + str((int(d) + k) % 10) + number[i + 1 :]
        for i, d in enumerate(number)
        for k in range(1, 10)
    ]
    assert not any(luhn(text) for text in wrong)
