"""One message of the caller's side, read without trust."""

import json
from typing import Any

from telephony.twilio.faults import Faults

TEXT_LIMIT = 500
"""Characters of a custom parameter: Twilio's own limit for name and value."""
ID_LIMIT = 128
"""Characters of stream and call ids; Twilio's have 34."""


def parse(data: str | bytes, faults: Faults) -> dict[str, Any] | None:
    """The JSON object in `data`, or None where there is none; what was wrong is counted."""
    if isinstance(data, bytes):
        faults.note("binary message")
        return None
    try:
        message = json.loads(data)
    except (ValueError, RecursionError):
        faults.note("malformed JSON")
        return None
    if not isinstance(message, dict):
        faults.note("message that is no object")
        return None
    return message


def section(message: dict[str, Any], name: str) -> dict[str, Any]:
    """The object under `name`, empty where there is none."""
    value = message.get(name)
    return value if isinstance(value, dict) else {}


def text(value: object, limit: int = ID_LIMIT) -> str:
    """`value` as text that a database takes: no lone surrogates or control characters, cut at `limit`.

    Empty where it isn't text.
    """
    if not isinstance(value, str):
        return ""
    clean = value[:limit].encode("utf-8", "replace").decode("utf-8")
    return "".join(character for character in clean if character.isprintable()).strip()


def count(value: object) -> int | None:
    """A counter of the protocol (a decimal string, or an int); None where it is neither."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if 0 <= value < 2**53 else None
    if isinstance(value, str) and len(value) <= 16 and value.isascii() and value.isdigit():
        return int(value)
    return None
