"""A phrase or greeting that states what no fact proves is refused; idioms aren't."""

import shutil
from pathlib import Path

import pytest

from agent.dialogue.business import BusinessError
from agent.dialogue.loader import load_business, mistakes
from agent.dialogue.loader_claims import unproven, vows
from agent.settings import ROOT

SHOP = ROOT / "config/business/shop"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHOP, tmp_path / "shop"))


def said(text: str) -> list[str]:
    return [found.text for found in unproven(text, load_business(SHOP))]


def test_a_phrase_with_numbers_and_a_promise_is_refused_with_line_and_advice(folder: Path) -> None:
    file = folder / "phrases.toml"
    old = 'text = "Thanks for calling, goodbye."'
    text = file.read_text("utf-8").replace(old, 'text = "We deliver in 3 days, guaranteed, for 19 dollars."')
    file.write_text(text, "utf-8")
    line = text[: text.index("We deliver in 3 days")].count("\n") + 1
    told = [str(error) for error in mistakes(folder)]
    assert len(told) == 3
    assert all(f"{file}:{line}: closing.text: " in error for error in told)
    assert "'3'" in told[0] and "[facts]" in told[0] and "name it" in told[0]
    assert "'guaranteed'" in told[1] and "promise" in told[1]
    assert "'19 dollars'" in told[2]
    with pytest.raises(BusinessError, match="proven by no fact"):
        load_business(folder)


def test_a_greeting_is_read_too(folder: Path) -> None:
    file = folder / "business.toml"
    file.write_text(file.read_text("utf-8").replace("How can I help you?", "We answer in 2 minutes."))
    (error,) = mistakes(folder)
    assert "business.toml:" in str(error) and "greeting" in str(error) and "'2'" in str(error)


def test_a_number_that_is_a_fact_is_to_be_named() -> None:
    (found,) = unproven("You have 30 days.", load_business(SHOP))
    assert "{return_days}" in found.advice
    assert said("You have {return_days} days.") == []


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("It takes five minutes.", ["five"]),
        ("Everything costs nineteen dollars.", ["nineteen dollars"]),
        ("Returns are free.", ["free"]),
        ("We ship every order tomorrow.", ["tomorrow"]),
        ("Your money comes on Friday.", ["Friday"]),
        ("We're open around the clock, 24/7.", ["24", "7"]),
        ("We will refund you at once.", ["We will refund"]),
        ("We guarantee the best price.", ["guarantee"]),
        ("I've cancelled your order.", ["I've cancelled"]),
        ("Our team will call you back today.", ["team will call", "today"]),
        ("Please call 911.", ["911"]),
    ],
)
def test_what_no_fact_proves_is_refused(text: str, refused: list[str]) -> None:
    assert said(text) == refused


@pytest.mark.parametrize(
    "text",
    [
        "One moment, please.",
        "Just a second.",
        "Give me two seconds.",
        "First, switch it off.",
        "Please say it once more, one by one.",
        "Press 1 or 2.",
        "How can I help you today?",
        "Thanks for calling today.",
        "Please feel free to call.",
        "I'll be right with you.",
        "One of our colleagues can help.",
        "Would you like another one?",
        "We're happy to help.",
        "Welcome to Harbor Goods.",
        "Standard shipping costs {standard_shipping}, and it's free for orders over {free_shipping_over}.",
    ],
)
def test_idioms_and_named_facts_are_none(text: str) -> None:
    assert said(text) == []


def test_a_free_time_is_no_sum() -> None:
    text = "{appointment_date} at {appointment_time} is free, shall I book it?"
    assert list(unproven(text, load_business(SHOP), timed=["appointment_date"])) == []
    assert [found.text for found in unproven(text, load_business(SHOP))] == ["free"]


def test_a_business_named_by_a_number_may_say_its_name() -> None:
    shop = load_business(SHOP)
    named = shop.model_copy(update={"profile": shop.profile.model_copy(update={"name": "Studio 54"})})
    assert list(unproven("Thanks for calling Studio 54.", named)) == []
    assert [found.text for found in unproven("Thanks for calling Studio 54.", shop)] == ["54"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Shipping costs nothing.", "costs nothing"),
        ("You can cancel until the parcel leaves.", "You can cancel"),
        ("We always answer.", "always"),
        ("You can call us there.", None),
        ("Could you say it again?", None),
    ],
)
def test_a_promise_in_so_many_words_is_listed_until_the_owner_vouches_for_it(
    folder: Path, text: str, words: str | None
) -> None:
    assert dict(vows(load_business(folder))) == {}
    file = folder / "phrases.toml"
    before = file.read_text("utf-8")
    phrase = '\n[house_rule]\ncategory = "returns and exchanges"\nkind = "answer"\ntext = "TEXT"\n'.replace(
        "TEXT", text
    )
    file.write_text(before + phrase, "utf-8")
    assert dict(vows(load_business(folder))).get("house_rule") == words
    file.write_text(before + phrase + "promise = true\n", "utf-8")
    assert dict(vows(load_business(folder))) == {}


def test_an_owner_who_vouches_may_guarantee(folder: Path) -> None:
    file = folder / "phrases.toml"
    phrase = (
        '\n[vow]\ncategory = "returns and exchanges"\nkind = "answer"\ntext = "We guarantee a good price."\n'
    )
    before = file.read_text("utf-8")
    file.write_text(before + phrase, "utf-8")
    assert any("guarantee" in str(error) for error in mistakes(folder))
    file.write_text(before + phrase + "promise = true\n", "utf-8")
    assert list(mistakes(folder)) == []
