"""How words bear on a wish's slots."""

import pytest

from agent.dialogue.frames_said import renames

BOOKING = ("account_number", "appointment_date", "appointment_time")


@pytest.mark.parametrize(
    ("text", "slot", "wanted", "meant"),
    [
        ("I need another appointment on Monday", "account_number", BOOKING, False),
        ("I need another appointment on Monday", "appointment_date", BOOKING, True),
        ("for another account, please", "account_number", BOOKING, True),
        ("where is my other order?", "order_number", ("order_number",), True),
        ("and another one", "account_number", BOOKING, True),
        ("it's for another parcel", "order_number", ("order_number",), True),
        ("the other", "order_number", ("order_number",), True),
        ("where is my order?", "order_number", ("order_number",), False),
    ],
)
def test_what_is_spoken_of_as_another_is_no_longer_known(
    text: str, slot: str, wanted: tuple[str, ...], meant: bool
):
    assert renames(text, slot, wanted) is meant
