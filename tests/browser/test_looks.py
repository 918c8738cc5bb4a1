"""How the page looks and what assistive technology gets: light, dark, narrow, contrast, names."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from bench.chromium import in_phase
from tests.browser.chromium import open_page
from tests.call.program import Server

CONTRAST = Path(__file__).parent / "contrast.js"
NAMELESS = """() => [...document.querySelectorAll('button, select, input, summary, [role=group], section')]
  .filter(node => node.checkVisibility())
  .filter(node => {
    const by = document.getElementById(node.getAttribute('aria-labelledby'));
    const label = node.getAttribute('aria-label') ?? by?.textContent
      ?? node.labels?.[0]?.textContent ?? node.textContent;
    return label.trim() === '';
  }).map(node => node.outerHTML)"""
SMALL = """() => [...document.querySelectorAll('button, select, summary, input')]
  .filter(node => node.checkVisibility() && !node.disabled)
  .map(node => [node.id || node.className, node.getBoundingClientRect()])
  .filter(([, box]) => box.height < 44 || box.width < 44)
  .map(([name, box]) => `${name} ${box.width}x${box.height}`)"""
WIDTHS = (320, 360, 414, 768, 1280, 1920)


@pytest.fixture(scope="module")
def called(silent: Browser, server: Server) -> Iterator[Page]:
    """The page in a call that goes on, with a proof and a reply's waterfall open."""
    page = open_page(silent, server.port)
    page.click("[data-caller=where_is_my_order]")
    page.wait_for_selector(".turn:nth-of-type(2) .waterfall:not([hidden])", timeout=40_000)
    page.locator(".sentence-line").nth(1).click()
    page.locator(".waterfall:not([hidden]) summary").first.click()
    yield page
    page.keyboard.press("Escape")
    in_phase(page, "ended")
    assert page.thrown == []  # type: ignore[attr-defined]


@pytest.fixture
def page(silent: Browser, server: Server) -> Page:
    opened = open_page(silent, server.port)
    opened.wait_for_selector("[data-caller]")
    return opened


@pytest.mark.parametrize("light", ["light", "dark"])
def test_all_text_can_be_read_and_all_controls_have_names_and_room(called: Page, page: Page, light: Any):
    for shown, texts in ((called, 60), (page, 30)):
        shown.emulate_media(color_scheme=light, reduced_motion="reduce")
        faint = shown.evaluate(CONTRAST.read_text(encoding="utf-8"))
        assert faint["read"] > texts, "the page's texts were found"
        assert faint["faint"] == []
        assert shown.evaluate(NAMELESS) == []
        assert shown.evaluate(SMALL) == []


def test_nothing_runs_off_the_side_at_any_width(called: Page, page: Page):
    for shown in (called, page):
        for width in WIDTHS:
            shown.set_viewport_size({"width": width, "height": 780})
            wide = shown.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{wide} at {width}"
    called.set_viewport_size({"width": 360, "height": 780})
    assert called.locator("#keypad").is_hidden()
    called.click("#keys")
    assert called.locator("#keypad").is_visible() and called.locator("#call").is_visible()
    assert called.evaluate("document.documentElement.scrollWidth") <= 360
    assert called.evaluate(SMALL) == []


def test_light_and_dark_follow_the_system_until_the_reader_chooses(page: Page):
    def sheet() -> str:
        return page.evaluate("getComputedStyle(document.getElementById('sheet')).backgroundColor")

    page.emulate_media(color_scheme="light")
    light = sheet()
    page.emulate_media(color_scheme="dark")
    page.wait_for_selector("#theme[aria-pressed=true]")
    assert sheet() != light
    page.click("#theme")
    assert sheet() == light
    page.reload()
    page.wait_for_selector("[data-caller]")
    assert sheet() == light and page.locator("#theme").get_attribute("aria-pressed") == "false"


def test_the_page_has_a_language_a_title_one_heading_and_landmarks(page: Page):
    assert page.locator("html").get_attribute("lang") == "en" and page.title()
    assert page.locator("h1").count() == 1
    assert page.locator("main").count() == 1 and page.locator("header").count() == 1
    assert page.locator("#timer").get_attribute("role") == "timer"
    assert page.locator("svg:not([aria-hidden=true])").count() == 0, "drawings say nothing that words don't"


def test_nothing_is_loaded_from_elsewhere_and_the_browser_blocks_nothing(silent: Browser, server: Server):
    context = silent.new_context()
    page = context.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"http://127.0.0.1:{server.port}/")
    page.wait_for_selector("[data-caller]")
    page.click("#theme")
    assert len(asked) > 10
    assert [url for url in asked if not url.startswith(f"http://127.0.0.1:{server.port}/")] == []
    assert said == []
    context.close()
