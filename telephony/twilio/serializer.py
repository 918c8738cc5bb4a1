"""Pipecat's Twilio serializer, mended: nothing that a caller sends can end the call by an exception.

- The stock `deserialize` raises on wrong base64 or a JSON list, and the transport's receive loop
  stands inside one `try`: one bad message ends the call. It logs the raw message, too.
- The stock one ignores `stop` and `mark`: a call would go on after the caller hung up, and nobody
  would know what was heard.
- The stock one resamples through a stream resampler; at 8 kHz in and out there is nothing to resample.
"""

import audioop
import base64
import time
from collections.abc import Callable
from typing import Any

from pipecat.audio.dtmf.types import KeypadEntry
from pipecat.frames.frames import Frame, InputAudioRawFrame, InputDTMFFrame
from pipecat.serializers.twilio import TwilioFrameSerializer

from telephony.twilio.faults import Faults
from telephony.twilio.message import count, parse, section
from telephony.twilio.sample_clock import RATE_HZ, SampleClock

FRAME_LIMIT_BYTES = RATE_HZ
"""One second of mu-law: a longer frame is refused."""
BURST_S = 30.0
"""Sound ahead of real time that is still taken, as after a stall of the network."""
SPEED = 2.0
"""How much faster than real time a caller may go on sending beyond the burst."""
MESSAGE_S = 0.02
"""What a message without sound costs of the same budget."""


class HardenedTwilioSerializer(TwilioFrameSerializer):
    """One call's. `on_mark(name)` says whether it knew the mark; `on_stop` means that the caller hung up;
    `on_audio` that he is still there; `on_flood` that too much was wrong: each returns at once."""

    def __init__(
        self,
        stream_sid: str,
        *,
        faults: Faults,
        on_mark: Callable[[str], bool],
        on_stop: Callable[[], None],
        on_audio: Callable[[], None],
        on_flood: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(
            stream_sid,
            params=TwilioFrameSerializer.InputParams(sample_rate=RATE_HZ, auto_hang_up=False),
        )
        self._faults = faults
        self._on_mark = on_mark
        self._on_stop = on_stop
        self._on_audio = on_audio
        self._on_flood = on_flood
        self._clock = clock
        self._samples = SampleClock()
        self._budget_s = BURST_S
        self._budget_at = clock()
        self._over = False

    async def deserialize(self, data: str | bytes) -> Frame | None:
        """The frame in one message, or None. Never raises."""
        if self._over:
            return None
        message = parse(data, self._faults)
        frame = self._read(message) if message is not None else None
        if self._faults.exceeded and not self._over:
            self._over = True
            self._on_flood()
        return frame

    def _read(self, message: dict[str, Any]) -> Frame | None:
        event = message.get("event")
        if event == "media":
            return self._media(section(message, "media"))
        if not self._afford(MESSAGE_S):
            return None
        if event == "dtmf":
            return self._key(section(message, "dtmf").get("digit"))
        if event == "mark":
            self._mark(section(message, "mark").get("name"))
        elif event == "stop":
            self._over = True
            self._on_stop()
        elif event == "start":
            self._faults.note("second start")
        elif event != "connected":
            self._faults.note("unknown event")
        return None

    def _media(self, media: dict[str, Any]) -> Frame | None:
        payload = media.get("payload")
        try:
            sound = base64.b64decode(payload, validate=True) if isinstance(payload, str) else None
        except ValueError:
            sound = None
        if sound is None:
            self._faults.note("wrong base64")
            return None
        if not 0 < len(sound) <= FRAME_LIMIT_BYTES:
            self._faults.note("frame of a wrong size")
            return None
        if media.get("track", "inbound") != "inbound":
            self._faults.note("sound of another track")
            return None
        if not self._afford(len(sound) / RATE_HZ):
            return None
        self._on_audio()
        place = self._samples.place(count(media.get("chunk")), count(media.get("timestamp")), len(sound))
        if place.fault:
            self._faults.note(place.fault, bad=False)
        if place.drop:
            return None
        pcm = bytes(2 * place.fill_samples) + audioop.ulaw2lin(sound, 2)
        return InputAudioRawFrame(audio=pcm, num_channels=1, sample_rate=RATE_HZ)

    def _key(self, digit: object) -> Frame | None:
        try:
            return InputDTMFFrame(KeypadEntry(digit if isinstance(digit, str) else ""))
        except ValueError:
            self._faults.note("key that is none")
            return None

    def _mark(self, name: object) -> None:
        if not isinstance(name, str):
            self._faults.note("mark without a name")
        elif not self._on_mark(name):
            self._faults.note("mark that isn't waiting", bad=False)

    def _afford(self, seconds: float) -> bool:
        """Whether a message may come now: the queues behind are unbounded, so the door is not."""
        now = self._clock()
        self._budget_s = min(BURST_S, self._budget_s + (now - self._budget_at) * SPEED)
        self._budget_at = now
        if seconds > self._budget_s:
            self._faults.note("faster than sound")
            return False
        self._budget_s -= seconds
        return True
