"""The real voice in its real process."""

import ast
import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from numpy.typing import NDArray

from agent.models import require
from agent.settings.tree import ROOT, Models, Tts
from agent.tts import open_engine
from agent.tts.fake import FakeTts
from agent.tts.piper import WORKER, PiperEngine, PiperProcess
from agent.tts.protocol import RATE_HZ, TtsError

pytestmark = pytest.mark.asyncio(loop_scope="module")

LONG = (
    "I can help with that, if you tell me the number of the order, which stands on the bill, and the name on "
    "it and the street and the town and the day on which you bought it from one of our many shops here."
)


@pytest.fixture(scope="module")
def voice() -> Path:
    return require(Models(), "piper-joe")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine(voice: Path) -> AsyncIterator[PiperEngine]:
    engine = PiperEngine(voice, Tts())
    await engine.warm()
    yield engine
    await engine.close()


async def said(engine: PiperEngine, text: str) -> NDArray[np.int16]:
    return np.concatenate([chunk async for chunk in engine.speak(text)])


def process_of(engine: PiperEngine) -> PiperProcess:
    return engine._processes[0]


async def test_a_clause_comes_as_8_khz_speech_of_whole_packets(engine: PiperEngine) -> None:
    pcm = await said(engine, "Your order ships tomorrow.")
    assert pcm.dtype == np.int16 and pcm.ndim == 1
    assert 1.0 < len(pcm) / RATE_HZ < 2.5
    assert len(pcm) % 160 == 0
    assert 2_000 < np.abs(pcm.astype(int)).max() < 32767 * 10 ** (-1 / 20)


