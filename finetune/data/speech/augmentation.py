"""What a telephone, a street and a hurried speaker do to a recording; the same for the same seed."""

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from agent.asr.recording import read_channels
from finetune.data.errors import DataError
from finetune.data.speech.sound import Sound, pcm16, resampled

Kind = Literal["noise", "mulaw", "loss", "speed"]
LINE_RATE_HZ = 8_000
PACKET_MS = 20
BURST_PACKETS = 3.0
"""Mean length of a run of lost packets: losses come together."""
SOUNDS = (".wav", ".flac", ".mp3", ".ogg")
STEP = re.compile(r"(noise|mulaw|loss|speed)(?:=(-?\d+(?:\.\d+)?))?")
BOUNDS: dict[str, tuple[float, float]] = {"noise": (-10, 60), "loss": (0, 0.5), "speed": (0.5, 2)}
"""An SNR in dB, a share of packets, a factor."""


@dataclass(frozen=True, slots=True)
class Step:
    kind: Kind
    value: float = 0.0


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Steps one after another; `name` is as it was written: `speed=0.9+noise=10+mulaw`."""

    name: str
    steps: tuple[Step, ...]


def parse(text: str) -> Augmentation:
    """Raises `DataError` where `text` is no chain of steps."""
    steps = []
    for part in text.split("+"):
        match = STEP.fullmatch(part.strip())
        if match is None or (match[1] in BOUNDS) == (match[2] is None):
            raise DataError(
                f"--augment {text}: {part or 'nothing'} isn't known; write noise=SNR, mulaw, loss=SHARE or "
                "speed=FACTOR, several joined by +."
            )
        kind, value = match[1], float(match[2] or 0)
        low, high = BOUNDS.get(kind, (0, 0))
        if not low <= value <= high:
            raise DataError(f"--augment {text}: {kind} goes from {low:g} to {high:g}.")
        steps.append(Step(kind, value))  # type: ignore[arg-type]
    return Augmentation(text, tuple(steps))


def read_noises(folder: Path, rate_hz: int) -> list[Sound]:
    """All sounds of a folder, mono at `rate_hz`. Raises `DataError`, `RecordingError`."""
    paths = sorted(path for path in folder.glob("*") if path.suffix.lower() in SOUNDS)
    if not paths:
        raise DataError(f"{folder} holds no noise: name a folder of WAV, FLAC, MP3 or OGG files by --noise.")
    return [read_channels(path, rate_hz, mixed=True)[0] for path in paths]


def augmented(
    audio: Sound, rate_hz: int, augmentation: Augmentation, noises: Sequence[Sound], seed: int, name: str
) -> Sound:
    """A copy of mono samples in -1..1 with the steps done; `name` (a segment's) draws from `seed`.

    `speed` changes the length by 1 / factor, the others keep it.
    """
    random = np.random.default_rng([seed, zlib.crc32(f"{name} {augmentation.name}".encode())])
    for step in augmentation.steps:
        if step.kind == "noise":
            audio = with_noise(audio, noises[int(random.integers(len(noises)))], step.value, random)
        elif step.kind == "mulaw":
            audio = over_line(audio, rate_hz)
        elif step.kind == "loss":
            audio = with_loss(audio, rate_hz, step.value, random)
        else:
            audio = at_speed(audio, step.value)
    return np.clip(audio, -1.0, 1.0).astype(np.float32)


def with_noise(audio: Sound, noise: Sound, snr_db: float, random: np.random.Generator) -> Sound:
    """`noise`, from a drawn place and looped, `snr_db` under the audio; powers are means over each whole."""
    start = int(random.integers(len(noise)))
    place = (start + np.arange(len(audio))) % len(noise)
    added = noise[place]
    power, own = (float(np.mean(np.square(part, dtype=np.float64))) for part in (audio, added))
    if power == 0.0 or own == 0.0:
        return audio
    gain = np.sqrt(power / own / 10 ** (snr_db / 10))
    mixed = audio + added * np.float32(gain)
    peak = float(np.abs(mixed).max())
    return np.asarray(mixed / max(peak, 1.0), dtype=np.float32)


def over_line(audio: Sound, rate_hz: int) -> Sound:
    """As a telephone line carries it: 8 kHz, mu-law; back at `rate_hz`, as long as before."""
    import audioop

    pcm = pcm16(resampled(audio, rate_hz, LINE_RATE_HZ))
    heard = np.frombuffer(audioop.ulaw2lin(audioop.lin2ulaw(pcm.tobytes(), 2), 2), dtype=np.int16)
    narrow = (heard / 32_768).astype(np.float32)
    wide = resampled(narrow, LINE_RATE_HZ, rate_hz)
    return np.pad(wide, (0, max(0, len(audio) - len(wide))))[: len(audio)]


def with_loss(audio: Sound, rate_hz: int, share: float, random: np.random.Generator) -> Sound:
    """Packets of 20 ms silent in bursts, `share` of them in the mean (Gilbert's model)."""
    packet = rate_hz * PACKET_MS // 1000
    count = -(-len(audio) // packet)
    ends = 1.0 / BURST_PACKETS
    begins = ends * share / (1.0 - share)
    lost = bool(random.random() < share)
    heard = audio.copy()
    for place in range(count):
        if lost:
            heard[place * packet : (place + 1) * packet] = 0.0
        lost = random.random() >= ends if lost else random.random() < begins
    return heard


def at_speed(audio: Sound, factor: float) -> Sound:
    """Faster and higher by `factor`, as a tape: by resampling."""
    return resampled(audio, factor, 1.0)
