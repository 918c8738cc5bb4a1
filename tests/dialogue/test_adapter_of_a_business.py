"""A business's own adapter: found beside its texts, used for its calls alone, and pinned by each of them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from agent.cli.check import _business
from agent.dialogue import BusinessDialogue, open_dialogue
from agent.dialogue.embeddings import Embedder
from agent.llm import AdapterEngine, AdapterEngines
from agent.llm.fake import FakeLlm
from agent.settings import Tree
from agent.settings.tree import Dialogue, Knowledge, Llm
from tests.dialogue.conftest import INDEXES, NOON


def name_adapter(shop: Path, name: str) -> None:
    file = shop / "business.toml"
    text = file.read_text("utf-8")
    assert text.count("\ntimezone = ") == 1
    file.write_text(text.replace("\ntimezone = ", f'\nadapter = "{name}"\ntimezone = '), "utf-8")


@pytest.fixture
def shop(copied_shop: Callable[[Path, Path], Path], tmp_path: Path, seeded: Path) -> Path:
    folder = copied_shop(tmp_path, seeded)
    (folder / "mine").mkdir()
    (folder / "mine" / "adapter.gguf").write_bytes(b"words")
    return folder


def opened(shop: Path, embedder: Embedder, engines: AdapterEngines) -> BusinessDialogue:
    tree = Tree(
        dialogue=Dialogue(business_dir=shop.parent, responder="model"), knowledge=Knowledge(dir=INDEXES)
    )
    return open_dialogue(tree, "shop", engines, embedder=embedder, clock=lambda: NOON)


@pytest.mark.parametrize(("named", "meant"), [("mine", "mine"), ("none", None), (None, "machine")])
async def test_each_business_has_the_engine_of_its_adapter(
    shop: Path, embedder: Embedder, tmp_path: Path, named: str | None, meant: str | None
) -> None:
    if named is not None:
        name_adapter(shop, named)
    engines = AdapterEngines(lambda _: FakeLlm(), tmp_path / "machine")
    dialogue = opened(shop, embedder, engines)
    try:
        assert isinstance(dialogue.llm, AdapterEngine)
        places = {"mine": shop / "mine", None: None, "machine": tmp_path / "machine"}
        assert dialogue.llm.adapter == places[meant]
        assert dialogue.llm is engines.of(places[meant])
        conversations = [dialogue.open() for _ in range(2)]
        version = dialogue.llm._now
        assert len(version.pinned) == 2
        await conversations[0].close()
        assert len(version.pinned) == 1
    finally:
        dialogue.close()


def test_what_is_wrong_with_it_is_told_with_its_line(shop: Path) -> None:
    name_adapter(shop, "mine")
    assert list(_business(shop, Tree())) == []
    (shop / "mine" / "manifest.json").write_text('{"weights": "qwen2.5-7b"}')
    line = (shop / "business.toml").read_text("utf-8").splitlines().index('adapter = "mine"') + 1
    found = list(_business(shop, Tree()))
    assert len(found) == 1
    assert found[0].startswith(
        f"{shop}/business.toml:{line}: adapter: The adapter mine was made for qwen2.5-7b"
    )
    assert list(_business(shop, Tree(llm=Llm(model="qwen2.5-7b")))) == []
    found = list(_business(shop, Tree(llm=Llm(backend="transformers", model="qwen2.5-7b"))))
    assert len(found) == 1 and "adapter_config.json" in found[0]
