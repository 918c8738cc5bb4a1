"""A folder of recordings to segments on the disk: each whole or not at all; one that fails is named."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

from agent.asr.protocol import Transcript
from agent.asr.recording import RecordingError
from agent.models.verify import sha256_of
from finetune.data.speech.augmentation import Augmentation, augmented
from finetune.data.speech.recording import Recording
from finetune.data.speech.segment import Segment
from finetune.data.speech.segment_files import SegmentFiles
from finetune.data.speech.sound import Sound, resampled
from finetune.data.speech.speakers import Attribution, Stretch

HEARD_RATE_HZ = 16_000


class Recogniser(Protocol):
    """What writes down 16 kHz samples."""

    def transcribe(self, audio: Sound, /) -> Transcript: ...


@dataclass(frozen=True, slots=True)
class SpeechOptions:
    """What changes the result; a recording done with others is done again."""

    rate_hz: int = 24_000
    features: tuple[str, ...] = ()
    augmentations: tuple[Augmentation, ...] = ()
    seed: int = 1
    told: tuple[str, ...] = ()
    """What else changes it: the recogniser's and the diarizer's names, the roles, the noises."""

    def digest(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Prepared:
    """What became of the recordings."""

    segments: tuple[Segment, ...]
    recordings: tuple[Recording, ...]
    skipped: dict[str, str] = field(default_factory=dict)
    """Name -> the sentence that says why."""
    reused: int = 0
    """Recordings that an earlier run had done."""


class Preparation:
    """Works on recordings, several side by side; its engines are shared by all."""

    def __init__(
        self,
        out: Path,
        options: SpeechOptions,
        attribution: Attribution,
        recogniser: Recogniser,
        noises: Sequence[Sound] = (),
    ) -> None:
        self._out = out
        self._options = options
        self._attribution = attribution
        self._recogniser = recogniser
        self._noises = noises
        self._files = SegmentFiles(out, options.rate_hz, options.features, options.digest())

    def run(
        self, found: Sequence[Recording], workers: int, advance: Callable[[Recording, str], None]
    ) -> Prepared:
        """Does what isn't done yet: after a killed run, goes on with the recording that it was at.

        `advance` gets each recording as it ends, with the sentence where it failed.
        """
        self._files.forget({recording.id for recording in found})
        made: dict[str, list[Segment]] = {}
        skipped: dict[str, str] = {}
        reused = 0
        waiting: list[Recording] = []
        for recording in found:
            if (earlier := self._files.record(recording)) is not None:
                made[recording.id] = earlier
                reused += 1
                advance(recording, "")
            else:
                waiting.append(recording)
        for recording, result in self._work(waiting, workers):
            if isinstance(result, str):
                skipped[recording.name] = result
            else:
                made[recording.id] = result
            advance(recording, result if isinstance(result, str) else "")
        kept = tuple(recording for recording in found if recording.id in made)
        segments = tuple(segment for recording in kept for segment in made[recording.id])
        return Prepared(segments, kept, skipped, reused)

    def _work(
        self, waiting: Sequence[Recording], workers: int
    ) -> Iterator[tuple[Recording, list[Segment] | str]]:
        """Each recording with its segments, or why there are none; as they end."""
        with ThreadPoolExecutor(workers) as pool:
            running: dict[Future[list[Segment] | str], Recording] = {}
            queue = iter(waiting)
            try:
                while True:
                    while len(running) < workers and (recording := next(queue, None)) is not None:
                        running[pool.submit(self._one, recording)] = recording
                    if not running:
                        return
                    ended, _ = wait(running, return_when=FIRST_COMPLETED)
                    for future in ended:
                        yield running.pop(future), future.result()
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def _one(self, recording: Recording) -> list[Segment] | str:
        """The segments of one recording, all on the disk; or the sentence that says why there are none."""
        try:
            audio = recording.read(self._options.rate_hz)
        except RecordingError as error:
            return str(error)
        self._files.begin(recording)
        stretches = self._attribution.stretches(audio, self._options.rate_hz)
        segments: list[Segment] = []
        for number, stretch in enumerate(stretches):
            segments += self._segments(recording, number, stretch, audio)
        self._files.write_record(recording, segments)
        return segments

    def _segments(
        self, recording: Recording, number: int, stretch: Stretch, audio: Sound
    ) -> Iterator[Segment]:
        """A stretch's segment, then its augmented copies."""
        rate_hz = self._options.rate_hz
        span = stretch.span
        sound = audio[stretch.channel, span.start_ms * rate_hz // 1000 : span.end_ms * rate_hz // 1000]
        transcript = self._recogniser.transcribe(resampled(sound, rate_hz, HEARD_RATE_HZ))
        name = f"{number:04d}"
        copies = [("", sound)]
        for change in self._options.augmentations:
            seed, drawn_by = self._options.seed, f"{recording.sha256} {name}"
            copies.append((change.name, augmented(sound, rate_hz, change, self._noises, seed, drawn_by)))
        for place, (way, samples) in enumerate(copies):
            own = name if place == 0 else f"{name}-{place}"
            wav = self._files.write_wav(recording, own, samples)
            yield Segment(
                id=f"{recording.id}/{own}",
                wav=wav.relative_to(self._out).as_posix(),
                source=recording.name,
                channel=stretch.channel,
                speaker=stretch.speaker,
                start_ms=span.start_ms,
                end_ms=span.end_ms,
                text=transcript.text,
                confidence=round(transcript.confidence, 4),
                rate_hz=rate_hz,
                duration_ms=len(samples) * 1000 // rate_hz,
                sha256=sha256_of(wav),
                pauses=stretch.pauses if place == 0 else (),
                augmented=way,
                features=self._files.write_features(recording, own, samples),
            )
