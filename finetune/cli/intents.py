"""`finetune intents`: the head that tells a business's intents apart, trained on labelled utterances."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from finetune.cli.console import say

if TYPE_CHECKING:
    from agent.dialogue.embeddings import Embedder
    from agent.dialogue.intent_head import IntentHead
    from agent.settings import Tree
    from finetune.data.utterances import Split, Utterance
    from finetune.train.intent_trial import Trial

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
    tune: Annotated[
        bool,
        typer.Option("--tune", help="Tune MiniLM too, tell both beside each other, keep the tuned one."),
    ] = False,
    epochs: Annotated[int, typer.Option(min=1, max=50, help="Of --tune.")] = 5,
    seed: Annotated[int, typer.Option(help="Of the split, and of --tune.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Train the head on MiniLM's vectors, set its threshold, measure it on utterances that it never saw."""
    from agent.dialogue.door import load_embedder
    from agent.settings import load, prepare_process, resolve
    from finetune.data.utterances import digest
    from finetune.train.intent_trial import frozen

    prepare_process()
    settings = load()
    parts = _parts(data, validation or [], test or [], share, seed)
    say(f"{len(parts.train)} to train on, {len(parts.validation)} to validate, {len(parts.test)} to test")
    if tune:
        _require_float(settings)
    embedder = load_embedder(settings)
    trial = frozen(parts, embedder, resolve(CACHE), seed, say)
    other = _tuned(parts, settings, embedder, epochs, seed) if tune else None
    card = {
        "made": datetime.now(UTC).date().isoformat(),
        "data": [str(path) for path in data],
        "sha256": {
            "train": digest(parts.train),
            "validation": digest(parts.validation),
            "test": digest(parts.test),
        },
        "rows": {"train": len(parts.train), "validation": len(parts.validation), "test": len(parts.test)},
        "seed": seed,
        **trial.document(),
    }
    lines = [_told("frozen", trial)]
    if other is not None:
        card["tuned"] = other.document()
        lines.append(_told("tuned", other))
    if out is not None:
        _save((other or trial).head, card, out)
    print(json.dumps(card, indent=1) if as_json else "\n".join(lines))


def _require_float(settings: "Tree") -> None:
    """Before minutes of work: whether the weights that are tuned are there. Raises `MissingWeights`."""
    from agent.models import require
    from finetune.train.sentence_encoder import WEIGHTS

    require(settings.models, WEIGHTS)


def _tuned(parts: "Split", settings: "Tree", embedder: "Embedder", epochs: int, seed: int) -> "Trial":
    from finetune.train.intent_trial import tuned
    from finetune.train.sentence_encoder import Tuning

    return tuned(parts, settings, embedder, Tuning(epochs=epochs, seed=seed), say)


def _save(head: "IntentHead", card: dict[str, Any], out: Path) -> None:
    from agent.dialogue.intent_head import FILE

    path = out / FILE if out.is_dir() or not out.suffix else out
    replace(head, card=card).save(path)
    say(f"the head is in {path}")


def _parts(data: list[Path], validation: list[Path], test: list[Path], share: float, seed: int) -> "Split":
    from agent.dialogue.intent_head import NONE
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
    known = {utterance.label for utterance in drawn.train} | {NONE}
    parts = Split(
        drawn.train,
        _of(known, all_of(validation) or drawn.validation),
        _of(known, all_of(test) or drawn.test),
    )
    if not parts.test or not parts.validation:
        raise DataError("Too little data for a share of it: give --validation FILE and --test FILE.")
    if found := leaks(parts.train, parts.test):
        raise DataError(
            f"{found} utterances of the test stand word for word in the training data: take them out."
        )
    return parts


def _of(known: set[str], utterances: "tuple[Utterance, ...]") -> "tuple[Utterance, ...]":
    """Those of intents that are taught; the others are told of and left out."""
    if strange := [utterance for utterance in utterances if utterance.label not in known]:
        names = ", ".join(sorted({utterance.label for utterance in strange}))
        say(f"left out: {len(strange)} utterances of intents that the training data doesn't have ({names})")
    return tuple(utterance for utterance in utterances if utterance.label in known)


def _told(name: str, trial: "Trial") -> str:
    scores = trial.scores
    lines = [
        f"{name} encoder",
        f"  accuracy in scope   {_share(scores.accuracy)}",
        f"    without threshold {_share(scores.accuracy_without_threshold)}",
    ]
    if scores.out_of_scope_recall is not None:
        lines.append(f"  none of these       {_share(scores.out_of_scope_recall)} found")
    strength = "" if trial.strength is None else f", C {trial.strength:g}"
    lines.append(f"  threshold {trial.head.threshold:.3f}{strength}, {trial.took_s:.0f} s")
    lines += [f"    {count} x {meant} taken for {taken}" for meant, taken, count in scores.mistaken]
    return "\n".join(lines)


def _share(share: Any) -> str:
    return f"{share.value:.1%} ({share.low:.1%} to {share.high:.1%} of {share.count})"
