"""The recording of a call holds what was said and played, each at its time."""

import itertools
import signal
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
from pipecat.audio.utils import interleave_stereo_audio
from pipecat.frames.frames import (
    CancelFrame,
    Frame,
    InputAudioRawFrame,
    InterruptionFrame,
    TTSAudioRawFrame,
)
from pipecat.pipeline.worker import PipelineParams
from pipecat.processors.audio.audio_buffer_processor import AudioBufferProcessor
from pipecat.tests.utils import SleepFrame, run_test

from agent.call.playback import PlaybackClock
from agent.call.recording import CallRecorder, PlayedAudioProcessor, recording_path
from agent.call.wav_file import WavFile
from agent.settings.tree import ROOT

RATES = PipelineParams(audio_in_sample_rate=8000, audio_out_sample_rate=8000)


def caller(value: int, ms: int) -> list[Frame]:
    """`ms` of the caller's side, each sample of which is `value`, in packets of 20 ms."""
    packet = np.full(160, value, np.int16).tobytes()
    return [InputAudioRawFrame(packet, 8000, 1) for _ in range(ms // 20)]


def agent(value: int, ms: int) -> list[Frame]:
    """`ms` of the agent's side, in chunks of 40 ms."""
    chunk = np.full(320, value, np.int16).tobytes()
    return [TTSAudioRawFrame(chunk, 8000, 1) for _ in range(ms // 40)]


def spans(side: np.ndarray) -> list[tuple[int, int, int]]:
    """(value, start_ms, end_ms) of each stretch that is not silence."""
    edges = [0, *(np.flatnonzero(np.diff(side)) + 1).tolist(), len(side)]
    pairs = itertools.pairwise(edges)
    return [(int(side[a]), a // 8, b // 8) for a, b in pairs if side[a]]


def read(path: Path) -> tuple[np.ndarray, np.ndarray]:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 8000)
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16).reshape(-1, 2)
    return samples[:, 0], samples[:, 1]


async def played(path: Path, frames: list[Frame]) -> tuple[np.ndarray, np.ndarray]:
    """Both sides, as our recorder writes them. A pause lets audio overtake nothing that interrupts it."""
    recorder = CallRecorder(path)
    await run_test(recorder.processor, frames_to_send=frames, pipeline_params=RATES)
    assert await recorder.close() == path
    return read(path)


async def test_both_sides_stand_at_their_times(tmp_path: Path) -> None:
    left, right = await played(
        tmp_path / "c.wav",
        [*caller(1, 1500), SleepFrame(0.02), *agent(7, 400), SleepFrame(0.02), *caller(2, 1000)],
    )
    assert spans(left) == [(1, 0, 1500), (2, 1500, 2500)]
    assert spans(right) == [(7, 1500, 1900)]
    assert len(left) == len(right) == 20_000


async def test_audio_sent_ahead_is_played_in_one_piece(tmp_path: Path) -> None:
    frames: list[Frame] = [*caller(1, 200), SleepFrame(0.02), *agent(7, 280)]
    for _ in range(10):
        frames += [SleepFrame(0.01), *caller(1, 40), SleepFrame(0.01), *agent(7, 40)]
    _, right = await played(tmp_path / "c.wav", frames)
    assert spans(right) == [(7, 200, 880)]


INTERRUPTED: list[list[Frame]] = [
    caller(1, 200),
    agent(7, 400),
    caller(2, 100),
    [InterruptionFrame()],
    caller(2, 400),
    agent(9, 200),
    caller(3, 400),
]


def paused(groups: list[list[Frame]]) -> list[Frame]:
    return [frame for group in groups for frame in (*group, SleepFrame(0.02))]


async def test_what_an_interruption_took_back_is_not_recorded(tmp_path: Path) -> None:
    left, right = await played(tmp_path / "c.wav", paused(INTERRUPTED))
    assert spans(right) == [(7, 200, 300), (9, 700, 900)]
    assert spans(left) == [(1, 0, 200), (2, 200, 700), (3, 700, 1100)]


async def test_the_stock_recorder_keeps_what_was_never_played(tmp_path: Path) -> None:
    """Why ours is another: should this fail, pipecat mended it, and the subclass may go."""
    stock = AudioBufferProcessor(sample_rate=8000, num_channels=2, auto_start_recording=True)
    tracks: list[bytes] = []

    @stock.event_handler("on_track_audio_data")
    async def on_track_audio_data(processor, user, bot, rate, channels) -> None:
        tracks.append(bot)

    await run_test(stock, frames_to_send=paused(INTERRUPTED), pipeline_params=RATES)
    right = np.frombuffer(tracks[0], np.int16)
    assert sum(end - start for value, start, end in spans(right) if value == 7) == 400


async def test_a_clear_is_seen_by_the_playback_clock_too(tmp_path: Path) -> None:
    blocks: list[bytes] = []
    playback = PlaybackClock()
    recorder = PlayedAudioProcessor(blocks.append, playback)
    recorder._recording = True
    recorder._sample_rate = 8000
    for frame in [*caller(1, 100), *agent(7, 400), *caller(1, 100)]:
        await recorder._process_recording(frame)
    playback.clear(0.0)
    for frame in caller(1, 400):
        await recorder._process_recording(frame)
    recorder._align_track_buffers()
    assert spans(np.frombuffer(recorder._bot_audio_buffer, np.int16)) == [(7, 100, 200)]


async def test_a_caller_who_hangs_up_hears_no_more(tmp_path: Path) -> None:
    path = tmp_path / "c.wav"
    recorder = CallRecorder(path)
    frames = paused([caller(1, 200), agent(7, 400), caller(1, 100), [CancelFrame()]])
    await run_test(recorder.processor, frames_to_send=frames, pipeline_params=RATES, send_end_frame=False)
    await recorder.close()
    assert spans(read(path)[1]) == [(7, 200, 300)]


async def test_the_last_words_before_an_orderly_end_are_whole(tmp_path: Path) -> None:
    left, right = await played(tmp_path / "c.wav", paused([caller(1, 200), agent(7, 400), caller(1, 100)]))
    assert spans(right) == [(7, 200, 600)]
    assert len(left) == len(right)


async def test_a_caller_who_sends_nothing_neither_fills_memory_nor_stops_the_clock() -> None:
    blocks: list[bytes] = []
    now = [0.0]
    recorder = PlayedAudioProcessor(blocks.append, clock=lambda: now[0])
    recorder._recording = True
    recorder._sample_rate = 8000
    for frame in caller(1, 200):
        await recorder._process_recording(frame)
    now[0] = 10.0
    for _ in range(30):
        for frame in agent(7, 1000):
            await recorder._process_recording(frame)
        now[0] += 1
    assert len(recorder._bot_audio_buffer) <= 21 * 16_000
    recorder.cut()
    await recorder.stop_recording()
    samples = np.frombuffer(b"".join(blocks), np.int16).reshape(-1, 2)
    assert spans(samples[:, 1]) == [(7, 10_200, 40_200)]


async def test_a_call_without_sound_leaves_no_file(tmp_path: Path) -> None:
    recorder = CallRecorder(tmp_path / "c.wav")
    await run_test(recorder.processor, frames_to_send=[], pipeline_params=RATES)
    assert await recorder.close() is None and list(tmp_path.iterdir()) == []


async def test_a_disk_that_fails_ends_the_recording_and_not_the_call(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("in the way")
    recorder = CallRecorder(tmp_path / "folder" / "c.wav")
    down, _ = await run_test(recorder.processor, frames_to_send=caller(1, 2000), pipeline_params=RATES)
    assert sum(isinstance(frame, InputAudioRawFrame) for frame in down) == 100
    assert await recorder.close() is None


async def test_a_recording_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "c.wav"
    path.write_bytes(b"another call")
    recorder = CallRecorder(path)
    await run_test(recorder.processor, frames_to_send=caller(1, 1000), pipeline_params=RATES)
    assert await recorder.close() is None and path.read_bytes() == b"another call"


def test_the_file_is_for_its_owner_only_and_silence_takes_the_place_of_what_the_disk_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = WavFile(tmp_path / "deep" / "c.wav", rate_hz=8000, channels=2)
    block = interleave_stereo_audio(*[np.full(8000, 5, np.int16).tobytes()] * 2)
    monkeypatch.setattr("agent.call.wav_file.threading.Thread.start", lambda thread: None)
    for _ in range(62):  # two more than wait
        file.append(block)
    monkeypatch.undo()
    for _ in range(2):
        file._queue.get_nowait()
    file.append(block)
    assert file._thread is not None
    file._thread.start()
    assert file.close(5) == file.path
    assert spans(read(file.path)[0]) == [(5, 0, 58_000), (5, 60_000, 61_000)]
    assert file.path.stat().st_mode & 0o077 == 0 and file.path.parent.stat().st_mode & 0o077 == 0


RECORDING = """
import asyncio, sys
from pathlib import Path
from pipecat.frames.frames import InputAudioRawFrame, OutputAudioRawFrame
from agent.call.recording import CallRecorder

async def main():
    recorder = CallRecorder(Path(sys.argv[1]))
    recorder.processor._recording = True
    recorder.processor._sample_rate = 8000
    while True:
        for _ in range(50):
            await recorder.processor._process_recording(InputAudioRawFrame(b"\\x01\\x00" * 160, 8000, 1))
            await recorder.processor._process_recording(OutputAudioRawFrame(b"\\x02\\x00" * 160, 8000, 1))
        await asyncio.sleep(0.005)
        print("second", flush=True)

asyncio.run(main())
"""


def test_a_killed_process_leaves_a_recording_that_plays(tmp_path: Path) -> None:
    path = tmp_path / "c.wav"
    child = subprocess.Popen([sys.executable, "-c", RECORDING, str(path)], stdout=subprocess.PIPE, cwd=ROOT)
    assert child.stdout is not None
    for _ in range(20):
        assert child.stdout.readline() == b"second\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    left, right = read(path)
    assert len(left) >= 15 * 8000
    assert set(left.tolist()) == {1} and set(right.tolist()) <= {0, 2}
    assert path.stat().st_size >= 44 + 4 * len(left)


@pytest.mark.parametrize("call_id", ["", "../x", "a/b", "a.wav", "x" * 129])
def test_an_id_that_is_a_path_gets_no_file(call_id: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="id"):
        recording_path(tmp_path, call_id)
    assert recording_path(tmp_path, "CA_1-z") == tmp_path / "CA_1-z.wav"
