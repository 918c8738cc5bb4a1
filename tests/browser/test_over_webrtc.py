"""The page's call over WebRTC: the same conversation, a browser's own peer at the other end."""

import re

import numpy as np
import pytest
from playwright.sync_api import Browser

from bench.chromium import in_phase
from telephony.line.audibility import audible_frames, spans
from tests.browser.chromium import open_page, saved, type_zip
from tests.call.program import Server

pytest.importorskip("aiortc", reason="the extra `webrtc`")


def test_a_caller_over_webrtc_is_heard_and_answered(speaking: Browser, server: Server, tmp_path):
    page = open_page(speaking, server.port, "/?transport=webrtc")
    page.wait_for_selector("[data-caller]")
    with page.expect_request(re.compile("/softphone/offer")):
        page.click("#call")
    in_phase(page, "live")
    type_zip(page)
    page.wait_for_selector(".turn:nth-of-type(5) [data-state=heard]", timeout=60_000)
    page.keyboard.press("Escape")
    in_phase(page, "ended")
    said = page.locator(".turn:not(.open) .entry.caller:not([hidden])").all_inner_texts()
    answers = page.locator(".turn:not(.open) .entry.agent:not([hidden])").all_inner_texts()
    assert "order" in said[0].lower()
    assert "What's your order number?" in answers[1] and "Your order 12345" in answers[3]
    pcm = saved(page, tmp_path / "call.wav")
    caller, agent = (spans(audible_frames(np.ascontiguousarray(pcm[:, side]))) for side in (0, 1))
    assert len(caller) >= 2 and len(agent) >= 3
    assert page.thrown == []  # type: ignore[attr-defined]
