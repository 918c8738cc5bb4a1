"""What a business's documents say about a question, or nothing."""

import hashlib
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from loguru import logger

from agent.dialogue.embeddings import Embedder
from agent.dialogue.knowledge_passages import NAME, Passage, Statement, passages
from agent.dialogue.knowledge_relevance import Candidate, Judged, Question, answer_places, judge
from agent.dialogue.knowledge_store import FORMAT, KnowledgeError, PassageStore, contents
from agent.dialogue.knowledge_words import Vocabulary

FOLDER = "knowledge"
"""In a business's folder: its documents."""
RETRY_S = 60.0
"""Before an index that could not be made is tried again."""
State = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a passage says about a question."""

    passage: Passage
    statements: tuple[Statement, ...]
    relevance: float


class Knowledge:
    """The documents of one business. Shared by its calls; its methods block and may run in threads."""

    def __init__(
        self,
        folder: Path,
        store: PassageStore,
        embedder: Embedder,
        *,
        threshold: float,
        facts: Mapping[str, str] | None = None,
    ) -> None:
        """`folder` holds the documents; `facts` are what their `{names}` stand for. A passage below
        `threshold` (log-odds) isn't relevant."""
        self._folder = folder
        self._store = store
        self._embedder = embedder
        self._threshold = threshold
        self._facts = dict(facts or {})
        self._vocabulary: Vocabulary | None = None
        self._seen: State | None = None
        self._failed: tuple[State, float, KnowledgeError] | None = None
        self._making = threading.Lock()
        self._stop = threading.Event()
        self._watcher: threading.Thread | None = None

    @classmethod
    def over(cls, store: PassageStore, embedder: Embedder, *, threshold: float) -> "Knowledge":
        """An index that is there already, without its documents."""
        knowledge = cls(Path(), store, embedder, threshold=threshold)
        knowledge._vocabulary = store.vocabulary()
        return knowledge

    def find(self, question: str) -> Answer | None:
        """What answers `question`; None where nothing relevant stands in the documents. Makes the index
        where none was made yet. Raises `KnowledgeError`."""
        best = self.best(question)
        if best is None or best.relevance < self._threshold:
            return None
        places = answer_places(question, best.candidate)
        passage = best.candidate.passage
        return Answer(passage, tuple(passage.statements[place] for place in places), best.relevance)

    def best(self, question: str) -> Judged | None:
        """The most relevant passage, however little that is."""
        judged = judge(question, *self.candidates(question))
        return judged[0] if judged else None

    def candidates(self, question: str) -> tuple[list[Candidate], Vocabulary]:
        """The passages that may answer, and the words of all."""
        if self._vocabulary is None:
            self.prepare()
        asked = Question.of(question, self._embedder)
        try:
            found = self._store.candidates(asked.vector, asked.words)
        except KnowledgeError:  # another program has put the index of other documents there
            self._vocabulary = None
            self.prepare()
            found = self._store.candidates(asked.vector, asked.words)
        return [one.candidate(asked) for one in found], self._vocabulary or Vocabulary()

    def mentions(self, word: str) -> bool:
        """Whether `word`, in whatever ending, stands in a document; of none before the index was read."""
        return self._vocabulary is not None and word in self._vocabulary

    # ------------------------------------------------------------ the index
    @property
    def passages(self) -> int:
        """How many the index has; 0 before it was read."""
        return self._vocabulary.passages if self._vocabulary is not None else 0

    @property
    def place(self) -> str:
        """Where the index stands, for a person."""
        return self._store.place

    def prepare(self, *, progress: bool = False) -> bool:
        """Makes the index where it isn't of the documents as they are now. Whether it was made. Raises
        `KnowledgeError`; what failed isn't tried again for `RETRY_S`."""
        with self._making:
            seen = self._state()
            if seen == self._seen and self._vocabulary is not None:
                return False
            if self._failed is not None and self._failed[0] == seen and time.monotonic() < self._failed[1]:
                raise self._failed[2]
            try:
                made = self._prepare(progress)
            except KnowledgeError as error:
                self._failed = (seen, time.monotonic() + RETRY_S, error)
                raise
            self._seen, self._failed = seen, None
            return made

    def _prepare(self, progress: bool) -> bool:
        texts = self._texts()
        fingerprint = self._fingerprint(texts)
        made = not self._store.check(fingerprint)
        if made:
            self._make(fingerprint, texts, progress)
        self._vocabulary = self._store.vocabulary()
        return made

    def _make(self, fingerprint: str, texts: Mapping[str, str], progress: bool) -> None:
        found: list[Passage] = []
        for name, text in texts.items():
            for passage in passages(name, text, self._facts):
                said = tuple(one for one in passage.statements if not NAME.search(one.text))
                if said:
                    found.append(replace(passage, statements=said))
        began = time.monotonic()
        known = self._store.known(fingerprint)
        whole = contents(fingerprint, found, self._embedder, known, lambda missing: _shown(missing, progress))
        self._store.write(whole)
        logger.info("{} passages indexed in {} ms", len(found), round((time.monotonic() - began) * 1000))

    def _state(self) -> State:
        """Name, size and moment of each document; one that vanishes meanwhile is left out."""
        found = []
        for path in self._files():
            with suppress(FileNotFoundError):
                at = path.stat()
                found.append((path.name, at.st_size, at.st_mtime_ns))
        return tuple(found)

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*.md")) if self._folder.is_dir() else []

    def _texts(self) -> dict[str, str]:
        texts = {}
        for path in self._files():
            try:
                texts[path.name] = path.read_text("utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise KnowledgeError(
                    f"{path} can't be read as UTF-8 text ({error}): write it anew."
                ) from error
        return texts

    def _fingerprint(self, texts: Mapping[str, str]) -> str:
        parts = []
        for items in (self._facts, texts):
            for name, text in sorted(items.items()):
                parts += [name, text]
        content = hashlib.sha256("\0".join(parts).encode()).hexdigest()
        return f"{FORMAT}-{self._embedder.identity}-{content}"

    # ------------------------------------------------------------ changes while calls run
    def watch(self, every_s: float) -> None:
        """Looks at the documents from now on, and makes the index anew when they have changed and stayed so
        for a look."""
        if self._watcher is None:
            self._watcher = threading.Thread(
                target=self._watch, args=(every_s,), name="knowledge-watch", daemon=True
            )
            self._watcher.start()

    def _watch(self, every_s: float) -> None:
        told: KnowledgeError | None = None
        before = self._state()
        while not self._stop.wait(every_s):
            now = self._state()
            if now != before:  # perhaps still being written
                before = now
                continue
            try:
                self.prepare()
            except KnowledgeError as error:
                if error is not told:
                    logger.warning("documents have changed, and the old index stays in use: {}", error)
                told = error

    def close(self) -> None:
        self._stop.set()
        if self._watcher is not None:
            self._watcher.join()
            self._watcher = None
        self._store.close()


def _shown(texts: Sequence[str], progress: bool) -> Iterable[str]:
    if not progress:
        return texts
    from rich.console import Console
    from rich.progress import track

    return track(texts, "sentences read", console=Console(file=sys.stderr), transient=True)
