"""`agent call` with a person in place of a script: devices, keys of the terminal, words as they are heard."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from agent.cli.console import say

if TYPE_CHECKING:
    from telephony.softphone.handset import Handset

KEYS = "0123456789*#"
ENDS = "qQ\x03\x04"
"""q, Ctrl-C and Ctrl-D hang up."""
HINT = (
    "Speak after the greeting. Keys: 0 to 9, * and #. Hang up: q or Ctrl-C. "
    "Use a headset: without one the agent hears itself (or see --half-duplex)."
)


@dataclass(frozen=True, slots=True)
class Devices:
    """Which microphone and loudspeaker, by name; None is the system's own choice."""

    input: str | None
    output: str | None
    half_duplex: bool


def open_handset(devices: Devices) -> "Handset":
    """The devices, opened but not running yet.

    Raises:
        SoundCardError: there is none, or it can't be used.
    """
    from telephony.softphone.handset import Handset
    from telephony.softphone.microphone import Microphone
    from telephony.softphone.sound_card import SoundCard
    from telephony.softphone.speaker import Speaker

    card = SoundCard.open()
    heard, played = card.device("input", devices.input), card.device("output", devices.output)
    return Handset(Microphone(card, heard), Speaker(card, played), half_duplex=devices.half_duplex)


def list_devices() -> None:
    """Prints the sound devices of this machine, one a line."""
    from telephony.softphone.sound_card import SoundCard, table

    found = SoundCard.open().devices()
    if not found:
        say("This machine has no sound device that PortAudio knows.")
    for line in table(found):
        print(line)


class CaptionLine:
    """The last line of the terminal: what the caller is heard to say, before it is a turn."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._heard = Text()
        self._keys = ""

    def __enter__(self) -> "CaptionLine":
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, caption: Mapping[str, Any]) -> None:
        """A `caption` message: stable words in the caller's colour, the others dim."""
        words = caption.get("words")
        self._heard = Text()
        for word in words if isinstance(words, list) else ():
            if isinstance(word, Mapping) and isinstance(word.get("text"), str):
                self._heard.append(f"{word['text']} ", "cyan" if word.get("stable") else "dim")
        self._draw()

    def key(self, key: str) -> None:
        self._keys += key
        self._draw()

    def clear(self) -> None:
        """The words stand above now, as a turn."""
        self._heard, self._keys = Text(), ""
        self._draw()

    def _draw(self) -> None:
        line = Text(no_wrap=True, overflow="ellipsis")
        if self._heard or self._keys:
            line.append(f"{'caller':>6}  ", style="bold")
            line.append_text(self._heard)
            line.append(f"(keys {self._keys})" if self._keys else "", style="cyan")
        self._live.update(line, refresh=True)


@contextlib.contextmanager
def keys_of_terminal(handset: "Handset", line: CaptionLine | None) -> Iterator[None]:
    """Keys typed on the terminal are the telephone's; q, Ctrl-C and the end of the input hang up."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, handset.hang_up)

    def typed() -> None:
        text = os.read(descriptor, 64).decode(errors="ignore")
        if not text or any(letter in ENDS for letter in text):
            handset.hang_up()
            loop.remove_reader(descriptor)
        for letter in text:
            if letter in KEYS:
                handset.press(letter)
                if line is not None:
                    line.key(letter)

    descriptor = sys.stdin.fileno() if sys.stdin is not None and sys.stdin.isatty() else -1
    try:
        with _unechoed(descriptor):
            if descriptor >= 0:
                loop.add_reader(descriptor, typed)
            yield
    finally:
        if descriptor >= 0:
            loop.remove_reader(descriptor)
        loop.remove_signal_handler(signal.SIGINT)


@contextlib.contextmanager
def _unechoed(descriptor: int) -> Iterator[None]:
    """The terminal gives each key at once and doesn't show it; afterwards it is as it was."""
    if descriptor < 0:
        yield
        return
    import termios
    import tty

    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
