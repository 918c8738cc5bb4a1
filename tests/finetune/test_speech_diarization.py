"""Voices told apart on one channel, and the measure of it."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile

from agent.vad.silero import SileroEngine
from finetune.data.errors import DataError
from finetune.data.speech.diarization import ClusteredVoices, SpeakerTurn
from finetune.data.speech.pyannote import PyannoteDiarizer
from finetune.data.speech.sound import resampled
from finetune.data.speech.speech_spans import Span, probabilities, speech_spans
from finetune.data.speech.voice_encoder import VoiceEncoder
from finetune.evaluate.diarization import diarization_error

CALLERS = Path(__file__).parents[1] / "callers"
RATE_HZ = 16_000


def recorded(name: str) -> np.ndarray:
    samples, rate_hz = soundfile.read(CALLERS / f"{name}.wav", dtype="float32")
    return resampled(samples, rate_hz, RATE_HZ)


@pytest.fixture(scope="module")
def encoder() -> VoiceEncoder:
    return VoiceEncoder()


def turns(*told: tuple[int, int, int]) -> list[SpeakerTurn]:
    return [SpeakerTurn(*turn) for turn in told]


def test_the_error_counts_missed_extra_and_confused_speech() -> None:
    reference = turns((0, 1_000, 0), (1_000, 2_000, 1))
    error = diarization_error(reference, turns((200, 1_200, 7), (1_200, 2_100, 3)))
    assert (error.missed, error.false_alarm, error.confused) == pytest.approx((0.1, 0.05, 0.1))
    assert error.rate == pytest.approx(0.25) and error.speech_ms == 2_000


def test_speakers_are_matched_whatever_their_numbers() -> None:
    reference = turns((0, 1_000, 0), (1_000, 1_500, 1), (1_500, 2_500, 0))
    assert diarization_error(reference, turns((0, 1_000, 1), (1_000, 1_500, 0), (1_500, 2_500, 1))).rate == 0
    assert diarization_error(reference, turns((0, 2_500, 0))).confused == pytest.approx(0.2)
    assert diarization_error(reference, []).missed == 1


def test_borders_within_the_collar_do_not_count() -> None:
    reference = turns((0, 1_000, 0), (1_000, 2_000, 1))
    found = turns((0, 1_200, 0), (1_200, 2_000, 1))
    assert diarization_error(reference, found).rate == pytest.approx(0.1)
    assert diarization_error(reference, found, collar_ms=250).rate == 0


def test_vectors_of_one_voice_are_nearer_than_those_of_two(encoder: VoiceEncoder) -> None:
    names = ("where_is_my_order", "opening_hours", "where_is_my_order_man", "stop_opening_hours")
    found = encoder.vectors([recorded(name) for name in names])
    assert found.shape == (4, 256) and np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    same = (found[0] @ found[1], found[2] @ found[3])
    other = (found[0] @ found[2], found[1] @ found[3], found[0] @ found[3], found[1] @ found[2])
    assert min(same) > max(other) + 0.1
    assert encoder.vectors([]).shape == (0, 256)


@pytest.mark.parametrize(
    "sides",
    [
        (("where_is_my_order", "blue_kettle", "hold_on"), ("return_a_jacket", "stop_opening_hours")),
        (("digits_12345_jackson",) * 3, ("digits_12345_theo",) * 2),
    ],
)
def test_a_call_on_one_channel_is_told_apart(
    encoder: VoiceEncoder, sides: tuple[tuple[str, ...], tuple[str, ...]]
) -> None:
    order = [name for pair in zip(*sides, strict=False) for name in pair] + [sides[0][-1]]
    parts, reference, at = [np.zeros(8_000, np.float32)], [], 8_000
    for place, name in enumerate(order):
        sound = recorded(name)
        reference.append(SpeakerTurn(at // 16, (at + len(sound)) // 16, place % 2))
        parts += [sound, np.zeros(6_400, np.float32)]
        at += len(sound) + 6_400
    audio = np.concatenate(parts)
    spans = speech_spans(probabilities(SileroEngine(), audio, RATE_HZ))
    found = ClusteredVoices(encoder).turns(audio, spans)
    error = diarization_error(reference, found, collar_ms=250)
    assert {turn.speaker for turn in found} == {0, 1} and found[0].speaker == 0
    assert error.confused < 0.05


def test_silence_is_nobodys(encoder: VoiceEncoder) -> None:
    assert ClusteredVoices(encoder).turns(np.zeros(RATE_HZ, np.float32), []) == []


class _Pipeline:
    """Stands for pyannote's, whose weights need an account: its output is as version 4 gives it."""

    @classmethod
    def from_pretrained(cls, name: str) -> "_Pipeline":
        if name == "nobody/nothing":
            raise OSError("401")
        return cls()

    def __call__(self, given: dict[str, Any], min_speakers: int, max_speakers: int) -> Any:
        assert given["waveform"].shape == (1, RATE_HZ) and given["sample_rate"] == RATE_HZ
        assert (min_speakers, max_speakers) == (1, 2)
        told = [(0.1, 0.5, "SPEAKER_01"), (0.4, 0.9, "SPEAKER_00")]
        tracks = [(SimpleNamespace(start=start, end=end), "_", label) for start, end, label in told]
        return SimpleNamespace(speaker_diarization=SimpleNamespace(itertracks=lambda yield_label: tracks))


def test_pyannotes_turns_are_taken_without_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("pyannote.audio")
    module.Pipeline = _Pipeline  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pyannote", ModuleType("pyannote"))
    monkeypatch.setitem(sys.modules, "pyannote.audio", module)
    found = PyannoteDiarizer().turns(np.zeros(RATE_HZ, np.float32), [Span(0, 1_000)])
    assert found == turns((100, 500, 0), (500, 900, 1))
    with pytest.raises(DataError, match="nobody/nothing can't be loaded"):
        PyannoteDiarizer("nobody/nothing")


def test_without_pyannote_a_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyannote.audio", None)
    with pytest.raises(DataError, match="pip install pyannote"):
        PyannoteDiarizer()
