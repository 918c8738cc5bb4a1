"""Servers with real engines, and browsers that call them."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from bench.chromium import browser, executable, in_phase
from tests.browser.chromium import microphone, open_page
from tests.call.program import CALLERS, Server, start

ORDER_S = 7.0
"""When the caller with a microphone first speaks: after the greeting."""


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    if executable() is None:
        pytest.exit("No Chromium was found: install one (Debian: apt-get install chromium).", 2)
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server with real engines for all tests that leave it as it was."""
    running = start(tmp_path_factory.mktemp("server"))
    yield running
    assert running.stop() == 0, (running.folder / "serve.log").read_text()


@pytest.fixture(scope="session")
def speaking(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser whose microphone hears an order asked for, its number, and, when the zip code was typed,
    a question over the answer."""
    said = microphone(
        tmp_path_factory.mktemp("microphone") / "order.wav",
        ORDER_S,
        CALLERS / "where_is_my_order.wav",
        4.5,
        CALLERS / "one_two_three_four_five.wav",
        6.0,
        CALLERS / "stop_opening_hours.wav",
        8.0,
    )
    with browser(playwright, said) as opened:
        yield opened


@pytest.fixture(scope="session")
def silent(playwright: Playwright) -> Iterator[Browser]:
    """A browser on a machine without a microphone."""
    with browser(playwright) as opened:
        yield opened


@pytest.fixture(scope="session")
def talking_over(silent: Browser, server: Server) -> Page:
    """The page of a recorded caller's call, who talks over the agent; it may go on still."""
    page = open_page(silent, server.port)
    page.click("[data-caller=talks_over_the_agent]")
    in_phase(page, "live")
    return page


@pytest.fixture(autouse=True)
def nothing_was_thrown(request: pytest.FixtureRequest) -> Iterator[None]:
    """No script of the page's may throw while a test has it open."""
    yield
    pages = [value for value in request.node.funcargs.values() if isinstance(value, Page)]
    assert [error for page in pages for error in page.thrown] == []  # type: ignore[attr-defined]
