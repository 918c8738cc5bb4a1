"""The demo shop as a business that tells what is somebody's only to them: number and zip code."""

import re
from pathlib import Path

IDENTIFY = '''
[slots.order_zip]
type = "postcode"
read_back = false
ask = "ask_order_zip"
ask_again = "ask_zip_code_again"
confirm = "confirm_zip_code"

[identify]
unknown = "not_identified"
locked = ["identify_locked"]
[[identify.by]]
slots = ["order_number", "order_zip"]
sql = """
SELECT c.account_number AS identity, c.account_number FROM orders o JOIN customers c USING (account_number)
WHERE o.number = :order_number AND c.zip = substr(:order_zip, 1, 5)"""
[[identify.by]]
slots = ["account_number", "order_zip"]
sql = """
SELECT account_number AS identity, account_number FROM customers
WHERE account_number = :account_number AND zip = substr(:order_zip, 1, 5)"""
[[identify.by]]
slots = ["bill_number", "order_zip"]
sql = """
SELECT c.account_number AS identity, c.account_number FROM bills b JOIN customers c USING (account_number)
WHERE b.number = :bill_number AND c.zip = substr(:order_zip, 1, 5)"""
'''
PHRASES = """
[ask_order_zip]
category = "account management"
kind = "question"
text = "And the zip code of the delivery address?"
[not_identified]
category = "account management"
kind = "answer"
text = "I don't find that number together with that zip code."
[identify_locked]
category = "account management"
kind = "answer"
text = "I can't tell you more without knowing who you are."
"""
BY_ORDER = "order_status delivery_date cancel_order change_address new_address return_item".split()
BY_ACCOUNT = (
    "recent_orders bill_amount bill_due open_bills find_charge appointment_check appointment_book".split()
)


def identify(folder: Path) -> None:
    """Makes the shop's copy in `folder` ask who the caller is before it tells what is somebody's."""
    tools = (folder / "tools.toml").read_text("utf-8")
    tools = re.sub(r"(?s)\[\[slots\.account_number\.ways\]\]\nslots = \[\"last_name\".*?\n\n", "\n", tools)
    for name in BY_ORDER:
        tools = _bound(tools, name, r"WHERE number = :order_number", " AND account_number = :identity")
    for name in BY_ACCOUNT:
        tools = _bound(
            tools, name, r"WHERE c\.account_number = :account_number", " AND c.account_number = :identity"
        )
    tools = _bound(tools, "bill_details", r"WHERE number = :bill_number", " AND account_number = :identity")
    tools = _bound(
        tools, "refund_status", r"WHERE o\.number = :order_number", " AND o.account_number = :identity"
    )
    tools = _bound(tools, "appointment_book", r"SELECT :account_number, date", "", "SELECT :identity, date")
    (folder / "tools.toml").write_text(tools + IDENTIFY, "utf-8")
    phrases = folder / "phrases.toml"
    phrases.write_text(phrases.read_text("utf-8") + PHRASES, "utf-8")


def _bound(tools: str, name: str, found: str, more: str, instead: str | None = None) -> str:
    """The tool `name` with its rows bound to the caller; what takes a change back stays."""
    part = re.search(rf"(?ms)^\[tools\.{name}\]\n.*?(?=^\[tools\.(?!{name}\.)|^\[slots|\Z)", tools)
    assert part is not None, name
    text, *undo = re.split(r"(?m)(?=^undo = )", part[0])
    text, count = re.subn(found, lambda match: instead or match[0] + more, text)
    assert count, name
    if "identified = true" not in text:
        text = text.replace(f"[tools.{name}]\n", f"[tools.{name}]\nidentified = true\n", 1)
    return tools[: part.start()] + text + "".join(undo) + tools[part.end() :]
