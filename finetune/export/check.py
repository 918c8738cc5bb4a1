"""The check of an export: what was trained beside what is served, at f16 and as the weights are shipped."""

import datetime as dt
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from agent.llm import chat
from agent.models import require
from agent.models.verify import sha256_of
from agent.settings import load
from finetune.data.rows import read_rows
from finetune.export.adapter import adapter_folder
from finetune.export.errors import ExportError
from finetune.export.folder import ADAPTER
from finetune.export.model_gguf import write_model
from finetune.export.parity import Parity, compare, served_probabilities, trained_logits
from finetune.runs import machine_document, versions
from finetune.train.architecture import Architecture
from finetune.train.memory import this_machine

MOST_DIVERGENCE = 0.05
"""Nats, on average, that a served adapter may be away from the trained one."""
LEAST_AGREEMENT = 0.95
"""Share of prompts where both must find the same token likeliest."""


def check_export(
    export: Path,
    base_name: str,
    sizes: Architecture,
    data: Path,
    prompts: int,
    tell: Callable[[str], None],
) -> dict[str, Any]:
    """Compares on `prompts` rows of `data` (a prepared folder, or a JSONL file of rows).

    Loads the base in fp32, and writes it in f16 into a temporary folder. `good` in the result says whether
    it agrees well enough. Raises `ExportError`, `DataError`, `BaseError`.
    """
    if sizes.weights is None:
        raise ExportError(f"{base_name} has no GGUF here to serve the adapter on: it can't be checked.")
    if not (export / ADAPTER).is_file():
        raise ExportError(f"{export} has no {ADAPTER} to check; leave --no-gguf out.")
    asked = _evenly(read_rows(data / "test.jsonl" if data.is_dir() else data), prompts)
    from finetune.train.base import load_base
    from finetune.train.writing import load_adapter

    tell("loading the base ...")
    base = load_base(base_name)
    ids = [base.tokenizer.encode(chat.prompt(row.prompt), add_special_tokens=False) for row in asked]
    shipped = next(require(load().models, sizes.weights).glob("*.gguf"))
    with tempfile.TemporaryDirectory(prefix="ringdown-parity-") as folder:
        plain = Path(folder) / "base-f16.gguf"
        write_model(plain, base.model, sizes, shipped)
        model = load_adapter(base, adapter_folder(export))

        def progress(done: int) -> None:
            if done % 20 == 0 or done == len(ids):
                tell(f"transformers and peft: {done} of {len(ids)} prompts")

        trained = trained_logits(model, ids, progress)
        found: dict[str, Parity] = {}
        for name, gguf in (("f16", plain), ("shipped", shipped)):
            tell(f"llama.cpp, {gguf.name} ...")
            found[name] = compare(trained, served_probabilities(gguf, export / ADAPTER, ids))
    return {
        "schema": 1,
        "measured_at": dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M+00:00"),
        "machine": machine_document(this_machine()),
        "versions": versions(("torch", "transformers", "peft", "xllamacpp")),
        "base": base_name,
        "adapter_sha256": sha256_of(export / ADAPTER),
        "shipped": shipped.name,
        "bounds": {"top1_agreement": LEAST_AGREEMENT, "kl_mean": MOST_DIVERGENCE},
        "served": {name: parity.document() for name, parity in found.items()},
        "good": all(
            parity.top1 >= LEAST_AGREEMENT and parity.kl_mean <= MOST_DIVERGENCE for parity in found.values()
        ),
    }


def _evenly(rows: Sequence[Any], wanted: int) -> list[Any]:
    """`wanted` of them from all over the file, or all."""
    if not rows:
        raise ExportError("There are no rows to check with; prepare data with `finetune prepare`.")
    count = min(wanted, len(rows))
    return [rows[at * len(rows) // count] for at in range(count)]
