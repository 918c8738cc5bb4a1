"""What the transcriber keeps of speech where one turn ends and the next begins."""

from types import SimpleNamespace

import numpy as np
from pipecat.frames.frames import UserStoppedSpeakingFrame
from pipecat.processors.frame_processor import FrameDirection

from agent.asr.fake import FakeAsrEngine
from agent.call.transcriber import BEFORE_SAMPLES, PREROLL_SAMPLES, Transcriber

FRAME = np.ones(160, np.int16)


class Ears(Transcriber):
    """With the samples counted that each utterance was given."""

    def __init__(self, engine: FakeAsrEngine) -> None:
        analyzer = SimpleNamespace(lag_samples=0, voiced=False, voiced_ms=0)
        super().__init__(engine, analyzer, None, hot_words=(), partial_every_ms=10_000)  # type: ignore[arg-type]

    async def hear(self, ms: int) -> None:
        for _ in range(ms // 20):
            async for _ in self.run_stt(FRAME.tobytes()):
                pass


async def test_speech_that_goes_on_as_a_turn_ends_is_the_next_utterance_from_its_start() -> None:
    engine = FakeAsrEngine([[("Hello?", 100)], [("Can", 100), ("you", 200)]])
    ears = Ears(engine)
    await ears.hear(1000)
    await ears._on_speech(0.1)
    first = ears._session
    assert first is not None and first._samples == PREROLL_SAMPLES  # type: ignore[attr-defined]
    await ears.hear(200)
    ears._in_turn = True
    await ears.process_frame(UserStoppedSpeakingFrame(), FrameDirection.UPSTREAM)
    second = ears._session
    assert second is not None and second is not first
    spoken = 300 * 8  # since the speech's start, 100 ms before it was noticed
    assert spoken <= second._samples <= spoken + BEFORE_SAMPLES + len(FRAME)  # type: ignore[attr-defined]
    assert len(engine.opened) == 2


async def test_a_turn_that_ends_in_silence_leaves_no_utterance_open() -> None:
    engine = FakeAsrEngine([[("Hello?", 100)]])
    ears = Ears(engine)
    await ears.hear(500)
    await ears._on_speech(0.1)
    ears._speech_start = None
    await ears.process_frame(UserStoppedSpeakingFrame(), FrameDirection.UPSTREAM)
    assert ears._session is None and len(engine.opened) == 1
