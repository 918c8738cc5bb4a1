"""Keys, words over keys, a voice as the caller wants it, and patience: in the call's own pipeline."""

import asyncio
import time

import numpy as np
import pytest
from pipecat.audio.dtmf.types import KeypadEntry
from pipecat.frames.frames import Frame, InputAudioRawFrame, InputDTMFFrame, TTSAudioRawFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection
from test_conductor import Script, Stage, Telephone

from agent.call.frames import CallerTurnFrame
from agent.call.keypad import Keypad
from agent.call.loudness import CEILING, louder
from agent.call.records import CallerSpan
from agent.dialogue.protocol import Reply, Voice
from agent.settings.tree import Call


class Asking(Script):
    """Asks for five digits after "order", for a yes after "sure?", waits after "hold on", speaks slower and
    louder after "slower"."""

    async def respond(self, text: str, *, confidence: float = 1.0) -> Reply:
        reply = await super().respond(text)
        if text == "order":
            reply.expects, reply.expects_digits = "digits", 5
        elif text == "sure?":
            reply.expects = "yes_no"
        elif text == "hold on":
            reply.patient = True
        elif text == "slower":
            reply.voice = Voice(0.5, 6.0)
        return reply


class Line(Telephone):
    """Keeps what it played."""

    played: list[bytes]

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        if isinstance(frame, TTSAudioRawFrame):
            self.played.append(frame.audio)
        await super().process_frame(frame, direction)


