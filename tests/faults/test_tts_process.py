"""The voice's process dies, hangs, or can't start."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from agent.models import require
from agent.settings.tree import Models, Tts
from agent.tts.piper import WORKER, PiperEngine, PiperProcess
from agent.tts.protocol import RATE_HZ, TtsError

pytestmark = pytest.mark.asyncio(loop_scope="module")

TWO_SENTENCES = (
    "The first is short. The second of them is longer, as it has to last until the process that speaks it "
    "has been killed."
)


@pytest.fixture(scope="module")
def voice() -> Path:
    return require(Models(), "piper-joe")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine(voice: Path) -> AsyncIterator[PiperEngine]:
    engine = PiperEngine(voice, Tts(timeout_ms=5_000))
    await engine.warm()
    yield engine
    await engine.close()


def process_of(engine: PiperEngine) -> PiperProcess:
    return engine._processes[0]


async def signal_to(engine: PiperEngine, number: signal.Signals) -> None:
    await process_of(engine).ready()
    pid = process_of(engine).pid
    assert pid is not None
    os.kill(pid, number)


async def test_a_clause_whose_process_is_killed_is_spoken_whole_and_nothing_twice(
    engine: PiperEngine,
) -> None:
    starts = process_of(engine).starts
    chunks = []
    async with aclosing(engine.speak(TWO_SENTENCES)) as spoken:
        async for chunk in spoken:
            chunks.append(chunk)
            if len(chunks) == 1:
                await signal_to(engine, signal.SIGKILL)
    assert len(chunks) == 2
    assert len(chunks[0]) < len(chunks[1]) / 2
    assert process_of(engine).starts == starts + 1


async def test_a_process_that_dies_while_idle_is_there_for_the_next_clause(
    engine: PiperEngine,
) -> None:
    process = process_of(engine)
    starts = process.starts
    await signal_to(engine, signal.SIGSEGV)
    async with asyncio.timeout(30):
        while process.starts == starts or not process.rate_hz:
            await asyncio.sleep(0.02)
    assert sum([len(chunk) async for chunk in engine.speak("Here I am again.")]) > RATE_HZ // 2
    assert process.starts == starts + 1


async def test_a_hung_process_is_killed_and_its_clause_spoken_by_another(engine: PiperEngine) -> None:
    await process_of(engine).ready()
    hung = process_of(engine).pid
    await signal_to(engine, signal.SIGSTOP)
    assert sum([len(chunk) async for chunk in engine.speak("Nobody would wait for that.")]) > RATE_HZ // 2
    assert process_of(engine).pid != hung
    assert not Path(f"/proc/{hung}").exists()


async def test_two_calls_survive_the_same_death(engine: PiperEngine) -> None:
    async def said(text: str) -> int:
        return sum([len(chunk) async for chunk in engine.speak(text)])

    both = [asyncio.create_task(said(f"The {word} caller hears this text.")) for word in ("one", "next")]
    while process_of(engine) not in engine._running:
        await asyncio.sleep(0)
    await signal_to(engine, signal.SIGKILL)
    lengths = await asyncio.gather(*both)
    assert min(lengths) > RATE_HZ
    assert np.ptp(lengths) < 2 * RATE_HZ


async def test_a_missing_voice_is_a_sentence(tmp_path: Path) -> None:
    engine = PiperEngine(tmp_path, Tts())
    try:
        with pytest.raises(TtsError, match=r"piper-joe\.onnx is missing; run `agent models pull`"):
            await engine.warm()
    finally:
        await engine.close()


async def test_a_voice_cut_in_half_is_a_sentence(voice: Path, tmp_path: Path) -> None:
    for file in voice.glob("*.onnx*"):
        shutil.copy(file, tmp_path)
    cut = next(tmp_path.glob("*.onnx"))
    os.truncate(cut, cut.stat().st_size // 2)
    engine = PiperEngine(tmp_path, Tts())
    try:
        with pytest.raises(TtsError, match=r"can't be loaded .*`agent models verify`"):
            [chunk async for chunk in engine.speak("Hello.")]
    finally:
        await engine.close()


async def test_a_missing_piper_is_a_sentence_that_says_what_to_install(voice: Path) -> None:
    """-I -S: a Python without site-packages."""
    file = next(voice.glob("*.onnx"))
    process = PiperProcess(file, threads=1, command=[sys.executable, "-I", "-S", str(WORKER), str(file)])
    try:
        with pytest.raises(TtsError, match=r"needs the package .*`make install`"):
            await process.ready()
        assert process.starts == 1
    finally:
        await process.close()


async def test_a_program_that_never_starts_is_tried_a_bounded_number_of_times(voice: Path) -> None:
    file = next(voice.glob("*.onnx"))
    process = PiperProcess(file, threads=1, command=[sys.executable, "-c", "print('no protocol at all')"])
    try:
        with pytest.raises(TtsError, match="`agent check`"):
            await process.ready()
        assert process.starts == 3
    finally:
        await process.close()


async def test_the_process_ends_when_its_pipe_does(voice: Path) -> None:
    """As when the agent is killed: no voice stays behind."""
    file = next(voice.glob("*.onnx"))
    process = PiperProcess(file, threads=1)
    try:
        await process.ready()
        assert process._process is not None and process._process.stdin is not None
        process._process.stdin.close()
        async with asyncio.timeout(10):
            await process.exited()
        assert process._process.returncode == 0
    finally:
        await process.close()
