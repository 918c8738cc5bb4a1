"""What is wrong is said, with what to do about it."""

import re
import signal
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from bench.chromium import in_phase
from tests.browser.chromium import open_page
from tests.call.program import Server, start

FAKES = ("asr.backend=fake", "tts.backend=fake", "llm.backend=off")
TOKEN = "tell nobody"


@pytest.fixture
def doomed(tmp_path) -> Iterator[Server]:
    """A small server of the test's own: one line, a token."""
    running = start(tmp_path, *FAKES, "server.max_calls=1", f"server.softphone_token={TOKEN}")
    yield running
    if running.process.poll() is None:
        running.stop()


def notice(page: Page, kind: str) -> str:
    """The text of the notice, when it is there."""
    page.wait_for_selector(f"#notice[data-kind={kind}]:not([hidden])", timeout=15_000)
    return page.inner_text("#notice")


def test_without_a_microphone_the_call_goes_on_and_a_recorded_caller_is_offered(
    silent: Browser, server: Server
):
    page = open_page(silent, server.port)
    page.wait_for_selector("[data-caller]")
    page.click("#call")
    assert "recorded caller" in notice(page, "no-microphone")
    in_phase(page, "live")
    page.wait_for_selector(".sentence", timeout=15_000)
    page.click("#notice >> text=Play a caller")
    page.wait_for_selector("[data-caller][aria-pressed=true]")
    assert page.locator("#notice").is_hidden()
    page.wait_for_selector("[data-state=speaking]", timeout=15_000)
    page.keyboard.press("Escape")
    in_phase(page, "ended")
    assert page.locator("[data-state=speaking]").count() == 0, "after hanging up nothing is being said"
    assert page.thrown == []


def test_a_microphone_that_is_not_allowed_is_told_apart(silent: Browser, server: Server):
    page = open_page(silent, server.port)
    page.wait_for_selector("[data-caller]")
    page.evaluate(
        """() => {
          navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'));
        }"""
    )
    page.click("#call")
    assert "Allow the microphone" in notice(page, "denied")
    page.keyboard.press("Escape")


def test_a_page_without_https_says_how_to_get_it(silent: Browser, server: Server):
    context = silent.new_context()
    context.add_init_script("Object.defineProperty(window, 'isSecureContext', {value: false})")
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{server.port}/")
    assert re.search("HTTPS.+docs/talk.md", notice(page, "insecure"), re.S)
    page.click("#call")
    assert page.locator("#telephone").get_attribute("data-phase") == "idle"
    context.close()


def test_a_token_is_asked_for_and_kept_while_the_tab_is(silent: Browser, doomed: Server):
    page = open_page(silent, doomed.port)
    assert "token" in notice(page, "token")
    page.set_viewport_size({"width": 320, "height": 700})
    field, around = page.locator("#token").bounding_box(), page.locator("#notice").bounding_box()
    assert field and around
    assert field["x"] + field["width"] < around["x"] + around["width"], "the field stands in its notice"
    page.fill("#token", "a wrong one")
    page.keyboard.press("Enter")
    assert "not the token" in notice(page, "wrong-token")
    page.fill("#token", TOKEN)
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-caller]")
    page.reload()
    page.wait_for_selector("[data-caller]")
    page.click("#call")
    in_phase(page, "live")

    other = open_page(silent, doomed.port, f"/?token={TOKEN.replace(' ', '%20')}")
    other.wait_for_selector("[data-caller]")
    assert "token" not in other.url, "nobody sees it over a shoulder"
    other.reload()
    other.wait_for_selector("[data-caller]")
    other.click("#call")
    assert "busy" in notice(other, "busy")
    in_phase(other, "ended")

    doomed.process.send_signal(signal.SIGKILL)
    assert "doesn't answer" in notice(page, "gone")
    assert page.inner_text("#state") == "The line broke."
    assert page.thrown == [] and other.thrown == []


def test_a_server_that_is_gone_is_said_to_be(silent: Browser, doomed: Server):
    page = open_page(silent, doomed.port, f"/?token={TOKEN.replace(' ', '%20')}")
    page.wait_for_selector("[data-caller]")
    with urllib.request.urlopen(f"http://127.0.0.1:{doomed.port}/healthz") as answer:
        assert answer.status == 200
    doomed.process.send_signal(signal.SIGKILL)
    doomed.process.wait()
    page.click("#call")
    assert "make talk" in notice(page, "gone")
    in_phase(page, "ended")
    page.click("#notice >> text=Try again")
    assert "doesn't answer" in notice(page, "gone")
