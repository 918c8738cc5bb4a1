"""Processor time of each stage by itself, over the callers of the benchmark, with the engines of the server.

    python -m bench.stages [--set key=value]...

prints one JSON object: seconds of processor, all threads together. A server's threads can't be told apart
from outside; the voice alone is a process of its own and is measured live.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.asr import open_engine as open_asr
from agent.asr.protocol import AsrEngine
from agent.dialogue import open_dialogue
from agent.settings import ROOT, Tree, load, prepare_process
from agent.vad import open_engine as open_vad
from agent.vad.protocol import WINDOW_SAMPLES, VadEngine
from agent.vad.smart_turn import SmartTurn
from bench.callers import CALLS, asked_by
from telephony.line.sound import read_sound

RATE_HZ = 8000
FRAME_SAMPLES = 160


@dataclass(slots=True)
class Clock:
    """Adds up the process's own processor time by stage."""

    spent_s: dict[str, float] = field(default_factory=dict)
    _at: float = 0.0

    def start(self) -> None:
        self._at = time.process_time()

    def stop(self, stage: str) -> None:
        self.spent_s[stage] = self.spent_s.get(stage, 0.0) + time.process_time() - self._at


def recordings() -> Iterator[list[NDArray[np.int16]]]:
    """What each call's caller says: 8 kHz samples from 300 ms before the speech to its end."""
    for script in CALLS:
        sounds = [read_sound(ROOT / "tests" / "callers" / said.source) for said in asked_by(script)]
        yield [
            sound.pcm[max(0, sound.speech.start_ms - 300) * 8 : (sound.speech.end_ms + 160) * 8]
            for sound in sounds
        ]


async def measure(settings: Tree) -> dict[str, Any]:
    """Seconds for each turn, and for voice activity for each second of sound."""
    vad, smart_turn = open_vad(settings.vad, settings.models), SmartTurn()
    asr = open_asr(settings.asr, settings.models)
    dialogue = open_dialogue(settings, settings.dialogue.default_business)
    clock, turns, samples = Clock(), 0, 0
    try:
        await asr.warm()
        smart_turn.warm()
        for call in recordings():
            conversation = dialogue.open()
            for pcm in call:
                turns += 1
                samples += len(pcm)
                _vad(vad, pcm, clock)
                clock.start()
                smart_turn.probability(pcm)
                clock.stop("smart_turn")
                text = await _asr(asr, dialogue.hot_words, pcm, settings.asr.partial_every_ms, clock)
                clock.start()
                reply = await conversation.respond(text)
                said = [sentence.text async for sentence in reply.sentences]
                clock.stop("dialogue")
                conversation.heard(" ".join(said))
    finally:
        dialogue.close()
        await asr.close()
    spent = clock.spent_s
    return {
        "turns": turns,
        "audio_s": round(samples / RATE_HZ, 1),
        "vad_s_per_s": round(spent["vad"] * RATE_HZ / samples, 5),
        **{
            f"{stage}_s_per_turn": round(spent[stage] / turns, 4)
            for stage in ("smart_turn", "asr", "dialogue")
        },
    }


def _vad(engine: VadEngine, pcm: NDArray[np.int16], clock: Clock) -> None:
    session = engine.open()
    clock.start()
    for start in range(0, len(pcm) - WINDOW_SAMPLES + 1, WINDOW_SAMPLES):
        session.probability(pcm[start : start + WINDOW_SAMPLES])
    clock.stop("vad")


async def _asr(
    engine: AsrEngine, hot_words: tuple[str, ...], pcm: NDArray[np.int16], partial_every_ms: int, clock: Clock
) -> str:
    """One utterance as in a call: partials while it is spoken, then the whole."""
    clock.start()
    session = engine.open(hot_words)
    due = partial_every_ms * 8
    for start in range(0, len(pcm), FRAME_SAMPLES):
        session.feed(pcm[start : start + FRAME_SAMPLES])
        if start + FRAME_SAMPLES >= due:
            due += partial_every_ms * 8
            await session.partial()
    text = (await session.final()).text
    clock.stop("asr")
    return text


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.stages", description="Processor time by stage.")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    options = parser.parse_args()
    prepare_process()
    settings = load((), options.set)
    print(json.dumps(asyncio.run(measure(settings))))


if __name__ == "__main__":
    main()
