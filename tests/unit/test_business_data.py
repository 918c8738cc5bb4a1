"""The demo shop's folder is whole, and every mistake in a folder is told with its file and line."""

import shutil
from pathlib import Path

import pytest

from agent.dialogue.business import CATEGORIES, BusinessError
from agent.dialogue.loader import load_business, mistakes
from agent.settings import ROOT

SHOP = ROOT / "config/business/shop"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHOP, tmp_path / "shop"))


def change(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text("utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), "utf-8")


def told(folder: Path) -> str:
    with pytest.raises(BusinessError) as caught:
        load_business(folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_shop_has_its_phrases_in_all_nine_categories() -> None:
    shop = load_business(SHOP)
    assert len(shop.phrases) >= 65
    assert {phrase.category for phrase in shop.phrases.values()} == set(CATEGORIES)
    assert len(CATEGORIES) == 9


def test_the_shop_has_at_least_eighteen_intents_with_eight_examples_each() -> None:
    intents = {
        name: intent for name, intent in load_business(SHOP).intents.items() if intent.action != "none"
    }
    assert len(intents) >= 18
    assert {name: len(i.examples) for name, i in intents.items() if len(i.examples) < 7} == {}


def test_every_phrase_of_the_shop_is_used() -> None:
    from agent.dialogue.business import REQUIRED_PHRASES

    texts = "".join((SHOP / file).read_text("utf-8") for file in ("tools.toml", "intents.toml"))
    actions = {
        "human_transfer", "human_hours", "opening_hours", "open_now", "closed_now", "closed_holiday",
        "closed_holiday_on", "closed_on", "unknown_day", "open_on", "open_at_time", "closed_then",
        "callback_no_time",
        "callback_offer", "calm", "english_only", "english_only_es", "english_only_fr", "english_only_de",
        "take_your_time", "slower_ok", "slower_no", "faster_ok", "faster_no", "louder_ok", "louder_no",
        "quieter_ok", "quieter_no", "hold", "hold_longer", "hold_change", "earlier_answer",
        "goodbye_server", "nothing_listed",
    }  # fmt: skip
    unused = [
        name
        for name in load_business(SHOP).phrases
        if f'"{name}"' not in texts and name not in REQUIRED_PHRASES and name not in actions
    ]
    assert unused == []


def test_the_greeting_says_that_an_automated_agent_speaks(folder: Path) -> None:
    change(folder, "business.toml", "this is the automated agent", "this is Joe")
    text = told(folder)
    assert "business.toml:" in text and "greeting" in text and "automated" in text


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "parts"),
    [
        ("phrases.toml", 'kind = "social"', 'kind = "sozial"', 8, ("hello.kind", "'answer'")),
        ("phrases.toml", 'category = "greetings"', 'category = "hi"', 7, ("hello.category", "billing")),
        ("phrases.toml", 'text = "Hello, and', 'txt = "Hello, and', None, ("hello",)),
        ("phrases.toml", "{order_number}?", "{Order}?", None, ("confirm_order_number", "{order_number}")),
        ("business.toml", 'persona = "', 'personna = "', None, ("person",)),
        ("business.toml", '"America/New_York"', '"New York"', None, ("timezone", "America/New_York")),
        ("business.toml", 'monday = ["09:00"', 'monday = ["19:00"', None, ("hours", "closes before")),
        ("business.toml", "tuesday = ", "teusday = ", None, ("hours", "teusday")),
        ("business.toml", '"07-04"', '"07-34"', None, ("holidays", "no day of the calendar")),
        ("business.toml", '"07-04"', '"2026-02-30"', None, ("holidays", "2026-02-30")),
        ("business.toml", '"sqlite:///data/shop.db"', '"shop.db"', None, ("database", "sqlite:///")),
        ("intents.toml", 'tool = "order_status"', 'tool = "order_state"', None, ("state", "order_status")),
        ("intents.toml", 'action = "human"', 'action = "humane"', None, ("human", "goodbye")),
        ("tools.toml", 'ask = "ask_order_number"', 'ask = "ask_order"', None, ("slots", "ask_order_number")),
        ("tools.toml", "number = :order_number", "number = :ordernumber", None, ("ordernumber", "slot")),
        ("tools.toml", 'say = ["order_delivered"]', 'say = ["refund_sent"]', None, ("refund_amount",)),
        ("tools.toml", 'type = "digits"', 'type = "digit"', 9, ("slots.order_number.type", "'digits'")),
        ("tools.toml", "SELECT name AS product, sku, price", "DELETE FROM products --", None, ("SELECT",)),
    ],
)  # fmt: skip
def test_a_mistake_names_its_file_and_key_and_what_would_be_right(
    file: str, old: str, new: str, line: int | None, parts: tuple[str, ...], folder: Path
) -> None:
    change(folder, file, old, new)
    text = told(folder)
    assert f"{folder / file}:{line}" in text if line else f"{folder / file}:" in text
    for part in parts:
        assert part in text


def test_broken_toml_names_the_line(folder: Path) -> None:
    change(folder, "tools.toml", "[slots.order_number]", "[slots.order_number")
    assert "line 8" in told(folder)


def test_a_missing_file_and_a_missing_folder_are_told(folder: Path, tmp_path: Path) -> None:
    (folder / "intents.toml").unlink()
    assert "intents.toml isn't there" in told(folder)
    assert "is no business" in told(tmp_path / "nowhere")


def test_all_mistakes_are_told_not_the_first_alone(folder: Path) -> None:
    change(folder, "phrases.toml", 'kind = "social"', 'kind = "sozial"')
    change(folder, "business.toml", '"America/New_York"', '"New York"')
    assert len(list(mistakes(folder))) == 2
