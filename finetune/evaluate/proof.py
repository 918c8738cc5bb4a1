"""Puts an evaluation together: rows, candidates and engines out of files, then the document of it."""

import hashlib
import random
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.settings import ROOT
from finetune.data.errors import DataError
from finetune.data.forms import Form
from finetune.data.rows import Row, read_rows
from finetune.evaluate.candidates import Candidate, choose_shots
from finetune.evaluate.document import document, files_of
from finetune.evaluate.evaluation import Plan, evaluate
from finetune.evaluate.groups import variants
from finetune.evaluate.taught import Taught, find, served, served_base
from finetune.evaluate.writers import HubWriter, ServedWriter, Writer

if TYPE_CHECKING:
    from finetune.evaluate.sides import Sides

GENERAL = ROOT / "docs"
"""Plain English of our own, which no adapter is taught."""
PROMPT_TOKENS = 2048


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be proven, and how much of it."""

    data: Path
    adapter: Path | None
    base: str | None = None
    forms: tuple[Form, ...] = ()
    """Empty: names, and with the grammar where the base is served."""
    free_adapter: Path | None = None
    rows: int = 100
    group_rows: int = 20
    shots: int = 4
    seed: int = 1
    max_tokens: int = 64
    perplexity: bool = True
    served: bool = True
    """Whether llama.cpp writes, where it has the base; else transformers."""
    general: Path | None = None


def prove(wish: Wish, command: str, say: Callable[[str], None]) -> dict[str, Any]:
    """The evaluation as JSON keeps it. Raises `DataError`, `ExportError`, `BaseError`, `LlmError`."""
    taught = find(wish.adapter, wish.base) if wish.adapter is not None else None
    base = wish.base or (taught.base if taught is not None else None)
    if base is None:
        raise DataError("Name what is to be measured: --run RUN, --adapter DIR, or --base NAME alone.")
    if not wish.forms:
        grammar = wish.served and served_base(base) is not None
        wish = replace(wish, forms=("names", "names+grammar") if grammar else ("names",))
    test, train = _read(wish.data)
    rows = drawn(test, wish.rows, wish.seed)
    spoken_to = [row for row in rows if variants(row)]
    general, name = _general(wish.general)
    plan = Plan(
        rows,
        _candidates(wish, taught, choose_shots(train, wish.shots, wish.seed)),
        wish.seed,
        drawn(spoken_to, wish.group_rows, wish.seed),
        general,
    )
    with ExitStack() as held:
        engines = _Engines(wish, base, held)
        writers = engines.writers(taught)
        meter = None
        if wish.perplexity and (taught is None or taught.peft is not None):
            from finetune.evaluate.perplexity import Meter

            say("loading the base in fp32 for its perplexity")
            meter = Meter(engines.sides(taught), max_tokens=PROMPT_TOKENS)
        found = evaluate(plan, writers, meter, say)
    sources = {
        "base": base,
        "adapter": None if taught is None else {"folder": str(wish.adapter), "sha256": taught.sha256},
        "data": {"path": str(wish.data), "sha256": files_of(wish.data)},
        "general": {"from": name, "sha256": hashlib.sha256(general.encode()).hexdigest()},
    }
    return document(found, command=command, engine=writers[wish.forms[0]].name, sources=sources)


def drawn(rows: Sequence[Row], count: int, seed: int) -> tuple[Row, ...]:
    """`count` of the rows by chance, in their own order; all where there are no more."""
    chosen = random.Random(seed).sample(range(len(rows)), min(count, len(rows)))
    return tuple(rows[at] for at in sorted(chosen))


def _read(data: Path) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """The rows to test on, and those that few-shot may show."""
    test = data / "test.jsonl" if data.is_dir() else data
    train = test.with_name("train.jsonl")
    rows = read_rows(test)
    if not rows:
        raise DataError(f"{test} holds no row to measure on; name a business to test with in `prepare`.")
    return rows, read_rows(train) if train.is_file() and train != test else ()


def _candidates(wish: Wish, taught: Taught | None, shots: Sequence[Row]) -> tuple[Candidate, ...]:
    """The base and few-shot in the first form, the adapter in each."""
    first, *more = wish.forms
    found = [Candidate("base", first)]
    if shots:
        found.append(Candidate("few-shot", first, tuple(shots)))
    if taught is not None:
        found.append(Candidate("adapter", first))
        found += [Candidate("adapter", form) for form in more]
    return tuple(found)


class _Engines:
    """Who writes in which form; each adapter is put on one copy of the base."""

    def __init__(self, wish: Wish, base: str, held: ExitStack) -> None:
        self._wish = wish
        self._base = base
        self._held = held
        self._model = served_base(base) if wish.served else None
        self._sides: dict[Path | None, Sides] = {}

    def writers(self, taught: Taught | None) -> dict[Form, Writer]:
        """By form. Raises `DataError` for a form that can't be written here."""
        wish, ours = self._wish, self._writer(taught)
        writers: dict[Form, Writer] = {}
        for form in wish.forms:
            if form == "free" and wish.free_adapter is not None:
                writers[form] = self._writer(find(wish.free_adapter, self._base))
            elif form == "free" and taught is not None:
                raise DataError(
                    "The form free wants an adapter that was taught in values: --free-adapter DIR."
                )
            elif form == "names+grammar" and not ours.grammars:
                raise DataError(f"{self._base} isn't served here, so no grammar can hold it: drop that form.")
            else:
                writers[form] = ours
        return writers

    def sides(self, taught: Taught | None) -> "Sides":
        """Raises `DataError` where the adapter has no files of peft."""
        from finetune.evaluate.sides import Sides

        if taught is not None and taught.peft is None:
            raise DataError(f"{taught.folder} has no files of peft, and {self._base} isn't served here.")
        folder = taught.peft if taught is not None else None
        if folder not in self._sides:
            self._sides[folder] = Sides.load(self._base, folder)
        return self._sides[folder]

    def _writer(self, taught: Taught | None) -> Writer:
        if self._model is None:
            return HubWriter(self.sides(taught), max_tokens=self._wish.max_tokens)
        adapter = self._held.enter_context(served(taught)) if taught is not None else None
        return ServedWriter(self._model, adapter, max_tokens=self._wish.max_tokens)


def _general(given: Path | None) -> tuple[str, str]:
    """The text that forgetting is measured on, and its name."""
    if given is not None:
        try:
            return given.read_text("utf-8"), given.name
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{given} can't be read as UTF-8 text ({type(error).__name__}).") from error
    pages = sorted(GENERAL.glob("*.md"))
    return "\n".join(page.read_text("utf-8") for page in pages), "docs/*.md"
