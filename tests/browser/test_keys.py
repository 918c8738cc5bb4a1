"""The keypad and the keyboard: a call without a mouse, keys without a keypad."""

import pytest
from playwright.sync_api import Browser, Page

from bench.chromium import in_phase
from tests.browser.chromium import open_page, type_zip
from tests.call.program import Server

COUNT_TONES = """() => {
  window.tones = 0;
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function () {
    window.tones += 1;
    start.call(this);
  };
}"""


def reach(page: Page, selector: str) -> None:
    """Goes on by Tab to what `selector` names."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate(f"document.activeElement.matches({selector!r})"):
            return
    raise AssertionError(f"Tab never came to {selector}")


def test_keys_by_mouse_and_keyboard_give_the_number_that_was_asked_for(silent: Browser, server: Server):
    page = open_page(silent, server.port)
    page.wait_for_selector("[data-caller]")
    page.click("[data-caller=where_is_my_order]")
    page.wait_for_selector(".sentence >> text=What's your order number?", timeout=40_000)
    page.evaluate(COUNT_TONES)
    for key in "12":
        page.click(f".key:has-text('{key}') >> nth=0")
    for key in "345#":
        page.keyboard.press(key)
    assert page.inner_text("#keyed") == "12345#"
    assert page.evaluate("window.tones") == 12, "two tones a key"
    type_zip(page)
    page.wait_for_selector(".sentence >> text=Your order 12345", timeout=40_000)
    keyed = page.locator(".entry.caller.keyed").first
    assert keyed.is_visible()
    page.keyboard.press("Escape")
    in_phase(page, "ended")
    assert page.thrown == []


def test_a_call_needs_no_mouse(silent: Browser, server: Server):
    page = open_page(silent, server.port, reduced_motion="reduce")
    page.wait_for_selector("[data-caller]")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "sheet"
    page.reload()
    page.wait_for_selector("[data-caller]")
    assert page.locator(".key").first.is_disabled()
    page.keyboard.press("Space")
    in_phase(page, "live")
    page.keyboard.press("5")
    assert page.inner_text("#keyed") == "5"
    reach(page, ".sentence-line")
    ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert ring == "solid", "the focus is seen"
    page.keyboard.press("Space")
    assert page.locator(".proof:not([hidden])").count() == 1
    page.keyboard.press("Escape")
    in_phase(page, "ended")
    assert page.inner_text("#state") == "Call ended"
    reach(page, "#call")
    page.keyboard.press("Enter")
    in_phase(page, "live")
    page.keyboard.press("Enter")
    in_phase(page, "ended")
    assert page.thrown == []


@pytest.mark.parametrize("key", ["5", "Escape"])
def test_keys_do_nothing_where_there_is_no_call(silent: Browser, server: Server, key: str):
    page = open_page(silent, server.port)
    page.wait_for_selector("[data-caller]")
    page.keyboard.press(key)
    assert page.locator("#telephone").get_attribute("data-phase") == "idle"
    assert page.inner_text("#keyed") == ""
