"""The page's own sound, part by part, in the browser: against the terminal's parts and against theory."""

import base64
import random
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from telephony.line.mulaw import decode, encode
from telephony.line.playout import Playout, parse_mark
from telephony.softphone.reply_watch import ReplyWatch
from tests.browser.chromium import open_page
from tests.call.program import Server

RATES_HZ = (8_000, 16_000, 44_100, 48_000, 96_000)
TONE = """async ([rate, heard, sent]) => {
  const {Resampler} = await import('/web/audio/resampler.js');
  const resampler = new Resampler(rate);
  const line = [], card = [];
  const samples = rate / 4;
  for (let k = 0; k < samples; k += 1) {
    card.push(resampler.step(Math.sin(2 * Math.PI * heard * k / rate), (sample) => {
      line.push(sample);
      return Math.sin(2 * Math.PI * sent * (line.length - 1) / 8000);
    }));
  }
  const level = (pcm) => {
    const settled = pcm.slice(pcm.length / 2);
    return 10 * Math.log10(settled.reduce((sum, x) => sum + 2 * x * x, 0) / settled.length + 1e-12);
  };
  return {samples: line.length, line: level(line), card: level(card)};
}"""
"""A quarter of a second each way; levels of its second half in dB, relative to a full tone."""
WATCH = """async (events) => {
  const {ReplyWatch} = await import('/web/call/reply_watch.js');
  const watch = new ReplyWatch();
  return events.map(([name, ...given]) => watch[name](...given) ?? null);
}"""
PLAYOUT = """async (events) => {
  const {Playout} = await import('/web/audio/playout.js');
  const told = [];
  const playout = new Playout((name, at) => told.push([name, at]));
  for (const [name, given] of events) {
    if (name === 'play') for (let k = 0; k < given; k += 1) told.push(playout.next());
    else if (name === 'sound') playout.sound(Int16Array.from(given));
    else if (name === 'mark') playout.mark(given);
    else told.push(['cleared', playout.clear()]);
  }
  return [told, playout.underruns];
}"""


@pytest.fixture(scope="module")
def page(silent: Browser, server: Server) -> Page:
    return open_page(silent, server.port)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_speech_passes_the_resampler_as_it_is_and_nothing_folds_into_it(page: Page, rate_hz: int):
    for tone_hz in (300, 1_000, 3_300):
        sound = page.evaluate(TONE, [rate_hz, tone_hz, tone_hz])
        assert sound["samples"] == pytest.approx(2_000, abs=1)
        assert sound["line"] == pytest.approx(0, abs=0.3), tone_hz
        assert sound["card"] == pytest.approx(0, abs=0.3), tone_hz
    for tone_hz in (tone for tone in (4_300, 5_000, 7_000, 15_000) if tone < rate_hz / 2):
        assert page.evaluate(TONE, [rate_hz, tone_hz, 1_000])["line"] < -50, tone_hz


def test_a_sound_comes_back_three_milliseconds_late_and_no_more(page: Page):
    click = page.evaluate(
        """async () => {
          const {Resampler} = await import('/web/audio/resampler.js');
          const resampler = new Resampler(48000);
          const line = [];
          for (let k = 0; k < 4800; k += 1) resampler.step(k === 960, (s) => (line.push(s), 0));
          return line;
        }"""
    )
    assert int(np.argmax(np.abs(click))) / 8 - 20 == pytest.approx(3, abs=0.3)


def test_mulaw_is_that_of_the_terminal(page: Page):
    pcm = np.concatenate([np.arange(-32_768, 32_768, 7), [0, -1, 1, 32_767]]).astype(np.int16)
    coded, back = page.evaluate(
        """async (pcm) => {
          const {decode, encode} = await import('/web/audio/mulaw.js');
          const coded = encode(Int16Array.from(pcm));
          return [coded, [...decode(coded)]];
        }""",
        pcm.tolist(),
    )
    assert base64.b64decode(coded) == encode(pcm)
    assert back == decode(encode(pcm)).tolist()


@pytest.mark.parametrize("seed", range(6))
def test_the_recorded_caller_waits_as_the_terminals_does(page: Page, seed: int):
    drawn = random.Random(seed)
    watch, expected, events = ReplyWatch(), [], []
    now, epoch, turn = 0.0, 0, 0
    for _ in range(400):
        now += drawn.choice((10, 20, 100, 700, 2_000))
        kind = drawn.choice(("acts", "heard", "heard", "heard", "mark", "cleared", "may", "for"))
        if kind == "acts":
            end = now + drawn.randint(0, 1_500)
            watch.acts(now, end)
            events.append(["acts", now, end])
            expected.append(None)
        elif kind == "heard":
            tag = parse_mark(f"b.{epoch}.{turn}.0") if drawn.random() < 0.8 else None
            watch.heard(now, now + 10, tag)
            events.append(["heard", now, now + 10, {"epoch": epoch, "turn": turn} if tag else None])
            expected.append(None)
        elif kind == "mark":
            name = drawn.choice((f"e.{epoch}.{turn}", f"b.{epoch}.{turn + 1}.0", "p.0.1.2", "another's"))
            turn += name.startswith("b")
            watch.mark_played(name, now)
            events.append(["markPlayed", name, now])
            expected.append(None)
        elif kind == "cleared":
            epoch += 1
            watch.cleared()
            events.append(["cleared"])
            expected.append(None)
        elif kind == "may":
            events.append(["maySpeak", now])
            expected.append(watch.may_speak(now))
        else:
            events.append(["agentSpokeFor", now, 700])
            expected.append(watch.agent_spoke_for(now, 700))
    assert {True, False} <= set(expected)
    assert page.evaluate(WATCH, events) == expected


@pytest.mark.parametrize("seed", range(6))
def test_the_playout_plays_marks_and_clears_as_the_terminals_does(page: Page, seed: int):
    drawn = random.Random(seed)
    playout, expected, events = Playout(), [], [["mark", "b.0.0.0"]]
    playout.mark("b.0.0.0")
    for number in range(1, 400):
        kind = drawn.choice(
            ("sound", "sound", "mark", "play", "play", "clear" if number % 9 == 0 else "play")
        )
        if kind == "sound":
            pcm = [drawn.randint(-9_999, 9_999) for _ in range(drawn.choice((1, 3, 8)))]
            playout.audio(np.array(pcm, dtype=np.int16), 0.0)
            events.append(["sound", pcm])
        elif kind == "mark":
            name = drawn.choice((f"b.0.{number}.0", f"e.0.{number}", f"p.0.0.{number}", "another's"))
            events.append(["mark", name])
            playout.mark(name)
        elif kind == "play":
            events.append(["play", 4])
            for _ in range(4):
                expected += _played(playout)
        else:
            events.append(["clear", None])
            expected.append(["cleared", playout.clear()])
    events.append(["clear", None])
    expected.append(["cleared", playout.clear()])
    told, underruns = page.evaluate(PLAYOUT, events)
    assert _without_times(told) == _without_times(expected)
    assert underruns == len(playout.underruns)


def _played(playout: Playout) -> list[Any]:
    pcm, marks = playout.play(1)
    return [int(pcm[0]), *([name, playout.position] for name in marks)]


def _without_times(told: list[Any]) -> list[Any]:
    """Samples in order, and the marks: at an empty buffer one passes here at once, there at its tick."""
    samples = [entry for entry in told if isinstance(entry, int)]
    names = [entry[0] for entry in told if isinstance(entry, list) and entry[0] != "cleared"]
    cleared = [
        name for entry in told if isinstance(entry, list) and entry[0] == "cleared" for name in entry[1]
    ]
    return [samples, sorted(names + cleared)]
