"""What an export says of itself: on which base, from which data, under which licence."""

import datetime as dt
from pathlib import Path
from typing import Any

from agent.models.manifest import read as read_weights
from agent.models.verify import sha256_of
from finetune.export.adapter import WEIGHTS, PeftAdapter
from finetune.train.architecture import Architecture

SCHEMA = 1
OF_THE_RUN = ("recipe", "sources", "data", "seed", "versions", "figures")
"""What is kept of run.json; `sources` are the licences of what was taught."""


def manifest(
    adapter: PeftAdapter, base: str, architecture: Architecture, files: Path, run: dict[str, Any]
) -> dict[str, Any]:
    """The manifest of an export whose files lie in `files`; `run` is the training's run.json, or empty."""
    weights = architecture.weights
    return {
        "schema": SCHEMA,
        "base": base,
        "weights": weights,
        "base_sha256": read_weights()[weights].files[0].sha256 if weights else None,
        "architecture": architecture.family,
        "rank": adapter.rank,
        "alpha": adapter.alpha,
        "targets": list(adapter.targets),
        "parameters": sum(pair.a.size + pair.b.size for pair in adapter.pairs.values()),
        "trained_sha256": sha256_of(adapter.folder / WEIGHTS),
        "files": {
            str(path.relative_to(files)): {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
            for path in sorted(files.rglob("*"))
            if path.is_file()
        },
        "run": {key: run[key] for key in OF_THE_RUN if key in run},
        "licence": architecture.licence,
        "made": dt.datetime.now(dt.UTC).date().isoformat(),
    }
