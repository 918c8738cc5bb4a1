"""True values in false sentences: a model's words around a name are those of the approved phrase."""

import pytest

from agent.dialogue.loader import load_business
from agent.dialogue.said_of_names import unlike
from agent.settings import ROOT

DIGITS = "Your account number has {account_number_digits} digits and stands at the top of each bill."
OVERDUE = "Your bill of {amount} was due on {due_date}."
DUE = "Your bill of {amount} is due on {due_date}."
PERSON = "You can reach a person at {human_phone}."
US = "You can reach us at {email}."
LATE = "If you come more than {late_minutes} minutes late, the appointment may go to somebody else."
OUTAGE = "The electricity in {town} has been out since {since} because of {cause}."
PLANNED = "The work is planned to start at {starts}."
USED = "Your latest bill, of {bill_date}, is for {used} kilowatt hours."
STOCK = "We have {stock} of the {product} in stock."
RATE = "{tariff} costs {price} a kilowatt hour."
SHIPPED = "Your order {order_number} was shipped with {carrier} on {ship_date}."
ARRIVES = "It's expected to arrive on {delivery_date}."
NOT_LEFT = "Your order {order_number} hasn't left our warehouse yet. It's planned to ship on {ship_date}."
WHOLE = "Your order {order_number} was shipped with {carrier} on {ship_date}, and it is expected to arrive on {delivery_date}."  # noqa: E501


@pytest.mark.parametrize(
    ("written", "phrases"),
    [
        ("Your account number is {account_number_digits}.", [DIGITS]),
        ("Your account number has {account_number_digits} letters.", [DIGITS]),
        ("Your bill of {amount} is due on {due_date}.", [OVERDUE]),
        ("Your bill of {amount} was due on {due_date}.", [DUE]),
        ("Your bill of {amount} isn't due on {due_date}.", [DUE]),
        ("Your bill of {amount} is never due on {due_date}.", [DUE]),
        ("You cannot reach a person at {human_phone}.", [PERSON]),
        ("Your bill of {amount} is due by {due_date}.", [DUE]),
        ("I can reach you at {human_phone}.", [PERSON]),
        ("I can't reach you at {human_phone}.", [PERSON]),
        ("We can reach you at {email}.", [US]),
        ("Your phone is {human_phone}.", [PERSON]),
        ("How about {human_phone}?", [PERSON]),
        ("You can pay a person at {human_phone}.", [PERSON]),
        ("You can come {late_minutes} minutes late.", [LATE]),
        ("The cause is planned to start at {cause}.", [OUTAGE, PLANNED]),
        ("The electricity in {town} will be out since {since}.", [OUTAGE]),
        ("It was used before {used}.", [USED]),
        ("The {product} is a {stock} item.", [STOCK]),
        ("{tariff} costs {price} a month.", [RATE]),
        ("It arrived on {delivery_date}.", [ARRIVES]),
        ("It was shipped on {delivery_date}.", [SHIPPED, ARRIVES]),
        ("It was shipped on {ship_date}.", [NOT_LEFT]),
        ("It will be delivered with {carrier} on {ship_date}.", [SHIPPED]),
    ],
)
def test_a_true_value_in_a_false_sentence_is_told(written: str, phrases: list[str]) -> None:
    assert unlike(written, phrases) is not None


@pytest.mark.parametrize(
    ("written", "phrases"),
    [
        (DIGITS, [DIGITS]),
        ("There, your account number has {account_number_digits} digits.", [DIGITS]),
        ("The bill of {amount} was due on {due_date}.", [OVERDUE]),
        (WHOLE, [SHIPPED, ARRIVES]),
        ("It arrives on {delivery_date}.", [ARRIVES]),
        ("Order {order_number} was shipped on {ship_date} with {carrier}.", [SHIPPED]),
        ("You can reach a person at {human_phone}.", [PERSON]),
        ("{tariff} costs {price} per kilowatt hour.", ["{tariff} costs {price} per kilowatt hour."]),
        ("We have {stock} of the {product}.", [STOCK]),
        ("The electricity has been out since {since} because of {cause}.", [OUTAGE]),
    ],
)
def test_the_same_in_other_words_is_not(written: str, phrases: list[str]) -> None:
    assert unlike(written, phrases) is None


@pytest.mark.parametrize(
    "phrase", [DIGITS, OVERDUE, DUE, PERSON, US, LATE, OUTAGE, PLANNED, USED, STOCK, RATE, SHIPPED, NOT_LEFT]
)
def test_a_phrase_is_like_itself(phrase: str) -> None:
    assert unlike(phrase, [phrase]) is None


@pytest.mark.parametrize("business", ["shop", "clinic", "utility"])
def test_so_is_each_of_a_business(business: str) -> None:
    phrases = load_business(ROOT / "config" / "business" / business).phrases
    assert len(phrases) > 50
    assert [name for name, one in phrases.items() if unlike(one.text, [one.text]) is not None] == []


def test_a_name_of_no_phrase_is_left_to_the_truth_check() -> None:
    assert unlike("Ask for {town}.", [PERSON]) is None
