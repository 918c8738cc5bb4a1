"""Opens the documents of a business over the index that its settings name."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from agent.dialogue.embeddings import Embedder
from agent.dialogue.knowledge import FOLDER, Knowledge
from agent.dialogue.knowledge_sqlite import SqliteStore
from agent.settings import Tree, resolve


def open_knowledge(
    settings: Tree, folder: Path, facts: Mapping[str, str], embedder: Embedder
) -> Knowledge | None:
    """The documents of the business in `folder`; None where it has none. Reads nothing yet."""
    documents = folder / FOLDER
    if not documents.is_dir():
        return None
    store = SqliteStore(index_path(settings, folder))
    return Knowledge(documents, store, embedder, threshold=settings.knowledge.relevance, facts=facts)


def index_path(settings: Tree, folder: Path) -> Path:
    """The index's file: named as the business, and apart where its folder isn't one of the settings'."""
    ours = folder.resolve().parent == resolve(settings.dialogue.business_dir).resolve()
    apart = "" if ours else f"-{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:8]}"
    return resolve(settings.knowledge.dir) / f"{folder.name}{apart}.db"
