"""An adapter a business, changed while calls go on: random adapters, and engines that say who they are."""

import asyncio
import gc
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from agent.llm import AdapterEngine, AdapterEngines, adapters, open_engines
from agent.llm.fake import FakeLlm
from agent.llm.llama import LlamaEngine
from agent.llm.protocol import LlmEngine, LlmError, Message
from agent.models import require
from agent.models.verify import sha256_of
from agent.settings.tree import Llm, Models
from tests.random_adapter import random_tensors, write_adapter

ASKED = [Message("system", "You are the telephone agent of a shop."), Message("user", "Where is my order?")]


async def said(engine: LlmEngine) -> str:
    return "".join([piece async for piece in engine.stream(ASKED, max_tokens=12)])


def exported(folder: Path, words: bytes, weights: str = "smollm2-135m") -> Path:
    """An export's folder whose adapter is `words`."""
    folder.mkdir(exist_ok=True)
    (folder / "adapter.gguf").write_bytes(words)
    files = {"adapter.gguf": {"sha256": sha256_of(folder / "adapter.gguf")}}
    (folder / "manifest.json").write_text(json.dumps({"weights": weights, "files": files}))
    return folder


class Speakers:
    """Opens engines that say what stands in their adapter's file."""

    def __init__(self) -> None:
        self.opened: list[FakeLlm] = []

    def __call__(self, adapter: Path | None) -> LlmEngine:
        words = adapters.gguf_file(adapter).read_text() if adapter else "base"
        if words == "broken":
            raise LlmError("The file is damaged; export it again.")
        self.opened.append(FakeLlm([[(0, words), (0, "!")]]))
        return self.opened[-1]


async def test_a_call_keeps_its_adapter_and_the_next_one_gets_the_new(tmp_path: Path) -> None:
    speakers = Speakers()
    engine = AdapterEngine(exported(tmp_path / "a", b"old"), speakers)
    await engine.warm(ASKED[:1])
    call = engine.pinned()
    stream = engine.stream(ASKED, max_tokens=9)
    assert await anext(stream) == "old"
    exported(tmp_path / "a", b"newer")
    await engine.look()
    assert speakers.opened[1].warmed == speakers.opened[0].warmed == [tuple(ASKED[:1])]
    assert (await said(call), await said(engine)) == ("old!", "newer!")
    assert [piece async for piece in stream] == ["!"]
    del stream
    other = engine.pinned()
    exported(tmp_path / "a", b"newest")
    await engine.look()
    assert engine.versions == 3 and not speakers.opened[0].closed
    await call.close()
    await engine.look()
    assert engine.versions == 2 and speakers.opened[0].closed
    del other
    gc.collect()
    await engine.look()
    assert engine.versions == 1 and speakers.opened[1].closed
    await engine.close()
    assert speakers.opened[2].closed


async def test_what_cant_be_loaded_is_not_taken(tmp_path: Path) -> None:
    engine = AdapterEngine(exported(tmp_path / "a", b"old"), Speakers())
    (tmp_path / "a" / "adapter.gguf").write_bytes(b"half of a n")  # its manifest isn't there yet
    await engine.look()
    assert await said(engine) == "old!"
    exported(tmp_path / "a", b"broken")
    await engine.look()
    assert await said(engine) == "old!"
    exported(tmp_path / "a", b"mended")
    await engine.look()
    assert await said(engine) == "mended!"
    (tmp_path / "a" / "adapter.gguf").unlink()
    (tmp_path / "a" / "manifest.json").unlink()
    await engine.look()
    assert await said(engine) == "mended!"


async def test_a_watch_looks_by_itself(tmp_path: Path) -> None:
    engines = AdapterEngines(Speakers(), exported(tmp_path / "a", b"old"))
    assert await said(engines.default) == "old!"
    assert await said(engines.of(None)) == "base!"
    watching = asyncio.create_task(engines.watch(5))
    exported(tmp_path / "a", b"new")
    async with asyncio.timeout(10):
        while await said(engines.default) != "new!":
            await asyncio.sleep(0.005)
    watching.cancel()
    await asyncio.wait({watching})
    await engines.close()


