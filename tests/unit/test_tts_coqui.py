"""Coqui's voices in their real process, with voices of random numbers: made, loaded, spoken, killed.

They need coqui-tts: in this environment, or in that of `RINGDOWN_TTS__PYTHON`.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
import soundfile
from numpy.typing import NDArray

from agent.models import MissingWeights
from agent.settings import load
from agent.settings.tree import Models, Tts
from agent.tts import open_engine
from agent.tts.coqui import WORKER, CoquiEngine, MissingExtra, check, interpreter
from agent.tts.protocol import RATE_HZ, TtsError

PYTHON = load().tts.python
MAKER = Path(__file__).with_name("coqui_tiny.py")
TEXT = "Your order is on its way to you."


def has_coqui() -> bool:
    look = "import importlib.util as u, sys; sys.exit(u.find_spec('TTS') is None)"
    return subprocess.run([interpreter(Tts(python=PYTHON)), "-c", look], check=False).returncode == 0


needs_coqui = pytest.mark.skipif(not has_coqui(), reason="coqui-tts isn't installed: the extra coqui")
in_module = pytest.mark.asyncio(loop_scope="module")


def made(kind: str, folder: Path) -> Path:
    subprocess.run([interpreter(Tts(python=PYTHON)), str(MAKER), kind, str(folder)], check=True)
    return folder


def settings(folder: Path, **more: object) -> Tts:
    given = {"backend": "coqui", "model": str(folder), "python": PYTHON, "timeout_ms": 120_000}
    return Tts.model_validate(given | more)


@pytest.fixture(scope="module")
def vits_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made("vits", tmp_path_factory.mktemp("vits"))


@pytest.fixture(scope="module")
def xtts_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made("xtts", tmp_path_factory.mktemp("xtts"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def vits(vits_folder: Path) -> AsyncIterator[CoquiEngine]:
    engine = CoquiEngine(vits_folder, settings(vits_folder))
    await engine.warm()
    yield engine
    await engine.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def xtts(xtts_folder: Path) -> AsyncIterator[CoquiEngine]:
    engine = CoquiEngine(xtts_folder, settings(xtts_folder, speaker="Tiny", stream_tokens=4))
    await engine.warm()
    yield engine
    await engine.close()


async def said(engine: CoquiEngine, text: str, speed: float = 1.0) -> list[NDArray[np.int16]]:
    return [chunk async for chunk in engine.speak(text, speed=speed)]


@needs_coqui
@in_module
async def test_vits_speaks_a_clause_whole_at_8_khz_and_slower_when_asked(vits: CoquiEngine) -> None:
    (pcm,) = await said(vits, TEXT)
    assert pcm.dtype == np.int16 and pcm.ndim == 1 and len(pcm) % 160 == 0
    assert len(pcm) > RATE_HZ and np.abs(pcm.astype(int)).max() > 100
    (slow,) = await said(vits, TEXT, speed=0.8)
    assert 1.15 < len(slow) / len(pcm) < 1.35


@needs_coqui
@in_module
async def test_the_same_text_is_the_same_sound(vits: CoquiEngine) -> None:
    first = np.concatenate(await said(vits, "It ships tomorrow."))
    vits._cache._clauses.clear()
    assert np.array_equal(first, np.concatenate(await said(vits, "It ships tomorrow.")))


@needs_coqui
@in_module
async def test_xtts_speaks_in_parts_of_whole_packets(xtts: CoquiEngine) -> None:
    parts = await said(xtts, TEXT)
    assert len(parts) > 1 and xtts._processes[0].streamed
    assert all(part.dtype == np.int16 and len(part) % 160 == 0 for part in parts)
    assert sum(map(len, parts)) > RATE_HZ // 4


@needs_coqui
@in_module
async def test_a_clause_whose_process_is_killed_in_its_middle_is_whole(xtts: CoquiEngine) -> None:
    process = xtts._processes[0]
    whole = np.concatenate(await said(xtts, "This one is heard whole."))
    xtts._cache._clauses.clear()
    starts, parts = process.starts, []
    async with aclosing(xtts.speak("This one is heard whole.")) as spoken:
        async for part in spoken:
            parts.append(part)
            if len(parts) == 1:
                assert process.pid is not None
                os.kill(process.pid, signal.SIGKILL)
    assert process.starts == starts + 1 and len(parts) > 1
    assert np.array_equal(np.concatenate(parts), whole)


@needs_coqui
@in_module
async def test_a_stopped_clause_ends_inside_a_run_of_the_model(vits: CoquiEngine) -> None:
    process = vits._processes[0]
    starts = process.starts
    began = time.monotonic()
    await said(vits, f"{TEXT} " * 12)
    whole_s = time.monotonic() - began
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(whole_s / 4):
            await said(vits, f"And {TEXT} " * 12)
    began = time.monotonic()
    await said(vits, "No.")
    assert time.monotonic() - began < 0.6 * whole_s
    assert process.starts == starts


@needs_coqui
@in_module
async def test_xtts_takes_a_recording_for_its_voice_and_close_leaves_nothing(
    xtts_folder: Path, tmp_path: Path
) -> None:
    wav = tmp_path / "voice.wav"
    tone = 0.2 * np.sin(2 * np.pi * 150 * np.arange(44_100) / 22_050)
    soundfile.write(wav, tone, 22_050)
    engine = CoquiEngine(xtts_folder, settings(xtts_folder, speaker=str(wav)))
    await engine.warm()
    pid = engine._processes[0].pid
    assert sum(map(len, await said(engine, "Hello.")))
    await engine.close()
    assert not Path(f"/proc/{pid}").exists()


@needs_coqui
@in_module
async def test_a_speaker_that_it_does_not_know_is_a_sentence(xtts_folder: Path) -> None:
    engine = CoquiEngine(xtts_folder, settings(xtts_folder, speaker="Nobody"))
    try:
        with pytest.raises(TtsError, match=r"set tts\.speaker"):
            await engine.warm()
    finally:
        await engine.close()


@needs_coqui
@in_module
async def test_a_checkpoint_cut_in_half_is_a_sentence(vits_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(vits_folder, tmp_path, dirs_exist_ok=True)
    os.truncate(tmp_path / "model_file.pth", 10_000)
    engine = CoquiEngine(tmp_path, settings(tmp_path))
    try:
        with pytest.raises(TtsError, match=r"model_file\.pth can't be loaded"):
            await engine.warm()
    finally:
        await engine.close()


def folder_without_weights(tmp_path: Path) -> Path:
    (tmp_path / "config.json").write_text('{"model": "vits"}')
    (tmp_path / "model.pth").write_bytes(b"none")
    return tmp_path


async def test_a_missing_coqui_is_a_sentence_that_says_what_to_install(tmp_path: Path) -> None:
    """-S: a Python without site-packages, behind an executable of its own."""
    python = tmp_path / "bare"
    python.write_text(f'#!/bin/bash\nexec {sys.executable} -I -S "${{@:2}}"\n')
    python.chmod(0o755)
    folder = folder_without_weights(tmp_path)
    engine = CoquiEngine(folder, settings(folder, python=python))
    try:
        with pytest.raises(TtsError, match=r'needs the package .*`pip install -e "\.\[coqui\]"`'):
            await engine.warm()
    finally:
        await engine.close()


async def test_an_interpreter_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    folder = folder_without_weights(tmp_path)
    engine = CoquiEngine(folder, settings(folder, python=tmp_path / "none" / "python"))
    try:
        with pytest.raises(TtsError, match=r"can't be started .*set tts\.python"):
            await engine.warm()
    finally:
        await engine.close()


def test_a_folder_that_is_no_voice_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(MissingWeights, match=r"lacks config\.json and model\.pth: set it to the folder"):
        open_engine(settings(tmp_path), Models())
    with pytest.raises(MissingWeights, match="lacks config"):
        open_engine(Tts(backend="coqui"), Models())  # piper-joe is no voice of Coqui's
    folder = folder_without_weights(tmp_path)
    (folder / "config.json").write_text('{"model": "xtts"}')
    with pytest.raises(MissingWeights, match=r"lacks vocab\.json"):
        open_engine(settings(folder), Models())


def test_what_is_missing_is_told_before_a_voice_is_opened(tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.write_text(f'#!/bin/bash\nexec {sys.executable} -I -S "${{@:2}}"\n')
    bare.chmod(0o755)
    with pytest.raises(MissingExtra, match=r'bare has no coqui-tts: run `pip install -e "\.\[coqui\]"`'):
        check(Tts(backend="coqui", python=bare))
    with pytest.raises(MissingExtra, match=r"can't be started: set tts\.python"):
        check(Tts(backend="coqui", python=tmp_path / "none"))


def test_its_program_imports_nothing_of_ours() -> None:
    text = WORKER.read_text("utf-8")
    assert "import agent" not in text and "from agent" not in text
