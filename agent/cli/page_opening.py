"""Shows the page to the person at this machine: a port that is free, the address, a browser."""

import ipaddress
import threading
import webbrowser
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agent.cli.console import say

if TYPE_CHECKING:
    from agent.settings import Tree

IN_A_TERMINAL = ("www-browser", "elinks", "links", "lynx", "w3m")
"""Browsers that would take the server's terminal, and can't hear or speak."""


def with_a_free_port(settings: "Tree") -> "Tree":
    """The settings, with port 0 (a free one) where the set port can't be used; says so."""
    from telephony.listener import PortTaken, listen

    server = settings.server
    try:
        listen(server.host, server.port).close()
    except PortTaken:
        say(f"Port {server.port} is in use by another program: taking a free one.")
        return settings.model_copy(update={"server": server.model_copy(update={"port": 0})})
    return settings


def page_address(url: str) -> str:
    """The page's address for a browser on this machine, of a server that listens at `url`."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        anywhere = ipaddress.ip_address(host).is_unspecified
    except ValueError:
        anywhere = False
    return f"http://localhost:{parts.port}/" if anywhere else f"{url}/"


def show_page(url: str) -> None:
    """Says where the page is, and opens it in the default browser, where there is one."""
    address = page_address(url)
    browser = _browser()
    if browser is None:
        say(f"Open {address} in a browser and press the call button. Ctrl-C here stops the server.")
        return
    say(f"Opening {address} in your browser: press the call button there. Ctrl-C here stops the server.")
    threading.Thread(target=_open, args=(browser, address), name="browser", daemon=True).start()


def _browser() -> webbrowser.BaseBrowser | None:
    """The default browser; None where there is none, or none with a window."""
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return None
    return None if getattr(browser, "basename", "") in IN_A_TERMINAL else browser


def _open(browser: webbrowser.BaseBrowser, address: str) -> None:
    try:
        opened = browser.open(address)
    except (webbrowser.Error, OSError):
        opened = False
    if not opened:
        say(f"No browser opened by itself: open {address} in one.")
