"""How the page looks and what assistive technology gets: light, dark, narrow, contrast, names."""

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


@pytest.fixture
def page(request: pytest.FixtureRequest, silent: Browser, server: Server) -> Page:
    """The page in the light and at the width that the test asks for."""
    wanted: dict[str, Any] = getattr(request, "param", {})
    opened = open_page(silent, server.port, **wanted)
    opened.wait_for_selector("[data-caller]")
    return opened


def with_everything(page: Page) -> None:
    """A call with a proof open and a reply's waterfall."""
    page.click("[data-caller=where_is_my_order]")
    page.wait_for_selector(".turn:nth-of-type(2) .waterfall:not([hidden])", timeout=40_000)
    page.locator(".sentence-line").nth(1).click()
    page.locator(".waterfall:not([hidden]) summary").first.click()


@pytest.mark.parametrize(
    "page", [{"color_scheme": "light"}, {"color_scheme": "dark"}], indirect=True, ids=("light", "dark")
)
def test_all_text_can_be_read_and_all_controls_have_names_and_room(page: Page):
    with_everything(page)
    faint = page.evaluate(CONTRAST.read_text(encoding="utf-8"))
    assert faint["read"] > 60, "the page's texts were found"
    assert faint["faint"] == []
    assert page.evaluate(NAMELESS) == []
    assert page.evaluate(SMALL) == []
    page.keyboard.press("Escape")
    in_phase(page, "ended")
    assert page.evaluate(CONTRAST.read_text(encoding="utf-8"))["faint"] == []
    assert page.thrown == []


def test_light_and_dark_follow_the_system_until_the_reader_chooses(page: Page):
    def sheet() -> str:
        return page.evaluate("getComputedStyle(document.getElementById('sheet')).backgroundColor")

    light = sheet()
    page.emulate_media(color_scheme="dark")
    dark = sheet()
    assert light != dark and page.locator("#theme").get_attribute("aria-pressed") == "true"
    page.click("#theme")
    assert sheet() == light
    page.reload()
    page.wait_for_selector("[data-caller]")
    assert sheet() == light and page.locator("#theme").get_attribute("aria-pressed") == "false"


def test_nothing_runs_off_the_side_at_any_width(page: Page):
    with_everything(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 780})
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{wide} at {width}"
    page.set_viewport_size({"width": 360, "height": 780})
    assert page.locator("#keypad").is_hidden()
    page.click("#keys")
    assert page.locator("#keypad").is_visible() and page.locator("#call").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate(SMALL) == []
    page.keyboard.press("Escape")
    in_phase(page, "ended")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


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
