"""A caller who is a person: a microphone, a loudspeaker and keys in the place of a script.

The call's loop asks for 20 ms at a time and gives 20 ms to hear; keys and the end come from the terminal.
"""

import contextlib
from collections import deque
from types import TracebackType

import numpy as np

from telephony.line.audibility import Samples, audible_frames
from telephony.softphone.measurement import CallerAct
from telephony.softphone.microphone import Microphone
from telephony.softphone.speaker import Speaker
from telephony.softphone.speech_finder import SpeechFinder
from telephony.softphone.steps import TICK_MS, TICK_SAMPLES, Frame

KEYS_PAUSE_MS = 2_500
"""Keys further apart than this are two things that the caller did."""
ECHO_MS = 400
"""How long after the agent's sound a loudspeaker and its room may still bring it back."""


class Handset:
    """One call's; open it with `with`. `acts` are what the caller did, found in the microphone's sound."""

    def __init__(self, microphone: Microphone, speaker: Speaker, *, half_duplex: bool = False) -> None:
        """`half_duplex` closes the microphone while the agent is heard: for loudspeakers."""
        self._microphone = microphone
        self._speaker = speaker
        self._half_duplex = half_duplex
        self._opened = contextlib.ExitStack()
        self._speech = SpeechFinder()
        self._pressed: deque[str] = deque()
        self._key_acts: list[CallerAct] = []
        self._keys_open = False
        self._echo_until_ms = 0.0
        self._hangs_up = False
        self.lost: str | None = None
        """Which device went away in the middle of the call; None while both are there."""

    def __enter__(self) -> "Handset":
        with contextlib.ExitStack() as opening:
            opening.enter_context(self._speaker)
            opening.enter_context(self._microphone)
            self._opened = opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def press(self, key: str) -> None:
        self._pressed.append(key)

    def hang_up(self) -> None:
        self._hangs_up = True

    def frame(self, now_ms: float) -> Frame:
        """What the caller says and presses in the 20 ms from `now_ms`."""
        pcm = self._microphone.take(TICK_SAMPLES)
        if self._half_duplex and now_ms < self._echo_until_ms:
            pcm = np.zeros(TICK_SAMPLES, dtype=np.int16)
        self._speech.take(pcm)
        if self._microphone.ended or self._speaker.ended:
            self.lost = "microphone" if self._microphone.ended else "loudspeaker"
        keys = [self._pressed.popleft()] if self._pressed else []
        for key in keys:
            self._note_key(key, int(now_ms))
        return Frame(pcm, keys, self._hangs_up or self.lost is not None)

    def hear(self, pcm: Samples, now_ms: float) -> None:
        """The agent's next 20 ms, from `now_ms`."""
        self._speaker.play(pcm)
        if self._half_duplex and audible_frames(pcm).any():
            self._echo_until_ms = now_ms + TICK_MS + ECHO_MS

    @property
    def acts(self) -> list[CallerAct]:
        spoken = [
            CallerAct("", "speech", "microphone", stretch.start_ms, stretch.end_ms)
            for stretch in self._speech.stretches
        ]
        done = sorted([*spoken, *self._key_acts], key=lambda act: act.start_ms)
        return [
            CallerAct(f"c{number}", act.kind, act.source, act.start_ms, act.end_ms)
            for number, act in enumerate(done, 1)
        ]

    def _note_key(self, key: str, at_ms: int) -> None:
        last = self._key_acts[-1] if self._key_acts else None
        if last is not None and self._keys_open and at_ms - last.end_ms < KEYS_PAUSE_MS:
            self._key_acts[-1] = CallerAct("", "keys", "keys", last.start_ms, at_ms)
        else:
            self._key_acts.append(CallerAct("", "keys", "keys", at_ms, at_ms))
        self._keys_open = key != "#"
