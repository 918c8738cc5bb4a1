"""A shop seeded for one day, and a clock that stands on it."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from agent.dialogue import BusinessDialogue, open_dialogue
from agent.dialogue.demo_shop import seed
from agent.dialogue.door import load_embedder
from agent.dialogue.embeddings import Embedder
from agent.settings import ROOT, Tree
from agent.settings.tree import Dialogue, Knowledge
from tests.copied_business import copy_business
from tests.dialogue.known_zip import ShopOfKnownCallers
from tests.open_shop import found_by_name

TODAY = date(2026, 11, 24)
"""A Tuesday."""
NOON = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
"""Noon in New York."""

INDEXES = ROOT / "data/cache/knowledge"
"""Copies of the shop have the same documents, so one index serves them all."""


def copy_shop(folder: Path, database: Path) -> Path:
    """The demo shop in a folder of its own, with a database of its own."""
    return copy_business(ROOT / "config/business/shop", folder / "shop", database)


def shop_settings(folder: Path) -> Tree:
    return Tree(dialogue=Dialogue(business_dir=folder), knowledge=Knowledge(dir=INDEXES))


@pytest.fixture
def copied_shop() -> Callable[[Path, Path], Path]:
    """Copies the demo shop into a folder, over a database."""
    return copy_shop


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    return load_embedder(Tree())


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("seeded") / "shop.db"
    seed(path, today=TODAY)
    return path


@pytest.fixture(scope="session")
def reading_shop(
    tmp_path_factory: pytest.TempPathFactory, seeded: Path, embedder: Embedder
) -> Iterator[ShopOfKnownCallers]:
    """Shared by tests that change nothing."""
    folder = tmp_path_factory.mktemp("businesses")
    copy_shop(folder, seeded)
    dialogue = open_dialogue(shop_settings(folder), "shop", embedder=embedder, clock=lambda: NOON)
    yield ShopOfKnownCallers(dialogue, seeded)
    dialogue.close()


@pytest.fixture
def shop(tmp_path: Path, seeded: Path, embedder: Embedder) -> Iterator[ShopOfKnownCallers]:
    """With a database of its own, for tests that write."""
    shutil.copy(seeded, tmp_path / "shop.db")
    copy_shop(tmp_path / "businesses", tmp_path / "shop.db")
    dialogue = open_dialogue(
        shop_settings(tmp_path / "businesses"), "shop", embedder=embedder, clock=lambda: NOON
    )
    yield ShopOfKnownCallers(dialogue, tmp_path / "shop.db")
    dialogue.close()


@pytest.fixture(scope="session")
def shop_by_name(
    tmp_path_factory: pytest.TempPathFactory, seeded: Path, embedder: Embedder
) -> Iterator[BusinessDialogue]:
    """A shop that identifies nobody, and finds accounts by a name and a zip code. Not to be written to."""
    folder = tmp_path_factory.mktemp("by_name")
    found_by_name(copy_shop(folder, seeded))
    dialogue = open_dialogue(shop_settings(folder), "shop", embedder=embedder, clock=lambda: NOON)
    yield dialogue
    dialogue.close()


@pytest.fixture
def british_shop(tmp_path: Path, seeded: Path, embedder: Embedder) -> Iterator[BusinessDialogue]:
    """That shop in Britain, with a British postcode for account 100001."""
    shutil.copy(seeded, tmp_path / "shop.db")
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database:
        database.execute("UPDATE customers SET zip = 'SW1A 1AA' WHERE account_number = '100001'")
        database.commit()
    folder = copy_shop(tmp_path / "businesses", tmp_path / "shop.db")
    found_by_name(folder)
    for name, old, new in (
        ("business.toml", 'language = "en"', 'language = "en"\ncountry = "GB"'),
        ("tools.toml", "zip = substr(:home_zip, 1, 5)", "zip = :home_zip"),
    ):
        text = (folder / name).read_text("utf-8")
        assert text.count(old) == 1
        (folder / name).write_text(text.replace(old, new), "utf-8")
    dialogue = open_dialogue(shop_settings(folder.parent), "shop", embedder=embedder, clock=lambda: NOON)
    yield dialogue
    dialogue.close()
