"""The index of documents: made when they change, whole or not at all, by one for all."""

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.dialogue.door import load_embedder
from agent.dialogue.embeddings import Embedder
from agent.dialogue.knowledge import Knowledge
from agent.dialogue.knowledge_opening import document_mistakes, index_path
from agent.dialogue.knowledge_sqlite import SqliteStore
from agent.dialogue.knowledge_store import KnowledgeError, fused
from agent.dialogue.loader import load_business
from agent.dialogue.phrasing import Phrasebook
from agent.settings import ROOT, Tree
from agent.settings.tree import Dialogue
from agent.settings.tree import Knowledge as KnowledgeSettings

PARKING = "# Visiting\n\n## Parking\n\nThere are {spaces} parking spaces behind the house.\n"
DOGS = "\n## Dogs\n\nDogs are welcome on a leash.\n"
QUESTION = "Where can I park?"


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return load_embedder(Tree())


class Counting:
    """An embedder that counts what it's asked for."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.texts: list[str] = []
        self.identity = embedder.identity

    def embed(self, text: str):
        self.texts.append(text)
        return self._embedder.embed(text)

    def read(self, text: str, places):
        self.texts.append(text)
        return self._embedder.read(text, places)


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "knowledge"
    folder.mkdir()
    (folder / "visit.md").write_text(PARKING + DOGS, "utf-8")
    return folder


def opened(documents: Path, embedder, spaces: str = "4") -> Knowledge:
    store = SqliteStore(documents.parent / "index" / "house.db")
    return Knowledge(documents, store, embedder, threshold=-1.0, facts={"spaces": spaces})


@pytest.fixture
def knowledge(documents: Path, embedder: Embedder) -> Iterator[Knowledge]:
    one = opened(documents, embedder)
    yield one
    one.close()


def said(knowledge: Knowledge, question: str = QUESTION) -> str:
    answer = knowledge.find(question)
    return " ".join(one.text for one in answer.statements) if answer is not None else ""


def test_it_is_made_on_first_need_and_once(documents: Path, embedder: Embedder) -> None:
    first, second = Counting(embedder), Counting(embedder)
    one = opened(documents, first)
    assert said(one) == "There are 4 parking spaces behind the house."
    other = opened(documents, second)
    assert said(other) == said(one)
    assert len(first.texts) > 5
    assert "There are 4 parking spaces behind the house." not in second.texts
    one.close()
    other.close()


def test_what_changed_is_read_anew_and_nothing_else(documents: Path, embedder: Embedder) -> None:
    counting = Counting(embedder)
    one = opened(documents, counting)
    one.prepare()
    counting.texts.clear()
    (documents / "visit.md").write_text(PARKING.replace("behind", "beside") + DOGS, "utf-8")
    assert one.prepare()
    assert said(one) == "There are 4 parking spaces beside the house."
    assert not [text for text in counting.texts if "leash" in text]
    assert not one.prepare()
    one.close()


def test_a_fact_that_changed_is_a_change(documents: Path, embedder: Embedder) -> None:
    one = opened(documents, embedder, "4")
    assert "4 parking" in said(one)
    one.close()
    other = opened(documents, embedder, "6")
    assert "6 parking" in said(other)
    other.close()


def test_a_document_that_is_touched_alone_is_no_change(knowledge: Knowledge, documents: Path) -> None:
    assert knowledge.prepare()
    (documents / "visit.md").touch()
    assert not knowledge.prepare()


def test_a_document_that_is_gone_is_not_quoted_any_more(knowledge: Knowledge, documents: Path) -> None:
    assert said(knowledge)
    (documents / "visit.md").unlink()
    knowledge.prepare()
    assert said(knowledge) == "" and knowledge.passages == 0


def test_a_change_is_seen_while_questions_are_asked(knowledge: Knowledge, documents: Path) -> None:
    assert "behind" in said(knowledge)
    knowledge.watch(0.02)
    wrong: list[str] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            if "parking spaces b" not in (answer := said(knowledge)):
                wrong.append(answer)

    askers = [threading.Thread(target=ask) for _ in range(2)]
    for asker in askers:
        asker.start()
    for place in ("beside", "below", "before"):
        (documents / "visit.md").write_text(PARKING.replace("behind", place) + DOGS, "utf-8")
        deadline = time.monotonic() + 10
        while place not in said(knowledge) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert place in said(knowledge)
    done.set()
    for asker in askers:
        asker.join()
    assert wrong == []


def test_an_index_that_could_not_be_finished_is_never_served(
    knowledge: Knowledge, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "behind" in said(knowledge)
    (documents / "visit.md").write_text(PARKING.replace("behind", "beside"), "utf-8")
    monkeypatch.setattr("agent.dialogue.knowledge_sqlite.os.replace", _full)
    with pytest.raises(KnowledgeError, match=r"knowledge\.dir"):
        knowledge.prepare()
    assert "behind" in said(knowledge)
    assert [path.name for path in (documents.parent / "index").iterdir()] == ["house.db"]


def _full(*_: object) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("spoilt", [b"", b"no database", b"SQLite format 3\0" + b"\0" * 2000])
def test_a_spoilt_index_is_made_anew(knowledge: Knowledge, documents: Path, spoilt: bytes) -> None:
    path = documents.parent / "index" / "house.db"
    path.parent.mkdir()
    path.write_bytes(spoilt)
    assert "behind" in said(knowledge)


def test_an_index_that_another_program_put_there_is_not_read(
    knowledge: Knowledge, documents: Path, embedder: Embedder
) -> None:
    assert "behind" in said(knowledge)
    elsewhere = documents.parent / "other" / "knowledge"
    shutil.copytree(documents, elsewhere)
    (elsewhere / "visit.md").write_text(PARKING.replace("behind", "far from"), "utf-8")
    other = Knowledge(
        elsewhere, SqliteStore(documents.parent / "index" / "house.db"), embedder, threshold=-1.0, facts={}
    )
    other.prepare()
    other.close()
    assert "behind" in said(knowledge)


def test_a_document_that_is_no_text_leaves_the_old_index_in_use(
    knowledge: Knowledge, documents: Path
) -> None:
    assert said(knowledge)
    (documents / "broken.md").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(KnowledgeError, match=r"broken\.md can't be read as UTF-8"):
        knowledge.prepare()
    assert "behind" in said(knowledge)


def test_a_sentence_with_a_name_that_has_no_value_is_left_unsaid(documents: Path, embedder: Embedder) -> None:
    store = SqliteStore(documents.parent / "house.db")
    one = Knowledge(documents, store, embedder, threshold=-1.0)
    assert one.prepare() and one.passages == 1
    assert said(one) == ""
    one.close()


def test_a_question_that_the_author_wrote_down_finds_its_passage(documents: Path, embedder: Embedder) -> None:
    (documents / "pets.md").write_text("# Animals\n\nFour-legged friends wait outside.\n", "utf-8")
    question = "Is my poodle allowed to come along?"
    plain = opened(documents, embedder)
    assert said(plain, question) == ""
    with_it = "# Animals\n> May I bring my poodle?\n\nFour-legged friends wait outside.\n"
    (documents / "pets.md").write_text(with_it, "utf-8")
    assert plain.prepare()
    assert said(plain, question) == "Four-legged friends wait outside."
    plain.close()


def test_businesses_of_one_name_in_other_folders_have_indexes_of_their_own(tmp_path: Path) -> None:
    ours = Tree(dialogue=Dialogue(business_dir=tmp_path), knowledge=KnowledgeSettings(dir=tmp_path / "k"))
    assert index_path(ours, tmp_path / "shop") == tmp_path / "k" / "shop.db"
    apart = index_path(ours, tmp_path / "elsewhere" / "shop")
    assert apart.name.startswith("shop-") and apart != index_path(ours, tmp_path / "other" / "shop")


def test_both_rankings_count_and_what_leads_both_leads() -> None:
    assert fused([1, 2, 3], [2, 4]) == [2, 1, 4, 3]
    assert fused([], [5]) == [5] and fused([], []) == []


def test_a_mistake_in_a_document_is_told_with_its_line(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    shutil.copytree(ROOT / "config/business/shop", folder)
    phrases = Phrasebook(load_business(folder))
    assert list(document_mistakes(folder, phrases)) == []
    (folder / "knowledge" / "wrong.md").write_text("# A\n\nWithin {retrun_days} days.\n", "utf-8")
    (folder / "knowledge" / "empty.md").write_text("# Only a heading\n", "utf-8")
    empty, wrong = (str(one) for one in document_mistakes(folder, phrases))
    assert "wrong.md:3" in wrong and "did you mean {return_days}?" in wrong
    assert "empty.md" in empty and "nothing stands in it" in empty


def test_the_command_makes_the_index_and_says_where(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "config/business/shop", tmp_path / "shop")
    for document in (tmp_path / "shop" / "knowledge").glob("*.md"):
        document.unlink()
    (tmp_path / "shop" / "knowledge" / "visit.md").write_text(DOGS, "utf-8")
    where = ["--set", f"knowledge.dir={tmp_path}", "--set", f"dialogue.business_dir={tmp_path}"]
    command = [sys.executable, "-m", "agent", "business", "index", "shop", *where]
    first, second = (
        subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stderr for _ in range(2)
    )
    assert "1 passages indexed" in first and str(tmp_path / "shop.db") in first
    assert "1 passages as they were" in second
