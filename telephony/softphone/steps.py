"""A script as it is played: each 20 ms, what the caller says, which keys are pressed, whether it hangs up.

Pure: the call's time comes in as an argument.
"""

from dataclasses import dataclass, field

import numpy as np

from telephony.line.audibility import RATE_HZ, Samples
from telephony.line.noise import Noise, speech_level
from telephony.softphone.measurement import CallerAct
from telephony.softphone.reply_watch import ReplyWatch
from telephony.softphone.script import HangUp, Keys, Play, Script, Wait

TICK_MS = 20
TICK_SAMPLES = RATE_HZ * TICK_MS // 1000
KEY_EVERY_MS = 200


@dataclass(slots=True)
class Frame:
    """20 ms of the caller's: sound, and the keys pressed in them."""

    pcm: Samples
    keys: list[str] = field(default_factory=list)
    hangs_up: bool = False


class StepPlayer:
    """One call's caller. `frame` is called for each tick, in order."""

    def __init__(self, script: Script, watch: ReplyWatch) -> None:
        self._steps = list(script.steps)
        self._watch = watch
        self._next = 0
        self._done_ms = 0.0
        """When the step before was done."""
        self._pcm: Samples = np.zeros(0, dtype=np.int16)
        self._keys: list[tuple[float, str]] = []
        self._noise: Noise | None = None
        if script.noise is not None:
            spoken = [step.sound.pcm for step in script.steps if isinstance(step, Play)]
            self._noise = Noise(script.noise.pcm, speech_level(spoken), script.noise.snr_db)
        self.acts: list[CallerAct] = []

    def frame(self, now_ms: float) -> Frame:
        """What the caller does in the 20 ms from `now_ms`."""
        hangs_up = False
        if not len(self._pcm) and not self._keys:
            hangs_up = self._take_steps(now_ms)
        pcm = np.zeros(TICK_SAMPLES, dtype=np.int16)
        part = self._pcm[:TICK_SAMPLES]
        pcm[: len(part)] = part
        self._pcm = self._pcm[TICK_SAMPLES:]
        keys: list[str] = []
        while self._keys and self._keys[0][0] <= now_ms:
            keys.append(self._keys.pop(0)[1])
        if len(part) or keys:
            self._done_ms = now_ms + TICK_MS
        return Frame(self._noise.under(pcm) if self._noise is not None else pcm, keys, hangs_up)

    def _take_steps(self, now_ms: float) -> bool:
        """Begins the next step where its time has come; True where the caller hangs up."""
        while self._next < len(self._steps):
            step = self._steps[self._next]
            if isinstance(step, HangUp):
                return True
            if isinstance(step, Wait):
                if now_ms - self._done_ms < step.ms:
                    return False
                self._done_ms = now_ms
                self._next += 1
                continue
            if not self._is_due(step, now_ms):
                return False
            self._next += 1
            self._begin(step, now_ms)
            return False
        return self._watch.may_speak(now_ms)

    def _is_due(self, step: Play | Keys, now_ms: float) -> bool:
        if step.after_agent_starts_ms is not None:
            return self._watch.agent_spoke_for(now_ms, step.after_agent_starts_ms)
        return self._watch.may_speak(now_ms)

    def _begin(self, step: Play | Keys, now_ms: float) -> None:
        name = f"c{len(self.acts) + 1}"
        if isinstance(step, Play):
            self._pcm = step.sound.pcm
            start_ms = now_ms + step.sound.speech.start_ms
            end_ms = now_ms + step.sound.speech.end_ms
            self.acts.append(CallerAct(name, "speech", step.sound.source, int(start_ms), int(end_ms)))
        else:
            self._keys = [(now_ms + index * KEY_EVERY_MS, key) for index, key in enumerate(step.digits)]
            closing = step.digits.find("#")
            last = closing if closing >= 0 else len(step.digits) - 1
            start_ms, end_ms = now_ms, now_ms + last * KEY_EVERY_MS
            self.acts.append(CallerAct(name, "keys", "keys", int(start_ms), int(end_ms)))
        self._watch.acts(start_ms, end_ms)
