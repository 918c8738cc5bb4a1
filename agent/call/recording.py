"""Both sides of a call in a stereo WAV: the caller left, what the telephone played right.

Place in the pipeline: after `transport.output()`. Pipecat's `AudioBufferProcessor` orders its tracks
by the time that frames arrive; ours counts samples, because audio is sent ahead of the telephone:

- The caller's samples are the clock. A chunk of the agent's begins where the one before ends, or now,
  whichever is later: just as a telephone plays what it gets.
- An interruption takes back what was sent and not played: the stock recording keeps it, up to the
  whole lead, and shifts all that follows.
- Blocks of a second are written as they pass; the stock processor hands them to event handlers that
  may run out of order.
"""

import asyncio
import re
import time
from collections.abc import Callable
from pathlib import Path

from pipecat.audio.utils import interleave_stereo_audio
from pipecat.frames.frames import (
    CancelFrame,
    Frame,
    InputAudioRawFrame,
    InterruptionFrame,
    OutputAudioRawFrame,
)
from pipecat.processors.audio.audio_buffer_processor import AudioBufferProcessor

from agent.call.playback import PlaybackClock
from agent.call.wav_file import WavFile

RATE_HZ = 8000
BYTES_PER_S = RATE_HZ * 2
BLOCK_BYTES = BYTES_PER_S
"""Of one side: a second is appended at a time."""
STALL_S = 1.0
"""A caller's side that is silent on the wire for so long no longer is the clock: the wall is."""
AHEAD_LIMIT_BYTES = 20 * BYTES_PER_S
"""The agent's side may be this far ahead of a caller's side that sends nothing."""
CLOSE_S = 5.0
"""How long `close` may take."""


def recording_path(folder: Path, call_id: str) -> Path:
    """The file of a call. Raises `ValueError` for an id that could leave the folder."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,128}", call_id):
        raise ValueError("a call's id has letters, digits, - and _ only")
    return folder / f"{call_id}.wav"


class PlayedAudioProcessor(AudioBufferProcessor):
    """Pipecat's recorder, with the caller's samples as its clock.

    `write` gets interleaved 16-bit stereo, in order, each sample once. A new epoch of `playback` is a
    `clear`, also where no `InterruptionFrame` passes.
    """

    def __init__(
        self,
        write: Callable[[bytes], None],
        playback: PlaybackClock | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(sample_rate=RATE_HZ, num_channels=2, auto_start_recording=True)
        self._write = write
        self._playback = playback
        self._epoch = playback.epoch if playback else 0
        self._clock = clock
        self._caller_at: float | None = None

    async def stop_recording(self) -> None:
        """Writes what is left of both sides: after an `EndFrame` the telephone plays all that it has."""
        if not self._recording:
            return
        self._align_track_buffers()
        self._flush(len(self._user_audio_buffer))
        await super().stop_recording()

    def cut(self) -> None:
        """Takes back the agent's sound that was sent and has not been played."""
        del self._bot_audio_buffer[self._now_bytes() :]

    async def _process_recording(self, frame: Frame) -> None:
        if self._playback and self._playback.epoch != self._epoch:
            self._epoch = self._playback.epoch
            self.cut()
        if isinstance(frame, InputAudioRawFrame):
            self._user_audio_buffer += await self._resample_input_audio(frame)
            self._caller_at = self._clock()
            if len(self._user_audio_buffer) >= BLOCK_BYTES:
                self._flush(len(self._user_audio_buffer))
        elif isinstance(frame, OutputAudioRawFrame):
            sound = await self._resample_output_audio(frame)
            self._caller_at = self._clock() if self._caller_at is None else self._caller_at
            self._sync_buffer_to_position(self._bot_audio_buffer, self._now_bytes())
            self._bot_audio_buffer += sound
            self._bound()
        elif isinstance(frame, (InterruptionFrame, CancelFrame)):
            self.cut()

    def _now_bytes(self) -> int:
        """Where the call is now, in bytes of one side since the last flush."""
        stalled_s = 0.0 if self._caller_at is None else self._clock() - self._caller_at
        if stalled_s < STALL_S:
            return len(self._user_audio_buffer)
        return len(self._user_audio_buffer) + 2 * int(stalled_s * RATE_HZ)

    def _bound(self) -> None:
        """Writes silence for a caller who sends nothing, before memory fills up."""
        ahead = len(self._bot_audio_buffer) - len(self._user_audio_buffer) - AHEAD_LIMIT_BYTES
        if ahead > 0:
            self._user_audio_buffer += bytes(ahead)
            if self._caller_at is not None:
                self._caller_at += ahead / BYTES_PER_S  # that much of the stall is counted now
            self._flush(len(self._user_audio_buffer))

    def _flush(self, size: int) -> None:
        """Writes `size` bytes of each side; the agent's side beyond may still be taken back."""
        if not size:
            return
        self._sync_buffer_to_position(self._bot_audio_buffer, size)
        self._write(
            interleave_stereo_audio(
                bytes(self._user_audio_buffer[:size]), bytes(self._bot_audio_buffer[:size])
            )
        )
        del self._user_audio_buffer[:size]
        del self._bot_audio_buffer[:size]


class CallRecorder:
    """Records one call to `path`: put `processor` behind the transport's output, and `close` at the end."""

    def __init__(
        self,
        path: Path,
        playback: PlaybackClock | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._file = WavFile(path, rate_hz=RATE_HZ, channels=2)
        self.processor = PlayedAudioProcessor(self._file.append, playback, clock=clock)

    async def close(self) -> Path | None:
        """Ends the recording, in `CLOSE_S` at most. The file, or None where nothing was recorded."""
        self.processor.cut()
        await self.processor.stop_recording()
        return await asyncio.to_thread(self._file.close, CLOSE_S)
