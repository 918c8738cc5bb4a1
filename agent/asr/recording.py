"""Reads a sound file of any rate and width: one channel at 16 kHz for the recogniser, or each channel."""

from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from agent.asr.voicing import RATE_HZ
from agent.settings import UserError

BLOCK_S = 30
LONGEST_S = 4 * 3600


class RecordingError(UserError):
    """A file that can't be heard; the text says what to do."""


def read(path: Path) -> NDArray[np.float32]:
    """The file's samples at 16 kHz in -1..1, channels mixed. Raises `RecordingError`."""
    return read_channels(path, RATE_HZ, mixed=True)[0]


def read_channels(path: Path, rate_hz: int, *, mixed: bool = False) -> NDArray[np.float32]:
    """The file's samples in -1..1 as (channels, samples) at `rate_hz`. Raises `RecordingError`."""
    if not path.exists():
        raise RecordingError(f"{path} isn't there: check the path.")
    if not path.is_file():
        raise RecordingError(f"{path} is not a file: give the WAV files themselves.")
    try:
        with soundfile.SoundFile(str(path)) as file:
            blocks = _blocks(file, path, rate_hz, mixed)
    except soundfile.LibsndfileError as error:
        raise RecordingError(
            f"{path} can't be read as a WAV: make it one, for example with `sox {path.name} -b 16 new.wav`."
        ) from error
    except OSError as error:
        raise RecordingError(f"{path} can't be opened ({error.strerror}): check its permissions.") from error
    audio = np.concatenate(blocks) if blocks else np.zeros((0, 1), dtype=np.float32)
    if len(audio) == 0:
        raise RecordingError(f"{path} is empty: record it again, there is no sound in it.")
    return np.ascontiguousarray(np.clip(np.nan_to_num(audio), -1.0, 1.0).T)


def channels(path: Path) -> int:
    """How many channels a readable file has."""
    return int(soundfile.info(str(path)).channels)


def _blocks(file: soundfile.SoundFile, path: Path, wanted_hz: int, mixed: bool) -> list[NDArray[np.float32]]:
    """(samples, channels) block by block, so that a long stereo file doesn't lie in memory twice."""
    rate_hz = file.samplerate
    if file.frames > LONGEST_S * rate_hz:
        raise RecordingError(f"{path} is longer than {LONGEST_S // 3600} hours: cut it into parts.")
    count = 1 if mixed else file.channels
    resampler = soxr.ResampleStream(rate_hz, wanted_hz, count, dtype="float32", quality="HQ")
    blocks: list[NDArray[np.float32]] = []
    while True:
        block = file.read(BLOCK_S * rate_hz, dtype="float32", always_2d=True)
        last = len(block) < BLOCK_S * rate_hz
        if mixed:
            block = block.mean(axis=1, keepdims=True)
        if rate_hz == wanted_hz:
            blocks.append(block)
        elif len(block) or blocks:
            # A stream of one channel takes and gives a line of samples, not a table.
            chunk = np.ascontiguousarray(block[:, 0] if count == 1 else block)
            blocks.append(resampler.resample_chunk(chunk, last=last).reshape(-1, count))
        if last:
            return blocks
