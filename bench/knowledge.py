"""How well documents answer labelled questions, and how long a question takes over 10,000 passages.

    python -m bench.knowledge [--passages 10000] [--postgres URL] [--out bench/results/knowledge.json]

The labelled questions stand in tests/dialogue/knowledge/, some (`a`, `d`) to find the weights on
(`python -m bench.knowledge_weights`), the others (`b`, `c`) to report. Those of `c` and `d` are worded
otherwise than the documents, where `a` and `b` keep near to them. The passages of the speed are three
statements each, drawn from the shipped documents, a third of their longer words exchanged for made-up ones;
their vectors are the originals' with as much noise, those of their words noise alone. The questions' are the
model's own. Everything runs on one core, a PostgreSQL beside it on another.
"""

import argparse
import json
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from agent.dialogue.door import CACHE, find_business, load_embedder
from agent.dialogue.embeddings import WIDTH, Embedder, Vectors
from agent.dialogue.knowledge import FOLDER, Knowledge
from agent.dialogue.knowledge_passages import Passage, Statement, passages
from agent.dialogue.knowledge_postgres import PostgresStore
from agent.dialogue.knowledge_sqlite import SqliteStore
from agent.dialogue.knowledge_store import Contents, PassageStore, headed_texts
from agent.dialogue.knowledge_words import content_words, vocabulary
from agent.dialogue.loader import load_profile
from agent.dialogue.speech_text import format_value
from agent.settings import ROOT, Tree, prepare_process, resolve
from bench.machine import command, machine

QUESTIONS = ROOT / "tests" / "dialogue" / "knowledge"
BUSINESSES = ROOT / "config" / "business"
OUT = ROOT / "bench" / "results" / "knowledge.json"
HALVES = ("a", "b", "c")
SYLLABLES = "ba ko ri mu ten sal dor vin pe gra lo zu ney fi tam wen hol ci".split()


@dataclass(frozen=True, slots=True)
class Labelled:
    """A labelled question. `passage` is `document#heading`, None where no document answers."""

    half: str
    passage: str | None
    holds: str
    """What a right answer has in it."""
    question: str


def labelled(business: str) -> list[Labelled]:
    """The labelled questions of a business."""
    rows = []
    for line in (QUESTIONS / f"{business}.tsv").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            half, passage, holds, question = line.split("\t")
            rows.append(Labelled(half, None if passage == "-" else passage, holds, question))
    return rows


def measured(knowledge: Knowledge, rows: Sequence[Labelled]) -> dict[str, Any]:
    """Counts over `rows`: how many are answered, rightly, and where nothing should be said."""
    right = wrong = first = false = 0
    answerable = [row for row in rows if row.passage is not None]
    for row in rows:
        answer = knowledge.find(row.question)
        best = knowledge.best(row.question)
        if row.passage is None:
            false += answer is not None
            continue
        if best is not None:
            found = best.candidate.passage
            first += f"{found.document}#{found.heading}" == row.passage
        if answer is not None:
            said = " ".join(statement.text for statement in answer.statements)
            right += row.holds.lower() in said.lower()
            wrong += row.holds.lower() not in said.lower()
    return {
        "answerable": len(answerable),
        "right_passage_first": first,
        "answered_right": right,
        "answered_otherwise": wrong,
        "near_misses": len(rows) - len(answerable),
        "near_misses_answered": false,
    }


def knowledge_of(business: str, embedder: Embedder) -> Knowledge:
    """The documents of a shipped business, indexed beside its own index."""
    folder = find_business(Tree(), business)
    facts = {name: format_value(fact.value, fact.kind) for name, fact in load_profile(folder).facts.items()}
    store = SqliteStore(resolve(CACHE) / "bench" / f"{business}.db")
    threshold = Tree().knowledge.relevance
    knowledge = Knowledge(folder / FOLDER, store, embedder, threshold=threshold, facts=facts)
    knowledge.prepare()
    return knowledge


def quality(embedder: Embedder) -> dict[str, Any]:
    """The labelled questions of each business, by half, over its own documents alone."""
    told = {}
    for path in sorted(QUESTIONS.glob("*.tsv")):
        knowledge = knowledge_of(path.stem, embedder)
        rows = labelled(path.stem)
        told[path.stem] = {
            half: measured(knowledge, [row for row in rows if row.half == half]) for half in HALVES
        }
        knowledge.close()
    return told


