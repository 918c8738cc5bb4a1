"""The scripted voice: as long as its text, told apart by its pitch."""

from contextlib import aclosing

import numpy as np
import pytest

from agent.tts.fake import FakeTts
from agent.tts.protocol import RATE_HZ, TtsError


async def test_a_text_sounds_as_long_as_it_is_and_the_same_each_time() -> None:
    voice = FakeTts(ms_per_character=50)
    first = np.concatenate([chunk async for chunk in voice.speak("Ten marks.")])
    again = np.concatenate([chunk async for chunk in voice.speak("Ten marks.")])
    assert len(first) == RATE_HZ // 2 == voice.samples("Ten marks.")
    assert np.array_equal(first, again)


async def test_the_pitch_tells_the_text() -> None:
    voice = FakeTts(ms_per_character=100)
    for text in ("Hello there.", "Good bye now."):
        pcm = np.concatenate([chunk async for chunk in voice.speak(text)])
        loudest_hz = np.argmax(np.abs(np.fft.rfft(pcm))) * RATE_HZ / len(pcm)
        assert loudest_hz == pytest.approx(voice.pitch_hz(text), abs=2)


async def test_a_text_left_early_is_known_as_stopped() -> None:
    voice = FakeTts()
    async with aclosing(voice.speak("This is a rather long text.")) as chunks:
        await anext(chunks)
    assert voice.stopped == ["This is a rather long text."]


async def test_a_broken_text_raises() -> None:
    with pytest.raises(TtsError):
        [chunk async for chunk in FakeTts(broken=["No."]).speak("No.")]
