"""Tokens a second of training: ours and plain peft with transformers' Trainer, on the same rows in one run.

    python -m bench.finetune_speed --data DIR [--steps 8] [--out bench/results/finetune_speed.json]

DIR is made by `finetune prepare`. Plain: rows padded to the longest of their batch, logits of every token,
transformers' own loss. A token is one of a row: padding counts for nothing, a system message in each row.
"""

import argparse
import gc
import json
import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from transformers import DataCollatorForSeq2Seq, PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from agent.settings import ROOT, UserError
from bench.machine import load_average, machine
from finetune.runs import Run, hashes, versions
from finetune.train.base import Base, load_base
from finetune.train.encoding import Encoded
from finetune.train.journal import Journal
from finetune.train.lessons import Lessons, lessons
from finetune.train.order import Order
from finetune.train.packing import ATTENTION
from finetune.train.recipe import FOLDER, Recipe, read_recipe
from finetune.train.teaching import with_adapter
from finetune.train.trainer import PackedTrainer, settings

RECIPE = FOLDER / "smollm2-135m.toml"
OUT = ROOT / "bench" / "results" / "finetune_speed.json"


class Clock(TrainerCallback):
    """Seconds from the second step on: the first one finds its memory."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._began = 0.0

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        now = time.perf_counter()
        self._began = self._began or now
        self.seconds = now - self._began


class Plain(Trainer):
    """transformers' own, in the order of the rows."""

    def __init__(self, base: Base, model: Any, arguments: TrainingArguments, rows: Sequence[Encoded]) -> None:
        listed = [
            {
                "input_ids": list(row.input_ids),
                "labels": list(row.labels),
                "attention_mask": [1] * len(row.input_ids),
            }
            for row in rows
        ]
        super().__init__(
            model=model,
            args=arguments,
            train_dataset=listed,  # type: ignore[arg-type]
            data_collator=DataCollatorForSeq2Seq(base.tokenizer, padding=True),
        )
        self.remove_callback(PrinterCallback)


def plain(base: Base, recipe: Recipe, rows: Sequence[Encoded], folder: Path) -> dict[str, Any]:
    """What plain peft with Trainer makes of `rows`, in their order."""
    base.model.set_attn_implementation("sdpa")
    model = with_adapter(base.model, recipe)
    trainer = Plain(base, model, _arguments(recipe, folder, len(rows), "sequential"), rows)
    return _measured(trainer, model, rows, recipe)


def packed(base: Base, recipe: Recipe, rows: Sequence[Encoded], folder: Path) -> dict[str, Any]:
    """What ours makes of them; `rows` are in the order that `Order` will find them in again."""
    base.model.set_attn_implementation(ATTENTION)
    model = with_adapter(base.model, recipe)
    journal = Journal(Run(folder), 1, "packed")
    arguments = _arguments(recipe, folder, len(rows), "random")
    trainer = PackedTrainer(model, arguments, Lessons(tuple(rows), ()), InOrder(rows), journal)
    return _measured(trainer, model, rows, recipe)


class InOrder(Order):
    """The rows as they stand."""

    def __init__(self, rows: Sequence[Encoded]) -> None:
        super().__init__(rows, 1, 0)

    def __iter__(self) -> Any:
        return iter(range(len(self)))


def _arguments(recipe: Recipe, folder: Path, rows: int, sampling: str) -> TrainingArguments:
    stage = recipe.stages[0]
    steps = rows // (stage.batch * stage.accumulation)
    changed = settings(recipe, stage, folder, steps) | {
        "save_strategy": "no",
        "logging_steps": 1,
        "warmup_steps": 0,
        "train_sampling_strategy": sampling,
    }
    return TrainingArguments(**changed)


def _measured(trainer: Trainer, model: Any, rows: Sequence[Encoded], recipe: Recipe) -> dict[str, Any]:
    clock = Clock()
    trainer.add_callback(clock)
    trainer.train()
    model.unload()  # the base is as it was
    batch = recipe.stages[0].batch
    tokens = sum(len(row.input_ids) for row in rows[batch:])
    losses = [line["loss"] for line in trainer.state.log_history if "loss" in line]
    return {
        "tokens": tokens,
        "seconds": round(clock.seconds, 2),
        "tokens_per_s": round(tokens / clock.seconds, 1) if clock.seconds else None,
        "losses": losses,
    }


def compare(base_name: str, data: Path, steps: int, scratch: Path) -> dict[str, Any]:
    """All arms on the same rows; those that are grouped get them in another order."""
    recipe = read_recipe(RECIPE, [f"base={json.dumps(base_name)}"])
    stage = recipe.stages[0]
    base = load_base(recipe.base)
    rows = lessons(recipe, stage, data, base.tokenizer).train
    drawn = list(Order(rows, stage.together, recipe.seed))[: steps * stage.batch]
    grouped = [rows[at] for at in drawn]
    mixed = [grouped[at] for at in Order(grouped, 1, recipe.seed)]
    arms = {
        "plain": plain(base, recipe, mixed, scratch),
        "packed": packed(base, recipe, mixed, scratch),
        "packed_together": packed(base, recipe, grouped, scratch),
    }
    del base
    gc.collect()
    recipe = recipe.model_copy(update={"precision": "bf16"})
    half = load_base(recipe.base, precision="bf16")
    arms["packed_together_bf16"] = packed(half, recipe, grouped, scratch)
    return {
        "recipe": RECIPE.name,
        "rows": len(grouped),
        "batch": stage.batch,
        "together": stage.together,
        "threads": torch.get_num_threads(),
        "arms": arms,
        "times_faster": {
            name: round(arm["tokens_per_s"] / arms["plain"]["tokens_per_s"], 2) for name, arm in arms.items()
        },
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="a folder that `finetune prepare` made")
    parser.add_argument("--base", default=read_recipe(RECIPE).base)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    load_before = load_average()
    from tempfile import TemporaryDirectory

    try:
        with TemporaryDirectory(prefix="finetune-speed-") as scratch:
            found = compare(chosen.base, chosen.data, chosen.steps, Path(scratch))
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    result = {
        "command": f"python -m bench.finetune_speed --data {chosen.data.name} --steps {chosen.steps}",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {**machine(), "load_before": load_before},
        "versions": versions(),
        "data": hashes(chosen.data),
        **found,
    }
    text = json.dumps(result, indent=1)
    print(text)
    if chosen.out:
        partial = chosen.out.with_name(f"{chosen.out.name}.partial")
        partial.write_text(text + "\n")
        os.replace(partial, chosen.out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
