"""The demo shop as a business that tells anybody what they ask for: without [identify]."""

import re
from pathlib import Path

BY_NAME = '''[[slots.account_number.ways]]
slots = ["last_name", "home_zip"]
sql = """
SELECT account_number FROM customers
WHERE lower(name) LIKE '% ' || lower(:last_name) AND zip = substr(:home_zip, 1, 5)"""
offer = "offer_by_name"
named = ["name", "zip", "zip code", "postcode"]
none = "unknown_name"
many = "several_names"

[slots.last_name]
type = "name"
ask = "ask_last_name"
ask_again = "ask_last_name_again"
confirm = "confirm_last_name"

[slots.home_zip]
type = "postcode"
ask = "ask_home_zip"
ask_again = "ask_zip_code_again"
confirm = "confirm_home_zip"

'''
PHRASES = {
    "offer_by_name": "I can also find it by your last name and your zip code.",
    "ask_last_name": "What's your last name?",
    "ask_last_name_again": "Please spell your last name letter by letter.",
    "confirm_last_name": "I have {last_name}, spelled {last_name_spelled}, is that right?",
    "ask_home_zip": "What's your zip code?",
    "confirm_home_zip": "Is your zip code {home_zip}?",
    "unknown_name": "I can't find an account for {last_name} at the zip code {home_zip}.",
    "several_names": "There are several accounts for {last_name} at the zip code {home_zip}, so I can't tell"
    " which one is yours.",
}


def without_identification(folder: Path) -> None:
    """Makes the shop's copy in `folder` tell everything to everybody."""
    path = folder / "tools.toml"
    tools = re.sub(r"(?ms)^\[identify\]\n.*?(?=^# -)", "", path.read_text("utf-8"))
    tools, identified = re.subn(r"(?m)^identified = true\n", "", tools)
    tools, bound = re.subn(r" AND (?:\w\.)?account_number = :identity", "", tools)
    tools, written = re.subn(r"SELECT :identity, date", "SELECT :account_number, date", tools)
    assert identified >= 13 and bound >= identified and written == 1
    assert ":identity" not in tools
    path.write_text(tools, "utf-8")


def found_by_name(folder: Path) -> None:
    """Makes the copy also find accounts by a name and a zip code, the second way after the email address."""
    without_identification(folder)
    path = folder / "tools.toml"
    tools = path.read_text("utf-8")
    at = tools.index("[slots.customer_email]")
    path.write_text(tools[:at] + BY_NAME + tools[at:], "utf-8")
    said = (
        f'[{name}]\ncategory = "billing"\nkind = "{_kind(name)}"\ntext = "{text}"\n'
        for name, text in PHRASES.items()
    )
    with (folder / "phrases.toml").open("a", encoding="utf-8") as file:
        file.write("\n" + "".join(said))


def _kind(name: str) -> str:
    return {"offer": "answer", "unknown": "decline", "several": "decline"}.get(name.split("_")[0], "question")