@pytest.fixture(scope="module")
def model() -> Path:
    return next(require(Models(), "smollm2-135m").glob("*.gguf"))


@pytest.fixture(scope="module")
def two(model: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Exports of two random adapters."""
    folder = tmp_path_factory.mktemp("adapters")
    for seed in (1, 2):
        write_adapter(folder / f"{seed}.gguf", random_tensors(model, scale=0.3, seed=seed))
    first, second = (
        exported(folder / name, (folder / f"{seed}.gguf").read_bytes()) for name, seed in (("a", 1), ("b", 2))
    )
    return first, second


@pytest_asyncio.fixture
async def served(two: tuple[Path, Path]) -> AsyncIterator[AdapterEngines]:
    engines = open_engines(Llm(slots=1, context_tokens=256, timeout_ms=60_000, adapter=two[0]), Models())
    assert engines is not None
    yield engines
    await engines.close()


async def test_a_b_a_gets_the_words_of_a(served: AdapterEngines, two: tuple[Path, Path], model: Path) -> None:
    """Their prompt is the same, and cached: nothing of B's prefix is in A's."""
    alone = LlamaEngine(model, Llm(slots=1, context_tokens=256, timeout_ms=60_000, adapter=two[0]))
    a_alone = await said(alone)
    await alone.close()
    a, b = served.default, served.of(two[1])
    words = [await said(a), await said(b), await said(a), await said(served.of(None)), await said(a)]
    assert words[0] == words[2] == words[4] == a_alone
    assert len({a_alone, words[1], words[3]}) == 3


async def test_a_call_under_way_finishes_on_the_adapter_that_it_began_with(
    served: AdapterEngines, two: tuple[Path, Path], tmp_path: Path
) -> None:
    changing = exported(tmp_path / "own", (two[0] / "adapter.gguf").read_bytes())
    engine = served.of(changing)
    a = await said(engine)
    call = engine.pinned()
    stream = call.stream(ASKED, max_tokens=12)
    begun = await anext(stream)
    exported(changing, (two[1] / "adapter.gguf").read_bytes())
    await engine.look()
    assert await said(engine) != a
    assert begun + "".join([piece async for piece in stream]) == a
    assert await said(call) == a
    del call, stream
    gc.collect()
    await engine.look()
    assert engine.versions == 1


def test_the_shipped_adapter_is_left_out_over_another_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapters, "ADAPTERS", tmp_path)
    assert adapters.default_adapter(Llm()) is None  # none is shipped
    exported(tmp_path / "demo", b"words")
    assert adapters.default_adapter(Llm()) == tmp_path / "demo"
    assert adapters.default_adapter(Llm(adapter="none")) is None
    assert adapters.default_adapter(Llm(model="qwen2.5-7b")) is None
    assert adapters.default_adapter(Llm(backend="transformers")) is None  # peft's files aren't shipped
    named = adapters.default_adapter(Llm(model="qwen2.5-7b", adapter=Path("demo")))
    assert named == tmp_path / "demo"
    with pytest.raises(LlmError, match=r"demo was made for smollm2-135m, llm\.model is qwen2\.5-7b"):
        adapters.check_base(named, "qwen2.5-7b")
    with pytest.raises(LlmError, match=r"no adapter dmeo: .*\(demo\)"):
        adapters.default_adapter(Llm(adapter=Path("dmeo")))


def test_an_adapter_that_isnt_its_manifests_is_a_sentence(tmp_path: Path) -> None:
    folder = exported(tmp_path / "a", b"words")
    assert adapters.gguf_file(folder) == folder / "adapter.gguf"
    (folder / "adapter.gguf").write_bytes(b"others")
    with pytest.raises(LlmError, match=r"isn't what its manifest\.json says"):
        adapters.gguf_file(folder)
    (folder / "adapter.gguf").unlink()
    with pytest.raises(LlmError, match=r"has no adapter\.gguf"):
        adapters.gguf_file(folder)
    (folder / "manifest.json").write_text("{")
    with pytest.raises(LlmError, match=r"manifest\.json can't be read"):
        adapters.read_manifest(folder)
