"""Mistakes in lists, ways and slots are told with their file, their line and what would be right."""

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from agent.dialogue.loader import load_business, mistakes
from agent.dialogue.opening_hours import open_days
from agent.settings import ROOT

SHOP = ROOT / "config/business/shop"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('pick = "order_status"', 'pick = "order_state"', "there's no tool 'order_state': did you mean"),
        (
            'item = "order_item"',
            'item = "order_itm"',
            "there's no phrase 'order_itm': did you mean 'order_item'",
        ),
        ('more = "shall_i_go_on"', 'more = "go_on_please"', "there's no phrase 'go_on_please'"),
        ('"status", "items"]', '"status", "colour"]', "'colour' is a column that the sql doesn't give"),
        ('then = "new_address"', 'then = "newer_address"', "there's no tool 'newer_address'"),
        ('slots = ["customer_email"]', 'slots = ["customer_mail"]', "there's no slot 'customer_mail'"),
        ("lower(:customer_email)", "lower(:customer_mail)", "':customer_mail' is no slot of this way"),
        ('offer = "offer_by_email"', 'offer = "offer_email"', "there's no phrase 'offer_email'"),
        (
            'optional = ["appointment_date"]',
            'optional = ["appointment_day"]',
            "there's no slot 'appointment_day'",
        ),
        ('impossible = "no_such_day"', 'impossible = "no_day"', "there's no phrase 'no_day'"),
        ('type = "postcode"', 'type = "postal_code"', "slots.zip_code.type"),
        (
            'opening = "orders_count"',
            'opening = "order_delivered"',
            "{delivery_date}, which the sql doesn't give",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line(old: str, new: str, told: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SHOP, tmp_path / "shop", ignore=shutil.ignore_patterns("callers")))
    text = (folder / "tools.toml").read_text("utf-8")
    assert old in text
    (folder / "tools.toml").write_text(text.replace(old, new, 1), "utf-8")
    said = [str(mistake) for mistake in mistakes(folder)]
    assert any(told in one and "tools.toml:" in one for one in said), said


def test_a_tool_without_answers_and_list_is_refused(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SHOP, tmp_path / "shop", ignore=shutil.ignore_patterns("callers")))
    with (folder / "tools.toml").open("a", encoding="utf-8") as file:
        file.write('\n[tools.mute]\ndescription = "Says nothing."\nsql = "SELECT 1"\nsource = "x"\n')
    assert any("a tool has answers, or a list" in str(mistake) for mistake in mistakes(folder))


def test_open_days_are_those_of_the_hours_without_holidays() -> None:
    days = json.loads(open_days(load_business(SHOP).profile, date(2026, 11, 24), ahead=7))
    assert [day["date"] for day in days] == [
        "2026-11-24", "2026-11-25", "2026-11-27", "2026-11-28", "2026-11-30",
    ]  # fmt: skip
    assert days[0] == {"date": "2026-11-24", "opens": "09:00", "closes": "18:00"}
    assert days[3]["closes"] == "16:00"
