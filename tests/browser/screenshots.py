"""Pictures of the page for docs/, from real calls:

    python -m tests.browser.screenshots FOLDER

They look as meant with faces that style/tokens.css names (Debian: fonts-inter, fonts-noto-core).
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from bench.chromium import browser, executable
from tests.browser.chromium import open_page
from tests.call.program import Server, start

DESK = {"viewport": {"width": 1280, "height": 1130}, "device_scale_factor": 1.5}
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True}
ANSWER_MS = 60_000


def calling(opened: Browser, server: Server, caller: str, **context: Any) -> Page:
    page = open_page(opened, server.port, **context)
    page.click(f"[data-caller={caller}]")
    return page


def light(opened: Browser, server: Server, path: Path) -> None:
    """An order's proof, and the time that the reply before took, while the agent speaks."""
    page = calling(opened, server, "where_is_my_order", color_scheme="light", **DESK)
    page.wait_for_selector(".turn:nth-of-type(2) .waterfall:not([hidden])", timeout=ANSWER_MS)
    page.wait_for_selector(".sentence >> text=Your order 12345", timeout=ANSWER_MS)
    page.locator(".sentence-line", has_text="Your order 12345").click()
    page.wait_for_selector(".turn:nth-of-type(4) .waterfall:not([hidden])", timeout=ANSWER_MS)
    page.locator(".turn:nth-of-type(4) .waterfall summary").click()
    page.wait_for_selector(
        ".turn:nth-of-type(4) .sentence:last-child[data-state=speaking]", timeout=ANSWER_MS
    )
    _shoot(page, path)


def dark(opened: Browser, server: Server, path: Path) -> None:
    """An agent that was talked over."""
    page = calling(opened, server, "talks_over_the_agent", color_scheme="dark", **DESK)
    page.wait_for_selector(".turn:nth-of-type(3) .waterfall:not([hidden])", timeout=ANSWER_MS)
    page.locator(".turn:nth-of-type(3) .waterfall summary").click()
    page.wait_for_timeout(700)
    _shoot(page, path)


def phone(opened: Browser, server: Server, path: Path) -> None:
    """The same page in a telephone's browser."""
    page = calling(opened, server, "where_is_my_order", color_scheme="light", **PHONE)
    page.wait_for_selector(
        ".turn:nth-of-type(4) .sentence:last-child[data-state=speaking]", timeout=ANSWER_MS
    )
    _shoot(page, path)


def _shoot(page: Page, path: Path) -> None:
    page.mouse.move(0, 0)
    page.wait_for_timeout(300)
    page.screenshot(path=path)
    page.keyboard.press("Escape")
    page.context.close()


def main(folder: Path) -> None:
    if executable() is None:
        sys.exit("No Chromium was found: install one (Debian: apt-get install chromium).")
    with (
        tempfile.TemporaryDirectory() as kept,
        sync_playwright() as playwright,
        browser(playwright) as opened,
    ):
        server = start(Path(kept))
        try:
            for take in (light, dark, phone):
                take(opened, server, folder / f"talk-{take.__name__}.png")
        finally:
            server.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
