"""Intents told apart: a frozen encoder beside a tuned one, on BANKING77 and CLINC150, on a split of our own.

    python -m bench.intents --data DIR [--sets banking77 clinc150] [--seed 1] [--epochs 5] [--out FILE]

DIR holds banking77_train.csv and clinc150_train.json, whose `val` and `oos_val` are the test here; of
BANKING77 a tenth of each intent is. The threshold is set on a tenth that neither learned from.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent.dialogue.door import load_embedder
from agent.dialogue.intents import normal
from agent.models.verify import sha256_of
from agent.settings import ROOT, UserError, load, prepare_process
from bench.machine import load_average, machine, versions
from finetune.data.utterances import Split, Utterance, digest, read_utterances, split
from finetune.runs import versions as training_versions
from finetune.train.intent_trial import frozen, tuned
from finetune.train.sentence_encoder import Tuning

OUT = ROOT / "bench" / "results" / "intents.json"
CACHE = ROOT / "data" / "cache" / "finetune"
FILES = {"banking77": "banking77_train.csv", "clinc150": "clinc150_train.json"}
WANTED = {
    "banking77": {"accuracy": 0.92},
    "clinc150": {"accuracy": 0.95, "out_of_scope_recall": 0.6},
}
SHARE = 0.1
PACKAGES = ("torch", "transformers", "scikit-learn")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def banking77(file: Path, seed: int) -> Split:
    return split(read_utterances(file), validation=SHARE, test=SHARE, seed=seed)


def clinc150(file: Path, seed: int) -> Split:
    """Its own parts: `train` and `oos_train` to learn from, `val` and `oos_val` to measure on; a wording
    that stands in both is only measured on."""
    parts = json.loads(file.read_text("utf-8"))

    def of(*names: str) -> list[Utterance]:
        return [Utterance(text, "-" if label == "oos" else label) for n in names for text, label in parts[n]]

    test = list({normal(row.text): row for row in of("val", "oos_val")}.values())
    held = {normal(row.text) for row in test}
    rest = [row for row in of("train", "oos_train") if normal(row.text) not in held]
    return replace(split(rest, validation=SHARE, test=0.0, seed=seed), test=tuple(test))


READERS = {"banking77": banking77, "clinc150": clinc150}


def measure(name: str, file: Path, tuning: Tuning) -> dict[str, Any]:
    """One data set: its hashes and rows, both trials, and what is missing of what is wanted."""
    settings = load()
    parts = READERS[name](file, tuning.seed)
    sides = {"train": parts.train, "validation": parts.validation, "test": parts.test}
    embedder = load_embedder(settings)
    trials = {
        "frozen": frozen(parts, embedder, CACHE, tuning.seed, say),
        "tuned": tuned(parts, settings, embedder, tuning, say),
    }
    for kind, trial in trials.items():
        recall = trial.scores.out_of_scope_recall
        none = "" if recall is None else f", none of these {recall.value:.1%}"
        say(f"{name}, {kind}: {trial.scores.accuracy.value:.1%}{none}, {trial.took_s:.0f} s")
    return {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "file": {"name": file.name, "sha256": sha256_of(file)},
        "rows": {side: len(rows) for side, rows in sides.items()},
        "sha256": {side: digest(rows) for side, rows in sides.items()},
        "wanted": WANTED[name],
        **{kind: trial.document() for kind, trial in trials.items()},
    }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.intents", description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--sets", nargs="+", choices=tuple(FILES), default=list(FILES))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=Tuning().epochs)
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args(arguments)
    prepare_process()
    document = json.loads(options.out.read_text("utf-8")) if options.out.exists() else {"sets": {}}
    words = ["python -m bench.intents --data DIR --seed", str(options.seed), "--epochs", str(options.epochs)]
    for name in options.sets:
        began = load_average()
        found = measure(name, options.data / FILES[name], Tuning(epochs=options.epochs, seed=options.seed))
        document["sets"][name] = found | {"load_before": began}
        document |= {
            "command": " ".join(words),
            "date": datetime.now(UTC).date().isoformat(),
            "machine": machine(),
            "versions": versions() | training_versions(PACKAGES),
        }
        options.out.write_text(json.dumps(document, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    try:
        main()
    except (UserError, OSError) as error:
        sys.exit(str(error))
