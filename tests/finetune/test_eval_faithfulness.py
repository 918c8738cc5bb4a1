"""What a reply did with its facts: by names, and in values."""

import pytest

from finetune.data.forms import FREE_RULES, free, voiced
from finetune.data.rows import NamedFact
from finetune.evaluate.faithfulness import in_digits, judge, told
from tests.finetune.eval_rows import row


@pytest.mark.parametrize(
    ("reply", "missing", "invented"),
    [
        ("Order {order_number} shipped on {ship_date}.", (), ()),
        ("It shipped on {ship_date}.", ("order_number",), ()),
        ("{ship_date}, {order_number}, and {eta}.", (), ("{eta}",)),
        ("Order {order_number} shipped on {ship_date} with 3 boxes.", (), ("3",)),
        ("Order {order_number} shipped on {ship_date}, thirty days ago.", (), ("30",)),
        ("Order {order_number} shipped on {ship_date}, a Friday.", (), ("friday",)),
        ("Order {order_number} shipped on {ship_date} {", (), ("an open brace",)),
        ("Order 12345 shipped on {ship_date}.", ("order_number",), ("12345",)),
        ("One moment: {order_number} shipped on {ship_date}.", (), ()),
        ("", ("ship_date", "order_number"), ()),
    ],
)
def test_by_names_a_fact_is_its_name_and_nothing_else(
    reply: str, missing: tuple[str, ...], invented: tuple[str, ...]
) -> None:
    judged = judge(row(), reply, "names")
    assert judged.missing == missing
    assert judged.invented == invented


@pytest.mark.parametrize(
    ("reply", "missing", "invented"),
    [
        ("Order 12345 shipped on November 27, 2026.", (), ()),
        ("Order 12345 shipped on November 27.", (), ()),
        ("Order 12345 shipped on Friday, November 27.", (), ()),
        ("Order one two three four five shipped on November 27.", (), ()),
        ("Order 12345 shipped on November 28.", ("ship_date",), ("--11-28",)),
        ("Order 12354 shipped on November 27.", ("order_number",), ("12354",)),
        ("Order 12345 shipped on {ship_date}.", ("ship_date",), ("an open brace",)),
    ],
)
def test_in_values_a_fact_is_its_value_however_written(
    reply: str, missing: tuple[str, ...], invented: tuple[str, ...]
) -> None:
    judged = judge(row(), reply, "free")
    assert judged.missing == missing
    assert judged.invented == invented


def test_what_an_act_says_as_it_is_isn_t_invented() -> None:
    policy = row(facts={}, acts=["say: You can return it within 30 days."])
    assert judge(policy, "You can return it within thirty days.", "names").invented == ()
    assert judge(policy, "You can return it within 60 days.", "names").invented == ("60",)


def test_the_live_check_decides_what_is_kept() -> None:
    assert judge(row(), "Order {order_number} shipped on {ship_date}.", "names").kept
    free_of_charge = judge(row(), "Order {order_number} shipped on {ship_date}. It is free.", "names")
    assert "amount" in free_of_charge.refused
    assert not free_of_charge.kept
    assert not free_of_charge.invented


def test_declining_is_heard() -> None:
    nothing = row(facts={}, acts=["say that nothing was found"], declines=True)
    assert judge(nothing, "I'm sorry, I couldn't find an order.", "names").declined
    assert judge(nothing, "There is no such order.", "names").declined
    assert not judge(nothing, "Your order is on its way.", "names").declined


def test_a_free_row_has_values_where_names_stood_and_rules_that_fit() -> None:
    made = free(row())
    texts = [message.content for message in made.messages]
    assert not any("{" in text for text in texts)
    assert texts[0].endswith(FREE_RULES)
    assert "inform ship date = November 27, 2026" in texts[-2]
    assert made.reply == "Order 12345 shipped on November 27, 2026."
    assert made.needed == ("ship_date", "order_number")


def test_a_reply_is_voiced_by_the_types_of_its_facts() -> None:
    assert (
        voiced("Order {order_number}, {unknown}.", row().facts) == "Order one two three, four five, unknown."
    )


def test_words_for_numbers_compare_with_digits() -> None:
    assert in_digits("twenty-one days, two hundred and five") == "21 days, 205"
    assert in_digits("one of them, code one two three") == "one of them, code one two three"
    assert told("2 tickets", "I have two tickets for you")
    assert not told("3 tickets", "I have two tickets for you")
    assert told("Blue Kettle", "The blue kettle is here.")


def test_times_and_money_compare_however_written() -> None:
    facts = {"opens": NamedFact("09:00", "time"), "price": NamedFact("84.90", "money")}
    both = row(facts=facts)
    assert judge(both, "We open at 9 a.m. and it costs $84.90.", "free").missing == ()
    assert judge(both, "We open at 9 PM and it costs $84.50.", "free").missing == ("opens", "price")
