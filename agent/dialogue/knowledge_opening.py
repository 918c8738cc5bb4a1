"""Opens the documents of a business over the index that its settings name."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from rapidfuzz import process

from agent.dialogue.business import Business, BusinessError
from agent.dialogue.embeddings import Embedder
from agent.dialogue.knowledge import FOLDER, Knowledge
from agent.dialogue.knowledge_passages import passages, unknown_names
from agent.dialogue.knowledge_sqlite import SqliteStore
from agent.dialogue.knowledge_store import PassageStore
from agent.dialogue.phrasing import Phrasebook
from agent.settings import Tree, resolve


def open_knowledge(
    settings: Tree, folder: Path, business: Business, phrases: Phrasebook, embedder: Embedder
) -> Knowledge | None:
    """The documents of the business in `folder`; None where it has none. Reads nothing yet.

    Raises `KnowledgeError` where its `knowledge` is no address of PostgreSQL.
    """
    documents = folder / FOLDER
    if not documents.is_dir():
        return None
    store: PassageStore = SqliteStore(index_path(settings, folder))
    if business.profile.knowledge is not None:
        from agent.dialogue.knowledge_postgres import PostgresStore

        store = PostgresStore(business.profile.knowledge, business.id)
    threshold = settings.knowledge.relevance
    return Knowledge(documents, store, embedder, threshold=threshold, facts=document_facts(phrases))


def document_facts(phrases: Phrasebook) -> dict[str, str]:
    """What `{names}` in documents stand for: all that the business knows of itself, as it's written."""
    return {name: value.written for name, value in phrases.known.items()}


def document_mistakes(folder: Path, phrases: Phrasebook) -> Iterator[BusinessError]:
    """What is wrong with the documents of the business in `folder`, each with file, line and advice."""
    facts = document_facts(phrases)
    for path in sorted((folder / FOLDER).glob("*.md")):
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            yield BusinessError(f"{path} can't be read as UTF-8 text ({error}): write it anew.")
            continue
        for line, name in unknown_names(text, facts):
            near = process.extractOne(name, list(facts), score_cutoff=60)
            hint = (
                f"did you mean {{{near[0]}}}?" if near else "write it as a fact in [facts] of business.toml."
            )
            yield BusinessError(f"{path}:{line}: there's no fact '{name}': {hint}")
        if not passages(path.name, text, facts):
            yield BusinessError(f"{path}: nothing stands in it: write sentences, or take it away.")


def index_path(settings: Tree, folder: Path) -> Path:
    """The index's file: named as the business, and apart where its folder isn't one of the settings'."""
    ours = folder.resolve().parent == resolve(settings.dialogue.business_dir).resolve()
    apart = "" if ours else f"-{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:8]}"
    return resolve(settings.knowledge.dir) / f"{folder.name}{apart}.db"
