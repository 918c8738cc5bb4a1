"""Who may use the softphones' door: from this machine only unless set otherwise, by token, from own pages."""

import hmac
import ipaddress
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from agent.settings.tree import Server

FORWARDING = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "cf-connecting-ip", "via")
"""Headers of a tunnel or proxy: its peer is this machine, its caller is not."""


def why_refused(connection: HTTPConnection, server: Server, *, token: bool = True) -> tuple[int, str] | None:
    """HTTP status and sentence for a softphone or page that may not come in, else None.

    `token` False asks for no token: for what holds nothing of anybody's, as the page itself.
    """
    if not server.softphone_remote and not on_this_machine(connection, server.host):
        return 403, "Softphones may call from this machine only; see server.softphone_remote."
    if not _same_origin(connection, server.softphone_origins):
        return 403, "This web page may not call; see server.softphone_origins."
    if token and server.softphone_token is not None:
        wanted = server.softphone_token.get_secret_value()
        if not hmac.compare_digest(_given_token(connection).encode(), wanted.encode()):
            return 401, "Send the softphone token: Authorization: Bearer TOKEN, or ?token=TOKEN."
    return None


def _given_token(connection: HTTPConnection) -> str:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    return connection.query_params.get("token", "")


def on_this_machine(connection: HTTPConnection, own_host: str) -> bool:
    """Whether the caller is on this machine: by its address, and by no sign of a tunnel or of a web page
    that had its name resolved to this machine."""
    peer = connection.client.host if connection.client else ""
    if not _loopback(peer) or any(name in connection.headers for name in FORWARDING):
        return False
    host = (urlsplit(f"//{connection.headers.get('host', '')}").hostname or "").lower()
    return host in ("localhost", own_host.lower()) or _loopback(host)


def _loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def _same_origin(connection: HTTPConnection, allowed: tuple[str, ...]) -> bool:
    """Only browsers send Origin, and they can't choose it."""
    origin = connection.headers.get("origin")
    if origin is None or origin.rstrip("/") in {entry.rstrip("/") for entry in allowed}:
        return True
    return (
        bool(urlsplit(origin).netloc)
        and urlsplit(origin).netloc.lower() == connection.headers.get("host", "").lower()
    )
