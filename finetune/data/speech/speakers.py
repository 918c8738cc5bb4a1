"""Whose speech is where in a recording: by channel where there are two, by voice where there is one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from agent.vad.protocol import VadEngine
from finetune.data.speech.diarization import RATE_HZ, Diarizer, SpeakerTurn
from finetune.data.speech.segment import Pause
from finetune.data.speech.sound import Sound, one_sound, resampled
from finetune.data.speech.speech_spans import Span, pauses, probabilities, speech_spans, stretches

Side = Literal["agent", "caller"]


LEAK_DB = 15
"""So much quieter than the channel's loudest speech, and than the other channel meanwhile: it leaked in."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A segment before it is cut out."""

    channel: int
    speaker: str
    span: Span
    pauses: tuple[Pause, ...] = ()


@dataclass(frozen=True, slots=True)
class Roles:
    """Who is who."""

    agent_channel: int = 1
    """Of a recording with two channels, from 0; the agent's own recordings have the caller first."""
    first: Side = "agent"
    """Who speaks first on one channel: a telephone is answered with a greeting."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """Finds out who speaks where."""

    vad: VadEngine
    diarizer: Diarizer
    roles: Roles = field(default_factory=Roles)

    def stretches(self, audio: Sound, rate_hz: int) -> list[Stretch]:
        """The segments of samples (channels, samples) in -1..1, in the order of their start.

        Two different channels are two speakers. One channel (or two alike) is told apart by voice: two
        voices are agent and caller, another count is `speaker0` and so on.
        """
        if one_sound(audio):
            found = self._one_channel(audio[0], rate_hz)
        else:
            found = self._one_side(audio, rate_hz, 0) + self._one_side(audio, rate_hz, 1)
        return sorted(found, key=lambda stretch: (stretch.span.start_ms, stretch.channel))

    def _one_side(self, audio: Sound, rate_hz: int, channel: int) -> list[Stretch]:
        side: Side = "agent" if channel == self.roles.agent_channel else "caller"
        found = probabilities(self.vad, audio[channel], rate_hz)
        spans = _own(speech_spans(found), audio[channel], audio[1 - channel], rate_hz)
        length_ms = audio.shape[-1] * 1000 // rate_hz
        cut = stretches([spans], found, length_ms) if spans else []
        return [Stretch(channel, side, span, _inside(span, spans)) for _, span in cut]

    def _one_channel(self, audio: Sound, rate_hz: int) -> list[Stretch]:
        found = probabilities(self.vad, audio, rate_hz)
        spans = speech_spans(found)
        turns = self.diarizer.turns(resampled(audio, rate_hz, RATE_HZ), spans)
        runs, speakers = _runs(spans, turns)
        names = self._names(len(set(speakers)))
        cut = stretches(runs, found, len(audio) * 1000 // rate_hz)
        return [
            Stretch(0, names[speakers[number]], span, _inside(span, runs[number])) for number, span in cut
        ]

    def _names(self, count: int) -> list[str]:
        """Of speakers in the order of their first words."""
        if count == 2:
            return [self.roles.first, "caller" if self.roles.first == "agent" else "agent"]
        return [f"speaker{number}" for number in range(count)]


def _own(spans: Sequence[Span], audio: Sound, other: Sound, rate_hz: int) -> list[Span]:
    """The spans of a channel without what leaks into it: quiet there, and loud in the `other`."""
    loud = [_loudness(audio, span, rate_hz) for span in spans]
    most = max(loud, default=0.0)
    leak = 10 ** (-LEAK_DB / 20)
    return [
        span
        for span, own in zip(spans, loud, strict=True)
        if own >= leak * min(most, _loudness(other, span, rate_hz))
    ]


def _loudness(audio: Sound, span: Span, rate_hz: int) -> float:
    """The root mean square of a span."""
    part = audio[span.start_ms * rate_hz // 1000 : span.end_ms * rate_hz // 1000]
    return float(np.sqrt(np.mean(np.square(part, dtype=np.float64)))) if len(part) else 0.0


def _runs(spans: Sequence[Span], turns: Sequence[SpeakerTurn]) -> tuple[list[list[Span]], list[int]]:
    """Speech by turns, a run till another speaker begins; and each run's speaker."""
    runs: list[list[Span]] = []
    speakers: list[int] = []
    for turn in turns:
        own = [
            Span(max(span.start_ms, turn.start_ms), min(span.end_ms, turn.end_ms))
            for span in spans
            if span.start_ms < turn.end_ms and span.end_ms > turn.start_ms
        ]
        if not own:
            continue
        if speakers and speakers[-1] == turn.speaker:
            runs[-1] += own
        else:
            runs.append(own)
            speakers.append(turn.speaker)
    order = {speaker: place for place, speaker in enumerate(dict.fromkeys(speakers))}
    return runs, [order[speaker] for speaker in speakers]


def _inside(segment: Span, spans: Sequence[Span]) -> tuple[Pause, ...]:
    """The silences amid a segment, in ms from its start."""
    own = [span for span in spans if span.end_ms > segment.start_ms and span.start_ms < segment.end_ms]
    return tuple(
        Pause(gap.start_ms - segment.start_ms, gap.end_ms - segment.start_ms)
        for gap in pauses(own)
        if gap.length_ms > 0
    )
