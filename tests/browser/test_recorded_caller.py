"""Those without a microphone play a recorded caller, on a clear line or a noisy one."""

import numpy as np
from playwright.sync_api import Browser, Page

from telephony.line.audibility import audible_frames, spans
from tests.browser.chromium import in_phase, open_page, saved
from tests.call.program import Server

COUNT_FRAMES = """() => {
  window.chunks = [];
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


def test_a_recorded_caller_waits_for_each_reply_and_hangs_up_at_the_end(
    silent: Browser, server: Server, tmp_path
):
    page = open_page(silent, server.port)
    play(page, "wants_a_person")
    assert page.locator("[data-caller=wants_a_person]").get_attribute("aria-pressed") == "true"
    assert page.locator("#mute").get_attribute("aria-pressed") == "true", "no microphone beside it"
    in_phase(page, "ended", 60)
    assert page.locator("#notice").is_hidden(), "nobody asked for a microphone"
    said = page.locator(".turn:not(.open) .entry.caller:not([hidden]) .caller-words").all_inner_texts()
    assert len(said) == 3 and "kettle" in said[0] and "person" in said[1]
    pcm = saved(page, tmp_path / "call.wav")
    caller, agent = (spans(audible_frames(np.ascontiguousarray(pcm[:, side]))) for side in (0, 1))
    over = [(a, b) for a in caller for b in agent if a.start_ms < b.end_ms and b.start_ms < a.end_ms]
    assert caller and agent and over == [], "they take turns"
    assert page.thrown == []


def test_a_noisy_line_sounds_so_and_loses_packets_and_the_caller_is_still_heard(
    silent: Browser, server: Server, tmp_path
):
    page = open_page(silent, server.port)
    page.evaluate(COUNT_FRAMES)
    page.click("#noisy")
    assert page.locator("#noisy").get_attribute("aria-pressed") == "true"
    play(page, "where_is_my_order")
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
