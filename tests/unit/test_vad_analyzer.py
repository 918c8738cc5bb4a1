"""Pipecat's VAD over a shared model: speech counts at once, and no call hears another's state."""

from pathlib import Path

import numpy as np
import soundfile
import soxr
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADParams, VADState

from agent.call.vad_analyzer import SharedVadAnalyzer
from agent.settings.tree import Vad
from agent.vad.silero import SileroEngine

CALLERS = Path(__file__).resolve().parents[1] / "callers"
FRAME = 160


def question() -> np.ndarray:
    """300 ms of digital silence, then a question, 8 kHz."""
    samples, rate = soundfile.read(CALLERS / "where_is_my_order.wav", dtype="int16")
    speech = soxr.resample(samples, rate, 8000)
    loud = np.flatnonzero(np.abs(speech.astype(int)) > 600)[0]
    return np.concatenate([np.zeros(2400, np.int16), speech[loud:], np.zeros(4000, np.int16)])


async def first(analyzer, pcm: np.ndarray, state: VADState) -> int | None:
    """ms after the speech's start at which the analyzer first says `state`."""
    for at in range(0, len(pcm) - FRAME, FRAME):
        if await analyzer.analyze_audio(pcm[at : at + FRAME].tobytes()) == state:
            return (at + FRAME - 2400) // 8
    return None


async def test_speech_out_of_digital_silence_counts_sooner_than_with_the_volume_gate():
    settings = Vad()
    stock = SileroVADAnalyzer(
        sample_rate=8000, params=VADParams(start_secs=settings.start_ms / 1000, min_volume=0.6)
    )
    stock.set_sample_rate(8000)
    ours = SharedVadAnalyzer(SileroEngine().open(), settings)
    ours.set_sample_rate(8000)
    ours_ms = await first(ours, question(), VADState.SPEAKING)
    stock_ms = await first(stock, question(), VADState.SPEAKING)
    await stock.cleanup()
    assert ours_ms is not None and ours_ms <= 200
    assert stock_ms is None or stock_ms - ours_ms >= 60


async def test_two_calls_over_one_model_keep_their_own_state():
    engine = SileroEngine()
    speaking, silent = (SharedVadAnalyzer(engine.open(), Vad()) for _ in range(2))
    for analyzer in (speaking, silent):
        analyzer.set_sample_rate(8000)
    pcm = question()
    heard = set()
    for at in range(0, len(pcm) - FRAME, FRAME):
        heard.add(await speaking.analyze_audio(pcm[at : at + FRAME].tobytes()))
        assert await silent.analyze_audio(bytes(2 * FRAME)) == VADState.QUIET
    assert VADState.SPEAKING in heard
    assert silent.voiced_ms == 0


async def test_voice_is_counted_until_the_pause():
    analyzer = SharedVadAnalyzer(SileroEngine().open(), Vad())
    analyzer.set_sample_rate(8000)
    most = 0
    pcm = question()
    for at in range(0, len(pcm) - FRAME, FRAME):
        await analyzer.analyze_audio(pcm[at : at + FRAME].tobytes())
        most = max(most, analyzer.voiced_ms)
    assert most > 500
    assert analyzer.voiced_ms == 0 and not analyzer.voiced
