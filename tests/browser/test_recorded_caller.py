"""Those without a microphone play a recorded caller, on a clear line or a noisy one."""

from itertools import pairwise

import numpy as np
from playwright.sync_api import Browser, Page

from bench.chromium import in_phase
from telephony.line.audibility import audible_frames, spans
from tests.browser.chromium import open_page, saved
from tests.call.program import Server

COUNT_FRAMES = """() => {
  window.chunks = [];
  let drawn = 1;
  Math.random = () => (drawn = (drawn * 16807) % 2147483647) / 2147483647;
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (text) {
    const message = JSON.parse(text);
    if (message.event === 'media') window.chunks.push(Number(message.media.chunk));
    send.call(this, text);
  };
}"""


def play(page: Page, caller: str) -> None:
    page.wait_for_selector("[data-caller]")
    page.click(f"[data-caller={caller}]")
    in_phase(page, "live")


def test_a_recorded_caller_keeps_its_times_talks_over_the_agent_and_hangs_up(talking_over: Page, tmp_path):
    page = talking_over
    in_phase(page, "ended", 60)
    assert page.locator("#notice").is_hidden(), "nobody asked for a microphone"
    said = page.locator(".turn:not(.open) .entry.caller:not([hidden]) .caller-words").all_inner_texts()
    assert "jacket" in said[0] and "opening hours" in said[1] and "goodbye" in said[-1].lower()
    pcm = saved(page, tmp_path / "call.wav")
    caller, agent = (spans(audible_frames(np.ascontiguousarray(pcm[:, side]))) for side in (0, 1))
    greeting_end = next(a for a, b in pairwise(agent) if b.start_ms > caller[0].start_ms).end_ms
    assert 500 < caller[0].start_ms - greeting_end < 1_500, "it waits for the greeting's end"
    reply = next(span for span in agent if span.start_ms > caller[0].end_ms)
    over = next(span for span in caller if span.start_ms > reply.start_ms)
    assert 600 < over.start_ms - reply.start_ms < 1_200
    assert reply.end_ms - over.start_ms < 1_500, "and the agent stops"
    assert page.thrown == []


def test_a_noisy_line_sounds_so_and_loses_packets_and_the_caller_is_still_heard(
    silent: Browser, server: Server, tmp_path
):
    page = open_page(silent, server.port)
    page.evaluate(COUNT_FRAMES)
    page.click("#noisy")
    assert page.locator("#noisy").get_attribute("aria-pressed") == "true"
    play(page, "where_is_my_order")
    assert page.locator("[data-caller=where_is_my_order]").get_attribute("aria-pressed") == "true"
    assert page.locator("#mute").get_attribute("aria-pressed") == "true", "no microphone beside it"
    page.wait_for_selector(".entry.caller:not([hidden]) >> text=/order/i", timeout=40_000)
    page.wait_for_selector(".turn:nth-of-type(2) .waterfall:not([hidden])", timeout=40_000)
    page.keyboard.press("Escape")
    in_phase(page, "ended")
    caller = saved(page, tmp_path / "noisy.wav")[:, 0].astype(float)
    quiet = caller[8_000:16_000]
    assert np.sqrt(np.mean(quiet**2)) > 30, "the street is heard while the caller is silent"
    chunks = page.evaluate("window.chunks")
    lost = 1 - len(chunks) / chunks[-1]
    assert 0 < lost < 0.04, lost
    assert page.thrown == []
