"""A caller with a microphone talks to the agent in a real browser: heard, answered, shown, proven."""

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from bench.chromium import in_phase
from telephony.line.audibility import audible_frames, spans
from tests.browser.chromium import open_page, saved, type_zip
from tests.call.program import Server

WATCH = """() => {
  window.seen = {open: [], waiting: 0, speaking: 0};
  const look = () => {
    const words = document.querySelectorAll('.turn.open .word');
    if (words.length > 0) window.seen.open.push([...words].map(w => w.classList.contains('stable')));
    window.seen.waiting += document.querySelectorAll('[data-state=waiting]').length;
    window.seen.speaking += document.querySelectorAll('[data-state=speaking]').length;
  };
  new MutationObserver(look).observe(document.getElementById('turns'), {
    subtree: true, childList: true, characterData: true, attributes: true});
}"""


BETWEEN_SENTENCES_MS = 500
"""A caller who speaks up between two sentences talks over the second."""


@pytest.fixture(scope="module")
def call(
    speaking: Browser, server: Server, talking_over: Page, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Page]:
    """The page after a whole call, beside which another goes on; `page.pcm` is its recording."""
    page = open_page(speaking, server.port)
    page.wait_for_selector("[data-caller]")
    page.evaluate(WATCH)
    page.click("#call")
    in_phase(page, "live")
    type_zip(page)
    page.wait_for_selector(".turn:nth-of-type(5) [data-state=heard]", timeout=60_000)
    page.wait_for_timeout(500)
    page.keyboard.press("Escape")
    in_phase(page, "ended")
    page.pcm = saved(page, tmp_path_factory.mktemp("saved") / "call.wav")  # type: ignore[attr-defined]
    yield page
    assert page.thrown == []  # type: ignore[attr-defined]


def entries(page: Page, side: str) -> list[str]:
    """What one side said, an entry a turn."""
    words = ".caller-words" if side == "caller" else ".sentence-words"
    return [
        " ".join(entry.locator(words).all_inner_texts())
        for entry in page.locator(f".turn:not(.open) .entry.{side}:not([hidden])").all()
    ]


def test_the_caller_is_heard_and_answered_with_the_order(call: Page):
    said = entries(call, "caller")
    assert "order" in said[0].lower()
    assert [digit for digit in said[1] if digit.isdigit()] == list("12345")
    answers = entries(call, "agent")
    assert answers[1] == "What's your order number?"
    assert answers[2] == "And the zip code of the delivery address?"
    assert answers[3].startswith("Your order 12345 was shipped")
    assert answers[4].startswith("We're open Monday to Friday")


def test_the_callers_words_come_while_they_speak_grey_first(call: Page):
    seen = call.evaluate("window.seen")
    assert len(seen["open"]) >= 2
    assert any(not all(stable) for stable in seen["open"]), "words that may still change are shown"
    assert any(stable and all(stable) for stable in seen["open"]), "and stand in the end"
    assert call.locator(".turn.open").is_hidden()


def test_the_agents_sentences_darken_as_they_are_heard(call: Page):
    seen = call.evaluate("window.seen")
    assert seen["waiting"] > 0 and seen["speaking"] > 0
    states = call.locator(".turn").nth(1).locator(".sentence").all()
    assert [state.get_attribute("data-state") for state in states] == ["heard"]
    colours = call.evaluate(
        """() => ['waiting', 'heard'].map(state => {
             const sentence = document.querySelector('.sentence').cloneNode(true);
             sentence.dataset.state = state;
             document.getElementById('turns').append(sentence);
             const words = sentence.querySelector('.sentence-words');
             words.style.transition = 'none';
             const colour = getComputedStyle(words).color;
             sentence.remove();
             return colour;
           })"""
    )
    assert colours[0] != colours[1]


def test_each_sentence_has_a_verdict_in_words_and_its_proof_behind_a_press(call: Page):
    verdicts = call.locator(".turn:not(.open) .verdict").all_inner_texts()
    assert len(verdicts) >= 6 and set(verdicts) <= {"proven", "approved", "template"}
    line = call.locator(".sentence-line", has_text="Your order 12345").first
    proof = call.locator(f"#{line.get_attribute('aria-controls')}")
    assert proof.is_hidden() and line.get_attribute("aria-expanded") == "false"
    line.click()
    assert line.get_attribute("aria-expanded") == "true"
    rows = {
        row.locator("th").inner_text(): row.locator("td").all_inner_texts()
        for row in proof.locator("tbody tr").all()
    }
    assert rows["order number"][0] == "12345" and rows["order number"][1].startswith("orders[12345]")
    line.focus()
    call.keyboard.press("Enter")
    assert proof.is_hidden()


def test_each_reply_shows_how_long_it_took_and_where_the_time_went(call: Page):
    shown = call.locator(".waterfall:not([hidden])")
    assert shown.count() == 4
    for number in (0, 1, 3):
        waterfall = shown.nth(number)
        seconds = waterfall.locator(".latency").inner_text()
        assert 0.1 < float(seconds.removesuffix(" s")) < 8
        waterfall.locator("summary").click()
        rows = waterfall.locator("dt").all_inner_texts()
        assert {"Sure that you had finished", "Deciding what to say"} <= set(rows)
        assert all(ms.endswith(" ms") for ms in waterfall.locator(".ms").all_inner_texts())


def test_talking_over_the_agent_silences_it_and_shows_what_was_lost(call: Page):
    cut = call.locator(".turn").nth(3)
    assert cut.locator("[data-state=part], [data-state=unheard]").count() >= 1
    heard = [spans(audible_frames(np.ascontiguousarray(call.pcm[:, side]))) for side in (0, 1)]  # type: ignore[attr-defined]
    over = next(
        (mine, other)
        for mine in heard[0]
        for other in heard[1]
        if other.start_ms - BETWEEN_SENTENCES_MS < mine.start_ms < other.end_ms
    )
    assert over[1].end_ms - over[0].start_ms < 1_500


def test_the_recording_has_the_caller_left_and_the_agent_right_on_one_clock(call: Page):
    caller, agent = (spans(audible_frames(np.ascontiguousarray(call.pcm[:, side]))) for side in (0, 1))  # type: ignore[attr-defined]
    assert agent[0].start_ms < 3_000 < caller[0].start_ms, "the greeting comes first"
    assert len(caller) >= 3 and len(agent) >= 3


def test_the_screen_reader_is_told_each_turn_once(call: Page):
    region = call.locator("#announcer")
    assert region.get_attribute("aria-live") == "polite"
    assert region.inner_text() != ""
