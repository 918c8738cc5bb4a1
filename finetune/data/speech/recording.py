"""The recordings of a folder."""

import re
from dataclasses import dataclass
from pathlib import Path

import soundfile

from agent.asr.recording import RecordingError, read_channels
from agent.models.verify import sha256_of
from finetune.data.errors import DataError
from finetune.data.speech.augmentation import SOUNDS
from finetune.data.speech.sound import Sound, normalised, one_sound

LOWEST_HZ, HIGHEST_HZ = 8_000, 48_000
MOST_CHANNELS = 2


@dataclass(frozen=True, slots=True)
class Recording:
    """A sound file of the folder. `name` is relative to it."""

    path: Path
    name: str
    sha256: str

    @property
    def id(self) -> str:
        """Its files' name in the prepared folder."""
        stem = re.sub(r"[^A-Za-z0-9_-]+", "_", self.path.stem)[:40]
        return f"{stem}-{self.sha256[:8]}"

    def read(self, rate_hz: int) -> Sound:
        """Its samples as (channels, samples) at `rate_hz`, the peak of each channel normalised.

        Raises `RecordingError` for a broken file, an unusual rate, more than two channels.
        """
        try:
            own_hz = int(soundfile.info(str(self.path)).samplerate)
        except (soundfile.LibsndfileError, OSError) as error:
            raise RecordingError(
                f"{self.path} can't be read as a sound: it is broken, or no sound."
            ) from error
        if not LOWEST_HZ <= own_hz <= HIGHEST_HZ:
            raise RecordingError(
                f"{self.path} has {own_hz} Hz: give one between {LOWEST_HZ} and {HIGHEST_HZ} Hz."
            )
        audio = read_channels(self.path, rate_hz)
        if len(audio) > MOST_CHANNELS and not one_sound(audio):
            raise RecordingError(f"{self.path} has {len(audio)} channels: give one or two.")
        for place, channel in enumerate(audio):
            audio[place] = normalised(channel)
        return audio


def recordings(folder: Path) -> tuple[list[Recording], dict[str, str]]:
    """The sound files under `folder`, in order; and those that carry another's bytes, with the sentence.

    Raises `DataError` where there is none.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder: name the one that holds the recordings.")
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in SOUNDS and path.is_file()]
    if not paths:
        raise DataError(f"{folder} holds no recording: put {', '.join(SOUNDS)} files into it.")
    found: dict[str, Recording] = {}
    skipped: dict[str, str] = {}
    for path in paths:
        name = path.relative_to(folder).as_posix()
        try:
            digest = sha256_of(path)
        except OSError as error:
            skipped[name] = f"{path} can't be opened ({error.strerror}): check its permissions."
            continue
        if digest in found:
            skipped[name] = f"{path} is {found[digest].name} once more: it is taken once."
        else:
            found[digest] = Recording(path, name, digest)
    return list(found.values()), skipped
