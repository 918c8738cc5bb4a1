"""An evaluation as data: what was measured, on what, with which versions; and the replies to look at."""

import datetime as dt
import json
import os
from pathlib import Path
from typing import Any

from agent.models.verify import sha256_of
from finetune import runs
from finetune.data.forms import filled
from finetune.evaluate.evaluation import REFERENCE, Findings, compared
from finetune.evaluate.faithfulness import acts, caller
from finetune.evaluate.outcomes import MEASURES, Outcome
from finetune.train.memory import this_machine

SCHEMA = 1
PACKAGES = ("xllamacpp", "sacrebleu", "rouge-score", "numpy")
"""Beside those of a run."""
EXAMPLES = 12
"""Rows that are shown: half of them those that went worst, the rest drawn evenly."""


def document(found: Findings, *, command: str, engine: str, sources: dict[str, Any]) -> dict[str, Any]:
    """The whole evaluation; `sources` has what stands apart from the figures (base, adapter, data, run)."""
    return {
        "schema": SCHEMA,
        "command": command,
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "machine": runs.machine_document(this_machine()),
        "versions": versions(),
        "seed": found.plan.seed,
        "engine": engine,
        **sources,
        "rows": {
            "count": len(found.plan.rows),
            "scenarios": len({row.scenario for row in found.plan.rows}),
            "businesses": sorted({row.business for row in found.plan.rows}),
        },
        "measures": {
            key: {"title": one.title, "unit": one.unit, "better": one.better, "told": one.told}
            for key, one in MEASURES.items()
        },
        **compared(found),
        "examples": _examples(found),
    }


def versions() -> dict[str, str]:
    """Of Python and of the packages that can move a figure."""
    return runs.versions((*runs.PACKAGES, *PACKAGES))


def files_of(folder_or_file: Path) -> dict[str, str]:
    """sha256 of each JSONL file of a prepared folder, or of the file."""
    if folder_or_file.is_dir():
        return runs.hashes(folder_or_file)
    return {folder_or_file.name: sha256_of(folder_or_file)}


def write(path: Path, made: dict[str, Any]) -> None:
    """Whole or not at all."""
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", "utf-8")
    os.replace(partial, path)


def _examples(found: Findings) -> list[dict[str, Any]]:
    """Rows with every candidate's reply, the adapter's worst first."""
    names = [one.name for one in found.plan.candidates]
    judged_by = next((one.name for one in found.plan.candidates if one.who == "adapter"), names[-1])
    taught = found.outcomes[judged_by]
    order = sorted(range(len(taught)), key=lambda at: _goodness(taught[at]))
    worst = order[: EXAMPLES // 2]
    rest = sorted(set(order) - set(worst))
    step = max(1, len(rest) // max(1, EXAMPLES - len(worst)))
    return [
        _example(found, at, at in worst) for at in [*worst, *rest[::step][: EXAMPLES - len(worst)]] if names
    ]


def _goodness(one: Outcome) -> tuple[bool, bool, bool, float]:
    judged = one.judged
    wrongly = bool(judged.missing or judged.invented) or (one.row.declines and not judged.declined)
    return (not wrongly, judged.kept, not judged.refused, one.rouge)


def _example(found: Findings, at: int, worst: bool) -> dict[str, Any]:
    row = found.plan.rows[at]
    return {
        "id": row.id,
        "business": row.business,
        "category": row.category,
        "worst": worst,
        "caller": caller(row),
        "acts": acts(row) or [row.prompt[-1].content],
        "reference": filled(row.reply, row.facts),
        "replies": [_reply(name, found.outcomes[name][at]) for name in found.outcomes if name != REFERENCE],
    }


def _reply(name: str, one: Outcome) -> dict[str, Any]:
    return {
        "candidate": name,
        "written": one.reply.text,
        "text": one.judged.text,
        "missing": list(one.judged.missing),
        "invented": list(one.judged.invented),
        "refused": list(one.judged.refused),
        "kept": one.judged.kept,
        "took_ms": None if one.reply.took_ms is None else round(one.reply.took_ms),
    }
