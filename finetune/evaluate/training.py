"""The curves of a run, as its log has them, over the steps of all its stages."""

from pathlib import Path
from typing import Any

from finetune.runs import Run

KEYS = {"loss": "loss", "validation_loss": "validation", "tokens_per_s": "tokens_per_s"}
"""Of a line of the log -> of the curves."""


def curves(folder: Path) -> dict[str, Any] | None:
    """Pairs of (step, figure) for loss, validation loss and tokens/s; None where nothing was logged."""
    found: dict[str, list[tuple[int, float]]] = {name: [] for name in KEYS.values()}
    before, stage, last = 0, None, 0
    for line in Run(folder).logged():
        if line["stage"] != stage:
            stage, before = line["stage"], last
        last = before + line["step"]
        for key, name in (
            ("loss", "loss"),
            ("validation_loss", "validation"),
            ("tokens_per_s", "tokens_per_s"),
        ):
            if line.get(key) is not None:
                found[name].append((last, float(line[key])))
    return found if found["loss"] else None