class KeyedStage(Stage):
    """With the keypad before the conductor, as in a call."""

    def __init__(self, script: Script, settings: Call) -> None:
        super().__init__(script, settings)
        self.line = Line(self.playback)
        self.line.played = []
        conductor = self.conductor
        self.keypad = Keypad(busy=conductor.busy, last_reply=lambda: conductor.last_reply)
        self.worker = PipelineWorker(
            Pipeline([self.keypad, conductor, self.line]),
            params=PipelineParams(audio_in_sample_rate=8000, audio_out_sample_rate=8000),
            enable_rtvi=False,
            idle_timeout_secs=None,
        )

    async def press(self, keys: str) -> None:
        for key in keys:
            await self.keypad.queue_frame(InputDTMFFrame(KeypadEntry(key)))

    async def silent(self, ms: int) -> None:
        """The caller's line, with nothing on it."""
        for _ in range(ms // 20):
            await self.keypad.queue_frame(InputAudioRawFrame(bytes(320), 8000, 1))


@pytest.fixture
async def stage():
    script = Asking({"order": ["Number?"], "sure?": ["Sure?"], "hold on": ["Yes."], "slower": ["Slow."]})
    async with KeyedStage(script, Call(reprompt_ms=1000, patience_ms=3000)) as running:
        await running.said(0, "Hello.")
        yield running


async def asked(stage: KeyedStage, text: str, answer: str) -> None:
    await stage.caller(text)
    await stage.said(1, answer)


async def test_the_last_digit_of_the_number_asked_for_ends_it_and_a_hash_after_it_is_no_key(stage):
    await asked(stage, "order", "Number?")
    began = time.monotonic()
    await stage.press("12345#")
    await stage.until(lambda: stage.script.asked[-1] == "keys 12345")
    assert time.monotonic() - began < 1, "nobody waits for more keys"
    await stage.said(2, "Keys.")
    assert stage.script.asked == ["order", "keys 12345"]


async def test_a_star_starts_the_number_over(stage):
    await asked(stage, "order", "Number?")
    await stage.press("999*12345")
    await stage.until(lambda: stage.script.asked[-1] == "keys 999*12345")


async def test_one_key_says_yes_where_yes_or_no_was_asked(stage):
    await asked(stage, "sure?", "Sure?")
    await stage.press("1")
    await stage.silent(700)
    await stage.until(lambda: stage.script.asked[-1] == "keys 1", seconds=1)


@pytest.mark.parametrize("number", ["19901", "04101"])
async def test_a_number_typed_where_yes_or_no_was_asked_is_one_entry(stage, number):
    await asked(stage, "sure?", "Sure?")
    for key in number:
        await stage.press(key)
        await stage.silent(400)
    await stage.press("#")
    await stage.said(2, "Keys.")
    assert stage.script.asked == ["sure?", f"keys {number}"]


async def test_zero_is_a_person_at_once_and_a_digit_where_a_number_is_asked_for(stage):
    await stage.press("0")
    await stage.silent(700)
    await stage.until(lambda: stage.script.asked == ["keys 0"], seconds=1)
    await stage.said(1, "Keys.")
    await stage.caller("order")
    await stage.said(2, "Number?")
    await stage.press("01234")
    await stage.until(lambda: stage.script.asked[-1] == "keys 01234", seconds=1)


async def test_keys_stop_the_agent_and_count(stage):
    stage.script.answers["long"] = ["This is a sentence that takes a while to be said."]
    await stage.caller("long")
    await stage.until(lambda: stage.playback.heard(1, 0, time.monotonic() * 1000) == "part")
    await stage.press("12#")
    await stage.said(2, "Keys.")
    assert stage.shelf.turns[1].interrupted
    assert stage.script.asked == ["long", "keys 12"]


async def test_what_is_said_while_a_number_is_typed_belongs_to_the_keys(stage):
    await asked(stage, "order", "Number?")
    await stage.press("123")
    await stage.until(lambda: stage.keypad._aggregation == "123")
    await asyncio.sleep(0.1)
    await stage.caller("I am typing it")
    await asyncio.sleep(0.1)
    await stage.press("45")
    await stage.said(2, "Keys.")
    assert stage.script.asked == ["order", "keys 12345 I am typing it"]
    assert stage.shelf.turns[2].transcript == "I am typing it 12345"
    assert [span.kind for span in stage.shelf.turns[2].caller] == ["speech", "keys"]


async def test_digits_read_aloud_beside_the_keys_are_not_answered_again_and_a_wish_is(stage):
    stage.script.answers["and your hours"] = ["Nine to five."]
    await asked(stage, "order", "Number?")
    stage.keypad._received = 8 * 500  # the caller's words began before
    await stage.press("12345")
    await stage.until(lambda: stage.script.asked[-1] == "keys 12345")
    await stage.conductor.queue_frame(
        CallerTurnFrame(text="four five", spans=(CallerSpan("speech", 400, 700),))
    )
    await stage.said(2, "Keys.")
    await stage.press("12345")
    await stage.until(lambda: stage.conductor.busy())
    await stage.conductor.queue_frame(
        CallerTurnFrame(text="and your hours", spans=(CallerSpan("speech", 400, 900),))
    )
    await stage.until(lambda: stage.script.asked[-1] == "and your hours")
    assert "four five" not in stage.script.asked


async def test_a_key_puts_the_next_question_of_the_silent_off(stage):
    await asked(stage, "order", "Number?")
    await asyncio.sleep(0.7)
    await stage.press("1")
    await asyncio.sleep(0.7)
    assert max(stage.shelf.turns) == 1, "the agent doesn't speak over one who types"


async def test_one_who_asked_to_wait_is_waited_for(stage):
    await asked(stage, "hold on", "Yes.")
    await asyncio.sleep(2)
    assert max(stage.shelf.turns) == 1
    await stage.said(2, "Still there 1?")
    await stage.said(3, "Still there 2?")


async def test_the_voice_is_as_slow_and_as_loud_as_the_reply_says(stage):
    hello = np.frombuffer(b"".join(stage.line.played), np.int16)
    stage.line.played.clear()
    await asked(stage, "slower", "Slow.")
    slow = np.frombuffer(b"".join(stage.line.played), np.int16)
    assert stage.tts.speeds[-1] == 0.5
    assert len(slow) > 1.3 * len(hello), "five letters at half the speed"
    assert np.abs(slow).max() == pytest.approx(2 * np.abs(hello).max(), rel=0.02), "6 dB more"


def test_louder_speech_never_clips_and_keeps_its_quiet_parts_louder():
    time_s = np.arange(8000) / 8000
    tone = np.sin(2 * np.pi * 440 * time_s) * np.where(time_s < 0.5, 1_000, 28_000)
    loud = louder(tone.astype(np.int16), 12)
    assert np.abs(loud.astype(int)).max() <= np.ceil(CEILING)
    assert np.abs(loud[:3000]).max() == pytest.approx(3_981, rel=0.01), "12 dB where there is room"
    spectrum = np.abs(np.fft.rfft(loud[4400:7600] * np.hanning(3200)))
    tone_bins = spectrum[170:183].max()
    assert spectrum[190:].max() < tone_bins / 100, "limited, not clipped: no harmonics"


def test_no_gain_changes_no_sample():
    pcm = np.arange(-400, 400, dtype=np.int16)
    assert louder(pcm, 0.0) is pcm
