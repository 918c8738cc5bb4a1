"""Rows of a business's folder: asked as the live agent asks, with nothing of its customers."""

from pathlib import Path

import pytest

from agent.dialogue.draft import Line
from agent.dialogue.loader import load_business
from agent.dialogue.phrasing import Phrasebook, Value
from agent.dialogue.prompts import acts, wording
from agent.dialogue.responder import NAME
from finetune.data.acts import DECLINE
from finetune.data.business_folder import read_business, read_phrases
from finetune.data.rows import Row

SHOP = Path("config/business/shop")


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return read_business(SHOP, seed=1)


def test_a_tools_answer_is_asked_for_as_the_live_agent_does(rows: list[Row]) -> None:
    row = next(row for row in rows if row.id == "business:shop/order_status/answer-2-0.0:0")
    business = load_business(SHOP)
    phrases = Phrasebook(business)
    kinds = business.tools["order_status"].kinds
    values = {
        name: Value(name, fact.value, kinds.get(name, "text"), "orders") for name, fact in row.facts.items()
    }
    values["status"] = Value("status", "shipped", "text", "orders")
    said = [phrases.say("order_shipped", values, ("status",)), phrases.say("order_arrives", values)]
    lines = [Line(one, values, phrases.names(one.phrase or "")) for one in said if one is not None]
    caller = row.prompt[-1].content.split("\n")[0].removeprefix("Caller: ")
    live = wording(business.profile.persona, lines, caller)
    assert (row.prompt[0], row.prompt[-1]) == (live[0], live[-1])
    assert row.needed == ("order_number", "carrier", "ship_date", "delivery_date")
    assert "inform status = shipped" in row.prompt[-1].content
    assert row.reply.startswith("Your order {order_number} was shipped with {carrier} on {ship_date}. It's")


def test_a_fact_that_a_later_sentence_names_is_not_told_by_its_value() -> None:
    phrases = Phrasebook(load_business(SHOP))
    values = {
        "order_number": Value("order_number", "70012", "identifier", "orders"),
        "carrier": Value("carrier", "Parcelway", "text", "orders"),
        "ship_date": Value("ship_date", "2026-11-20", "date", "orders"),
        "delivery_date": Value("delivery_date", "2026-11-27", "date", "orders"),
    }
    first = phrases.say("order_shipped", values, ("delivery_date",))
    second = phrases.say("order_arrives", values)
    assert first is not None and second is not None
    told = acts(
        Line(one, values, phrases.names(phrase))
        for one, phrase in ((first, "order_shipped"), (second, "order_arrives"))
    )
    assert told[-1] == "inform delivery date = {delivery_date}"
    assert not [act for act in told if "2026" in act]


def test_every_reply_has_its_names_and_no_digit_of_a_fact(rows: list[Row]) -> None:
    assert len(rows) > 500
    for row in rows:
        assert set(NAME.findall(row.reply)) == set(row.needed) == set(row.facts)
        assert not row.declines or row.prompt[-1].content.endswith(DECLINE)
        assert row.reply[0].isupper() or row.reply[0] == "{"


def test_rows_are_the_same_for_the_same_seed_and_have_ids_of_their_own(rows: list[Row]) -> None:
    assert read_business(SHOP, seed=1) == rows
    assert len({row.id for row in rows}) == len(rows)
    assert read_business(SHOP, seed=2) != rows


def test_phrases_alone_keep_their_categories() -> None:
    rows = read_phrases(SHOP, seed=1)
    business = load_business(SHOP)
    assert [row.category for row in rows] == [phrase.category for phrase in business.phrases.values()]
    assert rows[0].prompt[-1].content == f"Say: say: {rows[0].reply}"


def test_documents_become_questions_with_the_businesss_own_facts(rows: list[Row]) -> None:
    told = [row for row in rows if row.category == "documents" and "return_days" in row.needed]
    assert told[0].prompt[-1].content.startswith("Caller: Do I have longer over the holidays?\nSay: inform")
    assert told[0].facts["return_days"].value == "30"


def test_values_of_customers_are_drawn_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(*_: object, **__: object) -> None:
        raise AssertionError("the database was opened")

    monkeypatch.setattr("agent.dialogue.database.Database.__init__", opened)
    assert read_business(Path("config/business/clinic"), seed=1)
