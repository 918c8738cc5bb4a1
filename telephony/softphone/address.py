"""Where a call is dialled to, what a refusal means, and who ended it by the socket's close."""

from urllib.parse import urlsplit

from agent.settings.errors import UserError
from telephony.softphone.measurement import EndedBy


class CallError(UserError):
    """A call that could not begin; the text says what to do."""


class AddressError(CallError):
    """What was given can't be dialled."""

    exit_code = 2


def dialled(url: str) -> str:
    """The address to dial: a bare `ws://HOST:PORT` means its softphone door.

    Raises:
        AddressError: it is not a WebSocket address.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("ws", "wss") or not parts.hostname:
        raise AddressError(f"{url} is no address to dial: write ws://HOST:PORT or wss://HOST/PATH.")
    return parts._replace(path="/softphone").geturl() if parts.path in ("", "/") else url


def is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")


def refusal(url: str, status: int) -> str:
    """What to do about an HTTP status in place of a socket."""
    if status in (401, 403):
        return f"The server at {url} refused the call (HTTP {status}): give its softphone token with --token."
    if status == 404:
        return f"The server at {url} has no such path (HTTP 404): check the address."
    return f"The server at {url} takes no calls now (HTTP {status}): look at its log, then try again."


def ended_by(code: int | None, reason: str) -> EndedBy:
    """Who ended a call that the caller didn't, by the close frame (docs/protocol.md, "The end")."""
    if code == 1013:
        return "busy"
    if code == 1000:
        return "transfer" if reason == "transfer" else "timeout" if reason == "timeout" else "agent"
    return "error"
