"""A recording that a caller plays: any rate, mono, read once and brought to 8 kHz."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

from agent.settings.errors import UserError
from telephony.line.audibility import RATE_HZ, Samples, Stretch, speech_stretch

LONGEST_MS = 600_000


class SoundError(UserError, ValueError):
    """A file that can't be played; the text says what to do."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Sound:
    """8 kHz mono samples, and where the speech in them lies."""

    source: str
    pcm: Samples
    speech: Stretch


def read_samples(path: Path) -> Samples:
    """The file's samples at 8 kHz, 16 bits.

    Raises:
        SoundError: missing, not a sound, empty, not mono, or longer than ten minutes.
    """
    if not path.exists():
        raise SoundError(f"There is no file {path}: check the name, and the folder that it is counted from.")
    if not path.is_file():
        raise SoundError(f"{path} is a folder: name the WAV file in it.")
    try:
        with soundfile.SoundFile(path) as file:
            rate_hz, channels, frames = file.samplerate, file.channels, file.frames
            if channels != 1:
                raise SoundError(
                    f"{path} has {channels} channels ({rate_hz} Hz): a caller is one voice, so make it mono, "
                    "for example with `ffmpeg -i IN.wav -ac 1 OUT.wav`."
                )
            if frames / rate_hz * 1000 > LONGEST_MS:
                raise SoundError(f"{path} is over ten minutes long: cut it into what the caller says.")
            samples = file.read(dtype="float32")
    except (soundfile.LibsndfileError, OSError) as error:
        raise SoundError(f"{path} is not a sound that can be read: save it as a PCM WAV file.") from error
    if len(samples) == 0:
        raise SoundError(f"{path} is empty: record it again, or leave it out.")
    if rate_hz != RATE_HZ:
        samples = soxr.resample(samples, rate_hz, RATE_HZ, quality="HQ")
    return np.clip(np.rint(samples * 32_768.0), -32_768, 32_767).astype(np.int16)


def read_sound(path: Path) -> Sound:
    """One thing that a caller says, with the ends of its speech: the label's, or measured.

    Raises:
        SoundError: as `read_samples`, or nothing in it can be heard, or its label is wrong.
    """
    pcm = read_samples(path)
    speech = read_label(path, len(pcm) * 1000 // RATE_HZ) or speech_stretch(pcm)
    if speech is None:
        raise SoundError(f"Nothing can be heard in {path}: record it louder, or write `wait_ms` for a pause.")
    return Sound(path.name, pcm, speech)


def read_label(path: Path, longest_ms: int) -> Stretch | None:
    """`{"start_ms", "end_ms"}` from NAME.label or NAME.json beside NAME.wav; None where there is none."""
    for suffix in (".label", ".json"):
        label = path.with_suffix(suffix)
        if not label.is_file():
            continue
        try:
            found = json.loads(label.read_text(encoding="utf-8"))
            start_ms, end_ms = int(found["start_ms"]), int(found["end_ms"])
        except (ValueError, KeyError, TypeError) as error:
            raise SoundError(f'{label} is no label: write {{"start_ms": 120, "end_ms": 1840}}.') from error
        if not 0 <= start_ms < end_ms <= longest_ms + 10:
            raise SoundError(f"{label} lies outside its sound: 0 <= start_ms < end_ms <= {longest_ms}.")
        return Stretch(start_ms, end_ms)
    return None