def made_up(count: int, embedder: Embedder) -> tuple[list[Passage], Vectors]:
    """`count` passages of three statements of the shipped documents, with other words in them, and the
    statements' vectors, shape (3 * count, WIDTH)."""
    chance = random.Random(7)
    found = [
        passage
        for path in sorted(BUSINESSES.glob("*/knowledge/*.md"))
        for passage in passages(path.name, path.read_text("utf-8"))
    ]
    texts = [statement.text for passage in found for statement in passage.statements]
    originals = np.stack([embedder.embed(text) for text in texts])
    drawn = [chance.randrange(len(texts)) for _ in range(3 * count)]
    made = []
    for number in range(count):
        three = drawn[3 * number : 3 * number + 3]
        said = tuple(Statement(_other(texts[one], chance), n + 1) for n, one in enumerate(three))
        made.append(
            Passage(f"document{number // 40}.md", (_other(found[number % len(found)].heading, chance),), said)
        )
    return made, _unit(originals[drawn] + noise(3 * count, 1))


def _other(text: str, chance: random.Random) -> str:
    words = text.split()
    for place, word in enumerate(words):
        if len(word) > 5 and chance.random() < 0.33:
            words[place] = "".join(chance.choice(SYLLABLES) for _ in range(3))
    return " ".join(words)


def noise(rows: int, seed: int) -> Vectors:
    """Random unit vectors, shape (rows, WIDTH)."""
    return _unit(np.random.default_rng(seed).standard_normal((rows, WIDTH)).astype(np.float32))


def meanings(found: Sequence[Passage]) -> tuple[Vectors, ...]:
    """Noise in place of what the words of each passage mean, as many rows as there are words."""
    drawn, chance = noise(5_000, 2), random.Random(3)
    rows = [sum(len(content_words(text)) for text in headed_texts(passage)) for passage in found]
    starts = [chance.randrange(len(drawn) - count) for count in rows]
    return tuple(drawn[start : start + count] for start, count in zip(starts, rows, strict=True))


def _unit(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def speed(embedder: Embedder, count: int, store: PassageStore) -> dict[str, Any]:
    """Times of a question over `count` passages, its embedding included, in ms."""
    found, vectors = made_up(count, embedder)
    began = time.perf_counter()
    words = vocabulary(found)
    none = noise(0, 4)
    store.write(Contents("bench-0", tuple(found), vectors, vectors, none, meanings(found), words))
    write_s = time.perf_counter() - began
    store.check("bench-0")
    knowledge = Knowledge.over(store, embedder, threshold=0.0)
    questions = [row.question for path in sorted(QUESTIONS.glob("*.tsv")) for row in labelled(path.stem)]
    for question in questions[:5]:
        knowledge.best(question)
    wall, own = [], []
    for question in questions:
        began, busy = time.perf_counter(), time.thread_time()
        knowledge.find(question)
        own.append((time.thread_time() - busy) * 1000)
        wall.append((time.perf_counter() - began) * 1000)
    store.close()
    return {
        "passages": count,
        "statements": 3 * count,
        "different_words": len(words.counts),
        "questions": len(questions),
        "ms": _spread(wall),
        "processor_ms": _spread(own),
        "write_s": round(write_s, 1),
        "load_average": round(os.getloadavg()[0], 1),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {f"p{p}": round(float(np.percentile(values, p)), 1) for p in (50, 95, 100)}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--postgres", metavar="URL", help="measures the speed in this database as well")
    given = parser.parse_args()
    prepare_process()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    embedder = load_embedder(Tree())
    result: dict[str, Any] = {
        "command": command("bench.knowledge", sys.argv[1:], ("--postgres",)),
        "date": date.today().isoformat(),
        "machine": machine(),
        "relevance": Tree().knowledge.relevance,
        "quality": quality(embedder),
    }
    with tempfile.TemporaryDirectory(prefix="ringdown-bench-") as folder:
        path = Path(folder) / "passages.db"
        told = speed(embedder, given.passages, SqliteStore(path))
        result["speed_on_one_core"] = told | {"file_mb": round(path.stat().st_size / 1e6, 1)}
    if given.postgres is not None:
        store = PostgresStore(given.postgres, "bench")
        result["speed_with_postgresql_beside_it"] = speed(embedder, given.passages, store)
    given.out.write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
