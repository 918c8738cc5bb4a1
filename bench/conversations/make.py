"""Makes the callers' recordings from their words. Nobody else needs to: they are committed.

    apt-get install flite
    python3 -m venv VOICES && VOICES/bin/pip install -r bench/conversations/voices.txt
    VOICES/bin/python -m bench.conversations.make [NAME...]

What is said, by which voice and how fast stands in each conversation's talk.toml; `[600]` is a pause of
600 ms. A recording whose words and voice are as before is left as it is, unless --again is given.
"""

import argparse
import hashlib
import tomllib
from pathlib import Path
from typing import Any

import soundfile

from bench.conversations.voices import RATE_HZ, spoken

TALKS = Path(__file__).parent / "talks"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="conversations; all by default")
    parser.add_argument("--again", action="store_true", help="make also what is there already")
    options = parser.parse_args()
    for talk in sorted(path.parent for path in TALKS.glob("*/talk.toml")):
        if not options.names or talk.name in options.names:
            make(talk, again=options.again)


def make(talk: Path, *, again: bool) -> None:
    """The recordings of one conversation; those that its words no longer name are removed."""
    told: dict[str, Any] = tomllib.loads((talk / "talk.toml").read_text(encoding="utf-8"))
    for name, text in told["says"].items():
        voice, speed = str(told["voice"]), float(told["speed"])
        mark = hashlib.sha256(f"{text}\n{voice}\n{speed}".encode()).hexdigest()[:16]
        path = talk / name
        if again or mark != _mark(path):
            _write(path, text, voice, speed, mark)
            print(path)
    for path in talk.glob("*.flac"):
        if path.name not in told["says"]:
            path.unlink()


def _mark(path: Path) -> str | None:
    """What the recording was made from."""
    if not path.exists():
        return None
    with soundfile.SoundFile(path) as file:
        return str(file.comment)


def _write(path: Path, text: str, voice: str, speed: float, mark: str) -> None:
    with soundfile.SoundFile(
        path, "w", samplerate=RATE_HZ, channels=1, format="FLAC", subtype="PCM_16"
    ) as file:
        file.comment = mark
        file.write(spoken(text, voice, speed))


if __name__ == "__main__":
    main()