async def test_the_last_syllable_is_whole(engine: PiperEngine) -> None:
    """Against the same sentence as Piper made it: the energy of its last sounding 100 ms is there."""
    process = process_of(engine)
    async with aclosing(process.speak("Good bye.", 1.0, 10_000)) as sentences:
        raw = np.concatenate([sentence async for sentence in sentences])
    from agent.tts.shape import shape, sounding

    _, last = sounding(raw, process.rate_hz)
    shaped = shape(raw, process.rate_hz)
    _, shaped_last = sounding(shaped, RATE_HZ)
    wanted = (raw[last - process.rate_hz // 10 : last].astype(float) ** 2).sum() / process.rate_hz
    kept = (shaped[shaped_last - RATE_HZ // 10 : shaped_last].astype(float) ** 2).sum() / RATE_HZ
    assert kept > 0.7 * wanted


async def test_a_text_of_two_sentences_comes_in_two_chunks(engine: PiperEngine) -> None:
    chunks = [chunk async for chunk in engine.speak("That is done. Is there anything else?")]
    assert len(chunks) == 2


async def test_a_clause_spoken_before_comes_at_once_and_is_the_same(engine: PiperEngine) -> None:
    first = await said(engine, "It is on its way.")
    async with aclosing(engine.speak("  It is  on its way.")) as chunks:
        again = await asyncio.wait_for(anext(chunks), 0.02)
    assert np.array_equal(first, again)


async def test_a_slower_clause_is_longer_and_kept_beside_the_usual_one(engine: PiperEngine) -> None:
    usual = await said(engine, "It was shipped on Friday.")
    slower = np.concatenate([c async for c in engine.speak("It was shipped on Friday.", speed=0.5)])
    assert 1.4 < len(slower) / len(usual) < 2.0
    assert np.array_equal(await said(engine, "It was shipped on Friday."), usual)


async def test_nothing_to_say_is_silence_without_an_error(engine: PiperEngine) -> None:
    assert [chunk async for chunk in engine.speak(" ")] == []
    assert [chunk async for chunk in engine.speak("...")] == []


async def test_two_calls_at_once_get_their_own_words(engine: PiperEngine) -> None:
    short, long = await asyncio.gather(said(engine, "No."), said(engine, LONG[:120]))
    assert len(short) < RATE_HZ
    assert len(long) > 4 * RATE_HZ


async def test_a_stopped_clause_does_not_hold_up_the_next(engine: PiperEngine) -> None:
    """Stopped inside one run of the model: the next clause needs less time than the rest of the long one."""
    process = process_of(engine)
    starts = process.starts
    loop = asyncio.get_running_loop()
    started = loop.time()
    await said(engine, LONG)
    whole_s = loop.time() - started

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(whole_s / 5):
            await said(engine, LONG.replace("help", "assist"))
    started = loop.time()
    await said(engine, "Stop there.")
    assert loop.time() - started < 0.6 * whole_s
    assert process.starts == starts


async def test_a_stopped_clause_is_not_cached_as_if_it_were_whole(engine: PiperEngine) -> None:
    text = "This is the first part. This is the second part of it."
    async with aclosing(engine.speak(text)) as chunks:
        await anext(chunks)
    assert len([chunk async for chunk in engine.speak(text)]) == 2


async def test_a_live_clause_goes_before_the_phrases_that_fill_the_cache(engine: PiperEngine) -> None:
    phrases = [
        f"This is fixed phrase {word}, and it is rather long." for word in ("one", "two", "three", "four")
    ]
    await engine.warm(phrases)
    live = await said(engine, "Right away.")
    kept = [phrase for phrase in phrases if (phrase, 1.0) in engine._cache]
    assert len(live) and len(kept) < len(phrases)
    await engine.filled()
    assert all((phrase, 1.0) in engine._cache for phrase in phrases)


async def test_a_text_too_long_is_refused_with_a_sentence(engine: PiperEngine) -> None:
    with pytest.raises(TtsError, match="cut it"):
        await said(engine, "word " * 500)


async def test_fixed_phrases_survive_a_restart_on_disk_and_live_clauses_do_not(
    voice: Path, tmp_path: Path
) -> None:
    first = PiperEngine(voice, Tts(), cache_dir=tmp_path)
    await first.warm(["Hello there.", "One moment."])
    await first.filled()
    await said(first, "Your bill is on its way to Theo.")
    spoken = await said(first, "Hello there.")
    await first.close()
    assert len(list(tmp_path.glob("*.pcm"))) == 2

    second = PiperEngine(voice, Tts(), cache_dir=tmp_path)
    second._ask = None  # type: ignore[method-assign, assignment]  # speaking anew would fail
    await second.warm(["Hello there.", "One moment."])
    await second.filled()
    assert np.array_equal(await said(second, "Hello there."), spoken)
    await second.close()


async def test_close_leaves_no_task_thread_or_process(voice: Path) -> None:
    tasks, threads = asyncio.all_tasks(), threading.enumerate()
    engine = PiperEngine(voice, Tts(workers=2))
    await engine.warm(["A phrase that is under way at the end."])
    pids = [process.pid for process in engine._processes]
    assert len(pids) == 2 and all(pids)
    speaking = asyncio.create_task(said(engine, LONG))
    await asyncio.sleep(0)
    speaking.cancel()
    await engine.close()
    await asyncio.wait([speaking])

    assert asyncio.all_tasks() - tasks == set()
    for thread in threading.enumerate():
        if thread.name.startswith("asyncio-waitpid"):  # asyncio's own: it has seen the process end
            thread.join(5)
    assert [thread.name for thread in threading.enumerate() if thread not in threads] == []
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    with pytest.raises(TtsError, match="closed"):
        await said(engine, "Anybody there?")


async def test_the_setting_chooses_the_engine(voice: Path) -> None:
    assert isinstance(open_engine(Tts(backend="fake"), Models()), FakeTts)
    assert isinstance(open_engine(Tts(), Models()), PiperEngine)


async def test_nothing_of_ours_imports_the_gpl_voice_and_its_program_imports_nothing_of_ours() -> None:
    looked_at = 0
    for file in [*(ROOT / "agent").rglob("*.py"), *(ROOT / "telephony").rglob("*.py")]:
        looked_at += 1
        imported = set()
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {name.name for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported |= {node.module}
        roots = {name.split(".")[0] for name in imported}
        if file == WORKER:
            assert "piper" in roots and not roots & {"agent", "telephony", "finetune"}
        else:
            assert "piper" not in roots and "agent.tts.piper_worker" not in imported, file
    assert looked_at > 20
