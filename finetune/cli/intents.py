"""`finetune intents`: the head that tells a business's intents apart, trained on labelled utterances."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from finetune.cli.console import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agent.dialogue.embeddings import Embedder, Vectors
    from finetune.data.utterances import Split, Utterance
    from finetune.evaluate.intents import IntentScores

CACHE = Path("data/cache/finetune")


def run(
    data: Annotated[
        list[Path],
        typer.Argument(help="Labelled utterances: CSV, TSV, JSON, JSONL, or a business's folder."),
    ],
    validation: Annotated[
        list[Path] | None, typer.Option(help="Utterances to set the threshold on; else a share of the data.")
    ] = None,
    test: Annotated[
        list[Path] | None, typer.Option(help="Utterances to measure on; else a share of the data.")
    ] = None,
    share: Annotated[
        float,
        typer.Option(min=0.02, max=0.4, help="Share for validation, and for test, where none is given."),
    ] = 0.1,
    out: Annotated[
        Path | None,
        typer.Option(help="Where the head goes: a business's folder, or a file; else it is only measured."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the split.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Train the head on MiniLM's vectors, set its threshold, measure it on utterances that it never saw."""
    from agent.dialogue.door import load_embedder
    from agent.dialogue.intent_head import FILE, IntentHead
    from agent.settings import load, prepare_process
    from finetune.data.utterances import digest
    from finetune.evaluate.intents import score
    from finetune.train.intent_head import train_head

    prepare_process()
    began = time.monotonic()
    parts = _parts(data, validation or [], test or [], share, seed)
    say(f"{len(parts.train)} to train on, {len(parts.validation)} to validate, {len(parts.test)} to test")
    embedder = load_embedder(load())
    vectors = [_vectors(embedder, side) for side in (parts.train, parts.validation, parts.test)]
    trained = train_head(parts.train, vectors[0], parts.validation, vectors[1], embedder.identity, say)
    scores = score(trained.head, parts.test, vectors[2], seed)
    card = {
        "made": datetime.now(UTC).date().isoformat(),
        "data": [str(path) for path in data],
        "sha256": {"train": digest(parts.train), "validation": digest(parts.validation)},
        "rows": {"train": len(parts.train), "validation": len(parts.validation), "test": len(parts.test)},
        "seed": seed,
        "C": trained.strength,
        "threshold": round(trained.head.threshold, 4),
        "test": scores.document(),
        "took_s": round(time.monotonic() - began),
    }
    if out is not None:
        path = out / FILE if out.is_dir() or not out.suffix else out
        head = trained.head
        IntentHead(head.labels, head.weights, head.bias, head.threshold, head.encoder, card).save(path)
        say(f"the head is in {path}")
    print(json.dumps(card, indent=1) if as_json else _told(card, scores))


def _parts(data: list[Path], validation: list[Path], test: list[Path], share: float, seed: int) -> "Split":
    from finetune.data.errors import DataError
    from finetune.data.utterances import Split, leaks, read_utterances, split

    def all_of(paths: list[Path]) -> "tuple[Utterance, ...]":
        return tuple(utterance for path in paths for utterance in read_utterances(path))

    drawn = split(
        all_of(data),
        validation=0.0 if validation else share,
        test=0.0 if test else share,
        seed=seed,
    )
    parts = Split(drawn.train, all_of(validation) or drawn.validation, all_of(test) or drawn.test)
    if not parts.test or not parts.validation:
        raise DataError("Too little data for a share of it: give --validation FILE and --test FILE.")
    if found := leaks(parts.train, parts.test):
        raise DataError(
            f"{found} utterances of the test stand word for word in the training data: take them out."
        )
    return parts


def _vectors(embedder: "Embedder", utterances: "Sequence[Utterance]") -> "Vectors":
    """Vectors of (utterances, 384), with progress, kept by their hash."""
    from agent.dialogue.intents import normal
    from agent.settings import resolve

    texts = [normal(utterance.text) for utterance in utterances]
    return embedder.embed_all(texts, resolve(CACHE), progress=len(texts) > 500)


def _told(card: dict[str, Any], scores: "IntentScores") -> str:
    lines = [
        f"accuracy in scope   {_share(scores.accuracy)}",
        f"  without threshold {_share(scores.accuracy_without_threshold)}",
    ]
    if scores.out_of_scope_recall is not None:
        lines.append(f"none of these       {_share(scores.out_of_scope_recall)} found")
    lines.append(f"threshold {card['threshold']}, C {card['C']:g}, {card['took_s']} s")
    lines += [f"  {count} x {meant} taken for {taken}" for meant, taken, count in scores.mistaken]
    return "\n".join(lines)


def _share(share: Any) -> str:
    return f"{share.value:.1%} ({share.low:.1%} to {share.high:.1%} of {share.count})"
